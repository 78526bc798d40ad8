"""What publishing a page would write: its rendering with a person's edits in it, its chart and its sidecar.

Nothing is written here, so that what regeneration would change can also be shown. The old rendering is known by the
digests of its lines; where today's layout still renders the stored page as it was, its very lines are known too, and a
line that says something else now is told from one that is new.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from chronicles.documents import chart
from chronicles.documents.comparison import compare_lines, same_but_tokens
from chronicles.documents.corrections import correct
from chronicles.documents.edits import digests, merge
from chronicles.documents.regions import Region, regions
from chronicles.documents.retired import keep_below
from chronicles.errors import ConfigError, OutputError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from chronicles.documents.edits import Conflict
    from chronicles.documents.page import Page
    from chronicles.documents.telling import Press

__all__ = ["Prepared", "prepare", "read_page"]

_REMEMBERED = 50
"""Commits that a page told before; those of a reset are among the latest."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A page that is ready to be written."""

    page: Page
    """As its sidecar will have it."""
    text: str
    files: Mapping[Path, str | None]
    """Page, chart and sidecar in the order of writing; None for a chart that goes."""
    conflicts: tuple[Conflict, ...] = ()
    """Lines of people that hide what the rendering would now say."""


def prepare(press: Press, page: Page, *, over: str | None = None) -> Prepared:
    """Prepare a page, a person's edits kept.

    A page whose sidecar is gone keeps what it says: where it differs from the rendering, somebody may have
    written that.

    Args:
        press: Of its series.
        page: The page.
        over: What to take for the page as it is, instead of the file.
    """
    path = press.page_path(page.number)
    old = press.stored(page.number)
    before = (read_page(path) if over is None else over) if path.is_file() else None
    page = replace(correct(press, old, page, before), former=_former(old, page))
    text = press.render(page)
    rendered = tuple(digests(text))
    conflicts: tuple[Conflict, ...] = ()
    deleted: dict[str, str] = {}
    if before is not None:
        before = _with_head(before, text) if page.patch else before
        base, gone = (old.rendered, old.deleted) if old else (_ours(before, text), {})
        lines = _rendered_before(press, old) if old and tuple(digests(before)) != base else None
        if page.retired:
            text = keep_below(before, base, text, gone)
        else:
            merged = merge(before, base, text, gone, lines)
            text, conflicts, deleted = merged.text, merged.conflicts, merged.deleted
    drawn = "" if page.patch else chart.draw_chart(page.dossier.runs)
    page = replace(page, rendered=rendered, deleted=deleted, chart=chart.digest(drawn) if drawn else "")
    files: dict[Path, str | None] = {path: text}
    if page.chart or (old and old.chart):
        files[press.series.chart_path(page.number)] = drawn or None
    return Prepared(page, text, {**files, path.with_suffix(".json"): page.to_json()}, conflicts)


def _former(old: Page | None, page: Page) -> tuple[str, ...]:
    """The commits that a page told and tells no longer, the latest first."""
    if old is None or page.patch:
        return page.former
    now = page.dossier.subject.commits
    told = dict.fromkeys((*old.dossier.subject.commits, *old.former))
    return tuple(sha for sha in told if sha not in now)[:_REMEMBERED]


def _with_head(before: str, text: str) -> str:
    """A page with the front matter of its rendering, where it has none and nothing of it.

    Whoever deletes the block wants it anew: no reader of files knows a document without it.
    """
    lines, wanted = before.split("\n"), text.split("\n")
    head = wanted[: regions(wanted).count(Region.FRONT_MATTER)]
    there = {line.strip("\ufeff\r ") for line in lines}
    if not there.isdisjoint(head[1:-1]) or Region.FRONT_MATTER in regions(lines):
        return before
    end = "\r\n" if lines[0].endswith("\r") else "\n"
    return "".join(line + end for line in head) + before.removeprefix("\ufeff")


def read_page(path: Path) -> str:
    """The text of a page or sidecar, whatever octets it holds.

    Raises:
        OutputError: If it cannot be read.
    """
    try:
        return path.read_bytes().decode("utf-8", "replace")
    except OSError as error:
        raise OutputError(path, f"cannot be read: {error.strerror}") from error


def _rendered_before(press: Press, old: Page) -> list[str] | None:
    """The lines that a page was rendered with, if today's layout still gives them."""
    try:
        text = press.render(old)
    except (KeyError, ConfigError):
        # The view of today asks for facts that an older rule did not find.
        return None
    return text.split("\n") if tuple(digests(text)) == old.rendered else None


def _ours(page: str, rendering: str) -> list[str]:
    """Digests of the lines of a page without sidecar that must be ours, by what its rendering is now.

    Those are the lines that the rendering has too, or has with other numbers and names, and the front matter. Any other
    may be a person's.
    """
    lines = [line.removesuffix("\r") for line in page.split("\n")]
    theirs = {
        pair.number
        for pair in compare_lines(lines, rendering.split("\n"))
        if pair.line is not None and not same_but_tokens(pair.line, pair.should or "")
    }
    kept = [
        line
        for number, (line, region) in enumerate(zip(lines, regions(lines), strict=True), 1)
        if number not in theirs or region is Region.FRONT_MATTER
    ]
    return digests("\n".join(kept))
