"""What a text says that a repository could contradict.

`find_mentions` reads Markdown that somebody else wrote, a page of another hand or a person's sentence on one of ours,
and lists its tokens that can be checked: numbers with what they count, hashes, paths, names in code spans, dates.
It judges nothing; `foreign` does.

It reads line by line with one pattern, in linear time, and never fails: a text that makes no sense has no mentions.
Front matter, HTML comments and link addresses are not read as prose (of an address, hashes are). In blocks of code only
hashes are read, since a number in code is no statement.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING

from chronicles.documents.nouns import NUMBER_WORDS, UNKNOWN, Noun, is_unit, read_noun
from chronicles.documents.regions import Region, regions

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["Kind", "Mention", "code_spans", "find_mentions"]


class Kind(StrEnum):
    """What a mention is."""

    NUMBER = "number"
    APPROXIMATE = "approximate"
    """A number that says of itself that it is not exact: "~5,000", "over 6,500", "6000+"."""
    HASH = "hash"
    PATH = "path"
    NAME = "name"
    """The content of a code span that is none of the others."""
    DATE = "date"
    LABEL = "label"
    """A number that counts nothing: "Episode 2", "Phase 1"."""
    REFERENCE = "reference"
    """An issue or pull request: "#123"."""
    SPEED = "speed"
    """A word that only a verdict entitles to; its noun is the verdict."""


@dataclass(frozen=True, slots=True)
class Mention:
    """One token of a text that can be checked."""

    kind: Kind
    text: str
    line: int
    """From 1."""
    column: int
    """From 1, in characters."""
    noun: Noun = UNKNOWN
    """What a number counts."""
    value: Decimal | None = None
    """A number's value."""
    quoted: bool = False
    """Whether it stands in a code span."""


_MONTHS = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Sept|Oct|Nov|Dec)(?:[a-z]{2,6})?"
_LABELS = r"(?:Episode|Patch|Phase|Step|Part|Chapter|Section|Figure|Table|Level|Tier|Stage|Sprint|Round|Option|No\.)"
_NUMERAL = r"(?:\d{1,3}(?:,\d{3})+(?:\.\d+)?(?!\d)|\d+(?:\.\d+)*)"
_TOKEN = re.compile(
    r"(?P<comment><!--(?:.*?-->|.*))"
    r"|<code>(?P<code>[^<]*)</code>"
    r"|(?P<skip></?[A-Za-z][^<>]*>|&\#?\w{1,32};)"
    r"|(?P<address>\]\([^()\s\]]*\)|https?://[^\s<>()]+)"
    r"|(?P<date>\b\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|\s?[+-]\d\d:?\d\d)?)?(?!\w)"
    rf"|\b\d{{1,2}}(?:st|nd|rd|th)?\s{_MONTHS}(?:,?\s\d{{4}})?\b"
    rf"|\b{_MONTHS}\s\d{{1,2}}(?:st|nd|rd|th)?(?:,?\s\d{{4}})?\b"
    rf"|\b{_MONTHS}\s\d{{4}}\b|\b\d{{1,2}}:\d\d(?::\d\d)?\b)"
    rf"|(?P<label>\b{_LABELS}\s\#?\d+\b)"
    r"|(?P<reference>(?<![\w&])\#\d+\b)"
    rf"|(?P<pair>(?<!\w)\+{_NUMERAL}\s?/\s?[-−]{_NUMERAL}(?!\w))"
    r"|(?P<hash>\b(?=[0-9]*[a-f])(?=[a-f]*[0-9])[0-9a-f]{7,64}\b(?!/))"
    r"|(?P<path>(?<![\w/.\\-])(?=[\w.\\/-]*[A-Za-z_])"
    r"(?:(?:\.{0,2}/)?(?:[\w.\\-]+/)+[\w.\\-]*|[\w.\\-]*\.[A-Za-z]\w{0,9}\b))"
    rf"|(?P<number>(?:[~≈]\s?)?(?:(?<![\w)])[+−-]|±\s?)?(?<![\w.]){_NUMERAL}"
    r"(?P<suffix>\+(?!\d)|(?:[A-Za-zµ]{1,5})?(?!\w)))"
    r"|(?P<word>[^\W\d_][\w'’]*(?:-\w+)*|\w+)"
)
_SPEED = re.compile(
    r"(?<![^\W_])(?:(?P<faster>fast(?:er|est)|sp(?:ed|eed(?:s|ing)?)[ -]?ups?)"
    r"|(?P<slower>slow(?:er|est)|slow(?:ed|s|ing)?[ -]?downs?|regress(?:es|ed|ing|ions?)?(?![ -]test)))(?![^\W_])",
    re.IGNORECASE,
)
"""Words of speed; a regression test is none."""
_HASH = re.compile(r"(?<![0-9a-zA-Z])[0-9a-f]{7,64}(?![0-9a-zA-Z])")
_HEDGE = re.compile(
    r"\b(?:about|around|over|nearly|almost|roughly|approximately|some|circa|more than|less than|fewer than|under|up to"
    r"|at least|at most|upwards of|close to)\s+[*_]*\Z",
    re.IGNORECASE,
)
_HEDGE_AFTER = re.compile(r"[*_]*\s(?:or so|or more)\b|-?ish\b")
_LIST_MARKER = re.compile(r"[\s>#*_-]*\d{1,9}[.)](?=\s)")
_BLOCK = re.compile(r"\s*(?:[-+*]\s|\d+[.)]\s|[#|]|\Z)")
"""The start of a line that does not go on with the sentence before it."""
_LABELLED = re.compile(r"[\s>*+-]*(?P<label>[^\W\d_][\w /&-]{0,40}?)\s?[*_]*:[*_]*\s*\Z")
_DELIMITER_ROW = re.compile(r"\s*\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?\s*")
_ENDINGS = """
    bat c cc cfg cmake conf cpp cs css csv cu dockerfile env gitignore go gradle h hpp html ini ipynb java jinja jl js
    json jsonl jsx kt lock lua md mk patch php pl png pdf proto ps1 py pyi pyx r rb rs rst scala sh sql svg swift tf
    toml ts tsv tsx txt vue whl xml yaml yml zip
"""
_FILE_ENDINGS = frozenset(_ENDINGS.split())
_PRODUCTS = frozenset({"node.js", "vue.js", "next.js", "react.js", "three.js", "d3.js", "asp.net"})
_UNREAD = "\ufffc"
"""Stands for what is not prose, so that columns stay."""


