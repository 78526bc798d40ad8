"""From a draft to the sentences of a page: the one rule, for every writer and for `verify` alike.

For each part in its order: a woven passage whose pieces all pass the gate stands whole; else the first candidate that
passes; else the plain writer's sentence, and where the gate does not let even that stand (a persona's file may hold
anything), the claim's own skeleton. So the sentences of a page are a pure function of dossier, cast and draft, and the
same draft settles the same way when the page is verified.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING

from chronicles.claims.template import is_group
from chronicles.writers.draft import Draft
from chronicles.writers.gate import Place, judge
from chronicles.writers.gate.shape import OPEN_ENDS
from chronicles.writers.parts import PLAIN, Part, Sentence
from chronicles.writers.plain import place_of, plain_stage, plain_wording, staged

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from chronicles.dossier import Dossier
    from chronicles.writers.draft import Byline

__all__ = ["Settled", "settle", "stored_draft"]


@dataclass(frozen=True, slots=True)
class Settled:
    """The sentences of a page, and what was not let stand."""

    sentences: tuple[Sentence, ...]
    refused: Mapping[str, int] = field(default_factory=dict)
    """Candidate sentences by reason."""


def settle(dossier: Dossier, parts: Sequence[Part], draft: Draft, *, recent: frozenset[str] = frozenset()) -> Settled:
    """Decide which wordings stand on a page.

    Args:
        dossier: Of the page's subject.
        parts: What the page tells, in order.
        draft: What a writer offers.
        recent: Wordings of a model on the last pages, which are not said again.
    """
    return _Settling(dossier, draft, recent).all(parts)


def stored_draft(sentences: Sequence[Sentence], byline: Byline | None) -> Draft:
    """The draft of a page that is there: the sentences on it that its writer's model gave."""
    own = [one for one in sentences if byline is not None and one.writer == byline.writer]
    spoken = [one for one in own if one.claim]
    runs = [list(run) for _, run in groupby(spoken, key=lambda one: (one.section, one.persona))]
    return Draft(
        wordings={one.claim: (one.wording,) for one in spoken},
        passages=tuple({one.claim: one.wording for one in run} for run in runs if len(run) > 1),
        stage=next((one.wording for one in own if not one.claim), ""),
        byline=byline,
    )


class _Settling:
    """The settling of one page."""

    def __init__(self, dossier: Dossier, draft: Draft, recent: frozenset[str]) -> None:
        self._depth = place_of(dossier)
        self._dossier = dossier
        self._group = is_group(dossier.ledger)
        self._draft = draft
        self._writer = draft.byline.writer if draft.byline else ""
        self._said = set(recent)
        self._refused: Counter[str] = Counter()

    def all(self, parts: Sequence[Part]) -> Settled:
        """Settle the parts, voice after voice."""
        sentences: list[Sentence] = []
        stage_at = staged(self._dossier, parts)
        for (section, persona), run in groupby(parts, key=lambda part: (part.section, part.persona)):
            own = tuple(run)
            if stage_at is not None and parts[stage_at] is own[0]:
                wording = plain_stage(persona, self._depth)
                chosen = self._draft.stage in persona.stage_directions
                writer = self._writer if chosen and self._writer else PLAIN
                wording = self._draft.stage if chosen else wording
                sentences.append(Sentence("", section.value, persona.key, writer, wording))
            spoken = self._woven(own)
            for part in () if spoken else own:
                spoken.append(self._one(part))
                self._said.add(spoken[-1].wording)
            sentences += spoken
        return Settled(tuple(sentences), dict(sorted(self._refused.items())))

    def _woven(self, parts: tuple[Part, ...]) -> list[Sentence]:
        """The first passage over these parts that may stand; nothing where there is none."""
        for passage in self._draft.passages:
            if set(passage) != {part.claim.id for part in parts}:
                continue
            found = self._passage(parts, passage)
            if found:
                return found
        return []

    def _passage(self, parts: tuple[Part, ...], passage: Mapping[str, str]) -> list[Sentence]:
        said = set(self._said)
        found: list[Sentence] = []
        goes_on = False
        for number, part in enumerate(parts, 1):
            wording = passage[part.claim.id]
            place = Place(goes_on, number < len(parts), frozenset(said), by_model=True, group=self._group)
            refusal = judge(wording, part.claim, part.persona, place)
            if refusal is not None:
                self._refused[refusal.value] += 1
                return []
            said.add(wording)
            found.append(self._sentence(part, self._writer, wording))
            goes_on = wording.endswith(OPEN_ENDS)
        self._said = said
        return found

    def _one(self, part: Part) -> Sentence:
        for wording in self._draft.wordings.get(part.claim.id, ()):
            if self._stands(wording, part, by_model=True):
                return self._sentence(part, self._writer, wording)
        plain = plain_wording(part, self._depth)
        # The skeleton is what the claim is: the gate has nothing to say against it.
        wording = plain if self._stands(plain, part, by_model=False) else part.claim.skeleton
        return self._sentence(part, PLAIN, wording)

    def _stands(self, wording: str, part: Part, *, by_model: bool) -> bool:
        place = Place(said=frozenset(self._said), by_model=by_model, group=by_model and self._group)
        refusal = judge(wording, part.claim, part.persona, place)
        if refusal is not None:
            self._refused[refusal.value] += 1
        return refusal is None

    def _sentence(self, part: Part, writer: str, wording: str) -> Sentence:
        return Sentence(part.claim.id, part.section.value, part.persona.key, writer, wording)
