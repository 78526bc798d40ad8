"""An episode as the site shows it: its head, its voices, its drawings, what is around it, and that nothing acts."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from chronicles.documents.page import load_page
from chronicles.personas import load_cast
from chronicles.site.around import ALONE, Near, Other, with_neighbours
from chronicles.site.episode import episode
from chronicles.site.portraits import portrait
from chronicles.writers import Byline
from tests.site.laying import edition, of_class, source_of, tree, words

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from xml.etree import ElementTree as ET

    from chronicles.documents.page import Page
    from chronicles.personas import Cast
    from tests.conftest import Ran, RepoBuilder

HOSTILE = (
    "fix: {: onclick=alert(1) } {{ 7*7 }} </div><script>alert(2)</script> [x](javascript:alert(3)) `{ .a }` { #b }"
)


def page_of(repo: RepoBuilder, number: int) -> Path:
    """The page of an episode."""
    return repo.path / f"episodes/episode_{number:03d}.md"


def shown(path: Path, near: Near = ALONE, *, cast: Cast | None = None, templates: Path | None = None) -> str:
    """An episode as it is staged."""
    return episode(source_of(path), edition(cast, templates, path.parents[1]), near)


def rewrite(path: Path, page: Page) -> None:
    """Have a page say what a sidecar says."""
    path.with_suffix(".json").write_text(page.to_json(), encoding="utf-8")
    path.write_text(edition().episode(page), encoding="utf-8")


def headings(root: ET.Element) -> list[str]:
    """The headings of a page, in their order."""
    return [words(one) for one in root.iter() if one.tag in ("h1", "h2", "h3")]


# -- the head -----------------------------------------------------------------------------------------------------


def test_what_identifies_it_is_one_line_under_the_title(saga: RepoBuilder) -> None:
    """Number, title, date, commit with its link, author and who voiced it; the headings that had them are gone."""
    text = shown(page_of(saga, 3))
    root = tree(text)
    page = load_page(page_of(saga, 3).with_suffix(".json"))
    (kicker,) = of_class(root, "kicker")
    assert words(kicker) == "Saga · Episode 3"
    assert headings(root)[:2] == [f"Saga · Episode 3 {page.title}", "feat(core): steps (#3)"]
    (meta,) = of_class(root, "meta")
    sha = page.dossier.subject.commits[0]
    assert re.fullmatch(
        rf"\d+ \w+ 20\d\d, \d\d:\d\d [+-]\d\d:\d\d commit {sha[:7]} by Ada voiced without a model", words(meta)
    )
    (moment,) = meta.iter("time")
    assert moment.attrib["datetime"] == page.dossier.ledger.string("commit.authored_at")
    links = [one.attrib["href"] for one in meta.iter("a")]
    assert links == ["#fact-commit.authored_at", f"https://github.com/example/saga/commit/{sha}"]
    assert not any(sign in "".join(headings(root)) for sign in "📅🔗📊")


def test_the_next_episode_is_found_on_its_own_page(saga: RepoBuilder) -> None:
    """The line that names it is left out of search, where the page before it would come first."""
    text = shown(page_of(saga, 3))
    sha = load_page(page_of(saga, 4).with_suffix(".json")).dossier.subject.commits[0]
    (line,) = (line for line in text.splitlines() if line.startswith("Next dossier entry: "))
    assert sha[:7] in line
    assert f"{line}\n{{: data-search-exclude=yes }}\n" in text


def test_several_authors_are_counted(saga: RepoBuilder) -> None:
    """A page of several authors counts them, and the count is a link."""
    merge = next(path for path in sorted((saga.path / "episodes").glob("*.md")) if "two authors" in path.read_text())
    root = tree(shown(merge))
    (meta,) = of_class(root, "meta")
    assert "by two authors" in words(meta)
    assert "#fact-people.count" in [one.attrib["href"] for one in meta.iter("a")]


def test_a_line_that_a_person_has_changed_stays(saga: RepoBuilder) -> None:
    """What is not as it was rendered is shown where it stands and as it is."""
    path = page_of(saga, 3)
    text = path.read_text("utf-8")
    own = re.sub(r"### 📅 .*", "### 📅 A Tuesday", text).replace('# Saga - Episode 3: "', '# Our Third: "')
    path.write_text(own, encoding="utf-8")
    root = tree(shown(path))
    assert headings(root)[0].startswith('Our Third: "')
    assert "📅 A Tuesday" in headings(root)
    assert len(of_class(root, "meta")) == 1


def test_a_page_of_another_template_is_shown(saga: RepoBuilder, tmp_path: Path) -> None:
    """With a user's own template nothing is moved, numbers are links all the same, and evidence folds."""
    (tmp_path / "episode.md.jinja").write_text("# {{ title }}\n\n{{ files_line }}\n", encoding="utf-8")
    path = page_of(saga, 3)
    own = edition(templates=tmp_path)
    path.write_text(own.episode(load_page(path.with_suffix(".json"))), encoding="utf-8")
    root = tree(shown(path, templates=tmp_path))
    assert len(headings(root)) == 1
    assert "#fact-change.files" in [one.attrib["href"] for one in of_class(root, "fact")]
    assert len(of_class(root, "evidence")) == 1


