"""`chronicles hook install` and `uninstall`: the hook beside the hooks that are there, and out again."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Any

import click

from chronicles.errors import ConfigError
from chronicles.files import write_atomic
from chronicles.history.location import locate
from chronicles.history.repository import Repository
from chronicles.history.worktrees import hooks_folder, published_branch
from chronicles.hook.install import put, take
from chronicles.hook.script import wake_script
from chronicles.hook.state import Installed, State

__all__ = ["install", "uninstall"]


@click.command("install")
@click.pass_obj
def install(obj: dict[str, Any]) -> None:
    """Install the hook in this repository, beside the hooks that are there."""
    with Repository.open(Path(obj["path"])) as repository:
        branch = published_branch(repository)
        if branch is None:
            raise ConfigError(repository.root, "HEAD is on no branch; switch to the one whose history is told")
        state = State(repository.git_dir)
        (state.folder / "rewritten").mkdir(parents=True, exist_ok=True)
        state.install(state.installed() or Installed(branch, repository.branch_tip(branch)))
        git = Path(shutil.which("git") or "/usr/bin/git")
        write_atomic(state.folder / "wake", wake_script(sys.executable, git.parent))
        folder, _ = hooks_folder(repository.location)
        put(folder)
    click.echo(f"chronicles: installed in {folder}; commits on {branch} get their pages from now on.", err=True)


@click.command("uninstall")
@click.pass_obj
def uninstall(obj: dict[str, Any]) -> None:
    """Take the hook out again; every other byte of the hooks stays as it is."""
    location = locate(Path(obj["path"]))
    folder, _ = hooks_folder(location)
    take(folder)
    shutil.rmtree(State(location.common_dir).folder, ignore_errors=True)
    click.echo(f"chronicles: taken out of {folder}.", err=True)
