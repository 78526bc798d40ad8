"""Sites in a real browser: Debian's Chromium, a server of this machine, and a policy as strict as the theme allows.

    def test_something(visit):
        page = visit("saga", "episodes/episode_002/")          # or another size or scheme: width=390, dark=True
        page.locator("a.fact").first.click()

`visit` opens a page of one of the sites (`saga`, `hostile`, `empty`, `zensical`), and when the test ends it fails for
whatever went wrong meanwhile: a console error, a script that the policy refused, a dialog, a request that left the host
or found nothing. `bare=True` gives the page without a policy, for what must not run by itself.

The policy is the one that is published with each site. A browser is made for a module at a time: an open Playwright
keeps an event loop running, and the tests that come between have loops of their own.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import module_from_spec, spec_from_file_location
from mimetypes import guess_type
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import unquote, urlsplit

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, ConsoleMessage, Page, Request, Response

    from tests.conftest import RepoBuilder

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
)  # fmt: skip
BUGGED = "window.pwn = (what) => console.error(`it ran: ${what}`);"

ACTING = """() => {
    const found = [];
    const told = (one) => `${one.outerHTML.slice(0, 200)}`;
    const foreign = "script, template, style, link, meta, textarea, plaintext, form:not([data-chronicles-filters]), "
        + "img:not([src$='.svg'])";
    for (const one of document.querySelectorAll("*")) {
        for (const given of one.attributes) {
            if (given.name.startsWith("on")) found.push(`${given.name}: ${told(one)}`);
            if (given.name === "style" && one.closest("article")) found.push(`style: ${told(one)}`);
            if (/^[\\s\\x00-\\x1f]*(javascript|vbscript|data)\\s*:/i.test(given.value)
                && (given.name.endsWith("href") || ["src", "action", "formaction", "srcdoc"].includes(given.name)))
                found.push(`${given.name}: ${told(one)}`);
        }
        if (one.matches(`iframe:not([hidden]), object, embed, base, article :is(${foreign})`))
            found.push(`element: ${told(one)}`);
        if (one.localName === "script" && !one.src && one.type !== "application/json" && /pwn/.test(one.textContent))
            found.push(`script: ${told(one)}`);
    }
    return found;
}"""
"""What of a page could act: handlers, addresses that run, elements that no page of ours has."""


@dataclass(slots=True)
class Site:
    """A built site."""

    root: Path
    """Its folder."""
    address: str = ""
    bare: str = ""
    """Its address without the policy."""

    def headers(self) -> dict[str, str]:
        """What the site asks a host to send with each page."""
        lines = (self.root / "_headers").read_text("utf-8").splitlines()
        assert lines[0] == "/*"
        return dict(line.strip().split(": ", 1) for line in lines[1:])

    def pages(self) -> list[str]:
        """Addresses of all pages, from the top of the site."""
        found = (path.relative_to(self.root).as_posix() for path in self.root.rglob("*.html"))
        return sorted(page.removesuffix("index.html") for page in found)

    def kinds(self) -> list[str]:
        """The largest page of each kind, which its folder and the form of its name tell."""
        kinds: dict[str, tuple[int, str]] = {}
        for page in self.pages():
            folder, _, name = page.partition("/")
            kind = f"{folder}/{re.sub('[0-9]+', '0', name) if folder in ('episodes', 'patches') else bool(name)}"
            size = (self.root / (page if page.endswith(".html") else f"{page}index.html")).stat().st_size
            kinds[kind] = max(kinds.get(kind, (0, "")), (size, page))
        return sorted(page for _, page in kinds.values())


@pytest.fixture(scope="session")
def chromium() -> str:
    """The browser's program; tests that need it are skipped where there is none."""
    found = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if found is None:
        pytest.skip(f"no browser: none of {', '.join(PROGRAMS)} is installed (Debian: apt-get install chromium)")
    return found


@pytest.fixture(scope="session")
def world() -> Any:
    """What makes the repositories."""
    spec = spec_from_file_location("browsed_world", Path(__file__).with_name("world.py"))
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    sys.modules["browsed_world"] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def repositories(
    chromium: str, new_repo: Callable[[str], RepoBuilder], saga_made: Path, invented: Any, world: Any
) -> dict[str, Path]:
    """A good repository, a hostile and an empty one, built by MkDocs, and the good one by Zensical, by name."""
    saga, hostile, empty = (new_repo(name) for name in ("saga", "hostile", "empty"))
    shutil.copytree(saga_made, saga.path, symlinks=True, dirs_exist_ok=True, ignore=shutil.ignore_patterns("episodes"))
    folders = {"saga": saga.path, "zensical": saga.path.with_name("zensical")}

    def good() -> None:
        world.make_saga(saga, invented)
        shutil.copytree(saga.path, folders["zensical"], symlinks=True)
        world.build(folders["saga"])
        world.build(folders["zensical"], "zensical")

    def others() -> None:
        world.make_hostile(hostile, invented)
        world.make_empty(empty)
        world.build(hostile.path)
        world.build(empty.path)

    with ThreadPoolExecutor() as pool:
        for done in [pool.submit(good), pool.submit(others)]:
            done.result()
    return folders | {"hostile": hostile.path, "empty": empty.path}


