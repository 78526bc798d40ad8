"""The original engine's `mlp_cuda_bench.json`: one model under several compilers.

A row a back end: its compilation, and mean, spread and extremes of `settings.runs` runs in milliseconds after
`settings.warmup_runs`. What was in effect is what the back end reports, not what the file's head asks for: an ONNX
session that has the CPU's provider only ran on the CPU, and an engine with `enabled_precisions` float16 did not
compute in float32. A back end that did not compile has zeros in place of times.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from banterhearts.api.ingestion.fields import Fields, excerpt
from banterhearts.api.ingestion.machine import moment
from banterhearts.api.ingestion.refusal import Reason, Refused
from banterhearts.api.ingestion.row import SUMMARY, Entry, Reading, Row, pointer
from banterhearts.api.ingestion.summaries import milliseconds
from banterhearts.core.record import Attestation, Phase

if TYPE_CHECKING:
    from collections.abc import Iterator

    from banterhearts.api.ingestion.row import Stated
    from banterhearts.api.ingestion.source import Source

__all__ = ["LegacyBackends"]

_REPORTED = ("providers", "enabled_precisions", "opset", "strict", "frozen", "workspace_size")
"""What a back end reports of what was in effect; paths and graphs are not among it."""


class LegacyBackends:
    """The format."""

    name = "legacy-backends"
    suite = "legacy-backends"
    needs = "`backends`, `settings` and `model`"
    reads_lines = False

    def recognises(self, source: Source) -> bool:
        """By its keys."""
        value = source.value
        keys = {"backends", "settings", "model"}
        return isinstance(value, dict) and keys <= value.keys() and isinstance(value["backends"], dict)

    def entries(self, source: Source, stated: Stated) -> Iterator[Entry]:
        """One a back end."""
        del stated
        common = {key: value for key, value in source.value.items() if key != "backends"}
        for name, told in source.value["backends"].items():
            yield Entry(
                pointer("backends", name),
                [self.name, name, told, common],
                partial(_row, name, told, Fields(common)),
            )


def _row(name: str, value: object, file: Fields) -> Row:
    told = Fields.of(value)
    compilation, bench = told.fields("compilation"), told.fields("benchmark")
    metadata = bench.fields("metadata")
    _refuse_failure(compilation, bench, metadata)
    settings, model = file.fields("settings"), file.fields("model")
    notes = milliseconds(bench, settings.whole("runs")).check("ms")
    readings = [Reading("time", "ns", (bench.duration("mean_time_ms", "ms"),))]
    if compilation.has("compile_time_s"):
        compiled = (compilation.duration("compile_time_s", "s"),)
        readings.append(Reading("compile_time", "ns", compiled, phase=Phase.COLD))
    created_at, doubts = moment(file.text("generated_at"))
    requested = {"backend": name, **{key: model.text(key) for key in ("device", "dtype")}}
    sizes = {key: model.whole(key) for key in ("batch_size", "input_dim", "hidden_dim")}
    return Row(
        case=model.text("name") or "unknown model",
        readings=tuple(readings),
        essence={"model": model.text("name"), **sizes, "warmup_runs": settings.whole("warmup_runs")},
        requested=requested,
        effective=_effective(requested, metadata),
        workload={"batch": sizes["batch_size"]} if sizes["batch_size"] else {},
        created_at=created_at,
        attestation=_proofs(name, compilation),
        notes=(f"{SUMMARY}, the mean of {settings.whole('runs') or 'its'} runs", *notes, *doubts),
    )


def _refuse_failure(compilation: Fields, bench: Fields, metadata: Fields) -> None:
    """Refuse what did not compile or run, and zeros where times should be."""
    error = compilation.text("error") or metadata.text("error")
    if compilation.values.get("success") is not False and not error:
        return
    said = f"it did not compile: {excerpt(error or 'without a word')}"
    if bench.has("mean_time_ms") and not bench.quantity("mean_time_ms"):
        raise Refused(Reason.FAILURE_AS_ZERO, f"mean_time_ms is 0, and {said}")
    raise Refused(Reason.FAILED, said)


def _effective(requested: dict[str, Any], metadata: Fields) -> dict[str, Any]:
    """What was asked for, corrected by what the back end reports."""
    effective = dict(requested)
    for key in _REPORTED:
        value = metadata.values.get(key)
        if isinstance(value, str | bool | int | list):
            effective[key] = value
    if effective.get("providers") == ["CPUExecutionProvider"]:
        effective["device"] = "cpu"
    if isinstance(effective.get("enabled_precisions"), list) and len(effective["enabled_precisions"]) == 1:
        effective["dtype"] = effective["enabled_precisions"][0]
    return effective


def _proofs(name: str, compilation: Fields) -> tuple[Attestation, ...]:
    if not compilation.values:
        return ()
    evidence = f"{name} reports success; no graph breaks, kernels or outputs are in the file"
    return (Attestation(kind="compile", required=False, evidence=evidence, verdict="not_proven"),)
