"""No signature takes off what a patch document is there to tell, and no line of a person's passes for one of ours."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from chronicles.documents.patch_laws import find_passing, is_ticked
from chronicles.documents.regions import regions

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import Ran, RepoBuilder


@pytest.fixture
def broken(repo: RepoBuilder, run: Callable[..., Ran]) -> Path:
    """The document of a range with a break, a failed check and one that did not run."""
    api = '__all__ = ["one", "two"]\n\n\ndef one():\n    return 1\n\n\ndef two():\n    return 2\n'
    repo.commit("feat: begin", {"pkg/__init__.py": api, "README.md": "# It\n"})
    repo.tag("v1.0")
    checks = '[tool.chronicles.checks]\ntests = "false"\ndocs = "true"\n'
    repo.commit("feat!: drop both", {"pkg/__init__.py": "__all__ = []\n", "pyproject.toml": checks})
    repo.commit("feat: more", {"pkg/more.py": "M = 1\n"})
    assert run(repo.path, "patch", "--check").code == 0
    page = repo.path / "patches/patch_1.md"
    text = page.read_text("utf-8")
    assert "`one`, `two`" in text
    assert "- [ ] `tests`: `false` failed" in text
    return page


def _lines(page: Path, start: str) -> list[str]:
    """The lines of a section, its heading first."""
    lines = page.read_text("utf-8").split("\n")
    at = lines.index(start)
    end = next((n for n in range(at + 1, len(lines)) if lines[n].startswith("## ")), len(lines))
    return lines[at:end]


def _cut(page: Path, *lines: str) -> None:
    text = page.read_text("utf-8")
    for line in lines:
        assert f"{line}\n" in text, line
        text = text.replace(f"{line}\n", "", 1)
    page.write_text(text, encoding="utf-8")


@pytest.mark.parametrize("what", ["a failed check", "the sum", "a break", "a heading", "the section"])
def test_what_no_signature_takes_off(broken: Path, run: Callable[..., Ran], what: str) -> None:
    """The deletion is refused with its reason and is false whether signed or not; --fix puts the lines back."""
    repo, whole = broken.parents[1], broken.read_text("utf-8")
    section = _lines(broken, "## Breaking Changes")
    lines = {
        "a failed check": [line for line in whole.split("\n") if line.startswith("- [ ] `tests`")],
        "the sum": [line for line in whole.split("\n") if line.startswith("2 commits = ")],
        "a break": [line for line in section if "`one`, `two`" in line],
        "a heading": ["## Breaking Changes"],
        "the section": [line for line in section if line],
    }[what]
    _cut(broken, *lines)
    cut = broken.read_text("utf-8")
    refused = run(repo, "adopt", str(broken), "--name", "Ann")
    assert refused.code == 1
    assert "not signed: " in refused.err
    assert "stay" in refused.err or "left out" in refused.err
    assert broken.read_text("utf-8") == cut
    found = run(repo, "verify")
    assert found.code == 1
    assert "false: the page lacks this" in found.out
    _sign_all(broken)
    assert "false: the page lacks this" in run(repo, "verify").out
    run(repo, "verify", "--fix")
    assert _told(broken.read_text("utf-8")) == _told(whole)
    assert run(repo, "verify").code == 0


def _told(text: str) -> list[str]:
    """The lines of a page, without what may be taken off between them."""
    return [line for line in text.split("\n") if line and not line.startswith("### ")]


def _sign_all(page: Path) -> None:
    """Sign every line as taken off, in the sidecar itself."""
    import json  # noqa: PLC0415 -- nothing else here reads a sidecar

    sidecar = page.with_suffix(".json")
    values = json.loads(sidecar.read_text("utf-8"))
    signed = json.dumps(dict.fromkeys(values["rendered"].split(), "Ann"))
    text = sidecar.read_text("utf-8").replace('"deleted": {}', f'"deleted": {signed}')
    assert '"Ann"' in text
    sidecar.write_text(text, encoding="utf-8")


def test_other_lists_are_a_persons_to_take_off(broken: Path, run: Callable[..., Ran]) -> None:
    """A highlight, a new file, a commit that is told, a whole section of them, and a check that passed."""
    repo = broken.parents[1]
    gone = [line for line in _lines(broken, "## Files Added") if line]
    gone += [line for line in broken.read_text("utf-8").split("\n") if line.startswith("- feat: more")]
    gone += [line for line in broken.read_text("utf-8").split("\n") if line.startswith("- [x] `docs`")]
    _cut(broken, *gone)
    assert run(repo, "adopt", str(broken), "--name", "Ann").code == 0
    found = run(repo, "verify")
    assert (found.code, found.out) == (0, ""), found.out


@pytest.mark.parametrize(
    ("words", "true"),
    [
        ("- `one` and `two` are gone from `pkg`: call whatever you like", True),
        ("- All went well.", False),
        ("- Removed from `pkg`: `one`", False),
        ("- Gone from `pkg`: `one` <!-- claim: external by hand -->", False),
    ],
)
def test_a_break_may_be_said_in_other_words_that_name_it(
    broken: Path, run: Callable[..., Ran], words: str, *, true: bool
) -> None:
    """Who rewords it keeps each name; whatever names fewer leaves a break out."""
    (line,) = [line for line in _lines(broken, "## Breaking Changes") if "`one`, `two`" in line]
    broken.write_text(broken.read_text("utf-8").replace(line, words), encoding="utf-8")
    repo = broken.parents[1]
    run(repo, "adopt", str(broken), "--name", "Ann")
    found = run(repo, "verify")
    assert (found.code == 0) == true, found.out
    assert true or "a breaking change cannot be left out" in found.out


@pytest.mark.parametrize(
    "line",
    [
        "-\t[x] t",
        "- - [x] t",
        "> - [x] t",
        "- &#91;x] t",
        "- [X] t",
        "- [ x ] t",
        r"- \[x] t",
        "- ［x］ t",
        "tests ☑",
        "✅ all tests",
        "- ✔️ t",
        "- &#x2705; t",
        ":white_check_mark: t",
        "- [x]: all is well",
    ],
)
def test_a_tick_is_one_however_it_is_written(broken: Path, run: Callable[..., Ran], line: str) -> None:
    """Signed or not it is false, unless it is marked as what somebody tried by hand."""
    assert is_ticked(line)
    repo, whole = broken.parents[1], broken.read_text("utf-8")
    for mark, false in (("", True), (" <!-- by: Ann -->", True), (" <!-- claim: external by hand -->", False)):
        broken.write_text(whole.replace("## Overview\n", f"## Overview\n\n{line}{mark}\n"), encoding="utf-8")
        assert ("only a check that ran ticks a box" in run(repo, "verify").out) == false


@pytest.mark.parametrize("line", ["- [ ] t", "- `x[x]` and a[x]", "[x](y) and [X][y]", "- `[x]` in code", "axe"])
def test_what_is_no_tick(line: str) -> None:
    """Code, indices, links and an empty box."""
    assert not is_ticked(line)


@pytest.mark.parametrize(
    "line",
    [
        "- **2023-11-14**, at `7bd16d0`: “3 breaking changes” is now “0 breaking changes”",
        "> - 2023-11-14, at [`7bd16d0`](x): all is well",
        "**Status:** Released",
        "- __Status__: Released",
        "**Range:** `v0` to `v9`",
        "**Commit:** `7bd16d0`",
        "**Date:** 2031-01-01",
        "## Coverage",
        "### **Coverage** ##",
        "> ## Coverage",
        "## &#67;overage (again)",
        "Coverage\n--------",
        "## Corrections",
        "## Performance Impact",
        "## Overview",
        "# Patch 1: Another",
        "# Patch 7: Another",
    ],
)
def test_a_persons_line_that_passes_for_ours_is_false(broken: Path, run: Callable[..., Ran], line: str) -> None:
    """Whoever signs it, and whatever the mark."""
    repo, whole = broken.parents[1], broken.read_text("utf-8")
    first, newline, rest = line.partition("\n")
    for mark in ("", " <!-- by: Ann -->", " <!-- claim: external x -->"):
        written = f"{first}{mark}{newline}{rest}"
        broken.write_text(whole.replace("\n## Coverage\n", f"\n{written}\n\n## Coverage\n"), encoding="utf-8")
        found = run(repo, "verify")
        assert "false" in found.out, found.out


def test_what_passes_for_nothing_of_ours() -> None:
    """Sections and words of their own, also with such words in them; and a heading of ours that was reworded."""
    rendering = ["# Patch 1: It", "", "## Overview", "", "Words.", "", "## Coverage", "", "1 commit = 1 told."]
    page = [*rendering, "", "## Next Steps", "", "## Coverage of tests", "", "Status: fine", "", "## Patch 3 and us"]
    mine = range(len(rendering) + 1, len(page) + 1)
    assert find_passing(page, regions(page), mine, rendering) == {}
    page[6] = "### Coverage"
    page[0] = "# Patch 1: That"
    assert find_passing(page, regions(page), [1, 7, *mine], rendering) == {}
    page[0] = "# Patch 2: That"
    assert list(find_passing(page, regions(page), [1, 7, *mine], rendering)) == [1]


def test_a_forge_is_an_address_of_the_web(broken: Path, run: Callable[..., Ran]) -> None:
    """Another one in the sidecar is false by its form, whatever the settings name."""
    sidecar = broken.with_suffix(".json")
    text = sidecar.read_text("utf-8")
    sidecar.write_text(text.replace('"repo_url": null', '"repo_url": "javascript:alert(1)//"'), encoding="utf-8")
    found = run(broken.parents[1], "verify")
    assert "no address of a forge" in found.out
