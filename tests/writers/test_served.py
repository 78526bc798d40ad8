"""An Ollama server: its address, its models, and what else may answer there."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any

import pytest

from chronicles.writers.models.model import Fault, Message, ModelFault, NoAddress, Question
from chronicles.writers.models.ollama import Ollama
from chronicles.writers.models.served import Server, default_model, find_model, is_local, one_line, parse_host
from chronicles.writers.prompts.forms import Line

if TYPE_CHECKING:
    from types import ModuleType


def refusal(server: Any, model: str = "tiny") -> ModelFault:
    """Why a model cannot be opened."""
    with pytest.raises(ModelFault) as caught:
        Ollama.open(server.host, model)
    assert caught.value.detail.isprintable()
    return caught.value


@pytest.fixture
def shelf(ollama_server: Any, ollama_module: ModuleType) -> Any:
    """Puts a model on the server."""

    def put(name: str, modified_at: str = "2026-01-01T00:00:00Z", **fields: Any) -> None:
        ollama_server.models[name] = ollama_module.ModelFile(
            name, ollama_module.FakeRunner, modified_at=modified_at, **fields
        )

    ollama_server.models.clear()
    return put


@pytest.mark.parametrize(
    ("given", "read"),
    [
        (None, "http://127.0.0.1:11434"),
        ("", "http://127.0.0.1:11434"),
        (" 127.0.0.2 ", "http://127.0.0.2:11434"),
        (":56789", "http://127.0.0.1:56789"),
        ("0.0.0.0:1234", "http://127.0.0.1:1234"),
        ("gpu-box", "http://gpu-box:11434"),
        ("gpu-box.example.com:80/", "http://gpu-box.example.com:80"),
        ("http://192.168.1.7", "http://192.168.1.7:80"),
        ("HTTPS://example.com/", "https://example.com:443"),
        ("ollama.com", "https://ollama.com:443"),
        ("[::1]", "http://[::1]:11434"),
        ("[::]:77", "http://[::1]:77"),
        ("localhost:11434/proxy/", "http://localhost:11434/proxy"),
    ],
)
def test_a_host_is_read_as_ollama_reads_it(given: str | None, read: str) -> None:
    """Scheme, port and path default as the server's own client has them; another machine is one as good."""
    assert parse_host(given) == read
    assert Server.at(given or "127.0.0.1").address == parse_host(given)


@pytest.mark.parametrize(
    "given",
    [
        "ftp://localhost",
        "localhost:70000",
        "localhost:x",
        "http://localhost?a=1",
        "[::1",
        "a b",
        "a\n.b",
        "-",
        "http://é",
        "/var/x.sock",
        "unix:///var/x.sock",
        "http:///var/x.sock",
        "/",
        ":0",
        "localhost:0",
        "http://localhost:0/",
        "[::]:0",
    ],
)
def test_what_is_no_address_is_refused(given: str) -> None:
    """Nothing is guessed, and the message is one printable line."""
    with pytest.raises(NoAddress, match="no address of an Ollama server") as caught:
        parse_host(given)
    assert caught.value.fault is Fault.UNREACHABLE
    assert caught.value.detail.isprintable()


