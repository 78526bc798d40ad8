"""Writers for the commands: a server of our own that speaks Ollama's protocol, and a model that is made up."""

from __future__ import annotations

import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

TESTS = Path(__file__).parents[1]


def _load(name: str, path: Path) -> Any:
    """A module of the tests, from its file, since the tests are no package; the same for all who ask."""
    if name not in sys.modules:
        folders = [str(path.parent)] if path.name == "__init__.py" else None
        spec = spec_from_file_location(name, path, submodule_search_locations=folders)
        assert spec is not None
        assert spec.loader is not None
        module = sys.modules[name] = module_from_spec(spec)
        spec.loader.exec_module(module)
    return sys.modules[name]


@pytest.fixture
def ollama(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Any]:
    """A server, the one that the command line finds; its model `tiny` says every claim in honest words."""
    from chronicles.personas import load_cast  # noqa: PLC0415 -- tests of the command line measure what is imported

    served = _load("ollama_server", TESTS / "ollama_server.py")
    honest = _load("lies", TESTS / "writers/lies/__init__.py").Honest(load_cast())
    tiny = served.ModelFile("tiny:latest", lambda *found: served.FakeRunner(*found, load_sec=0.0))
    with served.OllamaServer(tiny) as server:
        server.say = honest.answer
        monkeypatch.setenv("OLLAMA_HOST", server.host)
        monkeypatch.setenv("CHRONICLES_STATE", str(tmp_path / "state"))
        yield server
