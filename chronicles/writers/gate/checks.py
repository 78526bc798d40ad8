"""The checks of a wording by a model, each with its reasons; `gate` says in which order they are made.

None of them looks at anything but the words, what the claim's known wordings have, and what those of all claims have.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import combinations, filterfalse, pairwise
from typing import TYPE_CHECKING

from chronicles.writers.gate.contrary import contraries, exchanges, negations
from chronicles.writers.gate.lexicon import group, load_lexicon
from chronicles.writers.gate.neighbours import contexts, pairs, parts_of, subjects, times, verbs
from chronicles.writers.gate.order import appositions, bigrams, repeats, shapes, trigrams
from chronicles.writers.gate.reading import tokens
from chronicles.writers.gate.refusal import Refusal
from chronicles.writers.gate.saying import lone, rests, saying_of, turns
from chronicles.writers.gate.shape import SLOT

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from collections.abc import Set as AbstractSet

    from chronicles.writers.gate.known import ClaimWords, Known
    from chronicles.writers.gate.lexicon import Word
    from chronicles.writers.gate.neighbours import Key
    from chronicles.writers.gate.reading import Reading

__all__ = ["misplaced", "misread", "mistold", "repeated"]

_TIMES = {"ALREADY", "AGAIN", "LIVE", "STAY", "SHOW_UP", "NONETHELESS", "ALSO", "LEAD"}
"""Senses that any claim may have beside what it says."""
_MILD = group(
    "CONTENT LIST COUNT VALUE MEASURE COMPARE SIZE SPREAD REACH FOLLOW TOGETHER CALL NAME"
    " DECLARE SHARE EXTEND OUTSIDE OTHER BRING"
)
"""Senses of which one may be said of a claim that no known wording says it of."""
_EVERYWHERE = 20
"""Claims of which a word is said that may stand in a clause of its own."""
_COMMON = 8
"""Claims of which a word is said that may be said of any."""
_BIGRAMS, _ORDERS = 2, 3
"""How many orders of two words may be new, and how many of two and three together."""
_CLEAR, _SURE = 6.0, 15.0
"""Margins from which on the neighbours of two slots need not be known as a pair: in all, and on either side."""
_ENDED = frozenset({"STILL", "NO_MORE"})
"""Senses that negate without a negation."""
_MODALS = ("can",)
_SUBJECT_ALONE = 3
_TOPICS = group("TEST FUNCTION CLASS FILE FOLDER DOC CODE MESSAGE DEPENDENCY LINE DIFF BUILD LOCK")
"""Senses that a sentence may be about, and is not unless the claim is."""
_NAMING = _TOPICS | {"VERSION"}
"""Senses of which it does not help that kindred claims have them: of these a claim is, or it is not."""
_AMOUNTS = group("ALL ONLY MORE LESS MOST LEAST LONGER OLDER YOUNG BIGGER SMALLER HALF")
"""Senses that have to be known together: what is true of all of more is false of all of less."""
_CLASSES = 2
"""Letters of a class that stands for all its words."""


def misread(token: str, wording: str, mine: ClaimWords) -> Refusal:
    """Why a word that is not known is refused."""
    form = token.casefold()
    if form in load_lexicon().numbers and form not in mine.texts:
        return Refusal.NUMBER_WORD
    if re.fullmatch(r"[IVXLCDM]{2,}|[ivxlc]{2,}", token):
        return Refusal.NUMBER_WORD
    if not token[0].isupper():
        return Refusal.WORD
    inner = re.search(rf"[^.?!]\s+{re.escape(token)}", SLOT.sub("x", wording))
    return Refusal.NAME if inner else Refusal.WORD


def repeated(wording: str, said: frozenset[str]) -> bool:
    """Whether a wording was said before, be it with other slots or small words."""
    return wording in said or _bones(wording) in _all_bones(said)


@lru_cache(maxsize=256)
def _all_bones(said: frozenset[str]) -> frozenset[tuple[str, ...]]:
    return frozenset(_bones(wording) for wording in said)


def _bones(wording: str) -> tuple[str, ...]:
    """The words of a wording that say something, in order, its slots without their names."""
    words = load_lexicon().words
    found = []
    for token in tokens(wording):
        word = words.get(token.casefold())
        if token[0] == "{":
            found.append("{}")
        elif word is None or word.content or word.sense:
            found.append(token.casefold())
    return tuple(found)


def mistold(words: Reading, mine: ClaimWords, known: Known) -> Refusal | None:
    """Whether words say something else than the claim, or leave out what it says."""
    new = words.distinct - mine.texts
    odd = (_new_word(new) if new else None) or (Refusal.CAUSE if _tells_purpose(words, mine) else None)
    if odd:
        return odd
    saying = saying_of(words)
    odd = _foreign(words, saying.atoms, mine, known)
    if odd:
        return odd
    if any(map(saying.terms.isdisjoint, mine.core)):
        return Refusal.MEANING
    if not _stand_together(saying.atoms, mine):
        return Refusal.POLARITY
    return None if mine.repeated.issuperset(repeats(words)) else Refusal.LOOP


def _new_word(new: frozenset[str]) -> Refusal | None:
    """Why a word that no known wording of the claim has is refused at sight."""
    if not new.isdisjoint(load_lexicon().numbers):
        return Refusal.NUMBER_WORD
    return None if new.isdisjoint(_MODALS) else Refusal.HEDGE


def _tells_purpose(words: Reading, mine: ClaimWords) -> bool:
    """Whether a word behind `to` says what a thing is for."""
    return "to" in words.distinct and any(
        before.text == "to" and _is_purpose(word, mine) for before, word in pairwise(words)
    )


def _is_purpose(word: Word, mine: ClaimWords) -> bool:
    """Whether a word behind `to` says what a thing is for."""
    return word.content and not word.sense and "VB" in word.forms and word.item not in mine.atoms


def _foreign(words: Sequence[Word], atoms: AbstractSet[str], mine: ClaimWords, known: Known) -> Refusal | None:
    """Why something is said that nobody is known to say of the claim."""
    mild = 0
    new = [atom for atom in atoms - mine.atoms if atom not in _TIMES and atom[-1] != "^"]
    alone = lone(words) if new else ()
    for atom in sorted(new):
        if turns(atom):
            return _turned(atom)
        if mine.family[atom] > 1 and atom not in alone and atom not in _NAMING:
            continue
        if (atom in alone and known.spread[atom] < _EVERYWHERE) or not (
            _everyday(atom, words, known) or (atom in _MILD and _verbal(atom, words) and not mild)
        ):
            return Refusal.TOPIC
        mild += atom in _MILD
    return None


def _turned(atom: str) -> Refusal:
    """Why a sense is refused that turns the claim round."""
    reason = load_lexicon().foreign.get(atom.lstrip("-").partition(":")[0])
    return Refusal(reason) if reason and atom[0] != "-" else Refusal.POLARITY


def _everyday(atom: str, words: Sequence[Word], known: Known) -> bool:
    """Whether a word may be said of any claim: one that names nothing, or that many claims have."""
    if not atom[0].islower():
        return False
    return known.spread[atom] >= _COMMON or _verbal(atom, words)


def _verbal(item: str, words: Sequence[Word]) -> bool:
    """Whether no word of a sense is a noun and nothing else."""
    return not any(word.item == item and word.forms <= {"N", "NS"} for word in words if word.content)


def _stand_together(atoms: AbstractSet[str], mine: ClaimWords) -> bool:
    """Whether negations and amounts stand beside no sense that no known wording has beside them."""
    amounts = atoms & _AMOUNTS
    if len(amounts) > 1 and not all((one, other) in mine.together for one, other in combinations(sorted(amounts), 2)):
        return False
    if _ENDED.isdisjoint(atoms) and not any([atom[0] == "-" for atom in atoms]):  # noqa: C419 - a list is faster
        return True
    if not mine.together.issuperset(rests(atoms)):
        return False
    telling = sorted(atom for atom in atoms if turns(atom))
    return all(
        (one, other) in mine.together
        for at, one in enumerate(telling)
        for other in telling[at + 1 :]
        if one[0] == "-" or other[0] == "-" or not _ENDED.isdisjoint({one, other})
    )


def misplaced(claim: str, words: Reading, known: Known) -> Refusal | None:
    """Whether slots stand where they do not belong, or words in an order that they do not have."""
    seen = known.neighbours
    if _is_new(contexts(words), seen, _is_bound) or _is_new(subjects(words), seen, _is_strange):
        return Refusal.ROLE
    if not seen.issuperset(times(claim, words)) or not seen.issuperset(verbs(claim, words)):
        return Refusal.POLARITY
    odd = not seen.issuperset(appositions(claim, words)) or not seen.issuperset(shapes(claim, words))
    if odd or _odd_orders(words, known):
        return Refusal.GRAMMAR
    if _exchanged(claim, words, known):
        return Refusal.ROLE
    return Refusal.POLARITY if _contradicted(claim, words, known) else None


def _contradicted(claim: str, words: Reading, known: Known) -> bool:
    """Whether a negation is one that nobody makes, or a word stands where its contrary is known."""
    negated = known.neighbours.issuperset(negations(claim, words))
    return not negated or not known.opposed.isdisjoint(contraries(claim, words))


def _odd_orders(words: Sequence[Word], known: Known) -> bool:
    """Whether more orders of words are new than an honest rewording has."""
    orders = known.orders
    new = len(set(filterfalse(orders.__contains__, bigrams(words))))
    return new > _BIGRAMS or new + len(set(filterfalse(orders.__contains__, trigrams(words)))) > _ORDERS


def _is_new(keys: Sequence[Key], seen: set[Key], matters: Callable[[Key], bool]) -> bool:
    """Whether one of the keys is not known that matters."""
    return not seen.issuperset(keys) and any(matters(key) for key in keys if key not in seen)


def _is_bound(key: Key) -> bool:
    """Whether what stands before the preposition has to be known: `it is in`, and a noun before `of`."""
    if key[0] != "LL" or key[1:] == ("pause", "in", "B"):
        return True
    return key[2] == "of" and _names(key[3])


def _names(governor: str) -> bool:
    """Whether what stands before a preposition is a noun, and not one of the classes that stand for others."""
    return len(governor) > _CLASSES and governor[0] not in "{|"


def _is_strange(key: Key) -> bool:
    """Whether a subject that no known wording has before a slot's part says something else: a topic, another slot."""
    subject = key[2]
    if len(key) > _SUBJECT_ALONE:
        return key[3] in {"gives", "gets"} and subject in _TOPICS
    return subject in _TOPICS or subject[0] == "{"


def _exchanged(claim: str, words: Reading, known: Known) -> bool:
    """Whether a wording would fit better with two slots exchanged, or two that are alike have strange neighbours."""
    if len(parts_of(claim)) == 1:
        return False
    margin = known.roles.margin(claim, words)
    if margin < 0 or not known.exchanged.isdisjoint(exchanges(claim, words)):
        return True
    seen = known.neighbours
    for both, left, right in pairs(words):
        if both in seen:
            continue
        strange = left not in seen
        if margin < _CLEAR or (margin < _SURE and strange and right not in seen) or (strange and "B" in left[-2:]):
            return True
    return False