@pytest.mark.parametrize("given", ["http://user:secret@localhost", "user:secret@localhost:1", "http://secret@h"])
def test_a_password_is_refused_and_not_printed(given: str) -> None:
    """It would be sent with each request, and kept in logs."""
    with pytest.raises(NoAddress, match="a user or a password") as caught:
        parse_host(given)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("address", "local"),
    [
        ("http://127.0.0.1:1", True),
        ("http://127.8.8.8:1", True),
        ("http://[::1]:1", True),
        ("http://localhost:1", True),
        ("http://192.168.1.7:1", False),
        ("http://localhost.example.com:1", False),
    ],
)
def test_a_server_of_this_machine_is_known(address: str, *, local: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only its settings may be those of our environment."""
    monkeypatch.setenv("OLLAMA_NUM_PARALLEL", "3")
    assert is_local(address) is local
    assert Server(address).parallel == (3 if local else 1)


def test_the_environment_names_the_server(ollama_server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """`OLLAMA_HOST` is asked where no host is given."""
    monkeypatch.setenv("OLLAMA_HOST", ollama_server.host.removeprefix("http://"))
    assert Ollama.open(model="tiny").name == "tiny:latest"


def test_no_server_says_how_to_start_one() -> None:
    """A closed port is a server that is not there."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(ModelFault, match=f"127.0.0.1:{port} .*`ollama serve`.*OLLAMA_HOST") as caught:
        Ollama.open(f"127.0.0.1:{port}")
    assert caught.value.fault is Fault.UNREACHABLE


@pytest.mark.parametrize(
    "reply",
    [
        (200, b"<html><h1>It works</h1></html>", {"Content-Type": "text/html"}),
        (200, b'{"status": "ok"}'),
        (200, b'["0.1.0"]'),
        (200, b'{"version": 5}'),
        (200, b'{"version": "ready"}'),
        (200, b'{"version": "1.2.%s"}' % (b"9" * 5000)),
        (200, b'{"version": %s}' % (b"9" * 5000)),
        (200, b"[" * 100_000),
        (200, b"\xff\x00"),
        (200, b""),
        (404, b"not here"),
        (404, b"[1]"),
        (500, b"<html>oops</html>"),
        (204, b""),
        (401, b"who are you"),
    ],
    ids=lambda reply: f"{reply[0]} {reply[1][:20]!r}",
)
def test_what_is_no_ollama_is_told_so(ollama_server: Any, reply: Any) -> None:
    """Another server on the port, whatever it says, is not one that we can ask."""
    ollama_server.replies["/api/version"] = reply
    found = refusal(ollama_server)
    assert found.fault is Fault.UNREACHABLE
    assert f"what answers at {ollama_server.host} is no Ollama" in found.detail


def test_what_speaks_no_http_is_no_ollama() -> None:
    """A greeting of another protocol is not waited for."""
    with socket.create_server(("127.0.0.1", 0)) as other:

        def greet() -> None:
            connection, _ = other.accept()
            connection.sendall(b"SSH-2.0-OpenSSH_9.2\r\n" * 3)
            connection.close()

        thread = threading.Thread(target=greet)
        thread.start()
        with pytest.raises(ModelFault, match="is no Ollama") as caught:
            Ollama.open(f"127.0.0.1:{other.getsockname()[1]}")
        thread.join()
    assert caught.value.fault is Fault.UNREACHABLE


@pytest.mark.parametrize("path", ["/api/tags", "/api/show"])
@pytest.mark.parametrize("content", [b"<html>", b'{"models": 5}', b"[]", b'{"models": [5]}', b"[" * 100_000, b""])
def test_lists_that_are_none_are_refused(ollama_server: Any, path: str, content: bytes) -> None:
    """A server that speaks half of the protocol ends in a message."""
    ollama_server.replies[path] = content
    assert refusal(ollama_server).fault in {Fault.UNREACHABLE, Fault.NONSENSE}


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("context_length", True, "the context of the model tiny:latest is true, which is no number of tokens"),
        ("context_length", "8192", 'is "8192", which is no number of tokens'),
        ("context_length", 8192.5, "is 8192.5, which is no number of tokens"),
        ("context_length", -1, "is -1, which is no number of tokens"),
        ("context_length", [1] * 100, "is [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,…, which is no number of tokens"),
        ("capabilities", True, "cannot be read (`capabilities`: Input should be a valid list)"),
        ("capabilities", "completion", "cannot be read (`capabilities`: Input should be a valid list)"),
        ("capabilities", [1], "cannot be read (`capabilities.0`: Input should be a valid string)"),
        ("model_info", 7, "cannot be read (`model_info`: Input should be a valid dictionary)"),
    ],
)
def test_a_field_of_another_kind_is_named(ollama_server: Any, field: str, value: object, told: str) -> None:
    """What a server says of a model is taken for what it is or not at all, and the message says which part of it."""
    shown = ollama_server.models["tiny:latest"].show()
    if field == "context_length":
        shown["model_info"]["llama.context_length"] = value
    else:
        shown[field] = value
    ollama_server.replies["/api/show"] = json.dumps(shown).encode()
    found = refusal(ollama_server)
    assert found.fault is Fault.NONSENSE
    assert told in found.detail
    assert found.detail.endswith("; upgrade the server, or name another model with `--model`")
    assert found.detail.isprintable()


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_a_moment_that_cannot_be_is_no_failure(ollama_server: Any, shelf: Any, moment: str) -> None:
    """A model is there whenever it was made, and another one is the newest."""
    shelf("odd:latest", modified_at=moment)
    shelf("tiny:latest")
    assert [one.name for one in Server.at(ollama_server.host).installed()] == ["odd:latest", "tiny:latest"]
    assert Ollama.open(ollama_server.host, "odd").name == "odd:latest"


