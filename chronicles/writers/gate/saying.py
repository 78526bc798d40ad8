"""What a wording says, as far as the gate can tell: its senses, which of them are negated, and where they stand.

A negation is bound to the next word that says something in its clause, or to the slot that follows it; at the end of a
clause (`it changes nothing`) to the last such word before it. What is negated is another thing than what is not, save
where the language has a word for it: what has not changed is still, what is no other is only.
"""

from __future__ import annotations

from functools import cache
from itertools import chain
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple

from chronicles.writers.gate.lexicon import BE, BREAKS, NEGATION, PREPOSITIONS, group, load_lexicon, once

if TYPE_CHECKING:
    from collections.abc import Sequence
    from collections.abc import Set as AbstractSet

    from chronicles.writers.gate.lexicon import Word
    from chronicles.writers.gate.reading import Reading

__all__ = ["UNBOUND", "Saying", "lone", "rests", "saying_of", "turns"]

_SAME_AS = {
    "CHANGE": "STILL", "OTHER": "ONLY", "OUTSIDE": "ONLY", "EXCEPT": "ONLY", "DIFFERENT": "SAME", "SAME": "DIFFERENT",
}  # fmt: skip
"""Sense to what its negation says."""
_ENDERS = {"AFTER", "AGAIN", "PAUSE"}
_ENDINGS = frozenset({"CHANGE", "WAKE", "RETURN"})
"""Senses of the end of a rest."""
_COUNTED = {"ONLY", "ALL", "MORE", "LESS", "MOST"}
"""Senses of words that a negation binds to, though they name nothing."""
_NOTHING = {"nothing", "none", "nobody", "nil", "zero"}
_SAYS = attrgetter("says")
_HAVE = frozenset({"has", "had", "have"})
_PARTICLES = group("in out off away back up down over through along by")
_AFTER_PARTICLE = BREAKS | group("of again here after with from under against to")
_DETERMINERS = frozenset({"the", "this", "that", "its", "'s"})
"""Words behind which `very` says nothing of its own: `the very last`."""
UNBOUND = "-"
"""A negation that nothing is bound to."""


class Saying(NamedTuple):
    """What a wording says."""

    atoms: AbstractSet[str]
    """Its senses and words, the negated ones with a minus in front."""
    terms: AbstractSet[str]
    """The same, and every word as it stands, in its base form and without its negation."""


def saying_of(words: Reading) -> Saying:
    """What the words say."""
    plain = words.distinct.isdisjoint(load_lexicon().negations) and "very" not in words.distinct
    return _plainly(words) if plain else _Listening().all(words)


def _plainly(words: Reading) -> Saying:
    """What words say of which none is negated."""
    atoms = set(map(_SAYS, words))
    terms = atoms.union(chain.from_iterable(map(_terms, words)))
    if not atoms.isdisjoint(load_lexicon().foreign):
        atoms = set(map(_atom, words))
    if not words.distinct.isdisjoint(_PARTICLES):
        found = [
            f"{word.text}^" for at, word in enumerate(words) if word.text in _PARTICLES and _is_particle(words, at)
        ]
        atoms.update(found)
        terms.update(found)
    atoms.discard("")
    return Saying(atoms, terms)


@once
def _terms(word: Word) -> tuple[str, ...]:
    """A word as it stands and in its base form."""
    more = {"be"} if word.text in BE else {"have"} if word.text in _HAVE else set()
    return tuple({word.text, word.lemma} | more)


@once
def _atom(word: Word) -> str:
    """What a word says; one of a group foreign to most claims by itself: `could` is no licence for `must`."""
    return f"{word.says}:{word.lemma}" if word.says in load_lexicon().foreign else word.says


@cache
def turns(atom: str) -> bool:
    """Whether a sense turns a claim round where it comes or goes."""
    lexicon = load_lexicon()
    return atom[0] == "-" or atom in lexicon.hard or atom.partition(":")[0] in lexicon.foreign


def rests(atoms: AbstractSet[str]) -> frozenset[tuple[str, str]]:
    """What stands beside stillness that could end it, where nothing is said to have ended it."""
    if "STILL" not in atoms or not atoms.isdisjoint(_ENDINGS):
        return frozenset()
    return frozenset(("STILL", atom) for atom in _ENDERS & atoms)


def lone(words: Sequence[Word]) -> set[str]:
    """What is said in clauses that hold no slot."""
    found: set[str] = set()
    clause: list[str] = []
    slotted = False
    for word in words:
        if word.part:
            slotted = True
        elif word.sense == NEGATION:
            continue
        elif word.breaks:
            if not slotted:
                found.update(clause)
            clause, slotted = [], False
        elif word.content:
            clause.append(word.says)
    if not slotted:
        found.update(clause)
    return found


def _is_particle(words: Sequence[Word], at: int) -> bool:
    """Whether a word such as `up` belongs to a verb, since nothing follows that it could stand before."""
    return not words[at].says and (at + 1 == len(words) or words[at + 1].text in _AFTER_PARTICLE)


def _is_subject(words: Sequence[Word], at: int) -> bool:
    """Whether a noun behind a `no` is the subject of the verb that follows it."""
    led = at > 1 and words[at - 2].text in PREPOSITIONS
    return not led and at + 1 < len(words) and words[at + 1].verb


class _Listening:
    """One wording with negations being heard, word by word."""

    def __init__(self) -> None:
        self._atoms: list[str] = []
        self._terms: set[str] = set()
        self._last = ""

    def all(self, words: Reading) -> Saying:
        """Hear all words."""
        self._terms.update(chain.from_iterable(map(_terms, words)))
        pending = ""
        for at, word in enumerate(words):
            if word.sense == NEGATION:
                self._terms.add("not")
                if pending:
                    self._atoms.append(UNBOUND)
                pending = word.text
            elif word.part:
                if pending:
                    self._atoms.append("-slot")
                pending, self._last = "", ""
            elif word.breaks:
                if pending:
                    self._unbound(pending, words, at)
                pending, self._last = "", ""
            elif word.says and not (word.text == "very" and at and words[at - 1].text in _DETERMINERS):
                pending = self._hear(pending, words, at)
            elif word.text in _PARTICLES and _is_particle(words, at):
                self._atoms.append(f"{word.text}^")
                self._terms.add(f"{word.text}^")
        if pending:
            self._atoms.append(UNBOUND)
        return Saying(set(self._atoms), self._terms)

    def _hear(self, pending: str, words: Reading, at: int) -> str:
        """Hear a word that says something; what is still to be negated."""
        word, atom = words[at], _atom(words[at])
        self._terms.add(word.says)
        if pending == "no" and word.lemma == "commit" and _is_subject(words, at):
            # What no commit has done is what nobody has done.
            self._atoms.append(atom)
            return pending
        if pending and (word.content or word.says in _COUNTED):
            atom, pending = _SAME_AS.get(word.says, f"-{atom}"), ""
            self._terms.add(atom)
        self._atoms.append(atom)
        self._last = atom
        return pending

    def _unbound(self, pending: str, words: Reading, at: int) -> None:
        """A negation at the end of its clause: of what was said last, or of nothing."""
        before = words[at - 2].text if at > 1 and words[at - 1].sense == NEGATION else ""
        if before in PREPOSITIONS or (before in BE and pending == "nothing"):
            self._atoms.append("-nothing")
        elif self._last and pending in _NOTHING:
            atom = _SAME_AS.get(self._last, f"-{self._last}")
            if self._atoms[-1] == self._last:
                self._atoms[-1] = atom
            self._terms.add(atom)
        else:
            self._atoms.append(UNBOUND)
