"""What `generate` says aloud: settings that mean no server, words that a run took off, neighbours that are broken."""

from __future__ import annotations

import json
import socket
from typing import TYPE_CHECKING, Any

import pytest

from chronicles.writers import choosing, gate
from chronicles.writers.aptitude import Aptitude, Aptitudes, Score
from chronicles.writers.prompts import prompt

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import Ran, RepoBuilder

NAMED = ("--writer", "ollama", "--model", "tiny")
PLAINLY = "chronicles: --force wrote pages in plain words, since --writer auto found no model. no model is known"


@pytest.fixture
def pair(repo: RepoBuilder) -> RepoBuilder:
    """Two commits of some size."""
    for number in ("one", "two"):
        code = "".join(f"def {number}_{at}(value):\n    if value:\n        return {at}\n\n\n" for at in range(9))
        repo.commit(f"feat: part {number}\n\nBecause part {number} was missed.", {f"core/{number}.py": code})
    return repo


@pytest.mark.parametrize("host", ["/var/x.sock", ":0", "user:secret@localhost"])
@pytest.mark.parametrize("also", [(), ("--show-prompt",), ("--dry-run",), ("--revoice",)])
def test_a_host_that_is_none_is_a_setting_to_mend(
    pair: RepoBuilder, run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch, host: str, also: tuple[str, ...]
) -> None:
    """Whoever names the server's writer is told what is wrong with the address, and nothing is written: exit 2."""
    run(pair.path, "generate", "HEAD~1", "--writer", "plain")
    monkeypatch.setenv("OLLAMA_HOST", host)
    done = run(pair.path, "generate", "--all", *also, *NAMED)
    assert (done.code, done.out) == (2, "")
    assert "chronicles: environment variable OLLAMA_HOST: " in done.err
    assert "is written host:port" in done.err
    assert "secret" not in done.err
    assert len(list((pair.path / "episodes").glob("*.md"))) == 1
    assert run(pair.path, "generate").code == 0


def test_words_that_are_taken_off_are_told(pair: RepoBuilder, run: Callable[..., Ran], ollama: Any) -> None:
    """`--force` by an `auto` that finds no model writes plain words over a model's, and says so in its summary."""
    assert run(pair.path, "generate", "--all", *NAMED).code == 0
    done = run(pair.path, "generate", "--all")
    assert "plain words" not in done.err
    done = run(pair.path, "generate", "--all", "--force")
    assert done.code == 0
    assert PLAINLY in done.err
    found = run(pair.path, "generate", "--all", "--force", "--json")
    assert json.loads(found.out)["plainly"].startswith("no model is known to be fit; `chronicles personas check")
    assert "--force wrote" not in run(pair.path, "generate", "--all", "--force", "--writer", "plain").err
    named = run(pair.path, "generate", "--all", "--force", "--json", *NAMED)
    assert "plainly" not in json.loads(named.out)
    assert ollama.requests


def test_a_server_that_is_not_waited_for_is_named(
    pair: RepoBuilder, run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """`auto` with a fit model whose server hangs writes plain pages at once, and says why."""
    score = Score(24, 24, 24, 24)
    fit = Aptitude("tiny:latest", "ab" * 32, gate.VERSION, prompt.VERSION, score, score, 1, 1, 1, 1.0)
    Aptitudes(tmp_path / "state/models.json").remember(fit)
    monkeypatch.setenv("CHRONICLES_STATE", str(tmp_path / "state"))
    monkeypatch.setattr(choosing, "_AT_ONCE_SEC", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("OLLAMA_HOST", f"127.0.0.1:{silent.getsockname()[1]}")
        done = run(pair.path, "generate")
    assert done.code == 0
    late = "chronicles: an Ollama server was there and did not answer `auto` within 0.1 seconds; `chronicles doctor`"
    assert late in done.err
    assert (pair.path / "episodes/episode_001.md").is_file()


@pytest.mark.parametrize("broken", ["wording", "slots"])
def test_a_neighbour_that_is_broken_stops_nothing(
    pair: RepoBuilder, run: Callable[..., Ran], ollama: Any, broken: str
) -> None:
    """A sidecar that somebody broke by hand is named, its page left alone, and the next page written all the same."""
    run(pair.path, "generate", "--all", "--writer", "plain")
    page, sidecar = pair.path / "episodes/episode_002.md", pair.path / "episodes/episode_002.json"
    stored = json.loads(sidecar.read_bytes())
    if broken == "wording":
        next(one for one in stored["sentences"] if one["claim"])["wording"] = "So {nothing} here."
    else:
        claim = stored["dossier"]["claims"][0]
        claim["slots"] = dict.fromkeys(claim["slots"], "no.such_fact")
    sidecar.write_text(json.dumps(stored), encoding="utf-8")
    before = page.read_bytes(), sidecar.read_bytes()
    said = []
    for writer in (("--writer", "plain"), NAMED):
        pair.commit("fix: more", {f"core/more{len(writer)}.py": "MORE = 1\n"})
        done = run(pair.path, "generate", *writer, *(("HEAD~1",) if said else ()), "HEAD")
        assert done.code == 0, done.err
        said.append(done.err)
    assert (page.read_bytes(), sidecar.read_bytes()) == before
    assert len(list((pair.path / "episodes").glob("*.md"))) == 4
    problem = "episode_002.json: its page cannot be rendered anew, since it has no "
    assert [err.count(problem) for err in said] == [1, 0]
    assert "`chronicles verify --fix` mends it." in said[0]
    found = run(pair.path, "verify")
    assert found.code == 1
    assert "episodes/episode_002.json: false: " in found.out
    again = run(pair.path, "generate", "HEAD~1", "--force", *NAMED)
    assert (again.code, again.err.count(problem)) == (0, 1)
    done = run(pair.path, "remove", "episodes/episode_003.md")
    assert (done.code, done.err.count(problem)) == (0, 1)
    assert run(pair.path, "verify", "--fix").code == 0
    assert run(pair.path, "verify", "--strict").code == 0
    assert ollama.requests
