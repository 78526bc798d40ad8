"""What a page says of the model that was asked for its words: what of that can be, and what of its sentences stands.

No repository knows which model was asked, with which options, what it was not shown, or what it said that did not
pass. A byline is its writer's word, and a false one is not found by its content. But one that no writer can have left
is found: of an unknown writer, with counts of nothing, or over sentences that it does not account for. **No field of it
takes free text**, since all of them stand on the page, where nobody tells a forger's words from ours: names have no
blanks, reasons are of the few forms that writers have, and no count exceeds what the ledger says there is. And what
stands on a page as a model's is held to the gate like any draft, sentence by sentence.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from chronicles.markdown import visible
from chronicles.writers import Draft, cast_page, gate, settle
from chronicles.writers.gate import Refusal
from chronicles.writers.models.model import Fault
from chronicles.writers.parts import PLAIN
from chronicles.writers.prompts.briefing import evidence
from chronicles.writers.settle import stored_draft

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from chronicles.documents.page import Page
    from chronicles.dossier import Dossier
    from chronicles.personas import Cast
    from chronicles.writers import Byline, Part, Sentence, Settled
    from chronicles.writers.draft import Option

__all__ = ["Held", "Restated", "by_model", "finish_byline", "hold_byline", "restate"]

_WRITERS = ("llamacpp", "ollama")
_FREEDOMS = ("line", "passage")
_OPTIONS = ("context",)
"""What both back ends say of how a model is run, in whole numbers above 0."""
_MOST = 10_000_000
"""No option and no count of refusals is higher."""
_MODEL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._:@+-]|/(?!/)){0,99}")
_NO_MODEL = re.compile(r"[^A-Za-z0-9._:@+/-]+|(?<=/)/+")
"""What a model's name has not: blanks, which would make a sentence of it, and what begins a link."""
_LONGEST_NAME = 100
_UNNAMED = "unnamed"
_DIGEST = re.compile(r"(?:sha256:)?[0-9a-f]{12,64}")
_PROMPT = re.compile(r"[0-9a-f]{12}")
_OLDER_REASON = re.compile(r"[a-z]{1,20}(?: [a-z]{1,20})?")
_NOTHING = "it offered no sentence"
_NO_REPLY = re.compile(r"([1-9]\d{0,5}) of ([1-9]\d{0,5}) sentences without a reply: (.+)")
_TIME_OVER = re.compile(r"time over after (0|[1-9]\d{0,5}) of ([1-9]\d{0,5}) sentences")
_NOT_ASKED = "not asked, since pages before had none"
_REASONS = frozenset(reason.value for reason in Refusal)


@dataclass(frozen=True, slots=True)
class Held:
    """A byline as far as it can be."""

    byline: Byline | None
    """None where there is none, or where no writer can have left it."""
    problems: tuple[str, ...] = ()
    """What of the stored one cannot be."""


@dataclass(frozen=True, slots=True)
class Restated:
    """The sentences of a page that is there, settled anew."""

    sentences: tuple[Sentence, ...]
    lost: Mapping[str, str]
    """Claims whose sentence of a model may not stand, and why."""

    @property
    def refused(self) -> Counter[str]:
        """Those that the gate refused, by its reasons."""
        return Counter(reason for reason in self.lost.values() if reason in _REASONS)


def by_model(sentences: Sequence[Sentence]) -> list[Sentence]:
    """The sentences that say something and that a model wrote."""
    return [one for one in sentences if one.claim and one.writer != PLAIN]


def hold_byline(page: Page) -> Held:
    """Hold a page's byline to what a writer can leave."""
    byline = page.byline
    if byline is None:
        return Held(None)
    if byline.writer not in _WRITERS:
        return Held(None, (f"no writer is called {byline.writer[:40]!r}",))
    possible = _possible(page, byline)
    problems = tuple(_differing(byline, possible))
    if by_model(page.sentences):
        if not possible.model or not possible.digest:
            return Held(None, (*problems, "its model has no name or no digest, and sentences all the same"))
    elif any(one.claim for one in page.sentences) and not possible.degraded and not possible.refused:
        return Held(None, (*problems, "its model gave no sentence, was refused none and did not fail"))
    return Held(possible, problems)


def finish_byline(byline: Byline, settled: Settled) -> Byline:
    """A draft's byline as its page keeps it: with what the gate refused, and nothing that `hold_byline` would not know.

    A server or a user chooses the names of models, and half a character is no JSON. A model that offered nothing at
    all is degraded, whatever its writer says.
    """
    silent = not (by_model(settled.sentences) or settled.refused) and any(one.claim for one in settled.sentences)
    return replace(
        byline,
        model=_named(byline.model),
        digest=byline.digest if _DIGEST.fullmatch(byline.digest) else "",
        options=_options(byline),
        refused=dict(settled.refused),
        degraded=visible(byline.degraded) or (_NOTHING if silent else ""),
    )


