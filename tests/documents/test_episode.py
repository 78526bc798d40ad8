"""The seeds' reference commit as a page, and how the length of a page follows its news."""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from chronicles.cli import cli

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import RepoBuilder

HEADINGS = [
    r'# Repo - Episode 1: ".+"',
    r"## The scaffolding",
    r"### 📅 2025-09-02T14:30:00-04:00",
    r"### 🔗 Commit: `[0-9a-f]{7}`",
    r"### 📊 Episode 1 of The Repo Chronicles",
    r"### Why It Matters",
    r"### The Roundtable: Dossier Reactions",
    r"## 🔬 Technical Analysis",
    r"### Commit Metrics & Complexity Assessment",
    r"### Architectural Component Analysis",
    r"### Code Quality & Architecture Patterns",
    r"### Performance & Scalability Indicators",
    r"## 🏗️ Architecture & Strategic Impact",
    r"## 🎭 Banterpacks' Deep Dive",
    r"## 🔮 Next Time on The Repo Chronicles",
]


def page_of(repo: RepoBuilder, *arguments: str) -> str:
    """Generate the page of HEAD and read it."""
    done = CliRunner().invoke(cli, ["-C", str(repo.path), "generate", "HEAD", *arguments], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return max((repo.path / "episodes").glob("*.md")).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "shape",
    [
        pytest.param({}, id="code"),
        pytest.param({"dummy": True}, id="dummy text in .py files"),
        pytest.param({"dummy": True, "ending": ".txt"}, id="dummy text in .txt files"),
        pytest.param({"dummy": True, "ending": "", "weight": 1}, id="nearly all in one file"),
        pytest.param({"weight": 160}, id="a little uneven"),
    ],
)
def test_the_reference_commit_reads_as_the_seed_does(
    repo: RepoBuilder, scaffold: Callable[..., str], shape: dict[str, object]
) -> None:
    """The italic line, the metrics and every heading of the seed stand in its order, whatever the files hold."""
    scaffold(repo, **shape)
    page = page_of(repo)
    assert "*38 files adjusted across banterhearts (26), .gitignore (1), Dockerfile (1), and others (10)*" in page
    places = [re.search(f"^{heading}$", page, re.MULTILINE) for heading in HEADINGS]
    missing = [heading for heading, place in zip(HEADINGS, places, strict=True) if place is None]
    assert not missing, page
    starts = [place.start() for place in places if place]
    assert starts == sorted(starts)
    for label, figure in {
        "Files Changed": "38",
        "Lines Added": "6,518",
        "Lines Removed": "1",
        "Lines per File": "171.5",
        "Change Ratio": "+6,518/-1 (99.98% additive)",
    }.items():
        assert f"- **{label}**: {figure}\n" in page
    score = re.search(r"^- \*\*Complexity Score\*\*: (\d+)$", page, re.MULTILINE)
    assert score
    assert 90 <= int(score[1]) <= 100


def test_no_section_of_a_page_stands_empty(repo: RepoBuilder, scaffold: Callable[..., str]) -> None:
    """Under each heading of the body there is something to read, or a deeper heading."""
    scaffold(repo)
    body = page_of(repo).partition("### 📊")[2]
    lines = [line for line in body.splitlines() if line.strip()]
    for line, following in itertools.pairwise([*lines, "#"]):
        level, below = (re.match("#*", text) for text in (line, following))
        assert level, line
        assert below, following
        assert not level[0] or not below[0] or len(below[0]) > len(level[0]), (line, following)


@pytest.mark.parametrize("content", ["one\nTWO\nthree\n", "one\ntwo\n", "one\ntwo\nthree\nfour\n"])
def test_a_one_line_change_gets_a_short_page(repo: RepoBuilder, content: str) -> None:
    """A change of one line renders to at most 25 non-blank lines under the front matter, with one voice at most."""
    repo.commit("feat: begin", {"src/app.py": "def a():\n    return 1\n", "notes.md": "one\ntwo\nthree\n"})
    repo.commit(
        "fix: count to two\n\nThe second line was shouted at, because nobody had read it.\n\nCloses #7",
        {"notes.md": content},
    )
    body = page_of(repo).split("---\n", 2)[2]
    assert len([line for line in body.splitlines() if line.strip()]) <= 25, body
    assert len(re.findall(r"^\*\*\w+:\*\* ", body, re.MULTILINE)) <= 1
