"""The original engine's sweeps of Ollama's parameters: CSV with a request a row.

Columns are Ollama's own counters in seconds: `load_s` (`load_duration`), `prompt_eval_s`, `eval_s`, `eval_count`, and
two that the sweep computed: `tokens_s` = eval_count / eval_s and `ttft_s` = load_s + prompt_eval_s. Both are computed
again and must agree to what their digits allow.

**A load inside the time to the first token.** Ollama loads a model again when `num_gpu` or `num_ctx` differ from
those of the request before (server/sched.go, `needsReload`); otherwise `load_duration` is what it takes to find the
loaded model, some 0.05 s. So the rows with the settings of the row before tell what no load costs, and a row whose
`load_s` is more than five times their median holds a load. Where no row tells, every row does. The whole row is
refused: the request after a load runs on a machine in another state.

**Aliases.** A model has so many layers, and `num_gpu` of more of them offloads all. For models of `limits.MODELS` the
effective value is the smaller of the two. A file without a column `model` has it in its name
(`gemma3_270m_param_tuning.csv`), or it is stated.

**The wait for the first token.** With CUDA, Ollama's runner stops the clock of `prompt_eval_duration` when the pass
is launched and not when it is done (runner/llamarunner/runner.go: `startGenerationTime` is taken between `Decode` and
`Sample`, and `Sample` waits). A prompt needs at least one pass over all weights; one that takes less than half of
what the same row's passes take was not waited for, and its `ttft_s` is left out. `eval_s` holds the wait instead, so
that `tokens_s` is sound.

`tokens_s` becomes `eval_rate`, which is not `decode_throughput`: it counts the first token, whose pass is the prompt's.
"""

from __future__ import annotations

import re
from decimal import Decimal
from functools import partial
from pathlib import PurePath
from statistics import median_low
from typing import TYPE_CHECKING, Any

from banterhearts.api.ingestion.fields import Fields, excerpt, rounding
from banterhearts.api.ingestion.limits import MODELS
from banterhearts.api.ingestion.machine import moment
from banterhearts.api.ingestion.refusal import LeftOut, Reason, Refused
from banterhearts.api.ingestion.row import SUMMARY, Entry, Passes, Reading, Row
from banterhearts.core.record import Direction, Model

if TYPE_CHECKING:
    from collections.abc import Iterator

    from banterhearts.api.ingestion.row import Stated
    from banterhearts.api.ingestion.source import Source

__all__ = ["LegacySweep"]

_COLUMNS = {
    "num_gpu",
    "num_ctx",
    "temperature",
    "ttft_s",
    "tokens_s",
    "load_s",
    "prompt_eval_s",
    "eval_s",
    "eval_count",
}
_RUNNER = ("model", "num_gpu", "num_ctx")
"""What makes Ollama load a model again."""
_LOAD = 5
"""Times the median of requests without a load; in the files at hand those reach 1.9 times it, and loads begin at 17."""
_DOUBLE = Decimal("1e-12")
"""Relative: what was computed of doubles and printed in full is off in its last digits."""
_FILE_NAME = re.compile(r"([a-z0-9.]+)_([0-9.]+[bm])_param_tuning\.csv", re.ASCII)


class LegacySweep:
    """The format."""

    name = "legacy-sweep"
    suite = "legacy-ollama-sweep"
    needs = "columns `num_gpu`, `num_ctx`, `temperature`, `ttft_s`, `tokens_s`, `load_s` and so on"
    reads_lines = False

    def recognises(self, source: Source) -> bool:
        """By its columns."""
        return set(source.columns) >= _COLUMNS

    def entries(self, source: Source, stated: Stated) -> Iterator[Entry]:
        """One a line.

        Raises:
            RecordError: Where the file is no CSV any more.
        """
        warm = _warm_load(source)
        named = _FILE_NAME.fullmatch(PurePath(source.name).name)
        model = stated.model or (f"{named[1]}:{named[2]}" if named and "model" not in source.columns else None)
        for number, found in source.records():
            content = found.values if isinstance(found, Fields) else None
            yield Entry(f":{number}", [self.name, content], partial(_row, found, model, warm))


def _warm_load(source: Source) -> float | None:
    """What a request pays for finding a model that is loaded, in seconds; None where no row tells."""
    before, loads = None, []
    for _, found in source.records():
        if not isinstance(found, Fields):
            continue
        settings = [found.values.get(key) for key in _RUNNER]
        if settings == before and found.has("load_s") and not found.has("error"):
            try:
                loads.append(float(found.quantity("load_s")))
            except Refused:
                continue
        before = settings
    return median_low(loads) if loads else None


