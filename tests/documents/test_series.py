"""A folder of pages is read as a series, whatever state it is in."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from chronicles.documents.frontmatter import render_front_matter
from chronicles.documents.series import REMOVED_FILE, Entry, Series
from chronicles.errors import OutputError, PageError


def _sha(number: int) -> str:
    return f"{number:040x}"


def _write(folder: Path, number: int, commits: list[str], *, title: str = "T", padding: int = 0) -> None:
    folder.mkdir(exist_ok=True)
    head = {"schema": "chronicles.page/1", "episode": number, "title": title, "date": "2025-01-01", "commits": commits}
    (folder / f"episode_{number:03d}.md").write_text(render_front_matter(head) + "# T\n", encoding="utf-8")
    dossier = {"schema": "chronicles.dossier/1", "subject": {"kind": "commit", "commits": commits, "base": None}}
    sidecar = {"schema": "chronicles.page/1", "dossier": {**dossier, "facts": [{"id": "x" * padding}]}}
    (folder / f"episode_{number:03d}.json").write_text(json.dumps(sidecar), encoding="utf-8")


def test_a_series_is_read_by_number_commit_and_commits(tmp_path: Path) -> None:
    """Entries come by number, each found by what it tells."""
    _write(tmp_path, 10, [_sha(3)])
    _write(tmp_path, 2, [_sha(1), _sha(2)], title='The "Big" Bang')
    _write(tmp_path, 1000, [_sha(4)])
    (tmp_path / "index.md").write_text("not of the series", encoding="utf-8")
    series = Series(tmp_path)
    assert [entry.number for entry in series] == [2, 10, 1000]
    assert series.problems == []
    entry = series.by_commit(_sha(2))
    assert entry == Entry(
        2, tmp_path / "episode_002.md", tmp_path / "episode_002.json", 'The "Big" Bang', "commit", (_sha(1), _sha(2))
    )
    assert series.by_number(2) is entry
    assert series.by_commit(_sha(9)) is None
    assert [one and one.number for one in series.neighbours(10)] == [2, 1000]
    assert [one and one.number for one in series.neighbours(1)] == [None, 2]
    assert series.next_number() == 1001
    assert series.page_path(7).name == "episode_007.md"
    assert series.sidecar_path(12345).name == "episode_12345.json"


def test_an_empty_or_missing_folder_starts_at_the_first_number(tmp_path: Path) -> None:
    """A series that continues an older one starts where it is told."""
    assert Series(tmp_path / "missing").next_number() == 1
    assert Series(tmp_path, first=14).next_number() == 14
    with pytest.raises(OutputError):
        Series(Path(__file__))


def test_a_removed_number_is_never_used_again(tmp_path: Path) -> None:
    """The files go; number and commits are remembered across runs."""
    _write(tmp_path, 1, [_sha(1)])
    _write(tmp_path, 2, [_sha(2)], title="Gone")
    series = Series(tmp_path)
    entry = series.by_number(2)
    assert entry is not None
    series.remove(entry)
    for one in (series, Series(tmp_path)):
        assert one.next_number() == 3
        assert one.by_commit(_sha(2)) is None
        assert one.was_removed(_sha(2))
        assert not one.was_removed(_sha(1))
        assert [(gone.number, gone.title) for gone in one.removed] == [(2, "Gone")]
        assert one.problems == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["episode_001.json", "episode_001.md", REMOVED_FILE]


def test_two_series_share_a_folder(tmp_path: Path) -> None:
    """What one removes does not touch the numbers of the other."""
    _write(tmp_path, 5, [_sha(5)])
    episodes = Series(tmp_path)
    patches = Series(tmp_path, prefix="patch")
    patches.remove(Entry(7, patches.page_path(7), patches.sidecar_path(7), commits=(_sha(7),)))
    entry = episodes.by_number(5)
    assert entry is not None
    episodes.remove(entry)
    assert Series(tmp_path).next_number() == 6
    assert Series(tmp_path, prefix="patch").next_number() == 8


def test_a_series_follows_what_is_added(tmp_path: Path) -> None:
    """A long run need not read the folder again for each page."""
    series = Series(tmp_path)
    for number in (1, 2):
        assert series.next_number() == number
        series.add(Entry(number, series.page_path(number), series.sidecar_path(number), commits=(_sha(number),)))
    series.add(Entry(2, series.page_path(2), series.sidecar_path(2), commits=(_sha(5),)))
    assert series.by_commit(_sha(2)) is None
    assert series.by_commit(_sha(5)) is series.by_number(2)
    assert series.problems == []


def _problems(folder: Path) -> str:
    return "\n".join(str(problem) for problem in Series(folder).problems)


def test_what_is_not_in_order_is_reported_with_path_and_remedy(tmp_path: Path) -> None:
    """Each disorder is a problem, and none stops the reading."""
    for number in range(1, 9):
        _write(tmp_path, number, [_sha(number)])
    (tmp_path / "episode_001.json").unlink()
    (tmp_path / "episode_002.md").unlink()
    (tmp_path / "episode_003.md").rename(tmp_path / "episode_013.md")
    (tmp_path / "episode_003.json").rename(tmp_path / "episode_013.json")
    (tmp_path / "episode_4.md").write_text("---\nepisode: 4\n---\n", encoding="utf-8")
    (tmp_path / "episode_005.json").write_text("{", encoding="utf-8")
    (tmp_path / "episode_006.md").write_text("no front matter", encoding="utf-8")
    (tmp_path / "episode_007.md").write_bytes(b"---\nepisode: [\xff\n---\n")
    (tmp_path / "episode_020.md").mkdir()
    _write(tmp_path, 9, [_sha(8)])
    found = _problems(tmp_path)
    for expected in (
        "episode_001.md: there is no sidecar episode_001.json",
        "episode_002.json: there is no page episode_002.md",
        "episode_013.md: the file name says episode 13, the front matter says episode 3",
        "episode_4.md: has the same number as episode_004.md",
        "episode_005.json: is not the sidecar of a page",
        "episode_006.md: it has no front matter",
        "episode_007.md: line",
        "episode_020.md: is a directory",
        "episode_009.md: tells commit 0000000, which episode_008.md tells already",
    ):
        assert f"{tmp_path}/{expected}" in found
    series = Series(tmp_path)
    assert series.next_number() == 21
    assert series.by_commit(_sha(1)) is not None, "a page without sidecar is known by its front matter"
    orphan = series.by_commit(_sha(2))
    assert orphan is not None, "a sidecar without page keeps its number for its commit"
    assert not orphan.has_page


def test_a_number_in_a_name_of_another_width_counts(tmp_path: Path) -> None:
    """A series begun by another tool keeps its file names."""
    (tmp_path / "episode_2.md").write_text("---\nepisode: 2\ntitle: By hand\n---\n", encoding="utf-8")
    entry = Series(tmp_path).by_number(2)
    assert entry is not None
    assert (entry.page.name, entry.title) == ("episode_2.md", "By hand")


@pytest.mark.parametrize("content", ["{", "[]", '{"schema": "chronicles.removed/2", "removed": []}', '{"schema": 1}'])
def test_no_number_is_given_while_the_removed_ones_are_unknown(tmp_path: Path, content: str) -> None:
    """Reading goes on, but a number that may have been used is not handed out."""
    _write(tmp_path, 1, [_sha(1)])
    (tmp_path / REMOVED_FILE).write_text(content, encoding="utf-8")
    series = Series(tmp_path)
    assert REMOVED_FILE in str(series.problems[0])
    with pytest.raises(PageError, match="Restore it from version control"):
        series.next_number()
    entry = series.by_number(1)
    assert entry is not None
    with pytest.raises(PageError):
        series.remove(entry)
    assert entry.page.exists()


def test_a_removed_page_that_is_still_there_is_reported(tmp_path: Path) -> None:
    """An interrupted removal can be finished."""
    _write(tmp_path, 1, [_sha(1)])
    item = {"series": "episode", "number": 1, "title": "T", "commits": [_sha(1)]}
    (tmp_path / REMOVED_FILE).write_text(json.dumps({"schema": "chronicles.removed/1", "removed": [item]}), "utf-8")
    assert "was removed and is still there" in _problems(tmp_path)


def test_a_subject_far_down_or_very_long_is_found(tmp_path: Path) -> None:
    """The head is a shortcut, not a limit; what only looks like a subject is passed over."""
    commits = [_sha(number) for number in range(1000)]
    _write(tmp_path, 1, commits)
    decoy = {
        "schema": "chronicles.page/1",
        "a": '"subject": {"kind": "x", "commits": []}',
        "slots": {"subject": {"k": 1}},
    }
    late = {
        **decoy,
        "z": "x" * 20_000,
        "dossier": {"subject": {"kind": "range", "commits": ["f" * 40], "base": "e" * 40}},
    }
    (tmp_path / "episode_002.json").write_text(json.dumps(late), encoding="utf-8")
    series = Series(tmp_path)
    assert series.by_commit(commits[0]) is series.by_number(1)
    entry = series.by_commit("f" * 40)
    assert entry is not None
    assert (entry.kind, entry.base) == ("range", "e" * 40)


def test_a_newer_sidecar_is_reported(tmp_path: Path) -> None:
    """A page of a newer version is known, with advice."""
    _write(tmp_path, 1, [_sha(1)])
    path = tmp_path / "episode_001.json"
    path.write_text(path.read_text("utf-8").replace("page/1", "page/2"), encoding="utf-8")
    assert "newer version (chronicles.page/2). Upgrade chronicles." in _problems(tmp_path)


def test_reading_does_not_grow_with_the_size_of_sidecars(tmp_path: Path) -> None:
    """Big sidecars cost what small ones do, give or take the noise of a shared machine."""

    def best(folder: Path) -> float:
        times = []
        for _ in range(5):
            start = time.process_time()
            Series(folder)
            times.append(time.process_time() - start)
        return min(times)

    for name, padding in (("small", 0), ("big", 500_000)):
        for number in range(1, 31):
            _write(tmp_path / name, number, [_sha(number)], padding=padding)
    assert best(tmp_path / "big") < 4 * best(tmp_path / "small") + 0.002
