"""A published document says what it said before; a draft, a new layout and a moved line correct nothing."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from chronicles.commands.session import Session
from chronicles.documents.corrections import _changes, _is_said, _shortened, _words, shown
from chronicles.documents.edits import digests
from chronicles.documents.forge import Forge
from chronicles.documents.page import Correction, load_page

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import Ran, RepoBuilder


def _publish(repo: RepoBuilder, run: Callable[..., Ran], *options: str) -> Path:
    """A document whose checks have not run; when they do, two of its lines change."""
    repo.commit("feat: begin", {"a.py": "A = 1\n", "README.md": "# It\n"})
    repo.tag("v1.0")
    checks = '[tool.chronicles.checks]\ntests = "true"\ndocs = "false"\n'
    repo.commit("feat: add b", {"b.py": "B = 1\n", "pyproject.toml": checks}, at="2024-03-04T23:30:00-05:00")
    assert run(repo.path, "patch", "--no-check", *options).code == 0
    return repo.path / "patches/patch_1.md"


def _forge(page: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """Change a document's state in its sidecar, and page and digests to fit, as a forger would."""
    sidecar = page.with_suffix(".json")
    lines = sidecar.read_text(encoding="utf-8").split("\n")
    about = json.loads("{" + lines[1].rstrip(",") + "}")
    change(about["episode"]["patch"])
    lines[1] = f'"episode": {json.dumps(about["episode"])},'
    sidecar.write_text("\n".join(lines), encoding="utf-8")
    with Session(page.parent.parent) as session:
        text = session.patch_press().render(load_page(sidecar))
    page.write_text(text, encoding="utf-8")
    stored = re.sub(r'"rendered": "[^"]*"', f'"rendered": "{" ".join(digests(text))}"', sidecar.read_text("utf-8"))
    sidecar.write_text(stored, encoding="utf-8")


def test_a_published_document_is_corrected_visibly_and_once(repo: RepoBuilder, run: Callable[..., Ran]) -> None:
    """Each line that says something else has a correction of the day and commit of HEAD; verify holds them true."""
    page = _publish(repo, run, "--status", "completed")
    before = page.read_text("utf-8")
    assert "## Corrections" not in before
    head = repo.commit("docs: later", {"later.md": "# Later\n"}, at="2024-05-06T23:30:00-05:00")
    told = run(repo.path, "patch", "--check", "v1.0..HEAD~1")
    assert "2 corrected visibly" in told.err
    text = page.read_text("utf-8")
    corrections = [line for line in text.split("\n") if line.startswith("- **2024-05-07**, at ")]
    assert len(corrections) == 2
    assert f"- **2024-05-07**, at `{head[:7]}`: “\\[ ] tests: true not run” is now “\\[x] tests: true passed" in text
    assert run(repo.path, "verify").code == 0
    again = run(repo.path, "patch", "v1.0..HEAD~1")
    assert page.read_text("utf-8") == text
    assert "unchanged" in again.err


def test_a_draft_is_rewritten_in_silence(repo: RepoBuilder, run: Callable[..., Ran]) -> None:
    """Nobody was promised anything by a draft."""
    page = _publish(repo, run)
    run(repo.path, "patch", "--check")
    text = page.read_text("utf-8")
    assert "[x] `tests`" in text
    assert "Corrections" not in text


def test_going_on_to_released_corrects_nothing_and_going_back_does(repo: RepoBuilder, run: Callable[..., Ran]) -> None:
    """A document goes from completed to released; back again is a correction, and a draft it never is again."""
    page = _publish(repo, run, "--status", "completed")
    run(repo.path, "patch", "--no-check", "--status", "released")
    assert "Corrections" not in page.read_text("utf-8")
    assert "**Status:** Released" in page.read_text("utf-8")
    run(repo.path, "patch", "--no-check", "--status", "completed")
    assert "“Status: Released” is now “Status: Completed”" in page.read_text("utf-8")
    before = page.read_bytes()
    refused = run(repo.path, "patch", "--no-check", "--status", "draft")
    assert refused.code == 2
    assert "completed, so people may have read it" in refused.err
    assert page.read_bytes() == before
    assert run(repo.path, "verify").code == 0


def test_a_new_layout_corrects_nothing(repo: RepoBuilder, run: Callable[..., Ran]) -> None:
    """Both renderings are made by today's template, so what only looks otherwise is no correction."""
    page = _publish(repo, run, "--status", "released")
    templates = repo.path / "templates"
    templates.mkdir()
    source = (_built_in() / "patch.md.jinja").read_text("utf-8")
    (templates / "patch.md.jinja").write_text(source.replace("## Overview", "## In Short"), encoding="utf-8")
    told = run(repo.path, "patch", "--no-check")
    assert told.code == 0
    text = page.read_text("utf-8")
    assert "## In Short" in text
    assert "Corrections" not in text


