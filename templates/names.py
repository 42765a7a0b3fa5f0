"""The LAMBDA names of the workbook: the library, "
"and two of its own that leave out rows instead of refusing them."""

from __future__ import annotations

from addin.functions import FUNCTIONS
from addin.native.lambdas import lambdas
from addin.native.steps import Lambda

SALES = ("customers", "amounts")
OWN = (
    Lambda(
        "PARETO_RANKING",
        SALES,
        "Customers, values and running totals, best first, of the rows with a customer and a number.",
        # MAP, because IronCalc's ISNUMBER looks at the first cell of a range only
        'LET(names, CUSTOMER_NAME(IFERROR(customers&"", "")), usable, MAP(amounts, LAMBDA(amount, '
        'ISNUMBER(amount)))*(names<>""), IF(SUM(usable)=0, '
        '"customers and amounts have no row with both a customer '
        'and a number.", RANKED_SALES(FILTER(HSTACK(LOWER(names), names, amounts), usable))))',
    ),
    Lambda(
        "PARETO_LEFT_OUT",
        SALES,
        "Rows that the ranking leaves out: no customer, or no number as amount.",
        'SUM((IFERROR(customers&amounts, "?")<>"")-MAP(amounts, LAMBDA(amount, ISNUMBER(amount)))'
        '*(CUSTOMER_NAME(IFERROR(customers&"", ""))<>""))',
    ),
)
NAMES = (*lambdas(FUNCTIONS.values()), *OWN)
