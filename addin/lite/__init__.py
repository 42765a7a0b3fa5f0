"""xlwings Lite: the functions inside a workbook."""
