"""What a wording says, as far as the gate can tell: its senses, which of them are negated, and where they stand.

A negation is bound to the next word that says something in its clause, or to the slot that follows it; at the end of a
clause (`it changes nothing`) to the last such word before it. What is negated is another thing than what is not, save
where the language has a word for it: what has not changed is still, what is no other is only.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from chronicles.writers.gate.lexicon import BE, BREAKS, NEGATION, PREPOSITIONS, group, load_lexicon

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chronicles.writers.gate.lexicon import Word

__all__ = ["UNBOUND", "Saying", "lone", "rests", "saying_of", "turns"]

_SAME_AS = {"CHANGE": "STILL", "OTHER": "ONLY", "OUTSIDE": "ONLY", "DIFFERENT": "SAME", "SAME": "DIFFERENT"}
"""Sense to what its negation says."""
_ENDERS = {"AFTER", "AGAIN", "PAUSE"}
_ENDINGS = frozenset({"CHANGE", "WAKE", "RETURN"})
"""Senses of the end of a rest."""
_COUNTED = {"ONLY", "ALL", "MORE", "LESS", "MOST"}
"""Senses of words that a negation binds to, though they name nothing."""
_NOTHING = {"nothing", "none", "nobody", "nil", "zero"}
_PARTICLES = group("in out off away back up down over through along by")
_AFTER_PARTICLE = BREAKS | group("of again here after with from under against to")
UNBOUND = "-"
"""A negation that nothing is bound to."""


@dataclass(frozen=True, slots=True)
class Saying:
    """What a wording says."""

    atoms: frozenset[str]
    """Its senses and words, the negated ones with a minus in front."""
    terms: frozenset[str]
    """The same, and every word as it stands, in its base form and without its negation."""


def saying_of(words: Sequence[Word]) -> Saying:
    """What the words say."""
    if any([word.sense == NEGATION for word in words]):  # noqa: C419 - of a dozen words, a list is the faster
        return _Listening().all(words)
    return _plainly(words)


def _plainly(words: Sequence[Word]) -> Saying:
    """What words say of which none is negated."""
    heard = [_hearing(word) for word in words]
    atoms = {one.atom for one in heard}
    terms = set().union(*[one.terms for one in heard])
    for at, word in enumerate(words):
        if word.text in _PARTICLES and _is_particle(words, at):
            atoms.add(f"{word.text}^")
            terms.add(f"{word.text}^")
    atoms.discard("")
    return Saying(frozenset(atoms), frozenset(terms))


@cache
def turns(atom: str) -> bool:
    """Whether a sense turns a claim round where it comes or goes."""
    lexicon = load_lexicon()
    return atom[0] == "-" or atom in lexicon.hard or atom.partition(":")[0] in lexicon.foreign


def rests(atoms: frozenset[str]) -> frozenset[tuple[str, str]]:
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
            clause.append(word.sense or word.lemma)
    if not slotted:
        found.update(clause)
    return found


@dataclass(frozen=True, slots=True)
class _Hearing:
    """What a word says by itself."""

    sense: str
    """Its group, else its base form; empty for what says nothing."""
    atom: str
    """The same; a word of a group foreign to most claims is taken by itself: `could` is no licence for `must`."""
    terms: frozenset[str]


@cache
def _hearing(word: Word) -> _Hearing:
    """What a word says that is no negation, worked out once a word."""
    terms = {word.text, word.lemma}
    if word.part or word.breaks:
        return _Hearing("", "", frozenset(terms))
    if word.text in BE:
        terms.add("be")
    elif word.text in {"has", "had", "have"}:
        terms.add("have")
    sense = word.sense or (word.lemma if word.content else "")
    if sense:
        terms.add(sense)
    atom = f"{sense}:{word.lemma}" if sense in load_lexicon().foreign else sense
    return _Hearing(sense, atom, frozenset(terms))


def _is_particle(words: Sequence[Word], at: int) -> bool:
    """Whether a word such as `up` belongs to a verb, since nothing follows that it could stand before."""
    told = words[at].sense or words[at].content
    return not told and (at + 1 == len(words) or words[at + 1].text in _AFTER_PARTICLE)


class _Listening:
    """One wording being heard, word by word."""

    def __init__(self) -> None:
        self._atoms: list[str] = []
        self._terms: set[str] = set()
        self._last = ""

    def all(self, words: Sequence[Word]) -> Saying:
        """Hear all words."""
        pending = ""
        for at, word in enumerate(words):
            if word.sense == NEGATION:
                self._terms |= {word.text, word.lemma, "not"}
                if pending:
                    self._atoms.append(UNBOUND)
                pending = word.text
                continue
            hearing = _hearing(word)
            self._terms |= hearing.terms
            if word.part:
                if pending:
                    self._atoms.append("-slot")
                pending, self._last = "", ""
            elif word.breaks:
                if pending:
                    self._unbound(pending, words, at)
                pending, self._last = "", ""
            elif hearing.sense:
                pending = self._hear(hearing, pending, words, at)
            elif word.text in _PARTICLES and _is_particle(words, at):
                self._atoms.append(f"{word.text}^")
                self._terms.add(f"{word.text}^")
        if pending:
            self._atoms.append(UNBOUND)
        return Saying(frozenset(self._atoms), frozenset(self._terms))

    def _hear(self, hearing: _Hearing, pending: str, words: Sequence[Word], at: int) -> str:
        """Hear a word that says something; what is still to be negated."""
        word, atom = words[at], hearing.atom
        if pending == "no" and word.lemma == "commit" and at + 1 < len(words) and words[at + 1].verb:
            # What no commit has done is what nobody has done.
            self._atoms.append(atom)
            return pending
        if pending and (word.content or hearing.sense in _COUNTED):
            atom, pending = _SAME_AS.get(hearing.sense, f"-{atom}"), ""
            self._terms.add(atom)
        self._atoms.append(atom)
        self._last = atom
        return pending

    def _unbound(self, pending: str, words: Sequence[Word], at: int) -> None:
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
