"""Small building blocks of native Excel formulas; argument names and cell addresses serve alike.

`guarded` uses nothing but plain functions. `native_formula` makes the formulas of the catalogue, which may
call the steps of `addin.native.steps`: IS_BLANK, IS_NUMBER and SHOWN work on one cell and on ranges.
"""

from __future__ import annotations

from typing import TypeAlias

Guard: TypeAlias = tuple[str, str]  # a condition, and the sentence with formula text in braces
NOISE = "(1+1E-12)"  # the core's: 60.1 + 40.2 is a little more than 100.3 in binary


def guarded(result: str, *guards: Guard, numbers: str = "") -> str:
    """An Excel formula that says what is wrong before it computes.

    Excel takes a blank for zero, TRUE for one and any text for more than every number, and none of
    them fails: the arguments that must be numbers get a sentence first. Error cells pass through the
    comparisons by themselves.

    Parameters
    ----------
    result
        Formula body over the argument names.
    guards
        Pairs of a condition and a sentence with arguments in braces: ("a<0", "a is below zero (got {a}).").
    numbers
        The arguments that must be numbers, separated by spaces.

    Examples
    --------
    >>> guarded("1/x", ("x<=0", "x is too small (got {x})."))
    'IF(x<=0,"x is too small (got "&x&").",1/x)'
    >>> guarded("1/x", numbers="x").count("IF(")
    3
    """
    needed = [guard for name in numbers.split() for guard in number_guards(name, name)]
    for condition, sentence in reversed([*needed, *guards]):
        result = f"IF({condition},{_joined(sentence)},{result})"
    return result


def native_formula(
    result: str, *guards: Guard, numbers: str = "", texts: str = "", show: str = "SHOWN"
) -> str:
    """The same for the catalogue, where the step `show` shows what arrived as the core's sentences show it.

    Examples
    --------
    >>> native_formula("1/x", ("x<=0", "x is too small (got {x})."))
    'IF(x<=0,"x is too small (got "&SHOWN(x)&").",1/x)'
    >>> native_formula("x", numbers="x", texts="y").count("IF(")
    4
    """
    kinds = dict.fromkeys(numbers.split(), "number") | dict.fromkeys(texts.split(), "text")
    needed = [guard for name, kind in kinds.items() for guard in kind_guards(name, kind)]
    for condition, sentence in reversed([*needed, *guards]):
        result = f"IF({condition},{_joined(sentence, f'{show}({{}})')},{result})"
    return result


def kind_guards(name: str, kind: str, say: str = "") -> tuple[Guard, ...]:
    """What is said of an argument that is blank or not of its kind; `say` where its name is another one.

    Examples
    --------
    >>> [condition for condition, _ in kind_guards("rate", "number")]
    ['IS_BLANK(rate)', 'IS_NUMBER(rate)=FALSE']
    """
    other = f"IS_NUMBER({name})=FALSE" if kind == "number" else f"IS_NUMBER({name})+({name}>=FALSE)>0"
    return (
        (f"IS_BLANK({name})", f"{say or name} is blank: give a {kind}."),
        (other, f"{say or name} must be a {kind} (got {{{name}}})."),
    )


def number_guards(cell: str, say: str) -> tuple[Guard, ...]:
    """What is said where there is no number; a number stored as text is text.

    Examples
    --------
    >>> [condition for condition, _ in number_guards("B5", "New")]
    ['LEN(B5)=0', 'ISNUMBER(B5)=FALSE']
    """
    got = f"{{IF(ISTEXT({cell}),CHAR(34)&{cell}&CHAR(34),{cell})}}"
    return (
        (f"LEN({cell})=0", f"{say} is blank: give a number."),
        (f"ISNUMBER({cell})=FALSE", f"{say} must be a number (got {got})."),
    )


def start_guards(cell: str, say: str) -> tuple[Guard, ...]:
    """What is said of a number of customers at the start that nothing can be divided by."""
    nobody = "with no customers there is nothing to retain"
    return ((f"{cell}<=0", f"{say} must be above zero: {nobody} (got {{{cell}}})."),)


def zero_or_more_guards(cell: str, say: str) -> tuple[Guard, ...]:
    """What is said of a number below zero."""
    return ((f"{cell}<0", f"{say} must be zero or more (got {{{cell}}})."),)


