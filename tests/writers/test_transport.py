"""The wire to a model's server: its bounds, and what it keeps to itself."""

from __future__ import annotations

import gzip
import json
import socket
from time import monotonic
from typing import Any

import httpx
import pytest

from chronicles.writers.models import transport
from chronicles.writers.models.model import Fault, ModelFault
from chronicles.writers.models.transport import Refused, Transport


def get(server: Any, path: str = "/api/version", limit_sec: float = 5.0) -> httpx.Response:
    """One request through the transport."""
    wire: Any = Transport(limit_sec)
    with httpx.Client(transport=wire, trust_env=False) as client:
        return client.get(f"{server.host}{path}")


def test_a_reply_comes_as_it_is(ollama_server: Any) -> None:
    """Through httpx, with the server's JSON."""
    assert get(ollama_server).json() == {"version": "0.33.0"}


def test_another_status_is_a_refusal_with_its_words(ollama_server: Any) -> None:
    """Status and text, not more of it than a message needs."""
    ollama_server.replies["/api/version"] = (418, b"a" * 1_000_000)
    with pytest.raises(Refused) as caught:
        get(ollama_server)
    assert (caught.value.status, len(caught.value.text)) == (418, 64 << 10)


def test_a_packed_reply_is_not_unpacked(ollama_server: Any) -> None:
    """A small one could become any size."""
    packed = gzip.compress(b" " * (100 << 20))
    ollama_server.replies["/api/version"] = (200, packed, {"Content-Encoding": "gzip"})
    with pytest.raises(ModelFault, match="packs its replies"):
        get(ollama_server)
    assert ollama_server.requests[-1][3]["accept-encoding"] == "identity"


def test_bytes_are_counted_from_the_first(ollama_server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Headers are part of a reply."""
    monkeypatch.setattr(transport, "REPLY_BYTES", 100)
    with pytest.raises(ModelFault) as caught:
        get(ollama_server)
    assert caught.value.fault is Fault.NONSENSE


def test_an_address_that_does_not_answer_is_left_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Connecting has a limit of its own, far below that of a reply."""
    monkeypatch.setattr(transport, "CONNECT_SEC", 0.2)
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        waiting = []
        for _ in range(4):
            one = socket.socket()
            one.setblocking(False)
            one.connect_ex(full.getsockname())
            waiting.append(one)
        started = monotonic()
        wire: Any = Transport(60.0)
        with httpx.Client(transport=wire) as client, pytest.raises(ModelFault, match="ollama serve") as caught:
            client.get(f"http://127.0.0.1:{full.getsockname()[1]}/")
        for one in waiting:
            one.close()
    assert caught.value.fault is Fault.UNREACHABLE
    assert monotonic() - started < 10


@pytest.mark.parametrize(
    ("url", "sent"),
    [
        ("https://ollama.com/api/chat", True),
        ("https://api.ollama.com/api/chat", True),
        ("http://ollama.com/api/chat", False),
        ("https://ollama.com.example.org/api/chat", False),
        ("https://notollama.com/api/chat", False),
        ("http://127.0.0.1:11434/api/chat", False),
    ],
)
def test_the_key_is_for_ollamas_own_hosts(url: str, *, sent: bool) -> None:
    """Over TLS, and for no name that only looks like one."""
    request = httpx.Request("POST", url, headers={"Authorization": "Bearer key"}, content=b"{}")
    names = {name.lower() for name, _ in transport._headers(request, b"{}")}
    assert (b"authorization" in names) is sent
    assert {b"host", b"content-length", b"accept-encoding"} <= names


def test_fields_are_added_to_chats_alone(ollama_server: Any) -> None:
    """The length of the body follows."""
    wire: Any = Transport(5.0, extra={"truncate": False})
    with httpx.Client(transport=wire) as client:
        client.post(f"{ollama_server.host}/api/show", json={"model": "tiny"})
        client.post(f"{ollama_server.host}/api/chat", json={"model": "tiny", "messages": []})
    assert [body for _, _, body, _ in ollama_server.requests] == [
        {"model": "tiny"},
        {"model": "tiny", "messages": [], "truncate": False},
    ]


def test_lines_are_whole_and_letters_that_end_lines_for_some_are_escaped() -> None:
    """However the bytes are broken into pieces; what is after the last end of line counts in a document alone."""
    text = json.dumps({"a": "\u0085\u2028\u2029é"}, ensure_ascii=False).encode()
    stream = text + b"\n" + text + b"\n" + text
    for size in (1, 2, 3, 7, len(stream)):
        pieces = [stream[at : at + size] for at in range(0, len(stream), size)]
        lines = b"".join(transport._lines(iter(pieces), whole=False)).decode()
        assert [json.loads(line) for line in lines.splitlines()] == [json.loads(text)] * 2
        assert len(b"".join(transport._lines(iter(pieces), whole=True)).decode().splitlines()) == 3
