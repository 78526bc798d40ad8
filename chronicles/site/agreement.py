r"""Whether a fact agrees with itself: its words with its value, and its command with its name.

A page links the words of a fact to a row with its value and a command. A sidecar of which somebody has changed the one
and kept the other would have the site say two things of one number, and a command is there to be pasted into a shell.
The site reads no history, so it cannot tell which value is right; `chronicles verify` does. It can tell what no fact of
the narrator's is: every value is written by `chronicles.phrases` or escaped as it is, in forms that are known here
without knowing which fact takes which. Words of ours that have no number or text in them are let be.

The command of most facts follows from what the page tells and the fact's id, and is compared. The others ask git; of
those only the form is held, so that they name the commits of the page and do nothing but read.
"""

from __future__ import annotations

import html
import re
import shlex
from functools import lru_cache
from typing import TYPE_CHECKING

from chronicles import phrases
from chronicles.evidence.facts import FactBook
from chronicles.history.git import EMPTY_TREES
from chronicles.markdown import visible

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chronicles.dossier import Dossier, Fact, SubjectKey

__all__ = ["contradiction", "odd_commands"]

_QUOTED = frozenset(
    ("command", "component", "day", "diff", "issue", "name", "path", "person", "quotation", "text", "time", "type")
)
"""Units of texts that are shown as they are; others may be told in words of ours, which do not have them in them."""
_VERDICTS = {
    "equivalent": ("no change seen",),
    "alone": ("no baseline",),
    "faster": ("faster", "higher", "lower"),
    "slower": ("slower", "higher", "lower"),
}
"""What is said of a verdict that another one could be taken for."""
_NUMERAL = re.compile(
    rf"\d|\b(?:{'|'.join(f'{phrases.words(number)}|{phrases.ordinal(number)}' for number in range(10))})\b"
)
_BELOW, _LEAST = "under 0.1 s", 0.1
_BEYOND = "more than "
"""Stands before a number which the value is beyond."""
_STEP = re.compile(r"(?:from )?([\d,]+) (?:→|to) ([\d,]+)")
_NUMBER = re.compile(r"-?[\d,]+(?:\.(\d+))?")
_JOINS = "_.,"
_GOES_ON = re.compile(r"\w|[.,]\d")
"""What is before and behind a number that is a part of another one."""
_CODE = re.compile(r"</?code>")
_PLAIN = re.compile(r"[\w.]+", re.ASCII)
_SIGNS = re.compile(r"[\\`]")
_SHORT = 7
_ARGUMENT = r"""(?:'[^']*'|"'"|[\w./:=%^~@,+-])+"""
_GIT = re.compile(
    r"(?:TZ=UTC )?git (?:-c diff\.algorithm=myers )?(?:diff|log|rev-list|rev-parse)"
    rf"(?P<words>(?: {_ARGUMENT})*)"
    r"(?: \| (?:wc -l|cut -c -7|awk '\{s \+= \$[12]\} END \{print s \+ 0\}'))?"
)
_OPTION = re.compile(
    r"-(?:1|M50%|l\d+|-numstat|-raw|-count|-full-history|-no-merges|-diff-algorithm=myers|-no-[\w-]+"
    r"|-ignore-submodules=none|-date=format-local:%F|-format=%\w+)"
)


def contradiction(fact: Fact) -> str:
    """What of a fact's words its value is not; empty where they agree."""
    try:
        for words in dict.fromkeys((fact.figure, fact.text)):
            if not _agrees(fact, words):
                return f"it says `{_seen(words)}` and holds `{_seen(str(fact.value))}`"
    except (ArithmeticError, ValueError):
        return "it holds a number that nothing can be counted to"
    return ""


def odd_commands(dossier: Dossier) -> Iterator[tuple[Fact, str]]:
    """The facts of a dossier whose command is not the narrator's, and what it is instead."""
    subject = dossier.subject
    within = [word for path in subject.paths for word in ("--path", path)]
    asked = shlex.join(["chronicles", "fact", *within, FactBook(subject, ()).revision])
    for fact in dossier.ledger.values():
        if fact.derive == f"{asked} {fact.id}" and _PLAIN.fullmatch(fact.id):
            continue
        if fact.derive != f"{asked} {shlex.quote(fact.id)}" and not _reads(fact.derive, subject):
            yield fact, f"it is derived by `{_seen(fact.derive)}`"