def find_mentions(markdown_text: str) -> list[Mention]:
    """List what a text says that a repository could contradict, in its order."""
    lines = [line.removesuffix("\r") for line in markdown_text.split("\n")]
    found: list[Mention] = []
    headers: list[str] = []
    kinds = regions(lines)
    for number, (line, kind) in enumerate(zip(lines, kinds, strict=True), 1):
        if kind in (Region.FENCE, Region.INDENTED):
            found += [Mention(Kind.HASH, hit[0], number, hit.start() + 1, quoted=True) for hit in _hashes(line)]
        if kind is not Region.PROSE:
            headers = []
            continue
        following = lines[number] if number < len(lines) and kinds[number] is Region.PROSE else ""
        headers = _table_headers(line, following, headers)
        found += _Line(line, number, following, headers).mentions()
    return found


def _table_headers(line: str, following: str, headers: list[str]) -> list[str]:
    """Keep track of the column names of the table that a line stands in."""
    if "|" not in line:
        return []
    if "-" in following and "|" in following and _DELIMITER_ROW.fullmatch(following):
        return [_plain(cell) for cell in line.strip().strip("|").split("|")]
    return headers


def _plain(text: str) -> str:
    return text.strip(" *_`")


def _hashes(text: str) -> Iterator[re.Match[str]]:
    return (hit for hit in _HASH.finditer(text) if re.search("[0-9]", hit[0]) and re.search("[a-f]", hit[0]))


def code_spans(line: str) -> list[tuple[int, int, int]]:
    """Find code spans: start, end, and the length of their fence. Each run of backticks is looked at twice at most."""
    runs = [(match.start(), len(match[0])) for match in re.finditer("`+", line)]
    places: dict[int, list[int]] = {}
    for place in range(len(runs) - 1, -1, -1):
        places.setdefault(runs[place][1], []).append(place)
    spans, place = [], 0
    while place < len(runs):
        start, length = runs[place]
        later = places[length]
        while later and later[-1] <= place:
            later.pop()
        if later and not (start and line[start - 1] == "\\"):
            closing = later[-1]
            spans.append((start, runs[closing][0] + length, length))
            place = closing
        place += 1
    return spans


