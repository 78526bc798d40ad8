"""Numbers that lead to their facts, and the table that they lead to."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from chronicles.documents.page import load_page
from chronicles.documents.render import Renderer
from chronicles.documents.tracing import bare
from chronicles.dossier import Dossier, Fact, Ledger, Source
from chronicles.personas import load_cast
from chronicles.site.facts import Evidence, inert, prose
from tests.site.laying import built, of_class, tree, words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chronicles.documents.page import Page
    from tests.conftest import RepoBuilder

LINK = re.compile(r'<a class="fact" href="#([^"]*)">(.*?)</a>')
QUOTED = '"</td><script>alert(1)</script> {{ 7 * 7 }} `x` | \u202e'


def renderer() -> Renderer:
    """What lays out episodes."""
    return Renderer(load_cast())


def episode(saga: RepoBuilder, number: int) -> Page:
    """An episode of the saga."""
    return load_page(saga.path / f"episodes/episode_{number:03d}.json")


def linked(page: Page) -> tuple[str, Evidence]:
    """The text of a page with its links, and its evidence."""
    render = renderer().render
    evidence = Evidence(page, render)
    return "\n".join(evidence.link(render(page).split("\n---\n", 1)[1].strip("\n").split("\n"))), evidence


def evidence_of(page: Page, text: str, facts: Sequence[Fact]) -> tuple[str, Evidence]:
    """A page that is one line, a text in which `{id}` is a fact."""
    bare_page = replace(page, dossier=replace(page.dossier, ledger=Ledger(facts), claims=()))

    def render(one: Page) -> str:
        return re.sub(r"\{([\w.]+)\}", lambda found: one.dossier.ledger[found[1]].text, text)

    evidence = Evidence(bare_page, render)
    return next(evidence.link([render(bare_page)])), evidence


def fact(name: str, value: int | str, unit: str = "line", text: str = "") -> Fact:
    """A fact."""
    shown = text or f"{value} {unit}s"
    return Fact(name, value, unit, str(value), shown, Source.GIT, f"git show {value}")


def test_every_link_leads_to_a_row_of_its_own(saga: RepoBuilder) -> None:
    """On each page each link has its row, each row an id that nothing else has and the value of its fact."""
    for sidecar in sorted((saga.path / "episodes").glob("*.json")):
        page = load_page(sidecar)
        text, evidence = linked(page)
        root = tree("\n".join([text, "", *evidence.table()]))
        ids = [one.attrib["id"] for one in root.iter() if "id" in one.attrib]
        assert len(ids) == len(set(ids)), sidecar
        rows = {row.attrib["id"]: words(row[1]) for row in root.iter("tr") if "id" in row.attrib}
        targets = [link.attrib["href"].removeprefix("#") for link in of_class(root, "fact")]
        assert targets
        assert set(targets) <= set(rows), sidecar
        for name in ("change.insertions", "change.files"):
            if f"fact-{name}" in rows:
                assert rows[f"fact-{name}"].split()[0] == str(page.dossier.ledger.value(name))


def test_without_its_links_a_page_is_itself(saga: RepoBuilder) -> None:
    """Nothing but links comes into the lines."""
    page = episode(saga, 12)
    text, _ = linked(page)
    assert "<a class" in text
    assert LINK.sub(r"\2", text) == renderer().render(page).split("\n---\n", 1)[1].strip("\n")


def test_a_persons_line_has_no_links(saga: RepoBuilder) -> None:
    """A line that is not as it was rendered is somebody's own, whatever numbers it has."""
    page = episode(saga, 3)
    line = "- **Files Changed**: 3"
    evidence = Evidence(page, renderer().render)
    assert list(evidence.link([line])) == [line]
    assert list(evidence.link(["- **Files Changed**: 2"])) != ["- **Files Changed**: 2"]


