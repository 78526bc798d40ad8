"""What a commit message says, and what kind of change it announces.

A message is read in three steps: its trailers come off the end, its subject is read as a conventional commit
(`type(scope)!: description`) where it is one, and what remains is searched for the author's own reason
(`chronicles.evidence.reasons`). Where the subject states no type, clear words of it do ("Fix crash on …",
"Bump x from 1 to 2"), and where those are missing the kinds of the files touched do; `type_source` says which of
the three it was, so that no page calls a guess a statement.

The message is data of unknown hands: it may be empty, huge, or hold any character. Parsing never fails, and it
reads at most the first 200,000 characters.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from chronicles.evidence.kinds import FileKind
from chronicles.evidence.plain_text import safe_text
from chronicles.evidence.reasons import find_reason
from chronicles.history.commit import issues_of

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Message", "Trailer", "TypeSource", "parse_message"]


class TypeSource(StrEnum):
    """How a commit's type is known."""

    STATED = "stated"
    """The subject has it, as conventional commits do."""
    SUBJECT = "subject"
    """Clear words of the subject say so."""
    PATHS = "paths"
    """The files touched are all of one kind, or nothing says more."""


@dataclass(frozen=True, slots=True)
class Trailer:
    """One `Key: value` line at the end of a message."""

    key: str
    value: str


@dataclass(frozen=True, slots=True)
class Message:
    """A commit message, taken apart."""

    subject: str
    type: str
    """A conventional type (`feat`, `fix`, `docs`, …), or `merge`, `revert`, `release`."""
    type_source: TypeSource
    type_word: str | None
    """The type as the message spells it, where it states one."""
    scope: str | None
    breaking_marked: bool
    """Whether the message itself says that the change breaks: `!` before the colon, or a BREAKING CHANGE footer."""
    breaking_note: str | None
    """What the BREAKING CHANGE footer says."""
    description: str
    """The subject without type, scope and the `(#123)` that forges append."""
    reason: str | None
    """The author's own reason, verbatim; None where the message gives none."""
    reason_states_cause: bool
    """Whether the reason has words of cause (because, so that, …) and is not just what the body opens with."""
    trailers: tuple[Trailer, ...]
    reverts: tuple[str, ...]
    """Full or short hashes of the commits it says it reverts."""
    reverts_subject: str | None
    """The subject it says it reverts."""
    fixes_up: str | None
    """What it mends: the subject after `fixup!` or `squash!`, or the hash of a `Fixes:` trailer."""
    issues: tuple[str, ...]
    """References such as `#123`, in order, each once."""
    co_authors: tuple[str, ...]
    """Names in `Co-authored-by` trailers."""
    skip: bool
    """Whether the trailer `Chronicle: skip` asks for no episode."""

    @property
    def type_stated(self) -> bool:
        """Whether the author wrote the type."""
        return self.type_source is TypeSource.STATED


