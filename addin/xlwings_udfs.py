"""The module that classic xlwings imports on Windows: one user-defined function for each in the catalogue.

Set the UDF module of the workbook to `addin.xlwings_udfs` and press Import Functions.

Arguments are taken "raw": xlwings' usual reading turns error cells into blanks and columns into rows. A
call that makes no sense answers with its sentence, since xlwings can only show text in the cell.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import xlwings

from addin.calls import answer
from addin.catalogue import Function
from addin.cells import Cell
from addin.functions import FUNCTIONS
from addin.xlwings_cells import excel_value

__all__ = list(FUNCTIONS)


def as_udf(function: Function) -> Callable[..., Any]:
    """A worksheet function with the marks by which xlwings offers it to Excel.

    Examples
    --------
    >>> as_udf(FUNCTIONS["RETENTION"])(100.0, 110.0, 20.0)
    0.9
    """

    def udf(*cells: Cell) -> Any:
        return excel_value(answer(function, cells))

    udf.__name__ = udf.__qualname__ = function.name
    udf.__doc__ = function.summary
    # xlwings reads annotations as conversions and refuses what it does not know
    udf.__annotations__ = {}
    udf.__signature__ = _signature(function)  # type: ignore[attr-defined]
    for argument in function.arguments:
        udf = xlwings.arg(argument.name, "raw", doc=argument.description)(udf)
    # last, because each xlwings.arg resets the category
    return xlwings.func(category=function.category)(udf)


def _signature(function: Function) -> inspect.Signature:
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    return inspect.Signature(
        [
            inspect.Parameter(a.name, kind, default=None if a.optional else inspect.Parameter.empty)
            for a in function.arguments
        ]
    )


globals().update({name: as_udf(function) for name, function in FUNCTIONS.items()})
