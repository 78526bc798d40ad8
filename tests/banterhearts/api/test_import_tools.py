"""Results of five tools, as the tools wrote them, become records; what they could not measure is refused."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from banterhearts.core.record import RunRecord

SCRATCH = "0c939eaadd892b5540843e2038bed0341c130ac3"


def values(record: RunRecord, metric: str) -> tuple[float, ...]:
    """The samples of a metric."""
    return next(sample.values for sample in record.samples if sample.metric == metric)


def metrics(record: RunRecord) -> dict[str, tuple[str, str]]:
    """Metric to unit and direction."""
    return {metric.name: (metric.unit, metric.direction) for metric in record.metrics}


def changed(path: Path, how: Callable[[Any], object]) -> Any:
    """The content of a file, changed."""
    value = json.loads(path.read_bytes())
    how(value)
    return value


def test_pytest_benchmark_keeps_rounds_commit_and_machine(take: Callable[..., Any], data: Path) -> None:
    """Every round is a value in nanoseconds, digit by digit; the commit and the machine are the file's."""
    taken = take(data / "pytest_benchmark.json")
    assert (list(taken.records), taken.refused) == ([f"#/benchmarks/{number}" for number in range(3)], {})
    record = taken.records["#/benchmarks/0"]
    assert record.workload.case == "test_speed.py::test_sort[10]"
    assert values(record, "time") == (
        477.4997250933666,
        219.99994714860804,
        205.00010577961802,
        204.99965103226714,
        192.5000105984509,
        189.99980966327712,
    )
    assert metrics(record) == {"time": ("ns", "lower")}
    assert (record.subject.commit_sha, record.subject.dirty, record.subject.repo) == (SCRATCH, False, "scratch")
    assert (record.environment.cpu, record.environment.cores) == ("AMD EPYC", 2)
    assert (record.environment.os, record.environment.runtime) == ("Linux 6.18.44 x86_64", "CPython 3.11.7")
    assert record.created_at.isoformat() == "2026-11-22T00:13:18.459198+00:00"
    assert "each value is the mean of 4 iterations" in record.provenance.notes
    assert "extra_info was not taken over" in record.provenance.notes


def test_pytest_benchmark_without_rounds_gives_its_median(take: Callable[..., Any], data: Path) -> None:
    """Where no rounds were saved one value stands for them, and the record says so."""
    record = take(data / "pytest_benchmark_saved.json").records["#/benchmarks/0"]
    assert values(record, "time") == (2329.9999156733975,)
    assert record.provenance.notes == ("the file keeps no samples: one value stands for them, the median of 5 rounds",)


def test_a_dirty_tree_stays_dirty(take: Callable[..., Any], data: Path, write: Callable[..., Path]) -> None:
    """What pytest-benchmark saw changed belongs to no commit."""
    path = write(changed(data / "pytest_benchmark.json", lambda file: file["commit_info"].update(dirty=True)))
    assert all(record.subject.dirty for record in take(path).records.values())


@pytest.mark.parametrize("commit", ["unversioned", "unknown", "0c939ea", None, ""])
def test_what_is_no_commit_is_none(
    take: Callable[..., Any], data: Path, write: Callable[..., Path], commit: str | None
) -> None:
    """A commit that is not told in full is not known."""
    path = write(changed(data / "pytest_benchmark.json", lambda file: file["commit_info"].update(id=commit)))
    assert {record.subject.commit_sha for record in take(path).records.values()} == {None}


@pytest.mark.parametrize(
    ("stats", "options", "reason"),
    [
        ({"rounds": 7}, {}, "contradiction"),
        ({"median": 2.5e-07}, {}, "contradiction"),
        ({"data": [1e-07, 0.0]}, {}, "failure-as-zero"),
        ({"data": [1e-07, -1e-07]}, {}, "negative"),
        ({"data": [1e-07, None]}, {}, "missing"),
        ({"data": []}, {}, "missing"),
        ({"data": [1e-07, "fast"]}, {}, "malformed"),
        ({"data": [1e-07, True]}, {}, "malformed"),
        ({"data": [1e-07, float("nan")]}, {}, "not-a-number"),
        ({"data": [1e-07, float("inf")]}, {}, "not-a-number"),
        ({"data": 3}, {}, "malformed"),
        ({"data": None, "median": None}, {}, "missing"),
        ({}, {"timer": "perf_counter_ns"}, "unknown-unit"),
        ({}, {"timer": 3}, "malformed"),
    ],
)
def test_rounds_that_cannot_be_are_refused(
    take: Callable[..., Any],
    data: Path,
    write: Callable[..., Path],
    stats: dict[str, object],
    options: dict[str, object],
    reason: str,
) -> None:
    """A row whose numbers are none, or do not agree, is refused, and its neighbours are not."""

    def spoil(file: Any) -> None:
        file["benchmarks"][0]["stats"].update(stats)
        file["benchmarks"][0]["options"].update(options)

    taken = take(write(changed(data / "pytest_benchmark.json", spoil)))
    assert taken.refused == {"#/benchmarks/0": reason}
    assert len(taken.records) == 2