def test_a_model_is_named(saga: RepoBuilder) -> None:
    """Who asked a model says so under the title, with how many sentences are its."""
    path = page_of(saga, 3)
    page = load_page(path.with_suffix(".json"))
    spoken = [one for one in page.sentences if one.claim]
    first = replace(spoken[0], writer="ollama")
    sentences = tuple(first if one is spoken[0] else one for one in page.sentences)
    rewrite(path, replace(page, sentences=sentences, byline=Byline("ollama", "qwen<b>:4b", "ab" * 32, {}, "0" * 12)))
    (meta,) = of_class(tree(shown(path)), "meta")
    assert words(meta).endswith(f"1 of {len(spoken)} sentences by qwen<b>:4b")


# -- voices -------------------------------------------------------------------------------------------------------


def test_each_voice_has_its_face_and_its_colour(saga: RepoBuilder) -> None:
    """On every page each line of the roundtable and the deep dive stand in a block of their persona's."""
    heard = set()
    for path in sorted((saga.path / "episodes").glob("*.md")):
        names = re.findall(r"^\*\*([^*:]+):\*\* ", path.read_text("utf-8"), re.MULTILINE)
        text = shown(path)
        blocks = of_class(tree(text), "voice")
        dives = text.count("Deep Dive")
        assert len(blocks) == len(names) + dives, path
        for name, block in zip(names, blocks, strict=False):
            assert block.attrib["class"] == f"voice voice-{name.lower()}"
            assert words(block).startswith(f"{name} ")
            assert portrait(name) in text
            heard.add(name)
    assert len(heard) == 4


def test_a_persona_of_ones_own_has_a_voice_too(saga: RepoBuilder) -> None:
    """A persona of a repository's own speaks in a colour and with a face that are made of its name."""
    cast = load_cast()
    maud = replace(cast.voices[0], key="maud", name="Maud")
    own = replace(cast, voices=(maud, *cast.voices[1:]))
    path = next(
        path for path in sorted((saga.path / "episodes").glob("*.md")) if "**Banterpacks:**" in path.read_text("utf-8")
    )
    page = load_page(path.with_suffix(".json"))
    told = tuple(replace(one, persona="maud") if one.persona == "banterpacks" else one for one in page.sentences)
    rewrite(path, replace(page, sentences=told))
    path.write_text(edition(own).episode(load_page(path.with_suffix(".json"))), encoding="utf-8")
    text = shown(path, cast=own)
    assert portrait("Maud") in text
    assert 'class="voice voice-hue-' in text


def test_a_reworded_line_stays_in_its_voice(saga: RepoBuilder) -> None:
    """What a person has a persona say is said in that voice, and has no links."""
    path = page_of(saga, 3)
    text = re.sub(r"\*\*(\w+):\*\* .*", r'**\1:** "Twelve, I say: 12."', path.read_text("utf-8"), count=1)
    path.write_text(text, encoding="utf-8")
    block = of_class(tree(shown(path)), "voice")[0]
    assert words(block).endswith('"Twelve, I say: 12."')
    assert not list(block.iter("a"))


# -- drawings and charts ------------------------------------------------------------------------------------------


def test_a_drawing_stands_above_the_table_at_a_glance(saga: RepoBuilder) -> None:
    """A change of several components has its bars before its table; what no other table has they have as links."""
    text = shown(page_of(saga, 9))
    drawn = [path for path in sorted((saga.path / "episodes").glob("*.md")) if "diffstat" in shown(path)]
    assert drawn
    for path in drawn:
        text = shown(path)
        assert text.index('class="diffstat"') < text.index('class="glance"')
        has_table = "| component | files | added | removed |" in text or "| file | status |" in text
        assert ("sum unseen" in text) == has_table
    assert not any("<style" in shown(path) or " style=" in shown(path) for path in drawn)


