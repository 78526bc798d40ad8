"""The decode suite on a GPU, on a Llama-3.2-1B-shaped model of random weights: no download, and ENGINE's row to meet.

    python benchmarks/decode_gpu.py FOLDER [BLOCKS]

Writes the shape and the run record into FOLDER and prints what ENGINE's table tells of the same model: tokens a second
and the share of the measured copy bandwidth. Then once more under the device's own events, our clock beside them.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from statistics import median

from banterhearts.benchmarking.decode import open_suite
from banterhearts.benchmarking.decode.metrics import metrics_of, own_metrics_of
from banterhearts.benchmarking.measuring import machine_of, throttle_of
from banterhearts.benchmarking.sitting import Seat, Setting, sit
from banterhearts.benchmarking.suites import Tree
from banterhearts.core.environment import machine
from banterhearts.core.record import RunRecord, Subject

SHAPE = {
    "architectures": ["LlamaForCausalLM"],
    "model_type": "llama",
    "hidden_size": 2048,
    "intermediate_size": 8192,
    "num_hidden_layers": 16,
    "num_attention_heads": 32,
    "num_key_value_heads": 8,
    "head_dim": 64,
    "vocab_size": 128256,
    "max_position_embeddings": 131072,
    "rope_theta": 500000.0,
    "tie_word_embeddings": True,
}
"""Of Llama-3.2-1B: 1.24 billion parameters, 2.47 GB in bfloat16."""
ROOT = Path(__file__).parents[1]
OPTIONS = {"backends": "torch", "device": "cuda", "prompt_tokens": 128, "output_tokens": 128, "threads": 8}


def main(folder: Path, blocks: int) -> None:
    """Measure, write and print."""
    folder.mkdir(parents=True, exist_ok=True)
    shape = folder / "llama-3.2-1b-shape"
    shape.mkdir(exist_ok=True)
    (shape / "config.json").write_text(json.dumps(SHAPE))
    tree = Tree(ROOT, Subject(repo="benchmarks", commit_sha=None, dirty=True, engine_version="0"))
    table = {**OPTIONS, "model": str(shape), "blocks": blocks, "torch": {"weights": "random"}}

    def keep(record: RunRecord) -> Path:
        path = folder / f"{record.run_id}.json"
        path.write_text(record.to_json())
        return path

    suite = open_suite("decode", table, None)
    case = suite.cases[:1]
    (bench,) = suite.benches(tree, case)
    setting = Setting(probe=machine_of, keep=keep, command="decode_gpu.py", throttle=throttle_of)
    outcome = sit([Seat(bench, lambda: suite.benches(tree, case)[0], "torch")], suite.plan, setting, seed=0)
    for kept in outcome.kept:
        record = kept.record
        print(machine(record.environment), record.environment.measured_copy_bytes_per_s)
        print(record.status, record.error, record.model, record.treatment.effective, sep="\n")
        for metric in record.metrics:
            print(f"{metric.name:<22} {metric.median:>20,.1f} {metric.unit:<10} n={metric.n}")
        print(record.roofline, *record.attestation, sep="\n")
    _compare_clocks(tree, {**table, "torch": {"weights": "random", "profile": True}})


def _compare_clocks(tree: Tree, table: dict[str, object]) -> None:
    """Our clock against the device's events, metric by metric."""
    suite = open_suite("decode", table, None)
    (bench,) = suite.benches(tree, suite.cases[:1])
    backend = bench.make()  # type: ignore[attr-defined]  # a bench of this suite
    try:
        backend.open(bench.setup, bench.prompt)  # type: ignore[attr-defined]  # as above
        requests = [backend.generate(128) for _ in range(6)][1:]
    finally:
        backend.close()
    pairs = [(metrics_of(request), own_metrics_of(request.own)) for request in requests]
    for name in pairs[0][0]:
        ours, theirs = (median(median(one[side][name]) for one in pairs) for side in (0, 1))
        print(f"{name:<22} {ours:>16,.1f} {theirs:>16,.1f} {ours / theirs:>8.4f}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 10)
