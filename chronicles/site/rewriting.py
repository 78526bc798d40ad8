"""Documentation for the site: links that lead somewhere, and nothing that acts.

A document was written to be read in its repository. There a link may lead to any file, a picture may come from another
host, and HTML may do as it likes. On the site a link to a page of the site leads to it, one to another file leads to
the forge, or to nothing where no forge is known; a picture of another host becomes a link, since no page asks other
hosts for anything. Of HTML there stays what changes nothing but how text looks; links and pictures are written as
Markdown, so that they are held to the same, and any other tag is shown as it was typed.

No two builders agree on where code begins and ends, so nothing depends on it: code is taken out first and comes back
as HTML in which no sign acts, and in the rest every sign that could is written so that it does not, the backtick among
them. Whatever a builder takes for code then, there is nothing in it to run.

What only Sphinx reads (roles, directives) stays as the text that it is; a line that is only a target of MyST shows
nothing there either, and is left out.

A document may be as long as its owner likes, so it is read in one pass a step: no expression looks at a run of signs
from each of them anew, and what has no end is looked for once.
"""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING

from chronicles.documents.mentions import code_spans
from chronicles.documents.regions import Region, regions
from chronicles.markdown import destination, escape

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    Resolve = Callable[[str, bool], str | None]
    """What a link, or a picture, is to lead to; None where there is nothing to lead to."""

__all__ = ["rewritten"]

_OPEN, _CLOSE = "\ue010", "\ue011"
_PLACE = re.compile(f"{_OPEN}([0-9]+){_CLOSE}")
_QUOTED = re.compile(r"(?: {0,3}> ?)*")
_MARKED = re.compile(
    r"\s*(?:>|[*+-](?:\s|\Z)|#{1,6}\s|[=-]{2,}|\d{1,9}[.)]\s|<!--|</?(?:details|div|h[1-6]|p|pre|summary)\b)"
)
"""How a line begins that goes on with no paragraph."""
_DIRECTIVE = re.compile(r"\{\w")
_TARGET = re.compile(r"\([^()\s]+\)=\s*\Z")
_ALONE = re.compile(rf" {{0,3}}#{{1,6}}\s|[^|]*\||\s*\Z|{_TARGET.pattern}")
"""A line that nothing goes on: a heading, one that may be a table's, a blank one, a target."""
_BROKEN = re.compile(r"\n[ \t>]*+")
"""Where a code span goes on in the next line, behind what has that line in a quotation or in a list."""
_BACKTICK = re.compile(r"(?<!\\)(\\*+)`")
_RUN = re.compile("(`{3,}|~{3,})[ \t]*([\\w#.+-]*)")
_DEFINITION = re.compile(
    r"^ {0,3}\[([^\[\]\n]+)\]:[ \t]*+<?([^\s<>]++)>?[ \t]*+(?:[\"'(][^\n]*[\"')])?+[ \t]*+$", re.MULTILINE
)
_REFERENCE = re.compile(r"\[([^\[\]\n]+)\](?:\[([^\[\]\n]*)\])?(?![(\[:])")
_TAIL = re.compile(
    r"\]\(\s*+(?:<([^<>\n]*+)>|((?:[^\s()<>]|\([^\s()<>]*+\))*+))(?:\s++(?:\"[^\"\n]*+\"|'[^'\n]*+'))?+\s*+\)"
)
_SAFE_TAIL = re.compile(
    r"\]\((?![a-zA-Z][\w+.-]*:(?<!http:)(?<!https:)(?<!mailto:))(?!//)(?:[^\s()<>&]|&amp;|&(?!#?\w+;))*\)"
)
"""What this module writes behind a label."""
_TAG = re.compile(
    r"<(?P<close>/?)(?P<name>[A-Za-z][A-Za-z0-9-]*)"
    r"(?P<attributes>(?:\s+[\w:-]+(?:\s*=\s*(?:\"[^\"<>]*\"|'[^'<>]*'|[^\s\"'<>=`]+))?)*)\s*/?>"
)
_ATTRIBUTE = re.compile(r"(?<![\w:-])([\w:-]++)\s*+=\s*+(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'<>=`]+))")
_AUTOLINK = re.compile(r"<(?:https?://[^\s<>]+|[\w.+-]+@[\w.-]+)>")
_ANGLED = re.compile(r"<([^<>\n]*)>")
_BEFORE_ADDRESS = re.compile(r"\][(:][ \t]*$")
_KEPT = frozenset(("b", "br", "del", "em", "i", "ins", "kbd", "mark", "s", "small", "strong", "sub", "sup", "u"))
"""Tags that change how text looks; they stay, without their attributes."""
_LAID_OUT = frozenset(("center", "details", "div", "figure", "font", "p", "picture", "section", "source", "span"))
"""Tags that lay out; what they hold stays."""
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)
_PRE = re.compile(r"<pre>\s*+(?:<code(?: class=\"language-([\w#.+-]*)\")?>)?+")
_PRE_END = "</pre>"
_ACTING = re.compile(r"[<>&{}\[\]`~*_\\|!#\"']")
_NAMED = {"<": "&lt;", ">": "&gt;", "&": "&amp;", '"': "&quot;"}
_LONGEST = 2000
"""Characters of a link's label; brackets that are further apart are text."""
_LINKED = ("http:", "https:", "mailto:")


