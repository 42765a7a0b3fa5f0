"""`python -m templates build --out DIR` writes the workbooks; `--check` compares instead."""

from __future__ import annotations

import argparse
import sys
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path

from templates.workbook import FILES, build

HERE = Path(__file__).parent


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the exit status says whether it worked."""
    parser = argparse.ArgumentParser(prog="python -m templates", description="The Retention Check workbooks.")
    commands = parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser("build", help="write retention-check.xlsx and retention-check-lambda.xlsx")
    command.add_argument("--out", type=Path, default=HERE, help="folder to write to (default: templates/)")
    command.add_argument(
        "--check", action="store_true", help="write nothing; fail where a file is out of date"
    )
    options = parser.parse_args(arguments)
    return _check(options.out) if options.check else _build(options.out)


def same_parts(one: Path, other: Path) -> bool:
    """Whether two workbooks hold the same parts with the same content."""
    with zipfile.ZipFile(one) as left, zipfile.ZipFile(other) as right:
        names = left.namelist()
        return names == right.namelist() and all(left.read(name) == right.read(name) for name in names)


def _build(folder: Path) -> int:
    try:
        for path in build(folder):
            print(path)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        print(f"The workbooks cannot be written to {folder}: {reason}.", file=sys.stderr)
        return 1
    return 0


def _check(folder: Path) -> int:
    with tempfile.TemporaryDirectory() as fresh:
        build(Path(fresh))
        stale = [name for name in FILES.values() if not _is_current(folder / name, Path(fresh) / name)]
    for name in stale:
        print(f"{folder / name} is missing or out of date: run python -m templates build.", file=sys.stderr)
    return 1 if stale else 0


def _is_current(path: Path, fresh: Path) -> bool:
    try:
        return same_parts(path, fresh)
    except (OSError, zipfile.BadZipFile):
        return False


if __name__ == "__main__":
    sys.exit(main())
