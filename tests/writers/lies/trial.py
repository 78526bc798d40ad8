"""One claim on a page of its own, worded by a model that lies: what becomes of a reply."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from chronicles.claims import TEMPLATES
from chronicles.claims.template import slots_of
from chronicles.dossier import Coverage, Dossier, Fact, Ledger, Section, Source, SubjectKey
from chronicles.writers import Part, settle
from chronicles.writers.draft import Byline, Draft
from chronicles.writers.parts import PLAIN
from chronicles.writers.prompts.prompt import make_prompt

from .way import NONSENSE, Told

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from random import Random

    from chronicles.dossier import Claim
    from chronicles.personas import Cast, Persona


__all__ = ["STANDS", "Trial", "trials"]

STANDS = "stands"
"""What becomes of a reply that is let stand."""
_CONTEXT = 8192


def trials(cast: Cast) -> Iterator[Trial]:
    """A trial for every claim there is."""
    for template in TEMPLATES.values():
        slots = {slot: f"x.{slot}" for slot in slots_of(template.skeleton)}
        claim = template.claim(0.9, **slots)
        voice = cast.of(claim.lens) or cast.narrator
        persons = (voice, cast.narrator)
        known = [(wording, person) for person in persons for wording in person.wordings.get(claim.id, ())]
        yield Trial(claim, cast, ((claim.skeleton, voice), *known))


@dataclass(frozen=True, slots=True)
class Trial:
    """A claim and the wordings that may stand for it."""

    claim: Claim
    cast: Cast
    known: Sequence[tuple[str, Persona]]

    def told(self, chance: Random) -> Told:
        """One of the known wordings."""
        wording, persona = chance.choice(self.known)
        return Told(self.claim, wording, persona)

    def outcome(self, told: Told, reply: str) -> str:
        """Why a reply is refused; `STANDS` where it is not."""
        part = Part(self.claim, Section.ROUNDTABLE, told.persona)
        dossier = _dossier(self.claim)
        asked = make_prompt(dossier, (part,), self.cast, context=_CONTEXT).line(part)
        try:
            said = asked.read(reply)
        except ValueError:
            return NONSENSE
        draft = Draft({id_: (wording,) for id_, wording in said.items()}, byline=Byline("ollama", "liar", "ab" * 32))
        settled = settle(dossier, (part,), draft)
        (sentence,) = settled.sentences
        if sentence.writer != PLAIN:
            return STANDS
        (reason,) = settled.refused
        return reason


def _dossier(claim: Claim) -> Dossier:
    facts = [Fact(fact, fact, "1", fact, fact, Source.GIT, "true") for fact in sorted(set(claim.slots.values()))]
    facts.append(Fact("lineage.depth", 7, "1", "7", "7", Source.GIT, "true"))
    return Dossier(SubjectKey("commit", ("a" * 40,), None), {}, Ledger(facts), (claim,), Coverage(1, 0))
