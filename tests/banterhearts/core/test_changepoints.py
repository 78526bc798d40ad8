"""Steps in a history are found where they are, and noise is left alone."""

from __future__ import annotations

import importlib.util
import math
import sys

import numpy as np
import pytest

from banterhearts.core.changepoints import Step, find_steps
from banterhearts.errors import Missing

needs_ruptures = pytest.mark.skipif(
    importlib.util.find_spec("ruptures") is None, reason="ruptures is in the extra `changepoints`"
)


def series(blocks: int, *, noise: float, seed: int, step: float = 0.0, at: int = 0) -> list[float]:
    """Medians of `blocks` commits around a second, the level rising by `step` with the commit at `at`."""
    logs = noise * np.random.default_rng(seed).standard_normal(blocks)
    logs[at:] += math.log1p(step)
    return (1e9 * np.exp(logs)).tolist()


@needs_ruptures
@pytest.mark.parametrize("place", range(1, 10))
def test_five_per_cent_in_ten_commits_are_found_at_their_commit(place: int) -> None:
    """Wherever the step is, the first commit after it and its parent are the neighbours named."""
    assert find_steps(series(10, noise=0.002, seed=place, step=0.05, at=place)) == (Step(place - 1, place),)


@needs_ruptures
def test_a_step_is_found_as_often_as_is_claimed() -> None:
    """A step of 5 % in ten commits with 1 % of noise is named in at least three of four histories."""
    found = 0
    for seed in range(200):
        place = 1 + seed % 9
        found += Step(place - 1, place) in find_steps(series(10, noise=0.01, seed=seed, step=0.05, at=place))
    assert found >= 150


@needs_ruptures
@pytest.mark.parametrize(("commits", "most"), [(5, 0.10), (10, 0.08), (50, 0.08), (200, 0.08), (3000, 0.08)])
def test_noise_alone_has_few_candidates(commits: int, most: float) -> None:
    """About one in twenty histories without a step has a candidate; the bound leaves room for chance."""
    histories = 400 if commits < 1000 else 60
    alarms = sum(bool(find_steps(series(commits, noise=0.01, seed=seed))) for seed in range(histories))
    assert alarms / histories <= most


@needs_ruptures
def test_several_steps_are_all_named() -> None:
    """Up and down again, and a single odd commit, have a candidate on each side."""
    medians = series(30, noise=0.002, seed=3)
    for place in range(10, 20):
        medians[place] *= 1.05
    medians[25] *= 1.3
    assert find_steps(medians) == (Step(9, 10), Step(19, 20), Step(24, 25), Step(25, 26))


@needs_ruptures
def test_what_has_no_logarithm_is_passed_over() -> None:
    """Commits without a median, and medians that are none, leave the places of the others as they are."""
    medians: list[float | None] = list(series(12, noise=0.002, seed=1, step=0.05, at=6))
    for place, nothing in ((0, None), (5, 0.0), (6, math.nan), (9, math.inf), (10, -3.0)):
        medians[place] = nothing
    assert find_steps(medians) == (Step(4, 7),)


@needs_ruptures
@pytest.mark.parametrize("medians", [[], [1.0], [1.0, 2.0], [1.0, 1.0, 2.0, 2.0], [0.0] * 10, [None] * 10])
def test_too_few_medians_have_no_step(medians: list[float | None]) -> None:
    """Below five medians noise and steps cannot be told apart."""
    assert find_steps(medians) == ()


@needs_ruptures
def test_a_number_that_never_varies_steps_where_it_changes() -> None:
    """Bytes are exact: a constant series has no step, and one change in it has one."""
    assert find_steps([4096.0] * 8) == ()
    assert find_steps([4096.0] * 5 + [5000.0] * 3) == (Step(4, 5),)


@needs_ruptures
@pytest.mark.parametrize("size", [1e-300, 1e300])
def test_the_unit_is_no_matter(size: float) -> None:
    """Steps are relative: tiny and huge numbers have the same."""
    assert find_steps([size * median for median in (1.0, 1.001, 0.999, 1.0, 1.1, 1.101, 1.099)]) == (Step(3, 4),)


def test_without_ruptures_the_message_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """The extra is named with the command that installs it."""
    monkeypatch.setitem(sys.modules, "ruptures", None)
    with pytest.raises(Missing, match=r"pip install 'chimera-chronicles\[changepoints\]'"):
        find_steps([1.0] * 10)
