"""The engine's one client that talks to an Ollama server.

It asks what it needs and believes nothing: replies are bounded in size and time, numbers are whole, not negative and
agree with each other, and what comes out is complete. A reply without a counter is no reply with a zero, though the
server writes both alike (its fields are `omitempty`): without a duration there is no measurement.

httpx, which the `ollama` package brings, is used instead of that package: its client sends the key of the environment
to whatever host it is given, follows redirects, turns "3" into 3, and splits a stream at signs that may stand inside
a JSON string (U+0085), not only at line feeds. Nothing is sent here but the request, and proxies are not asked.

What the server's counters mean was read in its source (`server/routes.go`, `server/sched.go`, `llm/llama_server.go`,
v0.33):

- `load_duration` runs from the arrival of a request to a model that is ready for it: some milliseconds where it was
  loaded already, all of the loading where it was not. It is never 0, and no part of the first token's time here.
- `prompt_eval_duration` ends with the first output token, and `eval_duration` covers the others: one pass fewer than
  `eval_count` has tokens.
- `prompt_eval_count` is the whole prompt even where most of it came from the cache of an earlier request, except in
  v0.30.0 and before v0.4, which count only what was read, and leave it out when that is nothing.
- A reply that repeats one token more than 30 times is cut off without its last line.
"""

from __future__ import annotations

import ipaddress
import json
import os
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

from banterhearts.benchmarking.bench import MeasureFailed
from banterhearts.benchmarking.clock import Clock, elapsed_ns, perf_clock
from banterhearts.benchmarking.ollama_card import ModelCard, parse_card
from banterhearts.benchmarking.ollama_replies import (
    Piece,
    Reply,
    Resident,
    parse_error,
    parse_models,
    parse_object,
    parse_reply,
    parse_residents,
    parse_version,
)
from banterhearts.benchmarking.readings import excerpt
from banterhearts.core.record import Status
from banterhearts.errors import Missing, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import httpx

__all__ = ["DEFAULT_HOST", "OllamaClient", "parse_host"]

DEFAULT_HOST = "http://127.0.0.1:11434"
KEEP_ALIVE_SEC = 600
"""How long the server keeps the model after a request of ours: longer than any pause of a sitting."""
_PORTS = {"http": 80, "https": 443}
_DEFAULT_PORT = 11434
_CONNECT_SEC = 5.0
_REPLY_LIMIT = 32 << 20
"""Bytes of one reply; `/api/show` lists every tensor of a model."""
_LINE_LIMIT = 1 << 20
"""Bytes of one line of a stream."""
_UNLOAD_SEC = 60.0
_POLL_SEC = 0.02
_NOT_FOUND, _FIRST_ERROR = 404, 400


def parse_host(text: str | None) -> str:
    """The address of a server, from `OLLAMA_HOST` or an option, read as Ollama reads it.

    Without a scheme it is http and port 11434, with one the port is the scheme's; an address to listen on (0.0.0.0)
    is reached at the loopback address.

    Raises:
        UsageError: If it is no address, has a password in it, or is not on this machine: a run record tells of the
            machine that the engine runs on.
    """
    given = (text or "").strip()
    scheme, mark, rest = given.partition("://")
    scheme, rest = (scheme.lower(), rest) if mark else ("http", given)
    refused = f"{excerpt(given)} is no address of an Ollama server"
    try:
        parts = urlsplit(f"{scheme}://{rest}")
        host, port = parts.hostname or "127.0.0.1", parts.port
    except ValueError as error:
        raise UsageError(f"{refused}; OLLAMA_HOST is written host:port") from error
    if scheme not in _PORTS or parts.username is not None or parts.query or parts.fragment:
        raise UsageError(f"{refused}; OLLAMA_HOST is written host:port or http://host:port, without a user")
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - what servers listen on, not we
    if not _is_here(host):
        problem = f"the Ollama server at {excerpt(host)} is on another machine, of which a run record could not tell"
        raise UsageError(f"{problem}; run the engine there, or set OLLAMA_HOST to a server of this machine")
    port = port or (_PORTS[scheme] if mark else _DEFAULT_PORT)
    path = parts.path.rstrip("/")
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}{path}"


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


