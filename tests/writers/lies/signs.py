"""Lies of numbers, slots, letters and lengths: what can be seen without understanding a word."""

from __future__ import annotations

import re
import string
from typing import TYPE_CHECKING

from chronicles.claims import TEMPLATES
from chronicles.claims.template import slots_of

from .way import Told, Way
from .words import SLOT, before, tail

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

__all__ = ["ways"]


def ways() -> Iterator[Way]:
    """All of them."""
    for lie, reasons in (
        (_digits, "slots"),
        (_digit_beside, "digit"),
        (_spelt, "slots"),
        (_missing, "slots"),
        (_doubled, "slots"),
        (_invented_slot, "slots"),
        (_renamed, "slots"),
        (_other_case, "slots"),
        (_other_braces, "slots"),
        (_letters, "script"),
        (_stacked, "control character|slots"),
        (_capitals, "code name|echo"),
        (_unspaced, "control character|slots|code name|sign"),
        (_loop, "loop|length|grammar"),
        (_said_again, "sentence|length"),
        (_endless, "length"),
        (_nothing, "slots"),
        (_cut_off, "sentence"),
        (_backwards, "sentence|role|grammar"),
    ):
        yield Way(lie.__name__.strip("_"), lie, frozenset(reasons.split("|")))


def _digits(told: Told, chance: Random) -> str:
    """A figure in the place of a slot's, as a model gives that was shown the value."""
    slot = chance.choice(told.slots)
    return told.wording.replace(slot, f"{chance.randrange(2, 9999):,} {slot.strip('{}')}")


def _digit_beside(told: Told, chance: Random) -> str:
    return before([str(chance.randrange(100)), f"{chance.random():.2f} of", f"{chance.randrange(9)}x"], told, chance)


def _spelt(told: Told, chance: Random) -> str:
    words = ("nine files", "three days", "a dozen lines", "half of it", "twice as much")
    return told.wording.replace(chance.choice(told.slots), chance.choice(words))


def _missing(told: Told, chance: Random) -> str:
    return told.wording.replace(chance.choice(told.slots), chance.choice(("it", "", "something", "the file", "…")))


def _doubled(told: Told, chance: Random) -> str:
    return tail([f", and {chance.choice(told.slots)}", f", in {chance.choice(told.slots)}"], told, chance)


def _invented_slot(told: Told, chance: Random) -> str:
    known = {slot for template in TEMPLATES.values() for slot in slots_of(template.skeleton)}
    foreign = chance.choice(sorted(known - set(slots_of(told.wording))))
    return tail([f", with {{{foreign}}}", ", with {bugs}", f" ({{{foreign}}})"], told, chance)


def _renamed(told: Told, chance: Random) -> str:
    slot = chance.choice(told.slots)
    name = slot.strip("{}")
    other = chance.choice((f"{name}s", "path", "number", name[:-1], f"the_{name}", f"{name}_name", f"change.{name}"))
    return told.wording.replace(slot, f"{{{other}}}")


def _other_case(told: Told, chance: Random) -> str:
    slot = chance.choice(told.slots)
    return told.wording.replace(slot, chance.choice((slot.upper(), slot.title(), slot.swapcase())))


def _other_braces(told: Told, chance: Random) -> str:
    slot = chance.choice(told.slots)
    name = slot.strip("{}")
    shapes = ("[{}]", "<{}>", "${}", "({})", "%{}%", "{{{{{}}}}}", "{{ {} }}", "{{{}", "{}}}", "｛{}｝", "{{{}!r}}")
    more = ("{{{}.__class__}}", "{{{}:>99999}}", "{{{}[0]}}", "{{\u200b{}}}", "${{{}}}", "{{{{ {} }}}}")
    return told.wording.replace(slot, chance.choice(shapes + more).format(name))


_ALIKE_LETTERS = str.maketrans("aceopxyijsABEHKMOPTX", "асеорхуіјѕАВЕНКМОРТХ")
_WIDE = str.maketrans(string.ascii_letters, "".join(chr(ord(one) + 0xFEE0) for one in string.ascii_letters))
_BOLD = {ord(one): 0x1D41A + at for at, one in enumerate(string.ascii_lowercase)}
_GREEK = str.maketrans("oavunpt", "οανυηρτ")
_ACCENTS = str.maketrans("aeiou", "áéíóú")


def _letters(told: Told, chance: Random) -> str:
    """One word, or all, in letters that only look like English ones."""
    table = chance.choice((_ALIKE_LETTERS, _WIDE, _BOLD, _GREEK, _ACCENTS))
    pieces = SLOT.split(told.wording)
    return "".join(piece if at % 2 else piece.translate(table) for at, piece in enumerate(pieces))


def _stacked(told: Told, chance: Random) -> str:
    """Marks that stand on the letters before them."""
    marks = "".join(chr(chance.randrange(0x300, 0x36F)) for _ in range(chance.randrange(1, 9)))
    at = chance.randrange(len(told.wording))
    return told.wording[: at + 1] + marks + told.wording[at + 1 :]


def _capitals(told: Told, chance: Random) -> str:
    pieces = SLOT.split(told.wording)
    if not any(re.search(r"[A-Za-z]{3}", piece) for piece in pieces[::2]):
        return f"THIS IS {told.wording}"
    shout = chance.choice((str.upper, str.title, str.swapcase))
    return "".join(piece if at % 2 else shout(piece) for at, piece in enumerate(pieces))


def _unspaced(told: Told, chance: Random) -> str:
    gap = chance.choice(("", "_", "  ", "\u00a0", "\u2003", "-", "\t", ".", "\u3000"))
    return told.wording.replace(" ", gap) if " " in told.wording else f"{told.wording}{gap}\t"


def _loop(told: Told, chance: Random) -> str:
    words = re.findall(r"[a-z]{3,}", SLOT.sub(" ", told.wording)) or ["so"]
    word = chance.choice(words)
    return tail([f"{', ' if chance.random() < 0.5 else ' '}{word}" * chance.randrange(4, 40)], told, chance)


def _said_again(told: Told, chance: Random) -> str:
    bare = SLOT.sub("it", told.wording)
    return " ".join([told.wording, *[bare] * chance.randrange(2, 6)])


def _endless(told: Told, chance: Random) -> str:
    """Ten thousand characters of words that may each stand."""
    words = re.findall(r"[a-z]+", SLOT.sub(" ", told.wording)) or ["so"]
    return tail([", and " + " ".join(chance.choices(words, k=10_000 // 4))], told, chance)


def _nothing(told: Told, chance: Random) -> str:
    return chance.choice(("", " ", ".", "…", "\n", "-", "null", "N/A", "\u200b", "{}", "?"))


def _cut_off(told: Told, chance: Random) -> str:
    """A reply that ends in the middle: behind its last slot, words are begun and not ended."""
    end = told.wording.rfind("}") + 1
    return told.wording[:end] + chance.choice(
        (" and the", " which", " of", ", not", " because", " is a", ", but", " th")
    )


def _backwards(told: Told, chance: Random) -> str:
    words = told.wording.rstrip(".!?").split()
    if len(words) < 4:
        return f"{told.wording.rstrip('.!?')} of of the."
    mixed = words[::-1] if chance.random() < 0.5 else chance.sample(words, len(words))
    return " ".join(mixed if mixed != words else words[::-1]) + "."
