"""A title is short, the same for the same change, and neither the subject cut off nor a neighbour's."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import TYPE_CHECKING

from chronicles.documents.page import load_page
from chronicles.documents.title import make_title, make_titles
from chronicles.dossier import Ledger

if TYPE_CHECKING:
    from tests.conftest import RepoBuilder


def test_titles_of_a_history(saga: RepoBuilder) -> None:
    """Titles fit a heading, no two neighbours share one, and none is the subject's beginning or has markup in it."""
    titles = []
    for path in sorted((saga.path / "episodes").glob("episode_*.json")):
        page = load_page(path)
        titles.append(page.title)
        assert 3 <= len(page.title) <= 80
        assert page.title == page.title.strip()
        assert not set("`*<>{}|\n") & set(page.title)
        assert not page.dossier.ledger.string("commit.subject").startswith(page.title)
    assert all(one != other for one, other in pairwise(titles))
    assert len(set(titles)) > len(titles) // 2


def test_the_same_dossier_has_the_same_title(saga: RepoBuilder) -> None:
    """A title depends on facts and claims alone, not on the order in which the ledger holds other facts."""
    page = load_page(saga.path / "episodes/episode_006.json")
    ledger = page.dossier.ledger
    groups: dict[str, list[str]] = {}
    for fact_id in ledger:
        groups.setdefault(fact_id.partition(".")[0], []).append(fact_id)
    turned = Ledger(ledger[fact_id] for family in reversed(groups) for fact_id in groups[family])
    assert make_title(turned, page.dossier.claims) == make_title(ledger, page.dossier.claims) == page.title


def test_a_title_without_any_claim(saga: RepoBuilder) -> None:
    """A change that entitles to no claim has a title all the same."""
    for number in (1, 14, 16):
        page = load_page(saga.path / f"episodes/episode_{number:03d}.json")
        assert make_title(page.dossier.ledger, ()).strip()


def test_front_matter_and_heading_agree(saga: RepoBuilder) -> None:
    """The title stands in front matter, heading and sidecar alike."""
    for path in (saga.path / "episodes").glob("episode_*.md"):
        text = path.read_text()
        title = load_page(path.with_suffix(".json")).title
        assert json.loads(text.split("\ntitle: ")[1].split("\n")[0]) == title
        assert f' - Episode {int(path.stem[-3:])}: "' in text


def test_titles_to_choose_from(saga: RepoBuilder) -> None:
    """A page has up to six titles that would do, no two alike, the first its own, each as a title must be."""
    numbers = []
    for path in sorted((saga.path / "episodes").glob("episode_*.json")):
        page = load_page(path)
        titles = make_titles(page.dossier.ledger, page.dossier.claims)
        assert titles[0] == page.title
        assert len(set(titles)) == len(titles) <= 6
        for title in titles:
            assert 3 <= len(title) <= 48
            assert title == title.strip()
            assert not set("`*<>{}|\n") & set(title)
            assert not page.dossier.ledger.string("commit.subject").startswith(title)
        numbers.append(len(titles))
    assert sum(numbers) > 4 * len(numbers)


def test_titles_come_from_different_sources(saga: RepoBuilder) -> None:
    """What is chosen between tells different things: each claim of note gives one title before any gives two."""
    page = load_page(saga.path / "episodes/episode_006.json")
    titles = make_titles(page.dossier.ledger, page.dossier.claims)
    assert len({" ".join(word for word in title.split() if word[0].isupper()) for title in titles[:3]}) == 3
    assert make_titles(page.dossier.ledger, ())[0] in titles[:4]
