"""Messages, taken apart."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chronicles.evidence.kinds import FileKind
from chronicles.evidence.messages import Trailer, TypeSource, parse_message
from chronicles.evidence.reasons import MAX_REASON, find_reason

K = FileKind


@pytest.mark.parametrize(
    ("subject", "type_", "scope", "breaking", "description"),
    [
        ("feat(core)!: drop the old table (#12)", "feat", "core", True, "drop the old table"),
        ("fix: off by one", "fix", None, False, "off by one"),
        ("Docs(API): say what it does", "docs", "API", False, "say what it does"),
        ("tests: cover the empty case", "test", None, False, "cover the empty case"),
        ("bugfix(a, b): two places", "fix", "a, b", False, "two places"),
    ],
)
def test_a_stated_type_is_taken_as_stated(
    subject: str, type_: str, scope: str | None, description: str, *, breaking: bool
) -> None:
    """A conventional subject gives type, scope, mark and description."""
    found = parse_message(subject)
    assert (found.type, found.scope, found.breaking_marked, found.description) == (type_, scope, breaking, description)
    assert found.type_source is TypeSource.STATED
    assert found.type_stated


@pytest.mark.parametrize(
    ("subject", "type_"),
    [
        ("Fix crash on empty input", "fix"),
        ("fixed #12", "fix"),
        ("pager: fix leak", "fix"),
        ("Don't replace '+' in METADATA", "fix"),
        ("Add tests for options", "test"),
        ("t5538: cover shallow pushes", "test"),
        ("Fix typo in docs", "docs"),
        ("Update README", "docs"),
        ("Bump pytest from 6.1.0 to 6.1.2", "build"),
        ("[pre-commit.ci] pre-commit autoupdate (#8897)", "ci"),
        ("Merge branch 'main' into topic", "merge"),
        ('Revert "Add cache"', "revert"),
        ("release version 8.1.8", "release"),
        ("Version 5.1", "release"),
        ("Bump version to 1.1.0a3", "release"),
        ("Git 2.50", "release"),
        ("Refactor `show` command", "refactor"),
        ("Add confirmation step", "feat"),
        ("Allow a callable default", "feat"),
    ],
)
def test_clear_words_of_the_subject_say_the_type(subject: str, type_: str) -> None:
    """Where no type is stated, the opening of the subject tells it, and the message says so."""
    found = parse_message(subject, [K.SOURCE])
    assert found.type == ("chore" if subject == "Git 2.50" else type_)
    assert found.type_source is (TypeSource.PATHS if subject == "Git 2.50" else TypeSource.SUBJECT)


@pytest.mark.parametrize(
    ("subject", "kinds", "added", "type_"),
    [
        ("The scaffolding", [K.SOURCE] * 30 + [K.CONFIG] * 8, 37, "chore"),
        ("wip", [K.DOCS], 0, "docs"),
        ("Fix it", [K.TEST, K.TEST], 0, "test"),
        ("Add the list", [K.DOCS], 1, "docs"),
        ("wip", [K.MANIFEST, K.LOCK], 0, "build"),
        ("wip", [K.SOURCE], 1, "feat"),
        ("wip", [K.SOURCE, K.TEST], 0, "chore"),
        ("", [], 0, "chore"),
    ],
)
def test_else_the_paths_say_the_type(subject: str, kinds: list[FileKind], added: int, type_: str) -> None:
    """Where the subject says nothing, or something the files contradict, the kinds of the files tell the type."""
    found = parse_message(subject, kinds, added=added)
    assert (found.type, found.type_source) == (type_, TypeSource.PATHS)


def test_a_merge_is_a_merge() -> None:
    """Several parents make a merge, whatever the subject says."""
    assert parse_message("Add cache", [K.SOURCE], is_merge=True).type == "merge"


def test_trailers_come_off_the_end() -> None:
    """Trailers are read with their continuation lines, and are no part of the reason."""
    found = parse_message(
        "Add cache (#7)\n\nIt was slow because each call asked again.\n\n"
        'Fixes: 1234567 ("Ask again")\n'
        "Reviewed-by: Bob <b@x>\n  of the team\nCo-authored-by: Eve Example <e@x>\nChronicle: Skip\n"
    )
    assert found.trailers[1] == Trailer("Reviewed-by", "Bob <b@x> of the team")
    assert found.co_authors == ("Eve Example",)
    assert found.fixes_up == "1234567"
    assert found.issues == ("#7",)
    assert found.skip
    assert found.reason == "It was slow because each call asked again."
    assert found.reason_states_cause


def test_a_sentence_with_a_colon_is_no_trailer() -> None:
    """A last paragraph that begins with a word and a colon is prose."""
    found = parse_message("Add cache\n\nNote: this is slow because the disk is asked on each call.")
    assert found.trailers == ()
    assert not found.skip
    assert parse_message("Add cache\n\nThe disk is asked on each call.\nCloses #12").trailers == ()


def test_what_is_undone_or_mended_is_named() -> None:
    """Reverts name hashes and subject, fix-ups their subject."""
    sha = "8ae7d64f1b2c3d4e5f60718293a4b5c6d7e8f901"
    found = parse_message(f'Revert "Add cache (#7)" (#9)\n\nThis reverts commit {sha}.')
    assert (found.reverts, found.reverts_subject, found.type) == ((sha,), "Add cache (#7)", "revert")
    assert found.reason is None
    assert parse_message("fixup! fixup! Add cache").fixes_up == "Add cache"
    assert parse_message("squash! Add cache").fixes_up == "Add cache"


def test_a_breaking_footer_is_read() -> None:
    """The footer marks the break and says what it is."""
    found = parse_message("fix: the table\n\nBREAKING CHANGE: callers must pass\n the name")
    assert found.breaking_marked
    assert found.breaking_note == "callers must pass the name"


@pytest.mark.parametrize(
    "body",
    [
        "* fix tests\n\n* address review\n\n* Update about.py",
        "# Pull Request Check List\n\n<!-- This is just a reminder about mistakes. -->\n\n- [x] Added **tests** here.",
        "https://example.org/issues/12",
        "Fixes #12.",
        "Resolves: python-poetry#5142",
        "updates:\n- [github.com/a/b: v1 -> v2](https://github.com/a/b/compare/v1...v2)",
        '    Traceback (most recent call last):\n      File "x.py", line 1, in <module>',
        "```\nbecause this is code and it is not a sentence at all.\n```",
        "diff --git a/x b/x\n-because of this old line here.\n",
        "Bumps [tox](https://github.com/tox-dev/tox) from 3.23.1 to 3.24.1.\n- [Release notes](https://x)",
        "",
    ],
)
def test_lists_templates_logs_and_links_are_no_reason(body: str) -> None:
    """What is not the author's prose is never quoted."""
    assert find_reason(body) is None


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (
            "Update the pager.\n\nWe wrap the stream so that\nlarge writes are cut up. It was easy.",
            "We wrap the stream so that large writes are cut up.",
        ),
        (
            "Update the list. The base class sets the list already. This is needed because plugins read it.",
            "The base class sets the list already. This is needed because plugins read it.",
        ),
        ("Fork button was redirecting to another project.", "Fork button was redirecting to another project."),
        ("* Fix one\n* The table was asked twice, since both callers held a lock of their own.", None),
    ],
)
def test_the_sentence_that_states_a_cause_is_quoted(body: str, reason: str | None) -> None:
    """A sentence with words of cause goes before the opening, with the one before where it leans on that."""
    found = find_reason(body)
    if reason is None:
        assert found is not None
        assert found.text.startswith("The table was asked twice")
    else:
        assert found is not None
        assert found.text == reason


