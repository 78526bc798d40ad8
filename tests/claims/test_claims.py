"""Claims: what a ledger entitles to, cut where the evidence is enough and not just below."""

from __future__ import annotations

import random
import re
from typing import TYPE_CHECKING, Any

import pytest

from chronicles.claims import FAMILIES, TEMPLATES, find_claims, versions
from chronicles.claims.template import Template, slots_of
from chronicles.dossier import Claim, Fact, Ledger, Lens, Source

if TYPE_CHECKING:
    from collections.abc import Callable

    from chronicles.dossier import Dossier
    from chronicles.evidence.build import Workshop
    from tests.conftest import RepoBuilder

DAY = 86400
YEAR = 365 * DAY

SOURCE = {"kind.source.files": 2, "kind.source.insertions": 20, "kind.source.deletions": 0, "habit.source": 20}
FILE = {"past.1.path": "a.py", "past.1.status": "modified", "lineage.age": 4000 * DAY}
REWRITE = {
    "rewrite.lines": 20, "change.deletions": 20, "rewrite.sources": 1, "rewrite.source.1.sha": "s1",
    "rewrite.source.1.lines": 9, "rewrite.source.1.age": 3 * DAY, "rewrite.source.1.share": 100,
    "rewrite.source.1.brought": 100, "rewrite.source.1.author": "Ada", "commit.author": "Eve",
    "lineage.age": 4000 * DAY,
}  # fmt: skip
PEERS = {"lineage.window": 30, "lineage.rank": 9, "lineage.rank_small": 9, "change.churn": 50}
NEW = {"symbol.new.1.name": "f", "symbol.new.1.path": "a.py", "symbol.new.1.complexity": 2, "symbol.new.1.length": 9}
CHANGED = {
    "symbol.changed": 1, "symbol.changed.1.name": "f", "symbol.changed.1.step": 0, "symbol.changed.1.complexity": 2
}  # fmt: skip
ISSUE = {"issue.again.number": "#7", "issue.again.sha": "i", "issue.again.age": 9 * DAY}
HABIT = {"habit.window": 20, "habit.tests": 15, "kind.test.files": 0}

PAIR = {
    "past.pair.one": "a.py", "past.pair.other": "b.py", "past.pair.ones": 12, "past.pair.others": 12,
    "past.pair.together": 9, "lineage.depth": 400,
}  # fmt: skip

MEASURED = {
    f"performance.1.{part}": "x" for part in ("what", "sha", "before", "after", "bound", "why", "status", "speed")
} | {"performance.1.distance": 1, "performance.1.blocks": 12, "performance.1.ratio": 1.05}
SLOWER = {**MEASURED, "performance.1.verdict": "slower"}
EQUAL = {
    **MEASURED, "performance.1.verdict": "equivalent", "performance.2.sha": "x", "performance.compared": 2,
    "performance.equivalent": 2, "commit.type": "perf", "commit.type_by": "stated",
}  # fmt: skip

ALL_READ = ("code.none", "code.only_one", "tests.removed", "tests.more_removed", "tests.rewritten")
"""Claims that nothing else is there: not one file of code may be unread."""

