"""The writer that asks a model: what is asked for one page, what of it is usable, and what is said where it is not.

The questions of a page are asked one after the other, those with the same beginning together, so that the model reads
the dossier once. For a claim several wordings are asked for, until two that the gate would let stand are there or the
prompt has no more candidates; `ranking` says which of them is tried first. With the freedom `passage` a voice's claims
are asked for as one paragraph; where no paragraph may stand, its sentences are still candidates for their claims, and
what then lacks one is asked for line by line.

Wordings that the gate refuses go into the draft before those that it would let stand: `settle` judges in that order
and stops at the first that stands, so its count is of all that were refused.

The draft is a pure function of dossier, parts, cast, titles and replies. Whatever fails, it is complete; the byline
says in one line how many sentences a model was asked for in vain and why, in words that are the same on every machine.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING

from chronicles.writers.asking import Asking, Breaker, Patience
from chronicles.writers.draft import Byline, Draft
from chronicles.writers.gate import Place, judge
from chronicles.writers.gate.shape import OPEN_ENDS
from chronicles.writers.kept import Kept, Key
from chronicles.writers.models.model import Fault, ModelFault
from chronicles.writers.prompts.prompt import LINE_CANDIDATES, VERSION, make_prompt
from chronicles.writers.ranking import known_wordings, rank

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from chronicles.dossier import Claim, Dossier
    from chronicles.personas import Cast
    from chronicles.writers.draft import Effort, Freedom
    from chronicles.writers.gate import Refusal
    from chronicles.writers.models.model import Model
    from chronicles.writers.parts import Part
    from chronicles.writers.prompts.prompt import Asked, Prompt

__all__ = ["ENOUGH", "VoicedWriter", "odd_passage"]

ENOUGH = 2
"""Usable wordings of one claim after which no more are asked for: one to say, and one in case it was said lately."""


class VoicedWriter:
    """Words claims with a model.

    Args:
        model: Who is asked.
        freedom: `line` or `passage`.
        kept: What was answered before; None keeps replies for this run alone.
        deadline_sec: For one page.
        listen: Told after each request what it cost; pages may be drafted in several threads.
        clock: Seconds from any moment on.
        sleep: Waits for so many of them.
    """

    def __init__(
        self,
        model: Model,
        *,
        freedom: Freedom = "line",
        kept: Kept | None = None,
        deadline_sec: float = 300.0,
        listen: Callable[[Effort], None] | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.name = model.backend
        self.parallel = model.parallel
        self._model = model
        self._freedom = freedom
        self._kept = kept if kept is not None else Kept(None)
        self._deadline_sec = deadline_sec
        self._listen = listen
        self._clock = clock
        self._sleep = sleep
        self._breaker = Breaker()

    @property
    def troubles(self) -> tuple[str, ...]:
        """What went wrong in this run, each once, with what to do; for stderr, since it may name this machine."""
        return self._breaker.troubles

    @property
    def lost(self) -> str:
        """Why replies are not kept, or were lost, in one line; empty where all is well."""
        return self._kept.problem

    def draft(self, dossier: Dossier, parts: Sequence[Part], cast: Cast, titles: Sequence[str] = ()) -> Draft:
        """Ask for the wordings of one page, and for a choice among its titles and stage directions."""
        prompt = make_prompt(dossier, parts, cast, titles, context=self._model.context)
        patience = Patience(self._deadline_sec, self._clock, self._sleep)
        asking = Asking(self._model, self._kept, self._breaker, patience, self._listen)
        page = _Page(dossier, cast, prompt, asking, self._model.digest)
        for _, group in groupby(prompt.questions(self._freedom), key=lambda asked: (asked.kind, _ids(asked))):
            page.ask(tuple(group))
        asking.end()
        byline = Byline(
            self.name,
            self._model.name,
            self._model.digest,
            dict(self._model.options),
            VERSION,
            self._freedom,
            left_out=dict(prompt.left_out),
            degraded=page.degraded(parts),
        )
        wordings = {part.claim.id: page.wordings(part) for part in parts}
        chosen = page.chosen
        return Draft(
            {claim: offered for claim, offered in wordings.items() if offered},
            tuple(page.passages),
            chosen.get("title", ""),
            chosen.get("stage", ""),
            byline,
            asking.effort,
        )


@dataclass(slots=True)
class _Offer:
    """What there is for one claim."""

    usable: tuple[str, ...] = ()
    """The best first."""
    refused: tuple[str, ...] = ()
    replied: bool = False
    """Whether anything was answered that could be read."""
    faults: dict[Fault, None] = field(default_factory=dict)
    """What there was in place of replies."""


class _Page:
    """What comes of asking the questions of one page."""

    def __init__(self, dossier: Dossier, cast: Cast, prompt: Prompt, asking: Asking, model: str) -> None:
        self.chosen: dict[str, str] = {}
        """`title` and `stage`, where one was chosen."""
        self.passages: list[Mapping[str, str]] = []
        self._dossier = dossier
        self._cast = cast
        self._prompt = prompt
        self._asking = asking
        self._model = model
        self._offers: dict[str, _Offer] = {}
        self._best: dict[str, str] = {}
        """What each claim that was asked for would say, as far as can be told before the page is settled."""

    def ask(self, candidates: tuple[Asked, ...]) -> None:
        """Ask for one thing, of which there are several candidates."""
        kind, parts = candidates[0].kind, candidates[0].parts
        if kind == "line":
            self._word(parts[0], candidates)
        elif kind == "passage":
            self._weave(parts, candidates)
        else:
            self.chosen |= self._read(candidates[0], {}) or {}

    def wordings(self, part: Part) -> tuple[str, ...]:
        """What is offered for a part, in the order in which it is to be judged."""
        offer = self._offers.get(part.claim.id, _Offer())
        return (*offer.refused, *offer.usable)

    def degraded(self, parts: Sequence[Part]) -> str:
        """How many sentences were asked for in vain, and why; empty where none was."""
        lost = [self._offers[part.claim.id] for part in parts if not self._offers[part.claim.id].replied]
        if not lost:
            return ""
        if self._asking.stopped is Fault.TIMED_OUT:
            return f"time over after {len(parts) - len(lost)} of {len(parts)} sentences"
        of_all = f"{len(lost)} of {len(parts)} sentences without a reply"
        if self._asking.barred:
            return f"{of_all}: not asked, since pages before had none"
        faults = {fault for offer in lost for fault in offer.faults}
        return f"{of_all}: {', '.join(fault.value for fault in Fault if fault in faults)}"

    def _word(self, part: Part, candidates: Iterable[Asked]) -> None:
        """Ask for one sentence until enough of them are usable."""
        offer = self._offers.setdefault(part.claim.id, _Offer())
        for asked in candidates:
            if len(offer.usable) >= ENOUGH:
                break
            found = self._read(asked, offer.faults)
            if found is not None:
                self._take(part, found[part.claim.id])
            elif self._hopeless(offer):
                break

    def _weave(self, run: tuple[Part, ...], candidates: Iterable[Asked]) -> None:
        """Ask for one paragraph; for its claims one by one, where none may stand."""
        faults: dict[Fault, None] = {}
        for part in run:
            self._offers[part.claim.id] = _Offer(faults=faults)
        for asked in candidates:
            found = self._read(asked, faults)
            if found is not None:
                self.passages += [found] if found not in self.passages else []
                if odd_passage(run, found, self._said(run[0])) is None:
                    for part in run:
                        self._offers[part.claim.id].replied = True
                    self._best |= found
                    return
                for part in run:
                    # A refused piece is counted with its paragraph.
                    self._take(part, found[part.claim.id], refused=False)
            elif self._hopeless(self._offers[run[0].claim.id]):
                break
        for part in run:
            self._offers[part.claim.id].faults = {}
            self._word(part, (self._prompt.line(part, candidate) for candidate in range(LINE_CANDIDATES)))

    def _take(self, part: Part, wording: str, *, refused: bool = True) -> None:
        """Put a wording where it belongs among those of its claim.

        Args:
            part: Whose claim it words.
            wording: As the model gave it.
            refused: Whether it is offered even where the gate refuses it, to be counted.
        """
        offer = self._offers[part.claim.id]
        offer.replied = True
        said = self._said(part)
        if judge(wording, part.claim, part.persona, Place(said=said, by_model=True)) is None:
            offer.usable = rank((*offer.usable, wording), known_wordings(part, self._cast), said)
            self._best[part.claim.id] = offer.usable[0]
        elif refused and wording not in offer.refused:
            offer.refused = (*offer.refused, wording)

    def _said(self, part: Part) -> frozenset[str]:
        """What the claims asked for before would say."""
        return frozenset(wording for claim, wording in self._best.items() if claim != part.claim.id)

    def _hopeless(self, offer: _Offer) -> bool:
        """Whether another candidate would fare no better: only another seed may mend what the model itself broke."""
        return not {Fault.BROKEN_OFF, Fault.NONSENSE} >= offer.faults.keys()

    def _read(self, asked: Asked, faults: dict[Fault, None]) -> Mapping[str, str] | None:
        """What the reply to a question says; None where there is none, and then why is added to the faults."""
        try:
            said = self._asking.ask(asked.question, self._key(asked))
        except ModelFault as fault:
            faults[fault.fault] = None
            return None
        try:
            return asked.read(said)
        except (ValueError, RecursionError):  # the latter for JSON of a thousand brackets
            faults[Fault.NONSENSE] = None
            return None

    def _key(self, asked: Asked) -> Key:
        """What a reply to a question is kept by."""
        texts = asked.options or [self._filled(part.claim) for part in asked.parts]
        persona = asked.parts[0].persona.digest if asked.parts else ""
        return Key("\n".join(texts), persona, self._model, VERSION, asked.kind, asked.question.seed)

    def _filled(self, claim: Claim) -> str:
        text = claim.skeleton
        for slot, fact in claim.slots.items():
            text = text.replace(
                f"{{{slot}}}", self._dossier.ledger[fact].text if fact in self._dossier.ledger else fact
            )
        return text


def odd_passage(run: Sequence[Part], passage: Mapping[str, str], said: Collection[str] = ()) -> Refusal | None:
    """Why a paragraph may not stand whole, as `settle` looks at it; None lets it.

    Args:
        run: The parts that it words.
        passage: Claim id to its piece.
        said: The wordings that stand on the page before it.
    """
    told = set(said)
    goes_on = False
    for number, part in enumerate(run, 1):
        wording = passage[part.claim.id]
        place = Place(goes_on, may_go_on=number < len(run), said=frozenset(told), by_model=True)
        refusal = judge(wording, part.claim, part.persona, place)
        if refusal is not None:
            return refusal
        told.add(wording)
        goes_on = wording.endswith(OPEN_ENDS)
    return None


def _ids(asked: Asked) -> tuple[str, ...]:
    return tuple(part.claim.id for part in asked.parts)
