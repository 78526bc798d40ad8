"""Checking a text of another hand against what a subject has.

`check_mentions` holds every mention of a text to what is known of a subject and reports those that it does not have. It
errs on the side of asking: a number is right when some fact has that value for that noun, a path when it stands in the
tree or is the end of one that does, a hash when it begins a known one. What it cannot know it says nothing of: labels
("Episode 2"), words with slashes in prose that begin with no known folder ("dev/staging/prod"), sentences without a
token. So no findings does not mean true; it means nothing on the page contradicts the repository.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from dataclasses import dataclass
from difflib import get_close_matches
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from chronicles.documents.mentions import Kind, Mention, find_mentions
from chronicles.documents.nouns import UNKNOWN, Noun, fits, read_noun

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from decimal import Decimal

__all__ = ["Finding", "Known", "Quantity", "check_mentions", "find_mentions", "quantities"]

_POOL = 2000
"""Among how many names the nearest is looked for."""
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number that a fact has, with what it counts."""

    value: Decimal
    noun: Noun
    text: str
    """The fact's phrase, as a finding shows it."""
    approximate: bool = False
    """Whether the fact itself says "about"."""


@dataclass(frozen=True, slots=True)
class Known:
    """What a subject has. Everything that is missing here is reported when a text mentions it."""

    numbers: tuple[Quantity, ...] = ()
    """What `quantities` makes of the facts' phrases."""
    hashes: frozenset[str] = frozenset()
    """Full object ids."""
    paths: frozenset[str] = frozenset()
    """Paths of files in the tree, and those that the change removed; folders follow from them."""
    names: frozenset[str] = frozenset()
    """Names that may stand in code spans: symbols, components, tags, the words of the message."""
    dates: frozenset[str] = frozenset()
    """Timestamps in ISO 8601; a text may give less of one, in other words."""
    references: frozenset[str] = frozenset()
    """Issues and pull requests that the messages name, as "#12"."""
    verdicts: frozenset[str] | None = None
    """Verdicts of speed, "faster" and "slower"; None where words of speed are not looked up."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that a text says and the subject does not have."""

    line: int
    column: int
    kind: Kind
    text: str
    problem: str
    nearest: str | None
    """The nearest thing that the subject does have."""


def quantities(text: str, label: str = "") -> tuple[Quantity, ...]:
    """Read the numbers of a fact's phrase.

    Args:
        text: The phrase, such as "6,518 lines added" or "a complexity score of 100".
        label: What the number is, where the phrase alone does not say: "files changed".
    """
    found = []
    for mention in find_mentions(text):
        if mention.value is None:
            continue
        noun = mention.noun if mention.noun != UNKNOWN else read_noun(label)
        if noun == UNKNOWN:
            noun = read_noun(re.split(r"[\d.,:]", re.sub(r"\b(?:an?|the)\b|\bof\b", " ", text.lower()), maxsplit=1)[0])
        found.append(Quantity(mention.value, noun, text, approximate=mention.kind is Kind.APPROXIMATE))
    return tuple(found)


def check_mentions(mentions: Iterable[Mention], known: Known) -> list[Finding]:
    """Report the mentions that a subject does not have, in the order of the text."""
    index = _Index(known)
    found = []
    for mention in mentions:
        answer = index.problem(mention)
        if answer is not None:
            problem, nearest = answer
            found.append(Finding(mention.line, mention.column, mention.kind, mention.text, problem, nearest))
    return found


Answer = tuple[str, str | None] | None
"""A problem and the nearest thing there is; None when there is no problem."""


