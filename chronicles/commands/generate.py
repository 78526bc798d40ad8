"""`chronicles generate`: write episodes."""

from __future__ import annotations

import json
import os
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from chronicles.commands.options import jobs
from chronicles.commands.progress import bar
from chronicles.commands.prompts import prompt_json, prompt_text
from chronicles.commands.revoicing import announce, complain, revoice
from chronicles.commands.rewriting import follow_history, foresee_history, known_pairs
from chronicles.commands.session import Session
from chronicles.commands.subjects import Selection, Wanted, parse_moment, select
from chronicles.commands.voicing import Account, find, voice, wish
from chronicles.documents.moving import Followed
from chronicles.documents.told import Told
from chronicles.documents.untold import is_told
from chronicles.evidence.build import build_dossier
from chronicles.writers.choosing import CHOICES
from chronicles.writers.parts import PLAIN

if TYPE_CHECKING:
    from datetime import datetime

    from chronicles.commands.progress import Advance
    from chronicles.commands.voicing import Wish
    from chronicles.documents.telling import Press
    from chronicles.dossier import Dossier, SubjectKey

__all__ = ["command"]


def _moment(_ctx: click.Context, _param: click.Parameter, value: str | None) -> datetime | None:
    try:
        return parse_moment(value) if value is not None else None
    except ValueError:
        raise click.BadParameter(f"{value!r} is no day such as 2024-05-31") from None


@click.command("generate")
@click.argument("revisions", nargs=-1, metavar="[REV|RANGE]...")
@click.option("--all", "everything", is_flag=True, help="The whole first-parent history of HEAD.")
@click.option("--since", metavar="DATE", callback=_moment, help="Only commits committed on this day (UTC) or later.")
@click.option(
    "--group-by", type=click.Choice(["commit", "day", "tag"]), help="One page a commit (default), a day or a tag."
)
@click.option("--writer", type=click.Choice(CHOICES), help="Who words the claims; by default the setting, or auto.")
@click.option("--model", metavar="NAME|FILE", help="A model of the Ollama server, or a GGUF file for llamacpp.")
@click.option("--output", type=click.Path(path_type=Path, file_okay=False), help="Folder for the pages.")
@click.option("--quick", is_flag=True, help="Without symbols, public names and blame; the page says so.")
@click.option("--force", is_flag=True, help="Write pages anew that exist; a person's edits stay.")
@click.option("--revoice", is_flag=True, help="Word and render pages anew from their stored dossiers.")
@click.option("--show-prompt", is_flag=True, help="Print what a model would be asked; ask and write nothing.")
@jobs("Processes that build dossiers; pages that a model words at once, as far as its server can.")
@click.option("--dry-run", is_flag=True, help="Print the Markdown and write nothing.")
@click.option("--json", "as_json", is_flag=True, help="Report as JSON.")
@click.pass_obj
def command(obj: dict[str, Any], /, output: Path | None, **options: Any) -> None:  # noqa: ANN401 - whatever click parsed
    """Write the episodes of commits; by default of HEAD.

    A commit that has its page is left alone, so a run can be stopped and started again: what is finished is kept.
    Pages are numbered as they are first written, oldest first. Where history was rewritten, the published branch's
    pages follow their commits first, and pages whose commits are gone are retired.

    With a writer other than plain, a local model words the claims and a gate decides what of it stands; `auto` takes
    one that `personas check` found fit, and else plain words. A model that is named is wanted, as if its writer were
    named. `--revoice` by an `auto` that finds no model leaves pages that a model was asked for as they are. Exit 1 when
    a writer named had no answer for a page.

    \b
    chronicles generate                        the newest commit
    chronicles generate v1.0..HEAD             one page a commit of a range
    chronicles generate --all --group-by day   the whole history, a page a day
    chronicles generate --writer ollama        in the words of a local model
    """  # noqa: D301 - click knows the mark as the character, not as a backslash
    _refuse_contradictions(options)
    wanted = Wanted(
        options["revisions"], options["everything"], options["since"], options["group_by"], options["quick"]
    )
    with Session(Path(obj["path"]), output=output) as session:
        writes = not (options["dry_run"] or options["show_prompt"])
        if session.repository.bare and output is None and writes:
            raise click.UsageError("a bare repository has no work tree for pages; name a folder with --output")
        wished = wish(session.settings, options["writer"], options["model"])
        selection, press, followed, news = _look(session, wanted, options, writes=writes)
        if options["show_prompt"]:
            _show_prompts(session, press, selection, wished, as_json=options["as_json"])
            return
        account = Account(wished.writer, _given(options, output))
        if news:
            told = _word(session, press, selection, wished, account, {**options, "reword": followed.reword})
        else:
            # Nothing to word: no server is asked for its models and no file loaded.
            told = _tell(press, selection, account, force=False, jobs=1)
        if writes:
            if followed.waiting:
                followed.join(_follow(session, press, wanted, options))
            _mention(session, press)
    if writes:
        _add(told, followed, press, selection)
        _report(told, followed, account, as_json=options["as_json"])
        _hint(told, account, options)
    for line in account.lines(told):
        click.echo(f"chronicles: {line}", err=True)
    if told.degraded and wished.named:
        raise click.exceptions.Exit(1)