def test_code_has_no_links(saga: RepoBuilder) -> None:
    """No line of a fence, of a comment or of a block of HTML has a link, also where one of the page reads the same."""
    page = episode(saga, 3)
    line = "- **Files Changed**: 2"
    for block in (["```", line, "```"], ["<pre>", line, "</pre>"], ["<!--", line, "-->"], ["~~~", line, "~~~"]):
        shown = list(Evidence(page, renderer().render).link(block))
        assert len(shown) == len(block)
        assert "<a" not in "".join(shown)
    lines = ["```", line, "```", line]
    assert list(Evidence(page, renderer().render).link(lines))[3] != line


def test_a_number_of_a_title_leads_to_what_it_names(saga: RepoBuilder) -> None:
    """A title has its facts in capitals; a number that no fact of the page has stays a number."""
    page = episode(saga, 3)
    facts = [fact("one.age", 23 * 86400, "s", "23 days"), fact("a.name", "23 Days", "name", "24 days")]
    held = replace(page, dossier=replace(page.dossier, ledger=Ledger(facts), claims=()))
    evidence = Evidence(held, lambda _: "")
    assert evidence.title("A Pause of 23 Days") == 'A Pause of <a class="fact" href="#fact-one.age">23 Days</a>'
    step = replace(
        page, dossier=replace(page.dossier, ledger=Ledger([fact("a.step", 1000, "step", "the 1,000th step")]))
    )
    linked_step = Evidence(step, lambda _: "").title("The 1,000th Step")
    assert linked_step == 'The <a class="fact" href="#fact-a.step">1,000th Step</a>'
    assert evidence.title("After 24 Days, 3.5 Later") == "After 24 Days, 3.5 Later"


def test_what_others_wrote_is_no_link(saga: RepoBuilder) -> None:
    """Names, paths and quotations stay text, numbers in them too; a verdict is a link like a number."""
    facts = [
        fact("a.name", "py3", "name", "`py3`"),
        fact("a.path", "a/1.py", "path", "`a/1.py`"),
        fact("a.said", "42", "text", "all 42 of them"),
        fact("a.verdict", "faster", "verdict", "faster"),
    ]
    line, evidence = evidence_of(episode(saga, 3), "In {a.name} {a.path} {a.said} {a.verdict}", facts)
    assert LINK.findall(line) == [("fact-a.verdict", "faster")]
    assert "fact-a.name" not in "\n".join(evidence.table())


def test_no_link_stands_inside_of_another(saga: RepoBuilder) -> None:
    """A fact in the label of a link, in an image or in code stays text."""
    facts = [fact("a.n", 7)]
    for text in ("[{a.n}](x.md)", "![{a.n} \\[x\\]](x.svg)", "<code>{a.n}</code>"):
        line, _ = evidence_of(episode(saga, 3), f"{text} and {{a.n}}", facts)
        assert line == f'{bare(text.replace("{a.n}", "7 lines"))} and <a class="fact" href="#fact-a.n">7 lines</a>'


def test_a_counted_number_leads_on_to_what_it_is_counted_from(saga: RepoBuilder) -> None:
    """Its row has the number itself and links to rows that are there; the same sum has one row."""
    page = episode(saga, 3)
    facts = [fact("a.n", 7), fact("b.n", 8)]
    evidence = Evidence(replace(page, dossier=replace(page.dossier, ledger=Ledger(facts))), lambda _: "")
    one = evidence.number("15", "a.n", "b.n")
    assert one == evidence.number("15", "a.n", "b.n")
    (anchor, _) = LINK.findall(one)[0]
    rows = {row.attrib["id"]: row for row in tree("\n".join(evidence.table())).iter("tr") if "id" in row.attrib}
    assert set(rows) == {"fact-a.n", "fact-b.n", anchor}
    assert [words(cell) for cell in rows[anchor]] == ["counted", "15", "git", "counting from a.n, b.n"]
    assert [link.attrib["href"] for link in rows[anchor].iter("a")] == ["#fact-a.n", "#fact-b.n"]


