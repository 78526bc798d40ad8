"""The chart beside a page: drawn to the byte, legible, and without anything that acts."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from chronicles.documents.chart import PANELS, charted, digest, draw_chart
from chronicles.dossier import Point, RunName, ToldRun

if TYPE_CHECKING:
    from collections.abc import Sequence

SVG = "{http://www.w3.org/2000/svg}"


def told(
    values: Sequence[float],
    *,
    spread: float = 0.01,
    unit: str = "ns",
    case: str = "help",
    metric: str = "wall",
    apart: int = 0,
    baseline: int | None = -2,
) -> ToldRun:
    """A told run whose series has some values, the first ones of another sitting."""
    points = [
        Point(
            RunName(f"run-{place}", f"{place:064x}"),
            f"{place + 10:07x}" + "0" * 33,
            value,
            value * (1 - spread) if spread else None,
            value * (1 + spread) if spread else None,
            place >= apart,
        )
        for place, value in enumerate(values)
    ]
    base = points[baseline].run if baseline is not None and len(points) > 1 else None
    return ToldRun(points[-1].run, base, None, None, "speed", case, metric, unit, tuple(points))


def parsed(*runs: ToldRun) -> ET.Element:
    """The chart of some runs as XML."""
    return ET.fromstring(draw_chart(runs))  # noqa: S314 -- our own text


def of_class(chart: ET.Element, name: str) -> list[ET.Element]:
    """The elements of a class."""
    return [one for one in chart.iter() if name in one.get("class", "").split()]


def words(chart: ET.Element) -> list[str]:
    """The text that is shown."""
    return [one.text or "" for one in chart.iter(f"{SVG}text")]


def test_every_point_and_whisker_is_drawn() -> None:
    """A circle a run, a whisker an interval, one of the circles this commit."""
    chart = parsed(told([1e8, 1.01e8, 1.06e8]))
    assert len(list(chart.iter(f"{SVG}circle"))) == 3
    assert len(of_class(chart, "here")) == 1
    assert len(of_class(chart, "whisker")) == 3
    assert len(of_class(chart, "level")) == 1
    assert not of_class(parsed(told([1e8, 1e8], spread=0)), "whisker")


def test_higher_values_stand_higher() -> None:
    """Coordinates follow the values, whiskers enclose their points, and all lies inside the picture."""
    chart = parsed(told([1e8, 3e8, 2e8], spread=0.1))
    heights = [float(one.get("cy", "nan")) for one in chart.iter(f"{SVG}circle")]
    assert heights[0] > heights[2] > heights[1]
    for whisker, height in zip(of_class(chart, "whisker"), heights, strict=True):
        low, high = map(float, re.findall(r"M[\d.]+ ([\d.]+)V([\d.]+)", whisker.get("d", ""))[0])
        assert high < height < low
    assert all(0 <= height <= 148 for height in heights)
    places = [float(one.get("cx", "nan")) for one in chart.iter(f"{SVG}circle")]
    assert places == sorted(places)
    assert all(78 <= place <= 622 for place in places)


def test_what_was_measured_apart_is_hollow_and_said() -> None:
    """Points of another sitting are marked, and the legend says what the mark and the dashes mean."""
    chart = parsed(told([1e8, 1e8, 1e8, 1e8], apart=2))
    assert len(of_class(chart, "apart")) == 2
    assert "dashed: baseline 000000c; hollow: apart" in words(chart)
    assert not any("hollow" in text for text in words(parsed(told([1e8, 1e8]))))
    assert not any("dashed" in text for text in words(parsed(told([1e8, 1e8], baseline=None))))


@pytest.mark.parametrize(
    ("value", "unit", "title", "label"),
    [
        (1.065e8, "ns", "speed/help: wall, ms", "000000b: 106.5 ms"),
        (2.5, "s", "speed/help: wall, s", "000000b: 2.500 s"),
        (64 * 2**20, "By", "speed/help: wall, MiB", "000000b: 64.00 MiB"),
        (84.25, "{token}/s", "speed/help: wall, tokens/s", "000000b: 84.25 tokens/s"),
        (7.0, "1", "speed/help: wall", "000000b: 7.000"),
    ],
)
def test_values_are_labelled_in_the_step_that_people_use(value: float, unit: str, title: str, label: str) -> None:
    """Title, axis and this commit's value share one step of the unit."""
    chart = parsed(told([value, value], unit=unit))
    assert title in words(chart)
    assert label in words(chart)
    ticks = [float(text.replace(",", "")) for text in words(chart) if re.fullmatch(r"[\d,.]+", text)]
    shown = float(label.split(": ")[1].split(maxsplit=1)[0])
    assert len(ticks) >= 2
    assert all(0.9 * shown < tick < 1.1 * shown for tick in ticks)


