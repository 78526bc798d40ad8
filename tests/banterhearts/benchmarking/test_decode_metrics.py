"""What the numbers of the decode suite mean, and what is refused before it becomes one."""

from __future__ import annotations

import pytest

from banterhearts.benchmarking.bench import MeasureFailed
from banterhearts.benchmarking.decode.backend import Chunk, Generation, Own, Reads
from banterhearts.benchmarking.decode.metrics import check_arrivals, check_counts, metrics_of, own_metrics_of
from banterhearts.benchmarking.decode.roofline import draw_roofline
from banterhearts.core.record import Status

ARRIVALS = (Chunk(1000, 1), Chunk(1100, 2), Chunk(1400, 5))
"""The third chunk holds three tokens."""


def generation(chunks: tuple[Chunk, ...] = ARRIVALS, **other: object) -> Generation:
    """A request of 10 tokens that wrote 5."""
    return Generation(**{"prompt_tokens": 10, "output_tokens": 5, "chunks": chunks, **other})  # type: ignore[arg-type]  # fields by name


def test_metrics_are_those_of_the_definitions() -> None:
    """TPOT is the rest of the time over the rest of the tokens, not the gap between chunks."""
    assert metrics_of(generation()) == {
        "ttft": (1000,),
        "e2e_latency": (1400,),
        "tpot": ((1400 - 1000) / 4,),
        "decode_throughput": (1e9 / 100,),
        "prefill_throughput": (10 / 1000 * 1e9,),
        "inter_chunk_latency": (100, 300),
    }


def test_counters_become_the_same_metrics_by_the_same_formulas() -> None:
    """A runtime that counts what our clock saw gives the same numbers, chunk gaps only if it kept them."""
    own = Own(prompt_tokens=10, prompt_ns=1000, decode_passes=4, decode_ns=400)
    expected = metrics_of(generation())
    del expected["inter_chunk_latency"]
    assert own_metrics_of(own) == expected
    kept = Own(prompt_tokens=10, prompt_ns=1000, decode_passes=4, decode_ns=400, chunks=ARRIVALS)
    assert own_metrics_of(kept) == metrics_of(generation())


def test_one_token_has_no_time_per_token() -> None:
    """Where nothing follows the first token there is no TPOT, rather than a zero."""
    assert metrics_of(generation((Chunk(7, 1),))).keys() == {
        "ttft",
        "e2e_latency",
        "prefill_throughput",
        "inter_chunk_latency",
    }


@pytest.mark.parametrize("chunks", [(Chunk(0, 1), Chunk(5, 5)), (Chunk(5, 1), Chunk(5, 5))])
def test_no_time_is_no_measurement(chunks: tuple[Chunk, ...]) -> None:
    """A clock that stands still gives no infinite speed."""
    with pytest.raises(MeasureFailed, match="no time passed") as caught:
        metrics_of(generation(chunks))
    assert caught.value.status is Status.INVALID


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"prompt_tokens": 9}, "9 prompt tokens were read, not 10"),
        ({"output_tokens": 4}, "4 tokens were written, not 5"),
        ({"cached_tokens": 3}, "3 prompt tokens were not read"),
    ],
)
def test_another_request_than_asked_is_invalid(other: dict[str, int], said: str) -> None:
    """Counts that differ, or a prompt that was kept from before, make no measurement."""
    check_counts(generation(), 10, 5)
    with pytest.raises(MeasureFailed, match=said) as caught:
        check_counts(generation(**other), 10, 5)
    assert caught.value.status is Status.INVALID


@pytest.mark.parametrize(
    ("chunks", "said"),
    [
        ((), "no output arrived"),
        ((Chunk(10, 2), Chunk(20, 5)), "the first chunk holds 2 tokens"),
        ((Chunk(10, 1), Chunk(20, 4)), "4 of 5 tokens arrived"),
        ((Chunk(20, 1), Chunk(10, 5)), "in no order"),
        ((Chunk(10, 1), Chunk(20, 1), Chunk(30, 5)), "in no order"),
    ],
)
def test_arrivals_that_the_formulas_cannot_use_are_invalid(chunks: tuple[Chunk, ...], said: str) -> None:
    """Nobody saw the first token, or the last, or time ran backwards."""
    check_arrivals(generation())
    with pytest.raises(MeasureFailed, match=said):
        check_arrivals(generation(chunks))


READS = Reads(weights=1_000_000_000, kv_per_token=1_000_000)
FAST = {"cpu": 20e9, "cpu.read": 25e9, "cpu@1000000000": 22e9, "cpu.read@1000000000": 25e9}


def test_the_roofline_counts_weights_and_keys_and_values() -> None:
    """Bytes a token, bytes a second and the share of the measured copy follow from the formulas."""
    found = draw_roofline(READS, 100e6, 160, FAST, 32 << 20)
    assert found.bytes_per_token == 1_160_000_000
    assert found.achieved_bytes_per_s == pytest.approx(11.6e9)
    assert found.mbu_measured == pytest.approx(0.58)
    assert found.plausible is True


@pytest.mark.parametrize(("tpot_ns", "plausible"), [(1e9 / 26.2, True), (1e9 / 26.3, False)])
def test_more_than_105_per_cent_of_the_best_bandwidth_is_impossible(tpot_ns: float, *, plausible: bool) -> None:
    """The limit is the best read or copy at the size of the weights, with five per cent of grace."""
    found = draw_roofline(Reads(1_000_000_000, 0), tpot_ns, 160, FAST, 32 << 20)
    assert found.plausible is plausible
    assert found.note is not None
    assert ("more than memory gives" in found.note) is not plausible


@pytest.mark.parametrize(
    ("reads", "tpot_ns", "bandwidth", "cache", "said"),
    [
        (None, 1.0, FAST, None, "does not say what a pass reads"),
        (READS, None, FAST, None, "no time per token"),
        (READS, 1e6, FAST, 1 << 30, "fit the last cache"),
        (READS, 1e6, {}, None, "no bandwidth was measured"),
        (READS, 1e6, {"cpu": 20e9}, None, "no bandwidth was measured"),
    ],
)
def test_the_rule_is_not_applied_where_it_says_nothing(
    reads: Reads | None, tpot_ns: float | None, bandwidth: dict[str, float], cache: int | None, said: str
) -> None:
    """Weights in a cache, an unknown model or an unmeasured machine: not applicable, and why."""
    found = draw_roofline(reads, tpot_ns, 10, bandwidth, cache)
    assert found.plausible is None
    assert found.mbu_measured is None
    assert found.note is not None
    assert found.note.startswith("not applicable")
    assert said in found.note
