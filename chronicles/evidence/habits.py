"""Facts of habit and of undoing (families `habit`, `undo`, `issue`): the change held against those before it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chronicles import phrases
from chronicles.evidence.kinds import FileKind
from chronicles.evidence.lineage import LOGS
from chronicles.history.commit import FileChange, Status

if TYPE_CHECKING:
    from chronicles.evidence.changes import Changes
    from chronicles.evidence.facts import FactBook
    from chronicles.evidence.messages import Message
    from chronicles.evidence.subject import Subject
    from chronicles.history.index import Index, Step
    from chronicles.history.repository import Repository

__all__ = ["add_habit_facts", "add_undo_facts"]

_WINDOW_SEC = 90 * 86400


def add_habit_facts(book: FactBook, subject: Subject, changes: Changes, index: Index) -> None:
    """Add how the steps before treated source, tests and documents."""
    source = changes.of_kind(FileKind.SOURCE)
    book.count("habit.source", sum(change.churn for change in source), "line")
    docs = sum(not LOGS.search(change.path) for change in changes.of_kind(FileKind.DOCS))
    if docs:
        book.count("kind.docs.documents", docs, "document")
    if source:
        book.count("kind.source.sources", len(source), "source file")
    made = changes.of_kind(FileKind.GENERATED, FileKind.LOCK)
    if made:
        book.count("change.generated_lines", sum(change.churn for change in made), "line")
        book.count("change.generated_files", len(made), "generated file")
    first = index.step_of(subject.oldest.sha)
    assert first is not None, f"the index does not hold {subject.oldest.sha}"
    if source:
        _add_test_habit(book, index, first, tested=bool(changes.of_kind(FileKind.TEST)))


def _add_test_habit(book: FactBook, index: Index, first: Step, *, tested: bool) -> None:
    before = index.window(first, _WINDOW_SEC)
    coded = [step for step in before if index.has_mark("kind", b"source", step.depth)]
    with_tests = [index.has_mark("kind", b"test", step.depth) for step in coded]
    book.count("habit.window", len(coded), "commit to source", "commits to source")
    book.count("habit.tests", sum(with_tests), "commit")
    run = 0
    for had_tests in reversed(with_tests):
        if had_tests:
            break
        run += 1
    if tested and run:
        book.count("habit.run_before", run, "commit to source", "commits to source")
    elif not tested and run < len(with_tests):
        # Only a run whose beginning lies in the window has a length that is known.
        book.add(
            "habit.run", run + 1, "commit", text=f"the {phrases.ordinal(run + 1)} commit to source", figure=str(run + 1)
        )


def add_undo_facts(
    book: FactBook, subject: Subject, message: Message, changes: Changes, index: Index, repository: Repository
) -> None:
    """Add what the change says it reverts or mends, as far as the line holds it, and its issue's last mention."""
    first = index.step_of(subject.oldest.sha)
    assert first is not None, f"the index does not hold {subject.oldest.sha}"
    if not subject.is_commit:
        return
    kind, target = _undone(message, index, first)
    if target is not None:
        book.add("undo.kind", kind, "kind", text=f"a {kind}")
        book.sha("undo.sha", target.sha)
        book.span("undo.age", first.at - target.at)
        book.count("undo.steps", first.depth - target.depth, "commit")
        book.words("undo.subject", target.subject, limit=120)
        if kind == "revert":
            (commit,) = repository.commits([target.sha], changes=False)
            undone = repository.diff(commit.parents[0] if commit.parents else None, commit.sha, book.excluded)
            exact = _shape(undone, back=True) == _shape(changes.files, back=False)
            book.add("undo.exact", int(exact), "truth", text="exactly" if exact else "in part")
    for issue in message.issues:
        depth = index.last_mark("issue", issue.lstrip("#").encode(), first.depth)
        step = index.step(depth) if depth is not None else None
        if step is not None:
            book.add("issue.again.number", issue, "issue", text=issue)
            book.sha("issue.again.sha", step.sha)
            book.span("issue.again.age", first.at - step.at)
            break


def _undone(message: Message, index: Index, first: Step) -> tuple[str, Step | None]:
    for prefix in message.reverts:
        step = index.step_by_prefix(prefix, first.depth)
        if step:
            return "revert", step
    if message.reverts_subject:
        step = index.step_by_subject(message.reverts_subject, first.depth)
        if step:
            return "revert", step
    if message.fixes_up:
        step = index.step_by_prefix(message.fixes_up, first.depth) or index.step_by_subject(
            message.fixes_up, first.depth
        )
        if step:
            return "fix-up", step
    return "", None


def _shape(changes: tuple[FileChange, ...], *, back: bool) -> set[tuple[str, str, str]]:
    """Path and blobs of each change; read backwards, what an exact revert would be."""
    shape = set()
    for change in changes:
        old, new = change.old_blob, change.new_blob
        path = change.path
        if change.status is Status.RENAMED and back:
            path = change.old_path or path
        shape.add((path, new, old) if back else (path, old, new))
    return shape