_MAX_LENGTH = 200_000
_CONVENTIONAL = re.compile(
    r"(?P<type>[A-Za-z]{2,12})(?:\((?P<scope>[^()\n]{1,60})\))?(?P<bang>!)?:\s+(?P<description>\S.*)"
)
_TYPES = {
    **{name: name for name in ("feat", "fix", "docs", "style", "refactor", "perf", "test", "build", "ci", "chore")},
    "revert": "revert",
    "merge": "merge",
    "release": "release",
    "feature": "feat",
    "bugfix": "fix",
    "hotfix": "fix",
    "doc": "docs",
    "tests": "test",
    "testing": "test",
    "deps": "build",
}
_VERB = r"(?:e?[sd]|ing)?\b"
_WORDS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (name, re.compile("|".join(openings)))
    for name, openings in (
        ("merge", (r"merged? (?:pull request|branch(?:es)?|tags?|remote|commit|in|from|with|the|into|'|[\w.-]+/)",)),
        ("revert", (r"(?:revert|reapply)" + _VERB, r"back ?out\b")),
        (
            "release",
            (
                r"(?:prepare |cut |start )?(?:for )?(?:the )?(?:release\b(?! notes?)|version v?\d)",
                r"v?\d+\.\d+[\w.-]*$",
                r"[a-z]+ v?\d+\.\d+(?:\.\d+|-rc\d+)$",
                r"bump(?:ed|s)? (?:the )?version\b(?! (?:of|in))",
                r"(?:bump|update) to v?\d",
            ),
        ),
        (
            "build",
            (
                (
                    r"(?:bump|upgrade|update|pin|unpin)(?:s|ed)? (?:the )?"
                    r"(?:dep(?:endenc(?:y|ies)|s)\b|lock ?file|requirements|[\w./@-]+ (?:from|to) v?\d|"
                    r"[\w./-]+ group\b)"
                ),
            ),
        ),
        (
            "ci",
            (
                r"\[pre-commit\.ci]|pre-commit autoupdate",
                (
                    r"(?:update|fix|add|bump)(?:e?d|s)? (?:the )?"
                    r"(?:ci|github actions?|travis|appveyor|workflows?|pre-commit)\b"
                ),
            ),
        ),
        (
            "docs",
            (
                r"(?:fix(?:e[sd])? |correct(?:ed|s)? )?(?:a |some |more |minor )?typos?\b",
                (
                    r"(?:fix|add|update|improve|expand|clarify|rewrite|tweak)(?:e?d|s)? "
                    r"(?:the |some |more |to |missing )?"
                    r"(?:docs?|documentation|readme|docstrings?|change ?log(?: entry| note)?|release notes?|relnotes)\b"
                ),
                r"document(?:s|ed)?\b|docs? ",
            ),
        ),
        (
            "test",
            (
                (
                    r"(?:add|fix|update|improve|extend|simplify|refactor)(?:e?[sd])? "
                    r"(?:a |an |the |some |more |missing |failing |regression |unit |integration )*tests?\b"
                ),
                r"tests? (?:for|that|to)\b",
                r"t\d{4}(?:-[\w-]+)?:",
            ),
        ),
        (
            "style",
            (
                r"(?:lint|reformat|pep ?8|whitespace|fix (?:lint|formatting|whitespace))(?:ed|ting|s)?\b",
                r"(?:run|apply) (?:black|ruff|isort|prettier|clang-format)\b",
            ),
        ),
        (
            "fix",
            (
                r"(?:bug ?)?fix(?:e[sd]|ing|up)?\b|hot ?fix|correct(?:s|ed|ly)?\b|resolve[sd]? (?:#|gh-|issue)",
                r"(?:handle|ensure|respect|repair|unbreak|prevent|avoid)" + _VERB,
                r"(?:don'?t|do not|never|stop) ",
            ),
        ),
        (
            "refactor",
            (
                r"(?:refactor|simplif(?:y|ies|ied)|restructure|reorgani[sz]e|rename|extract|deduplicate|inline|split)"
                + _VERB,
                r"clean(?:ed|s)?[- ]?up|factor(?:ed)? out",
                r"(?:remove|delete|move|replace|drop(?!\w* support)(?:p)?)" + _VERB,
            ),
        ),
        ("perf", (r"optimi[sz]e|speed(?:s|ed)? up|improve(?:s|d)? (?:the )?performance|make [\w ]{1,30} faster",)),
        (
            "feat",
            (
                r"(?:add|introduce|implement|support|allow|enable)" + _VERB,
                r"new (?:option|command|feature|function|class|method)\b",
            ),
        ),
    )
)
"""Openings of a subject that say what kind of change it is; the first that matches is it."""


