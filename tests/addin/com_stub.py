"""The real xlwings dispatcher with the Windows-only modules under it replaced, for as long as it is used."""

from __future__ import annotations

import datetime as dt
import importlib
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

import pytest

UDF_MODULE = "addin.xlwings_udfs"


def stub(name: str, **attributes: Any) -> ModuleType:
    module = ModuleType(name)
    module.__dict__.update(attributes)
    return module


class ComRange:
    """What call_udf makes of the calling cell."""

    def __init__(self, xl: object = None) -> None:
        self.api = xl


class ExcelEngine:
    """Excel's side of the conversion: what COM cannot carry is refused, as pywin32 refuses it."""

    name, type = "excel", "desktop"

    @staticmethod
    def prepare_xl_data_element(cell: object, _options: object) -> object:
        if type(cell) not in (str, float, bool, dt.datetime):
            raise TypeError(f"{type(cell)} cannot go into a cell")
        return cell


@contextmanager
def dispatcher() -> Iterator[ModuleType]:
    """xlwings.udfs itself, on any system; every module it touched is put back."""
    import xlwings
    from xlwings.main import Engine

    with pytest.MonkeyPatch.context() as patch:
        client = stub("win32com.client", Dispatch=lambda pointer: pointer)
        modules = {
            "pythoncom": stub("pythoncom", CoInitialize=lambda: None),
            "pywintypes": stub("pywintypes", com_error=type("com_error", (Exception,), {})),
            "win32com": stub("win32com", client=client),
            "win32com.client": client,
            "xlwings._xlwindows": stub(
                "xlwings._xlwindows", Range=ComRange, is_range_instance=lambda _: False, BOOK_CALLER=None
            ),
            "xlwings.com_server": stub("xlwings.com_server", loop=None),
        }
        for name, module in modules.items():
            patch.setitem(sys.modules, name, module)
        patch.setattr(xlwings, "_xlwindows", modules["xlwings._xlwindows"], raising=False)
        patch.setattr(xlwings, "com_server", modules["xlwings.com_server"], raising=False)
        patch.setitem(xlwings.engines.engines_by_name, "excel", Engine(impl=ExcelEngine))
        patch.delitem(sys.modules, "xlwings.udfs", raising=False)
        udfs = importlib.import_module("xlwings.udfs")
        patch.setattr(xlwings, "udfs", udfs, raising=False)
        for public, real in (("func", udfs.xlfunc), ("arg", udfs.xlarg), ("ret", udfs.xlret)):
            patch.setattr(xlwings, public, real)
        patch.delitem(sys.modules, UDF_MODULE, raising=False)
        yield udfs
        udfs.com_executor.shutdown()
        sys.modules.pop("xlwings.udfs", None)
        sys.modules.pop(UDF_MODULE, None)


def caller(udfs: ModuleType) -> Callable[..., Any]:
    """Calls a worksheet function as Excel would: call("RETENTION", 100.0, 110.0, 20.0)."""

    def call(name: str, *cells: object) -> Any:
        written = udfs.call_udf(UDF_MODULE, name, cells)
        # xlwings hands a single value over as a block of one cell
        return written[0][0] if len(written) == len(written[0]) == 1 else written

    return call
