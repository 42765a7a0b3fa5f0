"""The real xlwings dispatcher for one test module, see `com_stub`."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from tests.addin.com_stub import UDF_MODULE, caller, dispatcher


@pytest.fixture(scope="module")
def xlwings_udfs() -> Iterator[ModuleType]:
    """xlwings.udfs itself, on any system."""
    with dispatcher() as udfs:
        yield udfs


@pytest.fixture(scope="module")
def excel(xlwings_udfs: ModuleType) -> Callable[..., Any]:
    """Calls a worksheet function as Excel would: excel("RETENTION", 100.0, 110.0, 20.0)."""
    return caller(xlwings_udfs)


@pytest.fixture(scope="module")
def generated_vba(xlwings_udfs: ModuleType) -> Callable[[str], str]:
    """The VBA that xlwings' own Import Functions writes for our module into a workbook of that name."""
    import io

    def generate(workbook: str) -> str:
        text = io.StringIO()
        module = importlib.import_module(UDF_MODULE)
        xlwings_udfs.generate_vba_wrapper(UDF_MODULE, module, text, SimpleNamespace(Name=workbook))
        return text.getvalue()

    return generate