def above_zero_guards(cell: str, say: str) -> tuple[Guard, ...]:
    """What is said of a number at or below zero."""
    return ((f"{cell}<=0", f"{say} must be above zero (got {{{cell}}})."),)


def count_guards(cells: tuple[str, str, str], say: tuple[str, str, str]) -> tuple[Guard, ...]:
    """What is said of customers at the start, at the end and new that cannot be.

    Examples
    --------
    >>> guards = count_guards(("B5", "C5", "D5"), ("Start", "End", "New"))
    >>> [condition for condition, _ in guards]
    ['B5<=0', 'C5<0', 'D5<0', 'D5>C5', 'C5-D5>B5*(1+1E-12)']
    """
    (start, end, new), (say_start, say_end, say_new) = cells, say
    return (
        *start_guards(start, say_start),
        *zero_or_more_guards(end, say_end),
        *zero_or_more_guards(new, say_new),
        (
            f"{new}>{end}",
            f"{say_new} must not exceed {say_end}: {{{new}}} won, but only {{{end}}} customers at the end.",
        ),
        (
            f"{end}-{new}>{start}*{NOISE}",
            f"{say_end} less {say_new} leaves {{({end}-{new})}} kept customers, more than the {{{start}}} at "
            f"the start: check that {say_new} counts everyone who was not there at the start.",
        ),
    )


def share_guards(cell: str, say: str, example: str = "0.9 for 90 %") -> tuple[Guard, ...]:
    """What is said of a rate that is no fraction."""
    sentence = f"{say} must be a fraction from 0 to 1, such as {example} (got {{{cell}}})."
    return ((f"({cell}<0)+({cell}>1)", sentence),)


def part_guards(cell: str, say: str, example: str) -> tuple[Guard, ...]:
    """What is said of a part of the whole that is nothing, or more than the whole."""
    must = f"must be a fraction above 0 and at most 1, such as 0.2 for the {example}"
    return ((f"({cell}<=0)+({cell}>1)", f"{say} {must} (got {{{cell}}})."),)


def confidence_guards(cell: str, say: str) -> tuple[Guard, ...]:
    """What is said of a confidence that is none."""
    sentence = f"{say} must lie between 0 and 1, such as 0.95 for 95 % (got {{{cell}}})."
    return ((f"({cell}<=0)+({cell}>=1)", sentence),)


def kept_customers(start: str, end: str, new: str) -> str:
    """Formula text for the kept customers: rounding noise never keeps more than there were.

    Examples
    --------
    >>> kept_customers("B5", "C5", "D5")
    'IF(C5-D5>B5,B5,C5-D5)'
    """
    return f"IF({end}-{new}>{start},{start},{end}-{new})"


def wilson_limit(sign: str, rate: str, noise: str) -> str:
    """Formula text for a limit of Wilson's interval ("-" the lower); noise is z ^ 2 / customers.

    Examples
    --------
    >>> wilson_limit("-", "p", "v")
    '(p+v/2-SQRT(v*p*(1-p)+v*v/4))/(1+v)'
    """
    return f"({rate}+{noise}/2{sign}SQRT({noise}*{rate}*(1-{rate})+{noise}*{noise}/4))/(1+{noise})"


def retention_limit(start: str, end: str, new: str, confidence: str, *, sign: str) -> str:
    """Formula text for a limit of the retention rate, exactly 0 or 1 where nobody or everybody stayed."""
    bound = "IF(kept=0,0,IF(limit<0,0,limit))" if sign == "-" else f"IF(kept={start},1,IF(limit>1,1,limit))"
    return (
        f"LET(kept,{kept_customers(start, end, new)},"
        # MAP, since IronCalc's NORM.S.INV takes no ranges
        f"z,MAP({confidence},LAMBDA(sure,NORM.S.INV((1-sure)/2))),rate,kept/{start},"
        f"noise,z*z/{start},limit,{wilson_limit(sign, 'rate', 'noise')},{bound})"
    )


def _joined(sentence: str, show: str = "{}") -> str:
    before, after = show.split("{}")
    return '"' + sentence.replace("{", f'"&{before}').replace("}", f'{after}&"') + '"'
