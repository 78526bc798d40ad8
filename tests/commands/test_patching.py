"""Authoring with `chronicles patch`: numbers, titles, states, drafts that grow, and what a person writes on them."""

from __future__ import annotations

import json
import re
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from chronicles.commands.patching import Patching
from chronicles.documents.page import load_page
from chronicles.documents.recovery import recover

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import Ran, RepoBuilder

_HONEST = {
    "span.whole": [
        "Between {base} and {tip} lie {commits} by {authors}.",
        "{commits} by {authors}, from {base} to {tip}.",
    ],
    "span.new": ["{files} are new in the tree.", "{files} came in."],
}
"""What an honest model says for the claims of a range."""


@pytest.fixture
def begun(repo: RepoBuilder, run: Callable[..., Ran]) -> RepoBuilder:
    """A tagged beginning, two commits after it, and their document."""
    repo.commit("feat: begin", {"core/a.py": "A = 1\n", "README.md": "# It\n"})
    repo.tag("v1.0")
    _grow(repo, 1)
    _grow(repo, 2)
    assert run(repo.path, "patch").code == 0
    return repo


def _grow(repo: RepoBuilder, number: int) -> str:
    return repo.commit(f"feat: add part {number}", {f"core/p{number}.py": f"P = {number}\n" * number})


def _page(repo: RepoBuilder, number: int = 1) -> Path:
    return repo.path / f"patches/patch_{number}.md"


def _state(repo: RepoBuilder) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted((repo.path / "patches").iterdir())}


def _edit(page: Path, old: str, new: str) -> None:
    text = page.read_text("utf-8")
    assert old in text, text
    page.write_text(text.replace(old, new, 1), encoding="utf-8")


# -- which document ---------------------------------------------------------------------------------------------------


def test_a_draft_grows_in_place_and_a_published_document_does_not(begun: RepoBuilder, run: Callable[..., Ran]) -> None:
    """New commits join the draft, with what was written on it; after its publication they begin another document."""
    _edit(_page(begun), "## Overview\n", "## Overview\n\nRead me first.\n")
    _grow(begun, 3)
    assert run(begun.path, "patch").out == "patches/patch_1.md\n"
    assert "3 commits = 3 told" in _page(begun).read_text("utf-8")
    assert "Read me first." in _page(begun).read_text("utf-8")
    run(begun.path, "patch", "--status", "completed")
    first = _state(begun)
    last = begun.head
    _grow(begun, 4)
    assert run(begun.path, "patch").out == "patches/patch_2.md\n"
    second = load_page(_page(begun, 2).with_suffix(".json"))
    assert second.dossier.subject.base == last
    assert {name: content for name, content in _state(begun).items() if "patch_1" in name} == first


def test_title_and_status_stay_until_others_are_named(begun: RepoBuilder, run: Callable[..., Ran]) -> None:
    """A rerun without options changes no byte; an empty title builds one from the change again."""
    built = load_page(_page(begun).with_suffix(".json")).title
    run(begun.path, "patch", "--title", "A new home", "--status", "completed")
    before = _state(begun)
    assert run(begun.path, "patch").code == 0
    assert _state(begun) == before
    text = _page(begun).read_text("utf-8")
    assert "# Patch 1: A new home\n" in text
    assert "**Status:** Completed" in text
    assert 'title: "A new home"' in text
    run(begun.path, "patch", "--title", "")
    assert f"# Patch 1: {built}\n" in _page(begun).read_text("utf-8")


def test_a_number_is_nobodys_twice(begun: RepoBuilder, run: Callable[..., Ran]) -> None:
    """One that another range has is refused with what holds it, as is a removed one; a free one is taken."""
    _grow(begun, 3)
    taken = run(begun.path, "patch", "--number", "1", "HEAD~1..HEAD")
    assert taken.code == 2
    assert re.search(r"patch_1\.md: holds number 1, '.*', and tells the range \w{7}\.\.\w{7}", taken.err), taken.err
    other = run(begun.path, "patch", "--number", "7", "v1.0..HEAD~1")
    assert other.code == 2
    assert "tells this very range under number 1" in other.err
    assert run(begun.path, "patch", "--number", "13", "HEAD~1..HEAD").out == "patches/patch_13.md\n"
    assert run(begun.path, "remove", str(_page(begun, 13))).code == 0
    gone = run(begun.path, "patch", "--number", "13", "HEAD~1..HEAD")
    assert gone.code == 2
    assert "removed" in gone.err
    assert run(begun.path, "patch", "HEAD~1..HEAD").out == "patches/patch_14.md\n"


