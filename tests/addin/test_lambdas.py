"""The LAMBDA library, worked out by two spreadsheet engines that share no code, against the core."""

from __future__ import annotations

import datetime as dt
import random
import re
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from addin.catalogue import Catalogue
from addin.cells import CellError
from addin.functions import FUNCTIONS
from addin.kinds import Count, Customers, Rate
from addin.native.lambdas import COMMENT_LENGTH, STEPS, comment, lambda_of, lambdas
from addin.native.stored import YOUNG_FUNCTIONS
from tests.parity.calls import Answer, Call
from tests.parity.compare import expected, same
from tests.parity.hosts import formulon, ironcalc, lambda_names

NAMES = lambdas(FUNCTIONS.values())
DIVIDED, MISSING = CellError("#DIV/0!"), CellError("#N/A")
ENGINES = [pytest.param(ironcalc.answers, id="ironcalc"), pytest.param(formulon.answers, id="formulon")]
Answers = Callable[[Sequence[Call], Sequence[Answer], Path], list[Answer]]
PERIOD = (dt.date(2024, 2, 1), dt.date(2024, 2, 29))
PEOPLE: tuple[Any, ...] = (
    "a", "A", "b", "B ", "c", "1", "1.0", 17.0, " Q", "x y", "10", "9", "-3", 2.0, "\u00a0z", None,
)  # fmt: skip


TITLES = (
    "Amount", "2024 sales", "n/a", "7", "\u91d1\u984d", "\U0001f4b0", "#", "(open)", "1e5", None,
)  # fmt: skip


def column(*cells: Any) -> tuple[tuple[Any, ...], ...]:
    return tuple((cell,) for cell in cells)


def call(function: str, *cells: Any) -> Call:
    return Call(function, cells, "ordinary")


def differences(engine: Answers, calls: Sequence[Call], folder: Path) -> list[tuple[Call, Answer, Answer]]:
    wanted = [expected(each) for each in calls]
    got = engine(calls, wanted, folder)
    rows = zip(calls, wanted, got, strict=True)
    return [(each, want, have) for each, want, have in rows if not same(want, have)]


def odd_scalars() -> Iterator[Call]:
    for rates in ((100, 110, 20), (0, 1, 1), (100, 150, 20), (100, 110, 111), (100, -1, 0), (7, 7, 7)):
        yield call("RETENTION", *rates)
        yield call("CHURN", *rates)
    for bad in ("abc", True, None, " ", "50", " 5e1 ", DIVIDED, "1,5", 1 / 3, 1e-7, 1.5e20, "x" * 90, "a`b"):
        yield call("RETENTION", 100, bad, 20)
        yield call("RETENTION", None, 110, bad)
        yield call("CUSTOMER_LIFETIME", bad)
    for sure in (None, 0.8, "90%", " 90 % ", "%", 0, 1, "x"):
        yield call("RETENTION_LOW", 100, 110, 20, sure)
        yield call("RETENTION_HIGH", column(100, 50, None), column(110, 50, None), 20, sure)
    yield call("RETENTION", 100.3, 60.1 + 40.2, 0)
    yield call("NRR", 1000, 150, 30, 70)
    yield call("NRR", 10, 1, 6, 6, None)
    yield call("GRR", 1e20, 1e-7, 1e21)
    yield call("RETENTION", column(100, None, 200, "x", DIVIDED), column(110, None, None, 1, 2), 20)
    yield call("RETENTION", column(100, None, 200, None, None), 110, column(20, None, 3))
    yield call("RETENTION", ((100, 200), (None, DIVIDED), (None, None)), 110, 20)
    yield call("RETENTION", column(None, None), 110, column(20, None))
    yield call("RETENTION", column(100, 200, " "), column(110, 120), column(20, 30, "\u00a0", None))
    yield call("RETENTION", ((100, 200), (300, 400)), ((110, 120),), 20)
    yield call("RETENTION", ((100, 200, 300),), ((110, 120),), 20)


def odd_figures() -> Iterator[Call]:
    for industry in (
        "Retail",
        " retail ",
        "Retial",
        "zzzz",
        "meal kit",
        "Tele",
        5,
        None,
        True,
        'a "b"',
        "x" * 70,
        "x" * 300,
        "x" * 32_767,
    ):
        yield call("BENCHMARK", industry)
        yield call("BENCHMARKS", industry)
        yield call("BENCHMARK_VERDICT", 7, 10, industry, "Logo churn rate")
    for metric in ("net_revenue_retention", "Gross revenue retention", "nonsense", 3, None):
        yield call("BENCHMARK", "B2B SaaS", metric)
        yield call("BENCHMARK_GAP", 1.2, "B2B SaaS", metric)
        yield call("BENCHMARK_VERDICT", 7, 10, "B2B SaaS", metric)
    yield call("BENCHMARKS")
    yield call("BENCHMARKS", column("Retail", "Media"))
    yield call("BENCHMARK_VERDICT", column(90, 101, None, 50), 100, "Retail")
    yield call("BENCHMARK_GAP", column(0.9, 7, None, DIVIDED), column("Retail", "Retail", None, "x"))


