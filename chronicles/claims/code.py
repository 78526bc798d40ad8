"""Functions and classes: what is new, what is gone, what became harder or easier to follow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chronicles.claims.template import Template
from chronicles.dossier import Claim, Ledger, Lens, Polarity

if TYPE_CHECKING:
    from collections.abc import Iterator

VERSION = "1"

UP = Template("code.complexity_up", Lens.MEASUREMENT, "{function} goes {step}.", Polarity.BAD)
DOWN = Template("code.complexity_down", Lens.MEASUREMENT, "{function} goes {step}.", Polarity.GOOD)
ONLY_ONE = Template("code.only_one", Lens.MEASUREMENT, "Only one function changes: {function}.")
MANY = Template("code.many", Lens.MEASUREMENT, "{changed} change together.")
NONE = Template("code.none", Lens.MEASUREMENT, "{source} of source change, and no function does.")
EXCHANGE = Template("code.exchange", Lens.MEASUREMENT, "{removed} go for {added} that come.")
TANGLED = Template("code.tangled", Lens.CRAFT, "It edits {function}, which stands at {complexity}.", Polarity.BAD)
BORN_TANGLED = Template("code.born_tangled", Lens.CRAFT, "{function} is new and starts at {complexity}.", Polarity.BAD)
LONG = Template("code.long", Lens.CRAFT, "{function} is new and {length} long.", Polarity.BAD)
NEW_CLASS = Template("code.new_class", Lens.NOVELTY, "{klass} is new, in {file}.")
NEW_FUNCTION = Template("code.new_function", Lens.NOVELTY, "{function} is new, in {file}.")
NEW_MANY = Template("code.new_many", Lens.NOVELTY, "{added} come at once, {first} the largest.")
GONE = Template("code.gone", Lens.LINEAGE, "{function} is gone from {file}.")
IMPORT = Template("code.import", Lens.NOVELTY, "{importer} now imports {imported}.")
TODO_LEFT = Template("code.todo_left", Lens.CRAFT, "It leaves {added} behind.", Polarity.BAD)
TODO_DONE = Template("code.todo_done", Lens.CRAFT, "It clears {removed}.", Polarity.GOOD)


def find(ledger: Ledger) -> Iterator[Claim]:
    """Claims of symbols, complexity, imports and notes to self."""
    yield from _changed(ledger)
    yield from _new(ledger)
    if "import.1.to" in ledger:
        yield IMPORT.claim(0.6, importer="import.1.from", imported="import.1.to")
    left, done = ledger.number("todo.added"), ledger.number("todo.removed")
    if left > done:
        yield TODO_LEFT.claim(0.45 + min(left, 10) / 40, added="todo.added")
    elif done > left:
        yield TODO_DONE.claim(0.45 + min(done, 10) / 40, removed="todo.removed")


def _changed(ledger: Ledger) -> Iterator[Claim]:
    # The first of them are functions of the code; tests and their helpers follow, whose complexity is no news.
    for entry in ledger.numbered("symbol.changed")[: int(ledger.number("symbol.changed"))]:
        delta, complexity = ledger.number(f"{entry}.step"), ledger.number(f"{entry}.complexity")
        if delta >= 3:
            yield UP.claim(0.35 + min(delta, 20) / 40, function=f"{entry}.name", step=f"{entry}.step")
        elif delta <= -3:
            yield DOWN.claim(0.4 + min(-delta, 20) / 40, function=f"{entry}.name", step=f"{entry}.step")
        if complexity >= 15:
            yield TANGLED.claim(
                0.31 + (min(complexity, 60) - 15) / 150, function=f"{entry}.name", complexity=f"{entry}.complexity"
            )
    tests = sum(ledger.number(f"symbol.tests_{what}") for what in ("added", "removed", "changed"))
    changed, added, removed = (ledger.number(f"symbol.{what}") for what in ("changed", "added", "removed"))
    # That no other function changes is known only where every file was read.
    all_read = not ledger.number("symbol.unread")
    if all_read and changed == 1 and not added and not removed and not tests and "symbol.helpers" not in ledger:
        yield ONLY_ONE.claim(0.36, function="symbol.changed.1.name")
    elif changed >= 20:
        yield MANY.claim(0.25 + min(changed, 100) / 250, changed="symbol.changed")
    source = ledger.number("kind.source.insertions") + ledger.number("kind.source.deletions")
    if all_read and source >= 6 and ledger.number("symbol.files") and not changed + added + removed:
        yield NONE.claim(0.34 + min(source, 200) / 1000, source="habit.source")
    if added >= 3 and removed >= 3:
        yield EXCHANGE.claim(0.35 + min(removed, 40) / 120, removed="symbol.removed", added="symbol.added")
    elif removed and not added and "symbol.gone.1.name" in ledger:
        yield GONE.claim(0.42 + min(removed, 10) / 50, function="symbol.gone.1.name", file="symbol.gone.1.path")


def _new(ledger: Ledger) -> Iterator[Claim]:
    if "symbol.class.1.name" in ledger:
        yield NEW_CLASS.claim(0.5, klass="symbol.class.1.name", file="symbol.class.1.path")
    if "symbol.new.1.name" not in ledger:
        return
    added = ledger.number("symbol.added")
    if added >= 6:
        yield NEW_MANY.claim(0.36 + min(added, 60) / 200, added="symbol.added", first="symbol.new.1.name")
    else:
        yield NEW_FUNCTION.claim(0.36, function="symbol.new.1.name", file="symbol.new.1.path")
    for entry in ledger.numbered("symbol.new"):
        complexity, length = ledger.number(f"{entry}.complexity"), ledger.number(f"{entry}.length")
        if complexity >= 12:
            yield BORN_TANGLED.claim(
                0.35 + min(complexity, 50) / 100, function=f"{entry}.name", complexity=f"{entry}.complexity"
            )
        elif length >= 60:
            yield LONG.claim(0.33 + min(length, 300) / 900, function=f"{entry}.name", length=f"{entry}.length")
