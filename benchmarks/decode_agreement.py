"""Two witnesses of one request: our clock against each back end's own counters, and the back ends in one table.

    python benchmarks/decode_agreement.py [REQUESTS]

First table: for each back end and metric, ours, theirs, the median ratio over the requests and the furthest from 1; a
median more than 3 % from 1 ends the script with status 1. What is counted by whom:

    llama.cpp   `timings` of each chunk, in microseconds of its own clock: `prompt_ms` from the slot's taking of the
                request to the first token's sampling, `predicted_ms` from there to the latest token. Loading: the
                stamp of "model loaded" in its log, which begins with the call that loads. Memory: its log's buffers.
    torch       torch.profiler's stamps: from the first operator to the end of each `aten::argmax`, one a token. The
                profiler slows the request down, for both witnesses alike. Loading: kept by nobody. Memory: the bytes
                of all tensors, weights and cache.
    ollama      `prompt_eval_duration`, `eval_duration` and each chunk's time stamp, as the server replies them. The
                server is tests/ollama_server, which speaks Ollama's protocol, with llama.cpp behind it.

For memory ours are the kernel's and the C library's counts of the same bytes (`decode_memory.py`).

Second table: the same model, prompt and threads, ten blocks of one sitting, with the share of the memory bandwidth that
was measured beside it. torch reads the same weights dequantized, four bytes each.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from statistics import median
from typing import Any

from banterhearts.benchmarking.decode import open_suite
from banterhearts.benchmarking.decode.metrics import METRICS, metrics_of, own_metrics_of
from banterhearts.benchmarking.decode.model import EMBEDDED, find_model
from banterhearts.benchmarking.decode.runtime import load_runtime
from banterhearts.benchmarking.measuring import machine_of, throttle_of
from banterhearts.benchmarking.sitting import Seat, Setting, sit
from banterhearts.benchmarking.suites import Tree
from banterhearts.core.environment import machine
from banterhearts.core.record import Phase, RunRecord, Status, Subject

PROMPT_TOKENS, OUTPUT_TOKENS, CONTEXT = 128, 64, 512
BOUND = 0.03
BLOCKS = 10
ROOT = Path(__file__).parents[1]
NOWHERE = Tree(ROOT, Subject(repo="benchmarks", commit_sha=None, dirty=True, engine_version="0"))


def main(requests: int) -> int:
    """Print both tables; the exit status says whether every ratio was inside the bound."""
    worst = 0.0
    with _ollama() as server:
        print(f"{'back end':<9} {'metric':<22} {'ours':>14} {'theirs':>14} {'ratio':>8} {'worst':>8}")
        for backend in ("llamacpp", "torch", "ollama"):
            for name, pairs in _witnesses(backend, requests, server.host).items():
                ratios = [ours / theirs for ours, theirs in pairs]
                furthest = max(ratios, key=lambda ratio: abs(ratio - 1))
                worst = max(worst, abs(median(ratios) - 1))
                ours, theirs = (median(side) for side in zip(*pairs, strict=True))
                figures = f"{ours:>14,.0f} {theirs:>14,.0f} {median(ratios):>8.4f} {furthest:>8.4f}"
                print(f"{backend:<9} {name:<22} {figures}", flush=True)
        print(f"median furthest from 1: {worst:.2%}; the bound is {BOUND:.0%}\n")
        _print_backends(_measure(server.host))
    return int(worst > BOUND)


def _witnesses(name: str, requests: int, host: str) -> dict[str, list[tuple[float, float]]]:
    """What both saw, by metric."""
    options = {
        "backends": name,
        "prompt_tokens": PROMPT_TOKENS,
        "output_tokens": OUTPUT_TOKENS,
        "context": CONTEXT,
        "torch": {"profile": True},
        "ollama": {"model": "smollm2:135m", "host": host},
    }
    suite = open_suite("decode", options, None)
    (bench,) = suite.benches(NOWHERE, suite.cases[:1])
    backend = bench.make()  # type: ignore[attr-defined]  # a bench of this suite
    found: dict[str, list[tuple[float, float]]] = {}
    try:
        loaded = backend.open(bench.setup, bench.prompt)  # type: ignore[attr-defined]  # as above
        if loaded.own_load_ns:
            found["load_time"] = [(loaded.load_ns, loaded.own_load_ns)]
        for number in range(requests + 1):
            request = backend.generate(OUTPUT_TOKENS)
            ours, theirs = metrics_of(request), own_metrics_of(request.own)
            if not number:
                found["cold_ttft"] = [(ours["ttft"][0], theirs["ttft"][0])]
                continue
            for metric, values in ours.items():
                found.setdefault(metric, []).append((median(values), median(theirs[metric])))
        backend.close()
    finally:
        backend.close()
    if name != "ollama":
        found["peak_memory_allocator"] = [_memory_apart(name)]
    return found


def _memory_apart(name: str) -> tuple[float, float]:
    """Both counts of one back end's memory, by a script of its own, where malloc keeps large things apart."""
    done = subprocess.run(
        [sys.executable, str(ROOT / "benchmarks/decode_memory.py"), name],
        env={**os.environ, "GLIBC_TUNABLES": f"glibc.malloc.mmap_threshold={4 << 20}", "HF_HUB_OFFLINE": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        check=True,
    )
    ours, theirs = json.loads(done.stdout.splitlines()[-1])
    return ours, theirs


def _measure(host: str) -> list[RunRecord]:
    """One sitting of all back ends."""
    options = {
        "backends": ["llamacpp", "torch", "ollama"],
        "prompt_tokens": PROMPT_TOKENS,
        "output_tokens": OUTPUT_TOKENS,
        "context": CONTEXT,
        "blocks": BLOCKS,
        "ollama": {"model": "smollm2:135m", "host": host},
    }
    suite = open_suite("decode", options, None)
    seats = [
        Seat(bench, lambda place=place: suite.benches(NOWHERE, suite.cases[:1])[place], str(place))  # type: ignore[misc]  # defaults bind the loop's values
        for place, bench in enumerate(suite.benches(NOWHERE, suite.cases[:1]))
    ]
    setting = Setting(
        probe=machine_of, keep=lambda record: Path(record.run_id), command="decode_agreement", throttle=throttle_of
    )
    return [kept.record for kept in sit(seats, suite.plan, setting, seed=0).kept]


def _print_backends(records: list[RunRecord]) -> None:
    copy = records[0].environment.measured_copy_bytes_per_s
    bandwidth = f"copy {copy['cpu'] / 1e9:.1f} GB/s, read {copy['cpu.read'] / 1e9:.1f} GB/s"
    print(f"{machine(records[0].environment)}; {bandwidth}")
    print("back end   in memory   a token  TTFT ms  TPOT ms  token/s  prefill/s  load ms  peak MB  GB/s  MBU  of best")
    for record in records:
        name, roof, model = record.treatment.requested["backend"], record.roofline, record.model
        if record.status is not Status.OK or roof is None or model is None:
            print(f"{name:<9} {record.status}: {record.error}")
            continue
        value = {metric.name: _median(record, metric.name) for metric in METRICS}
        peak = f"{value['peak_memory'] / 1e6:.0f}" if value["peak_memory"] else "–"
        read, achieved, mbu = roof.bytes_per_token or 0, roof.achieved_bytes_per_s or 0, roof.mbu_measured or 0
        print(
            f"{name:<9} {(model.weight_bytes or 0) / 1e6:>7.1f} MB {read / 1e6:>6.1f} MB {value['ttft'] / 1e6:>8.1f} "
            f"{value['tpot'] / 1e6:>8.2f} {value['decode_throughput']:>8.1f} {value['prefill_throughput']:>10.0f} "
            f"{value['load_time'] / 1e6:>8.0f} {peak:>8} {achieved / 1e9:>5.1f} {mbu:>4.0%}  "
            f"{roof.note}"
        )


def _median(record: RunRecord, metric: str) -> float:
    """Of the measured values; of the cold ones where there are no others."""
    for phase in (Phase.MEASURE, Phase.COLD):
        values = [
            value
            for sample in record.samples
            if sample.metric == metric and sample.phase is phase and sample.arm == "measured"
            for value in sample.values
        ]
        if values:
            return median(values)
    return 0.0


def _ollama() -> Any:  # noqa: ANN401 - a server of the tests, which are no package
    """The server of the tests with the embedded model, whose tensors it lists as a real one does."""
    place = ROOT / "tests/ollama_server"
    spec = spec_from_file_location(place.name, place / "__init__.py", submodule_search_locations=[str(place)])
    assert spec
    assert spec.loader
    module = sys.modules["ollama_server"] = module_from_spec(spec)
    spec.loader.exec_module(module)
    model = module.embedded()
    for tensor in load_runtime("gguf", "local").GGUFReader(find_model(EMBEDDED)).tensors:
        shape = [int(size) for size in tensor.shape]
        model.tensors.append({"name": tensor.name, "type": tensor.tensor_type.name, "shape": shape})
    return module.OllamaServer(model)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 10))
