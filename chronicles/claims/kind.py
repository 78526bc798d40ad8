"""What kinds of file a change keeps to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chronicles.claims.template import Template
from chronicles.dossier import Claim, Ledger, Lens, Polarity

if TYPE_CHECKING:
    from collections.abc import Iterator

VERSION = "1"

DOCS_ONLY = Template("kind.docs_only", Lens.CRAFT, "Only documentation changes; {file} takes most of it.")
CI_ONLY = Template("kind.ci_only", Lens.CRAFT, "Only the build's own machinery changes; {file} takes most of it.")
DOCS_WITH = Template(
    "kind.docs_with", Lens.CRAFT, "The documentation changes with the code: {docs} beside {source}.", Polarity.GOOD
)
GENERATED = Template(
    "kind.generated", Lens.MEASUREMENT, "{generated} of {churn} were written by a tool, by name or mark."
)
BINARY = Template("kind.binary", Lens.CRAFT, "It carries {binary}, which no diff can show.", Polarity.BAD)
MODE = Template("kind.mode", Lens.CRAFT, "It changes modes: {modes}.")
DELETES = Template("kind.deletes", Lens.LINEAGE, "The tree loses {deleted} and gains {added}.")


def find(ledger: Ledger) -> Iterator[Claim]:
    """Claims of changes that keep to one kind, and of files that no reader wrote."""
    files = ledger.number("change.files")
    if not files:
        return
    # Of a single file the page's first table says what it is.
    docs, ci = ledger.number("kind.docs.files"), ledger.number("kind.ci.files")
    if docs == files > 1 and ledger.number("file.1.share") > 50:
        yield DOCS_ONLY.claim(0.34 + min(files, 20) / 100, file="file.1.path")
    if ci == files > 1 and ledger.number("file.1.share") > 50:
        yield CI_ONLY.claim(0.36 + min(files, 20) / 100, file="file.1.path")
    source = ledger.number("kind.source.files")
    if "kind.docs.documents" in ledger and source and ledger.number("change.churn") >= 10:
        yield DOCS_WITH.claim(0.3 + min(docs, 10) / 60, docs="kind.docs.documents", source="kind.source.sources")
    made = ledger.number("change.generated_lines")
    if made >= 20 and made * 2 > ledger.number("change.churn"):
        yield GENERATED.claim(0.4, generated="change.generated_lines", churn="change.churn")
    if ledger.number("change.binary_files"):
        yield BINARY.claim(0.38 + min(ledger.number("change.binary_files"), 20) / 60, binary="change.binary_files")
    if ledger.number("change.mode_files"):
        yield MODE.claim(0.5, modes="change.mode_files")
    deleted, added = ledger.number("change.deleted_files"), ledger.number("change.added_files")
    if deleted >= 3 and added:
        yield DELETES.claim(0.4 + min(deleted, 40) / 120, deleted="change.deleted_files", added="change.added_files")
