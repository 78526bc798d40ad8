"""What a page says of the model that was asked for its words: what of that can be, and what of its sentences stands.

No repository knows which model was asked, with which options, what it was not shown, or what it said that did not
pass. A byline is its writer's word, and a false one is not found by its content. But one that no writer can have left
is found: of an unknown writer, with counts of nothing, or over sentences that it does not account for. And what stands
on a page as a model's is held to the gate like any draft, sentence by sentence.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from chronicles.markdown import visible
from chronicles.writers import Draft, cast_page, gate, settle
from chronicles.writers.gate import Refusal
from chronicles.writers.parts import PLAIN
from chronicles.writers.settle import stored_draft

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from chronicles.documents.page import Page
    from chronicles.dossier import Dossier
    from chronicles.personas import Cast
    from chronicles.writers import Byline, Part, Sentence, Settled

__all__ = ["Held", "Restated", "by_model", "finish_byline", "hold_byline", "restate"]

_WRITERS = ("llamacpp", "ollama")
_FREEDOMS = ("line", "passage")
_KEY = re.compile(r"[A-Za-z][\w.-]{0,63}")
_NOUN = re.compile(r"[a-z][a-z -]{0,39}")
_NOTHING = "it offered no sentence"
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
    if by_model(page.sentences):
        if not byline.model or not byline.digest:
            return Held(None, ("its model has no name or no digest, and sentences all the same",))
    elif any(one.claim for one in page.sentences) and not byline.degraded and not byline.refused:
        return Held(None, ("its model gave no sentence, was refused none and did not fail",))
    known = page.made_by.get("gate") == gate.VERSION
    possible = replace(
        byline,
        freedom=byline.freedom if byline.freedom in _FREEDOMS else _FREEDOMS[0],
        options={key: value for key, value in byline.options.items() if _KEY.fullmatch(key)},
        refused=dict(_counts(byline.refused, _REASONS if known else None)),
        left_out=dict(_counts(byline.left_out)),
    )
    return Held(possible, tuple(_differing(byline, possible)))


def finish_byline(byline: Byline, settled: Settled) -> Byline:
    """A draft's byline as its page keeps it: with what the gate refused, and no sign in it that cannot be seen.

    A server chooses the names of its models and the words of its faults, and half a character is no JSON. A model that
    offered nothing at all is degraded, whatever its writer says.
    """
    silent = not (by_model(settled.sentences) or settled.refused) and any(one.claim for one in settled.sentences)
    return replace(
        byline,
        model=visible(byline.model),
        digest=visible(byline.digest),
        options={key: visible(value) if isinstance(value, str) else value for key, value in byline.options.items()},
        refused=dict(settled.refused),
        degraded=visible(byline.degraded) or (_NOTHING if silent else ""),
    )


def _counts(counted: Mapping[str, int], names: frozenset[str] | None = None) -> Iterator[tuple[str, int]]:
    for name, number in counted.items():
        if number > 0 and _NOUN.fullmatch(name) and (names is None or name in names):
            yield name, number


def _differing(byline: Byline, possible: Byline) -> Iterator[str]:
    if byline.freedom != possible.freedom:
        yield f"no freedom is called {byline.freedom[:40]!r}"
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