class _Line:
    """One line of prose being read."""

    def __init__(self, line: str, number: int, following: str, headers: Sequence[str]) -> None:
        self.number = number
        self.following = following
        self.headers = headers
        self.spans: list[tuple[int, str]] = []
        parts, place = [], 0
        for start, end, run in code_spans(line):
            self.spans.append((start, line[start + run : end - run].strip()))
            parts += [line[place:start], _UNREAD * (end - start)]
            place = end
        self.prose = "".join([*parts, line[place:]])
        self.pipes = [pipe for pipe, char in enumerate(self.prose) if char == "|"] if headers else []
        self.opened = int(self.prose.lstrip().startswith("|"))

    def mentions(self) -> list[Mention]:
        """Read code spans and prose, in the order of the line."""
        found = [mention for start, content in self.spans for mention in self._quoted(content, start)]
        marker = _LIST_MARKER.match(self.prose)
        for match in _TOKEN.finditer(self.prose, marker.end() if marker is not None else 0):
            found += self._token(match)
        return sorted(found, key=lambda mention: mention.column)

    def _token(self, match: re.Match[str]) -> list[Mention]:
        text, column = match[0], match.start() + 1
        found: list[Mention] = []
        match match.lastgroup:
            case "code":
                found = self._quoted(_entities(match["code"]).strip(), match.start())
            case "address":
                found = [Mention(Kind.HASH, hit[0], self.number, column + hit.start()) for hit in _hashes(text)]
            case "date" | "label" | "reference" | "hash" as kind:
                found = [Mention(Kind(kind), text, self.number, column)]
            case "pair":
                found = self._pair(match)
            case "path":
                found = self._path(text, column)
            case "number":
                found = [self._number(match)]
            case "word":
                found = self._number_word(match) or self._speed(match)
        return found

    def _quoted(self, content: str, start: int) -> list[Mention]:
        column = start + 1
        if not content:
            return []
        if not re.search(r"[^\W\d_]", content):
            inner = _Line(content, self.number, "", ())
            found = [one for match in _TOKEN.finditer(inner.prose) for one in inner._token(match)]
            if re.fullmatch(r"\d{7,64}", content):
                return [Mention(Kind.HASH, content, self.number, column, quoted=True)]
            return [_moved(one, start) for one in found]
        if re.fullmatch(r"[0-9a-f]{7,64}(?:\.{2,3}[0-9a-f]{7,64})?", content) and re.search(r"\d", content):
            ends = re.split(r"\.{2,3}", content)
            return [Mention(Kind.HASH, one, self.number, column, quoted=True) for one in ends]
        kind = Kind.PATH if _is_path(content) else Kind.NAME
        return [Mention(kind, content, self.number, column, quoted=True)]

    def _path(self, token: str, column: int) -> list[Mention]:
        text = re.sub(r"\\(?=[^A-Za-z0-9])", "", token).rstrip(".-")
        has_folder = "/" in text
        if not has_folder and (not _has_file_ending(text) or text.lower() in _PRODUCTS):
            return []
        return [Mention(Kind.PATH, text, self.number, column)]

    def _pair(self, match: re.Match[str]) -> list[Mention]:
        """Read "+6,518/-1"."""
        added, _, removed = match[0].partition("/")
        place = match.start() + 1 + len(added) + 1 + len(removed) - len(removed.lstrip())
        return [
            Mention(
                Kind.NUMBER,
                text.strip(),
                self.number,
                column,
                Noun("line", frozenset({qualifier})),
                _value(text.strip(" +-−")),
            )
            for text, column, qualifier in ((added, match.start() + 1, "added"), (removed, place, "removed"))
        ]

    def _number(self, match: re.Match[str]) -> Mention:
        text, suffix = match[0], match["suffix"]
        start, end = match.span()
        bare = text.removesuffix(suffix) if suffix else text
        sign = "-" if re.match(r"[~≈\s]*[−-]", bare) else "+" if bare.lstrip("~≈ ").startswith("+") else ""
        hedge = _HEDGE.search(self.prose, max(0, start - 24), start)
        rest = self._rest(end)
        approximate = bool(hedge) or text[0] in "~≈" or suffix in ("+", "k", "K") or bool(_HEDGE_AFTER.match(rest))
        noun = self._noun(rest, suffix, start)
        value = _value(bare.strip("~≈±+−- "))
        if sign and noun.unit in ("line", "file"):
            noun = Noun(noun.unit, noun.qualifiers | {"added" if sign == "+" else "removed"}, noun.per)
        elif sign == "-" and value is not None:
            value = -value
        if hedge is not None:
            text = f"{hedge[0].strip(' *_')} {text}"
        kind = Kind.APPROXIMATE if approximate else Kind.NUMBER
        return Mention(kind, text, self.number, start + 1, noun, value)

    def _number_word(self, match: re.Match[str]) -> list[Mention]:
        """Read "nine days": a word is a number only where something usual is counted."""
        value = NUMBER_WORDS.get(match[0].lower())
        if value is None:
            return []
        noun = read_noun(self._rest(match.end()))
        if not is_unit(noun.unit):
            return []
        hedged = _HEDGE.search(self.prose, max(0, match.start() - 24), match.start())
        kind = Kind.APPROXIMATE if hedged else Kind.NUMBER
        return [Mention(kind, match[0], self.number, match.start() + 1, noun, Decimal(value))]

    def _speed(self, match: re.Match[str]) -> list[Mention]:
        """Read "faster", "sped up", "regression"; the word after is looked at, and told with its own."""
        hit = _SPEED.search(self.prose, match.start(), match.end() + 8)  # " downs" and what must not follow
        if hit is None or hit.start() >= match.end():
            return []
        return [Mention(Kind.SPEED, hit[0], self.number, hit.start() + 1, Noun(str(hit.lastgroup)))]

    def _rest(self, end: int) -> str:
        """Give the words after a number, which may go on in the next line."""
        rest = self.prose[end : end + 90]
        goes_on = end + 90 > len(self.prose) and not _BLOCK.match(self.following)
        return f"{rest} {self.following.lstrip('> ')[:60]}" if goes_on else rest

    def _noun(self, rest: str, suffix: str, start: int) -> Noun:
        if suffix and suffix not in ("+", "k", "K"):
            return Noun("ordinal") if suffix in ("st", "nd", "rd", "th") else read_noun(suffix)
        percent = re.match(r"[*_]*\s?%", rest)
        if percent is not None:
            after = read_noun(rest[percent.end() :])
            return Noun("percent", after.qualifiers | ({after.unit} if after.unit else set()))
        noun = read_noun(rest)
        return noun if noun != UNKNOWN else self._label(start)

    def _label(self, start: int) -> Noun:
        """Read what a number without noun counts from the label before it or from its table."""
        labelled = _LABELLED.match(self.prose[max(0, start - 60) : start])
        if labelled is not None:
            return read_noun(labelled["label"])
        if not self.headers:
            return UNKNOWN
        column = bisect_left(self.pipes, start) - self.opened
        header = read_noun(self.headers[column]) if 0 <= column < len(self.headers) else UNKNOWN
        if is_unit(header.unit) or header.qualifiers or column <= 0:
            return header
        first = self.pipes[self.opened - 1] + 1 if self.opened else 0
        return read_noun(_plain(self.prose[first : self.pipes[self.opened]]))


def _moved(mention: Mention, by: int) -> Mention:
    return Mention(
        mention.kind, mention.text, mention.line, mention.column + by, mention.noun, mention.value, quoted=True
    )


def _value(text: str) -> Decimal | None:
    """Read a numeral; None for one with several points, such as a version."""
    bare = text.replace(",", "")
    return Decimal(bare) if re.fullmatch(r"\d+(?:\.\d+)?", bare) else None


def _entities(text: str) -> str:
    import html  # noqa: PLC0415 -- a table of all entities, for the one page in a hundred that has one

    return html.unescape(text)


def _is_path(content: str) -> bool:
    if re.search(r"\s", content):
        return "/" in content.split(maxsplit=1)[0] and not content.startswith(("-", "$"))
    return (
        "/" in content or (content.startswith(".") and len(content) > 1) or "*" in content or _has_file_ending(content)
    )


def _has_file_ending(text: str) -> bool:
    stem, point, ending = text.rpartition(".")
    return bool(point) and bool(stem) and ending.lower() in _FILE_ENDINGS
