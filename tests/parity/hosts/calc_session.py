"""One headless LibreOffice with retention.oxt installed in a fresh profile, asked in one go."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import tempfile
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

CLIENT = Path(__file__).with_name("calc_client.py")
PYTHON = "/usr/bin/python3"  # Debian's LibreOffice has no Python of its own
NOBODY = 65534
LIMIT = 180


def require_libreoffice() -> None:
    """Fail in CI and skip elsewhere where LibreOffice, or its Python bridge, is not installed."""
    if shutil.which("soffice") and shutil.which("unopkg") and _can_import("uno"):
        return
    if os.environ.get("CI"):
        pytest.fail("LibreOffice with python3-uno must be installed in CI")
    pytest.skip("LibreOffice with python3-uno is not installed")


def require_packages(names: Iterable[str]) -> None:
    """Fail in CI and skip elsewhere where LibreOffice's Python lacks a package that functions need."""
    lacking = [name for name in names if not _can_import(name)]
    if lacking:
        missing = " and ".join(f"python3-{name}" for name in lacking)
        if os.environ.get("CI"):
            pytest.fail(f"{missing} must be installed in CI")
        pytest.skip(f"{missing}, which LibreOffice's Python needs, is not installed")


def _can_import(name: str) -> bool:
    return (
        Path(PYTHON).exists()
        and not subprocess.run([PYTHON, "-c", f"import {name}"], capture_output=True).returncode
    )


def ask(
    extension: bytes,
    steps: Sequence[Sequence[Any]],
    *,
    files: Mapping[str, bytes] = MappingProxyType({}),
    limit: int = LIMIT,
) -> list[Any]:
    """What the steps give (see `Session` in calc_client.py), in a LibreOffice with the extension.

    HERE in a step is the URL of a folder with the files, to which LibreOffice may write.
    """
    with tempfile.TemporaryDirectory(prefix="calc-") as name, ExitStack() as stack:
        folder = Path(name)
        for file, content in files.items():
            (folder / file).write_bytes(content)
        pipe = stack.enter_context(installed(extension, folder))
        task, result = folder / "task.json", folder / "result.json"
        task.write_text(json.dumps({"pipe": pipe, "steps": steps}).replace('"HERE/', f'"{folder.as_uri()}/'))
        client = [PYTHON, str(_client(folder)), str(task), str(result)]
        done = subprocess.run(
            as_user(client), capture_output=True, text=True, timeout=limit, **_at_home(folder)
        )
        assert done.returncode == 0, done.stderr
        found: list[Any] = json.loads(result.read_text())
        return found


def _client(folder: Path) -> Path:
    copy = folder / CLIENT.name
    copy.write_bytes(CLIENT.read_bytes())
    return copy


@contextmanager
def installed(extension: bytes, folder: Path) -> Iterator[str]:
    """A running soffice with the extension; the name of its pipe."""
    (folder / "retention.oxt").write_bytes(extension)
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    _give_away(folder)
    adding = ["unopkg", "add", "-f", profile, str(folder / "retention.oxt")]
    for _ in range(2):  # unopkg itself was once seen to crash on a busy machine
        added = subprocess.run(
            as_user(adding), capture_output=True, text=True, timeout=LIMIT, **_at_home(folder)
        )
        if added.returncode == 0:
            break
    assert added.returncode == 0, added.stdout + added.stderr
    pipe = f"retention{uuid.uuid4().hex}"
    office = ["soffice", profile, "--headless", "--norestore", f"--accept=pipe,name={pipe};urp;"]
    running = subprocess.Popen(
        as_user(office),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        **_at_home(folder),
        start_new_session=True,
    )
    try:
        yield pipe
        running.wait(timeout=30)
    finally:
        # soffice is a script around the program
        with suppress(ProcessLookupError):
            os.killpg(running.pid, signal.SIGKILL)
        running.wait()


def as_user(command: Iterable[str]) -> list[str]:
    """The command as an ordinary user, since unopkg refuses root."""
    if os.geteuid() != 0:
        return list(command)
    return ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", *command]


def _at_home(folder: Path) -> dict[str, Any]:
    """Where a program starts, which must be a place that the ordinary user may read."""
    return {"cwd": folder, "env": {"HOME": str(folder), "PATH": os.environ["PATH"], "LANG": "C.UTF-8"}}


def _give_away(folder: Path) -> None:
    if os.geteuid() == 0:
        for path in (folder, *folder.rglob("*")):
            os.chown(path, NOBODY, NOBODY)
