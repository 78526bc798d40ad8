"""Which claims a page tells, in which section and whose voice.

Length follows news. Below five changed lines one voice says one sentence; below fifty two voices speak and Why It
Matters has one sentence of ours; a bigger change is told in full. A claim stands once on a page, and a persona
speaks only to claims of its own lens, so four voices say four different things.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from chronicles.evidence.dossier import Claim, Dossier, Lens, Section

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from chronicles.personas import Cast, Persona

__all__ = ["THRESHOLD", "Part", "Sentence", "Size", "Writer", "cast_page", "size_of"]

THRESHOLD = 0.3
"""Salience below which a claim is true but no news."""

_NOTE, _BRIEF = 5, 50
_STRUCTURE = ("move", "public", "first", "dependency", "kind")
"""Families that tell of structure, hence of the architecture section."""


@dataclass(frozen=True, slots=True)
class Size:
    """How much a page may say, by the lines its subject changed."""

    name: str
    voices: int
    sentences: int
    """A voice's, at most."""
    why: int
    architecture: int
    deep_dive: int


_SIZES = (
    (_NOTE, Size("note", voices=1, sentences=1, why=0, architecture=0, deep_dive=0)),
    (_BRIEF, Size("brief", voices=2, sentences=2, why=1, architecture=0, deep_dive=0)),
)
_DOSSIER = Size("dossier", voices=4, sentences=2, why=3, architecture=2, deep_dive=3)


def size_of(churn: float, files: float) -> Size:
    """The size of a page; a change of many files is a dossier even where no line was counted (moves, binaries)."""
    weight = churn + 5 * max(0, files - 1)
    return next((size for limit, size in _SIZES if (churn < limit and weight < _BRIEF) or weight < limit), _DOSSIER)


@dataclass(frozen=True, slots=True)
class Part:
    """One claim with its place on the page."""

    claim: Claim
    section: Section
    persona: Persona


@dataclass(frozen=True, slots=True)
class Sentence:
    """A wording that stands on a page."""

    claim: str
    """Id of the claim; empty for a stage direction."""
    section: str
    persona: str
    writer: str
    wording: str
    """The sentence with its slots still in it."""


class Writer(Protocol):
    """Gives claims wordings."""

    name: str

    def write(self, dossier: Dossier, parts: Sequence[Part], cast: Cast) -> tuple[Sentence, ...]:
        """Word the parts of one page, in their order; stage directions may stand between them."""
        ...


def cast_page(dossier: Dossier, cast: Cast) -> tuple[Part, ...]:
    """Choose the parts of a page, in the order in which they stand on it."""
    size = size_of(dossier.ledger.number("change.churn"), dossier.ledger.number("change.files"))
    left = [claim for claim in dossier.claims if claim.salience >= THRESHOLD]
    spoken = _first_words(left, cast, size.voices)
    _take(left, spoken.values())
    why = _unlike(left, size.why)
    _take(left, why)
    architecture = [claim for claim in left if claim.family in _STRUCTURE][: size.architecture]
    _take(left, architecture)
    if size.architecture and not architecture:
        architecture = _lent(why, lambda claim: claim.family in _STRUCTURE)
    dive = [claim for claim in left if claim.lens is Lens.CRAFT][: min(size.deep_dive, 1)]
    _take(left, dive)
    if size.deep_dive and not dive:
        dive = _lent(why, lambda claim: claim.lens is Lens.CRAFT)
    parts = [Part(claim, Section.WHY, cast.narrator) for claim in why]
    for voice in cast.voices:
        if voice.key not in spoken:
            continue
        parts.append(Part(spoken[voice.key], Section.ROUNDTABLE, voice))
        more = [claim for claim in left if claim.lens is voice.lens and _apart(claim, spoken[voice.key])]
        for claim in more[: min(size.sentences, voice.sentences) - 1]:
            parts.append(Part(claim, Section.ROUNDTABLE, voice))
            left.remove(claim)
    parts += [Part(claim, Section.ARCHITECTURE, cast.narrator) for claim in architecture]
    diver = cast.of(Lens.CRAFT)
    dive += [claim for claim in left if claim.lens is Lens.CRAFT][: max(0, size.deep_dive - len(dive))]
    if diver and dive:
        parts += [Part(claim, Section.DEEP_DIVE, diver) for claim in dive]
    return tuple(parts)


def _lent(why: list[Claim], fits: Callable[[Claim], bool]) -> list[Claim]:
    """The weakest fitting claim of Why It Matters, for a section that would stand empty; one always stays there."""
    for claim in reversed(why[1:]):
        if fits(claim):
            why.remove(claim)
            return [claim]
    return []


def _first_words(claims: Sequence[Claim], cast: Cast, voices: int) -> dict[str, Claim]:
    """The strongest claim of each lens, for as many voices as may speak, the strongest lenses first."""
    spoken: dict[str, Claim] = {}
    for claim in claims:
        voice = cast.of(claim.lens)
        if voice and voice.key not in spoken and len(spoken) < voices:
            spoken[voice.key] = claim
    return spoken


def _take(left: list[Claim], taken: Iterable[Claim]) -> None:
    gone = {claim.id for claim in taken}
    left[:] = [claim for claim in left if claim.id not in gone]


def _unlike(claims: Sequence[Claim], number: int) -> list[Claim]:
    """The strongest claims of different families about different facts."""
    chosen: list[Claim] = []
    for claim in claims:
        if len(chosen) < number and all(claim.family != one.family and _apart(claim, one) for one in chosen):
            chosen.append(claim)
    return chosen


def _apart(claim: Claim, other: Claim) -> bool:
    """Whether two claims may follow one another in a voice: not about the very same facts."""
    return not set(claim.slots.values()) & set(other.slots.values())
