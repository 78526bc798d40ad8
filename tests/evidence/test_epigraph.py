"""A sentence that the commit itself added."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chronicles.evidence.epigraph import Epigraph, find_epigraph, reads_like_a_sentence
from chronicles.evidence.kinds import FileKind, classify
from chronicles.evidence.patches import FilePatch, Hunk


def patch(path: str, *lines: str, start: int = 1, created: bool = True) -> FilePatch:
    """Make a patch that adds lines."""
    hunk = Hunk(start - 1, 0, start, len(lines), (), lines)
    return FilePatch(path, None if created else path, (hunk,), created=created)


def found(*patches: FilePatch) -> Epigraph | None:
    """Find the epigraph of some patches."""
    return find_epigraph(patches, {one.path: classify(one.path) for one in patches})


MODULE = patch("src/a.py", '"""Pages that tell the truth about a commit."""', "", "x = 1")
CLASS = patch("src/b.py", "class Page:", '    """A page knows where it came from."""', *["    x = 1"] * 5)
README = patch("README.md", "# Title", "", "A history is read by nobody. It should be.")
COMMENT = patch("src/c.go", "package c", "// The winner takes the whole of the table.")


def test_docstrings_go_before_documents_and_documents_before_comments() -> None:
    """The first kind that has a sentence wins, and within docstrings the largest new file."""
    assert found(MODULE, README, COMMENT) == Epigraph("Pages that tell the truth about a commit.", "src/a.py", 1)
    assert found(MODULE, CLASS, README) == Epigraph("A page knows where it came from.", "src/b.py", 2)
    assert found(COMMENT, README) == Epigraph("A history is read by nobody.", "README.md", 3)
    assert found(COMMENT) == Epigraph("The winner takes the whole of the table.", "src/c.go", 2)


def test_the_order_of_files_does_not_matter() -> None:
    """The same change has the same epigraph for ever."""
    assert found(MODULE, CLASS, README, COMMENT) == found(COMMENT, README, CLASS, MODULE)


def test_a_dull_opening_gives_way() -> None:
    """A docstring like countless others is taken only where there is no better one."""
    dull = patch("src/d.py", "def f():", '    """Return the sum of all the given values."""', *["    x = 1"] * 50)
    assert found(dull, MODULE) == Epigraph("Pages that tell the truth about a commit.", "src/a.py", 1)
    assert found(dull) is not None


@pytest.mark.parametrize(
    "other",
    [
        patch("CHANGELOG.md", "A page now tells the truth about its commit."),
        patch("LICENSE", "Permission is hereby granted to any person here."),
        patch("tests/test_a.py", '"""Pages that tell the truth about a commit."""'),
        patch("src/e.py", 'TEXT = """Pages that tell the truth about a commit."""'),
        patch("src/e.py", "x = f(", '"""Pages that tell the truth about a commit."""', start=9, created=False),
        patch("docs/a.md", "```", "", "A history is read by nobody at all.", "", "```"),
        patch("docs/a.md", "the end of a sentence from above.", "A tail of a paragraph is no opening of one."),
        patch("src/f.py", "# The first line of a remark goes on", "# The second half of it looks like a sentence."),
    ],
)
def test_what_cannot_stand_alone_is_passed_over(other: FilePatch) -> None:
    """Changelogs, licences, tests, mere strings, code blocks and halves of sentences are no epigraphs."""
    assert found(other) is None


@pytest.mark.parametrize(
    "text",
    [
        "Too short to say it.",
        "no capital letter at the start of this.",
        "There is no full stop at the end of this",
        "See https://example.org for the whole of it.",
        "Call `f()` to have it done for you today.",
        "TODO make this work for all of the others.",
        "Copyright of this work is held by somebody.",
        "This leans upon the sentence before it here.",
        "The secret of the house is password = 'hunter2x'.",
        "A \u202ereversed sentence is not what it seems to be.",
        "It holds 123456 rows in each of the tables.",
        "A sentence that never ends " + "and goes on " * 9 + "and on.",
    ],
)
def test_what_is_no_clean_sentence_is_refused(text: str) -> None:
    """Length, shape, code, links, tasks, licences, secrets and hidden characters are looked at."""
    assert not reads_like_a_sentence(text)


def test_no_kind_means_no_epigraph() -> None:
    """A file that was left out of the kinds is left out here."""
    assert find_epigraph([MODULE], {}) is None


@given(
    st.lists(st.text(max_size=120), max_size=6),
    st.sampled_from(list(FileKind)),
    st.sampled_from(["a.py", "b.md", "c.go"]),
)
def test_what_is_found_stands_on_an_added_line(lines: list[str], kind: FileKind, path: str) -> None:
    """The epigraph is verbatim, and its line is where it stands."""
    epigraph = find_epigraph([patch(path, *lines)], {path: kind})
    if epigraph:
        assert epigraph.text in lines[epigraph.line - 1]
