"""What a change does to the tests, against what the repository is used to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chronicles.claims.template import Template, is_group
from chronicles.dossier import Claim, Ledger, Lens, Polarity

if TYPE_CHECKING:
    from collections.abc import Iterator

VERSION = "1"

ABSENT = Template(
    "tests.absent",
    Lens.CRAFT,
    "No test changes with {source} of source; of {window} before it, {habit} touched tests.",
    Polarity.BAD,
)
RUN = Template("tests.run", Lens.CRAFT, "It is {run} in a row that leaves the tests alone.", Polarity.BAD)
OUTWEIGH = Template(
    "tests.outweigh",
    Lens.CRAFT,
    "The tests outweigh the code: {tests} of tests against {source} of source.",
    Polarity.GOOD,
)
ONLY = Template("tests.only", Lens.CRAFT, "Nothing but tests changes: {files}, {added} in.")
RARE = Template(
    "tests.rare",
    Lens.CRAFT,
    "Tests come with the code; of {window} before it, {habit} had any.",
    Polarity.GOOD,
)
REMOVED = Template("tests.removed", Lens.CRAFT, "The suite loses {removed} and gains none.", Polarity.BAD)
MORE_REMOVED = Template("tests.more_removed", Lens.CRAFT, "The suite shrinks: {removed} out, {added} in.", Polarity.BAD)
ADDED = Template("tests.added", Lens.CRAFT, "{added} join the suite, {first} first among them.", Polarity.GOOD)
REWRITTEN = Template("tests.rewritten", Lens.CRAFT, "No test comes and none goes, but the suite changes in {changed}.")
BACK = Template("tests.back", Lens.CRAFT, "The tests move again, after {run} that left them alone.", Polarity.GOOD)

_RUN = 4
"""A run of untested changes is told when it is noticed, and then at every fifth."""


def find(ledger: Ledger) -> Iterator[Claim]:
    """Claims of presence, balance and loss of tests."""
    source = ledger.number("kind.source.insertions") + ledger.number("kind.source.deletions")
    tests = ledger.number("kind.test.files")
    habit, window = ledger.number("habit.tests"), ledger.number("habit.window")
    if source >= 8 and not tests and window >= 8 and habit * 2 > window:
        yield ABSENT.claim(
            0.3 + 0.3 * habit / window + min(source, 400) / 2000,
            source="habit.source",
            window="habit.window",
            habit="habit.tests",
        )
    if source >= 8 and tests and window >= 8 and habit * 4 <= window:
        yield RARE.claim(0.5 - 0.4 * habit / window, window="habit.window", habit="habit.tests")
    run = ledger.number("habit.run")
    if source >= 4 and not tests and (run == _RUN or (run and run % 5 == 0)) and not is_group(ledger):
        yield RUN.claim(0.36 + min(run, 20) / 80, run="habit.run")
    before = ledger.number("habit.run_before")
    if source and tests and before >= 4:
        yield BACK.claim(0.35 + min(before, 20) / 40, run="habit.run_before")
    yield from _balance(ledger, source=source, tests=tests)
    yield from _suite(ledger, source=source)


def _balance(ledger: Ledger, *, source: float, tests: float) -> Iterator[Claim]:
    added = ledger.number("kind.test.insertions")
    if source and added >= 30 and added >= 4 * ledger.number("kind.source.insertions"):
        ratio = added / (ledger.number("kind.source.insertions") + 1)
        yield OUTWEIGH.claim(
            0.31 + min(ratio, 20) / 100 + min(added, 200) / 2000,
            tests="kind.test.insertions",
            source="kind.source.insertions",
        )
    if added and tests == ledger.number("change.files"):
        yield ONLY.claim(0.31 + min(added, 300) / 3000, files="change.files", added="change.insertions")


def _suite(ledger: Ledger, *, source: float) -> Iterator[Claim]:
    added, removed = ledger.number("symbol.tests_added"), ledger.number("symbol.tests_removed")
    changed = ledger.number("symbol.tests_changed")
    # What is not in the files that were read may be in those that were not.
    all_read = not ledger.number("symbol.unread")
    if removed > added:
        weight = 0.5 + min(removed - added, 10) / 30
        if all_read and added:
            yield MORE_REMOVED.claim(weight, removed="symbol.tests_removed", added="symbol.tests_added")
        elif all_read:
            yield REMOVED.claim(weight, removed="symbol.tests_removed")
    elif added >= 3 and "symbol.test.1.name" in ledger:
        yield ADDED.claim(0.32 + min(added, 30) / 80, added="symbol.tests_added", first="symbol.test.1.name")
    if all_read and source and changed and not added and not removed:
        yield REWRITTEN.claim(0.33 + min(changed, 12) / 80, changed="symbol.tests_changed")
