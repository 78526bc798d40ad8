"""Fit the constants of the complexity score and say how well they fit.

    python benchmarks/fit_complexity.py ../shared/data/complexity_calibration.csv

Reads the published scores, fits six shapes by least squares (L2) and by least absolute deviation (L1), and prints
for each the mean absolute error (MAE), R2 and Spearman's rho on the data it was fitted to, and the mean absolute
error on each score when the shape is fitted without it (LOO). Then fits the chosen shape again under the condition
that the reference commit reaches 90, and last measures the constants that the package ships.
"""

from __future__ import annotations

import csv
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import minimize
from scipy.stats import spearmanr

from chronicles.evidence.complexity import complexity_score

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    Shape = Callable[[Array, Array, Array], Array]

REFERENCE = (38, 6519)
"""Files and churn of the series' second episode, published with 100."""


@dataclass(frozen=True, slots=True)
class Scores:
    """The published scores."""

    files: Array
    churn: Array
    score: Array

    def without(self, index: int) -> Scores:
        """All but one."""
        return Scores(*(np.delete(column, index) for column in (self.files, self.churn, self.score)))


def load_scores(path: Path) -> Scores:
    """Load the calibration table."""
    with path.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    churn = [int(row["lines_added"]) + int(row["lines_removed"]) for row in rows]
    columns = [int(row["files_changed"]) for row in rows], churn, [int(row["published_score"]) for row in rows]
    return Scores(*(np.array(column, dtype=float) for column in columns))


def _mix(p: Array, files: Array, churn: Array) -> Array:
    return np.asarray(np.log1p(files + churn) + abs(p[2]) * np.log1p(files))


def _logistic(p: Array, files: Array, churn: Array) -> Array:
    def sigmoid(t: Array) -> Array:
        return np.asarray(1 / (1 + np.exp(-t)))

    floor = sigmoid(-abs(p[1] * p[0]))
    return 100 * (sigmoid(abs(p[1]) * (_mix(p, files, churn) - abs(p[0]))) - floor) / (1 - floor)


def _hill(p: Array, files: Array, churn: Array) -> Array:
    u = _mix(p, files, churn) ** abs(p[1])
    return 100 * u / (u + abs(p[0]) ** abs(p[1]))


def _weibull(p: Array, files: Array, churn: Array) -> Array:
    return 100 * (1 - np.exp(-((_mix(p, files, churn) / abs(p[0])) ** abs(p[1]))))


def _gompertz(p: Array, files: Array, churn: Array) -> Array:
    floor = np.exp(-np.exp(abs(p[1] * p[0])))
    return np.asarray(100 * (np.exp(-np.exp(-abs(p[1]) * (_mix(p, files, churn) - abs(p[0])))) - floor) / (1 - floor))


def _linear(p: Array, files: Array, churn: Array) -> Array:
    return np.asarray(np.clip(abs(p[0]) * _mix(p, files, churn) - abs(p[1]), 0, 100))


def _weibull_by_files(p: Array, files: Array, churn: Array) -> Array:
    few = 1 - min(abs(p[2]), 1.0) / (1 + files)
    return 100 * few * (1 - np.exp(-((np.log1p(files + churn) / abs(p[0])) ** abs(p[1]))))


SHAPES: dict[str, tuple[Shape, tuple[float, ...]]] = {
    "linear, clipped": (_linear, (15.0, 58.0, 0.3)),
    "logistic": (_logistic, (7.0, 0.8, 0.2)),
    "Hill": (_hill, (7.0, 5.0, 0.2)),
    "Weibull": (_weibull, (8.0, 3.7, 0.2)),
    "Gompertz": (_gompertz, (6.3, 0.55, 0.2)),
    "Weibull x files": (_weibull_by_files, (7.0, 3.7, 0.65)),
}


def fit(shape: Shape, start: Array, scores: Scores, *, power: int, reference: float = 0.0) -> Array:
    """Find the constants of a shape.

    Args:
        shape: The curve.
        start: Where to begin.
        scores: What to come near to.
        power: 1 for least absolute deviation, 2 for least squares.
        reference: What the reference commit must reach at least.
    """
    files, churn = (np.array([value], dtype=float) for value in REFERENCE)

    def loss(p: Array) -> float:
        error = float(np.mean(np.abs(shape(p, scores.files, scores.churn) - scores.score) ** power))
        return error + 100 * max(0.0, reference - float(shape(p, files, churn)[0]))

    options = {"maxiter": 1500, "xatol": 1e-4, "fatol": 1e-6}
    fits = [minimize(loss, start * factor, method="Nelder-Mead", options=options) for factor in (1.0, 0.85, 1.15)]
    best: Array = np.abs(min(fits, key=lambda found: found.fun).x)
    return best


def quality(predicted: Array, score: Array) -> str:
    """Show how near predictions come."""
    mae = np.abs(predicted - score).mean()
    r2 = 1 - ((predicted - score) ** 2).sum() / ((score - score.mean()) ** 2).sum()
    return f"MAE {mae:5.2f}  R2 {r2:.3f}  rho {spearmanr(predicted, score)[0]:.3f}"


def main(path: Path) -> None:
    """Print the table."""
    scores = load_scores(path)
    reference = tuple(np.array([value], dtype=float) for value in REFERENCE)
    median = np.abs(scores.score - np.median(scores.score)).mean()
    print(f"{len(scores.score)} scores; mean distance from their median {median:.2f}")
    for name, (shape, start) in SHAPES.items():
        for power in (1, 2):
            p = fit(shape, np.array(start), scores, power=power)
            left_out = [
                float(shape(fit(shape, p, scores.without(i), power=power), scores.files[i], scores.churn[i]))
                for i in range(len(scores.score))
            ]
            print(
                f"{name:16} L{power}  {quality(shape(p, scores.files, scores.churn), scores.score)}  "
                f"LOO {np.abs(np.array(left_out) - scores.score).mean():5.2f}  "
                f"reference {shape(p, *reference)[0]:5.1f}  constants {np.round(p, 3)}"
            )
    shape, start = SHAPES["Weibull x files"]
    p = fit(shape, np.array(start), scores, power=1, reference=90.0)
    print(f"chosen, reference >= 90: {quality(shape(p, scores.files, scores.churn), scores.score)}  {np.round(p, 3)}")
    shipped = [complexity_score(int(f), int(c)) for f, c in zip(scores.files, scores.churn, strict=True)]
    print(f"shipped: {quality(np.array(shipped), scores.score)}  reference {complexity_score(*REFERENCE)}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
