"""Answers as xlwings takes them back, on Windows and in xlwings Lite; travels inside the Lite workbook."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any


def excel_value(answered: Any) -> Any:
    """An answer as xlwings writes it: blanks as "", days as moments, whole numbers as Excel's own.

    Examples
    --------
    >>> excel_value([["start", "kept"], [date(2024, 1, 1), None]])
    [['start', 'kept'], [datetime.datetime(2024, 1, 1, 0, 0), '']]
    """
    if isinstance(answered, list):
        return [[excel_value(cell) for cell in row] for row in answered]
    if answered is None or answered != answered:
        return ""
    if isinstance(answered, date):
        return datetime(answered.year, answered.month, answered.day)
    if isinstance(answered, int) and not isinstance(answered, bool):
        return float(answered)
    return str(answered) if isinstance(answered, str) else answered
