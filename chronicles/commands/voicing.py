"""The writer of a run of `generate`: which one is asked for, and the account of what it gave.

What is asked for comes from the options first and the settings then; a model that a setting names is no model for a
writer that could not have it. Whoever names a model by option wants that model and no other, so with `auto` its writer
is asked for by name; a model of the settings only says which one `auto` would take. What came of it is told in a few
lines on stderr, and in full in the JSON report.
"""

from __future__ import annotations

import shlex
from dataclasses import asdict, dataclass, field
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

import click

from chronicles.commands.progress import Pace
from chronicles.writers import Effort
from chronicles.writers.choosing import Opened, Terms, find_terms, open_writer, state_file
from chronicles.writers.parts import PLAIN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chronicles.commands.session import Session
    from chronicles.config import Settings
    from chronicles.documents.told import Told
    from chronicles.writers import Writer

__all__ = ["Account", "Wish", "find", "remembered", "voice", "wish"]

_REASONS = 6
"""Reasons that the summary names; the JSON report has all."""
_SHOWN = 300
"""Characters of the reasons for degraded pages."""


@dataclass(frozen=True, slots=True)
class Wish:
    """Who is asked for."""

    writer: str
    model: str

    @property
    def named(self) -> bool:
        """Whether it was asked for by name, so that a run without it is a finding."""
        return self.writer != "auto" or self.model.lower().endswith(".gguf")


def wish(settings: Settings, writer: str | None, model: str | None) -> Wish:
    """Who is asked for, by options and settings.

    Raises:
        UsageError: If a model is named for a writer that has none.
    """
    name = writer or settings.writer
    if model is not None:
        if name == PLAIN:
            raise click.UsageError("the plain writer has no model; name another --writer beside --model")
        model = model.strip()
        if name == "auto" and model:
            name = "llamacpp" if model.lower().endswith(".gguf") else "ollama"
        return Wish(name, model)
    is_file = settings.model.lower().endswith(".gguf")
    fits = {"ollama": not is_file, "llamacpp": is_file}.get(name, True)
    return Wish(name, settings.model if fits else "")


def remembered() -> Path:
    """The file that remembers what was measured of models on this machine."""
    return state_file(Path(click.get_app_dir("chronicles")))


def voice(session: Session, wanted: Wish, account: Account) -> Opened:
    """Open the writer of a run, and say what there is to know about it."""
    return open_writer(
        wanted.writer,
        wanted.model,
        kept_path=session.workshop.caches / "wordings.sqlite",
        state_path=remembered(),
        deadline_sec=session.settings.deadline_sec,
        listen=account.listen,
    )


def find(wanted: Wish) -> Terms:
    """What a writer would ask by; no model is asked, loaded or hashed."""
    return find_terms(wanted.writer, wanted.model, state_path=remembered())


@dataclass(slots=True)
class Account:
    """What a run's writer was asked and gave."""

    writer: str
    """Who was asked for."""
    options: tuple[str, ...] = ()
    """With which a run has this writer and these pages again, as they were given."""
    command: str = "generate --revoice"
    """What words pages anew."""
    kind: str = "episode"
    """What it writes."""
    subjects: str = "COMMIT..."
    """What it is given."""
    plainly: str = ""
    """Why pages were written anew in plain words though nobody asked for those; empty where they were not."""
    pace: Pace = field(default_factory=Pace)
    effort: Effort = field(default_factory=Effort)
    """Of all drafts, those that an interrupt kept from being pages too."""
    _lock: Lock = field(default_factory=Lock)

    def listen(self, effort: Effort) -> None:
        """Hear of one reply; from any thread."""
        self.pace.listen(effort)
        with self._lock:
            self.effort += effort

    def asks(self, writer: Writer) -> Pace | None:
        """What the progress bar goes by: the model's pace, if there is a model."""
        return None if writer.name == PLAIN else self.pace

    def again(self, *what: str) -> str:
        """The command that words pages anew with the same writer."""
        return f"`chronicles {self.command} {shlex.join(self.options)}{' ' if self.options else ''}{' '.join(what)}`"

    def to_json(self, told: Told) -> dict[str, Any]:
        """All of it."""
        return {
            "writer": self.writer,
            **({"plainly": self.plainly} if self.plainly else {}),
            "voiced": {"model": told.by_model, "plain": told.plain},
            "refused": dict(sorted(told.refused.items())),
            "degraded": [{self.kind: number, "why": why} for number, why in sorted(told.degraded.items())],
            "effort": asdict(self.effort),
        }

    def lines(self, told: Told) -> Iterator[str]:
        """What people want to know of it; nothing of a run that asked no model."""
        if self.effort.requests or self.effort.kept:
            yield _sentences(told)
            yield _cost(self.effort)
        if self.plainly:
            yield f"--force wrote pages in plain words, since --writer auto found no model. {self.plainly}."
        if told.degraded:
            pages = "1 page is" if len(told.degraded) == 1 else f"{len(told.degraded)} pages are"
            reasons = "; ".join(dict.fromkeys(told.degraded.values()))
            yield f"{pages} degraded ({_cut(reasons)}). {self.again(self.subjects)} asks again."


def _sentences(told: Told) -> str:
    spoken = f"{_number(told.by_model, 'sentence')} by the model, {told.plain:,} plain"
    if not told.refused:
        return f"{spoken}."
    most = told.refused.most_common(_REASONS)
    named = [f"{number} {reason}" for reason, number in most]
    rest = told.refused.total() - sum(number for _, number in most)
    named += [f"{rest} for other reasons"] if rest else []
    return f"{spoken}; {_number(told.refused.total(), 'wording')} refused ({', '.join(named)})."


def _cost(effort: Effort) -> str:
    asked = f"{_number(effort.requests, 'question')} asked, {effort.kept:,} answered by earlier runs"
    if not effort.requests:
        return f"{asked}."
    reused = f" and {effort.reused_tokens:,} reused" if effort.reused_tokens else ""
    speed = f", {effort.written_tokens / effort.seconds:.1f} a second" if effort.seconds > 0 else ""
    return (
        f"{asked}; {_number(effort.read_tokens, 'token')} read{reused}, {effort.written_tokens:,} written"
        f" in {effort.seconds:.1f} s{speed}."
    )


def _number(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
