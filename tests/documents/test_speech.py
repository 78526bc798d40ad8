"""Who wrote a sentence shows on the page, and the pieces of a passage read as one sentence."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import markdown
import pytest
from markdown_it import MarkdownIt

from chronicles.documents.frontmatter import split_front_matter
from chronicles.documents.page import load_page
from chronicles.documents.render import Renderer
from chronicles.documents.speech import MARK, closing_line, fill, spoken
from chronicles.dossier import Ledger
from chronicles.personas import load_cast
from chronicles.writers import Sentence

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from chronicles.documents.page import Page
    from chronicles.documents.told import Told
    from chronicles.writers import Byline
    from tests.conftest import RepoBuilder

HOSTILE = (
    "</small><script>x</script>",
    "*x* _y_ **z** ~~w~~",
    "`a` ``b``",
    "[x](javascript:x) ![y](z)",
    "| a | b |\n|---|\n# h\n---",
    "{{ x }}{% y %}",
    "\u202e\u0000\x1b[31m",
    "†",
    "<!-- by: Eve -->",
    "m" * 5000,
)
"""What a server may call a model."""


def pages(folder: Path) -> list[Page]:
    """The pages of a repository, as their sidecars have them."""
    return [load_page(path) for path in sorted((folder / "episodes").glob("episode_*.json"))]


def shown(line: str) -> str:
    """What a reader sees of a line of Markdown."""
    html = MarkdownIt("commonmark", {"html": True}).render(line)
    return re.sub(r"<[^>]+>", "", html).strip()


@pytest.mark.parametrize(
    ("wording", "begins", "text"),
    [
        ("{files} here.", True, "Two files here."),
        ("{files} here.", False, "two files here."),
        ("and {files} more.", False, "and two files more."),
    ],
)
def test_a_piece_that_goes_on_has_no_capital(wording: str, text: str, *, begins: bool) -> None:
    """Only what begins a sentence begins with a capital."""
    assert fill(wording, {"files": "two files"}, begins=begins) == text


def test_each_sentence_of_a_model_ends_in_one_mark(voiced: Path) -> None:
    """Of all pages, as many sentences end in the mark as a model wrote, and no other sign of it is there."""
    pieces = 0
    for page in pages(voiced):
        said = spoken(page)
        for sentence, text in said:
            by_model = bool(sentence.claim) and sentence.writer != "plain"
            goes_on = by_model and sentence.wording.endswith(";")
            pieces += goes_on
            assert text.count(MARK) == (by_model and not goes_on)
            assert text.endswith(MARK) == (by_model and not goes_on)
    assert pieces >= 3


def test_a_passage_reads_as_one_sentence(voiced: Path) -> None:
    """After a piece that ends open the next begins as it was written, and any other sentence has a capital."""
    found = 0
    for page in pages(voiced):
        said = spoken(page)
        for (before, _), (sentence, text) in pairwise(said):
            if before.claim and before.wording.endswith(";") and sentence.wording[0].islower():
                assert text[0] == sentence.wording[0]
                found += 1
            elif sentence.claim and not before.wording.endswith(";"):
                assert not text[0].islower()
    assert found >= 2


def test_nouns_of_two_pieces_are_both_said(voiced: Path) -> None:
    """One claim counts files and then files again without the noun; the next claim's count keeps it."""
    page = pages(voiced)[2]
    claims = [claim for claim in page.dossier.claims if claim.slots][:2]
    files = "change.files"
    told = [replace(claim, slots={"files": files}) for claim in claims]
    dossier = replace(page.dossier, claims=tuple(told))
    sentences = tuple(
        Sentence(claim.id, "why", "narrator", "ollama", wording)
        for claim, wording in zip(told, ("it reaches {files};", "of all, {files} moved."), strict=True)
    )
    said = [text for _, text in spoken(replace(page, dossier=dossier, sentences=sentences))]
    count = page.dossier.ledger[files].text
    assert said == [f"It reaches {count};", f"of all, {count} moved.{MARK}"]


def test_the_closing_line_of_a_plain_page(saga: RepoBuilder) -> None:
    """A page without a model says so, a page on which nobody speaks says nothing."""
    for page in pages(saga.path):
        line = closing_line(page)
        if any(one.claim for one in page.sentences):
            assert line == "<small>*The voices are fictional. No model wrote a sentence.*</small>"
        else:
            assert line == ""
    assert closing_line(replace(page, sentences=())) == ""


def test_the_closing_line_of_a_models_page(voiced: Path, byline: Callable[..., Byline]) -> None:
    """It names the model, whether all sentences are its, why some are not, and what it was not shown."""
    page = pages(voiced)[2]
    plain = replace(page.sentences[0], writer="plain")
    assert shown(closing_line(page)) == "The voices are fictional. scripted:1b wrote the sentences marked †."
    some = replace(page, sentences=(plain, *page.sentences[1:]))
    assert shown(closing_line(some)).endswith("scripted:1b wrote the sentences marked †; no model wrote the others.")
    late = replace(some, byline=byline(degraded="timed out: 300 s"), sentences=some.sentences)
    assert shown(closing_line(late)).endswith("; no model wrote the others. More was asked of it: timed out: 300 s.")
    none = replace(page, sentences=(plain,), byline=byline(model="", digest="", degraded="unreachable"))
    assert shown(closing_line(none)) == (
        "The voices are fictional. No model wrote a sentence. ollama was asked: unreachable."
    )
    refused = replace(none, byline=byline(refused={"digit": 2}))
    assert shown(closing_line(refused)).endswith(
        "No model wrote a sentence. scripted:1b was asked, and the gate let none of its sentences stand."
    )
    unseen = replace(page, byline=byline(left_out={"file": 45, "commit": 1}))
    assert shown(closing_line(unseen)).endswith("The model was not shown 45 files and one commit.")
    unread = replace(page, byline=byline(left_out={"file": 1, "line of the message": 3}))
    assert shown(closing_line(unread)).endswith("The model was not shown one file and three lines of the message.")


