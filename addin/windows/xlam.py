"""retention.xlam: xlwings' own template of an add-in with the functions in it. Experimental.

Made of the files of the installed xlwings package, because an add-in and the package must be of one
version: the add-in looks for a DLL that bears xlwings' version in its name. Whatever the machine, one
xlwings version gives the same bytes.
"""

from __future__ import annotations

import re
import struct
import zipfile
import zlib
from collections.abc import Iterable
from importlib.metadata import files, version
from pathlib import Path
from xml.sax.saxutils import escape

from addin.archive import packed, unpacked
from addin.catalogue import Function
from addin.windows import compound_file
from addin.windows.vba import MODULE_NAME, UDF_MODULE, vba_module
from addin.windows.vba_compression import compress, decompress
from retention_core.errors import RetentionError

TEMPLATE = "quickstart_addin.xlam"
SETTINGS_SHEET = "xlwings.conf"
_PROJECT_NAME = "RetentionFunctions"
_SAMPLE_MODULE = "Module1"
_VERSION = re.compile(r'XLWINGS_VERSION As String = "([^"]+)"')

# record numbers of the dir stream, [MS-OVBA] 2.3.4.2
_PROJECT_NAME_RECORD, _PROJECT_VERSION, _TERMINATOR = 0x04, 0x09, 0x10
_MODULE_START, _MODULE_END, _STREAM_NAME, _SOURCE_OFFSET = 0x19, 0x2B, 0x1A, 0x31

_SHEET = """\
<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">\
<sheetPr codeName="Sheet2"/><dimension ref="A1:B1"/><sheetData><row r="1">\
<c r="A1" t="inlineStr"><is><t>UDF MODULES</t></is></c>\
<c r="B1" t="inlineStr"><is><t>{module}</t></is></c>\
</row></sheetData></worksheet>
"""

_PROPERTIES = """\
<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" \
xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/" \
xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><dc:title>{title}</dc:title>\
<dc:description>{description}</dc:description></cp:coreProperties>
"""


def xlam(functions: Iterable[Function], template: bytes | None = None) -> bytes:
    """The add-in, from a template or the one of the installed xlwings.

    Raises
    ------
    RetentionError
        If the template is not built as xlwings has built it so far.
    """
    template = installed_template() if template is None else template
    try:
        return _filled(list(functions), template)
    except (ValueError, KeyError, struct.error, zipfile.BadZipFile) as error:
        raise RetentionError(
            f"retention.xlam cannot be made from {TEMPLATE} of xlwings {version('xlwings')}: install another "
            f"version of xlwings (its template is not as expected: {error})."
        ) from error


def installed_template() -> bytes:
    """The template of an add-in that the installed xlwings ships.

    Raises
    ------
    RetentionError
        If there is none.
    """
    found = next((path for path in files("xlwings") or () if path.name == TEMPLATE), None)
    try:
        if found is not None:
            return Path(str(found.locate())).read_bytes()
    except OSError:
        pass
    raise RetentionError(f"xlwings {version('xlwings')} has no {TEMPLATE}: install it again with pip.")


def xlwings_version(addin: bytes) -> str | None:
    """The version of xlwings whose VBA an add-in or workbook holds, None if it holds none.

    Examples
    --------
    >>> xlwings_version(b"no workbook") is None
    True
    """
    try:
        found = _VERSION.search("".join(modules(addin).values()))
    except (ValueError, KeyError, IndexError, RuntimeError, struct.error, zipfile.BadZipFile, zlib.error):
        return None
    return found[1] if found else None


def why_not_current(kept: bytes, built: bytes) -> str | None:
    """One sentence about why a kept add-in differs from one just built, None if they are equal.

    Examples
    --------
    >>> why_not_current(b"same", b"same") is None
    True
    """
    if kept == built:
        return None
    old, new = xlwings_version(kept), xlwings_version(built)
    if old and new and old != new:
        return (
            f"retention.xlam was built with xlwings {old} and {new} is installed, so it cannot be checked: "
            f'run "pip install xlwings=={old}", or build it again.'
        )
    return "retention.xlam differs from what is built now: build it again."


def modules(addin: bytes) -> dict[str, str]:
    """Name -> VBA source of the modules in an add-in, as its directory lists them.

    Raises
    ------
    ValueError, KeyError, zipfile.BadZipFile
        If it holds no VBA, or damaged VBA.
    """
    sources = _sources(compound_file.read(unpacked(addin)["xl/vbaProject.bin"]))
    return {name: source.decode("cp1252", "replace") for name, source in sources.items()}


def _sources(streams: dict[str, bytes]) -> dict[str, bytes]:
    records = _records(decompress(streams["VBA/dir"]))
    names = [content.decode("cp1252") for number, content in records if number == _STREAM_NAME]
    # compiled code stands before the source
    starts = [int.from_bytes(content, "little") for number, content in records if number == _SOURCE_OFFSET]
    return {
        name: decompress(streams[f"VBA/{name}"][start:]) for name, start in zip(names, starts, strict=True)
    }