def parse_message(
    message: str, kinds: Iterable[FileKind] = (), *, is_merge: bool = False, added: int = 0, reasons: bool = True
) -> Message:
    """Take a message apart.

    Args:
        message: The message whole.
        kinds: The kind of each file touched.
        is_merge: Whether the commit has several parents.
        added: How many of the files are new.
        reasons: Whether to look for the author's reason, which is two thirds of the work.

    Returns:
        What it says. Every field is safe text; none is redacted.
    """
    text = safe_text(message[:_MAX_LENGTH]).strip()
    head, _, rest = text.partition("\n\n")
    subject = " ".join(head.split())
    body, trailers = _split_trailers(rest)
    stated = _CONVENTIONAL.fullmatch(subject)
    if stated and stated["type"].lower() not in _TYPES:
        stated = None
    if stated:
        type_, source = _TYPES[stated["type"].lower()], TypeSource.STATED
    else:
        type_, source = _infer(subject, tuple(kinds), is_merge=is_merge, added=added)
    note = _breaking_note(rest)
    prefix = _FIXUP.match(subject)
    fixes = prefix["subject"] if prefix else _fixes_hash(trailers)
    reverted_subject = _REVERTED.match(subject)
    reason = find_reason(body, subject=subject) if reasons else None
    return Message(
        subject=subject,
        type=type_,
        type_source=source,
        type_word=stated["type"].lower() if stated else None,
        scope=stated["scope"].strip() or None if stated and stated["scope"] else None,
        breaking_marked=bool(stated and stated["bang"]) or note is not None,
        breaking_note=note,
        description=_FORGE_NUMBER.sub("", stated["description"] if stated else subject),
        reason=reason.text if reason else None,
        reason_states_cause=bool(reason and reason.states_cause),
        trailers=trailers,
        reverts=tuple(dict.fromkeys(sha.lower() for line in _REVERTS.findall(rest) for sha in _SHA.findall(line))),
        reverts_subject=reverted_subject["subject"] if reverted_subject else None,
        fixes_up=fixes,
        issues=issues_of(text),
        co_authors=tuple(
            dict.fromkeys(
                trailer.value.partition("<")[0].strip()
                for trailer in trailers
                if trailer.key.lower() == "co-authored-by"
            )
        ),
        skip=any(trailer.key.lower() == "chronicle" and trailer.value.lower() == "skip" for trailer in trailers),
    )


_FIXUP = re.compile(r"(?:(?:fixup|squash|amend)! )+(?P<subject>\S.*)")
_FORGE_NUMBER = re.compile(r"(?: \(#\d+\))+$")
_REVERTED = re.compile(r"(?:Revert|Reapply) [\"“](?P<subject>.+)[\"”](?: \(#\d+\))*$")
_REVERTS = re.compile(r"(?i)\b(?:this )?(?:reverts?|reverted|reapplies) (?:the )?commits?:? ([^\n]{7,400})")
_SHA = re.compile(r"\b[0-9a-fA-F]{7,64}\b")
_BREAKING = re.compile(r"^BREAKING[ -]CHANGES?:[ \t]*(\S.*(?:\n[^\n]*\S[^\n]*)*)", re.MULTILINE)
_TRAILER = re.compile(r"([A-Za-z][A-Za-z0-9-]{0,60}(?: [Cc]hanges?)?):[ \t]+(\S.*)")
_ISSUE_TRAILER = re.compile(r"((?i:closes|fixes|resolves|refs))[ \t]+(#\d.*)")
_KNOWN_TRAILER = re.compile(
    r"(?i)(?:signed-off|co-authored|reviewed|acked|tested|reported|suggested|helped|cc|chronicle)\b"
)


def _split_trailers(rest: str) -> tuple[str, tuple[Trailer, ...]]:
    """Part the last paragraph from a body when it is made of trailers.

    As in git, a paragraph counts when every line of it is a trailer or the continuation of one, or when one
    line is a trailer of git's own and a quarter of the lines are trailers.
    """
    paragraphs = re.split(r"\n[ \t]*\n", rest.strip("\n"))
    trailers: list[Trailer] = []
    while paragraphs:
        lines = paragraphs[-1].strip("\n").split("\n")
        found = _read_trailers(lines)
        if not found:
            break
        trailers[:0] = found
        paragraphs.pop()
    return "\n\n".join(paragraphs), tuple(trailers)