def odd_columns() -> Iterator[Call]:
    titles = (
        "Customer",
        "who",
        "Kunden-Nr. (neu)",
        "client_id",
        "Ann",
        "n/a",
        5,
        None,
        "\u540d\u524d",
        "\u00c9mail",
        "N\u00ba cliente",
    )
    for title in titles:
        yield call("REPEAT_RATE", column(title, "Ann", "Bo", "ann"))
        for head in (
            "Amount",
            "2024 sales",
            "n/a",
            "7",
            "\u91d1\u984d",
            "\U0001f4b0",
            "#",
            "(open)",
            "1e5",
            None,
        ):
            yield call("PARETO", column(title, "Ann", "Bo"), column(head, 5, 6))
    for customer in (None, "n/a", "NULL", True, DIVIDED, " \u200b", 12.5, "-7.00", "x" * 300, "#ref"):
        yield call("PARETO", column("Ann", customer, "Bo"), column(5, 7, 6))
        yield call("REPEAT_RATE", column("Ann", customer, "Ann"))
    for amount in (None, "abc", "7.5", " ", True, MISSING, -50, 0):
        yield call("GINI", column("Ann", "Cy", "Bo"), column(5, amount, 6))
    for part in (None, 0.5, "50%", 1e-15, 2, 0, "x", DIVIDED, column(0.2, None, 1, 7, "y", MISSING, None)):
        yield call("PARETO_SHARE", column("Ann", "Bo", "Ann", "Cy"), column(60, 10, 10, 10), part)
        yield call("PARETO_CUSTOMERS", column("Ann", "Bo", "Ann", "Cy"), column(60, 10, 10, 10), part)
    yield call("PARETO", (("Ann", "Bo"),), column(3, 4))
    yield call("PARETO", column("Ann", "Cy", "Bo"), column(5, 6))
    yield call("PARETO", column("Ann"), column(5, 6, 7))
    yield call("PARETO", (("a", "b"), ("c", "d")), column(5, 6))
    for alike in (("\u00df", "ss"), ("x y", "x\u00a0y"), ("caf\u00e9", "cafe\u0301")):
        yield call("PARETO", column(*alike, *alike), column(40, 3, 2, 1))
        yield call("REPEAT_RATE", column(*alike, alike[0]))
    yield call("PARETO", "Ann", 5)
    yield call("PARETO", column("Ann", None, "Bo", None, " "), column(5, None, 6, None, None))
    yield call("PARETO", column(None, None), column(None, None))
    yield call("PARETO", column("Customer"), column("Amount"))
    yield call("PARETO", column("a", "b"), column(1 / 3, -1))


def odd_periods() -> Iterator[Call]:
    names, days = (
        column("Ann", "Bo", "Ann", "Cy", "Di"),
        column(*(dt.date(2024, 1, 5) + dt.timedelta(9 * n) for n in range(5))),
    )
    for start in (
        None,
        "x",
        "2024-02-30",
        "2024-02-01T10:00Z",
        "2024-02-01 10:0",
        "2024-02-01\u00a010:00",
        "2024-02-01  10:00",
        True,
        61,
        1e7,
        DIVIDED,
        days,
    ):
        yield call("PERIOD_RETENTION", names, days, start, PERIOD[1])
    for window in (None, 30, "30", 0, 1.5, "x", 36_601, DIVIDED, column(1, 2)):
        yield call("PERIOD_RETENTION", names, days, *PERIOD, None, window)
    yield call("PERIOD_RETENTION", names, days, PERIOD[1], PERIOD[0])
    for dates in (
        ("x", "y"),
        (None, None),
        (45_000, "2023-03-16"),
        (90, 10),
        (45_000, MISSING),
        (45_000, 45_001, 1),
    ):
        yield call("PERIOD_RETENTION", column("a", "b"), column(*dates), *PERIOD)
    for amounts in ((1, "2.5"), ("x", "y"), (-1, -2), (1e16, None), (None, None), ("Amount", 5)):
        yield call("PERIOD_RETENTION", column("a", "b"), column("day", 45_300), *PERIOD, column(*amounts))
        yield call("PERIOD_RETENTION", column("a", "b"), column(45_300, 45_310), *PERIOD, column(*amounts))
    yield call("PERIOD_RETENTION", column(True, False), column(45_000, 45_001), *PERIOD)
    yield call("PERIOD_RETENTION", column(None, "n/a"), column(45_000, 45_001), *PERIOD)
    yield call("PERIOD_RETENTION", names, days, dt.date(1901, 1, 1), dt.date(2199, 12, 31))


