"""What a worksheet function is: its name, words, arguments and native formula, read from one declaration.

The functions are declared in `addin/declared/`; every host and the reference are generated from `Function`.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, get_args, get_type_hints

from retention_core.errors import RetentionError

CATEGORY = "Retention"
REQUIRED = inspect.Parameter.empty


@dataclass(frozen=True, slots=True)
class Kind:
    """What an argument or a result is on a sheet.

    `reads` says how one cell of it is understood (see `addin.cells.READERS`); `shape` is "value" for
    one cell, "column" for a whole column, "table" for a block with a header row; `choices` are the texts it
    may be, in small letters, where they are few.
    """

    label: str
    reads: str = ""
    shape: str = "value"
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of a worksheet function."""

    name: str
    kind: Kind
    description: str
    default: Any = REQUIRED

    @property
    def optional(self) -> bool:
        """Whether a cell formula may leave the argument out."""
        return self.default is not REQUIRED

    @property
    def is_column(self) -> bool:
        """Whether the argument is a whole column rather than one value."""
        return self.kind.shape == "column"


@dataclass(frozen=True, slots=True)
class Function:
    """One worksheet function, everything a host needs to know about it.

    See `Catalogue.declare` for `words`, `native`, `once`, `sets_aside` and `packages`.
    """

    name: str
    category: str
    summary: str
    details: str
    arguments: tuple[Argument, ...]
    returns: Kind
    returns_text: str
    examples: str
    compute: Callable[..., Any]
    words: Mapping[str, str] = field(default_factory=dict)
    native: str | None = None
    once: Callable[..., Callable[..., Any]] | None = None
    sets_aside: bool = False
    packages: tuple[str, ...] = ()

    @property
    def required(self) -> int:
        """How many arguments must be given."""
        return sum(not argument.optional for argument in self.arguments)

    @property
    def signature(self) -> str:
        """Name and arguments as a person writes them, optional ones in square brackets.

        Examples
        --------
        >>> from addin.functions import FUNCTIONS
        >>> FUNCTIONS["RETENTION_LOW"].signature
        'RETENTION_LOW(start_customers, end_customers, new_customers, [confidence])'
        """
        shown = (f"[{a.name}]" if a.optional else a.name for a in self.arguments)
        return f"{self.name}({', '.join(shown)})"

    def call(self, **values: object) -> Any:
        """Compute from values already read from their cells; errors name the worksheet's arguments."""
        return self._in_its_words(self.compute, values)

    def over(self, columns: Mapping[str, object]) -> Callable[..., Any]:
        """What is left to compute from the single values, once the columns are read.

        Examples
        --------
        >>> from addin.functions import FUNCTIONS
        >>> share = FUNCTIONS["PARETO_SHARE"].over({"customers": ["Ann", "Bo"], "amounts": [30, 10]})
        >>> share(top=0.5), share(top=1)
        (0.75, 1.0)
        """
        if self.once is None:
            return partial(self.call, **columns)
        rest = self._in_its_words(self.once, columns)
        return lambda **values: self._in_its_words(rest, values)

    def _in_its_words(self, compute: Callable[..., Any], values: Mapping[str, object]) -> Any:
        try:
            return compute(**values)
        except RetentionError as error:
            raise RetentionError(error.in_words(self.words)) from error


class Catalogue(dict[str, Function]):
    """Worksheet functions by name, in the order of their declaration."""

    def declare(
        self,
        *,
        words: Mapping[str, str] | None = None,
        native: str | None = None,
        once: Callable[..., Callable[..., Any]] | None = None,
        sets_aside: bool = False,
        packages: tuple[str, ...] = (),
    ) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Enter the decorated function under its own name and hand it back untouched.

        Parameters
        ----------
        words
            The core's argument names -> the worksheet's, for error sentences.
        native
            The same calculation as an Excel formula over the argument names, all of them given:
            the body of a LAMBDA, with function names as people type them.
        once
            From the columns alone, the function of the single values that is left: a spilling call
            computes what its columns come to once, not for every cell.
        sets_aside
            Whether the function counts the rows it cannot use. It then has None for each cell of them
            that is blank, no number or no date; functions that count nothing never see such rows, as
            the call is refused.
        packages
            What Python must have beyond its standard library.
        """

        def enter(compute: Callable[..., Any]) -> Callable[..., Any]:
            described = describe(compute, words, native)
            self[compute.__name__] = replace(described, once=once, sets_aside=sets_aside, packages=packages)
            return compute

        return enter


def describe(
    compute: Callable[..., Any], words: Mapping[str, str] | None = None, native: str | None = None
) -> Function:
    """Read a function's signature, annotations and numpydoc docstring.

    Raises
    ------
    TypeError
        If an argument has no kind or no description.
    """
    hints = get_type_hints(compute, include_extras=True)
    summary, details, parts = read_docstring(compute)
    helps = read_items(parts.get("Parameters", ""))
    arguments = tuple(
        Argument(p.name, _kind(compute, p.name, hints), _help(compute, p.name, helps), p.default)
        for p in inspect.signature(compute).parameters.values()
    )
    return Function(
        name=compute.__name__,
        category=CATEGORY,
        summary=summary,
        details=details,
        arguments=arguments,
        returns=_kind(compute, "return", hints),
        returns_text=" ".join(parts.get("Returns", "").split()),
        examples=parts.get("Examples", ""),
        compute=compute,
        words=words or {},
        native=native,
    )


def read_docstring(compute: Callable[..., Any]) -> tuple[str, str, dict[str, str]]:
    """First line, paragraphs after it, and the text under each numpydoc heading."""
    head, *rest = re.split(r"^(\w+)\n-{3,}\n", inspect.getdoc(compute) or "", flags=re.MULTILINE)
    summary, _, details = head.strip().partition("\n\n")
    parts = {title: body.strip("\n") for title, body in zip(rest[::2], rest[1::2], strict=True)}
    return " ".join(summary.split()), details.strip(), parts


def read_items(text: str) -> dict[str, str]:
    """Name -> description of a numpydoc list; a heading may name several arguments.

    Examples
    --------
    >>> read_items("low, high" + chr(10) + "    Both limits.")
    {'low': 'Both limits.', 'high': 'Both limits.'}
    """
    found = re.findall(r"^(\w[\w, ]*)\n((?:[ ]{4}.*(?:\n|\Z))+)", text, flags=re.MULTILINE)
    return {name.strip(): " ".join(body.split()) for names, body in found for name in names.split(",")}


def _kind(compute: Callable[..., Any], name: str, hints: Mapping[str, Any]) -> Kind:
    hint = hints.get(name)
    for part in (hint, *get_args(hint)):
        for mark in getattr(part, "__metadata__", ()):
            if isinstance(mark, Kind):
                return mark
    raise TypeError(f"{compute.__name__}: {name} has no kind; annotate it with one of addin/kinds.py.")


def _help(compute: Callable[..., Any], name: str, helps: Mapping[str, str]) -> str:
    if name not in helps:
        raise TypeError(f"{compute.__name__}: {name} has no description under Parameters.")
    return helps[name]
