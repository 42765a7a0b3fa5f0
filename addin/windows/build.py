"""The files of classic xlwings on Windows: VBA module, Python module, add-in and its licences."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.metadata import files, version
from pathlib import Path

from addin.catalogue import Function
from addin.windows.vba import vba_module
from addin.windows.xlam import xlam
from retention_core.errors import RetentionError

_GLUE = '''\
"""The functions for a workbook named retention.xlsm beside this file; made by `python -m addin build`."""

from addin.xlwings_udfs import *  # noqa: F403
'''

_NOTICE = """\
retention.xlam holds, beside the module "xlwings_udfs" of this project, two modules of others: "xlwings" from
xlwings {version}, changed in one line (PROJECT_NAME), and "Dictionary" by Tim Hall. Their licences follow.

xlwings
=======

{xlwings}

Dictionary
==========

(c) Tim Hall - https://github.com/timhall/VBA-Dictionary

Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated
documentation files (the "Software"), to deal in the Software without restriction, including without
limitation the rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the
Software, and to permit persons to whom the Software is furnished to do so, subject to the following
conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions
of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED
TO THE WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL
THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF
CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER
DEALINGS IN THE SOFTWARE.
"""


def classic_files(functions: Iterable[Function]) -> dict[str, bytes]:
    """File name -> content, the same bytes wherever the same version of xlwings is installed.

    Raises
    ------
    RetentionError
        If the installed xlwings lacks the template of an add-in or its licence.
    """
    listed = list(functions)
    return {
        "retention.bas": vba_module(listed).replace("\n", "\r\n").encode("ascii"),
        "retention.py": _GLUE.encode(),
        "retention.xlam": xlam(listed),
        "retention.xlam.LICENSE.txt": licences().encode(),
    }


def licences() -> str:
    """What must accompany retention.xlam: whose code it holds, and under which licences.

    Raises
    ------
    RetentionError
        If the installed xlwings has no licence file.

    Examples
    --------
    >>> "Copyright (C) 2014" in licences()
    True
    """
    found = next((path for path in files("xlwings") or () if path.name == "LICENSE.txt"), None)
    try:
        if found is not None:
            text = Path(str(found.locate())).read_text(encoding="utf-8")
            return _NOTICE.format(version=version("xlwings"), xlwings=text.strip())
    except OSError:
        pass
    raise RetentionError(f"xlwings {version('xlwings')} has no LICENSE.txt: install it again with pip.")
