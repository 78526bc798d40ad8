"""Facts: one way from a value to its figure, its phrase and the command that finds it again."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from chronicles.cli import cli
from chronicles.dossier import Source, SubjectKey
from chronicles.evidence.build import build_dossier
from chronicles.evidence.facts import FactBook, diff_command, shown_path

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from chronicles.dossier import Dossier
    from chronicles.evidence.build import Workshop
    from tests.conftest import RepoBuilder

KEY = SubjectKey("commit", ("a" * 40,), None)


def shell(command: str, folder: Path) -> str:
    """What a person sees who pastes a command."""
    done = subprocess.run(["bash", "-c", command], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.mark.parametrize("seed", [11, 12])
def test_git_says_what_the_fact_says(
    repo: RepoBuilder,
    wander: Callable[..., list[str]],
    dossier_of: Callable[..., Dossier],
    open_workshop: Callable[..., Workshop],
    seed: int,
) -> None:
    """Each git command that a fact names prints the value of the fact, in any folder of the repository."""
    wander(repo, seed, 14)
    below = repo.path / "some" / "folder"
    below.mkdir(parents=True)
    shop = open_workshop(repo)
    ran = set()
    for sha in repo.git("rev-list", "--first-parent", "HEAD", "--").split()[::2]:
        for fact in dossier_of(repo, sha, shop=shop, reading="quick").ledger.values():
            if not fact.derive.startswith(("git ", "TZ=")) or fact.unit in {"text", "time"}:
                continue
            printed = shell(fact.derive, below)
            assert printed == str(fact.value), fact
            ran.add(fact.id)
    assert ran >= {"change.files", "change.insertions", "change.deletions", "commit.sha", "commit.author", "commit.day"}


def test_git_says_what_the_fact_of_a_group_says(
    repo: RepoBuilder, wander: Callable[..., list[str]], dossier_of: Callable[..., Dossier]
) -> None:
    """The commands of a range name both its ends."""
    shas = wander(repo, 5, 12)
    ledger = dossier_of(repo, f"{repo.git('rev-list', '--first-parent', 'HEAD', '--').split()[-3]}..{shas[-1]}").ledger
    for fact_id in ("change.files", "change.insertions", "change.deletions"):
        assert shell(ledger[fact_id].derive, repo.path) == str(ledger.value(fact_id))


@pytest.mark.parametrize("object_format", ["sha1", "sha256"])
def test_the_facts_of_a_group_that_begins_at_the_root_are_found_again(
    make_repo: Callable[..., RepoBuilder],
    open_workshop: Callable[..., Workshop],
    monkeypatch: pytest.MonkeyPatch,
    object_format: str,
) -> None:
    """The empty tree stands for the commit that is not there, in the commands of git and in our own."""
    repo = make_repo(object_format=object_format)
    shas = [
        repo.commit(f"step {number}", {f"{number}.py": f"def f{number}():\n    return {number}\n"})
        for number in range(3)
    ]
    monkeypatch.chdir(repo.path)
    shop = open_workshop(repo)
    shop.index.follow(shas[-1])
    ledger = build_dossier(shop, SubjectKey("group", tuple(reversed(shas)), None)).ledger
    for fact_id in ("group.commits", "symbol.added", "change.churn", "commit.subject"):
        words = shlex.split(ledger[fact_id].derive)
        done = CliRunner().invoke(cli, [*words[1:], "--json"], catch_exceptions=False)
        assert json.loads(done.stdout)["value"] == ledger.value(fact_id), fact_id
    assert ledger.value("symbol.added") == 3
    assert shell(ledger["change.files"].derive, repo.path) == "3"


def test_settings_of_a_person_change_no_command(
    repo: RepoBuilder, dossier_of: Callable[..., Dossier], tmp_path: Path
) -> None:
    """What git would do otherwise where somebody likes it otherwise, the command says."""
    repo.commit("begin", {"a.bin": "one\ntwo\n", ".gitattributes": "*.bin diff=up\n"})
    repo.commit("more", {"a.bin": "ONE\ntwo\nthree\n"})
    upper = tmp_path / "up"
    upper.write_text("#!/bin/sh\ntr a-z A-Z < $1\n", encoding="ascii")
    upper.chmod(0o755)
    for name, value in (("diff.up.textconv", str(upper)), ("diff.external", "true"), ("color.ui", "always")):
        repo.git("config", name, value)
    ledger = dossier_of(repo).ledger
    for fact_id in ("change.files", "change.insertions", "change.deletions"):
        assert shell(ledger[fact_id].derive, repo.path) == str(ledger.value(fact_id)), fact_id


def test_the_seeds_commit_has_the_seeds_figures(
    repo: RepoBuilder, scaffold: Callable[..., str], dossier_of: Callable[..., Dossier]
) -> None:
    """38 files, 6,518 lines in, one out, 171.5 lines per file, 99.98% additive, a score of at least 90."""
    sha = scaffold(repo)
    ledger = dossier_of(repo).ledger
    figures = {key: fact.figure for key, fact in ledger.items() if key.startswith(("change.", "component.ban"))}
    assert figures["change.files"] == "38"
    assert figures["change.insertions"] == "6,518"
    assert figures["change.deletions"] == "1"
    assert figures["change.lines_per_file"] == "171.5"
    assert figures["change.additive_percent"] == "99.98%"
    assert figures["component.banterhearts.files"] == "26"
    assert 90 <= ledger.number("change.complexity_score") <= 100
    assert ledger.value("change.lines_per_file") == pytest.approx(6518 / 38, abs=1e-4)
    assert ledger.string("commit.sha") == sha
    assert ledger.string("commit.subject") == "The scaffolding"
    assert ledger.string("commit.authored_at") == "2025-09-02T14:30:00-04:00"


def test_every_commit_has_the_facts_of_the_contract(
    repo: RepoBuilder,
    wander: Callable[..., list[str]],
    dossier_of: Callable[..., Dossier],
    open_workshop: Callable[..., Workshop],
) -> None:
    """The ids that the schema promises are there for any commit with changes, and no id stands twice."""
    wander(repo, 3, 12)
    shop = open_workshop(repo)
    promised = {f"commit.{what}" for what in ("sha", "short_sha", "subject", "type", "author", "authored_at")}
    promised |= {f"change.{what}" for what in ("files", "insertions", "deletions", "binary_files", "complexity_score")}
    promised |= {"change.lines_per_file", "change.additive_percent"}
    for sha in repo.git("rev-list", "--first-parent", "HEAD", "--").split():
        dossier = dossier_of(repo, sha, shop=shop, reading="quick")
        assert promised <= dossier.ledger.keys()
        assert {fact.family for fact in dossier.ledger.values()} <= dossier.made_by.keys()
        assert all(fact.text.strip() and fact.figure.strip() and fact.derive for fact in dossier.ledger.values())


def test_the_fact_command_derives_every_fact(
    repo: RepoBuilder, dossier_of: Callable[..., Dossier], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What `derive` names for facts of analysis is a command that finds the same value, odd names included."""
    repo.commit("feat: begin", {"a.py": "def f():\n    return 1\n"})
    repo.commit(
        "feat: more", {"a.py": "def f():\n    return 2\n\n\ndef g():\n    return 1\n", "new\nline $(x)/b.py": "b = 1\n"}
    )
    monkeypatch.chdir(repo.path)
    facts = [f for f in dossier_of(repo).ledger.values() if f.derive.startswith("chronicles")]
    chosen = [
        f for f in facts if "new" in f.id or f.id in {"change.complexity_score", "symbol.added", "past.1.changes"}
    ]
    assert len(chosen) >= 5
    for fact in chosen:
        words = shlex.split(fact.derive)
        done = CliRunner().invoke(cli, [*words[1:], "--json"], catch_exceptions=False)
        assert json.loads(done.stdout)["value"] == fact.value, fact


