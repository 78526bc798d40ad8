"""The order of words: what may follow what in the short English of a claim.

Counted, not parsed: of two neighbours by their classes, of three by coarser ones, and of the few shapes in which weak
models fail (a name set beside the wrong noun, a comma between subject and verb, a sentence that ends in `by`). What no
known wording has is no proof of bad English, so a little of it is let pass; of the shapes nothing is.
"""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING

from chronicles.writers.gate.lexicon import BE, BREAKS, NEGATION, PREPOSITIONS, STOPS, Word, group
from chronicles.writers.gate.reading import SLOT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from chronicles.writers.gate.neighbours import Key

__all__ = ["appositions", "bigrams", "repeats", "shapes", "trigrams"]

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
_FINITE = group("is are was were has have had does did should would could can must will")
_BARE = {"a", "an", "the", "one", "another", "every", "each", "its", "some"}
_COMPARED = {"FASTER", "SLOWER", "BIGGER", "SMALLER", "OLDER", "LONGER", "LIGHTER", "BETTER", "WORSE"}
_MORE = {"MORE", "LESS"}
_MODALS = group("can could would should must may might will shall")
_TWICE = 2
_SMALL = 4
"""How often a small word may stand in any sentence, less one."""
_COUNTABLE = {"N", "NS", "NV", "X"}


def bigrams(words: Sequence[Word], parts: Mapping[str, str]) -> list[Key]:
    """Neighbours by class, the ends of the wording included."""
    tags = ["^", *(f"{{{parts[word.text[1:-1]]}}}" if word.tag == SLOT else word.tag for word in words), "$"]
    return list(pairwise(tags))


def trigrams(words: Sequence[Word], parts: Mapping[str, str]) -> list[Key]:
    """Three in a row by coarse class."""
    tags = ["^", *(_coarse(word, parts) for word in words), "$"]
    return list(zip(tags, tags[1:], tags[2:], strict=False))


def _coarse(word: Word, parts: Mapping[str, str]) -> str:
    return _SPECIAL.get(parts[word.text[1:-1]], "{noun}") if word.tag == SLOT else word.coarse


def shapes(claim: str, words: Sequence[Word]) -> Iterator[Key]:
    """Shapes in which weak models fail, as far as the wording has them."""
    for at in range(1, len(words)):
        before, word = words[at - 1], words[at]
        after = words[at + 1] if at + 1 < len(words) else None
        if word.text in STOPS or word.text == ",":
            if before.text in PREPOSITIONS:
                yield "ends", claim, before.text
            if at > 1 and words[at - 2].coarse == "DET":
                yield "noun", words[at - 2].text, before.coarse
        if word.text == "one":
            following = after.coarse if after else "$"
            yield ("one", claim if following in _COUNTABLE else "", before.coarse, following)
        if before.text in _MODALS:
            yield "modal", claim, before.text, word.item
        if before.sense == "NUMBER" and word.tag == SLOT:
            yield "number", claim, before.text
        if before.text == "to" and at > 1 and words[at - 2].text in BE and "VB" in word.forms:
            yield "to be done", claim
        if word.text == "than":
            yield "than", claim, _compared(words, at), after.text if after and after.tag != SLOT else SLOT
        if before.sense in _MORE and (word.sense in _COMPARED or (word.text == "than" and after and after.verb)):
            yield "more", claim, word.text


def _compared(words: Sequence[Word], at: int) -> str:
    """The comparative that a `than` belongs to."""
    return next((word.sense for word in reversed(words[:at]) if word.sense in _COMPARED | _MORE), "")


def repeats(words: Sequence[Word]) -> Iterator[tuple[str, int]]:
    """What is said more than once, and how often; so too the prepositions before slots."""
    said: Counter[str] = Counter()
    for at, word in enumerate(words):
        if word.tag == SLOT:
            before = words[at - 1] if at else None
            if before and before.text.isalpha() and not before.content and before.text not in {"or", "that", "which"}:
                said[f"before {before.text}"] += 1
        elif word.content or (word.sense and word.sense != NEGATION):
            said[word.item] += 1
        elif word.text.isalpha():
            said[f"small {word.text}"] += 1
        if at and word.text == words[at - 1].text:
            said["at once"] += _TWICE
    for item, number in said.items():
        for times in range(_SMALL if item.startswith("small ") else _TWICE, number + 1):
            yield item, times


def appositions(claim: str, words: Sequence[Word], parts: Mapping[str, str]) -> Iterator[Key]:
    """Slots set beside another noun by a comma, and commas where none can stand."""
    for at in range(1, len(words)):
        if words[at].tag != SLOT or words[at - 1].text != ",":
            continue
        if at + 1 == len(words) or words[at + 1].text in BREAKS:
            yield "beside", parts[words[at].text[1:-1]], _head(words, at - 2, parts)
    start, commas = 0, 0
    for at, word in enumerate(words):
        if word.text in STOPS:
            start, commas = at + 1, 0
        elif word.text == ",":
            commas += 1
            if commas == 1 and at + 1 < len(words):
                yield from _first_comma(claim, words[start:at], words[at + 1], parts)


def _head(words: Sequence[Word], at: int, parts: Mapping[str, str]) -> str:
    """What a slot behind a comma is set beside."""
    if at < 0:
        return "|"
    word = words[at]
    if word.tag == SLOT:
        return f"{{{parts[word.text[1:-1]]}}}"
    return word.item if word.beside in {"N", "NV"} else word.beside


def _first_comma(claim: str, before: Sequence[Word], after: Word, parts: Mapping[str, str]) -> Iterator[Key]:
    """What is odd about the first comma of a sentence."""
    if after.text in _FINITE or (after.content and after.tag in {"VZ", "VD", "NS/VZ"}):
        yield "comma", claim
        return
    if not before or before[0].tag == SLOT:
        return
    first = before[0]
    bare = first.text in _BARE or (first.content and first.tag.partition("/")[0] in {"N", "NS"})
    if not bare or any(word.verb for word in before):
        return
    if after.tag == SLOT:
        head = next((word for word in reversed(before) if word.content or word.tag == SLOT), None)
        yield "named", parts[after.text[1:-1]], head.item if head and head.tag != SLOT else SLOT
    elif after.text in {"it", "this", "they"}:
        yield "again", claim
