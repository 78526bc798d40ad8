"""Front matter comes back as it went in, whatever the values hold."""

from __future__ import annotations

import contextlib
import datetime as dt
import math
import re
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chronicles.documents.frontmatter import render_front_matter, split_front_matter
from chronicles.errors import PageError

TEXTS = st.one_of(
    st.text(max_size=20),
    st.sampled_from(
        ["---", "a\n---\nb", "yes", "2025-09-28", "{{ x }}", "{% y %}", "a: b", "# c", "\x85", "\u2028", "\0"]
    ),
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)


@given(mapping=st.dictionaries(TEXTS, VALUES, max_size=5), body=TEXTS)
@example(mapping={"a": 1e16, "b": 1e-7, "c": -0.0, "on": "x", "\x85" * 150: ["v" * 200, {"l" * 150: 1}]}, body="---\n")
def test_what_is_written_reads_back(mapping: dict[str, object], body: str) -> None:
    """Values, their types and their order survive, and the body starts where the block ends."""
    text = render_front_matter(mapping) + body
    values, rest = split_front_matter(text)
    assert values == mapping
    assert list(values) == list(mapping)
    assert rest == body
    assert repr(values) == repr(mapping)
    assert not re.search(r"\{[{%#]", render_front_matter(mapping))


def test_ordinary_values_read_well() -> None:
    """Short values stay on their line, long lists go one a line."""
    shas = ["56ef3ef" + "0" * 33, "d7a9279" + "0" * 33, "a" * 40]
    text = render_front_matter(
        {
            "schema": "chronicles.page/1",
            "episode": 2,
            "title": 'The "Big" Bang: é',
            "commits": shas,
            "tags": ["feat", "core"],
            "writer": {"name": "plain", "model": None},
        }
    )
    assert text == (
        '---\nschema: "chronicles.page/1"\nepisode: 2\ntitle: "The \\"Big\\" Bang: é"\ncommits:\n'
        + "".join(f'  - "{sha}"\n' for sha in shas)
        + 'tags: ["feat", "core"]\nwriter: {name: "plain", model: null}\n---\n'
    )


def test_a_long_mapping_goes_one_item_a_line() -> None:
    """A mapping that does not fit its line becomes a block, at any depth."""
    mapping = {"writer": {"name": "plain", "options": {f"option_{n}": "x" * 20 for n in range(6)}}}
    text = render_front_matter(mapping)
    assert '\n    option_0: "xxxxxxxxxxxxxxxxxxxx"\n' in text
    assert split_front_matter(text)[0] == mapping


def test_surrogates_are_spelled_out_and_nan_is_kept() -> None:
    """What YAML cannot hold is shown; what it can is written."""
    values, _ = split_front_matter(render_front_matter({"a": "x\udcff", "b": math.nan, "c": -math.inf}))
    assert values["a"] == "x\\xff"
    assert math.isnan(values["b"])
    assert values["c"] == -math.inf


@pytest.mark.parametrize("mapping", [{"a": dt.date(2025, 1, 1)}, {"a": [{1}]}, {"a": {1: 2}}])
def test_what_json_does_not_have_is_refused(mapping: dict[str, object]) -> None:
    """A value of another type is a mistake of ours and says so."""
    with pytest.raises(TypeError, match="front matter"):
        render_front_matter(mapping)


def test_a_key_too_long_for_yaml_is_refused() -> None:
    """Rather than a page that nothing can read."""
    with pytest.raises(ValueError, match="at most 150 characters"):
        render_front_matter({"k" * 151: 1})


def test_a_page_that_a_person_edited_on_windows_reads_the_same() -> None:
    """A byte order mark, CRLF and plain YAML of a person's own are understood."""
    values, body = split_front_matter("\ufeff---\r\ntitle: Mine\r\ndate: 2025-09-28\r\n---\r\nBody\r\n")
    assert values == {"title": "Mine", "date": dt.date(2025, 9, 28)}
    assert body == "Body\r\n"


def test_a_page_without_front_matter_is_all_body() -> None:
    """Text that does not begin with the block has none; an empty block is an empty mapping."""
    assert split_front_matter("# T\n---\n") == ({}, "# T\n---\n")
    assert split_front_matter("---\n---\nx") == ({}, "x")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("---\na: 1\n", "line 1 opens front matter that no line `---` closes"),
        ("---\na: 1\nb: [\n---\n", r"line \d: the front matter is not YAML"),
        ("---\na: 1\nb: 'x\n---\n", r"line \d: the front matter is not YAML"),
        ("---\n- a\n---\n", "no mapping"),
        ("---\n1: a\n---\n", "no mapping"),
        ("---\na: 2025-99-99\n---\n", "cannot be read"),
        ("---\na: !!python/object:os.system x\n---\n", "not YAML"),
        ("---\na: \x01\n---\n", "cannot be read"),
        ("---\n? [a]\n: b\n---\n", "line 2"),
        ("---\na: " + "[" * 5000 + "\n---\n", "line"),
    ],
)
def test_what_cannot_be_read_is_a_page_error_with_its_line(text: str, problem: str) -> None:
    """The error names the page, the line and the remedy."""
    with pytest.raises(PageError, match=problem) as caught:
        split_front_matter(text, Path("episodes/episode_002.md"))
    assert str(caught.value).startswith("episodes/episode_002.md: ")


@given(text=st.text(alphabet="-\n ab:[]{}'\"&*!%@`#|>\t.", max_size=60))
def test_any_block_reads_or_is_a_page_error(text: str) -> None:
    """No text makes the reader fail in another way."""
    with contextlib.suppress(PageError):
        split_front_matter(f"---\n{text}\n---\n")


@pytest.mark.parametrize(
    "block",
    ["[" * 30_000, "- " * 30_000, "? " * 30_000, "{a: " * 30_000, "\n".join(f"{' ' * n}a:" for n in range(60))],
    ids=lambda block: block[:4].strip(),
)
def test_deep_nesting_is_refused(block: str) -> None:
    """Whatever nests, in line or by indentation, is refused before it takes the process down."""
    with pytest.raises(PageError, match=r"line \d+: the front matter nests more than 50 deep"):
        split_front_matter(f"---\n{block}\n---\n")


def test_nesting_that_people_write_is_read() -> None:
    """A list in a list is nothing to be refused, nor are many beside each other."""
    values, _ = split_front_matter(f"---\na: {'[' * 40}{']' * 40}\nb: [{'[], ' * 200}]\n---\n")
    assert len(values["b"]) == 200


@pytest.mark.parametrize("block", ["a: &a [1]\nb: [*a, *a]", "a: &a [*a]", "a: &a {b: 1}\nc: {<<: *a}"])
def test_aliases_are_refused(block: str) -> None:
    """A value that stands for another can hold itself, or more than any memory; an asterisk is an asterisk."""
    with pytest.raises(PageError, match=r"line \d: the front matter has an alias \(`\*a`\)"):
        split_front_matter(f"---\n{block}\n---\n")
    assert split_front_matter("---\na: '*a'\nb: 2 * 3\n---\n")[0] == {"a": "*a", "b": "2 * 3"}
