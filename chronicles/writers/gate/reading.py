"""A wording read: its words looked up one by one, contractions opened, phrases taken as one, slots and signs between.

Reading decides nothing; the checks of sense, role and order look at the same list of words.
"""

from __future__ import annotations

import re
from itertools import chain, compress, pairwise
from operator import attrgetter
from typing import TYPE_CHECKING

from chronicles.writers.gate.lexicon import Lexicon, Row, Word, group, load_lexicon

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

__all__ = ["SLOT", "Heard", "Reading", "heard", "read", "stems", "tokens"]

_TOKEN = re.compile(r"\{[a-z_]+\}|[A-Za-z]+(?:-[A-Za-z]+)*(?:['’][a-z]{1,2}\b)?|[.,;:?!—–…()\"“”-]|['’]s\b")
_CONTRACTED = {"s": "is", "re": "are", "ve": "have", "ll": "will", "d": "would", "m": "am"}
_SUBJECTS = group("it that there here what who where how he she nobody nothing everything this let i")
"""Words after which `'s` is a verb."""
_NEGATED = {"ca": "can", "wo": "will", "sha": "shall"}
_TWO_WORDS = {"cannot": ("can", "not")}
_LONGEST = 40
"""Letters of a word that is worth remembering."""
SLOT = "slot"
"""Tag of a slot."""
_TEXT = attrgetter("text")
_ENDS = frozenset({".", "!", "?"})
_GENITIVE = Word("'s", "'s", "'s", beside="'s", coarse="'s", item="'s")


def heard(wording: str) -> str:
    """A wording as it sounds: in small letters, with one kind of apostrophe."""
    return wording.casefold().replace("’", "'")


def tokens(wording: str) -> list[str]:
    """The words, slots and signs of a wording, as they are written."""
    return _TOKEN.findall(wording)


class Heard:
    """A wording as it sounds, for what is looked for before its words are looked up."""

    __slots__ = ("pairs", "parted", "said", "text")

    def __init__(self, wording: str) -> None:
        self.text = heard(wording)
        self.said = tokens(self.text)
        """Its words, slots and signs."""
        self.parted = self.said if "'" not in self.text else stems(self.text)
        """The same, parted at apostrophes: a phrase may end there."""
        self.pairs = frozenset(pairwise(self.parted))
        """Each two of these that stand in a row."""


def stems(text: str) -> list[str]:
    """The words, slots and signs of a text in small letters, parted at apostrophes."""
    return [one for word in tokens(text) for one in word.split("'") if one]


class Reading(list[Word]):
    """The words, slots and signs of a wording, with what many checks ask of it first."""

    __slots__ = ("distinct", "ends", "slots", "texts")

    def __init__(self, words: Iterable[Word]) -> None:
        super().__init__(words)
        self.texts = list(map(_TEXT, self))
        """Each as it sounds."""
        self.slots = [at for at, word in enumerate(self) if word.part]
        """Where slots stand."""
        self.ends = list(compress(range(len(self)), map(_ENDS.__contains__, self.texts)))
        """Where sentences end."""
        self.distinct = frozenset(self.texts)
        """The same without order: most wordings have none of the words that a check is about."""


def read(said: Sequence[str], vocabulary: Mapping[str, Word], slots: Mapping[str, Row]) -> Reading | int:
    """Look up the words of a wording.

    Args:
        said: Its words, slots and signs as they sound.
        vocabulary: Words beyond the lexicon, by form.
        slots: Those of the claim.

    Returns:
        Words, slots and signs, contractions opened and phrases as one; or the place of the first that is not known.
    """
    lexicon = load_lexicon()
    memory = lexicon.memory
    rows = [memory.get(token) or slots.get(token) or _look_up(token, lexicon, vocabulary) for token in said]
    if () in rows:
        return rows.index(())
    words = Reading(chain.from_iterable(rows))
    return words if lexicon.starts.isdisjoint(pairwise(words.texts)) else Reading(_joined(words, lexicon))


def _look_up(token: str, lexicon: Lexicon, vocabulary: Mapping[str, Word]) -> Row:
    """The words of a token; none where it is not known."""
    words = _words_of(token, lexicon.words)
    if words and len(token) < _LONGEST:
        lexicon.memory[token] = words
    return words or ((vocabulary[token],) if token in vocabulary else ())


def _words_of(token: str, words: Mapping[str, Word]) -> Row:
    if token[0] == "{":
        return ()
    if not token[0].isalpha() and token[0] != "'":
        beside = "," if token[0] == "," else "|"
        return (Word(token, token, token, beside=beside, coarse=token, item=token),)
    if token in _TWO_WORDS:
        return tuple(words[one] for one in _TWO_WORDS[token])
    if token in words:
        return (words[token],)
    if "'" in token:
        return _opened(token, words)
    parts = token.split("-")
    return tuple(words[part] for part in parts) if len(parts) > 1 and all(part in words for part in parts) else ()


def _opened(lower: str, words: Mapping[str, Word]) -> Row:
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
