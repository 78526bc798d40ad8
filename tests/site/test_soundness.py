"""What people and strangers put into pages and sidecars: shown as text where it can be, and else left out."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from chronicles.documents.page import load_page
from chronicles.markdown import code, escape
from chronicles.site.soundness import forged
from tests.site.test_rewriting import HOSTILE

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Ran, RepoBuilder

PAGE = "episodes/episode_003.md"


def staged(repo: RepoBuilder, path: str = PAGE) -> str:
    """A staged page."""
    return (repo.path / ".chronicles" / "pages" / path).read_text("utf-8")


def edit(repo: RepoBuilder, words: str, *, before: str = "### Why It Matters") -> None:
    """Put a person's words into a page."""
    page = repo.path / PAGE
    text = page.read_text("utf-8")
    assert before in text
    page.write_text(text.replace(before, f"{words}\n\n{before}", 1), "utf-8")


def test_what_a_person_adds_acts_no_more_than_a_commit(saga: RepoBuilder, run: Callable[..., Ran]) -> None:
    """HTML, handlers and odd links in an edited page are text on the site, in any order."""
    from tests.site.test_rewriting import Acting  # noqa: PLC0415 - with what it holds pages to

    edit(saga, "\n\n".join(["I was there.", *HOSTILE]))
    assert run(saga.path, "site", "stage").code == 0
    text = staged(saga)
    begin, end = text.index("I was there."), text.index("### Why It Matters")
    from markdown import markdown  # noqa: PLC0415 - as above

    shown = markdown(text[begin:end], extensions=["tables", "fenced_code", "attr_list", "md_in_html", "toc"])
    assert Acting(shown).found == []


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        ("See [the README](../README.md).", "See [the README](../about.md)."),
        ("See [two](episode_002.md#fact-x).", "See [two](episode_002.md#fact-x)."),
        (
            "See [none](episode_999.md) and [code](../core/go.py).",
            "See none and [code](https://github.com/example/saga/",
        ),
        ("See [this](#evidence).", "See [this](#evidence)."),
        ("See ![it](https://x.example/a.png).", "See [it](https://x.example/a.png)."),
        ("Signed. <!-- by: Ada -->", "Signed. "),
        ("```sh\nrm x\n\nls <b>\n```", '<pre><code class="language-sh">rm x\n\nls &lt;b&gt;\n</code></pre>'),
        ("- a\n    - b\n", "- a\n    - b\n"),
    ],
)
def test_what_a_person_adds_leads_somewhere(
    saga: RepoBuilder, run: Callable[..., Ran], words: str, wanted: str
) -> None:
    """Links of an edited page lead to pages of the site, to the forge, or are text; lists and code stay as they are."""
    assert run(saga.path, "site", "stage").code == 0
    links = staged(saga).count('<a class="fact"')
    edit(saga, words)
    assert run(saga.path, "site", "stage").code == 0
    assert wanted in staged(saga)
    assert staged(saga).count('<a class="fact"') == links, "what was laid out keeps its links"


def test_a_site_with_edits_builds_strictly(saga: RepoBuilder, run: Callable[..., Ran]) -> None:
    """No link that a person wrote leads nowhere, for the builder's own judgement."""
    edit(saga, "[a](../README.md) [b](../core/go.py) [c](episode_999.md) [d](../../x.md) [e](nothing) ![f](f.png)")
    assert run(saga.path, "init").code == 0
    done = run(saga.path, "site", "build", "--strict")
    assert done.code == 0, done.err


@pytest.mark.parametrize(
    ("fact", "values", "said"),
    [
        ("", {"repo_url": "javascript:pwn()//"}, "its `repo_url` is no web address"),
        ("commit.subject", {"text": "<script>pwn()</script>"}, "the fact `commit.subject` holds markup"),
        ("change.files", {"figure": "<img src=x onerror=pwn()>"}, "the fact `change.files` holds markup"),
        ("commit.author", {"text": "[x](javascript:pwn())"}, "the fact `commit.author` holds markup"),
        ("commit.author", {"text": "[x][y] [y]: z"}, "the fact `commit.author` holds markup"),
        ("commit.author", {"text": "a <!-- b"}, "the fact `commit.author` holds markup"),
        ("commit.author", {"text": "a [\nb](x)"}, "the fact `commit.author` holds markup"),
    ],
)
def test_a_forged_sidecar_is_named(
    saga: RepoBuilder, run: Callable[..., Ran], fact: str, values: dict[str, str], said: str
) -> None:
    """A sidecar whose texts the narrator cannot have written keeps its page off the site."""
    sidecar = saga.path / "episodes" / "episode_003.json"
    stored = json.loads(sidecar.read_bytes())
    facts = {one["id"]: one for one in stored["dossier"]["facts"]}
    (facts[fact] if fact else stored["episode"]).update(values)
    sidecar.write_text(json.dumps(stored), "utf-8")
    done = run(saga.path, "site", "stage")
    assert done.code == 1
    assert f"episode_003.json: was not written by chronicles: {said}" in done.err
    assert not (saga.path / ".chronicles" / "pages" / PAGE).exists()


@pytest.mark.parametrize("words", [*HOSTILE, "a < b", "x <", "a[1](2)", "`<b>`", "[", "](", "<code>", "\\[x](y)"])
def test_what_the_narrator_writes_is_no_forgery(saga: RepoBuilder, words: str) -> None:
    """Whatever a commit says, its fact as it is written passes: as text, and as code."""
    page = load_page(saga.path / Path(PAGE).with_suffix(".json"))
    for text in (escape(words), code(words)):
        ledger = page.dossier.ledger
        fact = replace(ledger["commit.subject"], value=words, figure=text, text=text)
        facts = [fact if one.id == fact.id else one for one in ledger.values()]
        held = replace(page, dossier=replace(page.dossier, ledger=type(ledger)(facts)))
        assert forged(held) == ""
