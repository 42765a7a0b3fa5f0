"""The doctor's checks on machines described in the test, and the reading of a machine from its parts."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import xlwings

from addin.functions import FUNCTIONS
from addin.windows.doctor import NOT_OK, OK, READY, UNKNOWN, doctor_report, examine, steps_left
from addin.windows.machine import (
    Machine,
    is_marked,
    program_bits,
    read_settings,
    this_machine,
    windows_machine,
)
from addin.windows.xlam import xlam

PYTHON = r"C:\retention\.venv\Scripts\python.exe"
ADDIN = r"C:\Users\Ann\AppData\Roaming\Microsoft\Excel\XLSTART\xlwings.xlam"
CONF = r"C:\Users\Ann\.xlwings\xlwings.conf"
READY_MACHINE = Machine(
    system="Windows",
    folder=r"C:\retention",
    python=PYTHON,
    python_home=r"C:\Program Files\Python313",
    python_version=(3, 13),
    has_pywin32=True,
    xlwings="0.37.8",
    dlls=frozenset({"xlwings32-0.37.8.dll", "xlwings64-0.37.8.dll"}),
    excel=r"C:\Program Files\Microsoft Office\root\Office16\EXCEL.EXE",
    excel_version="16",
    excel_bits=64,
    trusts_vba_access=1,
    addins={ADDIN: "0.37.8"},
    built_addin="0.37.8",
    settings_file=CONF,
    settings={
        "INTERPRETER_WIN": PYTHON,
        "PYTHONPATH": r"C:\other;C:\Retention",
        "UDF MODULES": "addin.xlwings_udfs",
    },
    one_drive=(r"C:\Users\Ann\OneDrive",),
)

# what differs from a machine that is ready -> the check that says so, how it begins, and its steps
TROUBLES: dict[str, tuple[dict[str, Any], str, str, tuple[str, ...]]] = {
    "Store Python": (
        {"python": r"C:\Users\Ann\AppData\Local\Microsoft\WindowsApps\python.exe"},
        "Python",
        "this Python is from the Microsoft Store",
        ("Install Python from python.org, and run this again with it for the rest.",),
    ),
    "environment of a Store Python": (
        {"python_home": r"C:\Program Files\WindowsApps\PythonSoftwareFoundation.Python.3.13"},
        "Python",
        "this Python is from the Microsoft Store",
        ("Install Python from python.org, and run this again with it for the rest.",),
    ),
    "old Python": (
        {"python_version": (3, 9)},
        "Python",
        "Python 3.9 is too old.",
        ("Install Python 3.11 or later from python.org, and run this again with it for the rest.",),
    ),
    "no pywin32": (
        {"has_pywin32": False},
        "packages",
        "pywin32 cannot be imported.",
        (rf"Run: {PYTHON} -m pip install pywin32",),
    ),
    "no Excel": (
        {"excel": None, "excel_bits": None},
        "Excel",
        "not found in the registry.",
        ("Install Excel for Windows, or use retention-lite.xlsx in Excel on the web.",),
    ),
    "Store Excel": (
        {"excel": r"C:\Program Files\WindowsApps\Microsoft.Office.Desktop.Excel\EXCEL.EXE"},
        "Excel",
        "it is the Microsoft Store's",
        ("Uninstall Office in Windows Settings, Apps; install it again from your account on office.com.",),
    ),
    "old Excel": (
        {"excel_version": "15"},
        "Excel",
        "version 15 is too old.",
        ("Install Excel 2016 or later; tables spill in Excel 2021 and Microsoft 365.",),
    ),
    "DLL of a user installation": (
        {"dlls": frozenset()},
        "DLL",
        "xlwings64-0.37.8.dll is not beside the interpreter",
        (
            "Run, in a virtual environment or as the owner of Python, not with --user: "
            rf"{PYTHON} -m pip install --force-reinstall --no-deps xlwings==0.37.8",
        ),
    ),
    "32-bit Excel without its DLL": (
        {"excel_bits": 32, "dlls": frozenset({"xlwings64-0.37.8.dll"})},
        "DLL",
        "xlwings32-0.37.8.dll is not beside the interpreter",
        (
            "Run, in a virtual environment or as the owner of Python, not with --user: "
            rf"{PYTHON} -m pip install --force-reinstall --no-deps xlwings==0.37.8",
        ),
    ),
    "no access to VBA": (
        {"trusts_vba_access": None},
        "trust in VBA access",
        "it is off",
        (
            "Excel, File, Options, Trust Center, Trust Center Settings, Macro Settings: tick "
            '"Trust access to the VBA project object model".',
        ),
    ),
    "access to VBA forbidden": (
        {"trusts_vba_access": 0, "forbids_vba_access": True},
        "trust in VBA access",
        "a policy forbids it.",
        (
            r"Your organisation forbids Import Functions: ask for it, or load addin\files\retention.xlam "
            "(experimental), which needs no import.",
        ),
    ),
    "macros switched off": (
        {"macro_setting": 4},
        "macros",
        "your setting blocks all macros.",
        (
            "Excel, File, Options, Trust Center, Trust Center Settings, Macro Settings: choose "
            '"Disable VBA macros with notification".',
        ),
    ),
    "macros forbidden": (
        {"macro_setting": 1, "macro_policy": 3},
        "macros",
        "a policy blocks macros without a signature.",
        ("Ask your organisation to allow macros in one folder (a trusted location).",),
    ),
    "no add-in": (
        {"addins": {}},
        "xlwings add-in",
        "xlwings.xlam is not in Excel's start folders.",
        (r"Close Excel and run: C:\retention\.venv\Scripts\xlwings.exe addin install",),
    ),
    "add-in left from an older xlwings": (
        {"addins": {ADDIN: "0.33.1"}},
        "xlwings add-in",
        f"{ADDIN} is of xlwings 0.33.1, the package is 0.37.8.",
        (
            f"Close Excel and delete {ADDIN}.",
            r"Close Excel and run: C:\retention\.venv\Scripts\xlwings.exe addin install",
        ),
    ),
    "no settings": (
        {"settings": {"PYTHONPATH": r"C:\retention", "UDF MODULES": "addin.xlwings_udfs"}},
        "interpreter",
        f"{CONF} names none, not {PYTHON}.",
        (r"Run: C:\retention\.venv\Scripts\xlwings.exe config create --force",),
    ),
    "another interpreter": (
        {"settings": {**READY_MACHINE.settings, "INTERPRETER_WIN": r"C:\Python39\python.exe"}},
        "interpreter",
        rf"Excel would start C:\Python39\python.exe, not {PYTHON}.",
        (r"Run: C:\retention\.venv\Scripts\xlwings.exe config create --force",),
    ),
    "another search path": (
        {"settings": {**READY_MACHINE.settings, "PYTHONPATH": r"C:\retention2"}},
        "PYTHONPATH",
        r"does not hold C:\retention.",
        (
            r"xlwings tab, PYTHONPATH: C:\retention "
            rf'(or the line "PYTHONPATH","C:\retention" in {CONF}).',
        ),
    ),
    "other modules": (
        {"settings": {**READY_MACHINE.settings, "UDF MODULES": "stock;"}},
        "UDF Modules",
        "names stock;, not addin.xlwings_udfs.",
        ("xlwings tab, UDF Modules: stock;addin.xlwings_udfs",),
    ),
    "no modules": (
        {"settings": {**READY_MACHINE.settings, "UDF MODULES": ""}},
        "UDF Modules",
        "is empty.",
        ("xlwings tab, UDF Modules: addin.xlwings_udfs",),
    ),
    "download": (
        {"marked": (r"C:\retention\addin\files\retention.xlam",)},
        "blocked files",
        "Excel blocks macros in files from the internet.",
        (
            r"File Explorer, right-click C:\retention\addin\files\retention.xlam, Properties, "
            "tick Unblock, OK.",
        ),
    ),
}
MOVE = (
    "Move the project to a short path outside OneDrive, such as C:\\retention, make its .venv anew, and "
    "run this again there for the rest."
)
FOLDERS = {
    r"C:\Users\Ann\OneDrive\retention": "lies in OneDrive",
    r"C:\Users\Ann\OneDrive - Shop\retention": "lies in OneDrive",
    r"\\server\share\retention": "is a network folder",
    "C:\\" + "long\\" * 40: "its path has 203 characters",
    r"C:\R&D\retention": "holds a sign",
}


def states(machine: Machine) -> dict[str, str]:
    return {finding.check: finding.state for finding in examine(machine)}


def test_on_a_machine_that_is_ready_nothing_is_left_to_do() -> None:
    text, code = doctor_report(READY_MACHINE)
    assert set(states(READY_MACHINE).values()) == {OK}
    assert code == 0
    assert text.endswith(READY)
    assert len(text.splitlines()) == len(examine(READY_MACHINE)) + 2


@pytest.mark.parametrize("trouble", TROUBLES)
def test_each_trouble_is_said_by_its_check_alone(trouble: str) -> None:
    changes, check, begins, steps = TROUBLES[trouble]
    machine = replace(READY_MACHINE, **changes)
    found = {finding.check: finding for finding in examine(machine)}
    assert found[check].state == NOT_OK
    assert found[check].sentence.startswith(begins)
    assert found[check].steps == steps
    others = {name for name, finding in found.items() if finding.state == NOT_OK} - {check}
    # another interpreter is also not the one that xlwings.conf names
    assert others <= {"interpreter"}


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_folder_that_makes_trouble_is_to_be_left(folder: str) -> None:
    finding = examine(replace(READY_MACHINE, folder=folder))[0]
    assert (finding.check, finding.state, finding.steps) == ("folder", NOT_OK, (MOVE,))
    assert FOLDERS[folder] in finding.sentence


def test_what_cannot_be_known_leaves_nothing_to_do() -> None:
    conda = {"CONDA PATH": r"C:\conda", "CONDA ENV": "shop", "UDF MODULES": "addin.xlwings_udfs"}
    for changes, check in (
        ({"folder": "C:\\Grüße", "is_installed": True}, "folder"),
        ({"excel_version": None}, "Excel"),
        ({"excel_bits": None}, "DLL"),
        ({"addins": {ADDIN: None}}, "xlwings add-in"),
        ({"settings": conda, "is_installed": True}, "interpreter"),
        ({"built_addin": None}, "retention.xlam"),
        ({"built_addin": "0.36.0"}, "retention.xlam"),
    ):
        machine = replace(READY_MACHINE, **changes)  # type: ignore[arg-type]
        assert states(machine)[check] == UNKNOWN
        assert doctor_report(machine)[1] == 0


def test_32_bit_excel_is_served_by_its_own_dll() -> None:
    assert set(states(replace(READY_MACHINE, excel_bits=32)).values()) == {OK}


def test_a_project_installed_as_a_package_needs_no_search_path() -> None:
    settings = {**READY_MACHINE.settings, "PYTHONPATH": ""}
    assert states(replace(READY_MACHINE, settings=settings, is_installed=True))["PYTHONPATH"] == OK


def test_a_windowless_python_beside_this_one_is_this_one() -> None:
    settings = {
        **READY_MACHINE.settings,
        "INTERPRETER_WIN": PYTHON.lower().replace("python.exe", "pythonw.exe"),
    }
    assert states(replace(READY_MACHINE, settings=settings))["interpreter"] == OK


def test_steps_are_numbered_in_the_order_of_doing_and_said_once() -> None:
    bare = Machine(
        "Windows", folder=r"C:\retention", python=r"C:\Python 313\python.exe", python_version=(3, 13)
    )
    text, code = doctor_report(bare)
    left = text.partition("Left to do:\n")[2].splitlines()
    assert code == 1
    assert [line.partition(". ")[0] for line in left] == [str(n) for n in range(1, len(left) + 1)]
    assert left[0] == r'1. Run: "C:\Python 313\python.exe" -m pip install xlwings pywin32'
    assert "2. Install Excel" in left[1]
    assert r'"C:\Python 313\Scripts\xlwings.exe" config create --force' in left[2]
    assert len(left) == len(steps_left(examine(bare))) == len(set(left))


def test_the_steps_that_another_folder_would_change_wait_for_it() -> None:
    machine = replace(READY_MACHINE, folder=r"C:\Users\Ann\OneDrive\retention", addins={}, settings={})
    assert states(machine)["xlwings add-in"] == states(machine)["PYTHONPATH"] == NOT_OK
    assert steps_left(examine(machine)) == [MOVE]
    assert doctor_report(machine)[1] == 1


def test_every_finding_is_one_line_of_one_sentence() -> None:
    for changes, *_ in TROUBLES.values():
        for finding in examine(replace(READY_MACHINE, **changes)):
            assert finding.sentence.endswith(".")
            assert "\n" not in finding.sentence
            assert bool(finding.steps) == (finding.state == NOT_OK)


@pytest.mark.parametrize(("system", "said"), [("Darwin", "a Mac"), ("Linux", "Linux")])
def test_elsewhere_one_sentence_names_what_works_there(system: str, said: str) -> None:
    text, code = doctor_report(Machine(system))
    assert code == 1
    assert text.startswith(f"Classic xlwings functions need Excel for Windows and this is {said}: use ")
    for file in ("retention-lite.xlsx", "retention-lambda.xlsx", "retention.oxt"):
        assert file in text
    assert "\n" not in text


def test_the_report_as_json_holds_the_same() -> None:
    machine = replace(READY_MACHINE, addins={})
    text, code = doctor_report(machine, as_json=True)
    report = json.loads(text)
    assert code == 1
    assert report["left"] == steps_left(examine(machine))
    assert [finding["check"] for finding in report["findings"]] == [f.check for f in examine(machine)]
    assert json.loads(doctor_report(Machine("Linux"), as_json=True)[0])["findings"] == []


def test_this_machine_is_read_without_an_error() -> None:
    assert this_machine().system in {"Windows", "Linux", "Darwin"}


Registry = Callable[[str, str], "str | int | None"]


def registry(values: dict[tuple[str, str], str | int]) -> Registry:
    return lambda key, value: values.get((key, value))


def program(path: Path, machine: int) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(
        b"MZ".ljust(0x3C, b"\0")
        + struct.pack("<I", 0x80)
        + bytes(0x40)
        + b"PE\0\0"
        + struct.pack("<H", machine)
    )
    return path


SECURITY = r"Software\{}Microsoft\Office\16.0\Excel\Security"
APP_PATH = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\App Paths\excel.exe"


def test_a_windows_machine_is_read_from_its_registry_and_files(tmp_path: Path) -> None:
    excel = program(tmp_path / "Office16" / "EXCEL.EXE", 0x014C)
    theirs = (Path(str(xlwings.__file__)).parent / "addin" / "xlwings.xlam").read_bytes()
    addin = tmp_path / "Roaming" / "Microsoft" / "Excel" / "XLSTART" / "xlwings.xlam"
    conf = tmp_path / "Ann" / ".xlwings" / "xlwings.conf"
    scripts = tmp_path / "env" / "Scripts"
    for folder in (addin.parent, conf.parent, scripts, tmp_path / "files"):
        folder.mkdir(parents=True)
    addin.write_bytes(theirs)
    conf.write_text(f'"INTERPRETER_WIN","{scripts / "python.exe"}"\n"PYTHONPATH","C:\\retention"\n')
    (tmp_path / "env" / "xlwings64-0.37.8.dll").touch()
    built = tmp_path / "files" / "retention.xlam"
    built.write_bytes(xlam([FUNCTIONS["RETENTION"]]))
    Path(f"{built}:Zone.Identifier").write_text("[ZoneTransfer]\nZoneId=3\n")
    machine = windows_machine(
        registry(
            {
                (APP_PATH, ""): f'"{excel}"',
                (r"HKCR\Excel.Application\CurVer", ""): "Excel.Application.16",
                ("HKCU\\" + SECURITY.format(""), "AccessVBOM"): 1,
                ("HKCU\\" + SECURITY.format(""), "VBAWarnings"): 2,
            }
        ),
        {
            "APPDATA": str(tmp_path / "Roaming"),
            "USERPROFILE": str(tmp_path / "Ann"),
            "OneDrive": "C:\\OneDrive",
        },
        tmp_path / "files",
    )
    assert (machine.excel, machine.excel_version, machine.excel_bits) == (str(excel), "16", 32)
    assert (machine.trusts_vba_access, machine.forbids_vba_access, machine.macro_setting) == (1, False, 2)
    assert machine.addins == {str(addin): xlwings.__version__}
    assert machine.built_addin == machine.xlwings == xlwings.__version__
    assert machine.settings["PYTHONPATH"] == "C:\\retention"
    assert machine.dlls == {"xlwings64-0.37.8.dll"}
    assert machine.marked == (str(built),)
    assert machine.one_drive == ("C:\\OneDrive",)


def test_a_policy_goes_before_the_users_setting(tmp_path: Path) -> None:
    values: dict[tuple[str, str], str | int] = {
        (r"HKCR\Excel.Application\CurVer", ""): "Excel.Application.16",
        ("HKCU\\" + SECURITY.format(""), "AccessVBOM"): 1,
        ("HKCU\\" + SECURITY.format("Policies\\"), "AccessVBOM"): 0,
        ("HKLM\\" + SECURITY.format("Policies\\"), "VBAWarnings"): 4,
    }
    machine = windows_machine(registry(values), {}, tmp_path)
    assert (machine.trusts_vba_access, machine.forbids_vba_access, machine.macro_policy) == (0, True, 4)


def test_a_bare_windows_machine_is_read_without_an_error(tmp_path: Path) -> None:
    machine = windows_machine(registry({}), {"USERPROFILE": str(tmp_path)}, tmp_path)
    assert (machine.excel, machine.excel_version, machine.addins, machine.settings) == (None, None, {}, {})
    assert doctor_report(machine)[1] == 1


@pytest.mark.parametrize(
    "odd",
    [
        "",
        " ",
        0,
        -1,
        2**40,
        b"\0\1",
        ["a"],
        "C:\\x\0y\\EXCEL.EXE",
        "Excel.Application.\u00b2",
        '"',
        "x" * 40_000,
    ],
)
def test_odd_values_of_the_registry_are_no_error(tmp_path: Path, odd: Any) -> None:
    report, code = doctor_report(windows_machine(lambda _key, _value: odd, {}, tmp_path))
    assert code == 1
    assert "Left to do:" in report


def test_settings_that_are_no_table_are_none(tmp_path: Path) -> None:
    (tmp_path / "xlwings.conf").write_text('"a","' + "x" * 200_000 + '"', encoding="utf-8")
    assert read_settings(tmp_path / "xlwings.conf") == {}


@pytest.mark.parametrize(("machine", "bits"), [(0x014C, 32), (0x8664, 64), (0xAA64, 64), (0x1234, None)])
def test_the_bits_of_a_program_stand_in_its_header(tmp_path: Path, machine: int, bits: int | None) -> None:
    assert program_bits(program(tmp_path / "EXCEL.EXE", machine)) == bits


def test_what_is_no_program_has_no_bits(tmp_path: Path) -> None:
    (tmp_path / "text.exe").write_text("text")
    assert program_bits(tmp_path / "text.exe") is None
    assert program_bits(tmp_path / "none.exe") is None


def test_settings_in_the_code_page_of_windows_are_read(tmp_path: Path) -> None:
    conf = tmp_path / "xlwings.conf"
    conf.write_bytes(
        '"interpreter_win","C:\\Jürg\\python.exe"\r\n\r\n"SHOW CONSOLE",#TRUE#\r\n'.encode("cp1252")
    )
    assert read_settings(conf) == {"INTERPRETER_WIN": "C:\\Jürg\\python.exe", "SHOW CONSOLE": "#TRUE#"}
    assert read_settings(tmp_path / "none.conf") == {}


def test_only_files_from_the_internet_are_marked(tmp_path: Path) -> None:
    path = tmp_path / "retention.xlam"
    assert not is_marked(path)
    mark = Path(f"{path}:Zone.Identifier")
    for zone, marked in ((1, False), (2, False), (3, True), (4, True)):
        mark.write_text(f"[ZoneTransfer]\nZoneId={zone}\n")
        assert is_marked(path) is marked