def _named(model: str) -> str:
    """A model's name as a page shows it: a file may be called anything, and its blanks become dashes."""
    if not model:
        return ""
    return _NO_MODEL.sub("-", model).lstrip("._:@+/-")[:_LONGEST_NAME] or _UNNAMED


def _possible(page: Page, byline: Byline) -> Byline:
    """What of a byline a writer can have left on a page."""
    known = page.made_by.get("gate") == gate.VERSION
    there = evidence(page.dossier.ledger, _spoken(page))
    return replace(
        byline,
        model=byline.model if _MODEL.fullmatch(byline.model) else "",
        digest=byline.digest if _DIGEST.fullmatch(byline.digest) else "",
        options=_options(byline),
        prompt=byline.prompt if _PROMPT.fullmatch(byline.prompt) else "",
        freedom=byline.freedom if byline.freedom in _FREEDOMS else _FREEDOMS[0],
        refused={
            reason: number
            for reason, number in byline.refused.items()
            if 0 < number <= _MOST and (reason in _REASONS if known else _OLDER_REASON.fullmatch(reason))
        },
        left_out={noun: number for noun, number in byline.left_out.items() if 0 < number <= there.get(noun, 0)},
        degraded=byline.degraded if _can_fail(page, byline.degraded) else "",
    )


def _options(byline: Byline) -> dict[str, Option]:
    """The options that a back end can have been run with."""
    return {
        key: value
        for key, value in byline.options.items()
        if key in _OPTIONS and type(value) is int and 0 < value <= _MOST
    }


def _spoken(page: Page) -> int:
    return sum(bool(one.claim) for one in page.sentences)


def _can_fail(page: Page, degraded: str) -> bool:
    """Whether sentences can have been asked for in vain like this, beside those that there are."""
    given = len(by_model(page.sentences))
    if degraded in ("", _NOTHING):
        return not degraded or not given
    late, lost = _TIME_OVER.fullmatch(degraded), _NO_REPLY.fullmatch(degraded)
    if late:
        answered, asked = int(late[1]), int(late[2])
    elif lost and (lost[3] == _NOT_ASKED or _are_faults(lost[3])):
        answered, asked = int(lost[2]) - int(lost[1]), int(lost[2])
    else:
        return False
    return given <= answered < asked <= _spoken(page)


def _are_faults(words: str) -> bool:
    """Whether these are faults, each once and in their order."""
    named = words.split(", ")
    return named == [fault.value for fault in Fault if fault.value in named]


def _differing(byline: Byline, possible: Byline) -> Iterator[str]:
    if byline.freedom != possible.freedom:
        yield f"no freedom is called {byline.freedom[:40]!r}"
    for what in ("model", "digest", "prompt", "degraded"):
        if getattr(byline, what) != getattr(possible, what):
            yield f"no writer leaves {getattr(byline, what)[:40]!r} as `{what}`"
    for what in ("options", "refused", "left_out"):
        for key in getattr(byline, what).keys() - getattr(possible, what).keys():
            yield f"no writer leaves {key[:40]!r} under `{what}`, or not with this value"


def restate(dossier: Dossier, cast: Cast, sentences: Sequence[Sentence], byline: Byline | None) -> Restated:
    """Settle the sentences of a page that is there: those of its model where the gate lets them, else plain ones."""
    parts = cast_page(dossier, cast)
    settled = settle(dossier, parts, stored_draft(sentences, byline))
    lost = (one for one in by_model(sentences) if one not in settled.sentences)
    return Restated(settled.sentences, {one.claim: _reason(dossier, parts, one, byline) for one in lost})


def _reason(dossier: Dossier, parts: Sequence[Part], sentence: Sentence, byline: Byline | None) -> str:
    """Why one sentence of a model may not stand; its reason as it stands alone, which a piece of a passage may lack."""
    if byline is None or sentence.writer != byline.writer:
        return "no byline names its writer"
    own = [part for part in parts if part.claim.id == sentence.claim]
    if not own or (own[0].section.value, own[0].persona.key) != (sentence.section, sentence.persona):
        return "this claim is not said here"
    plain = settle(dossier, own, Draft()).refused
    alone = settle(dossier, own, Draft({sentence.claim: (sentence.wording,)}, byline=byline)).refused
    return next((reason for reason in alone if alone[reason] > plain.get(reason, 0)), Refusal.REPEATED.value)
