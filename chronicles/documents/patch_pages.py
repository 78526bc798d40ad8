"""Which document a range has: one that tells it, a draft that it extends, or none yet.

A number belongs to a document for good. A document that tells the very range is written anew in its place; a draft goes
on growing, so one that starts at the same commit, of the same part of the repository, and ends at an ancestor of the
new tip becomes the document of the longer range. One that was published tells its range for ever: what came after it
is another document.

A page whose sidecar is lost is known by the range that its front matter names, so that it is mended and not doubled.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, get_args

from chronicles.documents.corrections import is_published
from chronicles.documents.frontmatter import split_front_matter
from chronicles.documents.page import LONGEST_TITLE, Patch, Status, clean_title, load_page
from chronicles.errors import OutputError, PageError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from chronicles.documents.page import Page
    from chronicles.documents.series import Entry
    from chronicles.documents.telling import Press
    from chronicles.dossier import SubjectKey
    from chronicles.history.repository import Repository

__all__ = ["Held", "decide", "find_held", "make_folder", "name_ends"]

_LONGEST_NAME = 40
_STATUSES: tuple[Status, ...] = get_args(Status)


@dataclass(frozen=True, slots=True)
class Held:
    """A number, and the document that holds it."""

    number: int
    page: Page | None = None
    """The document as its sidecar has it; None where there is none, or none that can be read."""
    patch: Patch = field(default_factory=Patch)
    """What people have decided of it."""


def find_held(press: Press, key: SubjectKey, number: int | None = None) -> Held:
    """Find the document that a range goes into, or a number for it.

    Args:
        press: Of the patch documents.
        key: The range.
        number: The number that somebody wants it to have; the next one where they name none.

    Raises:
        PageError: The number is taken, or the range has another.
    """
    series = press.series
    following = series.next_number()
    found = _of_range(press, key, number)
    if found is not None:
        if number is not None and number != found.number:
            problem = f"tells this very range under number {found.number}"
            raise PageError(found.page, problem, "Leave --number out, or take that page out with `chronicles remove`")
        _refuse_doubled(press, found.number)
        patch, page = _decided(found)
        return Held(found.number, page, patch)
    if number is None:
        return Held(following)
    _refuse_taken(press, number)
    return Held(number)


def decide(held: Held, status: Status | None, title: str | None, path: Path) -> Patch:
    """What a document is to be, by what it is and what somebody wants of it.

    Args:
        held: The document as it is.
        status: None for the one that it has.
        title: None for the one that it has; empty for one that is built from the change.
        path: What an error names.

    Raises:
        PageError: A published document cannot be a draft again.
    """
    before = held.patch
    if status == "draft" and is_published(before.status):
        problem = f"is {before.status}, so people may have read it, and a draft would change in silence"
        remedy = "Restore an earlier state of both files from version control, or take it out with `chronicles remove`"
        raise PageError(path, problem, remedy)
    return replace(before, status=status or before.status, title=before.title if title is None else title)


def name_ends(patch: Patch, key: SubjectKey, repository: Repository) -> Patch:
    """Name the ends of a range by the tags that they have now.

    Whoever publishes a document publishes its names; a tag that comes later does not change them.
    """
    tags: dict[str, list[str]] = {}
    for name, sha in repository.tags():
        tags.setdefault(sha, []).append(name)
    base, tip = (_aptest(tags.get(sha or "", [])) for sha in (key.base, key.commits[0]))
    return replace(patch, base_name=base, tip_name=tip)


def _aptest(names: Sequence[str]) -> str:
    """Of the tags of one commit the shortest that names a version."""
    fit = [name for name in names if len(name) <= _LONGEST_NAME and name.isprintable()]
    return min(fit, key=lambda name: (not any(char.isdigit() for char in name), len(name), name), default="")


def make_folder(folder: Path) -> None:
    """Make the folder of the documents.

    Raises:
        OutputError: If it cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(folder, (error.strerror or str(error)).lower()) from error


def _of_range(press: Press, key: SubjectKey, number: int | None) -> Entry | None:
    """The document that tells a range, else the draft that it extends; of several the one with a wanted number."""
    alike = [one for one in press.series if one.commits and (one.base, one.paths) == (key.base, key.paths)]
    same = [one for one in alike if one.commits[0] == key.commits[0]]
    drafts = [one for one in alike if one not in same and _extends(press, key, one)]
    # The draft that came furthest is the one that somebody works on.
    for found in (same, sorted(drafts, key=lambda one: -len(one.commits))):
        if found:
            return next((one for one in found if one.number == number), found[0])
    return None


def _extends(press: Press, key: SubjectKey, entry: Entry) -> bool:
    if is_published(_decided(entry)[0].status):
        return False
    tip = entry.commits[0]
    if tip in key.commits:
        return True
    repository = press.workshop.repository
    there = any(commit.sha == tip for commit in repository.commits([tip], changes=False))
    return there and repository.is_ancestor(tip, key.commits[0])


def _decided(entry: Entry) -> tuple[Patch, Page | None]:
    """What people have decided of a document: by its sidecar, or by its front matter where that is lost."""
    with suppress(PageError):
        page = load_page(entry.sidecar)
        return page.patch or Patch(), page
    values: dict[str, object] = {}
    with suppress(PageError, OSError):
        values = split_front_matter(entry.page.read_text(encoding="utf-8", errors="replace"), entry.page)[0]
    status: Status = next((one for one in _STATUSES if one == values.get("status")), "draft")
    title = values.get("title")
    return Patch(status, clean_title(title)[:LONGEST_TITLE] if isinstance(title, str) else ""), None


def _refuse_doubled(press: Press, number: int) -> None:
    """Refuse to write one of two pages that have the same number: which one is meant, nobody knows."""
    name = press.page_path(number).name
    for one in press.series.problems:
        if one.problem == f"has the same number as {name}":
            raise PageError(one.path, one.problem, f"{one.remedy}.")


def _refuse_taken(press: Press, number: int) -> None:
    """Refuse a number that a page has or had.

    Raises:
        PageError: It says what holds the number.
    """
    series = press.series
    for gone in series.removed:
        if gone.number == number:
            title = f" ({gone.title})" if gone.title else ""
            problem = f"number {number} was a page's that was removed{title}, and is not used again"
            raise PageError(series.page_path(number), problem, "Leave --number out, or name a number that is free")
    entry = series.by_number(number)
    if entry is None:
        return
    path = entry.page if entry.has_page else entry.sidecar
    base, tip = (sha[:7] if sha else "the beginning" for sha in (entry.base, next(iter(entry.commits), "")))
    told = f"the range {base}..{tip}" if entry.commits else "no range that can be read"
    title = f", {entry.title!r}" if entry.title else ""
    problem = f"holds number {number}{title}, and tells {told}"
    raise PageError(path, problem, "Leave --number out, or name a number that is free")
