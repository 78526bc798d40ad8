"""What a reader does on the site: search, follow a number to its fact, filter, and turn the light off."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page, Route

    from tests.browser.conftest import Site

CHOOSE = 6
"""Number of an episode with measurements of nobody, a type, a file, an author and a subject of its own."""


@pytest.fixture
def told(sites: dict[str, Site]) -> dict[str, Any]:
    """The facts of one episode of the good site, by their ids."""
    sidecar = json.loads((sites["saga"].root.parent / f"episodes/episode_{CHOOSE:03d}.json").read_text("utf-8"))
    return {fact["id"]: fact["value"] for fact in sidecar["dossier"]["facts"]}


RESULTS = """(item) => [...new Set([...document.querySelectorAll(item)]
    .map((one) => new URL(one.href).pathname.replace(/^.*\\/told\\/stories\\//, "")))]"""
"""The pages that the theme's search shows, best first."""


def search(page: Page, words: str, wanted: str) -> list[str]:
    """Type words into the theme's search, and wait until a page shows among the best; what shows in the end."""
    from playwright.sync_api import TimeoutError as Late  # noqa: PLC0415 -- these tests are skipped without a browser

    page.locator("input.md-search__input").click()
    page.wait_for_function(
        "() => document.querySelector('.md-search-result__meta').textContent.includes('start searching')"
    )
    page.keyboard.type(words)
    item = ".md-search-result__item > a"
    with suppress(Late):
        page.wait_for_function(
            f"(wanted) => ({RESULTS})({item!r}).slice(0, 6).includes(wanted)", arg=wanted, timeout=10_000
        )
    return list(page.evaluate(RESULTS, item))


@pytest.mark.parametrize("what", ["hash", "path", "file name", "author and subject", "number", "month"])
def test_search_finds_an_episode(visit: Callable[..., Page], told: dict[str, Any], what: str) -> None:
    """By its short hash, a file that it changed, its author and subject, its number: an episode is among the best."""
    words = {
        "hash": told["commit.short_sha"],
        "path": "core/choose.py",
        "file name": "choose.py",
        "author and subject": f"{told['commit.author']} {told['commit.subject']}",
        "number": f"episode {CHOOSE}",
        "month": told["commit.authored_at"][:7],
    }[what]
    wanted = f"episodes/episode_{CHOOSE:03d}/" if what != "month" else f"episodes/{words}/"
    found = search(visit("saga", "patches/patch_1/"), words, wanted)
    assert wanted in (found[:1] if what == "hash" else found[:6])


def test_a_number_opens_its_fact(visit: Callable[..., Page], told: dict[str, Any]) -> None:
    """A number shows its value, its source and the command that derives it; Escape takes it back to where it was."""
    page = visit("saga", f"episodes/episode_{CHOOSE:03d}/")
    link = page.locator("a.fact[href$='#fact-change.insertions']").first
    link.click()
    card = page.get_by_role("dialog", name="Fact change.insertions")
    assert card.is_visible()
    assert str(told["change.insertions"]) in card.inner_text()
    assert "git diff --numstat" in card.inner_text()
    box, view = card.bounding_box(), page.viewport_size
    assert box is not None
    assert view is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= view["width"]
    page.keyboard.press("Escape")
    assert not card.is_visible()
    assert link.evaluate("one => one === document.activeElement")


def test_a_fact_lies_in_the_evidence(visit: Callable[..., Page]) -> None:
    """From the card, the way leads on to the row of the evidence, which is folded until then."""
    page = visit("saga", f"episodes/episode_{CHOOSE:03d}/")
    row = page.locator("[id='fact-change.files']")
    assert not row.is_visible()
    page.locator("a.fact[href$='#fact-change.files']").first.click()
    page.get_by_role("link", name="All evidence").click()
    row.wait_for(state="visible")
    assert page.url.endswith("#fact-change.files")


def test_every_number_has_its_fact(visit: Callable[..., Page], sites: dict[str, Site]) -> None:
    """Each number that is a link has a row of evidence with a value, a source and a command on its own page."""
    counted = 0
    cells = "[...(document.getElementById(one.hash.slice(1))?.cells ?? [])].map((cell) => cell.textContent.trim())"
    links = f"() => [...document.querySelectorAll('a.fact')].map((one) => [one.getAttribute('href'), {cells}])"
    page = visit("saga")
    for path in sites["saga"].kinds():
        page.goto(sites["saga"].address + path)
        for link, found in page.evaluate(links):
            assert len(found) == 4, f"{path}: {link}"
            assert all(found), f"{path}: {link} {found}"
            counted += 1
    assert counted > 20


def test_a_number_opens_without_scripts(visit: Callable[..., Page]) -> None:
    """Where no script runs, a number is a link that unfolds the evidence."""
    page = visit("saga", f"episodes/episode_{CHOOSE:03d}/", script=False)
    page.locator("a.fact[href$='#fact-change.insertions']").first.click()
    assert page.locator("[id='fact-change.insertions']").is_visible()


SHOWN = (
    "() => [...document.querySelectorAll('[data-chronicles-results] li > a')].map((one) => new URL(one.href).pathname)"
)
"""The episodes that the filters left."""


def numbers(page: Page) -> set[int]:
    """The numbers of the episodes that the filters left."""
    return {int(path.rstrip("/").rpartition("_")[2]) for path in page.evaluate(SHOWN)}


def cards(site: Site) -> dict[int, dict[str, Any]]:
    """Number to facts of each episode, from the sidecars."""
    found = {}
    for sidecar in (site.root.parent / "episodes").glob("episode_*.json"):
        page = json.loads(sidecar.read_text("utf-8"))
        found[int(sidecar.stem.rpartition("_")[2])] = {fact["id"]: fact["value"] for fact in page["dossier"]["facts"]}
    return found


def test_filters_filter(visit: Callable[..., Page], sites: dict[str, Site]) -> None:
    """Each choice leaves the episodes of which it is true, two leave those of both, and clearing leaves all."""
    known = cards(sites["saga"])
    page = visit("saga", "episodes/")
    page.wait_for_selector("[data-chronicles-results] li")
    assert numbers(page) == known.keys()
    for kind in {facts["commit.type"] for facts in known.values()}:
        page.get_by_label("Type").select_option(kind)
        assert numbers(page) == {one for one, facts in known.items() if facts["commit.type"] == kind}, kind
    page.get_by_label("Type").select_option("feat")
    page.get_by_label("Component").select_option("core")
    both = {one for one, facts in known.items() if facts["commit.type"] == "feat" and "component.core.files" in facts}
    assert numbers(page) == both
    assert f"{len(both)} of {len(known)} episodes" in page.locator("[data-chronicles-count]").inner_text()
    page.reload()
    page.wait_for_selector("[data-chronicles-results] li")
    assert numbers(page) == both, "what is chosen stands in the address"
    page.locator("article").get_by_role("button", name="Clear").click()
    page.wait_for_function(
        "(all) => document.querySelectorAll('[data-chronicles-results] li').length === all", arg=len(known)
    )
    measured = {one for one, facts in known.items() if any(name.endswith(".verdict") for name in facts)}
    page.get_by_label("Verdict").select_option("measured")
    assert measured
    assert numbers(page) == measured


def test_filters_that_match_nothing_say_so(visit: Callable[..., Page], sites: dict[str, Site]) -> None:
    """Where nothing is left, the page says so where it is read out, and one click brings all episodes back."""
    known = cards(sites["saga"])
    kinds = {facts["commit.type"] for facts in known.values()}
    parts = {
        key.split(".")[1] for facts in known.values() for key in facts if re.fullmatch(r"component\.\w+\.files", key)
    }
    kind, part = next(
        (kind, part)
        for kind in sorted(kinds)
        for part in sorted(parts)
        if not any(facts["commit.type"] == kind and f"component.{part}.files" in facts for facts in known.values())
    )
    page = visit("saga", "episodes/")
    page.wait_for_selector("[data-chronicles-results] li")
    page.get_by_label("Type").select_option(kind)
    page.get_by_label("Component").select_option(part)
    assert page.get_by_role("status").filter(has_text="No episode matches").is_visible()
    assert page.locator("[data-chronicles-months] table").count() == 0
    page.get_by_role("button", name="Show all episodes").click()
    page.wait_for_selector("[data-chronicles-results] li")
    assert not page.get_by_role("button", name="Show all episodes").is_visible()
    assert page.get_by_label("Type").input_value() == ""


def test_a_filter_that_chooses_nothing_is_left_out(visit: Callable[..., Page]) -> None:
    """Where nothing was measured there is no choice of verdicts."""
    page = visit("saga")

    def unmeasured(route: Route) -> None:
        known = route.fetch().json()
        at = known["columns"].index("verdicts")
        for row in known["episodes"]:
            row[at] = []
        route.fulfill(json=known | {"verdicts": []})

    page.route("**/data/episodes.json", unmeasured)
    page.goto(f"{page.url.partition('index.html')[0]}episodes/")
    page.wait_for_selector("[data-chronicles-results] li")
    assert page.get_by_label("Type").is_visible()
    assert not page.get_by_label("Verdict").is_visible()


def test_filters_take_any_name(visit: Callable[..., Page], acting: Callable[[Page], list[str]]) -> None:
    """A component is found by whatever it is called, also by what a script's own objects are called."""
    page = visit("hostile", "episodes/")
    page.wait_for_selector("[data-chronicles-results] li")
    chosen = page.get_by_label("Component")
    values = chosen.evaluate("(one) => [...one.options].map((option) => option.value)")[1:]
    assert {"__proto__", "constructor", "[x](javascript:pwn('md'))"} <= set(values)
    for value in values:
        chosen.select_option(value)
        assert numbers(page), value
    assert acting(page) == []


def test_without_scripts_there_are_months(visit: Callable[..., Page]) -> None:
    """Where no script runs, the page says so and leads to pages that need none."""
    page = visit("saga", "episodes/", script=False)
    assert not page.locator("[data-chronicles-filters]").is_visible()
    page.get_by_role("link", name="a page of its own").click()
    month = page.locator("a[href*='episodes/2024-03/']").first
    month.wait_for()
    assert month.is_visible()


def test_the_light_turns_off(visit: Callable[..., Page]) -> None:
    """The theme begins as the system is, toggles, and stays so on the next page."""
    page = visit("saga")
    ground = "getComputedStyle(document.body).backgroundColor"
    scheme = "document.body.dataset.mdColorScheme"
    light = page.evaluate(ground)
    assert page.evaluate(scheme) == "default"
    page.locator("label.md-header__button[title='Dark']").click()
    assert page.evaluate(scheme) == "slate"
    assert page.evaluate(ground) != light
    page.goto(page.url + "episodes/")
    assert page.evaluate(scheme) == "slate"
    page.locator("label.md-header__button[title='Light']").click()
    assert page.evaluate(ground) == light
    assert visit("saga", dark=True).evaluate(scheme) == "slate"


def test_zensical_finds_an_episode(visit: Callable[..., Page], told: dict[str, Any]) -> None:
    """Search and numbers do the same where Zensical built the site."""
    page = visit("zensical")
    page.locator("button.md-search__button").click()
    page.keyboard.type(told["commit.short_sha"])
    page.locator(f"a[href*='episodes/episode_{CHOOSE:03d}/']").filter(visible=True).first.click()
    page.wait_for_url(f"**/episodes/episode_{CHOOSE:03d}/**")
    page.locator("a.fact[href$='#fact-change.insertions']").first.click()
    assert page.get_by_role("dialog", name="Fact change.insertions").is_visible()
