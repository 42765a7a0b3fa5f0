"""The LAMBDA names of the workbook: worksheet functions that need nothing installed."""

from __future__ import annotations

from dataclasses import dataclass

from addin.functions import FUNCTIONS
from templates.formulas import renamed, stored

BLANK_CHARACTERS = (
    *(f"CHAR({code})" for code in (9, 10, 11, 12, 13)),
    *(f"UNICHAR({code})" for code in (160, 8203, 65279)),
)


@dataclass(frozen=True, slots=True)
class Lambda:
    """One defined name: its arguments, its readable body and what it answers."""

    name: str
    arguments: tuple[str, ...]
    summary: str
    body: str
    example: tuple[str, ...] = ()

    @property
    def definition(self) -> str:
        """The name's formula as the file stores it."""
        return stored(f"=LAMBDA({', '.join(self.arguments)}, {self.body})")

    @property
    def call(self) -> str:
        """The example call, where the function is meant for people."""
        return f"={self.name}({','.join(self.example)})"

    def answer(self) -> str | float:
        """What the example call must show, from the catalogue's own function."""
        cells = [text.strip('"') if text.startswith('"') else float(text) for text in self.example]
        answer: str | float = FUNCTIONS[self.name].compute(*cells)
        return answer


def number_problem(cell: str, say: str) -> str:
    """The start of a formula that says so where a cell holds no number; close it with one bracket.

    Examples
    --------
    >>> number_problem("B5", "New")
    'IF(ISNUMBER(B5)=FALSE, IF(B5="", "New is blank: give a number.", "New must be a number (got "&B5&")."), '
    """
    return (
        f'IF(ISNUMBER({cell})=FALSE, IF({cell}="", "{say} is blank: give a number.", '
        f'"{say} must be a number (got "&{cell}&")."), '
    )


def rate_problem(start: str, end: str, new: str, say_start: str, say_end: str, say_new: str) -> str:
    """Formula text for what is wrong with three counts, in the core's words; empty text if nothing is.

    Examples
    --------
    >>> rate_problem("B5", "C5", "D5", "Start", "End", "New").count("IF(")
    11
    """
    numbers = "".join(
        number_problem(cell, say) for cell, say in ((start, say_start), (end, say_end), (new, say_new))
    )
    counts = "".join(
        f'IF({cell}<0, "{say} must be zero or more (got "&{cell}&").", '
        for cell, say in ((end, say_end), (new, say_new))
    )
    return (
        f'{numbers}IF({start}<=0, "{say_start} must be above zero: with no customers there is nothing to '
        "retain "
        f'(got "&{start}&").", {counts}'
        f'IF({new}>{end}, "{say_new} must not exceed {say_end}: "&{new}&" won, but only "&{end}&'
        f'" customers at the end.", '
        f'IF({end}-{new}>{start}, "{say_end} less {say_new} leaves "&({end}-{new})&" kept customers, more '
        "than the "
        f'"&{start}&" at the start: check that {say_new} counts everyone who was not there at the '
        'start.", "")' + ")" * 7
    )


def share_problem(cell: str, say: str) -> str:
    """Formula text for what is wrong with a rate that must be a fraction; empty text if nothing is."""
    return (
        f"{number_problem(cell, say)}"
        f'IF(ABS({cell}-0.5)>0.5, "{say} must be a fraction from 0 to 1, such as 0.9 for 90 % (got '
        f'"&{cell}&").", ""))'
    )


def length_problem(cell: str, say: str) -> str:
    """Formula text for what is wrong with a length that must be above zero; empty text if nothing is."""
    return f'{number_problem(cell, say)}IF({cell}<=0, "{say} must be above zero (got "&{cell}&").", ""))'


def confidence_problem(cell: str, say: str) -> str:
    """Formula text for what is wrong with a confidence; empty text if nothing is."""
    return (
        f"{number_problem(cell, say)}"
        f'IF(ABS({cell}-0.5)>=0.5, "{say} must lie between 0 and 1, such as 0.95 for 95 % (got '
        f'"&{cell}&").", ""))'
    )


def blanks_as_spaces(text: str) -> str:
    """Formula text that turns every kind of blank into a space, one for one."""
    for character in BLANK_CHARACTERS:
        text = f'SUBSTITUTE({text}, {character}, " ")'
    return text


def without_digits(text: str) -> str:
    """Formula text that removes the ten digits."""
    for digit in range(10):
        text = f'SUBSTITUTE({text}, {digit}, "")'
    return text


RATE_ARGUMENTS = ("start_customers", "end_customers", "new_customers")
SALES_ARGUMENTS = ("customers", "amounts")


def _answer(problem: str, answer: str) -> str:
    return f'LET(problem, {problem}, IF(problem<>"", problem, {answer}))'


def _native(name: str) -> str:
    """The formula the catalogue gives for a worksheet function."""
    native = FUNCTIONS[name].native
    if native is None:
        raise LookupError(f"The catalogue has no native formula for {name}.")
    # IronCalc takes a parameter called churn for the name CHURN
    return renamed(native, {"churn": "churn_share"})


