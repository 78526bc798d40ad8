"""A sentence that the commit itself added, for the foot of its page.

The best line about a change is often one that its author wrote into it: what a new module says it is for, a
sentence of the README, a comment. The first kind that has one wins, in that order, and within a kind the
largest new file, since its words are most likely about the whole. The choice depends on the diff alone, so the
same commit has the same epigraph for ever.

A sentence is taken only when it stands whole on one added line and needs no mending: 25 to 110 characters, five
words or more, from a capital letter to a full stop; no code, markup, links, licence, task or changelog in it;
nothing that redaction or `safe_text` would alter, and no leaning on a sentence before it. Most commits have none,
and then there is no epigraph.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chronicles.evidence.kinds import FileKind, language
from chronicles.evidence.redaction import redact, safe_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from chronicles.evidence.patches import FilePatch, Hunk

__all__ = ["Epigraph", "find_epigraph", "reads_like_a_sentence"]


@dataclass(frozen=True, slots=True)
class Epigraph:
    """A sentence and where it stands."""

    text: str
    path: str
    line: int
    """Its line in the file after the change, from 1."""


@dataclass(frozen=True, slots=True)
class _Candidate:
    """An epigraph and how well it is placed."""

    epigraph: Epigraph
    rank: int
    """What it is: see `_MODULE` to `_COMMENT`."""
    dull: bool
    """Whether it opens as countless others do."""


_MODULE, _CLASS, _FUNCTION, _DOCS, _COMMENT = range(5)
_MIN, _MAX, _MIN_WORDS, _MAX_DIGITS = 25, 110, 5, 4
_MAX_FILES = 40
_MAX_LINES = 600


def find_epigraph(patches: Iterable[FilePatch], kinds: Mapping[str, FileKind]) -> Epigraph | None:
    """Choose a sentence that the change added.

    Args:
        patches: The change, file by file.
        kinds: What each file is for, by path; files without a kind are passed over.

    Returns:
        The sentence, or None when the change added none that can stand alone.
    """
    usable = [patch for patch in patches if not _PASSED_OVER.search(patch.path)]
    usable.sort(key=lambda patch: (not patch.created, -sum(len(hunk.added) for hunk in patch.hunks), patch.path))
    best: tuple[tuple[int, bool, int], Epigraph] | None = None
    for place, patch in enumerate(usable[:_MAX_FILES]):
        for found in _candidates(patch, kinds.get(patch.path)):
            key = (found.rank if found.rank > _FUNCTION else 0, found.dull, place * 10 + min(found.rank, _FUNCTION))
            if best is None or key < best[0]:
                best = (key, found.epigraph)
    return best[1] if best else None


_PASSED_OVER = re.compile(
    r"(?:^|[/_.-])(?:change(?:s|log)|history|news|releases?|relnotes|licen[cs]es?|copying|notice|authors|"
    r"contributors)(?:[/_.-]|$)",
    re.IGNORECASE,
)


def _candidates(patch: FilePatch, kind: FileKind | None) -> Iterator[_Candidate]:
    """List the sentences that one file's change offers."""
    if kind is FileKind.SOURCE:
        reader = _docstrings_and_comments if language(patch.path) == "Python" else _comments
    elif kind is FileKind.DOCS and language(patch.path) is None:
        reader = _prose
    else:
        return
    for hunk in patch.hunks:
        for line, rank, text in reader(hunk):
            if reads_like_a_sentence(text):
                yield _Candidate(Epigraph(text, patch.path, hunk.new_start + line), rank, bool(_DULL.match(text)))


_DOCSTRING = re.compile(r'\s*[rR]?(?:"""|\'\'\')(?P<text>[^"\']\S*(?:\s.*?)?)\s*(?:"""|\'\'\'|$)')
_OPENER = re.compile(r"\s*(?P<word>class|def|async def)\b")
_REMARK = re.compile(r"\s*(?:#|//|\*|;;?|--)\s+(?P<text>\S.*)")


