"""`chronicles personas`: what is listed and shown, and what `check` finds in files and models."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from chronicles.personas import load_cast

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Ran, RepoBuilder

GRACE = """
name = "Grace"
lens = "measurement"
order = 9
sentences = 1
voice = "Speak as one who has a ruler in the pocket."
stage_directions = ["She lays a ruler on the desk."]
examples = ["The shelf is level, and the wall is not."]

[vocabulary]
use = ["ruler"]
avoid = ["massive"]

[wordings]
"size.spread" = ["I count {components}.", "Laid side by side, there are {components} in it."]
"""


@pytest.fixture
def own(repo: RepoBuilder) -> Callable[..., RepoBuilder]:
    """A repository with personas of its own: `own(settings, grace="...")`."""

    def make(settings: str = "", **files: str) -> RepoBuilder:
        repo.commit("one", {"a": "1\n"})
        repo.write({"chronicles.toml": f'personas = "cast"\n{settings}'})
        repo.write({f"cast/{key}.toml": text for key, text in files.items()})
        return repo

    return make


def test_list_says_who_there_is(own: Callable[..., RepoBuilder], run: Callable[..., Ran]) -> None:
    """Each file has a line: key, name, lens, what it does on a page, how many wordings, and where it lies."""
    done = run(own(grace=GRACE).path, "personas", "list")
    assert (done.code, done.err) == (0, "")
    lines = {line.split()[0]: " ".join(line.split()) for line in done.out.splitlines()}
    assert list(lines) == ["narrator", "banterpacks", "chatgpt", "claude", "gemini", "grace"]
    assert lines["grace"] == (
        "grace Grace measurement silent, claude has the lens 2 wordings of 1 claim cast/grace.toml"
    )
    assert lines["claude"].startswith("claude Claude measurement speaks, 3 of 5 ")
    assert lines["claude"].endswith("built in: claude.toml")
    assert lines["narrator"].startswith("narrator Narrator every lens narrates ")


def test_list_knows_the_cast(own: Callable[..., RepoBuilder], run: Callable[..., Ran]) -> None:
    """Who is not in the setting is silent, and the others have its order; JSON says the same."""
    repo = own('cast = ["grace", "gemini"]\n', grace=GRACE)
    done = run(repo.path, "personas", "list", "--json")
    rows = {row["key"]: row for row in json.loads(done.out)}
    assert (done.code, done.err) == (0, "")
    assert rows["grace"] == {
        "key": "grace", "name": "Grace", "lens": "measurement", "part": "speaks, 1 of 2", "claims": 1, "wordings": 2,
        "own": True, "file": "cast/grace.toml", "digest": rows["grace"]["digest"],
    }  # fmt: skip
    assert rows["gemini"]["part"] == "speaks, 2 of 2"
    assert rows["claude"]["part"] == "silent, not in the setting `cast`"
    assert (rows["narrator"]["lens"], rows["narrator"]["own"]) == (None, False)


def test_outside_of_a_repository_there_is_the_built_in_cast(tmp_path: Path, run: Callable[..., Ran]) -> None:
    """Nobody needs a repository to look at it; a folder that is not there is an error all the same."""
    done = run(tmp_path, "personas", "list", "--json")
    cast = load_cast()
    assert {row["key"] for row in json.loads(done.out)} == {one.key for one in (*cast.voices, cast.narrator)}
    assert (done.code, done.err) == (0, "")
    gone = run(tmp_path, "-C", "gone", "personas", "list")
    assert (gone.code, gone.out) == (2, "")
    assert "there is no gone" in gone.err


def test_a_folder_that_is_not_there_is_mentioned(own: Callable[..., RepoBuilder], run: Callable[..., Ran]) -> None:
    """A misspelt setting is no silence."""
    done = run(own().path, "personas", "list")
    assert done.code == 0
    assert "the setting `personas` names it, and there is no such folder" in done.err


def test_show_tells_a_voice(own: Callable[..., RepoBuilder], run: Callable[..., Ran]) -> None:
    """Everything that a file says of its voice is shown, and sentences of it."""
    done = run(own(grace=GRACE).path, "personas", "show", "grace")
    assert (done.code, done.err) == (0, "")
    for said in (
        *("Grace (grace)", "lens        measurement", "at most 1 on a page's roundtable"),
        *("voice       Speak as one who has a ruler in the pocket.", "uses        ruler", "avoids      massive"),
        *("    The shelf is level, and the wall is not.", "    She lays a ruler on the desk."),
        *("    I count {components}.", "cast/grace.toml"),
    ):
        assert said in done.out
    assert "names" not in done.out


@pytest.mark.parametrize("key", ["narrator", "banterpacks", "chatgpt", "claude", "gemini"])
def test_show_in_json_is_the_persona(tmp_path: Path, run: Callable[..., Ran], key: str) -> None:
    """All fields and all wordings are there; the lines for people stay within a terminal."""
    cast = load_cast()
    persona = next(one for one in (*cast.voices, cast.narrator) if one.key == key)
    value = json.loads(run(tmp_path, "personas", "show", key, "--json").out)
    assert {claim: tuple(said) for claim, said in value["wordings"].items()} == persona.wordings
    assert (value["voice"], tuple(value["avoid"])) == (persona.voice, persona.avoid)
    shown = run(tmp_path, "personas", "show", key).out.splitlines()
    assert all(len(line) <= 120 for line in shown)
    assert len(shown) <= 40


def test_show_of_nobody(tmp_path: Path, run: Callable[..., Ran]) -> None:
    """Who is not there is answered with those who are."""
    for command in ("show", "check"):
        done = run(tmp_path, "personas", command, "nobody")
        assert (done.code, done.out) == (2, "")
        assert "no persona is called 'nobody'; there are narrator, banterpacks, chatgpt, claude, gemini" in done.err


def test_the_built_in_cast_passes(tmp_path: Path, run: Callable[..., Ran]) -> None:
    """The gate lets each of its wordings stand."""
    done = run(tmp_path, "personas", "check")
    assert (done.code, done.out) == (0, "")
    assert "of 5 personas, no findings." in done.err


def test_check_names_what_would_not_stand(own: Callable[..., RepoBuilder], run: Callable[..., Ran]) -> None:
    """File, claim, reason and wording of each, claims that there are not, and wordings that are never said."""
    bad = (
        GRACE
        + """
