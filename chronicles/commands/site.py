"""`chronicles site`: the pages that people browse."""

from __future__ import annotations

import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from chronicles.commands.session import Session
from chronicles.documents.verified import FILE, load_verified
from chronicles.errors import ChroniclesError, ConfigError, EmptyRepository
from chronicles.site.builders import BUILDERS, FOLDER, Plan, load_plan, need
from chronicles.site.documentation import find_documents, leads_of
from chronicles.site.edition import Edition, Layout
from chronicles.site.publishing import publish
from chronicles.site.staging import Staged, Stager
from chronicles.site.stock import Measured, Stock
from chronicles.site.watching import LOOK_SEC, Look
from chronicles.site.workers import Workers

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["command", "stage_site", "watched"]

_builder = click.option(
    "--builder", type=click.Choice(BUILDERS), default="mkdocs", show_default=True, help="What makes HTML of the pages."
)


def stage_site(path: Path, *, jobs: int | None = None) -> Staged:
    """Stage the pages of the repository that a path lies in."""
    with Session(path) as session:
        folder = _tree(session, path) / FOLDER
        with session.staging(folder) as memory, Workers(jobs) as workers:
            cast = session.cast()
            layouts = (Layout(session.renderer(cast, "episode")), Layout(session.renderer(cast, "patch")))
            episodes, patches = session.press(), session.patch_press()
            documents = find_documents(session.root, session.settings.docs, session.settings.excluded)
            folders = {session.settings.output: "episodes", session.settings.patches: "patches"}
            leads = leads_of(session.root, documents, folders, session.settings.repo_url)
            stock = Stock(
                Edition(episodes.name, cast, *layouts, leads),
                episodes=(),
                head=_head(session),
                repo_url=session.settings.repo_url,
                documents=documents,
                runs=session.workshop.runs,
                measured=_measured(session),
                verified=load_verified(session.repository.git_dir / "chronicles"),
            )
            return Stager(folder, memory, workers).stage(stock, episodes.series, patches.series)


def watched(path: Path) -> Callable[[], list[Path]]:
    """What gives the files and folders of which the site is made, there or not; by the settings as they are then."""
    with Session(path) as session:
        root, git = session.root, session.repository.git_dir
    # A checkout is seen by git's own log of it, a verification by its note.
    always = [root / name for name in ("README.md", "readme.md", "Readme.md", "pyproject.toml", "chronicles.toml")]
    always += [git / "logs" / "HEAD", git / "chronicles" / FILE]
    named: list[Path] = []

    def find() -> list[Path]:
        with suppress(ChroniclesError), Session(path) as session:
            own = session.settings
            names = (own.output, own.patches, own.reports, own.docs, own.personas, own.templates)
            named[:] = [root / name for name in names if name]
        return [*always, *named]

    return find


@click.group("site")
def command() -> None:
    """Build the site of episodes, patch documents, measurements and documentation.

    Exit 1: a page was left out, and said which; or the builder found fault.
    """


@command.command("stage")
@click.option("--jobs", type=click.IntRange(min=1), metavar="N", help="Processes; by default one a processor.")
@click.pass_obj
def stage_command(obj: dict[str, Any], jobs: int | None) -> None:
    """Bring the staged pages up to date: what a builder reads."""
    _end(_report(stage_site(Path(obj["path"]), jobs=jobs)))


@command.command("build")
@_builder
@click.option("--strict", is_flag=True, help="Have the builder take its warnings for errors.")
@click.pass_obj
def build(obj: dict[str, Any], builder: str, *, strict: bool) -> None:
    """Stage the pages and build the site, by default into site/."""
    root, plan, staged = _prepare(Path(obj["path"]), builder)
    status = _builder_run(builder, "build", root, plan, *(["--strict"] if strict else []))
    if not status and (builder != "mkdocs" or not plan.plugin):
        _publish(plan, staged)
    if not status:
        click.echo(plan.built)
    _end(staged, failed=status != 0)