@dataclass(slots=True)
class OllamaClient:
    """A server of this machine; nothing is asked of it before the first call."""

    host: str = DEFAULT_HOST
    """As `parse_host` gives it."""
    limit_sec: float = 600.0
    """For one request, loading a model included."""
    clock: Clock = perf_clock
    _client: httpx.Client | None = None

    @classmethod
    def from_environment(cls, host: str | None = None, *, limit_sec: float = 600.0) -> OllamaClient:
        """A client for the host named, or that of `OLLAMA_HOST`, or the default one.

        Raises:
            UsageError: As `parse_host`.
        """
        return cls(parse_host(host or os.environ.get("OLLAMA_HOST")), limit_sec)

    def version(self) -> str:
        """The server's version.

        Raises:
            Missing: If no server answers.
            MeasureFailed: If what answers is none.
        """
        return parse_version(self._ask("GET", "/api/version"))

    def card(self, name: str) -> ModelCard:
        """What the server knows of a model.

        Raises:
            Missing: If no server answers, or it has no such model, or runs it on another machine.
            MeasureFailed: If what it says is incomplete or cannot be.
        """
        shown = self._ask("POST", "/api/show", {"model": name}, model=name)
        listed = parse_models(self._ask("GET", "/api/tags"))
        return parse_card(name, shown, listed)

    def residents(self) -> tuple[Resident, ...]:
        """The models that are in memory.

        Raises:
            Missing: If no server answers.
            MeasureFailed: If what it says is incomplete or cannot be.
        """
        return parse_residents(self._ask("GET", "/api/ps"))

    def resident(self, card: ModelCard) -> Resident | None:
        """A model as it is in memory, or None.

        Raises:
            Missing: If no server answers.
            MeasureFailed: If what it says is incomplete or cannot be.
        """
        return next((one for one in self.residents() if one.digest == card.digest), None)

    def load(self, card: ModelCard, options: Mapping[str, Any]) -> int:
        """Have a model in memory with these options: nothing happens where it is.

        Returns:
            The nanoseconds that it took, by our clock: the server counts nothing in this reply.

        Raises:
            Missing: If no server answers, or the model is gone.
            MeasureFailed: If it cannot be loaded.
        """
        body = {"model": card.name, "options": dict(options), "keep_alive": KEEP_ALIVE_SEC, "stream": False}
        started = self.clock()
        reply = self._ask("POST", "/api/generate", body, model=card.name)
        took = elapsed_ns(started, self.clock())
        self._expect_done(reply, "load")
        return took

    def unload(self, card: ModelCard) -> None:
        """Have a model out of memory, with all that it remembers of earlier prompts.

        Raises:
            Missing: If no server answers, or the model is gone.
            MeasureFailed: If it stays, because somebody else is using it.
        """
        body = {"model": card.name, "keep_alive": 0, "stream": False}
        self._expect_done(self._ask("POST", "/api/generate", body, model=card.name), "unload")
        deadline = time.monotonic() + _UNLOAD_SEC
        while self.resident(card) is not None:
            if time.monotonic() > deadline:
                raise MeasureFailed(f"the Ollama server does not unload {card.name}: somebody else is using it")
            time.sleep(_POLL_SEC)

    def generate(self, card: ModelCard, prompt: str, options: Mapping[str, Any]) -> Reply:
        """Send a prompt as it stands (`raw`) and read the answer as it comes.

        Args:
            card: Of the model.
            prompt: Not empty: an empty one only loads.
            options: With `num_predict` ≥ 1, since 0 is no limit to the server.

        Raises:
            Missing: If no server answers, or the model is gone.
            MeasureFailed: If the request fails, breaks off or takes too long, or the counters cannot be (`invalid`).
        """
        assert prompt, "an empty prompt only loads"
        assert options["num_predict"] >= 1, options
        body = {
            "model": card.name,
            "prompt": prompt,
            "raw": True,
            "stream": True,
            "options": dict(options),
            "keep_alive": KEEP_ALIVE_SEC,
        }
        started = self.clock()
        chunks: list[Piece] = []
        with self._request("POST", "/api/generate", body, model=card.name) as response:
            for at, line in self._lines(response, started):
                message = parse_object("/api/generate", line)
                if "error" in message:
                    raise MeasureFailed(f"Ollama broke off after {len(chunks)} chunks: {parse_error(message)}")
                said = "".join(text for key in ("thinking", "response") if isinstance(text := message.get(key), str))
                if said:
                    chunks.append(Piece(at, said, message.get("created_at")))
                if message.get("done") is True:
                    return parse_reply(message, chunks, wall_ns=at, asked=options["num_predict"])
        problem = f"Ollama's answer ends after {len(chunks)} chunks without its counters"
        if _is_loop(chunks):
            problem += f", as it does when a model repeats itself: {excerpt(chunks[-1].text)} came again and again"
        raise MeasureFailed(problem)

    def _expect_done(self, reply: Mapping[str, object], reason: Literal["load", "unload"]) -> None:
        """Older servers say `done` without a reason."""
        if reply.get("done") is not True or reply.get("done_reason", reason) != reason:
            raise MeasureFailed(f"Ollama was asked to {reason} a model, and answered otherwise", Status.INVALID)

    def _ask(
        self, method: str, path: str, body: Mapping[str, object] | None = None, *, model: str = ""
    ) -> dict[str, object]:
        """One request with one JSON object as its reply."""
        started = self.clock()
        with self._request(method, path, body, model=model) as response:
            read = b"".join(chunk for _, chunk in self._chunks(response, started))
        return parse_object(path, read)

    @contextmanager
    def _request(
        self, method: str, path: str, body: Mapping[str, object] | None, *, model: str
    ) -> Iterator[httpx.Response]:
        import httpx  # noqa: PLC0415 - costs 0.1 s that only a conversation needs

        content = None if body is None else json.dumps(body).encode()
        headers = {} if content is None else {"content-type": "application/json"}
        client = self._connect()
        started = self.clock()
        try:
            with client.stream(method, f"{self.host}{path}", content=content, headers=headers) as response:
                if response.status_code >= _FIRST_ERROR:
                    read = b"".join(chunk for _, chunk in self._chunks(response, started))
                    raise _refusal(response.status_code, path, read, model)
                if response.is_redirect or response.is_informational:
                    raise MeasureFailed(f"what answers at {self.host} is no Ollama server", Status.INVALID)
                yield response
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            raise Missing(
                f"no Ollama server answers at {self.host}",
                "start one with `ollama serve`, or say in OLLAMA_HOST where it is",
            ) from error
        except httpx.TimeoutException as error:
            raise MeasureFailed(f"Ollama said nothing for {self.limit_sec:g} s on {path}") from error
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
            raise MeasureFailed(f"the connection to Ollama broke off on {path}: {excerpt(str(error))}") from error

    def _connect(self) -> httpx.Client:
        """The client of all requests, made once: making it takes longer than a short request."""
        import httpx  # noqa: PLC0415 - as above

        if self._client is None:
            self._client = httpx.Client(
                headers={"user-agent": "banterhearts", "accept-encoding": "identity"},
                timeout=httpx.Timeout(self.limit_sec, connect=_CONNECT_SEC),
                # A connection for each request: one that was kept may be closed at the other end, and breaks a request.
                limits=httpx.Limits(max_keepalive_connections=0),
                # No proxy, no .netrc: nobody between us and a server of this machine.
                trust_env=False,
                follow_redirects=False,
            )
        return self._client

    def _chunks(self, response: httpx.Response, started: int) -> Iterator[tuple[int, bytes]]:
        """What arrives, with the nanoseconds since `started` at which it did; bounded in bytes and time."""
        read = 0
        for chunk in response.iter_raw():
            at = elapsed_ns(started, self.clock())
            read += len(chunk)
            if read > _REPLY_LIMIT:
                raise MeasureFailed(f"Ollama's reply is longer than {_REPLY_LIMIT} bytes", Status.INVALID)
            if at > self.limit_sec * 1e9:
                raise MeasureFailed(f"Ollama's reply took longer than {self.limit_sec:g} s and was ended")
            yield at, chunk

    def _lines(self, response: httpx.Response, started: int) -> Iterator[tuple[int, bytes]]:
        """The lines of a stream; a last one without an end is half a line, and is not given."""
        rest = b""
        for at, chunk in self._chunks(response, started):
            *lines, rest = (rest + chunk).split(b"\n")
            if max(map(len, (*lines, rest))) > _LINE_LIMIT:
                raise MeasureFailed(f"a line of Ollama's reply is longer than {_LINE_LIMIT} bytes", Status.INVALID)
            yield from ((at, line) for line in lines if line.strip())


def _refusal(status: int, path: str, read: bytes, model: str) -> Missing | MeasureFailed:
    """What an error of the server means."""
    if status == _NOT_FOUND and model:
        return Missing(f"the Ollama server has no model {excerpt(model)}", f"fetch it with `ollama pull {model}`")
    try:
        said = parse_error(parse_object(path, read))
    except MeasureFailed:
        said = excerpt(read.decode("utf-8", "replace"), 200)
    return MeasureFailed(f"Ollama answered {status} to {path}: {said}")


_LOOP = 31
"""Equal tokens after which the server gives up."""


def _is_loop(chunks: list[Piece]) -> bool:
    return len(chunks) >= _LOOP and len({chunk.text.strip() for chunk in chunks[-_LOOP:]}) == 1
