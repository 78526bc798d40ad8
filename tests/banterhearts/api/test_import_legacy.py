"""The original engine's files: every trap is refused with its reason, every sound row is imported."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

DOCS = Path(__file__).parents[3] / "docs" / "importing.md"
COUNTS: dict[str, tuple[int, dict[str, int]]] = {
    "baseline_test_results.json": (1, {"failed": 4, "contradiction": 1}),
    "gemma3_270m_param_tuning.csv": (6, {"alias": 17, "load-in-ttft": 11, "failed": 2}),
    "gemma3_benchmark_summary_failed.json": (0, {"failed": 1}),
    "kernel_benchmarks.json": (1, {"warmup-in-mean": 3}),
    "llama3_param_tuning.csv": (6, {"alias": 18, "load-in-ttft": 12}),
    "mlp_cuda_bench.json": (4, {"failure-as-zero": 1}),
    "quantization_report.json": (3, {"no-op": 1}),
}
"""File to rows imported, and rows refused by reason."""
COLUMNS = "num_gpu,num_ctx,temperature,ttft_s,tokens_s,load_s,prompt_eval_s,eval_s,eval_count,error"
SWEEP = "gemma3_270m_param_tuning.csv"


def sweep(*lines: str) -> str:
    """A sweep of these lines below the usual header."""
    return "\n".join((COLUMNS, *lines, ""))


@pytest.mark.parametrize("name", COUNTS)
def test_every_row_is_imported_or_refused(take: Callable[..., Any], legacy: Path, name: str) -> None:
    """The counts of each file, by reason."""
    taken = take(legacy / name)
    assert (len(taken.records), dict(Counter(taken.refused.values()))) == COUNTS[name]


def test_no_file_is_forgotten(legacy: Path) -> None:
    """There is a count for each file that there is."""
    assert sorted(path.name for path in legacy.iterdir()) == sorted(COUNTS)


def test_the_documented_counts_are_these() -> None:
    """docs/importing.md has the same table."""
    text = DOCS.read_text(encoding="utf-8")
    for name, (imported, refused) in COUNTS.items():
        rows = imported + sum(refused.values())
        told = ", ".join(f"{number} {reason}" for reason, number in sorted(refused.items(), key=lambda one: -one[1]))
        assert f"| `{name}` | {rows} | {imported} | {told} |" in text, name


def test_what_compiled_never_is_refused(take: Callable[..., Any], legacy: Path) -> None:
    """A compiler that was not there stored zeros; those that ran are kept under what was in effect."""
    taken = take(legacy / "mlp_cuda_bench.json")
    assert taken.refused == {"#/backends/torch_compile": "failure-as-zero"}
    assert "Cannot find a working triton installation" in taken.why["#/backends/torch_compile"]
    effective = {where: record.treatment.effective for where, record in taken.records.items()}
    assert effective["#/backends/onnx"]["device"] == "cpu"
    assert effective["#/backends/eager"]["device"] == "cuda"
    assert effective["#/backends/tensorrt"]["dtype"] == "torch.float16"
    assert "sahil" not in "".join(record.to_json() for record in taken.records.values())
    notes = taken.records["#/backends/eager"].provenance.notes
    assert "one of 10 samples stands apart: 0.3766 ms; without it the mean would be 0.2256 ms" in " ".join(notes)
    assert [proof.verdict for proof in taken.records["#/backends/jit"].attestation] == ["not_proven"]
    assert taken.records["#/backends/eager"].attestation == ()


def test_one_warm_up_in_a_mean_of_ten_is_refused(take: Callable[..., Any], legacy: Path) -> None:
    """The fusion's baseline is one warm-up; the fused kernel alone is a mean of something, and proves no fusion."""
    taken = take(legacy / "kernel_benchmarks.json")
    assert set(taken.refused) == {
        "#/attention/torch",
        "#/tensor_core/512x512x512",
        "#/fusion/baseline_linear_gelu",
    }
    assert "the largest sample of 10.0" in taken.why["#/attention/torch"]
    (record,) = taken.records.values()
    assert record.workload.case == "fusion/fused_linear_gelu"
    assert [proof.verdict for proof in record.attestation] == ["not_proven"]


def test_a_quantization_that_did_nothing_is_refused(take: Callable[..., Any], legacy: Path) -> None:
    """The same bytes and the same loss to the last digit are no other model."""
    taken = take(legacy / "quantization_report.json")
    assert taken.refused == {"#/fp8": "no-op"}
    assert "2781 bytes and loss 0.6084538698196411" in taken.why["#/fp8"]
    evidence = taken.records["#/int8"].attestation[0].evidence
    assert "3029 bytes stored against 2781, no smaller" in evidence


def test_a_sweep_has_one_row_an_effective_configuration(take: Callable[..., Any], legacy: Path) -> None:
    """`num_gpu` 40, 60, 80 and 999 on 33 layers are 33; the first sound row stands for each context and temperature."""
    taken = take(legacy / "llama3_param_tuning.csv")
    effective = [tuple(record.treatment.effective.values()) for record in taken.records.values()]
    assert effective == [(33, context, heat) for context in (1024, 2048, 4096) for heat in (0.4, 0.8)]
    assert list(taken.records) == [":3", ":4", ":6", ":7", ":9", ":10"]
    assert taken.why[":12"] == "the configuration of :3 once more: num_gpu 80 and 999 both take effect as 33"
    assert len({record.treatment.effective_digest for record in taken.records.values()}) == 6


