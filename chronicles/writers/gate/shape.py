"""The shape of a wording: its signs, its slots, its length, how it begins and ends; nothing of what its words mean.

A wording may have ASCII letters, slots, single spaces and the signs of plain prose, nothing else. Where something else
stands in it, the sign found says which reason is given, the worst first. What passes here can neither act as Markdown,
HTML or a link, nor show a numeral of any script, whatever the words may say.

Most wordings are of one shape: words and slots with single spaces, a comma here and there, a capital at the beginning.
One pattern tells these, which are sound in every respect; only of the others is it asked what is odd about them.
"""

from __future__ import annotations

import re
import unicodedata
from string import ascii_letters

from chronicles.claims.template import slots_of
from chronicles.writers.gate.refusal import Refusal

__all__ = ["OPEN_ENDS", "SLOT", "is_sound", "odd_sentence", "odd_sign", "odd_slots", "slotless", "unsafe"]

SLOT = re.compile(r"\{[a-z_]+\}")
OPEN_ENDS = (",", ";", ":", "—", "–")
"""How a wording ends that the next one goes on with."""

# Letters are taken whole (`++`), so that what is not sound fails at once.
_LETTERS = r"(?![a-f]{7})[a-z]++"
_MORE_LETTERS = rf"(?:-{_LETTERS})*(?:['’][a-z]{{1,2}})?"
_SOUND_SLOT = r"\{[a-z_]++\}(?:['’]s)?"
_SOUND_WORD = rf"(?:{_LETTERS}{_MORE_LETTERS}|{_SOUND_SLOT}|I(?:['’][a-z]{{1,2}})?)"
_SOUND_SENTENCE = rf"(?:[A-Z][a-z]*+{_MORE_LETTERS}|{_SOUND_SLOT})(?:(?:[,;:]| [—–])? {_SOUND_WORD})*[.?!]"
_SOUND = re.compile(rf"{_SOUND_SENTENCE}(?: {_SOUND_SENTENCE})?")
# The patterns below begin with a sign wherever they can, and look back from it: so a search passes over letters.
_PLAIN = re.compile(r"(?:[A-Za-z ,.;:'’?!—–-]++|\{[a-z_]++\})+")
_GLUED = re.compile(r"[{}](?:(?<=[A-Za-z0-9'’}-]\{)|(?<=\})(?:[A-Za-z0-9{(-]|['’](?!s\b)))")
_MAY_LINK = re.compile(r"[:@]|\.[a-z]|www|dot ")
"""What every link has, of small letters."""
_LINK = re.compile(
    r"(?<=[a-z]{2})://|\bwww\.|\b(?:mailto|javascript|data|tel):|(?<=[\w.+-])@\w"
    r"|\w-*\.(?:com|org|net|io|dev|ai|edu|gov|co|app|me|info|uk|de|cn|ru|fr|jp)\b"
    r"|\bdot (?:com|org|net|io)\b"
)
"""Of small letters; with them a search may tell by the first letter where to look."""
_INNER = re.compile(r"[.:A-Z](?:(?<=[A-Za-z][.:])[A-Za-z]|(?<=[a-z-][A-Z])|(?<=\b[A-Z])(?!(?<=C)I\b)[A-Z])")
_SNAKE = re.compile(r"[A-Za-z]_[A-Za-z]|[A-Za-z]_\b")
_HASH = re.compile(r"\b(?=[a-f0-9]*\d)(?=[a-f0-9]*[a-f])[a-f0-9]{6,40}\b|\b[a-f]{7,40}\b", re.IGNORECASE)
_PATH = re.compile(
    r"[/\\~.](?:(?<=[\w.~][/\\])[\w.-]|(?<!\S[/~])(?<=[/~])\w"
    r"|(?<=\w\.)(?:py|js|ts|rs|go|c|h|cc|cpp|java|md|toml|json|ya?ml|txt|sh|rb|cfg|ini|lock|html|css)\b)"
)
_UNSAFE = re.compile(r"[<>{}\[\]`*_\\|]")
_MARKUP = re.compile(r"[<>{}\[\]`*_\\|#~^&=+$]|^\s*[-+>]\s")
_ORDINARY = frozenset(ascii_letters + " ,.;:'’?!—–-")
_PLAIN_HASH = re.compile(r"[a-f]{7}(?<=\b[a-f]{7})")
_SPACING = re.compile(
    r"[ ,;:.?!'’](?:(?<=[ ,;:.?!])[ ,;:.?!](?<![,;:.?!] )(?<!\.\.)|(?<=[,;:!?])[A-Za-z{]"
    r"|(?<=\A )|(?<= )\Z|(?<=['’])(?:(?<![A-Za-z}].)|(?![a-z])))"
)
_ENDS = re.compile(r"[.?!…](?=[\s\"”)]|$)")
_BEGINS = re.compile(r"""["“(]?(?:[A-Z]|\{)""")
_GOES_ON = re.compile(r"[A-Za-z{]")
_SENTENCE = re.compile(r"(?<=[.?!])\s+")
_LEAD = 3
"""Words before a colon that may be somebody's talk: `Answer:`, `Not so:`."""
_LONGEST = 45
"""Words of a wording outside its slots; the longest built-in one has 19."""


