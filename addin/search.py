"""Which functions answer a question: by name and by the words of their help, small typing errors forgiven."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

from addin.catalogue import Function

LONGEST = 200
_ALIKE = 0.8


def _words(text: str) -> list[str]:
    """Words in small letters, a plural as its singular."""
    found = re.findall(r"[^\W_]+", text.lower())
    return [word[:-1] if len(word) > 3 and word.endswith("s") else word for word in found]


# words that stand in questions of every kind
_EMPTY = frozenset(
    _words(
        """a all am an and are as at be been by can do does for from get give has have how i if in is it its
    many me much my no not of off on one or our so some than that the their them there they this to up was we
    were what when where which who whose why will with you your"""
    )
)
# what people call the things that the help calls otherwise
_CALLED = {
    "abc": "pareto", "attrition": "churn", "average": "benchmark", "comeback": "repeat",
    "compare": "benchmark", "compared": "benchmark", "concentration": "pareto", "fair": "gini",
    "inequality": "gini", "leave": "churn", "leaving": "churn", "lose": "churn", "loyal": "retention",
    "loyalty": "retention", "normal": "benchmark", "typical": "benchmark", "usual": "benchmark",
    "recommendation": "recommend", "satisfaction": "promoter", "satisfied": "promoter", "survey": "promoter",
    "wilson": "limit",
}  # fmt: skip
_IN_THE_NAME, _IN_THE_SUMMARY, _ELSEWHERE = 4.0, 2.0, 1.0


def find(question: str, functions: Iterable[Function]) -> list[Function]:
    """The functions whose help has the words of the question, best first; all of them if it has none.

    A word counts most in the name and least in the details. Found is what has the most words, or scores at
    least half of the best.

    Examples
    --------
    >>> from addin.functions import FUNCTIONS
    >>> [found.name for found in find("top 20", FUNCTIONS.values())][0]
    'PARETO_SHARE'
    >>> [found.name for found in find("chrun", FUNCTIONS.values())][0]
    'CHURN'
    >>> find("is my rate normal?", FUNCTIONS.values())[0].name, find("loyalty", FUNCTIONS.values())[0].name
    ('BENCHMARK_GAP', 'RETENTION')
    >>> find("zebra", FUNCTIONS.values())
    []
    """
    functions = list(functions)
    words = (word for word in _words(question[:LONGEST]) if word not in _EMPTY)
    asked = [_CALLED.get(word, word) for word in words]
    if not asked:
        return [] if question.strip() and not _words(question) else functions
    scores = {f.name: [_score(word, _vocabulary(f)) for word in dict.fromkeys(asked)] for f in functions}
    best = max(map(sum, scores.values()), default=0.0)
    most = max(map(_met, scores.values()), default=0)
    good = [f for f in functions if _met(scores[f.name]) == most or sum(scores[f.name]) >= best / 2]
    named = question.strip().upper()
    ranks = {name: (name != named, -_met(found), -sum(found)) for name, found in scores.items()}
    return sorted(good if most else [], key=lambda f: ranks[f.name])


def _met(scores: Iterable[float]) -> int:
    """How many of the words were found."""
    return sum(score > 0 for score in scores)


@lru_cache(maxsize=1024)
def _read(name: str, summary: str, rest: str) -> dict[str, float]:
    words = dict.fromkeys(_words(rest), _ELSEWHERE)
    words |= dict.fromkeys(_words(summary), _IN_THE_SUMMARY)
    return words | dict.fromkeys(_words(name), _IN_THE_NAME)


def _vocabulary(function: Function) -> Mapping[str, float]:
    """Each word of a function's help, with what finding it there is worth."""
    arguments = " ".join(f"{a.name} {a.kind.label} {a.description}" for a in function.arguments)
    return _read(function.name, function.summary, f"{function.details} {arguments} {function.returns_text}")


def _score(word: str, vocabulary: Mapping[str, float]) -> float:
    if word in vocabulary:
        return vocabulary[word]
    begun = [worth for known, worth in vocabulary.items() if _same_beginning(word, known)]
    if begun:
        return max(begun) * 0.8
    near = difflib.get_close_matches(word, vocabulary, n=1, cutoff=_ALIKE) if len(word) > 3 else []
    return vocabulary[near[0]] * 0.6 if near else 0.0


def _same_beginning(word: str, known: str) -> bool:
    """Whether one is the other's beginning: "brings" and "bring", "bench" and "benchmark"."""
    short, long = sorted((word, known), key=len)
    return (len(short) > 3 or short == word) and len(short) > 1 and long.startswith(short)
