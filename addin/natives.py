"""Small building blocks of native Excel formulas."""

from __future__ import annotations


def guarded(result: str, *guards: tuple[str, str], filled: str) -> str:
    """An Excel formula that says what is wrong before it computes.

    Error cells pass through every comparison by themselves, text fails in the arithmetic as
    #VALUE!, and a blank, which Excel would silently take for zero, gets a sentence.

    Parameters
    ----------
    result
        Formula body over the argument names.
    guards
        Pairs of a condition and a sentence with arguments in braces: ("a<0", "a is below zero (got {a}).").
    filled
        The arguments that may not be blank, separated by spaces.

    Examples
    --------
    >>> guarded("1/x", ("x<=0", "x is too small (got {x})."), filled="x")
    'IF(ISBLANK(x),"x is blank: give a number.",IF(x<=0,"x is too small (got "&x&").",1/x))'
    """
    blanks = [(f"ISBLANK({name})", f"{name} is blank: give a number.") for name in filled.split()]
    for condition, sentence in reversed([*blanks, *guards]):
        result = f"IF({condition},{_joined(sentence)},{result})"
    return result


def _joined(sentence: str) -> str:
    return '"' + sentence.replace("{", '"&').replace("}", '&"') + '"'
