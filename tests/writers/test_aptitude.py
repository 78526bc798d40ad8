"""What a model is fit for: the thresholds, and a memory that no file can break."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from chronicles.errors import OutputError
from chronicles.writers import gate, prompt
from chronicles.writers.aptitude import Aptitude, Aptitudes, Score

if TYPE_CHECKING:
    from pathlib import Path

DONE = Aptitude(
    model="small",
    digest="d" * 64,
    gate=gate.VERSION,
    prompt=prompt.VERSION,
    line=Score(24, 12, 40, 20, {"slots": 20}),
    passage=Score(8, 4, 8, 4),
    read_tokens=5000,
    reused_tokens=20000,
    written_tokens=900,
    seconds=60.0,
)


@pytest.mark.parametrize(
    ("line", "passage", "freedom"), [(12, 4, "passage"), (12, 3, "line"), (11, 8, ""), (24, 0, "line"), (0, 0, "")]
)
def test_what_a_model_may_do_follows_from_what_stood(line: int, passage: int, freedom: str) -> None:
    """Half of the sentences make it fit for lines, half of the paragraphs besides for passages."""
    scored = replace(DONE, line=replace(DONE.line, stood=line), passage=replace(DONE.passage, stood=passage))
    assert scored.freedom == freedom
    assert (freedom or "too weak") in scored.told()
    assert f"{line} of 24 sentences" in scored.told()


def test_nothing_asked_is_nothing_proved() -> None:
    """A model that was asked nothing is fit for nothing."""
    assert replace(DONE, line=Score(0, 0, 0, 0)).freedom == ""
    assert replace(DONE, seconds=0.0).tok_per_sec == 0.0


def test_an_aptitude_is_remembered_by_its_weights(tmp_path: Path) -> None:
    """Another run finds it by the digest alone, beside those of other models, the last measure of each."""
    path = tmp_path / "state" / "models.json"
    memory = Aptitudes(path)
    assert memory.of(DONE.digest) is None
    memory.remember(replace(DONE, seconds=1.0))
    memory.remember(replace(DONE, digest="e" * 64, model="other \ud800"))
    memory.remember(DONE)
    assert Aptitudes(path).of(DONE.digest) == DONE
    assert Aptitudes(path).of("e" * 64) is not None
    assert Aptitudes(path).of("f" * 64) is None
    assert memory.problem == ""
    assert [one.name for one in path.parent.iterdir()] == ["models.json"]


def test_the_apt_ones_are_told_without_their_weights(tmp_path: Path) -> None:
    """Who chooses a model needs to hash none that is too weak or was measured under other rules."""
    memory = Aptitudes(tmp_path / "models.json")
    lines = replace(DONE, digest="b" * 64, model="a", passage=replace(DONE.passage, stood=0))
    weak = replace(DONE, digest="a" * 64, line=replace(DONE.line, stood=0))
    for one in (lines, DONE, weak, replace(DONE, digest="c" * 64, gate="another")):
        memory.remember(one)
    assert memory.apt() == (DONE, lines)


@pytest.mark.parametrize("field", ["gate", "prompt"])
def test_another_gate_or_prompt_asks_for_another_measure(tmp_path: Path, field: str) -> None:
    """What was measured under other rules says nothing about these."""
    memory = Aptitudes(tmp_path / "models.json")
    memory.remember(replace(DONE, **{field: "another"}))
    assert memory.of(DONE.digest) is None
    memory.remember(DONE)
    assert memory.of(DONE.digest) == DONE


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\xff\xfe",
        b"{",
        b"[]",
        b"null",
        b'{"version": 1}',
        b'{"version": 2, "models": {}}',
        b'{"version": 1, "models": {"d": {"model": "small"}}}',
        b'{"version": 1, "models": {}, "more": 1}',
        b"[" * 100_000,
    ],
)
def test_a_garbage_file_is_told_and_written_anew(tmp_path: Path, raw: bytes) -> None:
    """Whatever stands in the file, nothing fails: one line says what is wrong, and the next measure replaces it."""
    path = tmp_path / "models.json"
    path.write_bytes(raw)
    memory = Aptitudes(path)
    assert memory.of(DONE.digest) is None
    assert str(path) in memory.problem
    assert "\n" not in memory.problem
    assert len(memory.problem) < 400
    memory.remember(DONE)
    assert Aptitudes(path).of(DONE.digest) == DONE


def test_numbers_that_are_none_are_garbage(tmp_path: Path) -> None:
    """A share of infinity cannot be smuggled in."""
    path = tmp_path / "models.json"
    Aptitudes(path).remember(DONE)
    stored = json.loads(path.read_text())
    stored["models"][DONE.digest]["seconds"] = float("inf")
    path.write_text(json.dumps(stored))
    memory = Aptitudes(path)
    assert memory.of(DONE.digest) is None
    assert "seconds" in memory.problem


def test_a_place_that_cannot_be_written_is_an_error_of_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file stays as it was, nothing lies beside it, and the error names the place."""
    path = tmp_path / "models.json"
    memory = Aptitudes(path)
    memory.remember(DONE)
    before = path.read_bytes()

    def refuse(*_: object) -> None:
        raise OSError(28, os.strerror(28))

    with monkeypatch.context() as patch:
        patch.setattr("pathlib.Path.replace", refuse)
        with pytest.raises(OutputError, match=r"models\.json: No space left"):
            memory.remember(replace(DONE, seconds=2.0))
    assert path.read_bytes() == before
    assert [one.name for one in tmp_path.iterdir()] == ["models.json"]
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError):
        Aptitudes(tmp_path / "file" / "models.json").remember(DONE)
    assert Aptitudes(tmp_path).of(DONE.digest) is None
