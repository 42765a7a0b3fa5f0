"""Native formulas over whole columns and over the published figures, and the steps they are made of.

A step that finds something wrong answers with one cell, the sentence, where it would else answer with a
table of several columns.
"""

from __future__ import annotations

from datetime import date

from addin.native.blocks import NOISE, kind_guards, native_formula, part_guards, start_guards
from addin.native.steps import ALIKE, Lambda
from retention_core.parsing import AMOUNT_LIMIT, EARLIEST, LATEST

# as Excel counts days; a workbook that counts them from 1904 knows no DATE(1901, 1, 1)
FIRST_DAY, LAST_DAY = ((day - date(1899, 12, 30)).days for day in (EARLIEST, LATEST))

ALL_REFUNDS = '"amounts are all below zero: refunds are no orders, so give the amounts of the orders too."'

# Sorting and the sign = follow the language's rules, by which ß may be ss and a space may be any other blank:
# EXACT tells keys apart as the core does, and PARTED keeps apart what sorts alike though it differs.
GROUPS = (
    Lambda(
        "PARTED",
        ("keys",),
        "A second key to sort by, for keys that sort alike though they differ.",
        'LEN(SUBSTITUTE(keys, " ", ""))',
    ),
    Lambda(
        "GROUP_STARTS",
        ("sorted_keys",),
        "Whether each of sorted keys is the first of its kind.",
        'EXACT(sorted_keys, TAKE(VSTACK("", sorted_keys), ROWS(sorted_keys)))=FALSE',
    ),
    Lambda(
        "GROUP_ENDS",
        ("sorted_keys",),
        "Whether each of sorted keys is the last of its kind.",
        'EXACT(sorted_keys, DROP(VSTACK(sorted_keys, ""), 1))=FALSE',
    ),
    Lambda(
        "RUNNING_IN_GROUPS",
        ("starts", "amounts"),
        "The running total of amounts, from nothing in each group of those that lie together.",
        # a start mark before each amount lets one pass add up group by group
        "LET(added, SCAN(0, TOCOL(HSTACK(starts, amounts)), "
        "LAMBDA(so_far, item, IF(ISLOGICAL(item), IF(item, 0, so_far), so_far+item))), "
        "CHOOSECOLS(WRAPROWS(added, 2), 2))",
    ),
    Lambda(
        "GROUP_TOTALS",
        ("starts", "ends", "amounts"),
        "The total of each group of amounts that lie together.",
        "FILTER(RUNNING_IN_GROUPS(starts, amounts), ends)",
    ),
)

