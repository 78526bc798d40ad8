"""What of the talk around a claim is in a wording: of the prompt, of the persona's examples, with the reader.

A model that has lost its way says what it was told, answers, or turns to whoever reads. Such words are looked for as
they stand, before it is asked what a sentence means; and with them the words that a persona never says.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from chronicles.writers.gate.lexicon import load_lexicon
from chronicles.writers.gate.phrases import is_avoided
from chronicles.writers.gate.reading import Heard, stems, tokens
from chronicles.writers.gate.refusal import Refusal
from chronicles.writers.gate.shape import slotless

if TYPE_CHECKING:
    from chronicles.personas import Persona
    from chronicles.writers.gate.known import ClaimWords

__all__ = ["is_talk", "overheard"]

_RUN = 4
"""Words in a row that are no chance."""


def overheard(sound: Heard, mine: ClaimWords, persona: Persona) -> Refusal | None:
    """Whether words of the prompt, of the persona's examples, or those that the persona never says are in a wording."""
    lexicon = load_lexicon()
    if any(one not in mine.texts for one in lexicon.leaks.intersection(sound.said)):
        return Refusal.LEAK
    if lexicon.long_leaks.search(sound.text) or (persona.examples and _leaks(sound, persona.examples)):
        return Refusal.LEAK
    alone = slotless(sound.text)
    if alone and any(is_talk(one, mine) for one in alone):
        return Refusal.TOPIC
    return Refusal.VOICE if is_avoided(persona.avoid, sound) else None


def is_talk(part: str, mine: ClaimWords) -> bool:
    """Whether a sentence without a slot is none of the claim's: an order, a question, a word to the reader."""
    if part.strip(" .?!") in mine.slotless:
        return False
    words = load_lexicon().words
    said = [words.get(token) for token in tokens(part)]
    if part.rstrip().endswith("?") or (said and said[0] and "VB" in said[0].forms and "N" not in said[0].forms):
        return True
    telling = [word for word in said if word and word.content]
    return not telling or any(word.item not in mine.atoms for word in telling)


def _leaks(sound: Heard, examples: tuple[str, ...]) -> bool:
    """Whether a run of words is in the examples."""
    runs, starts = _runs(examples)
    if starts.isdisjoint(sound.pairs):
        return False
    return not runs.isdisjoint(zip(*(sound.said[at:] for at in range(_RUN)), strict=False))


@lru_cache(maxsize=64)
def _runs(examples: tuple[str, ...]) -> tuple[frozenset[tuple[str, ...]], frozenset[tuple[str, ...]]]:
    """The runs of words in the examples, and the two that each begins with."""
    found: set[tuple[str, ...]] = set()
    for example in examples:
        said = Heard(example).said
        found.update(tuple(said[at : at + _RUN]) for at in range(len(said) - _RUN + 1))
    return frozenset(found), frozenset(tuple(stems(" ".join(run))[:2]) for run in found)
