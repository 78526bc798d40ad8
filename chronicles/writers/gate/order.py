"""The order of words: what may follow what in the short English of a claim.

Counted, not parsed: of two neighbours by their classes, of three by coarser ones, and of the few shapes in which weak
models fail (a name set beside the wrong noun, a comma between subject and verb, a sentence that ends in `by`). What no
known wording has is no proof of bad English, so a little of it is let pass; of the shapes nothing is.
"""

from __future__ import annotations

from collections import Counter
from itertools import compress, pairwise
from operator import attrgetter, eq
from typing import TYPE_CHECKING

from chronicles.writers.gate.lexicon import BE, NEGATION, PREPOSITIONS, STOPS, Word, group, once
from chronicles.writers.gate.reading import SLOT

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from chronicles.writers.gate.neighbours import Key
    from chronicles.writers.gate.reading import Reading

__all__ = ["appositions", "bigrams", "repeats", "shapes", "trigrams"]

_FINITE = group("is are was were has have had does did should would could can must will")
_BARE = {"a", "an", "the", "one", "another", "every", "each", "its", "some"}
_COMPARED = {"FASTER", "SLOWER", "BIGGER", "SMALLER", "OLDER", "LONGER", "LIGHTER", "BETTER", "WORSE"}
_MORE = {"MORE", "LESS"}
_MODALS = group("can could would should must may might will shall")
_TWICE = 2
_SMALL = 4
"""How often a small word may stand in any sentence, less one."""
_KIND, _COARSE = attrgetter("kind"), attrgetter("coarse")
_SIGNS = STOPS | {","}
_SHAPED = _SIGNS | _MODALS | _COMPARED | {"one", "than", "to", "NUMBER"}
"""Words, signs and senses that a shape begins or ends with; no sense is a word, for its letters are great."""
_SLOT_AGAIN = {"or", "that", "which"}
"""Small words that may stand before one slot as before another."""
_NOUNS = frozenset({"N", "NS"})
_COUNTABLE = {"N", "NS", "NV", "X"}


def bigrams(words: Sequence[Word]) -> Iterator[Key]:
    """Neighbours by class, the ends of the wording included."""
    return pairwise(["^", *map(_KIND, words), "$"])


def trigrams(words: Sequence[Word]) -> Iterator[Key]:
    """Three in a row by coarse class."""
    tags = ["^", *map(_COARSE, words), "$"]
    return zip(tags, tags[1:], tags[2:], strict=False)


def shapes(claim: str, words: Sequence[Word]) -> list[Key]:
    """Shapes in which weak models fail, as far as the wording has them."""
    found: list[Key] = []
    last = len(words) - 1
    for at in compress(range(len(words)), map(_is_shaped, words)):
        if at:
            found += _backward(claim, words, at)
        if at < last:
            found += _forward(claim, words, at)
    return found


@once
def _is_shaped(word: Word) -> bool:
    return word.text in _SHAPED or word.sense in _SHAPED


def _forward(claim: str, words: Sequence[Word], at: int) -> list[Key]:
    """The shape that begins with a modal, a number or `to`."""
    word, after = words[at], words[at + 1]
    if word.text in _MODALS:
        return [("modal", claim, word.text, after.item)]
    if word.sense == "NUMBER":
        return [("number", claim, word.text)] if after.part else []
    passive = word.text == "to" and at and words[at - 1].text in BE and "VB" in after.forms
    return [("to be done", claim)] if passive else []


def _backward(claim: str, words: Sequence[Word], at: int) -> list[Key]:
    """The shapes that end in a sign, in `one`, in `than` or in a comparative."""
    before, word = words[at - 1], words[at]
    if word.text in _SIGNS:
        found: list[Key] = [("ends", claim, before.text)] if before.text in PREPOSITIONS else []
        if at > 1 and words[at - 2].coarse == "DET":
            found.append(("noun", words[at - 2].text, _class(before)))
        return found
    return list(_compares(claim, words, at))


