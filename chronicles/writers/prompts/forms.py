"""The forms of replies: a sentence, a woven paragraph, a choice.

Each form is a JSON schema for servers that constrain by one, a grammar for llama.cpp, and a reader that takes either.

The grammars have no letter for a digit, none for markup, and no braces but the slots' own. A line is held to its
claim's own words (`paths` says how and why), since lines are what the smallest models are asked for. A free line and a
passage have their slots in one of the orders of known wordings (of six slots there would be 720), written as a tree of
what may come next, since a grammar of alternatives is walked once for each of them at every token. What stands between
slots is a bounded number of words of bounded length, so that a model which begins to loop is stopped; the end is a full
stop. A word stands apart from a slot: no "{share}s".
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from itertools import permutations
from typing import TYPE_CHECKING, Any

from chronicles.claims.template import slots_of
from chronicles.writers.prompts.paths import path_rules

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["VERSION", "Choice", "Line", "Passage"]

VERSION = "5"
"""Raised whenever the same claim may get another form."""

_LONGEST = 300
"""Characters of a sentence."""
_WORDS = 10
"""Between two slots, and before the first and after the last, at most."""
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_ORDERS = 12
"""Of slots, at most."""
_ALL_ORDERS = 3
"""Slots of which all orders are tried where none is known."""
_SENTENCE = f"""\
lead ::= first (gap word){{0,{_WORDS - 1}}} gap
mid ::= gap (word gap){{0,{_WORDS}}}
tail ::= (gap word){{0,{_WORDS}}}
first ::= [A-Z] [a-z'-]{{0,13}}
word ::= [a-zA-Z] [a-z'-]{{0,13}}
gap ::= [,;:]? " "
"""


@dataclass(frozen=True, slots=True)
class Line:
    """One sentence with each of its slots once."""

    slots: tuple[str, ...]
    wordings: tuple[str, ...] = ()
    """Known wordings of the claim, whose words and orders of slots a grammar goes by."""
    free: bool = False
    """Whether a grammar leaves the model its own words."""

    def schema(self) -> dict[str, Any]:
        """An object with one sentence."""
        return _object("sentence", {"type": "string", "maxLength": _LONGEST})

    def grammar(self) -> str:
        """Words without digits, each slot once, one full stop."""
        rules = "" if self.free else path_rules(self.wordings)
        orders = tuple(tuple(slots_of(wording)) for wording in self.wordings)
        return rules or f"root ::= {_sentence(_orders(self.slots, orders))}\n{_SENTENCE}"

    def read(self, text: str) -> str:
        """The sentence of a reply."""
        return _said(text, "sentence")


@dataclass(frozen=True, slots=True)
class Passage:
    """One paragraph with the slots of several claims, each once and a claim's together."""

    groups: tuple[tuple[str, ...], ...]
    """The slots of each claim, in the claims' order; no two alike."""

    def schema(self) -> dict[str, Any]:
        """An object with one paragraph."""
        return _object("paragraph", {"type": "string", "maxLength": _LONGEST * max(1, len(self.groups))})

    def grammar(self) -> str:
        """Sentences without digits, one a claim, its slots in any order."""
        sentences = ' " " '.join(f"({_sentence(_orders(group, ()))})" for group in self.groups)
        return f"root ::= {sentences}\n{_SENTENCE}"

    def read(self, text: str) -> str:
        """The paragraph of a reply."""
        return _said(text, "paragraph")


@dataclass(frozen=True, slots=True)
class Choice:
    """One of some options, by its letter."""

    number: int

    def schema(self) -> dict[str, Any]:
        """An object with one letter."""
        return _object("choice", {"type": "string", "enum": list(_LETTERS[: self.number])})

    def grammar(self) -> str:
        """One letter."""
        return f"root ::= [{_LETTERS[0]}-{_LETTERS[self.number - 1]}]\n"

    def read(self, text: str) -> str:
        """The letter of a reply.

        Raises:
            ValueError: If it is none of the options'.
        """
        said = _said(text, "choice").strip(" .:)\"'").lower()
        if len(said) != 1 or said not in _LETTERS[: self.number]:
            raise ValueError(f"{said[:20]!r} is none of {self.number} options")
        return said


def _orders(slots: tuple[str, ...], known: Sequence[tuple[str, ...]]) -> tuple[tuple[str, ...], ...]:
    """The orders that a grammar allows."""
    fitting = [order for order in dict.fromkeys(known) if sorted(order) == sorted(slots)]
    if not fitting:
        fitting = list(permutations(slots)) if len(slots) <= _ALL_ORDERS else [slots]
    return tuple(fitting[:_ORDERS])


def _sentence(orders: tuple[tuple[str, ...], ...]) -> str:
    """A sentence as a tree: what may begin it, and after each slot what may follow."""
    if not orders[0]:
        return 'first tail "."'
    return f"lead? ({_tree(orders)})"


def _tree(orders: Iterable[tuple[str, ...]]) -> str:
    heads: dict[str, list[tuple[str, ...]]] = {}
    for order in orders:
        heads.setdefault(order[0], []).append(order[1:])
    return " | ".join(
        f'"{{{slot}}}" ' + (f"mid ({_tree(rest)})" if rest[0] else 'tail "."') for slot, rest in heads.items()
    )


def _object(key: str, kind: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": {key: kind}, "required": [key], "additionalProperties": False}


def _said(text: str, key: str) -> str:
    """The value of a JSON reply, or a reply that is plain text as it stands.

    Raises:
        ValueError: If it begins as JSON and is none with this key.
    """
    bare = text.strip()
    if not re.match(r"[\[{]\s*\"", bare):
        return bare
    try:
        value = json.loads(bare)
    except RecursionError:
        raise ValueError("JSON of too many levels") from None
    said = value.get(key) if isinstance(value, dict) else None
    if not isinstance(said, str):
        raise ValueError(f"no {key} in the reply")  # noqa: TRY004 - a reply of the wrong form, not a wrong call
    return said.strip()
