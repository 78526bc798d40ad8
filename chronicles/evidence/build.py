"""From a subject to its dossier: the one place where the evidence is put together.

A `Workshop` holds what is shared between the dossiers of one run: the repository, the index of its line, the
cache of blob analyses and the settings. Building reads only objects of the repository; the same subject gives
the same dossier whoever asks, whenever, in whatever order.
"""

from __future__ import annotations

import json
import sys
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from functools import lru_cache, partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Self

from chronicles.checks.record import records, told
from chronicles.claims import find_claims, versions
from chronicles.dossier import Coverage, Dossier, SubjectKey, ToldRun
from chronicles.evidence import symbols as symbol_analysis
from chronicles.evidence.cache import BlobCache
from chronicles.evidence.changes import Changes, add_change_facts
from chronicles.evidence.code import add_code_facts, add_manifest_facts, add_patch_facts, by_path
from chronicles.evidence.facts import FactBook, shown_path
from chronicles.evidence.habits import add_habit_facts, add_undo_facts
from chronicles.evidence.identity import add_identity_facts
from chronicles.evidence.kinds import FileKind, LinguistMarks, classify, component
from chronicles.evidence.lineage import add_lineage_facts
from chronicles.evidence.messages import parse_message
from chronicles.evidence.patches import FilePatch, parse_patches
from chronicles.evidence.performance import add_performance_facts
from chronicles.evidence.ranges import FAMILIES as RANGE_FAMILIES
from chronicles.evidence.ranges import add_range_facts
from chronicles.evidence.ranges.span import Span
from chronicles.evidence.rewrites import add_rewrite_facts
from chronicles.evidence.runs import Runs, choose, series_of
from chronicles.evidence.subject import Subject, exclusion, load_subject
from chronicles.evidence.symbols import FileSymbols
from chronicles.history.index import Index

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from types import TracebackType

    from chronicles.checks import Check, Stored
    from chronicles.dossier import CheckRun
    from chronicles.history.commit import FileChange
    from chronicles.history.repository import Repository

__all__ = ["Workshop", "build_dossier"]

_TEXT_BYTES = 1_000_000
"""A blob bigger than this is not read as text: it is data, whatever its name."""
_PYTHON = f"python {sys.version_info.major}.{sys.version_info.minor}"
"""What reads Python code: syntax, names of builtins and modules, and digests of trees differ between its versions."""
_PATCH_FILES = 400
"""At most so many files' lines are read for hunks, notes and epigraphs."""


@dataclass(frozen=True, slots=True)
class Rules:
    """The settings that decide what counts."""

    components: tuple[str, ...]
    excluded: tuple[str, ...]
    public: tuple[str, ...] = ()


class Workshop:
    """What the dossiers of one run share; a context manager.

    Args:
        repository: Open, and left open.
        components: Globs that name components.
        excluded: Output folders.
        public: Globs of files that others use by their path; told of ranges.
        reports: Folder of the run records; without one no performance is told.
        checks: The configured checks, which ranges are told with.
        check_records: Folder of the records of their runs.
        fresh: Read nothing that an earlier run left and leave nothing, as verification wants it.
        caches: Where index and analyses are kept, instead of under the repository's `.git`.
    """

    def __init__(
        self,
        repository: Repository,
        *,
        components: Sequence[str],
        excluded: Sequence[str],
        public: Sequence[str] = (),
        reports: Path | None = None,
        checks: Iterable[Check] = (),
        check_records: Path | None = None,
        fresh: bool = False,
        caches: Path | None = None,
    ) -> None:
        self.repository = repository
        self.reports = reports
        self.checks = tuple(checks)
        self.check_records = check_records
        self.rules = Rules(tuple(components), tuple(excluded), tuple(public))
        self._stack = ExitStack()
        if fresh:
            caches = Path(self._stack.enter_context(TemporaryDirectory(prefix="chronicles-")))
        self.caches = caches or repository.git_dir / "chronicles"
        self.index = self._stack.enter_context(
            Index(
                repository,
                component=self.component,
                kind=_kind_by_name,
                excluded=excluded,
                settings_key=components,
                folder=self.caches,
            )
        )
        self.cache = self._stack.enter_context(BlobCache(self.caches))
        self.runs = None
        if reports is not None:
            self.runs = Runs(reports, self.caches / "runs.sqlite")
            self._stack.callback(self.runs.close)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def component(self, path: str) -> str:
        """The component that a path belongs to."""
        return component(path, self.rules.components)

    def parent(self, depth: int) -> str | None:
        """The commit before the step at a depth; None before the root."""
        step = self.index.step(depth - 1) if depth else None
        return step.sha if step else None

    def text(self, object_id: str) -> str | None:
        """The text of a blob; None for no blob, a binary or one too big to be anybody's writing."""
        if not object_id.strip("0"):
            return None
        found = self.repository.read_blobs([object_id]).get(object_id)
        if found is None or len(found) > _TEXT_BYTES or b"\0" in found[:8000]:
            return None
        return found.decode("utf-8", "replace")

    def checked(self, commit: str) -> Iterator[CheckRun]:
        """The configured checks, in their order, each as a record for a commit's tree tells how it ended."""
        return told(self.checks, self.records_of(commit)) if self.checks else iter(())

    def records_of(self, commit: str) -> list[Stored]:
        """What runs of checks left that speak for a commit's tree."""
        return records(self.check_records, self.repository.tree(commit), self.repository.find_tree)

    def symbols(self, path: str, object_id: str) -> FileSymbols | None:
        """The symbols of a blob that lies at a path."""

        def analyse() -> Any:  # noqa: ANN401 - JSON
            text = self.text(object_id)
            return asdict(symbol_analysis.symbols(path, text)) if text is not None else None

        # The path is part of the key: a language and what counts as a test are read off it.
        found = self.cache.get(f"{_symbol_tool()} {object_id} {shown_path(path)}", analyse)
        return _symbols_of(found) if found is not None else None


