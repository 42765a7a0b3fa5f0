"""Who is due a word: each occasion by its rule, wishes and caps honoured, files that no spreadsheet runs."""

import csv
import datetime as dt

import numpy as np
import openpyxl
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import retention_core as rc
from retention_core import written_tables
from retention_core.contact_log import ContactLog
from retention_core.due import contacted_of, due_of
from retention_core.due_tables import (
    FEEDBACK,
    NEVER,
    OCCASIONS,
    REMIND,
    THANKS,
    UNKNOWN,
    WIN_BACK,
    DueRules,
    due_of_purchases,
    due_table,
    week_chances,
)
from retention_core.focus import focus_of
from retention_core.focus_rules import focus_of_purchases
from retention_core.purchases import purchases_by_customer
from retention_core.stage_tables import GONE, ON_SCHEDULE, OVERDUE
from retention_core.written_tables import csv_bytes, write_table
from tests.core.known_shop import known_shop

DAY = dt.date(2025, 7, 1)
FIRST_DAY, LAST_DAY = dt.date(2024, 1, 10), dt.date(2024, 12, 20)
NUMBERS = ("value", "chance")
order_rows = st.lists(
    st.tuples(
        st.sampled_from(["a", "B", "c", "d", "7", "10"]),
        st.dates(FIRST_DAY, LAST_DAY),
        st.sampled_from([-20.0, 0.0, 0.1, 0.2, 0.3, 99.95]),
    ),
    min_size=1,
    max_size=40,
).filter(lambda rows: any(amount >= 0 for _, _, amount in rows))


def every(name, gap, orders, last):
    """Orders at one gap, the last so many days before the day asked for."""
    return [(name, DAY - dt.timedelta(days=last + gap * n), 10.0) for n in range(orders)]


SHOP = [
    *every("Soon", 30, 9, 28),
    *every("Due", 30, 9, 36),
    *every("Overdue", 30, 9, 52),
    *every("Left", 30, 9, 300),
    *every("Just left", 30, 9, 75),
    *every("Calm", 30, 9, 12),
    *every("New", 30, 1, 5),
    *every("Older", 30, 1, 20),
]


def log_of(rows):
    frame = pd.DataFrame(rows, columns=["customer", "date", "amount"])
    frame["date"] = frame["date"].astype("datetime64[s]")
    return rc.OrderLog.from_frame(frame)


def contacts_of(*rows):
    names = ["customer", "date", "kind", "score", "do_not_contact"]
    return ContactLog.from_frame(pd.DataFrame(rows, columns=names))


def occasions(found):
    return {row.customer: row.occasion for row in found.rows}


def test_each_occasion_has_its_customers():
    found = due_of(log_of(SHOP), as_of=DAY)
    said = occasions(found)
    assert said["Soon"] == said["Due"] == REMIND
    assert said["Overdue"] == said["Just left"] == WIN_BACK
    assert said["New"] == THANKS and said["Calm"] == FEEDBACK
    assert "Left" not in said
    assert found.counts == {occasion: list(said.values()).count(occasion) for occasion in OCCASIONS}


def test_those_gone_are_to_be_won_back_only_for_a_while():
    stages = focus_of(log_of(SHOP), as_of=DAY).stages
    schedule = dict(zip(stages.customers, stages.schedules, strict=True))
    assert (schedule["Overdue"], schedule["Just left"], schedule["Left"]) == (OVERDUE, GONE, GONE)
    later = due_of(log_of(SHOP), as_of=DAY, rules=DueRules(win_back_days=300))
    assert occasions(later)["Left"] == WIN_BACK
    none = due_of(log_of(SHOP), as_of=DAY, rules=DueRules(win_back_days=0))
    assert occasions(none)["Overdue"] == WIN_BACK and "Just left" not in occasions(none)


def test_days_are_those_of_the_own_rhythm():
    found = due_of(log_of(SHOP), as_of=DAY)
    row = next(row for row in found.rows if row.customer == "Due")
    assert row.last_order == DAY - dt.timedelta(days=36)
    assert row.usual_day == row.last_order + dt.timedelta(days=30) and row.days_overdue == 6
    assert DAY <= row.expected_low <= row.expected <= row.expected_high
    assert row.reason == "Last order 36 days ago, usually orders every 30 days: 6 days over."
    soon = next(row for row in found.rows if row.customer == "Soon")
    assert soon.days_overdue == 0
    assert soon.reason.endswith("usually orders every 30 days: the next falls into these 7 days.")
    assert 0 < row.chance < 1 and row.value == 90.0


