"""Performance pages: series with the verdicts that episodes give, and nothing that was not measured."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from chronicles.evidence.suites import Mark, Suite, Suites, Track
from chronicles.site.performance import suite_pages
from chronicles.site.plots import Dot, Line, bars, plot
from chronicles.site.trend import drawing

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Ran, RepoBuilder

    Stage = Callable[..., str]


@pytest.fixture
def page(run: Callable[..., Ran]) -> Stage:
    """Stage a repository and read one of its pages."""

    def staged(repo: RepoBuilder, name: str) -> str:
        ran = run(repo.path, "site", "stage")
        assert ran.code == 0, ran.err
        return (repo.path / ".chronicles" / "pages" / name).read_text("utf-8")

    return staged


def track(*values: float, case: str = "help", unit: str = "ns", direction: str = "lower") -> Track:
    """A track of runs of one sitting."""
    marks = tuple(Mark(f"{at:040x}", f"r{at}", value, None, None, 10, "s") for at, value in enumerate(values))
    return Track(case, "wall", unit, direction, "box", "c0ffee00", 0.02, marks)


def suites(*tracks: Track) -> Suites:
    """One suite of some tracks, all along one line."""
    return Suites(tuple(mark.commit for mark in tracks[0].marks), (Suite("speed", tracks, ()),))


def heights(lines: list[str]) -> list[float]:
    """How far down the dots of a plot stand."""
    return [float(one) for one in re.findall(r'<circle class="mark" cx="[\d.]+" cy="([\d.]+)"', "".join(lines))]


def test_a_suite_says_what_the_episodes_say(measured: RepoBuilder, page: Stage) -> None:
    """Verdict, ratio, interval, blocks and baseline of each run stand in the table, and commits lead to episodes."""
    text = page(measured, "performance/speed.md")
    rows = [line.split(" | ") for line in text.split("\n") if line.startswith("| [`")]
    assert len(rows) == 5
    newest, slower = rows[0], rows[1]
    assert re.fullmatch(r"\| \[`\w{7}`\]\(\.\./episodes/episode_005\.md\)", newest[0])
    assert newest[4] == "no change seen"
    assert slower[4] == "slower"
    found = re.fullmatch(r"(1\.\d+) \((1\.\d+) to (1\.\d+)\)", slower[5])
    assert found is not None
    ratio, low, high = map(float, found.groups())
    assert 1.05 < low < ratio < high < 1.07
    assert "episode_003.md" in slower[6]
    told = (measured.path / "episodes/episode_004.md").read_text("utf-8")
    assert f"{found[1]} ({found[2]} to {found[3]})" in told, "the episode says the same"
    assert "Invented CPU of box" in text


def test_a_plot_marks_what_changed(measured: RepoBuilder, page: Stage) -> None:
    """A verdict is a triangle, and each run a point; there is a label for who listens, and no style in the page."""
    text = page(measured, "performance/speed.md")
    svg = text[text.index("<svg") : text.index("</svg>")]
    assert svg.count('<path class="mark slower"') == 1
    assert svg.count('<circle class="mark"') == 4
    assert 'role="img" aria-label="help: five runs, from' in svg
    assert "style=" not in text


def test_another_machine_is_folded_and_never_joined(measured: RepoBuilder, page: Stage, invented: Any) -> None:
    """A case that was measured elsewhere since has a series of its own, and the earlier one is folded below it."""
    plan = invented.Plan(machine="loft", day=2)
    invented.store(measured.path / "reports", invented.sitting("second", {measured.head: 3.0}, plan))
    text = page(measured, "performance/speed.md")
    first, folded = text.split('<details class="earlier"')
    assert "Invented CPU of loft" in first
    assert "Invented CPU of box" not in first
    assert "Invented CPU of box" in folded


def test_a_failure_stands_without_a_number(measured: RepoBuilder, page: Stage, invented: Any) -> None:
    """A case that failed is named with its commit and error; what it says is text."""
    plan = invented.Plan(case="mine")
    record = invented.failed("f", measured.head, plan, "failed", "exit 1 | <b>x</b> {{ y }}")
    invented.store(measured.path / "reports", [record])
    text = page(measured, "performance/speed.md")
    (row,) = [line for line in text.split("\n") if "| failed |" in line]
    assert "episode_005.md" in row
    assert "<b>" not in row
    assert "{{" not in row
    assert row.count(" | ") == 3


def test_new_runs_change_these_pages_alone(measured: RepoBuilder, run: Callable[..., Ran], invented: Any) -> None:
    """A case that no episode tells yet is on the first page and on those of performance, and nowhere else."""
    assert run(measured.path, "site", "stage").code == 0
    factors = {measured.git("rev-parse", "HEAD~1"): 1.0, measured.head: 1.0}
    invented.store(measured.path / "reports", invented.sitting("second", factors, invented.Plan(case="mine")))
    ran = run(measured.path, "site", "stage")
    assert "3 written" in ran.err


def test_broken_records_take_no_page_away(measured: RepoBuilder, run: Callable[..., Ran]) -> None:
    """A file that is no record counts for none and is named, and the site is staged all the same."""
    (measured.path / "reports" / "speed" / "broken.json").write_text("{", "utf-8")
    ran = run(measured.path, "site", "stage")
    assert ran.code == 0
    assert "broken.json" in ran.err


def test_names_of_suites_are_names_of_files() -> None:
    """Suites that fall together, or that are called as a device or as the folder's own page, have pages apart."""
    names = ("a.b", "a-b", "index", "con", "speed")
    found = suite_pages(Suites((), tuple(Suite(name, (), ()) for name in names)))
    assert [suite.name for suite in found.values()] == list(names)
    assert list(found) == [
        *("performance/a-b.md", "performance/a-b-2.md"),
        *("performance/suite-index.md", "performance/suite-con.md", "performance/speed.md"),
    ]


