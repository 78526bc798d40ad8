"""The writer that asks a model: questions of a page in their order, retries, deadline, and what was answered before."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING

from chronicles.writers.draft import Byline, Draft, Effort
from chronicles.writers.model import ModelFault
from chronicles.writers.prompt import VERSION, make_prompt

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chronicles.dossier import Dossier
    from chronicles.personas import Cast
    from chronicles.writers.model import Model
    from chronicles.writers.parts import Part

__all__ = ["VoicedWriter"]

_CANDIDATES = 3


class VoicedWriter:
    """Words claims with a model.

    Args:
        model: Who is asked.
        deadline_sec: For one page.
    """

    def __init__(self, model: Model, *, deadline_sec: float = 300.0) -> None:
        self.name = model.backend
        self.parallel = model.parallel
        self._model = model
        self._deadline_sec = deadline_sec

    def draft(self, dossier: Dossier, parts: Sequence[Part], cast: Cast, titles: Sequence[str] = ()) -> Draft:
        """Ask for each part's wordings until the page's time is over."""
        ends = monotonic() + self._deadline_sec
        prompt = make_prompt(dossier, parts, cast, titles, context=self._model.context)
        wordings: dict[str, tuple[str, ...]] = {}
        effort, degraded = Effort(), ""
        for part in parts:
            said: list[str] = []
            try:
                for candidate in range(_CANDIDATES):
                    question = prompt.line(part, candidate).question
                    reply = self._model.ask(question, limit_sec=max(0.0, ends - monotonic()))
                    effort += Effort(1, 0, reply.read_tokens, reply.reused_tokens, reply.written_tokens, reply.seconds)
                    said.append(question.form.read(reply.text))
            except ModelFault as fault:
                degraded = str(fault)
            wordings[part.claim.id] = tuple(dict.fromkeys(said))
        byline = Byline(
            self.name, self._model.name, self._model.digest, dict(self._model.options), VERSION, degraded=degraded
        )
        return Draft(wordings, byline=byline, effort=effort)
