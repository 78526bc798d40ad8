"""Where a page leads: to its neighbours, to the episodes that it names, and to a forge.

Pages that are written later change what a page leads to, and so do the settings; then it is stale. It is false where
what it leads to is there and is another one, where a patch document leads to pages at all, and where its forge cannot
be one.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from chronicles.documents.finding import Finding, Kind

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from chronicles.documents.page import Page
    from chronicles.documents.telling import Press

__all__ = ["lead_findings"]

_FORGE = re.compile(r"https?://[^\s()<>\"'\\]+")


def lead_findings(press: Press, path: Path, stored: Page, page: Page) -> Iterator[Finding]:
    """What is wrong with where a page leads.

    Args:
        press: Of its series.
        path: Where it stands.
        stored: The page as its sidecar has it.
        page: As it should be.
    """

    def whole(kind: Kind, why: str, says: str = "", repository: str = "") -> Finding:
        return Finding(kind, path, 0, says, repository, why)

    links = stored.links
    if stored.patch and links != press.links(stored):
        yield whole(Kind.FALSE, "its sidecar leads to other pages, as that of no patch document does")
        return
    if press.links(page) != links:
        yield whole(Kind.STALE, "its neighbours or the episodes it names have changed")
    named = [(number, sha) for sha, number in links.earlier.items()]
    named += [(links.next, links.next_sha)] if links.next is not None else []
    for number, sha in named:
        entry = press.series.by_number(number)
        if entry is not None and entry.commits and sha not in entry.commits:
            told = ", ".join(one[:7] for one in entry.commits[:3])
            yield whole(Kind.FALSE, f"episode {number} does not tell this commit", sha[:7], told)
    after = press.series.by_number(links.next) if links.next is not None else None
    if after is not None and after.title and after.title != links.next_title:
        yield whole(Kind.FALSE, f"the next episode {after.number} has another title", links.next_title, after.title)
    if stored.repo_url and not _FORGE.fullmatch(stored.repo_url):
        yield whole(
            Kind.FALSE, "its links lead to what is no address of a forge", stored.repo_url, press.repo_url or ""
        )
    elif stored.repo_url and press.repo_url and stored.repo_url != press.repo_url:
        why = "its links lead to a forge that the settings do not name"
        yield whole(Kind.FALSE, why, stored.repo_url, press.repo_url)
    elif (stored.series, stored.repo_url) != (press.name, press.repo_url):
        yield whole(Kind.STALE, "made under another name of the series or another `repo_url`")
