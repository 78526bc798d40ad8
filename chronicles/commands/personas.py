"""`chronicles personas`: who speaks, in which words, and whether the words will stand.

What a persona may say on a page the gate decides, in silence: a wording that it refuses is replaced by a plainer one.
So `check` asks the gate about each wording of a file beforehand. With a writer it measures a model instead, and what
the model turns out to be fit for is remembered on this machine, since `--writer auto` goes by it.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from chronicles.claims import TEMPLATES
from chronicles.claims.template import slots_of
from chronicles.commands.voicing import wish
from chronicles.config import Settings, load_settings
from chronicles.errors import NotARepository
from chronicles.history.repository import Repository
from chronicles.markdown import visible
from chronicles.personas import Cast, PersonaFile, load_cast, load_files
from chronicles.writers.gate import Refusal, judge
from chronicles.writers.gate.known import is_plain, load_known

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from chronicles.dossier import Claim
    from chronicles.personas import Persona

__all__ = ["command"]

_MORE = (
    *(Refusal.SENTENCE, Refusal.LENGTH, Refusal.NUMBER_WORD, Refusal.LEAK, Refusal.VOICE, Refusal.HEDGE),
    *(Refusal.CAUSE, Refusal.JUDGEMENT, Refusal.VERDICT, Refusal.FUTURE, Refusal.POLARITY),
)
"""What `check` reports of a wording that would stand on a page, since a persona's file is to have it."""
_SAMPLES = 8
"""Sentences that `show` gives a taste with."""
_WIDTH = 12


@dataclass(frozen=True, slots=True)
class Company:
    """The personas of a repository: all there are, and those who speak."""

    files: tuple[PersonaFile, ...]
    cast: Cast

    def file(self, key: str) -> PersonaFile:
        """The file of a persona.

        Raises:
            BadParameter: If there is none.
        """
        found = next((file for file in self.files if file.persona.key == key), None)
        if found is None:
            there = ", ".join(file.persona.key for file in self.files)
            raise click.BadParameter(f"no persona is called {key!r}; there are {there}", param_hint="KEY")
        return found

    def part(self, persona: Persona) -> str:
        """What a persona does on a page."""
        if persona.lens is None:
            return "narrates"
        if persona not in self.cast.voices:
            return "silent, not in the setting `cast`"
        first = self.cast.of(persona.lens)
        if first is not None and first != persona:
            return f"silent, {first.key} has the lens"
        return f"speaks, {self.cast.voices.index(persona) + 1} of {len(self.cast.voices)}"


@dataclass(frozen=True, slots=True)
class Finding:
    """A wording that would not stand on a page."""

    file: str
    claim: str
    wording: str
    reason: str


@click.group("personas")
def command() -> None:
    """Show the personas and check their files.

    A persona is a TOML file: a lens and a voice. docs/personas.md says what one holds, the setting `personas` names the
    folder of a repository's own, and the setting `cast` who of them speaks.
    """


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="List as JSON.")
@click.pass_obj
def list_command(obj: dict[str, Any], as_json: bool) -> None:  # noqa: FBT001 - click passes it by name
    """List all personas: their lens, whether they speak, and the file that each comes from."""
    company = _company(Path(obj["path"]))
    rows = [_row(company, file) for file in company.files]
    if as_json:
        click.echo(json.dumps(rows, indent=1, ensure_ascii=False))
        return
    table = [
        (row["key"], row["name"], row["lens"] or "every lens", row["part"], _amount(row), row["file"]) for row in rows
    ]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for line in table:
        click.echo("  ".join(f"{text:<{width}}" for text, width in zip(line, widths, strict=True)).rstrip())


