"""The memory of one back end by two counts, as JSON: ours, theirs; run by `decode_agreement.py`.

    GLIBC_TUNABLES=glibc.malloc.mmap_threshold=4194304 python benchmarks/decode_memory.py llamacpp|torch

llama.cpp: ours are the resident pages of the mapped weights, and of anonymous memory outside malloc's heaps, where only
its large buffers lie; theirs the buffers in its log. The log counts what is reserved, of which a request of this length
uses all but 3 MB of the workspace; in a context of 4,096 positions, that is a hundredth.

torch: ours is what malloc has given out (`mallinfo2`), theirs the bytes of the tensors of weights and cache. The
weights are random, of the model's shape, because reading GGUF leaves 50 MB of Transformers' own behind.
"""

from __future__ import annotations

import ctypes
import gc
import json
import os
import re
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from banterhearts.benchmarking.decode.backend import Prompt, Setup
from banterhearts.benchmarking.decode.llamacpp_backend import LlamaCpp
from banterhearts.benchmarking.decode.model import EMBEDDED, ModelFile, find_model
from banterhearts.benchmarking.decode.torch_backend import Torch
from banterhearts.core.environment import usable_cores

if TYPE_CHECKING:
    from collections.abc import Iterator

PROMPT_TOKENS, OUTPUT_TOKENS, CONTEXT = 128, 64, 4096
SHAPE = {
    "architectures": ["LlamaForCausalLM"],
    "model_type": "llama",
    "hidden_size": 576,
    "intermediate_size": 1536,
    "num_hidden_layers": 30,
    "num_attention_heads": 9,
    "num_key_value_heads": 3,
    "vocab_size": 49152,
    "tie_word_embeddings": True,
}
"""Of SmolLM2-135M."""


def main(name: str, log: Path) -> None:
    """Print both counts of the memory of one back end; runs alone in a process."""
    ids = tuple(range(1000, 1000 + PROMPT_TOKENS))
    prompt = Prompt("", PROMPT_TOKENS, 0, ids)
    options: dict[str, Any]
    if name == "llamacpp":
        path, count = find_model(EMBEDDED), _anonymous
        backend: Any = LlamaCpp(ModelFile(path, "embedded", "gguf"), log)
        options = {"n_batch": PROMPT_TOKENS, "n_ubatch": PROMPT_TOKENS}
    else:
        path, count = log.with_name("config.json"), _given_out
        path.write_text(json.dumps(SHAPE))
        backend, options = Torch(ModelFile(path, "shape", "config"), log), {"weights": "random"}
        toy = log.with_name("toy.json")  # loads what the libraries load at the first use
        toy.write_text(json.dumps({**SHAPE, "hidden_size": 576, "num_hidden_layers": 1, "vocab_size": 2000}))
        first = Torch(ModelFile(toy, "toy", "config"), log)
        first.open(Setup("toy", usable_cores(), CONTEXT, 0, options=options), prompt)
        first.generate(OUTPUT_TOKENS)
        first.close()
        del first
    gc.collect()
    before = count()
    backend.open(Setup(EMBEDDED, usable_cores(), CONTEXT, 0, options=options), prompt)
    held = backend.generate(OUTPUT_TOKENS)
    if name == "torch":  # whose cache is there as long as what it returned
        held = backend._model.generate(**backend._inputs, max_new_tokens=OUTPUT_TOKENS)  # noqa: SLF001 - to keep it
    gc.collect()
    ours = count() - before + _resident_of(path)
    assert held is not None
    print(json.dumps([ours, backend.close().peak_allocator_bytes]))


class _Mallinfo(ctypes.Structure):
    _fields_ = [
        (name, ctypes.c_size_t)
        for name in (
            "arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks", "fsmblks", "uordblks", "fordblks", "keepcost",
        )
    ]  # fmt: skip


def _given_out() -> int:
    """Bytes that malloc has given out, in its heaps and as mappings of their own."""
    count = ctypes.CDLL(None).mallinfo2
    count.restype = _Mallinfo
    found = count()
    return int(found.uordblks + found.hblkhd)


def _anonymous() -> int:
    """Resident bytes of mappings without a name, but of malloc's further heaps, which begin at multiples of 64 MiB."""
    found = 0
    for head, resident in _mappings():
        start = int(head[0].partition("-")[0], 16)
        found += resident if len(head) == 5 and head[1].startswith("rw") and start % (64 << 20) else 0
    return found


def _resident_of(path: Path) -> int:
    """Resident bytes of the mappings of a file."""
    return sum(resident for head, resident in _mappings() if head[-1] == str(path))


def _mappings() -> Iterator[tuple[list[str], int]]:
    """The words of each mapping's head line, and how much of it is in memory."""
    for block in re.split(r"(?m)^(?=[0-9a-f]+-[0-9a-f]+ )", Path("/proc/self/smaps").read_text()):
        if block:
            resident = sum(int(size) * 1024 for size in re.findall(r"^Rss:\s+(\d+) kB", block, re.MULTILINE))
            yield block.partition("\n")[0].split(), resident


if __name__ == "__main__":
    with TemporaryDirectory() as folder:
        said = os.dup(1)
        with Path(folder, "log").open("wb") as stream:
            os.dup2(stream.fileno(), 1)  # llama.cpp writes its log there, and reads of it what it did
            os.dup2(stream.fileno(), 2)
            sys.stdout = os.fdopen(said, "w")
            main(sys.argv[1], Path(folder, "log"))
            sys.stdout.flush()
