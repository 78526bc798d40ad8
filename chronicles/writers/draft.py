"""What a writer offers for a page before anything of it may stand there.

A draft holds candidate wordings by claim, and choices among titles and stage directions; `settle` decides what becomes
of them. The plain writer's draft is empty, since its words are what stands wherever a draft has nothing that may; the
draft of a page that is there already is its own model-written sentences, so that `verify` asks the very same rule.
"""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 - sidecars are read by these annotations
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Protocol

from chronicles.dossier import STRICT, Dossier

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chronicles.personas import Cast
    from chronicles.writers.parts import Part

__all__ = ["Byline", "Draft", "Effort", "Freedom", "Option", "Writer"]

Option = int | float | str | bool
Freedom = str
"""`line` or `passage`."""


@dataclass(frozen=True, slots=True)
class Byline:
    """Which model was asked for the words of a page, and what came of it; a page that asked none has no byline."""

    __pydantic_config__: ClassVar = STRICT
    writer: str
    """`ollama` or `llamacpp`."""
    model: str
    """As its server or file names it; empty where none was reached."""
    digest: str
    """Of the model's weights; empty where none was reached."""
    options: Mapping[str, Option] = field(default_factory=dict)
    """What the model was run with."""
    prompt: str = ""
    """Digest of the prompt's fixed text, the forms and the rules by which requests are made."""
    freedom: Freedom = "line"
    refused: Mapping[str, int] = field(default_factory=dict)
    """Candidate sentences that the gate did not let stand, by reason."""
    left_out: Mapping[str, int] = field(default_factory=dict)
    """What of the evidence the model was not shown, by noun (`file`: 45)."""
    degraded: str = ""
    """Why sentences are plain that a model was asked for; empty where the model answered."""


@dataclass(frozen=True, slots=True)
class Effort:
    """What a draft cost, for the run's summary and its time left; nothing of it stands on a page."""

    requests: int = 0
    kept: int = 0
    """Requests that earlier runs had answered."""
    read_tokens: int = 0
    """Tokens of prompts that the model evaluated."""
    reused_tokens: int = 0
    """Tokens of prompts that it had evaluated before, by its own counters."""
    written_tokens: int = 0
    seconds: float = 0.0

    def __add__(self, other: Effort) -> Effort:
        return Effort(
            self.requests + other.requests,
            self.kept + other.kept,
            self.read_tokens + other.read_tokens,
            self.reused_tokens + other.reused_tokens,
            self.written_tokens + other.written_tokens,
            self.seconds + other.seconds,
        )


@dataclass(frozen=True, slots=True)
class Draft:
    """What a writer offers for one page."""

    wordings: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Claim id to candidate wordings, the best first; a claim stands once on a page."""
    passages: tuple[Mapping[str, str], ...] = ()
    """Woven paragraphs, the best first: claim id to its piece, in the order of the parts; they stand whole or not."""
    title: str = ""
    """Which of the titles was chosen; empty for the first."""
    stage: str = ""
    """Which of the persona's stage directions was chosen; empty for the one whose turn it is."""
    byline: Byline | None = None
    effort: Effort = Effort()


class Writer(Protocol):
    """Offers wordings for the claims of a page."""

    name: str
    parallel: int
    """How many pages may be drafted at once."""

    def draft(self, dossier: Dossier, parts: Sequence[Part], cast: Cast, titles: Sequence[str] = ()) -> Draft:
        """Offer wordings for the parts of one page, and choose among its titles.

        It may take long and may run beside other drafts; it never fails: what cannot be had is left out, and the
        byline says why.
        """
        ...
