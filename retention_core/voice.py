"""What customers say, and whether those who are heard stay."""

from __future__ import annotations

import datetime as dt
import math
from typing import TYPE_CHECKING, Any

import narwhals as nw
import pandas as pd

from retention_core.arguments import check_kind, day_asked, is_number, is_whole, named_day
from retention_core.cleaning import ROW
from retention_core.differences import Share, share_of
from retention_core.errors import OrderLogError, said
from retention_core.feedback_log import FeedbackLog
from retention_core.identity import key_order
from retention_core.movements import month_number, month_start
from retention_core.net_promoter import DETRACTOR_UP_TO, nps
from retention_core.orders import OrderLog
from retention_core.periods import LONGEST_DAYS, MONTHS, period_retention
from retention_core.voice_follow_up import kept_by_adoption, kept_by_score, usual_delay
from retention_core.voice_tables import ALL, LATEST, Detractor, ScorePeriod, Voice

if TYPE_CHECKING:
    from retention_core.contact_log import ContactLog

_LONGEST = 36_600


def voice_of(
    log: OrderLog | None,
    feedback: FeedbackLog,
    *,
    as_of: dt.date | None = None,
    scores: str = LATEST,
    window: int | None = None,
    decide_days: int | None = None,
    period: str = "quarter",
    contacts: ContactLog | None = None,
    confidence: float = 0.95,
) -> Voice:
    """Net promoter score, answers, suggestions and detractors, and how score and adoption go with staying.

    Parameters
    ----------
    log
        The orders; without them nothing is known of staying and value.
    feedback
        What customers answered and suggested.
    as_of
        Count what lies before this day; by default the day after the last order, without a log after the
        last feedback.
    scores
        "latest": the score is of each customer's latest answer; "all": of all answers.
    window
        Customers are kept who order again within so many days; by default the length of the log's period:
        31, 92 or 366.
    decide_days
        Days after a suggestion within which an adoption counts. By default so many that four in five of the
        dated adoptions had come by then, at most `window`; 0 where no day of adoption is known.
    period
        "month", "quarter" or "year": how the score is shown over time.
    contacts
        Who wants to be left alone, for the list of detractors.

    Raises
    ------
    OrderLogError
        If an argument makes no sense, or no order lies before `as_of`.

    Notes
    -----
    Both comparisons look at a customer once: at the first answer, and at the first suggestion, with a day on
    or after the first order. Kept is who orders after the start of the window and within it. Those who could
    not be followed for the whole window are left out and counted.

    An adoption takes time, and a customer has to stay on to see it. The window therefore begins `decide_days`
    after the suggestion: who had it adopted by then is compared with everybody else, those whose suggestion
    was adopted later included (a landmark analysis).

    References
    ----------
    Anderson, Cain and Gelber (1983), Analysis of survival by tumor response, Journal of Clinical Oncology 1,
    710-719, for the landmark.

    Examples
    --------
    >>> log = OrderLog.from_frame(pd.DataFrame({
    ...     "customer": ["Ann", "Ann", "Bo", "Cy", "Cy"], "amount": [9, 9, 5, 80, 7],
    ...     "date": ["2025-01-02", "2025-02-01", "2025-01-05", "2025-01-03", "2025-06-20"]}))
    >>> feedback = FeedbackLog.from_frame(pd.DataFrame({
    ...     "customer": ["Ann", "Bo", "Cy"], "score": [10, 7, 3], "date": ["2025-01-10"] * 3,
    ...     "suggestion": [None, None, "Faster, please"], "adopted": [None, None, "no"]}))
    >>> found = voice_of(log, feedback, window=60)
    >>> found.nps.points, [one.kept for one in found.by_score]
    (0.0, [1, 0, 0])
    >>> found.to_frame()[["customer", "score", "suggestion", "value"]]
      customer  score      suggestion  value
    0       Cy      3  Faster, please   87.0
    """
    check_kind("log", log, OrderLog)
    if not isinstance(feedback, FeedbackLog):
        raise OrderLogError(f"`feedback` must be a FeedbackLog (got {said(type(feedback).__name__)}).")
    _check_contacts(contacts)
    _check(scores, period, window, decide_days, confidence)
    until = _until(log, feedback, as_of)
    lines = feedback.before(until)
    if log is not None and until is not None and window is None:
        window = LONGEST_DAYS[period_retention(log, as_of=until).period]
    notes = _notes(log, feedback, lines)
    orders = None if log is None or until is None else _orders_of(log, lines, until)
    if orders is not None:
        notes += _strangers_note(lines, orders)
    dated = bool(lines["adopted_on"].notna().any())
    if decide_days is None:
        decide_days = usual_delay(lines, window) if dated else 0
    opinions, score_difference = kept_by_score(lines, orders, window, until, confidence)
    chosen = _latest(lines) if scores == LATEST else lines[lines["score"].notna()]
    adopted, undecided = _adopted(feedback, lines, confidence)
    adoption = kept_by_adoption(lines, orders, window, decide_days, dated, until, confidence)
    if adoption is not None and not dated:
        notes.append(
            "No day of adoption is known: where a customer has to stay on to see a suggestion adopted, the "
            "difference by adoption comes out too high."
        )
    table = None if log is None or until is None else log.customer_table(as_of=until)
    return Voice(
        as_of=until,
        scores=scores,
        nps=nps(chosen["score"].tolist(), confidence) if len(chosen) else None,
        answered=_answered(feedback, lines, confidence),
        active_answered=_active_answered(feedback, lines, table, window, until, confidence),
        adopted=adopted,
        undecided=undecided,
        adoption=adoption,
        by_score=opinions,
        score_difference=score_difference,
        over_time=_over_time(lines, period, until, confidence),
        detractors=_detractors(lines, table, contacts),
        period=period,
        window=None if log is None else window,
        decide_days=decide_days if adoption is not None else None,
        value_of=None if log is None else log.value_of,
        confidence=confidence,
        notes=tuple(notes),
    )


