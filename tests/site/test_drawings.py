"""Small drawings: what they show, in what proportion, and what of it is said."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from chronicles.dossier import Fact, Ledger, Source
from chronicles.site.drawings import Bar, bars, diffstat
from tests.site.laying import of_class, tree, words

if TYPE_CHECKING:
    from xml.etree import ElementTree as ET


def ledger(**lines: tuple[int, int]) -> Ledger:
    """A ledger in which components have so many lines added and removed."""
    counts = {
        f"component.{name}.{what}": number
        for name, ends in lines.items()
        for what, number in zip(("files", "insertions", "deletions"), (1, *ends), strict=True)
    }
    return Ledger(Fact(key, value, "line", str(value), "", Source.GIT, "") for key, value in counts.items())


def drawn(rows: list[Bar], **options: object) -> list[ET.Element]:
    """The rows of a drawing."""
    return list(tree("\n".join(diffstat("component", rows, **options))).iter("li"))  # type: ignore[arg-type]


def number(text: str, *ids: str) -> str:
    """A number as a link that names all its facts."""
    return f'<a href="#{"+".join(ids)}">{text}</a>'


def widths(row: ET.Element) -> list[float]:
    """The widths of a row's two bars, in per cent."""
    return [float(one.attrib["width"]) for name in ("added", "removed") for one in of_class(row, name)]


def test_components_where_there_are_several() -> None:
    """Components are compared where a change touches several, else its files."""
    assert bars(ledger(src=(3, 4), docs=(1, 0))) == (
        "component",
        [Bar("src", 3, 4, ("component.src",)), Bar("docs", 1, 0, ("component.docs",))],
    )
    files = [("file.1.path", "src/a.py"), ("file.1.insertions", 5), ("file.2.path", "src/b.py")]
    facts = [Fact(key, value, "", "", "", Source.GIT, "") for key, value in files]
    alone = Ledger([*ledger(src=(3, 4)).values(), *facts])
    assert bars(alone) == ("file", [Bar("src/a.py", 5, 0, ("file.1",)), Bar("src/b.py", 0, 0, ("file.2",))])


def test_bars_have_the_proportions_of_the_lines() -> None:
    """The biggest row has the whole width, others their share of it, and a single line is seen."""
    rows = drawn([Bar("docs", 25, 25), Bar("src", 150, 50), Bar("one", 0, 1)], number=None)
    assert [words(of_class(row, "of")[0]) for row in rows] == ["src", "docs", "one"]
    assert [widths(row) for row in rows] == [[75.0, 25.0], [12.5, 12.5], [0.0, 0.8]]
    assert float(of_class(rows[0], "removed")[0].attrib["x"]) == 75.0


def test_many_rows_are_summed() -> None:
    """The ninth row has all that have none, and its number is counted from each of them."""
    many = [Bar(f"c{at}", 100 - at, at, (f"component.c{at}",)) for at in range(12)]
    rows = drawn(many, number=number)
    assert len(rows) == 9
    assert words(of_class(rows[8], "sum")[0]) == f"+{92 + 91 + 90 + 89} −{8 + 9 + 10 + 11}"
    hrefs = [link.attrib["href"] for link in rows[8].iter("a")]
    assert (
        hrefs[0] == "#component.c8.insertions+component.c9.insertions+component.c10.insertions+component.c11.insertions"
    )
    assert len(drawn(many, number=number, whole=False)) == 8


@pytest.mark.parametrize("rows", [[], [Bar("src", 1, 1)], [Bar("src", 1, 1), Bar("docs", 0, 0)]])
def test_where_there_is_nothing_to_compare_there_is_no_drawing(rows: list[Bar]) -> None:
    """One row is no comparison, nor are files without lines."""
    assert diffstat("component", rows, None) == []


def test_what_a_table_has_is_said_and_not_shown_again() -> None:
    """Beside a table the numbers are there for who cannot see the bars, and only for them."""
    rows = [Bar("src", 1200, 3), Bar("docs", 1, 0)]
    (first, _) = drawn(rows, number=None)
    assert words(of_class(first, "unseen")[0]) == "+1,200 −3"
    assert not list(first.iter("a"))
    (first, _) = drawn(rows, number=number)
    assert not of_class(first, "unseen")
    assert all(svg.attrib["aria-hidden"] == "true" for svg in first.iter("svg"))


def test_a_name_is_text() -> None:
    """A folder may be called anything."""
    name = "<script>alert(1)</script> {{ x }} \u202e`*_[x](y)"
    lines = "\n".join(diffstat("component", [Bar(name, 1, 1), Bar("b", 1, 1)], None))
    assert "{" not in lines
    (first, _) = tree(lines).iter("li")
    assert words(of_class(first, "of")[0]) == "<script>alert(1)</script> {{ x }} \\u202e`*_[x](y)"
