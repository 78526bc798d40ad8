"""What every staged page is held to, whoever made it: nothing on it acts on the theme around it.

Markdown is escaped where it is made. Two things are not Markdown. Themes put a title and other values of the front
matter into their templates as they are, so a commit's subject there would be HTML: all of it is escaped for HTML. And a
heading's id is made of its words: a commit called `__config` would get the id by which the theme's script finds its
settings, and one called `evidence` that of our own table. Such a heading is given an id of no meaning.
"""

from __future__ import annotations

import re

from chronicles.site.facts import prose

__all__ = ["guarded"]

_FRONT = re.compile(r"\A---\n(.*?\n)---\n", re.DOTALL)
_ACTING = re.compile(r"\\.|[<>&]", re.DOTALL)
_WRITTEN = {"<": "&lt;", ">": "&gt;", "&": "&amp;", '\\"': "&quot;"}
_HEADING = re.compile(r"^#{1,6} +(.+)$", re.MULTILINE)
_NO_WORDS = re.compile(r"<[^<>\n]*+>|\]\([^()\n]*+\)|&#?\w++;|[^\w\s.-]")
_NAMED = re.compile(r"(?<!\\)\{: #(?!_)[\w-]+ \}$")
"""An id of its own at a heading's end: repository text has no brace that no backslash stands before."""
_TAKEN = re.compile(r"_|fact-|evidence\b")
"""How ids begin that are the theme's, or those of a page's evidence."""


def guarded(text: str) -> str:
    """A page whose front matter is text for any template, and whose headings take nobody's id."""
    front = _FRONT.match(text)
    if front:
        text = f"---\n{_ACTING.sub(_escaped, front[1])}---\n{text[front.end() :]}"
    taken = {
        found[0] for found in _HEADING.finditer(text) if _TAKEN.match(_slug(found[1])) and not _NAMED.search(found[1])
    }
    if not taken:
        return text
    lines = text.split("\n")
    for at, (line, is_prose) in enumerate(zip(lines, prose(lines), strict=True)):
        if is_prose and line in taken:
            lines[at] = f"{line} {{: #heading-{at} }}"
    return "\n".join(lines)


def _escaped(found: re.Match[str]) -> str:
    return _WRITTEN.get(found[0], found[0])


def _slug(heading: str) -> str:
    """A heading as Python-Markdown makes an id of it, more or less: enough to know how it begins."""
    return re.sub(r"[-\s]+", "-", _NO_WORDS.sub("", heading).strip().lower())
