"""What a model is fit for, measured once and remembered by its weights.

The gate makes every model safe and none of them good: a model whose sentences are refused costs minutes and leaves a
plain page. So a model is asked about claims that are the same for all models, through the very prompts, grammars and
gate of a page, and what it may do follows from what stood:

- `line`, one sentence for one claim, if at least half of the sentences were voiced;
- `passage`, a voice's claims in one paragraph, if besides at least half of the paragraphs stood whole.

A sentence counts as voiced if one of its candidates stood that says more than a known wording over again: a model
that copies is no voice. A claim that the model was too slow to answer counts as one that it could not word.
A model that passes neither is too weak, and `auto` does not use it; whoever asks for it by name gets it.

A server that fails says nothing of its model: there is no measure then, and the fault is raised.

The answer holds for the weights, the gate's version and the prompts' digest: with another of these it is measured anew.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections import Counter
from collections.abc import Mapping  # noqa: TC003 - the file is read by these annotations
from dataclasses import asdict, dataclass, field
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from chronicles.dossier import STRICT, canonical_json, read_json
from chronicles.errors import OutputError
from chronicles.writers import gate
from chronicles.writers.asking import Asking, Breaker, Patience
from chronicles.writers.kept import Kept, Key
from chronicles.writers.models.gguf import read_remembered
from chronicles.writers.models.model import Fault, ModelFault
from chronicles.writers.prompts import prompt
from chronicles.writers.prompts.prompt import LINE_CANDIDATES, PASSAGE_CANDIDATES, make_prompt
from chronicles.writers.ranking import is_echo, known_wordings
from chronicles.writers.trial import trials
from chronicles.writers.voiced import odd_passage

if TYPE_CHECKING:
    from collections.abc import Callable

    from chronicles.personas import Cast
    from chronicles.writers.draft import Effort
    from chronicles.writers.models.model import Model
    from chronicles.writers.parts import Part
    from chronicles.writers.prompts.prompt import Asked, Prompt
    from chronicles.writers.ranking import Known

__all__ = ["LINE_SHARE", "PASSAGE_SHARE", "Aptitude", "Aptitudes", "Score", "measure"]

LINE_SHARE = 0.5
"""Of the sentences, voiced: from here on a model is fit for `line`."""
PASSAGE_SHARE = 0.5
"""Of the paragraphs, standing whole: from here on it is fit for `passage`, if it is for `line`."""


_THE_MODELS = (Fault.BROKEN_OFF, Fault.NONSENSE, Fault.TOO_LONG, Fault.TIMED_OUT)
"""Faults that tell of the model: it rambles, its context is small, it is slow."""


@dataclass(frozen=True, slots=True)
class Score:
    """What came of asking in one freedom."""

    __pydantic_config__: ClassVar = STRICT
    asked: int
    """Claims, or paragraphs."""
    stood: int
    """Of them."""
    replies: int
    accepted: int
    """Of the replies, by the gate."""
    refused: Mapping[str, int] = field(default_factory=dict)
    """Replies by the gate's reason, or by the fault that there was in place of one."""

    @property
    def share(self) -> float:
        """How much stood, 0 to 1."""
        return self.stood / self.asked if self.asked else 0.0


@dataclass(frozen=True, slots=True)
class Aptitude:
    """What a model was measured to be fit for."""

    __pydantic_config__: ClassVar = STRICT
    model: str
    """Its name, for people."""
    digest: str
    """Of its weights."""
    gate: str
    """Version of the gate that judged."""
    prompt: str
    """Digest of the prompts' fixed text and rules."""
    line: Score
    passage: Score
    read_tokens: int
    """Tokens of prompts that were evaluated."""
    reused_tokens: int
    written_tokens: int
    seconds: float
    """That it took."""

    @property
    def freedom(self) -> str:
        """`passage`, `line`, or nothing for a model that is too weak for either."""
        if self.line.share < LINE_SHARE:
            return ""
        return "passage" if self.passage.share >= PASSAGE_SHARE else "line"

    @property
    def tok_per_sec(self) -> float:
        """Tokens written a second, of all the time that it took, reading included."""
        return self.written_tokens / self.seconds if self.seconds > 0 else 0.0

    def told(self) -> str:
        """One line for people."""
        fit = f"is fit for `{self.freedom}`" if self.freedom else "is too weak to voice a page"
        return (
            f"{self.model} {fit}: {self.line.stood} of {self.line.asked} sentences were voiced,"
            f" and {self.passage.stood} of {self.passage.asked} paragraphs stood whole"
            f" ({LINE_SHARE:.0%} and {PASSAGE_SHARE:.0%} are asked for; {self.seconds:.0f} s,"
            f" {self.tok_per_sec:.1f} tokens/s)"
        )


