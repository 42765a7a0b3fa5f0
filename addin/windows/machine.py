"""What `python -m addin doctor` looks at: Windows, Excel, Python and xlwings as they are on this machine.

Read without starting Excel. Where a value cannot be read it is None, which the doctor reports as unknown.
"""

from __future__ import annotations

import csv
import os
import platform
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path, PureWindowsPath

from addin.windows.xlam import xlwings_version

Registry = Callable[[str, str], "str | int | None"]

_APP_PATH = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\App Paths\excel.exe"
_CURRENT = r"HKCR\Excel.Application\CurVer"
_BITS_OF_PROGRAM = {0x014C: 32, 0x8664: 64, 0xAA64: 64}
_FILES = Path(__file__).parents[1] / "files"


@dataclass(frozen=True, slots=True)
class Machine:
    """A machine as far as it matters to functions that Excel calls through xlwings."""

    system: str
    folder: str = ""
    python: str = ""
    python_home: str = ""
    python_version: tuple[int, int] = (0, 0)
    has_pywin32: bool = False
    is_installed: bool = False
    xlwings: str | None = None
    dlls: frozenset[str] = frozenset()
    excel: str | None = None
    excel_version: str | None = None
    excel_bits: int | None = None
    trusts_vba_access: int | None = None
    forbids_vba_access: bool = False
    macro_setting: int | None = None
    macro_policy: int | None = None
    addins: Mapping[str, str | None] = field(default_factory=dict)
    built_addin: str | None = None
    settings_file: str = ""
    settings: Mapping[str, str] = field(default_factory=dict)
    one_drive: tuple[str, ...] = ()
    marked: tuple[str, ...] = ()


def this_machine() -> Machine:
    """The machine that this runs on."""
    if platform.system() != "Windows":
        return Machine(platform.system())
    return windows_machine(_registry, os.environ)


def windows_machine(registry: Registry, environ: Mapping[str, str], files: Path = _FILES) -> Machine:
    """A Windows machine, from its registry, its environment and its files."""
    excel = registry(_APP_PATH, "")
    excel = excel.strip('"') if isinstance(excel, str) and "\0" not in excel else None
    version = str(registry(_CURRENT, "") or "").rpartition(".")[2] or None
    settings_file = Path(environ.get("USERPROFILE", "~")).expanduser() / ".xlwings" / "xlwings.conf"
    settings = read_settings(settings_file)
    security = rf"Software\{{}}Microsoft\Office\{version}.0\Excel\Security"
    own, policy = security.format(""), security.format("Policies\\")
    by_policy = _first(registry, policy, "AccessVBOM")
    interpreter = settings.get("INTERPRETER_WIN") or sys.executable
    return Machine(
        system="Windows",
        folder=str(Path(__file__).resolve().parents[2]),
        python=sys.executable,
        python_home=sys.base_prefix,
        python_version=sys.version_info[:2],
        has_pywin32=find_spec("pythoncom") is not None and find_spec("win32com") is not None,
        is_installed=installed("retention") is not None,
        xlwings=installed("xlwings"),
        dlls=dlls_beside(Path(interpreter)),
        excel=excel,
        excel_version=version,
        excel_bits=program_bits(Path(excel)) if excel else None,
        trusts_vba_access=_number(registry(f"HKCU\\{own}", "AccessVBOM")) if by_policy is None else by_policy,
        forbids_vba_access=by_policy == 0,
        macro_setting=_number(registry(f"HKCU\\{own}", "VBAWarnings")),
        macro_policy=_first(registry, policy, "VBAWarnings"),
        addins=startup_addins(environ.get("APPDATA"), excel),
        built_addin=_version_of(files / "retention.xlam"),
        settings_file=str(settings_file),
        settings=settings,
        one_drive=tuple(sorted({value for key, value in environ.items() if _is_one_drive(key) and value})),
        marked=tuple(str(path) for path in sorted(files.glob("*.xlam")) if is_marked(path)),
    )


