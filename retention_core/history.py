"""Snapshots of reports in one SQLite file, whole or absent, whoever writes and whatever is cut off.

Needs the standard library alone.

The file uses a rollback journal and waits for the disk (`synchronous=EXTRA`). The quicker write-ahead log
needs memory shared between its users, which a folder on the network does not have.
"""

from __future__ import annotations

import datetime as dt
import os
import sqlite3
import stat
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote

from retention_core.arguments import is_number, named_day
from retention_core.changes import Changes, changes_between
from retention_core.errors import said
from retention_core.snapshots import HistoryError, Snapshot, canonical, checksum

if TYPE_CHECKING:
    from retention_core.frames import DataFrame

APPLICATION = 0x52544E48  # "RTNH"
VERSION = 1
WAIT = 30.0
_LONGEST_WAIT = 86_400
TABLES = (
    "create table snapshots (id integer primary key autoincrement, label text not null, "
    "definition text not null, as_of text not null, made text not null, identity text not null, "
    "checksum text not null, body text not null)",
    "create index by_day on snapshots (label, definition, as_of, id)",
    f"pragma application_id = {APPLICATION}",
    f"pragma user_version = {VERSION}",
)
_ADD = (
    "insert into snapshots (label, definition, as_of, made, identity, checksum, body) "
    "values (?, ?, ?, ?, ?, ?, ?)"
)
_LATEST = " order by as_of desc, id desc limit 1"
_ERRORS = {
    "SQLITE_BUSY": "is being written by another program: try again in a moment",
    "SQLITE_LOCKED": "is being written by another program: try again in a moment",
    "SQLITE_READONLY": "cannot be written: it, or its folder, is read-only",
    "SQLITE_FULL": "cannot be written: the disk is full",
    "SQLITE_CANTOPEN": "cannot be opened: it, or its folder, may not be read or written",
    "SQLITE_PERM": "cannot be opened: it, or its folder, may not be read or written",
    "SQLITE_NOTADB": "is no history of reports, or is damaged: name another file, or take a copy of it",
    "SQLITE_CORRUPT": "is damaged: take a copy of it, or name a new file",
}


class Kept(NamedTuple):
    """What became of a snapshot.

    `new` is False where the last one of the same label and definition says the same; nothing was written
    then. `before` is that last one or, where there is none of the same definition, the last of the label.
    """

    id: int
    new: bool
    before: Snapshot | None


