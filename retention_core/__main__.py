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
_WORDS = {"cost": "action_cost"}  # arguments that the command line calls otherwise


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; 0 for an answer, 2 with a sentence for an error, 3 where an alert fired."""
    options = _parser().parse_args(arguments)
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]  # a terminal that lacks a letter
    ended = 0
    try:
        found = options.answer(options)
        ended = getattr(found, "exit_code", 0)
        print(json.dumps(found.to_json(), allow_nan=False) if options.json else found.to_text())
        sys.stdout.flush()
    except RetentionError as error:
        return _failed(error.in_words(_WORDS))
    except MemoryError:
        return _failed(f'"{options.file}" needs more memory than this machine has: save it as parquet.')
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return ended


def _report(options: argparse.Namespace) -> Any:
    from retention_core.focus_values import Action
    from retention_core.orders import OrderLog
    from retention_core.report.keeping_lists import Terms, check_terms
    from retention_core.report.log_report import chosen_sections, report_on

    _check_watch(options)
    sections = None if options.sections is None else chosen_sections(options.sections.split(","))
    action = Action(options.action_cost, options.uplift)
    check_terms(Terms(action=action, budget=options.budget, key_share=options.key_share))
    worth = _worth_terms(options)
    _check_lists(options.lists, sections)
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
    found = report_on(
        log,
        sections=sections,
        period=options.period,
        active_days=options.active_days,
        as_of=options.as_of,
        year_starts=options.year_starts,
        industry=options.industry,
        model=options.model,
        **_side_files(options),
        action=action,
        budget=options.budget,
        key_share=options.key_share,
        worth=worth,
        progress=progress,
    )
    if options.lists is not None:
        for written in found.write_lists(options.lists):
            print(written.said, file=sys.stderr)
    return _watched(found, options)


def _check_watch(options: argparse.Namespace) -> None:
    """Say what is wrong with a history or an alert before the file is read, which may take long."""
    if options.history is None and not options.alert:
        return
    from retention_core.watch import check_watch

    check_watch(options.history, options.alert, options.label)


def _watched(found: Any, options: argparse.Namespace) -> Any:
    """The report, with what became of it where it is to be kept or held against alerts."""
    if options.history is None and not options.alert:
        return found
    from retention_core.watch import WatchedReport, keep_and_compare

    read = {name: getattr(options, name) for name in _READING}
    watch = keep_and_compare(found, options.history, options.alert, label=options.label, reading=read)
    return WatchedReport(found, watch)


def _check_lists(folder: str | None, sections: Sequence[str] | None) -> None:
    """Say what is wrong with a folder before the file is read, which may take long."""
    from retention_core.errors import OrderLogError
    from retention_core.report.keeping_lists import LISTS, made_folder
    from retention_core.report.log_report import NO_LISTS

    if folder is None:
        return
    if sections is not None and not set(LISTS).intersection(sections):
        raise OrderLogError(NO_LISTS)
    made_folder(folder)


def _worth_terms(options: argparse.Namespace) -> Any:
    """What is told of margins and costs, found fault with before the file is read."""
    from retention_core.report.worth_terms import WorthTerms, check_worth_terms, read_spending, read_what_if

    spent, changes = options.spending, options.what_if
    terms = WorthTerms(
        customer_margin=options.customer_margin,
        discount=options.discount,
        spending=None if spent is None else read_spending(spent),
        what_if=None if changes is None else read_what_if(changes),
    )
    check_worth_terms(terms)
    return terms


def _side_files(options: argparse.Namespace) -> dict[str, Any]:
    """The files named beside the orders, read the same way."""
    from retention_core.contact_log import ContactLog
    from retention_core.feedback_log import FeedbackLog
    from retention_core.invoices import Invoices
    from retention_core.referral_log import ReferralLog

    reading = {"day_first": options.day_first, "exact_case": options.exact_case}
    doors = {"contacts": ContactLog, "invoices": Invoices, "feedback": FeedbackLog}
    found: dict[str, Any] = {
        name: door.from_file(path, **reading)  # type: ignore[attr-defined]
        for name, door in doors.items()
        if (path := getattr(options, name)) is not None
    }
    if options.referrals is not None:
        found["referrals"] = ReferralLog.from_file(options.referrals, exact_case=options.exact_case)
    return found


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
    _add_watch(report)
    _add_keeping(report)
    _add_worth(report)
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
        help="some of retention,pareto,cohorts,segments,lifetime,forecast,drivers,stages,focus,"
        "key_customers,due,worth,voice,referrals; by default all",
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


def _add_keeping(command: argparse.ArgumentParser) -> None:
    keeping = command.add_argument_group("whom to keep")
    keeping.add_argument(
        "--contacts",
        metavar="FILE",
        help="one row a contact: customer and date, if known kind, response, score, do not contact; "
        "columns are recognised by their names",
    )
    keeping.add_argument(
        "--invoices",
        metavar="FILE",
        help="one row an invoice: customer and due date or open amount, if known paid date and amount",
    )
    keeping.add_argument("--budget", type=float, metavar="MONEY", help="to spend on actions in all")
    keeping.add_argument(
        "--action-cost",
        type=float,
        metavar="MONEY",
        help="of one action for one customer; by default 5 %% of a typical order, as an assumption",
    )
    keeping.add_argument(
        "--uplift",
        type=float,
        default=0.1,
        metavar="RATE",
        help="share of the value at stake that an action is assumed to save; by default 0.1",
    )
    keeping.add_argument(
        "--key-share",
        type=float,
        default=0.8,
        metavar="RATE",
        help="share of each group's value that its key customers carry; by default 0.8",
    )
    keeping.add_argument(
        "--lists",
        metavar="FOLDER",
        help="write the whole lists as stages.csv, focus.csv, key_customers.csv, due.csv, detractors.csv and "
        "referrers.csv; the folder is made where it is missing, and files of these names in it are replaced",
    )


def _add_worth(command: argparse.ArgumentParser) -> None:
    worth = command.add_argument_group("what it is worth, and what customers say")
    worth.add_argument(
        "--feedback",
        metavar="FILE",
        help="one row a customer asked: customer, if known date, score from 0 to 10, suggestion, adopted",
    )
    worth.add_argument(
        "--referrals",
        metavar="FILE",
        help="who was referred by whom: customer and referred by; or name such a column of the orders "
        "with --group",
    )
    worth.add_argument(
        "--customer-margin",
        type=float,
        metavar="MONEY",
        help="what a customer brings in a year after the costs of serving it, where no column has cost or "
        "margin",
    )
    worth.add_argument(
        "--discount",
        type=float,
        default=0.1,
        metavar="RATE",
        help="what money loses in a year by coming later; by default 0.1",
    )
    worth.add_argument(
        "--spending",
        metavar="NAME=NUMBER,...",
        help="what keeping costs against winning: some of winning_spend, won, keeping_spend, reached, kept, "
        "left_alone, left_alone_kept, uplift",
    )
    worth.add_argument(
        "--what-if",
        metavar="NAME=NUMBER,...",
        help="36 months under other figures: some of customers, retention, margin, revenue, new_customers, "
        "winning_budget, cost_to_win, keeping_cost",
    )


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


def _add_watch(command: argparse.ArgumentParser) -> None:
    watch = command.add_argument_group("regular comparison")
    watch.add_argument("--history", metavar="FILE", help="keep the figures there; say what changed since")
    watch.add_argument(
        "--alert",
        metavar="TEXT",
        action="append",
        default=[],
        help='such as "rate<0.8"; where one fires the command ends with 3; may be repeated',
    )
    watch.add_argument("--label", default="", help="whose figures these are, where logs share a history")


def _add_common(figures: argparse._ArgumentGroup) -> None:
    figures.add_argument(
        "--year-starts", type=int, default=1, metavar="MONTH", help="first month of the year"
    )
    figures.add_argument("--json", action="store_true", help="print one JSON object")


_READING = ("day_first", "keep_currency", "exact_case", "drop_repeats")
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