def _read_trailers(lines: list[str]) -> list[Trailer]:
    """Read a paragraph of trailers; empty when it is none."""
    found: list[Trailer] = []
    others = 0
    for line in lines:
        if match := _TRAILER.fullmatch(line.rstrip()) or _ISSUE_TRAILER.fullmatch(line.rstrip()):
            found.append(Trailer(match[1], match[2].strip()))
        elif found and line[:1] in {" ", "\t"} and line.strip():
            found[-1] = Trailer(found[-1].key, f"{found[-1].value} {line.strip()}")
        elif line.strip() and not re.fullmatch(r"\(cherry picked from commit [0-9a-f]+\)", line.strip()):
            others += 1
    known = any(_KNOWN_TRAILER.match(trailer.key) for trailer in found)
    # One unknown `Note: …` line is a sentence with a colon, not a trailer.
    looks_right = known or all(
        "-" in t.key or t.key in _SINGLE or t.value.startswith(issues_of(t.value)) for t in found
    )
    if not found or not looks_right or others > (3 * len(found) if known else 0):
        return []
    return found


_SINGLE = frozenset({"Fixes", "Closes", "Resolves", "Refs", "Link", "Bug", "Chronicle", "Cc", "BREAKING CHANGE"})


def _fixes_hash(trailers: tuple[Trailer, ...]) -> str | None:
    """Read the commit that a `Fixes: <sha> ("subject")` trailer names."""
    for trailer in trailers:
        if trailer.key.lower() == "fixes" and (match := re.match(r"[0-9a-fA-F]{7,64}\b", trailer.value)):
            return match.group().lower()
    return None


def _breaking_note(rest: str) -> str | None:
    """Read what the BREAKING CHANGE footer says, on one line."""
    match = _BREAKING.search(rest)
    return " ".join(match[1].split()) if match else None


_OF_KIND = {
    FileKind.DOCS: "docs",
    FileKind.TEST: "test",
    FileKind.CI: "ci",
    FileKind.MANIFEST: "build",
    FileKind.LOCK: "build",
    FileKind.CONFIG: "chore",
    FileKind.GENERATED: "chore",
    FileKind.VENDORED: "chore",
}
_MASS = 20


def _infer(subject: str, kinds: tuple[FileKind, ...], *, is_merge: bool, added: int) -> tuple[str, TypeSource]:
    """Say what kind of change it is where the message states none."""
    if is_merge:
        return "merge", TypeSource.SUBJECT if subject.lower().startswith("merge") else TypeSource.PATHS
    opening = subject[:300].lower()
    by_paths = _by_paths(kinds, added=added)
    for type_, pattern in _WORDS:
        if pattern.match(opening):
            # "Add …" that touches documents or tests only adds no feature, and "Fix …" there mends no code.
            if type_ in {"feat", "fix", "refactor"} and by_paths in {"docs", "test", "ci", "build"}:
                return by_paths, TypeSource.PATHS
            return type_, TypeSource.SUBJECT
    # "docs: …" and the like are stated; "cli: …" and "t1234: …" name a part of the tree, of which the rest says more.
    named = re.match(r"[\w/.,*{} -]{1,40}: (\S.*)", opening)
    if named:
        return _infer(named[1], kinds, is_merge=False, added=added)
    return by_paths or "chore", TypeSource.PATHS


def _by_paths(kinds: tuple[FileKind, ...], *, added: int) -> str | None:
    """Say what kind of change the files make, where they are of one mind."""
    if not kinds:
        return None
    types = {_OF_KIND.get(kind) for kind in kinds}
    if types in ({"docs", "test"}, {"build", "ci"}):
        return "docs" if "docs" in types else "build"
    if len(types) == 1 and None not in types:
        return types.pop()
    if added * 10 >= len(kinds) * 9 and len(kinds) >= _MASS:
        return "chore"  # a mass of new files under a subject that says nothing: the laying out of a project
    source = sum(kind is FileKind.SOURCE for kind in kinds)
    return "feat" if 0 < added == source else None