def _mention(session: Session, press: Press) -> None:
    """Say which records and sidecars are none."""
    session.mention_records()
    for problem in press.problems.values():
        click.echo(f"chronicles: {problem}", err=True)


def _refuse_contradictions(options: dict[str, Any]) -> None:
    """Refuse flags of which one would be ignored."""
    rivals = {"revoice": ("force", "quick", "dry_run"), "show_prompt": ("force", "revoice", "dry_run")}
    for flag, others in rivals.items():
        for other in others:
            if options[flag] and options[other]:
                names = [name.replace("_", "-") for name in (flag, other)]
                raise click.UsageError(f"--{names[0]} and --{names[1]} exclude each other")


def _look(
    session: Session, wanted: Wanted, options: dict[str, Any], *, writes: bool
) -> tuple[Selection, Press, Followed, bool]:
    """What is selected, the press as the folder is now, what followed history, and whether there is anything to word.

    A run that writes nothing waits for nobody.
    """
    if not writes:
        press = session.press()
        foresee_history(session, press, known_pairs(session), wanted)
        return session.look(lambda: select(session, wanted)), press, Followed(), True
    with session.alone():
        press = session.press()
    followed = _follow(session, press, wanted, options)
    with press.turn():
        selection = select(session, wanted)
        news = options["revoice"] or bool(followed.reword) or _has_news(press, selection, options)
        return selection, press, followed, news


def _follow(session: Session, press: Press, wanted: Wanted, options: dict[str, Any]) -> Followed:
    """Have pages follow rewritten history, with a bar where there are any."""
    with ExitStack() as stack:
        bars: list[Advance] = []

        def step(done: int, total: int) -> None:
            if not bars:
                bars.append(stack.enter_context(bar("Following rewritten history")))
            bars[0](done, total)

        pairs = known_pairs(session)
        return follow_history(session, press, pairs, wanted=wanted, jobs=options["jobs"], step=step)


def _word(
    session: Session, press: Press, selection: Selection, wished: Wish, account: Account, options: dict[str, Any]
) -> Told:
    """Have the pages of a selection worded, and written or printed."""
    if options["revoice"]:
        return revoice(session, press, selection, wished, account, jobs=options["jobs"])
    with voice(session, wished, account) as opened:
        press.writer = opened.writer
        announce(opened, wished)
        if options["dry_run"]:
            told = _show(session, press, selection, account)
        else:
            told = _tell(press, selection, account, force=options["force"], jobs=options["jobs"])
            if options["reword"] and press.writer.name != PLAIN:
                told.join(press.revoice(options["reword"], jobs=options["jobs"]))
        complain(opened, told)
        if options["force"] and wished.writer == "auto" and press.writer.name == PLAIN:
            account.plainly = opened.note
    return told


def _given(options: dict[str, Any], output: Path | None) -> tuple[str, ...]:
    """The options that say who words which pages, as they were given."""
    given = {"--writer": options["writer"], "--model": options["model"], "--output": output}
    return tuple(str(one) for name, value in given.items() if value is not None for one in (name, value))


