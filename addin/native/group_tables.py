"""The native formula of the key customers of every group, and the steps it is made of.

The rows are brought down to one a group and customer first; what follows works on the numbers of the groups,
as a table of the few groups tells label, place, net value and peak of each.
"""

from __future__ import annotations

from addin.native.blocks import kind_guards, native_formula
from addin.native.steps import ALIKE, Lambda
from retention_core.key_customers import BLANK, SHARE

STEPS = (
    Lambda(
        "GROUPED_SALES",
        ("customers", "amounts", "groups"),
        "One row a sale: key, customer, amount, group; a sentence where a row is not complete.",
        'LET(shape, FIRST_SAID(FIRST_SAID(SHAPE_PROBLEM(customers, "customers"), SHAPE_PROBLEM(amounts, '
        '"amounts")), SHAPE_PROBLEM(groups, "groups")), IF(shape<>"", shape, LET(buyers, '
        "COLUMN_OF(customers), "
        "paid, COLUMN_OF(amounts), labels, COLUMN_OF(groups), two, IF(ROWS(buyers)<ROWS(paid), ROWS(paid), "
        "ROWS(buyers)), height, IF(two<ROWS(labels), ROWS(labels), two), longest, IF(two<ROWS(labels), "
        '"groups", IF(ROWS(buyers)<ROWS(paid), "amounts", "customers")), '
        'problem, FIRST_SAID(FIRST_SAID(LENGTH_PROBLEM(customers, "customers", height, longest), '
        'LENGTH_PROBLEM(amounts, "amounts", height, longest)), LENGTH_PROBLEM(groups, "groups", height, '
        'longest)), IF(problem<>"", problem, COMPLETE_GROUPED(PADDED(buyers, height), '
        "READ_NUMBER(PADDED(paid, height)), PADDED(labels, height))))))",
    ),
    Lambda(
        "COMPLETE_GROUPED",
        ("buyers", "paid", "labels"),
        "The rows of three columns of the same length below their header, checked one after the other.",
        "LET(header, --TITLE_ABOVE(paid, CUSTOMER_HEADING(buyers)), live, --(SEQUENCE(ROWS(buyers))>header), "
        "names, CUSTOMER_NAME(buyers), nobody, --NAMES_NOBODY(names), unpaid, --IS_BLANK(paid), "
        "ungrouped, --IS_BLANK(labels), filled, live*(1-nobody*unpaid*ungrouped), "
        "half, FIRST_ROW(live*(nobody<>unpaid)), lone, FIRST_ROW(live*nobody*(1-ungrouped)), "
        "odd, FIRST_ROW(live*((buyers=TRUE)+(buyers=FALSE))), "
        "unread, FIRST_ROW(live*(1-unpaid)*(IS_NUMBER(paid)=FALSE)), "
        "unclear, FIRST_ROW(live*((labels=TRUE)+(labels=FALSE))), "
        'IF(SUM(filled)=0, "customers has no filled rows"&IF(header, " below its header.", "."), '
        'IF(half>0, HALF_SAID(INDEX(buyers, half), "amounts", half), '
        'IF(lone>0, HALF_SAID(INDEX(buyers, lone), "groups", lone), '
        "IF(odd>0, NO_CUSTOMER_SAID(INDEX(buyers, odd), odd), "
        "IF(unread>0, NO_NUMBER_SAID(INDEX(paid, unread), unread), "
        'IF(unclear>0, "groups, row "&unclear&", must be a text or a number (got "&SAID(INDEX(labels, '
        'unclear))&").", '
        f'FILTER(HSTACK(CUSTOMER_KEY(names), names, paid, IF(ungrouped, "{BLANK}", CUSTOMER_NAME(labels))), '
        "live*(1-nobody)))))))))",
    ),
    Lambda(
        "SALES_BY_CUSTOMER",
        ("sales",),
        "Sales customer by customer: place of the customer, first spelling, amount, group.",
        "LET(m, ROWS(sales), keys, CHOOSECOLS(sales, 1), "
        'whole, DIGITS_ONLY(keys)*(LEN(keys)-(LEFT(keys, 1)="-")<19), size, IF(whole, IFERROR(--keys, 0), '
        "0), "
        "ordered, SORTBY(sales, whole, -1, size, 1, keys, 1, PARTED(keys), 1, SEQUENCE(m), 1), "
        "starts, GROUP_STARTS(CHOOSECOLS(ordered, 1)), "
        'spelt, SCAN("", IF(starts, CHOOSECOLS(ordered, 2), ""), LAMBDA(so_far, item, IF(item="", so_far, '
        "item))), "
        "HSTACK(RUNNING_SUM(--starts), spelt, DROP(ordered, 0, 2)))",
    ),
    Lambda(
        "GROUP_LABELS",
        ("sales",),
        "The first spelling of each group of sales, in the order in which SALES_BY_GROUP numbers them.",
        "LET(labels, CHOOSECOLS(sales, 4), words, LOWER(labels), "
        "ordered, SORTBY(labels, words, 1, PARTED(words), 1, SEQUENCE(ROWS(labels)), 1), "
        "FILTER(ordered, GROUP_STARTS(LOWER(ordered))))",
    ),
    Lambda(
        "SALES_BY_GROUP",
        ("bought",),
        "One row a group and customer: number of the group, customer, value; best first in each group.",
        "LET(words, LOWER(CHOOSECOLS(bought, 4)), "
        "ordered, SORTBY(HSTACK(bought, words), words, 1, PARTED(words), 1, CHOOSECOLS(bought, 1), 1, "
        "SEQUENCE(ROWS(bought)), 1), begins, GROUP_STARTS(CHOOSECOLS(ordered, 5)), "
        "starts, (begins+CHANGE_MARKS(CHOOSECOLS(ordered, 1)))>0, "
        "values, GROUP_TOTALS(starts, LAST_OF_GROUPS(starts), CHOOSECOLS(ordered, 3)), "
        "pairs, FILTER(HSTACK(RUNNING_SUM(--begins), CHOOSECOLS(ordered, 2)), starts), "
        # MAP, since IronCalc's IF looks at the first value only
        f"alike, MAP(values, LAMBDA(item, {ALIKE.format('item')})), "
        "SORTBY(HSTACK(pairs, values), CHOOSECOLS(pairs, 1), 1, alike, -1, SEQUENCE(ROWS(values)), 1))",
    ),
    Lambda(
        "KEY_ROWS",
        ("ranked", "labels", "part"),
        "Place and label of the group, customer, value, share, cumulative share of those who carry the part.",
        "LET(n, ROWS(ranked), number, CHOOSECOLS(ranked, 1), values, CHOOSECOLS(ranked, 3), "
        "starts, CHANGE_MARKS(number), ends, LAST_OF_GROUPS(starts), running, RUNNING_IN_GROUPS(starts, "
        "values), "
        "totals, FILTER(running, ends), peaks, GROUP_TOTALS(starts, ends, (values>0)*values), "
        "net, MAP(number, LAMBDA(item, INDEX(totals, item))), "
        "sound, net>1E-12*MAP(number, LAMBDA(item, INDEX(peaks, item))), whole, IF(sound, net, 1), "
        "before, IF(starts, 0, TAKE(VSTACK(0, running), n)), "
        "in_order, CUSTOMERS_IN_ORDER(HSTACK(labels, SEQUENCE(ROWS(labels)))), "
        "places, SORTBY(SEQUENCE(ROWS(labels)), CHOOSECOLS(in_order, 2), 1), "
        "FILTER(HSTACK(MAP(number, LAMBDA(item, INDEX(places, item))), MAP(number, LAMBDA(item, "
        "INDEX(labels, item))), DROP(ranked, 0, 1), values/whole, running/whole), "
        "sound*(before/whole<part-1E-12), 0))",
    ),
    Lambda(
        "KEY_TABLE",
        ("found",),
        "Those rows by group under a header; the header alone where there are none.",
        'LET(head, {"group","customer","value","share","cumulative_share"}, IF(COLUMNS(found)=1, head, '
        "VSTACK(head, DROP(SORTBY(found, CHOOSECOLS(found, 1), 1, SEQUENCE(ROWS(found)), 1), 0, 1))))",
    ),
    Lambda(
        "KEY_CUSTOMERS_OF",
        ("sales", "part"),
        "The key customers of every group of sales, or what is said of a part that makes no sense.",
        native_formula(
            "KEY_TABLE(KEY_ROWS(SALES_BY_GROUP(SALES_BY_CUSTOMER(sales)), GROUP_LABELS(sales), part))",
            kind_guards("part", "number", "share")[1],
            (
                "(part<=0)+(part>1)",
                f"share must be a fraction above 0 and at most 1, such as {SHARE:g} (got {{part}}).",
            ),
            show="SAID",
        ),
    ),
)

KEY_CUSTOMERS = (
    "LET(sales, GROUPED_SALES(customers, amounts, groups), IF(COLUMNS(sales)=1, sales, "
    'LET(shape, CELL_PROBLEM(share, "share"), IF(shape<>"", shape, KEY_CUSTOMERS_OF(sales, '
    f"IF(IS_BLANK(share), {SHARE:g}, IF(ISTEXT(share), FRACTION_IN(share), share)))))))"
)
