"""Lies that are words around a true sentence, or words in it that are changed; the words are data."""

from __future__ import annotations

import re
import tomllib
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from .way import Told, Way

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from random import Random

__all__ = ["SLOT", "before", "tail", "then", "ways"]

SLOT = re.compile(r"(\{[a-z_]+\})")
"""A slot; a wording split at it has its slots at the odd places."""
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
    if not found:
        return None
    match, other = chance.choice(found)
    said = told.wording[: match.start()] + other + told.wording[match.end() :]
    return said if match.start() else said[:1].upper() + said[1:]


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


def ways() -> Iterator[Way]:
    """The tables of the file."""
    tables = tomllib.loads(Path(__file__).with_name("words.toml").read_text(encoding="utf-8"))
    for name, table in tables.items():
        yield Way(name, partial(_PUT[table["put"]], table["words"]), frozenset(table["reasons"]))
