"""The complexity score."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chronicles.evidence.complexity import complexity_score

CALIBRATION = Path(__file__).parents[2].parent / "shared" / "data" / "complexity_calibration.csv"
files = st.integers(0, 1_000_000) | st.integers(0, 30)
churn = st.integers(0, 100_000_000) | st.integers(0, 3000)


@given(files, churn, files, churn)
def test_more_files_or_lines_never_score_less(some: int, lines: int, more: int, more_lines: int) -> None:
    """The score is a whole number from 0 to 100 and monotone in both."""
    low, high = complexity_score(some, lines), complexity_score(some + more, lines + more_lines)
    assert 0 <= low <= high <= 100
    assert isinstance(low, int)


def test_nothing_scores_nothing() -> None:
    """Nothing changed is 0, and one line is next to it."""
    assert complexity_score(0, 0) == 0
    assert complexity_score(1, 2) <= 3


def test_the_reference_commit_scores_ninety() -> None:
    """38 files with 6,519 lines are a full dossier."""
    assert complexity_score(38, 6519) >= 90


def test_it_comes_near_to_the_published_scores() -> None:
    """The mean error on the published scores is what the docstring says."""
    if not CALIBRATION.exists():
        pytest.skip("the published scores are not part of the distribution")
    with CALIBRATION.open(encoding="utf-8", newline="") as stream:
        rows = [
            {name: int(value) for name, value in row.items() if name != "document"} for row in csv.DictReader(stream)
        ]
    errors = [
        abs(complexity_score(row["files_changed"], row["lines_added"] + row["lines_removed"]) - row["published_score"])
        for row in rows
    ]
    assert sum(errors) / len(errors) < 12.5
