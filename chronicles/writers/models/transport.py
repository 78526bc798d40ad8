"""The wire to a model's server: bounded in bytes and time, with no detour and no secret.

The official client of Ollama leaves all of that to httpx, and httpx bounds a single read, never a reply: a server that
sends a byte a second is waited for until it stops. So the bounds stand below both, around the socket itself, where
headers and the frames of chunks count too: one deadline for all of a request, two seconds for each address to be
connected to, and a number of bytes. Looking up a name is the system's resolver's, with its own limit.

Three more traps of the client are closed here. It sends `OLLAMA_API_KEY` to whatever host it is given; the key goes to
Ollama's own hosts, over TLS, and nowhere else. It has no word for `truncate`, by which a server refuses a prompt that
does not fit instead of cutting it in silence; such fields are added to the body. And it takes the letters U+0085,
U+2028 and U+2029 for ends of lines, which may stand in a JSON string as they are; they are handed on as escapes.

What goes wrong is a `ModelFault`, or `Refused` for a status other than 200: both pass through httpx as they are.
"""

from __future__ import annotations

import json
import ssl
from contextlib import contextmanager
from time import monotonic
from typing import TYPE_CHECKING, Any, Self

from chronicles.writers.models.model import Fault, ModelFault

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    import httpcore
    import httpx

__all__ = ["CONNECT_SEC", "REPLY_BYTES", "Refused", "Transport", "no_ollama"]

CONNECT_SEC = 2.0
REPLY_BYTES = 8 << 20
"""Of one reply: `/api/show` has licences and lists of tensors."""
_ERROR_BYTES = 64 << 10
_OK = 200
_STREAMED = "/api/chat"
_ESCAPES = ((b"\xc2\x85", b"\\u0085"), (b"\xe2\x80\xa8", b"\\u2028"), (b"\xe2\x80\xa9", b"\\u2029"))


class Refused(Exception):
    """An answer with a status other than 200."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(f"{status}: {text[:200]}")
        self.status = status
        self.text = text


def no_ollama(host: str, why: str = "") -> ModelFault:
    """What is said of something else that answers."""
    reason = f" ({why})" if why else ""
    return ModelFault(Fault.UNREACHABLE, f"what answers at {host} is no Ollama{reason}: set OLLAMA_HOST to one that is")


class Transport:
    """What httpx sends requests by: for one request, or a few that share one limit of time.

    Args:
        limit_sec: From now on.
        secure: Whether the server is asked over TLS.
        extra: Fields that are added to the body of a chat.
    """

    def __init__(self, limit_sec: float, *, secure: bool = False, extra: Mapping[str, object] | None = None) -> None:
        import httpcore  # noqa: PLC0415 - only where a server is asked

        self._extra = dict(extra or {})
        self._wire = _Wire(limit_sec)
        backend: Any = self._wire
        self._pool = httpcore.ConnectionPool(
            # The system's certificates, and those that SSL_CERT_FILE names.
            ssl_context=ssl.create_default_context() if secure else None,
            # A connection for each request: one that was kept may be closed at the other end, and breaks a request.
            max_keepalive_connections=0,
            network_backend=backend,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *ended: object) -> None:
        self.close()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request, and give the reply as it comes.

        Raises:
            ModelFault: If there is none within the bounds.
            Refused: If its status is not 200.
        """
        import httpcore  # noqa: PLC0415 - as above
        import httpx  # noqa: PLC0415 - as above

        host = f"{request.url.scheme}://{request.url.netloc.decode()}"
        content, path = request.read(), request.url.path
        if path.endswith(_STREAMED) and self._extra:
            content = json.dumps(json.loads(content) | self._extra).encode()
        sent = httpcore.Request(
            request.method,
            httpcore.URL(
                scheme=request.url.raw_scheme,
                host=request.url.raw_host,
                port=request.url.port,
                target=request.url.raw_path,
            ),
            headers=_headers(request, content),
            content=content,
        )
        with self._faults(host, begun=False):
            reply = self._pool.handle_request(sent)
        pieces = self._pieces(reply, host)
        if reply.status != _OK:
            raise Refused(reply.status, _first(pieces, _ERROR_BYTES).decode("utf-8", "replace"))
        if any(name.lower() == b"content-encoding" and value != b"identity" for name, value in reply.headers):
            raise ModelFault(Fault.NONSENSE, f"{host} packs its replies, which it was asked not to do")
        lines = _lines(pieces, whole=not path.endswith(_STREAMED))
        return httpx.Response(_OK, headers={"content-type": "application/json"}, content=lines)

    def close(self) -> None:
        """End what is under way."""
        self._pool.close()

    def _pieces(self, reply: httpcore.Response, host: str) -> Iterator[bytes]:
        with self._faults(host):
            yield from reply.iter_stream()

    @contextmanager
    def _faults(self, host: str, *, begun: bool = True) -> Iterator[None]:
        """Name what went wrong on the way."""
        import httpcore  # noqa: PLC0415 - as above

        try:
            yield
        except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
            self._wire.left()
            reason = " ".join(str(error).split())[:100] or "no answer"
            advice = "start one with `ollama serve`, or say in OLLAMA_HOST where it is"
            raise ModelFault(Fault.UNREACHABLE, f"no Ollama answers at {host} ({reason}): {advice}") from error
        except httpcore.TimeoutException as error:
            raise self._wire.late() from error
        except (httpcore.NetworkError, httpcore.ProtocolError) as error:
            self._wire.left()
            if self._wire.read and not begun:
                raise no_ollama(host) from error
            raise ModelFault(Fault.BROKEN_OFF, f"the connection to {host} broke off before the reply ended") from error
        except httpcore.UnsupportedProtocol as error:
            raise no_ollama(host) from error