"size.spred" = ["I count {components}."]
"past.woke" = ["{file} woke after {slept}."]
"size.pure" = ["lower case opens {added}."]
"""
    )
    own_path = own(grace=bad).path
    done = run(own_path, "personas", "check")
    assert done.code == 1
    lines = done.out.splitlines()
    assert lines == [
        "cast/grace.toml: size.spred: no such claim; did you mean size.spread?",
        "cast/grace.toml: past.woke: never said, for its lens is lineage",
        "cast/grace.toml: size.pure: sentence: lower case opens {added}.",
    ]
    assert done.err == "chronicles: 5 wordings of 1 persona, 3 findings.\n"
    report = json.loads(run(own_path, "personas", "check", "grace", "grace", "--json").out)
    assert (report["files"], report["wordings"]) == (["cast/grace.toml"], 5)
    assert report["findings"][2] == {
        "file": "cast/grace.toml", "claim": "size.pure", "wording": "lower case opens {added}.", "reason": "sentence",
    }  # fmt: skip


def test_check_looks_at_own_files_first(own: Callable[..., RepoBuilder], run: Callable[..., Ran]) -> None:
    """Without a KEY a repository's own files are checked; a KEY may name any."""
    repo = own(grace=GRACE)
    done = run(repo.path, "personas", "check")
    assert (done.code, done.out, done.err) == (0, "", "chronicles: 2 wordings of 1 persona, no findings.\n")
    assert "of 2 personas" in run(repo.path, "personas", "check", "claude", "grace").err


def test_a_file_that_is_no_persona(own: Callable[..., RepoBuilder], run: Callable[..., Ran]) -> None:
    """Every command says which file and what is wrong with it, and nothing of its signs reaches the terminal."""
    repo = own(grace=GRACE.replace("Speak as", "Speak\\u001b[2Jas"))
    for command in (("list",), ("show", "claude"), ("check",)):
        done = run(repo.path, "personas", *command)
        assert (done.code, done.out) == (2, "")
        assert "grace.toml: the voice 'Speak\\x1b[2Jas one" in done.err
        assert "\x1b" not in done.err


