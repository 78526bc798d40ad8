"""What a model is made to read: common words, drawn by a seed, of an exact number of tokens.

Speed does not hang on what a prompt says, only on its length, as long as every token is an ordinary one. So the prompt
is a row of words of which each is one token, with a space in front, in the vocabulary of the model: `ids` are looked
up there, without a tokenizer, and `text` is the same row for a server that takes text only. Where a word is not in the
vocabulary it is not drawn; where there is no vocabulary at all (a model of random weights) ids are drawn instead.

The digest of a workload is taken over `text`, so that two models that read the same words had the same work to do.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from banterhearts.benchmarking.bench import MeasureFailed
from banterhearts.benchmarking.decode.backend import Prompt
from banterhearts.core.record import Status

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["WORDS", "draw_ids", "draw_prompt"]

_TEXT = (
    "time year people way day man thing woman life child world school state family student group country problem hand "
    "part place case week company system program question work government number night point home water room mother "
    "area money story fact month lot right study book eye job word business issue side kind head house service friend "
    "father power hour game line end member law car city community name president team minute idea body information "
    "back parent face others level office door health person art war history party result change morning reason "
    "research girl guy moment air teacher force education"
)
WORDS = tuple(_TEXT.split())
"""Nouns of everyday English."""
_SPACES = ("Ġ", "▁")
"""How vocabularies write the space in front of a word: byte-level BPE, and SentencePiece."""
_FEWEST = 16
"""With fewer words of ours, a vocabulary is of another language or of no language."""


def draw_prompt(tokens: int, seed: int, vocabulary: Mapping[str, int] | None = None) -> Prompt:
    """A prompt of a number of tokens.

    Args:
        tokens: How many.
        seed: Of the draw; the same seed gives the same words for every vocabulary that has them all.
        vocabulary: Token to id, as the model's file has it.

    Raises:
        MeasureFailed: If the vocabulary has too few of the words.
    """
    if vocabulary is None:
        return Prompt(_row(_draw(WORDS, tokens, seed)), tokens, seed)
    mark = max(_SPACES, key=lambda space: sum(space + word in vocabulary for word in WORDS))
    known = [word for word in WORDS if mark + word in vocabulary]
    if len(known) < _FEWEST:
        problem = f"the vocabulary has {len(known)} of our words, and a prompt needs {_FEWEST}"
        raise MeasureFailed(problem, Status.INVALID)
    words = _draw(known, tokens, seed)
    return Prompt(_row(words), tokens, seed, tuple(vocabulary[mark + word] for word in words))


def draw_ids(tokens: int, seed: int, size: int) -> tuple[int, ...]:
    """Ids of a vocabulary of which nothing but its size is known."""
    chance = random.Random(seed)  # noqa: S311 - a draw that can be repeated, no secret
    return tuple(chance.randrange(size) for _ in range(tokens))


def _draw(words: Sequence[str], count: int, seed: int) -> list[str]:
    return random.Random(seed).choices(words, k=count)  # noqa: S311 - as above


def _row(words: Sequence[str]) -> str:
    return "".join(f" {word}" for word in words)
