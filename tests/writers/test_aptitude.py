"""What a model is fit for: the thresholds, and a memory that no file can break."""

from __future__ import annotations

import json
import os
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from chronicles.claims import TEMPLATES
from chronicles.dossier import Polarity
from chronicles.errors import OutputError
from chronicles.personas import load_cast
from chronicles.writers import gate
from chronicles.writers.aptitude import Aptitude, Aptitudes, Score, measure
from chronicles.writers.models.model import Fault, ModelFault
from chronicles.writers.prompts import prompt
from chronicles.writers.prompts.forms import Passage
from chronicles.writers.prompts.prompt import make_prompt
from chronicles.writers.trial import trials
from tests.writers.scripted import Clock, ScriptedModel, wanted

if TYPE_CHECKING:
    from pathlib import Path

    from chronicles.writers.draft import Effort
    from chronicles.writers.models.model import Question

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


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes with names")
def test_only_a_regular_file_of_some_size_is_read(tmp_path: Path) -> None:
    """A pipe that nobody writes to, a device without end and a flood are told, not waited for."""
    pipe, device, flood = tmp_path / "pipe", tmp_path / "device", tmp_path / "flood"
    os.mkfifo(pipe)
    device.symlink_to("/dev/zero")
    Aptitudes(flood).remember(DONE)
    assert Aptitudes(flood).of(DONE.digest) == DONE
    with flood.open("a") as file:
        file.write(" " * (1 << 20))
    for path, says in ((pipe, "no regular file"), (device, "no regular file"), (flood, "too large")):
        memory = Aptitudes(path)
        assert memory.of(DONE.digest) is None
        assert says in memory.problem.lower()


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


HONEST = {
    "tests.absent": "No test changes with {source} of source, while {habit} of {window} before it touched tests.",
    "code.tangled": "The change reaches into {function}, and that stands at {complexity}.",
    "past.woke": "Nobody had changed {file} for {slept}.",
    "rewrite.oldest": "The oldest line it removes came with {sha} and had been there for {age}.",
    "code.new_function": "In {file} there is a new function, {function}.",
    "people.first": "It is the first commit by {name} here.",
    "performance.slower": "Against {sha}, {distance}, {what} is slower and stands at {ratio} that value, in {blocks}.",
    "size.rank": "Against {window} it is {rank} by lines changed.",
    "kind.docs_with": "Documentation and code change together: {docs} beside {source}.",
    "reading.half": "In {half} out of {files} lie half of the lines.",
    "past.former_name": "It was {age} ago that {file} began, as {first_name}.",
    "undo.partial": "It takes {sha} back, {age} old, but not line for line.",
    "first.extension": "This repository had no {extension} file before {file}.",
    "dependency.added": "From here on it depends on {name}, at {after}.",
    "code.complexity_up": "The complexity of {function} goes {step}.",
    "size.ratio": "It changes {ratio} as many lines as the median commit of {window}.",
    "tests.added": "{added} join the suite, starting with {first}.",
    "message.silent": "Its message is a subject line with no body, over {churn}.",
    "move.folder": "Out of {old} and into {new} go {files}.",
    "people.other_hand": "It was {name} who touched {file} before, {slept} earlier.",
    "public.added": "From here on {name} is public.",
    "first.test_files": "There are {files} more in the suite.",
    "size.shrinks": "With {added} in and {removed} out, more goes than comes.",
    "rewrite.median": "For {age} or longer half of the removed lines had stood.",
}
"""A wording of each claim of the trials, as a good model would find it."""


def own_words(question: Question) -> str:
    """What a good model says: each sentence in other words, in order."""
    by_skeleton = {TEMPLATES[claim].skeleton: wording for claim, wording in HONEST.items()}
    said = []
    for sentence in wanted(question):
        letters = re.findall(r"\{([a-z])_(?=[a-z_]+\})", sentence) if isinstance(question.form, Passage) else []
        prefix = f"{letters[0]}_" if letters else ""
        said.append(by_skeleton[sentence.replace(f"{{{prefix}", "{")].replace("{", f"{{{prefix}"))
    return " ".join(said)


def measured(model: ScriptedModel, clock: Clock | None = None, **options: Any) -> Aptitude:
    """The aptitude of a model, measured without waiting."""
    clock = clock or Clock()
    return measure(model, load_cast(), clock=clock, sleep=clock.sleep, **options)


