"""A GGUF file, looked at before native code is: whether it is one, whole, and of a model that can chat.

llama.cpp refuses a file it cannot read with one sentence that says nothing, and what it does to a hostile one is not
for this process to find out. So the header is read here first, bounded at every step: the magic and version, each
key with its value, the places of the tensors. The tensors themselves are not looked at. Sizes by which native code
would reserve memory or divide are held against what models have: an abort there takes the whole process with it, and
no exception tells of it.

What is no regular file is not opened at all: a pipe would be waited for without end, while the run holds its lock.

The digest is the sha256 of the whole file. For files of many gigabytes it takes longer than a page, so it is
remembered by path, size and time of change where a place to keep it is given.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import stat
import struct
from contextlib import suppress
from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, Any

from chronicles.writers.models.model import Fault, ModelFault

if TYPE_CHECKING:
    from io import BufferedReader
    from pathlib import Path

__all__ = ["ModelFile", "digest_of", "read_model_file", "read_remembered"]

_MAGIC = b"GGUF"
_VERSIONS = (2, 3)
_STRING, _ARRAY = 8, 9
_SCALARS = {0: "B", 1: "b", 2: "<H", 3: "<h", 4: "<I", 5: "<i", 6: "<f", 7: "?", 10: "<Q", 11: "<q", 12: "<d"}
"""GGUF's types of values to how they are packed."""
_INTEGERS = (0, 1, 2, 3, 4, 5, 10, 11)
_MOST_KEYS, _MOST_TENSORS, _LONGEST, _MOST_ITEMS = 65_536, 65_536, 1 << 20, 1 << 22
"""No model has as many; a header that claims more is none."""
_MOST_READ = 32 << 20
"""Bytes of a header that are read, the lengths of texts in lists included; the texts themselves are passed over."""
_SIZES = {
    "block_count": 1000,
    "context_length": 10_000_000,
    "embedding_length": 1_000_000,
    "head_count": 10_000,
    "head_count_kv": 10_000,
}
"""Keys, without what stands before their last dot, to the most that their value may be; the least is 1."""
_MOST_LAYERS = 1000
"""Items of a list that has a size for each layer; there 0 stands for a layer without attention."""
_MOST_REMEMBERED = 1 << 20
"""Bytes of a file of digests, or of another that remembers something from run to run."""
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
        with _open_regular(path) as file:
            header = _Header(file, os.fstat(file.fileno()).st_size)
            values, tensors = header.read()
    except FileNotFoundError:
        raise ModelFault(Fault.MISSING, f"there is no file {path}. Name a GGUF file with --model") from None
    except IsADirectoryError:
        raise ModelFault(Fault.MISSING, f"{path} is a folder. Name the GGUF file in it with --model") from None
    except OSError as error:
        raise ModelFault(Fault.MISSING, f"{path} cannot be read: {error.strerror}. Name another file") from error
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
            found = json.loads(read_remembered(remembered))
            kept = found if isinstance(found, dict) else {}
    known = kept.get(key)
    if isinstance(known, str) and len(known) == hashlib.sha256().digest_size * 2:
        return known
    with _open_regular(path) as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if remembered is not None:
        _keep(remembered, {**kept, key: digest})
    return digest


def read_remembered(path: Path) -> bytes:
    """What stands in a file that remembers something from run to run.

    Raises:
        OSError: If there is none, it cannot be read, is no regular file, or is longer than such a file gets.
    """
    with _open_regular(path) as file:
        raw = file.read(_MOST_REMEMBERED + 1)
    if len(raw) > _MOST_REMEMBERED:
        raise OSError(errno.EFBIG, os.strerror(errno.EFBIG), str(path))
    return raw


def _open_regular(path: Path) -> BufferedReader:
    """A file to read, of which it is certain before it is opened and once it is that it is one.

    Raises:
        OSError: If it is a pipe or a device, or cannot be opened.
    """
    if stat.S_ISDIR(mode := path.stat().st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if not stat.S_ISREG(mode):
        raise OSError(errno.EINVAL, "it is no regular file", str(path))
    # Should a pipe come to stand there meanwhile, opening it does not wait.
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    file = os.fdopen(handle, "rb")
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        file.close()
        raise OSError(errno.EINVAL, "it is no regular file", str(path))
    return file


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

    def __init__(self, file: BufferedReader, size: int) -> None:
        self._file = file
        self._size = size
        self._left = _MOST_READ

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
        kind = self._number("<I")
        most = _SIZES.get(key.rpartition(".")[2])
        return key, self._value(kind) if most is None else self._measure(key, kind, most)

    def _measure(self, key: str, kind: int, most: int) -> int | None:
        """A size that native code will trust; none where each layer has its own."""
        shown = key[-60:]
        least, sizes = 1, 1
        is_list = kind == _ARRAY and "head_count" in key
        if is_list:
            kind, sizes = self._number("<I"), self._number("<Q")
            least = 0
        if kind not in _INTEGERS or not 1 <= sizes <= _MOST_LAYERS:
            raise ValueError(f"its {shown!r} is no size of a model")
        found = [int(self._number(_SCALARS[kind])) for _ in range(sizes)]
        for one in found:
            if not least <= one <= most:
                raise ValueError(f"its {shown!r} is {one}, where models have {least} to {most}")
        return None if is_list else found[0]

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
        self._left -= number
        if self._left < 0:
            raise ValueError(f"its header goes on after {_MOST_READ} bytes")
        found = self._file.read(number)
        if len(found) < number:
            raise ValueError("it breaks off in its header")
        return found

    def _skip(self, number: int) -> None:
        if self._file.tell() + number > self._size:
            raise ValueError("it breaks off in its header")
        self._file.seek(number, os.SEEK_CUR)