@command.command("show")
@click.argument("key")
@click.option("--json", "as_json", is_flag=True, help="Show as JSON, with every wording.")
@click.pass_obj
def show_command(obj: dict[str, Any], key: str, as_json: bool) -> None:  # noqa: FBT001 - click passes it by name
    """Show one persona: its voice, its words and some of its sentences."""
    company = _company(Path(obj["path"]))
    file = company.file(key)
    persona, row = file.persona, _row(company, file)
    if as_json:
        said = {field: getattr(persona, field) for field in ("sentences", "voice", "use", "avoid", "names", "examples")}
        said |= {"stage_directions": persona.stage_directions, "wordings": persona.wordings}
        click.echo(json.dumps({**row, **said}, indent=1, ensure_ascii=False))
        return
    click.echo(f"{persona.name} ({persona.key})")
    lines = {
        "lens": row["lens"] or "every lens",
        "part": row["part"],
        "sentences": "" if persona.lens is None else f"at most {persona.sentences} on a page's roundtable",
        "voice": persona.voice,
        "uses": ", ".join(persona.use),
        "avoids": ", ".join(persona.avoid),
        "names": ", ".join(persona.names),
        "wordings": _amount(row),
        "file": row["file"],
    }
    for label, text in lines.items():
        if text:
            click.echo(f"  {label:<{_WIDTH}}{_wrapped(text)}")
    _sentences("examples of the voice, which no page has", persona.examples)
    _sentences("stage directions", persona.stage_directions[:_SAMPLES])
    _sentences("sentences", _samples(persona))


@command.command("check")
@click.argument("keys", nargs=-1, metavar="[KEY]...")
@click.option("--writer", type=click.Choice(["ollama", "llamacpp"]), help="Measure a model of this writer instead.")
@click.option(
    "--model", default="", metavar="M", help="Model of the server, or a GGUF file; default: the writer's own."
)
@click.option("--json", "as_json", is_flag=True, help="Report as JSON.")
@click.pass_obj
def check_command(obj: dict[str, Any], keys: tuple[str, ...], writer: str | None, model: str, as_json: bool) -> None:  # noqa: FBT001 - click passes it by name
    """Say which wordings of persona files would not stand on a page; exit 1 if there are any.

    Without a KEY the repository's own files are checked, or the built-in ones where it has none.

    With --writer a model is measured instead: it words claims in the voices of the built-in cast, and the gate decides
    what stands. What it is fit for is remembered on this machine, for `chronicles generate --writer auto`; exit 1 if it
    is too weak.
    """
    if writer is None and model:
        raise click.UsageError("--model names the model of a --writer; name that too")
    if writer is not None and keys:
        raise click.UsageError("a model is measured with the built-in cast; leave the KEYs or the --writer out")
    if writer is None:
        _check_files(_company(Path(obj["path"])), keys, as_json=as_json)
    else:
        from chronicles.commands.measuring import check_model  # noqa: PLC0415 - brings all that asks a model

        check_model(writer, wish(_home(Path(obj["path"]))[1], writer, model or None).model, as_json=as_json)


def _check_files(company: Company, keys: Sequence[str], *, as_json: bool) -> None:
    """Say which wordings would not stand."""
    own = [file for file in company.files if file.own]
    files = [company.file(key) for key in dict.fromkeys(keys)] or own or list(company.files)
    findings = [finding for file in files for finding in _findings(file)]
    wordings = sum(len(said) for file in files for said in file.persona.wordings.values())
    if as_json:
        report = {"files": [_place(file) for file in files], "wordings": wordings}
        click.echo(json.dumps({**report, "findings": list(map(asdict, findings))}, indent=1, ensure_ascii=False))
    else:
        for one in findings:
            click.echo(f"{one.file}: {one.claim}: {one.reason}" + (f": {one.wording}" if one.wording else ""))
        checked = f"{_many(wordings, 'wording')} of {_many(len(files), 'persona')}"
        click.echo(f"chronicles: {checked}, {_many(len(findings), 'finding')}.", err=True)
    if findings:
        raise click.exceptions.Exit(1)


