"""PyTorch through Transformers, at toy size: each option that a user can set runs once."""

from __future__ import annotations

import json
import warnings
from typing import TYPE_CHECKING, Any

import pytest

from banterhearts.benchmarking.bench import MeasureFailed
from banterhearts.benchmarking.decode.backend import Evidence, Prompt, Setup
from banterhearts.benchmarking.decode.metrics import check_arrivals, check_counts, metrics_of, own_metrics_of
from banterhearts.benchmarking.decode.model import ModelFile, read_model
from banterhearts.benchmarking.decode.prompt import WORDS, draw_prompt
from banterhearts.benchmarking.decode.torch_backend import Torch
from banterhearts.benchmarking.decode.worker import EMBEDDED_BACKENDS, Remote
from banterhearts.errors import Missing, SuiteError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CONFIG = {
    "architectures": ["LlamaForCausalLM"],
    "model_type": "llama",
    "hidden_size": 64,
    "intermediate_size": 128,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "vocab_size": 100,
    "max_position_embeddings": 128,
    "tie_word_embeddings": True,
}
LAYER = 2 * 64 * 64 + 2 * 64 * 32 + 3 * 64 * 128 + 2 * 64
"""Queries and output, keys and values, the gated network, two norms."""
PARAMS = 100 * 64 + 2 * LAYER + 64
KV_VALUES = 2 * 2 * 2 * 16
"""Keys and values, layers, heads, width."""
RANDOM = {"weights": "random"}


@pytest.fixture(scope="module")
def torch() -> Any:
    """The library, with the warnings that it gives by itself left aside."""
    for module in ("torch", "transformers"):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = pytest.importorskip(module, reason="PyTorch and Transformers come with the extra `engine`")
    import torch  # noqa: PLC0415 - only where it is installed

    assert found
    return torch


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Warnings of the libraries are theirs."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def setup(device: str = "cpu", **options: Any) -> Setup:
    """One thread, and a back end's options."""
    return Setup(model="toy", threads=1, context=64, seed=0, device=device, options=options)  # type: ignore[arg-type]  # a device by name


def config(tmp_path: Path, **other: Any) -> Path:
    """A file with the shape of a toy."""
    path = tmp_path / "config.json"
    path.write_text(json.dumps({**CONFIG, **other}))
    return path


def folder(tmp_path: Path) -> Path:
    """A toy with weights, as Transformers saves it, for which every token ends the text."""
    import transformers  # noqa: PLC0415 - only where it is installed

    ends = list(range(100))
    model = transformers.AutoModelForCausalLM.from_config(transformers.LlamaConfig(**CONFIG, eos_token_id=ends))
    model.generation_config.eos_token_id = ends
    model.save_pretrained(tmp_path / "toy")
    return tmp_path / "toy"


