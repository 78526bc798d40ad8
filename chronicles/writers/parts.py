"""Which claims a page tells, in which section and whose voice.

Length follows news. Below five changed lines one voice says one sentence; below fifty two voices speak and Why It
Matters has one sentence of ours; a bigger change is told in full. A claim stands once on a page, and a persona
speaks only to claims of its own lens, so four voices say four different things: of claims that tell the same from
another side one is chosen, and no file, function or commit is named more than twice.

Why It Matters begins with what was measured to be slower or faster, where a run says so, and never tells what is
undecided.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from chronicles.dossier import Claim, Dossier, Lens, Section

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from chronicles.personas import Cast, Persona

__all__ = ["PLAIN", "THRESHOLD", "Part", "Sentence", "Size", "cast_page", "size_of"]

PLAIN = "plain"
"""The writer of sentences that no model wrote."""

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
    """`plain`, or the writer whose model gave the wording."""
    wording: str
    """The sentence with its slots still in it."""


def cast_page(dossier: Dossier, cast: Cast) -> tuple[Part, ...]:
    """Choose the parts of a page, in the order in which they stand on it."""
    if dossier.subject.kind == "range":
        return _cast_patch(dossier, cast)
    size = size_of(dossier.ledger.number("change.churn"), dossier.ledger.number("change.files"))
    shelf = _Shelf(dossier)
    lead = shelf.take(min(size.why, 1), _is_verdict)
    spoken: dict[str, list[Claim]] = {}
    while len(spoken) < size.voices:
        first = shelf.take(1, lambda claim: _voice(cast, claim) not in (None, *spoken))
        if not first:
            break
        spoken[_voice(cast, first[0]) or ""] = first
    led = {claim.family for claim in lead}
    more_why = shelf.take(size.why - len(lead), lambda claim: claim.family not in led and _matters(claim), unlike=True)
    why = [*lead, *more_why]
    architecture = shelf.take(size.architecture, _is_structure)
    if size.architecture and not architecture:
        architecture = _lent(why, _is_structure)
    diver = cast.of(Lens.CRAFT)
    deep_dive = size.deep_dive if diver else 0
    dive = shelf.take(min(deep_dive, 1), _is_craft)
    if deep_dive and not dive:
        dive = _lent(why, _is_craft)
    parts = [Part(claim, Section.WHY, cast.narrator) for claim in why]
    for voice in cast.voices:
        said = spoken.get(voice.key)
        if said:
            more = min(size.sentences, voice.sentences) - 1
            said += shelf.take(more, partial(_speaks, voice), beside=said)
            parts += [Part(claim, Section.ROUNDTABLE, voice) for claim in said]
    parts += [Part(claim, Section.ARCHITECTURE, cast.narrator) for claim in architecture]
    if diver:
        dive += shelf.take(deep_dive - len(dive), _is_craft)
        parts += [Part(claim, Section.DEEP_DIVE, diver) for claim in dive]
    return tuple(parts)


_OVERVIEW, _HIGHLIGHTS = 3, 6
_SUMMARY = frozenset({"span.whole", "span.beginning", "span.broken", "span.home"})
_NEWS = frozenset(
    {
        *("span.home", "span.gone", "span.kept", "span.new"),
        *("performance.slower", "performance.faster", "performance.worse", "performance.better"),
        *("performance.all_steady", "performance.trade"),
        *("tests.added", "tests.removed", "tests.more_removed", "people.newcomers"),
    }
)
"""What is news to those who take a range over; ranks, silences and whose lines they were are an episode's to tell."""


def _cast_patch(dossier: Dossier, cast: Cast) -> tuple[Part, ...]:
    """The parts of a patch document: what the range is, then the strongest of what it brings, all by the narrator."""
    shelf = _Shelf(dossier)
    overview = shelf.take(_OVERVIEW, lambda claim: claim.id in _SUMMARY)
    highlights = shelf.take(_HIGHLIGHTS, lambda claim: claim.id in _NEWS and claim.family != "people")
    highlights += shelf.take(1, lambda claim: claim.id in _NEWS)
    return (
        *(Part(claim, Section.OVERVIEW, cast.narrator) for claim in overview),
        *(Part(claim, Section.HIGHLIGHTS, cast.narrator) for claim in highlights),
    )


def _voice(cast: Cast, claim: Claim) -> str | None:
    voice = cast.of(claim.lens)
    return voice.key if voice else None


