"""Turns of phrase in a wording: those that hold a true sentence at arm's length or reach beyond it, those never said.

`words/phrases.toml` lists what is strange in any claim (`so-called`, `for ever`), and only a claim whose known wordings
have one may be said with it; a persona has words of its own that it avoids. A list is a pattern of some hundred ways
to go on, which is slow to search for. So a pattern is asked only where its phrases may be at all: where the first two
words of one stand in a row.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from chronicles.writers.gate.known import load_known
from chronicles.writers.gate.lexicon import table
from chronicles.writers.gate.reading import Heard, heard, stems
from chronicles.writers.gate.refusal import Refusal
from chronicles.writers.gate.shape import SLOT

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

__all__ = ["is_avoided", "strange_phrase"]


@dataclass(frozen=True, slots=True)
class _Phrases:
    """A list of phrases."""

    pattern: re.Pattern[str]
    words: Mapping[str, Sequence[str]]
    """Phrases of one word, and those that have a slot behind it, by that word."""
    starts: Mapping[tuple[str, str], Sequence[str]]
    """The others by their first two words."""

    def may_be_in(self, sound: Heard) -> list[str]:
        """The phrases that may be in a wording; no other is."""
        words, starts = self.words, self.starts
        if starts.keys().isdisjoint(sound.pairs) and words.keys().isdisjoint(sound.parted):
            return []
        found = [phrase for word in sound.parted if word in words for phrase in words[word]]
        return found + [phrase for start in sound.pairs if start in starts for phrase in starts[start]]


def is_avoided(avoid: tuple[str, ...], sound: Heard) -> bool:
    """Whether one of the words that a persona never says is in a wording."""
    phrases = _avoided(avoid)
    return bool(phrases.may_be_in(sound)) and phrases.pattern.search(sound.text) is not None


def strange_phrase(claim: str, sound: Heard) -> Refusal | None:
    """Why a turn of phrase is refused that no known wording of the claim has.

    Args:
        claim: Id of the claim's template.
        sound: The wording.
    """
    hopeful = _strange().may_be_in(sound)
    if not hopeful:
        return None
    text, own = sound.text, _own_phrases(claim)
    bare = SLOT.sub("{}", text)
    if not any((phrase in text or phrase in bare) and phrase not in own for phrase in hopeful):
        return None
    return next((_reasons()[found] for found in _found(text) if found not in own), None)


@cache
def _reasons() -> dict[str, Refusal]:
    return {phrase: Refusal(reason) for reason, phrases in table("phrases").items() for phrase in phrases}


@cache
def _strange() -> _Phrases:
    longest_first = sorted(_reasons(), key=lambda one: (-len(one), one))
    ends = (re.escape(one) + (r"(?![\w-])" if one[-1].isalpha() else "") for one in longest_first)
    return _phrases(_reasons(), rf"(?<![\w'{{-])(?:{'|'.join(ends)})")


@lru_cache(maxsize=64)
def _avoided(avoid: tuple[str, ...]) -> _Phrases:
    phrases = [heard(phrase.strip()) for phrase in avoid if phrase.strip()]
    # With no phrase at all nothing is searched for, whatever this pattern would find.
    return _phrases(phrases, rf"(?<![\w-])(?:{'|'.join(map(re.escape, phrases))})(?![\w-])")


def _phrases(phrases: Iterable[str], pattern: str) -> _Phrases:
    words: dict[str, list[str]] = {}
    starts: dict[tuple[str, str], list[str]] = {}
    for phrase in phrases:
        start = _start(phrase)
        if len(start) > 1:
            starts.setdefault((start[0], start[1]), []).append(phrase)
        elif start:
            words.setdefault(start[0], []).append(phrase)
    return _Phrases(re.compile(pattern), words, starts)


def _start(phrase: str) -> Sequence[str]:
    """The first two words of a phrase that stand in a row with no slot between or before them, or the only one."""
    before, _, behind = phrase.partition("{")
    part = before or behind.partition("}")[2].partition("{")[0]
    return stems(part)[:2]


@cache
def _own_phrases(claim: str) -> frozenset[str]:
    return frozenset(found for wording in load_known().claims[claim].wordings for found in _found(heard(wording)))


def _found(text: str) -> list[str]:
    """The strange phrases of a text: as it stands, and its slots without their names."""
    pattern = _strange().pattern
    return [*pattern.findall(text), *pattern.findall(SLOT.sub("{}", text))]