def test_unknown_claims_are_spelt_out(own: Callable[..., RepoBuilder], run: Callable[..., Ran]) -> None:
    """A claim's name may be anything, and what cannot be seen of it is shown as what it is."""
    repo = own(grace=GRACE + '"\\u001b[2J\\u202e" = []\n')
    done = run(repo.path, "personas", "check")
    assert done.out == "cast/grace.toml: \\x1b[2J\\u202e: no such claim\n"


def test_the_example_of_the_documents_passes(own: Callable[..., RepoBuilder], run: Callable[..., Ran]) -> None:
    """Whoever begins with the persona of docs/personas.md begins without findings, and with the part it says."""
    text = (Path(__file__).parents[2] / "docs/personas.md").read_text(encoding="utf-8")
    block = re.search(r"<!-- example persona -->\s*```toml\n(.*?)```", text, re.DOTALL)
    assert block is not None
    repo = own(grace=block[1])
    assert run(repo.path, "personas", "check").code == 0
    rows = {row["key"]: row["part"] for row in json.loads(run(repo.path, "personas", "list", "--json").out)}
    assert rows["grace"] == "speaks, 3 of 5"
    assert rows["claude"] == "silent, grace has the lens"


@pytest.mark.parametrize(
    ("wording", "reason"),
    [
        ("{components}? Two, no, twelve of them: I count. And count. And count.", "sentence"),
        ("{components}.", "length"),
    ],
)
def test_check_is_stricter_than_a_page(
    own: Callable[..., RepoBuilder], run: Callable[..., Ran], wording: str, reason: str
) -> None:
    """What a page would take from a person's file, and from no model, is found before it stands there."""
    done = run(own(grace=GRACE.replace("I count {components}.", wording)).path, "personas", "check")
    assert done.code == 1
    assert done.out == f"cast/grace.toml: size.spread: {reason}: {wording}\n"


# -- models ----------------------------------------------------------------------------------------------------------


def remembered(path: Path) -> dict[str, Any]:
    """What stands in the file of models."""
    return dict(json.loads((path / "state/models.json").read_text(encoding="utf-8"))["models"])


def test_a_good_model_may_write_passages(tmp_path: Path, run: Callable[..., Ran], ollama: Any) -> None:
    """Its rates by freedom and the verdict are told, and remembered for `auto`; no repository is needed."""
    done = run(tmp_path, "personas", "check", "--writer", "ollama", "--model", "tiny")
    assert done.code == 0, done.err
    name, sentences, paragraphs, effort, verdict = done.out.splitlines()
    assert name.startswith("tiny:latest (ollama, ")
    assert re.match(
        r"  sentences   \d+ of 24 voiced, \d+% where 50% are asked for; of \d+ replies \d+ accepted", sentences
    )
    assert re.match(r"  paragraphs  \d+ of 12 stood whole, ", paragraphs)
    assert re.match(r"  effort      [\d,]+ tokens read ", effort)
    assert verdict == "  verdict     may write passages"
    assert done.err == f"chronicles: remembered in {tmp_path / 'state/models.json'}.\n"
    assert [one["model"] for one in remembered(tmp_path).values()] == ["tiny:latest"]
    assert any(ollama.counters)


def test_a_model_without_paragraphs_may_write_sentences(tmp_path: Path, run: Callable[..., Ran], ollama: Any) -> None:
    """Each freedom is judged by itself; JSON has the counts."""
    honest = ollama.say
    ollama.say = lambda asked: "No." if "paragraph" in str(asked["format"]) else honest(asked)
    done = run(tmp_path, "personas", "check", "--writer", "ollama", "--json")
    report = json.loads(done.out)
    assert (done.code, report["freedom"], report["verdict"]) == (0, "line", "may write single sentences")
    assert (report["passage"]["stood"], report["passage"]["share"]) == (0, 0.0)
    assert report["line"]["asked"] == 24
    assert report["remembered"] == str(tmp_path / "state/models.json")


