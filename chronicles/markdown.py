r"""Turning data into Markdown that stays data.

A commit subject, an author's name or a path is text that somebody else chose, and it must be shown, never obeyed:
`escape` writes it so that a Markdown renderer gives back exactly that text. It is held to two families of renderer
at once, because pages are read on forges (CommonMark with the tables and strikethrough of GitHub) and on sites
(Python-Markdown, which is older and parses otherwise: `#12` opens a heading there, and `\<` is no escape). Where a
backslash means the same to both it is used, elsewhere a character reference. Template-running site plugins
(Jinja, Liquid) read pages before Markdown does, so `{{`, `{%` and `{#` never survive either.

No more is escaped than must be: `fix: it's 3.5 (#12)` and `snake_case_name` stay themselves, since people read the
source too. Left alone on purpose: bare addresses, `@name`, `#12`, `:emoji:` and `$`, which some forges dress up
without losing the text.

Characters that show nothing, or that turn the text around them, are spelled out by `visible` (`\x1b`, `\u202e`),
bytes that were not UTF-8 as `\xNN`.
"""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["cell", "code", "destination", "escape", "fence", "link", "visible"]

_HIDDEN = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f"  # controls that are no white space; \x1c-\x1f and \x85 break lines
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # marks that reorder what stands around them
    "\ufeff\ufffe\uffff\ud800-\udfff"  # byte order mark, noncharacters, surrogates
    "\ue000-\ue002]"  # marks around facts while a page is traced: `documents/tracing.py`
)
_SPACES = re.compile("[ \t\n\r\x0b\x0c\x1c-\x1f\x85\u2028\u2029]+")
_PUNCTUATION = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"
_INLINE = re.compile(
    rf"\\(?=[{re.escape(_PUNCTUATION)}]|\Z)"  # a backslash is itself unless something escapable follows
    r"|[`\[|]|\*|_+|~|<(?! )|\{|&(?=\#?\w+;|\#[xX]?[0-9a-fA-F])|\#(?=\s*\Z)"
)
_BLOCK_START = re.compile(
    r"(?P<lead>\s*)(?:"
    r"(?P<backslash>[#>]|[-+](?!\w)|!(?=!!)|\d+(?=[.)](?:\s|\Z)))"  # headings, quotes, lists, rules, front matter
    r"|(?P<reference>=|:(?=[\s:-]|\Z)|\?(?=\?\?)|/(?=//)))"  # setext lines, definitions, blocks of site plugins
)
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_LINKED_SCHEMES = frozenset({"http:", "https:", "mailto:"})
_NEEDS_HTML = re.compile(
    # Python-Markdown ends a character reference that has no end, in code too.
    r"\||\{[{%#]|\A\s|\s\Z|\{\Z|\s\s|<[!?/a-zA-Z]|&#(?:[0-9]+(?![0-9;])|[xX][0-9a-fA-F]+(?![0-9a-fA-F;]))"
)


def visible(text: str) -> str:
    r"""Spell out the characters that cannot be seen or that turn their surroundings; white space stays.

    Surrogates that stand for bytes (PEP 383) are shown as those bytes, `\xNN`.
    """
    return _HIDDEN.sub(_spelled, text)


def escape(text: str) -> str:
    """Write text so that Markdown shows it literally, in a paragraph, heading, list item, quotation or table cell.

    Runs of white space, line ends included, become one space.
    """
    flat = _SPACES.sub(" ", visible(text))
    start = _BLOCK_START.match(flat)
    if start is None:
        return _inline(flat)
    lead, sign = start["lead"], start["backslash"] or start["reference"]
    rest = _inline(flat[start.end() :], before=sign[-1])
    if start["reference"]:
        return f"{lead}&#{ord(sign)};{rest}"
    if sign[-1].isdecimal():
        return f"{lead}{sign}\\{rest}"
    return f"{lead}\\{sign}{rest}"


def cell(text: str) -> str:
    """Write text as the content of a table cell."""
    return _inline(_SPACES.sub(" ", visible(text)).strip(" "))


