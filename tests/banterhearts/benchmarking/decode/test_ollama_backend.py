"""The back end that is a running Ollama server."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from banterhearts.benchmarking.bench import MeasureFailed
from banterhearts.benchmarking.decode.backend import Setup
from banterhearts.benchmarking.decode.metrics import check_arrivals, check_counts, metrics_of, own_metrics_of
from banterhearts.benchmarking.decode.ollama_backend import OllamaBackend
from banterhearts.benchmarking.decode.prompt import draw_prompt
from banterhearts.benchmarking.ollama import OllamaClient
from banterhearts.core.record import Flag, Status
from banterhearts.errors import Missing, SuiteError

PROMPT = draw_prompt(32, 1)
SETUP = partial(Setup, model="tiny", threads=2, context=256, seed=1)


def backend(server: Any) -> OllamaBackend:
    """The back end, talking to this server."""
    return OllamaBackend(connect=lambda _host, **_limits: OllamaClient(server.host))


def test_it_loads_what_it_is_told(ollama: Any) -> None:
    """Context, threads and device become options of the server; what comes back is its own report."""
    made = backend(ollama)
    loaded = made.open(SETUP(options={"num_batch": 64}), PROMPT)
    options = [body["options"] for _, path, body, _ in ollama.requests if path == "/api/generate" and "options" in body]
    assert options[-1] == {"num_ctx": 256, "num_thread": 2, "num_gpu": 0, "num_batch": 64, "temperature": 0.0}
    assert loaded.effective["context_length"] == 256
    assert loaded.effective["size_vram_bytes"] == 0
    assert loaded.model.weights_sha256 == "cd" * 32
    assert loaded.versions == {"runtime": "ollama 0.33.0"}
    assert loaded.load_ns > 50_000_000
    assert loaded.reads is None
    assert (made.name, made.trusts_own) == ("ollama", True)


def test_a_request_has_two_witnesses(ollama: Any) -> None:
    """The server's counters and our clock, each complete, neither mixed with the other."""
    made = backend(ollama)
    made.open(SETUP(), PROMPT)
    request = made.generate(16)
    check_counts(request, 32, 16)
    check_arrivals(request)
    assert request.own
    assert request.own.decode_passes == 15
    assert len(request.own.chunks) == 16
    own, seen = own_metrics_of(request.own), metrics_of(request)
    assert own.keys() == seen.keys()
    assert own["ttft"] < seen["ttft"]
    assert request.flags == ()


def test_loading_is_no_part_of_the_first_token(ollama: Any) -> None:
    """A request into which a reload fell is flagged, and its time to the first token is not longer by it."""
    made = backend(ollama)
    made.open(SETUP(), PROMPT)
    ollama.faults.append({"reload": True})
    request = made.generate(4)
    assert request.flags == (Flag.RELOAD,)
    assert request.own
    assert request.own.load_ns > 50_000_000
    assert own_metrics_of(request.own)["ttft"] == (request.own.prompt_ns,)
    assert metrics_of(request)["ttft"][0] > request.own.load_ns + request.own.prompt_ns


@pytest.mark.parametrize(
    ("setup", "said"),
    [
        (SETUP(device="cuda"), "device asked for is cuda"),
        (SETUP(context=100_000), "trained for 8192"),
    ],
)
def test_what_is_not_as_asked_is_no_measurement(ollama: Any, setup: Setup, said: str) -> None:
    """A model on another device, or with another context, is another arm."""
    with pytest.raises(MeasureFailed, match=said) as caught:
        backend(ollama).open(setup, PROMPT)
    assert caught.value.status is Status.INVALID


@pytest.mark.parametrize("options", [{"num_gpu": 4}, {"num_gpus": 4}, {"num_batch": 0}, {"num_batch": "64"}])
def test_options_are_checked(ollama: Any, options: dict[str, Any]) -> None:
    """Unknown ones, and layers on a GPU where the device is the processor."""
    with pytest.raises(SuiteError):
        backend(ollama).open(SETUP(options=options), PROMPT)
    assert ollama.requests == []


def test_a_model_that_is_not_there_is_missing(ollama: Any) -> None:
    """With the command that fetches it."""
    with pytest.raises(Missing, match="ollama pull llama9"):
        backend(ollama).open(SETUP(model="llama9"), PROMPT)


def test_a_server_that_ends_is_a_failed_measurement(ollama: Any) -> None:
    """In the middle of a sitting the others go on, and closing says nothing."""
    made = backend(ollama)
    made.open(SETUP(), PROMPT)
    ollama.models.clear()
    with pytest.raises(MeasureFailed, match="no model"):
        made.generate(4)
    evidence = made.close()
    assert evidence.peak_allocator_bytes


def test_closing_gives_the_memory_back(ollama: Any) -> None:
    """Once, and without having been opened too."""
    made = backend(ollama)
    assert made.close().attestation == ()
    made.open(SETUP(), PROMPT)
    evidence = made.close()
    assert [proof.verdict for proof in evidence.attestation] == ["proven"]
    assert evidence.peak_allocator_bytes == 100_000_000 + 23_040 * 256 + 200_000 * 256
    assert ollama.residents() == []
    assert made.close().attestation == ()


def test_bytes_that_a_pass_reads(ollama: Any) -> None:
    """All tensors, less an embedding that has an output beside it; of experts nobody knows which."""
    model = ollama.models["tiny:latest"]
    embedding = {"name": "token_embd.weight", "type": "F16", "shape": [64, 100]}
    model.tensors = [embedding, {"name": "blk.0.ffn_up.weight", "type": "Q8_0", "shape": [64, 64]}]
    reads = backend(ollama).open(SETUP(), PROMPT).reads
    assert reads
    assert (reads.weights, reads.kv_per_token) == (12_800 + 4352, 2 * 30 * 3 * 64 * 2)
    model.tensors.append({"name": "output.weight", "type": "F16", "shape": [64, 100]})
    reads = backend(ollama).open(SETUP(), PROMPT).reads
    assert reads
    assert reads.weights == 12_800 + 4352
    model.tensors.append({"name": "blk.0.ffn_up_exps.weight", "type": "F16", "shape": [64, 64, 8]})
    assert backend(ollama).open(SETUP(), PROMPT).reads is None


def test_llama_cpp_behind_the_protocol(ollama_llama: Any) -> None:
    """A real model reads exactly the prompt and writes exactly as asked, without ending or repeating itself."""
    made = backend(ollama_llama)
    made.open(SETUP(model="smollm2:135m"), PROMPT)
    request = made.generate(40)
    check_counts(request, 32, 40)
    check_arrivals(request)
    assert request.own
    assert request.own.decode_ns == pytest.approx(request.chunks[-1].at_ns - request.chunks[0].at_ns, rel=0.5)
    made.close()
