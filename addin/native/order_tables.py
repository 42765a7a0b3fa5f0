"""Native formulas that make a table of an order log, and the steps they are made of.

The lines are sorted by customer once; what follows works on numbers: one number holds a customer's place and
a day, or a cohort and an age, so that a sort and a pass over the rows count whatever is asked. A step that
finds something wrong answers with one cell, the sentence.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import get_args

from addin.kinds import CohortMeasure, CohortPeriod
from addin.native.steps import Lambda, listed
from addin.native.tables import ALL_REFUNDS, FIRST_DAY, LAST_DAY
from retention_core.cohort_tables import MONTHS, NOISE
from retention_core.parsing import AMOUNT_LIMIT
from retention_core.rfm_scores import REFUNDS_ONLY, SCORES, SEGMENTS

_PLACES = "1000000"  # room for any day beside a customer's place
_NEVER = "999999"  # sorts behind any day
_AGES = "10000"  # room for any age beside a cohort: three centuries have 3,588 months
_CENT_NOISE = 6
_PERIODS, _MEASURES = (get_args(kind)[1].choices for kind in (CohortPeriod, CohortMeasure))


def _offered(words: Iterable[str]) -> str:
    """Words as a sentence offers them.

    Examples
    --------
    >>> _offered(["month", "quarter", "year"])
    'month, quarter or year'
    """
    *others, final = words
    return f"{', '.join(others)} or {final}"


LINES = (
    Lambda(
        "RUNNING_SUM",
        ("numbers",),
        "Running total of a column.",
        "SCAN(0, numbers, LAMBDA(so_far, item, so_far+item))",
    ),
    Lambda(
        "CHANGE_MARKS",
        ("sorted_numbers",),
        "Whether each of sorted numbers, none below zero, differs from the one before.",
        "sorted_numbers<>TAKE(VSTACK(-1, sorted_numbers), ROWS(sorted_numbers))",
    ),
    Lambda(
        "LAST_OF_GROUPS",
        ("starts",),
        "Whether each row is the last before another group starts.",
        "DROP(VSTACK(starts, TRUE), 1)",
    ),
    Lambda(
        "GROUP_COUNTS",
        ("flags", "ends"),
        "How many rows of each group are flagged.",
        "LET(so_far, FILTER(RUNNING_SUM(flags), ends), so_far-TAKE(VSTACK(0, so_far), ROWS(so_far)))",
    ),
    Lambda(
        "ORDER_LINES",
        ("customers", "dates", "amounts", "unpriced"),
        "One row an order line: key, name, day, amount; a sentence where a row is not complete.",
        "LET(cells, ORDER_COLUMNS(customers, dates, amounts, unpriced), IF(COLUMNS(cells)=1, cells, "
        "COMPLETE_ORDERS(CHOOSECOLS(cells, 1), CHOOSECOLS(cells, 2), CHOOSECOLS(cells, 3), unpriced)))",
    ),
    Lambda(
        "COMPLETE_ORDERS",
        ("buyers", "bought", "paid", "unpriced"),
        "The rows of columns of the same length below their header, checked one after the other.",
        "LET(heading, CUSTOMER_HEADING(buyers), priced, IF(unpriced, TRUE, TITLE_ABOVE(paid, heading)), "
        "header, IF(TITLE_ABOVE(bought, heading), --priced, 0), live, --(SEQUENCE(ROWS(buyers))>header), "
        "names, CUSTOMER_NAME(buyers), nobody, --NAMES_NOBODY(names), undated, --IS_BLANK(bought), "
        "unpaid, IF(unpriced, nobody, --IS_BLANK(paid)), day, READ_DAY(bought), "
        "filled, live*(1-nobody*undated*unpaid), "
        "dateless, FIRST_ROW(live*(nobody<>undated)), priceless, FIRST_ROW(live*(nobody<>unpaid)), "
        "odd, FIRST_ROW(live*((buyers=TRUE)+(buyers=FALSE))), unread, FIRST_ROW(live*(1-undated)*(day<0)), "
        "unclear, IF(unpriced, 0, FIRST_ROW(live*(1-unpaid)*(IS_NUMBER(paid)=FALSE))), "
        'IF(SUM(filled)=0, "customers has no filled rows"&IF(header, " below its header.", "."), '
        'IF(dateless>0, HALF_SAID(INDEX(buyers, dateless), "dates", dateless), '
        'IF(priceless>0, HALF_SAID(INDEX(buyers, priceless), "amounts", priceless), '
        "IF(odd>0, NO_CUSTOMER_SAID(INDEX(buyers, odd), odd), "
        "IF(unread>0, NO_DAY_SAID(INDEX(bought, unread), unread), "
        "IF(unclear>0, NO_NUMBER_SAID(INDEX(paid, unclear), unclear), "
        "FILTER(HSTACK(CUSTOMER_KEY(names), names, day, IF(unpriced, 0*live, paid)), filled))))))))",
    ),
    Lambda(
        "LIMIT_PROBLEM",
        ("lines",),
        "What is said of order lines with a date or an amount that no log may hold, or of refunds alone.",
        "LET(day, CHOOSECOLS(lines, 3), paid, CHOOSECOLS(lines, 4), "
        f"early, FIRST_ROW((day<{FIRST_DAY})+(day>{LAST_DAY})>0), "
        f"large, FIRST_ROW((paid>{AMOUNT_LIMIT:.0f})+(paid<-{AMOUNT_LIMIT:.0f})>0), "
        'IF(early>0, AGE_PROBLEM(INDEX(day, early), "dates"), '
        f'IF(large>0, "amounts must be numbers up to {AMOUNT_LIMIT:,.0f} (got "&SAID_NUMBER(INDEX(paid, '
        f'large))&").", IF(MAX(paid)<0, {ALL_REFUNDS}, ""))))',
    ),
    Lambda(
        "CUSTOMER_LINES",
        ("lines",),
        "Order lines customer by customer: place of the customer, day, amount, name.",
        "LET(keys, CHOOSECOLS(lines, 1), "
        "ordered, SORTBY(lines, keys, 1, PARTED(keys), 1, SEQUENCE(ROWS(lines)), 1), "
        "HSTACK(RUNNING_SUM(--GROUP_STARTS(CHOOSECOLS(ordered, 1))), CHOOSECOLS(ordered, 3), "
        "CHOOSECOLS(ordered, 4), CHOOSECOLS(ordered, 2)))",
    ),
    Lambda(
        "LAST_ORDER",
        ("bought",),
        "The day of the last order among customers' lines; a refund is none.",
        "MAX(IF(CHOOSECOLS(bought, 3)>=0, CHOOSECOLS(bought, 2), 0))",
    ),
    Lambda(
        "FIRST_PART",
        ("pairs", "room"),
        "The first of two whole numbers held in one.",
        "INT(pairs/room)",
    ),
    Lambda(
        "SECOND_PART",
        ("pairs", "room"),
        "The second of two whole numbers held in one.",
        "pairs-room*INT(pairs/room)",
    ),
    Lambda(
        "CHOICE_PROBLEM",
        ("cell", "called", "known", "offered"),
        "What is said of a cell that is none of the words between bars; a blank one is the usual choice.",
        'IF(IS_BLANK(cell), "", IF(ISTEXT(cell), IF(LISTED(LOWER(VISIBLE(cell)), known), "", '
        'called&" must be "&offered&" (got "&SAID(VISIBLE(cell))&")."), '
        'called&" must be a text (got "&SAID(cell)&")."))',
    ),
)

COHORT_STEPS = (
    Lambda(
        "PERIOD_OF",
        ("day", "months"),
        "The period of a day, counted from year 0.",
        "INT((YEAR(day)*12+MONTH(day)-1)/months)",
    ),
    Lambda(
        "PERIOD_NAME",
        ("number", "months"),
        "A period so counted as a reader writes it: 2025-01, 2025-Q1 or 2025.",
        "LET(year, INT(number*months/12), month, number*months-12*year+1, "
        'IF(months=12, year&"", IF(months=3, year&"-Q"&INT((month+2)/3), year&"-"&TEXT(month, "00"))))',
    ),
    Lambda(
        "COHORT_LINES",
        ("bought", "months"),
        "Customers' lines by customer, orders by day before refunds: customer and day in one number, period, "
        "amount, period of the customer's first order, 1 where it is the customer's first line.",
        "LET(day, CHOOSECOLS(bought, 2), paid, CHOOSECOLS(bought, 3), "
        f"mark, CHOOSECOLS(bought, 1)*{_PLACES}+IF(paid>=0, day, {_NEVER}), "
        "ordered, SORTBY(HSTACK(mark, PERIOD_OF(day, months), paid), mark, 1), "
        f"marks, CHOOSECOLS(ordered, 1), starts, CHANGE_MARKS(FIRST_PART(marks, {_PLACES})), "
        f"beginning, SCAN(0, IF(starts, SECOND_PART(marks, {_PLACES}), 0), "
        "LAMBDA(so_far, item, IF(item>0, item, so_far))), "
        f"HSTACK(ordered, IF(beginning={_NEVER}, 0, PERIOD_OF(beginning, months)), --starts))",
    ),
    Lambda(
        "COHORT_WEIGHTS",
        ("lines", "measure"),
        "Cohort and age in one number, and what the line adds there, for each line that adds something.",
        "LET(marks, CHOOSECOLS(lines, 1), period, CHOOSECOLS(lines, 2), paid, CHOOSECOLS(lines, 3), "
        "cohort, CHOOSECOLS(lines, 4), ordered, (paid>=0)*1, adds, "
        f'IF(measure="customers", ordered*CHANGE_MARKS(FIRST_PART(marks, {_PLACES})*{_PLACES}+period), '
        'IF(measure="orders", ordered*CHANGE_MARKS(marks), (cohort>0)*(period>=cohort))), '
        f'FILTER(HSTACK(cohort*{_AGES}+period-cohort, IF(measure="revenue", paid, ordered)), adds))',
    ),
    Lambda(
        "COHORT_FIGURES",
        ("lines", "measure", "period_now", "ages"),
        "One row a cohort: its period, its customers, and the rate at each age, blank while it is not lived.",
        "LET(beginning, FILTER(CHOOSECOLS(lines, 4), CHOOSECOLS(lines, 5)*(CHOOSECOLS(lines, 4)>0)), "
        "homes, SORTBY(beginning, beginning, 1), leavers, LAST_OF_GROUPS(CHANGE_MARKS(homes)), "
        "started, FILTER(homes, leavers), sizes, GROUP_COUNTS(homes*0+1, leavers), "
        "weights, COHORT_WEIGHTS(lines, measure), "
        # a line that adds nothing for every cell, so that each has a total
        f"cells, TOCOL(started*{_AGES}+SEQUENCE(1, ages, 0)), "
        "both, VSTACK(weights, HSTACK(cells, cells*0)), ordered, SORTBY(both, CHOOSECOLS(both, 1), 1), "
        "starts, CHANGE_MARKS(CHOOSECOLS(ordered, 1)), "
        "totals, WRAPROWS(GROUP_TOTALS(starts, LAST_OF_GROUPS(starts), CHOOSECOLS(ordered, 2)), ages), "
        f'noise, IF(measure="revenue", {NOISE:.0E}*SUM(ABS(CHOOSECOLS(lines, 3))), 0), '
        "first, CHOOSECOLS(totals, 1), rated, (first>noise)*(started+SEQUENCE(1, ages, 0)<period_now)>0, "
        'HSTACK(started, sizes, IF(rated, totals/IF(first>noise, first, 1), "")))',
    ),
    Lambda(
        "COHORT_TABLE",
        ("bought", "period", "measure"),
        "Cohorts by age from customers' lines, under a header.",
        f'LET(months, IF(period="month", {MONTHS["month"]}, IF(period="quarter", {MONTHS["quarter"]}, '
        f"{MONTHS['year']})), final, LAST_ORDER(bought), "
        "lines, COHORT_LINES(FILTER(bought, CHOOSECOLS(bought, 2)<=final), months), "
        "homes, CHOOSECOLS(lines, 4), oldest, MIN(IF(homes>0, homes, 99999)), "
        "ages, PERIOD_OF(final, months)-oldest+1, "
        "found, COHORT_FIGURES(lines, measure, PERIOD_OF(final+1, months), ages), "
        'VSTACK(HSTACK({"cohort","customers"}, period&" "&SEQUENCE(1, ages, 0)), '
        "HSTACK(PERIOD_NAME(CHOOSECOLS(found, 1), months), DROP(found, 0, 1))))",
    ),
    Lambda(
        "COHORT_PROBLEM",
        ("period", "measure"),
        "What is said of cells that choose no cohorts.",
        'LET(shape, FIRST_SAID(CELL_PROBLEM(period, "period"), CELL_PROBLEM(measure, "measure")), '
        'IF(shape<>"", shape, FIRST_SAID('
        f'CHOICE_PROBLEM(period, "period", {listed(_PERIODS)}, "{_offered(_PERIODS)}"), '
        f'CHOICE_PROBLEM(measure, "measure", {listed(_MEASURES)}, "{_offered(_MEASURES)}"))))',
    ),
    Lambda(
        "CHOICE_OF",
        ("cell", "usual"),
        "The word chosen in small letters.",
        "IF(IS_BLANK(cell), usual, LOWER(VISIBLE(cell)))",
    ),
    Lambda(
        "COHORTS_CHOSEN",
        ("lines", "period", "measure", "unpriced"),
        "Cohorts by age from order lines, or the sentence about them.",
        'LET(problem, IF(unpriced*(measure="revenue"), "measure is revenue, which needs amounts: give them, '
        'or ask for customers.", LIMIT_PROBLEM(lines)), '
        'IF(problem<>"", problem, COHORT_TABLE(CUSTOMER_LINES(lines), period, measure)))',
    ),
)


def _segments() -> str:
    """Formula text that names the segment of recency and buying scores, as `segment_of` does."""
    *others, final = SEGMENTS
    text = f'"{final.name}"'
    for segment in reversed(others):
        limits = (("recent", segment.recency), ("buying", segment.buying))
        held = "*".join(f"({name}>={low})*({name}<={high})" for name, (low, high) in limits)
        text = f'IF({held}, "{segment.name}", {text})'
    return text


RFM_STEPS = (
    Lambda(
        "SPELT_OUT",
        ("text",),
        "A text as numbers of its characters, which sort in every language as the characters are numbered.",
        'REDUCE("", SEQUENCE(LEN(text)), LAMBDA(so_far, place, '
        "so_far&(1000000+IFERROR(UNICODE(MID(text, place, 1)), 999999))))",
    ),
    Lambda(
        "CUSTOMERS_IN_ORDER",
        ("rows",),
        "Rows that start with a customer, whole numbers by size, then text by its characters.",
        "LET(keys, CUSTOMER_KEY(CHOOSECOLS(rows, 1)), "
        'whole, DIGITS_ONLY(keys)*(LEN(keys)-(LEFT(keys, 1)="-")<19), '
        "size, IF(whole, IFERROR(--keys, 0), 0), "
        "spelt, MAP(keys, whole, LAMBDA(key, digits, IF(digits, key, SPELT_OUT(LEFT(key, 400))))), "
        "SORTBY(rows, whole, -1, size, 1, spelt, 1))",
    ),
    Lambda(
        "BUYER_ROWS",
        ("bought", "limit"),
        "One row a customer with a line before a day: name, day of the last order or 0, orders, value.",
        "LET(day, CHOOSECOLS(bought, 2), paid, CHOOSECOLS(bought, 3), counted, (day<limit)*1, "
        f"mark, CHOOSECOLS(bought, 1)*{_PLACES}+IF(counted*(paid>=0), day, 0), "
        "ordered, SORTBY(HSTACK(mark, paid*counted, counted), mark, 1), marks, CHOOSECOLS(ordered, 1), "
        f"starts, CHANGE_MARKS(FIRST_PART(marks, {_PLACES})), ends, LAST_OF_GROUPS(starts), "
        f"days, SECOND_PART(marks, {_PLACES}), orders, GROUP_COUNTS(CHANGE_MARKS(marks)*(days>0), ends), "
        # MAP, since IronCalc's ROUND takes no ranges
        "value, MAP(GROUP_TOTALS(starts, ends, CHOOSECOLS(ordered, 2)), "
        f"LAMBDA(total, ROUND(total, {_CENT_NOISE}))), "
        "names, FILTER(CHOOSECOLS(bought, 4), CHANGE_MARKS(CHOOSECOLS(bought, 1))), "
        "FILTER(HSTACK(names, FILTER(days, ends), orders, value), "
        "GROUP_COUNTS(CHOOSECOLS(ordered, 3), ends)>0))",
    ),
    Lambda(
        "SCORES_AMONG",
        ("values", "active"),
        "Scores from 1 to 5: 1 and the whole part of five times the share of active customers below.",
        "LET(compared, FILTER(values, active), ranked, SORTBY(compared, compared, 1), n, ROWS(ranked), "
        f"REDUCE(values*0+1, SEQUENCE({SCORES - 1}), LAMBDA(so_far, part, LET(below, -INT(-part*n/{SCORES}), "
        "IF(below>=n, so_far, LET(border, INDEX(ranked, below+1), "
        "place, IF(INDEX(ranked, below)=border, SUM(--(ranked<=border)), below), "
        "IF(place>=n, so_far, so_far+(values>=INDEX(ranked, place+1)))))))))",
    ),
    Lambda(
        "SEGMENT_NAME",
        ("recent", "buying"),
        "Names of the segments of scores for recency and for buying.",
        _segments(),
    ),
    Lambda(
        "RFM_TABLE",
        ("bought", "limit"),
        "Customers with figures, scores and segment as of a day, under a header.",
        "LET(rows, BUYERS_BEFORE(bought, limit), IF(COLUMNS(rows)=1, rows, "
        "LET(last_day, CHOOSECOLS(rows, 2), orders, CHOOSECOLS(rows, 3), value, CHOOSECOLS(rows, 4), "
        "active, orders>0, recent, SCORES_AMONG(last_day, active), "
        "frequent, SCORES_AMONG(orders, active), much, SCORES_AMONG(value, active), "
        'VSTACK({"customer","recency","frequency","monetary","r","f","m","segment"}, '
        'HSTACK(CHOOSECOLS(rows, 1), IF(active, limit-last_day, ""), orders, value, IF(active, recent, ""), '
        'IF(active, frequent, ""), IF(active, much, ""), '
        f'IF(active, SEGMENT_NAME(recent, INT((frequent+much+1)/2)), "{REFUNDS_ONLY}"))))))',
    ),
    Lambda(
        "AS_OF_PROBLEM",
        ("as_of",),
        "What is said of a cell that is no day to look back from; a blank one stands for the usual day.",
        'LET(shape, CELL_PROBLEM(as_of, "as_of"), IF(shape<>"", shape, IF(IS_BLANK(as_of), "", '
        'LET(problem, DAY_PROBLEM(as_of, "as_of"), IF(problem<>"", problem, '
        'AGE_PROBLEM(DAY_IN(as_of), "as_of"))))))',
    ),
    Lambda(
        "BUYERS_BEFORE",
        ("bought", "limit"),
        "The customers in order, or a sentence where none has ordered.",
        "LET(day, CHOOSECOLS(bought, 2), IF(SUM((day<limit)*(CHOOSECOLS(bought, 3)>=0))=0, "
        '"as_of must lie after an order: there is none before "&SAID_DAY(limit)&".", '
        "CUSTOMERS_IN_ORDER(BUYER_ROWS(bought, limit))))",
    ),
)

STEPS = (*LINES, *COHORT_STEPS, *RFM_STEPS)

COHORTS = (
    "LET(unpriced, NOT_GIVEN(amounts), lines, ORDER_LINES(customers, dates, amounts, unpriced), "
    "IF(COLUMNS(lines)=1, lines, LET(problem, COHORT_PROBLEM(period, measure), "
    'IF(problem<>"", problem, COHORTS_CHOSEN(lines, CHOICE_OF(period, "month"), '
    'CHOICE_OF(measure, "customers"), unpriced)))))'
)
RFM = (
    "LET(lines, ORDER_LINES(customers, dates, amounts, FALSE), IF(COLUMNS(lines)=1, lines, "
    'LET(problem, FIRST_SAID(AS_OF_PROBLEM(as_of), LIMIT_PROBLEM(lines)), IF(problem<>"", problem, '
    "LET(bought, CUSTOMER_LINES(lines), "
    "RFM_TABLE(bought, IF(IS_BLANK(as_of), LAST_ORDER(bought)+1, DAY_IN(as_of))))))))"
)