def test_the_trials_are_what_they_say() -> None:
    """Twenty-four claims of as many templates, two of a voice beside each other, with all that a prompt needs."""
    found = trials(load_cast())
    claims = [part.claim.id for trial in found for part in trial.parts]
    assert len(set(claims)) == len(claims) == 24
    assert set(claims) == set(HONEST)
    for trial in found:
        assert [len(run) for run in make_prompt(trial.dossier, trial.parts, load_cast(), context=4096).runs] == [2] * 3
        assert all(fact in trial.dossier.ledger for part in trial.parts for fact in part.claim.slots.values())
    assert {part.claim.polarity for trial in found for part in trial.parts} == set(Polarity)
    assert len({part.claim.family for trial in found for part in trial.parts}) >= 12


def test_a_model_with_words_of_its_own_is_fit() -> None:
    """Who says each claim in other words may weave passages; the gate lets at least nine tenths of that stand."""
    model = ScriptedModel(own_words)
    heard: list[Effort] = []
    found = measured(model, listen=heard.append)
    assert found.freedom == "passage", found
    assert found.line.asked == 24
    assert found.line.stood >= 22
    assert found.passage.asked == 12
    assert found.passage.stood >= 9
    assert found.line.replies + found.passage.replies == len(model.questions) == len(heard)
    assert found.written_tokens == 5 * len(heard)
    assert (found.model, found.digest) == ("scripted", "5" * 64)
    assert (found.gate, found.prompt) == (gate.VERSION, prompt.VERSION)


def test_a_parrot_is_too_weak() -> None:
    """Who says the claim's own skeleton over again, or nearly, voices nothing, whatever the gate thinks of it."""
    for ending in (".", "!"):
        found = measured(ScriptedModel(lambda question, end=ending: " ".join(wanted(question)).rstrip(".") + end))
        assert found.freedom == ""
        assert found.line.stood == 0
        assert found.line.replies == 24 * prompt.LINE_CANDIDATES


def test_a_babbler_is_too_weak() -> None:
    """Replies that are none are counted by what is wrong with them, and the figures add up."""
    found = measured(ScriptedModel(["{", '["x"]', "{ }", Fault.BROKEN_OFF, '{"sentence": "I am a model."}']))
    assert found.freedom == ""
    assert found.passage.stood == 0
    assert {
        "the reply could not be read",
        "the reply broke off",
        "slots",
    } <= found.line.refused.keys() | found.passage.refused.keys()
    for score in (found.line, found.passage):
        assert sum(score.refused.values()) + score.accepted == score.replies


@pytest.mark.parametrize("fault", [Fault.UNREACHABLE, Fault.MISSING, Fault.OVERLOADED, Fault.FAILED])
def test_a_server_that_fails_measures_nobody(fault: Fault) -> None:
    """What the server is to blame for is raised, with its remedy, and says nothing of the model."""
    with pytest.raises(ModelFault) as caught:
        measured(ScriptedModel([fault]))
    assert caught.value.fault is fault
    assert caught.value.detail == "as the test has it"


def test_a_server_that_restarts_is_waited_for() -> None:
    """A fault that passes costs a wait and no claim."""
    clock = Clock()
    model = ScriptedModel(own_words)
    faults = iter([Fault.UNREACHABLE, Fault.OVERLOADED])
    say = model._say
    model._say = lambda question: next(faults, None) or say(question)
    assert measured(model, clock) == replace(measured(ScriptedModel(own_words)), seconds=sum(clock.slept))
    assert clock.slept == [0.5, 2.0]


def test_a_model_that_is_too_slow_is_too_weak() -> None:
    """What was not answered in time counts as not worded, and nothing is asked after the time."""
    clock = Clock()
    model = ScriptedModel(own_words, clock=clock, costs_sec=40.0)
    found = measured(model, clock, limit_sec=300.0)
    assert found.freedom == ""
    assert found.line.asked == 24
    assert found.line.refused["the time was over"] > 0
    assert found.seconds == 300.0
    assert len(model.questions) == 8


def test_a_small_context_has_no_room_for_paragraphs() -> None:
    """Where a paragraph does not fit, the model was not able to word it; lines are asked all the same."""
    found = measured(ScriptedModel(own_words, context=600))
    assert found.passage.asked == 12
    assert found.passage.stood < 6
    assert found.line.asked == 24
    assert found.freedom != "passage"
