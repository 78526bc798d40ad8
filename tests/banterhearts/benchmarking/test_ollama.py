"""The client of an Ollama server, against servers that speak, misspeak and fall silent."""

from __future__ import annotations

import json
import re
import socket
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from banterhearts.benchmarking.bench import MeasureFailed
from banterhearts.benchmarking.ollama import OllamaClient, parse_host
from banterhearts.benchmarking.ollama_replies import parse_residents
from banterhearts.core.record import Status
from banterhearts.errors import Missing, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import ModuleType

SHORT = {"temperature": 0.0, "num_ctx": 256, "num_predict": 4}


@pytest.fixture
def ollama(ollama: Any, ollama_module: ModuleType) -> Any:
    """The server, with a model that loads at once: nothing here tells loading by its length, but where it says so."""
    ollama.models["tiny:latest"].start = partial(ollama_module.FakeRunner, load_sec=0.001)
    return ollama


def client(server: Any, **settings: Any) -> OllamaClient:
    """A client of a server."""
    return OllamaClient(server.host, **settings)


def ask(server: Any, options: Mapping[str, Any] = SHORT, **settings: Any) -> Any:
    """One request with a prompt."""
    asked = client(server, **settings)
    return asked.generate(asked.card("tiny"), "one two three", options)


def refused(server: Any, fault: dict[str, Any], **settings: Any) -> MeasureFailed:
    """How a request fails that a fault spoils."""
    server.faults.append(fault)
    with pytest.raises(MeasureFailed) as caught:
        ask(server, **settings)
    return caught.value


@pytest.mark.parametrize(
    ("given", "read"),
    [
        (None, "http://127.0.0.1:11434"),
        ("", "http://127.0.0.1:11434"),
        (" 127.0.0.2 ", "http://127.0.0.2:11434"),
        (":56789", "http://127.0.0.1:56789"),
        ("0.0.0.0:1234", "http://127.0.0.1:1234"),
        ("http://localhost", "http://localhost:80"),
        ("HTTPS://localhost/", "https://localhost:443"),
        ("[::1]", "http://[::1]:11434"),
        ("[::]:77", "http://[::1]:77"),
        ("localhost:11434/proxy/", "http://localhost:11434/proxy"),
    ],
)
def test_a_host_is_read_as_ollama_reads_it(given: str | None, read: str) -> None:
    """Scheme, port and path default as the server's own client has them."""
    assert parse_host(given) == read


@pytest.mark.parametrize(
    "given",
    [
        "ftp://localhost",
        "http://user:secret@localhost",
        "localhost:70000",
        "localhost:x",
        "http://localhost?a=1",
        "[::1",
    ],
)
def test_what_is_no_address_is_refused(given: str) -> None:
    """A password would be sent, a query would change the path."""
    with pytest.raises(UsageError, match="no address"):
        parse_host(given)


@pytest.mark.parametrize("given", ["192.168.1.7", "https://ollama.com", "gpu-box:11434", "localhost.example.com"])
def test_another_machine_is_refused(given: str) -> None:
    """A run record would tell its numbers of this one."""
    with pytest.raises(UsageError, match="another machine"):
        parse_host(given)