def test_a_list_without_end_is_not_read(ollama_server: Any) -> None:
    """What a server knows of models is bounded, too."""
    ollama_server.replies["/api/tags"] = b'{"models": [' + b" " * (9 << 20) + b"]}"
    assert "8 MiB" in refusal(ollama_server).detail


@pytest.mark.parametrize(
    "name", ["tiny", "TINY", "tiny:latest", "library/tiny", "registry.ollama.ai/library/tiny:latest"]
)
def test_a_name_is_read_as_ollama_reads_it(ollama_server: Any, name: str) -> None:
    """Without its tag, with its registry, in other letters: it is the same model."""
    assert Ollama.open(ollama_server.host, name).name == "tiny:latest"


def test_a_missing_model_says_how_to_pull_it_and_what_there_is(ollama_server: Any, shelf: Any) -> None:
    """Nothing is pulled, and no other model is taken in its stead."""
    for number in range(7):
        shelf(f"qwen2.5:{number}b")
    found = refusal(ollama_server, "qwen2.5")
    assert found.fault is Fault.MISSING
    assert "`ollama pull qwen2.5` fetches it; it has qwen2.5:0b, " in found.detail
    assert "and others" in found.detail
    assert not [path for method, path, _, _ in ollama_server.requests if method == "POST"]


@pytest.mark.parametrize("name", ["a b", "x; rm -rf /", "\x1b[2J", "../etc", "-", "é"])
def test_what_is_no_name_is_told_so(ollama_server: Any, name: str) -> None:
    """No command is offered that would do something else."""
    found = refusal(ollama_server, name)
    assert found.fault is Fault.MISSING
    assert "is no name of a model" in found.detail
    assert "pull" not in found.detail


@pytest.mark.parametrize(
    "fields", [{"capabilities": ("embedding",)}, {"capabilities": ()}, {"capabilities": None, "family": "nomic-bert"}]
)
def test_a_model_that_does_not_chat_is_refused(ollama_server: Any, shelf: Any, fields: dict[str, Any]) -> None:
    """By what newer servers say it can, by its architecture on older ones."""
    shelf("embedder:latest", **fields)
    found = refusal(ollama_server, "embedder")
    assert found.fault is Fault.MISSING
    assert re.search(r"embedder:latest does not chat.*--model", found.detail)


def test_a_model_of_an_older_server_chats(ollama_server: Any, shelf: Any) -> None:
    """It says nothing of what it can."""
    shelf("llama3:latest", capabilities=None)
    assert Ollama.open(ollama_server.host, "llama3").name == "llama3:latest"


def test_a_model_of_unknown_context_has_a_common_one(ollama_server: Any) -> None:
    """The server's own default, rather than none."""
    ollama_server.replies["/api/show"] = b'{"model_info": {}, "capabilities": ["completion"]}'
    assert Ollama.open(ollama_server.host, "tiny").context == 4096


