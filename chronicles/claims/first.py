"""Firsts: folders, kinds of file, tests, milestones."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from chronicles.claims.template import Template
from chronicles.dossier import Claim, Ledger, Lens, Polarity

if TYPE_CHECKING:
    from collections.abc import Iterator

VERSION = "1"

FOLDER = Template("first.folder", Lens.NOVELTY, "{folder} exists from here on, opened by {file}.")
EXTENSION = Template("first.extension", Lens.NOVELTY, "{file} is the first {extension} file of this repository.")
TEST_FILES = Template("first.test_files", Lens.NOVELTY, "The suite grows by {files}.", Polarity.GOOD)
MILESTONE = Template("first.milestone", Lens.NOVELTY, "It is {step} of this repository.")
BEGINNING = Template("first.beginning", Lens.NOVELTY, "Before it there was nothing: it brings {files}.")
NEW_FILE = Template("first.new_file", Lens.NOVELTY, "{file} is new and begins with {lines}.")

_BESIDE = re.compile(r"(?:^|/)(?:tests?|fixtures?|testdata|t)/")
"""Folders of test material, where a new one is a smaller thing."""


def find(ledger: Ledger) -> Iterator[Claim]:
    """Claims of what had not been there before."""
    step = int(ledger.number("lineage.step"))
    if step == 1 and ledger.number("change.files"):
        yield BEGINNING.claim(0.9, files="change.files")
    elif step >= 100 and (step % 500 == 0 or step in (100, 200, 300, 400)):
        yield MILESTONE.claim(0.66, step="lineage.step")
    told = {ledger.value(f"{entry}.path") for entry in ledger.numbered("first")}
    for entry in ledger.numbered("first"):
        if ledger.string(f"{entry}.kind") == "extension":
            yield EXTENSION.claim(0.68, file=f"{entry}.path", extension=f"{entry}.name")
        else:
            yield FOLDER.claim(
                0.38 if _BESIDE.search(ledger.string(f"{entry}.name")) else 0.55,
                folder=f"{entry}.name",
                file=f"{entry}.path",
            )
    if ledger.number("first.new_test_files") >= 2:
        yield TEST_FILES.claim(0.4, files="first.new_test_files")
    heirs = {ledger.value(f"{entry}.heir") for entry in ledger.numbered("past") if f"{entry}.heir" in ledger}
    for entry in ledger.numbered("file"):
        lines = ledger.number(f"{entry}.insertions")
        if (
            ledger.string(f"{entry}.status") == "added"
            and lines >= 20
            and step > 1
            and ledger.value(f"{entry}.path") not in heirs | told
        ):
            yield NEW_FILE.claim(0.35 + min(lines, 1000) / 5000, file=f"{entry}.path", lines=f"{entry}.insertions")
            break
