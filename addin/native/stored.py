"""Formulas as people read them, turned into the text an xlsx file stores.

A file marks functions younger than Excel 2007 with `_xlfn.` and the names bound by LET and LAMBDA with
`_xlpm.`, optional parameters with `_xlop.` where they are declared; nobody should have to read formulas
that way.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_YOUNG = (
    "BITOR CHOOSECOLS DROP EXPAND HSTACK ISOMITTED LAMBDA LET MAP NORM.S.INV NUMBERVALUE REDUCE SCAN "
    "SEQUENCE "
    "SORTBY TAKE TOCOL UNICHAR UNICODE VSTACK WRAPROWS XLOOKUP XMATCH"
)
YOUNG_FUNCTIONS = {
    **dict.fromkeys(_YOUNG.split(), "_xlfn."),
    "FILTER": "_xlfn._xlws.",
}

_TOKEN = re.compile(
    r"""(?P<text>"(?:[^"]|"")*") | (?P<sheet>'(?:[^']|'')*'!) | (?P<word>[A-Za-z_][\w.]*!?)
    | (?P<option>\[[A-Za-z_]\w*\])
    | (?P<space>\s+) | (?P<bracket>[(),]) | (?P<other>[^\s"'(),A-Za-z_\[]+|\[)""",
    re.VERBOSE,
)
_YOUNG_CALL = re.compile(rf"\b(?:{'|'.join(map(re.escape, YOUNG_FUNCTIONS))})\(")


def stored(formula: str) -> str:
    """The text of a formula as the file stores it.

    Examples
    --------
    >>> stored('=LET(kept, ending - won, kept / SUM(start, kept))')
    '=_xlfn.LET(_xlpm.kept, ending - won, _xlpm.kept / SUM(start, _xlpm.kept))'
    >>> stored('=LAMBDA(rest, IF(rest > 0, rest, "no rest"))')
    '=_xlfn.LAMBDA(_xlpm.rest, IF(_xlpm.rest > 0, _xlpm.rest, "no rest"))'
    >>> stored('=LAMBDA([part], IF(ISOMITTED(part), 1, part))')
    '=_xlfn.LAMBDA(_xlop.part, IF(_xlfn.ISOMITTED(_xlpm.part), 1, _xlpm.part))'
    """
    if not _YOUNG_CALL.search(formula):
        return formula.strip()
    pieces = _pieces(formula)
    bound = _bound_names(pieces)
    return "".join(_stored_piece(kind, piece, bound) for kind, piece in pieces)


def _pieces(formula: str) -> list[tuple[str, str]]:
    pieces: list[tuple[str, str]] = []
    for match in _TOKEN.finditer(formula.strip()):
        kind, piece = str(match.lastgroup), match.group()
        if kind == "space":
            if pieces and pieces[-1][1] != "(":
                pieces.append((kind, " "))
            continue
        if piece in (")", ",") and pieces and pieces[-1][0] == "space":
            pieces.pop()
        pieces.append((kind, piece))
    return pieces


def _bound_names(pieces: list[tuple[str, str]]) -> set[str]:
    """Names that LET and LAMBDA bind: bare words standing alone as an argument, followed by a comma."""
    solid = [(kind, piece) for kind, piece in pieces if kind != "space"]
    bound = {piece.strip("[]") for kind, piece in solid if kind == "option"}
    frames: list[list[object]] = []  # the function of each open bracket, and the argument number
    for position, (kind, piece) in enumerate(solid):
        if piece == "(":
            frames.append([solid[position - 1][1] if position else "", 0])
        elif piece == ")":
            frames.pop()
        elif piece == "," and frames:
            frames[-1][1] = int(str(frames[-1][1])) + 1
        elif (
            kind == "word"
            and frames
            and solid[position - 1][1] in ("(", ",")
            and solid[position + 1][1] == ","
        ):
            function, argument = frames[-1]
            if function == "LAMBDA" or (function == "LET" and int(str(argument)) % 2 == 0):
                bound.add(piece)
    return bound


def _stored_piece(kind: str, piece: str, bound: set[str]) -> str:
    if kind == "option":
        return f"_xlop.{piece.strip('[]')}"
    if kind != "word":
        return piece
    if piece in bound:
        return f"_xlpm.{piece}"
    return YOUNG_FUNCTIONS.get(piece, "") + piece


def renamed(formula: str, names: Mapping[str, str]) -> str:
    """The formula with words replaced, texts left alone.

    Examples
    --------
    >>> renamed('IF(top>1,"top is too large",top)', {"top": "part"})
    'IF(part>1,"top is too large",part)'
    """

    def word(found: re.Match[str]) -> str:
        piece = found.group()
        return names.get(piece, piece) if found.lastgroup == "word" else piece

    return _TOKEN.sub(word, formula)
