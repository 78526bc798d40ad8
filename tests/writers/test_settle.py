"""Settling: what of a draft stands on a page, and that the same sentences settle the same way again."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from chronicles.claims import TEMPLATES
from chronicles.claims.template import slots_of
from chronicles.dossier import Claim, Coverage, Dossier, Fact, Ledger, Section, Source, SubjectKey
from chronicles.personas import load_cast
from chronicles.writers import Byline, Draft, Part, settle
from chronicles.writers.settle import stored_draft

if TYPE_CHECKING:
    from collections.abc import Sequence

CAST = load_cast()
BYLINE = Byline("llamacpp", "a model", "ab" * 32)
WOKE = "{slept} had gone by without a change to {file}."
WEAVED = {"past.woke": "Nobody touched {file} for {slept},", "people.nth": "and {nth} came of it."}
"""A paragraph whose first piece may stand and whose second has lost a slot."""


def _claim(template_id: str) -> Claim:
    template = TEMPLATES[template_id]
    claim = template.claim(0.5, **{slot: f"x.{slot}" for slot in slots_of(template.skeleton)})
    return replace(claim, salience=0.5)


def _dossier(claims: Sequence[Claim]) -> Dossier:
    names = {"lineage.depth": 7, "commit.type": "feat", "commit.subject": "s"}
    names |= {fact: fact for claim in claims for fact in claim.slots.values()}
    facts = [Fact(key, value, "1", str(value), str(value), Source.GIT, "true") for key, value in names.items()]
    return Dossier(SubjectKey("commit", ("a" * 40,), None), {}, Ledger(facts), tuple(claims), Coverage(1, 0))


def _parts(*ids: str) -> list[Part]:
    return [Part(_claim(one), Section.WHY, CAST.narrator) for one in ids]


def test_an_empty_draft_is_told_plainly() -> None:
    """Where nothing is offered every part has its plain wording, by no model."""
    parts = _parts("past.woke", "people.nth")
    found = settle(_dossier([part.claim for part in parts]), parts, Draft())
    assert [one.writer for one in found.sentences] == ["plain", "plain"]
    assert found.refused == {}


def test_a_paragraph_that_may_not_stand_leaves_its_pieces_sayable() -> None:
    """What a refused paragraph would have said has not been said: a line may say it still."""
    parts = _parts("past.woke", "people.nth")
    passage = {"past.woke": WOKE, "people.nth": "It is {nth} here."}
    draft = Draft({"past.woke": (WOKE,)}, (passage,), byline=BYLINE)
    found = settle(_dossier([part.claim for part in parts]), parts, draft)
    assert [(one.writer, one.claim) for one in found.sentences] == [("llamacpp", "past.woke"), ("plain", "people.nth")]
    assert found.sentences[0].wording == WOKE
    assert "repeated" not in found.refused


def test_a_page_settles_from_its_own_sentences() -> None:
    """The sentences of a page are a draft that settles to the very same sentences."""
    parts = _parts("past.woke", "people.nth")
    dossier = _dossier([part.claim for part in parts])
    first = settle(dossier, parts, Draft({"past.woke": (WOKE,)}, byline=BYLINE)).sentences
    assert settle(dossier, parts, stored_draft(first, BYLINE)).sentences == first


def test_a_paragraph_is_never_cut_open() -> None:
    """A piece that ends without a full stop stands with what goes on, or not at all."""
    parts = _parts("past.woke", "people.nth")
    found = settle(_dossier([part.claim for part in parts]), parts, Draft({}, (WEAVED,), byline=BYLINE))
    assert all(one.wording.endswith((".", "?", "!")) for one in found.sentences)


def test_what_was_said_lately_is_not_said_again() -> None:
    """A model's wording on one of the last pages makes room for the next candidate."""
    parts = _parts("past.woke")
    draft = Draft({"past.woke": (WOKE,)}, byline=BYLINE)
    found = settle(_dossier([parts[0].claim]), parts, draft, recent=frozenset({WOKE}))
    assert found.sentences[0].writer == "plain"
    assert sum(found.refused.values()) == 1