@pytest.mark.parametrize("name", HOSTILE)
def test_a_model_of_any_name(voiced: Path, byline: Callable[..., Byline], name: str) -> None:
    """A server's names and words are shown and never obeyed, on one line, in both families of renderers."""
    page = pages(voiced)[2]
    hostile = replace(page, byline=byline(model=name, digest=name, options={"x": name}, degraded=name))
    text = Renderer(load_cast()).render(hostile)
    matter, body = split_front_matter(text)
    assert matter["writer"]["name"] == "ollama"
    assert matter["voiced"]["model"] == 3
    line = closing_line(hostile)
    assert body.rstrip("\n").endswith(line)
    assert "\n" not in line
    assert len(line) < 900
    reader = MarkdownIt("commonmark", {"html": True}).enable("table")
    usual = reader.parse(split_front_matter(Renderer(load_cast()).render(page))[1])
    tokens = reader.parse(body)
    assert [token.type for token in tokens] == [token.type for token in usual]
    inside = {child.type for child in tokens[-2].children or ()}
    assert inside <= {"html_inline", "em_open", "em_close", "text", "code_inline"}
    raw = [child.content for child in tokens[-2].children or () if child.type == "html_inline"]
    assert set(raw) <= {"<small>", "</small>", "<code>", "</code>"}
    html = markdown.markdown(line)
    assert html.startswith("<p><small><em>The voices are fictional.")
    assert html.endswith("</em></small></p>")
    assert "<script" not in html


def test_a_dagger_of_the_repository_is_no_mark(saga: RepoBuilder) -> None:
    """A name with the mark in it is spelled out in a sentence, so that it cannot say that a model wrote it."""
    page = next(page for page in pages(saga.path) if any(one.claim for one in page.sentences))
    facts = [replace(fact, text=f"{fact.text}{MARK}.") for fact in page.dossier.ledger.values()]
    forged = replace(page, dossier=replace(page.dossier, ledger=Ledger(facts)))
    texts = [text for sentence, text in spoken(forged) if sentence.claim]
    assert not any(MARK in text for text in texts)
    assert any("\\u2020" in text for text in texts)


def test_the_closing_line_keeps_a_short_page_short(voiced: Path) -> None:
    """The smallest pages stay within 25 lines under their front matter, whoever wrote them."""
    bodies = [split_front_matter(path.read_text())[1] for path in sorted((voiced / "episodes").glob("*.md"))]
    counts = [len([line for line in body.splitlines() if line.strip()]) for body in bodies]
    assert min(counts) < 25
    small = [body for body in bodies if "| Size | 1 line added, 1 removed" in body]
    assert small
    for body in small:
        assert len([line for line in body.splitlines() if line.strip()]) <= 25


def test_redactions_show_on_a_page_of_a_model(repo: RepoBuilder, tell: Callable[..., Told], scripted: Any) -> None:
    """Secrets are out of a model's page before anybody words it, and the page says how many."""
    repo.commit("begin", {"a.py": "a = 1\n"})
    secret = "hunter" + "2" * 5
    repo.commit(f"fix: b\n\nBecause password = '{secret}' was wrong.", {"b.py": f"password = '{secret}'\n" * 9})
    tell(repo.path, scripted())
    text = (repo.path / "episodes/episode_002.md").read_text()
    assert re.search(r"^\| Redacted \| \S+ .*\|$", text, re.MULTILINE)
    assert "`scripted:1b` wrote the sentences marked †" in text
    assert not any(secret in path.read_text() for path in (repo.path / "episodes").iterdir())


@pytest.mark.parametrize("change", [1, 3])
def test_a_short_page_of_a_model_that_fell_silent(
    repo: RepoBuilder, tell: Callable[..., Told], scripted: Any, byline: Callable[..., Byline], change: int
) -> None:
    """With all that a byline can add, a change of a line stays within 25 lines under the front matter."""
    lines = [f"a_{number} = {number}\n" for number in range(40)]
    repo.commit("begin", {"a.py": "".join(lines)})
    lines[7:8] = ["a_7 = 8\n"] * change
    message = (
        "fix: the seventh (#12)\n\nBecause it was off by one, which nobody had seen.\n\nCo-authored-by: G <g@x.org>"
    )
    repo.commit(message, {"a.py": "".join(lines)})
    tell(repo.path, scripted(byline=byline(degraded="timed out " * 50, left_out={"file": 45, "commit": 2})))
    _, body = split_front_matter((repo.path / "episodes/episode_002.md").read_text())
    assert "The model was not shown 45 files and two commits.*</small>" in body
    assert len([line for line in body.splitlines() if line.strip()]) <= 25