def _findings(file: PersonaFile) -> Iterator[Finding]:
    persona, place = file.persona, _place(file)
    for claim_id, wordings in persona.wordings.items():
        template = TEMPLATES.get(claim_id)
        if template is None:
            yield Finding(place, visible(claim_id), "", f"no such claim{_nearest(claim_id)}")
            continue
        if persona.lens not in (None, template.lens):
            yield Finding(place, claim_id, "", f"never said, for its lens is {template.lens.value}")
        claim = template.claim(1.0, **{slot: f"{claim_id}.{slot}" for slot in slots_of(template.skeleton)})
        for wording in wordings:
            refusal = judge(wording, claim, persona) or _said_more(wording, claim, persona)
            if refusal is not None:
                yield Finding(place, claim_id, wording, refusal.value)


def _said_more(wording: str, claim: Claim, persona: Persona) -> Refusal | None:
    """Why the wording says more than its claim, as the gate would find if it were not the persona's own.

    On a page the gate takes a person's word for what a wording says; of a model's it is suspicious. Its suspicions of
    style are no findings here: a person may use words that its lexicon has not.
    """
    if is_plain(load_known(), claim.id, wording):
        return None  # a built-in wording: what the gate knows of the claim is made of these
    others = tuple(other for other in persona.wordings[claim.id] if other != wording)
    refusal = judge(wording, claim, replace(persona, wordings={**persona.wordings, claim.id: others}))
    return refusal if refusal in _MORE else None


# -- what is shown ----------------------------------------------------------------------------------------------------


def _home(path: Path) -> tuple[Path | None, Settings]:
    """The work tree that a path lies in, if it lies in one, and its settings."""
    tree = None
    with suppress(NotARepository):
        if not path.exists():
            raise click.BadParameter(f"there is no {path}", param_hint="-C")
        with Repository.open(path) as repository:
            tree = repository.worktree_dir
    return tree, load_settings(tree, name="")


def _company(path: Path) -> Company:
    """The personas of the repository that a path lies in; outside of one, those that are built in."""
    tree, settings = _home(path)
    folder = tree / settings.personas if tree and settings.personas else None
    if folder and not folder.is_dir():
        click.echo(f"chronicles: {folder}: the setting `personas` names it, and there is no such folder.", err=True)
    return Company(load_files(folder), load_cast(folder, settings.cast))


def _row(company: Company, file: PersonaFile) -> dict[str, Any]:
    persona = file.persona
    return {
        "key": persona.key,
        "name": persona.name,
        "lens": persona.lens.value if persona.lens else None,
        "part": company.part(persona),
        "claims": len(persona.wordings),
        "wordings": sum(map(len, persona.wordings.values())),
        "own": file.own,
        "file": _place(file),
        "digest": persona.digest,
    }


def _place(file: PersonaFile) -> str:
    """Where a file lies, as a person at this place would name it."""
    return visible(os.path.relpath(file.path)) if file.own else f"built in: {file.path.name}"


def _amount(row: dict[str, Any]) -> str:
    return f"{_many(row['wordings'], 'wording')} of {_many(row['claims'], 'claim')}"


def _many(number: int, noun: str) -> str:
    return f"{number or 'no'} {noun}{'' if number == 1 else 's'}"


def _samples(persona: Persona) -> list[str]:
    """One wording of each of some claims, from all over the file."""
    first = [wordings[0] for wordings in persona.wordings.values() if wordings]
    return first[:: max(1, len(first) // _SAMPLES)][:_SAMPLES]


def _sentences(label: str, sentences: Iterable[str]) -> None:
    for number, sentence in enumerate(sentences):
        if not number:
            click.echo(f"  {label}:")
        click.echo(f"    {sentence}")


def _wrapped(text: str) -> str:
    return click.wrap_text(text, width=100, initial_indent="", subsequent_indent=" " * (_WIDTH + 2))


def _nearest(claim_id: str) -> str:
    from difflib import get_close_matches  # noqa: PLC0415 - only a misspelling needs it

    found = get_close_matches(claim_id, TEMPLATES, 1)
    return f"; did you mean {found[0]}?" if found else ""
