"""`python -m retention_core report FILE`: the whole answer for one log, to read or as JSON."""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from retention_core.errors import RetentionError

_LONG_WORK = 5_000_000  # bytes of a file from which on progress is worth a line


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; 0 for an answer, 1 with one sentence for an error, 2 for wrong usage."""
    options = _parser().parse_args(arguments)
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]  # a terminal that lacks a letter
    try:
        print(_answer(options))
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


def _answer(options: argparse.Namespace) -> str:
    from retention_core.orders import OrderLog
    from retention_core.report import report_on

    log = OrderLog.from_file(
        options.file,
        sheet=options.sheet,
        customer=options.customer,
        date=options.date,
        amount=options.amount,
        quantity=options.quantity,
        price=options.price,
        order=options.order,
        cost=options.cost,
        margin=options.margin,
        currency=options.currency,
        day_first=options.day_first,
        keep_currency=options.keep_currency,
        exact_case=options.exact_case,
        drop_repeats=options.drop_repeats,
        progress=_progress(options.file),
    )
    found = report_on(
        log,
        period=options.period,
        active_days=options.active_days,
        as_of=options.as_of,
        year_starts=options.year_starts,
        industry=options.industry,
    )
    if options.json:
        return json.dumps(found.to_json(), allow_nan=False)
    return found.to_text()


def _progress(file: str) -> Callable[[str], None] | None:
    try:
        if Path(file).stat().st_size < _LONG_WORK:
            return None
    except (OSError, ValueError):  # the reader says what is wrong with the path
        return None
    return lambda sentence: print(sentence, file=sys.stderr, flush=True)


def _failed(sentence: str) -> int:
    print(sentence, file=sys.stderr)
    return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m retention_core", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="report")
    command = commands.add_parser("report", help="rates, key shares and a comparison for an order log")
    command.add_argument("file", help="csv, parquet, xlsx, xls or ods; one row an order line")
    columns = command.add_argument_group("columns, guessed from their names where not given")
    for role, meaning in _COLUMNS.items():
        columns.add_argument(f"--{role}", metavar="NAME", help=meaning)
    reading = command.add_argument_group("reading")
    reading.add_argument("--sheet", help="sheet of a workbook; by default the first with a table")
    order = reading.add_mutually_exclusive_group()
    order.add_argument("--day-first", action="store_true", default=None, help="03/04/2025 is 3 April")
    order.add_argument("--month-first", action="store_false", dest="day_first", help="03/04/2025 is 4 March")
    reading.add_argument("--keep-currency", metavar="CODE", help="keep one currency where there are several")
    reading.add_argument("--exact-case", action="store_true", help="keep ANN and Ann apart")
    reading.add_argument("--drop-repeats", action="store_true", help="set rows that repeat another aside")
    figures = command.add_argument_group("figures")
    figures.add_argument(
        "--period", choices=("month", "quarter", "year"), help="by default chosen from the log"
    )
    figures.add_argument(
        "--active-days", type=int, metavar="DAYS", help="activity window; by default one period"
    )
    figures.add_argument("--as-of", type=_day, metavar="DATE", help="the log as it stood on YYYY-MM-DD")
    figures.add_argument(
        "--year-starts", type=int, default=1, metavar="MONTH", help="first month of the year"
    )
    figures.add_argument("--industry", help="compare with this industry's yearly retention")
    figures.add_argument("--json", action="store_true", help="print one JSON object")
    return parser


_COLUMNS = {
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


def _day(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f'"{text}" is no date such as 2025-12-31') from None


if __name__ == "__main__":
    sys.exit(main())
