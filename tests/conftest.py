"""Drawn examples: the same every time in CI, so that a red run can be repeated; new ones elsewhere."""

from __future__ import annotations

import os

from hypothesis import settings

# small fits, many processes: threads of the linear algebra would only wait for each other
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
settings.register_profile("repeatable", derandomize=True)
if os.environ.get("CI"):
    settings.load_profile("repeatable")
