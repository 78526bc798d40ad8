"""A server that fails in every way it can, on real sockets and through the command line.

Whatever it does, each commit has its page within the deadline, the page and the run say what happened, the exit status
is that of a writer who was asked for by name and had to degrade, `verify` finds nothing, and a later `--revoice` with a
server that is well has the very sentences that were missing. Nothing is lost and nothing is done twice: numbers, pages
and requests are counted.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

import pytest

from chronicles.personas import load_cast

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import RepoBuilder

CAST = load_cast()
DEADLINE_SEC = 0.6
COMMITS = 4
SLACK_SEC = 20.0
"""What a run may take besides its deadlines, on a machine with much else to do."""


def load() -> Any:
    """The package with the honest model, imported from its folder, since the tests are no package."""
    folder = Path(__file__).with_name("lies")
    if "lies" not in sys.modules:
        spec = spec_from_file_location("lies", folder / "__init__.py", submodule_search_locations=[str(folder)])
        assert spec is not None
        assert spec.loader is not None
        module = sys.modules["lies"] = module_from_spec(spec)
        spec.loader.exec_module(module)
    return sys.modules["lies"]


LIES = load()


class Stage:
    """Some commits, a server that is found by the command line, and what is expected of the two.

    Args:
        repo: With a page's worth of news in each commit.
        run: Runs the command line.
        served: The server; it says what is so.
        patch: Of the test.
    """

    def __init__(self, repo: RepoBuilder, run: Callable[..., Any], served: Any, patch: pytest.MonkeyPatch) -> None:
        self.repo = repo
        self.served = served
        self._run = run
        self._patch = patch
        patch.setenv("OLLAMA_HOST", served.host)
        patch.setenv("CHRONICLES_STATE", str(repo.path.parent / "state"))
        served.say = LIES.Honest(CAST).answer
        self.give(60)

    def give(self, deadline_sec: float) -> None:
        """Set the deadline of a page."""
        self._patch.setenv("CHRONICLES_DEADLINE_SEC", str(deadline_sec))

    def make_brisk(self) -> None:
        """Ask again at once, so that patience is not what a test takes its time for."""
        self._patch.setattr("chronicles.writers.asking.WAITS_SEC", (0.01, 0.02, 0.03))

    def look_at(self, host: str) -> None:
        """Have the command line find another server."""
        self._patch.setenv("OLLAMA_HOST", host)

    def generate(self, *more: str, model: str = "tiny") -> Any:
        """Have all commits told by a model of the server."""
        return self._run(self.repo.path, "generate", "--all", "--writer", "ollama", "--model", model, *more)

    @property
    def pages(self) -> list[Any]:
        """The sidecars of all pages, in their order."""
        paths = sorted((self.repo.path / "episodes").glob("*.json"))
        return [json.loads(path.read_text(encoding="utf-8")) for path in paths]

    @property
    def voiced(self) -> list[int]:
        """How many sentences of each page a model wrote."""
        return [sum(one["writer"] == "ollama" for one in page["sentences"] if one["claim"]) for page in self.pages]

    @property
    def asked(self) -> list[str]:
        """What the server was asked, question by question."""
        bodies = (body for _, path, body, _ in self.served.requests if path == "/api/chat")
        return [json.dumps([body["messages"], body["options"]["seed"], body["format"]]) for body in bodies]

    def expect_complete(self) -> None:
        """Each commit has one page, numbered in order, with all its sentences, and nothing is wrong with any."""
        commits = self.repo.git("rev-list", "--reverse", "HEAD").split()
        assert [page["episode"]["number"] for page in self.pages] == list(range(1, COMMITS + 1))
        assert [page["dossier"]["subject"]["commits"] for page in self.pages] == [[sha] for sha in commits]
        assert len(list((self.repo.path / "episodes").glob("*.md"))) == COMMITS
        assert all(any(one["claim"] for one in page["sentences"]) for page in self.pages)
        verified = self._run(self.repo.path, "verify")
        assert verified.code == 0, verified.out + verified.err

    def expect_said_aloud(self, done: Any, reason: str, pages: int = COMMITS) -> None:
        """The front matter of so many pages is degraded, one names the reason as stderr does; the status is 1."""
        texts = [path.read_text(encoding="utf-8") for path in sorted((self.repo.path / "episodes").glob("*.md"))]
        lines = [line for text in texts for line in text.split("---\n")[1].splitlines()]
        degraded = [line for line in lines if line.strip().startswith("degraded:")]
        assert len(degraded) == pages
        assert any(reason in line for line in degraded), degraded
        assert reason in done.err
        assert "degraded" in done.err
        assert done.code == 1

    def expect_healed(self) -> None:
        """With a server that is well the missing sentences come, and then nothing is left to ask."""
        self.give(60)
        self.look_at(self.served.host)
        self.served.say = LIES.Honest(CAST).answer
        done = self.generate("--revoice")
        assert done.code == 0, done.err
        assert all(self.voiced)
        assert not any(page["episode"]["byline"]["degraded"] for page in self.pages)
        self.expect_complete()
        number = len(self.asked)
        assert self.generate().code == 0
        assert self.generate("--revoice").code == 0
        assert len(self.asked) == number


@pytest.fixture
def stage(repo: RepoBuilder, run: Callable[..., Any], ollama_server: Any, monkeypatch: pytest.MonkeyPatch) -> Stage:
    """Some commits that have something to say each, and a server that is well."""
    code = "".join(f"def step_{number}(value):\n    return value + {number}\n\n\n" for number in range(30))
    repo.commit("feat: begin", {"core/steps.py": code, "README.md": "# Steps\n"})
    repo.commit("feat: a second flight", {"core/flight.py": code, "core/stairs.py": code}, author=("Grace", "g@e.org"))
    repo.commit("refactor: fewer steps", {"core/steps.py": code[: len(code) // 3]})
    repo.commit("docs: how to climb", {"docs/guide.md": "".join(f"Line {number} of advice.\n" for number in range(60))})
    assert int(repo.git("rev-list", "--count", "HEAD")) == COMMITS
    return Stage(repo, run, ollama_server, monkeypatch)


class Turns:
    """Spoils some of the questions, by their number from 1, and has the others answered."""

    def __init__(self, spoilt: dict[int, Any]) -> None:
        self.number = 0
        self._spoilt = spoilt
        self._well = LIES.Honest(CAST).answer

    def __call__(self, body: Any) -> Any:
        """What is said to one question."""
        self.number += 1
        fault = self._spoilt.get(self.number)
        if callable(fault):
            fault()
            fault = None
        return self._well(body) if fault is None else fault


def test_a_server_that_is_well(stage: Stage) -> None:
    """An honest server voices every page, no question is asked twice, and a second run asks nothing."""
    done = stage.generate()
    assert done.code == 0, done.err
    assert all(stage.voiced)
    assert max(Counter(stage.asked).values()) == 1
    stage.expect_complete()
    before = stage.asked
    stage.expect_healed()
    assert stage.asked == before


SPOILT: dict[str, tuple[dict[str, Any], str]] = {
    "hangs": ({"hang": True}, "time over"),
    "drips a byte at a time": ({"drip_sec": 0.05}, "time over"),
    "drips its headers": ({"drip_sec": 0.05, "drip_headers": True}, "time over"),
    "drops mid-stream": ({"text": '{"sentence": "It is so and so and so."}', "drop_after": 2}, "the reply broke off"),
    "drops at once": ({"text": '{"sentence": "It is so."}', "drop_after": 0}, "the reply broke off"),
    "ends before its end": ({"text": '{"sentence": "It is so and so."}', "end_after": 2}, "the reply broke off"),
    "has lost the model": ({"status": 404, "error": "model 'tiny' not found"}, "the model was not there"),
    "fails": ({"status": 500, "error": "llama runner process has terminated"}, "the server failed"),
    "is overloaded": ({"status": 503, "error": "server busy, please try again"}, "the server had too much to do"),
    "is no Ollama": ({"body": b"<html>It works!</html>\n"}, "the reply could not be read"),
    "says half of JSON": ({"text": '{"sentence": "It is '}, "the reply could not be read"),
    "says other JSON": ({"text": '{"answer": "It is so."}'}, "the reply could not be read"),
    "says no end of it": ({"text": "so " * 400}, "the reply broke off"),
    "says ten megabytes": (
        {"body": b'{"message": {"content": "' + b"a" * 10_000_000 + b'"}}', "type": "application/x-ndjson"},
        "the reply could not be read",
    ),
}


@pytest.mark.parametrize("name", sorted(SPOILT))
def test_a_server_that_always_fails(stage: Stage, name: str) -> None:
    """Every page is there in plain words before its deadline, and says why; a server that is well mends it."""
    fault, reason = SPOILT[name]
    stage.served.say = lambda _body: dict(fault)
    stage.make_brisk()
    stage.give(DEADLINE_SEC)
    began = monotonic()
    done = stage.generate()
    took = monotonic() - began
    stage.expect_complete()
    assert stage.voiced == [0] * COMMITS
    stage.expect_said_aloud(done, reason)
    assert took < COMMITS * DEADLINE_SEC + SLACK_SEC
    assert len(stage.asked) < 100
    stage.expect_healed()


@pytest.mark.parametrize("status", [500, 503])
def test_a_server_that_fails_for_a_moment(stage: Stage, status: int) -> None:
    """A question that fails three times and is answered then is no degradation; all else is asked once."""
    fault = {"status": status, "error": "not now"}
    stage.served.say = Turns({5: fault, 6: fault, 7: fault})
    stage.make_brisk()
    done = stage.generate()
    assert done.code == 0, done.err
    assert all(stage.voiced)
    assert sorted(Counter(stage.asked).values())[-2:] == [1, 4]
    stage.expect_complete()


def test_a_server_that_hangs_in_the_middle(stage: Stage) -> None:
    """What came before it hung stands on the page; the page says how far it came, and no more is asked for it."""
    stage.served.say = Turns({6: {"hang": True}})
    stage.give(3)
    done = stage.generate()
    stage.expect_complete()
    stage.expect_said_aloud(done, "time over after", pages=1)
    assert sum(stage.voiced) > 1
    answered = stage.asked[:5] + stage.asked[6:]
    stage.expect_healed()
    assert all(Counter(stage.asked)[one] == 1 for one in answered)


def test_a_server_that_restarts_in_the_middle(stage: Stage) -> None:
    """A question that meets a server on its way down is asked again when it is back, and no other."""
    stage.served.say = Turns({6: {"restart": 0.2}})
    done = stage.generate()
    assert done.code == 0, done.err
    assert stage.served.lives == 1
    assert all(stage.voiced)
    assert Counter(stage.asked).most_common(2)[1][1] == 1
    stage.expect_complete()


def test_a_server_that_restarts_while_it_speaks(stage: Stage) -> None:
    """Half a reply is none; the next candidate is asked for, and the page lacks nothing."""
    stage.served.say = Turns({6: {"text": '{"sentence": "It is so and so and so."}', "restart_after": 2}})
    done = stage.generate()
    assert done.code == 0, done.err
    assert stage.served.lives == 1
    assert all(stage.voiced)
    assert max(Counter(stage.asked).values()) == 1
    stage.expect_complete()


def test_a_server_that_dies_in_the_middle(stage: Stage) -> None:
    """Pages before its death are voiced and stay so, those after it are plain; what was answered is not asked again."""
    back = threading.Event()
    stage.served.say = Turns({12: {"restart": 2.0}})
    stage.make_brisk()
    restart = stage.served.restart

    def slowly(down_sec: float) -> None:
        restart(down_sec)
        back.set()

    stage.served.restart = slowly
    done = stage.generate()
    stage.expect_complete()
    first = stage.voiced
    assert first[0]
    assert not first[-1]
    assert done.code == 1
    assert "no server answered" in done.err
    answered = stage.asked[:11]
    assert back.wait(60)
    stage.expect_healed()
    assert stage.voiced[0] == first[0]
    assert all(Counter(stage.asked)[one] == 1 for one in answered)


@pytest.mark.parametrize("sign", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_a_run_that_is_killed_goes_on_where_it_was(stage: Stage, sign: signal.Signals) -> None:
    """After a run was killed amid its questions, the next one asks only what had no answer, and every page is there."""
    command = [sys.executable, "-m", "chronicles", "generate", "--all", "--writer", "ollama", "--model", "tiny"]
    found: list[subprocess.Popen[bytes]] = []
    stage.served.say = Turns({9: lambda: os.kill(found[0].pid, sign)})
    with subprocess.Popen(command, cwd=stage.repo.path, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        found.append(process)
        _, errors = process.communicate(timeout=60)
    assert process.returncode != 0
    assert b"Traceback" not in errors
    before = stage.asked
    assert len(before) >= 9, errors
    done = stage.generate()
    assert done.code == 0, done.err
    assert all(stage.voiced)
    stage.expect_complete()
    assert all(Counter(stage.asked)[one] == 1 for one in before[:8])


def test_no_server(stage: Stage) -> None:
    """Where no server answers, the pages are plain and say so; with a server they are voiced."""
    stage.look_at("http://127.0.0.1:9")
    done = stage.generate()
    stage.expect_complete()
    stage.expect_said_aloud(done, "no server answered")
    stage.expect_healed()


def test_a_model_that_is_not_there(stage: Stage) -> None:
    """A missing model is named with the pull that helps, and nothing is pulled."""
    done = stage.generate(model="nowhere:7b")
    stage.expect_complete()
    stage.expect_said_aloud(done, "the model was not there")
    assert "ollama pull nowhere:7b" in done.err
    asked = {path for _, path, _, _ in stage.served.requests}
    assert asked <= {"/api/version", "/api/tags", "/api/show"}


def test_a_host_that_is_no_ollama(stage: Stage) -> None:
    """A web server that knows nothing of models is as good as none."""
    page = (200, b"<html>It works!</html>")
    stage.served.replies = dict.fromkeys(("/api/version", "/api/tags", "/api/show"), page)
    done = stage.generate()
    stage.expect_complete()
    assert done.code == 1
    assert "Ollama" in done.err
    assert stage.voiced == [0] * COMMITS
    stage.served.replies = {}
    stage.expect_healed()
