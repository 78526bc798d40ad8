"""The order of candidates: what is surest to mean its claim comes first, then what sounds best."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chronicles.claims import TEMPLATES
from chronicles.claims.template import slots_of
from chronicles.dossier import Section
from chronicles.personas import load_cast
from chronicles.writers import Part
from chronicles.writers.ranking import Known, is_echo, known_wordings, opening, rank

KNOWN = Known(
    (
        "{file} had not changed for {slept}.",
        "For {slept} nobody touched {file}.",
        "After {slept} of rest {file} wakes up again.",
    ),
    ("wakes", "once more"),
)


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        # The slots in an order that nobody has written are likely to have changed places.
        ("{file} changed again after {slept}.", "{file} {file} changed again after {slept}."),
        # A known wording said over again.
        ("For {slept} nobody changed {file} at all.", "{file} had not changed for the {slept}."),
        # Words of the model's own.
        ("Nobody had touched {file} for {slept} or so.", "Nobody had broken {file} for {slept} or so."),
        # The vocabulary of the persona is no word of the model's own, and better than none.
        ("Once more, for {slept} of it, {file} had rest.", "For {slept} of it, again, {file} had rest."),
        # A length that nobody has written.
        ("Nobody at rest touched {file} in {slept}.", "Nobody of the {file} had for or at all in of it {slept}."),
    ],
)
def test_the_better_wording_comes_first(better: str, worse: str) -> None:
    """Each rule decides where those before it do not, whichever was asked for first."""
    assert rank((worse, better), KNOWN) == (better, worse)
    assert rank((better, worse), KNOWN) == (better, worse)


def test_a_rule_outweighs_those_after_it() -> None:
    """Slots in their order count for more than any style, an echo counts for less than a word of one's own."""
    swapped = replace(KNOWN, wordings=KNOWN.wordings[:1])
    stylish, sober = "After {slept}, {file} wakes up once more.", "{file} had bumped along unchanged since {slept}."
    assert rank((stylish, sober), swapped) == (sober, stylish)
    echo, own = "{file} had not changed for {slept}!", "{file} had slumbered for {slept}."
    assert rank((echo, own), KNOWN) == (own, echo)


def test_a_page_begins_its_sentences_differently() -> None:
    """An opening that stands on the page already comes after one that does not."""
    one, other = "Nobody touched {file} again in {slept} of rest.", "For {slept} {file} had its rest of us all."
    assert rank((one, other), KNOWN, ["Nobody touched {sha}."]) == (other, one)
    assert rank((one, other), KNOWN, ["For {slept} it was quiet."]) == (one, other)


def test_two_words_of_the_vocabulary_are_enough() -> None:
    """A third one does not make a wording better than the one that was asked for first."""
    known = replace(KNOWN, vocabulary=("wakes", "again", "once more"))
    two, three = "After {slept} once more {file} wakes up.", "After {slept} once more {file} wakes again."
    assert rank((two, three), known) == (two, three)


def test_what_is_said_twice_counts_once() -> None:
    """The same wording from two candidates is one wording."""
    assert rank(("{file} woke.", "{file} woke."), KNOWN) == ("{file} woke.",)
    assert rank((), KNOWN) == ()


@given(st.permutations(["{file} a b.", "{slept} {file}", "", "Wakes {file} for {slept}!", "üß {file}…{slept}"]))
def test_any_text_is_ranked_and_none_is_lost(wordings: list[str]) -> None:
    """The order is total and whatever the wordings are, all of them come back, in an order of which none is asked."""
    ranked = rank(wordings, KNOWN)
    assert sorted(ranked) == sorted(wordings)
    assert rank(ranked, KNOWN) == ranked


@pytest.mark.parametrize("template", sorted(TEMPLATES))
def test_every_known_wording_is_an_echo_of_itself(template: str) -> None:
    """What the cast has for a claim is known, whoever of it says it, and so is the skeleton."""
    cast = load_cast()
    slots = {slot: slot for slot in slots_of(TEMPLATES[template].skeleton)}
    part = Part(TEMPLATES[template].claim(1, **slots), Section.WHY, cast.narrator)
    known = known_wordings(part, cast)
    assert part.claim.skeleton in known.wordings
    assert all(is_echo(wording, known) for wording in known.wordings)
    assert not is_echo("The narrator and the reviewer had a long talk about something else altogether.", known)


@pytest.mark.parametrize(
    ("wording", "echo"),
    [
        ("{file} had not changed for {slept}.", True),
        ("{file} HAD NOT changed, for {slept}!", True),
        ("{file} had not moved for {slept}.", True),
        ("{file} had not been changed for {slept}.", True),
        ("{file} had changed for {slept}.", True),
        ("Well, {file} had not changed for {slept}.", True),
        ("{file} had not changed for {slept}, mind.", True),
        ("Well, {file} had not changed for {slept}, mind.", False),
        ("{file} had never moved for {slept}.", False),
        ("For {slept} {file} had not changed.", False),
        ("", False),
    ],
)
def test_an_echo_differs_in_one_word(wording: str, echo: bool) -> None:  # noqa: FBT001 - a parameter
    """One word changed, put in or left out makes nothing new; two do, and so does another order."""
    assert is_echo(wording, replace(KNOWN, wordings=KNOWN.wordings[:1])) is echo


def test_an_opening_is_two_words() -> None:
    """A slot is a word, and signs are none."""
    assert opening("“Well, {file} it is.") == ("well", "{file}")
    assert opening("{file}: it’s here.") == ("{file}", "it’s")
    assert opening("") == ()
