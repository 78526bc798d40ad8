"""Building by real builders: what lies beside the pages, the same from run to run, and nothing of what was removed."""

from __future__ import annotations

import gzip
import json
import re
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from chronicles.site.address import Address
from chronicles.site.policy import inline_scripts

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import Ran, RepoBuilder

SITE = "https://saga.example/told/stories/"
BUILDERS = ("mkdocs", "zensical")
PUBLISHED = {"feed.xml", "atom.xml", "feed.json", "llms.txt", "sitemap.xml", "sitemap.xml.gz", "_headers"}


def settle(repo: RepoBuilder, run: Callable[..., Ran], address: str = SITE) -> None:
    """Give a repository what a site needs, at an address with a sub-path."""
    assert run(repo.path, "init").code == 0
    settings = repo.path / "mkdocs.yml"
    text = re.sub(r"(?m)^# site_url:.*$", f"site_url: {address}" if address else "", settings.read_text("utf-8"))
    settings.write_text(text, "utf-8")


def files(folder: Path) -> dict[str, bytes]:
    """All files of a folder."""
    found = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


@pytest.mark.parametrize("builder", BUILDERS)
def test_a_site_is_built(saga: RepoBuilder, run: Callable[..., Ran], builder: str) -> None:
    """Both builders build from the mkdocs.yml of `init`, and what programs read lies beside the pages."""
    settle(saga, run)
    assert run(saga.path, "patch", "v1.0~6..v1.0", "--no-check").code == 0
    done = run(saga.path, "site", "build", "--builder", builder, "--strict")
    assert (done.code, done.out) == (0, f"{saga.path}/site\n"), done.err
    built = files(saga.path / "site")
    assert built.keys() >= PUBLISHED
    assert {"index.html", "episodes/episode_002/index.html", "patches/patch_1/index.html"} <= built.keys()
    assert {"about/index.html", "docs/index.html", "method/index.html"} <= built.keys()
    stored = json.loads((saga.path / "episodes" / "episode_002.json").read_bytes())
    assert json.loads(built["episodes/episode_002.json"]) == stored["dossier"]
    assert json.loads(built["patches/patch_1.json"])["schema"] == "chronicles.dossier/1"
    for file in ("feed.xml", "atom.xml", "feed.json"):
        assert f'href="{file}"'.encode() in built["index.html"].partition(b"</head>")[0]


@pytest.mark.parametrize("builder", BUILDERS)
def test_what_is_listed_is_there(saga: RepoBuilder, run: Callable[..., Ran], builder: str) -> None:
    """Each address in the site map, the feeds and llms.txt is that of a file of the site, under its sub-path."""
    settle(saga, run)
    assert run(saga.path, "site", "build", "--builder", builder).code == 0
    site = saga.path / "site"
    for file in ("sitemap.xml", "feed.xml", "atom.xml", "feed.json", "llms.txt"):
        listed = re.findall(re.escape(SITE) + r"[^\s<>\"')\]]*", (site / file).read_text("utf-8"))
        assert len(listed) > 15, file
        for address in listed:
            place = site / address.removeprefix(SITE)
            assert (place / "index.html" if address.endswith("/") else place).is_file(), f"{file}: {address}"


def test_the_site_map_has_the_commits_dates(saga: RepoBuilder, run: Callable[..., Ran]) -> None:
    """A page's date is that of the newest commit it tells; documentation has none."""
    settle(saga, run)
    assert run(saga.path, "site", "build").code == 0
    plan = (saga.path / "site" / "sitemap.xml").read_bytes()
    assert gzip.decompress((saga.path / "site" / "sitemap.xml.gz").read_bytes()) == plan
    space = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
    dates = {
        one.findtext(f"{space}loc"): one.findtext(f"{space}lastmod")
        for one in ET.fromstring(plan)  # noqa: S314 - our own
    }
    newest = saga.git("log", "-1", "--format=%aI", "--date=iso-strict", "HEAD")
    first = saga.git("rev-list", "--max-parents=0", "HEAD")
    assert dates[f"{SITE}episodes/episode_001/"] == saga.git("log", "-1", "--format=%aI", first)
    assert dates[SITE] == newest
    assert dates[f"{SITE}docs/"] is None
    pages = [name for name in files(saga.path / "site") if name.endswith("index.html")]
    assert len(dates) == len(pages)


@pytest.mark.parametrize("builder", BUILDERS)
def test_a_rerun_gives_the_same_bytes(saga: RepoBuilder, run: Callable[..., Ran], tmp_path: Path, builder: str) -> None:
    """In another folder and at another time the staged pages are the same to the byte, and what is published."""
    settle(saga, run)
    assert run(saga.path, "site", "build", "--builder", builder).code == 0
    before = files(saga.path / "site")
    staged = files(saga.path / ".chronicles" / "pages")
    other = tmp_path / "other"
    subprocess.run(["git", "clone", "-q", saga.path, other], check=True)
    for name in ("episodes", "mkdocs.yml", ".chronicles/pages/.gitignore"):
        place = other / name
        place.parent.mkdir(parents=True, exist_ok=True)
        (shutil.copytree if (saga.path / name).is_dir() else shutil.copyfile)(saga.path / name, place)
    assert run(other, "site", "build", "--builder", builder).code == 0
    assert files(other / ".chronicles" / "pages") == staged
    after = files(other / "site")
    ours = [name for name in before if name in PUBLISHED or name.endswith(".json")]
    assert len(ours) > 25
    assert {name for name in ours if after.get(name) != before[name]} == set()


