"""Files that open as a table and still hold surprises: one sentence, or every row accounted for."""

import random

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import retention_core as rc
from retention_core.__main__ import main

SEED = 7


def written(tmp_path, text, name="orders.csv", encoding="utf-8"):
    path = tmp_path / name
    path.write_text(text, encoding=encoding, newline="")
    return path


def test_parquet_damaged_inside_is_one_sentence(tmp_path):
    path = tmp_path / "orders.parquet"
    rows = pa.table(
        {"customer": [f"{random.Random(i).random()}" for i in range(5000)], "date": ["2025-01-05"] * 5000}
    )
    pq.write_table(rows, path, compression="zstd", use_dictionary=False)
    damaged = bytearray(path.read_bytes())
    for place in range(60, len(damaged) // 2):
        damaged[place] ^= 0x5A
    path.write_bytes(damaged)
    with pytest.raises(rc.FileError) as caught:
        rc.OrderLog.from_file(path)
    assert str(caught.value).startswith('"orders.parquet" is damaged')
    assert "\n" not in str(caught.value)


def test_text_like_a_formula_stays_a_name(tmp_path):
    names = ["=cmd|' /C calc'!A0", "@SUM(A1)", "+1", "-1"]
    rows = [f"{name},2025-01-05,{amount}" for amount, name in enumerate(names)]
    log = rc.OrderLog.from_file(written(tmp_path, "\n".join(["customer,date,amount", *rows])))
    assert set(log.customer_table()["customer"]) == set(names)


def test_dates_in_1900_and_9999_and_amounts_of_1e308_are_set_aside(tmp_path):
    text = "customer,date,amount\nA,1900-01-01,1\nA,9999-12-31,1\nA,2025-01-05,1e308\nA,2025-01-05,5\n"
    log = rc.OrderLog.from_file(written(tmp_path, text))
    assert log.set_aside_counts == {"date outside 1901 to 2199": 2, "amount beyond 1,000,000,000,000,000": 1}
    assert log.set_aside["row"].tolist() == [2, 3, 4]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "is empty"),
        ("customer,date,amount\n", "has a header but no rows"),
        ("customer,date\nAnn,never\n", "No row of the 1 can be used: unreadable date 1."),
        ("a,b\n1,2\n", "No column looks like the customer."),
    ],
)
def test_files_without_an_order_are_one_sentence_on_the_command_line(tmp_path, capsys, text, sentence):
    assert main(["report", str(written(tmp_path, text))]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert sentence in captured.err
    assert captured.err.count("\n") == 1


def test_no_soup_of_cells_breaks_the_accounting(tmp_path):
    """On random tables of odd cells, rows used and set aside add up, or one sentence says why not."""
    odd = ["", " ", "NaN", "#REF!", '"', "=1", "1e999", "\U0001f600"]
    usual = (["Ann", "BOB"], ["2025-01-05", "05/06/2025"], ["12.5", "-3", "1.234,5"], ["O1", "O2"])
    rng = random.Random(SEED)
    answered = 0
    for table in range(40):
        rows = [
            ",".join(rng.choice([*good, rng.choice(odd)]) for good in usual)
            for _ in range(rng.randint(1, 12))
        ]
        path = written(tmp_path, "customer,date,amount,order\n" + "\n".join(rows) + "\n", f"{table}.csv")
        try:
            log = rc.OrderLog.from_file(path)
        except rc.RetentionError as error:
            assert "\n" not in str(error)
            continue
        answered += 1
        assert log.rows_used + len(log.set_aside) == log.rows
        assert rc.report_on(log).to_json()["rows"] == log.rows
    assert answered > 10
