"""A process that keeps snapshots, to be killed: `python snapshot_writer.py FILE NAME COUNT MODE`.

Modes: "plain" keeps COUNT snapshots; "told" says "?" before each commit, and waits for nobody; "torn" spills
half a transaction to the disk and kills itself in the middle of the last snapshot. Each snapshot that was
kept is named on standard output, a line each.
"""

import datetime as dt
import os
import signal
import sqlite3
import sys

from retention_core.history import History
from retention_core.snapshots import KeptFigure, Snapshot

BULK = 1_500  # names of customers, so that a snapshot takes many pages of the file


def taken(writer: str, number: int, bulk: int = 0) -> Snapshot:
    """The same snapshot for the same writer and number."""
    made = dt.datetime(2026, 1, 1, tzinfo=dt.UTC) + dt.timedelta(minutes=number)
    return Snapshot(
        made=made,
        as_of=made.date(),
        definition={"period": "month"},
        figures={"rate": KeptFigure(1 / (number + 3), 0.0, 1.0)},
        log={"fingerprint": f"{writer} {number}"},
        overdue=tuple((f"{writer}{number}{place:036}", "x" * 20) for place in range(bulk)),
        label=writer,
    )


def say(text: str) -> None:
    os.write(1, text.encode())


class Told(sqlite3.Connection):
    """Says "?" when a commit begins."""

    def __init__(self, *args, **named):
        super().__init__(*args, **named)
        self.set_trace_callback(lambda statement: say("?\n") if statement == "commit" else None)


class Torn(sqlite3.Connection):
    """Writes pages to the file before the commit, and dies when it begins."""

    def __init__(self, *args, **named):
        super().__init__(*args, **named)
        self.execute("pragma cache_size = 10")
        self.execute("pragma cache_spill = 10")
        self.set_trace_callback(self.die)

    def die(self, statement):
        if statement == "commit":
            os.kill(os.getpid(), signal.SIGKILL)


def main(path: str, writer: str, count: int, mode: str) -> None:
    connect = sqlite3.connect
    for number in range(count):
        last = number == count - 1
        factory = {"told": Told, "torn": Torn if last else None}.get(mode)
        if factory is not None:
            sqlite3.connect = lambda *args, factory=factory, **named: connect(*args, factory=factory, **named)
        History(path).keep(taken(writer, number, BULK if factory is not None else 0))
        say(f"{number}\n")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4])
