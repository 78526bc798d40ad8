"""The known wordings: all that people have said for each claim, and what the gate has learned from it.

Known are the skeletons, the wordings of the built-in personas, and those of `words/known.toml`. From all of them come
the words beyond the lexicon, the neighbours of slots, the orders of words and what belongs to which claim. Nothing is
learned at run time, and nothing from a repository's own persona files.
"""

from __future__ import annotations

import gc
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from functools import cache
from itertools import combinations
from typing import TYPE_CHECKING

from chronicles.claims import TEMPLATES
from chronicles.personas import load_cast
from chronicles.writers.gate.contrary import contraries, exchanged, exchanges, negations, opposed
from chronicles.writers.gate.lexicon import Word, load_lexicon, make_word, table
from chronicles.writers.gate.neighbours import contexts, pairs, slot_words, subjects, times, verbs
from chronicles.writers.gate.order import appositions, bigrams, repeats, shapes, trigrams
from chronicles.writers.gate.reading import heard, read, tokens
from chronicles.writers.gate.roles import Roles
from chronicles.writers.gate.saying import rests, saying_of, turns
from chronicles.writers.gate.shape import slotless

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chronicles.writers.gate.neighbours import Key
    from chronicles.writers.gate.reading import Reading

__all__ = ["ClaimWords", "Known", "bare", "is_plain", "load_known"]

_LISTS = ("known", "heard", "more1", "more2", "more3")
"""Files of `words/` with known wordings."""


@dataclass(slots=True)
class ClaimWords:
    """What the known wordings of one claim have."""

    wordings: list[str] = field(default_factory=list)
    sayings: list[Reading] = field(default_factory=list)
    """The same, read."""
    plain: set[str] = field(default_factory=set)
    """Those that the plain writer may say."""
    atoms: set[str] = field(default_factory=set)
    """Senses and words that it is said with."""
    together: set[tuple[str, str]] = field(default_factory=set)
    """Pairs of senses that turn a claim, as they stand in one wording."""
    repeated: set[tuple[str, int]] = field(default_factory=set)
    """What is said more than once in one wording, and how often."""
    texts: set[str] = field(default_factory=set)
    """Words as they are written, in small letters."""
    slotless: set[str] = field(default_factory=set)
    """Sentences, and what stands before a colon, that hold no slot."""
    core: tuple[frozenset[str], ...] = ()
    """What a wording must say: something of each."""
    family: Counter[str] = field(default_factory=Counter)
    """Senses and words to the number of claims of its family that are said with them."""

    def learn(self, words: Reading) -> None:
        """Take in one wording."""
        atoms = saying_of(words).atoms
        telling = sorted(atom for atom in atoms if turns(atom))
        self.atoms |= atoms
        self.together.update(combinations(telling, 2), rests(atoms))
        self.repeated.update(repeats(words))
        self.texts.update([word.text for word in words])


