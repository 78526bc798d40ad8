"""A repository whose every word acts if it is let: nothing of it runs, and all of it is shown as what it is."""

from __future__ import annotations

import base64
import hashlib
import re
from typing import TYPE_CHECKING, Any

from chronicles.site.policy import inline_scripts

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

    from tests.browser.conftest import Site


def test_nothing_acts(
    visit: Callable[..., Page], sites: dict[str, Site], world: Any, acting: Callable[[Page], list[str]]
) -> None:
    """Without a policy to stop it nothing runs, and what every message, path and name says is on a page as it was."""
    page = visit("hostile", bare=True)
    shown = ""
    for path in sites["hostile"].pages():
        page.goto(sites["hostile"].bare + path)
        assert acting(page) == [], path
        shown += page.locator("body").evaluate("(one) => ` ${one.textContent}`")
    shown = " ".join(shown.split())
    for said in (*world.MESSAGES, *world.PATHS):
        words = " ".join(_visible(said.split(" \u202e")[0]).split("\n")[0].split())
        assert words in shown, words
    for name, _ in world.PEOPLE:
        assert name in shown, name


def test_the_head_is_text(visit: Callable[..., Page], sites: dict[str, Site], world: Any) -> None:
    """A title of markup is the title of its page, of its entry in search and of links to it, in the same words."""
    page = visit("hostile", "patches/patch_1/")
    assert world.MESSAGES[0] in page.title()
    assert world.MESSAGES[0] in page.locator("article h1").inner_text()
    assert world.SERIES in page.title()


def test_search_shows_text(visit: Callable[..., Page], acting: Callable[[Page], list[str]]) -> None:
    """What the theme's search shows of hostile pages is text too."""
    for bare in (False, True):
        page = visit("hostile", "episodes/", bare=bare)
        page.locator("input.md-search__input").click()
        page.wait_for_function("() => document.querySelector('.md-search-result__meta').textContent.includes('start')")
        for words in ("pwn", "script", "config"):
            page.locator("input.md-search__input").press("Control+a")
            page.keyboard.type(words)
            page.wait_for_selector(f".md-search-result__item a[href*='h={words}']")
            for more in page.locator(".md-search-result__more > summary").all()[:5]:
                more.click()
            assert acting(page) == []


def test_addresses_do_not_act(visit: Callable[..., Page], acting: Callable[[Page], list[str]]) -> None:
    """What a link to the site carries behind its path is nothing that runs either."""
    acts = "<img src=x onerror=pwn('address')>"
    for bare in (False, True):
        page = visit("hostile", bare=bare)
        top = page.url
        for tail in (
            f"?h={acts}",
            f"?type={acts}",
            f"#{acts}",
            "#fact-'\"><script>pwn(1)</script>",
            "?h=__config#__config",
        ):
            for path in ("episodes/", "episodes/episode_002/"):
                page.goto(top + path + tail)
                assert acting(page) == [], tail


def test_the_policy_trusts_the_theme_alone(sites: dict[str, Site]) -> None:
    """What the published policy lets run is what the theme has on a site that holds nothing of a repository."""
    theme = inline_scripts((sites["empty"].root / "404.html").read_text("utf-8"))
    tops = [re.sub(r'new URL\("[^"]*"', f'new URL("{way}"', one) for one in theme for way in (".", "..", "../..")]
    known = {base64.b64encode(hashlib.sha256(one.encode()).digest()).decode() for one in (*theme, *tops)}
    for name in ("saga", "hostile"):
        policy = sites[name].headers()["Content-Security-Policy"]
        words = re.search(r"script-src ([^;]*)", policy)
        assert words is not None
        own, *hashes = words[1].split()
        assert own == "'self'"
        assert hashes
        assert {one.removeprefix("'sha256-").removesuffix("'") for one in hashes} <= known, name
        assert "unsafe" not in policy


def _visible(text: str) -> str:
    r"""Text as pages show it: what cannot be seen is spelled out, `\x1b` or `\u202e`."""
    hidden = "[\x00-\x08\x0e-\x1b\x7f-\x9f\u202a-\u202e\ue000-\ue002]"
    return re.sub(hidden, lambda one: f"\\x{ord(one[0]):02x}" if one[0] < "\xff" else f"\\u{ord(one[0]):04x}", text)
