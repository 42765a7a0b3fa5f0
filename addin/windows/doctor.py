"""Whether this machine is ready for the functions in Excel through classic xlwings, and what is left to do.

Every check is a function of a `Machine`, so that all of them are tested without Windows. What they look for
is what xlwings' own VBA needs, and what its users reported: the add-in finds xlwings<bits>-<version>.dll
beside the interpreter, and the DLL starts that interpreter as a COM server outside Excel. Excel and Python
may therefore differ in bits; Excel and the DLL may not, nor add-in and package in version.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import PureWindowsPath

from addin.windows.machine import Machine, is_within, this_machine
from addin.windows.vba import UDF_MODULE

OK, NOT_OK, UNKNOWN = "ok", "not ok", "unknown"
OLDEST_PYTHON, OLDEST_EXCEL = (3, 11), 16
LONGEST_FOLDER = 150
_SIGNED_ONLY, _NO_MACROS = 3, 4
_CHANGE_PATHS = {"folder", "Python"}
_TRUST_CENTER = "Excel, File, Options, Trust Center, Trust Center Settings, Macro Settings"

ELSEWHERE = (
    "Classic xlwings functions need Excel for Windows and this is {system}: use retention-lite.xlsx (xlwings "
    "Lite, also on Mac and the web), retention-lambda.xlsx (Microsoft 365) or retention.oxt (LibreOffice)."
)
READY = (
    "Nothing is left to do here. In Excel, with your workbook saved as .xlsm: xlwings tab, Import Functions; "
    "then =RETENTION(100,110,20) shows 0.9."
)


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found; steps say what to do where something is not ok."""

    check: str
    state: str
    sentence: str
    steps: tuple[str, ...] = ()


def doctor_report(machine: Machine | None = None, as_json: bool = False) -> tuple[str, int]:
    """The report as text or JSON, and the exit code: 0 if nothing is left to do.

    Examples
    --------
    >>> text, code = doctor_report(Machine("Linux"))
    >>> text.partition(":")[0], code
    ('Classic xlwings functions need Excel for Windows and this is Linux', 1)
    """
    machine = this_machine() if machine is None else machine
    if machine.system != "Windows":
        sentence = ELSEWHERE.format(system={"Darwin": "a Mac"}.get(machine.system, machine.system))
        return (_json(machine, [], [sentence]) if as_json else sentence), 1
    findings = examine(machine)
    left = steps_left(findings)
    return (_json(machine, findings, left) if as_json else _text(findings, left)), int(bool(left))


def examine(machine: Machine) -> list[Finding]:
    """Everything that is checked on Windows, in the order in which it is put right.

    Examples
    --------
    >>> examine(Machine("Windows", python_version=(3, 9)))[1].sentence
    'Python 3.9 is too old.'
    """
    return [check(machine) for check in CHECKS]


def steps_left(findings: Iterable[Finding]) -> list[str]:
    """The steps of all findings, each once, in order.

    Another folder or another Python changes the paths in all other steps, so its steps come alone.

    Examples
    --------
    >>> steps_left([Finding("a", NOT_OK, "", ("Do this.",)), Finding("b", NOT_OK, "", ("Do this.",))])
    ['Do this.']
    """
    listed = list(findings)
    first = [finding for finding in listed if finding.check in _CHANGE_PATHS and finding.steps]
    return list(dict.fromkeys(step for finding in first or listed for step in finding.steps))


def _text(findings: list[Finding], left: list[str]) -> str:
    lines = [f"{finding.state:<7}  {finding.check}: {finding.sentence}" for finding in findings]
    if not left:
        return "\n".join([*lines, "", READY])
    numbered = (f"{number}. {step}" for number, step in enumerate(left, start=1))
    return "\n".join([*lines, "", "Left to do:", *numbered])


def _json(machine: Machine, findings: list[Finding], left: list[str]) -> str:
    found = [asdict(finding) for finding in findings]
    return json.dumps({"system": machine.system, "findings": found, "left": left}, indent=2)


def python(machine: Machine) -> Finding:
    """The interpreter: new enough, and none of the Microsoft Store."""
    version = ".".join(map(str, machine.python_version))
    homes = (machine.python + machine.python_home).lower()
    if "windowsapps" in homes or "pythonsoftwarefoundation" in homes:
        return Finding(
            "Python",
            NOT_OK,
            "this Python is from the Microsoft Store, and Excel cannot start it.",
            ("Install Python from python.org, and run this again with it for the rest.",),
        )
    if machine.python_version < OLDEST_PYTHON:
        oldest = ".".join(map(str, OLDEST_PYTHON))
        step = f"Install Python {oldest} or later from python.org, and run this again with it for the rest."
        return Finding("Python", NOT_OK, f"Python {version} is too old.", (step,))
    return Finding("Python", OK, f"{version} at {machine.python}.")


