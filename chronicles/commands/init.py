"""`chronicles init`: configuration and folders."""

from __future__ import annotations

import html
import json
import os
import tomllib
from pathlib import Path

import click

from chronicles.commands.proposals import propose_checks
from chronicles.commands.session import Session
from chronicles.config import own_table
from chronicles.errors import ConfigError, EmptyRepository
from chronicles.files import write_atomic
from chronicles.site.builders import FOLDER, KEPT_OUT, SETTINGS, settings_text
from chronicles.site.folder import make_folder

__all__ = ["command"]


@click.command("init")
@click.option(
    "--first-episode", type=click.IntRange(min=0), metavar="N", help="Number to continue an existing series with."
)
@click.option("--series", metavar="NAME", help='Name of the series, as in "The NAME Chronicles".')
@click.option("--hook", is_flag=True, help="Install the hook as well, as `chronicles hook install` does.")
@click.pass_context
def command(ctx: click.Context, *, first_episode: int | None, series: str | None, hook: bool) -> None:
    """Write what a repository needs: settings, mkdocs.yml and the episodes' folder. Nothing that exists is changed."""
    with Session(Path(ctx.obj["path"])) as session, session.alone():
        if session.repository.worktree_dir is None:
            raise click.UsageError("a bare repository has no place for settings; use CHRONICLES_* and --output")
        root, settings = session.root, session.settings
        make_folder(root / FOLDER, root / FOLDER)
        name = series or settings.series
        made = [_settings(root, name, first_episode, session.forge_url())]
        # Themes put the name into their templates as it is, and a folder may be called anything.
        made += [_new(root / SETTINGS, settings_text(_quoted(html.escape(f"The {name} Chronicles"))))]
        made += [_new(root / FOLDER / ".gitignore", KEPT_OUT)]
        made += [_new(root / settings.output / ".gitkeep", "")]
        begun = _has_commit(session)
        shared = made[1][1] and not _is_ignored(root)
    for path, new in made:
        click.echo(f"{'wrote' if new else 'kept '} {os.path.relpath(path)}")
    if shared:
        click.echo("chronicles: add `/site/` to .gitignore, or `git add -A` takes the built site too.", err=True)
    if hook:
        from chronicles.commands.hook_install import install  # noqa: PLC0415 - who wants no hook does without it

        ctx.invoke(install)
        return
    first_step = "" if begun else "commit something; then "
    click.echo(f"chronicles: next, {first_step}`chronicles generate` writes the episode of HEAD.", err=True)


def _settings(root: Path, series: str, first: int | None, url: str | None) -> tuple[Path, bool]:
    """Write the settings: into pyproject.toml where there is one, else into chronicles.toml."""
    project = root / "pyproject.toml"
    table = own_table(root)
    if table is not None:
        if first is not None and table.get("first_episode", 1) != first:
            raise ConfigError(root, f"settings exist already; set `first_episode = {first}` there yourself")
        return (root / "chronicles.toml" if (root / "chronicles.toml").is_file() else project), False
    lines = [f"series = {_quoted(series)}"]
    lines += [f"repo_url = {_quoted(url)}"] if url else []
    lines += [f"first_episode = {first}"] if first is not None else []
    if not project.is_file():
        lines += ["", *propose_checks(root, "checks"), ""]
        return root / "chronicles.toml", write_atomic(root / "chronicles.toml", "\n".join(lines))
    try:
        proposed = propose_checks(root, "tool.chronicles.checks")
        before = project.read_bytes().decode()
        end = "\r\n" if "\r\n" in before else "\n"
        text = before.rstrip() + end.join(["", "", "[tool.chronicles]", *lines, "", *proposed, ""])
        tomllib.loads(text)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(project, f"no readable TOML: {error}. Mend it, or write chronicles.toml yourself.") from error
    return project, write_atomic(project, text)


def _new(path: Path, text: str) -> tuple[Path, bool]:
    if path.exists():
        return path, False
    path.parent.mkdir(parents=True, exist_ok=True)
    return path, write_atomic(path, text)


def _has_commit(session: Session) -> bool:
    try:
        return bool(session.repository.resolve("HEAD"))
    except EmptyRepository:
        return False


def _is_ignored(root: Path) -> bool:
    """Whether the folder that sites are built into is named in .gitignore; the file is its owner's."""
    try:
        text = (root / ".gitignore").read_text("utf-8", "replace")
    except OSError:
        return False
    return any(line.strip().strip("/") == "site" for line in text.splitlines())


def _quoted(text: str) -> str:
    """A string of TOML and of YAML: both read JSON's, but for surrogate pairs and a bare DEL."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