def rewritten(text: str, resolve: Resolve, kinds: Sequence[Region] | None = None) -> str:
    """A document without front matter, or some lines of a page, for the site.

    Args:
        text: Its Markdown.
        resolve: Tells where an address inside the repository leads on the site, by the address and whether it is that
            of a picture; None for nowhere.
        kinds: What each line belongs to, where what stands around them decides that.
    """
    codes: list[str] = []
    text = re.sub(f"[{_OPEN}{_CLOSE}]", "\ufffd", text.replace("\r\n", "\n"))
    text = _inlined(_without_tags(_without_code(text, codes, kinds)))
    text = _linked(text, resolve, pictures=True)
    text = _unlinked(_linked(text, resolve, pictures=False)).replace("{", "&#123;")
    return _PLACE.sub(lambda place: codes[int(place[1])], text)


# -- code -------------------------------------------------------------------------------------------------------


def _without_code(text: str, codes: list[str], known: Sequence[Region] | None) -> str:
    """Text with a place in it for each piece of code, and in the list what comes there."""

    def keep(code: str) -> str:
        codes.append(code)
        return f"{_OPEN}{len(codes) - 1}{_CLOSE}"

    lines = text.split("\n")
    kinds = regions(lines) if known is None else list(known)
    last = 0
    for at, kind in enumerate(kinds):
        # A block of code by indentation goes on behind its blank lines.
        if kind is Region.INDENTED and kinds[last] is Region.INDENTED:
            kinds[last:at] = [Region.INDENTED] * (at - last)
        last = at if lines[at].strip() else last
    found: list[str] = []
    at = closed = 0
    while at < len(lines):
        end = at
        if kinds[at] in (Region.FENCE, Region.INDENTED):
            end = _end(lines, kinds, at)
        elif lines[at].startswith("<pre"):
            closed = next((one for one in range(max(at, closed), len(lines)) if _PRE_END in lines[one]), len(lines))
            end = closed + 1 if closed < len(lines) else at
        if end > at:
            found.append(_block(lines[at:end], kinds[at], keep))
            at = end
        else:
            end = _paragraph_end(lines, kinds, at)
            found.append(_spans("\n".join(lines[at:end]), keep))
            at = end
    return "\n".join(found)


def _end(lines: Sequence[str], kinds: Sequence[Region], start: int) -> int:
    """The line behind a block of code: behind what closes its fence, or where lines are of another kind."""
    fence = _fence(lines[start]) if kinds[start] is Region.FENCE else ""
    for at in range(start + 1, len(lines)):
        if kinds[at] is not kinds[start]:
            return at
        if fence and _closes(lines[at], fence):
            return at + 1
    return len(lines)


def _fence(line: str) -> str:
    """The run of signs that opens a fence; empty where none does."""
    run = _RUN.search(line)
    return run[1] if run else ""


def _closes(line: str, fence: str) -> bool:
    """Whether a line ends what a fence has opened."""
    bare = _QUOTED.sub("", line).strip()
    return bool(fence) and len(bare) >= len(fence) and not bare.strip(fence[0])


