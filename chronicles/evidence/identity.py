"""Facts of who, when and in what words (families `commit`, `group`, `member`, `message`)."""

from __future__ import annotations

import shlex
from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from chronicles import phrases
from chronicles.dossier import Source
from chronicles.evidence.messages import TypeSource, parse_message
from chronicles.evidence.subject import Subject, utc_day
from chronicles.markdown import code

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chronicles.evidence.facts import FactBook
    from chronicles.evidence.messages import Message
    from chronicles.history.commit import Commit

__all__ = ["add_identity_facts"]

_TYPE_BY = {
    "stated": "stated in the message",
    "subject": "inferred from the subject",
    "paths": "inferred from the paths",
}

_UNCLEAR = "for want of a clearer word"
"""Of a type that neither the message nor the paths name."""
_SHOWN_MEMBERS = 40
_SUBJECT_LENGTH = 200


def add_identity_facts(book: FactBook, subject: Subject, message: Message) -> None:
    """Add the facts of the tip, of the members of a group, and of what the message says."""
    tip = subject.tip
    book.sha("commit.sha", tip.sha, derive=_show(tip, "%H"))
    book.add(
        "commit.short_sha",
        tip.sha[:7],
        "sha",
        text=f"`{tip.sha[:7]}`",
        figure=tip.sha[:7],
        source=Source.GIT,
        derive=f"git rev-parse {tip.sha} | cut -c -7",
    )
    derive = _show(tip, "%s") if subject.is_commit else None
    book.words("commit.subject", _headline(subject), limit=_SUBJECT_LENGTH, derive=derive)
    if subject.is_commit and subject.tip.is_merge:
        book.words("commit.headline", message.subject or "(no message)", limit=_SUBJECT_LENGTH)
        book.add(
            "commit.merge", len(subject.tip.parents), "parent", text=phrases.count(len(subject.tip.parents), "parent")
        )
    _add_type(book, subject, message)
    if message.scope:
        book.words("commit.scope", message.scope, "name")
    book.words("commit.author", tip.author.name, "person", derive=_show(tip, "%an"))
    stamp = tip.authored_at.isoformat()
    book.add("commit.authored_at", stamp, "time", text=stamp, source=Source.GIT, derive=_show(tip, "%aI"))
    committed = tip.committed_at.astimezone(UTC)
    derive = f"TZ=UTC git log -1 --date=format-local:%F --format=%cd {tip.sha}"
    book.add("commit.day", _day(committed), "day", text=_day(committed), source=Source.GIT, derive=derive)
    if subject.is_commit:
        _add_message(book, message)
        body = subject.message.partition("\n\n")[2]
        lines = sum(bool(line.strip()) for line in body.splitlines())
        book.count("message.body_lines", lines, "line of body", "lines of body")
    _add_members(book, subject)


def _add_type(book: FactBook, subject: Subject, message: Message) -> None:
    """The type of a commit as stated or inferred; of a group, the one that most of its messages name."""
    by = message.type_source.value
    if subject.is_commit:
        book.add("commit.type", message.type, "type", text=message.type)
        spelled = f", as {code(message.type_word)}" if message.type_word not in (None, message.type) else ""
        how = _UNCLEAR if (by, message.type) == ("paths", "chore") else _TYPE_BY[by]
        book.add("commit.type_by", by, "rule", text=f"{how}{spelled}")
        return
    said = [parse_message(step.message, reasons=False) for step in subject.authors]
    named = Counter(one.type for one in said if one.type_source is not TypeSource.PATHS)
    ordered = sorted(named.items(), key=lambda item: (-item[1], item[0]))
    kind, often = ordered[0] if ordered else (message.type, 0)
    book.add("commit.type", kind, "type", text=kind)
    if ordered:
        text = f"named by {phrases.words(often)} of {phrases.count(len(said), 'message')}"
        book.add("commit.type_by", often, "message", text=text)
        rest = phrases.joined([f"{other} {phrases.figure(number)}" for other, number in ordered[1:]])
        if rest:
            book.add("group.other_types", rest, "type", text=rest)
    else:
        book.add("commit.type_by", by, "rule", text="no message names one")


def _show(commit: Commit, form: str) -> str:
    return shlex.join(["git", "log", "-1", f"--format={form}", commit.sha])


def _day(moment: datetime) -> str:
    return utc_day(int(moment.timestamp()))


def _headline(subject: Subject) -> str:
    """The subject line of the commit; of a group, how many commits of which days."""
    if subject.is_commit:
        return subject.tip.subject or "(no message)"
    number = phrases.count(len(subject.steps), "commit")
    days = [_day(step.committed_at.astimezone(UTC)) for step in (subject.oldest, subject.tip)]
    when = days[0] if days[0] == days[1] else f"{days[0]} to {days[1]}"
    return f"{number[0].upper()}{number[1:]} of {when}"


def _add_message(book: FactBook, message: Message) -> None:
    if message.reason:
        book.words("message.reason", message.reason, "quotation")
    if message.breaking_marked:
        book.add("message.breaking", 1, "mark", text="a breaking change")
    for number, issue in enumerate(message.issues[:5], 1):
        book.add(f"message.issue.{number}", issue, "issue", text=issue)
    for number, trailer in enumerate(message.trailers[:10], 1):
        book.words(f"message.trailer.{number}", f"{trailer.key}: {trailer.value}", limit=_SUBJECT_LENGTH)
    if message.co_authors:
        book.count("message.co_authors", len(message.co_authors), "co-author")


def _add_members(book: FactBook, subject: Subject) -> None:
    members: Sequence[Commit] = subject.brought if subject.is_commit else subject.steps
    if not members:
        return
    noun = "commit" if not subject.is_commit else "merged commit"
    book.count("group.commits", len(members), noun, source=Source.GIT)
    for number, member in enumerate(members[:_SHOWN_MEMBERS], 1):
        book.sha(f"member.{number}.sha", member.sha)
        book.words(f"member.{number}.subject", member.subject or "(no message)", limit=_SUBJECT_LENGTH)
        book.words(f"member.{number}.author", member.author.name, "person")
    if len(members) > _SHOWN_MEMBERS:
        book.count("member.left_out", len(members) - _SHOWN_MEMBERS, "further commit", source=Source.GIT)
