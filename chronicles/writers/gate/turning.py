"""What a claim turns on, beyond single words: what telling words stand beside.

`After this` is not `after {age}`, and `all changed` not `all that changed`: a small word that turns a claim has to have
behind it what some known wording of the very claim has there, a verdict the slot before it, a number what it counts.
Of the senses and slots of a wording, all else left out, each two in a row where one turns the claim (`{sha} is undone`,
`undoes {sha}`) are looked at: words of time, amount and negation have to stand so in a known wording, what is said of
a slot too; another pair may be new where neither its reverse nor the same with another slot is known. A sentence with
no slot holds nothing new at all, for nothing in it is bound to the claim.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from chronicles.writers.gate.known import load_known
from chronicles.writers.gate.lexicon import BREAKS, NEGATION, STOPS, load_lexicon
from chronicles.writers.gate.neighbours import parts_of
from chronicles.writers.gate.reading import SLOT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from chronicles.writers.gate.lexicon import Word

__all__ = ["turns_otherwise"]

_Pair = tuple[str, str]

_SMALL_WORDS = (
    "after before since until afterwards afterward later earlier ago again once all every each both one only "
    "no none more less most least few fewer any also still up close around can could may might must shall should "
    "will would used"
)
_SMALL = frozenset(_SMALL_WORDS.split())
"""Words of time, amount and possibility."""
_VERDICTS = frozenset({"FASTER", "SLOWER", "BETTER", "WORSE", "FAST"})
_LEADING = frozenset({"but", "if", "out", "off", "without", "another", "whatever"})
"""Other words that turn what follows them."""
_TELLING = frozenset({NEGATION, "COME", "LEAVE", "GO", "END", "STAY", "BEGIN", "KEEP"})
"""Senses that turn a claim by who does so."""
_SCOPED_SENSES = (
    "NO_MORE ANY_MORE ONLY ALL FIRST LAST MOST LEAST MORE LESS HALF STAY SAME DIFFERENT STILL EVEN AVERAGE OFTEN RARELY "
    "NEXT END NUMBER"
)
_SCOPED = frozenset((NEGATION, *_SCOPED_SENSES.split()))
"""Senses of words that turn whatever stands next to them."""
_OBJECTS = frozenset({"it", "this", "them", "these"})
_ASKING = frozenset({"what", "who"})
_POINTERS = frozenset({"this", "that"})
_COUNTS = frozenset({"NUMBER", "TIMESPAN"})
_ARTICLES = frozenset({"the", "a", "an", ","})
_ENDS = frozenset({".", "!", "?"})
_NEW_STEPS = 2
_PASSED = frozenset(["just", "also", "even", "now", "here", "then", "already", "so", "too", "ever"])
"""Words that may stand between a small word and what it turns."""
_THROUGH = {"that", "which", "who", ","}
"""Breaks over which a verdict keeps its subject."""


def turns_otherwise(claim: str, words: Sequence[Word]) -> bool:
    """Whether a telling word stands beside what it stands beside in no known wording of the claim."""
    turns, steps = _known_turns(claim)
    if any(turn not in turns for turn in _turns(words, parts_of(claim))):
        return True
    if any(step not in steps for part in _slotless(words) for step in _words(part)):
        return True
    new = [step for step in _steps(words) if step not in steps]
    return len(new) > _NEW_STEPS or any(_is_odd(step, steps, parts_of(claim)) for step in new)


def _is_odd(step: _Pair, steps: frozenset[_Pair], parts: Mapping[str, str]) -> bool:
    """Whether two in a row that are not known to stand so may turn the claim.

    Words of time, amount and negation turn whatever stands next to them, so theirs have to be known. What is said of a
    slot, and what ends a sentence, has to be known, too. Of other pairs it is enough that they are not known the other
    way round, nor with another slot.
    """
    one, other = step
    if not (_is_telling(one) or _is_telling(other)):
        return False
    if _is_scoped(one) or _is_scoped(other) or (other, one) in steps:
        return True
    if other == "$":
        return one in load_lexicon().hard
    slots = [f"{{{slot}}}" for slot in parts]
    if one in slots:
        return other in load_lexicon().hard or any((slot, other) in steps for slot in slots)
    return other in slots and any((one, slot) in steps for slot in slots)


def _slotless(words: Sequence[Word]) -> Iterator[Sequence[Word]]:
    """The sentences that hold no slot."""
    start, slotted = 0, False
    for at, word in enumerate(words):
        if word.tag == SLOT:
            slotted = True
        elif word.text in _ENDS:
            if not slotted:
                yield words[start:at]
            start, slotted = at + 1, False


@cache
def _known_turns(claim: str) -> tuple[frozenset[_Pair], frozenset[_Pair]]:
    """What stands beside what in the known wordings: small words and verdicts, then senses and slots."""
    known = load_known()
    parts = parts_of(claim)
    turns: set[_Pair] = set()
    steps: set[_Pair] = set()
    for words in known.claims[claim].sayings:
        turns.update(_turns(words, parts))
        steps.update(_steps(words))
        for part in _slotless(words):
            steps.update(_words(part))
    return frozenset(turns), frozenset(steps)


def _words(words: Sequence[Word]) -> Iterator[_Pair]:
    """All words but articles, each with the next."""
    before = "^^"
    for word in words:
        if word.tag not in _ARTICLES:
            yield before, f"{word.item}^"
            before = f"{word.item}^"
    yield before, "$$"


def _steps(words: Sequence[Word]) -> Iterator[_Pair]:
    """Senses, slots and telling words, each with the next."""
    before = "^?" if _asks(words) else "^"
    denied = False
    for at, word in enumerate(words):
        text = word.text
        if text in STOPS:
            denied = False
        elif word.sense == NEGATION:
            denied = True
        elif _says_nothing(text, words[at - 1].text if at else "", denied=denied):
            continue
        told = _told(word)
        if told:
            yield before, told
            before = told
    yield before, "$"


def _asks(words: Sequence[Word]) -> bool:
    """Whether the first sentence is a question."""
    return next((word.text for word in words if word.text in _ENDS), "") == "?"


def _says_nothing(text: str, before: str, *, denied: bool) -> bool:
    """Whether a small word turns nothing where it stands.

    `But` behind a comma joins and excepts nothing, `any` under a negation adds nothing to it, and `this one` points.
    """
    if text == "but":
        return before in {",", ";"}
    return (text == "any" and denied) or (text == "one" and before in _POINTERS)


def _told(word: Word) -> str:
    if word.tag == SLOT:
        return word.text
    if word.sense == NEGATION:
        return NEGATION
    if word.text in _SMALL:
        return word.sense or word.text
    if word.content or word.sense in {"UP", "DOWN"}:
        return word.sense
    return word.text if word.text in _LEADING else ""


@cache
def _is_scoped(told: str) -> bool:
    lexicon = load_lexicon()
    return told in _SMALL or told in _LEADING or told in _SCOPED or told in lexicon.foreign or told in lexicon.numbers


@cache
def _is_telling(told: str) -> bool:
    lexicon = load_lexicon()
    return told in _SMALL or told in _LEADING or told in _TELLING or told in lexicon.hard or told in lexicon.foreign


def _turns(words: Sequence[Word], parts: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    slot = told = "^"
    denied = False
    numbers = load_lexicon().numbers
    for at, word in enumerate(words):
        denied = denied or word.sense == NEGATION
        if word.tag == SLOT:
            slot = parts[word.text[1:-1]]
        elif word.text in BREAKS and word.text not in _THROUGH:
            slot = "^"
            denied = denied and word.text not in STOPS
        elif word.text in _SMALL or word.text in numbers or word.sense in _COUNTS:
            before = words[at - 1].text if at else ""
            if not _says_nothing(word.text, before, denied=denied):
                name = f"not {word.text}" if before == "not" else word.text
                after = _after(words, at, parts)
                yield name, after or f"behind {told}"
        elif word.sense in _VERDICTS:
            yield word.sense, slot
        elif at and word.text in _OBJECTS and _is_done(words[at - 1]):
            yield words[at - 1].item, word.text
        elif at and words[at - 1].text in _ASKING and _is_done(word):
            yield words[at - 1].text, word.item
        if word.tag == SLOT or word.content or word.sense:
            told = word.item
    if words and words[-1].text == "?":
        yield "?", slot


def _is_done(word: Word) -> bool:
    """Whether a word is a verb that turns a claim by whom it is done to."""
    return word.content and _is_telling(word.item) and not word.forms <= {"N", "NS", "A"}


def _after(words: Sequence[Word], at: int, parts: Mapping[str, str]) -> str:
    """What a word turns: the next slot or word that says something, or the end of the clause."""
    for word in words[at + 1 :]:
        if word.text in _PASSED:
            continue
        if word.tag == SLOT:
            return parts[word.text[1:-1]]
        return "" if word.text in BREAKS else word.item
    return ""
