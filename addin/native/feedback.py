"""The net promoter score as native formulas, and the steps they are made of."""

from __future__ import annotations

from addin.native.blocks import kind_guards, native_formula
from addin.native.steps import Lambda
from retention_core.net_promoter import DETRACTOR_UP_TO, HIGHEST, PROMOTER_FROM

STEPS = (
    Lambda(
        "NO_SCORE_SAID",
        ("cell", "row"),
        "What is said of a cell that is no answer on the scale.",
        f'"scores, row "&row&", must be "&IF(ISNUMBER(cell), "a whole number from 0 to {HIGHEST}", '
        '"a number")&" (got "&SAID(cell)&")."',
    ),
    Lambda(
        "OPINIONS",
        ("scores",),
        "How many answers a column has, and how many promoters and detractors; a sentence where one is none.",
        'LET(shape, SHAPE_PROBLEM(scores, "scores"), IF(shape<>"", shape, LET(cells, COLUMN_OF(scores), '
        "header, --TITLE_ABOVE(cells, 1), empty, --IS_BLANK(cells), "
        "live, (SEQUENCE(ROWS(cells))>header)*(1-empty), found, READ_NUMBER(cells), "
        "size, IF(IS_NUMBER(found), found, -1), "
        f"row, FIRST_ROW(live*((size<0)+(size>{HIGHEST})+(size<>INT(size))>0)), "
        'IF(SUM(live)=0, "scores has no filled rows"&IF(header, " below its header.", "."), '
        "IF(row>0, NO_SCORE_SAID(INDEX(found, row), row), "
        f"HSTACK(SUM(live), SUM(live*(size>={PROMOTER_FROM})), SUM(live*(size<={DETRACTOR_UP_TO}))))))))",
    ),
    Lambda(
        "NPS_POINTS",
        ("counts",),
        "The net promoter score of counted answers.",
        "100*(INDEX(counts, 1, 2)-INDEX(counts, 1, 3))/INDEX(counts, 1, 1)",
    ),
    Lambda(
        "NPS_LIMIT",
        ("counts", "sure", "side"),
        "The lower limit of the score where side is -1, the upper where it is 1.",
        "LET(n, INDEX(counts, 1, 1)+3, up, (INDEX(counts, 1, 2)+0.75)/n, "
        "down, (INDEX(counts, 1, 3)+0.75)/n, points, NPS_POINTS(counts), "
        "reach, -NORM.S.INV((1-sure)/2)*SQRT((up+down-(up-down)^2)/n), limit, 100*(up-down+side*reach), "
        "IF(side<0, MAX(-100, MIN(points, limit)), MIN(100, MAX(points, limit))))",
    ),
)


def _of_opinions(answer: str) -> str:
    """A native formula over the counted answers of a column."""
    return f"LET(counts, OPINIONS(scores), IF(COLUMNS(counts)=1, counts, {answer}))"


def _limit(side: int) -> str:
    """A limit for a confidence, or for a range of them."""
    checked = native_formula(
        f"NPS_LIMIT(counts, sure, {side})",
        kind_guards("sure", "number", "confidence")[1],
        ("(sure<=0)+(sure>=1)>0", "confidence must lie between 0 and 1, such as 0.95 (got {sure})."),
        show="SAID",
    )
    return _of_opinions(f'MAP(confidence, LAMBDA(sure, IF(IS_BLANK(sure), "", {checked})))')


NPS = _of_opinions("NPS_POINTS(counts)")
NPS_LOW = _limit(-1)
NPS_HIGH = _limit(1)