def _compares(claim: str, words: Sequence[Word], at: int) -> Iterator[Key]:
    """The shapes that end in `one`, in `than` or in a comparative."""
    before, word = words[at - 1], words[at]
    after = words[at + 1] if at + 1 < len(words) else None
    if word.text == "one":
        following = _class(after) if after else "$"
        yield ("one", claim if following in _COUNTABLE else "", _class(before), following)
    if word.text == "than":
        yield "than", claim, _compared(words, at), after.text if after and not after.part else SLOT
    if before.sense in _MORE and (word.sense in _COMPARED or (word.text == "than" and after and after.verb)):
        yield "more", claim, word.text


def _class(word: Word) -> str:
    """The class of a word; one for all slots."""
    return SLOT if word.part else word.coarse


def _compared(words: Sequence[Word], at: int) -> str:
    """The comparative that a `than` belongs to."""
    return next((word.sense for word in reversed(words[:at]) if word.sense in _COMPARED | _MORE), "")


def repeats(words: Reading) -> list[tuple[str, int]]:
    """What is said more than once, and how often: words, and things by any name; so too prepositions before slots."""
    told = list(filter(None, map(_counted, words)))
    # Of one slot nothing stands before it again.
    for at in words.slots if len(words.slots) > 1 else ():
        before = words[at - 1] if at else None
        if before and not before.content and before.text not in _SLOT_AGAIN and before.text.isalpha():
            told.append(f"before {before.text}")
    found = _more_than(_TWICE, told)
    again = len(words) - len(words.distinct)
    if again:
        at_once = sum(map(eq, words.texts, words.texts[1:]))
        found += [("at once", times) for times in range(_TWICE, _TWICE * at_once + 1)]
    if again >= _SMALL - 1:
        small = [word.text for word in words if not word.content and word.sense in {"", NEGATION} and not word.part]
        found += [(f"small {text}", times) for text, times in _more_than(_SMALL, small) if text.isalpha()]
    return found


@once
def _counted(word: Word) -> str:
    """What a word is counted as; empty for small words and negations."""
    if not word.content and word.sense in {"", NEGATION}:
        return ""
    return word.item if word.forms <= _NOUNS else word.lemma


def _more_than(least: int, said: Sequence[str]) -> list[tuple[str, int]]:
    """What is said at least so often, with each number of times from there on."""
    if len(said) - len(set(said)) < least - 1:
        return []
    counted = Counter(said).items()
    return [(item, times) for item, number in counted for times in range(least, number + 1)]


def appositions(claim: str, words: Reading) -> list[Key]:
    """Slots set beside another noun by a comma, and commas where none can stand."""
    found: list[Key] = []
    if "," not in words.distinct:
        return found
    last = len(words) - 1
    start, commas = 0, 0
    for at, word in enumerate(words):
        if word.text == ",":
            commas += 1
            if at < last:
                after = words[at + 1]
                if after.part and (at + 1 == last or words[at + 2].breaks):
                    found.append(("beside", after.part, _head(words, at - 1)))
                if commas == 1:
                    found += _first_comma(claim, words[start:at], after)
        elif word.text in STOPS:
            start, commas = at + 1, 0
    return found


def _head(words: Sequence[Word], at: int) -> str:
    """What a slot behind a comma is set beside."""
    if at < 0:
        return "|"
    word = words[at]
    return word.item if word.beside in {"N", "NV"} else word.beside


def _first_comma(claim: str, before: Sequence[Word], after: Word) -> Iterator[Key]:
    """What is odd about the first comma of a sentence."""
    if after.text in _FINITE or (after.content and after.tag in {"VZ", "VD", "NS/VZ"}):
        yield "comma", claim
        return
    if not before or before[0].part:
        return
    first = before[0]
    bare = first.text in _BARE or (first.content and first.tag.partition("/")[0] in {"N", "NS"})
    if not bare or any(word.verb for word in before):
        return
    if after.part:
        head = next((word for word in reversed(before) if word.content or word.part), None)
        yield "named", after.part, head.item if head and not head.part else SLOT
    elif after.text in {"it", "this", "they"}:
        yield "again", claim