def build_dossier(
    workshop: Workshop,
    key: SubjectKey,
    listed: Sequence[ToldRun] | None = None,
    checked: Sequence[CheckRun] | None = None,
) -> Dossier:
    """Build the dossier of a subject.

    Args:
        workshop: Whose index must hold the subject's steps; `Index.follow` makes it so.
        key: The subject.
        listed: The runs to tell it by, all of them in the store; without it, those that the rule chooses.
        checked: The checks to tell a range with; without it, the configured ones as their records have them.
    """
    subject = load_subject(workshop.repository, key)
    book = FactBook(key, workshop.rules.excluded)
    changes = _read_changes(workshop, key)
    patches = _read_patches(workshop, key, changes)
    kinds = [changes.kinds[change.path] for change in changes.files]
    message = parse_message(
        subject.message,
        kinds,
        added=sum(change.status.value == "A" for change in changes.files),
    )
    add_identity_facts(book, subject, message)
    add_change_facts(book, changes)
    add_lineage_facts(book, subject, changes, workshop.index)
    add_habit_facts(book, subject, changes, workshop.index)
    add_undo_facts(book, subject, message, changes, workshop.index, workshop.repository)
    add_manifest_facts(book, changes, workshop.text)
    add_patch_facts(book, changes, patches)
    if key.reading == "full":
        tree = partial(_tree_paths, workshop.repository, key.commits[0])
        add_code_facts(book, changes, workshop.text, workshop.symbols, tree)
        add_rewrite_facts(book, subject, changes, by_path(patches), workshop.repository, workshop.index)
    runs = _add_performance(book, workshop, listed)
    book.count("commit.redactions", book.redactions, "secret")
    checks: tuple[CheckRun, ...] = ()
    if key.kind == "range":
        rules = workshop.rules
        span = Span(key, workshop.repository, subject, changes, workshop.text, patches, rules.excluded, rules.public)
        checks = tuple(workshop.checked(key.commits[0]) if checked is None else checked)
        coverage = add_range_facts(book, span, checks)
    else:
        coverage = _coverage(subject, workshop.index)
    ledger = book.ledger()
    versions_of = made_by(workshop.rules, key.kind)
    return Dossier(key, versions_of, ledger, find_claims(ledger), coverage, runs, checks)


def _add_performance(book: FactBook, workshop: Workshop, listed: Sequence[ToldRun] | None) -> tuple[ToldRun, ...]:
    """Add what stored runs tell of the subject; nothing of the engine is loaded where there are none."""
    runs, index = workshop.runs, workshop.index
    if runs is None or not runs.there:
        return ()
    if listed is None:
        choices = choose(book.key, runs.pool, index)
        return add_performance_facts(book, choices, runs, index, lambda choice: series_of(choice, runs.pool, index))
    series = {run.run.id: [runs.pool.by_id[point.run.id] for point in run.series] for run in listed}
    choices = tuple(runs.choice_of(run) for run in listed)
    return add_performance_facts(book, choices, runs, index, lambda choice: series[choice.run.run_id])


