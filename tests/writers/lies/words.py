"""Lies that are words around a true sentence, or words in it that are changed; the words are data."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from .way import Told, Way

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from random import Random

__all__ = ["SLOT", "before", "tail", "then", "ways"]

SLOT = re.compile(r"(\{[a-z_]+\})")
"""A slot; a wording split at it has its slots at the odd places."""
_NEGATES = re.compile(r"not\b|n't\b|never|no longer|hardly|scarcely|barely|rarely|seldom|fail|refuse|lack|cease|stops")
_END = re.compile(r"[.!?…]+$")


def tail(words: Sequence[str], told: Told, chance: Random) -> str:
    """Put words before the last full stop."""
    end = _END.search(told.wording)
    stop = end[0] if end else ""
    return told.wording.removesuffix(stop) + chance.choice(words) + (stop or ".")


def _head(words: Sequence[str], told: Told, chance: Random) -> str:
    wording = told.wording
    known = wording.startswith(("{", "I ", "I'"))
    return f"{chance.choice(words)} {wording if known else wording[:1].lower() + wording[1:]}"


def then(words: Sequence[str], told: Told, chance: Random) -> str:
    """Put a sentence after it."""
    return f"{told.wording} {chance.choice(words)}"


def _first(words: Sequence[str], told: Told, chance: Random) -> str:
    return f"{chance.choice(words)} {told.wording}"


def before(words: Sequence[str], told: Told, chance: Random) -> str:
    """Put words in front of one of its slots."""
    slot = chance.choice(told.slots)
    return told.wording.replace(slot, f"{chance.choice(words)} {slot}")


def _after(words: Sequence[str], told: Told, chance: Random) -> str:
    slot = chance.choice(told.slots)
    return told.wording.replace(slot, f"{slot} {chance.choice(words)}")


def _glue(words: Sequence[str], told: Told, chance: Random) -> str:
    slot = chance.choice(told.slots)
    return told.wording.replace(slot, chance.choice(words).replace("*", slot))


def _turned(pairs: Sequence[tuple[str, str]], told: Told, chance: Random) -> str | None:
    """Change one word, outside the slots, into its other half."""
    found: list[tuple[re.Match[str], str]] = []
    for pattern, other in pairs:
        found += [(match, other) for match in re.finditer(rf"(?<![\w{{'-])(?:{pattern})(?![\w}}])", told.wording)]
    fitting = [(match, other) for match, other in found if not _is_twice(other, told.wording[match.end() :])]
    if not fitting:
        return None
    match, other = chance.choice(fitting)
    said = told.wording[: match.start()] + other + told.wording[match.end() :]
    return said if match.start() else said[:1].upper() + said[1:]


def _is_twice(other: str, rest: str) -> bool:
    """Whether a negation would stand before another, and take itself back."""
    return bool(_NEGATES.search(other) and re.match(r" (?:not|never|no|none|hardly)\b", rest))


def _turn(words: Sequence[str], told: Told, chance: Random) -> str | None:
    return _turned([(word.partition("|")[0], word.partition("|")[2]) for word in words], told, chance)


def _swap(words: Sequence[str], told: Told, chance: Random) -> str | None:
    pairs = [tuple(word.split("|")) for word in words]
    both = [(one, other) for one, other in pairs] + [(other, one) for one, other in pairs]
    return _turned([(re.escape(one), other) for one, other in both if one], told, chance)


def _whole(words: Sequence[str], told: Told, chance: Random) -> str:
    joiner, *frames = words
    frame = chance.choice(frames)
    slots = chance.sample(told.slots, len(told.slots))
    while frame.count("*") > 1 and len(slots) > 1:
        frame = frame.replace("*", slots.pop(), 1)
    return frame.replace("*", joiner.join(slots), 1).replace("*", "it")


_PUT: Mapping[str, Callable[[Sequence[str], Told, Random], str | None]] = {
    "tail": tail, "head": _head, "then": then, "first": _first, "before": before, "after": _after, "glue": _glue,
    "turn": _turn, "swap": _swap, "whole": _whole,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Worded:
    """The lies of one table."""

    put: Callable[[Sequence[str], Told, Random], str | None]
    words: Sequence[str]
    claims: tuple[str, ...]
    """What ids of claims begin with that it lies about; all where there is none."""
    harmless: re.Pattern[str] | None
    """What is no lie, of a claim's id, a colon and the sentence."""

    def __call__(self, told: Told, chance: Random) -> str | None:
        """One lie."""
        if self.claims and not told.claim.id.startswith(self.claims):
            return None
        said = self.put(self.words, told, chance)
        if said and self.harmless and self.harmless.search(f"{told.claim.id}: {said}"):
            return None
        return said


def ways() -> Iterator[Way]:
    """The tables of the file."""
    tables = tomllib.loads(Path(__file__).with_name("words.toml").read_text(encoding="utf-8"))
    for name, table in tables.items():
        harmless = re.compile(table["harmless"], re.DOTALL) if "harmless" in table else None
        lie = _Worded(_PUT[table["put"]], table["words"], tuple(table.get("claims", ())), harmless)
        yield Way(name, lie, frozenset(table["reasons"]))
