"""A page whose commits are gone says so and nothing else, keeps its number and its edits, and comes back with them."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest

from chronicles.documents.page import Page, Retired, load_page
from chronicles.documents.retired import keep_below
from chronicles.documents.series import Series

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import Ran, RepoBuilder

SETTINGS = 'series = "Tale"\nwriter = "plain"\nrepo_url = "https://github.com/example/tale"\n'
SENTENCE = {"claim": "", "section": "why", "persona": "claude", "writer": "plain", "wording": "It flew."}
GONE = "that this page told is no longer a step of the published branch."


@pytest.fixture
def tale(repo: RepoBuilder, run: Callable[..., Ran]) -> RepoBuilder:
    """Four commits with their pages."""
    repo.commit("feat: begin", {"chronicles.toml": SETTINGS})
    for name in ("one", "two", "three"):
        lines = "".join(f"def {name}_{n}(value):\n    return value + {n}\n\n\n" for n in range(9))
        repo.commit(f"feat: {name}\n\nBecause {name} was missing.", {f"{name}.py": lines})
    assert run(repo.path, "generate", "--all").code == 0
    return repo


def page(repo: RepoBuilder, number: int) -> Path:
    """The path of a page."""
    return repo.path / f"episodes/episode_{number:03d}.md"


def text(repo: RepoBuilder, number: int) -> str:
    """A page."""
    return page(repo, number).read_bytes().decode()


def add(repo: RepoBuilder, number: int, line: str) -> None:
    """Have a person write a line at the end of a page."""
    page(repo, number).write_text(text(repo, number) + f"\n{line}\n", encoding="utf-8")


def files(folder: Path) -> dict[str, tuple[bytes, int]]:
    """All files of a folder, and when each was written."""
    return {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.iterdir()}


def lost(repo: RepoBuilder, run: Callable[..., Ran]) -> str:
    """Take the last commit off the branch, and have its page retired; the commit."""
    sha = repo.head
    repo.git("reset", "-q", "--hard", "HEAD~1")
    done = run(repo.path, "generate")
    assert (done.code, done.err) == (0, "chronicles: 2 written, 0 unchanged, 1 retired.\n")
    return sha


def findings(repo: RepoBuilder, run: Callable[..., Ran], *options: str) -> list[tuple[str, str]]:
    """What verification says: kind and reason."""
    done = run(repo.path, "verify", "--json", *options)
    return [(one["kind"], one["why"]) for one in json.loads(done.out)["findings"]]


def test_a_lost_commit_leaves_a_notice(tale: RepoBuilder, run: Callable[..., Ran]) -> None:
    """The page says which commit it told and no more, its sidecar keeps the commit, and nothing leads to it."""
    sha = lost(tale, run)
    assert text(tale, 4) == (
        f'---\nschema: "chronicles.page/1"\nepisode: 4\ntitle: "Retired"\nretired: true\ninto: null\n'
        f'commits: ["{sha}"]\n---\n\n# Tale - Episode 4: "Retired"\n\n### 📊 Episode 4 of The Tale Chronicles\n\n'
        f"The commit `{sha[:7]}` {GONE}\n"
    )
    stored = load_page(page(tale, 4).with_suffix(".json"))
    assert stored.retired == Retired()
    assert stored.dossier.subject.commits == (sha,)
    assert (len(stored.dossier.ledger), stored.dossier.claims, stored.sentences, stored.links.earlier) == (
        0,
        (),
        (),
        {},
    )
    assert Page.from_json(stored.to_json()) == stored
    assert "episode_004" not in text(tale, 3)
    assert findings(tale, run) == []


def test_a_notice_is_written_once(tale: RepoBuilder, run: Callable[..., Ran]) -> None:
    """A run with nothing new changes no byte, and the number is not given to another story."""
    lost(tale, run)
    before = files(tale.path / "episodes")
    done = run(tale.path, "generate", "--all")
    assert (done.out, done.err) == ("", "chronicles: 0 written, 3 unchanged.\n")
    assert files(tale.path / "episodes") == before
    tale.commit("feat: four", {"four.py": "four = 4\n"})
    assert run(tale.path, "generate").out.split() == ["episodes/episode_003.md", "episodes/episode_005.md"]
    assert "[Four]" in text(tale, 3) or "(episode_005.md)" in text(tale, 3)
    assert load_page(page(tale, 5).with_suffix(".json")).links.previous == 3
    assert findings(tale, run) == []


def test_a_commit_that_comes_back_has_its_page_back(tale: RepoBuilder, run: Callable[..., Ran]) -> None:
    """After a reset to the reflog the page is what it was, byte for byte, sidecars too."""
    before = {name: octets for name, (octets, _) in files(tale.path / "episodes").items()}
    sha = lost(tale, run)
    tale.git("reset", "-q", "--hard", sha)
    done = run(tale.path, "generate", "--all")
    assert done.err == "chronicles: 2 written, 2 unchanged, 1 followed rewritten commits.\n"
    assert {name: octets for name, (octets, _) in files(tale.path / "episodes").items()} == before


def test_a_page_tells_what_it_went_into(tale: RepoBuilder, run: Callable[..., Ran]) -> None:
    """Where the commit went into another, the notice leads to it and to its episode, and follows it on."""
    tale.git("tag", "before")
    tale.git("reset", "-q", "--soft", "HEAD~2")
    squashed = tale.commit("feat: two\n\nBecause two was missing.", at="2024-01-01T15:00:00+00:00")
    run(tale.path, "generate")
    assert "retired: true" not in text(tale, 4), "a tag still leads to its commit"
    tale.git("tag", "-d", "before")
    run(tale.path, "generate")
    assert f"{GONE}\n" in text(tale, 4)
    folder = tale.path / "episodes"
    stored = load_page(folder / "episode_004.json")
    old = stored.dossier.subject.commits[0]
    wake = tale.path / ".git/chronicles-hook"
    (wake / "rewritten").mkdir(parents=True)
    (wake / "rewritten/1").write_text(f"{old} {squashed}\n", encoding="ascii")
    run(tale.path, "generate")
    link = f"[`{squashed[:7]}`](https://github.com/example/tale/commit/{squashed})"
    assert f"{GONE}\nIt went into {link}, which [episode 3](episode_003.md) tells.\n" in text(tale, 4)
    assert f'into: "{squashed}"' in text(tale, 4)
    assert findings(tale, run) == []
    again = tale.commit("feat: two\n\nSaid again.", at="2024-01-01T15:00:00+00:00")
    tale.git("reset", "-q", "--soft", "HEAD~2")
    again = tale.commit("feat: two\n\nSaid again.", at="2024-01-01T15:00:00+00:00")
    run(tale.path, "generate")
    assert f"[`{again[:7]}`]" in text(tale, 4)
    assert findings(tale, run) == []


def test_several_commits_are_named(tale: RepoBuilder, run: Callable[..., Ran]) -> None:
    """The notice of a group names its commits, of many the first and the last."""
    shas = [tale.commit(f"fix: {n}", {"n.txt": f"{n}\n"}, at=f"2024-02-01T1{n}:00:00Z") for n in range(6)]
    run(tale.path, "generate", "--group-by", "day")
    tale.git("reset", "-q", "--hard", "HEAD~6")
    run(tale.path, "generate")
    words = f"The commits from `{shas[0][:7]}` to `{shas[5][:7]}` that this page told are no longer steps of the"
    assert f"{words} published branch.\n" in text(tale, 5)
    assert findings(tale, run) == []


def test_what_people_wrote_stays(tale: RepoBuilder, run: Callable[..., Ran]) -> None:
    """Their lines stand below the notice in order, their front matter in the head, and come back with the page."""
    lines = text(tale, 4).split("\n")
    at = next(number for number, line in enumerate(lines) if line.startswith("### 🔗"))
    lines[at:at] = ["Grace was here.", "", "- and said", "- two things", ""]
    lines[2:2] = ["image: grace.png", "aliases:", "  - three"]
    lines = [line.replace("newly added, the count is", "by Grace, it is") for line in lines]
    page(tale, 4).write_text("\n".join(lines) + "\nThe end.\n", encoding="utf-8")
    sha = lost(tale, run)
    head, _, body = text(tale, 4).partition("---\n\n# ")
    assert "image: grace.png\naliases:\n  - three\n" in head
    _, _, below = body.partition(f"{GONE}\n")
    listed = "- and said\n- two things\n\nFor `three.py`, by Grace, it is 36 lines."
    assert below == f"\nGrace was here.\n\n{listed}\n\nThe end.\n"
    assert {kind for kind, _ in findings(tale, run)} == {"edited"}
    before = files(tale.path / "episodes")
    run(tale.path, "generate")
    assert files(tale.path / "episodes") == before
    assert run(tale.path, "adopt", "episodes/episode_004.md", "--name", "Grace").code == 1, (
        "front matter has no signature"
    )
    assert {kind for kind, why in findings(tale, run) if "Grace" in why} == {"external"}
    tale.git("reset", "-q", "--hard", sha)
    run(tale.path, "generate")
    assert "retired" not in text(tale, 4)
    for line in ("image: grace.png", "Grace was here.", "- two things", "it is 36 lines.", "The end."):
        assert line in text(tale, 4)


def test_lines_end_as_they_did() -> None:
    """A page with Windows' line ends keeps them; a person's key that ours has too goes below."""
    done = keep_below("---\r\ntitle: Mine\r\n---\r\nHello.\r\n", [], '---\ntitle: "Retired"\n---\n\n# T\n', {})
    assert done == '---\r\ntitle: "Retired"\r\n---\r\n\r\n# T\r\n\r\ntitle: Mine\r\n\r\nHello.\r\n'


def test_a_clone_verifies_it(tale: RepoBuilder, run: Callable[..., Ran], tmp_path: Path) -> None:
    """Where the commit was never fetched the page is right all the same, with its chart gone and without a cache."""
    lost(tale, run)
    tale.git("add", "-A")
    tale.commit("docs: pages")
    clone = tmp_path / "clone"
    tale.git("clone", "-q", f"file://{tale.path}", str(clone))
    done = run(clone, "verify", "--strict")
    assert (done.code, done.err) == (0, "chronicles: 4 pages verified: 0 false, 0 stale, 0 edited, 0 external.\n")


def test_a_page_that_should_tell_is_false(tale: RepoBuilder, run: Callable[..., Ran]) -> None:
    """Where its commit is a step after all, verification says so, on another branch more softly; `generate` helps."""
    sha = lost(tale, run)
    tale.git("switch", "-q", "-c", "older", sha)
    why = "its commit is a step of this branch; run `chronicles generate` on the published branch"
    assert findings(tale, run) == [("stale", why)]
    tale.git("switch", "-q", "--detach")
    assert findings(tale, run) == [("false", why)]
    tale.git("switch", "-q", "main")
    tale.git("reset", "-q", "--hard", sha)
    assert findings(tale, run) == [("false", why)]
    run(tale.path, "generate")
    assert findings(tale, run) == []


@pytest.mark.parametrize(
    ("was", "now", "kind", "why"),
    [
        (GONE, "that this page told made 40 percent.", "false", "a line of a retired page was changed or taken out"),
        (GONE, "", "false", "a line of a retired page was changed or taken out"),
        ("# Tale - Episode 4", "# Tale - Episode 5", "false", "a line of a retired page was changed or taken out"),
        (f"{GONE}\n", f"{GONE}\n\nFaster than ever.\n", "edited", "written by hand and not signed"),
        (f"{GONE}\n", f"{GONE}\n\nSo it is. <!-- by: Ada -->\n", "external", "signed by Ada; the commits"),
        (f"{GONE}\n", f"{GONE}\n\nIt is. <!-- claim: external seen -->\n", "external", "seen"),
        (f"{GONE}\n", f"{GONE}\n\n<div hidden>\n", "false", "raw HTML could hide what stands here"),
    ],
)
def test_what_a_page_must_not_say(
    tale: RepoBuilder, run: Callable[..., Ran], was: str, now: str, kind: str, why: str
) -> None:
    """Our lines are facts that nobody changes; a person's are unsigned, or theirs to answer for."""
    lost(tale, run)
    assert was in text(tale, 4)
    page(tale, 4).write_text(text(tale, 4).replace(was, now), encoding="utf-8")
    found = findings(tale, run)
    assert [one for one, _ in found] == [kind]
    assert found[0][1].startswith(why)
    if kind == "false" and "<div" not in now:
        run(tale.path, "verify", "--fix")
        assert was in text(tale, 4)
        assert "false" not in {one for one, _ in findings(tale, run)}