SALES = (
    Lambda(
        "SALES_ROWS",
        ("customers", "amounts"),
        "One row a sale: key, customer, amount; a sentence where a row is not complete.",
        'LET(shape, FIRST_SAID(SHAPE_PROBLEM(customers, "customers"), SHAPE_PROBLEM(amounts, "amounts")), '
        'IF(shape<>"", shape, LET(buyers, COLUMN_OF(customers), paid, COLUMN_OF(amounts), '
        "more, ROWS(buyers)<ROWS(paid), height, IF(more, ROWS(paid), ROWS(buyers)), "
        'longest, IF(more, "amounts", "customers"), '
        'problem, FIRST_SAID(LENGTH_PROBLEM(customers, "customers", height, longest), '
        'LENGTH_PROBLEM(amounts, "amounts", height, longest)), IF(problem<>"", problem, '
        "COMPLETE_SALES(PADDED(buyers, height), READ_NUMBER(PADDED(paid, height)))))))",
    ),
    Lambda(
        "COMPLETE_SALES",
        ("buyers", "paid"),
        "The rows of two columns of the same length below their header, checked one after the other.",
        "LET(header, --TITLE_ABOVE(paid, CUSTOMER_HEADING(buyers)), live, --(SEQUENCE(ROWS(buyers))>header), "
        "names, CUSTOMER_NAME(buyers), nobody, --NAMES_NOBODY(names), unpaid, --IS_BLANK(paid), "
        "filled, live*(1-nobody*unpaid), half, FIRST_ROW(live*(nobody<>unpaid)), "
        "odd, FIRST_ROW(live*((buyers=TRUE)+(buyers=FALSE))), "
        "unread, FIRST_ROW(live*(1-unpaid)*(IS_NUMBER(paid)=FALSE)), "
        'IF(SUM(filled)=0, "customers has no filled rows"&IF(header, " below its header.", "."), '
        'IF(half>0, HALF_SAID(INDEX(buyers, half), "amounts", half), '
        "IF(odd>0, NO_CUSTOMER_SAID(INDEX(buyers, odd), odd), "
        "IF(unread>0, NO_NUMBER_SAID(INDEX(paid, unread), unread), "
        "FILTER(HSTACK(CUSTOMER_KEY(names), names, paid), filled))))))",
    ),
    Lambda(
        "HALF_SAID",
        ("customer", "called", "row"),
        "What is said of a row with a customer only, or with nothing but what is called so.",
        'IF(NAMES_NOBODY(CUSTOMER_NAME(customer)), "customers, row "&row&", "&IF(IS_BLANK(customer), '
        '"is blank", "names nobody (got "&SAID(customer)&")")&" while "&called&" is filled", '
        'called&", row "&row&", is blank while customers is filled")&": fill it in or leave the whole row '
        'out."',
    ),
    Lambda(
        "NO_NUMBER_SAID",
        ("cell", "row"),
        "What is said of a cell that is no amount.",
        '"amounts, row "&row&", must be a number (got "&SAID(cell)&")."',
    ),
    Lambda(
        "RANKED_SALES",
        ("sales",),
        "Customers, values and running totals, best first, of rows of key, customer and amount.",
        "LET(m, ROWS(sales), keys, CHOOSECOLS(sales, 1), "
        'whole, DIGITS_ONLY(keys)*(LEN(keys)-(LEFT(keys, 1)="-")<19), size, IF(whole, IFERROR(--keys, '
        "0), 0), "
        "ordered, SORTBY(sales, whole, -1, size, 1, keys, 1, PARTED(keys), 1, SEQUENCE(m), 1), "
        "starts, GROUP_STARTS(CHOOSECOLS(ordered, 1)), ends, GROUP_ENDS(CHOOSECOLS(ordered, 1)), "
        "totals, GROUP_TOTALS(starts, ends, CHOOSECOLS(ordered, 3)), "
        # MAP, since IronCalc's IF looks at the first total only
        f"alike, MAP(totals, LAMBDA(item, {ALIKE.format('item')})), "
        "ranked, SORTBY(HSTACK(FILTER(CHOOSECOLS(ordered, 2), starts), totals), alike, -1, "
        "SEQUENCE(ROWS(totals)), 1), "
        "running, SCAN(0, CHOOSECOLS(ranked, 2), LAMBDA(so_far, item, so_far+item)), total, INDEX(running, "
        "ROWS(running)), "
        "IF(total<=1E-12*MAX(running), "
        '"amounts must add up to more than zero, or there is no revenue to share out (got "&SAID_NUMBER('
        'total)&").", '
        "HSTACK(ranked, running)))",
    ),
    Lambda(
        "SALES_RANKING",
        ("customers", "amounts"),
        "Customers, values and running totals, best first, or the sentence about the ranges.",
        "LET(sales, SALES_ROWS(customers, amounts), IF(COLUMNS(sales)=1, sales, RANKED_SALES(sales)))",
    ),
    Lambda(
        "PARETO_TABLE",
        ("ranking",),
        "A ranking with shares and classes, as PARETO shows it.",
        "IF(COLUMNS(ranking)=1, ranking, LET(n, ROWS(ranking), amounts, CHOOSECOLS(ranking, 2), running, "
        "CHOOSECOLS(ranking, 3), total, INDEX(running, n), before, TAKE(VSTACK(0, running), n)/total+1E-12, "
        'VSTACK({"customer","value","share","cumulative_share","class"}, '
        "HSTACK(TAKE(ranking, n, 2), amounts/total, running/total, "
        'IF(before<0.8, "A", IF(before<0.95, "B", "C"))))))',
    ),
    Lambda(
        "SHARE_OF_TOP",
        ("ranking", "top"),
        "Share of the total that the top part of a ranking brings, read off its curve.",
        "LET(n, ROWS(ranking), running, CHOOSECOLS(ranking, 3), position, top*n, whole, INT(position), "
        "before, IF(whole=0, 0, INDEX(running, MAX(whole, 1))), "
        "following, IF(whole<n, INDEX(ranking, MIN(whole+1, n), 2), 0), "
        "(before+(position-whole)*following)/INDEX(running, n))",
    ),
    Lambda(
        "CUSTOMERS_BEHIND",
        ("ranking", "share"),
        "Fraction of the customers of a ranking who bring a share of the total.",
        "LET(n, ROWS(ranking), running, CHOOSECOLS(ranking, 3), "
        "SUM(--(VSTACK(0, running)/INDEX(running, n)<share-1E-12))/n)",
    ),
)