def packages(machine: Machine) -> Finding:
    """xlwings and the pywin32 that it needs on Windows."""
    missing = [
        name for name, found in (("xlwings", machine.xlwings), ("pywin32", machine.has_pywin32)) if not found
    ]
    if missing:
        return Finding(
            "packages",
            NOT_OK,
            f"{' and '.join(missing)} cannot be imported.",
            (f"Run: {_python(machine)} -m pip install {' '.join(missing)}",),
        )
    return Finding("packages", OK, f"xlwings {machine.xlwings} and pywin32.")


def excel(machine: Machine) -> Finding:
    """Excel itself: installed, no Store app, new enough."""
    if machine.excel is None:
        step = "Install Excel for Windows, or use retention-lite.xlsx in Excel on the web."
        return Finding("Excel", NOT_OK, "not found in the registry.", (step,))
    if "windowsapps" in machine.excel.lower():
        step = "Uninstall Office in Windows Settings, Apps; install it again from your account on office.com."
        return Finding("Excel", NOT_OK, "it is the Microsoft Store's, which starts no Python.", (step,))
    if machine.excel_version is None or not machine.excel_version.isdecimal():
        return Finding("Excel", UNKNOWN, f"found at {machine.excel}, of a version that could not be read.")
    if int(machine.excel_version) < OLDEST_EXCEL:
        step = "Install Excel 2016 or later; tables spill in Excel 2021 and Microsoft 365."
        return Finding("Excel", NOT_OK, f"version {machine.excel_version} is too old.", (step,))
    bits = f", {machine.excel_bits} bit" if machine.excel_bits else ""
    return Finding("Excel", OK, f"version {machine.excel_version}{bits} at {machine.excel}.")


def dll(machine: Machine) -> Finding:
    """The DLL through which the add-in starts Python, of Excel's bits and the package's version."""
    if machine.xlwings is None or machine.excel_bits is None:
        return Finding("DLL", UNKNOWN, "which one is needed shows once Excel and xlwings are found.")
    name = f"xlwings{machine.excel_bits}-{machine.xlwings}.dll"
    if name not in machine.dlls:
        step = (
            f"Run, in a virtual environment or as the owner of Python, not with --user: {_python(machine)} "
            f"-m pip install --force-reinstall --no-deps xlwings=={machine.xlwings}"
        )
        return Finding(
            "DLL", NOT_OK, f"{name} is not beside the interpreter that xlwings.conf names.", (step,)
        )
    return Finding("DLL", OK, f"{name}, for Excel's {machine.excel_bits} bits; Python may have others.")


def trust(machine: Machine) -> Finding:
    """Trust access to the VBA project object model, which Import Functions needs."""
    check = "trust in VBA access"
    if machine.trusts_vba_access == 1:
        return Finding(check, OK, "Import Functions may write into workbooks.")
    if machine.forbids_vba_access:
        step = (
            "Your organisation forbids Import Functions: ask for it, or load addin\\files\\retention.xlam "
            "(experimental), which needs no import."
        )
        return Finding(check, NOT_OK, "a policy forbids it.", (step,))
    step = f'{_TRUST_CENTER}: tick "Trust access to the VBA project object model".'
    return Finding(check, NOT_OK, "it is off, as it is after installing Excel.", (step,))


def macros(machine: Machine) -> Finding:
    """Whether macros without a signature may run."""
    for setting, owner in ((machine.macro_policy, "a policy"), (machine.macro_setting, "your setting")):
        if setting in (_SIGNED_ONLY, _NO_MACROS):
            blocks = "macros without a signature" if setting == _SIGNED_ONLY else "all macros"
            step = (
                "Ask your organisation to allow macros in one folder (a trusted location)."
                if owner == "a policy"
                else f'{_TRUST_CENTER}: choose "Disable VBA macros with notification".'
            )
            return Finding("macros", NOT_OK, f"{owner} blocks {blocks}.", (step,))
        if setting is not None:
            break
    return Finding("macros", OK, "Excel asks before it runs them, or runs them.")


def addin(machine: Machine) -> Finding:
    """xlwings' own add-in: installed, and of the package's version."""
    check = "xlwings add-in"
    install = f"Close Excel and run: {_beside(machine, 'xlwings.exe')} addin install"
    if not machine.addins:
        return Finding(check, NOT_OK, "xlwings.xlam is not in Excel's start folders.", (install,))
    if None in machine.addins.values():
        return Finding(check, UNKNOWN, f"the version of {' and '.join(machine.addins)} could not be read.")
    other = {path: version for path, version in machine.addins.items() if version != machine.xlwings}
    if other:
        path, version = next(iter(other.items()))
        sentence = f"{path} is of xlwings {version}, the package is {machine.xlwings or 'missing'}."
        # an installed add-in is overwritten only in the user's own start folder
        remove = f"Close Excel and delete {path}."
        return Finding(check, NOT_OK, sentence, (remove, install))
    return Finding(check, OK, f"{machine.xlwings}, as the package.")