def test_measurements_are_a_chart_inside_the_page(measured: RepoBuilder) -> None:
    """The picture is drawn where it stood, without styles of its own, and its numbers are a table."""
    path = page_of(measured, 4)
    text = shown(path)
    assert "episode_004.svg" not in text
    root = tree(text)
    (drawn,) = of_class(root, "runs")
    assert drawn.attrib["role"] == "img"
    assert "speed/help, wall: " in drawn.attrib["aria-label"]
    assert not list(drawn.iter("style"))
    points = load_page(path.with_suffix(".json")).dossier.runs[0].series
    (folded,) = of_class(root, "series")
    rows = list(folded.iter("tr"))[1:]
    assert len(rows) == len(points)
    assert [words(row[1]) for row in rows] == [point.commit[:7] for point in points]
    assert "the baseline" in "".join(words(row) for row in rows)


# -- around it ----------------------------------------------------------------------------------------------------


def test_links_lead_to_the_episodes_around_it(saga: RepoBuilder) -> None:
    """The first has no earlier one, the last no next one, and brackets in a title end no link."""
    sources = [source_of(page_of(saga, number)) for number in (1, 2, 3)]
    near = dict(zip((1, 2, 3), (near for _, near in with_neighbours(sources)), strict=True))
    assert (near[1].earlier, near[3].next) == (None, None)
    assert near[2] == Near(*(Other(one, f"episode_00{one}.md", sources[one - 1].card.title) for one in (1, 3)))
    text = shown(page_of(saga, 2), Near(Other(1, "episode_001.md", "A [b](javascript:x) ] c"), near[2].next))
    (block,) = of_class(tree(text), "around")
    links = [(one.attrib["href"], words(one)) for one in block.iter("a") if "class" not in one.attrib]
    assert links[0] == ("episode_001.md", "Episode 1: A [b](javascript:x) ] c")
    assert links[1][0] == "episode_003.md"
    assert "around" not in shown(page_of(saga, 1)).partition("evidence")[0].rpartition("aria-label")[2]


def test_whose_lines_it_rewrites_is_a_link(saga: RepoBuilder) -> None:
    """An episode that removes lines of an earlier one leads there, with how many."""
    (block,) = of_class(tree(shown(page_of(saga, 8))), "around")
    (item,) = [one for one in block.iter("li") if words(one).startswith("Rewrites")]
    assert re.fullmatch(r"Rewrites one line of Episode 7: fix: choose the last", words(item))
    assert [one.attrib["href"] for one in item.iter("a")] == ["#fact-rewrite.source.1.lines", "episode_007.md"]


def test_files_can_be_found(saga: RepoBuilder) -> None:
    """Every file of a change stands on its page, in a row or a table or in a list that folds."""
    for path in sorted((saga.path / "episodes").glob("*.md")):
        ledger = load_page(path.with_suffix(".json")).dossier.ledger
        text = words(tree(shown(path)))
        for entry in ledger.numbered("file"):
            assert ledger.string(f"{entry}.path") in text, path


def test_evidence_names_the_whole_hash(saga: RepoBuilder) -> None:
    """A search for a full id finds the page, and a reader the command that derives it again."""
    page = load_page(page_of(saga, 3).with_suffix(".json"))
    (folded,) = of_class(tree(shown(page_of(saga, 3))), "evidence")
    assert f"Derived from {page.dossier.subject.commits[0]}; chronicles verify episodes/episode_003.md" in words(folded)
    (region,) = of_class(folded, "evidence-table")
    assert "data-search-exclude" in region.attrib


# -- hostile content ----------------------------------------------------------------------------------------------


def test_nothing_of_a_commit_acts(repo: RepoBuilder, run: Callable[..., Ran]) -> None:
    """A subject, an author, a path or a reason that is HTML, attributes, a template or a link is shown as text."""
    author = (HOSTILE.replace("<", "(").replace(">", ")"), "eve@example.org")
    files = {"a/{: onclick=x }.py": "x = 1\n", "b/__config<b>.py": "y = 2\n", "{{ c }}": "z\n"}
    repo.commit(f"{HOSTILE}\n\nBecause {HOSTILE}", files, author=author)
    assert run(repo.path, "generate").code == 0
    head, body = shown(page_of(repo, 1)).removeprefix("---\n").split("\n---\n", 1)
    assert not re.search(r"\{[{%#]", head + body)
    assert "{:" not in re.sub(r"`[^`]*`", "", body)
    root = tree(body)
    assert "<script>alert(2)</script>" in words(root)
    for one in root.iter():
        assert one.tag != "script"
        assert not any(name.startswith("on") or name == "style" for name in one.attrib)
        assert not one.attrib.get("href", "").startswith("javascript:")