def test_reloads_are_the_spikes_of_temperature(take: Callable[..., Any], legacy: Path) -> None:
    """Every row of temperature 0.2 is a reload or a failure, and no other row is a reload."""
    for name in ("llama3_param_tuning.csv", SWEEP):
        with (legacy / name).open(newline="") as stream:
            heats = {f":{number}": line["temperature"] for number, line in enumerate(csv.DictReader(stream), 2)}
        refused = take(legacy / name).refused
        reloads = {where for where, reason in refused.items() if reason == "load-in-ttft"}
        assert reloads == {where for where, heat in heats.items() if heat == "0.2" and refused[where] != "failed"}


def test_a_first_token_before_its_pass_is_left_out(take: Callable[..., Any], legacy: Path) -> None:
    """Where a prompt took less than half a pass its time to the first token is left out; the rate stays."""
    taken = take(legacy / "llama3_param_tuning.csv")
    assert set(taken.left_out.values()) == {("ttft_s: contradiction",)}
    record = taken.records[":3"]
    assert [(metric.name, metric.median) for metric in record.metrics] == [("eval_rate", 77.93)]
    assert any(note.startswith("left out: ttft_s (contradiction)") for note in record.provenance.notes)
    gemma = take(legacy / SWEEP).records[":3"]
    assert [(metric.name, metric.median) for metric in gemma.metrics] == [
        ("ttft", 59454200.0),
        ("eval_rate", 290.7618057512173),
    ]


def test_no_row_at_hand_needs_more_than_its_gpu_has(take: Callable[..., Any], legacy: Path) -> None:
    """Against the 432 GB/s of an RTX 4080 Laptop all rows are possible; against 226 GB/s no row of the 8B model is."""
    records = take(legacy / "llama3_param_tuning.csv", bandwidth=432e9).records.values()
    assert max(one.roofline.achieved_bytes_per_s for one in records) / 432e9 == pytest.approx(0.786, abs=0.001)
    slower = take(legacy / "llama3_param_tuning.csv", bandwidth=226e9)
    assert Counter(slower.refused.values())["impossible-bandwidth"] == 24


def test_the_prompts_and_texts_stay_behind(take: Callable[..., Any], legacy: Path) -> None:
    """Of a test its time is taken and its text is not; its instant is the file's."""
    (record,) = take(legacy / "baseline_test_results.json").records.values()
    assert (record.workload.case, record.workload.output_tokens) == ("Rare Item Drop (Excited)", 37)
    assert [(metric.name, metric.median) for metric in record.metrics] == [("e2e_latency", 2622934103.012085)]
    assert record.created_at.isoformat() == "2025-09-28T22:36:07.227901+00:00"
    assert "sword" not in record.to_json()


def test_a_time_without_offset_is_told(take: Callable[..., Any], legacy: Path) -> None:
    """A local time is read as UTC, and the record says so."""
    record = take(legacy / "llama3_param_tuning.csv").records[":3"]
    assert record.created_at.isoformat() == "2025-09-30T20:11:35+00:00"
    assert any("has no offset and is read as UTC" in note for note in record.provenance.notes)


WARM = "99,1024,0.4,0.060000,300.00,0.050000,0.010000,1.00000,300,"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("99,1024,0.8,0.060000,300.00,0.050000,0.010000,1.00000,300,out of memory", "failed"),
        ("99,1024,0.8,0.070000,300.00,0.050000,0.010000,1.00000,300,", "contradiction"),
        ("99,1024,0.8,0.060000,310.00,0.050000,0.010000,1.00000,300,", "contradiction"),
        ("99,1024,0.8,0.960000,300.00,0.950000,0.010000,1.00000,300,", "load-in-ttft"),
        ("99,1024,0.8,0.06,300.0,0.05,0.01,0,300,", "failure-as-zero"),
        ("99,1024,0.8,0.060000,300.00,0.050000,0.010000,1.00000,0,", "failure-as-zero"),
        ("99,1024,0.8,0.060000,300.00,0.050000,0.010000,1.00000,,", "missing"),
        ("99,1024,0.8,,300.0,0.05,0.01,1.0,300,", "missing"),
        ("99,1024,0.8,-0.060000,300.00,0.050000,0.010000,1.00000,300,", "negative"),
        ("99,1024,0.8,0.06,nan,0.05,0.01,1.0,300,", "not-a-number"),
        ("99,1024,0.8,0.06,1e999,0.05,0.01,1.0,300,", "not-a-number"),
        ("99,1024,0.8,0.06,300 tok/s,0.05,0.01,1.0,300,", "malformed"),
        ("99,1024,0.8,0.06,300.0,0.05", "malformed"),
        ("99,1024,0.8,0.060000,300.00,0.050000,0.010000,1.00000,300.5,", "malformed"),
        (WARM, "duplicate"),
        ("88,1024,0.4,0.060000,300.00,0.050000,0.010000,1.00000,300,", "alias"),
    ],
)
def test_lines_that_cannot_be_are_refused(
    take: Callable[..., Any], write: Callable[..., Path], line: str, reason: str
) -> None:
    """A line that is wrong is refused with its number, and the lines around it are not."""
    after = "99,2048,0.4,0.060000,300.00,0.050000,0.010000,1.00000,300,"
    taken = take(write(sweep(WARM, WARM.replace("0.4", "0.5"), line, after), SWEEP))
    assert taken.refused == {":4": reason}
    assert list(taken.records) == [":2", ":3", ":5"]


