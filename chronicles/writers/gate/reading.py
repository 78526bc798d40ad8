"""A wording read: its words looked up one by one, contractions opened, phrases taken as one, slots and signs between.

Reading decides nothing; the checks of sense, role and order look at the same list of words.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from chronicles.writers.gate.lexicon import Lexicon, Word, group, load_lexicon

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["SLOT", "read", "tokens"]

_TOKEN = re.compile(r"\{[a-z_]+\}|[A-Za-z]+(?:-[A-Za-z]+)*(?:['’][a-z]{1,2}\b)?|[.,;:?!—–…()\"“”-]|['’]s\b")
_CONTRACTED = {"s": "is", "re": "are", "ve": "have", "ll": "will", "d": "would", "m": "am"}
_SUBJECTS = group("it that there here what who where how he she nobody nothing everything this let i")
"""Words after which `'s` is a verb."""
_NEGATED = {"ca": "can", "wo": "will", "sha": "shall"}
_LONGEST = 40
"""Letters of a word that is worth remembering."""
SLOT = "slot"
"""Tag of a slot."""
_GENITIVE = Word("'s", "'s", "'s", beside="'s", coarse="'s", item="'s")


def tokens(wording: str) -> list[str]:
    """The words, slots and signs of a wording, as they are written."""
    return _TOKEN.findall(wording)


def read(wording: str, vocabulary: Mapping[str, Word]) -> list[Word] | str:
    """Look up the words of a wording.

    Args:
        wording: The sentence.
        vocabulary: Words beyond the lexicon, by form.

    Returns:
        Its words, slots and signs; or the first word that is not known.
    """
    lexicon = load_lexicon()
    known = lexicon.memory
    found: list[Word] = []
    joins = False
    for token in _TOKEN.findall(wording):
        words = known.get(token) or _look_up(token, lexicon)
        if not words:
            own = vocabulary.get(token.lower())
            if own is None:
                return str(token)
            words = (own,)
        found += words
        joins = joins or words[0].text in lexicon.phrases
    return _joined(found, lexicon) if joins else found


@lru_cache(maxsize=512)
def _slot(token: str) -> tuple[Word, ...]:
    return (Word(token, token, SLOT, beside=SLOT, coarse=SLOT, item=token),)


def _look_up(token: str, lexicon: Lexicon) -> tuple[Word, ...]:
    """The words of a token; none where it is not known."""
    if token[0] == "{":
        return _slot(token)
    words = _words_of(token, lexicon.words)
    if words and len(token) < _LONGEST:
        lexicon.memory[token] = words
    return words


def _words_of(token: str, words: Mapping[str, Word]) -> tuple[Word, ...]:
    if not token[0].isalpha() and token[0] not in "'’":
        beside = "," if token[0] == "," else "|"
        return (Word(token, token, token, beside=beside, coarse=token, item=token),)
    lower = token.lower().replace("’", "'")
    if lower == "cannot":
        return (words["can"], words["not"])
    if lower in words:
        return (words[lower],)
    if "'" in lower:
        return _opened(lower, words)
    parts = lower.split("-")
    return tuple(words[part] for part in parts) if len(parts) > 1 and all(part in words for part in parts) else ()


def _opened(lower: str, words: Mapping[str, Word]) -> tuple[Word, ...]:
    """A contraction, or a word with the sign of the genitive."""
    stem, _, end = lower.partition("'")
    if not stem:
        return (_GENITIVE,)
    if end == "t" and stem.endswith("n"):
        verb = _NEGATED.get(stem[:-1], stem[:-1])
        return (words[verb], words["not"]) if verb in words else ()
    if stem not in words:
        return ()
    if end == "s" and stem not in _SUBJECTS:
        return (words[stem], _GENITIVE)
    full = "us" if (stem, end) == ("let", "s") else _CONTRACTED.get(end, "")
    return (words[stem], words[full]) if full in words else ()


def _joined(words: list[Word], lexicon: Lexicon) -> list[Word]:
    """The words with phrases as one."""
    phrases = lexicon.phrases
    found: list[Word] = []
    at, last = 0, len(words) - 1
    while at <= last:
        word = words[at]
        seconds = phrases.get(word.text) if at < last else None
        options = seconds.get(words[at + 1].text) if seconds else None
        whole = _phrase(words, at + 2, options) if options else None
        found.append(word if whole is None else whole[0])
        at = at + 1 if whole is None else whole[1]
    return found


def _phrase(words: Sequence[Word], at: int, options: Sequence[tuple[tuple[str, ...], Word]]) -> tuple[Word, int] | None:
    """The phrase whose third word stands here, and where it ends."""
    for rest, whole in options:
        end = at + len(rest)
        if not rest or tuple(word.text for word in words[at:end]) == rest:
            return whole, end
    return None