RANGE = {"range.commits": 12, "range.authors": 3, "range.tip": "a" * 40}
TABLE: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "code.complexity_up": ({**CHANGED, "symbol.changed.1.step": 3}, {"symbol.changed.1.step": 2}),
    "code.complexity_down": ({**CHANGED, "symbol.changed.1.step": -3}, {"symbol.changed.1.step": -2}),
    "code.only_one": (CHANGED, {"symbol.tests_changed": 1}),
    "code.many": ({"symbol.changed": 20}, {"symbol.changed": 7}),
    "code.none": ({**SOURCE, "symbol.files": 1}, {"symbol.changed": 1}),
    "code.exchange": ({"symbol.added": 3, "symbol.removed": 3}, {"symbol.removed": 2}),
    "code.tangled": ({**CHANGED, "symbol.changed.1.complexity": 15}, {"symbol.changed.1.complexity": 14}),
    "code.born_tangled": ({**NEW, "symbol.new.1.complexity": 12}, {"symbol.new.1.complexity": 11}),
    "code.long": ({**NEW, "symbol.new.1.length": 60}, {"symbol.new.1.length": 59}),
    "code.new_class": ({"symbol.class.1.name": "C", "symbol.class.1.path": "a.py"}, {"symbol.class.1.name": None}),
    "code.new_function": ({**NEW, "symbol.added": 5}, {"symbol.added": 6}),
    "code.new_many": ({**NEW, "symbol.added": 6}, {"symbol.added": 5}),
    "code.gone": (
        {"symbol.removed": 1, "symbol.gone.1.name": "f", "symbol.gone.1.path": "a.py"}, {"symbol.added": 1}
    ),
    "code.import": ({"import.1.from": "a.py", "import.1.to": "b"}, {"import.1.to": None}),
    "code.todo_left": ({"todo.added": 1}, {"todo.removed": 1}),
    "code.todo_done": ({"todo.removed": 1}, {"todo.added": 1}),
    **{
        f"dependency.{what}": (
            {f"dependency.1.{part}": "x" for part in ("name", "before", "after")} | {"dependency.1.change": what},
            {"dependency.1.change": "regrouped"},
        )
        for what in ("added", "removed", "major", "updated", "minimum")
    },
    "dependency.many": ({"dependency.count": 4}, {"dependency.count": 3}),
    "dependency.lock_only": (
        {"kind.lock.files": 1, "change.files": 1, "change.churn": 90}, {"change.files": 2}
    ),
    "first.folder": (
        {"first.1.kind": "folder", "first.1.name": "lib/", "first.1.path": "lib/a"}, {"first.1.kind": "extension"}
    ),
    "first.extension": (
        {"first.1.kind": "extension", "first.1.name": ".rs", "first.1.path": "a.rs"}, {"first.1.kind": "folder"}
    ),
    "first.test_files": ({"first.new_test_files": 2}, {"first.new_test_files": 1}),
    "first.milestone": ({"lineage.step": 500}, {"lineage.step": 499}),
    "first.beginning": ({"lineage.step": 1, "change.files": 1}, {"lineage.step": 2}),
    "first.new_file": (
        {"lineage.step": 2, "file.1.status": "added", "file.1.insertions": 90, "file.1.path": "a.py"},
        {"file.1.insertions": 4},
    ),
    "kind.docs_only": (
        {"change.files": 2, "kind.docs.files": 2, "file.1.share": 51, "file.1.path": "a.md"}, {"file.1.share": 50}
    ),
    "kind.ci_only": (
        {"change.files": 2, "kind.ci.files": 2, "file.1.share": 51, "file.1.path": "a.yml"}, {"change.files": 3}
    ),
    "kind.docs_with": (
        {**SOURCE, "change.files": 3, "kind.docs.files": 1, "kind.docs.documents": 1, "kind.source.sources": 2,
         "change.churn": 10},
        {"change.churn": 9},
    ),
    "kind.generated": (
        {"change.files": 1, "change.generated_lines": 60, "change.churn": 100}, {"change.generated_lines": 50}
    ),
    "kind.binary": ({"change.files": 1, "change.binary_files": 1}, {"change.binary_files": 0}),
    "kind.mode": ({"change.files": 1, "change.mode_files": 1}, {"change.mode_files": 0}),
    "kind.deletes": (
        {"change.files": 4, "change.deleted_files": 3, "change.added_files": 1}, {"change.deleted_files": 2}
    ),
    "message.undersold": (
        {"commit.type": "docs", "commit.type_by": "stated", "symbol.source_changed": 1}, {"commit.type_by": "paths"}
    ),
    "message.silent": ({"message.body_lines": 0, "change.churn": 300}, {"message.body_lines": 1}),
    "message.issue_again": (ISSUE, {"issue.again.age": DAY - 1}),
    "message.co_authors": ({"message.co_authors": 3}, {"message.co_authors": 0}),
    "message.secrets": ({"commit.redactions": 1}, {"commit.redactions": 0}),
    "move.folder": (
        {"change.renamed_files": 2, "move.1.files": 2, "move.1.from": "a/", "move.1.to": "b/"}, {"move.1.files": 1}
    ),
    "move.rename": (
        {"change.renamed_files": 1, "move.1.files": 1, "move.1.from": "a", "move.1.to": "b"},
        {"change.renamed_files": 0},
    ),
    "move.unchanged": (
        {"change.renamed_files": 3, "move.1.files": 3, "move.1.from": "a/", "move.1.to": "b/", "move.unchanged": 2},
        {"change.renamed_files": 2},
    ),
    "past.returned": (
        {"past.back.path": "a.py", "past.back.gone": "s", "past.back.away": DAY}, {"past.back.path": None}
    ),
    "past.strangers": ({**PAIR, "past.pair.together": 0, "past.pair.ones": 12}, {"past.pair.ones": 9}),
    "past.companions": ({**PAIR, "past.pair.together": 9}, {"past.pair.together": 8}),
    "past.overslept": (
        {**FILE, "past.1.slept": 60 * DAY, "past.1.interval": 15 * DAY, "past.1.changes": 8}, {"past.1.changes": 7}
    ),
    "past.hot": ({**FILE, "past.1.one_in": 15, "past.1.changes": 30}, {"past.1.one_in": 16}),
    "past.rare": ({**FILE, "past.1.age": 2000 * DAY, "past.1.changes": 5}, {"past.1.changes": 6}),
    "past.heir": (
        {**FILE, "past.1.status": "deleted", "past.1.age": 50 * DAY, "past.1.heir": "a.md"}, {"past.1.heir": None}
    ),
    "past.woke": ({**FILE, "past.1.slept": 700 * DAY}, {"past.1.slept": 179 * DAY}),
    "past.streak": ({**FILE, "past.1.streak": 5}, {"past.1.streak": 3}),
    "past.veteran": (
        {**FILE, "past.1.age": 3950 * DAY, "past.1.changes": 100, "past.1.one_in": 20}, {"past.1.changes": 9}
    ),
    "past.busy": ({**FILE, "past.1.age": 900 * DAY, "past.1.changes": 60}, {"past.1.changes": 59}),
    "past.deleted": (
        {**FILE, "past.1.status": "deleted", "past.1.age": 45 * DAY, "past.1.changes": 2}, {"past.1.age": 44 * DAY}
    ),
    "past.short_life": (
        {**FILE, "past.1.status": "deleted", "past.1.age": 44 * DAY}, {"past.1.age": 45 * DAY}
    ),
    "past.former_name": (
        {**FILE, "past.1.age": 180 * DAY, "past.1.first_name": "old.py"}, {"past.1.age": 179 * DAY}
    ),
    "past.again": (
        {**FILE, "past.1.slept": 2 * DAY, "past.1.interval": 20 * DAY, "past.1.last": "s"},
        {"past.1.interval": 19 * DAY},
    ),
    "past.folder_woke": (
        {"sleep.1.component": "lib/", "sleep.1.slept": 400 * DAY, "sleep.1.steps": 20}, {"sleep.1.steps": 9}
    ),
    "past.silence": (
        {"lineage.silence": 8 * DAY, "lineage.longest_gap": 6 * DAY, "lineage.window": 3},
        {"lineage.longest_gap": 8 * DAY},
    ),
    "past.long_silence": ({"lineage.silence": 10 * DAY, "lineage.window": 0}, {"lineage.silence": 10 * DAY - 1}),
    "past.habit": ({"sleep.habit.touched": 1, "sleep.habit.window": 15}, {"sleep.habit.touched": 2}),
    "people.first": ({"people.newcomers": 1, "people.new.1": "Ada"}, {"people.newcomers": 0}),
    "people.newcomers": ({"people.newcomers": 2, "people.new.1": "Ada"}, {"people.newcomers": 1}),
    "people.returned": (
        {"people.returned.name": "Ada", "people.returned.away": 400 * DAY}, {"people.returned.name": None}
    ),
    "people.nth": ({"people.nth": 100, "people.1": "Ada", "lineage.depth": 200}, {"people.nth": 99}),
    "people.crowd": ({"people.count": 3}, {"people.count": 2}),
    "people.other_hand": (
        {**FILE, "past.1.last_author": "Ada", "commit.author": "Eve", "past.1.slept": DAY}, {"commit.author": "Ada"}
    ),
    "performance.slower": (SLOWER, {"performance.1.verdict": "undecided"}),
    "performance.faster": ({**MEASURED, "performance.1.verdict": "faster"}, {"performance.1.verdict": "equivalent"}),
    "performance.worse": ({**SLOWER, "performance.1.speed": None}, {"performance.1.speed": 1}),
    "performance.better": (
        {**MEASURED, "performance.1.verdict": "faster", "performance.1.speed": None}, {"performance.1.speed": 1}
    ),
    "performance.steady": (EQUAL, {"performance.1.verdict": "undecided"}),
    "performance.all_steady": (EQUAL, {"performance.equivalent": 1}),
    "performance.undecided": ({**MEASURED, "performance.1.verdict": "undecided"}, {"performance.1.needed": 40}),
    "performance.more_blocks": (
        {**MEASURED, "performance.1.verdict": "undecided", "performance.1.needed": 40}, {"performance.1.needed": None}
    ),
    "performance.loss": (SLOWER, {"performance.1.verdict": "faster"}),
    "performance.trade": ({"performance.slower": 1, "performance.faster": 1}, {"performance.faster": None}),
    "performance.unconfirmed": (EQUAL, {"commit.type_by": "inferred"}),
    "performance.no_number": ({**MEASURED, "performance.1.verdict": "failed"}, {"performance.1.status": None}),
    "performance.first": (
        {**MEASURED, "performance.1.verdict": "alone"}, {"performance.1.elsewhere": "on another machine"}
    ),
    "performance.elsewhere": (
        {**MEASURED, "performance.1.verdict": "alone", "performance.1.elsewhere": "on another machine"},
        {"performance.1.elsewhere": None},
    ),
    "performance.gap": ({**SLOWER, "performance.1.distance": 5}, {"performance.1.distance": 4}),
    "performance.first_slower": ({**SLOWER, "performance.1.quiet": 4}, {"performance.1.quiet": 3}),
    "performance.first_faster": (
        {**MEASURED, "performance.1.verdict": "faster", "performance.1.quiet": 4}, {"performance.1.verdict": "slower"}
    ),
    "performance.fastest": (
        {**MEASURED, "performance.1.verdict": "faster", "performance.1.beaten": 4}, {"performance.1.beaten": 3}
    ),
    "performance.slowest": ({**SLOWER, "performance.1.beaten": 4}, {"performance.1.verdict": "faster"}),
    "public.removed": ({"api.1.kind": "removed", "api.1.name": "f"}, {"api.1.kind": "changed"}),
    "public.changed": (
        {"api.1.kind": "changed", "api.1.name": "f", "api.1.detail": "d"}, {"api.1.kind": "removed"}
    ),
    "public.unmarked": ({"api.breaks": 1}, {"message.breaking": 1}),
    "public.marked": ({"message.breaking": 1}, {"message.breaking": None}),
    "public.added": ({"api.added.1.name": "f"}, {"api.added.1.name": None}),
    "reading.start": ({"change.files": 5, "file.1.share": 74, "file.1.path": "a"}, {"file.1.share": 75}),
    "reading.half": ({"change.files": 12, "spread.half": 3}, {"spread.half": 5}),
    "reading.even": ({"change.files": 10, "spread.half": 4}, {"spread.half": 3}),
    "reading.small": ({"change.files": 10, "spread.small": 5}, {"spread.small": 4}),
    "rewrite.one_source": (REWRITE, {"rewrite.sources": 2}),
    "rewrite.main_source": (
        {**REWRITE, "rewrite.sources": 2, "rewrite.source.1.share": 60}, {"rewrite.source.1.share": 49}
    ),
    "rewrite.oldest": (
        {**REWRITE, "rewrite.sources": 2, "rewrite.oldest.sha": "o", "rewrite.oldest.age": 3000 * DAY},
        {"rewrite.oldest.age": 2 * YEAR - 1},
    ),
    "rewrite.all_young": ({**REWRITE, "rewrite.sources": 2, "rewrite.young_lines": 20}, {"rewrite.young_lines": 19}),
    "rewrite.young": (
        {**REWRITE, "rewrite.sources": 2, "rewrite.young_lines": 14}, {"rewrite.young_lines": 13}
    ),
    "rewrite.own": (
        {**REWRITE, "rewrite.own_lines": 20, "rewrite.source.1.author": "Eve"}, {"rewrite.own_lines": 19}
    ),
    "rewrite.named": (
        {**REWRITE, "message.issue.1": "#7", "rewrite.source.1.subject": "Fix it (#7)", "rewrite.source.1.share": 25},
        {"rewrite.source.1.share": 24},
    ),
    "rewrite.own_soon": (
        {**REWRITE, "commit.author": "Ada", "rewrite.source.1.age": DAY}, {"rewrite.source.1.age": 2 * DAY + 1}
    ),
    "rewrite.undoes": (
        {**REWRITE, "rewrite.source.1.lines": 10, "rewrite.source.1.brought": 19}, {"rewrite.source.1.brought": 20}
    ),
    "rewrite.many_sources": ({**REWRITE, "rewrite.sources": 8}, {"rewrite.sources": 7}),
    "rewrite.median": (
        {**REWRITE, "rewrite.sources": 3, "rewrite.median_age": 2000 * DAY}, {"rewrite.sources": 2}
    ),
    "size.rank": ({**PEERS, "lineage.rank": 3, "lineage.window": 8}, {"lineage.window": 7}),
    "size.quiet": ({**PEERS, "lineage.rank_small": 1}, {"lineage.rank_small": 2}),
    "size.record": ({**PEERS, "lineage.bigger.none": 20}, {"lineage.bigger.none": 19}),
    "size.since": (
        {"lineage.bigger.sha": "s", "lineage.bigger.age": DAY, "lineage.bigger.steps": 30},
        {"lineage.bigger.steps": 29},
    ),
    "size.ratio": ({**PEERS, "lineage.median_ratio": 6}, {"lineage.median_ratio": 5.9}),
    "size.shrinks": ({"change.insertions": 10, "change.deletions": 20}, {"change.deletions": 19}),
    "size.even": ({"change.insertions": 8, "change.deletions": 8}, {"change.deletions": 7}),
    "size.pure": ({"change.insertions": 200, "change.deletions": 0}, {"change.deletions": 1}),
    "size.additive": (
        {"change.insertions": 490, "change.deletions": 10, "change.additive_percent": 98.0}, {"change.insertions": 489}
    ),
    "size.concentrated": ({"change.files": 4, "file.1.share": 75, "file.1.path": "a"}, {"file.1.share": 74}),
    "size.spread": ({"change.components": 8}, {"change.components": 4}),
    "span.whole": ({**RANGE, "range.base": "b" * 40}, {"range.base": None}),
    "span.beginning": (RANGE, {"range.base": "b" * 40}),
    "span.home": ({**RANGE, "moved.1.to": "garbage/", "moved.1.files": 2}, {"moved.1.files": 1}),
    "span.kept": ({**RANGE, "impact.kept_files": 2, "impact.kept_lines": 20}, {"impact.kept_lines": 19}),
    "span.gone": ({**RANGE, "impact.gone_files": 2, "impact.gone_lines": 9}, {"impact.gone_files": 1}),
    "span.new": ({**RANGE, "new.count": 2}, {"new.count": 1}),
    "span.broken": ({**RANGE, "broken.count": 2}, {"broken.count": None}),
    "tests.absent": ({**SOURCE, **HABIT}, {"habit.tests": 10}),
    "tests.run": ({**SOURCE, "kind.test.files": 0, "habit.run": 4}, {"habit.run": 3}),
    "tests.rare": (
        {**SOURCE, "kind.test.files": 1, "habit.window": 20, "habit.tests": 5}, {"habit.tests": 6}
    ),
    "tests.outweigh": (
        {**SOURCE, "kind.source.insertions": 10, "kind.test.insertions": 40}, {"kind.test.insertions": 9}
    ),
    "tests.only": (
        {"kind.test.files": 2, "change.files": 2, "kind.test.insertions": 5, "change.insertions": 5},
        {"change.files": 3},
    ),
    "tests.removed": ({"symbol.tests_removed": 1}, {"symbol.tests_added": 1}),
    "tests.more_removed": ({"symbol.tests_removed": 2, "symbol.tests_added": 1}, {"symbol.tests_added": 2}),
    "tests.added": ({"symbol.tests_added": 3, "symbol.test.1.name": "t"}, {"symbol.tests_added": 1}),
    "tests.rewritten": ({**SOURCE, "symbol.tests_changed": 1}, {"symbol.tests_removed": 1}),
    "tests.back": ({**SOURCE, "kind.test.files": 1, "habit.run_before": 4}, {"habit.run_before": 3}),
    "undo.exact": (
        {"undo.kind": "revert", "undo.exact": 1, "undo.sha": "s", "undo.age": DAY}, {"undo.exact": 0}
    ),
    "undo.partial": (
        {"undo.kind": "revert", "undo.exact": 0, "undo.sha": "s", "undo.age": DAY}, {"undo.exact": 1}
    ),
    "undo.title": ({"undo.kind": "revert", "undo.sha": "s", "undo.steps": 4}, {"undo.kind": "fix-up"}),
    "undo.fix_up": ({"undo.kind": "fix-up", "undo.sha": "s", "undo.age": DAY}, {"undo.kind": "revert"}),
}  # fmt: skip
"""Template to a ledger that entitles to it, and what to change so that it does not; None takes a fact away."""


