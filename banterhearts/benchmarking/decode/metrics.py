"""What the numbers mean: a request's clock readings as the metrics of ENGINE, by one set of formulas.

    ttft                 request sent → first output token, the model being loaded
    e2e_latency          request sent → last output token
    tpot                 (e2e_latency - ttft) / (output tokens - 1)
    decode_throughput    1 / tpot
    prefill_throughput   prompt tokens / ttft: the first token falls out of reading the prompt
    inter_chunk_latency  each gap between two arrivals; tpot only where every chunk holds one token
    cold_ttft            ttft of the first request after loading, which also pays for what loading left undone
    load_time            naming the model → ready for a request
    peak_memory          as the device sees it: resident pages of the process on a CPU, memory in use on a GPU
    peak_memory_allocator  as the runtime's own allocator counts it: weights, keys and values, workspace

The same formulas make the metrics of our clock (`metrics_of`) and those of the runtime's counters (`own_metrics_of`),
so what differs between the two is where the clock was read, and nothing else.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from banterhearts.benchmarking.bench import MeasureFailed, MetricSpec
from banterhearts.benchmarking.decode.backend import Chunk
from banterhearts.core.record import Direction, Status

if TYPE_CHECKING:
    from collections.abc import Iterable

    from banterhearts.benchmarking.decode.backend import Generation, Own

__all__ = ["METRICS", "check_arrivals", "check_counts", "metrics_of", "own_metrics_of"]

METRICS = (
    MetricSpec("ttft", "ns", Direction.LOWER),
    MetricSpec("tpot", "ns", Direction.LOWER),
    MetricSpec("e2e_latency", "ns", Direction.LOWER),
    MetricSpec("inter_chunk_latency", "ns", Direction.LOWER),
    MetricSpec("prefill_throughput", "{token}/s", Direction.HIGHER),
    MetricSpec("decode_throughput", "{token}/s", Direction.HIGHER),
    MetricSpec("load_time", "ns", Direction.LOWER),
    MetricSpec("cold_ttft", "ns", Direction.LOWER),
    MetricSpec("peak_memory", "By", Direction.LOWER),
    MetricSpec("peak_memory_allocator", "By", Direction.LOWER),
)


def check_counts(request: Generation, prompt_tokens: int, output_tokens: int) -> None:
    """Hold a request to what was asked of it.

    Raises:
        MeasureFailed: As invalid, if it read or wrote another number of tokens, or read less than all of the prompt.
    """
    read, written, cached = request.prompt_tokens, request.output_tokens, request.cached_tokens
    problems = (
        (read != prompt_tokens, f"{read} prompt tokens were read, not {prompt_tokens}"),
        (written != output_tokens, f"{written} tokens were written, not {output_tokens}"),
        (cached != 0, f"{cached} prompt tokens were not read, but kept from an earlier request"),
    )
    _refuse(problems)


def check_arrivals(request: Generation) -> None:
    """Hold the arrivals of a request to what the formulas need of them.

    Raises:
        MeasureFailed: As invalid, if the first token hid behind others, or not all tokens arrived, or in no order.
    """
    arrivals = [chunk.at_ns for chunk in request.chunks]
    counts = [chunk.tokens for chunk in request.chunks]
    if not arrivals:
        raise MeasureFailed("no output arrived", Status.INVALID)
    problems = (
        (counts[0] != 1, f"the first chunk holds {counts[0]} tokens, so nobody saw the first; try another seed"),
        (counts[-1] != request.output_tokens, f"{counts[-1]} of {request.output_tokens} tokens arrived"),
        (arrivals != sorted(arrivals) or counts != sorted(set(counts)), "chunks arrived in no order"),
    )
    _refuse(problems)


def metrics_of(request: Generation) -> dict[str, tuple[float, ...]]:
    """The metrics of a request by our clock.

    Raises:
        MeasureFailed: As invalid, if no time passed.
    """
    return _metrics(request.prompt_tokens, request.chunks)


def own_metrics_of(own: Own) -> dict[str, tuple[float, ...]]:
    """The same by the runtime's counters.

    Raises:
        MeasureFailed: As invalid, if no time passed.
    """
    found = _metrics(own.prompt_tokens, _two_arrivals(own))
    if len(own.chunks) > 1:
        found["inter_chunk_latency"] = _gaps(own.chunks)
    else:
        del found["inter_chunk_latency"]
    return found


def _metrics(prompt_tokens: int, chunks: tuple[Chunk, ...]) -> dict[str, tuple[float, ...]]:
    first, last = chunks[0], chunks[-1]
    passes = last.tokens - first.tokens
    if first.at_ns <= 0 or (passes and last.at_ns <= first.at_ns):
        raise MeasureFailed("no time passed by the clock; measure again", Status.INVALID)
    found: dict[str, tuple[float, ...]] = {
        "ttft": (first.at_ns,),
        "e2e_latency": (last.at_ns,),
        "prefill_throughput": (prompt_tokens / first.at_ns * 1e9,),
        "inter_chunk_latency": _gaps(chunks),
    }
    if passes:
        tpot = (last.at_ns - first.at_ns) / passes
        found |= {"tpot": (tpot,), "decode_throughput": (1e9 / tpot,)}
    return found


def _gaps(chunks: tuple[Chunk, ...]) -> tuple[float, ...]:
    return tuple(late.at_ns - early.at_ns for early, late in pairwise(chunks))


def _two_arrivals(own: Own) -> tuple[Chunk, ...]:
    """Counters as arrivals: the first token when the prompt was read, the last when the passes were over."""
    return (Chunk(own.prompt_ns, 1), Chunk(own.prompt_ns + own.decode_ns, 1 + own.decode_passes))


def _refuse(problems: Iterable[tuple[bool, str]]) -> None:
    for wrong, problem in problems:
        if wrong:
            raise MeasureFailed(problem, Status.INVALID)