def _limit(side: str) -> str:
    certain, sign = ("kept=0, 0", "-") if side == "low" else ("kept=start_customers, 1", "+")
    within = "IF(limit<0, 0, limit)" if side == "low" else "IF(limit>1, 1, limit)"
    return (
        f"LET(rate, RETENTION({', '.join(RATE_ARGUMENTS)}), problem, "
        f"{confidence_problem('confidence', 'confidence')}, "
        'IF(ISNUMBER(rate), IF(problem="", '
        "LET(kept, end_customers-new_customers, z, NORM.S.INV((1+confidence)/2), noise, z*z/start_customers, "
        "middle, (rate+noise/2)/(1+noise), reach, SQRT(noise*rate*(1-rate)+noise*noise/4)/(1+noise), "
        f"limit, middle{sign}reach, IF({certain}, {within})), problem), rate))"
    )


def _ranked(answer: str) -> str:
    """A body that answers from the ranking's columns, or hands on its sentence."""
    return (
        "LET(ranking, PARETO_RANKING(customers, amounts), IF(COLUMNS(ranking)=1, ranking, "
        "LET(n, ROWS(ranking), values, CHOOSECOLS(ranking, 2), running, CHOOSECOLS(ranking, 3), "
        f"total, INDEX(running, n), {answer})))"
    )


def _part_problem(argument: str, example: str) -> str:
    return (
        f"{number_problem(argument, argument)}IF(({argument}<=0)+({argument}>1), "
        f'"{argument} must be a fraction above 0 and at most 1, such as 0.2 for the {example} (got '
        f'"&{argument}&").", "")'
        ")"
    )


CUSTOMER_NAME = (
    'LET(text, IFERROR(customers&"", ""), spaced, ' + blanks_as_spaces("text") + ", "
    'words, TRIM(spaced), first, IF(words="", 1, FIND(LEFT(words, 1), spaced)), '
    'final, RIGHT(words, 1), times, IF(words="", 1, (LEN(spaced)-LEN(SUBSTITUTE(spaced, final, '
    '"")))/LEN(final)), '
    'last, IF(words="", 0, FIND(CHAR(7), SUBSTITUTE(spaced, final, CHAR(7), times))), '
    'trimmed, IF(words="", "", IF(LEN(words)=LEN(spaced), text, MID(text, first, IF(words="", 0, '
    "last-first+LEN(final))))), "
    'point, FIND(".", trimmed&"."), head, LEFT(trimmed, point-1), tail, MID(trimmed, point+1, 400), '
    'zeros, (tail<>"")*(SUBSTITUTE(tail, "0", "")=""), '
    "IF(zeros*DIGITS_ONLY(head), head, trimmed))"
)

RANKING = (
    # MAP, because IronCalc's ISNUMBER looks at the first cell of a range only
    "LET(names, CUSTOMER_NAME(customers), usable, MAP(amounts, LAMBDA(amount, "
    'ISNUMBER(amount)))*(names<>""), '
    'IF(SUM(usable)=0, "customers and amounts have no row with both a customer and a number.", '
    "LET(sales, FILTER(HSTACK(LOWER(names), names, amounts), usable), m, ROWS(sales), keys, "
    "CHOOSECOLS(sales, 1), "
    'whole, DIGITS_ONLY(keys)*(LEN(keys)-(LEFT(keys, 1)="-")<19), size, IF(whole, IFERROR(--keys, 0), 0), '
    "ordered, SORTBY(sales, whole, -1, size, 1, keys, 1, SEQUENCE(m), 1), ordered_keys, "
    "CHOOSECOLS(ordered, 1), "
    'starts, ordered_keys<>TAKE(VSTACK("", ordered_keys), m), ends, '
    'ordered_keys<>DROP(VSTACK(ordered_keys, ""), 1), '
    # a start mark before each amount lets one pass add up customer by customer
    "added, SCAN(0, TOCOL(HSTACK(starts, CHOOSECOLS(ordered, 3))), "
    "LAMBDA(so_far, item, IF(ISLOGICAL(item), IF(item, 0, so_far), so_far+item))), "
    "totals, FILTER(CHOOSECOLS(WRAPROWS(added, 2), 2), ends), "
    "ranked, SORTBY(HSTACK(FILTER(CHOOSECOLS(ordered, 2), starts), totals), totals, -1, "
    "SEQUENCE(ROWS(totals)), 1), "
    "running, SCAN(0, CHOOSECOLS(ranked, 2), LAMBDA(so_far, item, so_far+item)), total, INDEX(running, "
    "ROWS(running)), "
    "IF(total<=1E-12*MAX(running), "
    '"amounts must add up to more than zero, or there is no revenue to share out (got "&total&").", '
    "HSTACK(ranked, running)))))"
)

BEFORE = "before, TAKE(VSTACK(0, running), n)/total"