def test_asv_rows_are_combinations_of_parameters(take: Callable[..., Any], data: Path) -> None:
    """A row is a combination; null is a failure, NaN a skip, and what is tracked has no unit."""
    taken = take(data / "asv.json")
    assert taken.refused == {
        "#/results/benchmarks.Once.time_broken/0/0": "failed",
        "#/results/benchmarks.Suite.time_sort/0/3": "not-a-number",
        "#/results/benchmarks.Once.track_ratio/0/0": "unknown-unit",
    }
    assert "a benchmark that was skipped" in taken.why["#/results/benchmarks.Suite.time_sort/0/3"]
    cases = {record.workload.case: record for record in taken.records.values()}
    assert sorted(cases) == [
        "benchmarks.Once.mem_list",
        "benchmarks.Once.peakmem_list",
        "benchmarks.Once.time_join",
        "benchmarks.Suite.time_sort(10, 'list')",
        "benchmarks.Suite.time_sort(10, 'tuple')",
        "benchmarks.Suite.time_sort(1000, 'list')",
    ]
    sort = cases["benchmarks.Suite.time_sort(1000, 'list')"]
    assert values(sort, "time")[:2] == (4138.020049140323, 3867.0001231366765)
    assert sort.subject.commit_sha == "01501ca21f8868461a0bae218545dfd7f40e03ea"
    assert sort.created_at.isoformat() == "2026-11-22T00:46:37.336000+00:00"
    assert (sort.environment.cpu, sort.environment.cores) == ("AMD EPYC", 2)
    assert (sort.environment.os, sort.environment.memory_bytes) == ("Linux 6.18.44 x86_64", 25276514304)
    assert sort.environment.runtime == "Python 3.11"
    assert metrics(cases["benchmarks.Once.mem_list"]) == {"memory": ("By", "lower")}
    assert values(cases["benchmarks.Once.peakmem_list"], "peak_memory") == (31211520,)


def test_asv_without_samples_gives_its_median(take: Callable[..., Any], data: Path, write: Callable[..., Path]) -> None:
    """Without `--record-samples` asv's result stands for them, and the record says so."""

    def shorten(file: Any) -> None:
        for row in file["results"].values():
            del row[11:]

    record = take(write(changed(data / "asv.json", shorten))).records["#/results/benchmarks.Once.time_join/0/0"]
    assert values(record, "time") == (2763.9998734230176,)
    assert "the file keeps no samples: one value stands for them, asv's median" in record.provenance.notes


def test_llama_bench_prompt_and_generation(take: Callable[..., Any], data: Path) -> None:
    """A prompt has a prefill rate, a generation a decode rate, both times and rates as the tool has them."""
    records = take(data / "llama_bench.json").records
    prompt, generation = records["#/0"], records["#/1"]
    assert metrics(prompt) == {"time": ("ns", "lower"), "prefill_throughput": ("{token}/s", "higher")}
    assert metrics(generation) == {"time": ("ns", "lower"), "decode_throughput": ("{token}/s", "higher")}
    assert values(generation, "time") == (38990677, 37163337, 40902509, 41175660)
    assert values(generation, "decode_throughput") == (205.177, 215.266, 195.587, 194.29)
    assert generation.workload.case == "SmolLM2-135M-Instruct.Q4_1.gguf tg8"
    assert (generation.workload.prompt_tokens, generation.workload.output_tokens) == (0, 8)
    assert generation.model is not None
    assert (generation.model.id, generation.model.weight_bytes) == ("SmolLM2-135M-Instruct.Q4_1.gguf", 96576768)
    assert "/models" not in generation.to_json()


def test_llama_bench_layers_on_a_cpu_are_one_configuration(take: Callable[..., Any], data: Path) -> None:
    """On the CPU's back end no number of layers is offloaded, so that a second number is an alias."""
    taken = take(data / "llama_bench.json")
    assert taken.refused == {"#/2": "alias", "#/3": "alias"}
    assert "n_gpu_layers 99 and 0 both take effect as 0" in taken.why["#/2"]
    assert taken.records["#/0"].treatment.effective["n_gpu_layers"] == 0