def test_a_secret_is_taken_out_and_counted() -> None:
    """Whatever text becomes a fact, a path included, loses its secrets, and the book counts them."""
    book = FactBook(KEY, ())
    token = "ghp_" + "A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8"  # in two parts, or scanners find it in this file
    book.words("commit.subject", f"use {token} for now")
    book.path("file.1.path", f"keys/{token}")
    shown = "".join(f"{fact.value}{fact.text}{fact.figure}" for fact in book)
    assert token not in shown
    assert book.redactions == 2


@pytest.mark.parametrize("before", [2, 9, 20, 40, 55])
def test_a_text_is_cut_after_its_secrets_are_out(before: int) -> None:
    """A secret that lies across the cut would be too short to be known for one, had the text been cut first."""
    book = FactBook(KEY, ())
    token = "ghp_" + "A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8"
    book.words("commit.subject", f"{'a ' * (before // 2)}{token} for now", limit=60)
    shown = book.ledger().string("commit.subject")
    assert "ghp_" not in shown
    assert book.redactions == 1


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("one two", "one two"),
        ("one two three", "one two"),
        ("one-two-three", "one-two-"),
        ("", ""),
        ("a\nb cd efg", "a\nb cd"),
    ],
)
def test_a_text_is_cut_after_a_word(text: str, shown: str) -> None:
    """A word that fits stays whole, one that does not goes whole; a text of one word is cut where it has to be."""
    book = FactBook(KEY, ())
    book.words("commit.subject", text, limit=8)
    assert book.ledger().string("commit.subject") == shown