def test_mending_corrects_visibly_too(repo: RepoBuilder, run: Callable[..., Ran]) -> None:
    """`verify --fix` of a page that newer records make stale leaves the same dated lines."""
    page = _publish(repo, run, "--status", "released")
    # Another document of the same tree has the checks run, and their records are there for both.
    assert run(repo.path, "patch", "--check", "--output", str(repo.path / "elsewhere")).code == 0
    assert run(repo.path, "verify", "--fix").code == 0
    assert "[x] `tests`" in page.read_text("utf-8")
    assert page.read_text("utf-8").count("is now “") == 2


def _append(patch: dict[str, Any], **values: Any) -> bool:
    """One more correction of the time of the last one."""
    patch["corrections"].append(patch["corrections"][-1] | values)
    return True


def _count(patch: dict[str, Any]) -> bool:
    return _append(patch, was="", now="", more=1)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda patch: patch["corrections"][0].update(was="tests: true failed"), None),
        (lambda patch: patch["corrections"][0].update(now="[x] tests: true passed well"), "the document says this"),
        (lambda patch: patch["corrections"][0].update(now=patch["corrections"][0]["was"]), "what it said"),
        (lambda patch: patch["corrections"][0].update(was="Coverage"), "no longer says"),
        (lambda patch: patch["corrections"][0].update(was="two\nlines"), "none that a line has"),
        (lambda patch: patch["corrections"][0].update(was="long " * 60), "longer than any"),
        (lambda patch: patch["corrections"][0].update(day="2024-01-01"), "its commit is of"),
        (lambda patch: patch["corrections"][0].update(sha="0" * 40), "does not have its commit"),
        (lambda patch: patch["corrections"][0].update(sha="`<b>"), "names no commit"),
        (lambda patch: patch["corrections"][0].update(more=3), "counts lines and shows one"),
        (lambda patch: patch["corrections"][0].update(now="All is well", layout=""), "names no layout"),
        (lambda patch: patch["corrections"][0].update(now="All is well", layout="evil 99"), "names no layout"),
        (lambda patch: patch["corrections"][0].update(was="x y", now="…1…"), "the document says this"),
        (lambda patch: _append(patch, was="", now="", more=999_999), "counted only after 12"),
        (lambda patch: _append(patch, was="", now="All is well") and _append(patch, was="", more=1), "says this"),
        (lambda patch: [_append(patch, was="", now="All is well") for _ in range(12)] + [_count(patch)], "says this"),
        (lambda patch: patch.update(corrections=[], status="draft", title="x" * 200), "no longer"),
        (lambda patch: patch.update(status="draft"), "a draft is not corrected"),
        (lambda patch: patch.update(title="two\nlines"), "one line"),
    ],
)
def test_a_forged_correction_is_found(
    repo: RepoBuilder, run: Callable[..., Ran], change: Callable[[dict[str, Any]], None], why: str | None
) -> None:
    """Whatever cannot have been corrected so is false; what a line said once, only the two files' own history tells."""
    page = _publish(repo, run, "--status", "released")
    run(repo.path, "patch", "--check")
    assert run(repo.path, "verify").code == 0
    _forge(page, change)
    found = run(repo.path, "verify")
    assert (found.code == 1) == (why is not None), found.out
    assert why is None or re.search(why, found.out), found.out


def test_a_correction_by_another_layout_is_stale_until_it_is_held_anew(
    repo: RepoBuilder, run: Callable[..., Ran]
) -> None:
    """Nothing holds it, so --strict counts it; written anew it is held by today's layout, which a lie never is."""
    page = _publish(repo, run, "--status", "released")
    run(repo.path, "patch", "--check")
    _forge(page, lambda patch: [one.update(layout="1 0123456789ab") for one in patch["corrections"]])
    assert run(repo.path, "verify").code == 0
    strict = run(repo.path, "verify", "--strict")
    assert strict.code == 1
    assert "a correction by another layout" in strict.out
    assert run(repo.path, "patch").code == 0
    assert run(repo.path, "verify", "--strict").code == 0
    _forge(page, lambda patch: [one.update(layout="1 0123456789ab", now="All is well") for one in patch["corrections"]])
    run(repo.path, "patch")
    assert run(repo.path, "verify", "--strict").code == 1


def test_what_nothing_speaks_for_is_listed(repo: RepoBuilder, run: Callable[..., Ran]) -> None:
    """A line that was taken back and is like none of the document is listed as what no repository can prove."""
    page = _publish(repo, run, "--status", "released")
    run(repo.path, "patch", "--check")
    assert "external" not in run(repo.path, "verify").out
    _forge(page, lambda patch: _append(patch, was="Two users lost all they had", now=""))
    listed = run(repo.path, "verify", "--strict")
    assert listed.code == 0
    assert re.search("external: a correction quotes it.*\n *page: *Two users lost", listed.out), listed.out