def test_axis_labels_are_round() -> None:
    """Lines across stand at round numbers, few of them, evenly."""
    for spread in (0.001, 0.01, 0.3, 0.9):
        chart = parsed(told([1.234e8, 1.3e8], spread=spread))
        ticks = [float(text.replace(",", "")) for text in words(chart) if re.fullmatch(r"[\d,.]+", text)]
        assert 2 <= len(ticks) <= 5, spread
        steps = {round(after - before, 6) for before, after in pairwise(ticks)}
        assert len(steps) == 1, ticks
        assert re.fullmatch(r"[125]0*", f"{steps.pop():.6f}".replace(".", "").strip("0") or "1"), ticks


def test_at_most_so_many_panels() -> None:
    """The first four runs with a series have a panel, one below the other; a run alone has none."""
    runs = [told([1.0, 2.0], case=f"case {number}") for number in range(7)]
    runs.insert(0, told([5.0], case="alone"))
    assert [run.case for run in charted(runs)] == [f"case {number}" for number in range(PANELS)]
    assert parsed(*runs).get("height") == str(148 * PANELS)
    assert draw_chart([told([5.0])]) == ""
    assert draw_chart([]) == ""


def test_the_same_runs_give_the_same_bytes() -> None:
    """Drawing twice gives one text, and line ends do not change its digest."""
    runs = [told([1e8 + number for number in range(30)], apart=7)]
    once = draw_chart(runs)
    assert draw_chart(runs) == once
    assert digest(once) == digest(once.replace("\n", "\r\n").encode()) != digest(once + " ")


def test_it_holds_nothing_that_acts() -> None:
    """No script, link, image, foreign object, event or address; styles are fixed, and follow light and dark."""
    text = draw_chart([told([1.0, 2.0], case='<script>alert("1")</script>', metric="a&b]]>", unit="</style>")])
    chart = ET.fromstring(text)  # noqa: S314 -- our own text
    assert {one.tag.removeprefix(SVG) for one in chart.iter()} == {
        *("svg", "title", "style", "rect", "g", "text", "path", "circle"),
    }
    assert not [key for one in chart.iter() for key in one.keys() if key.startswith("on") or "href" in key]  # noqa: SIM118
    assert re.findall(r"https?://[^\"]+", text) == ["http://www.w3.org/2000/svg"]
    assert "@media (prefers-color-scheme: dark)" in text
    assert "<script" not in text
    assert text.count("</style>") == 1


@pytest.mark.parametrize("hostile", ["\x00\x1b\x0b", "\ud800", "\u202egnp.exe", "]]>", "&#0;", "a" * 400, "é漢字🙂"])
def test_any_text_gives_xml(hostile: str) -> None:
    """Names of a forged sidecar come out as text that every reader of XML takes."""
    chart = parsed(told([1.0, 2.0], case=hostile, metric=hostile, unit=hostile))
    assert chart.tag == f"{SVG}svg"
    assert max(map(len, words(chart))) < 150


@pytest.mark.parametrize(
    "values",
    [
        [0.0, 0.0], [0.0, 5.0], [1e-12, 1e-12], [1e20, 1e20], [1.0, 1e9], [5.0, 5.0], [1e300, 1e300], [1e-320, 1.0],
        [1.7e308, 1.0], [1e8] * 60,
    ],
)  # fmt: skip
def test_any_values_are_drawn_or_left_out(values: list[float]) -> None:
    """Zeros, huge and tiny values give a chart of finite numbers, or none; never an error."""
    text = draw_chart([told(values)])
    assert not re.search(r"nan|inf", text)


def test_its_title_says_what_it_shows() -> None:
    """Who cannot see it hears what is measured, its value and how many runs stand before it."""
    (title,) = parsed(told([1e8, 1.065e8])).iter(f"{SVG}title")
    assert title.text == "speed/help, wall: 106.5 ms at 000000b, after one run before it"
