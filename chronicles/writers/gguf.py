"""A GGUF file, looked at before native code is: whether it is one, whole, and of a model that can chat.

llama.cpp refuses a file it cannot read with one sentence that says nothing, and what it does to a hostile one is not
for this process to find out. So the header is read here first, bounded at every step: the magic and version, each
key with its value, the places of the tensors. The tensors themselves are not looked at.

The digest is the sha256 of the whole file. For files of many gigabytes it takes longer than a page, so it is
remembered by path, size and time of change where a place to keep it is given.
"""

from __future__ import annotations

import hashlib
import json
import os
import struct
from contextlib import suppress
from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, Any

from chronicles.writers.model import Fault, ModelFault

if TYPE_CHECKING:
    from pathlib import Path
    from typing import BinaryIO

__all__ = ["ModelFile", "digest_of", "read_model_file"]

_MAGIC = b"GGUF"
_VERSIONS = (2, 3)
_STRING, _ARRAY = 8, 9
_SCALARS = {0: "B", 1: "b", 2: "<H", 3: "<h", 4: "<I", 5: "<i", 6: "<f", 7: "?", 10: "<Q", 11: "<q", 12: "<d"}
"""GGUF's types of values to how they are packed."""
_MOST_KEYS, _MOST_TENSORS, _LONGEST, _MOST_ITEMS = 65_536, 65_536, 1 << 24, 1 << 22
"""No model has as many; a header that claims more is none."""
_DIMENSIONS = 4
_ALIGNMENT = 32
_FEWEST_BITS = 1
"""A weight takes at least so many bits in any format."""


@dataclass(frozen=True, slots=True)
class ModelFile:
    """What the header of a model's file says."""

    path: Path
    name: str
    """As the file names its model, else the file's own name."""
    architecture: str
    context: int
    """Tokens that it was trained for; 0 where it does not say."""
    tensors: int


def read_model_file(path: Path) -> ModelFile:
    """Read the header of a GGUF file.

    Raises:
        ModelFault: `MISSING` if there is no such file or its model cannot chat, `FAILED` if it is no whole GGUF file.
    """
    try:
        with path.open("rb") as file:
            header = _Header(file, os.fstat(file.fileno()).st_size)
            values, tensors = header.read()
    except FileNotFoundError:
        raise ModelFault(Fault.MISSING, f"there is no file {path}. Name a GGUF file with --model") from None
    except IsADirectoryError:
        raise ModelFault(Fault.MISSING, f"{path} is a folder. Name the GGUF file in it with --model") from None
    except OSError as error:
        raise ModelFault(Fault.MISSING, f"{path} cannot be read: {error.strerror}") from error
    except (ValueError, struct.error) as error:
        raise ModelFault(Fault.FAILED, f"{path} is no whole GGUF file: {error}. Fetch it again") from error
    architecture = values.get("general.architecture")
    if not isinstance(architecture, str) or not tensors:
        raise ModelFault(Fault.MISSING, f"{path} holds no model, but only what belongs to one. Name another file")
    template = values.get("tokenizer.chat_template")
    if not isinstance(template, str) or not template.strip():
        raise ModelFault(
            Fault.MISSING,
            f"{path} is no chat model: it has no chat template. Name the instruct or chat file of its family",
        )
    name, context = values.get("general.name"), values.get(f"{architecture}.context_length")
    return ModelFile(
        path,
        name if isinstance(name, str) and name.isprintable() and name.strip() else path.stem,
        architecture,
        context if isinstance(context, int) else 0,
        tensors,
    )


def digest_of(path: Path, remembered: Path | None = None) -> str:
    """The sha256 of a file.

    Args:
        path: Of the file.
        remembered: Where digests are kept from run to run; a file that is not there yet is made.
    """
    status = path.stat()
    key = json.dumps([str(path.resolve()), status.st_size, status.st_mtime_ns])
    kept: dict[str, Any] = {}
    if remembered is not None:
        with suppress(OSError, ValueError, RecursionError):
            found = json.loads(remembered.read_bytes())
            kept = found if isinstance(found, dict) else {}
    known = kept.get(key)
    if isinstance(known, str) and len(known) == hashlib.sha256().digest_size * 2:
        return known
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if remembered is not None:
        _keep(remembered, {**kept, key: digest})
    return digest


