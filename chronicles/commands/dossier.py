"""`chronicles dossier`: facts and claims of one subject."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from chronicles.commands.session import Session
from chronicles.dossier import Dossier, canonical_json
from chronicles.evidence.build import build_dossier
from chronicles.writers.parts import THRESHOLD

__all__ = ["command"]


@click.command("dossier")
@click.argument("revision", default="HEAD", metavar="[REV|RANGE]")
@click.option("--path", "paths", multiple=True, metavar="PATH", help="Limit a range to this folder or file.")
@click.option("--json", "as_json", is_flag=True, help="Print the dossier as JSON, schema chronicles.dossier/1.")
@click.option("--quick", is_flag=True, help="Without symbols, public names and blame.")
@click.pass_obj
def command(obj: dict[str, Any], /, revision: str, paths: tuple[str, ...], *, as_json: bool, quick: bool) -> None:
    """Show all that is known of a commit or range: facts with their derivation, and claims with their salience.

    A claim below the threshold is true but no news, and no page tells it.
    """
    with Session(Path(obj["path"])) as session, session.alone():
        key = session.subject(revision, reading="quick" if quick else "full", paths=paths)
        dossier = build_dossier(session.workshop, key)
    click.echo(canonical_json(dossier.to_json()) if as_json else _table(dossier), nl=False)


def _table(dossier: Dossier) -> str:
    width = max(len(fact_id) for fact_id in dossier.ledger)
    lines = [f"{fact.id:<{width}}  {fact.text}" for fact in dossier.ledger.values()]
    lines.append("")
    for claim in dossier.claims:
        mark = "*" if claim.salience >= THRESHOLD else " "
        texts = {slot: dossier.ledger[fact].text for slot, fact in claim.slots.items()}
        lines.append(
            f"{mark} {claim.salience:.2f} {claim.lens.value:<11} {claim.id:<22} {claim.skeleton.format(**texts)}"
        )
    return "\n".join(lines) + "\n"
