"""THE catalogue: every worksheet function, declared once, in the order people see them.

A function's name, first docstring line, annotations and Parameters are what the function wizard of
every host shows; `native` is the same calculation as an Excel formula. Hosts, reference and help are
generated from `FUNCTIONS`. The functions stand in `addin/declared/` and take values that are already
read; `addin.calls.call` takes cells.
"""

from __future__ import annotations

from addin.catalogue import Catalogue
from addin.declared import benchmarks, concentration, feedback, forecasts, keeping, order_logs, rates, worth

FUNCTIONS = Catalogue(
    rates.FUNCTIONS
    | benchmarks.FUNCTIONS
    | concentration.FUNCTIONS
    | order_logs.FUNCTIONS
    | keeping.FUNCTIONS
    | forecasts.FUNCTIONS
    | worth.FUNCTIONS
    | feedback.FUNCTIONS
)
