"""One look for all sheets: a single accent, quiet grey, and input cells that look like input cells."""

from __future__ import annotations

from typing import Any

from addin.look import (
    ACCENT,
    ACCENT_PALE,
    ALERT,
    CODE_FONT,
    FONT,
    GREY,
    INK,
    INPUT_FILL,
    INPUT_INK,
    INPUT_LINE,
    LINE,
    PAPER,
)

_BASE = {"font_name": FONT, "font_size": 10, "font_color": INK, "valign": "vcenter"}
_INPUT = {
    "bg_color": INPUT_FILL,
    "border": 1,
    "border_color": INPUT_LINE,
    "locked": False,
    "font_color": INPUT_INK,
}
_CELL = {"bottom": 1, "bottom_color": LINE}
_HEAD = {"bold": True, "font_color": PAPER, "bg_color": ACCENT, "text_wrap": True, "align": "center"}

PERCENT, WHOLE, MONEY = "0.0 %", "#,##0", "#,##0.00"

STYLES: dict[str, dict[str, Any]] = {
    "plain": {},
    "title": {"bold": True, "font_size": 18, "font_color": ACCENT},
    "lead": {"font_size": 11, "text_wrap": True, "valign": "top"},
    "summary": {
        "font_size": 11, "bold": True, "text_wrap": True, "bg_color": ACCENT_PALE, "font_color": ACCENT,
        "left": 5, "left_color": ACCENT, "indent": 1,
    },
    "section": {"bold": True, "font_size": 12, "font_color": ACCENT, "bottom": 2, "bottom_color": ACCENT,
                "valign": "bottom"},
    "text": {"text_wrap": True, "valign": "top"},
    "label": {"font_color": GREY, "indent": 1},
    "label_right": {"font_color": GREY, "align": "right"},
    "note": {"font_color": GREY, "font_size": 9, "text_wrap": True, "valign": "top"},
    "alert": {"font_color": ALERT, "bold": True, "text_wrap": True},
    "message": {**_CELL, "font_color": ALERT, "font_size": 9, "text_wrap": True, "indent": 1},
    "head": _HEAD,
    "head_left": {**_HEAD, "align": "left", "indent": 1},
    "cell": {**_CELL, "indent": 1},
    "cell_wrap": {**_CELL, "text_wrap": True, "indent": 1},
    "cell_label": {**_CELL, "font_color": GREY, "indent": 1},
    "cell_center": {**_CELL, "align": "center"},
    "whole": {**_CELL, "num_format": WHOLE},
    "money": {**_CELL, "num_format": MONEY},
    "rate": {**_CELL, "num_format": PERCENT},
    "rate_strong": {**_CELL, "num_format": PERCENT, "bold": True, "font_color": ACCENT},
    "figure": {**_CELL, "num_format": PERCENT, "bold": True, "align": "left", "indent": 1},
    "points": {**_CELL, "num_format": '+0.0;-0.0;0.0', "bold": True, "align": "left", "indent": 1},
    "detail": {**_CELL, "text_wrap": True, "align": "left", "indent": 1},
    "verdict": {**_CELL, "bold": True, "font_color": ACCENT, "font_size": 12, "indent": 1},
    "tile_label": {"font_color": GREY, "font_size": 9, "bg_color": ACCENT_PALE, "text_wrap": True,
                   "align": "center"},
    "tile_whole": {"num_format": WHOLE, "bold": True, "font_size": 14, "font_color": ACCENT,
                   "bg_color": ACCENT_PALE, "align": "center"},
    "tile_rate": {"num_format": PERCENT, "bold": True, "font_size": 14, "font_color": ACCENT,
                  "bg_color": ACCENT_PALE, "align": "center"},
    "tile_gini": {"num_format": "0.000", "bold": True, "font_size": 14, "font_color": ACCENT,
                  "bg_color": ACCENT_PALE, "align": "center"},
    "link": {**_CELL, "indent": 1, "font_color": ACCENT, "underline": 1, "bold": True},
    "result": {**_CELL, "bold": True, "font_color": ACCENT, "align": "left", "num_format": "0.0000"},
    "input_legend": {**_INPUT, "align": "center", "locked": True},
    "input": _INPUT,
    "input_left": {**_INPUT, "align": "left", "indent": 1},
    "input_whole": {**_INPUT, "num_format": WHOLE},
    "input_money": {**_INPUT, "num_format": MONEY},
    "input_rate": {**_INPUT, "num_format": "0.0 %", "align": "left", "indent": 1},
    "input_confidence": {**_INPUT, "num_format": "0.0 %", "align": "center"},
    "input_center": {**_INPUT, "align": "center"},
    "code": {**_CELL, "font_name": CODE_FONT, "font_size": 9, "text_wrap": True},
}  # fmt: skip


def properties(style: str) -> dict[str, Any]:
    """XlsxWriter's properties of a style."""
    return {**_BASE, **STYLES[style]}