def _speaks(voice: Persona, claim: Claim) -> bool:
    return claim.lens is voice.lens


def _is_structure(claim: Claim) -> bool:
    return claim.family in _STRUCTURE


def _is_craft(claim: Claim) -> bool:
    return claim.lens is Lens.CRAFT


def _is_verdict(claim: Claim) -> bool:
    return claim.id in ("performance.slower", "performance.faster")


def _matters(claim: Claim) -> bool:
    """What is undecided matters to who measures, and stands in the table."""
    return claim.id not in ("performance.undecided", "performance.more_blocks")


def _lent(why: list[Claim], fits: Callable[[Claim], bool]) -> list[Claim]:
    """The weakest fitting claim of Why It Matters, for a section that would stand empty; one always stays there."""
    for claim in reversed(why[1:]):
        if fits(claim):
            why.remove(claim)
            return [claim]
    return []


_THEMES = (
    ("size.rank", "size.record", "size.since", "size.ratio", "size.quiet"),
    ("size.shrinks", "size.even", "size.pure", "size.additive"),
    (
        *("undo.exact", "undo.partial", "undo.fix_up"),
        *("rewrite.undoes", "rewrite.own_soon", "rewrite.one_source", "rewrite.main_source"),
    ),
    ("rewrite.named", "message.issue_again"),
    ("rewrite.oldest", "rewrite.median", "rewrite.many_sources", "rewrite.young", "rewrite.all_young", "rewrite.own"),
    ("past.woke", "past.overslept", "past.again", "past.folder_woke", "people.other_hand"),
    ("past.hot", "past.rare", "past.veteran", "past.busy", "past.former_name", "past.streak"),
    ("reading.start", "reading.half", "size.concentrated"),
    ("tests.outweigh", "tests.added", "tests.only"),
    ("tests.absent", "tests.run"),
    ("code.new_function", "code.new_many", "public.added"),
    ("code.complexity_up", "code.tangled"),
    ("move.folder", "move.rename", "past.heir"),
    ("performance.fastest", "performance.first_faster"),
    ("performance.slowest", "performance.first_slower"),
    ("performance.steady", "performance.all_steady", "performance.unconfirmed"),
    ("performance.undecided", "performance.more_blocks"),
)
"""Claims that tell the same thing from another side: a page has room for one of each row."""
_THEME = {claim: row[0] for row in _THEMES for claim in row}

_NAMING = ("path", "name", "sha")
_NAMED = 2
"""How often a page names one file, function or commit in its sentences."""


class _Shelf:
    """The claims of a page that are still to be told, the strongest first; what was told bars what would repeat it."""

    def __init__(self, dossier: Dossier) -> None:
        self._left = [claim for claim in dossier.claims if claim.salience >= THRESHOLD]
        self._ledger = dossier.ledger
        self._told: set[str] = set()
        self._named: Counter[str] = Counter()

    def take(
        self,
        number: int,
        fits: Callable[[Claim], bool] = lambda _: True,
        *,
        unlike: bool = False,
        beside: Sequence[Claim] = (),
    ) -> list[Claim]:
        """Take at most `number` claims.

        Args:
            number: How many.
            fits: Which may be taken.
            unlike: Whether they must be of different families.
            beside: Claims that the same voice tells already; what these name is not named again.
        """
        taken: list[Claim] = []
        for claim in tuple(self._left):
            if len(taken) >= number:
                break
            if unlike and any(claim.family == one.family for one in taken):
                continue
            if fits(claim) and self._is_fresh(claim, (*beside, *taken)):
                taken.append(claim)
                self._left.remove(claim)
                self._told.add(_THEME.get(claim.id, claim.id))
                self._named.update(self._names(claim))
        return taken

    def _is_fresh(self, claim: Claim, beside: Sequence[Claim]) -> bool:
        if _THEME.get(claim.id, claim.id) in self._told:
            return False
        names = self._names(claim)
        if any(self._named[name] >= _NAMED for name in names):
            return False
        facts = set(claim.slots.values())
        return not any(facts & set(one.slots.values()) or names & self._names(one) for one in beside)

    def _names(self, claim: Claim) -> set[str]:
        facts = (self._ledger[fact] for fact in claim.slots.values())
        return {str(fact.value) for fact in facts if fact.unit in _NAMING}