@pytest.mark.parametrize(
    ("was", "now", "why"),
    [
        ('"title": "Retired"', '"title": "A Triumph"', "the title of a retired page is 'Retired'"),
        ('"number": 4', '"number": 5', "the sidecar calls it episode 5"),
        ('"into": ""', f'"into": "{"ab" * 20}"', "what its commits went into is no step of this branch"),
        ('"rendered": "', '"rendered": "00000000 ', "the digests of rendered lines are not those of this page's"),
        ('"commits": ["', '"commits": [], "x": ["', "cannot be verified"),
        (
            '"sentences": [\n',
            f'"sentences": [\n{json.dumps(SENTENCE)}',
            "a retired page has no facts, no sentences and no",
        ),
    ],
)
def test_a_forged_sidecar(tale: RepoBuilder, run: Callable[..., Ran], was: str, now: str, why: str) -> None:
    """A sidecar that calls its page retired has to be that of a retired page."""
    lost(tale, run)
    sidecar = page(tale, 4).with_suffix(".json")
    assert was in sidecar.read_text(encoding="utf-8")
    sidecar.write_text(sidecar.read_text(encoding="utf-8").replace(was, now), encoding="utf-8")
    assert [reason for kind, reason in findings(tale, run) if kind == "false" and reason.startswith(why)]


