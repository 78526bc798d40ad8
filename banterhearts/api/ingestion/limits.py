"""What a machine cannot have done: reading a model's weights faster than its memory gives them.

A dense model's forward pass at batch 1 reads each of its weights once, but for the table of embeddings, of which it
reads a row. So

    bytes read per pass x passes per second <= 1.05 x bandwidth

or the row is refused. Where one side is not known the rule is not applied, and the record says so. What is known:

**Bytes per pass** of models that results name without their size, computed from the published architecture
(`config.json` of the model) and ggml's block sizes: 18 bytes for 32 weights in Q4_0, 34 in Q8_0, 210 for 256 in Q6_K:

    llama3.1:8b-instruct-q4_0   32 blocks of 218,103,808 weights in Q4_0 and 8,192 in F32, output table 128,256 x 4,096
                                in Q6_K, one norm; the embeddings (295,501,824 bytes) are not read
    gemma3:270m                 18 blocks of 5,570,560 weights in Q8_0 and 3,072 in F32, output table 262,144 x 640 in
                                Q8_0, which is the table of embeddings too and is read

Their layers are the blocks and the output, as llama.cpp and Ollama count them for `num_gpu`.

**Bandwidth** of GPUs, where a file has the exact name: memory bus width times data rate, as their makers' data sheets
give them. What a card reaches is less, so the rule refuses nothing that a slower card of the name could do.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from banterhearts.api.ingestion.refusal import Reason, Refused
from banterhearts.core.record import Roofline

if TYPE_CHECKING:
    from banterhearts.api.ingestion.row import Passes, Stated

__all__ = ["BANDWIDTHS", "MODELS", "KnownModel", "roofline"]

_TOLERANCE = 1.05


@dataclass(frozen=True, slots=True)
class KnownModel:
    """A model whose size is no secret."""

    layers: int
    params: int
    pass_bytes: int
    """Read in one forward pass."""
    weight_bytes: int
    """Of all tensors."""
    arch: str


MODELS = {
    "llama3.1:8b-instruct-q4_0": KnownModel(33, 8_030_261_248, 4_357_873_664, 4_653_375_488, "llama"),
    "gemma3:270m": KnownModel(19, 268_098_176, 285_018_624, 285_018_624, "gemma3"),
}
"""By Ollama's tag; the module's docstring has the arithmetic."""

BANDWIDTHS = {
    "NVIDIA GeForce RTX 3090": 936.2e9,  # 384 bits x 19.5 Gbit/s, NVIDIA Ampere GA102 whitepaper
    "NVIDIA GeForce RTX 4080": 716.8e9,  # 256 bits x 22.4 Gbit/s, NVIDIA Ada GPU architecture whitepaper
    "NVIDIA GeForce RTX 4080 Laptop GPU": 432.0e9,  # 192 bits x 18 Gbit/s, NVIDIA's table of laptop GPUs
    "NVIDIA GeForce RTX 4090": 1008.0e9,  # 384 bits x 21 Gbit/s, NVIDIA Ada GPU architecture whitepaper
    "NVIDIA A100-SXM4-40GB": 1555.0e9,  # NVIDIA A100 data sheet
    "NVIDIA A100-SXM4-80GB": 2039.0e9,  # NVIDIA A100 data sheet
    "NVIDIA H100 80GB HBM3": 3350.0e9,  # NVIDIA H100 data sheet, SXM5
    "NVIDIA H200": 4800.0e9,  # NVIDIA H200 data sheet
}
"""Bytes a second by the name that the driver gives."""


def roofline(passes: Passes, stated: Stated, gpu: str | None) -> Roofline:
    """What the passes would take of the memory, and whether it can give that.

    Args:
        passes: Of the row.
        stated: `bandwidth` and `weight_bytes` of it go before what is known here.
        gpu: Its exact name, where the file has it.

    Raises:
        Refused: If it cannot.
    """
    size = stated.weight_bytes or passes.weight_bytes
    if size is None:
        return _unchecked(passes.note or "the bytes read in each pass are not known (--weight-bytes)", None, None)
    needed = size * float(passes.per_second)
    bandwidth = stated.bandwidth or (BANDWIDTHS.get(gpu) if gpu else None)
    if bandwidth is None:
        return _unchecked("the bandwidth of the memory is not known (--bandwidth)", size, needed)
    share = needed / bandwidth
    source = "as stated" if stated.bandwidth else f"of {gpu} by its data sheet"
    told = (
        f"{passes.per_second:.6g} passes a second of {size} bytes take {needed / 1e9:.1f} GB/s, "
        f"{share:.0%} of {bandwidth / 1e9:.1f} GB/s {source}"
    )
    if passes.note and not stated.weight_bytes:
        told += f" ({passes.note})"
    if share > _TOLERANCE:
        raise Refused(Reason.IMPOSSIBLE_BANDWIDTH, told)
    return Roofline(
        bytes_per_token=float(size), achieved_bytes_per_s=needed, mbu_measured=None, plausible=True, note=told
    )


def _unchecked(note: str, size: int | None, needed: float | None) -> Roofline:
    return Roofline(
        bytes_per_token=None if size is None else float(size),
        achieved_bytes_per_s=needed,
        mbu_measured=None,
        plausible=None,
        note=f"not checked against the memory: {note}",
    )
