"""What a person did to a page is found, signed, and kept through a new rendering."""

from __future__ import annotations

import re

import markdown as python_markdown
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from chronicles.documents.edits import adopt, digests, merge, person_lines
from chronicles.documents.marks import adopted, external, sign, states_nothing

PAGE = """---
episode: 2
title: "T"
---
# Chimera - Episode 2

| At a glance | |
|---|---|
| Size | 14 lines added |

### Why It Matters
Every line removed here came from one change.

- one
- two

```py
code
```
"""

LINES = st.sampled_from(["", "a", "b", "c", "d", "a long line of words", "a long line of other words", "---", "```"])
TEXTS = st.lists(LINES, max_size=12).map("\n".join)


@given(page=TEXTS, base=TEXTS)
def test_an_unchanged_rendering_leaves_the_page_alone(page: str, base: str) -> None:
    """Whatever a person made of a page, rendering the same again changes nothing."""
    merged = merge(page, digests(base), base)
    assert merged.text == page
    assert merged.conflicts == ()


@given(base=TEXTS, new=TEXTS)
def test_an_untouched_page_becomes_the_new_rendering(base: str, new: str) -> None:
    """Without edits nothing of the old rendering stays."""
    merged = merge(base, digests(base), new)
    assert (merged.text, merged.kept, merged.conflicts) == (new, (), ())


@given(page=TEXTS, base=TEXTS, new=TEXTS)
def test_merging_again_changes_nothing(page: str, base: str, new: str) -> None:
    """A second run with the same rendering keeps the page to the byte."""
    merged = merge(page, digests(base), new)
    again = merge(merged.text, digests(new), new)
    assert again.text == merged.text
    assert again.kept == merged.kept
    assert again.conflicts == ()


@given(
    base=st.lists(st.sampled_from("abcdef"), max_size=8),
    new=st.lists(st.sampled_from("abcdefuvwxyz"), max_size=8),
    data=st.data(),
)
def test_no_line_of_a_person_is_lost(base: list[str], new: list[str], data: st.DataObject) -> None:
    """Each line that a person added or changed stands on the merged page, in the person's order."""
    page = list(base)
    for number in range(data.draw(st.integers(0, 4))):
        place = data.draw(st.integers(0, len(page)))
        page[place : place + data.draw(st.integers(0, 1))] = [f"PERSON {number}"]
    merged = merge("\n".join(page), digests("\n".join(base)), "\n".join(new))
    theirs = [line for line in page if line.startswith("PERSON")]
    assert [line for line in merged.text.split("\n") if line.startswith("PERSON")] == theirs


@given(base=st.lists(st.sampled_from("abcdef"), min_size=1, max_size=6, unique=True), data=st.data())
def test_an_insertion_costs_no_line_of_the_new_rendering(base: list[str], data: st.DataObject) -> None:
    """What a person only added to displaces nothing."""
    new = [data.draw(st.sampled_from([line, line.upper()])) for line in base]
    place = data.draw(st.integers(0, len(base)))
    page = [*base[:place], "PERSON", *base[place:]]
    merged = merge("\n".join(page), digests("\n".join(base)), "\n".join(new))
    assert merged.text.split("\n") == [*new[:place], "PERSON", *new[place:]]


def test_edits_are_listed_with_their_lines() -> None:
    """Changed, added and deleted lines are told apart."""
    page = PAGE.replace("one change", "two changes").replace("- one\n", "").replace("- two\n", "- two\n- three\n")
    edits = person_lines(page, digests(PAGE))
    assert [(edit.line_number, edit.text, edit.deletion) for edit in edits] == [
        (12, "Every line removed here came from two changes.", False),
        (14, "", True),
        (15, "- three", False),
    ]
    assert edits[0].replaced == (digests("Every line removed here came from one change.")[0],)
    assert person_lines(PAGE, digests(PAGE)) == []