def test_retirement_is_no_way_around(tale: RepoBuilder, run: Callable[..., Ran]) -> None:
    """A page that calls itself retired, or made by a template that is gone, may still say nothing else."""
    lost(tale, run)
    sidecar = page(tale, 4).with_suffix(".json")
    stored = load_page(sidecar)
    words = text(tale, 4) + "\nForty-two percent faster, at 99 tokens.\n"
    from chronicles.documents.edits import digests  # noqa: PLC0415 - what a forger would use

    forged = {"rendered": " ".join(digests(words))}
    page(tale, 4).write_text(words, encoding="utf-8")
    value = sidecar.read_text(encoding="utf-8")
    sidecar.write_text(value.replace(" ".join(stored.rendered), forged["rendered"]), encoding="utf-8")
    assert ("false", "no retired page says this") in findings(tale, run)
    sidecar.write_text(
        value.replace(" ".join(stored.rendered), forged["rendered"]).replace(stored.made_by["template"], "0" * 12),
        encoding="utf-8",
    )
    assert ("false", "nothing bears out 99") in findings(tale, run)


def test_a_template_of_ones_own(tale: RepoBuilder, run: Callable[..., Ran]) -> None:
    """A folder with a template for episodes alone changes nothing of a notice; one for notices does, and ages it."""
    sha = lost(tale, run)
    (tale.path / "templates").mkdir()
    (tale.path / "templates/episode.md.jinja").write_text("# {{ number }}\n", encoding="utf-8")
    assert [one for one in findings(tale, run, "episodes/episode_004.md") if one[0] != "external"] == []
    (tale.path / "templates/retired.md.jinja").write_text("Gone: {{ commits }}\n", encoding="utf-8")
    assert findings(tale, run, "episodes/episode_004.md") == [
        ("stale", "made by another version of the template of retired pages")
    ]
    run(tale.path, "verify", "--fix", "episodes/episode_004.md")
    assert text(tale, 4).endswith(f"---\n\nGone: `{sha[:7]}`\n")
    assert findings(tale, run, "episodes/episode_004.md") == []