def _docstrings_and_comments(hunk: Hunk) -> Iterator[tuple[int, int, str]]:
    """Find first lines of docstrings, then comments that stand on lines of their own."""
    opener: str | None = "module" if hunk.new_start == 1 and hunk.old_count == 0 else None
    inside = False
    for at, line in enumerate(hunk.added[:_MAX_LINES]):
        if inside:
            inside = '"""' not in line and "'''" not in line
            continue
        docstring = _DOCSTRING.fullmatch(line) if opener else None
        if docstring:
            rank = {"module": _MODULE, "class": _CLASS}.get(opener or "", _FUNCTION)
            yield at, rank, docstring["text"].strip()
        quotes = line.count('"""') + line.count("'''")
        inside = quotes % 2 == 1
        opener = _next_opener(opener, line, docstring=docstring is not None)
        if not inside and (remark := re.fullmatch(r"\s*#\s+(?P<text>\S.*)", line)) and _alone(hunk.added, at, "#"):
            yield at, _COMMENT, remark["text"].strip()


def _next_opener(opener: str | None, line: str, *, docstring: bool) -> str | None:
    """Tell of what a docstring on the next line would be, if there is one."""
    if match := _OPENER.match(line):
        return match["word"]
    stripped = line.strip()
    # A signature may go over lines; blank lines and comments may stand before a module's docstring.
    waits = not stripped or stripped.startswith(("#", "@", ")")) or line.startswith((" ", "\t"))
    return opener if waits and not docstring else None


def _comments(hunk: Hunk) -> Iterator[tuple[int, int, str]]:
    """Find comments that stand on lines of their own."""
    for at, line in enumerate(hunk.added[:_MAX_LINES]):
        if (remark := _REMARK.fullmatch(line)) and _alone(hunk.added, at, line.strip()[0]):
            yield at, _COMMENT, remark["text"].strip()


def _alone(lines: tuple[str, ...], at: int, sign: str) -> bool:
    """Whether a comment begins here: the tail of a longer one may look like a sentence and be half of it."""
    return at == 0 or not lines[at - 1].strip().startswith(sign)


def _prose(hunk: Hunk) -> Iterator[tuple[int, int, str]]:
    """Find sentences at the start of a paragraph of a document."""
    fenced = False
    before = ""
    for at, line in enumerate(hunk.added[:_MAX_LINES]):
        fence = line.lstrip().startswith(("```", "~~~"))
        if fence:
            fenced = not fenced
        elif not fenced and not before.strip() and line[:1].isupper():
            sentence = re.match(r".+?[.!?](?=\s+[A-Z]|$)", line.rstrip())
            if sentence:
                yield at, _DOCS, sentence.group()
        before = line if not line.startswith("#") else ""


_DULL = re.compile(
    r"(?:returns?|gets?|sets?|tests?|creates?|initiali[sz]es?|constructs?|checks?|whether|see|note|adds?|helper|"
    r"base class|"
    r"this (?:is|module|class|function|method|file)|main|run|convert|print|wrapper|utilit(?:y|ies))\b",
    re.IGNORECASE,
)
_LEANING = re.compile(
    r"(?:but|and|or|so|then|also|otherwise|however|therefore|thus|hence|still|instead|this|that|these|those|it|they|"
    r"now that|here|in (?:the|this) (?:previous|following|above|same|case|example)|"
    r"the (?:\w+ )?(?:below|above|following))\b"
    r"|.*\b(?:below|above|as follows)\b",
    re.IGNORECASE,
)
_UNFIT = re.compile(
    r"https?:|www\.|[`<>{}\[\]|=_*#\\/@^~$%+]|::|->|\b(?:todo|fixme|xxx|hack|noqa|nosec|copyright|licen[cs]ed?|spdx|"
    r"all rights|"
    r"deprecated|auto-?generated|do not edit|coding|type: ignore|pragma|eslint|pylint|mypy|"
    r"args?:|returns:|e\.g|i\.e)\b",
    re.IGNORECASE,
)


def reads_like_a_sentence(text: str) -> bool:
    """Whether a line can stand alone under a page, as it is."""
    if not _MIN <= len(text) <= _MAX or len(text.split()) < _MIN_WORDS:
        return False
    if (
        not text[0].isupper()
        or text[-1] not in ".!?"
        or text.endswith("...")
        or _UNFIT.search(text)
        or _LEANING.match(text)
    ):
        return False
    fit = sum(char.isalpha() or char in " ,.;:'’!?-—()\"“”" for char in text)
    paired = text.count('"') % 2 == 0 and text.count("(") == text.count(")") and "  " not in text
    digits = sum(char.isdigit() for char in text)
    if fit + digits < len(text) or digits > _MAX_DIGITS or not paired:
        return False
    return safe_text(text) == text and not redact(text).found