def _block(lines: list[str], kind: Region, keep: Callable[[str], str]) -> str:
    """A block of code as HTML, behind what of a list or a quotation stands before it."""
    if kind is Region.PROSE:
        # A block that was written as HTML, as ours are that hold template signs.
        text = "\n".join(lines).rstrip()
        opening = _PRE.match(text)
        if opening is None or not text.endswith(_PRE_END):
            return keep(_pre("\n".join(lines), ""))
        body = text[opening.end() : -len(_PRE_END)].rstrip()
        return keep(_pre(html.unescape(body.removesuffix("</code>")).strip("\n"), opening[1] or ""))
    if kind is Region.INDENTED:
        body = "\n".join(line.removeprefix("\t") if line.startswith("\t") else line[4:] for line in lines).rstrip()
        return f"\n{keep(_pre(body, ''))}\n"
    run = _RUN.search(lines[0])
    if run is None:  # what another fence has left open
        return keep(_pre("\n".join(lines), ""))
    front = lines[0][: run.start()]
    inner = lines[1:-1] if len(lines) > 1 and _closes(lines[-1], run[1]) else lines[1:]
    # What Sphinx would do with a block is what the block says first.
    said = lines[0][run.end() :].strip()
    if ">" in front:
        inner = [line.lstrip(" >") for line in inner]
    elif front:
        inner = [line[len(front) :] if not line[: len(front)].strip() else line for line in inner]
    inner = [said, *inner] if _DIRECTIVE.match(said) else inner
    # Between the lines of a list or of a quotation only what stands in a line belongs to it.
    return f"{front}{keep(_pre(chr(10).join(inner), run[2], lines=not front))}"


def _pre(body: str, language: str, *, lines: bool = True) -> str:
    attribute = f' class="language-{html.escape(language)}"' if language else ""
    content = _still(body)
    if not lines:
        content = content.replace("\n", "&#10;")
    return (
        f"<pre><code{attribute}>{content}\n</code></pre>" if lines else f"<pre><code{attribute}>{content}</code></pre>"
    )


def _still(text: str) -> str:
    """Text as HTML in which nothing acts, however a builder reads what is around it."""
    return _ACTING.sub(lambda sign: _NAMED.get(sign[0]) or f"&#{ord(sign[0])};", text)


def _paragraph_end(lines: Sequence[str], kinds: Sequence[Region], start: int) -> int:
    """The line behind those that a code span may go through, which is the next one at least."""
    at = start + 1
    while at < len(lines) and kinds[at] is kinds[start] is Region.PROSE and not _ALONE.match(lines[at - 1]):
        before, quoted = (_QUOTED.match(line) for line in lines[at - 1 : at + 1])
        depth = quoted[0].count(">") if quoted else 0
        same = not depth or (before is not None and depth == before[0].count(">"))
        if not same or _ALONE.match(lines[at]) or _MARKED.match(lines[at], quoted.end() if depth and quoted else 0):
            break
        at += 1
    return at


def _spans(text: str, keep: Callable[[str], str]) -> str:
    """A paragraph, or a part of one, without its code spans; a backtick that is left begins none for anybody."""
    if _TARGET.match(text):
        return ""
    parts, at = [], 0
    for start, end, run in code_spans(text):
        # In one line, so that nothing of it begins one.
        content = _BROKEN.sub(" ", text[start + run : end - run])
        parts += [_unticked(text[at:start]), keep(f"<code>{_still(_trimmed(content))}</code>")]
        at = end
    return "".join([*parts, _unticked(text[at:])])


def _unticked(text: str) -> str:
    return _BACKTICK.sub(lambda found: f"{found[1][: len(found[1]) // 2 * 2]}&#96;", text)


def _trimmed(content: str) -> str:
    """Code as CommonMark has it: one space goes at each end where both have one."""
    padded = content.startswith(" ") and content.endswith(" ") and content.strip()
    return content[1:-1] if padded else content


# -- HTML -------------------------------------------------------------------------------------------------------


def _without_tags(text: str) -> str:
    """Text in which HTML is written as Markdown, kept where it does no harm, or shown."""
    parts, at = [], 0
    open_links: list[str] = []
    last_end = text.rfind("-->")
    for found in re.finditer("<", text):
        start = found.start()
        if start < at:
            continue
        # Python-Markdown knows no backslash before this sign, and CommonMark takes it away.
        parts.append(text[at : start - _escaped(text, start)])
        if _escaped(text, start):
            written, at = "&lt;", start + 1
        elif start + 4 <= last_end and text.startswith("<!--", start):
            # The lines stay, so that what is around them is the same paragraph, or not, as before.
            at = text.index("-->", start + 4) + 3
            written = "\n" * text.count("\n", start, at)
        elif (target := _ANGLED.match(text, start)) and _BEFORE_ADDRESS.search(text, max(start - 9, 0), start):
            written, at = destination(html.unescape(target[1])), target.end()
        elif autolink := _AUTOLINK.match(text, start):
            written, at = autolink[0], autolink.end()
        elif (tag := _TAG.match(text, start)) and (instead := _instead(tag, open_links)) is not None:
            written, at = instead, tag.end()
        else:
            written, at = "&lt;", start + 1
        parts.append(written)
    return "".join([*parts, text[at:]])


