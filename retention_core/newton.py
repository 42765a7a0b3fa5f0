"""Maximum of a smooth function of a few parameters, by Newton's method, in the standard library alone."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

Vector = list[float]
Matrix = list[list[float]]

_STEPS = 60
_SETTLED = 1e-7
_FIRST_DAMPING = 1e-3
_LAST_DAMPING = 1e-6
_GIVE_UP = 1e12
_LONGEST = 2.0


class Height(NamedTuple):
    """Value, gradient and Hessian of a function at a point."""

    value: float
    gradient: Vector
    hessian: Matrix


class Summit(NamedTuple):
    """Where the climb ended, and whether it ended at a maximum."""

    point: Vector
    height: Height
    settled: bool


def maximise(function: Callable[[Vector], Height], start: Sequence[float]) -> Summit:
    """Climb from a start to the nearest maximum.

    Newton's method; where the function is not concave, or a step does not climb, the diagonal of the
    Hessian is raised until it does (Levenberg's remedy). No step is longer than 2 in any parameter.
    The climb is settled once a full step changes no parameter by more than 1e-7: the next step would be
    of the order of its square.

    Examples
    --------
    >>> def hill(x):
    ...     return Height(-((x[0] - 3) ** 2), [-2 * (x[0] - 3)], [[-2.0]])
    >>> maximise(hill, [0.0]).point
    [3.0]
    """
    point = list(start)
    height = function(point)
    damping = 0.0
    for _ in range(_STEPS):
        step = _uphill(height, damping)
        if step is None:
            damping = max(_FIRST_DAMPING, damping * 10)
            continue
        there = [x + s for x, s in zip(point, step, strict=True)]
        reached = function(there)
        if damping == 0 and max(map(abs, step)) < _SETTLED:
            # so near the top the heights differ by rounding noise alone, but the step is right
            return Summit(there, reached, math.isfinite(reached.value))
        if reached.value >= height.value - _noise(height):
            point, height = there, reached
            damping = damping / 10 if damping > _LAST_DAMPING else 0.0
        elif damping > _GIVE_UP:
            break
        else:
            damping = max(_FIRST_DAMPING, damping * 10)
    return Summit(point, height, False)


def solve(matrix: Matrix, right: Vector) -> Vector | None:
    """The solution of a symmetric positive definite system, None where the matrix is none.

    Examples
    --------
    >>> solve([[4.0, 0.0], [0.0, 1.0]], [8.0, 2.0]), solve([[0.0]], [1.0])
    ([2.0, 2.0], None)
    """
    lower = cholesky(matrix)
    if lower is None:
        return None
    n = len(right)
    half: Vector = []
    for i in range(n):
        half.append((right[i] - sum(lower[i][k] * half[k] for k in range(i))) / lower[i][i])
    solution = [0.0] * n
    for i in reversed(range(n)):
        rest = sum(lower[k][i] * solution[k] for k in range(i + 1, n))
        solution[i] = (half[i] - rest) / lower[i][i]
    return solution


def inverse(matrix: Matrix) -> Matrix | None:
    """The inverse of a symmetric positive definite matrix, None where it is none.

    Examples
    --------
    >>> inverse([[4.0, 0.0], [0.0, 1.0]])
    [[0.25, 0.0], [0.0, 1.0]]
    """
    n = len(matrix)
    columns = [solve(matrix, [float(i == k) for i in range(n)]) for k in range(n)]
    whole = [column for column in columns if column is not None]
    return whole if len(whole) == n else None


def cholesky(matrix: Matrix) -> Matrix | None:
    """The lower triangle whose square is the matrix, None where it is not positive definite.

    Examples
    --------
    >>> cholesky([[4.0, 2.0], [2.0, 5.0]])
    [[2.0, 0.0], [1.0, 2.0]]
    """
    n = len(matrix)
    lower = [[0.0] * n for _ in range(n)]
    for i in range(n):
        for j in range(i + 1):
            rest = matrix[i][j] - sum(lower[i][k] * lower[j][k] for k in range(j))
            if i == j:
                if not rest > 1e-13 * abs(matrix[i][i]):
                    return None
                lower[i][i] = math.sqrt(rest)
            else:
                lower[i][j] = rest / lower[j][j]
    return lower


def _uphill(height: Height, damping: float) -> Vector | None:
    """Newton's step with the Hessian's diagonal raised, None where that is not positive definite."""
    curvature = [[-entry for entry in row] for row in height.hessian]
    scale = max(1e-8, *(abs(row[i]) for i, row in enumerate(curvature)))
    for i, row in enumerate(curvature):
        row[i] += damping * scale
    step = solve(curvature, height.gradient)
    if step is None or not all(map(math.isfinite, step)):
        return None
    longest = max(map(abs, step))
    return [s * _LONGEST / longest for s in step] if longest > _LONGEST else step


def _noise(height: Height) -> float:
    """What heights so near each other may differ by through rounding alone."""
    return 1e-12 * (1 + abs(height.value))