def _row(line: Fields | Refused, model_of_file: str | None, warm: float | None) -> Row:
    if isinstance(line, Refused):
        raise line
    if line.has("error"):
        raise Refused(Reason.FAILED, f"the file reports: {excerpt(line.values['error'])}")
    seconds = {key: line.quantity(key) for key in ("ttft_s", "load_s", "prompt_eval_s", "eval_s")}
    rate, tokens = line.quantity("tokens_s"), line.whole("eval_count")
    if tokens is None:
        raise Refused(Reason.MISSING, "eval_count is missing")
    for key in ("ttft_s", "eval_s", "tokens_s", "eval_count"):
        if not line.quantity(key):
            raise Refused(Reason.FAILURE_AS_ZERO, f"{key} is 0, and no error is told")
    _check_counters(seconds, rate, tokens)
    load = float(seconds["load_s"])
    if load and (warm is None or load > _LOAD * warm):
        known = "no request of the file tells what none costs" if warm is None else f"without one it is {warm:.2g} s"
        raise Refused(
            Reason.LOAD_IN_TTFT,
            f"ttft_s {seconds['ttft_s']} is load_s {seconds['load_s']} + prompt_eval_s {seconds['prompt_eval_s']}, "
            f"and load_s is a load of the model: {known}",
        )
    return _measured(line, line.text("model") or model_of_file, seconds, rate, tokens)


def _check_counters(seconds: dict[str, Decimal], rate: Decimal, tokens: int) -> None:
    """Refuse what does not add up, by more than the digits that were printed allow."""
    parts = seconds["load_s"] + seconds["prompt_eval_s"]
    slack = sum((rounding(seconds[key]) for key in ("ttft_s", "load_s", "prompt_eval_s")), start=parts * _DOUBLE)
    if abs(parts - seconds["ttft_s"]) > slack:
        problem = f"ttft_s is {seconds['ttft_s']}, and load_s + prompt_eval_s {parts}"
        raise Refused(Reason.CONTRADICTION, problem)
    time = seconds["eval_s"]
    slack = rounding(rate) + rate * _DOUBLE
    least = tokens / (time + rounding(time)) - slack
    most = tokens / (time - rounding(time)) + slack if time > rounding(time) else None
    if rate < least or (most is not None and rate > most):
        problem = f"tokens_s is {rate}, and eval_count / eval_s {float(tokens / time):.6g}"
        raise Refused(Reason.CONTRADICTION, problem)


def _measured(line: Fields, tag: str | None, seconds: dict[str, Decimal], rate: Decimal, tokens: int) -> Row:
    known = MODELS.get(tag or "")
    requested, effective, notes = _treatment(line, known.layers if known else None)
    readings = [Reading("eval_rate", "{token}/s", (rate,), Direction.HIGHER)]
    left_out: tuple[LeftOut, ...] = ()
    if float(seconds["prompt_eval_s"]) < 0.5 / float(rate):
        why = (
            f"prompt_eval_s is {seconds['prompt_eval_s']}, and a pass over the weights takes "
            f"{1 / float(rate):.4f} s at {rate} tokens a second: its clock was stopped before the first token"
        )
        left_out = (LeftOut("ttft_s", Reason.CONTRADICTION, why),)
    else:
        readings.insert(0, Reading("ttft", "ns", (seconds["ttft_s"].scaleb(9),)))
        notes += (f"ttft holds load_s {seconds['load_s']}, in which the server finds the loaded model",)
    notes += ("eval_rate is eval_count / eval_s, which counts the first token; it is not decode_throughput", SUMMARY)
    if "model" not in line.values:
        notes += (f"the model is {tag} by the file's name or as stated" if tag else "the model is not told",)
    created_at, doubts = moment(line.text("timestamp"))
    prompt = line.whole("prompt_eval_count")
    return Row(
        case=tag or "unknown model",
        readings=tuple(readings),
        essence={"model": tag, "prompt_tokens": prompt},
        requested=requested,
        effective=effective,
        workload={"output_tokens": tokens, "batch": 1, **({} if prompt is None else {"prompt_tokens": prompt})},
        model=None
        if tag is None
        else Model(
            id=tag,
            weights_sha256=None,
            params=known.params if known else None,
            weight_bytes=known.weight_bytes if known else None,
            arch=known.arch if known else None,
            weights="real",
        ),
        created_at=created_at,
        passes=Passes(rate, known.pass_bytes if known else None),
        notes=notes + doubts,
        left_out=left_out,
    )


def _treatment(line: Fields, layers: int | None) -> tuple[dict[str, Any], dict[str, Any], tuple[str, ...]]:
    """What was asked for, what was in effect, and what must be said of the difference."""
    requested: dict[str, Any] = {
        "num_gpu": line.whole("num_gpu"),
        "num_ctx": line.whole("num_ctx"),
        "temperature": float(line.quantity("temperature")),
    }
    asked = requested["num_gpu"]
    if layers is None or asked is None:
        return requested, dict(requested), ("num_gpu was not checked: how many layers the model has is not known",)
    effective = {**requested, "num_gpu": min(asked, layers)}
    if asked <= layers:
        return requested, effective, ()
    return requested, effective, (f"num_gpu {asked} offloads the {layers} layers that the model has",)
