"""A survival curve as a section: how many are still there after a while, and for how long people stay."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from retention_core.report.section import Section, number, percent
from retention_core.survival import SurvivalCurve


def staying_section(
    curve: SurvivalCurve,
    *,
    who: str,
    since: str,
    unit: str,
    marks: Sequence[int],
    year: float,
    figures: Mapping[str, Any],
    beside: Sequence[str] = (),
) -> Section:
    """Shares still there, the median and the mean within a year, or within what was seen of one.

    Parameters
    ----------
    who, since, unit
        The customers, the beginning of a lifetime, and days or months, as a sentence names them.
    marks
        After which durations to say the share still there.
    year
        A year in this unit.
    figures, beside
        Further figures and sentences of the section.
    """
    digits = 0 if unit == "days" else 1
    horizon = min(year, curve.longest)
    mean, median = curve.mean_to(horizon), curve.median
    shares = [(mark, *curve.at(mark)) for mark in marks if mark <= curve.longest]
    if median.value is None:
        said = (
            f"Fewer than half of the {who} are lost within the {number(curve.longest, digits)} {unit} seen."
        )
    else:
        said = f"Half of the {who} are lost {number(median.value, digits)} {unit} after {since}."
    rows = [
        *(
            (f"still there after {mark:,} {unit}", *map(percent, (share, *ends)))
            for mark, share, ends in shares
        ),
        (f"{unit} until half are lost", *(number(one, digits) for one in median)),
        (
            f"{unit} there of the first {number(horizon, digits)}",
            *(number(one, digits) for one in (mean.value, mean.low, mean.high)),
        ),
    ]
    plain = {
        "definition": curve.definition,
        "lost": curve.losses,
        f"median_{unit}": median._asdict(),
        f"mean_{unit}": {"within": horizon, "value": mean.value, "low": mean.low, "high": mean.high},
        "still_there": [
            {f"after_{unit}": mark, "share": share, "low": low, "high": high}
            for mark, share, (low, high) in shares
        ],
        "notes": list(curve.notes),
    }
    sentences = (f"{said} {curve.definition}", *curve.notes, *beside)
    return Section("Lifetime", sentences, plain | dict(figures), ("", "value", "low", "high"), tuple(rows))