ORDERS = (
    Lambda(
        "ORDERS_PROBLEM",
        ("customers", "dates", "amounts", "unpriced", "height", "longest"),
        "What is said of ranges that make no columns of the same length.",
        'FIRST_SAID(FIRST_SAID(LENGTH_PROBLEM(customers, "customers", height, longest), '
        'LENGTH_PROBLEM(dates, "dates", height, longest)), IF(unpriced, "", '
        'LENGTH_PROBLEM(amounts, "amounts", height, longest)))',
    ),
    Lambda(
        "NOT_GIVEN",
        ("cells",),
        "Whether an optional column is left out: one cell, and that blank.",
        "IF(ROWS(cells)*COLUMNS(cells)=1, SUM(--IS_BLANK(cells))=1, FALSE)",
    ),
    Lambda(
        "ORDER_COLUMNS",
        ("customers", "dates", "amounts", "unpriced"),
        "Customers, dates and amounts side by side to the last filled row; a sentence where they do not fit.",
        'LET(shape, FIRST_SAID(FIRST_SAID(SHAPE_PROBLEM(customers, "customers"), SHAPE_PROBLEM(dates, '
        '"dates")), '
        'SHAPE_PROBLEM(amounts, "amounts")), IF(shape<>"", shape, LET(buyers, COLUMN_OF(customers), '
        "bought, COLUMN_OF(dates), paid, COLUMN_OF(amounts), two, IF(ROWS(buyers)<ROWS(bought), "
        "ROWS(bought), "
        'ROWS(buyers)), height, IF(two<ROWS(paid), ROWS(paid), two), longest, IF(two<ROWS(paid), "amounts", '
        'IF(ROWS(buyers)<ROWS(bought), "dates", "customers")), problem, ORDERS_PROBLEM(customers, dates, '
        'amounts, unpriced, height, longest), IF(problem<>"", problem, HSTACK(PADDED(buyers, height), '
        "PADDED(bought, height), READ_NUMBER(PADDED(paid, height)))))))",
    ),
    Lambda(
        "ORDER_ROWS",
        ("customers", "dates", "amounts"),
        "One row an order line: key, day, amount, "
        "how far it can be used; a sentence where nothing can be read.",
        "LET(unpriced, NOT_GIVEN(amounts), cells, ORDER_COLUMNS(customers, dates, amounts, unpriced), "
        "IF(COLUMNS(cells)=1, cells, ORDERS_READ(CHOOSECOLS(cells, 1), CHOOSECOLS(cells, 2), "
        "CHOOSECOLS(cells, 3), unpriced)))",
    ),
    Lambda(
        "ORDERS_READ",
        ("buyers", "bought", "paid", "unpriced"),
        "The rows of columns of the same length below their header, with what can be read of each.",
        "LET(heading, CUSTOMER_HEADING(buyers), priced, IF(unpriced, TRUE, TITLE_ABOVE(paid, heading)), "
        "header, IF(TITLE_ABOVE(bought, heading), --priced, 0), live, --(SEQUENCE(ROWS(buyers))>header), "
        "names, CUSTOMER_NAME(buyers), odd, (buyers=TRUE)+(buyers=FALSE), nobody, --NAMES_NOBODY(names), "
        "day, READ_DAY(bought), undated, --IS_BLANK(bought), unpaid, --IS_BLANK(paid), "
        "named, live*(1-nobody)*(1-odd), dated, live*(day>0), sums, IF(IS_NUMBER(paid), paid, 2E15), "
        "empty, nobody*undated*IF(unpriced, 1, unpaid), "
        'IF(SUM(live*(1-empty))=0, "customers has no filled rows"&IF(header, " below its header.", "."), '
        "LET(problem, FIRST_SAID(FIRST_SAID(UNREAD_CUSTOMER(buyers, live*odd, named), "
        "UNREAD_DAY(bought, live*(1-undated), dated)), "
        'IF(unpriced, "", UNREAD_AMOUNT(paid, live*(1-unpaid), live*IS_NUMBER(paid)))), '
        'IF(problem<>"", problem, FILTER(HSTACK(CUSTOMER_KEY(names), day, IF(unpriced, 0*live, sums), '
        "named*1), live)))))",
    ),
    Lambda(
        "UNREAD_CUSTOMER",
        ("cells", "filled", "read"),
        "What is said where no customer can be read.",
        'LET(row, FIRST_ROW(filled), IF((SUM(read)>0)+(row=0)>0, "", NO_CUSTOMER_SAID(INDEX(cells, row), '
        "row)))",
    ),
    Lambda(
        "UNREAD_DAY",
        ("cells", "filled", "read"),
        "What is said where no date can be read.",
        'LET(row, FIRST_ROW(filled), IF((SUM(read)>0)+(row=0)>0, "", NO_DAY_SAID(INDEX(cells, row), row)))',
    ),
    Lambda(
        "NO_DAY_SAID",
        ("cell", "row"),
        "What is said of a cell that is no date.",
        '"dates, row "&row&", must be a date: an Excel date or text like 2024-01-31 (got "&SAID(cell)&")."',
    ),
    Lambda(
        "UNREAD_AMOUNT",
        ("cells", "filled", "read"),
        "What is said where no amount can be read.",
        'LET(row, FIRST_ROW(filled), IF((SUM(read)>0)+(row=0)>0, "", '
        "NO_NUMBER_SAID(INDEX(cells, row), row)))",
    ),
    Lambda(
        "DAY_PROBLEM",
        ("cell", "called"),
        "What is said of a cell that is no day to start or end a period with.",
        'IF(IS_BLANK(cell), called&" is blank: give a date.", IF(DAY_IN(cell)<0, '
        'called&" must be a date: an Excel '
        'date or text like 2024-01-31 (got "&SAID(cell)&").", ""))',
    ),
    Lambda(
        "AGE_PROBLEM",
        ("day", "called"),
        "What is said of a day far away.",
        f"IF((YEAR(day)<{EARLIEST.year})+(YEAR(day)>{LATEST.year})>0, "
        f'called&" must lie between {EARLIEST.year} and '
        f'{LATEST.year} (got "&SAID_DAY(day)&").", "")',
    ),
    Lambda(
        "PERIOD_PROBLEM",
        ("period_start", "last_day", "active_days"),
        "What is said of a period that cannot be.",
        'LET(cells, FIRST_SAID(FIRST_SAID(CELL_PROBLEM(period_start, "period_start"), CELL_PROBLEM(last_day, '
        '"last_day")), CELL_PROBLEM(active_days, "active_days")), IF(cells<>"", cells, '
        'LET(days, FIRST_SAID(FIRST_SAID(DAY_PROBLEM(period_start, "period_start"), DAY_PROBLEM(last_day, '
        '"last_day")), WINDOW_PROBLEM(NUMBER_OF(active_days))), IF(days<>"", days, '
        "LET(first, DAY_IN(period_start), final, DAY_IN(last_day), "
        'ages, FIRST_SAID(AGE_PROBLEM(first, "period_start"), AGE_PROBLEM(final, "last_day")), '
        'IF(ages<>"", ages, IF(final<first, "last_day must not lie before period_start, '
        '"&SAID_DAY(first)&" (got "'
        '&SAID_DAY(final)&").", "")))))))',
    ),
    Lambda(
        "WINDOW_PROBLEM",
        ("number",),
        "What is said of days of activity that are no whole number.",
        'IF(IS_BLANK(number), "", IF(ISNUMBER(number), IF(number=INT(number), "", '
        '"active_days must be a whole '
        'number (got "&SAID_NUMBER(number)&")."), "active_days must be a number (got "&SAID(number)&")."))',
    ),
    Lambda(
        "NO_ORDER_SAID",
        ("lines",),
        "What is said where no row is an order, taken one column after the other.",
        "LET(day, CHOOSECOLS(lines, 2), sums, CHOOSECOLS(lines, 3), named, CHOOSECOLS(lines, 4), "
        f"dated, named*(day>0), known, dated*(day>={FIRST_DAY})*(day<={LAST_DAY}), "
        f"paid, known*(sums<={AMOUNT_LIMIT:.0f})*(sums>=-{AMOUNT_LIMIT:.0f}), "
        'IF(SUM(named)=0, "customers names nobody: give the customer of each order.", '
        'IF(SUM(dated)=0, "dates has no date beside a customer: give Excel dates or text like 2024-01-31.", '
        f'IF(SUM(known)=0, "dates must lie between {EARLIEST.year} and {LATEST.year} (got "&SAID_DAY('
        "INDEX(day, "
        'FIRST_ROW(dated)))&").", '
        f'IF(SUM(paid)=0, "amounts has no number up to {AMOUNT_LIMIT:,.0f} beside a customer and a date: '
        'give some.", '
        f"{ALL_REFUNDS})))))",
    ),
    Lambda(
        "ACTIVE_FROM",
        ("start", "end", "active_days"),
        "The first day whose orders make a customer active at the start of a period.",
        "IF(IS_BLANK(active_days), IF(DAY(start)=DAY(end), LET(months, (YEAR(end)-YEAR(start))*12+MONTH(end)-"
        "MONTH(start), IF(months<(YEAR(start)-1900)*12+MONTH(start), EDATE(start, -months), 0)), "
        "start-(end-start)), start-active_days)",
    ),
    Lambda(
        "CUSTOMER_MARKS",
        ("keys", "marks"),
        "For each customer the marks, 4, 2 and 1, that any of the orders has.",
        "LET(orders, SORTBY(HSTACK(keys, marks), keys, 1, PARTED(keys), 1), ordered, CHOOSECOLS(orders, 1), "
        "starts, --GROUP_STARTS(ordered), ends, --GROUP_ENDS(ordered), "
        "FILTER(SCAN(0, starts*8+CHOOSECOLS(orders, 2), LAMBDA(so_far, item, IF(item>=8, item-8, "
        "BITOR(so_far, item)))), ends))",
    ),
    Lambda(
        "PERIOD_ROW",
        ("lines", "start", "end", "active_days"),
        "The figures of one period from its order lines.",
        "LET(key, CHOOSECOLS(lines, 1), day, CHOOSECOLS(lines, 2), sums, CHOOSECOLS(lines, 3), "
        f"used, CHOOSECOLS(lines, 4)*(day>={FIRST_DAY})*(day<={LAST_DAY})"
        f"*(sums<={AMOUNT_LIMIT:.0f})*(sums>=-{AMOUNT_LIMIT:.0f}), ordered, used*(sums>=0), "
        "IF(SUM(ordered)=0, NO_ORDER_SAID(lines), IF(IF(IS_BLANK(active_days), FALSE, "
        "(active_days<1)+(active_days>"
        '36600)>0), "active_days must lie between 1 and 36,600 (got "&SAID_NUMBER(active_days)&").", '
        "LET(from, ACTIVE_FROM(start, end, active_days), "
        "until, IF(IS_BLANK(active_days), start, end-active_days), "
        "marks, 4*(day>=from)*(day<start)+2*(day>=until)*(day<end)+(day<start), "
        "seen, CUSTOMER_MARKS(FILTER(key, ordered), FILTER(marks, ordered)), "
        "early, INT(seen/4), late, INT(seen/2)-2*early, old, seen-2*INT(seen/2), "
        "at_start, SUM(early), kept, SUM(early*late), fresh, (1-early)*late, came, SUM(fresh*(1-old)), "
        "back, SUM(fresh*old), days, FILTER(day, ordered), "
        "whole, (end<=MAX(days)+1)*(from>=MIN(days))=1, "
        'HSTACK(start, end-1, at_start, kept+came+back, came, back, at_start-kept, kept, IF(at_start=0, "", '
        'kept/at_start), IF(at_start=0, "", RETENTION_LOW(at_start, kept, 0, 0.95)), IF(at_start=0, "", '
        "RETENTION_HIGH(at_start, kept, 0, 0.95)), whole, SUM(used), ROWS(lines)-SUM(used))))))",
    ),
)

