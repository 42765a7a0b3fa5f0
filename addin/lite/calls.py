"""What xlwings Lite hands to a worksheet function, and what it takes back; travels inside the workbook.

Lite calls functions with cells as JavaScript has them: a blank is null or "", an error cell and a
formatted number are dictionaries, a whole number has no point. What makes no sense is raised: Lite then
shows #VALUE! with the sentence as its message, so that no sum quietly leaves the cell out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from addin.calls import call, unforeseen
from addin.cells import Cell, CellError, error_in
from addin.functions import FUNCTIONS
from addin.xlwings_cells import excel_value
from retention_core.errors import RetentionError


def worksheet_answer(name: str, *cells: Any) -> Any:
    """Call a function of the catalogue with cells as Lite hands them over.

    Raises
    ------
    RetentionError
        One sentence, whatever went wrong.

    Examples
    --------
    >>> worksheet_answer("RETENTION", 100, 110, 20)
    0.9
    >>> worksheet_answer("CHURN", [[100], [{"type": "Error", "basicValue": "#N/A"}]], 110, 20)
    [[0.1], ['#N/A']]
    """
    function = FUNCTIONS[name]
    try:
        return excel_value(call(function, [read(cell) for cell in cells]))
    except RetentionError:
        raise
    except ModuleNotFoundError as error:
        raise RetentionError(lacking(name, error)) from None
    except Exception as error:  # noqa: BLE001  # a mistake of ours still is one sentence
        raise RetentionError(unforeseen(function, error)) from None


def lacking(what: str, error: ModuleNotFoundError) -> str:
    """One sentence about a package that this workbook has not loaded.

    Examples
    --------
    >>> lacking("The table", ModuleNotFoundError(name="pandas.core"))
    'The table needs the package pandas: add pandas to requirements.txt in the add-in and restart it.'
    """
    package = (error.name or "that is missing").partition(".")[0]
    return (
        f"{what} needs the package {package}: add {package} to requirements.txt in the add-in and restart it."
    )


def read(argument: Any) -> Any:
    """A cell, a row of cells or rows of cells, in the terms of `addin.cells`.

    Examples
    --------
    >>> read([[1, ""], [{"type": "FormattedNumber", "basicValue": 45322, "numberFormat": "m/d/yyyy"}, True]])
    [[1.0, ''], [45322.0, True]]
    """
    if isinstance(argument, list | tuple):
        return [read(part) for part in argument]
    return _cell(argument)


def _cell(cell: Any) -> Cell:
    kind = type(cell)
    if kind is int:
        # Lite drops the point; integers among floats are error cells in other hosts
        return float(cell)
    if isinstance(cell, Mapping):
        value = cell.get("basicValue")
        return error_in(value) or CellError("#VALUE!") if cell.get("type") == "Error" else _cell(value)
    # null reaches Python as an object of its own
    return None if kind.__name__ == "JsNull" else cell