def test_no_server_says_how_to_start_one() -> None:
    """A closed port is a missing server."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(Missing, match="ollama serve"):
        OllamaClient(f"http://127.0.0.1:{port}").version()


def test_no_model_says_how_to_pull_it(ollama: Any) -> None:
    """Of showing and of generating alike."""
    asked = client(ollama)
    with pytest.raises(Missing, match="ollama pull absent:7b"):
        asked.card("absent:7b")
    card = asked.card("tiny")
    ollama.models.clear()
    with pytest.raises(Missing, match="ollama pull tiny"):
        asked.generate(card, "one", SHORT)


def test_a_card_is_complete(ollama: Any) -> None:
    """What lists and metadata say becomes one value, the name as the server has it."""
    card = client(ollama).card("registry.ollama.ai/library/TINY")
    assert (card.name, card.digest, card.size) == ("tiny:latest", "ab" * 32, 100_000_000)
    assert (card.architecture, card.parameters, card.blocks) == ("llama", 134_515_008, 30)
    assert (card.trained_context, card.heads_kv, card.head_width) == (8192, 3, 64)
    assert card.weights_sha256 == "cd" * 32
    assert client(ollama).version() == "0.33.0"


def test_a_model_that_runs_elsewhere_is_refused(ollama: Any) -> None:
    """A cloud model would be asked over the network, and timed as if it ran here."""
    ollama.replies["/api/show"] = {"remote_host": "https://ollama.com:443", "remote_model": "big", "model_info": {}}
    with pytest.raises(Missing, match="another machine"):
        client(ollama).card("tiny")


def test_only_what_is_needed_is_sent(ollama: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """No key of the environment, no proxy, no field that the request does not need."""
    monkeypatch.setenv("OLLAMA_API_KEY", "secret")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    ask(ollama)
    method, path, body, headers = ollama.requests[-1]
    assert (method, path) == ("POST", "/api/generate")
    assert body == {
        "model": "tiny:latest",
        "prompt": "one two three",
        "raw": True,
        "stream": True,
        "options": SHORT,
        "keep_alive": 600,
    }
    sent = {name.lower() for name in headers}
    assert sent <= {"host", "user-agent", "accept", "accept-encoding", "connection", "content-type", "content-length"}


def test_a_redirect_is_not_followed(ollama: Any) -> None:
    """What is on the port sends us elsewhere, so it is no Ollama server."""
    ollama.replies["/api/version"] = (302, b"{}")
    with pytest.raises(MeasureFailed, match="no Ollama server"):
        client(ollama).version()


def test_loading_and_unloading(ollama: Any, ollama_module: ModuleType) -> None:
    """The same options load once, others anew; unloading waits until it is so."""
    ollama.models["tiny:latest"].start = partial(ollama_module.FakeRunner, load_sec=0.05)
    asked = client(ollama)
    card = asked.card("tiny")
    took = asked.load(card, {"num_ctx": 512})
    asked.load(card, {"num_ctx": 512})
    assert ollama.loads == 1
    assert took > 50_000_000
    asked.load(card, {"num_ctx": 100_000})
    assert ollama.loads == 2
    resident = asked.resident(card)
    assert resident
    assert (resident.context, resident.size_vram) == (8192, 0)
    asked.unload(card)
    assert asked.residents() == ()


def test_a_reply_has_the_servers_counters_and_our_clock(ollama: Any) -> None:
    """Both witnesses of one request agree: parts within the total, the total within what we waited."""
    ask(ollama)
    reply = ask(ollama, SHORT | {"num_predict": 20})
    assert (reply.output_tokens, reply.prompt_tokens, reply.ended) == (20, 4, False)
    assert len(reply.arrivals_ns) == len(reply.stamps_ns) == 20
    assert reply.load_ns + reply.prompt_ns + reply.eval_ns <= reply.total_ns <= reply.wall_ns
    assert reply.text.startswith(" word0 word1")
    assert list(reply.arrivals_ns) == sorted(reply.arrivals_ns)


def test_loading_inside_a_request_is_told_apart(ollama: Any, ollama_module: ModuleType) -> None:
    """A reload shows in its own counter, and in no other."""
    ollama.models["tiny:latest"].start = partial(ollama_module.FakeRunner, load_sec=0.05)
    ask(ollama)
    ollama.faults.append({"reload": True})
    reply = ask(ollama)
    assert reply.load_ns > 50_000_000
    assert reply.load_ns + reply.prompt_ns + reply.eval_ns <= reply.total_ns


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ({"status": 500, "error": "llama runner process has terminated"}, "answered 500.*llama runner"),
        ({"status": 503, "error": "server busy, please try again"}, "answered 503.*busy"),
        ({"drop_after": 2}, "broke off"),
        ({"end_after": 2}, "ends after 2 chunks without its counters"),
        ({"line_after": (2, b'{"error":"out of memory"}\n')}, "broke off after 2 chunks: 'out of memory'"),
        ({"line_after": (2, b'{"error":{"code":1}}\n')}, "without words"),
    ],
)
def test_a_request_that_fails_says_what_was_said(ollama: Any, fault: dict[str, Any], said: str) -> None:
    """A failure of the server is a failed measurement, with its words."""
    failed = refused(ollama, fault)
    assert failed.status is Status.FAILED
    assert re.search(said, failed.problem), failed.problem


@pytest.mark.parametrize(
    "fault",
    [
        {"line_after": (1, b"{not json\n")},
        {"line_after": (1, b'{"response":"a","response":"b"}\n')},
        {"line_after": (1, b"[1]\n")},
        {"line_after": (1, b"[" * 100_000 + b"\n")},
        {"line_after": (1, b'{"response":"' + b"a" * (2 << 20) + b'"}\n')},
        {"last": {"eval_count": None}},
        {"last": {"eval_count": "20"}},
        {"last": {"eval_count": True}},
        {"last": {"eval_count": 4.0}},
        {"last": {"eval_count": 5}},
        {"last": {"eval_duration": None}},
        {"last": {"eval_duration": -1}},
        {"last": {"eval_duration": float("nan")}},
        {"last": {"eval_duration": 10**30}},
        {"last": {"eval_duration": 10**11}},
        {"last": {"total_duration": None}},
        {"last": {"total_duration": 10**12}},
        {"last": {"prompt_eval_count": None}},
        {"last": {"prompt_eval_duration": 0}},
        {"last": {"load_duration": -5}},
        {"last": {"load_duration": 10**12}},
    ],
    ids=lambda value: str(value)[:60],
)
def test_a_reply_that_cannot_be_is_no_measurement(ollama: Any, fault: dict[str, Any]) -> None:
    """Broken lines, missing counters and numbers that contradict each other are invalid, without a number."""
    ask(ollama)
    assert refused(ollama, fault).status is Status.INVALID


def test_a_cached_prompt_is_named(ollama: Any) -> None:
    """Older servers leave the count out when they read nothing."""
    assert "cache" in refused(ollama, {"last": {"prompt_eval_count": None}}).problem


def test_a_model_that_repeats_itself_is_named(ollama: Any, ollama_module: Any) -> None:
    """Ollama cuts such an answer off without its last line."""
    stuck = ollama_module.ModelFile("stuck:latest", ollama_module.FakeRunner)

    class Stuck(ollama_module.FakeRunner):  # type: ignore[misc]  # the base is loaded by its path
        def complete(self, prompt: str, options: Any) -> Any:
            return (" same" if isinstance(piece, str) else piece for piece in super().complete(prompt, options))

    stuck.start = Stuck
    ollama.models["stuck:latest"] = stuck
    asked = client(ollama)
    with pytest.raises(MeasureFailed, match="repeats itself: 'same'"):
        asked.generate(asked.card("stuck"), "one", SHORT | {"num_predict": 60})


def test_silence_has_an_end(ollama: Any) -> None:
    """A server that says nothing within the limit has failed."""
    ask(ollama)
    failed = refused(ollama, {"wait_sec": 0.6}, limit_sec=0.2)
    assert "said nothing for 0.2 s" in failed.problem


def test_an_answer_that_drips_has_an_end(ollama: Any, ollama_module: ModuleType) -> None:
    """Each chunk comes in time, and all together do not."""
    ollama.models["tiny:latest"].start = partial(ollama_module.FakeRunner, write_sec=0.05)
    with pytest.raises(MeasureFailed, match=r"took longer than 0\.4 s"):
        ask(ollama, SHORT | {"num_predict": 60}, limit_sec=0.4)


def test_a_reply_that_does_not_end_is_not_read_to_its_end(ollama: Any) -> None:
    """What is read is bounded, whatever it is."""
    ollama.replies["/api/version"] = b"{" + b" " * (33 << 20) + b"}"
    with pytest.raises(MeasureFailed, match="longer than 33554432 bytes"):
        client(ollama).version()


def test_a_clock_that_steps_back_is_no_clock(ollama: Any) -> None:
    """No duration is made of it."""
    readings = iter(range(10**9, 0, -1000))
    assert refused(ollama, {}, clock=lambda: next(readings)).status is Status.INVALID


def test_a_separator_inside_a_string_ends_no_line(ollama: Any) -> None:
    """U+0085 and U+2028 are signs of the text; lines end at line feeds only."""
    line = json.dumps({"response": "a\x85b\u2028c", "done": False}, ensure_ascii=False).encode() + b"\n"
    ollama.faults.append({"line_after": (1, line)})
    assert "a\x85b\u2028c" in ask(ollama).text


def test_stamps_without_an_order_are_no_witness(ollama: Any) -> None:
    """The server's time of day may be set back, or be no time."""
    ollama.faults.append({"last": {"created_at": "yesterday"}})
    assert ask(ollama).stamps_ns == ()
    ollama.faults.append({"last": {"created_at": "2020-01-01T00:00:00Z"}})
    assert ask(ollama).stamps_ns == ()


