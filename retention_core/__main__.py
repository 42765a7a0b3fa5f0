"""`python -m retention_core report FILE`: the whole answer for one table, to read or as JSON."""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from retention_core.errors import RetentionError

_LONG_WORK = 5_000_000  # bytes of a file from which on progress is worth a line
_FAILED = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; 0 for an answer, 2 with a sentence for an error or wrong usage."""
    options = _parser().parse_args(arguments)
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]  # a terminal that lacks a letter
    try:
        found = options.answer(options)
        print(json.dumps(found.to_json(), allow_nan=False) if options.json else found.to_text())
        sys.stdout.flush()
    except RetentionError as error:
        return _failed(str(error))
    except MemoryError:
        return _failed(f'"{options.file}" needs more memory than this machine has: save it as parquet.')
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def _report(options: argparse.Namespace) -> Any:
    from retention_core.orders import OrderLog
    from retention_core.report.log_report import chosen_sections, report_on

    sections = None if options.sections is None else chosen_sections(options.sections.split(","))
    progress = _progress(options.file)
    log = OrderLog.from_file(
        options.file,
        quantity=options.quantity,
        price=options.price,
        date=options.date,
        order=options.order,
        cost=options.cost,
        margin=options.margin,
        **_reading(options),
        progress=progress,
    )
    return report_on(
        log,
        sections=sections,
        period=options.period,
        active_days=options.active_days,
        as_of=options.as_of,
        year_starts=options.year_starts,
        industry=options.industry,
        model=options.model,
        progress=progress,
    )


def _subscriptions(options: argparse.Namespace) -> Any:
    from retention_core.report.subscription_report import report_on_subscriptions
    from retention_core.subscriptions import Subscriptions

    subscriptions = Subscriptions.from_file(
        options.file,
        start=options.start,
        end=options.end,
        month=options.month,
        plan=options.plan,
        interval=options.interval,
        per=options.paid_per,
        end_is_paid=options.end_is_paid,
        as_of=options.as_of,
        **_reading(options),
        progress=_progress(options.file),
    )
    return report_on_subscriptions(
        subscriptions,
        period=options.period,
        per=options.per,
        since=options.since,
        year_starts=options.year_starts,
    )


def _reading(options: argparse.Namespace) -> dict[str, Any]:
    """What both kinds of table are read with."""
    return {
        "sheet": options.sheet,
        "customer": options.customer,
        "amount": options.amount,
        "currency": options.currency,
        "groups": options.group,
        "day_first": options.day_first,
        "keep_currency": options.keep_currency,
        "exact_case": options.exact_case,
        "drop_repeats": options.drop_repeats,
    }


def _progress(file: str) -> Callable[[str], None] | None:
    try:
        if Path(file).stat().st_size < _LONG_WORK:
            return None
    except (OSError, ValueError):  # the reader says what is wrong with the path
        return None
    return lambda sentence: print(sentence, file=sys.stderr, flush=True)


def _failed(sentence: str) -> int:
    print(sentence, file=sys.stderr)
    return _FAILED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m retention_core", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="report | subscriptions")
    report = commands.add_parser("report", help="rates, cohorts, segments, forecast ... of an order log")
    _add_reading(report, "csv, parquet, xlsx, xls or ods; one row an order line", _ORDER_COLUMNS)
    _add_figures(report)
    report.set_defaults(answer=_report)
    subscriptions = commands.add_parser(
        "subscriptions", help="movements of recurring revenue, NRR, GRR and churn"
    )
    _add_reading(
        subscriptions,
        "csv, parquet, xlsx, xls or ods; one row a subscription, or a customer and month",
        _SUBSCRIPTION_COLUMNS,
    )
    _add_movements(subscriptions)
    subscriptions.set_defaults(answer=_subscriptions)
    return parser


def _add_reading(command: argparse.ArgumentParser, file: str, roles: dict[str, str]) -> None:
    command.add_argument("file", help=file)
    columns = command.add_argument_group("columns, guessed from their names where not given")
    for role, meaning in roles.items():
        columns.add_argument(f"--{role}", metavar="NAME", help=meaning)
    columns.add_argument(
        "--group",
        metavar="NAME",
        action="append",
        default=[],
        help="compare customers by it; may be repeated",
    )
    reading = command.add_argument_group("reading")
    reading.add_argument("--sheet", help="sheet of a workbook; by default the first with a table")
    order = reading.add_mutually_exclusive_group()
    order.add_argument("--day-first", action="store_true", default=None, help="03/04/2025 is 3 April")
    order.add_argument("--month-first", action="store_false", dest="day_first", help="03/04/2025 is 4 March")
    reading.add_argument("--keep-currency", metavar="CODE", help="keep one currency where there are several")
    reading.add_argument("--exact-case", action="store_true", help="keep ANN and Ann apart")
    reading.add_argument("--drop-repeats", action="store_true", help="set rows that repeat another aside")


def _add_figures(command: argparse.ArgumentParser) -> None:
    figures = command.add_argument_group("figures")
    figures.add_argument(
        "--sections",
        metavar="NAMES",
        help="some of retention,pareto,cohorts,segments,lifetime,forecast,drivers; by default all",
    )
    figures.add_argument("--period", choices=_PERIODS, help="by default chosen from the log")
    figures.add_argument(
        "--active-days", type=int, metavar="DAYS", help="activity window; by default one period"
    )
    figures.add_argument("--as-of", type=_day, metavar="DATE", help="the log as it stood on YYYY-MM-DD")
    figures.add_argument("--industry", help="compare with this industry's yearly retention")
    figures.add_argument(
        "--model", choices=("mbg-nbd", "bg-nbd", "pareto-nbd"), default="mbg-nbd", help="of the forecast"
    )
    _add_common(figures)


def _add_movements(command: argparse.ArgumentParser) -> None:
    reading = command.add_argument_group("reading subscriptions")
    reading.add_argument(
        "--paid-per", metavar="TIME", help="amounts are per week, month, quarter, half-year or year"
    )
    reading.add_argument("--end-is-paid", action="store_true", help="the end is the last day paid for")
    reading.add_argument("--as-of", type=_day, metavar="DATE", help="first day not known, YYYY-MM-DD")
    figures = command.add_argument_group("figures")
    figures.add_argument("--period", choices=_PERIODS, default="month", help="of the movements")
    figures.add_argument(
        "--per", choices=("month", "year"), default="month", help="of the amounts: MRR or ARR"
    )
    figures.add_argument(
        "--since", type=_day, metavar="DATE", help="follow revenue from then; by default twelve months"
    )
    _add_common(figures)


def _add_common(figures: argparse._ArgumentGroup) -> None:
    figures.add_argument(
        "--year-starts", type=int, default=1, metavar="MONTH", help="first month of the year"
    )
    figures.add_argument("--json", action="store_true", help="print one JSON object")


_PERIODS = ("month", "quarter", "year")
_ORDER_COLUMNS = {
    "customer": "who bought",
    "date": "when",
    "amount": "for how much",
    "quantity": "units, with --price in place of --amount",
    "price": "price of one unit",
    "order": "order number, where an order has several rows",
    "cost": "cost of the row; value is then profit",
    "margin": "profit of the row, in place of --cost",
    "currency": "currency of the row",
}
_SUBSCRIPTION_COLUMNS = {
    "customer": "who pays",
    "start": "first day",
    "end": "first day without; blank while it runs",
    "month": "month of a snapshot, in place of --start and --end",
    "amount": "what is paid",
    "plan": "plan, to compare by",
    "interval": "how often the amount is paid, row by row",
    "currency": "currency of the row",
}


def _day(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f'"{text}" is no date such as 2025-12-31') from None


if __name__ == "__main__":
    sys.exit(main())