def _check(scores: str, period: str, window: int | None, decide_days: int | None, confidence: float) -> None:
    if scores not in (LATEST, ALL):
        raise OrderLogError(f'`scores` must be "{LATEST}" or "{ALL}" (got "{said(scores)}").')
    if not isinstance(period, str) or period not in MONTHS:
        raise OrderLogError(f'`period` must be month, quarter or year (got "{said(period)}").')
    check_days("window", window, 1)
    check_days("decide_days", decide_days, 0)
    if not (is_number(confidence) and 0 < confidence < 1):
        raise OrderLogError(f"`confidence` must lie between 0 and 1, such as 0.95 (got {said(confidence)}).")


def _check_contacts(contacts: ContactLog | None) -> None:
    from retention_core.contact_log import ContactLog

    check_kind("contacts", contacts, ContactLog)


def check_days(name: str, days: int | None, fewest: int) -> None:
    """Refuse what is no whole number of days; None passes.

    Raises
    ------
    OrderLogError
        In that case.
    """
    if days is not None and not (is_whole(days) and fewest <= days <= _LONGEST):
        raise OrderLogError(
            f"`{name}` must be a whole number of days from {fewest} to {_LONGEST:,} (got {said(days)})."
        )


def _until(log: OrderLog | None, feedback: FeedbackLog, as_of: dt.date | None) -> dt.date | None:
    if log is not None:
        return day_asked(as_of, log.last_day)
    if as_of is not None:
        return named_day("as_of", as_of)
    return None if feedback.last_day is None else feedback.last_day + dt.timedelta(days=1)


def _notes(log: OrderLog | None, feedback: FeedbackLog, lines: pd.DataFrame) -> list[str]:
    """What is missing, and what it takes away."""
    there = feedback.columns
    notes = []
    if "score" not in there:
        notes.append(
            "No column of scores: the net promoter score, who answered and the detractors are unknown."
        )
    elif not lines["score"].notna().any():
        notes.append("Nobody answered: the net promoter score and the detractors are unknown.")
    elif not feedback.lines["score"].isna().any():
        notes.append("Every row has a score, so who was asked and did not answer is unknown.")
    if "date" not in there:
        notes.append(
            "No column of dates: the score over time and what goes with staying are unknown, and the latest "
            "answer of a customer is the last row."
        )
    if "adopted" not in there:
        notes.append("No column says what was adopted: the share adopted and what goes with it are unknown.")
    elif _refusals_unknown(feedback):
        notes.append(
            "Without a column of suggestions and without a no, suggestions that were not adopted are "
            "unknown, and so are the share adopted and what goes with it."
        )
    if log is None:
        notes.append("Without orders nothing is known of staying, of value, or of active customers.")
    return notes


def _strangers_note(lines: pd.DataFrame, orders: pd.DataFrame) -> list[str]:
    customers = lines["customer"].nunique()
    strangers = customers - orders["customer"].nunique()
    if not strangers:
        return []
    return [
        f"{strangers:,} of {customers:,} customers in the feedback have no order before the day looked at."
    ]


def _refusals_unknown(feedback: FeedbackLog) -> bool:
    return "suggestion" not in feedback.columns and not feedback.lines["adopted"].eq(False).any()


def _orders_of(log: OrderLog, lines: pd.DataFrame, until: dt.date) -> pd.DataFrame:
    """Order days of those who gave feedback: customer and day, before a day."""
    before = log.order_days().filter(nw.col("day") < until.toordinal()).select("customer", "day")
    found: pd.DataFrame = before.collect("pandas").to_native()
    return found[found["customer"].isin(set(lines["customer"]))]


