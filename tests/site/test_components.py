"""Components, cast and method: pages that say what there is, and no more."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from chronicles.personas import load_cast
from chronicles.site.cast import cast_page
from chronicles.site.components import _scale, components, components_key
from chronicles.site.method import method_page
from chronicles.site.shelf import Part
from chronicles.site.stock import Stock
from tests.site.laying import edition, source_of, tree, words

if TYPE_CHECKING:
    from chronicles.site.shelf import Source
    from tests.conftest import RepoBuilder


@pytest.fixture
def told(saga: RepoBuilder) -> Stock:
    """The stock of a repository's episodes."""
    pages = sorted(saga.path.glob("episodes/episode_*.md"))
    return Stock(edition(), tuple(map(source_of, pages)))


def section(page: str, name: str) -> str:
    """What the page says of one component."""
    (found,) = [part for part in re.split(r"^## ", page, flags=re.MULTILINE) if part.startswith(f"`{name}`")]
    return found


def moved(source: Source, month: str) -> Source:
    """An episode of another month."""
    return replace(source, card=replace(source.card, at=f"{month}-01T00:00:00+00:00"))


def test_a_component_has_its_episodes_and_their_sums(told: Stock, saga: RepoBuilder) -> None:
    """How many episodes a component has, and lines, are sums of facts; the newest are named, all one click away."""
    facts = [
        {fact["id"]: fact["value"] for fact in json.loads(path.read_bytes())["dossier"]["facts"]}
        for path in sorted(saga.path.glob("episodes/episode_*.json"))
    ]
    own = [one for one in facts if "component.core.files" in one]
    shown = section(components(told), "core")
    said = words(tree(f"---\n---\n## {shown}"))
    added, removed = (sum(one[f"component.core.{what}"] for one in own) for what in ("insertions", "deletions"))
    assert f"{len(own)} episodes" in said
    assert f"{added:,} lines added, {removed:,} removed" in said
    newest = [number for number, one in enumerate(facts, 1) if "component.core.files" in one][-1]
    assert f"Episode {newest}," in said
    assert f"[All {len(own)} episodes](episodes/index.md?component=core)" in shown


def test_churn_is_drawn_by_month(told: Stock) -> None:
    """Each month with lines has a bar, and its numbers stand in the table below."""
    shown = section(components(told), "core")
    months = {source.card.month for source in told.episodes for part in source.card.parts if part.name == "core"}
    assert shown.count("<g><title>") == len(months)
    total = re.findall(r"^\| \S+ \d{4} \| ([\d,]+) \|", shown, re.MULTILINE)
    added = sum(part.insertions for source in told.episodes for part in source.card.parts if part.name == "core")
    assert sum(int(one.replace(",", "")) for one in total) == added


@pytest.mark.parametrize(
    ("last", "name"),
    [("2024-03", "Episode 18"), ("2030-12", "December 2030"), ("2060-12", "Q4 2060"), ("2100-01", "2100")],
)
def test_bars_stay_few(told: Stock, last: str, name: str) -> None:
    """Young stories are drawn by their episodes, old ones by month, quarter or year: never more than 150 bars."""
    early = [moved(source, "2024-01") for source in told.episodes[:-1]]
    episodes = (*early, moved(told.episodes[-1], last))
    captions = re.findall(
        r"<figcaption><span>(.*?)</span><span>(.*?)</span>", components(replace(told, episodes=episodes))
    )
    assert {one[1] for one in captions} == {name}
    scale = _scale(episodes)
    assert len(scale.names) <= 150
    assert set(scale.places.values()) <= set(range(len(scale.names)))


def test_a_thousand_components_are_a_table(told: Stock) -> None:
    """Only the busiest have a drawing; each of the others has a row, and a name of any kind stays a name."""
    parts = tuple(Part(f"n{at} | [x](y) {{: .z }}", 1, at + 1, 0) for at in range(1000))
    card = replace(told.episodes[0].card, parts=parts)
    page = components(replace(told, episodes=(replace(told.episodes[0], card=card),)))
    assert page.count("{: #component-") == 16
    table = page[page.index("## All others") :]
    assert sum(line.startswith("| ") for line in table.split("\n")) == 1 + 1000 - 16
    root = tree(page)
    assert "n0 | [x](y) {: .z }" in words(root)
    assert not [one for one in root.iter("a") if one.get("href") == "y"]


def test_the_key_is_of_what_is_shown(told: Stock) -> None:
    """Another title of an episode makes the page anew; what the page does not show does not."""
    first, *rest = told.episodes
    titled = replace(told, episodes=(replace(first, card=replace(first.card, title="Other")), *rest))
    worded = replace(told, episodes=(replace(first, card=replace(first.card, news="Other")), *rest))
    assert components_key(titled) != components_key(told)
    assert components_key(worded) == components_key(told)


def test_the_cast_is_fictional_and_whole() -> None:
    """Every voice is there with its lens and portrait, the page says that nobody speaks, and a name is text."""
    cast = load_cast()
    page = cast_page(cast)
    assert "These voices are fictional" in page
    for voice in cast.voices:
        assert f"## {voice.name}" in page
    assert page.count("<svg") == len(cast.voices)
    other = replace(cast, voices=(replace(cast.voices[0], name="<b>{{ x }}</b>", voice="{: .y } *z*"),))
    root = tree(cast_page(other))
    assert "<b>{{ x }}</b>" in words(root)
    assert "{: .y } *z*" in words(root)
    assert "{{" not in cast_page(other)


def test_the_method_needs_nothing_to_be_said() -> None:
    """The page on method is the same for every story, and names where the figures are without a script."""
    page = method_page()
    assert "chronicles verify" in page
    assert "index.md#state" in page
    assert "data-chronicles-figures" in page
