"""An Ollama server: where it is, what models it has, and which of them a run takes.

The address is read as Ollama reads `OLLAMA_HOST`, but that what is none is refused instead of being guessed at, and so
is one with a user or a password in it, which is never printed. Nothing is pulled. Without a name the model is, of those
that can chat, the one whose family stands first in `FAMILIES`, and of that family the one that was pulled or made last;
where no family is known, the last one of all. Models that the server hands on to another machine are taken only by
name: a run without one sends no repository's text away.

What a server says is checked before it goes inward; names and words of its are shown as one printable line.
"""

from __future__ import annotations

import ipaddress
import json
import os
import re
import shlex
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from chronicles.writers.models.model import Fault, ModelFault, NoAddress
from chronicles.writers.models.transport import Refused, Transport, no_ollama

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from ollama import Client

__all__ = [
    "FAMILIES",
    "MALFORMED",
    "Installed",
    "Server",
    "client_class",
    "default_model",
    "error_words",
    "find_model",
    "is_local",
    "missing",
    "one_line",
    "parse_host",
]

FAMILIES = (
    *("qwen3", "gemma3", "llama3.3", "llama3.2", "llama3.1", "mistral-small", "mistral", "qwen2.5", "phi4"),
    *("granite4", "granite3.3", "gemma2", "llama3", "qwen2", "phi3", "smollm2"),
)
"""Names of general models that follow instructions, the better ones first; no coders, no eyes."""
_PORTS = {"http": 80, "https": 443}
_DEFAULT_PORT = 11434
_HOST_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?\.?")
_VERSION = re.compile(r"v?([0-9]{1,6})\.([0-9]{1,6})\.([0-9]{1,6})[\w.+-]{0,40}")
"""With numbers that a version has: one of thousands of digits is none, and no number to Python either."""
_MODEL_NAME = re.compile(r"[\w][\w.:/@+-]{0,199}", re.ASCII)
_DIGEST = re.compile(r"(sha256:)?([0-9a-f]{12,64})")
_OTHER = "upgrade the server, or name another model with `--model`"
_READ_SEC = 10.0
"""For what a server knows without running a model."""
MALFORMED = (ValueError, TypeError, AttributeError, LookupError, ArithmeticError, RecursionError)
"""What the client raises where a reply is not of the kind that it expects."""
_HIDDEN = {"ollama_host", "ollama_api_key", "ssl_cert_file", "ssl_cert_dir"}
_NOT_FOUND, _BUSY = 404, (429, 503)
_SHOWN = 5
"""Models that are named where one is missing."""
_TRIED = 20
"""Models that are looked at for one that can chat."""


@dataclass(frozen=True, slots=True)
class Installed:
    """A model that a server has."""

    name: str
    """With its tag."""
    digest: str
    """In hex."""
    modified_at: float
    """When it was pulled or made, in seconds since 1970."""
    kind: str
    """The architecture that the server names (`llama`, `bert`)."""

    @property
    def is_remote(self) -> bool:
        """Whether the server hands questions on to another machine."""
        return self.name.endswith(("-cloud", ":cloud"))

    @property
    def family(self) -> str:
        """The name without publisher and tag."""
        return self.name.rpartition("/")[2].partition(":")[0]


