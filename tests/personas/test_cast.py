"""A cast for a repository: who speaks, in which order, and what a page does without the others."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import pytest

from chronicles.claims import TEMPLATES
from chronicles.claims.template import slots_of
from chronicles.dossier import Coverage, Dossier, Fact, Ledger, Section, Source, SubjectKey
from chronicles.errors import ConfigError
from chronicles.personas import load_cast, load_files
from chronicles.writers import PlainWriter, cast_page, settle

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import Ran, RepoBuilder

VOICES = ("banterpacks", "chatgpt", "claude", "gemini")
GRACE = 'name = "Grace"\nlens = "measurement"\norder = 9\n'


def test_the_named_speak_in_the_order_named(tmp_path: Path) -> None:
    """Built-in and own files are chosen alike, and the narrator is always there."""
    (tmp_path / "grace.toml").write_text(GRACE, encoding="utf-8")
    cast = load_cast(tmp_path, ("gemini", "grace", "banterpacks"))
    assert [voice.key for voice in cast.voices] == ["gemini", "grace", "banterpacks"]
    assert cast.narrator == load_cast().narrator


def test_nobody_named_is_everybody() -> None:
    """Without a choice all speak, as when all are named in their own order."""
    assert load_cast(None, ()) == load_cast(None, VOICES)


def test_the_version_is_that_of_the_choice(tmp_path: Path) -> None:
    """Another choice, another order and another word of a chosen file are another version; of a silent file, none."""
    chosen = load_cast(tmp_path, ("claude", "gemini")).version
    versions = {load_cast(tmp_path, names).version for names in (("gemini", "claude"), ("claude",), ())}
    assert len({chosen, *versions}) == 4
    own = tmp_path / "chatgpt.toml"
    own.write_text('name = "ChatGPT"\nlens = "novelty"\n', encoding="utf-8")
    assert load_cast(tmp_path, ("claude", "gemini")).version == chosen
    own.rename(tmp_path / "narrator.toml").write_text('name = "Narrator"\n', encoding="utf-8")
    assert load_cast(tmp_path, ("claude", "gemini")).version != chosen


@pytest.mark.parametrize(
    ("names", "says"),
    [
        (("claude", "claud"), "no persona is called 'claud'; there are banterpacks, chatgpt, claude, gemini, grace"),
        (("Claude",), "no persona is called 'Claude'"),
        (("",), "no persona is called ''"),
        (("\x1b[2J",), r"no persona is called '\x1b[2J'"),
        (("narrator",), "the narrator is no voice; there are banterpacks"),
        (("claude", "claude"), "'claude' stands there twice"),
        (("claude", "grace"), "'claude' and 'grace' have one lens"),
    ],
)
def test_a_choice_that_cannot_be(tmp_path: Path, names: tuple[str, ...], says: str) -> None:
    """Who is not there, stands there twice or could never speak is refused, and those there are are listed."""
    (tmp_path / "grace.toml").write_text(GRACE, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_cast(tmp_path, names)
    assert says in str(caught.value)
    assert str(caught.value).startswith("setting `cast`: ")


@pytest.fixture
def told(repo: RepoBuilder, scaffold: Callable[..., str], dossier_of: Callable[..., Dossier]) -> Dossier:
    """A dossier with claims for every lens."""
    scaffold(repo)
    return dossier_of(repo, "HEAD")


def test_any_cast_tells_a_whole_page(told: Dossier) -> None:
    """A lens without a voice is not spoken for, and no claim of the other sections is lost or told twice for it."""
    why = [part for part in cast_page(told, load_cast()) if part.section is Section.WHY]
    for number in range(1, 5):
        for names in combinations(VOICES, number):
            cast = load_cast(None, names)
            parts = cast_page(told, cast)
            claims = [part.claim.id for part in parts]
            assert len(set(claims)) == len(claims), names
            spoken = [part.persona.key for part in parts if part.section is Section.ROUNDTABLE]
            assert list(dict.fromkeys(spoken)) == [name for name in names if name in spoken]
            assert all(part.persona.lens in {None, part.claim.lens} for part in parts), names
            sections = {part.section for part in parts}
            assert (Section.DEEP_DIVE in sections) == ("banterpacks" in names)
            if "banterpacks" not in names:
                assert sum(part.section is Section.WHY for part in parts) >= len(why), names
            assert settle(told, parts, PlainWriter().draft(told, parts, cast)).sentences


def test_why_it_matters_keeps_its_claims() -> None:
    """It lends none to the deep dive of a voice that is not in the cast."""
    saliences = {"size.rank": 0.9, "past.woke": 0.8, "size.pure": 0.7, "code.tangled": 0.6}
    slots = {name: {slot: f"x.{slot}" for slot in slots_of(TEMPLATES[name].skeleton)} for name in saliences}
    claims = tuple(TEMPLATES[name].claim(salience, **slots[name]) for name, salience in saliences.items())
    numbers = {"change.churn": 500, "change.files": 9}
    facts = [Fact(name, value, "1", str(value), str(value), Source.GIT, "true") for name, value in numbers.items()]
    for names in slots.values():
        facts += [Fact(name, name, "1", name, name, Source.GIT, "true") for name in names.values()]
    ledger = Ledger({one.id: one for one in facts}.values())
    dossier = Dossier(SubjectKey("commit", ("a" * 40,), None), {}, ledger, claims, Coverage(1, 0))
    parts = cast_page(dossier, load_cast(None, ("gemini", "chatgpt")))
    assert {part.claim.id for part in parts if part.section is Section.WHY} == {"size.rank", "code.tangled"}


def test_a_page_has_the_voices_of_its_repository(repo: RepoBuilder, run: Callable[..., Ran]) -> None:
    """The setting decides who speaks, `verify` agrees, and a changed choice makes pages stale, not false."""
    repo.commit("feat: one", {"core/a.py": "def f():\n    return 1\n" * 40, "docs/x.md": "# X\n" * 30})
    repo.write({"chronicles.toml": 'cast = ["gemini", "chatgpt"]\n'})
    assert run(repo.path, "generate").code == 0
    text = (repo.path / "episodes/episode_001.md").read_text(encoding="utf-8")
    assert "**ChatGPT:**" in text
    assert "**Claude:**" not in text
    assert "Banterpacks" not in text
    assert run(repo.path, "verify", "--strict").code == 0
    repo.write({"chronicles.toml": 'cast = ["claude"]\n'})
    assert run(repo.path, "verify").code == 0
    assert run(repo.path, "verify", "--strict").code == 1
    repo.write({"chronicles.toml": 'cast = ["clod"]\n'})
    done = run(repo.path, "generate", "--force")
    assert done.code == 2
    assert "setting `cast`: no persona is called 'clod'; there are banterpacks, chatgpt, claude, gemini" in done.err


def test_all_files_are_listed_whoever_speaks(tmp_path: Path) -> None:
    """Files are in the order of speech, with where they come from."""
    (tmp_path / "grace.toml").write_text(GRACE, encoding="utf-8")
    files = load_files(tmp_path)
    assert [file.persona.key for file in files] == ["narrator", *VOICES, "grace"]
    assert [file.own for file in files] == [False] * 5 + [True]
