"""Results as pandas frames, for modules that themselves run without pandas."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
from pandas import DataFrame

__all__ = ["DataFrame", "frame_of"]


def frame_of(columns: Mapping[str, Sequence[object]]) -> DataFrame:
    """A frame of plain columns, None as missing.

    Examples
    --------
    >>> frame_of({"period": (0, 1), "observed": (1000, None)})
       period  observed
    0       0    1000.0
    1       1       NaN
    """
    return pd.DataFrame({name: list(values) for name, values in columns.items()})