def test_a_number_of_no_fact_is_no_link(saga: RepoBuilder) -> None:
    """What is asked for and not there stays text, and there is no table without rows."""
    evidence = Evidence(replace(episode(saga, 3), dossier=_empty(episode(saga, 3).dossier)), lambda _: "")
    assert evidence.number("7", "no.such.fact") == "7"
    assert evidence.table() == []


def _empty(dossier: Dossier) -> Dossier:
    return replace(dossier, ledger=Ledger(), claims=())


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [
        (2, "file", "2 files"),
        (1, "file", "1 file"),
        (0, "merged commit", "0 merged commits"),
        (3, "file with functions", "3 files with functions"),
        (3, "line of body", "3 lines of body"),
        (3, "commit to source", "3 commits to source"),
        (2, "s", "2 s"),
        (12.5, "percent", "12.5 percent"),
        (40, "percent", "40 percent"),
        (7.0, "line/file", "7.0 line/file"),
        (7, "1", "7"),
        ("2024-05-01", "day", "2024-05-01"),
    ],
)
def test_values_are_as_they_were_counted(saga: RepoBuilder, value: int, unit: str, shown: str) -> None:
    """A row shows the value itself with its unit, in the plural where one counts."""
    _, evidence = evidence_of(episode(saga, 3), "{a.b}", [fact("a.b", value, unit)])
    row = next(row for row in tree("\n".join(evidence.table())).iter("tr") if "id" in row.attrib)
    assert words(row[1]) == shown


def test_nothing_of_a_fact_acts(saga: RepoBuilder) -> None:
    """HTML, template signs, marks and turned text in ids, values and commands are shown; a command is shown whole."""
    command = f"git show '{QUOTED}' " + "x" * 2000
    hostile = Fact(QUOTED, QUOTED * 40, "verdict", "7", "7", Source.GIT, command)
    page = episode(saga, 3)
    evidence = Evidence(replace(page, dossier=replace(page.dossier, ledger=Ledger([hostile]))), lambda _: "")
    link = evidence.number("7", QUOTED)
    table = "\n".join(evidence.table())
    assert "{" not in table
    assert "<script" not in built(table)
    row = next(row for row in tree(table).iter("tr") if "id" in row.attrib)
    assert link == f'<a class="fact" href="#{row.attrib["id"]}">7</a>'
    assert re.fullmatch(r"fact-[\w.-]+", row.attrib["id"])
    assert words(row[3]) == " ".join(command.replace("\u202e", "\\u202e").split())
    assert words(row[1]).endswith("…")


def test_two_facts_have_two_rows_whatever_they_are_called(saga: RepoBuilder) -> None:
    """Ids that differ in a character that no HTML id has are still two."""
    page = episode(saga, 3)
    facts = [fact("a.b c", 1), fact("a.b/c", 2), fact("a.b-20-c", 3)]
    evidence = Evidence(replace(page, dossier=replace(page.dossier, ledger=Ledger(facts))), lambda _: "")
    assert len({evidence.number("1", one.id) for one in facts}) == 3


@pytest.mark.parametrize(
    ("line", "safe"),
    [
        ("fix: it {: onclick=alert(1) }", "fix: it &#123;: onclick=alert(1) }"),
        ("`{ok}` { .x }", "`{ok}` &#123; .x }"),
        ("{% raw %}", "&#123;% raw %}"),
        ("none", "none"),
        ("\\`{a}\\`", "\\`&#123;a}\\`"),
    ],
)
def test_braces_outside_of_code_begin_nothing(line: str, safe: str) -> None:
    """No attribute list and no template begins in a line; code shows its braces."""
    assert inert(line) == safe
    assert "onclick=" not in re.sub(r">[^<]*<", "><", built(f"## {safe}\n\n{safe}\n"))


def test_prose_is_told_from_code() -> None:
    """Blocks of HTML that hold code are code to their end, on one line or on several."""
    lines = ["a", "<pre><code>x", "y", "</code></pre>", "b", "<pre>z</pre>", "c", "```", "d", "```"]
    assert list(prose(lines)) == [True, False, False, False, True, False, True, False, False, False]