def test_llama_bench_layers_on_a_gpu_are_what_was_asked(
    take: Callable[..., Any], data: Path, write: Callable[..., Path]
) -> None:
    """With a GPU's back end two numbers of layers may be two configurations."""

    def move(file: Any) -> None:
        for row in file:
            row.update(backends="CUDA", gpu_info="NVIDIA GeForce RTX 4090")

    taken = take(write(changed(data / "llama_bench.json", move)))
    assert (len(taken.records), taken.refused) == (4, {})
    assert taken.records["#/2"].treatment.effective["n_gpu_layers"] == 99
    roofline = taken.records["#/1"].roofline
    assert roofline.plausible is True
    assert "1008.0 GB/s of NVIDIA GeForce RTX 4090 by its data sheet" in roofline.note


def test_llama_bench_lines_and_both_in_one(take: Callable[..., Any], data: Path) -> None:
    """JSON lines are read a line a row; a prompt with its generation has a time and no rate."""
    records = take(data / "llama_bench.jsonl").records
    assert list(records) == [":1", ":2"]
    assert metrics(records[":2"]) == {"time": ("ns", "lower")}
    assert records[":2"].workload.case.endswith("pp16+tg4")


def test_the_commit_of_llama_cpp_is_not_the_repositorys(take: Callable[..., Any], data: Path) -> None:
    """`build_commit` belongs to the runtime, unless it is what `--commit` names."""
    record = take(data / "llama_bench.json").records["#/0"]
    assert record.subject.commit_sha is None
    assert record.environment.runtime == "llama.cpp 0c1e570 1; backends CPU"
    own = take(data / "llama_bench.jsonl", commit="0c1e570" + "0" * 33).records[":1"]
    assert own.environment.runtime == "llama.cpp; backends CPU"


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"samples_ts": [464.103, 471.462, 472.171, 500.0]}, "contradiction"),
        ({"samples_ts": [464.103]}, "contradiction"),
        ({"samples_ns": [68950219, 0, 67772008, 68925800]}, "failure-as-zero"),
        ({"n_prompt": 0}, "missing"),
        ({"n_prompt": 1.5}, "malformed"),
        ({"model_filename": ""}, "missing"),
        ({"n_prompt": 10**30}, "contradiction"),
    ],
)
def test_tests_of_llama_bench_that_cannot_be_are_refused(
    take: Callable[..., Any], data: Path, write: Callable[..., Path], fields: dict[str, object], reason: str
) -> None:
    """Times and rates must tell the same tokens."""
    taken = take(write(changed(data / "llama_bench.json", lambda file: file[0].update(fields))))
    assert taken.refused["#/0"] == reason


def test_bandwidth_that_no_memory_has_is_refused(take: Callable[..., Any], data: Path) -> None:
    """A rate for which the weights would have to be read faster than the memory can is impossible."""
    taken = take(data / "llama_bench.json", bandwidth=6.6e9, weight_bytes=48288384)
    assert taken.refused["#/1"] == "impossible-bandwidth"
    assert "147% of 6.6 GB/s as stated" in taken.why["#/1"]
    assert "#/0" in taken.records  # a prompt's tokens share a pass


def test_a_mixture_of_experts_is_not_checked(take: Callable[..., Any], data: Path, write: Callable[..., Path]) -> None:
    """Where a pass reads only some of the weights the rule does not apply, and the record says so."""
    path = write(changed(data / "llama_bench.json", lambda file: file[1].update(model_type="llama 8x7B Q4_0")))
    roofline = take(path, bandwidth=1e6).records["#/1"].roofline
    assert roofline.plausible is None
    assert "mixture of experts" in roofline.note


def test_hyperfine_keeps_every_run(take: Callable[..., Any], data: Path) -> None:
    """A command's runs are its values; time, commit and machine are what was stated."""
    taken = take(data / "hyperfine.json", machine="runner-a")
    record = taken.records["#/results/1"]
    assert (record.workload.case, taken.refused) == ("sleep 0.01", {})
    assert values(record, "time")[:2] == (10729908, 12679329.000000001)
    assert values(record, "cpu_time") == (616749.99999999988,)
    assert record.environment.runtime == "machine runner-a, as stated"
    assert "the file has no time; this is that of its last change" in record.provenance.notes


