"""Native formulas of what a point of retention and one customer's keeping are worth."""

from __future__ import annotations

from addin.native.blocks import Guard, native_formula, share_guards, zero_or_more_guards

_NOISE = "1E-12"  # the core's: 0.7 + 0.1 + 0.2 is not quite 1 in binary
_TOO_LARGE = "margin is too large for the other figures: the worth exceeds every number."


def _gain_guards(points: str) -> tuple[Guard, ...]:
    """What is said of figures that give no worth, in the core's order."""
    example = "0.1 for 10 %"
    return (
        *share_guards("discount", "discount", example),
        *share_guards("retention", "retention", example),
        (
            f"(retention+{points}<-{_NOISE})+(retention+{points}>1+{_NOISE})>0",
            f"retention plus {points} must lie between 0 and 1 (got {{retention}} and {{{points}}}): "
            "one point is 0.01.",
        ),
        (
            f"((retention>=1)+(retention+{points}>=1)>0)*(discount<=0)>0",
            "discount must be above zero where everyone stays: the worth would have no end (got {discount}).",
        ),
    )


def _gain(points: str, times: str = "") -> str:
    """V(retention + points) - V(retention) as one fraction: a difference of near equals loses digits."""
    after = f"IF(retention+{points}>1,1,IF(retention+{points}<0,0,retention+{points}))"
    worth = f"margin*((1+discount)/((1-retention)+discount))*({points}/((1-after)+discount))"
    product = f"{times}*({worth})" if times else worth
    # too large a number is an error in Excel and an infinite one in IronCalc, whose difference is not zero
    finite = f'IF(IFERROR(worth-worth,1)=0,worth,"{_TOO_LARGE}")'
    return f"LET(after,{after},worth,{product},{finite})"


RETENTION_WORTH = native_formula(
    _gain("points", times="customers"),
    *zero_or_more_guards("customers", "customers"),
    *_gain_guards("points"),
    numbers="customers margin retention points discount",
)
BREAK_EVEN_SPEND = native_formula(
    _gain("uplift"),
    ("uplift<0", "uplift must be zero or more: nobody spends to lose a customer sooner (got {uplift})."),
    *_gain_guards("uplift"),
    numbers="margin retention uplift discount",
)
