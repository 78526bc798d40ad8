"""A sweep over the parameters of an Ollama server: what is one arm, what is refused, and how a winner is chosen."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from banterhearts.benchmarking.bench import MeasureFailed
from banterhearts.benchmarking.ollama import OllamaClient
from banterhearts.benchmarking.suites import Learner, Tree
from banterhearts.benchmarking.sweep import SweepSuite, open_suite
from banterhearts.core.record import Arm, Flag, Phase, RunRecord, Status, Subject, Verdict
from banterhearts.errors import Missing, SuiteError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path
    from types import ModuleType

    from conftest import RepoBuilder

SUBJECT = Subject(repo="r", commit_sha="a" * 40, dirty=False, engine_version="1")
BASE = {"model": "tiny", "prompt_tokens": 16, "output_tokens": 8, "blocks": 9, "warmups": 0, "min_effect": 0.02}


def sweep(server: Any, **options: Any) -> SweepSuite:
    """The suite with a grid, talking to this server."""
    suite = open_suite("ollama-sweep", BASE | options, None)
    suite.connect = lambda _host, **_limits: OllamaClient(server.host)
    return suite


def arms(suite: SweepSuite, tmp_path: Path, case: str = "grid") -> list[Any]:
    """The benches of a case."""
    return suite.benches(Tree(tmp_path, SUBJECT), [case])


def requests_of(bench: Any) -> list[Mapping[str, Any]]:
    """What an arm stands for."""
    return list(bench.requested["requests"])


@pytest.fixture
def gpu(ollama: Any, ollama_module: ModuleType) -> Any:
    """The server, with a pretended GPU."""
    ollama.models["tiny:latest"].start = lambda model, options: ollama_module.FakeRunner(
        model, options, gpu=True, load_sec=0.001
    )
    return ollama


def test_one_effect_is_one_arm(gpu: Any, tmp_path: Path) -> None:
    """The trap of the original's sweep: 40, 60, 80 and 999 layers of a model that has fewer."""
    benches = arms(sweep(gpu, num_gpu=[0, 40, 60, 80, 999, -1]), tmp_path)
    assert [requests_of(bench) for bench in benches] == [
        [{}, {"num_gpu": 40}, {"num_gpu": 60}, {"num_gpu": 80}, {"num_gpu": 999}, {"num_gpu": -1}],
        [{"num_gpu": 0}],
    ]


def test_aliases_are_folded_over_all_parameters(gpu: Any, tmp_path: Path) -> None:
    """A grid is every combination; a context beyond the trained one is the trained one."""
    benches = arms(sweep(gpu, num_ctx=[8192, 100_000], num_gpu=[31, 99]), tmp_path)
    assert [len(requests_of(bench)) for bench in benches] == [1, 4]


def test_a_temperature_is_an_arm_and_loads_nothing(gpu: Any, tmp_path: Path) -> None:
    """Whether it has an effect on speed is measured and not assumed; 0 is the plain request."""
    benches = arms(sweep(gpu, temperature=[0, 0.8]), tmp_path)
    assert [requests_of(bench) for bench in benches] == [[{}, {"temperature": 0}], [{"temperature": 0.8}]]
    assert gpu.loads == 1


@pytest.mark.parametrize(
    "grid", [{"num_gpu": [0, 16, 99]}, {"num_ctx": [4096]}, {"num_thread": [0]}, {"temperature": [0.0, 1e-50]}]
)
def test_a_grid_without_another_effect_is_refused(ollama: Any, tmp_path: Path, grid: dict[str, Any]) -> None:
    """On a processor all num_gpu are one."""
    with pytest.raises(SuiteError, match=r"nothing to compare.*0 bytes on the GPU"):
        arms(sweep(ollama, **grid), tmp_path)


def test_a_grid_that_blocks_cannot_decide_is_refused(ollama: Any, tmp_path: Path) -> None:
    """By ranks alone: one arm, and it once more, by four metrics each need 9 blocks, ten arms 11."""
    with pytest.raises(SuiteError, match=r"8 comparisons.* 8 blocks.*--blocks 9`"):
        arms(sweep(ollama, num_thread=2, blocks=8), tmp_path)
    with pytest.raises(SuiteError, match=r"44 comparisons.*--blocks 11`, or a smaller grid"):
        arms(sweep(ollama, num_thread=list(range(11))), tmp_path)
    assert len(arms(sweep(ollama, num_thread=list(range(11)), blocks=11), tmp_path)) == 11


def test_a_report_that_contradicts_the_request_is_refused(ollama: Any, tmp_path: Path) -> None:
    """All bytes on the GPU, with no layer there: such a report would fold everything into one arm."""

    def answer(*_: object) -> list[dict[str, Any]]:
        return [row | {"size": 100, "size_vram": 100} for row in residents()]

    residents = ollama.residents
    ollama.residents = answer
    with pytest.raises(SuiteError, match=r"num_gpu=0.*cannot tell settings apart"):
        arms(sweep(ollama, num_gpu=[0, 16]), tmp_path)