@pytest.mark.parametrize(
    ("path", "reply"),
    [
        ("/api/version", {"version": 1}),
        ("/api/version", {"version": "0.33\n\x1b[31m"}),
        ("/api/version", b"<html>"),
        ("/api/version", b"[]"),
        ("/api/tags", {"models": {}}),
        ("/api/tags", {"models": [{"name": "tiny:latest", "digest": "short", "size": 1}]}),
        ("/api/tags", {"models": [{"name": "tiny:latest", "digest": "ab" * 32, "size": -1}]}),
        ("/api/show", {"model_info": {"general.architecture": "llama", "llama.block_count": "30"}}),
        ("/api/show", {"model_info": None}),
    ],
    ids=lambda value: str(value)[:60],
)
def test_what_a_server_says_of_models_is_checked(ollama: Any, path: str, reply: Any) -> None:
    """Each field that is needed is there, of its type and in its bounds."""
    ollama.replies[path] = reply
    asked = client(ollama)
    with pytest.raises(MeasureFailed) as caught:
        (asked.version(), asked.card("tiny"))
    assert caught.value.status is Status.INVALID


@pytest.mark.parametrize(
    "row",
    [
        {"size_vram": 11},
        {"size_vram": None},
        {"context_length": None},
        {"context_length": 0},
        {"digest": ""},
    ],
    ids=lambda value: str(value)[:60],
)
def test_what_a_server_says_of_memory_is_checked(row: dict[str, Any]) -> None:
    """More on the GPU than there is, or no context, is no placement."""
    good = {"name": "a:b", "digest": "ab" * 32, "size": 10, "size_vram": 0, "context_length": 64}
    assert parse_residents({"models": [good]})[0].context == 64
    with pytest.raises(MeasureFailed):
        parse_residents({"models": [good | row]})


