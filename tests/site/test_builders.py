"""The builders: what mkdocs.yml must say, what is said where something is absent, and serving."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.error import URLError
from urllib.request import urlopen

import pytest
import yaml

from chronicles.site import builders
from chronicles.site.builders import FOLDER, settings_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.conftest import Ran, RepoBuilder

ROOT = Path(__file__).parents[2]


def test_this_repository_has_the_settings_of_init() -> None:
    """The mkdocs.yml at the root is the one that `init` writes, with a name and an address."""
    wanted = settings_text("The Chimera Chronicles", "http://127.0.0.1:8000/")
    assert (ROOT / "mkdocs.yml").read_text("utf-8") == wanted
    assert yaml.safe_load(settings_text('"A"'))["site_name"] == "A"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("src/click/_termui_impl.py", ["src", "click", "_termui_impl.py"]),
        ("`core/a.spec.ts`, 3", ["core", "a.spec.ts", "3"]),
        ("Option._validate(1.5)", ["Option", "_validate", "1.5"]),
        ("It ends. Then [on].", ["It", "ends", "Then", "on"]),
    ],
)
def test_search_knows_names(text: str, words: list[str]) -> None:
    """A file's name is one word: its end alone is half of every title that names a file."""
    separator = yaml.safe_load(settings_text('"A"'))["plugins"][0]["search"]["separator"]
    assert [word for word in re.split(separator, text, flags=re.IGNORECASE) if word] == words


@pytest.mark.parametrize("absent", ["mkdocs", "zensical"])
def test_an_absent_extra_is_named(
    saga: RepoBuilder, run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch, absent: str
) -> None:
    """Without a builder the command that installs it is said, and nothing is staged."""
    found = builders.find_spec
    monkeypatch.setattr(builders, "find_spec", lambda name: None if name == absent else found(name))
    done = run(saga.path, "site", "build", "--builder", absent)
    assert done.code == 2
    assert f"{absent} is not installed" in done.err
    assert "python -m pip install 'chimera-chronicles[site]'" in done.err
    assert not (saga.path / ".chronicles").exists()


def test_staging_needs_no_builder(saga: RepoBuilder) -> None:
    """Pages are staged where neither builder nor Python-Markdown is installed."""
    code = (
        "import sys\nfor name in ('mkdocs', 'zensical', 'markdown', 'material'):\n    sys.modules[name] = None\n"
        "sys.argv = ['chronicles', 'site', 'stage']\nfrom chronicles.cli import main\nmain()\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=saga.path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert (saga.path / FOLDER / "index.md").is_file()


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (None, "is not there. `chronicles init` writes one"),
        ("site_name: x\ndocs_dir: docs\n", "`docs_dir` is another folder than the staged pages'; set"),
        ("site_name: x\n", "docs_dir"),
        ("site_name: [\n", "cannot be used"),
        (f"site_name: x\ndocs_dir: {FOLDER}\nsite_dir: {FOLDER}/x\n", "cannot be used"),
        (f"docs_dir: {FOLDER}\n", "cannot be used"),
    ],
)
def test_settings_that_build_nothing_are_refused(
    saga: RepoBuilder, run: Callable[..., Ran], settings: str | None, said: str
) -> None:
    """A mkdocs.yml that is not there, is none or builds other pages is named, with what to do."""
    if settings is not None:
        (saga.path / "mkdocs.yml").write_text(settings, "utf-8")
    done = run(saga.path, "site", "build")
    assert done.code == 2
    assert "mkdocs.yml" in done.err
    assert said in done.err
    assert not (saga.path / "site").exists()