def test_of_several_drafts_the_longest_grows_or_the_named_one(begun: RepoBuilder, run: Callable[..., Ran]) -> None:
    """Two drafts of one beginning are nobody's mistake: a number says which is meant."""
    run(begun.path, "patch", "v1.0..HEAD~1")
    assert _page(begun, 2).exists()
    _grow(begun, 3)
    assert run(begun.path, "patch", "--number", "2", "v1.0..HEAD").out == "patches/patch_2.md\n"
    _grow(begun, 4)
    assert run(begun.path, "patch").out == "patches/patch_2.md\n"


def test_a_page_by_hand_holds_its_number(begun: RepoBuilder, run: Callable[..., Ran]) -> None:
    """A document that somebody else wrote is neither overwritten nor numbered over."""
    by_hand = "# Patch 13: of old\n\nWords.\n"
    _page(begun, 13).write_text(by_hand)
    refused = run(begun.path, "patch", "--number", "13", "HEAD~1..HEAD")
    assert refused.code == 2
    assert "holds number 13" in refused.err
    assert run(begun.path, "patch", "HEAD~1..HEAD").out == "patches/patch_14.md\n"
    assert _page(begun, 13).read_text() == by_hand


def test_a_number_that_somebody_took_meanwhile_is_not_taken_twice(
    begun: RepoBuilder, run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the words of a document are found the folder is free, and what came into it is looked at again."""
    word = Patching._word

    def slow(self: Patching, *found: Any) -> Any:
        monkeypatch.setattr(Patching, "_word", word)
        assert run(begun.path, "patch", "HEAD~2..HEAD~1").out == "patches/patch_2.md\n"
        return word(self, *found)

    monkeypatch.setattr(Patching, "_word", slow)
    assert run(begun.path, "patch", "HEAD~1..HEAD").out == "patches/patch_3.md\n"
    assert "# Patch 3: " in _page(begun, 3).read_text("utf-8")
    assert run(begun.path, "verify").code == 0


# -- what a run shows -------------------------------------------------------------------------------------------------


def test_the_diff_is_what_a_run_would_change(begun: RepoBuilder, run: Callable[..., Ran]) -> None:
    """With a person's edits kept, and nothing is written; the run then does that and no more."""
    _edit(_page(begun), "## Overview\n", "## Overview\n\nRead me first.\n")
    assert run(begun.path, "patch", "--diff").out == ""
    _grow(begun, 3)
    before = _state(begun)
    shown = run(begun.path, "patch", "--diff")
    assert shown.code == 0
    assert shown.out.startswith("--- patches/patch_1.md\n+++ patches/patch_1.md\n@@")
    assert "\n+3 commits = 3 told" in shown.out
    assert "\n-2 commits = 2 told" in shown.out
    assert "-Read me first." not in shown.out
    assert _state(begun) == before
    patched = begun.path.parent / "patched.md"
    shutil.copy(_page(begun), patched)
    begun.git("apply", "--unsafe-paths", f"--directory={patched.parent}", "-p0", "-", stdin=_for(shown.out, patched))
    run(begun.path, "patch")
    assert patched.read_text("utf-8") == _page(begun).read_text("utf-8")


def _for(diff: str, path: Path) -> bytes:
    """The diff, for another file."""
    return diff.replace("patches/patch_1.md", path.name).encode()


def test_the_report_names_what_was_written(begun: RepoBuilder, run: Callable[..., Ran]) -> None:
    """As JSON on stdout: the document, its range, its coverage, corrections and conflicts."""
    _edit(_page(begun), "2 commits = 2 told", "Just two commits = 2 told")
    _grow(begun, 3)
    told = json.loads(run(begun.path, "patch", "--json").out)
    assert (told["path"], told["number"], told["status"], told["changed"]) == ("patches/patch_1.md", 1, "draft", True)
    assert told["range"] == {"base": begun.git("rev-parse", "v1.0"), "tip": begun.head}
    assert told["coverage"]["told"] == 3
    assert [one["kept"] for one in told["conflicts"]] == ["Just two commits = 2 told + 0 grouped + 0 excluded."]
    assert told["conflicts"][0]["rendered"].startswith("3 commits = 3 told")
    assert told["corrections"] == []
    said = run(begun.path, "patch")
    assert said.err == "chronicles: unchanged.\n"


def test_a_dry_run_prints_the_page_as_it_would_be(begun: RepoBuilder, run: Callable[..., Ran]) -> None:
    """Edits and all; the folder is as it was."""
    _edit(_page(begun), "## Overview\n", "## Overview\n\nRead me first.\n")
    _grow(begun, 3)
    before = _state(begun)
    printed = run(begun.path, "patch", "--dry-run").out
    assert _state(begun) == before
    run(begun.path, "patch")
    assert _page(begun).read_text("utf-8") == printed


def test_ways_of_showing_exclude_each_other(begun: RepoBuilder, run: Callable[..., Ran]) -> None:
    """Nothing that was asked for is left undone in silence."""
    assert run(begun.path, "patch", "--diff", "--dry-run").code == 2
    assert run(begun.path, "patch", "--diff", "--json").code == 2
    assert run(begun.path, "patch", "--model", "tiny", "--writer", "plain").code == 2


# -- a model ----------------------------------------------------------------------------------------------------------


def test_a_model_words_it_when_asked_and_its_words_stay(
    begun: RepoBuilder, run: Callable[..., Ran], ollama: Any
) -> None:
    """A rerun without a writer asks no model and changes no byte; plain words come back by name."""
    plain = _page(begun).read_text("utf-8")
    ollama.say.__self__._words |= _HONEST
    worded = run(begun.path, "patch", "--writer", "ollama")
    assert worded.code == 0, worded
    text = _page(begun).read_text("utf-8")
    assert "†" in text
    before, asked = _state(begun), len(ollama.requests) if hasattr(ollama, "requests") else 0
    assert run(begun.path, "patch").code == 0
    assert _state(begun) == before
    assert (len(ollama.requests) if hasattr(ollama, "requests") else 0) == asked
    assert run(begun.path, "verify").code == 0
    run(begun.path, "patch", "--writer", "plain")
    assert _page(begun).read_text("utf-8") == plain


def test_a_writer_that_is_not_there_is_a_finding(
    begun: RepoBuilder, run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The document is written in plain words, says so, and the run ends with 1."""
    monkeypatch.setenv("OLLAMA_HOST", "127.0.0.1:1")
    told = run(begun.path, "patch", "--writer", "ollama")
    assert told.code == 1
    assert "degraded" in told.err
    assert "`chronicles patch --writer ollama" in told.err
    assert "degraded:" in _page(begun).read_text("utf-8")


# -- what a person does -----------------------------------------------------------------------------------------------


def test_what_a_person_signs_stays_and_is_held_to_the_range(begun: RepoBuilder, run: Callable[..., Ran]) -> None:
    """Reworded, added, moved and deleted lines are signed; names and numbers of theirs must be the range's."""
    page = _page(begun)
    lines = page.read_text("utf-8").split("\n")
    at = next(number for number, line in enumerate(lines) if line.startswith("## Files Added"))
    end = next(number for number, line in enumerate(lines) if line.startswith("## Coverage"))
    section = lines[at:end]
    del lines[at:end]
    top = lines.index("## Overview")
    lines[top:top] = ["## Who should care", "", "Whoever imports `core/p1.py`, added by `Ada`.", "", *section]
    page.write_text("\n".join(lines), encoding="utf-8")
    _edit(page, "- feat: add part 2", "- The second part")
    _edit(page, "- feat: add part 1", "")
    unsigned = run(begun.path, "verify")
    assert unsigned.code == 1
    assert "moved by hand and not signed" in unsigned.out
    assert "false" not in unsigned.out
    assert run(begun.path, "adopt", str(page), "--name", "Ann").code == 0
    text = page.read_text("utf-8")
    assert "The second part" in text
    assert all(line in text for line in section)
    assert "## Files Added <!-- by" not in text
    verified = run(begun.path, "verify")
    assert (verified.code, verified.out) == (0, "")
    _grow(begun, 3)
    assert run(begun.path, "patch").code == 0
    text = page.read_text("utf-8")
    assert text.index("Whoever imports") < text.index("`core/p3.py`") < text.index("## Overview")
    assert "- The second part" in text
    assert "feat: add part 1 " not in text
    assert run(begun.path, "verify").code == 0
    _edit(page, "added by `Ada`", "added by `Bob` in 99 files")
    wrong = run(begun.path, "verify")
    assert wrong.code == 1
    assert "Bob" in wrong.out
    assert "no fact has this number" in wrong.out


def test_a_box_is_ticked_by_what_ran_alone(begun: RepoBuilder, run: Callable[..., Ran]) -> None:
    """Neither an edited line nor a signed new one ticks a box; what somebody tried by hand is marked as such."""
    begun.commit("chore: checks", {"pyproject.toml": '[tool.chronicles.checks]\ntests = "true"\n'})
    run(begun.path, "patch", "--no-check")
    page = _page(begun)
    _edit(page, "- [ ] `tests`: `true` not run", "- [x] `tests`: `true` passed\n- [x] all was tried")
    run(begun.path, "adopt", str(page), "--name", "Ann")
    found = run(begun.path, "verify")
    assert found.code == 1
    assert found.out.count("false") == 2, found.out
    assert "only a check that ran ticks a box" in found.out
    _edit(page, "- [x] all was tried <!-- by: Ann -->", "- [x] all was tried <!-- claim: external by hand -->")
    assert run(begun.path, "verify", "--fix").out.count("false") == 0
    assert "- [ ] `tests`: `true` not run" in page.read_text("utf-8")
    assert "- [x] all was tried" in page.read_text("utf-8")


def test_a_state_by_hand_is_false(begun: RepoBuilder, run: Callable[..., Ran]) -> None:
    """Only `--status` publishes: a word changed by hand is put back, in the text and in the front matter."""
    page = _page(begun)
    _edit(page, "**Status:** Draft", "**Status:** Released")
    _edit(page, 'status: "draft"', 'status: "released"')
    run(begun.path, "adopt", str(page), "--name", "Ann")
    found = run(begun.path, "verify")
    assert found.code == 1
    assert found.out.count("false") == 2, found.out
    assert "episode" not in found.out
    assert run(begun.path, "verify", "--fix").code == 0
    assert "**Status:** Draft" in page.read_text("utf-8")


def test_a_moved_line_that_tears_others_is_false(begun: RepoBuilder, run: Callable[..., Ran]) -> None:
    """A fence without its partner shows our lines as code, and a row below another table is a row of that."""
    begun.commit("feat: a folder", {"tools/one.py": "1\n", "tools/deep/two.py": "2\n"})
    run(begun.path, "patch")
    page = _page(begun)
    lines = page.read_text("utf-8").split("\n")
    closing = next(number for number, line in enumerate(lines) if line == "```")
    lines.insert(lines.index("## Coverage") + 1, lines.pop(closing))
    page.write_text("\n".join(lines), encoding="utf-8")
    run(begun.path, "adopt", str(page), "--name", "Ann")
    found = run(begun.path, "verify")
    assert found.code == 1
    assert "shown as something else" in found.out


# -- what goes wrong --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", ["0", "-3", "1e3", "1000000000", "9" * 40])
def test_a_number_that_is_none_is_refused(begun: RepoBuilder, run: Callable[..., Ran], number: str) -> None:
    """Before anything is read or written."""
    before = _state(begun)
    assert run(begun.path, "patch", "--number", number).code == 2
    assert _state(begun) == before


def test_a_hostile_title_is_one_line_of_text(begun: RepoBuilder, run: Callable[..., Ran]) -> None:
    """Markdown, HTML, templates, control characters and line ends are shown and do nothing; verify finds it true."""
    title = "# A\n---\n*b* <script>x</script> {{ y }} [c](d) \x1b[31m\u202e \x00"
    assert run(begun.path, "patch", "--title", title.replace("\x00", "")).code == 0
    text = _page(begun).read_text("utf-8")
    (heading,) = [line for line in text.split("\n") if line.startswith("# Patch")]
    assert heading.startswith("# Patch 1: \\# A --- \\*b\\* &lt;script>")
    assert not re.search("[\x00-\x09\x1b\u202e]", text)
    assert "<script>" not in text.split("---\n", 2)[2]
    assert run(begun.path, "verify").code == 0
    before = _state(begun)
    long = run(begun.path, "patch", "--title", "word " * 40)
    assert long.code == 2
    assert "120 at most" in long.err
    assert _state(begun) == before


def test_a_folder_that_is_none_is_an_error(begun: RepoBuilder, run: Callable[..., Ran]) -> None:
    """A file in its place, by option or by setting, or in the place of a page: nothing is lost and it is said."""
    there = begun.path / "file"
    there.write_text("mine")
    assert run(begun.path, "patch", "--output", str(there)).code == 2
    assert run(begun.path, "patch", "--output", str(there / "below")).code == 2
    begun.commit("chore: settings", {"chronicles.toml": 'patches = "file"\n'})
    failed = run(begun.path, "patch")
    assert failed.code == 2
    assert "file" in failed.err
    assert there.read_text() == "mine"
    (begun.path / "chronicles.toml").write_text("")
    kept = _page(begun).read_bytes()
    _page(begun).unlink()
    _page(begun).mkdir()
    stopped = run(begun.path, "patch", "v1.0..HEAD~1")
    assert stopped.code == 2
    assert "no file has that name" in stopped.err
    _page(begun).rmdir()
    assert run(begun.path, "patch", "v1.0..HEAD~1").code == 0
    assert _page(begun).read_bytes() == kept


def test_two_pages_of_one_number_are_told_apart_by_nobody(begun: RepoBuilder, run: Callable[..., Ran]) -> None:
    """Neither is written until somebody has said which one counts."""
    shutil.copy(_page(begun), begun.path / "patches/patch_001.md")
    before = _state(begun)
    _grow(begun, 3)
    refused = run(begun.path, "patch")
    assert refused.code == 2
    assert "has the same number" in refused.err
    assert _state(begun) == before
    assert "has the same number" in run(begun.path, "verify").out


def test_a_lost_sidecar_costs_nothing_that_was_written(begun: RepoBuilder, run: Callable[..., Ran]) -> None:
    """The page is known by its front matter and keeps number, title, status and every line of a person's."""
    run(begun.path, "patch", "--title", "A new home", "--status", "completed")
    page = _page(begun)
    _edit(page, "## Overview\n", "## Overview\n\nRead me first.\n")
    before = page.read_text("utf-8")
    page.with_suffix(".json").unlink()
    found = run(begun.path, "verify")
    assert found.code == 1
    assert "`chronicles patch RANGE`" in found.out
    assert "episode" not in found.out.replace("`", "")
    assert run(begun.path, "patch", "v1.0..HEAD").out == "patches/patch_1.md\n"
    assert page.read_text("utf-8") == before
    page.with_suffix(".json").write_text("{}", encoding="utf-8")
    assert run(begun.path, "patch", "v1.0..HEAD").code == 0
    assert page.read_text("utf-8") == before
    assert "Read me first." in run(begun.path, "verify").out


@pytest.mark.parametrize(
    ("old", "new"),
    [('status: "draft"', 'status: "draft'), ("runs: []\n---\n", "runs: []\n"), ('title: "', "title: {"), ("---\n", "")],
)
def test_front_matter_that_no_longer_parses_is_found_and_mended(
    begun: RepoBuilder, run: Callable[..., Ran], old: str, new: str
) -> None:
    """It is a clear finding of that file; --fix puts our lines back and leaves what else was written."""
    page = _page(begun)
    _edit(page, "## Overview\n", "## Overview\n\nRead me first.\n")
    whole = page.read_text("utf-8")
    _edit(page, old, new)
    found = run(begun.path, "verify")
    assert found.code == 1
    assert "patches/patch_1.md" in found.out
    assert "front matter" in found.out
    assert "episode" not in found.out
    run(begun.path, "verify", "--fix")
    assert page.read_text("utf-8") == whole


def test_what_a_person_added_to_front_matter_is_kept_however_wrong(begun: RepoBuilder, run: Callable[..., Ran]) -> None:
    """Neither patch nor --fix knows what was meant; the finding names the line until somebody takes it out."""
    page = _page(begun)
    _edit(page, 'status: "draft"\n', 'status: "draft"\n  : [oops\n')
    broken = page.read_text("utf-8")
    for command in (["patch"], ["verify", "--fix"]):
        run(begun.path, *command)
        assert page.read_text("utf-8") == broken
    assert re.search(r"line 7: the front matter is not YAML", run(begun.path, "verify").out)


def test_a_killed_run_is_finished_in_its_own_series(begun: RepoBuilder, run: Callable[..., Ran]) -> None:
    """A sidecar that was not moved yet goes beside its own page, not to an episode's place, whatever the folder."""
    folder = begun.path / "patches"
    run(begun.path, "generate", "--output", str(folder))
    sidecar = folder / "patch_1.json"
    wanted = sidecar.read_bytes()
    episode = (folder / "episode_001.json").read_bytes()
    (folder / ".chronicles-0123456789abcdef.tmp").write_bytes(wanted)
    sidecar.write_bytes(b"half")
    recover(folder)
    assert sidecar.read_bytes() == wanted
    assert (folder / "episode_001.json").read_bytes() == episode
    assert not list(folder.glob(".chronicles-*"))
    (folder / "patch_1.md").rename(folder / "patch_01.md")
    sidecar.unlink()
    (folder / ".chronicles-0123456789abcdef.tmp").write_bytes(wanted)
    assert run(begun.path, "patch", "--output", str(folder)).out.strip().endswith("patch_01.md")
    assert (folder / "patch_01.json").read_bytes()


def test_another_kinds_sidecar_is_none(begun: RepoBuilder, run: Callable[..., Ran]) -> None:
    """An episode's sidecar under a document's name is a finding, and no crash; so it is the other way round."""
    run(begun.path, "generate")
    document, episode = _page(begun).with_suffix(".json"), begun.path / "episodes/episode_001.json"
    kept = document.read_bytes(), episode.read_bytes()
    document.write_bytes(kept[1])
    episode.write_bytes(kept[0])
    found = run(begun.path, "verify")
    assert found.code == 1
    assert "not the sidecar of a patch document" in found.out
    assert "not the sidecar of an episode" in found.out
    document.write_bytes(kept[0].replace(b'"kind": "range"', b'"kind": "commit"'))
    assert run(begun.path, "verify", str(document)).code == 1


def test_two_checkouts_give_the_same_bytes(begun: RepoBuilder, run: Callable[..., Ran]) -> None:
    """The folder's name stands in no document, so a copy elsewhere is neither another nor stale."""
    other = begun.path.parent / "Another Name"
    shutil.copytree(begun.path, other)
    assert run(other, "verify", "--strict").code == 0
    shutil.rmtree(other / "patches")
    assert run(other, "patch").code == 0
    assert {path.name: path.read_bytes() for path in (other / "patches").iterdir()} == _state(begun)


def test_a_note_names_what_python_has_and_is_told_the_way_out(begun: RepoBuilder, run: Callable[..., Ran]) -> None:
    """`ValueError` is known where there is Python; a version that no tag has is false, and it is said what to do."""
    page = _page(begun)
    _edit(
        page,
        "## Overview\n",
        "## Overview\n\nCatch `ValueError` where `len` was.\n\nNeeds `frobnicate` from `8.5.0` on.\n",
    )
    run(begun.path, "adopt", str(page), "--name", "Ann")
    found = run(begun.path, "verify")
    assert found.code == 1
    assert "ValueError" not in found.out
    assert "end the line with `<!-- claim: external WHY -->`" in found.out
    _edit(page, "on. <!-- by: Ann -->", "on. <!-- claim: external of another package -->")
    assert run(begun.path, "verify").code == 0


@pytest.mark.parametrize("cut", [False, True])
def test_broken_front_matter_is_said_and_written_anew_once_it_is_deleted(
    begun: RepoBuilder, run: Callable[..., Ran], *, cut: bool
) -> None:
    """Nothing is written into such a page, not even where it is cut down to that; without the block it comes back."""
    page = _page(begun)
    _edit(page, "## Overview\n", "## Overview\n\nRead me first.\n")
    whole = page.read_text("utf-8")
    _edit(page, "patch: 1\n", "patch: [1\n")
    if cut:
        page.write_text("---\npatch: [1\n---\nRead me first.\n", encoding="utf-8")
    _grow(begun, 3)
    before = _state(begun)
    for options in ([], ["--diff"], ["--json"], ["--writer", "plain"]):
        said = run(begun.path, "patch", *options)
        assert said.code == 1, said
        assert re.search(r"patches/patch_1\.md: line \d+: the front matter is not YAML .*delete the whole", said.err)
        assert "nothing was written" in said.err
        assert "unchanged" not in said.err
        assert _state(begun) == before
    assert "`chronicles patch RANGE` then writes it anew" in run(begun.path, "verify").out
    page.write_text(page.read_text("utf-8").split("---\n", 2)[2], encoding="utf-8")
    assert run(begun.path, "patch").code == 0
    text = page.read_text("utf-8")
    assert text.split("---\n")[0] == ""
    assert text.splitlines()[1:3] == whole.splitlines()[1:3]
    assert f'tip: "{begun.head}"' in text
    assert "Read me first." in text
    assert cut or "false" not in run(begun.path, "verify").out