def test_of_many_changes_those_of_corrected_lines_are_shown(repo: RepoBuilder, run: Callable[..., Ran]) -> None:
    """The last word on a line is never among those that are only counted, and long lines are quoted as they were."""
    names = [f"check{number:02d}" for number in range(29)]
    words = "echo " + " ".join(f"word{number}" for number in range(40))
    settings = "[tool.chronicles.checks]\n" + "".join(f'{name} = "{words} {name}"\n' for name in names)
    repo.commit("feat: begin", {"a.py": "A = 1\n"})
    repo.tag("v1.0")
    repo.commit("feat: add b", {"b.py": "B = 1\n"})
    begin = '[tool.chronicles.checks]\nlast = "true"\n'
    (repo.path / "pyproject.toml").write_text(begin, encoding="utf-8")
    assert run(repo.path, "patch", "--no-check", "--status", "released").code == 0
    page = repo.path / "patches/patch_1.md"
    (repo.path / "pyproject.toml").write_text(f'{settings}last = "true"\n', encoding="utf-8")
    assert run(repo.path, "patch", "v1.0..HEAD", "--no-check").code == 0
    assert "17 more lines changed" in page.read_text("utf-8")
    assert run(repo.path, "verify", "--strict").code == 0
    other = settings.replace("word7", "word77").replace("check00", "check99")
    (repo.path / "pyproject.toml").write_text(other, encoding="utf-8")
    assert run(repo.path, "patch", "v1.0..HEAD", "--no-check").code == 0
    found = run(repo.path, "verify", "--strict")
    assert (found.code, found.out) == (0, ""), page.read_text("utf-8")


def test_a_commit_before_the_range_corrects_nothing(repo: RepoBuilder, run: Callable[..., Ran]) -> None:
    """A correction cannot be older than what it corrects."""
    page = _publish(repo, run, "--status", "released")
    run(repo.path, "patch", "--check")
    base = repo.git("rev-parse", "v1.0")
    _forge(page, lambda patch: patch["corrections"][0].update(sha=base, day="2024-01-01"))
    found = run(repo.path, "verify")
    assert "older than the range" in found.out


def test_a_correction_cannot_be_taken_off_its_page(repo: RepoBuilder, run: Callable[..., Ran]) -> None:
    """Deleted or reworded by hand, and signed, it is still missing."""
    page = _publish(repo, run, "--status", "released")
    run(repo.path, "patch", "--check")
    lines = page.read_text("utf-8").split("\n")
    at = next(number for number, line in enumerate(lines) if "tests: true not run" in line)
    for edited in ([*lines[:at], *lines[at + 1 :]], [*lines[:at], "- All went well.", *lines[at + 1 :]]):
        page.write_text("\n".join(edited), encoding="utf-8")
        run(repo.path, "adopt", str(page), "--name", "Ann")
        found = run(repo.path, "verify")
        assert found.code == 1, found
        assert "false" in found.out


def test_many_corrections_of_one_time_are_counted() -> None:
    """A dozen are shown; how the others are told is one line."""
    more = Correction("2024-01-01", "a" * 40, "", "", more=8)
    assert shown(more, Forge(None)) == "**2024-01-01**, at `aaaaaaa`: 8 more lines changed"
    one = Correction("2024-01-01", "a" * 40, "", "<b> *x* {{ y }}")
    assert shown(one, Forge("https://x.org/a")).endswith(": added “&lt;b> \\*x\\* &#123;\\{ y }}”")


def test_changes_are_what_lines_say() -> None:
    """Numbers of a list, marks, links and places are no change; a long line is shown where it differs."""
    before = ["1. one", "2. two", "- a [`b`](c.md) thing", "## Head", "", "| x | 2 |", "moved"]
    after = ["moved", "1. two", "2. one", "- a `b` thing", "# Head", "", "| x | 3 |"]
    assert list(_changes(before, after)) == [("x 2", "x 3")]
    long = " ".join(f"word{number}" for number in range(60))
    was, now = _shortened(*_changes([f"{long} old end"], [f"{long} new end"]), {f"{long} new end"})
    assert was.startswith("…")
    assert was.endswith("old end")
    assert now.endswith("new end")
    assert len(was) <= 120
    more = f"{long} and more"
    was, now = _shortened((long, more), {more})
    assert now == f"{was} and more"
    assert not _is_said(was, {more})
    assert _is_said(now, {more})
    elsewhere = _shortened((long, "other"), {f"{long} y"})[0]
    assert (elsewhere[0], elsewhere[-6:]) == ("…", "word59")
    assert _shortened(("short", "other"), {"short"}) == ("", "other")
    assert _words("- **Removed:** two `files`, [a](b) &lt;x> \\*") == "Removed: two files, a <x> *"


def _built_in() -> Path:
    from chronicles.documents.render import _built_in as folder  # noqa: PLC0415 -- the folder that the wheel has

    return folder()
