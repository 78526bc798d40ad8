"""Untouched pages are never called anything; whatever contradicts the repository is called false."""

from __future__ import annotations

import importlib.util
import json
import re
import shutil
import sys
import time
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import chronicles.documents.title
import chronicles.documents.view
from chronicles.claims import FAMILIES
from chronicles.commands.session import Session
from chronicles.documents.edits import digests
from chronicles.documents.page import load_page
from chronicles.evidence import build, symbols

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from tests.conftest import Ran, RepoBuilder

ROOT = Path(__file__).parents[2]
SEED = ROOT.parent / "shared/seeds/episode_2.md"
CLEAN = "0 false, 0 stale, 0 edited, 0 external"


def counts(ran: Ran) -> dict[str, int]:
    """How many pages a run counts of each kind of finding."""
    return {kind: int(number) for number, kind in re.findall(r"(\d+) (false|stale|edited|external)", ran.err)}


def page_of(repo: RepoBuilder, number: int) -> Path:
    """The page of an episode."""
    return repo.path / f"episodes/episode_{number:03d}.md"


def change(path: Path, old: str, new: str) -> int:
    """Put one text in the place of another, once; returns the line."""
    before = path.read_text(encoding="utf-8")
    assert old in before, f"{path} has no {old!r}"
    path.write_text(before.replace(old, new, 1), encoding="utf-8")
    return before[: before.index(old)].count("\n") + 1


def edit_sidecar(path: Path, how: Callable[[dict[str, Any]], object]) -> None:
    """Change a sidecar's value."""
    value = json.loads(path.read_bytes())
    how(value)
    path.write_text(json.dumps(value, ensure_ascii=False))


def fact(value: Mapping[str, Any], fact_id: str) -> dict[str, Any]:
    """A fact of a sidecar."""
    found = next(one for one in value["dossier"]["facts"] if one["id"] == fact_id)
    assert isinstance(found, dict)
    return found


def test_untouched_pages(saga: RepoBuilder, run: Callable[..., Ran]) -> None:
    """Of pages that nobody touched nothing is found, and stdout stays empty."""
    done = run(saga.path, "verify")
    assert (done.code, done.out, done.err) == (0, "", f"chronicles: 18 pages verified: {CLEAN}.\n")


