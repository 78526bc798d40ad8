"""Every page of every site in a browser: it opens, nothing goes wrong, nothing overflows, and links lead somewhere."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urldefrag, urlsplit

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Page

    from tests.browser.conftest import Site

SITES = ("saga", "hostile", "empty", "zensical")
OVERFLOWING = """() => {
    const wide = document.documentElement.clientWidth;
    const clipped = (element) => {
        for (let one = element.parentElement; one && one !== document.body; one = one.parentElement)
            if (getComputedStyle(one).overflowX !== "visible") return true;
        return getComputedStyle(element).position === "fixed";
    };
    const found = [...document.body.querySelectorAll("*")].filter((element) => {
        const box = element.getBoundingClientRect();
        return box.width && box.height && box.right > wide + 1 && element.checkVisibility() && !clipped(element);
    });
    const told = found.map((one) => `${one.localName} ${one.getAttribute("class")} ${one.textContent.slice(0, 60)}`);
    return [Math.max(document.documentElement.scrollWidth, document.body.scrollWidth) <= wide, told];
}"""
"""Whether a page is as wide as the window, and what sticks out; what lies in a box that scrolls does not."""
HELD = """async (pages) => {
    const found = {};
    for (const [path, address] of pages) {
        const answer = await fetch(address);
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        const written = (one) => one.getAttribute("href") ?? one.getAttribute("src");
        found[path] = {
            ids: [...page.querySelectorAll("[id], a[name]")].map((one) => one.id || one.name),
            links: [...page.querySelectorAll("[href], [src]")].map((one) =>
                [one.localName, written(one), new URL(written(one), address).href]),
        };
    }
    return found;
}"""
"""The ids of pages and what they link to, as the browser's own parser sees them."""


@pytest.mark.parametrize("name", SITES)
def test_every_page_opens(
    visit: Callable[..., Page], sites: dict[str, Site], acting: Callable[[Page], list[str]], name: str
) -> None:
    """A page opens on a phone with its theme around it, is no wider, and nothing on it acts."""
    page = visit(name, width=390)
    for path in sites[name].kinds() if name == "zensical" else sites[name].pages():
        page.goto(sites[name].address + path)
        assert page.title().strip(), path
        assert page.locator("header.md-header").is_visible(), path
        assert page.locator("article h1").count() == 1, path
        assert page.locator("footer.md-footer").count() == 1, path
        assert page.evaluate(OVERFLOWING) == [True, []], path
        assert acting(page) == [], path


@pytest.mark.parametrize("name", SITES)
def test_links_lead_somewhere(visit: Callable[..., Page], sites: dict[str, Site], world: Any, name: str) -> None:
    """Each link to the site itself has a page or file at its end, and where it names a place, that place."""
    site = sites[name]
    addresses = [[path, site.bare + path] for path in site.pages() if path != "404.html"]
    held = visit(name, bare=True).evaluate(HELD, addresses)
    broken = []
    for path, one in held.items():
        for tag, written, link in one["links"]:
            end, place = urldefrag(link)
            end = end.partition("?")[0]
            inside = _inside(end, site, world)
            if inside is None:
                if urlsplit(link).scheme not in {"http", "https", "mailto", "data"} or tag not in {"a", "link"}:
                    broken.append(f"{path}: <{tag}> leads out, to {written}")
            elif not _file(site.root, inside).is_file():
                broken.append(f"{path}: {written} leads nowhere")
            elif place and inside in held and unquote(place) not in held[inside]["ids"]:
                broken.append(f"{path}: {written} names no place of {inside}")
    assert not broken, "\n".join(broken)
    assert sum(len(one["links"]) for one in held.values()) > 10


@pytest.mark.parametrize("name", ["saga", "hostile"])
def test_machines_find_what_is_listed(sites: dict[str, Site], world: Any, name: str) -> None:
    """Whatever the site map, the feeds and llms.txt name is there."""
    site = sites[name]
    listed = 0
    for file in [*site.root.glob("*.xml"), *site.root.glob("*.txt"), *site.root.glob("*.json")]:
        for address in re.findall(re.escape(world.ADDRESS) + r"[^\s<>\"')\]]*", file.read_text("utf-8")):
            inside = _inside(urldefrag(address)[0], site, world)
            assert inside is not None
            assert _file(site.root, inside).is_file(), f"{file.name}: {address}"
            listed += 1
    assert listed > len(site.pages()) / 2


def test_ids_are_unique(visit: Callable[..., Page], sites: dict[str, Site]) -> None:
    """No two elements of a page have one id, and none has an id that the theme's scripts look for."""
    for name in ("saga", "hostile"):
        site = sites[name]
        held = visit(name, bare=True).evaluate(HELD, [[path, site.bare + path] for path in site.pages()])
        for path, one in held.items():
            doubled = {key for key in one["ids"] if one["ids"].count(key) > 1}
            assert not doubled, f"{name} {path}: {sorted(doubled)}"


def _inside(link: str, site: Site, world: Any) -> str | None:
    """Where in the site a link leads, by either of its addresses; None where it leads out."""
    for top in (site.bare, world.ADDRESS):
        if link.startswith(top):
            return link.removeprefix(top)
    path = urlsplit(link).path
    top = urlsplit(world.ADDRESS).path
    same = urlsplit(link).netloc == urlsplit(site.bare).netloc
    return path.removeprefix(top) if same and path.startswith(top) else None


def _file(root: Path, inside: str) -> Path:
    path = root / unquote(urlsplit(inside).path)
    return path / "index.html" if inside.endswith("/") or not inside else path