@pytest.mark.parametrize("builder", BUILDERS)
def test_what_was_removed_is_gone(saga: RepoBuilder, run: Callable[..., Ran], builder: str) -> None:
    """A page that was taken out for good is in no page, feed, list, search index or dossier any more."""
    settle(saga, run)
    title = json.loads((saga.path / "episodes" / "episode_005.json").read_bytes())["episode"]["title"]
    words = (b"episode_005", b"how to tell a story")
    assert run(saga.path, "site", "build", "--builder", builder).code == 0
    before = files(saga.path / "site")
    assert {"episodes/episode_005/index.html", "episodes/episode_005.json"} <= before.keys()
    assert any(name.endswith(".json") and "search" in name and title.encode() in text for name, text in before.items())
    assert run(saga.path, "remove", "episode_005").code == 0
    assert run(saga.path, "site", "build", "--builder", builder).code == 0
    after = files(saga.path / "site")
    assert not [name for name in after if "episode_005" in name]
    left = {name for name, text in after.items() if any(word in text for word in (*words, title.encode()))}
    assert left == set()


def test_plain_builders_do_the_same(saga: RepoBuilder, run: Callable[..., Ran]) -> None:
    """Plain `mkdocs build` makes the site that `chronicles site build` makes, from a fresh clone too."""
    settle(saga, run)
    assert run(saga.path, "site", "build").code == 0
    before = files(saga.path / "site")
    shutil.rmtree(saga.path / "site")
    shutil.rmtree(saga.path / ".chronicles" / "pages" / "episodes")
    subprocess.run([sys.executable, "-P", "-m", "mkdocs", "build", "-q"], cwd=saga.path, check=True)
    after = files(saga.path / "site")
    assert after.keys() == before.keys()
    assert {name for name in after if after[name] != before[name] and name not in PUBLISHED} == set()


@pytest.mark.parametrize("builder", BUILDERS)
def test_the_policy_allows_the_theme_alone(saga: RepoBuilder, run: Callable[..., Ran], builder: str) -> None:
    """Each inline script of each page has its digest in the policy, and there are no more than the theme's."""
    import base64  # noqa: PLC0415 - one test asks
    import hashlib  # noqa: PLC0415 - as above

    settle(saga, run)
    assert run(saga.path, "site", "build", "--builder", builder).code == 0
    allowed = set(re.findall(r"'sha256-([^']+)'", (saga.path / "site" / "_headers").read_text("utf-8")))
    used = set()
    for path in (saga.path / "site").rglob("*.html"):
        for script in inline_scripts(path.read_text("utf-8")):
            used.add(base64.b64encode(hashlib.sha256(script.encode()).digest()).decode())
    assert used
    assert used <= allowed
    scripts = (saga.path / "site" / "_headers").read_text("utf-8").partition("script-src")[2].partition(";")[0]
    assert "unsafe" not in scripts


def test_a_sidecar_laid_out_anew_is_read(saga: RepoBuilder, run: Callable[..., Ran]) -> None:
    """A dossier is published whoever laid its sidecar out."""
    settle(saga, run)
    sidecar = saga.path / "episodes" / "episode_003.json"
    stored = json.loads(sidecar.read_bytes())
    sidecar.write_text(json.dumps(stored, indent=2, sort_keys=True), "utf-8")
    assert run(saga.path, "site", "build").code == 0
    assert json.loads((saga.path / "site" / "episodes" / "episode_003.json").read_bytes()) == stored["dossier"]


def test_pages_can_be_files(saga: RepoBuilder, run: Callable[..., Ran]) -> None:
    """Without folders for pages, feeds and site map name the files that a builder makes then."""
    settle(saga, run)
    settings = saga.path / "mkdocs.yml"
    settings.write_text(settings.read_text("utf-8").replace("use_directory_urls: true", "use_directory_urls: false"))
    assert run(saga.path, "site", "build").code == 0
    plan = (saga.path / "site" / "sitemap.xml").read_text("utf-8")
    assert f"<loc>{SITE}episodes/episode_001.html</loc>" in plan
    for address in re.findall(r"<loc>([^<]*)</loc>", plan):
        path = address.removeprefix(SITE)
        assert (saga.path / "site" / (f"{path}index.html" if not path or path.endswith("/") else path)).is_file(), path


@pytest.mark.parametrize(
    ("address", "page", "wanted"),
    [
        (Address("https://x.example"), "index.md", "https://x.example/"),
        (Address("https://x.example/a/"), "docs/index.md", "https://x.example/a/docs/"),
        (Address("https://x.example/a"), "docs/b c.md", "https://x.example/a/docs/b%20c/"),
        (Address("https://x.example/a", folders=False), "docs/b.md", "https://x.example/a/docs/b.html"),
        (Address("https://x.example/a", folders=False), "docs/index.md", "https://x.example/a/docs/index.html"),
        (Address(), "episodes/index.md", "episodes/"),
    ],
)
def test_addresses(address: Address, page: str, wanted: str) -> None:
    """Where a builder puts a page, with and without folders, under a sub-path and relative."""
    assert address.page(page) == wanted
