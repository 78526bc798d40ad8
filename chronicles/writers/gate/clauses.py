"""The clauses of a wording: what no English clause has, whatever its words say.

Weak models run one sentence into another (`it is the first by her is in it`), say a word over again, and break off with
an order to the reader. Such clauses are told by few signs: two finite verbs with nothing between them that joins or
relates, a word said twice in a row, a sentence without a slot that begins with a bare verb.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chronicles.writers.gate.lexicon import BE, BREAKS, PREPOSITIONS, STOPS, once
from chronicles.writers.gate.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chronicles.writers.gate.lexicon import Word
    from chronicles.writers.gate.reading import Reading

__all__ = ["misshapen"]

_FINITE_WORDS = "is are was were has have had does did do can could may might must shall should will would"
_FINITE = frozenset(_FINITE_WORDS.split())
_RELATES_WORDS = (
    "that which who whom whose what whatever whoever anyone how where when why whether than as before after "
    "since until till while if though although because once unless for never there everything all every those"
)
_RELATES = frozenset(_RELATES_WORDS.split())
"""Words after which a clause may have a verb of its own."""
_JOINS = BREAKS | {"or", "nor", "then"}
_JOINING = _JOINS - {","}
_RELATIVES = frozenset({"that", "which", "who", "whose", "whoever"})
"""Words that put a clause with a verb of its own into another."""
_NOUNS = frozenset({"N", "NS"})
_SUBJECTS = frozenset({"it", "this", "he", "she", "that"})
_HANGING = frozenset({"how", "what", "which", "whose", "the", "a", "an", "of", "and", "or"})
_HANGING_ENDS = frozenset({".", ";", "!", "—"})
_HALVES = frozenset({";", "—"})
"""Signs that end a half of a sentence."""
_CLAUSAL = ("status", "detail")
"""Parts whose phrase holds a verb."""
_BETWEEN = 2
"""Small words that may part an auxiliary from its verb: `had it not been`."""
_MEETING = PREPOSITIONS | _SUBJECTS
"""Words that may end one clause and begin the next: `behind it, it brings`."""
_AGAIN = frozenset({"now", "here", "still", "already", "also", "again"})
"""Small words that no clause has twice."""


def misshapen(words: Reading) -> Refusal | None:
    """What is wrong with the clauses of a wording."""
    if _stutters(words):
        return Refusal.LOOP
    if _orders(words):
        return Refusal.SENTENCE
    # Of one verb nothing runs on.
    clauses = sum(map(_may_be_finite, words)) > 1 and (_runs_on(words) or _splices(words))
    return Refusal.GRAMMAR if clauses or _hangs(words) else None


def _runs_on(words: Sequence[Word]) -> bool:
    """Whether a clause has two finite verbs with nothing between them that joins or relates."""
    verb: int | None = None
    free = 0
    related = False
    for at, word in enumerate(words):
        if word.text in _RELATIVES:
            verb, related, free = None, False, free + 1
        elif word.text in _JOINS:
            verb, related, free = None, False, 0
        elif word.text in _RELATES:
            related = True
        elif _begins_contact(words, at) and (not word.part or verb is not None):
            free += 1
        elif _is_finite(word, words[at - 1] if at else None):
            if verb is not None and not related and not _is_one_verb(words[verb + 1 : at]):
                if not free:
                    return True
                free -= 1
            verb = at
    return False


def _begins_contact(words: Sequence[Word], at: int) -> bool:
    """Whether a clause begins here that relates without a word for it: `the lines it removes`, `the run {what} has`."""
    word = words[at]
    before = words[at - 1] if at else None
    return (
        before is not None
        and (bool(word.part) or word.text in _SUBJECTS)
        and (bool(before.part) or before.sense == "FIRST" or (before.content and not before.forms.isdisjoint(_NOUNS)))
    )


@once
def _may_be_finite(word: Word) -> bool:
    """Whether a word is a finite verb, be it behind a pronoun alone."""
    return word.part in _CLAUSAL or word.text in _FINITE or (word.content and "VZ" in word.forms)


def _is_finite(word: Word, before: Word | None) -> bool:
    if not _may_be_finite(word):
        return False
    if word.part:
        return True
    if word.text in _FINITE:
        return before is None or before.text != "to"
    return word.content and (word.forms == {"VZ"} or (before is not None and _is_verb_after(before, word)))


def _is_verb_after(before: Word, word: Word) -> bool:
    """Whether a word that could be a noun too is a verb, for a pronoun stands before it: `it ends`."""
    return word.content and "VZ" in word.forms and before.text in _SUBJECTS


def _splices(words: Reading) -> bool:
    """Whether a comma alone joins two clauses that could each stand by itself."""
    if "," not in words.distinct:
        return False
    verb = led = False
    for at, word in enumerate(words):
        before = words[at - 1] if at else None
        if word.text in STOPS:
            verb = led = False
        elif word.text in _RELATES or word.text in _JOINING or _begins_contact(words, at):
            led = led or word.text in _RELATES or _begins_contact(words, at)
        elif word.text == "," and verb and not led and at + 2 < len(words):
            subject, after = words[at + 1], words[at + 2]
            if (subject.part or subject.text in _SUBJECTS) and _is_finite(after, subject):
                return True
        elif _is_finite(word, before):
            verb = True
    return False


def _hangs(words: Reading) -> bool:
    """Whether a sentence ends in a word that something has to follow: `the`, or `is` behind a slot."""
    texts = words.texts
    parted = not words.distinct.isdisjoint(_HALVES)
    for at in range(1, len(texts)) if parted else words.ends:
        before = texts[at - 1] if at and texts[at] in _HANGING_ENDS else ""
        if before in _HANGING or (at > 1 and before in BE and words[at - 2].part):
            return True
    return False


def _is_one_verb(between: Sequence[Word]) -> bool:
    """Whether what stands between two verbs leaves them one: `does not have`."""
    return len(between) <= _BETWEEN and not any(word.content or word.part for word in between)


def _stutters(words: Reading) -> bool:
    """Whether a word is said over again at once, or a small one twice in a clause."""
    if len(words.distinct) == len(words):
        return False
    said: set[str] = set()
    before = ""
    for word in words:
        if word.text in STOPS:
            said.clear()
            before = ""
        elif word.text == ",":
            before = before if before not in _MEETING else ""
        else:
            if (word.text == before or word.text in said) and not word.part:
                return True
            if word.text in _AGAIN:
                said.add(word.text)
            before = word.text
    return False


def _orders(words: Reading) -> bool:
    """Whether a sentence without a slot tells the reader to do something."""
    start = 0
    for end in words.ends:
        first = words[start]
        if start < end and "VB" in first.forms and "N" not in first.forms:
            slotted = any(word.part for word in words[start:end])
            if not slotted:
                return True
        start = end + 1
    return False
