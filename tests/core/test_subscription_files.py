"""Subscriptions out of files: every format gives the same figures, and row numbers are the file's own."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import xlsxwriter

from retention_core.errors import ColumnError, FileError, SubscriptionError
from retention_core.subscriptions import Subscriptions

HEADER = ["Customer", "Start", "End", "MRR", "Plan"]
PLANS: list[list[Any]] = [
    ["Ann", dt.date(2024, 1, 1), dt.date(2024, 3, 1), 20, "S"],
    ["Bo", dt.date(2024, 2, 1), None, 30.5, "L"],
    ["Cy", dt.date(2024, 3, 1), dt.date(2024, 2, 1), 9, "S"],
    [None, dt.date(2024, 1, 1), None, 1, "S"],
    ["Ann", dt.date(2024, 1, 1), dt.date(2024, 3, 1), 20, "S"],
]


def csv_file(folder: Path, text: str) -> Path:
    path = folder / "plans.csv"
    path.write_text(text, encoding="utf-8")
    return path


def as_csv(folder: Path) -> Path:
    return csv_file(folder, pd.DataFrame(PLANS, columns=HEADER).to_csv(index=False))


def as_german_csv(folder: Path) -> Path:
    def german(cell: Any) -> str:
        return f"{cell:%d.%m.%Y}" if isinstance(cell, dt.date) else str(cell or "").replace(".", ",")

    lines = [HEADER, *([german(cell) for cell in row] for row in PLANS)]
    return csv_file(folder, "\n".join(";".join(line) for line in lines))


def as_xlsx(folder: Path) -> Path:
    path = folder / "plans.xlsx"
    with xlsxwriter.Workbook(path, {"default_date_format": "yyyy-mm-dd"}) as book:
        sheet = book.add_worksheet("Plans")
        for number, row in enumerate([HEADER, *PLANS]):
            sheet.write_row(number, 0, row)
    return path


def as_parquet(folder: Path) -> Path:
    path = folder / "plans.parquet"
    pd.DataFrame(PLANS, columns=HEADER).to_parquet(path)
    return path


def as_parquet_of_moments(folder: Path) -> Path:
    frame = pd.DataFrame(PLANS, columns=HEADER)
    for name in ("Start", "End"):
        frame[name] = pd.to_datetime(frame[name]).dt.tz_localize("America/New_York")
    path = folder / "plans.parquet"
    frame.to_parquet(path)
    return path


FORMATS = [as_csv, as_german_csv, as_xlsx, as_parquet, as_parquet_of_moments]


@pytest.mark.parametrize("written", FORMATS)
def test_every_format_gives_the_subscriptions_of_the_frame(tmp_path: Path, written: Any) -> None:
    frame = Subscriptions.from_frame(pd.DataFrame(PLANS, columns=HEADER), as_of=dt.date(2024, 6, 1))
    found = Subscriptions.from_file(written(tmp_path), as_of=dt.date(2024, 6, 1))
    shown = ["customer", "name", "code", "start", "end", "yearly", "by Plan"]
    assert found.lines[shown].astype(str).values.tolist() == frame.lines[shown].astype(str).values.tolist()
    assert found.set_aside_counts == frame.set_aside_counts == {"end on or before start": 1, "no customer": 1}
    assert found.guessed == frame.guessed
    assert found.warnings == frame.warnings
    assert "1 row equals an earlier row in every column" in found.warnings[1]
    assert found.rows == found.rows_used + len(found.set_aside) == 5


@pytest.mark.parametrize("written", FORMATS)
def test_repeats_are_set_aside_with_the_row_numbers_of_the_file(tmp_path: Path, written: Any) -> None:
    found = Subscriptions.from_file(written(tmp_path), drop_repeats=True)
    first = 1 if written in (as_parquet, as_parquet_of_moments) else 2  # below the header
    assert found.set_aside[["row", "reason"]].values.tolist() == [
        [first + 2, "end on or before start"],
        [first + 3, "no customer"],
        [first + 4, "repeat of an earlier row"],
    ]
    assert found.lines["row"].tolist() == [first, first + 1]


def test_title_rows_and_blank_rows_keep_the_numbers_of_the_sheet(tmp_path: Path) -> None:
    rows = "Ann,2024-01-01,,5\n,,,\nBo,2024-01-02,,x\nCy,2024-01-03,,6\n"
    text = f"Plans of 2024,,\n,,\ncustomer,start,end,mrr\n{rows}"
    found = Subscriptions.from_file(csv_file(tmp_path, text))
    assert found.lines["row"].tolist() == [4, 7]
    assert found.set_aside.values.tolist() == [[5, "blank row", ""], [6, "unreadable amount", "x"]]
    assert found.rows == 4


def test_progress_is_told_in_sentences(tmp_path: Path) -> None:
    told: list[str] = []
    Subscriptions.from_file(as_xlsx(tmp_path), sheet="Plans", progress=told.append)
    assert (told[0], told[-1]) == ("Reading plans.xlsx.", "Reading 5 rows as subscriptions.")


MONTHS = "Month,Customer,MRR,Plan\n2024-01,Ann,20,S\n2024-02,Ann,25,S\n2024-02,Bo,10,L\n"


@pytest.mark.parametrize("month", ["Month", None])
def test_monthly_snapshots_are_read_when_named_or_recognised(tmp_path: Path, month: str | None) -> None:
    path = csv_file(tmp_path, MONTHS)
    found = Subscriptions.from_file(path, month=month)
    frame = Subscriptions.from_snapshots(pd.read_csv(path))
    assert found.as_of == frame.as_of == dt.date(2024, 3, 1)
    assert found.lines["yearly"].tolist() == frame.lines["yearly"].tolist() == [24_000, 30_000, 12_000]
    assert found.lines["row"].tolist() == [2, 3, 4]
    assert found.groups == ("Plan",)
    assert ('month is read from "Month".' in found.guessed) == (month is None)


@pytest.mark.parametrize("kind", ["xlsx", "parquet"])
def test_months_of_snapshots_may_be_dates(tmp_path: Path, kind: str) -> None:
    frame = pd.DataFrame({"Snapshot month": pd.to_datetime(["2024-01-31", "2024-02-29"]),
                          "Account": ["Ann", "Ann"], "MRR": [1, 2]})  # fmt: skip
    path = tmp_path / f"months.{kind}"
    frame.to_parquet(path) if kind == "parquet" else frame.to_excel(path, index=False)
    found = Subscriptions.from_file(path)
    starts = [dt.date.fromordinal(day).isoformat() for day in found.lines["start"]]
    assert starts == ["2024-01-01", "2024-02-01"]


def test_what_snapshots_do_not_have_is_refused(tmp_path: Path) -> None:
    path = csv_file(tmp_path, MONTHS)
    with pytest.raises(SubscriptionError, match="as_of is not for monthly snapshots"):
        Subscriptions.from_file(path, as_of=dt.date(2024, 6, 1))
    with pytest.raises(SubscriptionError, match="start is not for monthly snapshots"):
        Subscriptions.from_file(path, month="Month", start="Month")
    with pytest.raises(ColumnError, match="No column looks like the start"):
        Subscriptions.from_file(path, month="")


def test_an_order_log_is_not_taken_for_snapshots(tmp_path: Path) -> None:
    path = csv_file(tmp_path, "customer,date,amount\nAnn,2024-01-05,1.5\nBob,2024-01-06,2\n")
    with pytest.raises(ColumnError, match="No column looks like the start"):
        Subscriptions.from_file(path)


def test_unusable_files_are_refused_in_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"none\.csv"):
        Subscriptions.from_file(tmp_path / "none.csv")
    with pytest.raises(FileError, match="no rows"):
        Subscriptions.from_file(csv_file(tmp_path, "customer,start,end,mrr\n"))
    with pytest.raises(FileError, match="has no sheets"):
        Subscriptions.from_file(as_csv(tmp_path), sheet="Plans")
    with pytest.raises(FileError, match="Other"):
        Subscriptions.from_file(as_xlsx(tmp_path), sheet="Other")
    with pytest.raises(ColumnError, match='No column "stop"'):
        Subscriptions.from_file(as_csv(tmp_path), end="stop")
    with pytest.raises(SubscriptionError, match=r"No row of the 2 can be used: unreadable start 2\."):
        Subscriptions.from_file(
            csv_file(tmp_path, "customer,start,end,mrr\nAnn,soon,,5\nBo,later,,6\n"), day_first=True
        )


def test_a_parquet_file_damaged_inside_is_said_in_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "plans.parquet"
    frame = pd.DataFrame({"customer": [f"C{i}" for i in range(5_000)], "start": dt.date(2024, 1, 1),
                          "end": None, "mrr": range(5_000)}).astype({"end": "string"})  # fmt: skip
    frame.to_parquet(path, compression=None)
    content = bytearray(path.read_bytes())
    content[4:4_000] = b"\xff" * 3_996
    path.write_bytes(bytes(content))
    with pytest.raises(FileError, match=r'"plans\.parquet" is'):
        Subscriptions.from_file(path)


def test_a_column_named_like_an_inner_one_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ColumnError, match="rename one"):
        Subscriptions.from_file(
            csv_file(tmp_path, "__source_row__,customer,start,end,mrr\n1,A,2024-01-01,,5\n")
        )