@dataclass(frozen=True, slots=True)
class Server:
    """Where an Ollama server is; nothing is asked of it before the first call."""

    address: str
    ends: float | None = None
    """Until when it may say what it knows without running a model, by the monotonic clock; a while each where None."""

    @classmethod
    def at(cls, host: str | None = None, *, limit_sec: float | None = None) -> Server:
        """The server at an address, or at that of `OLLAMA_HOST`, or at the default one.

        Args:
            host: The address.
            limit_sec: For all that it is asked to tell of itself, from now on.

        Raises:
            ModelFault: If it is no address.
        """
        ends = None if limit_sec is None else monotonic() + limit_sec
        return cls(parse_host(host or os.environ.get("OLLAMA_HOST")), ends)

    @property
    def parallel(self) -> int:
        """Requests that it answers at once, as far as can be known: a server of this machine may share our settings."""
        told = os.environ.get("OLLAMA_NUM_PARALLEL", "")
        return max(1, min(int(told), 8)) if told.isdecimal() and is_local(self.address) else 1

    def version(self) -> tuple[int, int, int]:
        """Which version answers; this is how a server is known to be one.

        Raises:
            ModelFault: If none answers, or something else does.
        """
        import httpx  # noqa: PLC0415 - only where a server is asked

        with self._refusals():
            transport: Any = Transport(self._read_sec, secure=self.address.startswith("https:"))
            with httpx.Client(transport=transport, trust_env=False) as client:
                try:
                    told = client.get(f"{self.address}/api/version").json()
                except MALFORMED:
                    told = None
        version = told.get("version") if isinstance(told, dict) else None
        found = _VERSION.fullmatch(version) if isinstance(version, str) else None
        if not found:
            raise no_ollama(self.address)
        return int(found[1]), int(found[2]), int(found[3])

    def installed(self) -> tuple[Installed, ...]:
        """The models that it has.

        Raises:
            ModelFault: As `version`.
        """
        with self.client(self._read_sec) as client:
            try:
                rows = client.list().models
            except MALFORMED as error:
                raise no_ollama(self.address, "it has no list of models") from error
        return tuple(found for row in rows if (found := _parse_row(row)))

    def context(self, model: Installed) -> int | None:
        """How many tokens a model's context may have; None where the server does not tell.

        Raises:
            ModelFault: If the model cannot chat, or the server fails.
        """
        with self.client(self._read_sec, model.name) as client:
            try:
                shown = client.show(model.name)
            except MALFORMED as error:
                told = f"what {self.address} tells of the model {model.name} cannot be read{_odd_field(error)}"
                raise ModelFault(Fault.NONSENSE, f"{told}; {_OTHER}") from error
        can = shown.capabilities
        if "bert" in model.kind if can is None else "completion" not in can:
            advice = "name one that does with `--model`; `ollama list` shows those there are"
            raise ModelFault(Fault.MISSING, f"the model {model.name} does not chat: {advice}")
        info = shown.modelinfo or {}
        length = info.get(f"{info.get('general.architecture')}.context_length")
        if length is None or (type(length) is int and length >= 0):
            return length or None
        odd = one_line(json.dumps(length), 40)
        told = f"{self.address} says that the context of the model {model.name} is {odd}, which is no number of tokens"
        raise ModelFault(Fault.NONSENSE, f"{told}; {_OTHER}")

    @contextmanager
    def client(
        self, limit_sec: float, model: str = "", *, extra: Mapping[str, object] | None = None
    ) -> Iterator[Client]:
        """The official client, for one request.

        Args:
            limit_sec: For all of it.
            model: Which is asked, for what is said when it is missing.
            extra: Fields for which the client has no word.

        Raises:
            ModelFault: If the server cannot be asked or refuses.
        """
        transport = Transport(limit_sec, secure=self.address.startswith("https:"), extra=extra)
        client = client_class()(self.address, transport=transport, trust_env=False, follow_redirects=False)
        with self._refusals(model), client:
            yield client

    @property
    def _read_sec(self) -> float:
        """How long it may take to tell something."""
        return _READ_SEC if self.ends is None else max(0.0, min(_READ_SEC, self.ends - monotonic()))

    @contextmanager
    def _refusals(self, model: str = "") -> Iterator[None]:
        try:
            yield
        except Refused as refused:
            raise self._fault(refused, model) from refused

    def _fault(self, refused: Refused, model: str) -> ModelFault:
        """What an answer with another status means."""
        words = error_words(refused.text)
        said = f"the Ollama server at {self.address} answered {refused.status}"
        if words is None and refused.status not in _BUSY:
            return no_ollama(self.address, f"status {refused.status}")
        if refused.status in _BUSY:
            return ModelFault(Fault.OVERLOADED, f"{said}: {words or 'too many requests'}")
        if refused.status == _NOT_FOUND and model:
            return ModelFault(Fault.MISSING, missing(self.address, model))
        if words and "does not support" in words:
            return ModelFault(Fault.MISSING, f"{said}: {words}; name a model that chats with `--model`")
        return ModelFault(Fault.FAILED, f"{said}: {words}")


def parse_host(text: str | None) -> str:
    """The address of a server, from `OLLAMA_HOST` or an option.

    Without a scheme it is http and port 11434, with one the port is the scheme's; an address to listen on (0.0.0.0)
    is reached at the loopback address. A path alone, such as that of a socket's file, and port 0 name no server.

    Raises:
        NoAddress: If it is no address, or has a user or a password in it.
    """
    given = (text or "").strip()
    if "@" in given:
        raise NoAddress("OLLAMA_HOST has a user or a password in it; it is written host:port")
    given = "https://ollama.com" if given == "ollama.com" else given
    scheme, mark, rest = given.partition("://")
    scheme, rest = (scheme.lower(), rest) if mark else ("http", given)
    refused = f"{one_line(given, 60)!r} is no address of an Ollama server; OLLAMA_HOST is written host:port"
    try:
        parts = urlsplit(f"{scheme}://{rest}")
        host, port = parts.hostname or "127.0.0.1", parts.port
    except ValueError as error:
        raise NoAddress(refused) from error
    # Splitting drops line ends, so what was given is looked at.
    known = scheme in _PORTS and not parts.query and not parts.fragment and given.isascii() and given.isprintable()
    # Only the port may stand alone: where nothing is named before a path, the path was meant to be the place.
    named = parts.hostname or port or not rest
    if not known or not named or port == 0 or not (_is_ip(host) or _HOST_NAME.fullmatch(host)):
        raise NoAddress(refused)
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - what servers listen on, not we
    port = port or (_PORTS[scheme] if mark or "ollama.com" in given else _DEFAULT_PORT)
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}{parts.path.rstrip('/')}"