def code(text: str) -> str:
    r"""Write text as inline code, right inside a table and outside.

    Line ends and tabs are spelled `\n` and `\t`. A span of backticks cannot hold everything: a pipe needs a
    backslash inside a table and shows it outside, spaces at the ends are eaten, template signs act. Such content
    goes into a `<code>` element instead, which reads the same to every renderer.
    """
    content = visible(text.replace("\r", "\\r").replace("\n", "\\n").replace("\t", "\\t"))
    content = _SPACES.sub(lambda run: " " * len(run[0]), content)
    if not content or _NEEDS_HTML.search(content):
        return f"<code>{_inline(content)}</code>"
    ticks = "`" * _free_run(content, least=1)
    pad = " " if content[0] == "`" or content[-1] == "`" else ""
    return f"{ticks}{pad}{content}{pad}{ticks}"


def link(label: str, url: str) -> str:
    """Write a link; an address that is neither relative nor http, https or mailto is left out and the label stays."""
    shown = escape(label if label.strip() else url).replace("]", "\\]")
    scheme = _SCHEME.match(url)
    if not url or (scheme is not None and scheme[0].lower() not in _LINKED_SCHEMES):
        return shown
    return f"[{shown}]({destination(url)})"


def fence(lines: Iterable[str], info: str = "") -> str:
    """Write lines as a block of code, longer fenced than any run of backticks inside.

    Nothing can be escaped inside a fence, so lines with template signs become a `<pre>` block, where it can.

    Args:
        lines: The lines, without line ends.
        info: The language, for highlighting; anything that is not one word is left out.
    """
    shown = [visible(line.removesuffix("\r").replace("\r", "\\r").replace("\n", "\\n")) for line in lines]
    language = info if re.fullmatch(r"[A-Za-z0-9_+-]*", info) else ""
    body = "\n".join(_SPACES.sub(lambda run: re.sub(r"[^ \t]", " ", run[0]), line) for line in shown)
    if re.search(r"\{[{%#]", body):
        attribute = f' class="language-{language}"' if language else ""
        return f"<pre><code{attribute}>{_html(body)}\n</code></pre>"
    ticks = "`" * _free_run(body, least=3)
    return f"{ticks}{language}\n{body}\n{ticks}" if body else f"{ticks}{language}\n{ticks}"


def _spelled(match: re.Match[str]) -> str:
    point = ord(match[0])
    if 0xDC80 <= point <= 0xDCFF:  # noqa: PLR2004 -- the range in which PEP 383 keeps undecodable bytes
        return f"\\x{point - 0xDC00:02x}"
    return f"\\x{point:02x}" if point <= 0xFF else f"\\u{point:04x}"  # noqa: PLR2004 -- the largest two-digit escape


def _inline(text: str, before: str = "") -> str:
    """Escape what acts inside a line; `before` is the character that the text follows."""
    first = len(text) - len(text.lstrip())

    def replaced(match: re.Match[str]) -> str:
        sign = match[0]
        previous = text[match.start() - 1] if match.start() else before
        following = text[match.end()] if match.end() < len(text) else ""
        match sign[0]:
            case "<" | "&":
                written = html.escape(sign)
            case "*" if previous.isspace() and following.isspace() and match.start() > first:
                written = sign  # with words before it, or it would open a list
            case "_":
                # Inside a word neither family takes it for emphasis.
                written = sign if previous.isalnum() and following.isalnum() else "\\_" * len(sign)
            case "~":
                # Only one that could close a strikethrough, or open a fence, needs it: `~5` stays.
                opens = (not previous or previous.isspace()) and following not in ("", "~")
                written = sign if opens else "&#126;"
            case "{" if following in ("", "{", "%", "#"):
                written = "&#123;"
            case _:
                written = "\\" + sign
        return written

    return _INLINE.sub(replaced, text)


def _free_run(text: str, *, least: int) -> int:
    """Find the shortest run of backticks, of at least `least`, that is longer than each in the text."""
    return max([least, *(len(run) + 1 for run in re.findall("`+", text))])


def _html(text: str) -> str:
    return html.escape(text, quote=False).replace("{", "&#123;")


def destination(url: str) -> str:
    """Percent-encode what would end a destination, act in it or break a table."""
    octets = re.sub("[\ud800-\udc7f\udd00-\udfff]", "\ufffd", url).encode("utf-8", "surrogateescape")
    return re.sub(r"&(?=\#?\w+;)", "&amp;", quote(octets, safe="%:/?#@!$&'+,;=~-._"))