def ledger_of(values: dict[str, Any]) -> Ledger:
    """A ledger of bare values."""
    return Ledger(
        Fact(key, value, "1", str(value), str(value), Source.GIT, "true")
        for key, value in values.items()
        if value is not None
    )


def ids(ledger: Ledger) -> set[str]:
    """The templates whose claims a ledger entitles to."""
    return {claim.id for claim in find_claims(ledger)}


def test_the_table_has_a_row_for_every_template() -> None:
    """No template goes without a ledger that cuts it, and no row without a template."""
    assert TABLE.keys() == TEMPLATES.keys()


@pytest.mark.parametrize("template", sorted(TABLE))
def test_a_claim_is_cut_at_its_condition_and_not_below(template: str) -> None:
    """Each template is cut by its ledger, and not when one fact of it falls short."""
    values, short = TABLE[template]
    assert template in ids(ledger_of(values))
    assert template not in ids(ledger_of({**values, **short}))


@pytest.mark.parametrize("template", ALL_READ)
def test_nothing_is_said_to_be_all_while_a_file_is_unread(template: str) -> None:
    """A file that no one could read may hold what the claim says is not there."""
    assert template not in ids(ledger_of({**TABLE[template][0], "symbol.unread": 1}))


def test_an_empty_ledger_says_nothing() -> None:
    """Without facts there is no claim, nor of an empty commit."""
    assert find_claims(Ledger()) == ()
    assert (
        ids(ledger_of(dict.fromkeys(("change.files", "change.churn", "change.insertions", "change.deletions"), 0)))
        == set()
    )


