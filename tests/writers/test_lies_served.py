"""A server that lies to every question, on real sockets: its lies reach no page, and the pages say so.

The pages that come of it are those of the plain writer, but for what they say of the model; an honest server, which
says the same claims in words of its own, is believed. `test_lies.py` tries each way to lie on every claim.
"""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from chronicles.personas import load_cast
from chronicles.writers.gate import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import RepoBuilder

CAST = load_cast()
_ABOUT_THE_WRITER = re.compile(
    r"^(?:writer|voiced):.*\n(?:  .*\n)*|^<small>\*The voices are fictional\..*\n", re.MULTILINE
)


def load() -> Any:
    """The package of ways, imported from its folder, since the tests are no package."""
    folder = Path(__file__).with_name("lies")
    if "lies" not in sys.modules:
        spec = spec_from_file_location("lies", folder / "__init__.py", submodule_search_locations=[str(folder)])
        assert spec is not None
        assert spec.loader is not None
        module = sys.modules["lies"] = module_from_spec(spec)
        spec.loader.exec_module(module)
    return sys.modules["lies"]


LIES = load()


@pytest.fixture
def served(ollama_server: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """The server with `tiny:latest`, the one that the command line finds."""
    monkeypatch.setenv("OLLAMA_HOST", ollama_server.host)
    monkeypatch.setenv("CHRONICLES_STATE", str(tmp_path / "state"))
    return ollama_server


def pages(folder: Path) -> dict[str, str]:
    """The pages of a folder, without what they say of their writer."""
    found = {path.name: path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.md"))}
    return {name: _ABOUT_THE_WRITER.sub("", text) for name, text in found.items()}


def sidecars(folder: Path) -> list[Path]:
    """The sidecars of a folder."""
    return sorted(folder.glob("*.json"))


@pytest.mark.parametrize(("made", "freedom"), [("saga", "line"), ("saga", "passage"), ("measured", "line")])
def test_no_lie_reaches_a_page(
    request: pytest.FixtureRequest, run: Callable[..., Any], served: Any, made: str, freedom: str
) -> None:
    """Every sentence of twenty-five pages is asked for, all that comes is lies, and the pages are the plain ones."""
    repo: RepoBuilder = request.getfixturevalue(made)
    episodes = repo.path / "episodes"
    plain = pages(episodes)
    if freedom == "passage":
        served.say = LIES.Honest(CAST).answer
        checked = run(repo.path, "personas", "check", "--writer", "ollama", "--model", "tiny")
        assert "may write passages" in checked.out
    liar = LIES.Liar(LIES.WAYS, CAST, seed=1)
    served.say = liar.answer
    done = run(repo.path, "generate", "--all", "--force", "--writer", "ollama", "--model", "tiny", "--json")
    told = json.loads(done.out)
    assert pages(episodes) == plain
    assert told["voiced"]["model"] == 0
    assert told["refused"].keys() <= {reason.value for reason in Refusal}
    assert len(liar.told) >= 40
    bylines = {path: json.loads(path.read_text(encoding="utf-8"))["episode"]["byline"] for path in sidecars(episodes)}
    assert {byline["freedom"] for byline in bylines.values()} == {freedom}
    refused = sum((Counter(byline["refused"]) for byline in bylines.values()), Counter())
    assert refused == Counter(told["refused"])
    assert refused.total() >= 40
    for path, byline in bylines.items():
        front = path.with_suffix(".md").read_text(encoding="utf-8").split("---\n")[1].replace('"', "")
        assert all(f"{reason}: {number}" in front for reason, number in byline["refused"].items())
    assert run(repo.path, "verify").code == 0


@pytest.mark.parametrize("freedom", ["line", "passage"])
def test_an_honest_server_is_believed(saga: RepoBuilder, run: Callable[..., Any], served: Any, freedom: str) -> None:
    """The same questions, answered in honest words of another's, put most sentences of the pages into those words."""
    served.say = LIES.Honest(CAST).answer
    if freedom == "passage":
        run(saga.path, "personas", "check", "--writer", "ollama", "--model", "tiny")
    done = run(saga.path, "generate", "--all", "--force", "--writer", "ollama", "--model", "tiny", "--json")
    assert done.code == 0, done.err
    told = json.loads(done.out)
    assert told["voiced"]["model"] >= 0.9 * sum(told["voiced"].values())
    assert not told["degraded"]
    assert run(saga.path, "verify").code == 0


def test_a_liar_is_found_out_before_it_is_used(saga: RepoBuilder, run: Callable[..., Any], served: Any) -> None:
    """A model that lies to `personas check` is told to be too weak, and nobody asks it who did not name it."""
    served.say = LIES.Liar(LIES.WAYS, CAST, seed=2).answer
    checked = run(saga.path, "personas", "check", "--writer", "ollama", "--model", "tiny")
    assert checked.code == 1
    assert "too weak" in checked.out
    plain = pages(saga.path / "episodes")
    served.requests.clear()
    assert run(saga.path, "generate", "--all", "--force").code == 0
    assert pages(saga.path / "episodes") == plain
    assert not served.requests