def test_up_is_longer_for_times_and_for_rates() -> None:
    """In the trend a time that doubles and a rate that halves go to the same height, upwards."""
    time, rate = track(1.0, 2.0), track(8.0, 4.0, case="tokens", unit="{token}/s", direction="higher")
    first, second = heights(drawing(suites(time))), heights(drawing(suites(rate)))
    assert first == second
    assert first[1] < first[0]


def test_a_trend_says_how_far_it_went() -> None:
    """The legend has both ends and their ratio, rounded as measured values are and not cut off."""
    drawn = "".join(drawing(suites(track(260.8e6, 370.3e6))))
    assert "260.8 ms to 370.3 ms, 1.42 times over two commits" in drawn


def test_a_trend_needs_two_points() -> None:
    """What was measured once has gone nowhere, and a size is no time."""
    assert drawing(suites(track(1.0))) == []
    assert drawing(suites(track(1.0, 2.0, unit="By"))) == []


@pytest.mark.parametrize("values", [(1.0, 1.0), (0.0, 5.0), (1e-9, 1e12), (7.0,), (99.0, 100.0, 101.0)])
def test_a_plot_keeps_what_it_shows_inside(values: tuple[float, ...]) -> None:
    """Whatever the values, every point stands inside of the frame, and larger ones stand higher."""
    dots = tuple(Dot(at, value) for at, value in enumerate(values))
    found = heights(plot([Line(dots)], label="x", commits=["a"] * len(values), unit="ms"))
    assert len(found) == len(values)
    assert all(0 < y < 280 for y in found)
    assert [y for _, y in sorted(zip(values, found, strict=True), reverse=True)] == sorted(found)


def test_bars_are_above_and_below() -> None:
    """Lines added stand on the line, lines removed hang from it; what has none has no bar, and nothing no drawing."""
    assert bars([("a", 0, 0)], "x") == []
    drawn = "".join(bars([("a", 400, 0), ("b", 0, 0), ("c", 100, 25)], "x"))
    assert drawn.count("<g>") == 2
    tall = dict(re.findall(r'<rect class="(\w+)" [^>]* height="([\d.]+)"', drawn.rpartition("<g>")[2]))
    assert float(tall["added"]) == pytest.approx(2 * float(tall["removed"]), rel=0.01)


def test_a_label_cannot_leave_its_attribute() -> None:
    """What a record calls its case is text wherever a plot says it."""
    dots = (Dot(0, 1.0, label='"><script>x</script> {{ y }}'),)
    drawn = "".join(plot([Line(dots)], label='x" onload="y', commits=["<b>"], unit="<i>"))
    for acting in ("<script", "<b>", "<i>", '" onload="', "{{"):
        assert acting not in drawn
