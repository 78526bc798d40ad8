"""What stands beside the slots of a wording: the keys by which known wordings and new ones are compared.

Each slot plays a part (`words/slots.toml`), and a part has its neighbours: a span of time stands behind `for` and not
behind `a`, what came before behind `from`. Slots that are easily taken for each other are looked at in pairs.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING

from chronicles.claims import TEMPLATES
from chronicles.claims.template import slots_of
from chronicles.writers.gate.lexicon import BE, BREAKS, PREPOSITIONS, STOPS, Word, group, load_lexicon, table
from chronicles.writers.gate.reading import SLOT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from chronicles.writers.gate.lexicon import Row

__all__ = ["Key", "alike", "contexts", "pairs", "parts_of", "slot_words", "subjects", "times", "verbs"]

Key = tuple[str, ...]

_DETERMINERS = {"the", "a", "an", "this", "that", "it", "its", "these"}
_TIMES = group("before after earlier later ago since back older afterwards forth hence")
_TOLD_RIGHT = _DETERMINERS | _TIMES | {"|", "V", "N", "NV", "A", "of", "out", "in", "off", "up", "down", "over"}
"""Right neighbours that tell something of a slot; most prepositions may follow any."""
_TURNED = group("before after until since earlier later afterwards")
_POINTING = {"it", "this", "that", "they", "these", "there", "one", "none", "nothing", "nobody"}
_SELF = {"it", "this", "that", "commit", "they", "these"}
"""Subjects that mean the commit itself, or what was named before."""
_GIVES = group("bring add remove delete put introduce create take edit change touch alter modify")
_GETS = group("lose gain get receive have welcome see")


@cache
def parts_of(claim: str, skeleton: str = "") -> Mapping[str, str]:
    """Slot to the part that it plays.

    Args:
        claim: Id of the claim's template.
        skeleton: Of a claim whose template is not known here.
    """
    template = TEMPLATES.get(claim)
    return {slot: _part(claim, slot) for slot in slots_of(template.skeleton if template else skeleton)}


@cache
def slot_words(claim: str, skeleton: str = "") -> Mapping[str, Row]:
    """The slots of a claim as words.

    Args:
        claim: Id of the claim's template.
        skeleton: Of a claim whose template is not known here.
    """
    return {
        (text := f"{{{slot}}}"): (Word(text, text, SLOT, beside=SLOT, coarse=SLOT, item=text, part=part),)
        for slot, part in parts_of(claim, skeleton).items()
    }


@cache
def _part(claim: str, slot: str) -> str:
    full = f"{claim}.{slot}"
    patterns = [(part, one) for part, names in table("slots")["parts"].items() for one in names.split()]
    exact = next((part for part, one in patterns if one == full), "")
    return exact or next((part for part, one in patterns if fnmatchcase(full, one)), slot)


@cache
def _pair_names() -> Mapping[frozenset[str], str]:
    return {frozenset(parts.split()): name for name, parts in table("slots")["pairs"].items()}


@cache
def alike() -> frozenset[tuple[str, frozenset[str]]]:
    """Claims with two slots that may change places."""
    found = set()
    for entry in table("slots")["alike"]["claims"].split():
        claim, _, slots = entry.partition(":")
        found.add((claim, frozenset(slots.split("/"))))
    return frozenset(found)


def contexts(words: Sequence[Word], parts: Mapping[str, str]) -> Iterator[Key]:
    """What stands left and right of each slot, and what a preposition on its left belongs to."""
    last = len(words) - 1
    for at, word in enumerate(words):
        if word.tag != SLOT:
            continue
        part = parts[word.text[1:-1]]
        left = _side(words, at - 1, parts) if at else "|"
        if left == "A":
            left = f"A {words[at - 1].item}"
        if left != "D":
            yield "L", part, left
        if at > 1 and words[at - 1].text in PREPOSITIONS:
            key = _governor(words, at, parts)
            if key:
                yield "LL", part, words[at - 1].text, key
        right = _side(words, at + 1, parts) if at < last else "|"
        right = "|" if right in {",", "and", "or"} else right
        if right in _TOLD_RIGHT or right[0] == "{":
            yield "R", part, right


def times(claim: str, words: Sequence[Word], parts: Mapping[str, str]) -> Iterator[Key]:
    """What stands behind `before`, `after` and the like, which turn a claim round where they are exchanged."""
    for word, after in pairwise(words):
        if word.text in _TURNED:
            if after.tag == SLOT:
                yield "T", word.text, parts[after.text[1:-1]]
            else:
                yield "T", word.text, claim, after.text if after.text in _POINTING else after.beside


def _side(words: Sequence[Word], at: int, parts: Mapping[str, str]) -> str:
    word = words[at]
    return f"{{{parts[word.text[1:-1]]}}}" if word.tag == SLOT else word.beside


def _governor(words: Sequence[Word], at: int, parts: Mapping[str, str]) -> str:
    """What stands before the preposition before a slot; empty where that says nothing."""
    word = words[at - 2]
    side = _side(words, at - 2, parts)
    if words[at - 1].text == "of":
        return word.item if side in {"N", "NV"} else side
    return "B" if word.text in BE else "" if side == "D" else side


def pairs(words: Sequence[Word], parts: Mapping[str, str]) -> Iterator[tuple[Key, Key, Key]]:
    """The neighbours of two slots that are easily taken for each other: all, those on the left, those on the right."""
    slots = [(at, parts[word.text[1:-1]]) for at, word in enumerate(words) if word.tag == SLOT]
    names = _pair_names()
    for number, (one, part) in enumerate(slots):
        for other, other_part in slots[number + 1 :]:
            name = names.get(frozenset((part, other_part)))
            if name:
                a, b, c, d = (_verbal(words, at, parts) for at in (one - 1, one + 1, other - 1, other + 1))
                yield (name, part, a, b, c), ("left", name, part, a, c), ("right", name, part, b, d)


def _verbal(words: Sequence[Word], at: int, parts: Mapping[str, str]) -> str:
    """A neighbour, with `is` and the like apart from other verbs."""
    if not 0 <= at < len(words):
        return "|"
    return "B" if words[at].text in BE else _side(words, at, parts)


def subjects(words: Sequence[Word], parts: Mapping[str, str]) -> Iterator[Key]:
    """For each slot behind a verb of its clause: whose verb that is, and of which kind."""
    subject, verb = "", ""
    for at, word in enumerate(words):
        text = word.text
        if text in BREAKS and word.tag != SLOT:
            verb = ""
            if text in STOPS or text not in {",", "and", "that", "which", "who"}:
                subject = ""
        elif word.tag == SLOT:
            part = parts[text[1:-1]]
            if verb:
                yield "S", part, subject, verb
                yield "S", part, subject
            else:
                subject = f"{{{part}}}"
        elif word.verb and subject:
            verb = _kind(word)
        elif not verb:
            subject = _subject(words, at, subject)


def verbs(claim: str, words: Sequence[Word]) -> Iterator[Key]:
    """Whose verbs those are that turn a claim round: what grows, what goes."""
    hard = load_lexicon().hard
    subject = ""
    for at, word in enumerate(words):
        if word.text in BREAKS and word.tag != SLOT:
            if word.text in STOPS or word.text not in {",", "and", "that", "which", "who", "or"}:
                subject = ""
        elif word.tag == SLOT:
            subject = word.text
        elif word.verb and subject and word.sense in hard:
            yield "V", claim, subject, word.sense
        elif not word.verb:
            subject = _subject(words, at, subject)


def _kind(verb: Word) -> str:
    if verb.text in BE:
        return "is"
    return "gives" if verb.lemma in _GIVES else "gets" if verb.lemma in _GETS or not verb.content else "does"


def _subject(words: Sequence[Word], at: int, subject: str) -> str:
    """The subject after a word that may be one."""
    word = words[at]
    named = word.content and bool(word.forms & {"N", "NS"} or word.tag == "phrase")
    if not named and word.text not in _POINTING:
        return subject
    before = words[at - 1].text if at else ""
    if before == "of" and subject:
        return subject
    if word.item in _SELF or (word.item == "CHANGE" and before in {"this", "the"}):
        return "it"
    return word.item
