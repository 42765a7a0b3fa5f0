"""Cohorts: the definitions word for word, laws on any log, every engine alike."""

import datetime as dt
import math

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import retention_core as rc
from retention_core.cohort_tables import (
    MEASURES,
    Count,
    Definition,
    cohort_table,
    cohorts_of_purchases,
    linear_trend,
)
from retention_core.cohorts import cohorts_of

FIRST, LAST = dt.date(2024, 1, 10), dt.date(2024, 12, 20)
order_rows = st.lists(
    st.tuples(
        st.sampled_from("ABCDEFG"), st.dates(FIRST, LAST), st.sampled_from([-20.0, 0.0, 5.5, 10.0, 99.95])
    ),
    min_size=1,
    max_size=40,
).filter(lambda rows: any(amount >= 0 for _, _, amount in rows))
definitions = st.sampled_from(
    [
        {},
        {"period": "quarter", "year_starts": 2},
        {"period": "year"},
        {"unbounded": True},
        {"days": [0, 1, 30, 90]},
        {"days": [(0, 6), (7, 29), (60, 99)]},
        {"days": [7, 60], "unbounded": True, "period": "quarter"},
    ]
)
measures = st.sampled_from(MEASURES[:3])
every_engine = pytest.mark.parametrize("engine", ["pandas", "polars", "duckdb"])


def frame_of(rows):
    frame = pd.DataFrame(rows, columns=["customer", "date", "amount"])
    frame["date"] = frame["date"].astype("datetime64[s]")
    return frame


def log_of(rows, **columns):
    return rc.OrderLog.from_frame(frame_of(rows), **columns)


def same(found, wanted):
    assert found.age_names == wanted.age_names
    assert found.without_order == wanted.without_order
    assert [row.name for row in found.cohorts] == [row.name for row in wanted.cohorts]
    for one, other in zip((*found.cohorts,), (*wanted.cohorts,), strict=True):
        assert one.size == other.size
        alike(one.cells, other.cells)
    alike(found.average, wanted.average)


def alike(cells, others):
    for cell, other in zip(cells, others, strict=True):
        assert (cell is None) == (other is None)
        if cell is None:
            continue
        assert (cell.size, cell.customers, cell.lived) == (other.size, other.customers, other.lived)
        for name in ("total", "rate", "low", "high"):
            value, wanted = getattr(cell, name), getattr(other, name)
            assert value == wanted or value == pytest.approx(wanted, rel=1e-9, abs=1e-9)


def by_definition(rows, table, measure):
    """Every lived rate, from the words of the definition."""
    definition, rates = table.definition, []
    rows = [row for row in rows if row[1] < definition.as_of]
    first = {c: min(d for x, d, a in rows if x == c and a >= 0) for c, _, a in rows if a >= 0}

    def unit(day):
        return day.toordinal() if definition.ages else definition.number(day)

    def inside(day, start, age):
        offset = unit(day) - unit(start)
        return age.first <= offset and (age.last is None or offset <= age.last)

    for row in table.cohorts:
        members = {c: day for c, day in first.items() if definition.number(day) == row.key}

        def brought(age, members=members):
            lines = [(c, d, a) for c, d, a in rows if c in members and inside(d, members[c], age)]
            if measure == "customers":
                return len({c for c, _, a in lines if a >= 0})
            if measure == "orders":
                return len({(c, d) for c, d, a in lines if a >= 0})
            return sum(a for _, _, a in lines)

        base = len(members) if measure == "customers" else brought(table.ages[0])
        rates.append(
            [
                brought(age) / base if cell and cell.lived and base > 0 else None
                for age, cell in zip(table.ages, row.cells, strict=True)
            ]
        )
    return rates


@given(order_rows, definitions, measures)
@settings(max_examples=20, deadline=None)
def test_every_cell_follows_from_the_definition(rows, definition, measure):
    table = cohorts_of(log_of(rows), measure=measure, **definition)
    for found, wanted in zip(table.matrix, by_definition(rows, table, measure), strict=True):
        assert list(found) == [pytest.approx(rate, abs=1e-9) if rate is not None else None for rate in wanted]


