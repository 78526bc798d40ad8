"""What a number counts.

"38 lines" is false where only 38 files are known, so a number is compared together with its noun. A noun is read from
the words around a number by a few fixed rules rather than by grammar: the word that is counted, what qualifies it
("added", "Python"), and what it is counted per. Words that say the same ("adds", "insertions", "lines added") become
one; words that add nothing ("changed", "in total") are dropped; any other word before the counted one makes it another
thing, because 38 files are not 38 Python files.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["NUMBER_WORDS", "UNKNOWN", "Noun", "fits", "is_unit", "read_noun"]

_NUMBER_WORDS = """
    zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen
    eighteen nineteen twenty
"""
NUMBER_WORDS = {word: value for value, word in enumerate(_NUMBER_WORDS.split())}
"""Numbers as running text writes them."""

_COUNTED_WORDS = """
    line file folder directory component commit change merge test case function method class module import symbol
    dependency package author contributor person name secret hunk page episode patch day week month year hour minute
    second times percent point score run sample token byte release tag version rename move revert caller
"""
_COUNTED = frozenset(_COUNTED_WORDS.split())
"""Words that are taken for what is counted wherever they stand after a number."""

_SAME = {
    "add": ("line", "added"),
    "addition": ("line", "added"),
    "insertion": ("line", "added"),
    "delete": ("line", "removed"),
    "deletion": ("line", "removed"),
    "removal": ("line", "removed"),
    "loc": ("line", ""),
    "dir": ("folder", ""),
    "directory": ("folder", ""),
    "people": ("person", ""),
    "x": ("times", ""),
    "×": ("times", ""),
    "time": ("times", ""),
    "%": ("percent", ""),
}
_QUALIFIERS = {
    "added": "added",
    "inserted": "added",
    "new": "added",
    "removed": "removed",
    "deleted": "removed",
    "gone": "removed",
    "dropped": "removed",
    "moved": "moved",
    "renamed": "renamed",
    "binary": "binary",
    "additive": "additive",
}
_NEUTRAL = frozenset({"changed", "modified", "touched", "adjusted", "affected", "edited", "total", "in", "whole"})
_STOP_WORDS = """
    a an the and or but of to in on at by for from with without as is are was were be been has have had do does did that
    which who this these those it its into onto over under across between against through than then so not no if when
    while since until after before behind can could will would may might must only just also still now
"""
_STOPS = frozenset(_STOP_WORDS.split())
_WORD = re.compile(r"[^\W\d_][\w'’]*|[%×]")


@dataclass(frozen=True, slots=True)
class Noun:
    """What a number counts."""

    unit: str
    """The counted word in the singular; empty when none could be read."""
    qualifiers: frozenset[str] = frozenset()
    """What narrows it: "added", "python"."""
    per: str = ""
    """What it is counted per."""


UNKNOWN = Noun("")
"""Of a number that stands alone."""


def read_noun(text: str) -> Noun:
    """Read the noun from the words that follow a number, or from a label.

    Args:
        text: Words; reading ends at punctuation and at words that end a noun phrase.
    """
    qualifiers: set[str] = set()
    others: list[str] = []
    words = _phrase(text)
    for place, word in enumerate(words):
        unit, qualifier = _unit(word)
        if unit in _COUNTED:
            if qualifier:
                qualifiers.add(qualifier)
            trailing, per = _trailing(words[place + 1 :])
            return Noun(unit, frozenset(qualifiers | trailing | set(others)), per)
        if word in _QUALIFIERS:
            qualifiers.add(_QUALIFIERS[word])
        elif word not in _NEUTRAL and word != "per":
            others.append(unit)
    return Noun(others[0] if others else "", frozenset(qualifiers))


def is_unit(word: str) -> bool:
    """Tell whether a word is one of those that are usually counted."""
    return _unit(word.lower())[0] in _COUNTED


def fits(said: Noun, known: Noun) -> bool:
    """Tell whether what a page counts is what a fact counts, or says less than that."""
    if said == UNKNOWN:
        return True
    narrowed = said.qualifiers <= known.qualifiers | {known.unit}
    return narrowed and said.unit in (known.unit, "") and said.per == known.per


def _phrase(text: str) -> list[str]:
    """Split off the words of the noun phrase, six at most."""
    words: list[str] = []
    place = 0
    for match in _WORD.finditer(text):
        word = match[0].lower()
        gap = text[place : match.start()]
        if gap.strip(" \t*_-") or len(words) == 6 or "'" in word or "’" in word:  # noqa: PLR2004 -- as the docstring says
            break
        if word in _STOPS and not (word == "in" and text[match.end() :].lstrip().startswith("total")):
            break
        words.append(word)
        place = match.end()
    return words


def _unit(word: str) -> tuple[str, str]:
    """Bring a word into the singular, and to the word that says the same."""
    single = _SAME.get(word) or _SAME.get(_singular(word))
    return single if single is not None else (_singular(word), "")


def _singular(word: str) -> str:
    if word.endswith("ies") and len(word) > 4:  # noqa: PLR2004 -- not "ties"
        return word[:-3] + "y"
    if word.endswith(("sses", "shes", "ches", "xes")):
        return word[:-2]
    return word[:-1] if word.endswith("s") and not word.endswith(("ss", "us", "is")) and len(word) > 1 else word


def _trailing(words: list[str]) -> tuple[set[str], str]:
    """Read what follows the counted word: qualifiers, and what it is counted per."""
    qualifiers: set[str] = set()
    for place, word in enumerate(words):
        if word == "per" and place + 1 < len(words):
            return qualifiers, _unit(words[place + 1])[0]
        if word in _QUALIFIERS:
            qualifiers.add(_QUALIFIERS[word])
        elif word not in _NEUTRAL:
            break
    return qualifiers, ""
