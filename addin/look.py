"""The colours and the font of every sheet that is written, one accent among quiet greys."""

FONT, CODE_FONT = "Arial", "Consolas"

ACCENT, ACCENT_PALE, ACCENT_SOFT = "#0F5C6E", "#E7F1F3", "#7FB0BC"
INK, GREY, LINE, PAPER = "#1F2933", "#6B7785", "#D5DBE1", "#FFFFFF"
WARM, ALERT = "#C9772B", "#A32A2A"
INPUT_FILL, INPUT_LINE, INPUT_INK = "#FFF8E1", "#E3C878", "#1B3FA0"