def test_a_context_without_room_is_refused(ollama: Any, tmp_path: Path) -> None:
    """16 tokens of prompt and 8 of answer."""
    with pytest.raises(SuiteError, match="num_ctx=16 leaves a context of 16 tokens, and 24 are needed"):
        arms(sweep(ollama, num_ctx=[16]), tmp_path)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({}, "has no grid"),
        ({"num_ctx": ["a"]}, "num_ctx"),
        ({"num_ctx": [True]}, "num_ctx"),
        ({"num_ctx": [0]}, "num_ctx"),
        ({"num_gpu": [-2]}, "num_gpu"),
        ({"temperature": [float("nan")]}, "temperature"),
        ({"num_threads": [1]}, "num_threads"),
        ({"num_ctx": list(range(1, 18)), "num_batch": list(range(1, 18))}, "289 combinations"),
        ({"num_ctx": [1], "model": "two words"}, "model"),
        ({"num_ctx": [1], "output_tokens": 1}, "output_tokens"),
    ],
    ids=str,
)
def test_options_are_checked_before_anything_is_asked(ollama: Any, options: dict[str, Any], said: str) -> None:
    """Wrong types, wrong names, nothing and too much."""
    with pytest.raises(SuiteError, match=said):
        sweep(ollama, **options)
    assert ollama.requests == []


def test_a_number_is_a_list_of_one(ollama: Any, tmp_path: Path) -> None:
    """`--option num_thread=2` is a grid."""
    assert requests_of(arms(sweep(ollama, num_thread=2), tmp_path)[1]) == [{"num_thread": 2}]


def test_a_server_or_model_that_is_missing_says_what_to_do(ollama: Any, tmp_path: Path) -> None:
    """Before a sitting, not as records of failure."""
    with pytest.raises(Missing, match="ollama pull absent"):
        arms(sweep(ollama, model="absent", num_thread=2), tmp_path)


def test_another_commit_is_refused(ollama: Any, tmp_path: Path) -> None:
    """A sweep is about a server."""
    suite = sweep(ollama, num_thread=2)
    arms(suite, tmp_path)
    with pytest.raises(SuiteError, match="not commits"):
        suite.benches(Tree(tmp_path, SUBJECT.model_copy(update={"commit_sha": "b" * 40})), ["grid"])
    with pytest.raises(SuiteError, match="no case 'other'"):
        arms(suite, tmp_path, "other")
    with pytest.raises(SuiteError, match="without --case"):
        arms(suite, tmp_path, "winner")


def test_a_setting_that_cannot_be_loaded_is_an_arm_that_fails(ollama: Any, tmp_path: Path, ollama_module: Any) -> None:
    """The others go on; the plain request must load."""

    def start(model: Any, options: Any) -> Any:
        if options["num_ctx"] == 8192:
            raise MemoryError
        return ollama_module.FakeRunner(model, options)

    def generate(handler: Any, model: Any, body: Any, arrived: float) -> None:
        try:
            spoken(handler, model, body, arrived)
        except MemoryError:
            handler.answer({"error": "llama runner process has terminated: out of memory"}, 500)

    handler = ollama.RequestHandlerClass
    spoken = handler.generate
    ollama.RequestHandlerClass = type("Handler", (handler,), {"generate": generate})
    ollama.models["tiny:latest"].start = start
    plain, broken, other = arms(sweep(ollama, num_ctx=[8192, 2048], blocks=10), tmp_path)
    with pytest.raises(MeasureFailed, match="out of memory"):
        broken.open()
    assert broken.close().attestation == ()
    assert other.open().effective["context_length"] == 2048
    assert plain.open().effective["context_length"] == 4096


def test_a_visit_loads_and_warms_before_it_times(ollama: Any, tmp_path: Path) -> None:
    """Whichever arm was visited before, the timed request is the third, and no load is in its numbers."""
    plain, other = arms(sweep(ollama, num_ctx=[2048]), tmp_path)
    opened = plain.open()
    other.open()
    assert opened.cold.values["load_time"][0] > 50_000_000
    start = len(ollama.requests)
    visit = plain.visit()
    sent = [body for _, path, body, _ in ollama.requests[start:] if path == "/api/generate"]
    assert [body.get("options", {}).get("num_predict") for body in sent] == [None, 4, 8]
    assert set(visit.values) == {"ttft", "tpot", "e2e_latency", "inter_chunk_latency"}
    assert len(visit.values["inter_chunk_latency"]) == 7
    assert visit.flags == ()


def test_a_request_into_which_a_reload_fell_is_sent_again(
    ollama: Any, tmp_path: Path, ollama_module: ModuleType
) -> None:
    """The visit says so; a server that reloads each time is somebody else's."""
    ollama.models["tiny:latest"].start = lambda model, options: ollama_module.FakeRunner(model, options, load_sec=0.2)
    plain = arms(sweep(ollama, num_ctx=[2048]), tmp_path)[0]
    plain.open()
    ollama.faults.extend([{}, {"reload": True}])
    visit = plain.visit()
    assert visit.flags == (Flag.RELOAD,)
    assert visit.values["e2e_latency"][0] < 200_000_000
    ollama.faults.extend([{}, *[{"reload": True}] * 3])
    with pytest.raises(MeasureFailed, match="in each of 3 requests"):
        plain.visit()