def test_the_default_is_the_first_family_then_the_newest(ollama_server: Any, shelf: Any) -> None:
    """Embedders, coders and what runs on another machine are not taken where a general model is."""
    server = Server.at(ollama_server.host)
    shelf("nomic-embed-text:latest", "2026-09-01T00:00:00Z", capabilities=("embedding",))
    shelf("qwen3:480b-cloud", "2026-09-01T00:00:00Z")
    with pytest.raises(ModelFault, match=r"has no model that chats.*`ollama pull"):
        default_model(server)
    shelf("codellama:7b", "2026-08-01T00:00:00.123456789+02:00")
    shelf("my-own:latest", "2026-07-01T00:00:00Z")
    assert default_model(server).name == "codellama:7b"
    shelf("smollm2:135m", "2025-01-01T00:00:00Z")
    assert default_model(server).name == "smollm2:135m"
    shelf("library/qwen3:4b", "2025-01-01T00:00:00Z")
    shelf("qwen3:8b", "2025-02-01T00:00:00Z")
    assert default_model(server).name == "qwen3:8b"
    assert Ollama.open(ollama_server.host).name == "qwen3:8b"
    named = find_model(server.installed(), "qwen3:480b-cloud")
    assert named is not None
    assert named.is_remote


def test_names_and_digests_that_cannot_be_are_left_out(ollama_server: Any, shelf: Any) -> None:
    """A list is a stranger's: what is no name is not printed, what has no digest cannot be remembered."""
    shelf("evil\x1b[2J:latest")
    shelf("undone:latest", digest="")
    shelf("odd:latest", digest="../../etc")
    shelf("good:latest", digest="sha256:" + "0f" * 32)
    assert [(model.name, model.digest) for model in Server.at(ollama_server.host).installed()] == [
        ("good:latest", "0f" * 32)
    ]


def test_no_key_no_proxy_no_redirect(
    ollama_server: Any, ollama_module: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The environment's key leaves for no server but Ollama's own, and nobody comes between."""
    monkeypatch.setenv("OLLAMA_API_KEY", "very-secret")
    for proxy in ("HTTP_PROXY", "ALL_PROXY", "http_proxy"):
        monkeypatch.setenv(proxy, "http://127.0.0.1:9")
    ollama_server.say = lambda _body: '{"sentence": "It is so."}'
    model = Ollama.open(ollama_server.host, "tiny")
    assert {path for _, path, _, _ in ollama_server.requests} == {"/api/version", "/api/tags", "/api/show"}
    with ollama_module.OllamaServer() as other:
        for path in ("/api/version", "/api/chat"):
            ollama_server.replies[path] = (307, b"", {"Location": f"{other.host}{path}"})
        assert refusal(ollama_server).fault is Fault.UNREACHABLE
        with pytest.raises(ModelFault, match="no Ollama"):
            model.ask(Question((Message("user", "Say it."),), Line(()), 1, 0.5, 64), limit_sec=5)
        assert other.requests == []
    assert "/api/chat" in {path for _, path, _, _ in ollama_server.requests}
    for _, _, _, headers in ollama_server.requests:
        assert "authorization" not in {name.lower() for name in headers}
        assert "very-secret" not in str(headers)


@pytest.mark.parametrize(
    "setting",
    ["OLLAMA_HOST=localhost:x", "ALL_PROXY=socks5://127.0.0.1:9", "HTTP_PROXY=nonsense:x", "SSL_CERT_FILE=/nowhere"],
)
def test_the_environment_does_not_break_the_client(ollama_server: Any, setting: str) -> None:
    """The official package makes a client of its own when it is imported, out of whatever the environment has."""
    name, _, value = setting.partition("=")
    code = (
        "import os, sys\nfrom chronicles.writers.models.ollama import Ollama\n"
        "print(Ollama.open(sys.argv[1], 'tiny').name, os.environ[sys.argv[2]])"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code, ollama_server.host, name],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {name: value},
    )
    assert done.stdout == f"tiny:latest {value}\n", done.stderr


def test_words_of_a_stranger_are_one_short_line() -> None:
    """Without what moves a cursor or hides."""
    assert one_line("a\n\x1b[2Jb\u202ec\u200bd") == "a [2Jb c d"
    assert len(one_line("a" * 1000)) == 160
