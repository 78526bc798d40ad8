"""The two comments that people's lines carry.

`<!-- by: NAME -->` says who answers for a line, `<!-- claim: external … -->` that it states something no repository can
prove. Both are HTML comments at the end of a line, which every renderer hides; this module knows where on a line they
may stand without changing what the line is, and on which lines they may not.
"""

from __future__ import annotations

import re
import unicodedata

from chronicles.documents.regions import Region

__all__ = ["adopted", "cannot_sign", "external", "sign", "states_nothing"]

_BY = re.compile(r"<!--\s*by:\s*(?P<name>[^<>]*?)\s*-->(?=(?:\s|\||#|\\|<!--[^<>]*-->)*$)")
_EXTERNAL = re.compile(r"<!--\s*claim:\s*external\b[\s:]*(?P<what>[^<>]*?)\s*-->")
_COMMENT = re.compile(r"<!--.*?-->")
_TAIL = re.compile(r"(?P<tail>\s*\|\s*|\s+#+\s*|\s+|)$")
_DEFINITION = re.compile(r"\s{0,3}\[[^\]^][^\]]*\]:")
_LONGEST_NAME = 80


def adopted(line: str) -> str | None:
    """Tell who has signed a line; None when nobody has."""
    match = _BY.search(line)
    return match["name"] or None if match is not None else None


def external(line: str) -> str | None:
    """Tell what a line's mark says that no repository can prove; empty when it gives no words, None without mark."""
    match = _EXTERNAL.search(line)
    return None if match is None else match["what"]


def states_nothing(line: str) -> bool:
    """Tell whether a line is blank: a lone `<!--`, a fence or a rule says no word and changes all that follows."""
    return not line.strip()


def cannot_sign(line: str, region: Region) -> str | None:
    """Say why a line cannot carry a comment; None when it can."""
    reasons = {
        Region.FRONT_MATTER: "front matter holds no comments that a page shows",
        Region.FENCE: "inside a block of code a comment would be code",
        Region.INDENTED: "inside a block of code a comment would be code",
        Region.COMMENT: "inside a comment there can be no other",
    }
    if not any(char.isalnum() for char in _COMMENT.sub("", line)):
        return "it has no words, and a comment would change what it is: a rule, a fence, a row of dashes"
    if _DEFINITION.match(line):
        return "a comment would end the definition of this link"
    return reasons.get(region)


def sign(line: str, name: str) -> tuple[str, str]:
    """Sign a line, and say with which name: before a row's last pipe, a heading's closing signs or a hard break."""
    shown = _shown(name)
    tail = _TAIL.search(line)
    end = len(line) if tail is None else tail.start()
    before, after = line[:end], line[end:]
    if not after and (len(before) - len(before.rstrip("\\"))) % 2:
        before, after = before[:-1], "\\"
    if after.strip().startswith("#") and not before.lstrip(" >").startswith("#"):
        before, after = line.rstrip(), ""
    return f"{before.rstrip()} <!-- by: {shown} -->{after}", shown


def _shown(name: str) -> str:
    """Leave of a name what can stand in a comment, in a table, on a page that runs templates."""
    kept = "".join(
        char if unicodedata.category(char)[0] in "LMN" or char in ".'@+,()_-" else " "
        for char in name[: 4 * _LONGEST_NAME]
    )
    return re.sub(r"-{2,}", "-", " ".join(kept.split()))[:_LONGEST_NAME].strip(" -") or "unnamed"
