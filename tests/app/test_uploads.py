"""Uploaded files come onto the disk under a harmless name and leave it again."""

from __future__ import annotations

import io
import tempfile
from pathlib import Path

import pandas as pd
import pytest

from app_pages import uploads
from retention_core.errors import RetentionError

CSV = b"customer,date,amount\nAnn,2025-01-05,3\nBob,2025-02-05,4\n"


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that temporary files go to."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_nothing_of_an_upload_stays_on_disk(scratch: Path) -> None:
    uploads.first_look("a.csv", io.BytesIO(CSV))
    chosen = uploads.read_log("a.csv", io.BytesIO(CSV), {})
    assert chosen.log.rows_used == 2
    assert list(scratch.iterdir()) == []


def test_nothing_of_a_refused_upload_stays_on_disk(scratch: Path) -> None:
    with pytest.raises(RetentionError, match="soon"):
        uploads.read_log("soon.csv", io.BytesIO(b""), {})
    assert list(scratch.iterdir()) == []


def test_a_parquet_upload_still_answers_after_its_file_is_gone(scratch: Path) -> None:
    file = io.BytesIO()
    pd.DataFrame({"customer": ["a", "b"], "date": pd.to_datetime(["2025-01-05"] * 2)}).to_parquet(file)
    chosen = uploads.read_log("a.parquet", file, {})
    assert list(scratch.iterdir()) == []
    assert len(chosen.log.customer_table()) == 2


@pytest.mark.parametrize(
    "name",
    [
        "../../../etc/passwd",
        "..\\..\\boot.ini",
        "/abs/olute.csv",
        "\0.csv",
        "a" * 400 + ".csv",
        "<b>.csv",
        "..",
    ],
)
def test_a_file_name_never_leaves_the_folder(scratch: Path, name: str) -> None:
    look = uploads.first_look(name, io.BytesIO(CSV))
    assert look.columns == ("customer", "date", "amount")
    assert list(scratch.iterdir()) == []


def test_a_sentence_names_the_file_and_not_the_folder(scratch: Path) -> None:
    with pytest.raises(RetentionError) as caught:
        uploads.read_benchmarks("own.csv", io.BytesIO(b"a,b\n1,2\n"))
    assert "own.csv" in str(caught.value)
    assert str(scratch) not in str(caught.value)


def test_the_first_look_offers_the_sheets_of_a_workbook() -> None:
    file = io.BytesIO()
    with pd.ExcelWriter(file, engine="xlsxwriter") as book:
        pd.DataFrame({"note": ["read me"]}).to_excel(book, sheet_name="About", index=False)
        pd.DataFrame({"Kunde": ["a"], "Datum": ["2025-01-05"]}).to_excel(
            book, sheet_name="Orders", index=False
        )
    look = uploads.first_look("book.xlsx", file, "Orders")
    assert look.sheets == ("About", "Orders")
    assert look.guess.customer == "Kunde"
    assert look.rows.to_dict("records") == [{"Kunde": "a", "Datum": "2025-01-05"}]


def test_the_template_of_a_benchmark_table_is_one() -> None:
    table = uploads.read_benchmarks("template.csv", io.BytesIO(uploads.benchmark_template()))
    assert [row.value for row in table.rows] == [0.63, 0.7]
    assert table.find("My trade").headline
