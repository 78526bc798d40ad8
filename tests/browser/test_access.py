"""The site for everybody: what axe-core finds, what a keyboard reaches, and what goes on paper."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

    from tests.browser.conftest import Site

AXE = """(rules) => axe.run(document, {resultTypes: ["violations"], ...rules}).then((found) => found.violations
    .filter((one) => one.impact === "serious" || one.impact === "critical")
    .map((one) => `${one.id}: ` + one.nodes.slice(0, 4)
        .map((node) => `${node.target} ${node.html.slice(0, 99)}: ${node.failureSummary.slice(0, 250)}`).join("\\n  ")))
"""
INTERACTIVE = "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0'], [contenteditable]"
REACHABLE = """(interactive) => [...document.querySelectorAll(`article :is(${interactive})`)]
    .filter((one) => !one.disabled && one.tabIndex >= 0 && one.checkVisibility({visibilityProperty: true}))
    .map((one, at) => { one.dataset.reach = at; return `${one.localName} ${one.outerHTML.slice(0, 90)}`; })
"""
FOCUSED = """() => {
    const one = document.activeElement;
    const style = getComputedStyle(one);
    const seen = (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0) || style.boxShadow !== "none";
    return [one.dataset.reach ?? "", seen, one === document.body];
}"""


@pytest.mark.parametrize("name", ["saga", "hostile", "empty"])
def test_no_serious_violation(visit: Callable[..., Page], sites: dict[str, Site], name: str) -> None:
    """On each kind of page, axe-core finds nothing serious or critical, all folds open, by light and in the dark."""
    from axe_playwright_python.base import AXE_SCRIPT  # noqa: PLC0415 -- carries axe-core; only needed here

    found: dict[str, str] = {}
    page = visit(name)
    kinds = sites[name].kinds()
    for path in kinds if name == "saga" else kinds[:5]:
        page.goto(sites[name].address + path)
        page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
        page.evaluate(AXE_SCRIPT)
        for one in page.evaluate(AXE, {}):
            found.setdefault(one, path)
        page.evaluate("document.body.setAttribute('data-md-color-scheme', 'slate')")
        page.evaluate("() => Promise.all(document.getAnimations().map((one) => one.finished))")
        for one in page.evaluate(AXE, {"runOnly": ["color-contrast", "link-in-text-block"]}):
            found.setdefault(one, f"{path} in the dark")
    assert not found, "\n".join(f"{where}: {what}" for what, where in found.items())


def test_a_keyboard_reaches_everything(visit: Callable[..., Page], sites: dict[str, Site]) -> None:
    """Tab comes by all that can be used on each kind of page, shows where it is, and comes to an end."""
    page = visit("saga")
    for path in sites["saga"].kinds():
        page.goto(sites["saga"].address + path)
        wanted = page.evaluate(REACHABLE, INTERACTIVE)
        reached, unseen = set(), []
        for _ in range(len(wanted) + 80):
            page.keyboard.press("Tab")
            at, seen, end = page.evaluate(FOCUSED)
            if at:
                reached.add(int(at))
                unseen += [] if seen else [wanted[int(at)]]
            if end and len(reached) >= len(wanted):
                break
        missed = [what for at, what in enumerate(wanted) if at not in reached]
        assert not missed, f"{path}: {missed}"
        assert not unseen, f"{path}: {unseen}"


def test_paper_shows_the_story(visit: Callable[..., Page], sites: dict[str, Site]) -> None:
    """On paper there is the page and nothing around it, in dark ink, even when the screen is dark."""
    from axe_playwright_python.base import AXE_SCRIPT  # noqa: PLC0415 -- as above

    page = visit("saga", dark=True)
    page.emulate_media(media="print")
    for path in sites["saga"].kinds():
        page.goto(sites["saga"].address + path)
        for gone in (".md-header", ".md-tabs", ".md-sidebar", ".md-search", ".md-footer", ".md-top"):
            assert not any(one.is_visible() for one in page.locator(gone).all()), f"{path}: {gone}"
        assert page.locator("article h1").is_visible() or path == "404.html", path
        page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")  # as printing does
        assert not any(one.is_visible() for one in page.locator(".evidence-table").all()), path
        page.evaluate(AXE_SCRIPT)
        assert page.evaluate(AXE, {"runOnly": ["color-contrast"]}) == [], path
