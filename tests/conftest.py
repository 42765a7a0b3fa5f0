"""Drawn examples: the same every time in CI, so that a red run can be repeated; new ones elsewhere."""

from __future__ import annotations

import gc
import os

import pytest
from hypothesis import settings

# small fits, many processes: threads of the linear algebra would only wait for each other
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
settings.register_profile("repeatable", derandomize=True)
if os.environ.get("CI"):
    settings.load_profile("repeatable")


def pytest_collection_finish(session: pytest.Session) -> None:
    """Leave what collecting made out of every later search for garbage: it lives to the end of the run.

    Streamlit asks for a full search after each run of a page, statsmodels in each correction of p values.
    """
    gc.collect()
    gc.freeze()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Let the end of the run find everything again."""
    gc.unfreeze()
