"""The page on performance where nothing was measured: its commands run as they stand there."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from banterhearts.cli import cli
from chronicles.site.unmeasured import declared_suite, unmeasured

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import Ran, RepoBuilder


def blocks(text: str, kind: str) -> list[str]:
    """The lines of the block of a kind."""
    found = re.search(rf"```{kind}\n(.*?)```", text, re.DOTALL)
    return found[1].splitlines() if found else []


def test_a_newcomer_can_paste_the_page(
    repo: RepoBuilder, run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The suite to begin with is one, and each command measures with it; once it is declared, commands name it."""
    repo.commit("feat: begin", {"a.py": "A = 1\n"})
    page = repo.path / ".chronicles" / "pages" / "performance" / "index.md"
    assert run(repo.path, "site", "stage").code == 0
    text = page.read_text("utf-8")
    commands = [line.partition("#")[0] for line in blocks(text, "shell")]
    repo.commit("test: declare", {"pyproject.toml": "\n".join(blocks(text, "toml"))})
    monkeypatch.chdir(repo.path)
    assert [shlex.split(one)[:2] for one in commands[:3]] == [
        ["banterhearts", name] for name in ("bench", "bench", "history")
    ]
    for command in commands[:3]:
        few = ["--blocks", "1"] if "--suite" in command or "run" in command else []
        ran = CliRunner().invoke(cli, [*shlex.split(command)[1:], *few])
        assert ran.exit_code == 0, f"{command}: {ran.output}"
    assert declared_suite(repo.path) == "start"


@pytest.mark.parametrize(
    ("name", "text", "wanted"),
    [
        ("pyproject.toml", "[tool.banterhearts.suites.'$(pwn)']\n[tool.banterhearts.suites.speed]", "speed"),
        ("banterhearts.toml", "[suites.own]", "own"),
        ("pyproject.toml", "[tool]\nbanterhearts = 3", ""),
        ("pyproject.toml", "[[[", ""),
        ("pyproject.toml", "[project]", ""),
    ],
)
def test_the_commands_name_a_suite_that_is_declared(tmp_path: Path, name: str, text: str, wanted: str) -> None:
    """The first suite whose name a shell takes as it is; whatever else the file says, the page is there."""
    (tmp_path / name).write_text(text, "utf-8")
    assert declared_suite(tmp_path) == wanted
    page = "\n".join(unmeasured(wanted))
    assert f"banterhearts bench run {wanted or 'start'} " in page
    assert bool(blocks(page, "toml")) == (not wanted)