def test_what_the_server_does_not_report_is_not_proven(gpu: Any, tmp_path: Path) -> None:
    """Layers and context are read back; of threads nobody says anything."""
    plain, part, threads = arms(sweep(gpu, num_gpu=[16], num_thread=[0, 2], blocks=10), tmp_path)
    proofs = []
    for bench in (plain, part, threads):
        bench.open()
        proofs += bench.close().attestation
    assert [(proof.verdict, proof.required) for proof in proofs] == [
        ("proven", True),
        ("not_proven", False),
        ("not_proven", False),
    ]
    assert "says nothing of num_thread" in proofs[2].evidence


def test_a_server_that_ends_is_a_failed_measurement(ollama: Any, tmp_path: Path) -> None:
    """Not the end of the sitting."""
    plain = arms(sweep(ollama, num_ctx=[2048]), tmp_path)[0]
    plain.open()
    ollama.models.clear()
    with pytest.raises(MeasureFailed, match="no model"):
        plain.visit()


def stored(folder: Path) -> list[RunRecord]:
    """The records of a sweep, in order."""
    files = sorted((folder / "reports" / "ollama-sweep").glob("*.json"))
    return [RunRecord.model_validate_json(file.read_text()) for file in files]


@pytest.fixture
def run_sweep(
    engine: Callable[..., Any], repo: RepoBuilder, ollama: Any, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., tuple[Any, list[RunRecord]]]:
    """Run the suite from the command line in a repository with one commit."""

    def run(*options: str) -> tuple[Any, list[RunRecord]]:
        repo.commit("feat: begin", {"a.txt": "a\n"})
        monkeypatch.setenv("OLLAMA_HOST", ollama.host)
        settings = {key: value for key, value in BASE.items() if key != "min_effect"}
        given = [f"--option={key}={json.dumps(value)}" for key, value in settings.items()]
        return engine(repo.path, "bench", "run", "ollama-sweep", *given, *options), stored(repo.path)

    return run


def test_a_winner_is_measured_again_before_it_is_told(
    run_sweep: Callable[..., Any], ollama: Any, ollama_module: ModuleType
) -> None:
    """Two threads make the pretended model three times as fast: the grid finds it, fresh runs tell it."""
    ollama.models["tiny:latest"].start = lambda model, options: ollama_module.FakeRunner(
        model,
        options,
        load_sec=0.02,
        read_sec=0.0002,
        write_sec=0.001,
        pace=lambda loaded: 0.3 if loaded["num_thread"] == 2 else 1.0,
    )
    ended, records = run_sweep("--option", "num_thread=[0, 2]")
    assert ended.code == 0, ended.err
    grid, winner = ([record for record in records if record.workload.case == case] for case in ("grid", "winner"))
    assert (len(grid), len(winner)) == (2, 2)
    assert [record.treatment.requested["requests"] for record in grid] == [
        [{}, {"num_thread": 0}],
        [{"num_thread": 2}],
    ]
    assert "of 1 arms 1 passed" in grid[0].provenance.notes[-1]
    assert grid[1].run_id in grid[0].provenance.notes[-1]
    assert len({record.provenance.sitting for record in records}) == 2
    assert winner[0].has_placebo
    told = {one.metric: one for one in winner[1].comparison}
    assert told["tpot"].verdict is Verdict.FASTER
    assert told["tpot"].baseline_run == winner[0].run_id
    assert winner[1].environment.runtime == "ollama 0.33.0"
    assert ollama.residents() == []


def test_no_load_is_ever_measured(run_sweep: Callable[..., Any]) -> None:
    """Samples of loading are cold ones; an arm that differs in nothing has no winner."""
    ended, records = run_sweep("--option", "num_ctx=2048", "--option", "output_tokens=4")
    assert ended.code == 0, ended.err
    phases = {(sample.metric, sample.phase) for record in records for sample in record.samples}
    assert {phase for metric, phase in phases if metric in {"load_time", "cold_ttft"}} == {Phase.COLD}
    assert all(record.status is Status.OK for record in records)
    plain = next(record for record in records if record.workload.case == "grid")
    assert any(sample.arm is Arm.PLACEBO for sample in plain.samples)
    assert plain.provenance.notes[-1].startswith("screened by e2e_latency")


def test_llama_cpp_behind_the_sweep(ollama_llama: Any, tmp_path: Path) -> None:
    """A real model, whose server keeps to one processor: contexts are arms, layers on a GPU are none."""
    suite = sweep(ollama_llama, model="smollm2:135m", num_ctx=[128, 256], num_gpu=[0, 99], blocks=10)
    plain, small, large = arms(suite, tmp_path)
    assert [len(requests_of(bench)) for bench in (plain, small, large)] == [1, 2, 2]
    opened = small.open()
    assert opened.effective["context_length"] == 128
    visit = small.visit()
    assert visit.values["e2e_latency"][0] == pytest.approx(visit.values["ttft"][0] + 7 * visit.values["tpot"][0])
    small.close()
    assert isinstance(suite, Learner)