@given(order_rows, definitions, measures, st.none() | st.dates(dt.date(2024, 12, 21), dt.date(2025, 4, 1)))
@settings(max_examples=20, deadline=None)
def test_plain_columns_make_the_same_table_as_their_log(rows, definition, measure, as_of):
    found = cohorts_of_purchases(
        *(list(column) for column in zip(*rows, strict=True)), measure=measure, as_of=as_of, **definition
    )
    same(found, cohorts_of(log_of(rows), measure=measure, as_of=as_of, **definition))


@given(order_rows, definitions, measures, st.randoms(use_true_random=False))
@settings(max_examples=12, deadline=None)
def test_shuffling_and_renaming_change_nothing(rows, definition, measure, random):
    shuffled = [(f"customer {name}", day, amount) for name, day, amount in rows]
    random.shuffle(shuffled)
    same(
        cohorts_of(log_of(shuffled), measure=measure, **definition),
        cohorts_of(log_of(rows), measure=measure, **definition),
    )


@given(order_rows, definitions, measures)
@settings(max_examples=10, deadline=None)
def test_splitting_a_line_into_two_changes_nothing(rows, definition, measure):
    split = [(name, day, amount / 2) for name, day, amount in rows for _ in range(2)]
    same(
        cohorts_of(log_of(split), measure=measure, **definition),
        cohorts_of(log_of(rows), measure=measure, **definition),
    )


@given(order_rows, definitions, measures)
@settings(max_examples=20, deadline=None)
def test_the_first_cell_of_a_cohort_is_one(rows, definition, measure):
    for row in cohorts_of(log_of(rows), measure=measure, as_of=dt.date(2026, 1, 1), **definition).cohorts:
        assert row.cells[0].rate == 1 or (measure == "revenue" and row.cells[0].total <= 0)


@given(order_rows)
@settings(max_examples=15, deadline=None)
def test_all_revenue_is_in_a_cell_or_came_before_the_first_order(rows):
    table = cohorts_of(log_of(rows), measure="revenue", as_of=dt.date(2025, 1, 1))
    found = sum(cell.total for row in table.cohorts for cell in row.cells if cell)
    first = {c: min(d for x, d, a in rows if x == c and a >= 0) for c, _, a in rows if a >= 0}
    month = table.definition.number
    counted = [a for c, d, a in rows if c in first and month(d) >= month(first[c])]
    assert found == pytest.approx(sum(counted), abs=1e-9)


def as_engine(frame, engine):
    if engine == "pandas":
        return frame
    return pl.from_pandas(frame) if engine == "polars" else duckdb.from_df(frame)


NOISY = [("A", dt.date(2025, 1, day), paid) for day, paid in ((1, 0.1), (2, 0.2), (3, -0.3))]
NOISY += [("A", dt.date(2025, 2, 1), 5.0), ("B", dt.date(2025, 2, 2), 1.0)]


@pytest.mark.parametrize("engine", ["pandas", "polars", "duckdb"])
@pytest.mark.parametrize("measure", ["revenue", "profit"])
@pytest.mark.parametrize("definition", [{}, {"days": [(0, 20), (21, 40)]}, {"unbounded": True}])
def test_what_rounding_leaves_of_money_given_back_is_nothing_to_compare_with(engine, measure, definition):
    frame = pd.DataFrame(NOISY, columns=["customer", "date", "amount"])
    frame["date"] = pd.to_datetime(frame["date"])
    frame["margin"] = frame["amount"]
    margin = "margin" if measure == "profit" else ""
    log = rc.OrderLog.from_frame(as_engine(frame, engine), margin=margin)
    table = cohorts_of(log, measure=measure, as_of=dt.date(2025, 6, 1), **definition)
    nothing = definition != {"unbounded": True}
    assert (table.cohorts[0].cells[0].rate is None) == nothing
    assert all((cell.rate is None) == nothing for cell in table.cohorts[0].cells)
    assert table.cohorts[1].cells[0].rate == 1