def _keep(path: Path, digests: dict[str, Any]) -> None:
    """Write the digests, whole or not at all; where nothing can be written they are found again next time."""
    beside = path.with_name(f"{path.name}.{os.getpid()}")
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            beside.write_text(json.dumps(digests, indent=1), encoding="utf-8")
            beside.replace(path)
        finally:
            beside.unlink(missing_ok=True)


class _Header:
    """The reading of a header, which believes no number that the file does not back."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self._file = file
        self._size = size

    def read(self) -> tuple[dict[str, Any], int]:
        """The keys with their values, lists left out, and how many tensors there are.

        Raises:
            ValueError: If the file is none, or ends before what its header announces.
        """
        if self._bytes(4) != _MAGIC:
            raise ValueError("it does not begin as one")
        version = self._number("<I")
        if version not in _VERSIONS:
            raise ValueError(f"its version {version} is not known")
        tensors, keys = self._number("<Q"), self._number("<Q")
        if tensors > _MOST_TENSORS or keys > _MOST_KEYS:
            raise ValueError(f"it announces {tensors} tensors and {keys} keys")
        values = dict(self._pair() for _ in range(keys))
        ends = [self._tensor() for _ in range(tensors)]
        aligned = values.get("general.alignment", _ALIGNMENT)
        alignment = aligned if isinstance(aligned, int) and aligned > 0 else _ALIGNMENT
        begins = -(-self._file.tell() // alignment) * alignment
        if begins + max(ends, default=0) > self._size:
            raise ValueError(f"it ends after {self._size} bytes, before its last tensor")
        return values, tensors

    def _pair(self) -> tuple[str, Any]:
        key = self._text()
        return key, self._value(self._number("<I"))

    def _value(self, kind: int) -> Any:  # noqa: ANN401 - a file may hold any of its types
        if kind == _STRING:
            return self._text()
        if kind != _ARRAY:
            return self._number(self._form(kind))
        inner, length = self._number("<I"), self._number("<Q")
        if length > _MOST_ITEMS or inner == _ARRAY:
            raise ValueError(f"it has a list of {length} values of type {inner}")
        if inner == _STRING:
            for _ in range(length):
                self._skip(self._number("<Q"))
        else:
            self._skip(length * struct.calcsize(self._form(inner)))
        return None

    def _tensor(self) -> int:
        """Where at the least a tensor ends, from the start of the tensors."""
        self._text()
        dimensions = self._number("<I")
        if not 1 <= dimensions <= _DIMENSIONS:
            raise ValueError(f"it has a tensor of {dimensions} dimensions")
        weights: int = prod(self._number("<Q") for _ in range(dimensions))
        self._number("<I")
        return int(self._number("<Q")) + weights * _FEWEST_BITS // 8

    def _form(self, kind: int) -> str:
        if kind not in _SCALARS:
            raise ValueError(f"it has a value of the unknown type {kind}")
        return _SCALARS[kind]

    def _text(self) -> str:
        length = self._number("<Q")
        if length > _LONGEST:
            raise ValueError(f"it has a text of {length} bytes")
        return self._bytes(length).decode(errors="replace")

    def _number(self, form: str) -> Any:  # noqa: ANN401 - as the form says
        return struct.unpack(form, self._bytes(struct.calcsize(form)))[0]

    def _bytes(self, number: int) -> bytes:
        found = self._file.read(number)
        if len(found) < number:
            raise ValueError("it breaks off in its header")
        return found

    def _skip(self, number: int) -> None:
        if self._file.tell() + number > self._size:
            raise ValueError("it breaks off in its header")
        self._file.seek(number, os.SEEK_CUR)
