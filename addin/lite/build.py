"""retention-lite.xlsx for xlwings Lite: functions and buttons in Python, the core inside the workbook.

Lite keeps the text of its files in the properties of a web extension part. `main.py` is written from the
catalogue; what it imports travels as one module of readable text that unpacks itself.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Iterable, Mapping
from xml.etree import ElementTree
from xml.sax.saxutils import quoteattr

from addin.archive import packed, unpacked
from addin.catalogue import Argument, Function
from addin.lite.workbook import lite_workbook
from addin.travelling import STAYS, travelling_files

WORKBOOK, BUNDLE = "retention-lite.xlsx", "retention-lite-main.txt"
REQUIREMENTS = ("xlwings==0.37.8", "narwhals>=2.17", "pandas>=2.2.3", "numpy>=1.26", "scipy>=1.13")
PYODIDE, ADDIN = "314.0.0", "1.0.0.103"

_STARTS = ("addin.lite.calls", "addin.lite.scripts")
# files are read by packages that are not asked for, and the samples are larger than everything else
_STAYS = STAYS | {"retention_core.files", "retention_core.samples"}

_EXTENSION = "xl/webextensions/webextension1.xml"
_PANES = "xl/webextensions/taskpanes.xml"
_OF_EXTENSION = "http://schemas.microsoft.com/office/webextensions/webextension/2010/11"
_OF_PANES = "http://schemas.microsoft.com/office/webextensions/taskpanes/2010/11"
_OF_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_OF_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
_RELATION = "http://schemas.microsoft.com/office/2011/relationships/webextension"
_CONTENT = "application/vnd.ms-office.webextension"
_GUID = "{7E2B4B1D-6C0F-5D0A-9B57-2F3A1C8E4D60}"
_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'

_MAIN_HEAD = '''\
"""The worksheet functions of this workbook, and what its buttons do.

Written by `python -m addin build` from the catalogue. What is imported below travels in
retention_source.py. Add functions of your own at the end.
"""

import xlwings as xw
from xlwings import arg, func, script

{start}

from addin.lite import scripts
from addin.lite.calls import worksheet_answer
'''
_START = "import retention_source  # unpacks addin and retention_core, so that they can be imported"
_MAIN_SCRIPTS = '''

@script(name="Fill the periods", button="[Fill the periods]Periods!A3", include="Orders")
def fill_periods(book: xw.Book):
    """Fills the sheet Periods from the log in the sheet Orders."""
    scripts.fill_periods(book)


@script(name="Refresh the Pareto", button="[Refresh the Pareto]Pareto!A3", include="Orders")
def refresh_pareto(book: xw.Book):
    """Fills the sheet Pareto from the log in the sheet Orders."""
    scripts.refresh_pareto(book)
'''
_SOURCE_HEAD = '''\
"""The program of this workbook as readable text. It unpacks itself into memory when it is imported.

Written by `python -m addin build`: changes here are lost with the next version of the workbook.
"""

'''
_SOURCE_TAIL = '''

def unpack():
    """Writes the texts into a folder of their own, where they can be imported."""
    import tempfile
    from pathlib import Path

    folder = Path(tempfile.mkdtemp(prefix="retention-"))
    for name, text in SOURCES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return str(folder)


def start():
    """Unpacks once, however often this is run."""
    import sys

    if "retention_core" not in sys.modules:
        sys.path.insert(0, unpack())


start()
'''


def lite_files(functions: Iterable[Function]) -> dict[str, bytes]:
    """The workbook, and the same program as one text to paste where Excel refuses what is in it."""
    functions = list(functions)
    plain = lite_workbook(functions)
    return {
        WORKBOOK: with_extension(plain, lite_sources(functions)),
        BUNDLE: bundled_main(functions).encode(),
    }


def lite_sources(functions: Iterable[Function]) -> dict[str, str]:
    """The files as the add-in's editor shows them: name -> text."""
    return {
        "main.py": main_text(functions),
        "retention_source.py": source_text(travelling()),
        "requirements.txt": "".join(f"{line}\n" for line in REQUIREMENTS),
    }


def bundled_main(functions: Iterable[Function]) -> str:
    """main.py that needs no other file."""
    return source_text(travelling()) + "\n\n" + main_text(functions, start="# unpacked above")


def main_text(functions: Iterable[Function], *, start: str = _START) -> str:
    """main.py: the functions written out one by one, as the add-in may read the text without running it."""
    return _MAIN_HEAD.format(start=start) + "".join(map(_wrapper, functions)) + _MAIN_SCRIPTS