# -- values -----------------------------------------------------------------------------------------------------


def _agrees(fact: Fact, words: str) -> bool:
    value = fact.value
    if isinstance(value, str):
        return _quotes(fact, value, words)
    if value is None:
        return words.startswith("unknown")
    if isinstance(value, int) and "to" in fact.text and (step := _STEP.match(fact.text)):
        before, after = (int(number.replace(",", "")) for number in step.groups())
        return after - before == value and set(re.findall(r"[\d,]+", words)) == set(step.groups())
    return _counts(value, fact.unit, words)


@lru_cache(maxsize=10_000, typed=True)  # most numbers are small, and stand on many pages
def _counts(value: float, unit: str, words: str) -> bool:
    """Whether the number that words have is a number's; they may have none, such as "the largest"."""
    # Most words begin with their number; looking for it anywhere costs ten times as much.
    if any(words == form or words.startswith(f"{form} ") for form in _forms(value, unit)):
        return True
    if any(form in words and _stands(form, words) for form in _forms(value, unit)):
        return True
    if not _NUMERAL.search(words):
        return True
    if words.startswith(_BELOW):
        return 0 <= value < _LEAST
    # A value may be rounded itself, and the end of an interval is rounded outward.
    first = None if isinstance(value, int) else _NUMBER.match(words)
    return first is not None and abs(float(first[0].replace(",", "")) - value) <= 10.0 ** -len(first[1] or "") + 1e-9


def _stands(form: str, words: str) -> bool:
    """Whether a number stands in words, and not in another number or word."""
    at = words.find(form)
    while at >= 0:
        before = words[at - 1 : at]
        if not (before.isalnum() or (before and before in _JOINS)) and not _GOES_ON.match(words, at + len(form)):
            return True
        at = words.find(form, at + 1)
    return False


def _forms(value: float, unit: str) -> Iterator[str]:
    """How a number is written."""
    if unit == "s" and isinstance(value, int):
        yield phrases.duration(max(0, value))
        return
    if isinstance(value, int):
        yield phrases.figure(value)
        yield phrases.words(value)
        yield phrases.ordinal(value)
        yield f"{value:+,}"
        yield str(value)
        yield f"{_BEYOND}{phrases.figure(value - 1)}"
        return
    for places in range(3):
        yield phrases.decimal(value, places)
        yield f"{phrases.decimal(value, places)}%"
    yield from (phrases.ratio(value), phrases.ratio_times(value), phrases.times(value))
    yield from (phrases.share(value), phrases.measure(value, unit))


def _quotes(fact: Fact, value: str, words: str) -> bool:
    """Whether words are a text as it is, but for what escapes it."""
    if words in (value, f"`{value}`"):
        return True
    if fact.unit == "sha":
        return _SIGNS.sub("", words) in (value, value[:_SHORT])
    if fact.unit == "verdict":
        return words in _VERDICTS.get(value, (value,))
    # A run's names and reasons are told in words of ours.
    if fact.unit not in _QUOTED or fact.family == "performance":
        return True
    said, wanted = _plain(html.unescape(_CODE.sub("", words))), _plain(visible(value))
    # As code has it.
    spelled = _plain(visible(value.replace("\r", "\\r").replace("\n", "\\n").replace("\t", "\\t")))
    return said in (wanted, spelled) or (fact.unit == "name" and wanted.endswith(f".{said}"))


def _plain(text: str) -> str:
    return " ".join(_SIGNS.sub("", text).split())


# -- commands ---------------------------------------------------------------------------------------------------


def _reads(command: str, subject: SubjectKey) -> bool:
    """Whether a command asks git for something of a subject's commits, and does no more."""
    found = _GIT.fullmatch(command)
    if found is None:
        return False
    words, _, _ = found["words"].partition(" -- ")
    known = {*subject.commits, subject.base, *EMPTY_TREES.values()}
    return all(
        _OPTION.fullmatch(word) if word.startswith("-") else set(word.split("..")) <= known for word in words.split()
    )


def _seen(text: str) -> str:
    """A text as a message shows it."""
    shown = " ".join(visible(text).split())
    return shown if len(shown) <= 80 else f"{shown[:80]}…"  # noqa: PLR2004 - a line of a terminal