@dataclass(frozen=True, slots=True)
class History:
    """The snapshots in a file, which is made when the first is kept; several programs may write at once.

    Parameters
    ----------
    path
        The file. A link is followed.
    wait
        Seconds to wait for others who write.

    Examples
    --------
    >>> import tempfile
    >>> from retention_core.snapshots import KeptFigure
    >>> made = dt.datetime(2026, 2, 1, 6, tzinfo=dt.UTC)
    >>> january = Snapshot(made, dt.date(2026, 2, 1), {"period": "month"}, {"rate": KeptFigure(0.8)}, {})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     history = History(Path(folder) / "shop.history")
    ...     history.keep(january).new, history.keep(january).new, len(history.snapshots())
    (True, False, 1)
    """

    path: str | Path
    wait: float = WAIT

    def __post_init__(self) -> None:
        if not (is_number(self.wait) and 0 <= self.wait <= _LONGEST_WAIT):
            raise HistoryError(
                f"`wait` must be a number of seconds from 0 to {_LONGEST_WAIT:,} (got {said(self.wait)})."
            )

    def check(self) -> None:
        """Find out before long work whether snapshots could be kept here; nothing is written.

        Raises
        ------
        HistoryError
            If the folder is missing, or the file is none of this kind, damaged or of a newer version.
        """
        file = _checked_file(self.path)
        folder = file if file.exists() else file.parent
        if not os.access(folder, os.W_OK, effective_ids=os.access in os.supports_effective_ids):
            raise HistoryError(f'"{said(file)}" {_ERRORS["SQLITE_READONLY"]}.')
        with self._reading():
            pass

    def keep(self, snapshot: Snapshot) -> Kept:
        """Add a snapshot, unless the last one like it says the same.

        Raises
        ------
        HistoryError
            If the file cannot be used; it stays as it was.
        """
        if not isinstance(snapshot, Snapshot):
            raise HistoryError(f"`snapshot` must be a Snapshot (got {said(type(snapshot).__name__)}).")
        with self._writing() as home:
            found = _latest(home, snapshot.label, snapshot.definition_id, snapshot.as_of)
            identity, body = snapshot.identity, snapshot.to_text()
            if found is not None and found["identity"] == identity:
                return Kept(int(found["id"]), False, _snapshot(found, self.path))
            if found is None:
                found = _latest(home, snapshot.label, None, snapshot.as_of)
            before = None if found is None else _snapshot(found, self.path)
            told = snapshot.to_json()
            row = (snapshot.label, snapshot.definition_id, told["as_of"], told["made"])
            added = home.execute(_ADD, (*row, identity, checksum(body), body)).lastrowid
        return Kept(int(added or 0), True, before)

    def snapshots(self, label: str | None = None) -> tuple[Snapshot, ...]:
        """All snapshots, or those of a label, by the day they look at; none where there is no file yet."""
        where, values = ("", ()) if label is None else (" where label = ?", (label,))
        with self._reading() as home:
            if home is None:
                return ()
            rows = home.execute(f"select * from snapshots{where} order by as_of, id", values)  # noqa: S608
            return tuple(_snapshot(row, self.path) for row in rows)

    def last(
        self,
        label: str = "",
        *,
        definition: Mapping[str, Any] | None = None,
        until: dt.date | None = None,
    ) -> Snapshot | None:
        """The last snapshot of a label, by the day it looks at; None where there is none.

        Parameters
        ----------
        definition
            Only those of an equal definition.
        until
            Only those that look at this day or an earlier one.
        """
        until = None if until is None else named_day("until", until)
        known = None if definition is None else checksum(canonical(definition))
        with self._reading() as home:
            found = None if home is None else _latest(home, label, known, until)
            return None if found is None else _snapshot(found, self.path)

    def changes(self, label: str = "", *, since: dt.date | None = None) -> Changes | None:
        """What changed between the last snapshot of a label and one before it.

        Parameters
        ----------
        since
            Compare with the last that looks at this day or an earlier one, such as a year ago; by default
            with the one just before.

        Returns
        -------
        None where there is nothing to compare. The one before has an equal definition if there is such a one.
        """
        since = None if since is None else named_day("since", since)
        with self._reading() as home:
            now = None if home is None else _latest(home, label, None, None)
            if home is None or now is None:
                return None
            day, newest = dt.date.fromisoformat(now["as_of"]), int(now["id"])
            spot = (day, newest) if since is None else (min(since, day), newest)
            before = _latest(home, label, now["definition"], *spot) or _latest(home, label, None, *spot)
            if before is None:
                return None
            return changes_between(_snapshot(before, self.path), _snapshot(now, self.path))

    def columns(self, label: str | None = None) -> dict[str, list[Any]]:
        """Every figure of every snapshot, one entry each, by the day looked at; for tables and charts.

        Returns
        -------
        `as_of`, `made`, `label`, `definition` (1 for the first that comes up, 2 for the next ...), `figure`,
        `value`, `low`, `high`, `about`.
        """
        names = ("as_of", "made", "label", "definition", "figure", "value", "low", "high", "about")
        numbers: dict[str, int] = {}
        rows = []
        for one in self.snapshots(label):
            number = numbers.setdefault(one.definition_id, len(numbers) + 1)
            rows += [
                (one.as_of, one.made, one.label, number, name, kept.value, kept.low, kept.high, kept.about)
                for name, kept in one.figures.items()
            ]
        return {name: [row[place] for row in rows] for place, name in enumerate(names)}

    def to_frame(self, label: str | None = None) -> DataFrame:
        """One row a snapshot and figure, with the columns of `columns`; `made` in UTC."""
        from retention_core.frames import frame_of

        numbers = dict.fromkeys(("value", "low", "high"), "float64")
        types = {"as_of": "datetime64[s]", "made": "datetime64[us, UTC]", "definition": "int64"}
        return frame_of(self.columns(label)).astype({**types, **numbers})

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction that is written whole or not at all."""
        file = _checked_file(self.path)
        with _errors_said(file), closing(_opened(file, "rwc", self.wait)) as home:
            home.execute("pragma synchronous = extra")
            home.execute("pragma fullfsync = on")
            home.execute("begin immediate")
            if home.execute("pragma journal_mode").fetchone()[0] != "delete":  # somebody turned it
                home.execute("rollback")
                home.execute("pragma journal_mode = delete")
                home.execute("begin immediate")
            try:
                if not _check_kind(home, file):
                    for statement in TABLES:
                        home.execute(statement)
                yield home
            except BaseException:
                if home.in_transaction:
                    home.execute("rollback")
                raise
            home.execute("commit")

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection | None]:
        """The file as it is, None where nothing was kept yet."""
        file = _checked_file(self.path)
        if not file.exists():
            yield None
            return
        with _errors_said(file):
            home, begun = _begun(file, self.wait)
            with closing(home):
                yield home if begun else None


def _begun(file: Path, wait: float) -> tuple[sqlite3.Connection, bool]:
    """The file opened to be read, and whether there is anything in it.

    What a writer that was cut off left behind must be undone first, which takes a connection that may write.
    """
    home = _opened(file, "ro", wait)
    try:
        return home, _check_kind(home, file)
    except sqlite3.OperationalError as error:
        home.close()
        if not error.sqlite_errorname.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN")):
            raise
    except BaseException:
        home.close()
        raise
    home = _opened(file, "rw", wait)
    try:
        return home, _check_kind(home, file)
    except BaseException:
        home.close()
        raise


def _opened(file: Path, mode: str, wait: float) -> sqlite3.Connection:
    path = quote(os.fsencode(file.as_posix()))
    root = "" if path.startswith("/") else "/"  # of a drive letter
    home = sqlite3.connect(f"file://{root}{path}?mode={mode}", timeout=wait, isolation_level=None, uri=True)
    home.row_factory = sqlite3.Row
    return home


def _check_kind(home: sqlite3.Connection, file: Path) -> bool:
    """Whether this is a history that holds something; an error where it is something else."""
    application, version, tables = home.execute(
        "select (select * from pragma_application_id), (select * from pragma_user_version), "
        "(select count(*) from sqlite_master)"
    ).fetchone()
    if (application, version, tables) == (0, 0, 0):
        return False
    if application != APPLICATION:
        raise HistoryError(f'"{said(file)}" is a database of another program: name another file.')
    if version > VERSION:
        raise HistoryError(
            f'"{said(file)}" was written by a newer version of this package (file version {version}, known '
            f"{VERSION}): update it."
        )
    return True


def _checked_file(path: str | Path) -> Path:
    """Where the file is, or would be, links followed; what is there already is a file."""
    text = os.fspath(path) if isinstance(path, (str, os.PathLike)) else None
    if not isinstance(text, str) or not text or "\0" in text:
        raise HistoryError(f"`path` must name a file (got {said(repr(path))}).")
    file = Path(os.path.realpath(text))
    try:
        kind = file.stat().st_mode
    except FileNotFoundError:
        if not file.parent.is_dir():
            raise HistoryError(f'"{said(file)}" has no folder yet: make "{said(file.parent)}".') from None
        return file
    except OSError as error:
        raise HistoryError(f'"{said(file)}" cannot be opened: {error.strerror or error}.') from error
    if stat.S_ISDIR(kind):
        raise HistoryError(f'"{said(file)}" is a folder: name a file in it.')
    if not stat.S_ISREG(kind):
        raise HistoryError(f'"{said(file)}" is no ordinary file: name another.')
    return file


def _latest(
    home: sqlite3.Connection,
    label: str,
    definition: str | None,
    until: dt.date | None,
    before: int | None = None,
) -> Any:
    """The last row of a label by day, of a definition if asked for, before another row if asked for."""
    where = "label = ?"
    values: list[str | int] = [label]
    if definition is not None:
        where, values = f"{where} and definition = ?", [*values, definition]
    if until is not None:
        day = until.isoformat()
        newest = 2**62 if before is None else before
        where, values = f"{where} and (as_of < ? or as_of = ? and id < ?)", [*values, day, day, newest]
    return home.execute(f"select * from snapshots where {where}{_LATEST}", values).fetchone()  # noqa: S608


def _snapshot(row: Any, path: str | Path) -> Snapshot:
    if not isinstance(row["body"], str) or checksum(row["body"]) != row["checksum"]:
        raise HistoryError(
            f'"{said(path)}" is damaged: snapshot {row["id"]}, of {row["as_of"]}, is not what was written.'
        )
    return Snapshot.from_text(row["body"])


@contextmanager
def _errors_said(file: Path) -> Iterator[None]:
    """SQLite's errors as sentences."""
    try:
        yield
    except sqlite3.Error as error:
        name = getattr(error, "sqlite_errorname", "")
        known = next((told for start, told in _ERRORS.items() if name.startswith(start)), None)
        raise HistoryError(f'"{said(file)}" {known or f"cannot be used: {error}"}.') from error