class _Index:
    """What is known, arranged for looking up."""

    def __init__(self, known: Known) -> None:
        self.known = known
        self.hashes = sorted(one.lower() for one in known.hashes)
        self.by_value: dict[Decimal, list[Quantity]] = defaultdict(list)
        for number in known.numbers:
            self.by_value[number.value].append(number)
        self.roots = {path.split("/", 1)[0] for path in known.paths if "/" in path}
        self.ends: set[str] = set()
        """Every path and folder, and each of their ends: `a/b/c.py` also as `b/c.py` and `c.py`."""
        self.by_name: dict[str, str] = {}
        for path in known.paths:
            self.by_name.setdefault(path.rsplit("/", 1)[-1], path)
            self._add_ends(path)
        self.names = {end for name in known.names for end in _dotted_ends(name)}
        self._look_up: dict[Kind, Callable[[Mention], Answer]] = {
            Kind.NUMBER: self._number,
            Kind.APPROXIMATE: self._number,
            Kind.HASH: self._hash,
            Kind.PATH: self._path,
            Kind.NAME: self._name,
            Kind.DATE: self._date,
            Kind.REFERENCE: self._reference,
            Kind.SPEED: self._speed,
        }

    def problem(self, mention: Mention) -> Answer:
        """Say what is wrong with a mention, and what is nearest to it."""
        look_up = self._look_up.get(mention.kind)
        return None if look_up is None else look_up(mention)

    def _add_ends(self, path: str) -> None:
        parts = path.split("/")
        for stop in range(len(parts), 0, -1):
            tail = "" if stop == len(parts) else "/"
            whole = "/".join(parts[:stop]) + tail
            if whole in self.ends:
                break  # this folder was entered with an earlier file
            for start in range(stop):
                self.ends.add("/".join(parts[start:stop]) + tail)

    def _number(self, mention: Mention) -> Answer:
        same_value = self.by_value.get(mention.value, []) if mention.value is not None else []
        if mention.kind is Kind.APPROXIMATE:
            if any(one.approximate and fits(mention.noun, one.noun) for one in same_value):
                return None
            return "no fact is approximate; give the number itself", self._nearest_number(mention)
        if any(fits(mention.noun, one.noun) for one in same_value):
            return None
        if mention.noun == UNKNOWN and (mention.text in self.names or self._begins_hash(mention.text)):
            return None
        if same_value:
            return "a fact has this number, but of something else", same_value[0].text
        return "no fact has this number", self._nearest_number(mention)

    def _nearest_number(self, mention: Mention) -> str | None:
        value = mention.value
        if value is None:
            return None
        alike = [one for one in self.known.numbers if mention.noun != UNKNOWN and fits(mention.noun, one.noun)]
        return min(alike, key=lambda one: abs(one.value - value)).text if alike else None

    def _begins_hash(self, text: str) -> bool:
        place = bisect_left(self.hashes, text.lower())
        return len(text) >= 7 and place < len(self.hashes) and self.hashes[place].startswith(text.lower())  # noqa: PLR2004 -- git's shortest

    def _hash(self, mention: Mention) -> Answer:
        if self._begins_hash(mention.text):
            return None
        near = next((one for one in self.hashes if one[:4] == mention.text[:4].lower()), None)
        return "no commit or object of this subject has this id", None if near is None else near[: len(mention.text)]

    def _path(self, mention: Mention) -> Answer:
        text = mention.text.removeprefix("./")
        words = text.strip("/").split("/")
        plain = not mention.quoted and not text.endswith("/") and not any(re.search(r"[._]", word) for word in words)
        if plain and words[0] not in self.roots:
            return None  # "and/or", "dev/staging/prod": a path only where it begins with a folder that there is
        if any(self._has_path(one) for one in _spelled_out(text)):
            return None
        if mention.quoted and (text in self.names or mention.text in self.names):
            return None
        return "no such path in this subject's tree", self._nearest_path(text)

    def _has_path(self, text: str) -> bool:
        if "*" in text or "?" in text:
            return any(fnmatchcase(end, text) for end in self.ends)
        return text in self.ends or f"{text}/" in self.ends

    def _nearest_path(self, text: str) -> str | None:
        name = text.rstrip("/").rsplit("/", 1)[-1]
        if name in self.by_name:
            return self.by_name[name]
        near = get_close_matches(name, sorted(self.by_name)[:_POOL], n=1)
        return self.by_name[near[0]] if near else None

    def _name(self, mention: Mention) -> Answer:
        text = mention.text.removesuffix("()").strip()
        if text in self.names or mention.text in self.names or self._has_path(text) or self._begins_hash(text):
            return None
        near = get_close_matches(text, sorted(self.names)[:_POOL], n=1)
        return "nothing of this name in this subject", near[0] if near else None

    def _reference(self, mention: Mention) -> Answer:
        return None if mention.text in self.known.references else ("no message of this subject names this", None)

    def _speed(self, mention: Mention) -> Answer:
        if self.known.verdicts is None or mention.noun.unit in self.known.verdicts:
            return None
        return f"no verdict here says {mention.noun.unit}", None

    def _date(self, mention: Mention) -> Answer:
        wanted = _date_pattern(mention.text)
        if any(wanted.search(date) for date in self.known.dates):
            return None
        return "nothing of this subject has this date", min(self.known.dates, default=None)


def _dotted_ends(name: str) -> list[str]:
    parts = name.split(".")
    return [".".join(parts[start:]) for start in range(len(parts))] if all(parts) else [name]


def _spelled_out(text: str) -> list[str]:
    """Read the shorthand `install.sh/.bat` as the two names that it stands for, else the text itself."""
    short = re.fullmatch(r"(?P<stem>.+)\.(?P<one>\w+)/\.(?P<other>\w+)", text)
    if short is None:
        return [text, text.strip("/")] if text.startswith("/") else [text]
    return [f"{short['stem']}.{short['one']}", f"{short['stem']}.{short['other']}"]


def _date_pattern(text: str) -> re.Pattern[str]:
    """Make a pattern that finds, in an ISO timestamp, what a text says of a date."""
    if not re.search("[A-Za-z]{3}", text):
        flat = re.sub(r"(?<=\d) (?=\d)", "T", text).replace(" ", "")
        return re.compile(("^" if "-" in flat[:5] else "T") + re.escape(flat))
    words = re.findall(r"[A-Za-z]{3,}|\d+", text)
    month = next(_MONTHS.index(word[:3].lower()) + 1 for word in words if word[:3].lower() in _MONTHS)
    numbers = [word for word in words if word.isdecimal()]
    year = next((word for word in numbers if len(word) == 4), r"\d{4}")  # noqa: PLR2004 -- digits of a year
    day = next((f"{int(word):02d}" for word in numbers if len(word) <= 2), r"\d\d")  # noqa: PLR2004 -- digits of a day
    return re.compile(f"^{year}-{month:02d}-{day}")
