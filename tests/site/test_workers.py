"""Work for several processes: the same outcome however many work."""

from __future__ import annotations

import os
from functools import partial

import pytest

from chronicles.errors import PageError
from chronicles.site import workers
from chronicles.site.workers import Workers


def named(number: int) -> tuple[int, int]:
    """A number, and the process that gave it."""
    return number, os.getpid()


def refused() -> None:
    """Fail as a page does that cannot be made."""
    raise ValueError("no")


@pytest.mark.parametrize("jobs", [1, 3])
def test_calls_come_back_in_order(jobs: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """What each call gives comes in the order of the calls, from one process or from others."""
    monkeypatch.setattr(workers, "_WORTH", 50)
    with Workers(jobs) as several:
        made = list(several.make([partial(named, number) for number in range(200)]))
        assert [number for number, _ in made] == list(range(200))
        assert (os.getpid() in {process for _, process in made}) == (jobs == 1)
        assert [number for number, _ in several.make([partial(named, 1)])] == [1]


def test_few_calls_start_no_process() -> None:
    """Processes are started only where they pay."""
    with Workers(4) as several:
        assert {process for _, process in several.make([partial(named, number) for number in range(20)])} == {
            os.getpid()
        }


def test_an_error_is_raised_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """What fails in another process fails in this one, with its kind."""
    monkeypatch.setattr(workers, "_WORTH", 1)
    with Workers(2) as several, pytest.raises(ValueError, match="no"):
        list(several.make([refused] * 3))


def test_errors_of_ours_can_be_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    """An error that stands for a page comes back whole."""
    monkeypatch.setattr(workers, "_WORTH", 1)
    with Workers(2) as several:
        found = list(several.make([partial(PageError, "a.md", "is odd", "Mend it")] * 2))
    assert [str(one) for one in found] == ["a.md: is odd. Mend it"] * 2