def test_what_rounding_leaves_in_plain_columns_is_nothing_to_compare_with():
    columns = [list(column) for column in zip(*NOISY, strict=True)]
    found = cohorts_of_purchases(*columns, measure="revenue", as_of=dt.date(2025, 6, 1))
    assert set(found.matrix[0]) == {None}
    assert found.average[0].total == 1
    columns[2] = [paid * 1e-9 for paid in columns[2]]
    tiny = cohorts_of_purchases(*columns, measure="revenue", as_of=dt.date(2025, 6, 1))
    assert tiny.matrix[1][0] == 1


@pytest.mark.parametrize("engine", ["pandas", "polars", "duckdb"])
@pytest.mark.parametrize("definition", [{}, {"by": "region"}, {"days": [7, 30]}, {"unbounded": True}])
def test_counts_are_whole_numbers_from_every_engine(engine, definition):
    frame = pd.DataFrame(
        {"customer": ["A", "B", "A", "C"], "date": pd.Timestamp("2025-01-01"), "amount": [1.0, 2, 3, -1]}
    ).assign(region="North")
    table = cohorts_of(rc.OrderLog.from_frame(as_engine(frame, engine), groups=["region"]), **definition)
    cells = [cell for row in table.cohorts for cell in row.cells if cell]
    counts = [table.without_order, *table.sizes, *(n for cell in cells for n in (cell.size, cell.customers))]
    assert {type(count) for count in counts} == {int}
    assert {type(row.key) for row in table.cohorts} == {str if "by" in definition else int}