def test_a_reason_is_not_the_subject_again() -> None:
    """A body that only repeats the subject gives no reason."""
    assert parse_message("Remove the old table of names\n\nRemove the old table of names").reason is None


@given(st.text(alphabet=st.characters() | st.sampled_from("\n\n\n *-:#.<>!`\x1b"), max_size=400))
def test_any_message_is_read_and_a_reason_is_verbatim(text: str) -> None:
    """Nothing raises, and what is quoted stands in the message up to white space."""
    found = parse_message(text, [K.SOURCE])
    if found.reason:
        assert len(found.reason) <= MAX_REASON
        for sentence in found.reason.split(". "):
            assert sentence.split()[0] in text


def test_a_message_of_megabytes_is_read() -> None:
    """Size is bounded, and none of the patterns loses itself."""
    for piece in ("a ", "* x\n", "<!-- ", "```\n", "Key: v\n", "Reverts commit ", "x. ", "(", "\n\n", " " * 9 + "\n"):
        parse_message("Subject " + piece * 20_000 + "\n\n" + piece * 60_000)


def test_a_reason_may_refer_by_number() -> None:
    """A sentence of issues and versions is prose all the same, and one that lost half a parenthesis is not."""
    said = "Fix regression introduced in 8.4.0 by #3126 and properly fix #3043 and #3502"
    assert parse_message(f"Fix completion\n\n{said}\n").reason == said
    assert parse_message("Fix it\n\nsee the notes about caching that was broken) and the rest\n").reason is None
