"""What an Ollama server knows of a model that it has: `/api/show` and its row of `/api/tags`, as one complete value."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from banterhearts.benchmarking.ollama_replies import LARGEST, Fields, Listed
from banterhearts.benchmarking.readings import excerpt
from banterhearts.errors import Missing

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["ModelCard", "Tensor", "parse_card"]

_WEIGHTS = re.compile(r"^FROM\b.*[/\\]sha256[-:]([0-9a-f]{64})\s*$", re.MULTILINE)
_BLOCK_BYTES = {
    "F32": (1, 4),
    "F16": (1, 2),
    "BF16": (1, 2),
    "Q4_0": (32, 18),
    "Q4_1": (32, 20),
    "Q5_0": (32, 22),
    "Q5_1": (32, 24),
    "Q8_0": (32, 34),
    "Q2_K": (256, 84),
    "Q3_K": (256, 110),
    "Q4_K": (256, 144),
    "Q5_K": (256, 176),
    "Q6_K": (256, 210),
    "Q8_K": (256, 292),
    "IQ4_NL": (32, 18),
    "IQ4_XS": (256, 136),
    "MXFP4": (32, 17),
}
"""Kind of a tensor's numbers to how many of them take how many bytes (ggml-common.h)."""


@dataclass(frozen=True, slots=True)
class Tensor:
    """A tensor of a model."""

    name: str
    kind: str
    """Of its numbers: `F32`, `Q4_K`."""
    elements: int


@dataclass(frozen=True, slots=True)
class ModelCard:
    """What a server knows of a model that it has."""

    name: str
    """As the server lists it."""
    digest: str
    """sha256 of its manifest."""
    size: int
    """Bytes of all its layers."""
    architecture: str
    parameters: int
    blocks: int
    """Layers; one more, that of the output, can be put on a GPU."""
    trained_context: int
    """Tokens; a longer context is cut to it."""
    heads_kv: int
    """Heads of keys and values in a layer; 0 where the server does not say."""
    head_width: int
    """Numbers of a key of one head; 0 where the server does not say."""
    weights_sha256: str | None
    """Of the file that holds the weights; None where the model has more than one, or none."""
    tensors: tuple[Tensor, ...]
    """Empty from servers before v0.6."""

    def weight_bytes(self, *, without: str = "") -> int | None:
        """Bytes of all tensors but one; None where the server lists none, or one of a kind that we do not know."""
        total = 0
        for tensor in self.tensors:
            if tensor.kind not in _BLOCK_BYTES:
                return None
            numbers, size = _BLOCK_BYTES[tensor.kind]
            total += 0 if tensor.name == without else tensor.elements // numbers * size
        return total or None


def parse_card(name: str, found: Mapping[str, object], listed: tuple[Listed, ...]) -> ModelCard:
    """The reply of `/api/show`, with the row of `/api/tags` that belongs to it.

    Raises:
        Missing: If the model runs on another machine, is no GGUF model or is not listed.
        MeasureFailed: As invalid.
    """
    if found.get("remote_host") or found.get("remote_model"):
        raise Missing(f"the model {excerpt(name)} runs on another machine", "name one that runs on this one")
    row = next((one for one in listed if _short(one.name) == _short(name)), None)
    if row is None:
        raise Missing(f"the Ollama server lists no model {excerpt(name)}", "name it as `ollama list` does")
    info = Fields("/api/show", found.get("model_info"))
    architecture = info.text("general.architecture")
    if f"{architecture}.block_count" not in info.found:
        raise Missing(f"of the model {excerpt(name)} Ollama tells no layers", "name a GGUF model")
    modelfile = found.get("modelfile")
    weights = set(_WEIGHTS.findall(modelfile)) if isinstance(modelfile, str) else set()
    tensors = Fields("/api/show", found).rows("tensors") if found.get("tensors") else []
    heads_kv, width = _attention(info, architecture)
    return ModelCard(
        name=row.name,
        digest=row.digest,
        size=row.size,
        architecture=architecture,
        parameters=info.count("general.parameter_count", 1),
        blocks=info.count(f"{architecture}.block_count", 1),
        trained_context=info.count(f"{architecture}.context_length", 1),
        heads_kv=heads_kv,
        head_width=width,
        weights_sha256=weights.pop() if len(weights) == 1 else None,
        tensors=tuple(map(_tensor, tensors)),
    )


def _tensor(row: Fields) -> Tensor:
    shape = row.found.get("shape")
    if not isinstance(shape, list) or not all(type(size) is int and 0 < size < LARGEST for size in shape):
        row.refuse("has no shape in `shape`", shape)
    elements = 1
    for size in shape:
        elements *= size
    return Tensor(row.text("name"), row.text("type"), elements)


def _attention(info: Fields, architecture: str) -> tuple[int, int]:
    """Heads of keys and values, and the width of one; 0 each where layers differ or the server does not say."""

    def told(key: str) -> int:
        value = info.found.get(f"{architecture}.{key}")
        return value if type(value) is int and 0 < value < LARGEST else 0

    heads = told("attention.head_count")
    width = told("attention.key_length") or (told("embedding_length") // heads if heads else 0)
    return told("attention.head_count_kv") or heads, width


def _short(name: str) -> str:
    """A model's name as the server shows it, for comparing: no default registry, always a tag."""
    name = name.lower().removeprefix("registry.ollama.ai/").removeprefix("library/")
    return name if ":" in name.rsplit("/", 1)[-1] else f"{name}:latest"