def test_a_checkout_with_other_line_ends_is_no_edit() -> None:
    """Git on Windows turns LF into CRLF; that is nobody's edit, and the page keeps its ends."""
    windows = PAGE.replace("\n", "\r\n")
    assert person_lines(windows, digests(PAGE)) == []
    new = PAGE.replace("14 lines", "15 lines")
    assert merge(windows, digests(PAGE), new).text == new.replace("\n", "\r\n")


def test_neighbouring_changes_are_both_kept() -> None:
    """A person's line beside a line that is rendered anew: each gets its own."""
    base, page, new = "x\na\nb\ny", "x\nA by hand\nb\ny", "x\na\nB anew\ny"
    merged = merge(page, digests(base), new)
    assert merged.text == "x\nA by hand\nB anew\ny"
    assert merged.conflicts == ()


def test_where_both_changed_a_line_the_person_wins_and_it_is_said() -> None:
    """The conflict tells what regeneration would have written."""
    base, page, new = "x\n6 files\ny", "x\nSix files, all of them new\ny", "x\n7 files\ny"
    merged = merge(page, digests(base), new)
    assert merged.text == page
    assert [(one.line_number, one.kept, one.rendered) for one in merged.conflicts] == [
        (2, "Six files, all of them new", "7 files")
    ]
    assert [edit.text for edit in merged.kept] == ["Six files, all of them new"]


def test_a_deletion_stays_a_deletion_when_the_line_is_rendered_otherwise() -> None:
    """A person who took a sentence out does not want it back with another number; their signature moves along."""
    base, page, new = "x\n6 files\ny", "x\ny", "x\n7 files\ny"
    adoption = adopt(page, digests(base), "Ann")
    assert adoption.deleted == {digests("6 files")[0]: "Ann"}
    merged = merge(page, digests(base), new, adoption.deleted)
    assert merged.text == page
    assert [(one.line_number, one.kept, one.rendered) for one in merged.conflicts] == [(2, "", "7 files")]
    assert merged.deleted == {digests("7 files")[0]: "Ann"}
    assert not any(edit.needs_name for edit in person_lines(page, digests(new), merged.deleted))


def test_an_edited_line_is_known_by_its_likeness_when_lines_were_added() -> None:
    """When the new rendering has more lines in that place, only the like one is displaced."""
    base = "x\nThe tests lost three cases.\ny"
    page = "x\nThe tests lost three cases, sadly.\ny"
    new = "x\nNobody had opened it since April.\nThe tests lost four cases.\ny"
    merged = merge(page, digests(base), new)
    assert merged.text == "x\nNobody had opened it since April.\nThe tests lost three cases, sadly.\ny"
    assert [one.rendered for one in merged.conflicts] == ["The tests lost four cases."]


def test_a_line_that_nothing_is_like_displaces_nothing() -> None:
    """Better said twice than not."""
    base, page, new = "x\nq\ny", "x\nMine.\ny", "x\nfirst\nsecond\ny"
    merged = merge(page, digests(base), new)
    assert sorted(merged.text.split("\n")) == sorted(["x", "Mine.", "first", "second", "y"])
    assert [one.rendered for one in merged.conflicts] == [None]


def test_what_the_rendering_now_says_itself_is_no_edit_any_more() -> None:
    """A correction that the tool makes too is not doubled."""
    base, page, new = "x\n6 files\ny", "x\n7 files\nand a word\ny", "x\n7 files\nand a word\nz\ny"
    assert merge(page, digests(base), new).text == new
    assert merge(page, digests(base), new).kept == ()
    assert merge("a\nx\nb", digests("a\nb"), "a\nx\nb\nc").text == "a\nx\nb\nc"


def test_a_moved_section_is_rendered_anew_where_it_was_put() -> None:
    """Its numbers are today's, its new lines come with it, and it does not come again in its old place."""
    base = "# A\n\n- 2 files\n\n# B\n\n- b\n\n- bb\n\n- bbb\n\nend"
    page = "# B\n\n- b\n\n- bb\n\n- bbb\n\n# A\n\n- 2 files\n\nend"
    new = base.replace("- 2 files", "- 3 files\n- a new line")
    for known in (None, base.split("\n")):
        merged = merge(page, digests(base), new, None, known)
        assert merged.text == page.replace("- 2 files", "- 3 files\n- a new line")
        assert merged.conflicts == ()


