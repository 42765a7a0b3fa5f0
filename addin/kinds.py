"""The vocabulary of the catalogue: what arguments and results of worksheet functions can be."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any

from addin.catalogue import Kind

Count = Annotated[float, Kind("count", "number")]
Rate = Annotated[float, Kind("rate", "fraction")]
Money = Annotated[float, Kind("money", "number")]
Months = Annotated[float, Kind("months", "number")]
Periods = Annotated[float, Kind("periods", "number")]
Days = Annotated[int, Kind("days", "whole number")]
Day = Annotated[date, Kind("date", "date")]
PeriodsAhead = Annotated[int, Kind("periods", "whole number")]
Points = Annotated[float, Kind("points", "number")]
Parameter = Annotated[float, Kind("parameter", "number")]
Text = Annotated[str, Kind("text", "text")]
CohortPeriod = Annotated[str, Kind("period", "text", choices=("month", "quarter", "year"))]
CohortMeasure = Annotated[str, Kind("measure", "text", choices=("customers", "orders", "revenue"))]

# A row that is blank in every column of a call is None in each of them, so that it can be counted.
Customers = Annotated[Sequence[str | None], Kind("customers", "customer", "column")]
Dates = Annotated[Sequence[date | None], Kind("dates", "date", "column")]
Amounts = Annotated[Sequence[float | None], Kind("amounts", "number", "column")]
Groups = Annotated[Sequence[str | None], Kind("groups", "group", "column")]
Durations = Annotated[Sequence[float | None], Kind("durations", "number from 0", "column")]
Losses = Annotated[Sequence[bool | None], Kind("1 or 0", "yes or no", "column")]
Scores = Annotated[Sequence[float | None], Kind("scores", "score", "column")]
Survivors = Annotated[Sequence[float | None], Kind("survivors", "number", "column")]

Table = Annotated[list[list[Any]], Kind("table", shape="table")]