LAMBDAS = (
    Lambda(
        "RETENTION",
        RATE_ARGUMENTS,
        "Share of the customers at the start who are still there at the end.",
        _native("RETENTION"),
        ("100", "110", "20"),
    ),
    Lambda(
        "CHURN",
        RATE_ARGUMENTS,
        "Share of the customers at the start who are gone at the end.",
        _native("CHURN"),
        ("100", "110", "20"),
    ),
    Lambda(
        "RETENTION_LOW",
        (*RATE_ARGUMENTS, "confidence"),
        "Lower limit of the retention rate: what chance alone could explain (Wilson interval).",
        _limit("low"),
        ("100", "110", "20", "0.95"),
    ),
    Lambda(
        "RETENTION_HIGH",
        (*RATE_ARGUMENTS, "confidence"),
        "Upper limit of the retention rate: what chance alone could explain (Wilson interval).",
        _limit("high"),
        ("100", "110", "20", "0.95"),
    ),
    Lambda(
        "RETENTION_CONVERT",
        ("rate", "from_months", "to_months"),
        "A retention rate over some months as the same steady rate over others.",
        _native("RETENTION_CONVERT"),
        ("0.97", "1", "12"),
    ),
    Lambda(
        "CUSTOMER_LIFETIME",
        ("churn_share",),
        "Periods a customer stays on average when every period loses the same share.",
        _native("CUSTOMER_LIFETIME"),
        ("0.2",),
    ),
    Lambda(
        "BENCHMARK",
        ("industry",),
        "Published yearly customer retention of an industry of the Data sheet.",
        "XLOOKUP(TRIM(industry), BENCHMARK_INDUSTRIES, BENCHMARK_VALUES, "
        '"industry must be one of the industries of the Data sheet (got "&industry&").")',
        ('"Retail"',),
    ),
    Lambda(
        "BENCHMARK_GAP",
        ("rate", "industry"),
        "Your yearly retention less the industry's; 0.05 is five percentage points above.",
        _answer(
            share_problem("rate", "rate"),
            "LET(published, BENCHMARK(industry), IF(ISNUMBER(published), rate-published, published))",
        ),
        ("0.9", '"Retail"'),
    ),
    Lambda(
        "BENCHMARK_VERDICT",
        ("kept", "start_customers", "industry"),
        "Whether yearly retention lies above or below the industry's, or chance cannot tell.",
        "LET(low, RETENTION_LOW(start_customers, kept, 0, 0.95), high, RETENTION_HIGH(start_customers, "
        "kept, 0, 0.95), "
        "published, BENCHMARK(industry), IF(ISNUMBER(low), IF(ISNUMBER(published), "
        'IF(published<low, "above", IF(published>high, "below", "cannot tell")), published), low))',
        ("90", "100", '"Retail"'),
    ),
    Lambda(
        "PARETO",
        SALES_ARGUMENTS,
        "One row a customer, best first: value, share, cumulative share and class A, B or C.",
        _ranked(
            f'LET({BEFORE}+1E-12, VSTACK({{"customer","value","share","cumulative_share","class"}}, '
            "HSTACK(TAKE(ranking, n, 2), values/total, running/total, "
            'IF(before<0.8, "A", IF(before<0.95, "B", "C")))))'
        ),
    ),
    Lambda(
        "PARETO_SHARE",
        (*SALES_ARGUMENTS, "top"),
        "Share of the value that the top part of the customers brings, such as 0.2 for the top fifth.",
        _answer(
            _part_problem("top", "top fifth"),
            _ranked(
                "LET(position, top*n, whole, INT(position), before, IF(whole=0, 0, INDEX(running, "
                "MAX(whole, 1))), "
                "following, IF(whole<n, INDEX(values, MIN(whole+1, n)), 0), "
                "(before+(position-whole)*following)/total)"
            ),
        ),
    ),
    Lambda(
        "PARETO_CUSTOMERS",
        (*SALES_ARGUMENTS, "share"),
        "Share of the customers, best first, who bring a share of the value, such as 0.8.",
        _answer(_part_problem("share", "share of 20 %"), _ranked("(SUM(--(running/total<share-1E-12))+1)/n")),
    ),
    Lambda(
        "GINI",
        SALES_ARGUMENTS,
        "How unequal customers are: 0 where all bring the same, towards 1 where one brings all.",
        _ranked(f"LET({BEFORE}, SUM(before+running/total)/n-1)"),
    ),
    Lambda(
        "PARETO_RANKING",
        SALES_ARGUMENTS,
        "Customers, values and running totals, best first; the other Pareto functions read it.",
        RANKING,
    ),
    Lambda(
        "PARETO_LEFT_OUT",
        SALES_ARGUMENTS,
        "Rows the other Pareto functions leave out: no customer, or no number as amount.",
        'SUM((IFERROR(customers&amounts, "?")<>"")-MAP(amounts, LAMBDA(amount, ISNUMBER(amount)))'
        '*(CUSTOMER_NAME(customers)<>""))',
        (),
    ),
    Lambda(
        "CUSTOMER_NAME",
        ("customers",),
        "Customers without outer blanks; whole numbers without a decimal point.",
        CUSTOMER_NAME,
    ),
    Lambda(
        "DIGITS_ONLY",
        ("text",),
        "1 where a text is a whole number, with or without a minus sign, else 0.",
        'LET(unsigned, IF(LEFT(text, 1)="-", MID(text, 2, 400), text), '
        f'(unsigned<>"")*({without_digits("unsigned")}=""))',
    ),
)