REPEATS = (
    Lambda(
        "CUSTOMER_ROWS",
        ("customers",),
        "One row an order: key and 1; a sentence where a row is not a customer.",
        'LET(shape, SHAPE_PROBLEM(customers, "customers"), IF(shape<>"", shape, LET(buyers, '
        "COLUMN_OF(customers), "
        "header, --(CUSTOMER_HEADING(buyers)=2), live, --(SEQUENCE(ROWS(buyers))>header), "
        "names, CUSTOMER_NAME(buyers), named, live*(NAMES_NOBODY(names)=FALSE), "
        "odd, FIRST_ROW(live*((buyers=TRUE)+(buyers=FALSE))), "
        'IF(SUM(named)=0, "customers has no filled rows"&IF(header, " below its header.", "."), '
        "IF(odd>0, NO_CUSTOMER_SAID(INDEX(buyers, odd), odd), FILTER(HSTACK(CUSTOMER_KEY(names), live), "
        "named))))))",
    ),
    Lambda(
        "SHARE_REPEATED",
        ("keys",),
        "Share of the different keys that come twice or more.",
        "LET(ordered, SORTBY(keys, keys, 1, PARTED(keys), 1), starts, --GROUP_STARTS(ordered), "
        "ends, --GROUP_ENDS(ordered), SUM(starts*(1-ends))/SUM(starts))",
    ),
)