def test_untouched_pages_on_another_machine(
    saga: RepoBuilder, run: Callable[..., Ran], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A time zone, a language, git settings and attributes of another user find nothing either."""
    config = tmp_path / "config"
    config.write_text(
        "[diff]\n renames = false\n algorithm = patience\n[core]\n quotePath = true\n abbrev = 12\n autocrlf = true\n"
        f'[diff "shout"]\n textconv = rev\n[core]\n attributesFile = {tmp_path / "attributes"}\n'
    )
    (tmp_path / "attributes").write_text("*.py diff=shout -text\n*.md binary\n")
    (saga.path / ".gitattributes").write_text("*.py linguist-generated\n*.md diff=shout\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(config))
    monkeypatch.setenv("LC_ALL", "tr_TR.UTF-8")
    monkeypatch.setenv("TZ", "Asia/Kathmandu")
    time.tzset()
    try:
        done = run(saga.path, "verify")
    finally:
        monkeypatch.delenv("TZ")
        time.tzset()
    assert (done.code, done.out) == (0, "")


def test_untouched_pages_in_a_clone_and_a_worktree(saga: RepoBuilder, run: Callable[..., Ran], tmp_path: Path) -> None:
    """Pages that were committed are found right in a clone of another name, and in a linked worktree."""
    saga.git("add", "-A")
    saga.commit("docs: publish")
    saga.git("clone", "-q", str(saga.path), str(tmp_path / "copy"))
    saga.git("worktree", "add", "-q", "--detach", str(tmp_path / "tree"))
    for folder in (tmp_path / "copy", tmp_path / "tree"):
        done = run(folder, "verify")
        assert (done.code, done.out, done.err) == (0, "", f"chronicles: 18 pages verified: {CLEAN}.\n")


def test_a_clone_of_an_unnamed_series(repo: RepoBuilder, run: Callable[..., Ran], tmp_path: Path) -> None:
    """A series without a configured name keeps the name of its pages, whatever the folder of a clone is called."""
    repo.commit("feat: one", {"a.py": "a = 1\n"})
    run(repo.path, "generate")
    repo.git("add", "-A")
    repo.commit("docs: publish")
    repo.git("clone", "-q", str(repo.path), str(tmp_path / "other-name"))
    assert run(tmp_path / "other-name", "verify").err == f"chronicles: 1 page verified: {CLEAN}.\n"


def test_seeded_edits_are_all_caught(saga: RepoBuilder) -> None:
    """Of 120 single-token edits every one is found in its line, and nearly all are named as false."""
    spec = importlib.util.spec_from_file_location("tamper", ROOT / "benchmarks/tamper.py")
    assert spec is not None
    assert spec.loader is not None
    driver = importlib.util.module_from_spec(spec)
    sys.modules["tamper"] = driver  # its dataclasses look it up
    spec.loader.exec_module(driver)
    score = driver.tamper(saga.path, saga.path / "episodes", 120, 7)
    assert (score.missed, score.unclean) == ([], [])
    assert sum(score.caught.values()) == 120
    assert all(score.edits[kind] for kind in driver.KINDS)
    assert sum(score.false.values()) >= 114


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("episode: 3\n", "episode: 4\n"),
        ('title: "', 'title: "Not '),
        ("# Saga - Episode 3", "# Saga - Episode 5"),
        ("## feat(core)", "## fix(core)"),
        ("*2 files adjusted across core (2)*", "*2 files adjusted across tests (2)*"),
        ("| Size | 48 lines", "| Size | 47 lines"),
        ("- **Commit Type**: feat", "- **Commit Type**: docs"),
        ("- **Files Changed**: 2", "- **Files Changed**: 48"),
        ("### 📅 2024-01-01", "### 📅 2024-01-02"),
        ("/commit/", "/commits/"),
    ],
)
def test_a_changed_fact_is_false(saga: RepoBuilder, run: Callable[..., Ran], old: str, new: str) -> None:
    """A fact that was changed by hand is false, with its line, and `--fix` restores the page to the byte."""
    page = page_of(saga, 3)
    before = page.read_bytes()
    line = change(page, old, new)
    found = run(saga.path, "verify")
    assert found.code == 1
    assert f"episodes/episode_003.md:{line}: false: changed by hand to what the repository does not say" in found.out
    assert (counts(found)["edited"], counts(found)["external"]) == (0, 0)
    assert run(saga.path, "verify", "--fix").code == 0
    assert page.read_bytes() == before


def test_a_report_in_json(saga: RepoBuilder, run: Callable[..., Ran]) -> None:
    """Each finding has its kind, path, line, and both sides."""
    line = change(page_of(saga, 3), "**Files Changed**: 2", "**Files Changed**: 3")
    done = run(saga.path, "verify", "--json")
    assert json.loads(done.out) == {
        "pages": 18,
        "findings": [
            {
                "kind": "false",
                "path": "episodes/episode_003.md",
                "line": line,
                "says": "- **Files Changed**: 3",
                "repository": "- **Files Changed**: 2",
                "why": "changed by hand to what the repository does not say",
            }
        ],
    }


# -- stale, not false ---------------------------------------------------------------------------------------------


def _claims(patch: pytest.MonkeyPatch, _saga: RepoBuilder) -> None:
    family = next(one for one in FAMILIES if one.name == "size")
    newer = tuple(chronicles.claims.Family(f.name, "99", f.templates, f.find) if f is family else f for f in FAMILIES)
    patch.setattr(chronicles.claims, "FAMILIES", newer)


def _lizard(patch: pytest.MonkeyPatch, _saga: RepoBuilder) -> None:
    patch.setattr(symbols, "tool_version", lambda: "lizard 99")


def _template(_patch: pytest.MonkeyPatch, saga: RepoBuilder) -> None:
    source = (ROOT / "templates/episode.md.jinja").read_text()
    (saga.path / "templates").mkdir()
    (saga.path / "templates/episode.md.jinja").write_text(source.replace("### Why It Matters", "### The Reason"))


def _personas(_patch: pytest.MonkeyPatch, saga: RepoBuilder) -> None:
    cast = (ROOT / "chronicles/personas/claude.toml").read_text()
    (saga.path / "voices").mkdir()
    (saga.path / "voices/claude.toml").write_text(re.sub(r'(?m)^name = ".*"', 'name = "Claudia"', cast))
    settings = saga.path / "pyproject.toml"
    settings.write_text(settings.read_text() + 'personas = "voices"\n')


def _title(patch: pytest.MonkeyPatch, _saga: RepoBuilder) -> None:
    patch.setattr(chronicles.documents.title, "VERSION", "99")


def _view(patch: pytest.MonkeyPatch, _saga: RepoBuilder) -> None:
    patch.setattr(chronicles.documents.view, "VERSION", "99")


VERSIONS = {"claims.size": _claims, "symbol": _lizard, "template": _template, "personas": _personas}
VERSIONS |= {"title": _title, "view": _view}


@pytest.fixture(params=sorted(VERSIONS))
def newer(request: pytest.FixtureRequest, saga: RepoBuilder, monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of a rule of which another version was installed after the pages were written."""
    VERSIONS[request.param](monkeypatch, saga)
    return str(request.param)


def test_another_version_makes_pages_stale(saga: RepoBuilder, run: Callable[..., Ran], newer: str) -> None:
    """Untouched pages of an older rule are listed and no finding, unless `--strict` asks; `--fix` renews them."""
    done = run(saga.path, "verify")
    assert (done.code, counts(done)) == (0, {"false": 0, "stale": 18, "edited": 0, "external": 0})
    assert f"stale: made by another version of {newer}\n" in done.out
    assert run(saga.path, "verify", "--strict").code == 1
    assert run(saga.path, "verify", "--strict", "--fix").code == 0


def test_an_edit_on_a_stale_page_is_false(saga: RepoBuilder, run: Callable[..., Ran], newer: str) -> None:
    """Age excuses nothing: a number changed by hand is caught on a page of any version."""
    line = change(page_of(saga, 3), "**Lines Added**: 48", "**Lines Added**: 84")
    done = run(saga.path, "verify")
    assert done.code == 1
    assert f"episode_003.md:{line}: " in done.out
    assert counts(done)["false"] + counts(done)["edited"] == 1


def test_a_false_fact_of_another_family_stays_false(saga: RepoBuilder, run: Callable[..., Ran], newer: str) -> None:
    """Under a stale rule the facts of all others are held to git, page and sidecar forged alike or not."""
    forge(saga, 3, {}, "**Lines Added**: 48", "**Lines Added**: 84")
    done = run(saga.path, "verify")
    assert done.code == 1
    assert "the fact `change.insertions` is not what the repository says" in done.out
    assert "page:       84 lines [84]\n    repository: 48 lines [48]" in done.out


# -- forged sidecars ----------------------------------------------------------------------------------------------


def forge(repo: RepoBuilder, number: int, made_by: Mapping[str, str], old: str, new: str) -> None:
    """Change a page, its facts, its digests and its versions so that they fit one another."""
    page = page_of(repo, number)
    change(page, old, new)

    def counterfeit(value: dict[str, Any]) -> None:
        fact(value, "change.insertions").update(value=84, figure="84", text="84 lines")
        value["rendered"] = " ".join(digests(page.read_text()))
        for table in (value["dossier"]["made_by"], value["episode"]["made_by"]):
            table.update({key: made_by.get("*", made_by.get(key, now)) for key, now in table.items()})

    edit_sidecar(page.with_suffix(".json"), counterfeit)


def _wording(value: dict[str, Any]) -> None:
    sentence = next(one for one in value["sentences"] if one["claim"])
    sentence["wording"] = "This is the best of all commits, and " + sentence["wording"]


def _claim(value: dict[str, Any]) -> None:
    value["dossier"]["claims"][0]["skeleton"] = "This is the best of all commits."


def _salience(value: dict[str, Any]) -> None:
    value["dossier"]["claims"][-1]["salience"] = 0.999


TAMPERED: dict[str, Callable[[dict[str, Any]], object]] = {
    "a value": lambda value: fact(value, "change.files").update(value=3),
    "a figure": lambda value: fact(value, "change.files").update(figure="3"),
    "a phrase": lambda value: fact(value, "change.files").update(text="three files"),
    "a derivation": lambda value: fact(value, "change.files").update(derive="true"),
    "a fact too many": lambda value: value["dossier"]["facts"].append(
        {**fact(value, "change.files"), "id": "change.x"}
    ),
    "a fact too few": lambda value: value["dossier"]["facts"].remove(fact(value, "change.insertions")),
    "a wording": _wording,
    "a sentence too few": lambda value: value["sentences"].pop(),
    "a sentence twice": lambda value: value["sentences"].append(value["sentences"][-1]),
    "a skeleton": _claim,
    "a salience": _salience,
    "a claim too few": lambda value: value["dossier"]["claims"].pop(),
    "the base": lambda value: value["dossier"]["subject"].update(base="0" * 40),
    "no base": lambda value: value["dossier"]["subject"].update(base=None),
    "the kind": lambda value: value["dossier"]["subject"].update(kind="group"),
    "the reading": lambda value: value["dossier"]["subject"].update(reading="quick"),
    "no commits": lambda value: value["dossier"]["subject"].update(commits=[]),
    "the coverage": lambda value: value["dossier"]["coverage"].update(told=9),
    "the title": lambda value: value["episode"].update(title="The Greatest"),
    "the writer": lambda value: value["sentences"][0].update(writer="ollama"),
    "the number": lambda value: value["episode"].update(number=4),
    "a digest": lambda value: value.update(rendered=value["rendered"].replace(value["rendered"][:8], "00000000", 1)),
    "no digests": lambda value: value.update(rendered=""),
}


@pytest.mark.parametrize("what", TAMPERED)
def test_a_tampered_sidecar_is_false(saga: RepoBuilder, run: Callable[..., Ran], what: str) -> None:
    """What is changed in a sidecar is found, although the page says what it should; `--fix` restores what it can.

    It cannot where the sidecar no longer says which subject the page tells.
    """
    sidecar = saga.path / "episodes/episode_003.json"
    before = sidecar.read_bytes()
    edit_sidecar(sidecar, TAMPERED[what])
    done = run(saga.path, "verify")
    assert done.code == 1, what
    assert counts(done)["false"], what
    if what not in {"the base", "no base", "no commits", "the number", "the kind", "the reading"}:
        run(saga.path, "verify", "--fix")
        assert run(saga.path, "verify").code == 0
        assert sidecar.read_bytes() == before


def test_another_commit_of_the_same_repository(saga: RepoBuilder, run: Callable[..., Ran]) -> None:
    """A sidecar that names another commit than the page tells is false in all its facts."""
    other = json.loads((saga.path / "episodes/episode_005.json").read_bytes())["dossier"]["subject"]
    edit_sidecar(saga.path / "episodes/episode_003.json", lambda value: value["dossier"].update(subject=other))
    done = run(saga.path, "verify")
    assert done.code == 1
    assert "the fact `commit.sha` is not what the repository says" in done.out


def test_other_versions_alone_are_stale(
    saga: RepoBuilder, run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A sidecar of older rules is not believed to be of today's, and is not false for it."""
    monkeypatch.setattr(build, "VERSIONS", dict.fromkeys(build.VERSIONS, "2"))
    done = run(saga.path, "verify")
    assert (done.code, counts(done)["false"]) == (0, 0)
    assert "stale: made by another version of api, " in done.out
    assert run(saga.path, "verify", "--strict").code == 1


@pytest.mark.parametrize(
    "said",
    [
        {"change": "0"},
        {"change": "0.5"},
        {"rules": "0"},
        {"change": "x"},
        {"change": ""},
        {"change": "1+x"},
        {"rules": "x"},
        {"rules": '["a"]'},
    ],
)
def test_a_version_that_never_was_is_no_excuse(
    saga: RepoBuilder, run: Callable[..., Ran], said: dict[str, str]
) -> None:
    """Counts forged to fit under a version that no rule ever had are false, as is naming it."""
    forge(saga, 3, said, "**Lines Added**: 48", "**Lines Added**: 84")
    done = run(saga.path, "verify", str(page_of(saga, 3)))
    assert done.code == 1
    assert f"false: names a version of {next(iter(said))} that never was" in done.out
    assert "the fact `change.insertions` is not what the repository says" in done.out


def test_a_version_left_out_is_no_excuse(saga: RepoBuilder, run: Callable[..., Ran]) -> None:
    """Facts of a family whose version nobody names are held to today's rules."""
    edit_sidecar(saga.path / "episodes/episode_003.json", lambda value: value["dossier"]["made_by"].pop("change"))
    done = run(saga.path, "verify", str(page_of(saga, 3)))
    assert done.code == 1
    assert "false: names a version of change that never was" in done.out


def test_raised_versions_are_no_way_around(saga: RepoBuilder, run: Callable[..., Ran]) -> None:
    """A sidecar that claims rules to come cannot be checked by this version, and that is said and counted."""
    edit_sidecar(
        saga.path / "episodes/episode_003.json",
        lambda value: value["dossier"]["made_by"].update({"change": "99"}),
    )
    done = run(saga.path, "verify")
    assert done.code == 1
    assert "false: made by a newer version of change than this one can check; upgrade chronicles" in done.out


@pytest.mark.parametrize("version", ["plain 999", "plain 3", f"plain {'9' * 5000}"])
def test_a_writer_that_is_still_to_come_is_no_excuse(saga: RepoBuilder, run: Callable[..., Ran], version: str) -> None:
    """A plain writer of a later version is a newer rule like any other, and hides no sentence of a model's."""
    edit_sidecar(
        saga.path / "episodes/episode_003.json",
        lambda value: value["episode"]["made_by"].update({"writer": version}),
    )
    done = run(saga.path, "verify")
    assert done.code == 1
    assert "false: made by a newer version of writer than this one can check; upgrade chronicles" in done.out
    edit_sidecar(
        saga.path / "episodes/episode_003.json",
        lambda value: value["episode"]["made_by"].update({"writer": "plain 1"}),
    )
    done = run(saga.path, "verify")
    assert done.code == 0
    assert "stale: made by another version of writer" in done.out


@pytest.mark.parametrize("version", ["plain 0", "fancy 2", "2", "plain", "plain 2.5"])
def test_a_writer_that_never_was_is_false(saga: RepoBuilder, run: Callable[..., Ran], version: str) -> None:
    """What names no version of the plain writer excuses nothing."""
    edit_sidecar(
        saga.path / "episodes/episode_003.json",
        lambda value: value["episode"]["made_by"].update({"writer": version}),
    )
    done = run(saga.path, "verify")
    assert done.code == 1
    assert "false: names a version of writer that never was" in done.out


def test_raised_versions_do_not_hide_a_forgery(saga: RepoBuilder, run: Callable[..., Ran]) -> None:
    """Page, facts, digests and every version forged to fit are stale, and the wrong number is still reported."""
    forge(saga, 3, {"*": "99"}, "**Lines Added**: 48", "**Lines Added**: 84")
    done = run(saga.path, "verify", "--strict")
    assert done.code == 1
    assert "false: made by a newer version of" in done.out
    assert re.search(
        r"episode_003.md:\d+: stale: `change.insertions` is another by today's rules\n"
        r"    page:       84 lines \[84\]\n    repository: 48 lines \[48\]",
        done.out,
    )


def test_raised_versions_do_not_hide_a_number_without_fact(saga: RepoBuilder, run: Callable[..., Ran]) -> None:
    """On a page whose template is said to be gone, a number that no stored fact has is false."""
    page = page_of(saga, 3)
    line = change(page, "**Lines Added**: 48", "**Lines Added**: 987")

    def counterfeit(value: dict[str, Any]) -> None:
        value["rendered"] = " ".join(digests(page.read_text()))
        value["episode"]["made_by"]["template"] = "0" * 12

    edit_sidecar(page.with_suffix(".json"), counterfeit)
    done = run(saga.path, "verify")
    assert done.code == 1
    assert f"episode_003.md:{line}: false: no fact has 987" in done.out


# -- people's lines -----------------------------------------------------------------------------------------------


def test_unsigned_words_are_edited(saga: RepoBuilder, run: Callable[..., Ran]) -> None:
    """A sentence that nobody signed is a finding, and names the command that signs it."""
    page = page_of(saga, 3)
    page.write_text(page.read_text() + "\nA fine day for steps.\n")
    done = run(saga.path, "verify")
    assert (done.code, counts(done)["edited"]) == (1, 1)
    assert "changed by hand and not signed; `chronicles adopt` signs it" in done.out


def test_fix_leaves_a_persons_sentence_alone(saga: RepoBuilder, run: Callable[..., Ran]) -> None:
    """`--fix` restores facts beside a person's sentence and keeps the sentence, also a false one."""
    page = page_of(saga, 3)
    change(page, "**Lines Added**: 48", "**Lines Added**: 84")
    page.write_text(page.read_text() + "\nA fine day for steps.\n\nIt took 4,711 lines.\n")
    done = run(saga.path, "verify", "--fix")
    assert done.code == 1
    assert "**Lines Added**: 48" in page.read_text()
    assert page.read_text().endswith("\nA fine day for steps.\n\nIt took 4,711 lines.\n")
    assert counts(done) == {"false": 1, "stale": 0, "edited": 1, "external": 0}


def test_signed_words_are_held_to_the_ledger(saga: RepoBuilder, run: Callable[..., Ran]) -> None:
    """A signature makes words a person's own and no number true."""
    page = page_of(saga, 3)
    good = "It brings 48 lines in `core/steps.py`."
    page.write_text(page.read_text() + f"\n{good}\n")
    signed = run(saga.path, "adopt", "episodes/episode_003.md", "--name", "Grace")
    assert (signed.code, signed.err) == (0, "")
    assert run(saga.path, "verify").code == 0
    for bad in ("It brings 49 lines", "It brings 48 commits", "in `core/stops.py`", "since `deadbee1`"):
        page.write_text(page.read_text().split(good[:9])[0] + f"{bad}.\n")
        signed = run(saga.path, "adopt", "episodes/episode_003.md", "--name", "Grace")
        assert signed.code == 1, bad
        assert "signed by Grace, but " in signed.err
        assert run(saga.path, "verify").code == 1, bad


def test_a_signature_does_not_hide_a_changed_fact(saga: RepoBuilder, run: Callable[..., Ran]) -> None:
    """A rendered line with another number of the ledger in it is false, signed, external or neither."""
    page = page_of(saga, 3)
    for mark in ("<!-- by: Eve -->", "<!-- claim: external trust me -->"):
        before = page.read_text()
        change(page, "- **Files Changed**: 2\n", f"- **Files Changed**: 48 {mark}\n")
        assert counts(run(saga.path, "verify"))["false"] == 1, mark
        page.write_text(before)


def test_external_marks_are_listed(saga: RepoBuilder, run: Callable[..., Ran]) -> None:
    """What no repository can prove is listed with its reason and counts as no finding."""
    page = page_of(saga, 3)
    page.write_text(
        page.read_text() + "\nUsers wrote 12 letters about it. <!-- claim: external letters in the drawer -->\n"
    )
    done = run(saga.path, "verify")
    assert (done.code, counts(done)["external"]) == (0, 1)
    assert "external: letters in the drawer" in done.out


def test_a_deleted_line_is_found(saga: RepoBuilder, run: Callable[..., Ran]) -> None:
    """What was taken away is found where it stood, until somebody signs that."""
    page = page_of(saga, 3)
    line = change(page, "- **Lines Removed**: 0\n", "")
    done = run(saga.path, "verify")
    assert done.code == 1
    assert f"episode_003.md:{line}: edited: 1 rendered lines are missing here" in done.out
    assert run(saga.path, "adopt", "episodes/episode_003.md", "--name", "Grace").code == 0
    assert run(saga.path, "verify").code == 0


@pytest.mark.parametrize("left", [[], [""], ["", ""]])
def test_a_deleted_sentence_is_found_and_can_be_signed(
    saga: RepoBuilder, run: Callable[..., Ran], left: list[str]
) -> None:
    """A voice's line that is gone, with the blank line after it or emptied, is an edit until somebody signs it."""
    page = page_of(saga, 3)
    lines = page.read_text().split("\n")
    voice = next(number for number, line in enumerate(lines) if line.startswith("**") and ":** " in line)
    lines[voice : voice + 2] = left
    page.write_text("\n".join(lines))
    done = run(saga.path, "verify")
    assert (done.code, counts(done)["edited"]) == (1, 1)
    assert run(saga.path, "adopt", str(page), "--name", "Grace").code == 0
    done = run(saga.path, "verify")
    assert (done.code, done.out) == (0, "")
    assert run(saga.path, "generate", "--force", "--all").code == 0
    assert page.read_text() == "\n".join(lines)
    assert run(saga.path, "verify", "--strict").code == 0


# -- pages that cannot be verified --------------------------------------------------------------------------------


def test_a_page_without_sidecar(saga: RepoBuilder, run: Callable[..., Ran]) -> None:
    """A page that nothing can be derived for is one finding, which says what to do."""
    (saga.path / "episodes/episode_003.json").unlink()
    done = run(saga.path, "verify")
    assert (done.code, counts(done)["false"]) == (1, 1)
    assert "there is no sidecar episode_003.json beside it" in done.out
    assert "generate --force" in done.out


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"schema": "chronicles.page/1"}', b"\xff\xfe", b"[" * 9999])
def test_an_unreadable_sidecar(saga: RepoBuilder, run: Callable[..., Ran], content: bytes) -> None:
    """A sidecar that is none is a finding, never a traceback."""
    (saga.path / "episodes/episode_003.json").write_bytes(content)
    done = run(saga.path, "verify")
    assert done.code == 1
    assert "episode_003.json" in done.out
    assert "bug" not in done.err


def test_neighbours_that_changed(saga: RepoBuilder, run: Callable[..., Ran]) -> None:
    """A page that names a next episode which is gone is stale, not false, until it is mended."""
    for suffix in ("md", "json"):
        (saga.path / f"episodes/episode_018.{suffix}").unlink()
    done = run(saga.path, "verify")
    assert (done.code, counts(done)["stale"]) == (0, 1)
    assert "episode_017.md: stale: its neighbours or the episodes it names have changed" in done.out
    run(saga.path, "verify", "--fix")
    assert counts(run(saga.path, "verify")) == {"false": 0, "stale": 0, "edited": 0, "external": 0}


def test_pages_are_counted(saga: RepoBuilder, run: Callable[..., Ran]) -> None:
    """Many findings on a page, and on its sidecar, make it one page that is false."""
    for number in (3, 5):
        page = page_of(saga, number)
        page.write_text(re.sub(r"(?m)^(# |- \*\*Files Changed\*\*|- \*\*Lines Added\*\*).*$", "9", page.read_text()))
    page_of(saga, 7).with_suffix(".json").unlink()
    done = run(saga.path, "verify")
    assert done.out.count(": false: ") > 3
    assert "18 pages verified: 3 false, " in done.err


def test_forged_links_are_false(saga: RepoBuilder, run: Callable[..., Ran]) -> None:
    """A title or commit that the next page does not have is false although page and sidecar agree on it."""
    forged = "Total Rewrite, 900x Faster", "deadbeef" * 5

    def spoil(value: dict[str, Any]) -> None:
        value["episode"]["links"].update(next_title=forged[0], next_sha=forged[1])

    edit_sidecar(saga.path / "episodes/episode_003.json", spoil)
    page = page_of(saga, 3)
    with Session(saga.path, fresh=True) as session:
        press = session.press()
        stored = load_page(page.with_suffix(".json"))
        text = press.render(stored)
        page.write_text(text)
        page.with_suffix(".json").write_text(replace(stored, rendered=tuple(digests(text))).to_json())
    done = run(saga.path, "verify", str(page))
    assert (done.code, counts(done)["false"], done.out.count(": false: ")) == (1, 1, 2)
    assert "false: the next episode 4 has another title\n    page:       Total Rewrite, 900x Faster" in done.out
    assert "false: episode 4 does not tell this commit\n    page:       deadbee" in done.out


def test_an_earlier_commit_under_a_wrong_number_is_false(saga: RepoBuilder, run: Callable[..., Ran]) -> None:
    """An episode that is there and does not tell the commit is no target of its link; one that is gone is stale."""
    sidecar = next(p for p in sorted((saga.path / "episodes").glob("*.json")) if load_page(p).links.earlier)
    sha, number = next(iter(load_page(sidecar).links.earlier.items()))
    for wrong, kind in ((number + 1, "false"), (999, "stale")):
        edit_sidecar(sidecar, lambda value, wrong=wrong: value["episode"]["links"]["earlier"].update({sha: wrong}))
        out = run(saga.path, "verify", str(sidecar)).out
        assert (f"episode {wrong} does not tell this commit" in out) is (kind == "false")
        assert "stale: its neighbours" in out


def test_links_to_another_forge_are_false(saga: RepoBuilder, run: Callable[..., Ran]) -> None:
    """Links that lead to a forge other than the configured one are false; without a configured one they are stale."""
    edit_sidecar(
        page_of(saga, 3).with_suffix(".json"), lambda v: v["episode"].update(repo_url="https://evil.example/x")
    )
    settings = saga.path / "pyproject.toml"
    settings.write_text(re.sub(r"(?m)^repo_url.*\n", "", settings.read_text()) + 'repo_url = "https://example.org/x"\n')
    assert "lead to a forge that the settings do not name" in run(saga.path, "verify", str(page_of(saga, 3))).out


def test_fix_holds_the_folder_throughout(
    saga: RepoBuilder, run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The series is read and all pages are mended under one lock, so no other run changes it in between."""
    held: list[str] = []
    press, alone = Session.press, Session.alone

    @contextmanager
    def noted(session: Session) -> Iterator[None]:
        held.append("lock")
        with alone(session):
            yield
        held.append("unlock")

    monkeypatch.setattr(Session, "alone", noted)
    monkeypatch.setattr(Session, "press", lambda session: held.append("press") or press(session))
    for number in (3, 5):
        change(page_of(saga, number), "**Files Changed**: ", "**Files Changed**: 9")
    assert run(saga.path, "verify", "--fix").code == 0
    assert held == ["lock", "press", "press", "unlock"]


def test_two_pages_of_one_number(saga: RepoBuilder, run: Callable[..., Ran]) -> None:
    """A number that stands twice is reported with both names."""
    shutil.copy(page_of(saga, 3), saga.path / "episodes/episode_3.md")
    done = run(saga.path, "verify")
    assert done.code == 1
    assert re.search(r"episode_3\.md: false: has the same number as episode_003\.md", done.out)


def test_a_copied_page(saga: RepoBuilder, run: Callable[..., Ran]) -> None:
    """A page copied to a number of its own tells a commit twice, and says another number than its name."""
    for suffix in ("md", "json"):
        shutil.copy(saga.path / f"episodes/episode_003.{suffix}", saga.path / f"episodes/episode_099.{suffix}")
    done = run(saga.path, "verify")
    assert done.code == 1
    assert "which episode_003.md tells already" in done.out
    assert "the sidecar calls it episode 3" in done.out


def test_commits_that_are_gone(repo: RepoBuilder, run: Callable[..., Ran]) -> None:
    """After a rewrite of history the page of a lost commit is false, and the others stand."""
    repo.commit("feat: one", {"a.py": "a = 1\n"})
    repo.commit("feat: two", {"b.py": "b = 1\n"})
    run(repo.path, "generate", "--all")
    lost = repo.head
    repo.commit("feat: two, better", {"b.py": "b = 2\n"})
    repo.git("reset", "-q", "--soft", "HEAD~2")
    repo.commit("feat: two at once")
    repo.git("reflog", "expire", "--expire=now", "--all")
    repo.git("gc", "-q", "--prune=now")
    done = run(repo.path, "verify")
    assert (done.code, counts(done)["false"]) == (1, 1)
    assert f"tells commit {lost[:7]}, which this repository does not have" in done.out
    assert run(repo.path, "verify", "--fix").code == 1


# -- what to verify -----------------------------------------------------------------------------------------------


def test_some_pages_alone(saga: RepoBuilder, run: Callable[..., Ran]) -> None:
    """Pages that were named are verified and no others; of a folder all; what is no page is an error."""
    change(page_of(saga, 3), "**Lines Added**: 48", "**Lines Added**: 84")
    assert run(saga.path, "verify", "episodes/episode_001.md", "episodes/episode_002.md").err == (
        f"chronicles: 2 pages verified: {CLEAN}.\n"
    )
    assert run(saga.path, "verify", "episodes").code == 1
    wrong = run(saga.path, "verify", "README.md")
    assert wrong.code == 2
    assert "README.md: is no page of a series" in wrong.err


def test_pages_of_two_folders(saga: RepoBuilder, run: Callable[..., Ran], tmp_path: Path) -> None:
    """Folders that were named are each read as a series of their own."""
    run(saga.path, "generate", "--output", str(tmp_path / "other"))
    assert run(saga.path, "verify", "episodes", str(tmp_path / "other")).err == (
        f"chronicles: 19 pages verified: {CLEAN}.\n"
    )


def test_verify_leaves_nothing_behind(saga: RepoBuilder, run: Callable[..., Ran]) -> None:
    """Verification writes no page and no cache; a note of what was in order is all that it leaves."""
    shutil.rmtree(saga.path / ".git/chronicles")
    before = {path: path.stat().st_mtime_ns for path in (saga.path / "episodes").iterdir()}
    assert run(saga.path, "verify").code == 0
    assert {path: path.stat().st_mtime_ns for path in (saga.path / "episodes").iterdir()} == before
    assert [path.name for path in (saga.path / ".git/chronicles").iterdir()] == ["verified.json"]


def test_a_poisoned_cache_changes_nothing(saga: RepoBuilder, run: Callable[..., Ran]) -> None:
    """What a cache says is not believed."""
    for path in (saga.path / ".git/chronicles").iterdir():
        path.write_bytes(b"\0" * 100)
    assert run(saga.path, "verify").code == 0


def test_a_page_of_another_hand(
    repo: RepoBuilder, run: Callable[..., Ran], scaffold: Callable[..., str], tmp_path: Path
) -> None:
    """The seed's dossier, held to a commit of its shape, is caught counting 6,519, twice."""
    if not SEED.exists():
        pytest.skip("the seed dossier is not beside this checkout")
    scaffold(repo)
    done = run(repo.path, "verify", "--foreign", str(SEED), "--subject", "HEAD")
    assert done.code == 1
    assert len(re.findall(r":\d+: 6,519: ", done.out)) == 2
    assert "6,518" not in [line.split(": ")[1] for line in done.out.splitlines()]
    rows = json.loads(run(repo.path, "verify", "--foreign", str(SEED), "--subject", "HEAD", "--json").out)["findings"]
    assert sum(row["says"] == "6,519" for row in rows) == 2


def test_a_true_page_of_another_hand(saga: RepoBuilder, run: Callable[..., Ran], tmp_path: Path) -> None:
    """A text whose numbers and names the subject has passes; half of the two options is a usage error."""
    notes = tmp_path / "notes.md"
    notes.write_text("It adds 48 lines in 2 files, most of them in `core/steps.py`.\n")
    shas = saga.git("rev-list", "--first-parent", "--reverse", "HEAD").split()
    assert run(saga.path, "verify", "--foreign", str(notes), "--subject", shas[2]).code == 0
    half = run(saga.path, "verify", "--foreign", str(notes))
    assert half.code == 2
    assert "--foreign FILE and --subject REV go together" in half.err


def test_crlf_pages(saga: RepoBuilder, run: Callable[..., Ran]) -> None:
    """A checkout that turned line ends is no edit."""
    for page in (saga.path / "episodes").glob("*.md"):
        page.write_bytes(page.read_bytes().replace(b"\n", b"\r\n"))
    assert run(saga.path, "verify").err == f"chronicles: 18 pages verified: {CLEAN}.\n"


def test_seeded_edits_of_no_page(saga: RepoBuilder, tmp_path: Path) -> None:
    """The benchmark ends where there is nothing to edit."""
    spec = importlib.util.spec_from_file_location("tamper", ROOT / "benchmarks/tamper.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["tamper"] = module
    spec.loader.exec_module(module)
    assert not module.tamper(saga.path, tmp_path, 5, 1).edits


def test_a_sentence_of_a_persons_own_stands_for_ours(saga: RepoBuilder, run: Callable[..., Ran]) -> None:
    """A voice's line that a person replaced, and signed, is neither missing nor false; a row would be."""
    page = saga.path / "episodes/episode_003.md"
    lines = page.read_text().split("\n")
    voice = next(number for number, line in enumerate(lines) if line.startswith("**") and ":** " in line)
    lines[voice] = '**Grace:** "I would rather say it my way."'
    page.write_text("\n".join(lines))
    assert run(saga.path, "verify").code == 1
    assert run(saga.path, "adopt", str(page), "--name", "Grace").code == 0
    done = run(saga.path, "verify")
    assert (done.code, done.out) == (0, "")
    row = next(number for number, line in enumerate(lines) if line.startswith("- **Commit Type**"))
    signed = page.read_text().split("\n")
    signed[row] = "- **Commit Type**: another <!-- by: Grace -->"
    page.write_text("\n".join(signed))
    assert run(saga.path, "verify").code == 1