@pytest.fixture(scope="session")
def sites(repositories: dict[str, Path], world: Any) -> Iterator[dict[str, Site]]:
    """The sites, served from this machine under the path that they think they have."""
    with ExitStack() as stack:
        found = {}
        path = urlsplit(world.ADDRESS).path
        for name, folder in repositories.items():
            site = found[name] = Site(folder / "site")
            site.address = stack.enter_context(_Served(site, path, strict=True)).address
            site.bare = stack.enter_context(_Served(site, path, strict=False)).address
        yield found


class _Served:
    """A server of one site while it is entered."""

    def __init__(self, site: Site, path: str, *, strict: bool) -> None:
        headers = site.headers() if strict else {}

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                """Answer with a file of the site, as simple hosts do."""
                asked = unquote(urlsplit(self.path).path)
                file = site.root / asked.removeprefix(path) if asked.startswith(path) else site.root / "\0"
                self._answer(*_found(site.root, file / "index.html" if asked.endswith("/") else file))

            def _answer(self, status: int, file: Path) -> None:
                body = file.read_bytes()
                kind = guess_type(file.name)[0] or "application/octet-stream"
                self.send_response(status)
                self.send_header("Content-Type", f"{kind}; charset=utf-8" if kind.startswith("text/") else kind)
                self.send_header("Content-Length", str(len(body)))
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Keep quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.address = f"http://127.0.0.1:{self._server.server_port}{path}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


def _found(root: Path, file: Path) -> tuple[int, Path]:
    try:
        there = file.is_file() and file.resolve().is_relative_to(root.resolve())
    except ValueError:  # a zero byte
        there = False
    return (200, file) if there else (404, root / "404.html")


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    """The browser, for one module of tests."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 -- these tests are skipped without a browser

    flags = [*FLAGS, *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=flags)
        yield browser
        browser.close()


@dataclass
class Watch:
    """What goes wrong while pages are open; without slots, as Playwright keeps things of its own on it."""

    host: str
    faults: list[str] = field(default_factory=list)
    forgiven: list[str] = field(default_factory=list)
    """Parts of faults that a test expects."""

    def on(self, page: Page) -> None:
        """Watch a page and what it opens."""
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.faults.append(f"{page.url}: {error}"))
        page.on("dialog", lambda dialog: self.faults.append(f"{page.url}: a dialog says {dialog.message}"))
        page.on("request", self._request)
        page.on("response", self._response)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.faults.append(f"{message.location.get('url')}: {message.text}")

    def _request(self, request: Request) -> None:
        there = urlsplit(request.url)
        if there.scheme != "data" and there.netloc != self.host:
            self.faults.append(f"a request left the host: {request.url}")

    def _response(self, response: Response) -> None:
        if response.status >= 400:
            self.faults.append(f"{response.status} for {response.url}")

    def left(self) -> list[str]:
        """The faults that nobody expected."""
        return [fault for fault in self.faults if not any(part in fault for part in self.forgiven)]


@pytest.fixture
def visit(browser: Browser, sites: dict[str, Site]) -> Iterator[Callable[..., Page]]:
    """Open pages: `visit("saga", "episodes/", width=390, dark=True, bare=True, forgiven=["404"])`."""
    with ExitStack() as stack:
        watches = []

        def opened(
            name: str,
            path: str = "",
            *,
            width: int = 1280,
            dark: bool = False,
            bare: bool = False,
            script: bool = True,
            forgiven: tuple[str, ...] = (),
        ) -> Page:
            site = sites[name]
            address = site.bare if bare else site.address
            scheme = "dark" if dark else "light"
            context = browser.new_context(
                viewport={"width": width, "height": 900}, color_scheme=scheme, java_script_enabled=script
            )
            stack.callback(context.close)
            context.set_default_timeout(30_000)
            context.add_init_script(BUGGED)
            page = context.new_page()
            watch = Watch(urlsplit(address).netloc, forgiven=list(forgiven))
            watches.append(watch)
            watch.on(page)
            page.goto(address + path)
            return page

        yield opened
    faults = [fault for watch in watches for fault in watch.left()]
    assert not faults, "\n".join(list(dict.fromkeys(faults))[:20])


@pytest.fixture
def acting() -> Callable[[Page], list[str]]:
    """What of a page could act that neither the theme nor we put there."""
    return lambda page: list(page.evaluate(ACTING))
