"""The two benches of the decode suite: a back end that stays loaded, and one that is started for each visit."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING, Any, Literal

from banterhearts.benchmarking.bench import Closed, MeasureFailed, Opened, Visit
from banterhearts.benchmarking.decode.backend import Evidence
from banterhearts.benchmarking.decode.metrics import METRICS, check_arrivals, check_counts, metrics_of, own_metrics_of
from banterhearts.benchmarking.decode.roofline import draw_roofline, not_applicable
from banterhearts.core.record import Status

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from banterhearts.benchmarking.bench import MetricSpec
    from banterhearts.benchmarking.decode.backend import Backend, Generation, Loaded, Prompt, Setup
    from banterhearts.benchmarking.decode.machine import Machine
    from banterhearts.core.record import Subject, Workload

__all__ = ["DecodeBench", "StartBench"]


@dataclass(slots=True, kw_only=True)
class _Bench:
    """What both are made of."""

    subject: Subject
    workload: Workload
    requested: Mapping[str, Any]
    setup: Setup
    prompt: Prompt
    make: Callable[[], Backend]
    """A back end that was not opened yet."""
    machine: Machine

    @property
    def metrics(self) -> tuple[MetricSpec, ...]:
        """Those of the suite; a back end that has no counter for one leaves it out."""
        return METRICS

    @property
    def _place(self) -> Literal["cpu", "gpu"]:
        """The device as bandwidth knows it."""
        return "gpu" if self.setup.device == "cuda" else "cpu"

    def _ask(self, backend: Backend) -> tuple[Generation, dict[str, tuple[float, ...]]]:
        """One request, held to what was asked, and its metrics."""
        tokens = self.workload.output_tokens
        assert tokens is not None
        request = backend.generate(tokens)
        check_counts(request, self.prompt.tokens, tokens)
        if backend.trusts_own and request.own is not None:
            gaps = tuple(late.at_ns - early.at_ns for early, late in pairwise(request.chunks))
            return request, {**own_metrics_of(request.own), "inter_chunk_latency": gaps}
        check_arrivals(request)
        return request, metrics_of(request)

    def _opened(self, loaded: Loaded, cold: Visit | None) -> Opened:
        return Opened(
            effective=loaded.effective,
            model=loaded.model,
            versions=loaded.versions,
            gpu=self._place == "gpu",
            copy=self.machine.bandwidth(self._place, loaded.reads.weights if loaded.reads else None),
            cold=cold,
        )


@dataclass(slots=True, kw_only=True)
class DecodeBench(_Bench):
    """One request a visit, to a back end that stays loaded."""

    _backend: Backend | None = None
    _loaded: Loaded | None = None
    _tpots: list[float] = field(default_factory=list)

    def open(self) -> Opened:
        """Load the model and send it the first request, which is the cold one."""
        self._backend = self.make()
        self._loaded = loaded = self._backend.open(self.setup, self.prompt)
        request, values = self._ask(self._backend)
        cold = Visit({"load_time": (loaded.load_ns,), "cold_ttft": values["ttft"]}, request.flags)
        return self._opened(loaded, cold)

    def visit(self) -> Visit:
        """Send the request once."""
        assert self._backend is not None
        request, values = self._ask(self._backend)
        self._tpots += values["tpot"]
        return Visit(values, request.flags)

    def renew(self) -> None:
        """Load the model in a fresh back end, and send it a first request that counts for nothing.

        Raises:
            MeasureFailed: If it does not load, or comes up as something else than before.
        """
        assert self._loaded is not None, "opened before it is renewed"
        for proof in self._end().attestation:
            if proof.required and proof.verdict != "proven":
                told = f"{proof.kind} is {proof.verdict.replace('_', ' ')}: {proof.evidence}"
                raise MeasureFailed(told, Status.INVALID)
        self._backend = self.make()
        loaded = self._backend.open(self.setup, self.prompt)
        if loaded.effective != self._loaded.effective:
            raise MeasureFailed("the back end came up with another configuration than before", Status.INVALID)
        self._ask(self._backend)

    def close(self) -> Closed:
        """Give the model back, and hold what was measured against the machine."""
        if self._loaded is None:
            if self._backend:
                self._backend.close()
            return Closed()
        evidence = self._end()
        reads, tokens = self._loaded.reads, self.workload.output_tokens or 0
        return Closed(
            attestation=evidence.attestation,
            roofline=draw_roofline(
                reads,
                median(self._tpots) if self._tpots else None,
                self.prompt.tokens + tokens / 2,
                self.machine.bandwidth(self._place, reads.weights if reads else None),
                self.machine.cache_bytes(self._place),
            ),
            metrics=_memory(evidence),
        )

    def _end(self) -> Evidence:
        """End the back end, which has to have proved something."""
        backend, self._backend = self._backend, None
        evidence = backend.close() if backend else Evidence()
        if not evidence.attestation:
            raise MeasureFailed("the back end was ended before it could prove anything", Status.INVALID)
        return evidence


@dataclass(slots=True, kw_only=True)
class StartBench(_Bench):
    """One start a visit: a fresh back end, the model loaded, its first token, and out again."""

    _last: Evidence = field(default_factory=Evidence)

    def open(self) -> Opened:
        """Start once to know what it is; this is also what brings the files into the page cache."""
        loaded, _ = self._start()
        return self._opened(loaded, None)

    def visit(self) -> Visit:
        """Start once."""
        return self._start()[1]

    def renew(self) -> None:
        """Nothing runs between visits: each is a start of its own."""

    def close(self) -> Closed:
        """Nothing runs any more; what the last start proved is told."""
        why = "not applicable: no pass after the first is timed, and that one is bound by arithmetic"
        return Closed(attestation=self._last.attestation, roofline=not_applicable(why))

    def _start(self) -> tuple[Loaded, Visit]:
        backend = self.make()
        try:
            loaded = backend.open(self.setup, self.prompt)
            request, values = self._ask(backend)
        finally:
            self._last = backend.close()
        found = {"load_time": (loaded.load_ns,), "cold_ttft": values["ttft"], **_memory(self._last)}
        return loaded, Visit(found, request.flags)


def _memory(evidence: Evidence) -> dict[str, tuple[float, ...]]:
    found = {"peak_memory": evidence.peak_device_bytes, "peak_memory_allocator": evidence.peak_allocator_bytes}
    return {name: (value,) for name, value in found.items() if value is not None}
