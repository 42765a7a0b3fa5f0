"""Command line: list the functions, call one, build the files of the hosts, examine this machine."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from addin.calls import call, lacking, unforeseen
from addin.catalogue import Function
from addin.functions import FUNCTIONS
from retention_core.errors import RetentionError, said

_FLAT = "a JSON list such as [100, 110, 20], with ranges as lists of rows"
_LARGEST_INPUT = 256_000_000


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; errors are one sentence on stderr and exit code 1, wrong usage is exit code 2."""
    options = _parser().parse_args(arguments)
    code = 0
    try:
        answered = options.run(options)
        text, code = answered if isinstance(answered, tuple) else (answered, code)
        print(text, flush=True)
    except RetentionError as error:
        print(error, file=sys.stderr)
        return 1
    except BrokenPipeError:
        # the reader has had enough; flushing at exit would fail once more
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m addin", description=__doc__, allow_abbrev=False)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    functions = commands.add_parser("functions", help="list the worksheet functions")
    functions.add_argument("--json", action="store_true", help="with arguments, kinds and descriptions")
    functions.set_defaults(run=_list_functions)
    calling = commands.add_parser("call", help="call a function and print the answer as JSON")
    calling.add_argument("name", metavar="NAME")
    calling.add_argument("cells", metavar="ARGUMENTS", help=f"{_FLAT}; - reads them from standard input")
    calling.set_defaults(run=_call)
    building = commands.add_parser("build", help="write the files that the hosts need")
    building.add_argument(
        "--out", metavar="DIR", type=Path, help="folder to write to (default: the project's)"
    )
    building.add_argument(
        "--check", action="store_true", help="write nothing; fail where a file is out of date"
    )
    building.set_defaults(run=_build)
    doctor = commands.add_parser("doctor", help="say what is left to do for Excel on this machine")
    doctor.add_argument("--json", action="store_true", help="the findings for programs")
    doctor.set_defaults(run=_doctor)
    return parser


def _list_functions(options: argparse.Namespace) -> str:
    if options.json:
        return json.dumps([described(function) for function in FUNCTIONS.values()], indent=2)
    return "\n".join(f"{function.signature}\n    {function.summary}" for function in FUNCTIONS.values())


def described(function: Function) -> dict[str, Any]:
    """A function as JSON: name, category, summary, arguments, returns.

    Examples
    --------
    >>> described(FUNCTIONS["CUSTOMER_LIFETIME"])["returns"]["kind"]
    'periods'
    """
    return {
        "name": function.name,
        "category": function.category,
        "summary": function.summary,
        "args": [
            {
                "name": argument.name,
                "kind": argument.kind.label,
                "shape": argument.kind.shape,
                "optional": argument.optional,
                "description": argument.description,
            }
            for argument in function.arguments
        ],
        "returns": {
            "kind": function.returns.label,
            "shape": function.returns.shape,
            "description": function.returns_text,
        },
    }


def _call(options: argparse.Namespace) -> str:
    function = find_function(options.name)
    cells = read_cells(_standard_input() if options.cells == "-" else options.cells)
    try:
        answered = call(function, cells)
    except RetentionError:
        raise
    except ModuleNotFoundError as error:
        raise RetentionError(lacking(function, error)) from error
    except Exception as error:  # a mistake of ours still is one sentence, never a traceback
        raise RetentionError(unforeseen(function, error)) from error
    return json.dumps(_plain(answered), allow_nan=False)


def _standard_input() -> str:
    try:
        return sys.stdin.read(_LARGEST_INPUT + 1)
    except UnicodeDecodeError as error:
        raise RetentionError(
            f"The arguments are no {error.encoding.upper()} text: save them as UTF-8."
        ) from None


def find_function(name: str) -> Function:
    """The function of that name, capitals or not.

    Raises
    ------
    RetentionError
        If there is none; the sentence suggests one spelt alike.

    Examples
    --------
    >>> find_function("RETENTON")
    Traceback (most recent call last):
    retention_core.errors.RetentionError: No function "RETENTON": did you mean RETENTION?
    """
    if name.upper() in FUNCTIONS:
        return FUNCTIONS[name.upper()]
    close = get_close_matches(name.upper(), FUNCTIONS, n=1)
    advice = f"did you mean {close[0]}?" if close else f"there are {', '.join(FUNCTIONS)}."
    raise RetentionError(f'No function "{said(name)}": {advice}')


def read_cells(text: str) -> list[Any]:
    """The arguments of a call from JSON.

    Raises
    ------
    RetentionError
        If the text is no JSON list, too long, or holds a number JSON does not know.

    Examples
    --------
    >>> read_cells("[[[100], [200]], 110, null]")
    [[[100], [200]], 110, None]
    """
    if len(text) > _LARGEST_INPUT:
        raise RetentionError(f"The arguments are too long: give at most {_LARGEST_INPUT:,} characters.")
    try:
        cells = json.loads(text, parse_constant=_refuse_constant, parse_float=_finite)
    except RecursionError:
        raise RetentionError(f"The arguments are nested too deeply: give {_FLAT}.") from None
    except json.JSONDecodeError as error:
        problem = f"{error.msg} at character {error.pos + 1}"
        raise RetentionError(f"The arguments are not JSON ({problem}): give {_FLAT}.") from None
    except RetentionError:
        raise
    except ValueError:
        # Python reads whole numbers of at most 4,300 digits
        raise RetentionError("The arguments hold a number with too many digits.") from None
    if not isinstance(cells, list):
        raise RetentionError(f"The arguments must be {_FLAT} (got {said(json.dumps(cells))}).")
    return cells


def _refuse_constant(name: str) -> float:
    raise RetentionError(f"The arguments must be finite numbers (got {name}).")


def _finite(digits: str) -> float:
    number = float(digits)
    if number in (float("inf"), float("-inf")):
        raise RetentionError(f"The arguments hold a number that is too large (got {said(digits)}).")
    return number


def _plain(answered: Any) -> Any:
    """An answer as JSON holds it: dates as ISO text, blanks as null."""
    if isinstance(answered, list):
        return [_plain(part) for part in answered]
    if isinstance(answered, date):
        return answered.isoformat()
    return None if answered != answered else answered


def _build(options: argparse.Namespace) -> str:
    from addin.build import build, stale

    if not options.check:
        return "\n".join(map(str, build(options.out)))
    if old := stale(options.out):
        raise RetentionError("\n".join(old))
    return "Every file is what the catalogue says."


def _doctor(options: argparse.Namespace) -> tuple[str, int]:
    from addin.windows.doctor import doctor_report

    return doctor_report(as_json=options.json)


if __name__ == "__main__":
    sys.exit(main())
