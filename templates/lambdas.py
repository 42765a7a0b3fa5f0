"""The LAMBDA names of the workbook: worksheet functions that need nothing installed."""

from __future__ import annotations

import re
from dataclasses import dataclass

from addin.functions import FUNCTIONS
from addin.natives import guarded, part_guards, share_guards, start_guards
from templates.formulas import stored

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
NO_INDUSTRY = ("LEN(TRIM(industry))=0", "industry is blank: give a text.")
# alike to 40 binary digits, 1e-12, is equal, as in the core: the same cents added up in another order differ
ALIKE = "IF({0}=0, 0, ROUND({0}*2^(39-INT(LOG(ABS({0}), 2))), 0)*2^(INT(LOG(ABS({0}), 2))-39))"


def _native(name: str) -> str:
    """The formula the catalogue gives for a worksheet function."""
    native = FUNCTIONS[name].native
    if native is None:
        raise LookupError(f"The catalogue has no native formula for {name}.")
    # IronCalc takes a parameter called churn for the name CHURN
    return re.sub(r"\bchurn\b", "churn_share", native)


def _read_off(ranking: str, answer: str) -> str:
    """A body that answers from the columns of a ranking, or hands on its sentence."""
    return (
        f"LET(ranking, {ranking}, IF(COLUMNS(ranking)=1, ranking, "
        "LET(n, ROWS(ranking), values, CHOOSECOLS(ranking, 2), running, CHOOSECOLS(ranking, 3), "
        f"total, INDEX(running, n), {answer})))"
    )


def _ranked(answer: str) -> str:
    return _read_off("PARETO_RANKING(customers, amounts)", answer)


def _verdict() -> str:
    return guarded(
        "LET(low, RETENTION_LOW(start_customers, kept, 0, 0.95), high, RETENTION_HIGH(start_customers, kept, "
        "0, 0.95), published, BENCHMARK(industry), IF(ISNUMBER(published), "
        'IF(published<low, "above", IF(published>high, "below", "cannot tell")), published))',
        NO_INDUSTRY,
        *start_guards("start_customers", "start_customers"),
        (
            "(kept<0)+(kept>start_customers)",
            "kept must lie between 0 and start_customers, {start_customers} (got {kept}).",
        ),
        numbers="kept start_customers",
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
    # MAP again, since IronCalc's IF looks at the first total only
    f"alike, MAP(totals, LAMBDA(item, {ALIKE.format('item')})), "
    "ranked, SORTBY(HSTACK(FILTER(CHOOSECOLS(ordered, 2), starts), totals), alike, -1, "
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
        _native("RETENTION_LOW"),
        ("100", "110", "20", "0.95"),
    ),
    Lambda(
        "RETENTION_HIGH",
        (*RATE_ARGUMENTS, "confidence"),
        "Upper limit of the retention rate: what chance alone could explain (Wilson interval).",
        _native("RETENTION_HIGH"),
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
        guarded(
            "XLOOKUP(TRIM(industry), BENCHMARK_INDUSTRIES, BENCHMARK_VALUES, "
            '"industry must be one of the industries of the Data sheet (got "&industry&").")',
            NO_INDUSTRY,
        ),
        ('"Retail"',),
    ),
    Lambda(
        "BENCHMARK_GAP",
        ("rate", "industry"),
        "Your yearly retention less the industry's; 0.05 is five percentage points above.",
        guarded(
            "LET(published, BENCHMARK(industry), IF(ISNUMBER(published), rate-published, published))",
            NO_INDUSTRY,
            *share_guards("rate", "rate"),
            numbers="rate",
        ),
        ("0.9", '"Retail"'),
    ),
    Lambda(
        "BENCHMARK_VERDICT",
        ("kept", "start_customers", "industry"),
        "Whether yearly retention lies above or below the industry's, or chance cannot tell.",
        _verdict(),
        ("90", "100", '"Retail"'),
    ),
    Lambda(
        "PARETO",
        SALES_ARGUMENTS,
        "One row a customer, best first: value, share, cumulative share and class A, B or C.",
        "PARETO_TABLE(PARETO_RANKING(customers, amounts))",
    ),
    Lambda(
        "PARETO_SHARE",
        (*SALES_ARGUMENTS, "top"),
        "Share of the value that the top part of the customers brings, such as 0.2 for the top fifth.",
        guarded(
            _ranked(
                "LET(position, top*n, whole, INT(position), before, IF(whole=0, 0, INDEX(running, "
                "MAX(whole, 1))), "
                "following, IF(whole<n, INDEX(values, MIN(whole+1, n)), 0), "
                "(before+(position-whole)*following)/total)"
            ),
            *part_guards("top", "top", "top fifth"),
            numbers="top",
        ),
    ),
    Lambda(
        "PARETO_CUSTOMERS",
        (*SALES_ARGUMENTS, "share"),
        "Share of the customers, best first, who bring a share of the value, such as 0.8.",
        guarded(
            _ranked("(SUM(--(running/total<share-1E-12))+1)/n"),
            *part_guards("share", "share", "share of 20 %"),
            numbers="share",
        ),
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
        "PARETO_TABLE",
        ("ranking",),
        "A ranking with shares and classes, as PARETO shows it.",
        _read_off(
            "ranking",
            f'LET({BEFORE}+1E-12, VSTACK({{"customer","value","share","cumulative_share","class"}}, '
            "HSTACK(TAKE(ranking, n, 2), values/total, running/total, "
            'IF(before<0.8, "A", IF(before<0.95, "B", "C")))))',
        ),
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