def test_text_is_shown_as_literal_markdown() -> None:
    """Repository text becomes no link, no code and no HTML; the value stays as it was written."""
    book = FactBook(KEY, ())
    book.words("commit.subject", "<b>*x*</b> [y](z) `q`")
    book.path("file.1.path", "a`b|c.py")
    ledger = book.ledger()
    assert ledger.value("commit.subject") == "<b>*x*</b> [y](z) `q`"
    assert "<b>" not in ledger["commit.subject"].text
    assert ledger["commit.subject"].text.count("\\[") == 1
    assert "`" not in ledger["file.1.path"].text.replace("\\`", "")
    assert "|" not in ledger["file.1.path"].text.replace("\\|", "")


def test_control_characters_stay_outside() -> None:
    """Escapes, right-to-left marks and bytes that are not UTF-8 do not reach a page."""
    book = FactBook(KEY, ())
    book.words("commit.subject", "a\x1b[31mred\u202e\x00")
    book.path("file.1.path", os.fsdecode(b"x\xff\ny"))
    for fact in book:
        for text in (fact.text, fact.figure):
            assert not set(text) & set("\x1b\u202e\x00\n")
            text.encode()
    assert "\\xff" in str(book.ledger().value("file.1.path"))


def test_a_path_shows_its_bytes() -> None:
    """Bytes that are not UTF-8 are written as escapes, all others as they are."""
    assert shown_path(os.fsdecode(b"a\xff\x80/\xc3\xbc")) == "a\\xff\\x80/ü"


def test_figure_and_phrase_of_a_count() -> None:
    """A table cell has the bare number, a slot the number with its noun."""
    book = FactBook(KEY, ())
    book.count("change.files", 1, "file", source=Source.GIT)
    book.count("change.insertions", 6518, "line")
    ledger = book.ledger()
    assert (ledger["change.files"].figure, ledger["change.files"].text) == ("1", "one file")
    assert (ledger["change.insertions"].figure, ledger["change.insertions"].text) == ("6,518", "6,518 lines")
    assert ledger["change.files"].derive == f"chronicles fact {'a' * 40} change.files"


def test_a_time_that_runs_backwards_is_no_span() -> None:
    """A clock that went back keeps its value and is told as no time."""
    book = FactBook(KEY, ())
    book.span("lineage.silence", -3600)
    assert book.ledger()["lineage.silence"].text == "less than a minute"


def test_the_command_quotes_odd_folders() -> None:
    """A folder's name is never shell."""
    command = diff_command(SubjectKey("commit", ("b" * 40,), None), ["a b; rm -rf ~"], "--numstat")
    words = shlex.split(command)
    assert any("a b; rm -rf ~" in word for word in words)
    assert "4b825dc642cb6eb9a060e54bf8d69288fbee4904" in words
