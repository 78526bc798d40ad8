"""`chronicles patch`: what changed between two points."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import click

from chronicles.commands.checking import check
from chronicles.commands.patching import Patching, Wanted
from chronicles.commands.session import Session
from chronicles.documents.page import LONGEST_TITLE, Status, clean_title
from chronicles.documents.patch_forms import FORMS
from chronicles.documents.patch_range import choose_range
from chronicles.documents.scope import Scope, scope_of
from chronicles.writers.choosing import CHOICES

if TYPE_CHECKING:
    from chronicles.dossier import SubjectKey

__all__ = ["command"]

_HIGHEST = 999_999_999
"""No number of a document is higher: a slip of the finger would be every later number."""
_STATUSES: tuple[Status, ...] = get_args(Status)


def _title(_ctx: click.Context, _param: click.Parameter, value: str | None) -> str | None:
    if value is None:
        return None
    title = clean_title(value)
    if len(title) > LONGEST_TITLE:
        raise click.BadParameter(f"it has {len(title):,} characters, and a title has {LONGEST_TITLE} at most")
    return title


def _scope(session: Session, options: dict[str, Any]) -> Scope:
    """The part of the repository that somebody asks for, by a package of the settings or in so many words."""
    if not options["package"]:
        return scope_of(options["paths"], options["tags"])
    packages = session.settings.packages
    if options["package"] not in packages:
        known = ", ".join(packages) or "the settings name none: `docs/configuration.md` says how"
        raise click.BadParameter(f"no package is called {options['package']!r}; {known}", param_hint="--package")
    package = packages[options["package"]]
    return scope_of(package.paths, package.tags)


@click.command("patch")
@click.argument("revision", required=False, metavar="[REV|RANGE]")
@click.option("--path", "paths", multiple=True, metavar="PATH", help="Tell only this folder or file; may be repeated.")
@click.option("--tags", default="", metavar="GLOB", help="Only tags like this one count as a beginning.")
@click.option("--package", default="", metavar="NAME", help="The paths and tags of a package of the settings.")
@click.option(
    "--number", type=click.IntRange(1, _HIGHEST), metavar="N", help="Its number; by default the highest ever plus one."
)
@click.option("--title", metavar="TEXT", callback=_title, help="Its title, in one line; '' builds it from the change.")
@click.option("--status", type=click.Choice(_STATUSES), help="How far it has come; a new document is a draft.")
@click.option("--writer", type=click.Choice(CHOICES), help="Who words it; plain, or as it was.")
@click.option("--model", metavar="NAME|FILE", help="A model of the Ollama server, or a GGUF file for llamacpp.")
@click.option(
    "--check/--no-check",
    default=None,
    help="Run the configured checks that have no record yet, as is done by default; with --check failed ones again.",
)
@click.option("--diff", is_flag=True, help="Print what would change on its page, a person's edits kept; write nothing.")
@click.option("--dry-run", is_flag=True, help="Print the Markdown and write nothing.")
@click.option("--format", "form", type=click.Choice(FORMS), help="Print it in another form and write nothing.")
@click.option("--output", type=click.Path(path_type=Path, file_okay=False), help="Folder for the documents.")
@click.option("--json", "as_json", is_flag=True, help="Report as JSON.")
@click.pass_obj
def command(obj: dict[str, Any], /, revision: str | None, output: Path | None, **options: Any) -> None:  # noqa: ANN401 - whatever click parsed
    """Write the patch document of a range; by default of all since the last tag or finished document.

    A range that has its document is told there again, in place. A draft goes on growing: new commits after its end
    become part of it. A completed or released document is corrected visibly, with a dated line for each one that
    changed, and what comes after it is another document. Status and title stay until somebody names others, and a
    person's edits always.

    \b
    chronicles patch                             since the last tag or finished document, whichever is nearer
    chronicles patch v2.0                        the same of v2.0: what led to it
    chronicles patch v1.0..v2.0                  exactly that
    chronicles patch --path packages/core --tags 'core-v*'
    chronicles patch --package core              the same by a package of the settings
    chronicles patch --format keepachangelog     for CHANGELOG.md; github for a release page, json for tools
    chronicles patch --diff                      what a run would change on its page
    chronicles patch v1.0..v2.0 --status released --title 'A new home'
    """  # noqa: D301 - click knows the mark as the character, not as a backslash
    if sum(map(bool, (options["diff"], options["dry_run"], options["form"], options["as_json"]))) > 1:
        raise click.UsageError("--diff, --dry-run, --format and --json exclude each other")
    writes = not (options["diff"] or options["dry_run"] or options["form"])
    asked = {name: options[name] for name in ("number", "status", "title", "writer", "model")}
    if options["package"] and (options["paths"] or options["tags"]):
        raise click.UsageError("--package says which paths and tags; --path and --tags are for what has no package")
    with Session(Path(obj["path"]), output=output) as session:
        if session.repository.bare and output is None and writes:
            raise click.UsageError("a bare repository has no work tree for documents; name a folder with --output")
        press = session.patch_press(output)
        scope = _scope(session, options)

        def choose() -> SubjectKey:
            return choose_range(session.workshop, press.series, revision, scope, follow=session.follow)

        run = Patching(session, press, Wanted(**asked, writes=writes, revision=revision or ""), choose)
        check(session, choose, wanted=options["check"], writes=writes)
        prepared = run.publish() if writes else run.prepare()
        if writes:
            session.mention_records()
    if writes:
        run.report(prepared, as_json=options["as_json"])
    else:
        if options["form"]:
            text = press.render_as(prepared.page, options["form"])
        else:
            text = prepared.text if options["dry_run"] else "".join(run.diff(prepared))
        click.echo(text, nl=False)
        run.mention(prepared)
    for line in run.account.lines(run.told):
        click.echo(f"chronicles: {line}", err=True)
    if run.degraded:
        raise click.exceptions.Exit(1)