def test_an_answer_may_end_at_once(ollama: Any) -> None:
    """A model that ends its answer with its first token has counters, and no chunk."""
    ollama.faults.append({"stop_after": 0, "last": {"eval_count": 1, "eval_duration": None}})
    reply = ask(ollama)
    assert (reply.arrivals_ns, reply.stamps_ns, reply.output_tokens, reply.eval_ns) == ((), (), 1, 0)


def test_llama_cpp_behind_the_protocol(ollama_llama: Any) -> None:
    """True counters of a real model: one pass fewer than tokens, and our clock saw the same."""
    asked = client(ollama_llama)
    card = asked.card("smollm2:135m")
    options = {"num_ctx": 128, "num_predict": 12, "temperature": 0.0, "repeat_last_n": 1, "repeat_penalty": 1.5}
    first = asked.generate(card, " time year people way day man thing woman", options)
    assert (first.prompt_tokens, first.output_tokens) == (8, 12)
    seen = first.arrivals_ns[-1] - first.arrivals_ns[0]
    assert seen == pytest.approx(first.eval_ns, rel=0.5)
    # The same prompt again: most of it comes from the cache, and the count does not say so.
    again = asked.generate(card, " time year people way day man thing woman", options)
    assert again.prompt_tokens == 8
    assert again.text == first.text