def test_a_folder_that_is_not_ours_is_left_alone(saga: RepoBuilder) -> None:
    """Plain MkDocs with the plugin and another `docs_dir` ends with an error, and deletes nothing there."""
    (saga.path / "docs").mkdir(exist_ok=True)
    (saga.path / "docs" / "mine.md").write_text("# Mine\n", "utf-8")
    (saga.path / "mkdocs.yml").write_text("site_name: x\nplugins: [chronicles]\n", "utf-8")
    call = [sys.executable, "-P", "-m", "mkdocs", "build", "-q"]
    done = subprocess.run(call, cwd=saga.path, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert f"set `docs_dir: {FOLDER}`" in done.stderr
    assert (saga.path / "docs" / "mine.md").is_file()


def test_a_user_of_their_own_settings_needs_no_plugin(saga: RepoBuilder, run: Callable[..., Ran]) -> None:
    """Where mkdocs.yml does not name the plugin, the command publishes all the same."""
    (saga.path / "mkdocs.yml").write_text(f"site_name: x\ndocs_dir: {FOLDER}\nplugins: []\n", "utf-8")
    done = run(saga.path, "site", "build")
    assert done.code == 0
    assert "names no `site_url`" in done.err
    assert (saga.path / "site" / "feed.xml").is_file()


def test_strict_is_handed_on(saga: RepoBuilder, run: Callable[..., Ran]) -> None:
    """With `--strict` a warning of the builder ends the build with 1."""
    text = settings_text("x").replace("  - Home: index.md", "  - Home: index.md\n  - Gone: gone.md")
    (saga.path / "mkdocs.yml").write_text(text, "utf-8")
    assert run(saga.path, "site", "build").code == 0
    assert run(saga.path, "site", "build", "--strict").code == 1


def test_a_file_of_the_repository_is_no_module(saga: RepoBuilder, run: Callable[..., Ran]) -> None:
    """A file that is called like a library does not run when the site is built."""
    assert run(saga.path, "init").code == 0
    for name in ("mkdocs", "yaml", "markdown", "zensical"):
        (saga.path / f"{name}.py").write_text("raise SystemExit('it ran')\n", "utf-8")
    assert run(saga.path, "site", "build").code == 0
    assert run(saga.path, "site", "build", "--builder", "zensical").code == 0


def test_a_bare_repository_has_no_site(make_repo: Callable[..., RepoBuilder], run: Callable[..., Ran]) -> None:
    """A repository without a work tree is refused with a sentence."""
    done = run(make_repo("bare.git", bare=True).path, "site", "stage")
    assert done.code == 2
    assert "run this in a clone of it" in done.err


@pytest.fixture
def port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@pytest.fixture
def served(saga: RepoBuilder, run: Callable[..., Ran], port: int) -> Iterator[Callable[[str], str]]:
    """Serve the site by a builder, and give what its address is."""
    assert run(saga.path, "init").code == 0
    text = re.sub(
        r"(?m)^# site_url.*$", "site_url: https://x.example/sub/path/", (saga.path / "mkdocs.yml").read_text()
    )
    (saga.path / "mkdocs.yml").write_text(text, "utf-8")
    child: list[subprocess.Popen[bytes]] = []

    def serve(builder: str) -> str:
        call = [sys.executable, "-m", "chronicles", "site", "serve", "--builder", builder]
        call += ["--address", f"127.0.0.1:{port}"]
        with (saga.path.parent / "served.log").open("wb") as log:
            child.append(subprocess.Popen(call, cwd=saga.path, start_new_session=True, stderr=log))
        return f"http://127.0.0.1:{port}/sub/path/"

    yield serve
    for one in child:
        os.killpg(one.pid, signal.SIGINT)
        one.wait(30)


def fetched(address: str, holds: str, *, wait_sec: float = 60.0) -> bytes:
    """What an address answers, once it answers with something."""
    deadline = time.monotonic() + wait_sec
    text = b""
    while time.monotonic() < deadline:
        try:
            with urlopen(address, timeout=5) as answer:  # noqa: S310 - this machine
                text = answer.read()
        except (URLError, OSError):
            text = b""
        if holds.encode() in text:
            return text
        time.sleep(0.2)
    raise AssertionError(f"{address} has no {holds!r}: {text[:300]!r}")


@pytest.mark.parametrize("builder", builders.BUILDERS)
def test_a_site_is_served(
    saga: RepoBuilder, run: Callable[..., Ran], served: Callable[[str], str], builder: str
) -> None:
    """Pages and what lies beside them are served under the sub-path, and a new episode shows up by itself."""
    address = served(builder)
    if builder == "zensical":
        address = address.removesuffix("sub/path/")
    fetched(address, "The Saga Chronicles")
    fetched(f"{address}feed.xml", "<rss")
    fetched(f"{address}episodes/episode_002.json", "chronicles.dossier/1")
    saga.commit("feat: the very latest news", {"news.txt": "news\n"})
    assert run(saga.path, "generate").code == 0
    number = max(int(one.stem.partition("_")[2]) for one in (saga.path / "episodes").glob("*.md"))
    fetched(f"{address}episodes/episode_{number:03d}/", "the very latest news")
    fetched(f"{address}feed.xml", "the very latest news")
    readme, settings = saga.path / "README.md", saga.path / "pyproject.toml"
    readme.write_text("# Saga\n\nA word more.\n", "utf-8")
    fetched(f"{address}about/", "A word more.")
    right = settings.read_text("utf-8")
    settings.write_text(f"{right}\ncast = [", "utf-8")
    readme.write_text("# Saga\n\nThe last word.\n", "utf-8")
    fetched(f"{address}about/", "A word more.")
    settings.write_text(right, "utf-8")
    fetched(f"{address}about/", "The last word.")


def test_a_site_whose_build_fails_is_served_still(saga: RepoBuilder, served: Callable[[str], str]) -> None:
    """Where mkdocs.yml has a mistake, the last site answers, what failed is said, and the next build is seen."""
    address = served("mkdocs")
    fetched(address, "The Saga Chronicles")
    settings, log = saga.path / "mkdocs.yml", saga.path.parent / "served.log"
    right = settings.read_text("utf-8")
    settings.write_text(f"{right}\nnav: [\n", "utf-8")
    deadline = time.monotonic() + 60
    while "error parsing" not in log.read_text("utf-8") and time.monotonic() < deadline:
        time.sleep(0.2)
    assert "the site stays as it was: " in log.read_text("utf-8")
    fetched(address, "The Saga Chronicles", wait_sec=20)
    settings.write_text(right.replace("The Saga Chronicles", "Sagas"), "utf-8")
    fetched(address, "Sagas")
