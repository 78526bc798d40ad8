"""The forms of replies: a sentence, a woven paragraph, a choice.

Each form is a JSON schema for servers that constrain by one, a grammar for llama.cpp, and a reader that takes either.
The grammars cannot emit a digit: they have no letter for one.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from itertools import permutations
from typing import Any

__all__ = ["Choice", "Line", "Passage"]

_LONGEST = 300
"""Characters of a sentence."""
_TEXT = "text ::= [a-zA-Z ,;:'-]*\n"
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True, slots=True)
class Line:
    """One sentence with each of its slots once."""

    slots: tuple[str, ...]

    def schema(self) -> dict[str, Any]:
        """An object with one sentence."""
        return _object("sentence", {"type": "string", "maxLength": _LONGEST})

    def grammar(self) -> str:
        """Words without digits, each slot once in any order, one full stop."""
        orders = permutations(f'"{{{slot}}}"' for slot in self.slots)
        return f'root ::= {" | ".join(" text ".join(("", *order, "")) for order in orders)} "."\n{_TEXT}'

    def read(self, text: str) -> str:
        """The sentence of a reply."""
        return _said(text, "sentence")


@dataclass(frozen=True, slots=True)
class Passage:
    """One paragraph with the slots of several claims, each once."""

    slots: tuple[str, ...]

    def schema(self) -> dict[str, Any]:
        """An object with one paragraph."""
        return _object("paragraph", {"type": "string", "maxLength": _LONGEST * max(1, len(self.slots))})

    def grammar(self) -> str:
        """Words without digits, the slots in their order."""
        order = (f'"{{{slot}}}"' for slot in self.slots)
        return f'root ::= {" text ".join(("", *order, ""))} "."\n' + _TEXT.replace(",;", ".,;")

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
        return f"root ::= {' | '.join(json.dumps(letter) for letter in _LETTERS[: self.number])}\n"

    def read(self, text: str) -> str:
        """The letter of a reply.

        Raises:
            ValueError: If it is none of the options'.
        """
        said = _said(text, "choice").strip().lower()
        if len(said) != 1 or said not in _LETTERS[: self.number]:
            raise ValueError(f"{said[:20]!r} is none of {self.number} options")
        return said


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
    value = json.loads(bare)
    said = value.get(key) if isinstance(value, dict) else None
    if not isinstance(said, str):
        raise ValueError(f"no {key} in the reply")  # noqa: TRY004 - a reply of the wrong form, not a wrong call
    return said.strip()
