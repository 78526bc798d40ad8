"""How far a run is: measured speed, time left that is not made up, and terminals of every kind."""

from __future__ import annotations

import io
import re
import sys
from dataclasses import dataclass

import pytest

from chronicles.commands import progress
from chronicles.commands.progress import Pace, bar
from chronicles.writers import Effort


@dataclass
class Clock:
    """Time that goes on when it is told to."""

    now: float = 100.0

    def __call__(self) -> float:
        """The time."""
        return self.now


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def __init__(self, encoding: str = "utf-8") -> None:
        super().__init__()
        self._named = encoding

    @property
    def encoding(self) -> str:
        """As the terminal has it."""
        return self._named

    def isatty(self) -> bool:
        """It is one."""
        return True


def reply(tokens: int, seconds: float = 1.0) -> Effort:
    """One reply."""
    return Effort(requests=1, written_tokens=tokens, seconds=seconds)


def test_nothing_is_said_of_a_run_that_asks_no_model() -> None:
    """Without a reply there is no speed, and no time left is made up."""
    pace = Pace(Clock())
    pace.finish(3)
    assert (pace.tok_per_sec, pace.left_sec(9), pace.said(9)) == (None, None, "")


def test_before_a_page_is_finished_it_says_that_it_measures() -> None:
    """The speed is known with the first reply, the time left with the first page."""
    clock = Clock()
    pace = Pace(clock)
    clock.now += 2
    pace.listen(reply(20, 2.0))
    assert pace.said(4) == "10.0 tokens/s, measuring"
    pace.listen(reply(20, 0.0))
    pace.finish(1)
    assert pace.said(4) == "20.0 tokens/s, about 6 s left"


def test_time_left_is_tokens_left_over_measured_tokens_a_second() -> None:
    """Time that passed without tokens counts, as does what of the next page is written already."""
    clock = Clock()
    pace = Pace(clock)
    for page in range(1, 3):
        clock.now += 50
        pace.listen(reply(100, 10.0))
        pace.finish(page)
    # 200 tokens in 60 s: the first reply took 10 s, 50 went by until the next.
    assert pace.tok_per_sec == pytest.approx(200 / 60)
    assert pace.left_sec(12) == pytest.approx(100 * 10 / (200 / 60))
    pace.listen(reply(40, 1.0))
    assert pace.left_sec(12) == pytest.approx((100 * 10 - 40) / (240 / 60))
    assert pace.said(12).endswith("about 4 min left")
    assert pace.said(2000).endswith("about 13 h 52 min left")


def test_a_page_longer_than_those_before_it() -> None:
    """It raises what is expected of the others; and when it is the last one, nobody knows when it ends."""
    clock = Clock()
    pace = Pace(clock)
    clock.now += 1
    pace.listen(reply(10, 1.0))
    pace.finish(1)
    clock.now += 9
    pace.listen(reply(90, 9.0))
    assert pace.left_sec(4) == pytest.approx(50 * 2 / 10)
    assert pace.left_sec(2) is None
    assert pace.said(2).endswith("measuring")


def test_pages_that_cost_nothing_are_not_measured() -> None:
    """Pages whose answers were kept say nothing of how long the others will take."""
    clock = Clock()
    pace = Pace(clock)
    pace.listen(Effort(kept=9))
    pace.finish(50)
    assert pace.left_sec(60) is None
    clock.now += 10
    pace.listen(reply(100, 10.0))
    pace.finish(51)
    assert pace.left_sec(60) == pytest.approx(90, rel=0.2)


def test_a_pipe_gets_no_bar(capsys: pytest.CaptureFixture[str]) -> None:
    """A short run says nothing in a pipe."""
    with bar("Writing episodes", Pace(Clock())) as advance:
        advance(1, 3)
        advance(3, 3)
    assert capsys.readouterr() == ("", "")


def test_a_long_run_says_a_line_now_and_then(capsys: pytest.CaptureFixture[str]) -> None:
    """A line a minute, with the measured speed, and none at the end, which has a line of its own."""
    clock = Clock()
    pace = Pace(clock)
    advance = progress._lines("Writing episodes", pace, clock)
    for page in range(1, 5):
        clock.now += 40
        pace.listen(reply(80, 40.0))
        advance(page, 4)
    assert capsys.readouterr().err == "chronicles: writing episodes: 2 of 4, 2.0 tokens/s, about 1 min left\n"


@pytest.mark.parametrize(
    ("environment", "encoding"),
    [({}, "utf-8"), ({"NO_COLOR": "1"}, "utf-8"), ({"TERM": "dumb"}, "utf-8"), ({"TERM": "xterm"}, "ascii")],
)
def test_every_terminal_is_one(monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], encoding: str) -> None:
    """A terminal without colours gets none, one without Unicode gets ASCII, one that is dumb gets no bar."""
    monkeypatch.setenv("TERM", "xterm-256color")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    screen = Terminal(encoding)
    monkeypatch.setattr(sys, "stderr", screen)
    clock = Clock()
    pace = Pace(clock)
    with bar("Writing episodes", pace) as advance:
        clock.now += 5
        pace.listen(reply(10, 5.0))
        advance(1, 3)
    shown = screen.getvalue()
    assert shown.isascii() or encoding == "utf-8"
    if environment.get("TERM") == "dumb":
        assert not shown
        return
    assert "2.0 tokens/s, about 10 s left" in shown
    assert "1/3" in shown
    assert bool(re.search(r"\x1b\[3\d[m;]", shown)) == ("NO_COLOR" not in environment)
