r"""Text of strangers as data inside a prompt, and how many tokens text may be.

`quoted` writes a JSON string, so that no line break of the text breaks a line of the prompt. Beyond what JSON asks
for, it escapes what means something to a model's host or to our own tasks: `<` and `>`, since llama.cpp and others
read `<|im_end|>` or `</s>` anywhere in a prompt as control tokens; `[` before a word in brackets, which is what such
tokens look like in other families (`[INST]`); the wide bar and signs of the same use in scripts of full width; and
braces, so that the only placeholders in a prompt are those of the claims. A reader of JSON gets the same text back,
less what cannot be seen.
"""

from __future__ import annotations

import json
import re
import unicodedata

__all__ = ["quoted", "quoted_wording", "seen", "tokens_at_most"]

_TELLING = re.compile(r"[<>{}\uff5c\uff1c\uff1e\u2581]|\[(?=/?\w+\])")
_SLOT = re.compile(r"(\{[a-z_]+\})")
_EMPTY = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]")
"""Letters and marks that are drawn as nothing."""
_HIDING = frozenset({"Cc", "Cf", "Cs", "Co"})
_WORD = re.compile(r"[ ]?[A-Z]?[a-z]+|[ ]?[A-Z]|[ ]|[^A-Za-z ]")
_LETTERS_PER_TOKEN = 3
"""Of a word, rarely fewer: English words are one token of five letters, and identifiers break into parts of three."""


def seen(text: str) -> str:
    """Text without characters that show nothing or turn those around them; letters of every script stay."""
    if text.isascii() and text.isprintable():
        return text
    bare = _EMPTY.sub("", text.replace("\t", " "))
    return "".join(char for char in bare if char == "\n" or unicodedata.category(char) not in _HIDING)


def quoted(text: str) -> str:
    """Text as a JSON string that nothing but a reader of JSON makes anything of."""
    written = json.dumps(seen(text), ensure_ascii=False)
    return _TELLING.sub(lambda found: f"\\u{ord(found[0]):04x}", written)


def quoted_wording(wording: str) -> str:
    """A wording as a JSON string, its placeholders left as they are."""
    pieces = _SLOT.split(wording)
    return f'"{"".join(piece if at % 2 else quoted(piece)[1:-1] for at, piece in enumerate(pieces))}"'


def tokens_at_most(text: str) -> int:
    """How many tokens a text is, on the safe side, for any vocabulary of the usual kind.

    Words count a token for every three letters begun, capitals inside them, other signs and digits one each, and what
    is not ASCII one for every byte, which is what a vocabulary that has never met a script falls back to.
    """
    return sum(_cost(found[0]) for found in _WORD.finditer(text))


def _cost(piece: str) -> int:
    bare = piece.strip(" ")
    if bare.isascii() and bare.isalpha():
        # Two letters in the midst of others are no word of a vocabulary: base64 is made of such.
        return len(bare) if bare == piece and len(bare) < _LETTERS_PER_TOKEN else -(-len(bare) // _LETTERS_PER_TOKEN)
    return len(piece.encode(errors="replace"))