def _instead(tag: re.Match[str], open_links: list[str]) -> str | None:
    """What is written for a tag; None for one that is shown."""
    name, closing = tag["name"].lower(), bool(tag["close"])
    attributes = {key.lower(): html.unescape(a or b or c) for key, a, b, c in _ATTRIBUTE.findall(tag["attributes"])}
    written: str | None = None
    if name in _KEPT:
        written = f"<{tag['close']}{name}>"
    elif name in _LAID_OUT:
        written = ""
    elif name == "summary":
        written = "**"
    elif name == "img" and not closing:
        label = escape(attributes.get("alt", "")).replace("]", "\\]")
        written = f"![{label}]({destination(attributes.get('src', ''))})"
    elif name == "a" and closing:
        address = open_links.pop() if open_links else ""
        written = f"]({address})" if address else ""
    elif name == "a":
        open_links.append(destination(attributes.get("href", "")))
        written = "[" if open_links[-1] else ""
    elif re.fullmatch("h[1-6]", name):
        written = "\n" if closing else f"\n{'#' * int(name[1])} "
    return written


# -- links ------------------------------------------------------------------------------------------------------


def _inlined(text: str) -> str:
    """Text whose links by reference have their addresses with them."""
    known: dict[str, str] = {}
    for found in _DEFINITION.finditer(text):
        if not found[1].startswith("^"):
            known.setdefault(" ".join(found[1].lower().split()), found[2])
    if not known:
        return text
    text = _DEFINITION.sub(lambda one: one[0] if one[1].startswith("^") else "", text)

    def inline(found: re.Match[str]) -> str:
        address = known.get(" ".join((found[2] or found[1]).lower().split()))
        there = address is not None and not _escaped(text, found.start())
        return f"[{found[1]}]({address})" if there else found[0]

    return _REFERENCE.sub(inline, text)


def _linked(text: str, resolve: Resolve, *, pictures: bool) -> str:
    """Text whose links, or pictures, lead somewhere."""
    parts, at = [], 0
    for begin, tail in _links(text):
        picture = begin > 0 and text[begin - 1] == "!" and not _escaped(text, begin - 1)
        if picture != pictures or begin < at:
            continue
        address = html.unescape(tail[1] or tail[2] or "").strip()
        shown = text[begin + 1 : tail.start()]
        parts.append(text[at : begin - picture])
        parts.append(_picture(shown, address, resolve, text, tail) if picture else _link(shown, address, resolve))
        at = tail.end()
    return "".join([*parts, text[at:]])


def _links(text: str) -> Iterator[tuple[int, re.Match[str]]]:
    """Each link or picture: where its bracket opens, and its end."""
    opened: list[int] = []
    for bracket in re.finditer(r"[\[\]]", text):
        place = bracket.start()
        if _escaped(text, place):
            continue
        if bracket[0] == "[":
            opened.append(place)
            continue
        begin = opened.pop() if opened else -1
        if begin >= 0 and place - begin < _LONGEST and (tail := _TAIL.match(text, place)):
            yield begin, tail


def _unlinked(text: str) -> str:
    """Text in which nothing is a link that was not looked at: builders read more for one than stands in any book."""

    def held(found: re.Match[str]) -> str:
        if found[0] == "]:":
            return "]&#58;"
        return found[0] if _SAFE_TAIL.match(text, found.start()) else "]&#40;"

    return re.sub(r"\][(:]", held, text)


def _link(shown: str, address: str, resolve: Resolve) -> str:
    scheme = _SCHEME.match(address)
    if scheme or address.startswith("//"):
        target = address if scheme and scheme[0].lower() in _LINKED else None
    else:
        target = resolve(address, False)
    return shown if target is None else f"[{shown}]({destination(target)})"


def _picture(shown: str, address: str, resolve: Resolve, text: str, tail: re.Match[str]) -> str:
    """A picture of the repository; one of another host is a link, unless it stands in one."""
    scheme = _SCHEME.match(address)
    label = shown or "picture"
    if scheme or address.startswith("//"):
        inside = text[tail.end() : tail.end() + 2] == "]("
        there = scheme is not None and scheme[0].lower() in ("http:", "https:")
        return f"[{label}]({destination(address)})" if there and not inside else label
    target = resolve(address, True)
    return label if target is None else f"![{shown}]({destination(target)})"


def _escaped(text: str, place: int) -> bool:
    """Whether a backslash, itself not escaped, stands before a character."""
    before = place - 1
    while before >= 0 and text[before] == "\\":
        before -= 1
    return (place - before) % 2 == 0
