"""Titles and news in lists, feeds and neighbours: what the page says, whoever wrote it there."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from chronicles.documents.page import load_page
from chronicles.documents.speech import spoken
from chronicles.documents.tracing import capital
from chronicles.markdown import escape
from chronicles.phrases import count
from tests.site.laying import source_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from chronicles.site.shelf import Card
    from tests.conftest import Ran, RepoBuilder

NAME = "episode_018"


def page_of(repo: RepoBuilder) -> Path:
    """The newest episode."""
    return repo.path / "episodes" / f"{NAME}.md"


def told_by(page: Path) -> list[str]:
    """The sentences of a page, as a list has them: without links to other pages."""
    said = spoken(load_page(page.with_suffix(".json")))
    return [re.sub(r"\[([^\]]*)\]\(episode_\d+\.md\)", r"\1", text) for sentence, text in said if sentence.claim]


def changed(repo: RepoBuilder, old: str, new: str) -> Card:
    """The card of the page when a person has changed something on it."""
    page = page_of(repo)
    text = page.read_text("utf-8")
    assert old in text
    page.write_text(text.replace(old, new), "utf-8")
    return source_of(page).card


def test_a_page_as_it_was_rendered_says_what_its_sidecar_does(saga: RepoBuilder) -> None:
    """Nothing is lost where nobody has changed a page."""
    for page in sorted((saga.path / "episodes").glob("*.md")):
        card, stored = source_of(page).card, load_page(page.with_suffix(".json"))
        told = told_by(page)
        assert card.title == stored.title
        ledger = stored.dossier.ledger
        assert card.subject == ledger.get("commit.headline", ledger["commit.subject"]).text
        assert card.news == (told[0] if told else "")


def test_a_persons_title_is_the_title_everywhere(saga: RepoBuilder, run: Callable[..., Ran]) -> None:
    """A title that somebody gave and signed is that of cards, lists, feeds, neighbours and the page's own head."""
    assert run(saga.path, "init").code == 0
    page = page_of(saga)
    old = load_page(page.with_suffix(".json")).title
    changed(saga, f'18: "{old}"', '18: "Our *own* & only"')
    assert run(saga.path, "adopt", str(page)).code == 0
    assert run(saga.path, "site", "build", "--builder", "zensical").code == 0
    pages, site = saga.path / ".chronicles" / "pages", saga.path / "site"
    places = [pages / "index.md", pages / "components.md", *pages.glob(f"episodes/{NAME}.md")]
    places += [site / name for name in ("feed.xml", "atom.xml", "feed.json", "llms.txt", "data/episodes.json")]
    for place in places:
        text = place.read_text("utf-8")
        assert "Our own & only" in text.replace("&amp;", "&"), place
        assert old not in text, place
    # What its own rendering says of the next one is for `generate` to say anew.
    assert "[Episode 18: Our own & only](episode_018.md)" in (pages / "episodes/episode_017.md").read_text("utf-8")


@pytest.mark.parametrize(
    ("old", "new", "wanted"),
    [
        ("title: ", 'title: "Ours" # ', "Ours"),
        ("# Saga - Episode 18", "# Our day, Episode 18", "Our day, Episode 18: "),
        ("# Saga - Episode 18", "Saga - Episode 18", "{title}"),
    ],
)
def test_either_title_of_a_page_may_be_a_persons(saga: RepoBuilder, old: str, new: str, wanted: str) -> None:
    """That of the front matter counts where the heading is the one that was rendered, or none."""
    title = load_page(page_of(saga).with_suffix(".json")).title
    assert changed(saga, old, new).title.startswith(wanted.format(title=title))


def test_a_sentence_that_is_not_on_the_page_is_no_news(saga: RepoBuilder) -> None:
    """Where a person's line took the place of the news, the next sentence is; where all are gone, there is none."""
    sidecar = page_of(saga).with_suffix(".json")
    told = [text for sentence, text in spoken(load_page(sidecar)) if sentence.claim]
    assert len(told) > 1
    assert changed(saga, told[0], "I know better.").news == told_by(page_of(saga))[1]
    for text in told[1:]:
        card = changed(saga, text, "I know better.")
    assert (card.news, card.voice) == ("", "")