def drawn_columns() -> Iterator[Call]:
    draw = random.Random(5)
    for _ in range(40):
        count = draw.randrange(1, 40)
        names = [draw.choice(PEOPLE) for _ in range(count)]
        amounts = [
            None if name is None else draw.choice([1, 2.5, 0.1, 0.2, -1, "3", 7, 12.1]) for name in names
        ]
        if draw.random() < 0.2:
            amounts[draw.randrange(count)] = draw.choice([None, "z", True, MISSING])
        if draw.random() < 0.4:
            names, amounts = [draw.choice(["Customer", "who"]), *names], ["Amount", *amounts]
        sales = column(*names), column(*amounts)
        for function in ("PARETO", "GINI"):
            yield call(function, *sales)
        yield call("PARETO_SHARE", *sales, round(draw.random(), 2))
        yield call("PARETO_CUSTOMERS", *sales, round(draw.random(), 2))
        yield call("REPEAT_RATE", sales[0])
        first = dt.date(2024, 1, 1) + dt.timedelta(draw.randrange(90))
        some = dt.date(2024, 1, 1) + dt.timedelta(draw.randrange(90))
        days = [draw.choice([some, some + dt.timedelta(7), 45_340, "2024-02-03", None]) for _ in names]
        last = first + dt.timedelta(draw.randrange(-1, 40))
        given = draw.choice([None, sales[1]]), draw.choice([None, 30, 10])
        yield call("PERIOD_RETENTION", sales[0], column(*days), first, last, *given)


GROUPS = {
    "single values": odd_scalars, "figures": odd_figures, "columns": odd_columns, "periods": odd_periods,
    "drawn columns": drawn_columns,
}  # fmt: skip


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("group", GROUPS)
def test_the_names_give_the_cores_digits_and_sentences(engine: Answers, group: str, tmp_path: Path) -> None:
    assert differences(engine, list(GROUPS[group]()), tmp_path) == []


def test_an_error_cell_beside_a_range_leaves_the_blank_cells_of_the_range_blank(tmp_path: Path) -> None:
    """In IronCalc alone: formulon shows an error that is given to a LAMBDA once, not in every cell."""
    calls = [call("NRR", ((1000, 900), (500, None)), 150, 30, DIVIDED)]
    assert differences(ironcalc.answers, calls, tmp_path) == []


@pytest.mark.parametrize("engine", ENGINES)
def test_five_thousand_rows_are_ranked_as_the_core_ranks_them(engine: Answers, tmp_path: Path) -> None:
    draw = random.Random(11)
    sales = [(f"Customer {draw.randrange(900)}", draw.randrange(-50, 4_000) / 4) for _ in range(5_000)]
    columns = [column(*cells) for cells in zip(*sales, strict=True)]
    calls = [call(name, *columns) for name in ("PARETO", "GINI", "PARETO_SHARE", "PARETO_CUSTOMERS")]
    assert differences(engine, calls, tmp_path) == []


@pytest.mark.parametrize("engine", ENGINES)
def test_everyone_kept_is_exactly_one_and_nobody_exactly_zero(engine: Answers, tmp_path: Path) -> None:
    calls = [call("RETENTION_LOW", start, 0, 0, 0.9) for start in range(1, 60)]
    calls += [call("RETENTION_HIGH", start, start, 0, 0.9) for start in range(1, 60)]
    found = engine(calls, [expected(each) for each in calls], tmp_path)
    assert found == [0.0] * 59 + [1.0] * 59


def test_formulon_evaluates_no_definition_with_an_optional_parameter(tmp_path: Path) -> None:
    """The reason why it is given the definitions with every parameter required; else drop that detour."""
    import formulon as engine

    calls = [call("RETENTION_LOW", 100, 110, 20, 0.95)]
    lambda_names.write(tmp_path / "book.xlsx", calls, [expected(calls[0])])
    book = engine.Workbook.load((tmp_path / "book.xlsx").read_bytes())
    book.recalc()
    assert book.get_value(0, 0, 0).error_code is not None


def test_a_name_takes_the_catalogues_arguments_in_its_order() -> None:
    for function in filter(lambda each: each.native, FUNCTIONS.values()):
        shown = lambda_of(function, FUNCTIONS.values()).signature
        assert re.sub("(churn|retention)_share", r"\1", shown) == function.signature