def test_a_move_is_signed_in_the_sidecar_and_stays_signed() -> None:
    """The line is ours still, so its mark stands beside the page; new lines of the section need none."""
    base = "# A\n\n- 2 files\n\n# B\n\n- b\n\n- bb\n\n- bbb\n\nend"
    page = "# B\n\n- b\n\n- bb\n\n- bbb\n\n# A\n\n- 2 files\n\nend"
    assert [edit.text for edit in person_lines(page, digests(base)) if edit.moved and edit.needs_name] == [
        "# A",
        "- 2 files",
    ]
    adoption = adopt(page, digests(base), "Ann")
    assert adoption.text == page
    assert set(adoption.deleted) == {digests("# A")[0], digests("- 2 files")[0]}
    new = base.replace("- 2 files", "- 3 files\n- a new line\n- and one\n- and two\n- and three")
    merged = merge(page, digests(base), new, adoption.deleted, base.split("\n"))
    assert not any(edit.needs_name for edit in merged.kept)
    assert not any(edit.needs_name for edit in person_lines(merged.text, digests(new), merged.deleted))


def test_a_deletion_beside_a_blank_line_is_one() -> None:
    """A blank line says nothing that the new rendering could say by itself."""
    base, page, new = "x\n\na\n\nb\ny", "x\n\ny", "x\n\na\n\nb\n\nz\ny"
    assert "a" not in merge(page, digests(base), new, None, base.split("\n")).text.split("\n")


def test_a_deleted_line_stays_away_when_it_is_rendered_elsewhere() -> None:
    """Highlights change their order with their weight; the one that nobody wanted is not wanted there either."""
    base = ["- 5 files left", "- 2 files moved", "- 9 files came"]
    new = ["- 12 files came", "- 6 files left", "- 4 files moved"]
    merged = merge("\n".join([base[0], base[1]]), digests("\n".join(base)), "\n".join(new), None, base)
    assert merged.text.split("\n") == [new[1], new[2]]
    assert [(one.kept, one.rendered) for one in merged.conflicts] == [("", "- 12 files came")]


def test_adopting_signs_each_line_once() -> None:
    """Signing again, also by another name, changes nothing."""
    page = PAGE.replace("- two\n", "- two\n- three\n\n")
    adoption = adopt(page, digests(PAGE), "Ann O'Neill")
    assert adoption.text == page.replace("- three", "- three <!-- by: Ann O'Neill -->")
    assert [edit.by for edit in adoption.signed] == ["Ann O'Neill"]
    assert adopt(adoption.text, digests(PAGE), "Bob").text == adoption.text
    assert not any(edit.needs_name for edit in person_lines(adoption.text, digests(PAGE)))


def test_a_line_without_words_is_an_edit_that_nobody_can_sign() -> None:
    """A rule, a fence or the opening of a comment changes all that follows, and a mark would change what it is."""
    for line in ("---", "```", "<!--", "-->", "|---|"):
        page = PAGE.replace("- two\n", f"- two\n{line}\n")
        adoption = adopt(page, digests(PAGE), "Ann")
        assert adoption.text == page
        assert [edit.text for edit, _ in adoption.refused] == [line]


