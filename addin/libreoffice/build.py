"""retention.oxt, the extension for LibreOffice Calc, and retention.ods, a sheet that uses it.

The core travels inside the extension as one package of its own name, so that another version of it
installed beside LibreOffice is never mixed with this one. Archives are stored, not compressed: how well zip
files are compressed differs between systems, and the same source must give the same bytes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from importlib.metadata import distribution
from pathlib import Path
from xml.sax.saxutils import escape

import retention_core
from addin.archive import packed
from addin.catalogue import CATEGORY, Function
from addin.libreoffice.cells import needs_document
from addin.libreoffice.sheet import sheet_files
from addin.libreoffice.typelibrary import type_library
from addin.travelling import PACKAGES, ROOT, STAYS, travelling_files

INSIDE = "retention_in_calc"
SERVICE = "org.retention.calc.Functions"
_INTERFACE = "org.retention.calc.XRetention"
_ROOTS = ("addin.functions", "addin.libreoffice.cells")

_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
_MANIFEST = f"""{_HEAD}<manifest:manifest xmlns:manifest="http://openoffice.org/2001/manifest">
 <manifest:file-entry manifest:full-path="retention.rdb"
  manifest:media-type="application/vnd.sun.star.uno-typelibrary;type=RDB"/>
 <manifest:file-entry manifest:full-path="retention_component.py"
  manifest:media-type="application/vnd.sun.star.uno-component;type=Python"/>
 <manifest:file-entry manifest:full-path="CalcAddIns.xcu"
  manifest:media-type="application/vnd.sun.star.configuration-data"/>
</manifest:manifest>
"""
_DESCRIPTION = f"""{_HEAD}<description xmlns="http://openoffice.org/extensions/description/2006"
 xmlns:l="http://libreoffice.org/extensions/description/2011" xmlns:xlink="http://www.w3.org/1999/xlink">
 <identifier value="org.retention.calc"/>
 <version value="{retention_core.__version__}"/>
 <display-name><name lang="en">Retention functions</name></display-name>
 <extension-description><src xlink:href="about.txt" lang="en"/></extension-description>
 <dependencies>
  <l:LibreOffice-minimal-version value="7.4" l:name="LibreOffice 7.4"/>
 </dependencies>
</description>
"""
_ABOUT = """\
Worksheet functions for customer retention: {names}.

They stand in the function wizard under the category Add-In. Nothing is sent anywhere; the computing
happens in LibreOffice's own Python, which must be 3.10 or later. MIT licence.
"""


def libreoffice_files(functions: Iterable[Function]) -> dict[str, bytes]:
    """The extension and the sheet of examples, the same bytes from any checkout."""
    functions = tuple(functions)
    about = _ABOUT.format(names=", ".join(function.name for function in functions))
    texts = {
        "META-INF/manifest.xml": _MANIFEST,
        "description.xml": _DESCRIPTION,
        "about.txt": about,
        "LICENSE": _licence(),
        "CalcAddIns.xcu": wizard_texts(functions),
        "retention_component.py": _text(ROOT / "addin" / "libreoffice" / "component.py"),
        **core_inside(),
    }
    parts = {name: text.encode() for name, text in texts.items()}
    parts["retention.rdb"] = type_library_of(functions)
    extension = packed(dict(sorted(parts.items())), compressed=False)
    return {"retention.oxt": extension, **sheet_files(functions, SERVICE)}


def type_library_of(functions: Iterable[Function]) -> bytes:
    """What Calc may call: a method for each function, taking and giving any cells."""
    methods = {
        function.name.lower(): [
            *([("document", "com.sun.star.beans.XPropertySet")] if needs_document(function) else []),
            *((name, "any") for name in _parameters(function)),
        ]
        for function in functions
    }
    return type_library(_INTERFACE, methods, returns="[][]any")


def _parameters(function: Function) -> list[str]:
    # the configuration sorts them by name
    return [f"argument{number:02}" for number in range(1, len(function.arguments) + 1)]


def wizard_texts(functions: Iterable[Function]) -> str:
    """CalcAddIns.xcu: what the function wizard shows, and the name a formula goes by in other programs."""
    nodes = "\n".join(map(_function_node, functions))
    return f"""{_HEAD}<oor:component-data xmlns:oor="http://openoffice.org/2001/registry"
 xmlns:xs="http://www.w3.org/2001/XMLSchema" oor:name="CalcAddIns" oor:package="org.openoffice.Office">
<node oor:name="AddInInfo"><node oor:name="{SERVICE}" oor:op="replace"><node oor:name="AddInFunctions">
{nodes}
</node></node></node>
</oor:component-data>
"""


def _function_node(function: Function) -> str:
    parameters = "\n".join(
        _node(name, _shown("DisplayName", argument.name) + _shown("Description", argument.description))
        for name, argument in zip(_parameters(function), function.arguments, strict=True)
    )
    texts = (
        _shown("DisplayName", function.name),
        _shown("Description", function.summary),
        # Calc files add-ins under its own category whatever stands here, so far
        '<prop oor:name="Category"><value>Add-In</value></prop>',
        _shown("CategoryDisplayName", CATEGORY),
        _shown("CompatibilityName", function.name, "en-US"),
        f'<node oor:name="Parameters">\n{parameters}\n</node>',
    )
    return _node(function.name.lower(), "\n".join(texts))


def _node(name: str, content: str) -> str:
    return f'<node oor:name="{name}" oor:op="replace">\n{content}\n</node>'


def _shown(name: str, text: str, language: str = "en") -> str:
    return f'<prop oor:name="{name}"><value xml:lang="{language}">{escape(text)}</value></prop>'


def core_inside() -> dict[str, str]:
    """Path -> text of what the functions need, under a roof of their own."""
    inside = {f"{INSIDE}/__init__.py": '"""The core of the retention functions."""\n'}
    for path, text in travelling_files(_ROOTS, STAYS).items():
        inside[f"{INSIDE}/{path}"] = renamed(text) if path.endswith(".py") else text
    return inside


def renamed(source: str) -> str:
    """A module as it stands inside the extension: its own packages are found under another roof.

    Examples
    --------
    >>> renamed("from addin.cells import Cell" + chr(10) + 'files("retention_core.data")')
    'from retention_in_calc.addin.cells import Cell\\nfiles("retention_in_calc.retention_core.data")'
    """
    ours = "|".join(PACKAGES)
    if re.search(rf"^\s*import ({ours})\b", source, re.MULTILINE):
        raise ValueError("import addin or retention_core with `from`, so that the extension can rename it")
    source = re.sub(rf"^(\s*from )({ours})\b", rf"\1{INSIDE}.\2", source, flags=re.MULTILINE)
    return re.sub(rf'"({ours})(?=\.[a-z_.]+")', rf'"{INSIDE}.\1', source)


def _licence() -> str:
    path = ROOT / "LICENSE"
    if path.is_file():
        return _text(path)
    # an installed package keeps it beside its metadata
    return distribution("retention").read_text("licenses/LICENSE") or "MIT licence"


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")
