"""A model on a server with one set of options: what is in effect, and requests that are what they are said to be."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from banterhearts.benchmarking.bench import MeasureFailed
from banterhearts.benchmarking.ollama import OllamaClient
from banterhearts.benchmarking.served import Served, effective_of, model_of
from banterhearts.core.record import Status

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

TEXT = "".join(f" w{number}" for number in range(40))


def served(server: Any, model: str = "tiny", tokens: int = 40, **options: Any) -> Served:
    """A model with options, greedy."""
    return Served(OllamaClient(server.host), model, {"temperature": 0.0, **options}, TEXT, tokens, 1)


@pytest.fixture
def quick(ollama: Any, ollama_module: ModuleType) -> Any:
    """The server, with a model that loads at once."""
    ollama.models["tiny:latest"].start = partial(ollama_module.FakeRunner, load_sec=0.001)
    return ollama


def effective(server: Any, **options: Any) -> dict[str, Any]:
    """What is in effect once these options are loaded."""
    client = OllamaClient(server.host)
    card = client.card("tiny")
    client.load(card, options)
    resident = client.resident(card)
    assert resident
    return effective_of(card, resident, {"temperature": 0.0, **options})


@pytest.fixture
def gpu(ollama_module: ModuleType) -> Iterator[Any]:
    """A server with a pretended GPU."""

    def start(model: Any, options: Any) -> Any:
        return ollama_module.FakeRunner(model, options, gpu=True, load_sec=0.001)

    with ollama_module.OllamaServer(ollama_module.ModelFile("tiny:latest", start)) as server:
        yield server


def test_all_num_gpu_are_one_without_a_gpu(quick: Any) -> None:
    """The wish is no part of the configuration; the report is."""
    assert effective(quick, num_gpu=0) == effective(quick, num_gpu=99) == effective(quick)


def test_num_gpu_above_the_layers_is_all_of_them(gpu: Any) -> None:
    """30 layers and the output: 31, 99 and the server's own choice are one configuration; 0, 15 and 30 are others."""
    everything = effective(gpu, num_gpu=31)
    assert everything["size_vram_bytes"] == everything["size_bytes"]
    assert effective(gpu, num_gpu=99) == effective(gpu, num_gpu=-1) == everything
    parts = [effective(gpu, num_gpu=layers)["size_vram_bytes"] for layers in (0, 15, 30, 31)]
    assert parts == sorted(set(parts))


def test_a_context_is_cut_to_the_trained_one(quick: Any) -> None:
    """The model was trained for 8192 tokens."""
    assert effective(quick, num_ctx=100_000) == effective(quick, num_ctx=8192)
    assert effective(quick, num_ctx=4096) != effective(quick, num_ctx=8192)


def test_a_batch_is_cut_to_the_context(quick: Any) -> None:
    """As llama.cpp cuts it; and what was not asked for is not what was."""
    assert effective(quick, num_ctx=256, num_batch=1024) == effective(quick, num_ctx=256, num_batch=256)
    assert effective(quick, num_ctx=256, num_batch=128) != effective(quick, num_ctx=256, num_batch=256)
    assert effective(quick, num_batch=512) != effective(quick)


def test_threads_of_none_are_the_servers_choice(quick: Any) -> None:
    """0 asks for nothing."""
    assert effective(quick, num_thread=0) == effective(quick)
    assert effective(quick, num_thread=2) != effective(quick)


def test_temperatures_are_numbers_of_32_bits(quick: Any) -> None:
    """As the server keeps them; 0 is greedy, and 0.8 is not."""
    client = OllamaClient(quick.host)
    card = client.card("tiny")
    client.load(card, {})
    resident = client.resident(card)
    assert resident
    warm, same, cold, colder = (
        effective_of(card, resident, {"temperature": value}) for value in (0.8, 0.800000001, 0.0, -1.0)
    )
    assert warm == same != cold == colder


def test_a_prompt_has_the_tokens_that_it_shall_have(ollama: Any) -> None:
    """The server puts a token in front, so a word is taken away."""
    placed = served(ollama)
    placed.open()
    reply = placed.ask(4).reply
    assert reply.prompt_tokens == 40
    assert len(ollama.requests[-1][2]["prompt"].split()) == 39


def test_words_of_two_tokens_leave_room_for_a_short_one(ollama: Any, ollama_module: ModuleType) -> None:
    """Taking the words away that are too much may take too much away; then a word is put back."""

    class Split(ollama_module.FakeRunner):  # type: ignore[misc,name-defined]  # the base is loaded by its path
        def complete(self, prompt: str, options: Any) -> Any:
            return super().complete(" ".join(w if w == "the" else f"{w} {w}" for w in prompt.split()), options)

    ollama.models["split:latest"] = ollama_module.ModelFile("split:latest", Split, digest="ef" * 32)
    placed = served(ollama, "split")
    placed.open()
    assert placed.ask(4).reply.prompt_tokens == 40


