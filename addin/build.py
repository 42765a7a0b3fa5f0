"""Write what the hosts need: one function a host says which files, `build` writes them."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path

from addin.functions import FUNCTIONS
from addin.reference import reference
from addin.vba import vba_module
from retention_core.errors import RetentionError

_GLUE = '''\
"""The functions for a workbook named retention.xlsm beside this file; made by `python -m addin build`."""

from addin.xlwings_udfs import *  # noqa: F403
'''


def classic_files() -> dict[str, bytes]:
    """Classic xlwings on Windows: the VBA module, and the Python module that retention.xlsm looks for."""
    module = vba_module(FUNCTIONS.values()).replace("\n", "\r\n")
    return {"retention.bas": module.encode("ascii"), "retention.py": _GLUE.encode()}


def reference_files() -> dict[str, bytes]:
    """The function reference."""
    return {"functions.md": reference(FUNCTIONS.values()).encode()}


HOSTS: Mapping[str, Callable[[], dict[str, bytes]]] = {
    "classic xlwings": classic_files,
    "reference": reference_files,
}


def build(folder: Path) -> list[Path]:
    """Write the files of every host into a folder and say which.

    Everything is made before anything is written, and each file is written beside its place and
    then renamed, so that no half-written file is ever found there.

    Raises
    ------
    RetentionError
        If the folder cannot be written to.
    """
    made = {name: content for files in HOSTS.values() for name, content in files().items()}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return [_written(folder / name, content) for name, content in made.items()]
    except OSError as error:
        raise RetentionError(f"--out cannot be written to: {error.strerror} (got {folder}).") from error


def _written(path: Path, content: bytes) -> Path:
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        beside.write_bytes(content)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
    return path
