"""The author's own reason, found in the body of a commit message and quoted word for word.

A page says why a change was made only by quoting, so the quotation must be the author's prose and nothing
else. A body also holds lists of squashed commits, pull-request templates, logs, diffs, code, signatures and
links; those are dropped first, whole paragraphs at a time. Of the sentences that remain, the one that states a
cause is chosen (because, so that, since, to avoid, otherwise, …) and where none does, the opening of the first
paragraph. Between quoting too much and nothing, nothing wins: a table of contents is no reason.

The quotation is verbatim up to white space: lines are joined, nothing is reworded, and a sentence is never
cut in its middle. One that is too long is not quoted.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

__all__ = ["MAX_REASON", "Reason", "find_reason"]

MAX_REASON = 280
"""Characters that a quotation may have."""

_MIN_REASON = 25
_MAX_PARAGRAPHS = 60
_SENTENCE_WORDS = 8
"""A list item of fewer words is the subject of some squashed commit."""
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_FENCE = re.compile(r"^[ \t]*(```|~~~).*?(?:^[ \t]*\1|\Z)", re.DOTALL | re.MULTILINE)
_CUT = re.compile(
    # What forges and bots append after the author's words.
    r"^(?:-{3,}|\*{3,}|_{3,}|={3,}|#+ (?:pull request )?check ?list.*|<details>.*|Squashed commits?:.*|Conflicts:.*|"
    r"# Conflicts:.*|Dependabot will resolve.*|diff --git .*|Index: .*)$",
    re.MULTILINE | re.IGNORECASE,
)
_BULLET = re.compile(r"[ \t]*(?:[-*+•]|\d{1,2}[.)]|- \[[ xX]\])[ \t]+")
_NOT_PROSE = re.compile(
    r"[ \t]*(?:[-*+]\s*\[[ xX]\]|https?://\S+\s*$|[>|$#@{}<]|\$ |>>> |\.\. |:\w+:|(?:Traceback|File \")\b|"
    r"[\w-]+-by:|(?:cherry[- ]picked|signed-off|co-authored|this reverts commit|"
    r"reverts? commit|merge:?)\b|"
    r"(?:resolves?|fix(?:e[sd])?|close[sd]?)\b[\w '-]{0,30}#\d+\.?\s*$|"
    r"(?:resolves?|fix(?:e[sd])?|close[sd]?|relate[sd]?(?: to)?|refs?|"
    r"see(?: also)?|issue|part of|"
    r"follow[- ]up (?:to|of)|depends on|needs|supersedes)\s*:?\s*(?:[\w.-]+/[\w.-]+)?"
    r"(?:#|https?:|gh-|[0-9a-f]{7,})\S*\s*"
    r"(?:\([^)]*\))?\.?\s*$)",
    re.IGNORECASE,
)
_INDENTED = re.compile(r"(?:\t| {4})")
_CAUSE = tuple(
    re.compile(rf"\b(?:{'|'.join(words)})\b", re.IGNORECASE)
    for words in (
        (
            *("because", "so that", "in order to", "otherwise", r"since (?!v?\d)", "that way", "due to"),
            "to (?:avoid|prevent|ensure|make sure)",
        ),
        (
            "this (?:fixes|avoids|prevents|allows|enables|makes|means|ensures|is (?:needed|useful|required))",
            *("regression", "would (?:fail|crash|break|hang|raise)", "which (?:causes?|breaks?|means|leads?|made)"),
            *("instead of", "no longer", "the (?:problem|reason|issue|cause) (?:is|was)", "caused", "broken?"),
            *("fails?", "failed", "leads? to", "led to", "unfortunately", "without (?:this|that|it)", "needed"),
            *("necessary", "previously", "prior to", "unused", "deprecated"),
        ),
    )
)
"""Words that state a cause, surest first."""
_LEANING = re.compile(
    r"(?:their|they|its?|he|she|those|these|however|but|and|also|then|so|thus|hence|therefore|that|"
    r"the (?:same|latter|former)|"
    r"(?:in order )?to do (?:so|this|that)|in (?:that|this) case|this|"
    r"in addition|similarly|instead|with (?:this|that)|yet|"
    r"as (?:a result|such)|note)\b",
    re.IGNORECASE,
)
"""Openings that lean on the sentence before."""
_SENTENCE_END = re.compile(
    r"(?<=[.!?])(?<!\b[A-Z]\.)(?<!e\.g\.)(?<!i\.e\.)(?<!etc\.)(?<!cf\.)(?<!vs\.)[\"')\]]*\s+(?=[\"'(`\[]?[A-Z`])"
)


@dataclass(frozen=True, slots=True)
class Reason:
    """A quotation from a message."""

    text: str
    states_cause: bool
    """Whether it has words of cause; else it is what the body opens with."""


def find_reason(body: str, *, subject: str = "") -> Reason | None:
    """Find the words of a body that say why.

    Args:
        body: The message after its subject, trailers taken off.
        subject: The subject, which a reason must not merely repeat.

    Returns:
        One or two sentences of at most `MAX_REASON` characters, or None.
    """
    known = _bare(subject)
    paragraphs = _prose(body)
    usable = [text for paragraph in paragraphs for text in _quotations(paragraph) if _bare(text) not in known]
    for cause in _CAUSE:
        for text in usable:
            if cause.search(text):
                return Reason(text, states_cause=True)
    opening = _opening(paragraphs[0]) if paragraphs else ""
    if _quotable(opening) and _bare(opening) not in known:
        return Reason(opening, states_cause=False)
    return None


@dataclass(frozen=True, slots=True)
class _Paragraph:
    """A paragraph of prose."""

    sentences: tuple[str, ...]
    whole: bool
    """Whether all its lines are here; else a sentence may have lost its head or tail."""


_REFERENCE = re.compile(r"#\d+|\bv?\d+(?:\.\d+)+\b")
_COMPLETE = re.compile(r"[\"'(`]?[A-Z].*[.!?][\"')]*", re.DOTALL)


def _quotations(paragraph: _Paragraph) -> list[str]:
    """Make what can be quoted of a paragraph: each sentence, with the one before where it leans on that."""
    found = []
    for before, sentence in pairwise(("", *paragraph.sentences)):
        if not paragraph.whole and not _COMPLETE.fullmatch(sentence):
            continue
        leaning = _LEANING.match(sentence) and before
        text = f"{before} {sentence}" if leaning and len(before) + len(sentence) < MAX_REASON else sentence
        if _quotable(text) and (text is not sentence or not leaning):
            found.append(text)
    return found


def _bare(text: str) -> str:
    """Reduce to words, for telling a repetition."""
    return " ".join(re.findall(r"\w+", text.lower()))


def _quotable(sentence: str) -> bool:
    """Whether a sentence reads as one when it stands alone."""
    words = sentence.split()
    if not _MIN_REASON <= len(sentence) <= MAX_REASON or len(words) < 5:
        return False
    if sentence.endswith((":", ",", ";")) or not re.match(r"[\"'(`\[]?[A-Za-z0-9\u00c0-\U0010ffff]", sentence):
        return False
    if sentence.count("(") != sentence.count(")") or "://" in sentence or "@" in sentence:
        return False
    # "Fix regression introduced in 8.4.0 by #3126" is prose: what it refers to by number is not held against it.
    bare = _REFERENCE.sub("", sentence)
    return sum(char.isalpha() or char == " " for char in bare) >= 0.75 * len(bare)


def _prose(body: str) -> list[_Paragraph]:
    """Reduce a body to its paragraphs of prose."""
    body = _FENCE.sub("\n\n", _COMMENT.sub("\n\n", body))
    if cut := _CUT.search(body):
        body = body[: cut.start()]
    paragraphs: list[_Paragraph] = []
    for raw in re.split(r"\n[ \t]*\n", body)[:_MAX_PARAGRAPHS]:
        lines = [line.rstrip() for line in raw.split("\n") if line.strip()]
        if not lines or all(_INDENTED.match(line) for line in lines):
            continue
        kept = [line for line in _unlisted(lines) if not _NOT_PROSE.match(line)]
        if kept:
            text = " ".join(" ".join(line.split()) for line in kept)
            paragraphs.append(_Paragraph(tuple(_sentences(text)), whole=kept == lines))
    return paragraphs


def _unlisted(lines: list[str]) -> list[str]:
    """Take the list items out of a paragraph.

    A list in a body is mostly the subjects of squashed commits. Items that are sentences of their own, long and with
    a full stop, are prose that happens to have a bullet, and stay.
    """
    kept: list[str] = []
    item: list[str] | None = None
    for line in [*lines, "* "]:
        bullet = _BULLET.match(f"{line} ")
        if bullet:
            if item is not None:
                kept.extend(_item_prose(item))
            item = [line[bullet.end() :]]
        elif item is not None and line[:1] in {" ", "\t"}:
            item.append(line.strip())
        elif item is not None:
            kept.extend(_item_prose(item))
            item = None
            kept.append(line)
        else:
            kept.append(line)
    return kept


def _item_prose(item: list[str]) -> list[str]:
    """Keep a list item that is a whole sentence."""
    text = " ".join(item).strip()
    sentence = text[:1].isupper() and text.endswith(".")
    return [text] if sentence and len(text.split()) >= _SENTENCE_WORDS else []


def _sentences(paragraph: str) -> list[str]:
    """Cut a paragraph into sentences."""
    return [sentence.strip() for sentence in _SENTENCE_END.split(paragraph) if sentence.strip()]


def _opening(paragraph: _Paragraph) -> str:
    """Take as many sentences from a paragraph's start as a quotation may have."""
    taken = ""
    for sentence in paragraph.sentences[:2]:
        longer = f"{taken} {sentence}".strip()
        if len(longer) > MAX_REASON or not (paragraph.whole or _COMPLETE.fullmatch(sentence)):
            break
        taken = longer
    return taken