class _Wire:
    """Opens sockets for httpcore, all under one deadline and one count of bytes."""

    def __init__(self, limit_sec: float) -> None:
        self._limit_sec = limit_sec
        self._ends = monotonic() + limit_sec
        self.read = 0
        """Bytes so far."""

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> _Stream:
        """Open one."""
        import httpcore  # noqa: PLC0415 - as above

        del timeout
        limit = min(CONNECT_SEC, self.left())
        opened = httpcore.SyncBackend().connect_tcp(host, port, limit, local_address, socket_options)
        return _Stream(opened, self)

    def left(self) -> float:
        """Seconds until the deadline.

        Raises:
            ModelFault: If it is over.
        """
        left = self._ends - monotonic()
        if left <= 0:
            raise self.late()
        return left

    def late(self) -> ModelFault:
        """What to say at the deadline."""
        return ModelFault(
            Fault.TIMED_OUT, f"no whole reply within {self._limit_sec:.3g} seconds; a smaller model helps"
        )

    def count(self, read: bytes) -> bytes:
        """Let bytes pass, as long as there are not too many."""
        self.read += len(read)
        if self.read > REPLY_BYTES:
            raise ModelFault(Fault.NONSENSE, f"the reply is longer than {REPLY_BYTES >> 20} MiB")
        return read


class _Stream:
    """A socket of httpcore's, under the bounds of its wire."""

    def __init__(self, inner: httpcore.NetworkStream, wire: _Wire) -> None:
        self._inner = inner
        self._wire = wire
        self.close = inner.close
        self.get_extra_info = inner.get_extra_info

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Wait no longer than there is time."""
        del timeout
        return self._wire.count(self._inner.read(max_bytes, self._wire.left()))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """As reading."""
        del timeout
        self._inner.write(buffer, self._wire.left())

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> _Stream:
        """The same bounds around the encrypted stream."""
        del timeout
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, self._wire.left()), self._wire)


def _headers(request: httpx.Request, content: bytes) -> list[tuple[bytes, bytes]]:
    """What is sent of the client's headers: no key to strangers, and replies as they are."""
    ours = {b"accept-encoding": b"identity"} | ({b"content-length": b"%d" % len(content)} if content else {})
    held_back = set() if _is_ollamas(request.url) else {b"authorization"}
    kept = [(name, value) for name, value in request.headers.raw if name.lower() not in {*held_back, *ours}]
    return kept + list(ours.items())


def _is_ollamas(url: httpx.URL) -> bool:
    return url.scheme == "https" and (url.host == "ollama.com" or url.host.endswith(".ollama.com"))


def _first(pieces: Iterator[bytes], limit: int) -> bytes:
    read = b""
    for piece in pieces:
        read += piece
        if len(read) >= limit:
            break
    return read[:limit]


def _lines(pieces: Iterator[bytes], *, whole: bool) -> Iterator[bytes]:
    """Line by line; what comes after the last end of line only where the reply is one document."""
    rest = bytearray()
    for piece in pieces:
        seen = len(rest)
        rest += piece
        end = rest.rfind(b"\n", seen) + 1
        if end:
            yield _escaped(bytes(rest[:end]))
            del rest[:end]
    if whole and rest:
        yield _escaped(bytes(rest))


def _escaped(read: bytes) -> bytes:
    for letter, escape in _ESCAPES:
        read = read.replace(letter, escape)
    return read