def test_there_are_enough_of_them() -> None:
    """Forty templates at least, in eight families at least, through all four lenses, each under its own id."""
    assert len(TEMPLATES) >= 40
    assert len(FAMILIES) >= 8
    assert {template.lens for template in TEMPLATES.values()} == set(Lens)
    assert len(TEMPLATES) == sum(len(family.templates) for family in FAMILIES)
    for family in FAMILIES:
        assert all(template.id.partition(".")[0] == family.name for template in family.templates)
    assert versions().keys() == {f"claims.{family.name}" for family in FAMILIES}


@pytest.mark.parametrize("template", TEMPLATES.values(), ids=lambda template: template.id)
def test_a_skeleton_brings_no_number_of_its_own(template: Template) -> None:
    """A skeleton has each slot once, ends as a sentence, and types neither a figure nor a unit beside a slot."""
    slots = slots_of(template.skeleton)
    assert slots
    assert len(set(slots)) == len(slots)
    words = re.sub(r"\{[a-z_]+\}", "", template.skeleton)
    assert template.skeleton.endswith(".")
    assert not re.search(r"[{}`*<>]", words)
    assert not re.search(r"\d", words.replace("90 days", "").replace("30 days", ""))
    assert not re.search(r"\} (?:lines|files|days|commits|tests|percent)\b", template.skeleton)


