"""`chronicles fact`: derive one fact."""

from __future__ import annotations

from dataclasses import asdict
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import click

from chronicles.commands.session import Session
from chronicles.dossier import canonical_json
from chronicles.evidence.build import build_dossier

__all__ = ["command"]


@click.command("fact")
@click.argument("revision", metavar="REV|RANGE")
@click.argument("fact_id", metavar="ID")
@click.option("--path", "paths", multiple=True, metavar="PATH", help="Limit a range to this folder or file.")
@click.option("--json", "as_json", is_flag=True, help="Print the fact as JSON.")
@click.pass_obj
def command(obj: dict[str, Any], /, revision: str, fact_id: str, paths: tuple[str, ...], *, as_json: bool) -> None:
    """Derive one fact from the repository, without any cache, and show how.

    \b
    chronicles fact HEAD change.insertions
    """  # noqa: D301 - click knows the mark as the character, not as a backslash
    with Session(Path(obj["path"]), fresh=True) as session:
        dossier = build_dossier(session.workshop, session.subject(revision, paths=paths))
    fact = dossier.ledger.get(fact_id)
    if fact is None:
        near = ", ".join(get_close_matches(fact_id, dossier.ledger, n=3)) or "see `chronicles dossier`"
        raise click.BadParameter(f"{revision} has no fact {fact_id!r}; nearest: {near}", param_hint="ID")
    if as_json:
        click.echo(canonical_json(asdict(fact)), nl=False)
        return
    click.echo(f"{fact.text}")
    click.echo(f"  value    {fact.value} ({fact.unit})")
    click.echo(f"  source   {fact.source.value}, family {fact.family} version {dossier.made_by[fact.family]}")
    click.echo(f"  derive   {fact.derive}")
