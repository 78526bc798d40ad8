"""Renames and moves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chronicles.claims.template import Template
from chronicles.dossier import Claim, Ledger, Lens

if TYPE_CHECKING:
    from collections.abc import Iterator

VERSION = "1"

FOLDER = Template("move.folder", Lens.LINEAGE, "{files} move from {old} to {new}.")
RENAME = Template("move.rename", Lens.LINEAGE, "{old} becomes {new}.")
UNCHANGED = Template("move.unchanged", Lens.MEASUREMENT, "Of {renamed}, the content is untouched in {unchanged}.")


def find(ledger: Ledger) -> Iterator[Claim]:
    """Claims of the biggest move, a single rename, and what stayed byte for byte."""
    renamed = ledger.number("change.renamed_files")
    if not renamed:
        return
    files = ledger.number("move.1.files")
    if renamed == 1 or files == 1:
        yield RENAME.claim(0.5, old="move.1.from", new="move.1.to")
    else:
        yield FOLDER.claim(0.5 + min(files, 40) / 100, files="move.1.files", old="move.1.from", new="move.1.to")
    if renamed >= 3 and "move.unchanged" in ledger:
        yield UNCHANGED.claim(0.4 + min(renamed, 40) / 120, renamed="change.renamed_files", unchanged="move.unchanged")