def test_a_notice_can_be_removed(tale: RepoBuilder, run: Callable[..., Ran]) -> None:
    """It is a page like any other: taken out for good, its commit is not told again when it comes back."""
    sha = lost(tale, run)
    assert run(tale.path, "remove", "episode_004").code == 0
    tale.git("reset", "-q", "--hard", sha)
    done = run(tale.path, "generate")
    assert "1 left out (removed by `chronicles remove`)" in done.err
    assert not page(tale, 4).exists()


def test_the_series_knows_it(tale: RepoBuilder, run: Callable[..., Ran]) -> None:
    """A retired page has its number and tells no commit: nobody's neighbour, and no problem beside another's page."""
    sha = lost(tale, run)
    folder = tale.path / "episodes"
    for suffix in (".md", ".json"):
        shutil.copy(folder / f"episode_004{suffix}", folder / f"episode_005{suffix}")
        both = (folder / f"episode_005{suffix}").read_text(encoding="utf-8")
        both = both.replace("episode: 4", "episode: 5").replace('"number": 4', '"number": 5')
        (folder / f"episode_005{suffix}").write_text(both, encoding="utf-8")
    series = Series(folder)
    entry = series.by_number(4)
    assert entry is not None
    assert (entry.retired, entry.retired_into, entry.commits) == (True, "", (sha,))
    assert series.by_commit(sha) is None
    assert series.neighbours(3)[1] is None
    assert series.next_number() == 6
    assert series.problems == []