SHOP = pd.DataFrame(
    {
        "customer": [f"C{n % 37}" for n in range(400)],
        "date": pd.to_datetime([FIRST + dt.timedelta(days=(n * 7919) % 340) for n in range(400)]),
        "amount": [((n * 31) % 97) - 8 for n in range(400)],
        "region": [("North", "South", "East")[(n * 5 + n // 37) % 3] for n in range(400)],
        "invoice": [f"I{n // 2}" for n in range(400)],
        "cost": [float(n % 11) for n in range(400)],
    }
)


@every_engine
@pytest.mark.parametrize("order", ["", "invoice"])
@pytest.mark.parametrize("measure", MEASURES)
@pytest.mark.parametrize("definition", [{}, {"by": "region"}, {"days": [7, (30, 59)]}, {"unbounded": True}])
def test_every_engine_gives_the_same_table(engine, order, measure, definition):
    names = {"order": order, "groups": ["region"], "cost": "cost"}
    wanted = cohorts_of(rc.OrderLog.from_frame(SHOP, **names), measure=measure, **definition)
    log = rc.OrderLog.from_frame(as_engine(SHOP, engine), **names)
    found = cohorts_of(log, measure=measure, **definition)
    same(found, wanted)
    name = wanted.cohorts[1].name
    assert found.customers_of(name, 1) == wanted.customers_of(name, 1)


@pytest.mark.parametrize("definition", [{}, {"by": "region"}, {"days": [7, (30, 59)]}, {"unbounded": True}])
def test_the_customers_behind_a_cell_are_as_many_as_it_counts(definition):
    table = cohorts_of(
        rc.OrderLog.from_frame(SHOP, groups=["region"]), as_of=dt.date(2026, 6, 1), **definition
    )
    for row in table.cohorts[:4]:
        for age, cell in enumerate(row.cells[:6]):
            assert len(table.customers_of(row.name, age)) == cell.customers


def test_ages_not_over_are_marked_and_make_no_rate():
    rows = [
        ("A", dt.date(2025, 1, 5), 1.0),
        ("B", dt.date(2025, 2, 1), 1.0),
        ("A", dt.date(2025, 2, 20), 1.0),
    ]
    table = cohorts_of(log_of(rows))
    january, february = table.cohorts
    assert [cell.rate for cell in january.cells] == [1.0, None]
    assert (january.cells[1].customers, january.cells[1].lived) == (1, False)
    assert february.cells[1] is None
    later = cohorts_of(log_of(rows), as_of=dt.date(2025, 3, 1))
    assert later.matrix == ((1.0, 1.0), (1.0, None))


def test_days_are_masked_until_the_whole_cohort_has_lived_them():
    rows = [("A", dt.date(2025, 1, 1), 1.0), ("B", dt.date(2025, 1, 31), 1.0)]
    for as_of, known in ((dt.date(2025, 2, 7), False), (dt.date(2025, 2, 8), True)):
        cell = cohorts_of(log_of(rows), days=[7], as_of=as_of).cohorts[0].cells[1]
        assert cell.lived == known


def test_a_group_is_judged_over_those_who_have_lived_the_age():
    frame = frame_of(
        [("A", dt.date(2025, 1, 5), 1.0), ("A", dt.date(2025, 2, 5), 1.0), ("B", dt.date(2025, 3, 1), 1.0)]
    )
    frame["region"] = "North"
    log = rc.OrderLog.from_frame(frame, groups=["region"])
    (north,) = cohorts_of(log, by="region", as_of=dt.date(2025, 4, 1)).cohorts
    assert [(cell.size, cell.rate) for cell in north.cells] == [(2, 1.0), (1, 1.0), (1, 0.0)]


def test_a_customer_belongs_to_the_group_of_the_first_order():
    frame = frame_of([("A", dt.date(2025, 1, 9), 1.0), ("A", dt.date(2025, 1, 5), 1.0)])
    frame["region"] = ["North", "South"]
    table = cohorts_of(rc.OrderLog.from_frame(frame, groups=["region"]), by="region")
    assert [row.name for row in table.cohorts] == ["South"]


def test_customers_with_nothing_but_refunds_are_in_no_cohort():
    rows = [
        ("A", dt.date(2025, 1, 5), 9.0),
        ("B", dt.date(2025, 1, 6), -4.0),
        ("A", dt.date(2025, 2, 6), -4.5),
    ]
    table = cohorts_of(log_of(rows), measure="revenue", as_of=dt.date(2025, 3, 1))
    assert (table.sizes, table.without_order, table.matrix) == ((1,), 1, ((1.0, -0.5),))
    assert cohorts_of(log_of(rows), as_of=dt.date(2025, 3, 1)).matrix == ((1.0, 0.0),)
    assert table.customers_of("2025-01", 1) == ("A",)


def test_the_average_weights_cohorts_by_size():
    rows = [(name, dt.date(2025, 1, 5), 1.0) for name in "ABC"] + [("D", dt.date(2025, 2, 5), 1.0)]
    rows += [(name, dt.date(2025, 2, 7), 1.0) for name in "AB"]
    table = cohorts_of(log_of(rows), as_of=dt.date(2025, 4, 1))
    cell = table.average[1]
    assert (cell.customers, cell.size, cell.rate) == (2, 4, 0.5)
    assert (cell.low, cell.high) == rc.rate_interval(2, 4)
    assert table.average[2].size == 3


def test_cells_carry_wilson_intervals():
    table = cohorts_of(rc.OrderLog.from_frame(SHOP))
    for cell in (cell for row in table.cohorts for cell in row.cells if cell and cell.lived):
        assert (cell.low, cell.high) == rc.rate_interval(cell.customers, cell.size)


@pytest.mark.parametrize("measure", ["orders", "revenue"])
def test_intervals_of_totals_agree_with_the_bootstrap(measure):
    rng = np.random.default_rng(7)
    rows = []
    for number in range(400):
        rows.append((f"C{number}", dt.date(2025, 1, 5), round(rng.gamma(2, 30), 2)))
        for day in range(rng.poisson(0.8)):
            rows.append((f"C{number}", dt.date(2025, 2, 1 + day), round(rng.gamma(2, 30), 2)))
    cell = cohorts_of(log_of(rows), measure=measure, as_of=dt.date(2025, 3, 1)).cohorts[0].cells[1]
    frame = frame_of(rows)
    frame["brought"] = frame["amount"] if measure == "revenue" else 1.0
    spent = frame.pivot_table(
        index="customer", columns=frame["date"].dt.month, values="brought", aggfunc="sum", fill_value=0.0
    ).to_numpy()
    drawn = spent[rng.integers(400, size=(4000, 400))].sum(axis=1)
    low, high = np.quantile(drawn[:, 1] / drawn[:, 0], [0.025, 0.975])
    assert (cell.low, cell.high) == pytest.approx((low, high), abs=0.12 * (high - low))


def revenue_cell(rng, size):
    """The second cell of a cohort with skewed spending, of whom 0.3 come back."""
    level = rng.standard_normal(size)
    first, later = (np.exp((level + rng.standard_normal(size)) / math.sqrt(2)) for _ in range(2))
    later = np.where(rng.random(size) < 0.3, later, 0.0)
    counts = [
        Count(24_300, 24_300, 0, size, float(first.sum()), float(first @ first), float(first @ first)),
        Count(24_300, 24_300, 1, np.count_nonzero(later), float(later.sum()), float(later @ later),
              float(first @ later)),
    ]  # fmt: skip
    definition = Definition("revenue", "month", None, None, False, dt.date(2025, 3, 1))
    return cohort_table(counts, definition).cohorts[0].cells[1]


@pytest.mark.parametrize("size", [50, 100, 500])
def test_intervals_of_skewed_revenue_hold_the_truth_about_as_often_as_they_say(size):
    """A 95 % interval without the logarithm holds it in 0.90 to 0.92 of these draws."""
    rng = np.random.default_rng(size)
    cells = [revenue_cell(rng, size) for _ in range(1500)]
    held = [cell.low <= 0.3 <= cell.high for cell in cells if cell.low is not None]
    assert 0.93 < np.mean(held) < 0.97


def test_a_total_that_refunds_bring_near_zero_has_a_plain_interval():
    rows = [(str(n), dt.date(2025, 1, 5), 10.0) for n in range(40)]
    rows += [(str(n), dt.date(2025, 2, 5), 5.0) for n in range(40)]
    rows += [(str(n), dt.date(2025, 2, 9), -9.8) for n in range(20)]
    cell = cohorts_of(log_of(rows), measure="revenue", as_of=dt.date(2025, 3, 1)).cohorts[0].cells[1]
    assert cell.rate == pytest.approx(0.01)
    assert cell.low < 0 < cell.high
    assert cell.high - cell.rate == pytest.approx(cell.rate - cell.low)


def test_few_customers_get_no_interval_of_a_total():
    rows = [(str(n), dt.date(2025, 1, 5), 9.0) for n in range(29)]
    table = cohorts_of(log_of(rows), measure="revenue", as_of=dt.date(2025, 2, 1))
    assert table.cohorts[0].cells[0].low is None
    assert "none below 30 customers" in table.interval_rule


def test_the_trend_test_agrees_with_agresti():
    """Agresti (2002), Categorical Data Analysis, table 5.3 and section 5.3.5: z^2 = 6.57, p = .010."""
    scores = [0, 0.5, 1.5, 4, 7]
    malformed = [48, 38, 5, 1, 1]
    sizes = [17114, 14502, 793, 127, 38]
    _, p = linear_trend(scores, malformed, sizes)
    assert math.erfc(math.sqrt(6.575 / 2)) < p < math.erfc(math.sqrt(6.565 / 2))


@pytest.mark.parametrize(("scores", "published"), [((0, 0.5, 1.5, 4, 8), 0.0039), ((1, 2, 3, 4, 5), 0.0882)])
def test_the_trend_test_agrees_with_statxact(scores, published):
    """StatXact, example 6 (the same data, from Graubard and Korn): asymptotic one-sided p."""
    _, p = linear_trend(scores, [48, 38, 5, 1, 1], [17114, 14502, 793, 127, 38])
    assert p / 2 == pytest.approx(published, abs=0.5e-4)


def test_a_falling_age_is_said_to_fall():
    rows = []
    for month, kept in enumerate((80, 60, 40, 20), 1):
        rows += [(f"{month}-{n}", dt.date(2025, month, 3), 1.0) for n in range(100)]
        rows += [(f"{month}-{n}", dt.date(2025, month + 1, 3), 1.0) for n in range(kept)]
    trend = cohorts_of(log_of(rows), as_of=dt.date(2025, 6, 1)).trend(1)
    assert (trend.verdict, trend.slope) == ("falling", pytest.approx(-0.2))
    assert [cell.rate for cell in trend.cells] == [0.8, 0.6, 0.4, 0.2]


def test_later_days_include_those_who_come_later():
    """Amplitude, Retention Analysis FAQ: who returns on day two counts for days one and zero as well."""
    rows = [("A", dt.date(2025, 1, 1), 1.0), ("A", dt.date(2025, 1, 3), 1.0)]
    on_or_after = cohorts_of(log_of(rows), days=[0, 1, 2, 3], unbounded=True, as_of=dt.date(2025, 3, 1))
    assert on_or_after.matrix == ((1.0, 1.0, 1.0, 0.0),)
    assert on_or_after.age_names == ("day 0+", "day 1+", "day 2+", "day 3+")
    exactly = cohorts_of(log_of(rows), days=[0, 1, 2, 3], as_of=dt.date(2025, 3, 1))
    assert exactly.matrix == ((1.0, 0.0, 1.0, 0.0),)


def test_cdnow_has_three_cohorts_as_known():
    """Everyone in CDNOW first bought in January to March 1997: 23,570 customers (Fader and Hardie 2013)."""
    table = cohorts_of(rc.sample("cdnow").log())
    assert [row.name for row in table.cohorts] == ["1997-01", "1997-02", "1997-03"]
    assert sum(table.sizes) == 23_570
    frame = rc.sample("cdnow").frame()
    month = frame["date"].dt.to_period("M")
    first = month.groupby(frame["customer_id"]).transform("min")
    counted = frame.groupby([first, month])["customer_id"].nunique().unstack()
    for row, (_, wanted) in zip(table.cohorts, counted.iterrows(), strict=True):
        assert [cell.customers for cell in row.cells if cell] == wanted.dropna().astype(int).tolist()


def test_the_horizon_is_as_long_as_the_log():
    rows = [("A", dt.date(1990, 1, 1), 1.0), ("A", dt.date(2024, 12, 31), 1.0)]
    table = cohorts_of(log_of(rows))
    assert len(table.ages) == 35 * 12
    assert table.cohorts[0].cells[-1].rate == 1.0


def test_fiscal_periods_are_named_by_their_first_month():
    rows = [("A", dt.date(2025, 1, 5), 1.0)]
    assert cohorts_of(log_of(rows), period="year", year_starts=7).cohorts[0].name == "2024-07"
    assert cohorts_of(log_of(rows), period="quarter").cohorts[0].name == "2025-Q1"
    assert cohorts_of(log_of(rows), period="quarter", year_starts=2).cohorts[0].name == "2024-11"


def test_frames_have_a_row_a_cohort_and_a_row_a_cell():
    rows = [("A", dt.date(2025, 1, 5), 1.0), ("B", dt.date(2025, 2, 1), 1.0)]
    table = cohorts_of(log_of(rows))
    wide = table.to_frame()
    assert list(wide) == ["cohort", "customers", "month 0", "month 1"]
    assert wide["month 1"].isna().all()
    long = table.to_long_frame()
    assert len(long) == 3
    assert long["lived"].tolist() == [True, False, False]


def test_a_log_is_not_altered_and_keeps_no_table_behind():
    log = rc.OrderLog.from_frame(duckdb.from_df(SHOP))
    cohorts_of(log)
    assert not [
        row for row in log.lines.to_native().query("l", "select table_name from duckdb_tables()").fetchall()
        if row[0].startswith("once_")
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"period": "week"}, 'period must be month, quarter or year (got "week").'),
        ({"measure": "clicks"}, 'measure must be customers, orders, revenue or profit (got "clicks").'),
        (
            {"measure": "profit"},
            "measure is profit, which needs a cost or margin: give them, or ask for customers.",
        ),
        ({"days": [(3, 1)]}, "days must lie between 0 and 36,600, the earlier first (got (3, 1))."),
        ({"days": [(0, 7), 7]}, "days must not overlap (day 7 is in two of them)."),
        (
            {"days": [(0, 7)], "unbounded": True},
            "days must be single days where any later day counts (got (0, 7)).",
        ),
        ({"year_starts": 0}, "year_starts must be a month, 1 to 12 (got 0)."),
        ({"as_of": FIRST}, "as_of must lie after the first order, on 2025-01-01 (got 2024-01-10)."),
        ({"as_of": "today"}, "as_of must be a date (got 'today')."),
        ({"confidence": 1.0}, "confidence must lie between 0 and 1, such as 0.95 for 95 % (got 1)."),
        ({"by": "shop"}, '"shop" is not among the groups of this log, which are: none.'),
    ],
)
def test_arguments_that_make_no_sense_get_one_sentence(arguments, sentence):
    with pytest.raises(rc.RetentionError) as caught:
        cohorts_of(log_of([("A", dt.date(2025, 1, 1), 1.0)]), **arguments)
    assert str(caught.value) == sentence


