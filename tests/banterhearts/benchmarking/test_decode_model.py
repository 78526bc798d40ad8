"""Models as they lie on disk, and the words that they are made to read."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import pytest

from banterhearts.benchmarking.bench import MeasureFailed
from banterhearts.benchmarking.decode.model import find_model, read_model
from banterhearts.benchmarking.decode.prompt import WORDS, draw_ids, draw_prompt
from banterhearts.benchmarking.decode.runtime import load_runtime
from banterhearts.errors import Missing, SuiteError

if TYPE_CHECKING:
    from pathlib import Path


def toy_gguf(path: Path, *, tied: bool, experts: tuple[int, int] | None = None) -> Path:
    """A GGUF file with a handful of tensors of known sizes."""
    gguf: Any = pytest.importorskip("gguf", reason="the reader of GGUF comes with the extra `local`")
    import numpy as np  # noqa: PLC0415 - beside the library that needs it

    writer = gguf.GGUFWriter(path, "llama")
    writer.add_token_list(["<s>", *(f"Ġ{word}" for word in WORDS)])
    writer.add_tensor("token_embd.weight", np.zeros((100, 8), dtype=np.float32))
    writer.add_tensor("blk.0.attn_q.weight", np.zeros((8, 8), dtype=np.float16))
    if experts:
        writer.add_expert_count(experts[0])
        writer.add_expert_used_count(experts[1])
        writer.add_tensor("blk.0.ffn_up_exps.weight", np.zeros((experts[0], 8, 8), dtype=np.float32))
    if not tied:
        writer.add_tensor("output.weight", np.zeros((100, 8), dtype=np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def test_a_gguf_file_says_what_it_holds(tmp_path: Path) -> None:
    """Parameters, bytes, number formats, digest and vocabulary are read from the file."""
    path = toy_gguf(tmp_path / "toy.Q4.gguf", tied=True)
    found = read_model(path)
    assert (found.label, found.kind, found.arch) == ("toy.Q4", "gguf", "llama")
    assert found.params == 864
    assert found.weight_bytes == found.pass_bytes == 3328
    assert found.formats == {"F32": 3200, "F16": 128}
    assert found.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert found.vocabulary is not None
    assert found.vocabulary["Ġtime"] == 1


@pytest.mark.parametrize(("tied", "experts", "expected"), [(False, None, 3328), (True, (4, 1), 3328 + 256)])
def test_a_pass_reads_what_it_needs(
    tmp_path: Path, experts: tuple[int, int] | None, expected: int, *, tied: bool
) -> None:
    """Of an embedding that is no output matrix a row is read, and of experts those that are used."""
    found = read_model(toy_gguf(tmp_path / "toy.gguf", tied=tied, experts=experts))
    assert found.pass_bytes == expected
    assert found.weight_bytes is not None
    assert found.weight_bytes > expected


@pytest.mark.parametrize("cut", [0, 3, 40, 2000])
def test_a_broken_gguf_file_is_refused_by_name(tmp_path: Path, cut: int) -> None:
    """A file that ends early, or is something else, is named in one line."""
    path = toy_gguf(tmp_path / "toy.gguf", tied=True)
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(SuiteError, match="no readable GGUF file") as caught:
        read_model(path)
    assert caught.value.where == path


def test_a_folder_says_what_it_holds(tmp_path: Path) -> None:
    """A Transformers folder has an architecture, a vocabulary, and a digest over all its files."""
    (tmp_path / "config.json").write_text('{"architectures": ["LlamaForCausalLM"]}')
    (tmp_path / "tokenizer.json").write_text(json.dumps({"model": {"vocab": {"▁time": 4}}}))
    assert read_model(tmp_path).kind == "config"
    (tmp_path / "a.safetensors").write_bytes(b"one")
    alone = read_model(tmp_path)
    assert (alone.kind, alone.arch, alone.vocabulary) == ("folder", "LlamaForCausalLM", {"▁time": 4})
    assert alone.sha256 == hashlib.sha256(b"one").hexdigest()
    (tmp_path / "b.safetensors").write_bytes(b"two")
    both = read_model(tmp_path)
    (tmp_path / "b.safetensors").rename(tmp_path / "c.safetensors")
    assert len({alone.sha256, both.sha256, read_model(tmp_path).sha256}) == 3


@pytest.mark.parametrize("text", ["[]", "{", '{"a": ' * 100_000, "\udcff"])
def test_a_configuration_that_is_none_is_refused(tmp_path: Path, text: str) -> None:
    """What is no JSON object is said to be none, with its path."""
    path = tmp_path / "config.json"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(SuiteError, match=r"config\.json"):
        read_model(path)


def test_a_model_that_is_not_there_is_missing(tmp_path: Path) -> None:
    """A path that leads nowhere says what could be named; an empty folder is no model."""
    with pytest.raises(Missing, match="name a GGUF file"):
        find_model(str(tmp_path / "none.gguf"))
    with pytest.raises(SuiteError, match="is no model"):
        read_model(find_model(str(tmp_path)))


def test_a_library_that_is_not_there_is_missing() -> None:
    """The message names the extra that brings it."""
    with pytest.raises(Missing, match=r"no_such_runtime is not installed; pip install 'chimera-chronicles\[local\]'"):
        load_runtime("no_such_runtime", "local")


@pytest.mark.parametrize("mark", ["Ġ", "▁"])
def test_a_prompt_has_exactly_so_many_tokens_of_the_vocabulary(mark: str) -> None:
    """Each word is one token, and the same seed draws the same words whatever their ids."""
    vocabulary = {f"{mark}{word}": 1000 + place for place, word in enumerate(WORDS)}
    prompt = draw_prompt(300, 7, vocabulary)
    assert prompt.ids is not None
    assert len(prompt.ids) == prompt.tokens == 300
    words = {number: token for token, number in vocabulary.items()}
    assert "".join(words[number] for number in prompt.ids).replace(mark, " ") == prompt.text
    assert prompt.text == draw_prompt(300, 7).text
    assert prompt.text != draw_prompt(300, 8).text


def test_words_that_the_vocabulary_lacks_are_not_drawn() -> None:
    """A vocabulary with some of the words gives a prompt of these; one with hardly any gives none."""
    some = {f"Ġ{word}": place for place, word in enumerate(WORDS[:20])}
    assert set(draw_prompt(200, 0, some).text.split()) <= set(WORDS[:20])
    with pytest.raises(MeasureFailed, match="has 3 of our words"):
        draw_prompt(8, 0, {f"Ġ{word}": 0 for word in WORDS[:3]})


def test_ids_are_drawn_inside_the_vocabulary() -> None:
    """Where only its size is known, every id is one of it, and the draw can be repeated."""
    ids = draw_ids(500, 3, 11)
    assert set(ids) == set(range(11))
    assert ids == draw_ids(500, 3, 11)