def is_local(address: str) -> bool:
    """Whether a server is on this machine."""
    host = urlsplit(address).hostname or ""
    return ipaddress.ip_address(host).is_loopback if _is_ip(host) else host == "localhost"


def find_model(models: Sequence[Installed], name: str) -> Installed | None:
    """The model of a name, as Ollama finds it: `latest` is the tag that is left out, and letters have no case."""
    bare = name.strip().lower().removeprefix("registry.ollama.ai/").removeprefix("library/")
    full = bare if ":" in bare.rpartition("/")[2] else f"{bare}:latest"
    return next((model for model in models if model.name.lower() == full), None)


def default_model(server: Server) -> Installed:
    """The model of a run that names none, as the head of this module says.

    Raises:
        ModelFault: If the server has none that can chat, or cannot be asked.
    """
    ranks = {family: rank for rank, family in enumerate(FAMILIES)}
    found = [model for model in server.installed() if not model.is_remote]
    found.sort(key=lambda model: (ranks.get(model.family, len(ranks)), -model.modified_at, model.name))
    for model in found[:_TRIED]:
        try:
            server.context(model)
        except ModelFault as fault:
            if fault.fault is not Fault.MISSING:
                raise
        else:
            return model
    advice = "fetch one, for example with `ollama pull qwen3:4b`"
    raise ModelFault(Fault.MISSING, f"the Ollama server at {server.address} has no model that chats: {advice}")


def missing(address: str, name: str, models: Sequence[Installed] = ()) -> str:
    """What is said of a model that is not there."""
    there = ", ".join(model.name for model in models[:_SHOWN])
    has = f"; it has {there}{' and others' if len(models) > _SHOWN else ''}" if there else ""
    shown = one_line(name, 80)
    if not _MODEL_NAME.fullmatch(name):
        return f"{shown!r} is no name of a model{has}"
    return f"the Ollama server at {address} has no model {shown}: `ollama pull {shlex.quote(shown)}` fetches it{has}"


def one_line(text: str, length: int = 160) -> str:
    """Words of a stranger for a message of ours."""
    line = " ".join("".join(char if char.isprintable() else " " for char in text[: 4 * length]).split())
    return line if len(line) <= length else f"{line[: length - 1]}…"


def error_words(text: str) -> str | None:
    """What an error of Ollama's says; None where it is no such error."""
    try:
        told = json.loads(text)
    except (ValueError, RecursionError):
        return None
    words = told.get("error") if isinstance(told, dict) else None
    return one_line(words) if isinstance(words, str) else None


def _odd_field(error: BaseException) -> str:
    """Which field of a reply is not of its kind, as far as the client says."""
    errors = getattr(error, "errors", None)
    first = next(iter(errors()), None) if callable(errors) else None
    return f" (`{'.'.join(map(str, first['loc']))}`: {one_line(first['msg'], 80)})" if first else ""


def _is_ip(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _parse_row(row: Any) -> Installed | None:  # noqa: ANN401 - a row of the client, whose fields may all be missing
    name, digest = row.model or "", _DIGEST.fullmatch(row.digest or "")
    if not digest or not _MODEL_NAME.fullmatch(name):
        return None
    kind = (row.details.family if row.details else None) or ""
    return Installed(name, digest[2], _seconds(row.modified_at), kind)


def _seconds(moment: datetime | None) -> float:
    """Since 1970; 0 for a moment that cannot be told so, such as the first of the calendar in most zones."""
    try:
        return moment.timestamp() if moment else 0.0
    except (ValueError, OverflowError, OSError):
        return 0.0


def client_class() -> type[Client]:
    """The official client.

    Its package makes a client as soon as it is imported, out of the environment: an address, a proxy or a file of
    certificates that cannot be used would end the import, though nothing is asked by that client. So it sees none.
    """
    names = () if "ollama" in sys.modules else tuple(os.environ)
    hidden = {name: os.environ.pop(name) for name in names if _is_hidden(name.lower())}
    try:
        from ollama import Client  # noqa: PLC0415 - takes a sixth of a second
    finally:
        os.environ.update(hidden)
    return Client


def _is_hidden(name: str) -> bool:
    return name in _HIDDEN or name.endswith("_proxy")