@pytest.mark.parametrize("as_of", [FIRST, "today", dt.date(2199, 1, 1)])
def test_plain_columns_refuse_a_day_in_the_words_of_the_log(as_of):
    sentences = []
    for ask in (
        lambda: cohorts_of(log_of([("A", dt.date(2025, 1, 1), 1.0)]), as_of=as_of),
        lambda: cohorts_of_purchases(["A"], [dt.date(2025, 1, 1)], as_of=as_of),
    ):
        with pytest.raises(rc.OrderLogError) as caught:
            ask()
        sentences.append(str(caught.value))
    assert sentences[0] == sentences[1]


def test_a_moment_as_of_counts_as_its_day():
    days = [dt.date(2025, 1, 1), dt.date(2025, 2, 1)]
    moment, day = dt.datetime(2025, 3, 1, 12), dt.date(2025, 3, 1)
    found, wanted = (cohorts_of_purchases(["A", "A"], days, as_of=end) for end in (moment, day))
    assert (found.matrix, found.definition.as_of) == (wanted.matrix, day)


def test_a_cell_that_does_not_exist_gets_one_sentence():
    table = cohorts_of(log_of([("A", dt.date(2025, 1, 1), 1.0)]))
    with pytest.raises(rc.OrderLogError, match="cohort must be the name of a row"):
        table.customers_of("2024-01", 0)
    with pytest.raises(rc.OrderLogError, match="age must be the place of a column"):
        table.customers_of("2025-01", 7)
    with pytest.raises(rc.OrderLogError, match="age must be the place of a column"):
        table.trend(-1)


def test_revenue_without_amounts_gets_one_sentence():
    log = rc.OrderLog.from_frame(pd.DataFrame({"customer": ["A"], "date": ["2025-01-01"]}))
    with pytest.raises(rc.OrderLogError, match="measure is revenue, which needs amounts"):
        cohorts_of(log, measure="revenue")
    with pytest.raises(rc.OrderLogError, match="measure is revenue, which needs amounts"):
        cohorts_of_purchases(["A"], [dt.date(2025, 1, 1)], measure="revenue")
