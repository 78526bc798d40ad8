"""Which writer a run has: what `auto` takes and leaves, and what is said of a writer that is not there."""

from __future__ import annotations

import socket
from dataclasses import replace
from hashlib import sha256
from threading import Event
from typing import TYPE_CHECKING, Any

import pytest

from chronicles.writers import PlainWriter, choosing, gate
from chronicles.writers.aptitude import Aptitude, Aptitudes, Score
from chronicles.writers.choosing import Opened, SilentWriter, find_terms, open_writer, state_file
from chronicles.writers.models.served import Server
from chronicles.writers.prompts import prompt
from chronicles.writers.voiced import VoicedWriter

if TYPE_CHECKING:
    from pathlib import Path

    from chronicles.writers import Draft

FIT = Aptitude(
    model="tiny:latest",
    digest="ab" * 32,
    gate=gate.VERSION,
    prompt=prompt.VERSION,
    line=Score(24, 24, 40, 24),
    passage=Score(8, 8, 8, 8),
    read_tokens=1,
    reused_tokens=1,
    written_tokens=1,
    seconds=1.0,
)
NOWHERE = {"OLLAMA_HOST": "127.0.0.1:9"}


def opened(tmp_path: Path, name: str, model: str = "", environment: dict[str, str] | None = None) -> Opened:
    """Open a writer whose memory lies in the test's folder."""
    return open_writer(
        name,
        model,
        kept_path=tmp_path / "kept.sqlite",
        state_path=tmp_path / "models.json",
        deadline_sec=5.0,
        environment=NOWHERE if environment is None else environment,
    )


def remember(tmp_path: Path, *aptitudes: Aptitude) -> None:
    """Have models remembered."""
    for one in aptitudes:
        Aptitudes(tmp_path / "models.json").remember(one)


def drafted(writer: Any, sentences: int = 3) -> Draft:
    """What a writer offers for a page that it does not look at."""
    draft: Draft = writer.draft(None, [None] * sentences, None)
    return draft


def test_plain_is_plain(tmp_path: Path) -> None:
    """It opens nothing, whatever is remembered."""
    remember(tmp_path, FIT)
    with opened(tmp_path, "plain") as found:
        assert isinstance(found.writer, PlainWriter)
        assert (found.note, found.degraded) == ("", "")
    assert not (tmp_path / "kept.sqlite").exists()


def test_auto_without_a_memory_asks_nobody(tmp_path: Path, ollama_server: Any) -> None:
    """A server that is there is not spoken to, and the note says how to find out about its models."""
    with opened(tmp_path, "auto", environment={"OLLAMA_HOST": ollama_server.host}) as found:
        assert isinstance(found.writer, PlainWriter)
        assert "`chronicles personas check --writer ollama`" in found.note
        assert found.degraded == ""
    assert ollama_server.requests == []


def test_auto_takes_the_fittest_model_of_the_server(tmp_path: Path, ollama_server: Any, ollama_module: Any) -> None:
    """What may write passages comes before what may write lines; a model that is named is the only one looked for."""
    for name, digest in (("able:1b", "cd" * 32), ("weak:1b", "ef" * 32)):
        start = ollama_module.FakeRunner
        ollama_server.models[name] = ollama_module.ModelFile(name, start, digest=digest)
    lines = replace(FIT, passage=Score(8, 0, 8, 0))
    able = replace(FIT, model="able:1b", digest="cd" * 32)
    weak = replace(FIT, model="weak:1b", digest="ef" * 32, line=Score(24, 0, 40, 0))
    remember(tmp_path, lines, able, weak)
    here = {"OLLAMA_HOST": ollama_server.host}
    for model, wanted in (("", ("able:1b", "passage")), ("tiny", ("tiny:latest", "line"))):
        with opened(tmp_path, "auto", model, here) as found:
            assert isinstance(found.writer, VoicedWriter)
            assert (found.writer._model.name, found.writer._freedom) == wanted
            assert found.note == ""
    for model in ("weak:1b", "nope"):
        with opened(tmp_path, "auto", model, here) as found:
            assert isinstance(found.writer, PlainWriter)