def interpreter(machine: Machine) -> Finding:
    """The interpreter that xlwings.conf tells Excel to start."""
    check = "interpreter"
    named = machine.settings.get("INTERPRETER_WIN", "")
    if not named and machine.settings.get("CONDA PATH") and machine.settings.get("CONDA ENV"):
        environment = machine.settings["CONDA ENV"]
        return Finding(check, UNKNOWN, f'Excel starts the conda environment "{environment}".')
    wanted = PureWindowsPath(machine.python)
    if named and PureWindowsPath(named).parent == wanted.parent:
        return Finding(check, OK, f"Excel starts {named}.")
    started = f"Excel would start {named}" if named else f"{machine.settings_file} names none"
    step = f"Run: {_beside(machine, 'xlwings.exe')} config create --force"
    return Finding(check, NOT_OK, f"{started}, not {machine.python}.", (step,))


def search_path(machine: Machine) -> Finding:
    """Whether the Python that Excel starts finds this project."""
    if machine.is_installed:
        return Finding("PYTHONPATH", OK, "not needed, since the project is installed as a package.")
    folders = [folder for folder in machine.settings.get("PYTHONPATH", "").split(";") if folder.strip()]
    if any(PureWindowsPath(folder.strip()) == PureWindowsPath(machine.folder) for folder in folders):
        return Finding("PYTHONPATH", OK, f"holds {machine.folder}.")
    step = f'xlwings tab, PYTHONPATH: {machine.folder} (or the line "PYTHONPATH","{machine.folder}" in {{}}).'
    return Finding(
        "PYTHONPATH", NOT_OK, f"does not hold {machine.folder}.", (step.format(machine.settings_file),)
    )


def udf_modules(machine: Machine) -> Finding:
    """Whether Import Functions finds the functions from any workbook."""
    named = machine.settings.get("UDF MODULES", "")
    if UDF_MODULE in (name.strip() for name in named.split(";")):
        return Finding("UDF Modules", OK, f"{named}.")
    step = f"xlwings tab, UDF Modules: {UDF_MODULE}" if not named else (
        f"xlwings tab, UDF Modules: {named.rstrip(';')};{UDF_MODULE}"
    )  # fmt: skip
    shown = f"names {named}, not {UDF_MODULE}" if named else "is empty"
    return Finding("UDF Modules", NOT_OK, f"{shown}.", (step,))


def folder(machine: Machine) -> Finding:
    """Where the project lies: not in OneDrive, and at a path that Excel can pass on."""
    path = machine.folder
    step = (
        "Move the project to a short path outside OneDrive, such as C:\\retention, make its .venv anew, and "
        "run this again there for the rest."
    )
    if any(is_within(path, drive) for drive in machine.one_drive) or "onedrive" in path.lower():
        return Finding("folder", NOT_OK, f"{path} lies in OneDrive, which confuses xlwings' paths.", (step,))
    if path.startswith("\\\\"):
        return Finding("folder", NOT_OK, f"{path} is a network folder.", (step,))
    if len(path) > LONGEST_FOLDER:
        return Finding("folder", NOT_OK, f"its path has {len(path)} characters.", (step,))
    if any(sign in path for sign in ";&%^'"):
        return Finding("folder", NOT_OK, f"{path} holds a sign that command lines cut at.", (step,))
    if not path.isascii():
        return Finding(
            "folder", UNKNOWN, f"{path} holds letters that some code pages lack; move it if it fails."
        )
    return Finding("folder", OK, f"{path}.")


def marks(machine: Machine) -> Finding:
    """Files that Windows has marked as coming from the internet."""
    if not machine.marked:
        return Finding("blocked files", OK, "none of the built files is marked as from the internet.")
    steps = tuple(
        f"File Explorer, right-click {path}, Properties, tick Unblock, OK." for path in machine.marked
    )
    return Finding("blocked files", NOT_OK, "Excel blocks macros in files from the internet.", steps)


def built_addin(machine: Machine) -> Finding:
    """The experimental add-in: only usable with the xlwings it was built from."""
    check = "retention.xlam"
    if machine.built_addin is None or machine.xlwings is None:
        return Finding(
            check, UNKNOWN, "its version of xlwings could not be read; Import Functions needs it not."
        )
    if machine.built_addin == machine.xlwings:
        return Finding(check, OK, f"built with xlwings {machine.xlwings}, as installed (experimental).")
    return Finding(
        check,
        UNKNOWN,
        f"built with xlwings {machine.built_addin} and {machine.xlwings} is installed: to use it, run "
        f'"python -m addin build"; Import Functions needs it not.',
    )


CHECKS: tuple[Callable[[Machine], Finding], ...] = (
    folder, python, packages, excel, dll, interpreter, addin, search_path, udf_modules, trust, macros, marks,
    built_addin,
)  # fmt: skip


def _python(machine: Machine) -> str:
    return _quoted(machine.python)


def _beside(machine: Machine, program: str) -> str:
    """A program of the same environment: in Scripts, beside python.exe in a virtual environment."""
    home = PureWindowsPath(machine.python).parent
    scripts = home if home.name.lower() == "scripts" else home / "Scripts"
    return _quoted(str(scripts / program))


def _quoted(path: str) -> str:
    return f'"{path}"' if " " in path else path