@dataclass(slots=True)
class Known:
    """All known wordings, counted."""

    claims: dict[str, ClaimWords] = field(default_factory=lambda: defaultdict(ClaimWords))
    vocabulary: dict[str, Word] = field(default_factory=dict)
    """Words beyond the lexicon, by form."""
    neighbours: set[Key] = field(default_factory=set)
    """Contexts, pairs and subjects of slots, appositions and shapes."""
    contraries: Counter[Key] = field(default_factory=Counter)
    """Words that have a contrary, with their surroundings."""
    exchanges: set[Key] = field(default_factory=set)
    """Slots that follow each other, with what is between."""
    opposed: frozenset[Key] = frozenset()
    """What is contrary to known words and their surroundings."""
    exchanged: frozenset[Key] = frozenset()
    """What exchanges the slots of known wordings."""
    orders: set[Key] = field(default_factory=set)
    """Bigrams and trigrams."""
    spread: Counter[str] = field(default_factory=Counter)
    """Sense or word to the number of claims that it is said of."""
    roles: Roles = field(default_factory=Roles)

    def learn(self, claim: str, words: Reading) -> None:
        """Take in one wording."""
        self.claims[claim].learn(words)
        seen = self.neighbours
        seen.update(contexts(words), subjects(words), times(claim, words), verbs(claim, words))
        seen.update(shapes(claim, words), appositions(claim, words), negations(claim, words))
        seen.update(key for three in pairs(words) for key in three)
        self.contraries.update(set(contraries(claim, words)))
        self.exchanges.update(exchanges(claim, words))
        self.orders.update(bigrams(words), trigrams(words))
        self.roles.learn(claim, words)

    def words_of(self, use: tuple[str, ...], names: tuple[str, ...]) -> Mapping[str, Word]:
        """The words beyond the lexicon that a persona may say: those of built-in wordings, and its own."""
        own = {part.casefold(): part.casefold() for phrase in (*use, *names) for part in phrase.split()}
        return {form: make_word(form, form, "", {"D": "adverb"}) for form in own} | self.vocabulary


@cache
def load_known() -> Known:
    """Read and count the known wordings, once a process."""
    # Nothing of what is read is thrown away, and the collector of garbage would go through all of it time and again.
    collects = gc.isenabled()
    gc.disable()
    try:
        return _learned()
    finally:
        if collects:
            gc.enable()


def _learned() -> Known:
    """What the known wordings teach."""
    known = Known()
    lists = [table(name) for name in _LISTS]
    aside = set(lists[0].pop("aside", ()))
    core = table("core")
    plain = _plain()
    families: dict[str, Counter[str]] = {}
    for claim, wordings in plain.items():
        mine = known.claims[claim]
        mine.plain = {bare(wording) for wording in wordings}
        others = (wording for said in lists for wording in said.get(claim, ()))
        mine.wordings = list(dict.fromkeys((*wordings, *others)))
        mine.slotless = {bare(heard(one)) for wording in mine.wordings for one in slotless(wording)}
        mine.core = tuple(frozenset(line.split()) for line in core.get(claim, ()) if line)
        for wording in wordings:
            _name_words(known, wording)
    for claim, mine in known.claims.items():
        for wording in mine.wordings:
            words = read(tokens(heard(wording)), known.vocabulary, slot_words(claim))
            assert not isinstance(words, int), (claim, wording, words)
            mine.sayings.append(words)
            if wording not in aside:
                known.learn(claim, words)
        family = families.setdefault(claim.partition(".")[0], Counter())
        family.update(mine.atoms)
        mine.family = family
        known.spread.update(mine.atoms)
    known.opposed = frozenset(opposed(known.contraries))
    known.exchanged = frozenset(exchanged(known.exchanges))
    return known


def is_plain(known: Known, claim: str, wording: str) -> bool:
    """Whether a wording is one that the plain writer may say, whatever its end."""
    return claim in known.claims and bare(wording) in known.claims[claim].plain


def bare(wording: str) -> str:
    """A wording in small letters without the sign that ends it."""
    return wording.rstrip(".!? ").casefold()


def _plain() -> Mapping[str, list[str]]:
    """Claim to its skeleton and its wordings in the built-in personas."""
    cast = load_cast()
    found = {template.id: [template.skeleton] for template in TEMPLATES.values()}
    for persona in (*cast.voices, cast.narrator):
        for claim, wordings in persona.wordings.items():
            if claim in found:
                found[claim] += wordings
    return found


def _name_words(known: Known, wording: str) -> None:
    """Take in the words of a built-in wording that the lexicon has not: each may be said of its own claims."""
    words = load_lexicon().words
    for form in tokens(heard(wording)):
        parts = form.split("-")
        if form[0].isalpha() and "'" not in form and not all(part in words for part in parts):
            known.vocabulary.setdefault(form, make_word(form, form, f"={form}", {"X": "noun"}))
