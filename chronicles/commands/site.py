"""`chronicles site`: the pages that people browse."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import click

from chronicles.commands.session import Session
from chronicles.errors import ConfigError, EmptyRepository
from chronicles.site.edition import Edition, Layout
from chronicles.site.staging import Staged, Stager
from chronicles.site.stock import Stock
from chronicles.site.workers import Workers

__all__ = ["FOLDER", "command", "stage_site"]

FOLDER = Path(".chronicles/pages")
"""Where pages are staged, from the top of the work tree: the `docs_dir` of mkdocs.yml."""
_BUILDERS = {"mkdocs": "mkdocs", "zensical": "zensical"}


def stage_site(path: Path) -> Staged:
    """Stage the pages of the repository that a path lies in."""
    with Session(path) as session, session.staging(session.root / FOLDER) as memory, Workers() as workers:
        cast = session.cast()
        stock = Stock(
            Edition(
                session.press().name,
                cast,
                Layout(session.renderer(cast, "episode")),
                Layout(session.renderer(cast, "patch")),
            ),
            episodes=(),
            head=_head(session),
            repo_url=session.settings.repo_url,
            runs=session.workshop.runs,
        )
        stager = Stager(session.root / FOLDER, memory, workers)
        return stager.stage(stock, session.press().series, session.patch_press().series)


@click.group("site")
def command() -> None:
    """Build the site of episodes, patch documents and measurements."""


@command.command("stage")
@click.pass_obj
def stage_command(obj: dict[str, Any]) -> None:
    """Bring the staged pages up to date: what a builder reads."""
    _report(stage_site(Path(obj["path"])))


@command.command("build")
@click.option("--builder", type=click.Choice(list(_BUILDERS)), default="mkdocs", show_default=True)
@click.pass_obj
def build(obj: dict[str, Any], builder: str) -> None:
    """Stage the pages and build the site into `site/`."""
    _run(Path(obj["path"]), builder, "build")


@command.command("serve")
@click.option("--builder", type=click.Choice(list(_BUILDERS)), default="mkdocs", show_default=True)
@click.pass_obj
def serve(obj: dict[str, Any], builder: str) -> None:
    """Stage the pages, build the site and serve it on this machine."""
    _run(Path(obj["path"]), builder, "serve")


def _head(session: Session) -> str:
    try:
        return session.repository.resolve("HEAD")
    except EmptyRepository:
        return ""


def _run(path: Path, builder: str, verb: str) -> None:
    if find_spec(builder) is None:
        remedy = "`python -m pip install 'chimera-chronicles[site]'` installs it"
        raise ConfigError(path, f"the extra `site` with {builder} is not installed; {remedy}.")
    staged = stage_site(path)
    _report(staged)
    status = subprocess.run([sys.executable, "-m", builder, verb], cwd=path, check=False).returncode
    if status or staged.problems:
        raise click.exceptions.Exit(1)


def _report(staged: Staged) -> None:
    for problem in staged.problems.values():
        click.echo(f"chronicles: {problem}", err=True)
    changed = f"{len(staged.written)} written, {len(staged.removed)} removed"
    click.echo(f"chronicles: {staged.pages:,} pages staged: {changed}.", err=True)