def _symbol_tool() -> str:
    """What the cache's entries depend on."""
    return f"{VERSIONS['symbol']} {symbol_analysis.tool_version()} {_PYTHON}"


def _symbols_of(value: dict[str, Any]) -> FileSymbols:
    return FileSymbols(
        functions=tuple(symbol_analysis.Function(**function) for function in value["functions"]),
        classes=tuple(symbol_analysis.Klass(**klass) for klass in value["classes"]),
        classes_known=value["classes_known"],
        skipped=value["skipped"],
    )


@lru_cache(maxsize=100_000)
def _kind_by_name(path: str) -> str:
    return classify(path).value


def made_by(rules: Rules, kind: str = "commit") -> dict[str, str]:
    """The versions of all fact and claim families of a kind of subject, tools included; under `rules` what counts."""
    from importlib.metadata import version  # noqa: PLC0415 - reads the disk

    tools = {
        "symbol": f"{symbol_analysis.tool_version()}+{_PYTHON}",
        "api": f"griffe {version('griffe')}+{_PYTHON}",
        "import": _PYTHON,
    }
    counted = json.dumps([rules.components, rules.excluded, *([rules.public] if kind == "range" else [])])
    with_tools = {family: f"{VERSIONS[family]}+{tool}" for family, tool in tools.items()}
    of_range = RANGE_FAMILIES if kind == "range" else {}
    return {**VERSIONS, **of_range, **with_tools, "rules": counted, **versions()}


VERSIONS = {
    **dict.fromkeys(
        (
            *("commit", "message", "group", "member", "change", "component", "kind", "file", "move", "lineage", "past"),
            *("sleep", "people", "first", "habit", "undo", "issue", "dependency", "symbol", "api", "import", "todo"),
            *("hunk", "epigraph", "rewrite", "spread"),
        ),
        "1",
    ),
    "performance": "2",
}
"""Raise a family's version whenever the same objects may give other facts of it: that of `performance` also when
`banterhearts.core` finds, compares or summarises runs otherwise."""


def _read_changes(workshop: Workshop, key: SubjectKey) -> Changes:
    tip = key.commits[0]
    everything = workshop.repository.diff(key.base, tip, paths=key.paths)
    folders = tuple(f"{folder.rstrip('/')}/" for folder in workshop.rules.excluded)
    own = sum(any(name.startswith(folders) for name in change.names) for change in everything)
    files = workshop.repository.diff(key.base, tip, workshop.rules.excluded, key.paths) if own else everything
    marks = _marks(workshop.repository, tip, files)
    kinds: dict[str, FileKind] = {}
    for change in files:
        kinds[change.path] = classify(change.path, marks, binary=change.binary)
    return Changes(files, own, kinds, workshop.component)


def _marks(repository: Repository, tip: str, files: Sequence[FileChange]) -> LinguistMarks:
    """The linguist marks that hold for some files, from the `.gitattributes` of the commit's own tree."""
    folders = {""}
    for change in files[:2000]:
        folder = change.path.rpartition("/")[0]
        while folder and folder not in folders:
            folders.add(folder)
            folder = folder.rpartition("/")[0]
    found: dict[str, str] = {}
    for folder in sorted(folders)[:500]:
        path = f"{folder}/.gitattributes" if folder else ".gitattributes"
        content = repository.read_file(tip, path)
        if content is not None:
            found[path] = content.decode("utf-8", "replace")
    return LinguistMarks.parse(found)


def _read_patches(workshop: Workshop, key: SubjectKey, changes: Changes) -> tuple[FilePatch, ...]:
    wanted = [c for c in changes.by_size if not c.binary and c.churn and changes.kinds[c.path].written_here]
    paths = [name for change in wanted[:_PATCH_FILES] for name in (change.path, change.old_path) if name]
    if not paths:
        return ()
    return parse_patches(workshop.repository.patch(key.base, key.commits[0], paths)).files


def _tree_paths(repository: Repository, commit: str) -> frozenset[str]:
    return frozenset(entry.path for entry in repository.list_tree(commit))


def _coverage(subject: Subject, index: Index) -> Coverage:
    excluded: dict[str, int] = {}
    for sha in subject.key.commits:
        step = index.step_of(sha)
        rule = exclusion(step) if step and not subject.is_commit else None
        if rule:
            excluded[rule] = excluded.get(rule, 0) + 1
    return Coverage(len(subject.key.commits) - sum(excluded.values()), len(subject.brought), excluded)
