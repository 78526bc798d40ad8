"""A writer for the commands: a server of our own that speaks Ollama's protocol, and a model that is made up."""

from __future__ import annotations

import json
import re
import sys
import tomllib
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

TESTS = Path(__file__).parents[1]
_OPTION = re.compile(r"^([a-z]): ", re.MULTILINE)
_LETTER = re.compile(r"\{[a-z]_(?=[a-z_]+\})")
"""What a paragraph's placeholders have in front, so that two of one name can be told apart."""


class Honest:
    """Says every claim in the words of the corpus of honest rewordings; the same request has the same answer.

    What is asked is read off the last message alone: a claim is there if its skeleton is.
    """

    def __init__(self) -> None:
        from chronicles.claims import TEMPLATES  # noqa: PLC0415 -- tests of the command line measure what is imported
        from chronicles.writers.prompts.quoting import quoted_wording  # noqa: PLC0415 -- as above

        self._skeletons = {quoted_wording(one.skeleton).strip('"'): one.id for one in TEMPLATES.values()}
        self._words = tomllib.loads(
            (TESTS.parent / "chronicles/writers/gate/words/heard.toml").read_text(encoding="utf-8")
        )

    def answer(self, body: dict[str, Any]) -> str:
        """The text of a reply to a request of `/api/chat`."""
        task, (key,) = body["messages"][-1]["content"], body["format"]["required"]
        if key == "choice":
            return json.dumps({"choice": _OPTION.findall(task)[-1]})
        bare = _LETTER.sub("{", task)
        asked = sorted((bare.index(skeleton), claim) for skeleton, claim in self._skeletons.items() if skeleton in bare)
        said = [self._words[claim][body["options"]["seed"] % len(self._words[claim])] for _, claim in asked]
        if key == "paragraph":
            said = [wording.replace("{", f"{{{chr(ord('a') + at)}_") for at, wording in enumerate(said)]
        return json.dumps({key: " ".join(said)})


@pytest.fixture
def ollama(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Any]:
    """A server, the one that the command line finds; its model `tiny` says every claim in honest words."""
    if "ollama_server" not in sys.modules:
        place = TESTS / "ollama_server"
        spec = spec_from_file_location(place.name, place / "__init__.py", submodule_search_locations=[str(place)])
        assert spec is not None
        assert spec.loader is not None
        module = sys.modules["ollama_server"] = module_from_spec(spec)
        spec.loader.exec_module(module)
    served: Any = sys.modules["ollama_server"]
    tiny = served.ModelFile("tiny:latest", lambda *found: served.FakeRunner(*found, load_sec=0.0))
    with served.OllamaServer(tiny) as server:
        server.say = Honest().answer
        monkeypatch.setenv("OLLAMA_HOST", server.host)
        monkeypatch.setenv("CHRONICLES_STATE", str(tmp_path / "state"))
        yield server


@pytest.fixture(scope="session")
def rewritten() -> Any:
    """What rewrites histories and compares pages with a new clone's: the module `tests/rewritten.py`."""
    if "rewritten" not in sys.modules:
        spec = spec_from_file_location("rewritten", TESTS / "rewritten.py")
        assert spec is not None
        assert spec.loader is not None
        module = sys.modules["rewritten"] = module_from_spec(spec)
        spec.loader.exec_module(module)
    return sys.modules["rewritten"]