def gguf(tmp_path: Path) -> Path:
    """A toy as a GGUF file, its matrices in half precision, with a vocabulary of our words."""
    library: Any = pytest.importorskip("gguf", reason="GGUF comes with the extra `local`")
    import numpy as np  # noqa: PLC0415 - beside the library that needs it

    chance = np.random.default_rng(0)
    writer = library.GGUFWriter(tmp_path / "toy.gguf", "llama")
    writer.add_block_count(2)
    writer.add_context_length(128)
    writer.add_embedding_length(64)
    writer.add_feed_forward_length(128)
    writer.add_head_count(4)
    writer.add_head_count_kv(2)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(16)
    writer.add_vocab_size(100)
    writer.add_tokenizer_model("gpt2")
    writer.add_token_list(["<s>", *(f"Ġ{word}" for word in WORDS)])
    shapes = {"attn_q": (64, 64), "attn_k": (32, 64), "attn_v": (32, 64), "attn_output": (64, 64)}
    shapes |= {"ffn_gate": (128, 64), "ffn_up": (128, 64), "ffn_down": (64, 128)}
    writer.add_tensor("token_embd.weight", chance.normal(size=(100, 64)).astype(np.float16))
    writer.add_tensor("output_norm.weight", np.ones(64, dtype=np.float32))
    for layer in range(2):
        for name, shape in shapes.items():
            writer.add_tensor(f"blk.{layer}.{name}.weight", chance.normal(size=shape).astype(np.float16))
        for name in ("attn_norm", "ffn_norm"):
            writer.add_tensor(f"blk.{layer}.{name}.weight", np.ones(64, dtype=np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return tmp_path / "toy.gguf"


def verdicts(evidence: Evidence) -> dict[str, str]:
    """Proofs by name."""
    return {proof.kind: proof.verdict for proof in evidence.attestation}


PROVEN = {"weights": "proven", "threads": "proven", "prefill": "proven"}


def test_random_weights_of_a_shape(torch: Any, tmp_path: Path) -> None:
    """A configuration alone is measured: bytes counted, every token timed, nothing kept between requests."""
    backend = Torch(read_model(config(tmp_path)), tmp_path / "log")
    loaded = backend.open(setup(**RANDOM), Prompt("", 12, 3))
    assert loaded.model.weights == "random"
    assert (loaded.model.params, loaded.model.weights_sha256) == (PARAMS, None)
    assert loaded.reads is not None
    assert loaded.reads.weights == PARAMS * 4
    assert loaded.reads.kv_per_token == KV_VALUES * 4
    assert loaded.prompt_ids is not None
    assert set(loaded.prompt_ids) <= set(range(100))
    for _ in range(2):
        request = backend.generate(7)
        check_counts(request, 12, 7)
        check_arrivals(request)
        assert len(metrics_of(request)["inter_chunk_latency"]) == 6
        assert request.own is None
    evidence = backend.close()
    assert verdicts(evidence) == PROVEN
    assert loaded.model.weight_bytes is not None
    assert evidence.peak_allocator_bytes == loaded.model.weight_bytes + (12 + 7 - 1) * KV_VALUES * 4
    assert backend.close() == Evidence()


@pytest.mark.parametrize(("dtype", "size"), [("bfloat16", 2), ("float16", 2), (None, 4)])
def test_the_number_format_in_memory_is_told(torch: Any, tmp_path: Path, dtype: str | None, size: int) -> None:
    """What is in memory is what a pass reads, and another format is another configuration."""
    backend = Torch(read_model(config(tmp_path)), tmp_path / "log")
    loaded = backend.open(setup(**RANDOM, dtype=dtype), Prompt("", 4, 3))
    assert loaded.effective["dtype"] == dtype or (dtype is None and loaded.effective["dtype"] == "float32")
    assert loaded.reads is not None
    assert loaded.reads.weights == PARAMS * size
    check_counts(backend.generate(2), 4, 2)
    assert verdicts(backend.close()) == PROVEN


def test_an_embedding_that_is_not_the_output_matrix_is_not_read(torch: Any, tmp_path: Path) -> None:
    """Of it a pass looks up one row."""
    backend = Torch(read_model(config(tmp_path, tie_word_embeddings=False)), tmp_path / "log")
    loaded = backend.open(setup(**RANDOM), Prompt("", 4, 3))
    assert loaded.model.params == PARAMS + 100 * 64
    assert loaded.reads is not None
    assert loaded.reads.weights == PARAMS * 4


def test_real_weights_of_a_folder(torch: Any, tmp_path: Path) -> None:
    """A folder is loaded as it lies, and a token that ends the text ends nothing."""
    backend = Torch(read_model(folder(tmp_path)), tmp_path / "log")
    loaded = backend.open(setup(), Prompt("", 4, 3, (5, 6, 7, 8)))
    assert loaded.model.weights == "real"
    assert loaded.model.weights_sha256 == loaded.effective["weights_sha256"] is not None
    assert loaded.prompt_ids == (5, 6, 7, 8)
    check_counts(backend.generate(30), 4, 30)
    assert verdicts(backend.close()) == PROVEN


def test_a_gguf_file_is_dequantized_and_said_to_be(torch: Any, tmp_path: Path) -> None:
    """The format on disk and the format in memory both stand in the configuration."""
    file = read_model(gguf(tmp_path))
    prompt = draw_prompt(6, 0, file.vocabulary)
    backend = Torch(file, tmp_path / "log")
    loaded = backend.open(setup(dtype="float32"), prompt)
    assert (loaded.effective["format"], loaded.effective["dtype"]) == ("F16+F32", "float32")
    assert loaded.prompt_ids == prompt.ids
    assert file.weight_bytes is not None
    assert loaded.model.weight_bytes is not None
    assert loaded.model.weight_bytes > file.weight_bytes
    check_counts(backend.generate(3), 6, 3)
    assert verdicts(backend.close()) == PROVEN


def test_the_profiler_is_a_second_witness(torch: Any, tmp_path: Path) -> None:
    """Asked for, each request has PyTorch's own stamps, of as many tokens."""
    backend = Torch(read_model(config(tmp_path)), tmp_path / "log")
    loaded = backend.open(setup(**RANDOM, profile=True), Prompt("", 12, 3))
    assert loaded.effective["profile"] is True
    backend.generate(2)
    request = backend.generate(5)
    assert request.own is not None
    assert (request.own.prompt_tokens, request.own.decode_passes) == (12, 4)
    ours, theirs = metrics_of(request), own_metrics_of(request.own)
    assert ours.keys() == theirs.keys()
    assert theirs["e2e_latency"] < ours["e2e_latency"]
    assert theirs["tpot"][0] == pytest.approx(ours["tpot"][0], rel=0.5)
    backend.close()


def test_weights_other_than_the_files_are_refuted(torch: Any, tmp_path: Path) -> None:
    """Half the parameters are not the model that was named."""
    path = folder(tmp_path)
    backend = Torch(ModelFile(path, "toy", "folder", params=PARAMS * 2), tmp_path / "log")
    backend.open(setup(), Prompt("", 4, 3))
    backend.generate(2)
    assert verdicts(backend.close()) == {**PROVEN, "weights": "refuted"}


def test_a_kept_prompt_is_refuted(torch: Any, tmp_path: Path) -> None:
    """A cache that is longer than its own request has somebody else's positions in it."""
    backend = Torch(read_model(config(tmp_path)), tmp_path / "log")
    backend.open(setup(**RANDOM), Prompt("", 4, 3))
    output = backend._model.generate(**backend._inputs, max_new_tokens=4)
    backend._look_at_cache(output.past_key_values, 4 + 2 - 1)
    assert verdicts(backend.close()) == {**PROVEN, "prefill": "refuted"}


def test_what_cannot_be_loaded_is_told(torch: Any, tmp_path: Path) -> None:
    """A shape without weights, an unknown option, an architecture that nobody knows, a GPU that is not there."""
    backend = Torch(read_model(config(tmp_path)), tmp_path / "log")
    with pytest.raises(SuiteError, match="a shape and no weights"):
        backend.open(setup(), Prompt("", 4, 3))
    with pytest.raises(SuiteError, match="dtype"):
        backend.open(setup(dtype="int4"), Prompt("", 4, 3))
    strange = Torch(read_model(config(tmp_path, model_type="strange")), tmp_path / "log")
    with pytest.raises(MeasureFailed, match="Transformers does not load it"):
        strange.open(setup(**RANDOM), Prompt("", 4, 3))
    if not torch.cuda.is_available():
        with pytest.raises(Missing, match="PyTorch sees no GPU"):
            backend.open(setup("cuda", **RANDOM), Prompt("", 4, 3))
    assert backend.close() == Evidence()


def test_it_runs_in_a_worker(torch: Any, tmp_path: Path) -> None:
    """The same back end, its answers through the pipe, its threads and peak memory its own."""
    worker = Remote("torch", EMBEDDED_BACKENDS["torch"], read_model(config(tmp_path)), 300.0)
    try:
        worker.open(setup(**RANDOM), Prompt("", 4, 3))
        check_counts(worker.generate(3), 4, 3)
        evidence = worker.close()
    finally:
        worker._end(patience=0)
    assert verdicts(evidence) == PROVEN
    assert evidence.peak_device_bytes is not None
    assert evidence.peak_allocator_bytes is not None
    assert evidence.peak_device_bytes > evidence.peak_allocator_bytes


def test_a_gpu_is_synchronised_and_its_events_are_the_second_witness(torch: Any, tmp_path: Path) -> None:
    """On a GPU the weights lie there, the clock waits for it, and the device's events agree."""
    if not torch.cuda.is_available():
        pytest.skip("no GPU here")
    backend = Torch(read_model(config(tmp_path)), tmp_path / "log")
    loaded = backend.open(setup("cuda", **RANDOM, profile=True), Prompt("", 12, 3))
    assert (loaded.effective["device"], loaded.effective["dtype"]) == ("cuda", "bfloat16")
    backend.generate(4)
    request = backend.generate(20)
    assert request.own is not None
    assert own_metrics_of(request.own)["tpot"][0] == pytest.approx(metrics_of(request)["tpot"][0], rel=0.5)
    evidence = backend.close()
    assert verdicts(evidence) == PROVEN
    assert evidence.peak_allocator_bytes is not None
    assert evidence.peak_device_bytes is not None
    assert PARAMS * 2 <= evidence.peak_allocator_bytes <= evidence.peak_device_bytes
