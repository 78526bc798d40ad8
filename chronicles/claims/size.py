"""How big a change is, against what this repository is used to."""

from __future__ import annotations

from math import log10
from typing import TYPE_CHECKING

from chronicles.claims.template import Template
from chronicles.dossier import Claim, Ledger, Lens

if TYPE_CHECKING:
    from collections.abc import Iterator

VERSION = "1"

RANK = Template("size.rank", Lens.MEASUREMENT, "In lines changed it is {rank} against {window}.")
RECORD = Template("size.record", Lens.MEASUREMENT, "No commit among the {earlier} before it changed as many lines.")
SINCE = Template("size.since", Lens.MEASUREMENT, "The last commit of this size was {sha}, {age} and {steps} earlier.")
RATIO = Template("size.ratio", Lens.MEASUREMENT, "It changes {ratio} as many lines as the median of {window}.")
SHRINKS = Template("size.shrinks", Lens.MEASUREMENT, "More goes than comes: {removed} out, {added} in.")
EVEN = Template("size.even", Lens.MEASUREMENT, "As much goes as comes: {added} in, {removed} out.")
PURE = Template("size.pure", Lens.MEASUREMENT, "It adds {added} and removes none.")
ADDITIVE = Template("size.additive", Lens.MEASUREMENT, "The change is {share}: {added} in, {removed} out.")
CONCENTRATED = Template("size.concentrated", Lens.MEASUREMENT, "{file} alone takes {share}, out of {files}.")
SPREAD = Template("size.spread", Lens.MEASUREMENT, "It reaches {components} in one step.")
QUIET = Template("size.quiet", Lens.MEASUREMENT, "It is {rank} against {window}.")

_PEERS = 8
"""Fewer peers than this make no rank worth naming."""


def find(ledger: Ledger) -> Iterator[Claim]:
    """Claims of rank, record, balance and spread."""
    yield from _against_history(ledger)
    yield from _balance(ledger)
    files = ledger.number("change.files")
    share = ledger.number("file.1.share")
    if files >= 4 and share >= 75:
        yield CONCENTRATED.claim(
            0.3 + (share - 75) / 100 + min(files, 40) / 200,
            file="file.1.path",
            share="file.1.share",
            files="change.files",
        )
    components = ledger.number("change.components")
    if components >= 8:
        yield SPREAD.claim(0.3 + components / 60, components="change.components")


def _against_history(ledger: Ledger) -> Iterator[Claim]:
    peers = ledger.number("lineage.window")
    rank = ledger.number("lineage.rank")
    if peers >= _PEERS and 1 <= rank <= 3:
        yield RANK.claim(0.75 - 0.12 * rank + min(peers, 100) / 400, rank="lineage.rank", window="lineage.window")
    elif peers >= 20 and ledger.number("lineage.rank_small") == 1:
        yield QUIET.claim(0.3 + min(peers, 100) / 500, rank="lineage.rank_small", window="lineage.window")
    if ledger.number("lineage.bigger.none") >= 20 and ledger.number("change.churn") >= 50:
        yield RECORD.claim(0.95, earlier="lineage.bigger.none")
    steps = ledger.number("lineage.bigger.steps")
    if steps >= 30:
        yield SINCE.claim(
            0.3 + 0.22 * log10(steps / 10),
            sha="lineage.bigger.sha",
            age="lineage.bigger.age",
            steps="lineage.bigger.steps",
        )
    ratio = ledger.number("lineage.median_ratio")
    if peers >= _PEERS and ratio >= 6:
        yield RATIO.claim(0.25 + 0.2 * log10(ratio), ratio="lineage.median_ratio", window="lineage.window")


def _balance(ledger: Ledger) -> Iterator[Claim]:
    added, removed = ledger.number("change.insertions"), ledger.number("change.deletions")
    sizes = {"added": "change.insertions", "removed": "change.deletions"}
    if added == removed >= 8:
        yield EVEN.claim(0.4 + min(added, 200) / 800, **sizes)
    elif removed >= 20 and removed >= 2 * added:
        yield SHRINKS.claim(0.35 + min(removed / (added + 1), 20) / 60 + min(removed, 500) / 2500, **sizes)
    elif not removed and added >= 200:
        yield PURE.claim(0.3 + min(added, 2000) / 8000, added="change.insertions")
    elif removed and added >= 300 and added >= 49 * removed:
        yield ADDITIVE.claim(0.3 + min(added, 4000) / 10000, share="change.additive_percent", **sizes)
