"""Write what the hosts need: one function a host says which files, `build` writes them, `check` compares."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TypeAlias

from addin.archive import unpacked
from addin.catalogue import Function
from addin.functions import FUNCTIONS
from addin.libreoffice.build import libreoffice_files
from addin.lite.build import lite_files
from addin.native.workbook import lambda_files
from addin.reference import reference
from addin.windows.build import classic_files
from addin.windows.xlam import why_not_current
from retention_core.errors import RetentionError

Files: TypeAlias = dict[str, bytes]

ADDIN = Path(__file__).parent
FILES = ADDIN / "files"
DOCS = ADDIN.parent / "docs"


def reference_files(functions: Iterable[Function]) -> Files:
    """The function reference."""
    return {"functions.md": reference(functions).encode()}


HOSTS: Mapping[str, Callable[[Iterable[Function]], Files]] = {
    "classic xlwings": classic_files,
    "xlwings Lite": lite_files,
    "LAMBDA": lambda_files,
    "LibreOffice": libreoffice_files,
    "reference": reference_files,
}


def host_files() -> Files:
    """The files of every host by name, made from the catalogue."""
    functions = tuple(FUNCTIONS.values())
    return {name: content for files in HOSTS.values() for name, content in files(functions).items()}


def home(name: str) -> Path:
    """Where a built file stands in the project."""
    return (DOCS if name.endswith(".md") else FILES) / name


def build(folder: Path | None = None) -> list[Path]:
    """Write the files of every host, into a folder or where they stand in the project, and say which.

    Everything is made before anything is written, and each file is written beside its place and
    then renamed, so that no half-written file is ever found there.

    Raises
    ------
    RetentionError
        If a file cannot be written.
    """
    made = {folder / name if folder else home(name): content for name, content in host_files().items()}
    try:
        return [_written(path, content) for path, content in made.items()]
    except OSError as error:
        raise RetentionError(
            f"--out cannot be written to: {error.strerror} (got {folder or FILES})."
        ) from error


def stale(folder: Path | None = None) -> list[str]:
    """One sentence for each file that is missing or not what the catalogue says.

    Archives are compared part by part, since how they are packed depends on the machine.
    """
    made = {folder / name if folder else home(name): content for name, content in host_files().items()}
    return [why for path, content in made.items() if (why := _why_stale(path, content))]


def _why_stale(path: Path, content: bytes) -> str | None:
    try:
        kept = path.read_bytes()
    except OSError:
        return f"{path.name} is missing: run python -m addin build."
    if _same(kept, content):
        return None
    if path.suffix == ".xlam" and _parts(kept) is not None:
        return why_not_current(kept, content)
    return f"{path.name} is not what the catalogue says: run python -m addin build."


def _same(one: bytes, other: bytes) -> bool:
    """Whether two files hold the same; how an archive is packed depends on the machine's zlib."""
    if one == other:
        return True
    parts = [_parts(content) for content in (one, other)]
    return parts[0] is not None and parts[0] == parts[1]


def _parts(content: bytes) -> list[tuple[str, bytes]] | None:
    try:
        return list(unpacked(content).items())
    except Exception:  # noqa: BLE001  # zipfile fails in a dozen ways over a damaged archive
        return None


def _written(path: Path, content: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        beside.write_bytes(content)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
    return path