def test_a_command_that_fails_is_no_measurement(take: Callable[..., Any], data: Path) -> None:
    """A tool can be told to ignore failures; we cannot."""
    taken = take(data / "hyperfine_failing.json")
    assert taken.refused == {"#/results/0": "failed", "#/results/1": "failed"}
    assert taken.why["#/results/0"] == "4 of 4 runs ended with another status than 0 (status 1)"


def test_commands_lose_the_folders_of_a_machine(take: Callable[..., Any], write: Callable[..., Path]) -> None:
    """Absolute paths keep their last part, in the case, the treatment and everywhere else."""
    command = "/home/ada/bin/tool --in=/home/ada/data/x.txt -C C:\\Users\\ada\\y ~/z src/a.py | wc"
    result = {"command": command, "mean": 1.0, "median": 1.0, "times": [1.0]}
    record = take(write({"results": [result]})).records["#/results/0"]
    assert "ada" not in record.to_json()
    assert record.treatment.effective == {"command": "tool --in=x.txt -C y z src/a.py | wc"}
    assert record.workload.case.startswith("tool --in=x.txt -C y z src/a.py _ wc #")


def test_google_benchmark_rows_are_benchmarks(take: Callable[..., Any], data: Path) -> None:
    """Repetitions are the values of one row; fits and skips are refused; counters without a unit are left out."""
    taken = take(data / "google_benchmark.json")
    assert taken.refused == {"#/benchmarks/14": "derived", "#/benchmarks/15": "derived", "#/benchmarks/23": "failed"}
    cases = {record.workload.case: record for record in taken.records.values()}
    assert list(cases) == ["BM_Copy/64", "BM_Copy/4096", "BM_Sort"]
    copy = cases["BM_Copy/64"]
    assert values(copy, "time") == (11.319521372758418, 11.242262515488605, 11.206603955664269)
    assert values(copy, "byte_rate")[0] == 5685941472.777153
    assert metrics(copy)["byte_rate"] == ("By/s", "higher")
    assert copy.subject.commit_sha == "0123456789abcdef0123456789abcdef01234567"
    assert taken.left_out["#/benchmarks/16"] == ("elements: unknown-unit",)
    assert "the benchmark library was a debug build" in copy.provenance.notes
    assert values(cases["BM_Sort"], "time")[0] > 4000  # milliseconds in the file


def test_google_benchmark_aggregates_give_the_median(take: Callable[..., Any], data: Path) -> None:
    """Where only aggregates were reported the median stands for the repetitions."""
    record = take(data / "google_benchmark_aggregates.json").records["#/benchmarks/0"]
    assert values(record, "time") == (4658.1469115656166,)
    assert (
        "the file keeps no samples: one value stands for them, the median of 3 repetitions" in record.provenance.notes
    )


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"time_unit": "fortnight"}, "unknown-unit"),
        ({"real_time": 0.0}, "failure-as-zero"),
        ({"cpu_time": None}, "missing"),
    ],
)
def test_benchmarks_of_google_that_cannot_be_are_refused(
    take: Callable[..., Any], data: Path, write: Callable[..., Path], fields: dict[str, object], reason: str
) -> None:
    """One repetition that is no measurement refuses the benchmark."""
    path = write(changed(data / "google_benchmark.json", lambda file: file["benchmarks"][1].update(fields)))
    assert take(path).refused["#/benchmarks/0"] == reason


@pytest.mark.parametrize(
    "name", ["pytest_benchmark.json", "asv.json", "google_benchmark.json", "hyperfine.json", "llama_bench.json"]
)
def test_no_record_names_a_machine_and_none_has_a_second_block(take: Callable[..., Any], data: Path, name: str) -> None:
    """Host names stay behind, the file's digest does not, and values of one run are one block."""
    for record in take(data / name).records.values():
        assert "host.example" not in record.to_json()
        assert list(record.provenance.files) == [name]
        assert {sample.block for sample in record.samples} == {0}
        assert all(metric.ci_low is None for metric in record.metrics)


def test_unknown_machines_are_not_one(take: Callable[..., Any], data: Path) -> None:
    """Two rows of a tool that names no machine are comparable only under a stated name."""
    unknown = [record.environment.fingerprint for record in take(data / "hyperfine.json").records.values()]
    assert len(set(unknown)) == 2


def test_a_stated_machine_is_one(take: Callable[..., Any], data: Path) -> None:
    """Rows under one stated name have one fingerprint."""
    stated = [one.environment.fingerprint for one in take(data / "hyperfine.json", machine="a").records.values()]
    assert len(set(stated)) == 1