def measure(
    model: Model,
    cast: Cast,
    *,
    listen: Callable[[Effort], None] | None = None,
    limit_sec: float = 1800.0,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Aptitude:
    """Find out what a model is fit for, by asking it about all trials in both freedoms.

    Args:
        model: Who is asked.
        cast: Who speaks.
        listen: Told after each request what it cost.
        limit_sec: After which what was not answered counts as not worded.
        clock: Seconds from any moment on.
        sleep: Waits for so many of them.

    Raises:
        ModelFault: If the model cannot be reached, is none, or its server fails.
    """
    began = clock()
    asking = Asking(model, Kept(None), Breaker(), Patience(limit_sec, clock, sleep), listen)
    lines, paragraphs = _Tally(), _Tally()
    for trial in trials(cast):
        asked = make_prompt(trial.dossier, trial.parts, cast, context=model.context)
        woven = {tuple(part.claim.id for part in run): run for run in asked.runs}
        for _, parts in groupby(trial.parts, key=lambda part: part.persona.key):
            run = tuple(parts)
            if len(run) > 1:
                # A paragraph that does not fit into the model's context is one that it cannot word.
                fits = tuple(part.claim.id for part in run) in woven
                paragraphs.add(_weave(asking, asked, run, paragraphs) if fits else False)
            for part in run:
                lines.add(_word(asking, asked, part, known_wordings(part, cast), lines))
    effort = asking.effort
    return Aptitude(
        model.name,
        model.digest,
        gate.VERSION,
        prompt.VERSION,
        lines.score(),
        paragraphs.score(),
        effort.read_tokens,
        effort.reused_tokens,
        effort.written_tokens,
        clock() - began,
    )


@dataclass(slots=True)
class _Tally:
    """A score in the making."""

    asked: int = 0
    stood: int = 0
    replies: int = 0
    accepted: int = 0
    refused: Counter[str] = field(default_factory=Counter)

    def add(self, stood: bool) -> None:  # noqa: FBT001 - what came of one claim
        """Count a claim or a paragraph."""
        self.asked += 1
        self.stood += stood

    def reply(self, refusal: str | None) -> None:
        """Count a reply, or what there was in place of one."""
        self.replies += 1
        self.accepted += refusal is None
        if refusal is not None:
            self.refused[refusal] += 1

    def score(self) -> Score:
        """As it stands."""
        return Score(self.asked, self.stood, self.replies, self.accepted, dict(sorted(self.refused.items())))


def _word(asking: Asking, asked: Prompt, part: Part, known: Known, tally: _Tally) -> bool:
    """Whether the model voices one claim: a candidate stands that is no echo."""
    for candidate in range(LINE_CANDIDATES):
        found = _read(asking, asked.line(part, candidate), tally)
        if found is None:
            continue
        wording = found[part.claim.id]
        refusal = gate.judge(wording, part.claim, part.persona, gate.Place(by_model=True))
        tally.reply(refusal.value if refusal else None)
        if refusal is None and not is_echo(wording, known):
            return True
    return False


def _weave(asking: Asking, asked: Prompt, run: tuple[Part, ...], tally: _Tally) -> bool:
    """Whether the model weaves the claims of one voice: a paragraph stands whole."""
    for candidate in range(PASSAGE_CANDIDATES):
        found = _read(asking, asked.passage(run, candidate), tally)
        if found is None:
            continue
        refusal = odd_passage(run, found)
        tally.reply(refusal.value if refusal else None)
        if refusal is None:
            return True
    return False


def _read(asking: Asking, asked: Asked, tally: _Tally) -> Mapping[str, str] | None:
    """What a reply says; None where there is none, which is then counted.

    Raises:
        ModelFault: If it is the server that failed, and not the model.
    """
    key = Key(asked.label, "", "", "", asked.kind, asked.question.seed)
    try:
        return asked.read(asking.ask(asked.question, key))
    except (ValueError, RecursionError):
        tally.reply(Fault.NONSENSE.value)
    except ModelFault as fault:
        if fault.fault not in _THE_MODELS:
            raise
        tally.reply(fault.fault.value)
    return None


@dataclass(frozen=True, slots=True)
class _Stored:
    """The file."""

    __pydantic_config__: ClassVar = STRICT
    version: int
    models: dict[str, Aptitude]


_VERSION = 1


class Aptitudes:
    """The aptitudes that were measured on this machine, in a JSON file.

    Args:
        path: Of the file; it and its folder need not be there.
    """

    def __init__(self, path: Path) -> None:
        self.problem = ""
        """Why what was remembered cannot be read, in one line; empty where all is well."""
        self._path = path

    def of(self, digest: str) -> Aptitude | None:
        """What is remembered of a model; None where it was not measured with this gate and these prompts."""
        return self._valid().get(digest)

    def apt(self) -> tuple[Aptitude, ...]:
        """The models that are remembered as fit for something: for `passage` first, then by name."""
        found = (one for one in self._valid().values() if one.freedom)
        return tuple(sorted(found, key=lambda one: (one.freedom != "passage", one.model, one.digest)))

    def _valid(self) -> dict[str, Aptitude]:
        """What was measured with this gate and these prompts."""
        now = (gate.VERSION, prompt.VERSION)
        return {digest: one for digest, one in self._load().items() if (one.gate, one.prompt) == now}

    def remember(self, aptitude: Aptitude) -> None:
        """Store an aptitude, in the place of an earlier one of the same weights.

        Raises:
            OutputError: If the file cannot be written; it is as it was.
        """
        models = {**self._load(), aptitude.digest: aptitude}
        stored = _Stored(_VERSION, dict(sorted(models.items())))
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            _replace(self._path, canonical_json(asdict(stored)))
        except OSError as error:
            raise OutputError(self._path, error.strerror or str(error)) from error

    def _load(self) -> dict[str, Aptitude]:
        """All that is remembered, of whatever gate; nothing where the file is none, which `problem` then says."""
        try:
            raw = read_remembered(self._path)
        except FileNotFoundError:
            return {}
        except OSError as error:
            self._lost(error.strerror or str(error))
            return {}
        try:
            stored = read_json(_Stored, raw)
        except (ValueError, RecursionError) as error:
            self._lost(str(error))
            return {}
        if stored.version != _VERSION:
            self._lost(f"it is of version {stored.version}, and this program reads {_VERSION}")
            return {}
        return stored.models

    def _lost(self, reason: str) -> None:
        one_line = " ".join(reason.split())[:200]
        self.problem = f"{self._path} is not read: {one_line}. `chronicles personas check` writes it anew"


def _replace(path: Path, text: str) -> None:
    """Write a file whole or not at all."""
    handle, name = tempfile.mkstemp(prefix=path.name, suffix=".part", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", errors="replace") as file:
            file.write(text)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