def test_a_longer_week_reminds_more():
    week, month = (due_of(log_of(SHOP), as_of=DAY, rules=DueRules(days=days)) for days in (7, 30))
    assert occasions(week)["Calm"] == FEEDBACK and occasions(month)["Calm"] == REMIND


def test_those_who_asked_to_be_left_alone_are_left_out_and_counted():
    contacts = contacts_of(("due", "2025-01-05", "call", None, "x"), ("Ann", "2025-01-05", "call", None, ""))
    found = due_of(log_of(SHOP), as_of=DAY, contacts=contacts)
    assert "Due" not in occasions(found) and "Soon" in occasions(found)
    assert "1 who asked to be left alone are left out." in found.notes
    assert found.notes[0].startswith("1 in contact who have not ordered yet")


def test_the_cap_on_contacts_a_month_is_kept():
    rows = [("Due", "2025-06-10", "letter", None, ""), ("Due", "2025-06-20", "letter", None, "")]
    rows += [("Soon", "2025-06-10", "letter", None, ""), ("Soon", "2025-04-20", "letter", None, "")]
    found = due_of(log_of(SHOP), as_of=DAY, contacts=contacts_of(*rows))
    assert "Due" not in occasions(found) and occasions(found)["Soon"] == REMIND
    assert "1 who were contacted 2 times or more in the last 30 days are left out." in found.notes
    often = due_of(log_of(SHOP), as_of=DAY, contacts=contacts_of(*rows), rules=DueRules(cap=3))
    assert occasions(often)["Due"] == REMIND


def test_contacts_from_the_day_on_do_not_count():
    contacts = contacts_of(*[("Due", f"2025-07-0{day}", "letter", None, "") for day in (1, 2, 3)])
    row = next(
        row for row in due_of(log_of(SHOP), as_of=DAY, contacts=contacts).rows if row.customer == "Due"
    )
    assert row.last_contact == NEVER


def test_the_last_contact_is_a_day_never_or_unknown():
    contacts = contacts_of(("Due", "2025-01-05", "call", None, ""), ("Due", "2025-02-05", "call", None, ""))
    with_log = {
        row.customer: row.last_contact for row in due_of(log_of(SHOP), as_of=DAY, contacts=contacts).rows
    }
    assert (with_log["Due"], with_log["Soon"]) == (dt.date(2025, 2, 5), NEVER)
    without = due_of(log_of(SHOP), as_of=DAY)
    assert {row.last_contact for row in without.rows} == {UNKNOWN}
    assert without.notes[0].startswith("No contacts:")


def test_who_gave_feedback_is_not_asked_again():
    contacts = contacts_of(("Calm", "2025-01-05", "letter", 9, ""))
    assert "Calm" not in occasions(due_of(log_of(SHOP), as_of=DAY, contacts=contacts))


def test_the_list_ends_where_the_shop_can_do_no_more():
    whole = due_of(log_of(SHOP), as_of=DAY)
    found = due_of(log_of(SHOP), as_of=DAY, rules=DueRules(most=2))
    assert found.rows == whole.rows[:2]
    assert f"{len(whole.rows) - 2} more are due; the list ends after 2." in found.notes


def test_without_amounts_value_is_unknown_and_everything_else_stays():
    frame = pd.DataFrame(SHOP, columns=["customer", "date", "amount"])[["customer", "date"]]
    found = due_of(rc.OrderLog.from_frame(frame), as_of=DAY)
    assert occasions(found) == occasions(due_of(log_of(SHOP), as_of=DAY))
    assert {row.value for row in found.rows} == {None}
    assert any(note.startswith("No amounts:") for note in found.notes)


def test_where_nobody_came_back_a_first_order_is_still_thanked_for():
    found = due_of(
        log_of([("a", DAY - dt.timedelta(days=3), 5.0), ("b", DAY - dt.timedelta(days=90), 5.0)]), as_of=DAY
    )
    assert occasions(found) == {"a": THANKS}
    assert found.rows[0].expected is None and found.rows[0].usual_day is None
    assert "Nobody ordered on two days: who is due and when is unknown." in found.notes


