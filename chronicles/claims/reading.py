"""Where a reader should begin: how a big change is spread over its files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chronicles.claims.template import Template
from chronicles.dossier import Claim, Ledger, Lens

if TYPE_CHECKING:
    from collections.abc import Iterator

VERSION = "1"

START = Template("reading.start", Lens.CRAFT, "Who reads one file should read {file}, with {share}.")
HALF = Template("reading.half", Lens.CRAFT, "Half of the lines lie in {half}, out of {files}.")
EVEN = Template("reading.even", Lens.CRAFT, "No file stands out: half of the lines lie in {half}, out of {files}.")
SMALL = Template("reading.small", Lens.CRAFT, "In {small} fewer than ten lines change.")


def find(ledger: Ledger) -> Iterator[Claim]:
    """Claims of weight among the files of a change."""
    files, share = ledger.number("change.files"), ledger.number("file.1.share")
    if files >= 5 and 25 <= share < 75:
        yield START.claim(0.305, file="file.1.path", share="file.1.share")
    half, small = ledger.number("spread.half"), ledger.number("spread.small")
    if files >= 9 and half * 4 <= files:
        yield HALF.claim(0.302 + min(files / max(half, 1), 50) / 500, half="spread.half", files="change.files")
    elif files >= 6 and half * 5 >= files * 2:
        yield EVEN.claim(0.301, half="spread.half", files="change.files")
    if files >= 9 and small * 2 >= files:
        yield SMALL.claim(0.301, small="spread.small")