def _latest(lines: pd.DataFrame) -> pd.DataFrame:
    """The latest answer of each customer; rows without a day come before the others."""
    answered = lines[lines["score"].notna()]
    ordered = answered.sort_values(["day", ROW], na_position="first", kind="stable")
    return ordered.drop_duplicates("customer", keep="last")


def _answered(feedback: FeedbackLog, lines: pd.DataFrame, confidence: float) -> Share | None:
    if "score" not in feedback.columns or not feedback.lines["score"].isna().any():
        return None
    answered = lines.loc[lines["score"].notna(), "customer"].nunique()
    return share_of(int(answered), int(lines["customer"].nunique()), confidence)


def _active_answered(
    feedback: FeedbackLog,
    lines: pd.DataFrame,
    table: pd.DataFrame | None,
    window: int | None,
    until: dt.date | None,
    confidence: float,
) -> Share | None:
    if "score" not in feedback.columns or table is None or window is None or until is None:
        return None
    since = pd.Timestamp(until) - pd.Timedelta(days=window)
    active = table.loc[table["last_order"] >= since, "key"]
    answered = active.isin(set(lines.loc[lines["score"].notna(), "customer"]))
    return share_of(int(answered.sum()), len(active), confidence)


def _adopted(feedback: FeedbackLog, lines: pd.DataFrame, confidence: float) -> tuple[Share | None, int]:
    """The share of suggestions adopted of those decided, and how many are undecided."""
    if "adopted" not in feedback.columns or _refusals_unknown(feedback):
        return None, 0
    suggested = lines.loc[lines["suggested"], "adopted"]
    yes, no = int(suggested.eq(True).sum()), int(suggested.eq(False).sum())
    return share_of(yes, yes + no, confidence), len(suggested) - yes - no


def _over_time(
    lines: pd.DataFrame, period: str, until: dt.date | None, confidence: float
) -> tuple[ScorePeriod, ...]:
    answered = lines[lines["score"].notna() & lines["day"].notna()]
    if answered.empty or until is None:
        return ()
    step = MONTHS[period]
    days = answered["day"].astype(int)
    numbers = {day: month_number(dt.date.fromordinal(day)) // step * step for day in days.unique()}
    found = []
    for number, rows in answered.groupby(days.map(numbers)):
        start, end = month_start(int(number)), month_start(int(number) + step)
        one = nps(_latest(rows)["score"].tolist(), confidence)
        counts = (one.answers, one.promoters, one.passives, one.detractors)
        found.append(ScorePeriod(start, end, one.points, one.low, one.high, *counts, end <= until))
    return tuple(found)


def _detractors(
    lines: pd.DataFrame, table: pd.DataFrame | None, contacts: ContactLog | None
) -> tuple[Detractor, ...]:
    """Those whose latest score is a detractor's, by value."""
    latest = _latest(lines)
    latest = latest[latest["score"] <= DETRACTOR_UP_TO]
    suggested = lines[lines["suggestion"].notna()].sort_values(["day", ROW], na_position="first")
    said_last = suggested.drop_duplicates("customer", keep="last").set_index("customer")
    names = lines.sort_values(ROW).drop_duplicates("customer").set_index("customer")["name"]
    known: dict[str, Any] = {}
    if table is not None:
        known = {row["key"]: row for row in table[table["key"].isin(latest["customer"])].to_dict("records")}
    blocked = None if contacts is None else contacts.do_not_contact
    found = []
    for key, score, day in zip(latest["customer"], latest["score"], latest["day"], strict=True):
        row = known.get(key, {})
        text = said_last.loc[key] if key in said_last.index else None
        last = row.get("last_order")
        found.append(
            Detractor(
                key=str(key),
                customer=str(row.get("customer", names[key])),
                score=int(score),
                date=None if math.isnan(day) else dt.date.fromordinal(int(day)),
                suggestion=None if text is None else str(text["suggestion"]),
                adopted=None if text is None or text["adopted"] is None else bool(text["adopted"]),
                orders=row.get("orders"),
                last_order=None if last is None or pd.isna(last) else last.date(),
                value=row.get("value"),
                do_not_contact=None if blocked is None else key in blocked,
            )
        )
    place = {one: number for number, one in enumerate(key_order([one.key for one in found]))}
    ranked = sorted(enumerate(found), key=lambda pair: (*_first_to_call(pair[1]), place[pair[0]]))
    return tuple(one for _, one in ranked)


def _first_to_call(one: Detractor) -> tuple[float, int]:
    return (math.inf if one.value is None else -one.value, one.score)
