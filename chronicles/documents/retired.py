"""Retired pages: what is left of an episode whose commits are no steps of the published branch any more.

The number stays, since it may be quoted somewhere, and so does what people wrote; the story goes, since no repository
bears it out any more. What the page says instead are two things that can be checked everywhere, also where the commits
were never fetched: which commits it told, and into which step they went. Its sidecar keeps the commits, so that the
page finds back to them, and neither facts nor sentences.

A person's lines stood between ours, and most of ours are gone. So they are not fitted in but stand below, in their
order; front matter of theirs stays front matter.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from chronicles import phrases
from chronicles.documents.edits import person_lines
from chronicles.documents.forge import Forge
from chronicles.documents.marks import states_nothing
from chronicles.documents.page import SCHEMA, Page, Retired
from chronicles.documents.regions import Region, regions
from chronicles.documents.speech import file_name
from chronicles.dossier import Coverage, Dossier, Ledger, SubjectKey
from chronicles.markdown import code, escape

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from chronicles.documents.edits import Edit
    from chronicles.documents.series import Entry
    from chronicles.documents.telling import Press

__all__ = ["TITLE", "VERSION", "front_matter", "keep_below", "make_view", "retired_page"]

VERSION = "1"
"""Raised whenever a retired page may say other words."""
TITLE = "Retired"
_NAMED = 5
"""Commits of a page that are all named; of more, the first and the last."""
_KEY = re.compile(r"([A-Za-z_][\w-]*)\s*:")


def retired_page(press: Press, entry: Entry, into: str) -> Page:
    """Make the page that stands in the place of one whose commits are gone.

    Args:
        press: Of the series.
        entry: The page.
        into: The step that its commits went into; empty where none is known.
    """
    stored = press.stored(entry.number)
    kind = entry.kind or ("commit" if len(entry.commits) == 1 else "group")
    key = stored.dossier.subject if stored else SubjectKey(kind, entry.commits, entry.base)
    page = Page(
        number=entry.number,
        title=TITLE,
        series=press.name,
        repo_url=press.repo_url,
        dossier=Dossier(key, {}, Ledger(), (), Coverage(0, 0)),
        sentences=(),
        made_by=press.retired_by,
        former=entry.former,
        retired=Retired(into),
    )
    return replace(page, links=press.links(page))


def front_matter(page: Page) -> dict[str, Any]:
    """What the head of a retired page says."""
    into = page.retired.into if page.retired else ""
    return {
        "schema": SCHEMA,
        "episode": page.number,
        "title": page.title,
        "retired": True,
        "into": into or None,
        "commits": list(page.dossier.subject.commits),
    }


def make_view(page: Page) -> dict[str, Any]:
    """Everything that the template of a retired page may use, by name."""
    commits = [code(sha[:7]) for sha in reversed(page.dossier.subject.commits)]
    into = page.retired.into if page.retired else ""
    episode = page.links.earlier.get(into)
    return {
        "series": escape(page.series),
        "number": page.number,
        "title": escape(page.title),
        "number_of_commits": len(commits),
        "commits": phrases.joined(commits) if len(commits) <= _NAMED else f"from {commits[0]} to {commits[-1]}",
        "into": Forge(page.repo_url).commit(into) if into else "",
        "is_step": into in page.dossier.subject.commits,
        "episode": f"[episode {episode}]({file_name(episode)})" if episode is not None else "",
    }


def keep_below(page_text: str, rendered: Sequence[str], new_text: str, deleted: Mapping[str, str]) -> str:
    """Put what a person wrote on a page below its rendering as a retired one.

    Args:
        page_text: The page as it is.
        rendered: The digests of the page as it was rendered last.
        new_text: The page as it is rendered now.
        deleted: Deletions that were signed: digest and name.
    """
    lines = [line.removesuffix("\r") for line in page_text.split("\n")]
    kinds = regions(lines)
    edits = [one for one in person_lines(page_text, rendered, deleted) if not (one.deletion or one.moved)]
    new = new_text.rstrip("\n").split("\n")
    head, theirs = _own_front_matter([one for one in edits if kinds[one.line_number - 1] is Region.FRONT_MATTER], new)
    close = regions(new).count(Region.FRONT_MATTER) - 1
    below = [one for one in edits if kinds[one.line_number - 1] is not Region.FRONT_MATTER]
    text = "\n".join([*new[:close], *head, *new[close:], *_paragraphs([*theirs, *below])]) + "\n"
    windows = len(lines) > 1 and all(line.endswith("\r") for line in page_text.split("\n")[:-1])
    return text.replace("\n", "\r\n") if windows else text


def _own_front_matter(edits: Sequence[Edit], new: Sequence[str]) -> tuple[list[str], list[Edit]]:
    """A person's lines of front matter that may stay there, and those that would say what ours says otherwise."""
    ours = {found[1] for line in new if (found := _KEY.match(line))}
    stay: list[str] = []
    go: list[Edit] = []
    kept = False
    for edit in edits:
        found = _KEY.match(edit.text)
        kept = found[1] not in ours if found else kept and edit.text.startswith((" ", "-", "#"))
        if kept:
            stay.append(edit.text)
        elif not states_nothing(edit.text) and edit.text.rstrip() not in ("---", "..."):
            go.append(edit)
    return stay, go


def _paragraphs(edits: Sequence[Edit]) -> Iterator[str]:
    """The lines of edits, those that stood apart with a blank line between."""
    before = None
    gap = True
    for edit in edits:
        gap = gap or before is None or edit.line_number != before + 1
        before = edit.line_number
        if states_nothing(edit.text):
            gap = True
            continue
        if gap:
            yield ""
        gap = False
        yield edit.text
