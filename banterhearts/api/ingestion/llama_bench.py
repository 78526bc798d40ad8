"""llama-bench of llama.cpp: `-o json` or `-o jsonl`.

One row a test: a prompt of `n_prompt` tokens, a generation of `n_gen`, or both in a row. `samples_ns` are the times
of the repetitions, the warm-up not among them; `samples_ts` the same as tokens a second. A generation runs one
forward pass a token, so that its rate is `decode_throughput` as ENGINE's terms have it; that of a prompt is
`prefill_throughput`; both in one test have a time and no rate that means anything. Whether the memory can have done it
is asked of every test that generates, by its times: `samples_ts` may be missing.

`build_commit` is llama.cpp's and never taken for the repository's; it belongs to the runtime, unless `--commit` names
that very commit: then llama.cpp is what is measured. The model's path keeps its last
part. Settings are those asked for. Of one of them the effect is known: where the only backends are of the CPU no
layer is offloaded, whatever `n_gpu_layers` says, and rows that differ in nothing else are one arm.
"""

from __future__ import annotations

import re
from decimal import Decimal
from functools import partial
from statistics import median
from typing import TYPE_CHECKING

from banterhearts.api.ingestion.agreement import expect_same
from banterhearts.api.ingestion.fields import Fields, excerpt
from banterhearts.api.ingestion.machine import moment
from banterhearts.api.ingestion.refusal import Reason, Refused
from banterhearts.api.ingestion.row import Entry, Passes, Reading, Row, in_a_row, pointer, portable
from banterhearts.core.record import Direction, Model

if TYPE_CHECKING:
    from collections.abc import Iterator

    from banterhearts.api.ingestion.row import Stated
    from banterhearts.api.ingestion.source import Source

__all__ = ["LlamaBench"]

_KEYS = {"build_commit", "model_filename", "n_prompt", "n_gen", "samples_ns"}
_MEASURED = frozenset(
    (  # noqa: SIM905 - as a list it would fill a screen
        "build_commit build_number cpu_info gpu_info backends model_filename model_type model_size model_n_params "
        "n_prompt n_gen n_depth test_time avg_ns stddev_ns avg_ts stddev_ts samples_ns samples_ts"
    ).split()
)
"""Keys that are no setting."""
_CPU_BACKENDS = frozenset({"CPU", "BLAS", "ACCEL"})
_SIX_DIGITS = 1e-5
"""Relative: `samples_ts` are printed with six digits."""
_SIX_PLACES = Decimal("1e-6")
"""`avg_ts` has so many behind the point; `avg_ns` is cut to a whole number."""
_DOUBLE = Decimal("1e-9")
"""Relative, and generous: what is off in the last digits of a mean of doubles."""
_SPARSE = re.compile(r"\d+x\d|\.A\d|moe", re.IGNORECASE)
"""`8x7B`, `30B.A3B`: only some of the weights are read in a pass."""


class LlamaBench:
    """The format."""

    name = "llama-bench"
    suite = "llama-bench"
    needs = "rows with `build_commit`, `n_prompt`, `n_gen` and `samples_ns`"
    reads_lines = True

    def recognises(self, source: Source) -> bool:
        """By the keys of one row; of lines, which are streamed, by those of the first."""
        rows = source.value if isinstance(source.value, list) else [source.value]
        return any(isinstance(row, dict) and row.keys() >= _KEYS for row in rows)

    def entries(self, source: Source, stated: Stated) -> Iterator[Entry]:
        """One a test.

        Raises:
            RecordError: At a line that is no JSON.
        """
        if source.is_lines:
            rows = ((f":{number}", value) for number, value in source.values())
        elif isinstance(source.value, list):
            rows = ((pointer(number), value) for number, value in enumerate(source.value))
        else:
            rows = ((":1", value) for value in (source.value,))
        for where, value in rows:
            yield Entry(where, [self.name, value], partial(_row, value, stated.commit))


