"""One-sentence errors: which argument, what is wrong, what arrived, what to do."""

from __future__ import annotations

import re
from collections.abc import Mapping


class RetentionError(ValueError):
    """A sentence about what is wrong and what to do; every error of this package is one.

    Argument names stand in backticks inside the sentence given, so that a caller who knows the
    arguments by other names can say the same sentence in its own words.

    Examples
    --------
    >>> error = RetentionError("`at_start` must be above zero (got 0).")
    >>> str(error)
    'at_start must be above zero (got 0).'
    >>> error.in_words({"at_start": "start_customers"})
    'start_customers must be above zero (got 0).'
    """

    def __init__(self, sentence: str) -> None:
        self.sentence = sentence
        super().__init__(self.in_words({}))

    def in_words(self, names: Mapping[str, str]) -> str:
        """The sentence with the arguments called by the caller's names."""
        return re.sub(r"`(\w+)`", lambda found: names.get(found[1], found[1]), self.sentence)


class RateError(RetentionError):
    """Numbers that make no retention rate."""


class ColumnError(RetentionError):
    """A column that is missing, named twice or of the wrong kind."""


class FileError(RetentionError):
    """A file that cannot be read as a table."""


class OrderLogError(RetentionError):
    """An order log that cannot answer the question asked of it."""


class SubscriptionError(RetentionError):
    """Subscriptions that cannot answer the question asked of them."""


class BenchmarkError(RetentionError):
    """An industry figure that does not exist or may not be compared."""


def said(value: object) -> str:
    """A value as an error sentence shows it: short, on one line, whole numbers without a point.

    Examples
    --------
    >>> said(110.0), said(0.25), said("a" * 100)[-3:]
    ('110', '0.25', '...')
    """
    if isinstance(value, float):
        return f"{value + 0.0:.12g}"  # no "-0"
    text = " ".join(str(value).split())
    return text if len(text) <= 60 else text[:57] + "..."


def in_percent(share: float, digits: int = 0) -> str:
    """A share as sentences write it, with a space before the sign.

    Examples
    --------
    >>> in_percent(0.25), in_percent(0.1234, 1)
    ('25 %', '12.3 %')
    """
    return f"{share * 100:.{digits}f} %"