def bound(definition: str) -> set[str]:
    return set(re.findall(r"_xl[po][mp]\.(\w+)", definition))


@pytest.mark.parametrize("each", NAMES, ids=lambda each: each.name)
def test_a_definition_is_one_that_excel_takes(each: Any) -> None:
    assert len(each.definition) < 8_192
    assert max(map(len, re.findall(r'"((?:[^"]|"")*)"', each.definition)), default=0) <= 255
    bare = re.sub(r'"(?:[^"]|"")*"', "", each.definition)
    assert bare.count("(") == bare.count(")")
    assert max(accumulate({"(": 1, ")": -1}.get(sign, 0) for sign in bare)) <= 64
    names = {one.name.lower() for one in NAMES}
    called = {name.lower() for name in re.findall(r"(?<![\w.])(?:_xlfn\.|_xlws\.)*([A-Z][A-Z._]+)\(", bare)}
    assert called
    for word in bound(each.definition):
        assert word.lower() not in names | called, "a variable bears the name of a function"
    for word in {each.name, *bound(each.definition)}:
        assert not re.fullmatch(r"[A-Za-z]{1,3}\d+|[rRcC]|[rR]\d*[cC]\d*", word), "a word reads as a cell"


def test_every_name_called_is_defined() -> None:
    defined = {each.name for each in NAMES}
    for each in NAMES:
        bare = re.sub(r'"(?:[^"]|"")*"', "", each.definition)
        steps = set(re.findall(r"(?<![\w.])([A-Z]+_[A-Z_]+)\(", bare))
        assert steps <= defined, each.name


def test_every_step_is_used() -> None:
    text = " ".join(each.definition for each in NAMES)
    assert [each.name for each in STEPS if not re.search(rf"(?<!\w){each.name}\(", text)] == []


def test_every_young_function_known_is_used() -> None:
    definitions = " ".join(each.definition for each in NAMES)
    assert {name for name in YOUNG_FUNCTIONS if f"{name}(" not in definitions} == set()


def test_no_young_function_is_stored_without_its_mark() -> None:
    for each in NAMES:
        for name, mark in YOUNG_FUNCTIONS.items():
            found = re.findall(rf"([\w.]*)(?<!\w){re.escape(name)}\(", each.definition)
            assert set(found) <= {mark}, (each.name, name)


def test_a_comment_says_how_to_call_a_name_and_fits() -> None:
    low = lambda_of(FUNCTIONS["RETENTION_LOW"])
    assert comment(low).startswith(
        "RETENTION_LOW(start_customers, end_customers, new_customers, [confidence]): "
    )
    assert max(len(comment(each)) for each in NAMES) <= COMMENT_LENGTH


def test_a_function_without_a_native_formula_is_no_name() -> None:
    catalogue = Catalogue()

    @catalogue.declare()
    def DOUBLED(start_customers: Count) -> Rate:
        """Twice as many.

        Parameters
        ----------
        start_customers
            Customers.
        """
        return start_customers * 2

    assert lambdas(catalogue.values()) == STEPS
    with pytest.raises(LookupError, match="DOUBLED"):
        lambda_of(catalogue["DOUBLED"])


def test_a_function_declared_later_is_a_name_made_of_the_same_steps(tmp_path: Path) -> None:
    import ironcalc as engine

    catalogue = Catalogue()

    @catalogue.declare(
        native="LET(orders, CUSTOMER_ROWS(customers), IF(COLUMNS(orders)=1, orders, ROWS(orders)*weight))"
    )
    def ORDER_COUNT(customers: Customers, weight: Count = 1.0) -> Rate:
        """How many orders.

        Parameters
        ----------
        customers
            Column of customers.
        weight
            What an order counts.
        """
        return weight * len([one for one in customers if one is not None])

    path = tmp_path / "book.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("S")
        sheet.write_column(0, 1, ["Customer", "Ann", "Bo", "", "Ann"])
        for each in lambdas(catalogue.values()):
            if "BENCHMARK_" not in each.definition:
                book.define_name(each.name, each.definition)
        for row, formula in enumerate(("=ORDER_COUNT(B1:B9)", "=ORDER_COUNT(B:B,2)", "=ORDER_COUNT(C1:C4)")):
            sheet.write_dynamic_array_formula(row, 0, row, 0, formula, None, -1)
    model = engine.load_from_xlsx(str(path), "en", "UTC", "en")
    model.evaluate()
    assert [model.get_cell_value(0, row, 1) for row in (1, 2, 3)] == [3, 6, "customers has no filled rows."]
