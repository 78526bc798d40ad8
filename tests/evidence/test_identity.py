"""Who, when and in what words: the facts of a commit's identity, whatever its object holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from chronicles.dossier import Dossier
    from tests.conftest import RepoBuilder


def test_a_commit_is_named_as_git_names_it(repo: RepoBuilder, dossier_of: Callable[..., Dossier]) -> None:
    """Hash, short hash of seven, author and the author's time with its offset."""
    sha = repo.commit(
        "fix(core): count to two (#9)\n\nBecause one was not enough.\n\nCo-authored-by: Bea <b@example.org>",
        {"a.py": "1\n"},
        at="2024-05-01T23:30:00+14:00",
        committed_at="2024-05-03T00:10:00+01:00",
    )
    ledger = dossier_of(repo).ledger
    values = {key.partition(".")[2]: fact.value for key, fact in ledger.items() if fact.family == "commit"}
    assert values["sha"] == sha
    assert values["short_sha"] == sha[:7]
    assert ledger["commit.sha"].text == f"`{sha[:7]}`"
    assert values["subject"] == "fix(core): count to two (#9)"
    assert (values["type"], values["type_by"], values["scope"]) == ("fix", "stated", "core")
    assert values["author"] == "Ada"
    assert values["authored_at"] == "2024-05-01T23:30:00+14:00"
    assert values["day"] == "2024-05-02", "the committer's day, in UTC"
    assert ledger.value("message.issue.1") == "#9"
    assert ledger.value("message.co_authors") == 1
    assert ledger.string("message.reason").startswith("Because one was not enough")


@pytest.mark.parametrize("message", ["", "\n\n", " "])
def test_no_message_is_said(repo: RepoBuilder, dossier_of: Callable[..., Dossier], message: str) -> None:
    """An empty message has a subject that says so, and no body."""
    repo.commit(message, {"a.py": "1\n"})
    ledger = dossier_of(repo).ledger
    assert ledger.value("commit.subject") == "(no message)"
    assert ledger.value("message.body_lines") == 0


@pytest.mark.parametrize(
    "message",
    [
        "<script>alert(1)</script> {{ 7 * 7 }}",
        "# not a heading\n\n---\n\n## nor this",
        "\x1b[31mred\x1b[0m \u202eevil",
        b"latin \xe9\xff",
        "x" * 100_000,
        "`code` *em* [a](javascript:x) | cell",
    ],
)
def test_hostile_words_are_data(repo: RepoBuilder, dossier_of: Callable[..., Dossier], message: str | bytes) -> None:
    """No message adds a line, a control character or an open markup to a fact."""
    repo.commit(message, {"a.py": "1\n"})
    fact = dossier_of(repo).ledger["commit.subject"]
    assert len(fact.text) <= 1000
    assert not set(fact.text) & set("\n\x1b\u202e")
    assert "<script" not in fact.text
    assert "49" not in fact.text
    fact.text.encode()


@pytest.mark.parametrize("stamp", ["-3600 +0000", "0 +1400", "99999999999 -1200", "1700000000 +0530"])
def test_odd_times_have_a_day(repo: RepoBuilder, dossier_of: Callable[..., Dossier], stamp: str) -> None:
    """Times before the epoch, far in the future and in odd zones are told, not refused."""
    tree = repo.git("mktree", stdin="")
    who = f"A <a@example.org> {stamp}"
    repo.raw_commit(f"tree {tree}\nauthor {who}\ncommitter {who}\n\nodd\n".encode())
    ledger = dossier_of(repo).ledger
    assert ledger.string("commit.day")
    assert "T" in ledger.string("commit.authored_at")


def test_a_group_is_named_by_its_days(repo: RepoBuilder, dossier_of: Callable[..., Dossier]) -> None:
    """A group has no subject line of its own: its number of commits and its days stand for it."""
    base = repo.commit("begin", {"a.py": "1\n"}, at="2024-01-01T12:00:00+00:00")
    for number in (2, 3, 3):
        repo.commit(
            f"step {number}", {"a.py": f"{number} {repo.clock}\n"}, at=f"2024-01-0{number}T1{number}:00:00+00:00"
        )
    ledger = dossier_of(repo, f"{base}..HEAD", kind="group").ledger
    assert ledger.value("commit.subject") == "Three commits of 2024-01-02 to 2024-01-03"
    assert ledger["commit.subject"].derive == f"chronicles fact {base}..{repo.head} commit.subject"
    assert ledger.value("group.commits") == 3
    assert [ledger.value(f"{entry}.subject") for entry in ledger.numbered("member")] == ["step 3", "step 3", "step 2"]
    assert not [key for key in ledger if key.startswith("message.")]


def test_members_beyond_forty_are_counted(repo: RepoBuilder, dossier_of: Callable[..., Dossier]) -> None:
    """Forty members are listed, the rest is a number."""
    base = repo.commit("begin", {"a.py": "1\n"})
    for number in range(43):
        repo.commit(f"step {number}")
    ledger = dossier_of(repo, f"{base}..HEAD", kind="group", reading="quick").ledger
    assert len(ledger.numbered("member")) == 40
    assert ledger.value("member.left_out") == 3


def test_an_octopus_names_its_parents(repo: RepoBuilder, dossier_of: Callable[..., Dossier]) -> None:
    """A merge says how many parents it has and lists what it brought in."""
    repo.commit("begin", {"a.py": "1\n"})
    for name in ("one", "two"):
        repo.branch(name, "main")
        repo.commit(f"feat: {name}", {f"{name}.py": "1\n"})
    repo.switch("main")
    repo.merge("one", "two")
    dossier = dossier_of(repo)
    assert dossier.ledger.value("commit.merge") == 3
    assert dossier.ledger.value("change.files") == 2
    assert {dossier.ledger.value(f"{e}.subject") for e in dossier.ledger.numbered("member")} == {
        "feat: one",
        "feat: two",
    }
    assert (dossier.coverage.told, dossier.coverage.grouped) == (1, 2)


def test_a_secret_in_a_message_is_redacted(repo: RepoBuilder, dossier_of: Callable[..., Dossier]) -> None:
    """A token in subject or body reaches no fact, and how many were taken out is one."""
    token = "ghp_" + "A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8"
    repo.commit(f"use {token}\n\nBecause {token} works.", {"a.py": f'KEY = "{token}"\n', f"{token}/x.py": "1\n"})
    dossier = dossier_of(repo)
    assert token not in str(dossier.to_json()["facts"])
    assert dossier.ledger.number("commit.redactions") >= 1
