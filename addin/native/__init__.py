"""Native formulas and LAMBDA names: the functions without Python."""
