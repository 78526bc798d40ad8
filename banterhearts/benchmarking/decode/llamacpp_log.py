"""What llama.cpp's log of a loading says that it did.

The log is read and no interface, because there is none: xllamacpp gives back neither where the layers went nor how
large the buffers are. A line that a later llama.cpp writes differently leaves its field at None or 0, and the proof
that hangs on it is then refuted: the reader may go blind, and cannot be made to see what is not there.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["MIB", "Report", "parse_log"]

MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class Report:
    """What llama.cpp's log says it did."""

    load_ns: int | None
    """From the log's first moment to "model loaded"."""
    file_type: str | None
    params_millions: float | None
    model_bytes: int
    """All model buffers, of all devices."""
    kv_bytes: int
    kv_cells: int | None
    other_bytes: int
    """Compute and output buffers."""
    threads: int | None
    threads_batch: int | None
    context: int | None
    offloaded: int
    layers: int | None
    devices: tuple[str, ...]
    """Whose buffers the weights lie in."""
    flash_attention: bool
    load_mode: str | None


def parse_log(text: str) -> Report:
    """Read llama.cpp's log of a model's loading."""

    def find(pattern: str) -> str | None:
        found = re.search(pattern, text, re.MULTILINE)
        return found[1] if found else None

    def number(pattern: str) -> int | None:
        found = find(pattern)
        return None if found is None else int(found)

    def total(pattern: str) -> int:
        return round(sum(float(size) for size in re.findall(pattern, text)) * MIB)

    stamp = re.search(r"^(\d+)\.(\d\d)\.(\d{3})\.(\d{3}) .*model loaded$", text, re.MULTILINE)
    params = find(r"print_info: model params\s+= ([0-9.]+) M")
    billions = find(r"print_info: model params\s+= ([0-9.]+) B")
    return Report(
        load_ns=_stamp_ns(stamp) if stamp else None,
        file_type=find(r"print_info: file type\s+= (\S.*\S)"),
        params_millions=float(params) if params else float(billions) * 1000 if billions else None,
        model_bytes=total(r"load_tensors: .*model buffer size =\s+([0-9.]+) MiB"),
        kv_bytes=total(r"KV buffer size =\s+([0-9.]+) MiB"),
        kv_cells=number(r"llama_kv_cache: size = .* \(\s*(\d+) cells"),
        other_bytes=total(r"(?:compute|output) buffer size =\s+([0-9.]+) MiB"),
        threads=number(r"system_info: n_threads = (\d+)"),
        threads_batch=number(r"n_threads_batch = (\d+)"),
        context=number(r"llama_context: n_ctx\s+= (\d+)"),
        offloaded=number(r"offloaded (\d+)/\d+ layers to GPU") or 0,
        layers=number(r"print_info: n_layer\s+= (\d+)"),
        devices=tuple(sorted(set(re.findall(r"load_tensors:\s+(\S+) model buffer size", text)))),
        flash_attention="Flash Attention enabled" in text,
        load_mode=find(r"load_mode = (\w+)"),
    )


def _stamp_ns(stamp: re.Match[str]) -> int:
    minutes, seconds, milliseconds, microseconds = map(int, stamp.groups())
    return ((minutes * 60 + seconds) * 1000 + milliseconds) * 1_000_000 + microseconds * 1000
