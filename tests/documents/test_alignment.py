"""Lines are known again by what they say, in order or not, and moved lines by being there twice over."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chronicles.documents.alignment import BLANK, align, digest, find_moves, rearrange

WORDS = st.sampled_from(["", "a line of words", "one more line of words", "2 more lines of words", "x", "y", "z", "z"])
TEXTS = st.lists(WORDS, max_size=9)


def _digests(lines: list[str]) -> list[str]:
    return [digest(line) for line in lines]


def _became(old: list[str], new: list[str]) -> dict[str, str | None]:
    """What became of each line."""
    found = align(_digests(old), _digests(new), old, new)
    images: dict[int, int] = dict(found.crossed)
    for tag, start, end, low, high in found.blocks:
        if tag == "equal" or (tag == "replace" and end - start == high - low):
            images |= {start + n: low + n for n in range(end - start)}
    return {line: new[images[number]] if number in images else None for number, line in enumerate(old)}


@pytest.mark.parametrize(
    ("old", "new", "became"),
    [
        (["- 2 files moved"], ["- new", "- three files moved"], ["- three files moved"]),
        (
            ["- `a/` → `b/` (2 files)"],
            ["- `x/` → `y/` (2 files)", "- `a/` → `b/` (one file)"],
            ["- `a/` → `b/` (one file)"],
        ),
        (["- `m1.py`"], ["- `m2.py`"], [None]),
        (["- fix it (`aaaaaaa`, Ada)"], ["- fix it (`bbbbbbb`, Ada)"], [None]),
        (["7 of type feat", "5 of type fix"], ["9 of type fix", "8 of type feat"], ["8 of type feat", "9 of type fix"]),
        (["It holds four breaks."], ["It holds five breaks and a fix."], ["It holds five breaks and a fix."]),
        (["", "gone"], ["", "quite another"], ["", None]),
    ],
)
def test_a_line_is_known_by_what_it_says(old: list[str], new: list[str], became: list[str | None]) -> None:
    """Other numbers, another place or a few other words; never another name, another commit or nothing in common."""
    assert list(_became(old, new).values()) == became


@given(old=TEXTS, new=TEXTS)
def test_blocks_cover_both_sides_once_and_in_order(old: list[str], new: list[str]) -> None:
    """Whatever became of what, each line of either side stands in one block, and pairs nothing twice."""
    for known in (old, None):
        found = align(_digests(old), _digests(new), known, new)
        before = [n for _, a, b, _, _ in found.blocks for n in range(a, b)]
        after = [n for _, _, _, c, d in found.blocks for n in range(c, d)]
        assert (before, after) == (list(range(len(old))), list(range(len(new))))
        paired = {
            n for tag, a, b, c, d in found.blocks if tag in ("equal", "replace") and b - a == d - c for n in range(c, d)
        }
        assert len(set(found.crossed.values())) == len(found.crossed)
        assert paired.isdisjoint(found.crossed.values())


@given(rendered=TEXTS, page=TEXTS)
def test_a_moved_line_is_one_that_was_rendered(rendered: list[str], page: list[str]) -> None:
    """And no rendered line stands for two."""
    moves = find_moves(_digests(rendered), _digests(page))
    assert all(page[place] == rendered[base] for place, base in moves.items())
    assert len(set(moves.values())) == len(moves)


@given(rendered=TEXTS, page=TEXTS, new=TEXTS)
def test_an_arrangement_has_every_line_once(rendered: list[str], page: list[str], new: list[str]) -> None:
    """In another order, and the page is what it was made from."""
    before, after, there = _digests(rendered), _digests(new), _digests(page)
    found = rearrange(before, there, find_moves(before, there), align(before, after, rendered, new))
    assert sorted(found.old) == list(range(len(rendered)))
    assert sorted(found.new) == list(range(len(new)))
    for tag, start, end, low, high in found.page:
        if tag == "equal":
            assert [before[found.old[n]] for n in range(start, end)] == there[low:high]


def test_a_section_moves_with_its_blank_lines() -> None:
    """Blank lines between lines that moved go with them; a blank line alone never moves."""
    rendered = ["# A", "", "a", "", "# B", "", "b", "", "end"]
    page = ["# B", "", "b", "", "# A", "", "a", "", "end"]
    moves = find_moves(_digests(rendered), _digests(page))
    assert {page[place] for place in moves} in ({"# A", "", "a"}, {"# B", "", "b"})
    assert find_moves(_digests(["a", "", "b"]), _digests(["", "a", "b"])) == {}
    assert digest("") == BLANK
