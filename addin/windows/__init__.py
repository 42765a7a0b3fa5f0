"""Classic xlwings: Excel for Windows with Python beside it."""
