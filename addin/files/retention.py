"""The functions for a workbook named retention.xlsm beside this file; made by `python -m addin build`."""

from addin.xlwings_udfs import *  # noqa: F403