def test_auto_reads_no_model_file_that_is_not_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The embedded model is hashed only where one of its name was found fit, and taken only where it is that one."""
    file = tmp_path / "small.gguf"
    file.write_bytes(b"weights")
    monkeypatch.setattr(choosing, "embedded_file", lambda: file)
    hashed = []
    digest_of = choosing.digest_of
    monkeypatch.setattr(choosing, "digest_of", lambda path, kept: hashed.append(path) or digest_of(path, kept))
    state, kept = Aptitudes(tmp_path / "models.json"), tmp_path / "digests.json"
    remember(tmp_path, FIT)
    assert choosing._found("auto", "", state, kept, NOWHERE, choosing._Hurry()) is None
    assert hashed == []
    remember(tmp_path, replace(FIT, model="small", digest="12" * 32))
    assert choosing._found("auto", "", state, kept, NOWHERE, choosing._Hurry()) is None
    assert hashed == [file]
    remember(tmp_path, replace(FIT, model="small", digest=sha256(b"weights").hexdigest()))
    found = choosing._found("auto", "", state, kept, NOWHERE, choosing._Hurry())
    assert found is not None
    assert (found.name, found.freedom) == ("llamacpp", "passage")
    assert sha256(b"weights").hexdigest() in kept.read_text(encoding="utf-8")
    assert choosing._found("auto", "qwen3", state, kept, NOWHERE, choosing._Hurry()) is None


@pytest.mark.parametrize("older", [{"gate": "0"}, {"prompt": "0"}])
@pytest.mark.parametrize(
    ("model", "options"), [("tiny:latest", "ollama --model tiny:latest"), ("SmolLM2-135M", "llamacpp")]
)
def test_auto_whose_measure_is_older(tmp_path: Path, older: dict[str, str], model: str, options: str) -> None:
    """A model that was fit by older rules is named with the command that measures it again; a weak one is not."""
    remember(tmp_path, replace(FIT, model=model, **older))
    with opened(tmp_path, "auto") as found:
        assert isinstance(found.writer, PlainWriter)
        again = f"`chronicles personas check --writer {options}` measures again"
        assert found.note == f"measured by older rules: {model}; {again}"
    remember(tmp_path, replace(FIT, model=model, line=Score(24, 0, 40, 0), **older))
    with opened(tmp_path, "auto") as found:
        assert "older" not in found.note


def test_auto_whose_model_is_gone(tmp_path: Path, ollama_server: Any) -> None:
    """A server that is not there, has other models or has no address leaves plain words and a note."""
    remember(tmp_path, replace(FIT, digest="cd" * 32))
    for environment in (NOWHERE, {"OLLAMA_HOST": ollama_server.host}, {"OLLAMA_HOST": "http://[::1"}):
        with opened(tmp_path, "auto", "", environment) as found:
            assert isinstance(found.writer, PlainWriter)
            assert found.note.startswith("plain words: no model that was found fit is there now (tiny:latest)")


def test_auto_waits_for_no_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that takes the connection and says nothing is given up after the time that `auto` has, and named."""
    remember(tmp_path, FIT)
    monkeypatch.setattr(choosing, "_AT_ONCE_SEC", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        with opened(tmp_path, "auto", "", {"OLLAMA_HOST": f"127.0.0.1:{silent.getsockname()[1]}"}) as found:
            assert isinstance(found.writer, PlainWriter)
            assert found.late.startswith("an Ollama server was there and did not answer `auto` within 0.05 seconds")
        silent.settimeout(1)
        silent.accept()[0].close()  # it was spoken to
    with opened(tmp_path, "auto", "", NOWHERE) as found:
        assert found.late == ""


@pytest.mark.parametrize("path", ["/api/tags", "/api/version", "/api/show"])
def test_auto_has_one_time_for_all_answers(
    tmp_path: Path, ollama_server: Any, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    """Whatever it is that a server does not tell, `auto` goes on without it; who names it waits as long as for any."""
    remember(tmp_path, FIT)
    here = {"OLLAMA_HOST": ollama_server.host}
    limits: list[float | None] = []
    answered, go = ollama_server.RequestHandlerClass.replied, Event()

    def hanging(handler: Any) -> bool:
        if handler.path == path:
            go.wait(30)
        return bool(answered(handler))

    at = Server.at

    def noted(host: str | None = None, *, limit_sec: float | None = None) -> Server:
        limits.append(limit_sec)
        return at(host, limit_sec=limit_sec)

    assert choosing._AT_ONCE_SEC == 1.5
    monkeypatch.setattr(choosing, "_AT_ONCE_SEC", 60.0)
    monkeypatch.setattr(Server, "at", noted)
    with opened(tmp_path, "auto", "", here) as found:
        assert isinstance(found.writer, VoicedWriter)
        assert found.late == ""
    with opened(tmp_path, "ollama", "tiny", here):
        pass
    first, second, named = limits
    assert first is not None
    assert second is not None
    assert 0 < second < first <= 60
    assert named is None
    monkeypatch.setattr(choosing, "_AT_ONCE_SEC", 0.2)
    monkeypatch.setattr(ollama_server.RequestHandlerClass, "replied", hanging)
    with opened(tmp_path, "auto", "", here) as found:
        go.set()
        assert isinstance(found.writer, PlainWriter)
        assert "did not answer `auto`" in found.late


def test_a_memory_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    """It is no reason to stop, and no reason to be silent either."""
    (tmp_path / "models.json").write_text("{", encoding="utf-8")
    with opened(tmp_path, "auto") as found:
        assert isinstance(found.writer, PlainWriter)
        assert str(tmp_path / "models.json") in found.note


def test_a_named_server_that_is_not_there(tmp_path: Path) -> None:
    """The writer offers nothing and its pages say why in words that name no machine; the run hears the next step."""
    with opened(tmp_path, "ollama", "qwen3:4b") as found:
        assert isinstance(found.writer, SilentWriter)
        assert "http://127.0.0.1:9" in found.degraded
        assert "`ollama serve`" in found.degraded
        byline = drafted(found.writer).byline
    assert byline is not None
    assert (byline.writer, byline.model, byline.digest) == ("ollama", "", "")
    assert byline.degraded == "3 of 3 sentences without a reply: no server answered"
    empty = drafted(found.writer, 0).byline
    assert empty is not None
    assert empty.degraded == ""


def test_a_named_model_that_was_never_measured(tmp_path: Path, ollama_server: Any) -> None:
    """It writes single sentences, and the note has the command that measures it."""
    with opened(tmp_path, "ollama", "tiny", {"OLLAMA_HOST": ollama_server.host}) as found:
        assert isinstance(found.writer, VoicedWriter)
        assert found.writer._freedom == "line"
        assert "`chronicles personas check --writer ollama --model tiny:latest`" in found.note
        assert found.degraded == ""


def test_a_named_model_that_is_too_weak(tmp_path: Path, ollama_server: Any) -> None:
    """Whoever asks for it gets it, and is told what was measured."""
    remember(tmp_path, replace(FIT, line=Score(24, 1, 40, 1)))
    with opened(tmp_path, "ollama", "tiny", {"OLLAMA_HOST": ollama_server.host}) as found:
        assert isinstance(found.writer, VoicedWriter)
        assert found.writer._freedom == "line"
        assert "too weak" in found.note


@pytest.mark.parametrize("name", ["llamacpp", "auto"])
def test_a_model_file_that_is_none(tmp_path: Path, name: str) -> None:
    """A GGUF file that is named asks for llama.cpp; what is wrong with it is told before native code sees it."""
    file = tmp_path / "model.gguf"
    for content, problem in ((None, "there is no file"), (b"text", "is no whole GGUF file")):
        if content is not None:
            file.write_bytes(content)
        with opened(tmp_path, name, str(file)) as found:
            assert isinstance(found.writer, SilentWriter)
            assert found.writer.name == "llamacpp"
            assert problem in found.degraded


def test_replies_that_cannot_be_kept_are_told(tmp_path: Path, ollama_server: Any) -> None:
    """A place that takes no file costs the memory of replies and nothing else."""
    (tmp_path / "kept.sqlite").mkdir()
    with opened(tmp_path, "ollama", "tiny", {"OLLAMA_HOST": ollama_server.host}) as found:
        assert isinstance(found.writer, VoicedWriter)
        assert "kept.sqlite" in found.note


def test_terms_are_found_without_a_question(tmp_path: Path, ollama_server: Any) -> None:
    """Context and freedom of a server's model come from what it says of it; without one the default is stated."""
    remember(tmp_path, FIT)
    here = {"OLLAMA_HOST": ollama_server.host}
    found = find_terms("ollama", "tiny", state_path=tmp_path / "models.json", environment=here)
    assert (found.context, found.freedom) == (8192, "passage")
    assert "8,192 tokens" in found.note
    assert not [path for _, path, *_ in ollama_server.requests if path in {"/api/chat", "/api/generate"}]
    for name in ("plain", "ollama", "auto"):
        found = find_terms(name, "", state_path=tmp_path / "other.json", environment=NOWHERE)
        assert (found.context, found.freedom) == (4096, "line")
        assert "4,096 tokens" in found.note


def test_where_models_are_remembered(tmp_path: Path) -> None:
    """`CHRONICLES_STATE` names the folder; an empty one is none."""
    assert state_file(tmp_path, {}) == tmp_path / "models.json"
    assert state_file(tmp_path, {"CHRONICLES_STATE": ""}) == tmp_path / "models.json"
    assert state_file(tmp_path, {"CHRONICLES_STATE": "/elsewhere"}).as_posix() == "/elsewhere/models.json"