@given(order_rows, st.none() | st.dates(dt.date(2024, 3, 1), dt.date(2025, 3, 1)))
@settings(max_examples=25, deadline=None)
def test_plain_columns_say_what_their_log_says(rows, as_of):
    purchases = purchases_by_customer(*(list(column) for column in zip(*rows, strict=True)))
    try:
        wanted = due_of(log_of(rows), as_of=as_of)
    except rc.OrderLogError:
        with pytest.raises(rc.OrderLogError):
            due_of_purchases(purchases, as_of)
        return
    mine, theirs = (
        {row.customer: row for row in found.rows} for found in (due_of_purchases(purchases, as_of), wanted)
    )
    assert mine.keys() == theirs.keys()
    for name, row in mine.items():
        other = theirs[name]
        assert row._replace(value=None, chance=None) == other._replace(value=None, chance=None)
        assert row.value == pytest.approx(other.value, abs=1e-9)
        if row.chance is None or other.chance is None:
            assert row.chance is other.chance
        else:
            assert row.chance == pytest.approx(other.chance, rel=1e-7, abs=1e-9)


def test_the_frame_has_a_row_for_each():
    found = due_of(log_of(SHOP), as_of=DAY)
    frame = found.to_frame()
    assert frame["customer"].tolist() == [row.customer for row in found.rows]
    assert frame["usual_day"].dtype.kind == "M" and len(found.keys) == len(found.rows)
    empty = due_of(log_of(SHOP), as_of=DAY, rules=DueRules(most=0)).to_frame()
    assert empty.empty and list(empty) == list(frame)


@pytest.mark.parametrize(
    ("rules", "sentence"),
    [
        (DueRules(days=0), "days must be at least 1"),
        (DueRules(cap=-1), "cap must be a whole number of zero or more"),
        (DueRules(most=1.5), "most must be a whole number"),
        (DueRules(thank_days="x"), "thank_days must be a whole number"),
        (DueRules(cap=float("nan")), "cap must be a whole number"),
        (DueRules(win_back_days=10**9), "win_back_days must be 36,600 at most"),
        (DueRules(feedback_after=30), "feedback_until must not lie below feedback_after, 30"),
        (5, "rules must be of the type DueRules"),
    ],
)
def test_rules_that_make_no_sense_get_a_sentence(rules, sentence):
    with pytest.raises(rc.OrderLogError, match=sentence):
        due_of(log_of(SHOP), as_of=DAY, rules=rules)


@given(
    order_rows,
    st.lists(st.tuples(st.sampled_from("abcd"), st.integers(0, 60), st.booleans()), min_size=1, max_size=12),
    st.integers(0, 3),
)
@settings(max_examples=15, deadline=None)
def test_wishes_and_the_monthly_cap_hold_whatever_was_ordered(rows, spoken, cap):
    focus = focus_of_purchases(purchases_by_customer(*zip(*rows, strict=True)), LAST_DAY)
    contacts = ContactLog.from_frame(
        pd.DataFrame(
            {
                "customer": [name for name, _, _ in spoken],
                "date": [LAST_DAY - dt.timedelta(days=1 + ago) for _, ago, _ in spoken],
                "dnc": ["x" if stop else "" for _, _, stop in spoken],
            }
        )
    )
    contacted = contacted_of(focus.keys, contacts, LAST_DAY)
    found = due_table(focus, contacted=contacted, rules=DueRules(cap=cap))
    for key in found.keys:
        month = sum(name == key and ago < 30 for name, ago, _ in spoken)
        assert month < cap
        assert not any(stop for name, _, stop in spoken if name == key)


def test_a_list_of_another_day_is_refused():
    log = log_of(SHOP)
    focus = focus_of(log, as_of=DAY)
    assert due_of(log, as_of=dt.datetime(DAY.year, DAY.month, DAY.day, 9), focus=focus).as_of == DAY
    with pytest.raises(rc.OrderLogError, match="focus is the list as of 2025-07-01"):
        due_of(log, as_of=dt.date(2025, 6, 1), focus=focus)


def test_a_list_longer_than_a_sheet_is_refused_and_not_cut(tmp_path, monkeypatch):
    monkeypatch.setattr(written_tables, "_MOST_ROWS", 2)
    with pytest.raises(rc.FileError, match="use the ending"):
        write_table({"a": [1, 2, 3]}, tmp_path / "long.xlsx")
    assert write_table({"a": [1, 2, 3]}, tmp_path / "long.csv").exists()
    assert [file.name for file in tmp_path.iterdir()] == ["long.csv"]


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_half_a_character_does_not_stop_a_file(ending, tmp_path):
    file = write_table({"customer": ["A\ud800n"]}, tmp_path / f"list.{ending}")
    sheet = openpyxl.load_workbook(file).active if ending == "xlsx" else None
    assert sheet["A2"].value == "A?n" if sheet else "A?n" in file.read_text("utf-8-sig")