def _hint(told: Told, account: Account, options: dict[str, Any]) -> None:
    """Say how pages that were left alone get the writer that was named."""
    named = options["writer"] is not None or options["model"] is not None
    if named and told.unchanged and not (options["force"] or options["revoice"] or options["as_json"]):
        click.echo(f"chronicles: {account.again('COMMIT...')} words pages that are there anew.", err=True)


def _has_news(press: Press, selection: Selection, options: dict[str, Any]) -> bool:
    """Whether any page has to be worded."""
    if options["force"]:
        return True
    found = (one for key in selection.keys for one in press.untold(key))
    return any(entry is None or not is_told(entry, part) for part, entry in found)


def _tell(press: Press, selection: Selection, account: Account, *, force: bool, jobs: int) -> Told:
    with bar("Writing episodes", account.asks(press.writer)) as advance:
        told = press.tell(selection.keys, force=force, jobs=jobs, step=advance)
    told.excluded = {**selection.excluded, **told.excluded}
    return told


def _add(told: Told, followed: Followed, press: Press, selection: Selection) -> None:
    """Count pages that followed history as written; to a run that tells commits they stood already."""
    stood = (
        {entry.page for key in selection.keys for _, entry in press.untold(key) if entry} if followed.written else set()
    )
    told.unchanged -= len((stood & followed.written.keys()) - told.written.keys())
    told.written = followed.written | told.written
    told.conflicts = [*(one for one in followed.conflicts if one not in told.conflicts), *told.conflicts]


def _dossier(session: Session, key: SubjectKey) -> Dossier:
    """A dossier for a run that writes nothing."""

    def build() -> Dossier:
        session.follow(key.commits[0])
        return build_dossier(session.workshop, key)

    return session.look(build)


def _show(session: Session, press: Press, selection: Selection, account: Account) -> Told:
    """Print the pages that a run would write, or that it wrote."""
    told = Told()
    number = press.series.next_number()
    for key in selection.keys:
        for part, entry in press.untold(key):
            page = press.compose(_dossier(session, part), entry.number if entry else number)
            number += entry is None
            told.count(page, account.effort)
            click.echo(press.render(page), nl=False)
    return told


def _show_prompts(session: Session, press: Press, selection: Selection, wished: Wish, *, as_json: bool) -> None:
    """Print what a model would be asked for the subjects."""
    terms = find(wished)
    click.echo(f"chronicles: {terms.note}.", err=True)
    dossiers = (_dossier(session, part) for key in selection.keys for part, _ in press.untold(key))
    if as_json:
        click.echo(json.dumps([prompt_json(one, press.cast, terms) for one in dossiers], ensure_ascii=False, indent=1))
        return
    for dossier in dossiers:
        click.echo(prompt_text(dossier, press.cast, terms))


def _report(told: Told, followed: Followed, account: Account, *, as_json: bool) -> None:
    written = [os.path.relpath(path) for path in told.written]
    conflicts = [
        {"path": os.path.relpath(path), "line": one.line_number, "kept": one.kept, "rendered": one.rendered}
        for path, one in told.conflicts
    ]
    if as_json:
        value = {
            "written": written,
            "unchanged": told.unchanged,
            "excluded": told.excluded,
            "followed": len(followed.moved),
            "retired": len(followed.retired),
            "conflicts": conflicts,
            **account.to_json(told),
        }
        click.echo(json.dumps(value, ensure_ascii=False, indent=1))
        return
    for path in written:
        click.echo(path)
    parts = [f"{len(written)} written", f"{told.unchanged} unchanged"]
    parts += [f"{number} left out ({rule})" for rule, number in told.excluded.items()]
    parts += [f"{len(followed.moved)} followed rewritten commits"] if followed.moved else []
    parts += [f"{len(followed.retired)} retired"] if followed.retired else []
    click.echo(f"chronicles: {', '.join(parts)}.", err=True)
    for one in conflicts:
        would = one["rendered"] or "(nothing)"
        click.echo(f"{one['path']}:{one['line']}: a person's line was kept; it would now read: {would}", err=True)
