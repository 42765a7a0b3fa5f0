"""The VBA module against xlwings' own generator, and against what Excel's editor and wizard take."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from xml.sax.saxutils import escape

import pytest

from addin.functions import FUNCTIONS
from addin.windows.vba import LONGEST_TEXT, vba_module, vba_text, wizard_text

LONGEST_LINE, MOST_CONTINUATIONS = 1023, 24


def lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def described(text: str) -> dict[str, list[str]]:
    """Function -> the texts that Auto_Open gives the wizard: summary, category, then one an argument."""
    registration = text.partition("Sub Auto_Open()\n")[2].partition("End Sub")[0].replace(", _\n", ", ")
    found = {}
    for line in registration.splitlines():
        if line.lstrip().startswith("Describe"):
            name, *rest = re.findall(r'"((?:[^"]|"")*)"', line.replace("Array( _", "Array("))
            found[name] = [part.replace('""', '"') for part in rest]
            continue
        found[name] += [part.replace('""', '"') for part in re.findall(r'"((?:[^"]|"")*)"', line)]
    return found


@pytest.mark.parametrize(
    ("workbook", "named"), [("book.xlsm", "ThisWorkbook"), ("retention.xlam", "ActiveWorkbook")]
)
def test_the_functions_are_those_that_xlwings_generates(
    generated_vba: Callable[[str], str], workbook: str, named: str
) -> None:
    ours = vba_module(FUNCTIONS.values(), named)
    functions = ours.split("outside of Excel\n", 1)[1].partition("Sub Auto_Open()")[0]
    assert lines(functions) == lines(generated_vba(workbook))


def test_the_wizard_is_told_the_catalogues_words() -> None:
    told = described(vba_module(FUNCTIONS.values()))
    assert told == {
        name: [function.summary, "Retention", *(a.description for a in function.arguments)]
        for name, function in sorted(FUNCTIONS.items())
    }


def test_no_text_of_the_catalogue_is_too_long_for_the_wizard() -> None:
    for function in FUNCTIONS.values():
        for text in (function.summary, *(a.description for a in function.arguments)):
            assert wizard_text(text) == text


def test_a_text_too_long_for_the_wizard_is_cut_at_a_word() -> None:
    cut = wizard_text("word " * 60)
    assert len(cut) <= LONGEST_TEXT
    assert cut.endswith("word...")


def test_no_line_is_longer_than_the_editor_takes_nor_continued_too_often() -> None:
    many = FUNCTIONS["PERIOD_RETENTION"]
    wordy = replace(
        many,
        summary='"' * 300,
        arguments=tuple(replace(a, description='"' * 300) for a in many.arguments * 3),
    )
    text = vba_module([wordy])
    assert max(map(len, text.splitlines())) <= LONGEST_LINE
    assert len(wordy.arguments) < MOST_CONTINUATIONS


def test_texts_in_any_alphabet_become_plain_characters() -> None:
    assert vba_text("naïve 你 😀") == (
        '"na" & ChrW(239) & "ve " & ChrW(20320) & " " & ChrW(55357) & ChrW(56832)'
    )
    assert vba_text("") == '""'


def test_a_function_added_to_the_catalogue_is_found_in_the_module() -> None:
    added = replace(FUNCTIONS["RETENTION"], name="LOYALTY")
    text = vba_module([*FUNCTIONS.values(), added])
    assert "Function LOYALTY(start_customers, end_customers, new_customers)" in text
    assert described(text)["LOYALTY"] == described(text)["RETENTION"]


LIBRARY = """\
<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE library:library PUBLIC "-//OpenOffice.org//DTD OfficeDocument 1.0//EN" "library.dtd">
<library:library xmlns:library="http://openoffice.org/2000/library" library:name="Standard" \
library:readonly="false" library:passwordprotected="false">{elements}</library:library>
"""
MODULE = """\
<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE script:module PUBLIC "-//OpenOffice.org//DTD OfficeDocument 1.0//EN" "module.dtd">
<script:module xmlns:script="http://openoffice.org/2000/script" script:name="{name}" \
script:language="StarBasic">Option VBASupport 1
{source}</script:module>
"""
NOTES = """\
Sub Note(macroName, summary, category, arguments)
    Dim file As Integer, place As Integer
    file = FreeFile
    Open "{path}" For Append As #file
    Print #file, macroName
    Print #file, summary
    Print #file, category
    For place = 0 To UBound(arguments)
        Print #file, arguments(place)
    Next
    Print #file, ""
    Close #file
End Sub

Sub Check
    Auto_Open
End Sub
"""


def libreoffice(profile: Path, *arguments: str) -> None:
    command = ["soffice", "--headless", f"-env:UserInstallation=file://{profile}", *arguments]
    subprocess.run(command, check=True, capture_output=True, timeout=120)


@pytest.mark.host
def test_another_basic_compiles_the_module_and_describes_every_function(tmp_path: Path) -> None:
    if shutil.which("soffice") is None:
        pytest.fail("LibreOffice is missing") if os.environ.get("CI") else pytest.skip("no LibreOffice")
    told, profile = tmp_path / "told.txt", tmp_path / "profile"
    # the first start lays out the profile, over whatever macros are there
    libreoffice(profile, "--terminate_after_init")
    start = "    On Error Resume Next\n"
    source = vba_module(FUNCTIONS.values()).split("\n", 1)[1]
    noting = source.replace(start, f"    Note macroName, summary, category, arguments\n{start}")
    texts = {"xlwings_udfs": noting, "notes": NOTES.format(path=told)}
    folder = profile / "user" / "basic" / "Standard"
    for name, text in texts.items():
        (folder / f"{name}.xba").write_text(MODULE.format(name=name, source=escape(text)))
    elements = "".join(f'<library:element library:name="{name}"/>' for name in texts)
    (folder / "script.xlb").write_text(LIBRARY.format(elements=elements))
    libreoffice(profile, "macro:///Standard.notes.Check")
    calls = [entry.split("\n") for entry in told.read_text().strip().split("\n\n")]
    assert {name: rest for name, *rest in calls} == described(source)