@command.command("serve")
@_builder
@click.option("--address", default="127.0.0.1:8000", show_default=True, metavar="HOST:PORT", help="Where to listen.")
@click.option("--strict", is_flag=True, help="Have MkDocs take its warnings for errors.")
@click.pass_obj
def serve(obj: dict[str, Any], builder: str, address: str, *, strict: bool) -> None:
    """Stage the pages, build the site and serve it on this machine; new pages show up by themselves."""
    root, plan, staged = _prepare(Path(obj["path"]), builder)
    if builder == "mkdocs":
        _end(
            staged, failed=_builder_run("mkdocs", "serve", root, plan, "-a", address, *(["-s"] if strict else [])) != 0
        )
        return
    _serve_zensical(root, plan, staged, address)


def _serve_zensical(root: Path, plan: Plan, staged: Staged, address: str) -> None:
    """Have Zensical serve, and stage and publish whenever something is new: it knows no plugin that could."""
    child = subprocess.Popen(_call("zensical", "serve", plan, "-a", address), cwd=root)
    look = Look(watched(root))
    home = plan.built / "index.html"
    published = 0
    try:
        while child.poll() is None:
            with suppress(subprocess.TimeoutExpired):
                child.wait(LOOK_SEC)
            if look.changed():
                staged, published = _again(root) or staged, 0
            # Zensical empties the folder when it begins; later it writes what changed, the first page always.
            if home.is_file() and home.stat().st_mtime_ns != published:
                _publish(plan, staged)
                published = home.stat().st_mtime_ns
    finally:
        child.terminate()
        child.wait()
    _end(staged, failed=child.returncode > 0)


def _again(root: Path) -> Staged | None:
    """Stage once more while the site is served; what keeps that from being done is said, and the site stays."""
    try:
        return _report(stage_site(root))
    except ChroniclesError as error:
        click.echo(f"chronicles: the site stays as it was: {error}", err=True)
        return None


def _prepare(path: Path, builder: str) -> tuple[Path, Plan, Staged]:
    with Session(path) as session:
        root = _tree(session, path)
    need(builder, root)
    plan = load_plan(root)
    if not plan.address.base:
        click.echo(
            f"chronicles: {plan.settings}: names no `site_url`; the site map stays empty, feeds relative.", err=True
        )
    return root, plan, _report(stage_site(path), problems=builder != "mkdocs" or not plan.plugin)


def _tree(session: Session, path: Path) -> Path:
    if session.repository.worktree_dir is None:
        raise ConfigError(path, "a bare repository has no folder to stage pages in; run this in a clone of it.")
    return session.root


def _measured(session: Session) -> Measured:
    """The run records of the line that is checked out, and the line itself where there are some."""
    runs, tip = session.workshop.runs, _head(session)
    if not tip or runs is None or not runs.there:
        return Measured()
    session.look(lambda: session.follow(tip))
    session.mention_records()
    return Measured(session.workshop)


def _head(session: Session) -> str:
    try:
        return session.repository.resolve("HEAD")
    except EmptyRepository:
        return ""


def _builder_run(builder: str, verb: str, root: Path, plan: Plan, *options: str) -> int:
    return subprocess.run(_call(builder, verb, plan, *options), cwd=root, check=False).returncode


def _call(builder: str, verb: str, plan: Plan, *options: str) -> list[str]:
    # What lies in the work tree is no module of ours, whatever it is called.
    return [sys.executable, "-P", "-m", builder, verb, "-f", str(plan.settings), *options]


def _publish(plan: Plan, staged: Staged) -> None:
    count = publish(plan.built, staged.stock, staged.pages, plan.address)
    click.echo(f"chronicles: {count:,} files published beside the pages.", err=True)


def _report(staged: Staged, *, problems: bool = True) -> Staged:
    for problem in staged.problems.values() if problems else ():
        click.echo(f"chronicles: {problem}", err=True)
    changed = f"{len(staged.written):,} written, {len(staged.removed):,} removed"
    click.echo(f"chronicles: {len(staged.pages):,} pages staged: {changed}.", err=True)
    return staged


def _end(staged: Staged, *, failed: bool = False) -> None:
    if failed or staged.problems:
        raise click.exceptions.Exit(1)
