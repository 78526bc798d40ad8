"""One arm of a sweep: an effective configuration of a server, visited with requests whose loading is over."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from banterhearts.benchmarking.bench import Closed, MeasureFailed, Opened, Visit
from banterhearts.benchmarking.decode.metrics import METRICS, own_metrics_of
from banterhearts.benchmarking.decode.ollama_backend import generation_of
from banterhearts.benchmarking.served import model_of
from banterhearts.core.record import Attestation, Flag, Status, digest
from banterhearts.errors import Missing

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import TypeVar

    from banterhearts.benchmarking.bench import MetricSpec
    from banterhearts.benchmarking.served import Answer, Placed, Served
    from banterhearts.core.record import Subject, Workload

    Value = TypeVar("Value")

__all__ = ["JUDGED", "SETTLING", "SweepArm", "SweepBench"]

JUDGED = ("ttft", "tpot", "e2e_latency", "inter_chunk_latency")
"""Metrics of a visit. Throughputs are left out: they say the same twice, and each comparison more costs certainty."""
_ONCE = ("load_time", "cold_ttft", "peak_memory_allocator")
"""Metrics of opening and closing."""
SETTLING = 4
"""Tokens of the untimed request before the timed one: whatever was visited before, this arm's pages are warm."""
_TRIES = 3
"""Timed requests in which a model may be loaded before somebody else must be using the server."""


@dataclass(frozen=True, slots=True)
class SweepArm:
    """An effective configuration, or a request that cannot be loaded."""

    requests: tuple[Mapping[str, Any], ...]
    """All that mean it; `{}` asks for nothing."""
    effective: Mapping[str, Any] | None
    problem: str | None
    """Why it cannot be loaded."""

    @property
    def digest(self) -> str:
        """Of the effective configuration; of the request where there is none."""
        return digest(dict(self.effective) if self.effective else {"failed": dict(self.requests[0])})


@dataclass(slots=True)
class SweepBench:
    """An arm that can be measured."""

    subject: Subject
    workload: Workload
    arm: SweepArm
    served: Served
    _placed: Placed | None = None

    @property
    def requested(self) -> Mapping[str, Any]:
        """All requests that have this effect."""
        return {"requests": [dict(request) for request in self.arm.requests]}

    @property
    def metrics(self) -> tuple[MetricSpec, ...]:
        """Some of a decoder's."""
        return tuple(metric for metric in METRICS if metric.name in (*JUDGED, *_ONCE))

    def open(self) -> Opened:
        """Load the model from nothing, and send the first request.

        Raises:
            MeasureFailed: If it cannot be loaded, or is placed otherwise than when the grid was folded.
        """
        if self.arm.problem:
            raise MeasureFailed(self.arm.problem)
        self._placed = placed = _here(self.served.open)
        if placed.effective != self.arm.effective:
            raise MeasureFailed("Ollama placed the model otherwise than when it was asked before", Status.INVALID)
        answer = self._ask(SETTLING)
        cold = {"load_time": (placed.load_ns,), "cold_ttft": (answer.reply.prompt_ns,)}
        return Opened(
            effective=placed.effective,
            model=model_of(placed.card),
            versions={"runtime": f"ollama {placed.version}"},
            gpu=placed.resident.size_vram > 0,
            cold=Visit(cold, (Flag.RELOAD,) if answer.reloaded else ()),
        )

    def visit(self) -> Visit:
        """Load and warm, untimed; then one timed request into which no loading fell.

        Raises:
            MeasureFailed: If the server fails, or loads the model each time anew.
        """
        _here(self.served.settle)
        self._ask(SETTLING)
        flags: tuple[Flag, ...] = ()
        tokens = self.workload.output_tokens
        assert tokens is not None
        for _ in range(_TRIES):
            answer = self._ask(tokens)
            if not answer.reloaded:
                return Visit(_values(answer), flags)
            flags = (Flag.RELOAD,)
        problem = f"Ollama loaded the model in each of {_TRIES} requests; somebody else asks it for other settings"
        raise MeasureFailed(problem, Status.INVALID)

    def renew(self) -> None:
        """Have the model out of memory; the next visit loads it, before its clock runs.

        Raises:
            MeasureFailed: If somebody else is using the model.
        """
        _here(self.served.close)

    def close(self) -> Closed:
        """Have the model out of memory, and say what was in effect.

        Raises:
            MeasureFailed: If somebody else is using the model.
        """
        if self._placed is None:
            return Closed()
        _here(self.served.close)
        memory = {"peak_memory_allocator": (float(self._placed.resident.size),)}
        return Closed(attestation=(self._proof(self._placed),), metrics=memory)

    def _ask(self, tokens: int) -> Answer:
        return _here(lambda: self.served.ask(tokens))

    def _proof(self, placed: Placed) -> Attestation:
        """What the server says is in effect, and what it does not say."""
        resident = placed.resident
        told = f"context {resident.context}, {resident.size_vram} of {resident.size} bytes on the GPU"
        silent = sorted({name for request in self.arm.requests for name in request} - {"num_ctx", "num_gpu"})
        if silent and {} not in self.arm.requests:
            evidence = f"/api/ps says {told}; it says nothing of {', '.join(silent)}"
            return Attestation(kind="configuration", required=False, evidence=evidence, verdict="not_proven")
        return Attestation(kind="configuration", required=True, evidence=f"/api/ps says {told}", verdict="proven")


def _values(answer: Answer) -> dict[str, tuple[float, ...]]:
    request = generation_of(answer)
    assert request.own is not None
    gaps = tuple(float(late.at_ns - early.at_ns) for early, late in pairwise(request.chunks))
    found = {"inter_chunk_latency": gaps, **own_metrics_of(request.own)}
    return {name: found[name] for name in JUDGED}


def _here(act: Callable[[], Value]) -> Value:
    """Once a sitting runs, a server that is gone is a failed measurement like another."""
    try:
        return act()
    except Missing as error:
        raise MeasureFailed(str(error)) from error
