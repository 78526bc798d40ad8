"""A patch document in the forms that others keep: a section of a changelog, the body of a release page, the dossier.

All are rendered from the page that the Markdown is rendered from, so none can say what that does not. What a form has
no place for, such as changes to tests, is summed in its last line; the document itself names them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from chronicles import phrases
from chronicles.documents.forge import Forge
from chronicles.documents.patch_coverage import coverage_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from chronicles.documents.page import Page

__all__ = ["FORMS", "form_view", "without_mentions"]

FORMS = ("keepachangelog", "github", "json")
"""Beside Markdown, which is the document itself."""

_CHANGELOG: Mapping[str, Sequence[str]] = {
    "Added": ("Features",),
    "Changed": ("Breaking", "Performance", "Reverts", "Other Changes"),
    "Fixed": ("Fixes",),
    "Security": ("Security",),
}
"""Section of Keep a Changelog to the headings of the coverage whose commits it holds."""
_RELEASE = ("Breaking", "Security", "Features", "Fixes", "Performance", "Reverts", "Other Changes")
_REMOVED = re.compile(r"(?:\w+ )?(?:\w+ )?(?:removed|no longer)\b", re.IGNORECASE)
"""How a line of a break begins that tells of something that is gone."""

_MENTION = re.compile(
    r"(?P<kept>\\[^\w\s@]"  # an escaped sign opens nothing
    r"|(?P<ticks>`+)(?!`).*?(?<!`)(?P=ticks)(?!`)|<code>.*?</code>|\]\([^)\s]*\)|(?:https?://|www\.)[^\s<]+)"
    r"|(?<![A-Za-z0-9])@(?=[A-Za-z0-9])"
)


def form_view(page: Page, view: Mapping[str, Any]) -> dict[str, Any]:
    """What the templates of the forms may use beside the view of the document.

    Args:
        page: The document.
        view: What its own template may use.
    """
    ledger, forge = page.dossier.ledger, Forge(page.repo_url)
    told = dict(coverage_of(page).told)
    assert page.patch is not None, page.number
    # What authors marked is told with its commit.
    broken = [line for part in view["breaks"] if not part["marked"] for line in part["breaking"]]
    others = [line for part in view["breaks"] for line in part["others"]]
    sections = {name: [line for one in headings for line in told.get(one, ())] for name, headings in _CHANGELOG.items()}
    newcomers = [ledger[entry].text for entry in ledger.numbered("people.new")]
    named = int(ledger.number("people.newcomers"))
    rest = [phrases.count(named - len(newcomers), "other")] if named > len(newcomers) else []
    return {
        "version": page.patch.tip_name or (page.patch.title if page.patch.status == "released" else ""),
        "removed": [line for line in broken if _REMOVED.match(line)],
        "changed": [line for line in broken if not _REMOVED.match(line)],
        "sections": {
            **sections,
            "Changed": [*sections["Changed"], *(line for line in others if not _REMOVED.match(line))],
            "Removed": [line for line in others if _REMOVED.match(line)],
        },
        "changelog_rest": _rest(told, {one for headings in _CHANGELOG.values() for one in headings}),
        "told": [(heading, told[heading]) for heading in _RELEASE if heading in told],
        "release_rest": _rest(told, set(_RELEASE)),
        "newcomers": phrases.joined([*newcomers, *rest]) if newcomers else "",
        "comparison": forge.comparison(page.dossier.subject.base, page.dossier.subject.commits[0]),
    }


def _rest(told: Mapping[str, Sequence[str]], placed: set[str]) -> str:
    """What has no place in a form, by kind and number; empty where all has one."""
    left = [
        f"{phrases.figure(len(lines))} {heading.lower()}" for heading, lines in told.items() if heading not in placed
    ]
    return phrases.joined(left)


def without_mentions(text: str) -> str:
    """Markdown in which `@name` reads as it did and calls nobody.

    GitHub looks for names everywhere but in code and links, and after it has read character references, so that one for
    the sign itself would not do. A space of no width behind it does.
    """
    return _MENTION.sub(lambda found: found["kept"] or "@&#8203;", text)