def test_salience_lies_between_nothing_and_all() -> None:
    """Whatever the figures, also absurd ones, salience stays within 0 and 1."""
    for values, _ in TABLE.values():
        for factor in (1, 10**9):
            grown = {k: v * factor if isinstance(v, int | float) and v > 1 else v for k, v in values.items()}
            for claim in find_claims(ledger_of(grown)):
                assert 0 <= claim.salience <= 1, claim


def test_the_order_of_the_facts_is_no_matter() -> None:
    """The same facts in any order give the same claims in the same order, and finding them changes nothing."""
    chance = random.Random(7)  # noqa: S311 -- a test that repeats itself, no secret
    rows = [values for values, _ in TABLE.values()]
    for _ in range(60):
        values = {key: value for row in chance.sample(rows, 9) for key, value in row.items()}
        items = sorted(values.items())
        ledger = ledger_of(dict(items))
        found = find_claims(ledger)
        assert find_claims(ledger) == found
        chance.shuffle(items)
        assert find_claims(ledger_of(dict(items))) == found
        assert [claim.id for claim in found] == [c.id for c in sorted(found, key=lambda c: (-c.salience, c.id))]
        assert len({claim.id for claim in found}) == len(found)


def test_a_range_of_some_paths_is_the_work_on_them() -> None:
    """Where commits that touch the paths are counted, the claim of the whole speaks of these and of their authors."""
    limited = {**RANGE, "range.touching": 3, "range.touching_authors": 2}
    for values, name in ((limited, "beginning"), ({**limited, "range.base": "b" * 40}, "whole")):
        (claim,) = (one for one in find_claims(ledger_of(values)) if one.id == f"span.{name}")
        assert (claim.slots["commits"], claim.slots["authors"]) == ("range.touching", "range.touching_authors")


