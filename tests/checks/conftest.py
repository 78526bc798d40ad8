"""A project with checks, and the means to see what a run of them leaves."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.conftest import RepoBuilder


def _hang_up() -> None:
    """Let a hang-up end what is started: under nohup it is ignored, which children inherit."""
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


@dataclass(frozen=True)
class Project:
    """A repository whose path has a space, and a folder for temporary files that nobody else uses."""

    repo: RepoBuilder
    temporary: Path

    @property
    def path(self) -> Path:
        """The work tree."""
        return self.repo.path

    @property
    def environment(self) -> dict[str, str]:
        """What its runs get."""
        return {**os.environ, "TMPDIR": str(self.temporary)}

    def configure(self, checks: Mapping[str, str | dict[str, Any]]) -> None:
        """Name the checks, in the work tree alone."""
        values = {name: one if isinstance(one, dict) else {"command": one} for name, one in checks.items()}
        tables = [
            "\n".join([f"[checks.{name}]", *(f"{key} = {json.dumps(value)}" for key, value in one.items())])
            for name, one in values.items()
        ]
        (self.path / "chronicles.toml").write_text("\n".join(tables) + "\n", encoding="utf-8")

    def start(self, *arguments: str, **options: Any) -> subprocess.Popen[str]:
        """Start `chronicles` in a process of its own."""
        command = [sys.executable, "-m", "chronicles", "-C", str(self.path), *arguments]
        return subprocess.Popen(
            [*options.pop("through", ()), *command],
            preexec_fn=_hang_up,  # noqa: PLW1509 - it takes no lock that a thread could hold
            env={**self.environment, **options.pop("env", {})},
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            **options,
        )

    def run(self, *arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
        """Run `chronicles` to its end."""
        with self.start(*arguments, **options) as process:
            out, err = process.communicate()
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)

    def document(self, number: int = 1) -> Path:
        """A patch document."""
        return self.path / "patches" / f"patch_{number}.md"

    def lines(self, number: int = 1) -> dict[str, str]:
        """The checklist of a document: each line by the name of its check."""
        section = self.document(number).read_text(encoding="utf-8").partition("## Validation Checklist\n\n")[2]
        lines = section.partition("\n\n")[0].split("\n")
        return {line.split("`")[1]: line for line in lines if line}

    def records(self) -> dict[str, dict[str, Any]]:
        """What is recorded, by name and run."""
        found = [json.loads(path.read_text()) for path in sorted((self.path / "patches/checks").glob("*.json"))]
        return {f"{one['name']}-{one['run']}": one for one in found}

    def inside(self) -> dict[str, str]:
        """Every file of the git directory by the digest of its bytes, but for our cache and what git itself renews."""
        git = self.path / ".git"
        return {
            str(path.relative_to(git)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(git.rglob("*"))
            if path.is_file() and path.relative_to(git).parts[0] not in ("chronicles", "index")
        }

    def processes(self) -> list[str]:
        """The processes that were started by a run here, found by their environment."""
        mark = f"TMPDIR={self.temporary}".encode()
        found = []
        for folder in Path("/proc").iterdir():
            if folder.name.isdecimal():
                try:
                    environment = (folder / "environ").read_bytes()
                    if mark in environment:
                        found.append((folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace"))
                except OSError:
                    continue
        return found

    def left(self) -> list[str]:
        """Processes, temporary files, worktrees, and files that git sees, but for the documents and their records."""
        found = self.processes() + [str(path) for path in self.temporary.rglob("*")]
        found += self.repo.git("worktree", "list").split("\n")[1:]
        status = self.repo.git("status", "--porcelain", "--untracked-files=all").split("\n")
        return found + [line for line in status if line and not line.startswith(("?? patches/", "?? chronicles.toml"))]


@pytest.fixture
def project(tmp_path: Path, make_repo: Callable[..., RepoBuilder]) -> Project:
    """One commit after a tag, and nothing configured yet."""
    repo = make_repo("my project")
    repo.commit("feat: begin", {"a.py": "A = 1\n", "README.md": "# It\n"})
    repo.tag("v1.0")
    repo.commit("feat: go on", {"b.py": "B = 2\n"})
    temporary = tmp_path / "temporary files"
    temporary.mkdir()
    return Project(repo, temporary)