FIGURES = (
    Lambda(
        "FOLDED",
        ("text",),
        "A text in small letters with single blanks.",
        "LOWER(VISIBLE(text))",
    ),
    Lambda(
        "METRIC_WORD",
        ("metric",),
        "A metric as the figures write it.",
        'SUBSTITUTE(FOLDED(metric), " ", "_")',
    ),
    Lambda(
        "SHARED_LETTERS",
        ("one", "other"),
        "Letters in runs that two texts share, the longest run first, then left and right of it.",
        "LET(n, LEN(one), m, LEN(other), IF((n=0)+(m=0)>0, 0, "
        "LET(runs, MAP(SEQUENCE(n), LAMBDA(place, SUM(MAP(SEQUENCE(n), LAMBDA(size, IF(size>n-place+1, 0, "
        "--ISNUMBER(FIND(MID(one, place, size), other)))))))), longest, MAX(runs), first, "
        "XMATCH(longest, runs), "
        "IF(longest=0, 0, LET(found, FIND(MID(one, first, longest), other), "
        "longest+SHARED_LETTERS(LEFT(one, first-1), LEFT(other, found-1))"
        "+SHARED_LETTERS(MID(one, first+longest, 400), MID(other, found+longest, 400)))))))",
    ),
    Lambda(
        "UNKNOWN_INDUSTRY",
        ("industry",),
        "What is said of an industry that is not in the table, with those spelt alike.",
        "LET(asked, FOLDED(industry), scores, MAP(BENCHMARK_FOLDED, LAMBDA(known, "
        "2*SHARED_LETTERS(known, asked)/"
        "(LEN(known)+LEN(asked)))), places, SEQUENCE(ROWS(scores)), order, scores+places/1E9, "
        "close, (scores>=0.5)*(order>=LARGE(order, 3)), inside, IFERROR(FIND(asked, BENCHMARK_FOLDED), 0)>0, "
        'hints, FILTER(BENCHMARK_INDUSTRIES, close+inside, ""), one, CHAR(34)&SAID_TEXT(industry)&CHAR(34), '
        '"industry "&one&" is not in the table: "&IF(SUM(close+inside)=0, '
        '"it has "&JOINED(BENCHMARK_INDUSTRIES, '
        '", ")&".", "did you mean "&JOINED(TAKE(hints, MIN(3, ROWS(hints))), " or ")&"?"))',
    ),
    Lambda(
        "BENCHMARK_PROBLEM",
        ("industry", "metric"),
        "What is said where the table has no figure.",
        "LET(place, IFERROR(XMATCH(FOLDED(industry), BENCHMARK_FOLDED), 0), IF(place=0, "
        "UNKNOWN_INDUSTRY(industry), "
        '"industry "&INDEX(BENCHMARK_INDUSTRIES, place)&" has no headline figure of "&SAID_TEXT(metric)&'
        '", annual; "'
        '&INDEX(BENCHMARK_OFFERS, place)&"."))',
    ),
    Lambda(
        "BENCHMARK_FIGURE",
        ("asked",),
        "The figure asked for as industry, bar, metric, or the sentence why there is none.",
        "LET(cut, FIND(CHAR(7), asked), industry, LEFT(asked, cut-1), metric, MID(asked, cut+1, 400), "
        'XLOOKUP(LEFT(FOLDED(industry)&"|"&METRIC_WORD(metric), 255), BENCHMARK_KEYS, BENCHMARK_VALUES, '
        "BENCHMARK_PROBLEM(VISIBLE(industry), VISIBLE(metric))))",
    ),
    Lambda(
        "KEPT_FIGURE",
        ("asked",),
        "The same figure as customers kept, one less churn, or the sentence why there is none.",
        "LET(cut, FIND(CHAR(7), asked), word, METRIC_WORD(MID(asked, cut+1, 400)), found, "
        "BENCHMARK_FIGURE(asked), "
        'IF(ISNUMBER(found), IF(word="customer_retention_rate", found, IF(word="logo_churn_rate", 1-found, '
        '"metric must be the same on both sides: the rate is customer_retention_rate, '
        'the benchmark "&XLOOKUP('
        'FOLDED(LEFT(asked, cut-1))&"|"&word, BENCHMARK_KEYS, BENCHMARK_IDS, '
        '"")&" is "&word&"; compare like with '
        'like.")), found))',
    ),
    Lambda(
        "FIGURES_TABLE",
        ("chosen",),
        "The chosen rows of the published figures under a header.",
        'VSTACK(BENCHMARK_HEADER, FILTER(IF(BENCHMARK_TABLE="", "", BENCHMARK_TABLE), chosen))',
    ),
    Lambda(
        "FIGURES_OF",
        ("industry",),
        "The published figures of an industry, or of all where none is named.",
        'IF(IS_BLANK(industry), FIGURES_TABLE(BENCHMARK_LISTED="yes"), IF(ISTEXT(industry)=FALSE, '
        '"industry must be a text (got "&SAID(industry)&").", IF(ISNUMBER(XMATCH(FOLDED(industry), '
        'BENCHMARK_FOLDED)), LET(chosen, (BENCHMARK_OWNERS=FOLDED(industry))*(BENCHMARK_LISTED="yes"), '
        'IF(SUM(chosen)=0, "industry has figures of single companies or of low confidence only.", '
        "FIGURES_TABLE(chosen))), UNKNOWN_INDUSTRY(VISIBLE(industry)))))",
    ),
)