def test_the_strongest_of_a_template_stands_for_it() -> None:
    """A template gives one claim a dossier, that of the greater change."""
    values = {
        "symbol.changed": 2, "symbol.changed.1.name": "f", "symbol.changed.1.step": 4,
        "symbol.changed.2.name": "g", "symbol.changed.2.step": 9,
    }  # fmt: skip
    claims = [claim for claim in find_claims(ledger_of(values)) if claim.id == "code.complexity_up"]
    assert [claim.slots["function"] for claim in claims] == ["symbol.changed.2.name"]


def test_a_template_wants_each_of_its_slots() -> None:
    """A slot that is missing or invented is an error of ours, found at once."""
    template = Template("x.y", Lens.CRAFT, "{a} and {b}.")
    with pytest.raises(AssertionError):
        template.claim(0.5, a="x")
    with pytest.raises(AssertionError):
        template.claim(0.5, a="x", b="y", c="z")
    assert template.claim(7.0, a="x", b="y").salience == 1.0
    assert template.claim(-7.0, a="x", b="y").salience == 0.0


def test_what_does_not_change_is_no_news_beside_what_does() -> None:
    """A measure without a change is told where nothing else is, and not beside a verdict."""
    steady = {claim.id: claim.salience for claim in find_claims(ledger_of({**EQUAL, "commit.type": "feat"}))}
    assert steady["performance.steady"] >= 0.3
    beside = find_claims(ledger_of({**EQUAL, "performance.slower": 1}))
    assert {claim.id: claim.salience for claim in beside}["performance.steady"] < 0.3


