"""Native formulas of retention curves with given parameters, and the steps they are made of."""

from __future__ import annotations

from addin.native.steps import Lambda

_LARGEST = 1_000_000_000
_MOST_PERIODS = 1_000

STEPS = (
    Lambda(
        "NUMBER_PROBLEM",
        ("cell", "called"),
        "What is said of a cell without a number.",
        'IF(IS_BLANK(cell), called&" is blank: give a number.", IF(ISNUMBER(cell), "", called&" must be a '
        'number (got "&SAID(cell)&")."))',
    ),
    Lambda(
        "WHOLE_PROBLEM",
        ("cell", "called"),
        "What is said of a cell without a whole number.",
        'LET(problem, NUMBER_PROBLEM(cell, called), IF(problem<>"", problem, IF(cell=INT(cell), "", '
        'called&" must be a whole number (got "&SAID_NUMBER(cell)&").")))',
    ),
    Lambda(
        "PARAMETER_PROBLEM",
        ("number", "called"),
        "What is said of a parameter out of bounds.",
        f'IF((number<=0)+(number>{_LARGEST})>0, called&" must be a number above zero, at most {_LARGEST:,} '
        '(got "&SAID_NUMBER(number)&").", "")',
    ),
    Lambda(
        "BOUNDS_PROBLEM",
        ("alpha", "beta", "periods"),
        "What is said of numbers that make no retention curve.",
        f'IF((periods<1)+(periods>{_MOST_PERIODS})>0, "periods must be a whole number from 1 to '
        f'{_MOST_PERIODS:,} (got "&TEXT(periods, "0")&").", '
        'FIRST_SAID(PARAMETER_PROBLEM(alpha, "alpha"), PARAMETER_PROBLEM(beta, "beta")))',
    ),
    Lambda(
        "SBG_TABLE",
        ("alpha", "beta", "periods"),
        "The shifted-beta-geometric curve from period 0 on, under a header.",
        "LET(before, SEQUENCE(periods, 1, 0), stays, beta+before, rates, stays/(alpha+stays), "
        'VSTACK({"period","survival","retention"}, HSTACK(0, 1, ""), '
        "HSTACK(before+1, SCAN(1, rates, LAMBDA(so_far, rate, so_far*rate)), rates)))",
    ),
    Lambda(
        "SBG_READ",
        ("alpha", "beta", "periods"),
        "The curve of three cells read as numbers, or the sentence about them.",
        'LET(problem, FIRST_SAID(FIRST_SAID(NUMBER_PROBLEM(alpha, "alpha"), NUMBER_PROBLEM(beta, "beta")), '
        'WHOLE_PROBLEM(periods, "periods")), IF(problem<>"", problem, '
        'LET(bounds, BOUNDS_PROBLEM(alpha, beta, periods), IF(bounds<>"", bounds, '
        "SBG_TABLE(alpha, beta, periods)))))",
    ),
)

SBG_FORECAST = (
    'LET(problem, FIRST_SAID(FIRST_SAID(CELL_PROBLEM(alpha, "alpha"), CELL_PROBLEM(beta, "beta")), '
    'CELL_PROBLEM(periods, "periods")), IF(problem<>"", problem, '
    "SBG_READ(NUMBER_OF(alpha), NUMBER_OF(beta), NUMBER_OF(periods))))"
)
