"""Writers that are killed in the middle of it: every snapshot is whole or absent, and none kept is lost."""

import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from retention_core.history import History

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
KILLED = -signal.SIGKILL if hasattr(signal, "SIGKILL") else None
WRITERS, EACH = 4, 235
TORN, DURING_COMMIT = 20, 30

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")


@pytest.fixture
def path():
    """A file in memory where there is such a place: a kill takes nothing that was written, on disk or not."""
    memory = Path("/dev/shm")  # noqa: S108
    with tempfile.TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else None) as folder:
        yield Path(folder) / "history"


def start(path, name, count, mode):
    command = [sys.executable, str(HERE / "snapshot_writer.py"), str(path), name, str(count), mode]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(command, stdout=subprocess.PIPE, env=environment)


def kept_before_kill(process, commits):
    """Numbers that a writer said it kept, until it was killed as its `commits`-th commit began."""
    said, begun = [], 0
    for line in process.stdout:
        if line == b"?\n":
            begun += 1
            if begun == commits:
                process.kill()
                break
        else:
            said.append(int(line))
    said += [int(line) for line in process.stdout if line != b"?\n" and line.endswith(b"\n")]
    process.stdout.close()
    assert process.wait() == KILLED
    return said


def numbers_in(path):
    """Writer -> numbers of its snapshots in the file, each read whole."""
    found = {}
    for snapshot in History(path).snapshots():
        writer, number = snapshot.log["fingerprint"].split()
        found.setdefault(writer, []).append(int(number))
    return found


def integrity(path):
    home = sqlite3.connect(path)
    try:
        return home.execute("pragma integrity_check").fetchall()
    finally:
        home.close()


def test_a_writer_killed_with_half_a_snapshot_on_the_disk_leaves_none_of_it(path):
    process = start(path, "torn", 3, "torn")
    said = [int(line) for line in process.stdout]
    process.stdout.close()
    assert process.wait() == KILLED
    journal = Path(f"{path}-journal")
    assert journal.stat().st_size > 0 and path.stat().st_size > 50_000  # torn it is
    assert said == [0, 1]
    assert numbers_in(path) == {"torn": [0, 1]}  # by a reader, which must undo the rest first
    assert integrity(path) == [("ok",)]


def test_a_thousand_snapshots_four_writers_and_fifty_kills_lose_nothing(path):
    steady = {f"steady{one}": start(path, f"steady{one}", EACH, "plain") for one in range(WRITERS)}
    promised = {}
    for one in range(DURING_COMMIT):
        name = f"told{one}"
        promised[name] = kept_before_kill(start(path, name, 9, "told"), 1 + one % 3)
    for one in range(TORN):
        name = f"torn{one}"
        process = start(path, name, 4, "torn")
        promised[name] = [int(line) for line in process.stdout]
        process.stdout.close()
        assert process.wait() == KILLED
        assert promised[name] == [0, 1, 2]
    for name, process in steady.items():
        promised[name] = [int(line) for line in process.stdout]
        process.stdout.close()
        assert process.wait() == 0
        assert promised[name] == list(range(EACH))
    found = numbers_in(path)
    assert sum(map(len, found.values())) >= 1_000
    for name, numbers in promised.items():
        there = found.get(name, [])
        # the one at whose commit the writer was killed may be there too, as a whole
        assert there in (numbers, [*numbers, len(numbers)])
        if name.startswith("torn"):
            assert there == numbers
    assert integrity(path) == [("ok",)]
    assert History(path).changes("steady0").now.log["fingerprint"] == f"steady0 {EACH - 1}"
