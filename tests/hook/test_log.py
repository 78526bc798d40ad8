"""The worker's log: one line an event, of limited size, without secrets, and never in anybody's way."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

import click
import pytest

from chronicles.evidence.facts import clean
from chronicles.hook.log import Log, one_line

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TOKEN = "ghp_" + "a1B2" * 9
EVENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ \S.*")


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Log]:
    """A log that takes secrets out as pages do."""
    made = Log(tmp_path, clean)
    yield made
    made.close()


def lines(log: Log) -> list[str]:
    """What stands in it."""
    return log.path.read_text("utf-8").splitlines()


def test_an_event_is_a_line_with_its_time(log: Log) -> None:
    """Whatever it holds: line breaks, control characters, halves of characters, and no end."""
    for event in (
        "wrote episode_001.md",
        "two\nlines\r\n\tand a tab",
        "bell \x07 \x1b[31mred\x1b[0m \u202e",
        "\ud800",
        "x" * 10**6,
    ):
        log.say(event)
    assert len(lines(log)) == 5
    assert all(EVENT.fullmatch(line) and line.isprintable() for line in lines(log))
    assert lines(log)[1].endswith(" two lines and a tab")
    assert max(map(len, lines(log))) < 5000


def test_secrets_do_not_reach_it(log: Log) -> None:
    """Of events, of what is printed and of tracebacks."""
    log.say(f"git said {TOKEN}")
    with log.hearing():
        click.echo(f"a page has {TOKEN}", err=True)
        click.echo(f"and {TOKEN}")
    with pytest.raises(KeyError) as caught:
        {}[TOKEN]
    log.trace(caught.value)
    text = log.path.read_text("utf-8")
    assert TOKEN not in text
    assert text.count("[redacted]") >= 4
    assert log.line(f"x {TOKEN}\ny") == "x [redacted] y"


def test_what_is_printed_is_heard_line_by_line(log: Log) -> None:
    """A line is an event once it is whole; afterwards the streams are what they were."""
    before = sys.stdout, sys.stderr
    with log.hearing():
        sys.stderr.write("half a ")
        assert not log.path.exists()
        sys.stderr.write("line\n\n  \nand another\n")
        assert not sys.stderr.isatty()
    assert (sys.stdout, sys.stderr) == before
    assert [line.split(" ", 1)[1] for line in lines(log)] == ["half a line", "and another"]


def test_a_bug_leaves_its_traceback(log: Log) -> None:
    """So that somebody can mend it."""
    with pytest.raises(ValueError, match="no") as caught:
        _bug()
    log.trace(caught.value)
    first, *rest = lines(log)
    assert EVENT.fullmatch(first)
    assert all(line.startswith("    ") for line in rest)
    assert "in _bug" in "\n".join(rest)
    assert rest[-2:] == ["    ValueError: no", "    way"]


def _bug() -> None:
    raise ValueError("no\nway")


def test_it_never_fills_a_disk(log: Log, tmp_path: Path) -> None:
    """Two files of a quarter of a megabyte are all there is, and the newest events are among them."""
    for number in range(12_000):
        log.say(f"event {number} {'x' * 80}")
    assert {path.name for path in tmp_path.iterdir()} == {"log", "log.1"}
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= 2 * 256 * 1024
    assert " event 11999 " in lines(log)[-1]


def test_a_log_that_cannot_be_written_stops_nothing(
    log: Log, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """A folder in its place, a folder that is gone, a full disk: nobody hears of it."""
    log.path.mkdir()
    with log.hearing():
        log.say("one")
        click.echo("two", err=True)
    log.path.rmdir()
    log.say("three")
    assert len(lines(log)) == 1
    if sys.platform == "linux":
        (tmp_path / "full").mkdir()
        (tmp_path / "full" / "log").symlink_to("/dev/full")
        full = Log(tmp_path / "full", clean)
        full.say("four")
        full.close()
    gone = Log(tmp_path / "gone", clean)
    gone.say("five")
    gone.trace(KeyError())
    gone.close()
    assert capfd.readouterr() == ("", "")


def test_one_line_can_be_shown_anywhere() -> None:
    """What is not printable is written as its code; what is too long is cut."""
    assert one_line("  a\n\tb\x1b[1m \u202e ü ✓") == "a b\\x1b[1m \\u202e ü ✓"
    assert one_line("abcdef", 4) == "abc…"
    assert one_line("abcd", 4) == "abcd"
