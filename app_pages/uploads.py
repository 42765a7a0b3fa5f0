"""Uploaded files: onto the disk under a harmless name, read by the core, and off the disk again."""

from __future__ import annotations

import csv
import io
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any, BinaryIO

import pandas as pd

from app_pages import wording
from app_pages.chosen_log import ChosenLog
from retention_core import files
from retention_core.benchmarks import COLUMNS, METRIC, PERIOD, Benchmarks, load_benchmarks
from retention_core.columns import Columns, guess_columns
from retention_core.contact_log import ContactLog
from retention_core.errors import RetentionError, said
from retention_core.feedback_log import FeedbackLog
from retention_core.invoices import Invoices
from retention_core.orders import OrderLog
from retention_core.referral_log import ReferralLog
from retention_core.subscriptions import Subscriptions

_numbers = count(1)
# what a snapshot of the command line keeps of how a log was read
_READING = ("day_first", "keep_currency", "exact_case", "drop_repeats")


@dataclass(frozen=True, slots=True, eq=False)
class FirstLook:
    """What the upload page needs to ask which column is which."""

    sheets: tuple[str, ...]
    sheet: str | None
    columns: tuple[str, ...]
    rows: pd.DataFrame
    notes: tuple[str, ...]
    guess: Columns


@dataclass(slots=True, eq=False)
class AtHand:
    """An uploaded file, kept while its mapping may still be changed; `mapping` once it is in use."""

    file: Any
    sheet: str | None = None
    look: FirstLook | None = None
    mapping: Mapping[str, Any] | None = None


def first_look(name: str, content: BinaryIO, sheet: str | None = None) -> FirstLook:
    """The sheets, the columns, the first rows and a guess of the mapping.

    Raises
    ------
    RetentionError
        If there is no table in the file; the sentence names the file as the user knows it.
    """
    with on_disk(name, content) as path:
        sheets = files.sheet_names(path)
        raw = files.peek(path, sheet=sheet, rows=20)
        frame = raw.frame
        rows = frame.to_pandas() if hasattr(frame, "to_pandas") else frame.limit(20).df()
    shown = rows[list(raw.columns)].astype(object).where(rows[list(raw.columns)].notna(), "").astype(str)
    return FirstLook(sheets, sheet, raw.columns, shown, raw.notes, guess_columns(raw.columns))


def read_log(
    name: str, content: BinaryIO, mapping: Mapping[str, Any], progress: Callable[[str], None] | None = None
) -> ChosenLog:
    """The upload as the log of every page.

    Parameters
    ----------
    name
        Of the file, as the user's machine has it; nothing is trusted about it.
    content
        The open file.
    mapping
        Keyword arguments of `OrderLog.from_file`.
    progress
        Told in a sentence before each longer step.

    Raises
    ------
    RetentionError
        If the file cannot be read as an order log.
    """
    title = wording.plain_line(name, 60)
    with on_disk(name, content) as path:
        log = OrderLog.from_file(path, **mapping, progress=progress)
    return ChosenLog(
        key=next_key(),
        title=title,
        kind="yours",
        note=f"{title}, read on this machine; nothing of it leaves it.",
        source="Your file",
        log=log,
        reading={name: mapping[name] for name in _READING if name in mapping},
    )


def read_subscriptions(
    name: str, content: BinaryIO, mapping: Mapping[str, Any], progress: Callable[[str], None] | None = None
) -> Subscriptions:
    """The upload as subscriptions; `mapping` as `Subscriptions.from_file` takes it.

    Raises
    ------
    RetentionError
        If the file cannot be read as subscriptions.
    """
    with on_disk(name, content) as path:
        return Subscriptions.from_file(path, **mapping, progress=progress)


def read_beside(
    sort: type[ContactLog | Invoices | FeedbackLog | ReferralLog],
    name: str,
    content: BinaryIO,
    mapping: Mapping[str, Any],
) -> ContactLog | Invoices | FeedbackLog | ReferralLog:
    """The upload as one of the tables beside the orders; `mapping` as that sort's `from_file` takes it.

    Raises
    ------
    RetentionError
        If the file cannot be read as one.
    """
    with on_disk(name, content) as path:
        return sort.from_file(path, **mapping)


def next_key() -> str:
    """A name that no other upload has."""
    return f"yours {next(_numbers)}"


def benchmark_template() -> bytes:
    """A benchmark table of your own to start from: the columns, and two rows as an example."""
    common = {"metric": METRIC, "period": PERIOD, "statistic": "mean", "headline": "yes", "scope": "industry"}
    rows = [
        {"id": "OWN-001", "industry": "My trade", "value": "0.63", "year": "2025", "confidence": "high"},
        {"id": "OWN-002", "industry": "My other trade", "value": "0.7", "confidence": "medium"},
    ]
    notes = {"source_name": "Who published it", "definition_note": "value is a fraction: 0.63 is 63 %"}
    file = io.StringIO()
    out = csv.DictWriter(file, COLUMNS, restval="")
    out.writeheader()
    out.writerows({**common, **notes, **row} for row in rows)
    return file.getvalue().encode("utf-8-sig")


def read_benchmarks(name: str, content: BinaryIO) -> Benchmarks:
    """Your own benchmark table out of an uploaded CSV file.

    Raises
    ------
    RetentionError
        If it is no such table.
    """
    with on_disk(name, content) as path:
        return load_benchmarks(path)


@contextmanager
def on_disk(name: str, content: BinaryIO) -> Iterator[Path]:
    """A file that is there for this block only, in a folder only this user may open."""
    # resolved, as sentences about the file name it
    folder = Path(tempfile.mkdtemp(prefix="retention-")).resolve()
    path = folder / _harmless(name)
    try:
        content.seek(0)
        with path.open("wb") as file:
            shutil.copyfileobj(content, file, 1 << 20)
        yield path
    except RetentionError as error:
        raise type(error)(_without_folder(error.sentence, path)) from None
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _harmless(name: str) -> str:
    """The last part of a file name in letters, digits, dots, dashes and blanks.

    Examples
    --------
    >>> _harmless("../../etc/<b>orders 2025.csv"), _harmless("...")
    ('b orders 2025.csv', 'upload')
    """
    last = re.split(r"[/\\]", name)[-1]
    safe = re.sub(r"[^\w. -]+", " ", last).strip(" .")
    stem, dot, ending = safe.rpartition(".")
    return f"{stem[:60]}{dot}{ending[:10]}".strip() or "upload"


def _without_folder(sentence: str, path: Path) -> str:
    for written in (str(path), said(path), str(path.parent)):
        sentence = sentence.replace(written, path.name)
    return sentence.replace("`path`", "The file")
