"""Means without samples: what cannot be true is refused, what can be is not, and one warm-up is always found."""

from __future__ import annotations

import statistics
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from banterhearts.api.ingestion.refusal import Reason, Refused
from banterhearts.api.ingestion.summaries import Summary

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

times = st.lists(st.floats(0.9, 1.1), min_size=3, max_size=40)
anything = st.lists(st.floats(1e-3, 1e3), min_size=2, max_size=40)
told = st.booleans()


def summary(samples: Sequence[float], *, n_is_told: bool, spread: Callable[..., float] = statistics.pstdev) -> Summary:
    """The summary of samples."""
    mean, std = statistics.fmean(samples), spread(samples)
    numbers = (Decimal(number) for number in (mean, std, min(samples), max(samples)))
    return Summary(*numbers, n=len(samples) if n_is_told else None)


@given(times, told)
def test_a_steady_mean_is_kept(samples: list[float], n_is_told: bool) -> None:  # noqa: FBT001 - hypothesis passes it so
    """Samples within a tenth of each other are never refused, however many there are."""
    summary(samples, n_is_told=n_is_told).check("ms")


@given(times, st.floats(100, 10_000), told)
def test_one_warm_up_is_found(samples: list[float], warm_up: float, n_is_told: bool) -> None:  # noqa: FBT001 - as above
    """One sample of a hundred times the others is found among up to forty, with n and without."""
    with pytest.raises(Refused, match="warmup-in-mean"):
        summary([warm_up, *samples], n_is_told=n_is_told).check("ms")


@given(anything, told, st.sampled_from([statistics.pstdev, statistics.stdev]))
def test_what_was_measured_contradicts_nothing(
    samples: list[float],
    n_is_told: bool,  # noqa: FBT001 - as above
    spread: Callable[..., float],
) -> None:
    """Whatever samples there were, their summary is no contradiction, with either standard deviation."""
    try:
        summary(samples, n_is_told=n_is_told, spread=spread).check("ms")
    except Refused as refused:
        assert refused.reason is Reason.WARMUP_IN_MEAN  # noqa: PT017 - not every example raises


@pytest.mark.parametrize(
    "numbers",
    [("1.0", "0.1", "1.1", "1.2"), ("1.3", "0.1", "1.1", "1.2"), ("1.0", "0.9", "0.9", "1.1"), ("1", "0.5", "1", "1")],
)
def test_what_no_samples_can_give_is_refused(numbers: tuple[str, ...]) -> None:
    """A mean outside of its extremes, or a spread that they leave no room for."""
    with pytest.raises(Refused, match="contradiction"):
        Summary(*map(Decimal, numbers), n=None).check("ms")


def test_a_lone_slow_sample_is_told() -> None:
    """One of ten that lifts the mean by a few per cent is kept and said."""
    (note,) = summary([1.7, *[1.0] * 9], n_is_told=True).check("ms")
    assert note == "one of 10 samples stands apart: 1.7 ms; without it the mean would be 1 ms instead of 1.07 ms"


def test_ten_alike_have_nothing_to_tell() -> None:
    """No spread, no note."""
    assert summary([2.0] * 10, n_is_told=False).check("ms") == ()
