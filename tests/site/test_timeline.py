"""The timeline: months that need no script, and a data file that filters can trust."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from chronicles.site.address import Address
from chronicles.site.entries import SIZES, size_of
from chronicles.site.shelf import Card, Source
from chronicles.site.timeline import ending_of, month_page, month_pages, months_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Ran, RepoBuilder


def source(number: int, at: str = "2024-05-01T12:00:00+00:00", *, lines: int = 3, title: str = "A Title") -> Source:
    """An episode, as far as lists know it."""
    file = f"episode_{number:03d}.md"
    card = Card(
        number=number,
        file=file,
        title=title,
        at=at,
        sha="a" * 40,
        subject="A subject",
        kind="fix",
        author="Ada",
        files=1,
        insertions=lines,
        deletions=0,
        verdicts=(),
        news="",
        writer="plain",
        facts=1,
        commits=1,
    )
    return Source(Path(file), Path(file).with_suffix(".json"), "1:1", card)


def test_months_are_newest_first() -> None:
    """Months and the days in them go backwards, whatever the clocks of authors did to the order of numbers."""
    told = [
        source(1, "2024-05-03T00:00:00+00:00"),
        source(2, "2024-04-30T23:00:00-09:00"),
        source(3, "2024-05-01T00:00:00+00:00"),
        source(4, "2024-05-03T00:00:00+00:00"),
    ]
    months = months_of(told)
    assert list(months) == ["2024-05", "2024-04"]
    assert [one.card.number for one in months["2024-05"]] == [4, 1, 3]
    page = month_page("episodes/2024-05.md", months["2024-05"], "episodes/2024-04.md")
    assert re.findall(r"^## (.*)$", page, re.MULTILINE) == ["3 May 2024", "1 May 2024"]
    assert "[April 2024](2024-04.md)" in page


def test_a_month_of_very_many_grows_at_its_end_alone() -> None:
    """A month of 450 episodes has three pages; another episode changes the newest of them only."""
    told = [source(number) for number in range(1, 451)]
    pages = list(month_pages(told))
    assert [(path, len(part)) for path, part, _ in pages] == [
        ("episodes/2024-05.md", 50),
        ("episodes/2024-05-part-2.md", 200),
        ("episodes/2024-05-part-1.md", 200),
    ]
    more = list(month_pages([*told, source(451)]))
    assert more[1:] == pages[1:]
    assert len(more[0][1]) == 51
    assert [before for _, _, before in pages] == ["episodes/2024-05-part-2.md", "episodes/2024-05-part-1.md", ""]


def test_a_date_that_is_none_names_no_file() -> None:
    """A sidecar may say anything: what is no month is a page of its own, and no way out of the folder."""
    told = [source(1, "../../../etc"), source(2)]
    assert [path for path, _, _ in month_pages(told)] == ["episodes/undated.md", "episodes/2024-05.md"]


@pytest.mark.parametrize(("lines", "place"), [(0, 0), (4, 0), (5, 1), (49, 1), (50, 2), (499, 2), (500, 3), (10**7, 3)])
def test_sizes_have_no_gap(lines: int, place: int) -> None:
    """Every number of lines has one size, and the labels say where it ends."""
    assert size_of(replace(source(1).card, insertions=lines)) == place
    assert len(SIZES) == 4


def test_the_data_is_that_of_the_sidecars(saga: RepoBuilder, run: Callable[..., Ran]) -> None:
    """A row an episode: its type, size, components and lines are those of its facts, and its page is there."""
    shutil.copy(Path(__file__).parents[2] / "mkdocs.yml", saga.path)
    run(saga.path, "site", "build")
    data = json.loads((saga.path / "site/data/episodes.json").read_bytes())
    rows = [dict(zip(data["columns"], row, strict=True)) for row in data["episodes"]]
    assert [row["number"] for row in rows] == sorted((row["number"] for row in rows), reverse=True)
    for row in rows:
        sidecar = json.loads((saga.path / f"episodes/{row['page']}.json").read_bytes())
        facts = {fact["id"]: fact["value"] for fact in sidecar["dossier"]["facts"]}
        assert row["added"] == facts["change.insertions"]
        assert row["removed"] == facts["change.deletions"]
        assert data["types"][row["type"]] == facts["commit.type"]
        assert row["size"] == next(
            at for at, (end, _) in enumerate(SIZES) if end is None or row["added"] + row["removed"] < end
        )
        names = {data["components"][at] for at in row["components"]}
        assert names == {
            key.split(".", 1)[1][: -len(".files")] for key in facts if re.match(r"component\..*\.files", key)
        }
        assert (saga.path / f"site/episodes/{row['page']}{data['ending']}index.html").is_file()
    assert data["figures"]["episodes"] == len(rows)
    assert data["figures"]["facts"] == sum(data["figures"]["sources"].values())


def test_addresses_go_with_the_builder() -> None:
    """Where pages are files, the data says so, and scripts lead to files."""
    assert ending_of(Address()) == "/"
    assert ending_of(Address("https://example.org/sub/", folders=False)) == ".html"


def test_a_new_month_stages_few_pages(saga: RepoBuilder, run: Callable[..., Ran]) -> None:
    """The first commit of a month, which has a page of its own, stages no more than any other."""
    assert run(saga.path, "site", "stage").code == 0
    saga.commit("fix: one more thing", {"more.txt": "more\n"}, at="2031-03-04T05:06:07+00:00")
    assert run(saga.path, "generate").code == 0
    ran = run(saga.path, "site", "stage")
    written = re.search(r"(\d+) written", ran.err)
    assert written is not None
    assert 0 < int(written[1]) <= 5, ran.err
    assert (saga.path / ".chronicles/pages/episodes/2031-03.md").is_file()


def test_retired_episodes_are_listed_as_such(saga: RepoBuilder, run: Callable[..., Ran]) -> None:
    """What history was rewritten under is folded on the timeline with its number, in no month and in no count."""
    lost = saga.head
    saga.git("reset", "-q", "--hard", "HEAD~1")
    saga.commit("fix: another way", {"other.txt": "other\n"})
    assert run(saga.path, "generate", "--all").code == 0
    assert run(saga.path, "site", "stage").code == 0
    pages = saga.path / ".chronicles" / "pages"
    timeline = (pages / "episodes/index.md").read_text("utf-8")
    assert '<details class="retired-list"' in timeline
    assert f"[Episode 18](episode_018.md) told `{lost[:7]}`" in timeline
    assert "exclude: true" in (pages / "episodes/episode_018.md").read_text("utf-8")
    months = "".join(path.read_text("utf-8") for path in pages.glob("episodes/20*.md"))
    assert "episode_018.md" not in months
    assert "episode_019.md" in months