@pytest.mark.parametrize("path", [None, 5, "a\0.csv", "\ud800.csv"])
def test_a_path_that_is_none_gets_a_sentence(path):
    with pytest.raises(rc.FileError):
        write_table({"a": [1]}, path)


def test_the_workbook_holds_text_as_text_and_days_as_days(tmp_path):
    rows = [(name.replace("Due", '=HYPERLINK("x")'), day, amount) for name, day, amount in SHOP]
    file = due_of(log_of(rows), as_of=DAY).write(tmp_path / "due.xlsx")
    book = openpyxl.load_workbook(file)
    cells = list(book["Due"].iter_rows(values_only=True))
    header, names = cells[0], [row[0] for row in cells[1:]]
    assert '=HYPERLINK("x")' in names
    assert all(cell.data_type != "f" for row in book["Due"].iter_rows() for cell in row)
    row = cells[1 + names.index('=HYPERLINK("x")')]
    assert row[header.index("last_order")] == dt.datetime(2025, 5, 26)
    assert book["Definition"]["A2"].value == "List"


def test_the_csv_neutralises_formulas_and_leaves_numbers_alone(tmp_path):
    rows = [(name.replace("Due", "@cmd"), day, amount) for name, day, amount in SHOP]
    file = due_of(log_of(rows), as_of=DAY).write(str(tmp_path / "due.CSV"))
    with file.open(encoding="utf-8-sig", newline="") as text:
        cells = list(csv.DictReader(text))
    assert "'@cmd" in [row["customer"] for row in cells]
    assert {row["last_order"] for row in cells} >= {"2025-05-26"}
    assert csv_bytes({"=a": [-1.5, float("nan")]}).decode("utf-8-sig").split() == ["'=a", "-1.5", '""']


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    file = tmp_path / "due.csv"
    write_table({"a": [1]}, file)
    before = file.read_bytes()

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(written_tables.os, "fsync", full)
    with pytest.raises(rc.FileError, match="cannot be written: No space left"):
        write_table({"a": [2]}, file)
    assert file.read_bytes() == before
    assert [one.name for one in tmp_path.iterdir()] == ["due.csv"]


def test_another_ending_or_a_missing_folder_gets_a_sentence(tmp_path):
    with pytest.raises(rc.FileError, match=r"must end in \.xlsx or \.csv"):
        write_table({"a": [1]}, tmp_path / "due.txt")
    with pytest.raises(rc.FileError, match="cannot be written"):
        write_table({"a": [1]}, tmp_path / "nowhere" / "due.csv")


def area(score, true):
    yes = true.sum()
    return (pd.Series(score).rank()[true].sum() - yes * (yes + 1) / 2) / (yes * (len(true) - yes))


@pytest.mark.parametrize("seed", [5, 7])
def test_who_orders_this_week_is_told_better_than_by_recency_where_the_truth_is_known(seed):
    shop = known_shop(2500, seed=seed)
    log = rc.OrderLog.from_frame(shop.orders, customer="customer", date="date", amount="amount", cost="cost")
    focus = focus_of(log, as_of=shop.as_of)
    week = shop.later[shop.later["date"] < pd.Timestamp(shop.as_of) + pd.Timedelta(days=7)]
    came = np.isin(focus.keys, week["customer"].str.lower())
    chance = np.asarray(week_chances(focus.rhythm, focus.gaps, 7))
    assert area(chance, came) > area(np.asarray(focus.gaps.last), came) + 0.04
    assert chance.sum() == pytest.approx(came.sum(), rel=0.2)
    due = due_of(log, as_of=shop.as_of, focus=focus)
    truth = shop.truth.set_index(shop.truth["customer"].str.lower())
    alive = {
        occasion: truth.loc[
            [key for key, row in zip(due.keys, due.rows, strict=True) if row.occasion == occasion], "alive"
        ].mean()
        for occasion in (REMIND, WIN_BACK)
    }
    assert alive[REMIND] > 0.75 > 0.55 > alive[WIN_BACK] > 0.25
    schedules = np.array(focus.stages.schedules)
    assert truth.loc[np.array(focus.keys)[schedules == ON_SCHEDULE], "alive"].mean() > alive[REMIND]