def test_what_is_undecided_is_no_news_beside_other_rows() -> None:
    """An undecided measure may be spoken of where the runs say nothing else, and not beside any other row."""
    values = {**MEASURED, "performance.1.verdict": "undecided"}
    for name, extra in (("undecided", {}), ("more_blocks", {"performance.1.needed": 40})):
        for told in ({}, {"performance.slower": 1}, {"performance.equivalent": 1}, {"performance.alone": 2}):
            found = {claim.id: claim.salience for claim in find_claims(ledger_of({**values, **extra, **told}))}
            assert (found[f"performance.{name}"] >= 0.3) == (not told)


def test_a_measure_that_is_compared_is_not_said_to_have_no_baseline() -> None:
    """A second configuration of a case without a baseline is no news where another row compares the same metric."""
    alone = {**MEASURED, "performance.1.verdict": "alone", "performance.1.elsewhere": "in another configuration"}
    alone |= {"performance.1.sha": None, "performance.1.case": "a/b", "performance.1.metric": "wall"}
    other = {
        "performance.2.case": "a/b",
        "performance.2.sha": "x",
        "performance.2.verdict": "",
        "performance.2.what": "x",
    }
    other["performance.2.distance"] = 1
    for metric, said in (("wall", False), ("memory", True)):
        assert ("performance.elsewhere" in ids(ledger_of({**alone, **other, "performance.2.metric": metric}))) is said