def installed(package: str) -> str | None:
    """The version of an installed package, None without it.

    Examples
    --------
    >>> installed("no-such-package-anywhere") is None
    True
    """
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def read_settings(path: Path) -> dict[str, str]:
    """Setting -> value of an xlwings.conf, names in capitals; empty without the file.

    The file is in the code page of Windows, for older versions of Python and for Excel wrote it.
    """
    try:
        raw = path.read_bytes()
    except OSError:
        return {}
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("cp1252", "replace")
    try:
        rows = [row for row in csv.reader(text.splitlines()) if len(row) >= 2]
    except csv.Error:
        return {}
    return {name.strip().upper(): value.strip() for name, value, *_ in rows}


def program_bits(path: Path) -> int | None:
    """Whether a Windows program is of 32 or 64 bits, from its header; None if that cannot be read."""
    try:
        with path.open("rb") as program:
            head = program.read(4096)
    except OSError:
        return None
    at = int.from_bytes(head[0x3C:0x40], "little")
    if head[at : at + 4] != b"PE\0\0":
        return None
    return _BITS_OF_PROGRAM.get(int.from_bytes(head[at + 4 : at + 6], "little"))


def dlls_beside(interpreter: Path) -> frozenset[str]:
    """The xlwings DLLs where an add-in looks for them: beside python.exe and one folder above."""
    folders = (interpreter.parent, interpreter.parent.parent)
    try:
        return frozenset(path.name.lower() for folder in folders for path in folder.glob("xlwings*.dll"))
    except OSError:
        # an interpreter on a network drive that is not there
        return frozenset()


def startup_addins(roaming: str | None, excel: str | None) -> dict[str, str | None]:
    """Path -> version of every xlwings.xlam that Excel loads when it starts."""
    folders = []
    if roaming:
        folders.append(Path(roaming) / "Microsoft" / "Excel" / "XLSTART")
    if excel:
        folders.append(Path(excel).parent / "XLSTART")
    paths = (folder / "xlwings.xlam" for folder in folders)
    return {str(path): _version_of(path) for path in paths if path.is_file()}


def is_marked(path: Path) -> bool:
    """Whether Windows has marked a file as coming from the internet, which makes Excel block its macros."""
    try:
        mark = Path(f"{path}:Zone.Identifier").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return "ZoneId=3" in mark or "ZoneId=4" in mark


def is_within(folder: str, other: str) -> bool:
    """Whether a Windows folder is another one or lies in it.

    Examples
    --------
    >>> is_within(r"C:\\Users\\Ann\\OneDrive\\retention", r"c:\\users\\ann\\onedrive")
    True
    >>> is_within(r"C:\\OneDrive2", r"C:\\OneDrive")
    False
    """
    return PureWindowsPath(folder).is_relative_to(PureWindowsPath(other))


def _version_of(path: Path) -> str | None:
    try:
        return xlwings_version(path.read_bytes())
    except OSError:
        return None


def _is_one_drive(name: str) -> bool:
    return name.upper() in {"ONEDRIVE", "ONEDRIVECONSUMER", "ONEDRIVECOMMERCIAL"}


def _first(registry: Registry, key: str, value: str) -> int | None:
    """A policy, the machine's before the user's."""
    for root in ("HKLM", "HKCU"):
        found = _number(registry(f"{root}\\{key}", value))
        if found is not None:
            return found
    return None


def _number(value: str | int | None) -> int | None:
    return value if isinstance(value, int) else None


def _registry(key: str, value: str) -> str | int | None:
    import winreg

    roots = {"HKLM": "HKEY_LOCAL_MACHINE", "HKCU": "HKEY_CURRENT_USER", "HKCR": "HKEY_CLASSES_ROOT"}
    root, _, path = key.partition("\\")
    try:
        # a 32-bit Python would be shown another registry
        access = winreg.KEY_READ | winreg.KEY_WOW64_64KEY  # type: ignore[attr-defined]
        hive = getattr(winreg, roots[root])
        with winreg.OpenKey(hive, path, access=access) as opened:  # type: ignore[attr-defined]
            found: str | int = winreg.QueryValueEx(opened, value)[0]  # type: ignore[attr-defined]
            return found
    except OSError:
        return None
