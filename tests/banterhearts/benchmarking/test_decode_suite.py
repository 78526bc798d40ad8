"""The decode suite: options into benches, requests into visits, and runs that cannot be."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from banterhearts.benchmarking.bench import MeasureFailed
from banterhearts.benchmarking.decode import open_suite
from banterhearts.benchmarking.decode.backend import (
    Chunk,
    Evidence,
    Generation,
    Loaded,
    Own,
    Prompt,
    Reads,
    Setup,
)
from banterhearts.benchmarking.decode.benches import DecodeBench, StartBench
from banterhearts.benchmarking.decode.machine import Machine
from banterhearts.benchmarking.sitting import Seat, Setting, sit
from banterhearts.benchmarking.suites import BUILT_IN, Plan, Tree
from banterhearts.core.environment import probe_environment
from banterhearts.core.record import Attestation, Flag, Model, Phase, RunRecord, Status, Subject, Workload, digest
from banterhearts.errors import Missing, SuiteError

if TYPE_CHECKING:
    from collections.abc import Mapping

SUBJECT = Subject(repo="scratch", commit_sha="a" * 40, dirty=False, engine_version="0")
WEIGHTS = 1_000_000_000
PROOF = Attestation(kind="weights", required=True, evidence="counted", verdict="proven")


@dataclass(eq=False)
class Fake:
    """A back end whose clock and counters say what a test wants."""

    tpot_ns: int = 50_000_000
    counted_ns: int = 50_000_000
    trusts_own: bool = False
    proofs: tuple[Attestation, ...] = (PROOF,)
    name: str = "fake"
    flags: tuple[Flag, ...] = ()
    calls: list[str] = field(default_factory=list)
    cached: int = 0
    effective: dict[str, Any] = field(default_factory=lambda: {"backend": "fake"})

    def open(self, setup: Setup, prompt: Prompt) -> Loaded:
        """A model of a gigabyte."""
        self.calls.append(f"open {setup.model} {prompt.tokens}")
        model = Model(id="toy", weights_sha256=None, params=1, weight_bytes=WEIGHTS, arch=None, weights="random")
        return Loaded(self.effective, model, 1_000, Reads(WEIGHTS, 0), {"runtime": "fake 1"})

    def generate(self, tokens: int) -> Generation:
        """A chunk a token."""
        self.calls.append(f"generate {tokens}")
        chunks = tuple(Chunk(1_000_000 + place * self.tpot_ns, place + 1) for place in range(tokens))
        stamps = tuple(Chunk(1_000_000 + place * 7, place + 1) for place in range(tokens))
        own = Own(8, 1_000_000, tokens - 1, (tokens - 1) * self.counted_ns, stamps)
        return Generation(8, tokens, chunks, cached_tokens=self.cached, own=own, flags=self.flags)

    def close(self) -> Evidence:
        """What it proves."""
        self.calls.append("close")
        return Evidence(10, 5, self.proofs)


class FakeMachine(Machine):
    """20 GB a second beyond the caches, 25 at the size of the weights."""

    def bandwidth(self, place: str, working_set: int | None) -> Mapping[str, float]:
        """As measured by nobody."""
        assert place == "cpu"
        return {"cpu": 20e9, "cpu.read": 18e9, f"cpu@{working_set}": 22e9, f"cpu.read@{working_set}": 25e9}

    def cache_bytes(self, place: str) -> int | None:
        """A small one."""
        assert place == "cpu"
        return 1 << 20


def bench(fake: Fake, kind: type[DecodeBench | StartBench] = DecodeBench, **other: Any) -> Any:
    """A bench of the fake."""
    return kind(
        subject=SUBJECT,
        workload=Workload(
            suite="decode", case="toy 8+5", digest=digest("toy"), blocks=2, output_tokens=other.pop("tokens", 5)
        ),
        requested={"model": "toy"},
        setup=Setup(model="toy", threads=1, context=256, seed=0),
        prompt=Prompt(" time" * 8, 8, 0),
        make=lambda: fake,
        machine=FakeMachine(),
    )


def measure(*fakes: Fake) -> list[RunRecord]:
    """The records of a sitting of two blocks, the placebo being a fake like the first."""

    class NoThrottle:
        def read(self) -> None:
            """Nothing."""

        def since(self, _before: object) -> bool:
            """Never."""
            return False

        def close(self) -> None:
            """Nothing is open."""

    setting = Setting(
        probe=lambda opened: probe_environment(gpu=opened.gpu, versions=opened.versions, copy=opened.copy),
        keep=lambda record: Path(record.run_id),
        command="bench",
        throttle=lambda _gpu: NoThrottle(),  # type: ignore[arg-type, return-value]  # all that a sitting asks of one
    )
    seats = [Seat(bench(fake), lambda: bench(replace(fakes[0], calls=[])), fake.name) for fake in fakes]
    return [kept.record for kept in sit(seats, Plan(2, 0), setting, seed=0).kept]


def test_opening_tells_what_starting_cost() -> None:
    """The first request after loading is the cold one, and no visit."""
    fake = Fake(flags=(Flag.RELOAD,))
    opened = bench(fake).open()
    assert opened.cold is not None
    assert opened.cold.values == {"load_time": (1_000,), "cold_ttft": (1_000_000,)}
    assert opened.cold.flags == (Flag.RELOAD,)
    assert (opened.effective, opened.gpu, opened.versions) == ({"backend": "fake"}, False, {"runtime": "fake 1"})
    assert set(opened.copy) == {"cpu", "cpu.read", f"cpu@{WEIGHTS}", f"cpu.read@{WEIGHTS}"}
    assert fake.calls == ["open toy 8", "generate 5"]


def test_a_block_begins_with_a_fresh_back_end() -> None:
    """Renewing ends the back end and sends a fresh one a request that counts for nothing."""
    fake = Fake()
    one = bench(fake)
    one.open()
    one.visit()
    one.renew()
    one.visit()
    closed = one.close()
    loaded = ["open toy 8", "generate 5"]
    assert fake.calls == [*loaded, "generate 5", "close", *loaded, "generate 5", "close"]
    assert closed.attestation == (PROOF,)


def test_a_back_end_that_cannot_prove_a_block_is_out() -> None:
    """A block without its proof, or another configuration after a renewal, ends the run as invalid."""
    refuted = PROOF.model_copy(update={"verdict": "refuted"})
    for proofs, said in (
        ((refuted,), "weights is refuted: counted"),
        ((), "before it could prove"),
    ):
        one = bench(Fake(proofs=proofs))
        one.open()
        with pytest.raises(MeasureFailed, match=said) as caught:
            one.renew()
        assert caught.value.status is Status.INVALID

    one = bench(made := Fake())
    one.open()
    made.effective = {"backend": "another"}
    with pytest.raises(MeasureFailed, match="another configuration"):
        one.renew()


def test_closing_tells_memory_proofs_and_the_roofline() -> None:
    """Peak memory is told once a run, and the roofline is that of the median time per token."""
    one = bench(Fake())
    one.open()
    visit = one.visit()
    assert visit.values["tpot"] == (50e6,)
    closed = one.close()
    assert closed.metrics == {"peak_memory": (10,), "peak_memory_allocator": (5,)}
    assert closed.attestation == (PROOF,)
    assert closed.roofline is not None
    assert closed.roofline.mbu_measured == pytest.approx(1.0)
    assert closed.roofline.plausible is True


def test_a_server_is_told_by_its_own_counters() -> None:
    """Where a back end is far away, its counters make the metrics; only the gaps between arrivals are ours."""
    here = bench(Fake(tpot_ns=60, counted_ns=50))
    there = bench(Fake(tpot_ns=60, counted_ns=50, trusts_own=True))
    here.open()
    there.open()
    assert here.visit().values["tpot"] == (60,)
    found = there.visit().values
    assert found["tpot"] == (50,)
    assert found["inter_chunk_latency"] == (60,) * 4


def test_a_bench_that_never_opened_can_be_closed() -> None:
    """There is nothing to tell of it."""
    assert bench(Fake()).close().roofline is None


def test_a_back_end_without_proof_makes_no_claim() -> None:
    """A worker that was ended before it could prove anything leaves an invalid run, not one without proofs."""
    one = bench(Fake(proofs=()))
    one.open()
    with pytest.raises(MeasureFailed, match="before it could prove anything"):
        one.close()


def test_a_start_is_a_fresh_back_end_each_visit() -> None:
    """Loading, the first token and the way out are one visit, and memory is told of each."""
    fake = Fake()
    one = bench(fake, StartBench, tokens=1)
    assert one.open().cold is None
    fake.calls.clear()
    assert one.visit().values == {
        "load_time": (1_000,),
        "cold_ttft": (1_000_000,),
        "peak_memory": (10,),
        "peak_memory_allocator": (5,),
    }
    assert fake.calls == ["open toy 8", "generate 1", "close"]
    closed = one.close()
    assert closed.attestation == (PROOF,)
    assert closed.roofline is not None
    assert closed.roofline.note is not None
    assert closed.roofline.note.startswith("not applicable")


def test_a_start_that_fails_is_ended() -> None:
    """A request that cannot be used still closes the back end that made it."""
    fake = Fake(cached=3)
    with pytest.raises(MeasureFailed, match="3 prompt tokens were not read"):
        bench(fake, StartBench, tokens=1).open()
    assert fake.calls[-1] == "close"


def test_what_the_memory_cannot_do_is_recorded_as_impossible() -> None:
    """Reading a gigabyte in less than its time at 105 per cent of the best bandwidth: a status, and no number."""
    possible, impossible = measure(Fake(tpot_ns=39_000_000), Fake(tpot_ns=38_000_000, name="too fast"))
    assert possible.status is Status.OK
    assert {sample.metric for sample in possible.samples if sample.phase is Phase.COLD} == {"load_time", "cold_ttft"}
    assert impossible.status is Status.IMPOSSIBLE
    assert impossible.error is not None
    assert "more than memory gives" in impossible.error
    assert not impossible.samples
    assert not impossible.metrics


def test_a_refuted_proof_makes_the_run_invalid() -> None:
    """A treatment that did not happen gives no number."""
    refuted = PROOF.model_copy(update={"verdict": "refuted", "evidence": "other weights"})
    (record,) = measure(Fake(proofs=(refuted,)))
    assert record.status is Status.INVALID
    assert record.error == "weights is refuted: other weights"
    assert not record.samples


def test_the_suite_is_built_in() -> None:
    """It is found under its name, in the module that opens it."""
    assert BUILT_IN["decode"].module == open_suite.__module__.rpartition(".")[0]


def test_options_become_benches(tmp_path: Path) -> None:
    """A bench a case and back end, each with its own table and the same prompt, and a fresh one whenever asked."""
    table = {
        "model": "toy:1b",
        "backends": ["ollama"],
        "ollama": {"num_gpu": 0, "model": "toy:2b"},
        "threads": 3,
        "prompt_tokens": 200,
        "output_tokens": 100,
        "blocks": 4,
        "min_effect": 0.05,
    }
    suite = open_suite("decode", table, None)
    assert suite.cases == ("toy:1b 200+100", "toy:1b start")
    assert suite.plan == Plan(4, 1)
    tree = Tree(tmp_path, SUBJECT)
    decode, start = suite.benches(tree, ())
    assert isinstance(decode, DecodeBench)
    assert isinstance(start, StartBench)
    assert decode.setup == Setup("toy:2b", 3, 512, 0, "cpu", {"num_gpu": 0})
    assert (decode.workload.blocks, decode.workload.min_effect, decode.workload.output_tokens) == (4, 0.05, 100)
    assert start.workload.output_tokens == 1
    assert decode.workload.digest != start.workload.digest
    assert decode.requested == {
        "backend": "ollama",
        "model": "toy:2b",
        "threads": 3,
        "context": None,
        "device": "cpu",
        "num_gpu": 0,
    }
    assert suite.benches(tree, [suite.cases[1]])[0] is not start
    with pytest.raises(SuiteError, match="no case 'other'; there are: toy:1b 200"):
        suite.benches(tree, ["other"])


def test_workloads_differ_by_all_that_makes_them_different(tmp_path: Path) -> None:
    """Lengths and seed are part of the workload's digest; blocks are not."""

    def workload(**options: Any) -> str:
        suite = open_suite("decode", {"backends": "ollama", "model": "toy", **options}, None)
        return suite.benches(Tree(tmp_path, SUBJECT), suite.cases[:1])[0].workload.digest

    assert workload() == workload(blocks=3)
    assert len({workload(), workload(seed=1), workload(prompt_tokens=127), workload(output_tokens=63)}) == 4


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({"modell": "x"}, "modell"),
        ({"backends": ["vllm"]}, "backends"),
        ({"backends": ["torch", "torch"]}, "a back end is named twice"),
        ({"backends": []}, "backends"),
        ({"output_tokens": 1}, "output_tokens"),
        ({"prompt_tokens": 0}, "prompt_tokens"),
        ({"prompt_tokens": 1 << 40}, "prompt_tokens"),
        ({"context": 100}, "has no room"),
        ({"threads": 0}, "threads"),
        ({"limit_sec": float("inf")}, "limit_sec"),
        ({"limit_sec": float("nan")}, "limit_sec"),
        ({"model": "a\0b"}, "model"),
        ({"device": "tpu"}, "device"),
        ({"torch": []}, "torch"),
        ({"torch": {"model": 5}}, "no string"),
    ],
)
def test_options_that_cannot_be_are_refused(table: dict[str, Any], said: str) -> None:
    """Each is named, with the suite."""
    with pytest.raises(SuiteError, match=said):
        open_suite("decode", table, None)


def test_a_model_that_is_not_there_is_found_before_anything_starts(tmp_path: Path) -> None:
    """A path that leads nowhere is an error of the request, not a failed run."""
    suite = open_suite("decode", {"model": str(tmp_path / "none.gguf")}, None)
    assert suite.cases[0] == "none 128+64"
    with pytest.raises(Missing, match="no model at"):
        suite.benches(Tree(tmp_path, SUBJECT), ())


@pytest.mark.parametrize(
    ("model", "label"),
    [
        ("embedded", "SmolLM2-135M-Instruct"),
        ("/some/where/a model.Q4.gguf", "a model.Q4"),
        ("~/models/llama", "llama"),
        ("./\u202e\n.gguf", "model"),
        ("hf.co/org/name:Q4_K_M", "hf.co/org/name:Q4_K_M"),
        ("./" + "x" * 300, "x" * 100),
    ],
)
def test_a_case_is_named_for_the_model_and_no_folder(model: str, label: str) -> None:
    """The name of a case holds what a record's name may hold, and no path of the machine."""
    assert open_suite("decode", {"model": model}, None).cases[1] == f"{label} start"
