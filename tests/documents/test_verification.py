"""Lines pair with the rendered lines they stand for; a page follows from its facts layer by layer."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chronicles.commands.session import Session
from chronicles.documents import verify_page
from chronicles.documents.comparison import Pair, compare_lines, same_but_tokens
from chronicles.documents.page import load_page
from chronicles.documents.truth import derive, unlawful
from chronicles.documents.verification import Finding, Kind
from chronicles.evidence.build import build_dossier

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from chronicles.documents.telling import Press
    from tests.conftest import RepoBuilder

LINES = st.lists(st.sampled_from(["", "a row of 3", "a row of 4", "words of somebody", "| a | 1 |", "| b | 2 |"]))


@pytest.fixture
def press(saga: RepoBuilder) -> Iterator[Press]:
    """The saga's press, over a workshop without cache."""
    with Session(saga.path, fresh=True) as session:
        session.follow(saga.head)
        yield session.press()


def test_the_public_name(saga: RepoBuilder, press: Press) -> None:
    """`chronicles.documents.verify_page` is the documented entry, and finds nothing on an untouched page."""
    assert verify_page(press, saga.path / "episodes/episode_003.md") == []


@pytest.mark.parametrize(
    ("line", "should"),
    [
        ("- **Files**: 3", "- **Files**: 4"),
        ("nine days later", "two days later"),
        ("in `core/a.py` now", "in `core/b.py` now"),
        ("the third change", "the first change"),
        ("[`abc1234`](episode_003.md)", "[`abc1234`](episode_004.md)"),
        ("- **Files**: 3 <!-- by: Eve -->", "- **Files**: 4"),
        ("| a | 3 | <!-- claim: external x -->", "| a | 4 |"),
    ],
)
def test_a_line_with_other_tokens(line: str, should: str) -> None:
    """Numbers in digits or words, code spans and addresses may differ, and comments do not count."""
    assert same_but_tokens(line, should)


@pytest.mark.parametrize(
    ("line", "should"), [("a", "a"), ("", ""), ("x 3", ""), ("three files here", "three files there"), ("a 3", "b 3")]
)
def test_a_line_with_other_words(line: str, should: str) -> None:
    """Other words, the same line, and nothing at all are no change of tokens."""
    assert not same_but_tokens(line, should)


def test_a_sentence_beside_a_row_is_not_taken_for_it() -> None:
    """What a person inserted stands for no rendered line, wherever it stands."""
    rendered = ["# Title", "", "| a | 1 |", "", "Last words."]
    page = ["# Title", "", "A person was here.", "", "| a | 2 |", "", "Last words."]
    assert [pair for pair in compare_lines(page, rendered) if pair.line] == [
        Pair(3, "A person was here.", None),
        Pair(5, "| a | 2 |", "| a | 1 |"),
    ]


@given(LINES, LINES)
def test_every_line_is_paired_once(page: list[str], rendered: list[str]) -> None:
    """No line of the page is told twice, and what a page has and its rendering has not is always told."""
    pairs = list(compare_lines(page, rendered))
    numbers = [pair.number for pair in pairs if pair.line is not None]
    assert len(numbers) == len(set(numbers))
    for pair in pairs:
        assert pair.line is None or page[pair.number - 1] == pair.line
    if not pairs:
        assert [line for line in page if line] == [line for line in rendered if line]
    told = {pair.line for pair in pairs}
    assert all(line in told for line in page if line and line not in rendered)


def test_derivation_of_an_untouched_page(saga: RepoBuilder, press: Press) -> None:
    """What is derived of each page is the page, with nothing stale and nothing unlawful."""
    for path in sorted((saga.path / "episodes").glob("*.md")):
        stored = load_page(path.with_suffix(".json"))
        found = derive(press, stored, build_dossier(press.workshop, stored.dossier.subject))
        assert (found.page, found.stale, found.outdated, found.text) == (stored, frozenset(), (), path.read_text())
        assert list(unlawful(found.page)) == []


def test_settings_make_counts_stale_and_no_commit(saga: RepoBuilder, press: Press) -> None:
    """Under other settings of what counts, counts are kept as they were and the commit is held to git."""
    stored = load_page(saga.path / "episodes/episode_003.json")
    fresh = build_dossier(press.workshop, stored.dossier.subject)
    elsewhere = replace(fresh, made_by={**fresh.made_by, "rules": "[[], []]"})
    facts = {**stored.dossier.ledger}
    facts["change.files"] = replace(facts["change.files"], value=9, figure="9", text="nine files")
    facts["commit.author"] = replace(facts["commit.author"], value="Eve", figure="Eve", text="Eve")
    forged = replace(stored, dossier=replace(stored.dossier, ledger=type(stored.dossier.ledger)(facts.values())))
    found = derive(press, forged, elsewhere)
    assert found.stale == {"rules"}
    assert found.page.dossier.ledger["change.files"].value == 9
    assert found.page.dossier.ledger["commit.author"].value == "Ada"
    assert [old and old.id for old, _ in found.outdated] == ["change.files"]


def test_words_that_no_rule_makes(saga: RepoBuilder) -> None:
    """A wording with a number of its own, a slot too few or markup is no wording of its claim."""
    page = load_page(saga.path / "episodes/episode_003.json")
    spoken = next(one for one in page.sentences if one.claim)
    for wording in (f"{spoken.wording} Over 500 users!", "No slot.", f"<b>{spoken.wording}</b>", "{nothing}"):
        forged = tuple(replace(one, wording=wording) if one is spoken else one for one in page.sentences)
        assert [says for says, _ in unlawful(replace(page, sentences=forged))] == [wording]
    lost = replace(page, dossier=replace(page.dossier, claims=()))
    assert all("does not entitle" in why for _, why in unlawful(lost))


def test_a_finding_for_people(tmp_path: Path) -> None:
    """A finding shows path, line, kind and reason, then what each side says."""
    found = Finding(Kind.FALSE, tmp_path / "a.md", 7, "3 files", "4 files", "changed by hand")
    assert str(found) == (
        f"{tmp_path}/a.md:7: false: changed by hand\n    page:       3 files\n    repository: 4 files"
    )