def _filled(functions: list[Function], template: bytes) -> bytes:
    parts = unpacked(template)
    streams = compound_file.read(parts["xl/vbaProject.bin"])
    built_with = xlwings_version(template)
    if built_with is None:
        raise ValueError("no xlwings module")
    parts["xl/vbaProject.bin"] = compound_file.write(_with_functions(streams, functions))
    parts["xl/workbook.xml"] = _replaced(
        parts["xl/workbook.xml"], rb'<sheet name="[^"]*"', f'<sheet name="{SETTINGS_SHEET}"'.encode()
    )
    # the folder of the person who made the template
    parts["xl/workbook.xml"] = re.sub(
        rb"<mc:AlternateContent.*?</mc:AlternateContent>", b"", parts["xl/workbook.xml"]
    )
    parts["xl/worksheets/sheet1.xml"] = _SHEET.format(module=UDF_MODULE).encode()
    parts["docProps/core.xml"] = _PROPERTIES.format(
        title="Retention functions (experimental)",
        description=escape(f"{len(functions)} functions. Needs Python with xlwings {built_with}."),
    ).encode()
    in_order = sorted(parts, key=lambda name: (name != "[Content_Types].xml", name))
    return packed({name: parts[name] for name in in_order}, compressed=False)


def _with_functions(streams: dict[str, bytes], functions: list[Function]) -> dict[str, bytes]:
    source = vba_module(functions, workbook="ActiveWorkbook").replace("\n", "\r\n")
    # so that the add-in reads the settings that xlwings' own ribbon writes
    same_settings = _replaced(
        _sources(streams)["xlwings"],
        rb'PROJECT_NAME As String = "[^"]*"',
        b'PROJECT_NAME As String = "xlwings"',
    )
    kept = {
        path: content
        for path, content in streams.items()
        if path != f"VBA/{_SAMPLE_MODULE}" and not path.startswith("VBA/__SRP_")
    }
    return {
        **kept,
        "VBA/xlwings": compress(same_settings),
        f"VBA/{MODULE_NAME}": compress(source.encode("ascii")),
        "VBA/dir": compress(_directory(decompress(streams["VBA/dir"]))),
        "PROJECT": _project(streams["PROJECT"]),
        "PROJECTwm": _names(streams["PROJECTwm"]),
    }


def _directory(directory: bytes) -> bytes:
    """The project's directory with our module in the place of the template's sample."""
    records: list[tuple[int, bytes]] = []
    module = ""
    for number, content in _records(directory):
        if number == _MODULE_START:
            module = content.decode("cp1252")
        if number == _PROJECT_NAME_RECORD:
            records.append((number, _PROJECT_NAME.encode()))
        elif number == _SOURCE_OFFSET and module == "xlwings":
            # written anew, without the compiled code that may have stood before it
            records.append((number, bytes(4)))
        elif module != _SAMPLE_MODULE:
            records.append((number, content))
        elif number == _MODULE_END:
            records += _module_records(MODULE_NAME)
        if number == _MODULE_END:
            module = ""
    return b"".join(_record(number, content) for number, content in records)


def _records(directory: bytes) -> list[tuple[int, bytes]]:
    records, at = [], 0
    while at < len(directory):
        number, size = struct.unpack_from("<HI", directory, at)
        # the one record whose size field does not count all that follows
        size = 6 if number == _PROJECT_VERSION else size
        records.append((number, directory[at + 6 : at + 6 + size]))
        at += 6 + size
    if not records or records[-1][0] != _TERMINATOR:
        raise ValueError("the project's directory has no end")
    return records


def _record(number: int, content: bytes) -> bytes:
    size = 4 if number == _PROJECT_VERSION else len(content)
    return struct.pack("<HI", number, size) + content


def _module_records(name: str) -> list[tuple[int, bytes]]:
    narrow, wide = name.encode("ascii"), name.encode("utf-16-le")
    return [
        (_MODULE_START, narrow), (0x47, wide), (_STREAM_NAME, narrow), (0x32, wide), (0x1C, b""), (0x48, b""),
        (_SOURCE_OFFSET, bytes(4)), (0x1E, bytes(4)), (0x2C, b"\xff\xff"), (0x21, b""), (_MODULE_END, b""),
    ]  # fmt: skip


def _project(text: bytes) -> bytes:
    named = _replaced(text, rb'(?m)^Name="[^"]*"', f'Name="{_PROJECT_NAME}"'.encode())
    ours = _replaced(named, rb"(?m)^Module=Module1\r$", f"Module={MODULE_NAME}\r".encode())
    return _replaced(ours, rb"(?m)^Module1=.*\r$", f"{MODULE_NAME}=0, 0, 0, 0, C\r".encode())


def _names(names: bytes) -> bytes:
    def entry(name: str) -> bytes:
        return name.encode("ascii") + b"\0" + name.encode("utf-16-le") + b"\0\0"

    return _replaced(names, re.escape(entry(_SAMPLE_MODULE)), entry(MODULE_NAME))


def _replaced(text: bytes, pattern: bytes, by: bytes) -> bytes:
    changed, times = re.subn(pattern, lambda _: by, text)
    if times != 1:
        raise ValueError(f"{times} times {pattern.decode('ascii', 'replace')}")
    return changed