def _row(value: object, commit: str | None) -> Row:
    test = Fields.of(value)
    prompt, generated, depth = test.whole("n_prompt"), test.whole("n_gen"), test.whole("n_depth")
    if prompt is None or generated is None or not prompt + generated:
        raise Refused(Reason.MISSING, "it has neither a prompt nor a generation")
    times = test.durations("samples_ns", "ns")
    if not times:
        raise Refused(Reason.MISSING, "samples_ns is missing")
    rates = _rates(test, times, prompt + generated)
    readings = [Reading("time", "ns", times)]
    if rates and not (prompt and generated):
        name = "prefill_throughput" if prompt else "decode_throughput"
        readings.append(Reading(name, "{token}/s", rates, Direction.HIGHER))
    created_at, notes = moment(test.text("test_time"))
    requested = {key: _setting(value) for key, value in test.values.items() if key not in _MEASURED}
    effective = dict(requested)
    backends = test.text("backends") or ""
    if backends and set(re.split(r"[,\s]+", backends)) <= _CPU_BACKENDS and "n_gpu_layers" in effective:
        effective["n_gpu_layers"] = 0
        notes += (f"no layer is offloaded to a GPU: the backends are {excerpt(backends)}",)
    model, size = _model(test)
    case = "+".join([*([f"pp{prompt}"] if prompt else []), *([f"tg{generated}"] if generated else [])])
    case = f"{model.id} {case}{f' at {depth}' if depth else ''}"
    return Row(
        case=case,
        readings=tuple(readings),
        essence={"model": model.id, "size": size, "prompt": prompt, "generated": generated, "depth": depth},
        requested=requested,
        effective=effective,
        workload={"prompt_tokens": prompt, "output_tokens": generated, "context_depth": depth or 0, "batch": 1},
        model=model,
        machine={"cpu": test.text("cpu_info"), "gpu": test.text("gpu_info")},
        runtime=_runtime(test, commit),
        created_at=created_at,
        passes=_passes(test, times, prompt, generated) if generated else None,
        notes=(*in_a_row(times), *notes),
    )


def _rates(test: Fields, times: tuple[Decimal, ...], tokens: int) -> tuple[Decimal, ...]:
    """Tokens a second as the file has them, once they agree with its times."""
    rates = test.amounts("samples_ts")
    if rates and len(rates) != len(times):
        raise Refused(Reason.CONTRADICTION, f"{len(times)} samples_ns and {len(rates)} samples_ts")
    for number, (rate, time) in enumerate(zip(rates, times, strict=False)):
        if abs(float(rate) * float(time) / 1e9 / tokens - 1) > _SIX_DIGITS:
            problem = f"samples_ts[{number}] is {rate}, and {tokens} tokens in {time} ns are another rate"
            raise Refused(Reason.CONTRADICTION, problem)
    if test.has("avg_ns"):
        found = sum(times, start=Decimal(0)) / len(times)
        expect_same("the mean of samples_ns (avg_ns)", test.amount("avg_ns"), found, slack=1 + found * _DOUBLE)
    if test.has("avg_ts"):
        found = sum((tokens / time.scaleb(-9) for time in times), start=Decimal(0)) / len(times)
        slack = _SIX_PLACES + found * _DOUBLE
        expect_same("the mean rate of samples_ns (avg_ts)", test.amount("avg_ts"), found, slack=slack)
    return rates


def _setting(value: object) -> object:
    if isinstance(value, str):
        return portable(value)
    if value is None or isinstance(value, bool | int):
        return value
    return excerpt(value)


def _model(test: Fields) -> tuple[Model, int | None]:
    path = test.text("model_filename")
    if path is None:
        raise Refused(Reason.MISSING, "model_filename is missing")
    size = test.whole("model_size")
    model = Model(
        id=excerpt(re.split(r"[/\\]", path)[-1]),
        weights_sha256=None,
        params=test.whole("model_n_params"),
        weight_bytes=size,
        arch=test.text("model_type"),
        weights="real",
    )
    return model, size


def _passes(test: Fields, times: tuple[Decimal, ...], prompt: int, generated: int) -> Passes:
    """Each token of a generation is a pass. At least half of the weights are read in it.

    The rest may be a table of embeddings, of which a row is read; it is no larger than the output table, which is read
    whole. A prompt before it needs passes too, so that there are no fewer than the tokens generated.
    """
    rate = generated / median(times).scaleb(-9)
    size = test.whole("model_size")
    if _SPARSE.search(test.text("model_type") or ""):
        return Passes(rate, None, "only some of the weights of a mixture of experts are read in a pass")
    if size is None:
        return Passes(rate, None)
    uncounted = "; passes of the prompt are not counted" if prompt else ""
    return Passes(rate, size // 2, f"half of the weights, which is the least that a pass can read{uncounted}")


def _runtime(test: Fields, commit: str | None) -> str:
    """The build and its back ends; without the build where it is what is measured, or no two of them would compare."""
    hashed = test.text("build_commit")
    if hashed and commit and commit.startswith(hashed.lower()):
        return excerpt(f"llama.cpp; backends {test.text('backends') or 'not told'}")
    build = " ".join(str(test.values[key]) for key in ("build_commit", "build_number") if test.has(key))
    return excerpt(f"llama.cpp {build}; backends {test.text('backends') or 'not told'}")
