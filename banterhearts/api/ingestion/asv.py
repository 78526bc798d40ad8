"""airspeed velocity: a file of `results/<machine>/`, version 2 of its format.

One row a benchmark and combination of parameters. `samples` (kept with `--record-samples`) are seconds per call and
`result` is their median, which stands for them where they are not kept. `null` is a benchmark that failed, NaN one that
asked to be skipped. The unit follows from the kind, and the kind from the name, as in asv itself: `time_` and
`timeraw_` are seconds, `mem_` and `peakmem_` bytes. What a `track_` benchmark tracks stands in another file, and which
way is better in none.

`commit_hash` is the commit measured, which asv checks out itself; the version of a benchmark is the digest of its code,
and belongs to what makes two workloads the same. The machine's name and paths stay behind.
"""

from __future__ import annotations

import re
from functools import partial
from itertools import product
from math import prod
from statistics import median
from typing import TYPE_CHECKING, Any

from banterhearts.api.ingestion.agreement import expect_same
from banterhearts.api.ingestion.fields import Fields, excerpt, nanoseconds
from banterhearts.api.ingestion.machine import commit_of, from_epoch_ms, no_commit, release
from banterhearts.api.ingestion.refusal import Reason, Refused
from banterhearts.api.ingestion.row import SUMMARY, Entry, Reading, Row, in_a_row, pointer, portable
from banterhearts.errors import RecordError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from banterhearts.api.ingestion.row import Stated
    from banterhearts.api.ingestion.source import Source

__all__ = ["Asv"]

_VERSION = 2
_MOST_COMBINATIONS = 100_000
_KINDS = {
    "time": ("time", "ns"),
    "timeraw": ("time", "ns"),
    "mem": ("memory", "By"),
    "peakmem": ("peak_memory", "By"),
}
"""The start of a benchmark's name to its metric and unit."""


class Asv:
    """The format."""

    name = "asv"
    suite = "asv"
    needs = "`commit_hash`, `results` and `result_columns`"
    reads_lines = False

    def recognises(self, source: Source) -> bool:
        """By its keys."""
        return isinstance(source.value, dict) and {"commit_hash", "results", "result_columns"} <= source.value.keys()

    def entries(self, source: Source, stated: Stated) -> Iterator[Entry]:
        """One a benchmark and combination of parameters.

        Raises:
            RecordError: For another version of the format.
        """
        del stated
        file = source.value
        if file.get("version") != _VERSION:
            problem = f"version {excerpt(file.get('version'))} of asv's results; `asv update` makes it {_VERSION}"
            raise RecordError(source.path, problem)
        columns, results = file["result_columns"], file["results"]
        if not isinstance(columns, list) or not all(isinstance(column, str) for column in columns):
            raise RecordError(source.path, "result_columns is no list of names")
        if not isinstance(results, dict):
            raise RecordError(source.path, "results is no object")
        common = {key: value for key, value in file.items() if key not in {"results", "durations"}}
        for name, values in results.items():
            told = dict(zip(columns, values, strict=False)) if isinstance(values, list) else {}
            for index, arguments in enumerate(_combinations(told.get("params"))):
                one = {key: _at(value, index) for key, value in told.items() if key != "params"}
                yield Entry(
                    pointer("results", name, 0, index),
                    [self.name, name, arguments, one, common],
                    partial(_row, name, arguments, Fields(one), Fields(common)),
                )


def _combinations(params: object) -> list[tuple[str, ...]]:
    """Every combination of the parameters, in asv's order; one empty combination where there are none."""
    lists = [one for one in params if isinstance(one, list)] if isinstance(params, list) else []
    if prod(len(one) for one in lists) > _MOST_COMBINATIONS:
        return [()]  # its values do not match one, which refuses it
    return [tuple(map(str, combination)) for combination in product(*lists)]


def _at(column: object, index: int) -> object:
    """A column's value for one combination; a column that is no list is of the whole benchmark."""
    if not isinstance(column, list):
        return column
    return column[index] if index < len(column) else None


def _row(name: str, arguments: tuple[str, ...], told: Fields, file: Fields) -> Row:
    case = f"{name}({', '.join(arguments)})" if arguments else name
    if not told.has("result"):
        raise Refused(Reason.FAILED, "null, which is how asv stores a benchmark that failed")
    value = told.values["result"]
    if getattr(value, "is_nan", bool)():
        raise Refused(Reason.NOT_A_NUMBER, "NaN, which is how asv stores a benchmark that was skipped")
    kind = name.rpartition(".")[2].partition("_")[0]
    if kind not in _KINDS:
        problem = f"what {excerpt(name)!r} counts, and whether more of it is better, the file does not say"
        raise Refused(Reason.UNKNOWN_UNIT, problem)
    metric, unit = _KINDS[kind]
    calls = _count(told, "stats_number")
    result, samples = told.amount("result"), told.amounts("samples")
    if samples:
        if (repeats := _count(told, "stats_repeat")) not in {None, len(samples)}:
            raise Refused(Reason.CONTRADICTION, f"stats_repeat is {repeats}, and there are {len(samples)} samples")
        expect_same("the median of samples (result)", result, median(samples))
    samples = samples or (result,)
    notes = in_a_row(samples) if told.has("samples") else (f"{SUMMARY}, asv's median",)
    if (commit := file.text("commit_hash")) and not commit_of(commit):
        notes += (no_commit(commit),)
    if metric == "time":
        samples = tuple(nanoseconds(one, "s") for one in samples)
    return Row(
        case=portable(case),
        readings=(Reading(metric, unit, samples),),
        essence={"name": name, "arguments": list(arguments), "version": told.text("version")},
        machine=_machine(file.fields("params")),
        runtime=_runtime(file),
        created_at=from_epoch_ms(told.whole("started_at")),
        commit=commit_of(commit),
        is_dirty=False,
        notes=(*notes, *([f"each value is the mean of {calls} calls"] if calls and calls > 1 else [])),
    )


def _count(told: Fields, key: str) -> int | None:
    """A count of what was measured, which is at least one of something."""
    if (count := told.whole(key)) == 0:
        raise Refused(Reason.CONTRADICTION, f"{key} is 0, and there is a result")
    return count


def _machine(params: Fields) -> dict[str, Any]:
    cores = str(params.values.get("num_cpu") or "")
    system, _, version = (params.text("os") or "").partition(" ")
    parts = (system, release(version), params.text("arch"))
    memory = str(params.values.get("ram") or "")  # bytes as asv finds them; "4GB" where a person wrote it
    return {
        "cpu": params.text("cpu"),
        "memory_bytes": int(memory) if re.fullmatch(r"\d{7,18}", memory, re.ASCII) else None,
        "cores": int(cores) if re.fullmatch(r"\d{1,6}", cores, re.ASCII) else None,
        "os": " ".join(part for part in parts if part) or None,
    }


def _runtime(file: Fields) -> str | None:
    python = file.text("python") or ""
    parts = [f"Python {python}"] if re.fullmatch(r"[A-Za-z]*\d+(\.\d+)*", python, re.ASCII) else []
    requirements: Mapping[str, Any] = file.fields("requirements").values
    parts += [portable(f"{name} {version}".strip()) for name, version in sorted(requirements.items())]
    return "; ".join(parts) or None