SPEED = re.compile(r"fast|slow|quick|speed|regress", re.IGNORECASE)


def test_speed_words_come_from_a_verdict_alone() -> None:
    """No template speaks of speed but those that are cut from a row with that verdict, of a time or a rate."""
    bare = {template.id: re.sub(r"\{[a-z_]+\}", "", template.skeleton) for template in TEMPLATES.values()}
    spoken = {name for name, words in bare.items() if SPEED.search(words)}
    assert spoken == {
        f"performance.{name}" for name in ("slower", "faster", "first_slower", "first_faster", "slowest", "fastest")
    }
    for verdict in ("equivalent", "undecided", "alone", "failed"):
        rows = {**SLOWER, "performance.1.verdict": verdict, "performance.1.quiet": 9, "performance.1.beaten": 9}
        assert not any(SPEED.search(claim.skeleton) for claim in find_claims(ledger_of(rows))), verdict
    of_bytes = {**SLOWER, "performance.1.speed": None}
    assert not any(SPEED.search(claim.skeleton) for claim in find_claims(ledger_of(of_bytes)))


def check(claim: Claim, ledger: Ledger) -> None:
    """A claim of a real dossier must be bound to facts of it."""
    template = TEMPLATES[claim.id]
    assert (claim.lens, claim.skeleton, claim.polarity) == (template.lens, template.skeleton, template.polarity)
    assert claim.family == claim.id.partition(".")[0]
    assert set(claim.slots) == set(slots_of(claim.skeleton))
    for fact_id in claim.slots.values():
        assert fact_id in ledger, claim
        assert ledger[fact_id].text.strip(), claim
    assert 0 <= claim.salience <= 1


@pytest.mark.parametrize("seed", [31, 32])
def test_every_slot_of_a_real_claim_is_a_fact(
    repo: RepoBuilder,
    wander: Callable[..., list[str]],
    dossier_of: Callable[..., Dossier],
    open_workshop: Callable[..., Workshop],
    seed: int,
) -> None:
    """Claims of histories made by chance are bound to facts of their ledger, for commits and for groups."""
    wander(repo, seed, 22)
    shop = open_workshop(repo)
    steps = repo.git("rev-list", "--first-parent", "HEAD", "--").split()
    dossiers = [dossier_of(repo, sha, shop=shop) for sha in steps]
    dossiers.append(dossier_of(repo, f"{steps[-2]}..{steps[0]}", kind="group", shop=shop))
    found = set()
    for dossier in dossiers:
        for claim in dossier.claims:
            check(claim, dossier.ledger)
            found.add(claim.id)
        assert dossier.claims == find_claims(dossier.ledger)
    assert len(found) >= 10, found