STEPS = (*GROUPS, *SALES, *ORDERS, *REPEATS, *FIGURES)

# cut, since Excel looks up 255 characters and joins 32,767
_ASKED = "MAP(LEFT(industry, 255)&CHAR(7)&LEFT(metric, 255), LAMBDA(asked, {}(asked)))"
_GROWS = 'METRIC_WORD(metric)="net_revenue_retention"'


def of_sales(answer: str) -> str:
    """A native formula over the ranking of two columns, customers and amounts.

    Examples
    --------
    >>> of_sales("ROWS(ranking)")
    'LET(ranking, SALES_RANKING(customers, amounts), IF(COLUMNS(ranking)=1, ranking, ROWS(ranking)))'
    """
    return f"LET(ranking, SALES_RANKING(customers, amounts), IF(COLUMNS(ranking)=1, ranking, {answer}))"


def of_part(answer: str, name: str, example: str) -> str:
    """A native formula over that ranking and a part of the whole, or a range of parts."""
    guards = (kind_guards("part", "number", name)[1], *part_guards("part", name, example))
    checked = native_formula(answer, *guards, show="SAID")
    return of_sales(f'MAP({name}, LAMBDA(part, IF(IS_BLANK(part), "", {checked})))')


REPEAT_RATE = (
    "LET(orders, CUSTOMER_ROWS(customers), IF(COLUMNS(orders)=1, orders, "
    "SHARE_REPEATED(CHOOSECOLS(orders, 1))))"
)
BENCHMARK = native_formula(_ASKED.format("BENCHMARK_FIGURE"), texts="industry metric")
BENCHMARK_GAP = native_formula(
    "LET(published, BENCHMARK(industry, metric), IF(IS_NUMBER(published), "
    f'IF((rate<0)+(rate>1)*({_GROWS}=FALSE)>0, "rate must be "&IF({_GROWS}, "a number, zero or more", '
    '"a fraction from 0 to 1")&", such as 0.84 for 84 % (got "&SHOWN(rate)&").", rate-published), '
    "published))",
    numbers="rate",
    texts="industry metric",
)
BENCHMARK_VERDICT = native_formula(
    f"LET(published, {_ASKED.format('KEPT_FIGURE')}, stayed, IF(kept>start_customers, start_customers, "
    "kept), "
    "low, RETENTION_LOW(start_customers, stayed, 0, 0.95), high, RETENTION_HIGH(start_customers, stayed, "
    "0, 0.95), "
    'IF(IS_NUMBER(published), IF(low>published, "above", IF(high<published, "below", "cannot tell")), '
    "published))",
    *start_guards("start_customers", "start_customers"),
    (
        f"(kept<0)+(kept>start_customers*{NOISE})>0",
        "kept must lie between 0 and start_customers, {start_customers} (got {kept}).",
    ),
    numbers="kept start_customers",
    texts="industry metric",
)
BENCHMARKS = 'LET(shape, CELL_PROBLEM(industry, "industry"), IF(shape<>"", shape, FIGURES_OF(industry)))'
PARETO = "PARETO_TABLE(SALES_RANKING(customers, amounts))"
PARETO_SHARE = of_part("SHARE_OF_TOP(ranking, part)", "top", "top fifth")
PARETO_CUSTOMERS = of_part("CUSTOMERS_BEHIND(ranking, part)", "share", "share of 20 %")
GINI = of_sales(
    "LET(n, ROWS(ranking), running, CHOOSECOLS(ranking, 3), total, INDEX(running, n), "
    "before, TAKE(VSTACK(0, running), n)/total, SUM(before+running/total)/n-1)"
)
PERIOD_RETENTION = (
    "LET(lines, ORDER_ROWS(customers, dates, amounts), IF(COLUMNS(lines)=1, lines, "
    'LET(problem, PERIOD_PROBLEM(period_start, last_day, active_days), IF(problem<>"", problem, '
    "LET(found, PERIOD_ROW(lines, DAY_IN(period_start), DAY_IN(last_day)+1, NUMBER_OF(active_days)), "
    "IF(COLUMNS(found)=1, found, VSTACK("
    '{"start","last_day","at_start","at_end","new","reactivated","lost","kept","rate","low","high","complete",'
    '"rows_used","rows_set_aside"}, found)))))))'
)