def test_a_weak_model_is_told_so(tmp_path: Path, run: Callable[..., Ran], ollama: Any) -> None:
    """It is a finding, it is remembered, and the reasons are counted."""
    ollama.say = lambda _: json.dumps({"sentence": "It is all fine.", "paragraph": "It is all fine."})
    done = run(tmp_path, "personas", "check", "--writer", "ollama")
    assert done.code == 1
    assert "  verdict     too weak: auto does not use it" in done.out
    assert re.search(r"sentences   0 of 24 voiced, 0% .* 0 accepted, \d+ slots", done.out)
    assert remembered(tmp_path)


def test_the_settings_name_the_model(repo: RepoBuilder, run: Callable[..., Ran], ollama: Any) -> None:
    """Without --model it is that of the settings; one that the server has not is an error that says how to get it."""
    repo.commit("one", {"a": "1\n"})
    repo.write({"chronicles.toml": 'model = "absent:latest"\n'})
    done = run(repo.path, "personas", "check", "--writer", "ollama")
    assert (done.code, done.out) == (2, "")
    assert "ollama pull absent" in done.err
    assert run(repo.path, "personas", "check", "--writer", "ollama", "--model", "tiny", "--json").code == 0
    assert ollama.counters


def test_no_server_and_no_file(tmp_path: Path, run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch) -> None:
    """Each says in one line what is missing and what to do, and nothing is remembered."""
    monkeypatch.setenv("CHRONICLES_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("OLLAMA_HOST", "http://127.0.0.1:9")
    gone = run(tmp_path, "personas", "check", "--writer", "ollama")
    assert (gone.code, gone.out) == (2, "")
    assert "ollama serve" in gone.err
    assert len(gone.err.splitlines()) == 1
    missing = run(tmp_path, "personas", "check", "--writer", "llamacpp", "--model", "gone.gguf")
    assert (missing.code, missing.out) == (2, "")
    assert len(missing.err.splitlines()) == 1
    assert not (tmp_path / "state").exists()


def test_a_server_that_dies_meanwhile(tmp_path: Path, run: Callable[..., Ran], ollama: Any) -> None:
    """A measure that was not finished is none."""
    honest, asked = ollama.say, []

    def say(request: Any) -> Any:
        asked.append(request)
        return honest(request) if len(asked) < 5 else {"status": 404, "error": "model 'tiny' not found"}

    ollama.say = say
    done = run(tmp_path, "personas", "check", "--writer", "ollama")
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("Error: ")
    assert not (tmp_path / "state").exists()


def test_an_interrupted_measure(tmp_path: Path, run: Callable[..., Ran], ollama: Any, monkeypatch: Any) -> None:
    """Ctrl-C ends it with 130, and it does not say that anything was kept."""
    from chronicles.commands import measuring  # noqa: PLC0415 - only what measures loads it

    def interrupted(*_arguments: object, **_options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(measuring, "measure", interrupted)
    done = run(tmp_path, "personas", "check", "--writer", "ollama", "--model", "tiny")
    assert (done.code, done.out) == (130, "")
    assert done.err == "chronicles: interrupted. Nothing is remembered of a measure that is not whole.\n"
    assert not (tmp_path / "state").exists()
    assert ollama.requests


def test_what_cannot_be_remembered(tmp_path: Path, run: Callable[..., Ran], ollama: Any) -> None:
    """The result is told all the same, and the error names the place."""
    (tmp_path / "state").write_text("in the way", encoding="utf-8")
    done = run(tmp_path, "personas", "check", "--writer", "ollama")
    assert done.code == 2
    assert "may write passages" in done.out
    assert "cannot write " in done.err
    assert ollama.counters


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--model", "tiny"), "--model names the model of a --writer; name that too"),
        (("claude", "--writer", "ollama"), "a model is measured with the built-in cast"),
        (("--writer", "plain"), "'plain' is not one of 'ollama', 'llamacpp'"),
    ],
)
def test_contradictions_of_check(tmp_path: Path, run: Callable[..., Ran], options: tuple[str, ...], says: str) -> None:
    """What one option would make another one mean nothing is a usage error."""
    done = run(tmp_path, "personas", "check", *options)
    assert (done.code, done.out) == (2, "")
    assert says in done.err