def slotless(wording: str) -> list[str]:
    """The sentences of a wording that hold no slot, and a word or two before a colon."""
    if ":" not in wording and ". " not in wording and "? " not in wording and "! " not in wording:
        return [] if "{" in wording else [wording]
    found = [one for one in _SENTENCE.split(wording) if "{" not in one]
    lead, colon, _ = wording.partition(":")
    if colon and "{" not in lead and lead.count(" ") < _LEAD:
        found.append(lead)
    return found


def is_sound(wording: str) -> bool:
    """Whether a wording is a sentence or two of small words and slots, in which neither sign nor length is odd.

    Of such a wording `odd_sign` and `odd_sentence` would say nothing wherever it stands; it has no quotation, and no
    capital but where a sentence begins.
    """
    return _has_length(wording) and _SOUND.fullmatch(wording) is not None


def odd_slots(wording: str, slots: tuple[str, ...]) -> Refusal | None:
    """Whether the slots are other than they should be.

    Args:
        wording: The sentence.
        slots: Those of the claim, sorted.
    """
    return None if tuple(sorted(slots_of(wording))) == slots else Refusal.SLOTS


def unsafe(wording: str) -> Refusal | None:
    """What no wording may hold, not even one of a person's own persona file."""
    bare = SLOT.sub("", wording)
    if any(char.isnumeric() for char in bare):
        return Refusal.DIGIT
    if any(_hidden(char) for char in bare):
        return Refusal.CONTROL
    return Refusal.MARKUP if _UNSAFE.search(bare) else None


def odd_sign(wording: str) -> Refusal | None:
    """What stands in a wording that is neither English letter, slot nor sign of prose."""
    if not _PLAIN.fullmatch(wording):
        return _classified(wording)
    if _GLUED.search(wording):
        return Refusal.SLOTS
    bare = SLOT.sub(" ", wording)
    if _INNER.search(bare):
        return _inside(bare)
    if _PLAIN_HASH.search(bare):
        return Refusal.HASH
    return Refusal.SIGN if _SPACING.search(wording) else None


def odd_sentence(wording: str, *, goes_on: bool, may_go_on: bool) -> Refusal | None:
    """Whether a wording neither begins nor ends as one should at its place.

    Args:
        wording: The sentence or the piece of one.
        goes_on: Whether the wording before it ended open.
        may_go_on: Whether this one may end open.
    """
    if not _has_length(wording):
        return Refusal.LENGTH
    begins = (_GOES_ON if goes_on else _BEGINS).match(wording)
    ended = wording.rstrip('"”)')[-1:] in (".", "?", "!") and not wording.endswith("...")
    if not begins or not (ended or (may_go_on and wording.endswith(OPEN_ENDS))):
        return Refusal.SENTENCE
    return Refusal.SENTENCE if len(_ENDS.findall(wording)) > _SENTENCES else None


_SENTENCES = 2


def _has_length(wording: str) -> bool:
    words = wording.count(" ") + 1
    return wording.count("{") < words <= _LONGEST


def _classified(wording: str) -> Refusal:
    """The worst of what stands in a wording that is not plain."""
    bare = SLOT.sub(" ", wording)
    odd = set(bare) - _ORDINARY
    tests = (
        (Refusal.LINK, lambda: _has_link(bare)),
        (Refusal.CONTROL, lambda: any(_hidden(char) for char in odd)),
        (Refusal.HASH, lambda: any(char.isdecimal() for char in odd) and _HASH.search(bare)),
        (Refusal.PATH, lambda: _PATH.search(bare) and odd.isdisjoint("<>")),
        (Refusal.DIGIT, lambda: any(char.isnumeric() for char in odd)),
        (Refusal.CODE_NAME, lambda: _SNAKE.search(bare) and odd.isdisjoint("`*<>[]")),
        (Refusal.MARKUP, lambda: _MARKUP.search(bare)),
        (Refusal.SCRIPT, lambda: any(char.isalpha() and not char.isascii() for char in odd)),
    )
    return next((reason for reason, test in tests if test()), Refusal.SIGN)


def _inside(bare: str) -> Refusal:
    """What a word is that has a capital, a full stop or a colon inside."""
    if _has_link(bare):
        return Refusal.LINK
    if _PATH.search(bare):
        return Refusal.PATH
    return Refusal.MARKUP if re.search(r"(?:^|\s):[A-Za-z]+:", bare) else Refusal.CODE_NAME


def _has_link(bare: str) -> bool:
    lower = bare.casefold()
    return _MAY_LINK.search(lower) is not None and _LINK.search(lower) is not None


def _hidden(char: str) -> bool:
    """Whether a character cannot be seen, or moves what can."""
    return char != " " and (
        not char.isprintable() or unicodedata.category(char) in {"Cc", "Cf", "Co", "Cs", "Zs", "Mn"}
    )