def test_a_prompt_that_never_fits_is_said_to_be(ollama: Any, ollama_module: ModuleType) -> None:
    """A server that counts the same whatever it is sent."""

    class Deaf(ollama_module.FakeRunner):  # type: ignore[misc,name-defined]  # as above
        def complete(self, _prompt: str, options: Any) -> Any:
            return super().complete("one two three", options)

    ollama.models["deaf:latest"] = ollama_module.ModelFile("deaf:latest", Deaf, digest="ef" * 32)
    with pytest.raises(MeasureFailed, match="no prompt of 40 tokens") as caught:
        served(ollama, "deaf").open()
    assert caught.value.status is Status.INVALID


def test_no_prompt_is_sent_twice(ollama: Any) -> None:
    """The same words in another order: as many tokens, and nothing of them in the server's cache."""
    placed = served(ollama)
    placed.open()
    start = len(ollama.requests)
    for _ in range(5):
        placed.ask(2)
    prompts = [body["prompt"] for _, _, body, _ in ollama.requests[start:]]
    assert len(set(prompts)) == 5
    assert len({tuple(sorted(prompt.split())) for prompt in prompts}) == 1


def test_opening_forgets_what_was_asked_before(ollama: Any) -> None:
    """A model that was there already is unloaded, and loading it is timed."""
    OllamaClient(ollama.host).load(OllamaClient(ollama.host).card("tiny"), {})
    placed = served(ollama).open()
    assert placed.load_ns > 50_000_000
    assert placed.effective["model"] == "ab" * 32
    assert placed.version == "0.33.0"


def test_an_answer_that_ends_early_is_asked_again(ollama: Any) -> None:
    """The API cannot forbid a model to end its answer."""
    placed = served(ollama)
    placed.open()
    ollama.faults.append({"stop_after": 3})
    assert placed.ask(8).reply.output_tokens == 8
    ollama.faults.extend([{"stop_after": 3}] * 6)
    with pytest.raises(MeasureFailed, match="ended its answer 6 times, last after 3 of 8") as caught:
        placed.ask(8)
    assert caught.value.status is Status.INVALID


def test_a_prompt_from_the_cache_is_no_prefill(ollama: Any) -> None:
    """A server that says it read fewer tokens took the rest from its cache."""
    placed = served(ollama)
    placed.open()
    ollama.faults.append({"last": {"prompt_eval_count": 3}})
    with pytest.raises(MeasureFailed, match="read 3 tokens of a prompt of 40") as caught:
        placed.ask(4)
    assert caught.value.status is Status.INVALID


def test_a_reload_inside_a_request_is_seen(ollama: Any, ollama_module: ModuleType) -> None:
    """By the time it takes, since the server says nothing else; finding a model loaded takes next to none."""
    ollama.models["tiny:latest"].start = partial(ollama_module.FakeRunner, load_sec=0.2)
    placed = served(ollama)
    placed.open()
    assert not placed.ask(4).reloaded
    ollama.faults.append({"reload": True})
    assert placed.ask(4).reloaded
    assert not placed.ask(4).reloaded


def test_settling_brings_the_model_back(ollama: Any, ollama_module: ModuleType) -> None:
    """Another arm had the server load other options; the timed request after that finds ours."""
    ollama.models["tiny:latest"].start = partial(ollama_module.FakeRunner, load_sec=0.2)
    placed, other = served(ollama, num_ctx=512), served(ollama, num_ctx=1024)
    placed.open()
    other.open()
    loads = ollama.loads
    placed.settle()
    assert ollama.loads == loads + 1
    assert not placed.ask(4).reloaded
    assert ollama.loads == loads + 1


def test_a_model_that_is_placed_otherwise_is_no_longer_this_arm(gpu: Any) -> None:
    """With the GPU's memory taken by somebody else, the server's own choice is another one."""
    placed = served(gpu)
    placed.open()
    gpu.loaded["tiny:latest"].runner.size_vram //= 2
    with pytest.raises(MeasureFailed, match="otherwise than at first") as caught:
        placed.settle()
    assert caught.value.status is Status.INVALID


def test_a_model_that_somebody_else_unloads_is_missed(ollama: Any) -> None:
    """Loaded, and not in memory."""
    ollama.replies["/api/ps"] = {"models": []}
    with pytest.raises(MeasureFailed, match="somebody else"):
        served(ollama).open()


def test_a_model_has_its_weights_counted(ollama: Any) -> None:
    """Bytes from the kinds and shapes of the tensors; unknown kinds are not guessed."""
    ollama.models["tiny:latest"].tensors = [
        {"name": "token_embd.weight", "type": "Q4_K", "shape": [256, 10]},
        {"name": "output_norm.weight", "type": "F32", "shape": [256]},
    ]
    card = OllamaClient(ollama.host).card("tiny")
    model = model_of(card)
    assert (model.weight_bytes, model.params, model.arch) == (1440 + 1024, 134_515_008, "llama")
    assert card.weight_bytes(without="token_embd.weight") == 1024
    ollama.models["tiny:latest"].tensors[0]["type"] = "Q9_Z"
    assert model_of(OllamaClient(ollama.host).card("tiny")).weight_bytes is None
