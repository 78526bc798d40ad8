"""What stands beside the slots of a wording: the keys by which known wordings and new ones are compared.

Each slot plays a part (`words/slots.toml`), and a part has its neighbours: a span of time stands behind `for` and not
behind `a`, what came before behind `from`. Slots that are easily taken for each other are looked at in pairs.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from functools import cache
from itertools import combinations, pairwise
from typing import TYPE_CHECKING, Any

from chronicles.claims import TEMPLATES
from chronicles.claims.template import slots_of
from chronicles.writers.gate.lexicon import BE, PREPOSITIONS, Word, group, load_lexicon, table
from chronicles.writers.gate.reading import SLOT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from chronicles.writers.gate.lexicon import Row
    from chronicles.writers.gate.reading import Reading

__all__ = ["Key", "alike", "contexts", "pairs", "parts_of", "slot_words", "subjects", "times", "verbs"]

Key = tuple[str, ...]

_DETERMINERS = {"the", "a", "an", "this", "that", "it", "its", "these"}
_TIMES = group("before after earlier later ago since back older afterwards forth hence")
_TOLD_RIGHT = _DETERMINERS | _TIMES | {"|", "V", "N", "NV", "A", "of", "out", "in", "off", "up", "down", "over"}
"""Right neighbours that tell something of a slot; most prepositions may follow any."""
_TURNED = group("before after until since earlier later afterwards")
_POINTING = {"it", "this", "that", "they", "these", "there", "one", "none", "nothing", "nobody"}
_SPECIAL = {
    **dict.fromkeys(("distance", "change", "elsewhere"), "{adv}"),
    **dict.fromkeys(("verdict", "additive", "extension"), "{adj}"),
    **dict.fromkeys(("ago", "pause", "age"), "{span}"),
    **dict.fromkeys(("why", "detail"), "{clause}"),
    **dict.fromkeys(("rank", "streak"), "{ordinal}"),
    "status": "{verb}",
    "ratio": "{times}",
}
"""Parts whose phrase is no plain noun."""
_SELF = {"it", "this", "that", "commit", "they", "these"}
"""Subjects that mean the commit itself, or what was named before."""
_NOUNS = {"N", "NS"}
_JOINED = {",", "and", "or"}
_SAME_SUBJECT = {",", "and", "that", "which", "who"}
"""Breaks behind which a verb may have the subject before them."""
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
    return {f"{{{slot}}}": (_slot_word(f"{{{slot}}}", part),) for slot, part in parts_of(claim, skeleton).items()}


def _slot_word(text: str, part: str) -> Word:
    coarse = _SPECIAL.get(part, "{noun}")
    return Word(text, text, SLOT, beside=f"{{{part}}}", coarse=coarse, item=text, part=part)


@cache
def _slots() -> Mapping[str, Any]:
    return table("slots")


@cache
def _part(claim: str, slot: str) -> str:
    full = f"{claim}.{slot}"
    patterns = [(part, one) for part, names in _slots()["parts"].items() for one in names.split()]
    exact = next((part for part, one in patterns if one == full), "")
    return exact or next((part for part, one in patterns if fnmatchcase(full, one)), slot)


@cache
def _taken_for_each_other(*parts: str) -> Sequence[tuple[int, int, str]]:
    """Which two of the slots of a wording are easily taken for each other, with the name of the pair.

    Args:
        parts: Of its slots, in order.
    """
    names = {frozenset(pair.split()): name for name, pair in _slots()["pairs"].items()}
    both = combinations(range(len(parts)), 2)
    return [(one, other, name) for one, other in both if (name := names.get(frozenset((parts[one], parts[other]))))]


@cache
def alike() -> frozenset[tuple[str, frozenset[str]]]:
    """Claims with two slots that may change places."""
    found = set()
    for entry in _slots()["alike"]["claims"].split():
        claim, _, slots = entry.partition(":")
        found.add((claim, frozenset(slots.split("/"))))
    return frozenset(found)


def contexts(words: Reading) -> list[Key]:
    """What stands left and right of each slot, and what a preposition on its left belongs to."""
    found: list[Key] = []
    last = len(words) - 1
    for at in words.slots:
        part = words[at].part
        before = words[at - 1] if at else None
        left = before.beside if before else "|"
        if left == "A" and before:
            left = f"A {before.item}"
        if left != "D":
            found.append(("L", part, left))
        if at > 1 and before and before.text in PREPOSITIONS:
            key = _governor(words[at - 2], before)
            if key:
                found.append(("LL", part, before.text, key))
        right = words[at + 1].beside if at < last else "|"
        right = "|" if right in _JOINED else right
        if right in _TOLD_RIGHT or right[0] == "{":
            found.append(("R", part, right))
    return found


def _governor(word: Word, preposition: Word) -> str:
    """What stands before the preposition before a slot; empty where that says nothing."""
    side = word.beside
    if preposition.text == "of":
        return word.item if side in {"N", "NV"} else side
    return "B" if word.text in BE else "" if side == "D" else side


def times(claim: str, words: Reading) -> list[Key]:
    """What stands behind `before`, `after` and the like, which turn a claim round where they are exchanged."""
    found: list[Key] = []
    if words.distinct.isdisjoint(_TURNED):
        return found
    for word, after in pairwise(words):
        if word.text in _TURNED:
            if after.part:
                found.append(("T", word.text, after.part))
            else:
                found.append(("T", word.text, claim, after.text if after.text in _POINTING else after.beside))
    return found


def pairs(words: Reading) -> list[tuple[Key, Key, Key]]:
    """The neighbours of two slots that are easily taken for each other: all, those on the left, those on the right."""
    found: list[tuple[Key, Key, Key]] = []
    at_slots = words.slots
    for one, other, name in _taken_for_each_other(*[words[at].part for at in at_slots]):
        at, at_other = at_slots[one], at_slots[other]
        a, b, c, d = [_verbal(words, at) for at in (at - 1, at + 1, at_other - 1, at_other + 1)]
        part = words[at].part
        found.append(((name, part, a, b, c), ("left", name, part, a, c), ("right", name, part, b, d)))
    return found


def _verbal(words: Sequence[Word], at: int) -> str:
    """A neighbour, with `is` and the like apart from other verbs."""
    if not 0 <= at < len(words):
        return "|"
    return "B" if words[at].text in BE else words[at].beside


def subjects(words: Sequence[Word]) -> list[Key]:
    """For each slot behind a verb of its clause: whose verb that is, and of which kind."""
    found: list[Key] = []
    subject, verb = "", ""
    for at, word in enumerate(words):
        if word.part:
            if verb:
                found.append(("S", word.part, subject, verb))
                found.append(("S", word.part, subject))
            else:
                subject = word.beside
        elif word.breaks:
            verb = ""
            if word.text not in _SAME_SUBJECT:
                subject = ""
        elif word.verb and subject:
            verb = _kind(word)
        elif not verb and (word.content or word.text in _POINTING):
            subject = _subject(words, at, subject)
    return found


def verbs(claim: str, words: Reading) -> list[Key]:
    """Whose verbs those are that turn a claim round: what grows, what goes."""
    hard = load_lexicon().hard_verbs
    if words.distinct.isdisjoint(hard):
        return []
    asked = [at for at, text in enumerate(words.texts) if text in hard]
    return [("V", claim, subject, words[at].sense) for at in asked if (subject := _subject_before(words, at))]


def _subject_before(words: Sequence[Word], end: int) -> str:
    """The subject that stands before a verb; empty for none."""
    subject = ""
    for at, word in enumerate(words[:end]):
        if word.part:
            subject = word.text
        elif word.breaks:
            if word.text not in _SAME_SUBJECT and word.text != "or":
                subject = ""
        elif not word.verb:
            subject = _subject(words, at, subject)
    return subject


def _kind(verb: Word) -> str:
    if verb.text in BE:
        return "is"
    return "gives" if verb.lemma in _GIVES else "gets" if verb.lemma in _GETS or not verb.content else "does"


def _subject(words: Sequence[Word], at: int, subject: str) -> str:
    """The subject after a word that may be one."""
    word = words[at]
    named = word.content and (not word.forms.isdisjoint(_NOUNS) or word.tag == "phrase")
    if not named and word.text not in _POINTING:
        return subject
    before = words[at - 1].text if at else ""
    if before == "of" and subject:
        return subject
    if word.item in _SELF or (word.item == "CHANGE" and before in {"this", "the"}):
        return "it"
    return word.item