def test_a_headline_is_the_pages(saga: RepoBuilder) -> None:
    """A person's headline is shown as text; one that they took away is not shown."""
    subject = load_page(page_of(saga).with_suffix(".json")).dossier.ledger["commit.subject"].text
    card = changed(saga, f"## {subject}", "## Mine <script>a()</script> *[x](javascript:a)*")
    assert (card.subject, card.headline) == ("Mine a() x", "Mine a() x")
    assert changed(saga, "## Mine <script>a()</script> *[x](javascript:a)*\n", "").subject == ""


def test_several_commits_are_told_by_their_subjects(repo: RepoBuilder, run: Callable[..., Ran]) -> None:
    """A list says what the newest commits of a day are, shortened, and how many more; not only how many they were."""
    for at in range(4):
        repo.commit(f"feat: *a{at}* | `b_c`{' and on' * 20 * (at == 2)}", {f"{at}.py": f"A = {at}\n"})
    assert run(repo.path, "generate", "--all", "--group-by", "day").code == 0
    page = repo.path / "episodes" / "episode_001.md"
    card = source_of(page).card
    assert re.fullmatch(r"“feat: \*a3\* \| `b_c`”, “(feat: \*a2\* .{1,54})…” and 2 more", card.headline)
    assert card.subject == escape(card.headline)
    assert run(repo.path, "init").code == 0
    assert run(repo.path, "site", "build", "--builder", "zensical").code == 0
    for name in ("index.html", "feed.xml", "atom.xml", "llms.txt", "data/episodes.json"):
        text = (repo.path / "site" / name).read_text("utf-8")
        assert re.search(r"“feat: [\\*]+a3.* and 2 more", text), name
        assert "Four commits of" not in text, name
    text = page.read_text("utf-8")
    page.write_text(text.replace(card.sha[:7], "that one"), "utf-8")
    assert source_of(page).card.headline.startswith("“feat: *a2*"), "a person took the newest commit off the page"
    assert source_of(page).card.headline.endswith("and 2 more")
    page.write_text(text.replace("## Four commits of", "## Mine of"), "utf-8")
    assert source_of(page).card.headline.startswith("Mine of")


def test_a_patch_document_has_one_number_of_commits(repo: RepoBuilder, run: Callable[..., Ran]) -> None:
    """What is said of a range counts as its title does, merged commits and merges too, and names no single author."""
    repo.commit("feat: begin", {"a.py": "A = 1\n"})
    repo.tag("v1")
    repo.branch("side")
    for at in range(10):
        repo.commit(f"feat: add {at}", {f"{at}.py": f"A = {at}\n"}, author=(f"Ann {at % 3}", f"a{at % 3}@example.org"))
    repo.switch("main")
    repo.merge("side")
    assert run(repo.path, "patch", "v1..HEAD").code == 0
    card = source_of(repo.path / "patches" / "patch_1.md").card
    assert card.title.startswith(f"{card.commits} Commits by ")
    assert card.commits == 11
    assert card.subject == card.headline
    assert card.headline.startswith(f"{capital(count(card.commits, 'commit'))} of 20")
    assert card.author == ""


@pytest.mark.parametrize("forged", ["title", "wording", "persona", "subject"])
def test_what_only_a_sidecar_says_is_shown_nowhere(saga: RepoBuilder, run: Callable[..., Ran], forged: str) -> None:
    """Words that somebody put into a sidecar, and not on the page, are on no page of the site and in no feed."""
    assert run(saga.path, "init").code == 0
    sidecar = page_of(saga).with_suffix(".json")
    stored = json.loads(sidecar.read_bytes())
    if forged == "title":
        stored["episode"]["title"] = "Zebra"
    elif forged == "subject":
        for one in stored["dossier"]["facts"]:
            if one["id"] in ("commit.subject", "commit.headline"):
                one.update(value="Zebra", figure="Zebra", text="Zebra")
    else:
        for one in stored["sentences"]:
            one[forged] = "Zebra"
    sidecar.write_text(json.dumps(stored), "utf-8")
    assert run(saga.path, "site", "build", "--builder", "zensical").code == 0
    for folder in (saga.path / ".chronicles" / "pages", saga.path / "site"):
        for place in folder.rglob("*"):
            # The dossier beside the page is the sidecar's, and is there to be verified.
            if place.is_file() and place.name != f"{NAME}.json":
                assert b"Zebra" not in place.read_bytes(), place
