"""Ways in which a model lies: what a reply can say that its claim does not.

A way takes a claim in wording that may stand for it and spoils it. Most ways are words, and those are data
(`words.toml`): they leave every slot where it is, so that only what is said can give them away. The others are made:
numbers, slots that are missing, doubled or exchanged, the sentence of another claim, letters that look like others, and
replies that are no sentence at all. A way that does not apply to a wording, as the loss of a negation where there is
none, tells nothing.

Each way names the reasons for which most of its lies are refused: a lie that is wrong in several respects is refused
for the first that the gate comes to. `nonsense` stands for a reply that is not of the form asked for, of which no
sentence reaches the gate.

The tests are no package: `load` in `tests/writers/test_lies.py` shows how this one is imported from a file.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from . import others, replies, signs, words
from .liar import Honest, Liar
from .trial import STANDS, Trial, trials
from .way import NONSENSE, Told, Way

if TYPE_CHECKING:
    from collections.abc import Mapping
    from random import Random

__all__ = ["NONSENSE", "STANDS", "WAYS", "Honest", "Liar", "Told", "Trial", "Way", "reply", "trials"]

WAYS: Mapping[str, Way] = {way.name: way for way in (*words.ways(), *signs.ways(), *others.ways(), *replies.ways())}
"""All ways, by their names."""


def reply(way: Way, told: Told, chance: Random, key: str = "sentence") -> str | None:
    """A reply that lies, as it comes from a server that was asked for an object with one key; None for none."""
    said = way.lie(told, chance)
    if said is None:
        return None
    return said.replace('"sentence"', json.dumps(key)) if way.raw else json.dumps({key: said})