@pytest.mark.parametrize(
    ("line", "signed"),
    [
        ("A sentence.", "A sentence. <!-- by: A -->"),
        ("A hard break  ", "A hard break <!-- by: A -->  "),
        ("A hard break\\", "A hard break <!-- by: A -->\\"),
        ("A backslash\\\\", "A backslash\\\\ <!-- by: A -->"),
        ("## Heading", "## Heading <!-- by: A -->"),
        ("## Heading ##", "## Heading <!-- by: A --> ##"),
        ("see issue #", "see issue # <!-- by: A -->"),
        ("| a | b |", "| a | b <!-- by: A --> |"),
        ("> quoted", "> quoted <!-- by: A -->"),
        ("1. item", "1. item <!-- by: A -->"),
    ],
)
def test_a_mark_stands_where_it_changes_nothing(line: str, signed: str) -> None:
    """Rows, headings, items, quotations and hard breaks stay what they are."""
    assert sign(line, "A")[0] == signed
    assert adopted(signed) == "A"
    table = "| h | i |\n|---|---|\n"
    frame = table if line.startswith("|") else ""
    for render in (
        MarkdownIt("commonmark").enable("table").render,
        python_markdown.Markdown(extensions=["tables"]).convert,
    ):
        plain, marked = render(frame + line + "\nnext"), render(frame + signed + "\nnext")
        assert re.sub(r"\s*<!-- by: A -->", "", marked).replace(" <", "<") == plain.replace(" <", "<")


@pytest.mark.parametrize(
    ("before", "line", "after", "why"),
    [
        ("```\n", "x = 1", "\n```\n", "code"),
        ("- item\n\n  ~~~\n", "x = 1", "\n  ~~~\n", "code"),
        ("para\n\n", "    x = 1", "\n", "code"),
        ("<!--\n", "hidden", "\n-->\n", "comment"),
        ("", "[ref]: http://a.b", "\n", "definition"),
    ],
)
def test_what_cannot_carry_a_mark_is_refused_with_a_reason(before: str, line: str, after: str, why: str) -> None:
    """Code, comments and definitions stay as the person wrote them, and that is said."""
    page = f"{before}{line}{after}"
    adoption = adopt(page, digests(before + after.removeprefix("\n")), "Ann")
    assert adoption.text == page
    assert [why in reason for _, reason in adoption.refused] == [True]


def test_front_matter_cannot_carry_a_mark() -> None:
    """An edit above the page's text is reported as one that cannot be signed."""
    adoption = adopt(PAGE.replace('"T"', '"Mine"'), digests(PAGE), "Ann")
    assert "front matter" in adoption.refused[0][1]
    assert adoption.signed == ()


def test_a_list_item_that_goes_on_indented_is_no_code() -> None:
    """Four spaces under a list item are prose."""
    base = "- item\n\n    more\n"
    assert adopt(base.replace("more", "words"), digests(base), "Ann").text == "- item\n\n    words <!-- by: Ann -->\n"


@given(name=st.text(max_size=200), line=LINES)
@example(name="--> <script>", line="a")
@example(name="{{ x }}|{% y %}", line="a")
@example(name="", line="a")
@example(name="x-", line="a")
def test_no_name_gets_out_of_its_comment(name: str, line: str) -> None:
    """Whatever the name, the mark is one comment on one line and can be read back."""
    signed, shown = sign(line, name)
    assert adopted(signed) == shown
    assert signed.count("<!--") == signed.count("-->") == 1
    assert "\n" not in signed
    assert not re.search(r"[{}|<>\r\t]", shown)
    assert "--" not in shown


def test_marks_are_read_and_words_about_marks_are_not() -> None:
    """A mark is a comment at the end of a line; in a code span it is talk."""
    assert adopted("text <!-- by: Ann --> <!-- claim: external a paper -->") == "Ann"
    assert adopted("sign with `<!-- by: NAME -->` please") is None
    assert adopted("text") is None
    assert external("x <!-- claim: external: see RFC 2119 --> <!-- by: Ann -->") == "see RFC 2119"
    assert external("x <!-- claim: external -->") == ""
    assert external("x") is None
    assert states_nothing("  ")
    assert not states_nothing("<!--")
    assert not states_nothing("one")


@given(page=TEXTS, base=TEXTS, name=st.text(max_size=5))
def test_adopting_leaves_nothing_unsigned_but_what_it_refused(page: str, base: str, name: str) -> None:
    """After adopting, the edits that still need a name are the refused ones."""
    adoption = adopt(page, digests(base), name)
    open_edits = [e for e in person_lines(adoption.text, digests(base), adoption.deleted) if e.needs_name]
    assert len(open_edits) == len(adoption.refused)