def _wrapper(function: Function) -> str:
    names = [argument.name for argument in function.arguments]
    return "\n".join(
        [
            "",
            "",
            "@func",
            *(f'@arg({_quoted(a.name)}, "raw", doc={_quoted(a.description)})' for a in function.arguments),
            f"def {function.name}({', '.join(map(_parameter, function.arguments))}):",
            f"    {_docstring(function.summary)}",
            f"    return worksheet_answer({', '.join([_quoted(function.name), *names])})",
            "",
        ]
    )


def _parameter(argument: Argument) -> str:
    return f"{argument.name}=None" if argument.optional else argument.name


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _docstring(text: str) -> str:
    return f'"""{text}"""' if '"' not in text and "\\" not in text else _quoted(text)


def travelling() -> dict[str, str]:
    """What the functions and the buttons need of this project: path -> text."""
    return travelling_files(_STARTS, _STAYS)


def source_text(files: Mapping[str, str]) -> str:
    """A module that holds files as text and unpacks them; the texts can be read and searched as they are."""
    entries = "".join(f"    {name!r}: {_literal(text)},\n" for name, text in files.items())
    return f"{_SOURCE_HEAD}SOURCES = {{\n{entries}}}\n{_SOURCE_TAIL}"


def _literal(text: str) -> str:
    """A text as Python writes it, unescaped where that is possible.

    Examples
    --------
    >>> print(_literal("a" + chr(92) + "b" + chr(10)))
    r\'\'\'a\\b
    \'\'\'
    """
    readable = f"r'''{text}'''"
    try:
        same = ast.literal_eval(readable) == text
    except SyntaxError:
        same = False
    return readable if same else repr(text)


def with_extension(workbook: bytes, files: Mapping[str, str]) -> bytes:
    """A workbook with files for xlwings Lite in it; the same bytes each time."""
    parts = unpacked(workbook)
    parts["[Content_Types].xml"] = _before_end(parts["[Content_Types].xml"], "</Types>", _content_types())
    parts["_rels/.rels"] = _before_end(
        parts["_rels/.rels"],
        "</Relationships>",
        f'<Relationship Id="rIdLite" Type="{_RELATION}taskpanes" Target="{_PANES}"/>',
    )
    parts[_EXTENSION] = _extension(files).encode()
    parts[_PANES] = _panes().encode()
    parts["xl/webextensions/_rels/taskpanes.xml.rels"] = (
        f'{_XML}<Relationships xmlns="{_OF_PACKAGE}"><Relationship Id="rId1" Type="{_RELATION}" '
        'Target="webextension1.xml"/></Relationships>'
    ).encode()
    return packed(parts)


def files_inside(workbook: bytes) -> dict[str, str]:
    """The files for xlwings Lite that a workbook carries: name -> text."""
    root = ElementTree.fromstring(unpacked(workbook)[_EXTENSION])  # noqa: S314  # our own workbook
    properties = root.iter(f"{{{_OF_EXTENSION}}}property")
    found = {each.attrib["name"]: json.loads(each.attrib["value"]) for each in properties}
    return {name: text for name, text in found.items() if name.endswith((".py", ".txt"))}


def _before_end(part: bytes, end: str, added: str) -> bytes:
    head, found, tail = part.decode().rpartition(end)
    return f"{head}{added}{found}{tail}".encode()


def _content_types() -> str:
    return (
        f'<Override PartName="/{_PANES}" ContentType="{_CONTENT}taskpanes+xml"/>'
        f'<Override PartName="/{_EXTENSION}" ContentType="{_CONTENT}+xml"/>'
    )


def _extension(files: Mapping[str, str]) -> str:
    """The add-in by its number in the Office store, and its properties, each a JSON text."""
    stored = {**files, "pyodideVersion": PYODIDE, "addinVersion": ADDIN}
    properties = "".join(
        f"<we:property name={quoteattr(name)} value={quoteattr(_quoted(text))}/>"
        for name, text in stored.items()
    )
    return (
        f'{_XML}<we:webextension xmlns:we="{_OF_EXTENSION}" id="{_GUID}">'
        '<we:reference id="wa200008175" version="1.0.0.0" store="en-US" storeType="OMEX"/>'
        '<we:alternateReferences><we:reference id="WA200008175" version="1.0.0.0" store="WA200008175" '
        'storeType="OMEX"/></we:alternateReferences>'
        f"<we:properties>{properties}</we:properties><we:bindings/>"
        f'<we:snapshot xmlns:r="{_OF_OFFICE}"/></we:webextension>'
    )


def _panes() -> str:
    return (
        f'{_XML}<wetp:taskpanes xmlns:wetp="{_OF_PANES}"><wetp:taskpane dockstate="right" visibility="1" '
        f'width="438" row="3"><wetp:webextensionref xmlns:r="{_OF_OFFICE}" r:id="rId1"/></wetp:taskpane>'
        "</wetp:taskpanes>"
    )
