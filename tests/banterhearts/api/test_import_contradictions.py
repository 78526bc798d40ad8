"""Rows whose own numbers cannot all be true, zeros in place of sizes and rates, and rates that no memory allows."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

H100 = {"backends": "CUDA", "gpu_info": "NVIDIA H100 80GB HBM3", "model_type": "llama 70B F16"}
SECOND = 10**9
RUNS = {"command": "a", "mean": 2.0, "stddev": 1.0, "median": 2.0, "min": 1.0, "max": 3.0, "times": [1.0, 2.0, 3.0]}


def read(path: Path) -> Any:
    """A file of a tool."""
    return json.loads(path.read_bytes())


def generation(**fields: object) -> dict[str, object]:
    """A row of llama-bench on an H100: 128 tokens of a model of 140 GB, without `samples_ts`."""
    row: dict[str, object] = {"build_commit": "0c1e570", "model_filename": "m.gguf", "model_size": 140 * 10**9}
    return {**row, **H100, "n_prompt": 0, "n_gen": 128, **fields}


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({}, None),
        ({"memory_usage_byte": [1, 2, 3]}, None),
        ({"memory_usage_byte": [0, 0, 0]}, "failure-as-zero"),
        ({"memory_usage_byte": [1, 2, 0]}, "failure-as-zero"),
        ({"memory_usage_byte": [1, 2]}, "contradiction"),
        ({"mean": 2.1}, "contradiction"),
        ({"median": 1.9}, "contradiction"),
        ({"min": 0.9}, "contradiction"),
        ({"max": 3.1}, "contradiction"),
        ({"stddev": 0.9}, "contradiction"),
        ({"mean": 0.0}, "failure-as-zero"),
        ({"times": None}, None),
        ({"times": None, "min": 2.5}, "contradiction"),
        ({"times": None, "max": 1.5}, "contradiction"),
        ({"times": [2.0], "min": 2.0, "max": 2.0, "stddev": None}, None),
        ({"times": [2.0], "min": 2.0, "max": 2.0, "stddev": 0.5}, "contradiction"),
    ],
)
def test_hyperfine_must_agree_with_its_times(
    take: Callable[..., Any], write: Callable[..., Path], fields: dict[str, object], reason: str | None
) -> None:
    """Mean, median, extremes and spread are those of the times; memory is told of each run, and is some."""
    taken = take(write({"results": [{**RUNS, **fields}]}))
    assert taken.refused.get("#/results/0") == reason
    assert len(taken.records) == (reason is None)


@pytest.mark.parametrize("named", [None, "hyperfine"])
@pytest.mark.parametrize("bad", [None, 3, [], {"command": "b"}])
def test_a_bad_command_refuses_itself_alone(
    take: Callable[..., Any], write: Callable[..., Path], named: str | None, bad: object
) -> None:
    """A row that is none is told by its place, and the sound ones beside it are imported."""
    taken = take(write({"results": [bad, RUNS, bad]}), named)
    assert list(taken.records) == ["#/results/1"]
    assert set(taken.refused) == {"#/results/0", "#/results/2"}
    assert set(taken.refused.values()) <= {"malformed", "missing"}


def test_a_bad_test_of_llama_bench_refuses_itself_alone(take: Callable[..., Any], write: Callable[..., Path]) -> None:
    """Also where it is the first, by which a file used to be recognised."""
    taken = take(write([None, generation(samples_ns=[1280 * SECOND])]))
    assert (list(taken.records), taken.refused) == (["#/1"], {"#/0": "malformed"})


@pytest.mark.parametrize(
    ("name", "fields", "reason"),
    [
        ("mem_list", {"result": 0}, "failure-as-zero"),
        ("peakmem_list", {"result": 0}, "failure-as-zero"),
        ("time_join", {"result": 0}, "failure-as-zero"),
        ("time_join", {"result": 5.0, "samples": [0.1, 0.1], "stats_repeat": 2}, "contradiction"),
        ("time_join", {"result": 0.1, "samples": [0.1, 0.1], "stats_repeat": 3}, "contradiction"),
        ("time_join", {"result": 0.1, "samples": [0.1, 0.0], "stats_repeat": 2}, "failure-as-zero"),
        ("time_join", {"stats_number": 0}, "contradiction"),
        ("time_join", {"result": 0.1, "samples": [0.1, 0.1], "stats_repeat": 2}, None),
    ],
)
def test_asv_must_agree_with_its_samples(
    take: Callable[..., Any],
    write: Callable[..., Path],
    data: Path,
    name: str,
    fields: dict[str, object],
    reason: str | None,
) -> None:
    """A result is the median of as many samples as are told, and no memory is 0."""
    file = read(data / "asv.json")
    row = file["results"][f"benchmarks.Once.{name}"]
    for key, value in fields.items():
        row[file["result_columns"].index(key)] = [value]
    assert take(write(file)).refused.get(f"#/results/benchmarks.Once.{name}/0/0") == reason


@pytest.mark.parametrize(
    ("place", "fields", "reason"),
    [
        (1, {"bytes_per_second": 0}, "failure-as-zero"),
        (0, {"items_per_second": 0}, "failure-as-zero"),
        (1, {"bytes_per_second": None}, "missing"),
        (1, {"iterations": 0}, "contradiction"),
        (1, {"repetitions": 4}, "contradiction"),
        (1, {"repetitions": 0}, None),
        (3, {"real_time": 12.0}, "contradiction"),
        (4, {"cpu_time": 12.0}, "contradiction"),
    ],
)
def test_google_benchmark_must_agree_with_itself(
    take: Callable[..., Any],
    write: Callable[..., Path],
    data: Path,
    place: int,
    fields: dict[str, object],
    reason: str | None,
) -> None:
    """Repetitions are counted right, their aggregates are theirs, and a rate is more than 0."""
    file = read(data / "google_benchmark.json")
    file["benchmarks"][place].update(fields)
    assert take(write(file)).refused.get("#/benchmarks/0") == reason


def test_google_benchmark_lacks_no_repetition(take: Callable[..., Any], write: Callable[..., Path], data: Path) -> None:
    """One of three repetitions is not the benchmark."""
    file = read(data / "google_benchmark.json")
    file["benchmarks"] = file["benchmarks"][:1]
    taken = take(write(file))
    assert taken.why == {"#/benchmarks/0": "3 repetitions, and 1 are there"}
    assert taken.refused == {"#/benchmarks/0": "contradiction"}


@pytest.mark.parametrize(
    ("stats", "reason"),
    [
        ({"mean": 99.0, "min": 5.0, "max": 6.0, "data": [1.0, 1.0], "rounds": 2}, "contradiction"),
        ({"mean": 3e-07}, "contradiction"),
        ({"min": 1e-07}, "contradiction"),
        ({"max": 1e-06}, "contradiction"),
        ({"total": 1e-06}, "contradiction"),
        ({"stddev": 2e-07}, "contradiction"),
        ({"iterations": 0}, "contradiction"),
        ({"data": None, "min": 3e-07}, "contradiction"),
        ({"data": None, "rounds": 0}, "contradiction"),
        ({"data": None}, None),
    ],
)
def test_pytest_benchmark_must_agree_with_its_rounds(
    take: Callable[..., Any], write: Callable[..., Path], data: Path, stats: dict[str, object], reason: str | None
) -> None:
    """What the plugin says of its rounds is computed again."""
    file = read(data / "pytest_benchmark.json")
    file["benchmarks"][0]["stats"].update(stats)
    assert take(write(file)).refused.get("#/benchmarks/0") == reason


@pytest.mark.parametrize("dirty", ["yes", "", 0, 1, []])
def test_a_tree_is_dirty_or_not(
    take: Callable[..., Any], write: Callable[..., Path], data: Path, dirty: object
) -> None:
    """Anything but true and false says neither."""
    file = read(data / "pytest_benchmark.json")
    file["commit_info"]["dirty"] = dirty
    assert set(take(write(file)).refused.values()) == {"malformed"}


def test_a_tree_of_which_nothing_is_told_is_dirty(
    take: Callable[..., Any], write: Callable[..., Path], data: Path
) -> None:
    """A commit is not vouched for by silence."""
    file = read(data / "pytest_benchmark.json")
    del file["commit_info"]["dirty"]
    for record in take(write(file)).records.values():
        assert record.subject.dirty
        assert any("does not say whether the tree" in note for note in record.provenance.notes)


@pytest.mark.parametrize(
    "fields",
    [
        {"samples_ts": [1000.0]},
        {},
        {"samples_ts": None},
        {"n_prompt": 1},
        {"n_prompt": 1, "samples_ns": [12_800_000]},
        {"n_prompt": 512, "n_gen": 128},
    ],
)
def test_every_generation_is_asked_whether_the_memory_can(
    take: Callable[..., Any], write: Callable[..., Path], fields: dict[str, object]
) -> None:
    """The rate follows from the times, whether or not the file tells it, and with a prompt before it."""
    taken = take(write([generation(**{"samples_ns": [128_000_000], **fields})]))
    assert taken.refused == {"#/0": "impossible-bandwidth"}


@pytest.mark.parametrize(("fields", "plausible"), [({}, True), ({"n_prompt": 8}, True), ({"gpu_info": "X"}, None)])
def test_a_generation_without_rates_has_a_roofline(
    take: Callable[..., Any], write: Callable[..., Path], fields: dict[str, object], *, plausible: bool | None
) -> None:
    """128 tokens in 4 s are 32 passes of 70 GB a second, or what could not be checked is said."""
    roofline = take(write([generation(samples_ns=[4 * SECOND], **fields)])).records["#/0"].roofline
    assert (roofline.plausible, roofline.achieved_bytes_per_s) == (plausible, 32 * 70e9)
    assert ("not checked" in roofline.note) == (plausible is None)
    assert ("passes of the prompt are not counted" in roofline.note) == ("n_prompt" in fields)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"avg_ns": 70_000_000}, "contradiction"),
        ({"avg_ts": 470.0}, "contradiction"),
        ({"avg_ns": 68380503}, None),
        ({"samples_ts": [0.0] * 4}, "failure-as-zero"),
    ],
)
def test_averages_of_llama_bench_are_of_its_samples(
    take: Callable[..., Any], write: Callable[..., Path], data: Path, fields: dict[str, object], reason: str | None
) -> None:
    """`avg_ns` is cut to a whole nanosecond, and that is all that it may be off."""
    file = read(data / "llama_bench.json")
    file[0].update(fields)
    assert take(write(file)).refused.get("#/0") == reason


def test_less_time_is_better(take: Callable[..., Any], data: Path) -> None:
    """No importer calls more of a time better, or more of a size."""
    for path in sorted(data.iterdir()):
        for record in take(path).records.values():
            for metric in record.metrics:
                assert (metric.direction == "higher") == metric.unit.endswith("/s"), metric


def test_a_kernel_of_no_time_is_none(take: Callable[..., Any], write: Callable[..., Path]) -> None:
    """An extreme of a mean is a duration too."""
    kernel = {"mean_time_ms": 1.0, "std_time_ms": 0.5, "min_time_ms": 0.0, "max_time_ms": 1.5}
    assert take(write({"fusion": {"eager": kernel}})).refused == {"#/fusion/eager": "failure-as-zero"}


def test_a_summary_is_asked_whether_the_memory_can(take: Callable[..., Any], write: Callable[..., Path]) -> None:
    """Its mean rate is of passes over a model whose size is known by its tag."""
    told = {"model": "llama3.1:8b-instruct-q4_0", "completed": 2, "prompt_count": 2, "mean_tokens_s": 1000.0}
    path = write({"prompt_count": 2, "models": [told]})
    assert take(path, bandwidth=432e9).refused == {"#/models/0": "impossible-bandwidth"}
    assert take(path).records["#/models/0"].roofline.plausible is None
