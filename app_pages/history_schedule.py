"""The lines that make the comparison come by itself, for cron and for the Task Scheduler."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from app_pages.chosen_log import YOURS, ChosenLog, Definition
from app_pages.history_answers import SECTIONS

_PLAIN = re.compile(r"[\w.,()+ -]+")
_ROLES = ("customer", "date", "amount", "quantity", "price", "order", "cost", "margin")
_FLAGS = {"exact_case": "--exact-case", "drop_repeats": "--drop-repeats"}


def arguments(
    chosen: ChosenLog, definition: Definition, history: str, alerts: Sequence[str]
) -> tuple[str, tuple[str, ...]]:
    """What follows `python -m retention_core`, and names that are not safe on a command line.

    A name that a shell could take for more than a name is written in capitals, to be filled in by hand.
    """
    unsafe: list[str] = []

    def quoted(name: str, instead: str) -> str:
        if _PLAIN.fullmatch(name) and not name.startswith("-"):
            return f'"{name}"' if re.search(r"[^\w.-]", name) else name
        unsafe.append(instead)
        return instead

    mine = chosen.kind == YOURS
    parts = ["report", quoted(chosen.title if mine else "orders.csv", "ORDERS_FILE")]
    if mine:
        named = ((role, getattr(chosen.log.columns, role)) for role in _ROLES)
        parts += [f"--{role} {quoted(column, role.upper() + '_COLUMN')}" for role, column in named if column]
    parts += _reading(chosen.reading) + _defined(definition)
    parts += [f"--sections {','.join((*SECTIONS, 'focus'))}", f"--history {quoted(history, 'HISTORY_FILE')}"]
    parts += [f'--alert "{alert}"' for alert in alerts]
    return " ".join(parts), tuple(dict.fromkeys(unsafe))


def _reading(reading: Mapping[str, Any]) -> list[str]:
    found = [flag for name, flag in _FLAGS.items() if reading.get(name)]
    if reading.get("day_first") is not None:
        found.append("--day-first" if reading["day_first"] else "--month-first")
    currency = reading.get("keep_currency")
    return [*found, f"--keep-currency {currency}"] if currency and str(currency).isalpha() else found


def _defined(definition: Definition) -> list[str]:
    found = []
    if definition.period is not None:
        found.append(f"--period {definition.period}")
    if definition.active_days is not None:
        found.append(f"--active-days {definition.active_days}")
    if definition.year_starts != 1:
        found.append(f"--year-starts {definition.year_starts}")
    return found


def cron(told: str) -> str:
    """One line of a crontab: at six on the first of each month, a mail on an alert or an error."""
    return (
        f"0 6 1 * * cd /home/ann/shop && {{ python3 -m retention_core {told} > report.txt 2>&1 "
        '|| mail -s "Retention" ann@example.com < report.txt; }'
    )


def windows(told: str) -> tuple[str, str]:
    """What to type once in a command prompt, and the file C:\\shop\\retention.cmd that it starts."""
    once = r'schtasks /Create /TN "Retention" /SC MONTHLY /D 1 /ST 06:00 /TR "C:\shop\retention.cmd"'
    script = "\n".join(
        [
            r"cd /d C:\shop",
            f"python -m retention_core {told} > report.txt 2>&1",
            r"if errorlevel 3 msg %USERNAME% Retention: an alert fired, see C:\shop\report.txt",
        ]
    )
    return once, script
