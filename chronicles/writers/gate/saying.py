"""What a wording says, as far as the gate can tell: its senses, which of them are negated, and where they stand.

A negation is bound to the next word that says something in its clause, or to the slot that follows it; at the end of a
clause (`it changes nothing`) to the last such word before it. What is negated is another thing than what is not, save
where the language has a word for it: what has not changed is still, what is no other is only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from chronicles.writers.gate.lexicon import BE, BREAKS, NEGATION, PREPOSITIONS, group, load_lexicon
from chronicles.writers.gate.reading import SLOT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chronicles.writers.gate.lexicon import Word

__all__ = ["UNBOUND", "Saying", "rests", "saying_of", "turns"]

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
    lone: frozenset[str]
    """What is said in clauses that hold no slot."""


def saying_of(words: Sequence[Word]) -> Saying:
    """What the words say."""
    return _Listening().all(words)


def turns(atom: str) -> bool:
    """Whether a sense turns a claim round where it comes or goes."""
    lexicon = load_lexicon()
    return atom[0] == "-" or atom in lexicon.hard or atom.partition(":")[0] in lexicon.foreign


def rests(atoms: frozenset[str]) -> frozenset[tuple[str, str]]:
    """What stands beside stillness that could end it, where nothing is said to have ended it."""
    if "STILL" not in atoms or not atoms.isdisjoint(_ENDINGS):
        return frozenset()
    return frozenset(("STILL", atom) for atom in _ENDERS & atoms)


class _Listening:
    """One wording being heard, word by word."""

    def __init__(self) -> None:
        self._atoms: list[str] = []
        self._terms: set[str] = set()
        self._clause: list[str] = []
        self._lone: set[str] = set()
        self._slotted = False
        self._last = ""
        self._foreign = load_lexicon().foreign

    def all(self, words: Sequence[Word]) -> Saying:
        """Hear all words."""
        pending = ""
        for at, word in enumerate(words):
            text = word.text
            self._terms.add(text)
            self._terms.add(word.lemma)
            if word.sense == NEGATION:
                self._terms.add("not")
                if pending:
                    self._atoms.append(UNBOUND)
                pending = text
            elif word.tag == SLOT:
                if pending:
                    self._atoms.append("-slot")
                self._slotted, pending, self._last = True, "", ""
            elif text in BREAKS:
                if pending:
                    self._unbound(pending, words, at)
                self._close()
                pending = ""
            else:
                pending = self._hear(word, pending, words, at)
        if pending:
            self._atoms.append(UNBOUND)
        self._close()
        return Saying(frozenset(self._atoms), frozenset(self._terms), frozenset(self._lone))

    def _hear(self, word: Word, pending: str, words: Sequence[Word], at: int) -> str:
        """Hear a word that is neither slot, break nor negation; what is still to be negated."""
        text = word.text
        if text in BE:
            self._terms.add("be")
        elif text in {"has", "had", "have"}:
            self._terms.add("have")
        sense = word.sense or (word.lemma if word.content else "")
        if not sense:
            if text in _PARTICLES and (at + 1 == len(words) or words[at + 1].text in _AFTER_PARTICLE):
                self._atoms.append(f"{text}^")
                self._terms.add(f"{text}^")
            return pending
        if word.content:
            self._clause.append(sense)
        self._terms.add(sense)
        # A word of a group that is foreign to most claims is taken by itself: "could" is no licence for "must".
        atom = f"{sense}:{word.lemma}" if sense in self._foreign else sense
        if pending == "no" and word.lemma == "commit" and at + 1 < len(words) and words[at + 1].verb:
            # What no commit has done is what nobody has done.
            self._atoms.append(atom)
            return pending
        if pending and (word.content or sense in _COUNTED):
            atom, pending = _SAME_AS.get(sense, f"-{atom}"), ""
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

    def _close(self) -> None:
        """End a clause."""
        if not self._slotted:
            self._lone.update(self._clause)
        self._clause, self._slotted, self._last = [], False, ""
