"""Feedback and referrals as lists for people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from app_pages import wording
from app_pages.tables import Kind, Table
from retention_core.differences import Difference, GroupMean, GroupShare
from retention_core.feedback_log import FeedbackLog
from retention_core.referral_tables import Referrals
from retention_core.voice_tables import Voice

ADOPTED, REFUSED, OPEN = "adopted", "not adopted", "undecided"
_VERDICTS = {"higher": "more", "lower": "less", "cannot tell": "cannot tell"}


def detractors(found: Voice) -> Table:
    """One row a detractor, the one who brings most on top."""
    value = (found.value_of or "value").capitalize()
    names = {
        "customer": "Customer",
        "score": "Score",
        "value": value,
        "suggestion": "Suggestion",
        "adopted": "What became of it",
        "date": "Answered",
        "orders": "Orders",
        "last_order": "Last order",
        "do_not_contact": "Contact",
    }
    frame = found.to_frame()
    told = frame["suggestion"].notna()
    frame["adopted"] = [
        _decided(answer) if there else "" for answer, there in zip(frame["adopted"], told, strict=True)
    ]
    frame["suggestion"] = frame["suggestion"].where(told, "")
    blocked = frame["do_not_contact"]
    frame["do_not_contact"] = ["unknown" if pd.isna(no) else "no" if no else "yes" for no in blocked]
    frame = frame.astype({"score": "float64", "orders": "float64"})
    if found.value_of is None:
        del names["value"]
    if blocked.isna().all():
        del names["do_not_contact"]
    kinds: dict[str, Kind] = {"Score": "count", "Answered": "date", "Orders": "count", "Last order": "date"}
    if found.value_of is not None:
        kinds[value] = "money"
    return Table("To call", frame[list(names)].rename(columns=names), kinds)


def _decided(answer: Any) -> str:
    return OPEN if answer is None or pd.isna(answer) else ADOPTED if answer else REFUSED


def found_customers(table: Table, wanted: str) -> Table:
    """The customers whose name holds `wanted`; all where nothing is."""
    if not wanted.strip():
        return table
    names = table.frame["Customer"].str.contains(wanted.strip(), case=False, regex=False)
    return Table(table.title, table.frame[names], table.kinds)


def over_time(found: Voice) -> Table:
    """One row a period, the latest first."""
    frame = found.over_time_frame().iloc[::-1].reset_index(drop=True)
    shown = pd.DataFrame(
        {
            "Period": [wording.period_name(found.period, row.start, row.end) for row in frame.itertuples()],
            "State": ["complete" if one else "incomplete" for one in frame["complete"]],
            "Score": frame["points"],
            "Low": frame["low"],
            "High": frame["high"],
            "Answers": frame["answers"],
            "Promoters": frame["promoters"],
            "Passives": frame["passives"],
            "Detractors": frame["detractors"],
        }
    )
    counts: dict[str, Kind] = dict.fromkeys(("Answers", "Promoters", "Passives", "Detractors"), "count")
    return Table("Score over time", shown, counts | dict.fromkeys(("Score", "Low", "High"), "count"))


def suggestions(feedback: FeedbackLog, found: Voice) -> Table:
    """Each suggestion once: how many made it, and what became of it; most often undecided first."""
    lines = feedback.before(found.as_of)
    lines = lines[lines["suggestion"].notna()]
    became = lines["adopted"].map(_decided)
    frame = pd.DataFrame(
        {"Suggestion": lines["suggestion"], **{name: became == name for name in (OPEN, ADOPTED, REFUSED)}}
    )
    summed = frame.groupby("Suggestion", sort=True).sum().astype("int64")
    summed.insert(0, "Times", summed.sum(axis=1))
    summed = summed.sort_values([OPEN, "Times"], ascending=False, kind="stable").reset_index()
    shown = summed.rename(columns={name: name.capitalize() for name in (OPEN, ADOPTED, REFUSED)})
    return Table("Suggestions", shown, dict.fromkeys(list(shown)[1:], "count"))


def kept(found: Voice) -> Table:
    """How many customers ordered again: by opinion, and by what became of the suggestion."""
    groups = [("score", one) for one in found.by_score]
    if found.adoption is not None:
        pair = (found.adoption.one, found.adoption.other)
        groups += [("suggestion", one) for one in pair if isinstance(one, GroupShare)]
    rows = [
        (by, one.group.capitalize(), one.customers, one.kept, one.share, one.low, one.high)
        for by, one in groups
    ]
    columns = ["By", "Group", "Customers", "Ordered again", "Share", "Low", "High"]
    frame = pd.DataFrame(rows, columns=columns).astype(dict.fromkeys(columns[4:], "float64"))
    percents: dict[str, Kind] = dict.fromkeys(columns[4:], "percent")
    return Table("Who stayed", frame, {"Customers": "count", "Ordered again": "count", **percents})


def kept_by_score(found: Voice) -> Table:
    """How many promoters, passives and detractors ordered again."""
    table = kept(found)
    frame = table.frame[table.frame["By"] == "score"].drop(columns="By")
    return Table(table.title, frame, table.kinds)


def differences(found: Sequence[tuple[str, Difference | None]]) -> Table:
    """One row a comparison of two groups, with its interval."""
    rows = [
        (
            what,
            one.difference,
            one.low,
            one.high,
            one.adjusted,
            one.adjusted_low,
            one.adjusted_high,
            _VERDICTS[one.verdict],
            one.definition,
            "; ".join(f"{why}: {many:,}" for why, many in one.left_out.items()) or "nobody",
        )
        for what, one in found
        if one is not None
    ]
    within = ("Within cohorts", "Low, within", "High, within")
    columns = ["What", "Difference", "Low", "High", *within, "Verdict", "Compared", "Left out"]
    frame = pd.DataFrame(rows, columns=columns)
    return Table("Differences", frame.astype(dict.fromkeys(columns[1:7], "float64")), {})


def referrers(found: Referrals) -> Table:
    """One row a referrer, the one whose customers bring most on top."""
    value = found.value_of or "value"
    names = {
        "customer": "Customer",
        "referrals": "Referrals",
        "value_brought": f"{value.capitalize()} brought",
        "own_value": f"Own {value}",
        "first_order": "First order",
        "last_referral": "Last referral",
    }
    frame = found.to_frame()
    kinds: dict[str, Kind] = {"Referrals": "count", "First order": "date", "Last referral": "date"}
    if found.value_of is None:
        del names["value_brought"], names["own_value"]
    else:
        kinds |= dict.fromkeys((names["value_brought"], names["own_value"]), "money")
    return Table("Referrers", frame[list(names)].rename(columns=names), kinds)


def by_period(found: Referrals) -> Table:
    """The share of new customers by referral, the latest period first."""
    frame = found.by_period_frame().iloc[::-1].reset_index(drop=True)
    shown = pd.DataFrame(
        {
            "Period": [wording.period_name(found.period, row.start, row.end) for row in frame.itertuples()],
            "State": ["complete" if one else "incomplete" for one in frame["complete"]],
            "New": frame["new"],
            "By referral": frame["referred"],
            "Share": frame["share"],
            "Low": frame["low"],
            "High": frame["high"],
        }
    )
    counts: dict[str, Kind] = {"New": "count", "By referral": "count"}
    return Table("By referral", shown, counts | dict.fromkeys(("Share", "Low", "High"), "percent"))


def groups(found: Referrals) -> Table:
    """Those referred and the others: how many came back, and what they brought."""
    rows = []
    for place in (0, 1):
        again = (found.repeat.one, found.repeat.other)[place]
        means = None if found.value is None else (found.value.one, found.value.other)[place]
        share = again if isinstance(again, GroupShare) else None
        mean = means if isinstance(means, GroupMean) else None
        rows.append(
            {
                "Group": again.group.capitalize(),
                "Followed": again.customers,
                "Ordered again": None if share is None else share.share,
                "Low": None if share is None else share.low,
                "High": None if share is None else share.high,
                "Followed for value": None if mean is None else mean.customers,
                "Mean value": None if mean is None else mean.mean,
                "Value, low": None if mean is None else mean.low,
                "Value, high": None if mean is None else mean.high,
            }
        )
    frame = pd.DataFrame(rows)
    numbers = list(frame)[1:]
    money: dict[str, Kind] = dict.fromkeys(("Mean value", "Value, low", "Value, high"), "money")
    if found.value is None:
        frame, numbers, money = frame[list(frame)[:5]], numbers[:4], {}
    percents: dict[str, Kind] = dict.fromkeys(("Ordered again", "Low", "High"), "percent")
    counts: dict[str, Kind] = dict.fromkeys(
        [name for name in numbers if name.startswith("Followed")], "count"
    )
    return Table(
        "Referred or not", frame.astype(dict.fromkeys(numbers, "float64")), counts | percents | money
    )
