"""Spilled text as Excel stores it: the result of a formula, not a typed text.

XlsxWriter stores the text of every cell as a shared string. Inside the range of a spilled formula that reads
as a typed cell in the way, and some engines answer #SPILL!. And it stores text such as "17850", as the
result of a dynamic formula, as a number.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from addin.archive import packed, unpacked

_SHARED = re.compile(r'<c r="([A-Z]+[0-9]+)"( s="[0-9]+")? t="s"><v>([0-9]+)</v></c>')
_STRING = re.compile(r"<si><t(?: [^>]*)?>(.*?)</t></si>", re.DOTALL)
_NUMBER_LIKE = re.compile(r'<c r="([A-Z]+[0-9]+)"( s="[0-9]+")? cm="1">')


def mark_spilled(path: Path, spilled: Mapping[int, set[str]]) -> None:
    """Rewrite a workbook so that the text of the spilled cells, by sheet number, is a formula's result."""
    parts = unpacked(path.read_bytes())
    strings = _shared_strings(parts["xl/sharedStrings.xml"].decode())
    for number, cells in spilled.items():
        part = f"xl/worksheets/sheet{number}.xml"
        parts[part] = _as_results(parts[part].decode(), cells, strings).encode()
    path.write_bytes(packed(parts))


def _shared_strings(part: str) -> list[str]:
    """The texts that cells refer to by their place.

    Raises
    ------
    ValueError
        If there are texts of several formats, which this does not read: places would be off.

    Examples
    --------
    >>> _shared_strings('<sst uniqueCount="2"><si><t>a</t></si><si><t xml:space="preserve"> b</t></si></sst>')
    ['a', ' b']
    """
    strings = _STRING.findall(part)
    declared = re.search(r'uniqueCount="(\d+)"', part)
    if declared is None or int(declared.group(1)) != len(strings):
        raise ValueError(f"The workbook holds texts of several formats ({len(strings)} plain ones read).")
    return strings


def _as_results(sheet: str, cells: set[str], strings: list[str]) -> str:
    def result(found: re.Match[str]) -> str:
        cell, style, index = found.groups()
        if cell not in cells:
            return found.group()
        return f'<c r="{cell}"{style or ""} t="str"><v>{strings[int(index)]}</v></c>'

    def text(found: re.Match[str]) -> str:
        cell, style = found.groups()
        return f'<c r="{cell}"{style or ""} cm="1" t="str">' if cell in cells else found.group()

    return _NUMBER_LIKE.sub(text, _SHARED.sub(result, sheet))