def test_a_request_that_nothing_tells_of_may_hold_a_load(take: Callable[..., Any], write: Callable[..., Path]) -> None:
    """Where every row changes what makes a server load its model, no row tells what no load costs."""
    other = WARM.replace("1024", "2048")
    assert take(write(sweep(WARM, other), SWEEP)).refused == {":2": "load-in-ttft", ":3": "load-in-ttft"}


def test_layers_of_an_unknown_model_are_not_checked(take: Callable[..., Any], write: Callable[..., Path]) -> None:
    """Without a model, `num_gpu` is what was asked; with one that is stated it is what was in effect."""
    lines = sweep(WARM, WARM.replace("0.4", "0.5"), WARM.replace("99,", "88,", 1).replace("0.4", "0.5"))
    unknown = take(write(lines, "sweep.csv"))
    assert (len(unknown.records), unknown.refused) == (3, {})
    assert unknown.records[":2"].model is None
    assert any("was not checked" in note for note in unknown.records[":2"].provenance.notes)
    stated = take(write(lines, "sweep.csv"), model="gemma3:270m")
    assert stated.refused == {":2": "conflict", ":3": "conflict", ":4": "alias"}


def test_fewer_layers_are_another_configuration(take: Callable[..., Any], write: Callable[..., Path]) -> None:
    """Below the model's layers each number is a configuration of its own."""
    fewer = WARM.replace("99,", "9,", 1)
    taken = take(write(sweep(WARM, WARM.replace("0.4", "0.5"), fewer), SWEEP))
    assert taken.refused == {}
    assert taken.records[":4"].treatment.effective["num_gpu"] == 9


def test_a_repeat_is_no_alias(take: Callable[..., Any], write: Callable[..., Path]) -> None:
    """The same request once more is another run of one arm."""
    again = WARM.replace("300.00", "299.00").replace(",300,", ",299,")
    taken = take(write(sweep(WARM, again), SWEEP))
    assert (len(taken.records), taken.refused) == (2, {})
    assert len({record.treatment.effective_digest for record in taken.records.values()}) == 1


@pytest.mark.parametrize(
    ("change", "reason"),
    [({"completed": 4}, "failed"), ({"completed": None}, "failed"), ({"mean_tokens_s": 0}, "failure-as-zero")],
)
def test_summaries_of_models(
    take: Callable[..., Any], write: Callable[..., Path], change: dict[str, object], reason: str
) -> None:
    """A model that completed its prompts has a rate; what its time to the first token holds nobody knows."""
    model = {"model": "m:1b", "prompt_count": 5, "completed": 5, "options": {"top_p": 0.9}, "mean_ttft_s": 0.2}
    whole = {
        "generated_at": "2025-10-08T16:27:01+00:00",
        "prompt_count": 5,
        "models": [{**model, "mean_tokens_s": 90.5}],
    }
    taken = take(write(whole, "whole.json"))
    assert taken.left_out == {"#/models/0": ("mean_ttft_s: load-in-ttft",)}
    assert [metric.median for metric in taken.records["#/models/0"].metrics] == [90.5]
    whole["models"] = [{**model, "mean_tokens_s": 90.5, **change}]
    assert take(write(whole, "part.json")).refused == {"#/models/0": reason}


def test_totals_that_add_up_are_derived(take: Callable[..., Any], legacy: Path, write: Callable[..., Path]) -> None:
    """Sums over tests are no measurement even where they are right, and a rate that is wrong is refused."""
    value = json.loads((legacy / "baseline_test_results.json").read_bytes())
    value["total_tokens"] = 37
    value["results"][2]["tokens_per_second"] = 15.1
    taken = take(write(value))
    assert (taken.refused["#/total_tokens"], taken.refused["#/results/2"]) == ("derived", "contradiction")


def test_columns_may_be_quoted_and_the_file_may_have_a_mark(
    take: Callable[..., Any], write: Callable[..., Path]
) -> None:
    """Quotes, CRLF and a byte order mark change nothing."""
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL).writerows(
        line.split(",") for line in (COLUMNS, WARM, WARM.replace("0.4", "0.5"))
    )
    assert "\r\n" in text.getvalue()
    taken = take(write(b"\xef\xbb\xbf" + text.getvalue().encode(), SWEEP))
    assert (len(taken.records), taken.refused) == (2, {})
