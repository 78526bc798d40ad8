"""Which suite may run: the declared one that a person allowed, byte for byte of its meaning, and no other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from chronicles.errors import ConfigError
from chronicles.hook.suite import allow_suite, refusal

if TYPE_CHECKING:
    from pathlib import Path

SUITE = 'command = "make bench"\nsetup = "make"\nenv = { A = "1" }\nblocks = 3\n'
CHANGED = "suite start has changed: look at it and run `chronicles hook install` again"


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """The hook's folder, beside a work tree."""
    (tmp_path / "state").mkdir()
    (tmp_path / "tree").mkdir()
    return tmp_path / "state"


def declare(state: Path, text: str, *, own: bool = True) -> Path:
    """Write a declaration of the suite, in either file; the work tree."""
    tree = state.parent / "tree"
    if own:
        (tree / "banterhearts.toml").write_text(f"[suites.start]\n{text}", "utf-8")
    else:
        (tree / "pyproject.toml").write_text(f"[tool.banterhearts.suites.start]\n{text}", "utf-8")
    return tree


def test_what_was_allowed_may_run(state: Path) -> None:
    """The person is told which commands they have allowed; comments and the order of keys mean nothing."""
    tree = declare(state, SUITE)
    said = allow_suite(state, tree, "start")
    assert said == (
        "suite start of banterhearts.toml may run before pages are written, as it is declared now: make; make bench"
    )
    assert refusal(state, tree, "start") == ""
    declare(state, "# a comment\n" + "\n".join(reversed(SUITE.splitlines())))
    assert refusal(state, tree, "start") == ""
    (tree / "banterhearts.toml").unlink()
    declare(state, SUITE, own=False)
    assert refusal(state, tree, "start") == "", "the same suite in the other file"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("make bench", "make bench; curl evil"),
        ('setup = "make"', 'setup = "make all"'),
        ('A = "1"', 'A = "2"'),
        ("blocks = 3", "blocks = 4"),
        ("blocks = 3", 'blocks = 3\n[suites.start.cases.more]\ncommand = "evil"'),
        ("blocks = 3", "blocks = 3.0"),
        (SUITE, ""),
    ],
)
def test_another_declaration_is_another_suite(state: Path, old: str, new: str) -> None:
    """Whatever of it a pull changes, it does not run until somebody has looked."""
    tree = declare(state, SUITE)
    allow_suite(state, tree, "start")
    declare(state, SUITE.replace(old, new))
    assert refusal(state, tree, "start") == CHANGED
    allow_suite(state, tree, "start")
    assert refusal(state, tree, "start") == ""


def test_the_file_that_wins_decides(state: Path) -> None:
    """A banterhearts.toml that a pull brings is what the engine would read, so it is what counts."""
    tree = declare(state, SUITE, own=False)
    assert "of pyproject.toml" in allow_suite(state, tree, "start")
    declare(state, 'command = "evil"\n')
    assert refusal(state, tree, "start") == CHANGED


def test_a_suite_that_was_never_allowed(state: Path) -> None:
    """Neither one that the settings name since, nor any at all after an installation without one."""
    tree = declare(state, SUITE)
    never = "suite {} was not there when the hook was installed: look at it and run `chronicles hook install` again"
    assert refusal(state, tree, "start") == never.format("start")
    allow_suite(state, tree, "start")
    assert refusal(state, tree, "other") == never.format("other")
    assert allow_suite(state, tree, "") == ""
    assert refusal(state, tree, "start") == never.format("start")
    assert allow_suite(state, tree, "") == ""


@pytest.mark.parametrize(
    "garbage",
    [b"", b"\xff", b"[]", b'{"suite": "start"}', b"[" * 9999, b'{"schema": "chronicles.suite/2", "suite": "start"}'],
)
def test_a_permission_that_cannot_be_read_is_none(state: Path, garbage: bytes) -> None:
    """Garbage allows nothing and stops nobody."""
    tree = declare(state, SUITE)
    (state / "suite.json").write_bytes(garbage)
    assert "was not there" in refusal(state, tree, "start")


def test_a_declaration_that_cannot_be_read(state: Path) -> None:
    """Installation refuses it, and the worker skips it with the reason."""
    tree = declare(state, SUITE)
    allow_suite(state, tree, "start")
    for broken in (b"[suites", b"\xff\xfe", b"a = " + b"[" * 9999):
        (tree / "banterhearts.toml").write_bytes(broken)
        assert refusal(state, tree, "start").startswith("suite start cannot be looked at: ")
        with pytest.raises(ConfigError):
            allow_suite(state, tree, "start")


@pytest.mark.parametrize("text", ["tool = 3\n", "[tool]\nbanterhearts = []\n", "[tool.banterhearts]\nsuites = 1\n", ""])
def test_tables_that_are_none(state: Path, text: str) -> None:
    """What is no suite is the same as none, which the engine will say."""
    (state.parent / "tree/pyproject.toml").write_text(text, "utf-8")
    assert allow_suite(state, state.parent / "tree", "start").endswith("declared now")
    assert refusal(state, state.parent / "tree", "start") == ""
    declare(state, SUITE, own=False)
    assert refusal(state, state.parent / "tree", "start") == CHANGED


def test_a_built_in_suite_is_known_by_its_options(state: Path) -> None:
    """`decode` has its options in a table of its name, and what they name is a model."""
    tree = state.parent / "tree"
    (tree / "banterhearts.toml").write_text('[decode]\nmodel = "a"\n', "utf-8")
    allow_suite(state, tree, "decode")
    (tree / "banterhearts.toml").write_text('[decode]\nmodel = "b"\n', "utf-8")
    assert "has changed" in refusal(state, tree, "decode")


def test_commands_are_shown_on_one_line(state: Path) -> None:
    """What a repository declares cannot write over the terminal of who installs."""
    text = 'command = ["sh", "-c", "a\\u001b[2Jb\\nc"]\n[suites.start.cases.one]\ncommand = "x"\n'
    assert allow_suite(state, declare(state, text), "start").endswith("declared now: sh -c a\\x1b[2Jb\\nc; x")
