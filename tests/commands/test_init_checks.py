"""`chronicles init` proposes checks, and nothing of a proposal runs."""

from __future__ import annotations

import json
import tomllib
from typing import TYPE_CHECKING

import pytest

from chronicles.commands.proposals import propose_checks
from chronicles.config import load_settings

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import Ran, RepoBuilder

MAKEFILE = (
    ".PHONY: test\nVERSION := 1\ntest: build\n\ttouch ran\nlint :\n\truff check\nbuild := no target\ndocs::\n\tx\n"
)


def proposed(folder: Path) -> dict[str, str]:
    """The checks that would be there if somebody took every `#` away."""
    lines = [line.removeprefix("# ") for line in propose_checks(folder, "checks")]
    checks: dict[str, str] = tomllib.loads("\n".join(lines[1:]))["checks"]
    return checks


@pytest.mark.parametrize("project", ["", '[project]\r\nname = "x"\r\n'])
def test_proposals_are_comments(repo: RepoBuilder, run: Callable[..., Ran], project: str) -> None:
    """What a Makefile names stands in the settings as comments; nothing is configured, and a document runs nothing."""
    files = {"Makefile": MAKEFILE} | ({"pyproject.toml": project} if project else {})
    repo.commit("feat: begin", files)
    assert run(repo.path, "init").code == 0
    text = (repo.path / ("pyproject.toml" if project else "chronicles.toml")).read_bytes().decode()
    assert '# tests = "make test"' in text
    assert '# pages = "chronicles verify"' in text
    assert not project or "\n" not in text.replace("\r\n", "")
    assert load_settings(repo.path, name="x", environment={}).checks == {}
    ran = run(repo.path, "patch")
    assert (ran.code, "check" in ran.err) == (0, False)
    assert not (repo.path / "ran").exists()
    assert "Validation" not in (repo.path / "patches/patch_1.md").read_text()


def test_a_proposal_without_its_mark_is_a_check(repo: RepoBuilder, run: Callable[..., Ran]) -> None:
    """Who takes the `#` away has configured the check."""
    repo.commit("feat: begin", {"Makefile": MAKEFILE})
    run(repo.path, "init")
    path = repo.path / "chronicles.toml"
    text = path.read_text()
    path.write_text(text.replace("# [checks]", "[checks]").replace("# tests", "tests"))
    checks = load_settings(repo.path, name="x", environment={}).checks
    assert {name: one.command for name, one in checks.items()} == {"tests": "make test"}


@pytest.mark.parametrize(
    ("files", "checks"),
    [
        ({}, {}),
        ({"Makefile": MAKEFILE}, {"tests": "make test", "lint": "make lint", "docs": "make docs"}),
        ({"tox.ini": "", "pytest.ini": ""}, {"tests": "tox"}),
        ({"noxfile.py": ""}, {"tests": "nox"}),
        (
            {"pyproject.toml": "[build-system]\nrequires = []\n[tool.pytest.ini_options]\n[tool.ruff]\n"},
            {"tests": "python -m pytest", "lint": "ruff check .", "build": "python -m build"},
        ),
        ({"pyproject.toml": "[tool.pytest\n"}, {}),
        (
            {"package.json": json.dumps({"scripts": {"test": "jest", "build": 'x"; rm -rf ~', "evil\n": "x"}})},
            {"tests": "npm ci && npm test", "build": "npm ci && npm run build"},
        ),
        ({"package.json": json.dumps({"scripts": {"test": 'echo "Error: no test specified" && exit 1'}})}, {}),
        ({"package.json": "[" * 100_000}, {}),
        ({"package.json": "3"}, {}),
        (
            {"Cargo.toml": ""},
            {"tests": "cargo test", "lint": "cargo clippy -- -D warnings", "build": "cargo build"},
        ),
        ({"go.mod": ""}, {"tests": "go test ./...", "lint": "go vet ./...", "build": "go build ./..."}),
        ({"mkdocs.yml": "", "Makefile": "lint:\n"}, {"docs": "mkdocs build --strict", "lint": "make lint"}),
    ],
)
def test_a_project_is_known_by_its_files(tmp_path: Path, files: dict[str, str], checks: dict[str, str]) -> None:
    """Each file proposes its own commands, one a purpose; what it says inside never enters a command."""
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    assert proposed(tmp_path) == {**checks, "pages": "chronicles verify"}
