"""Whatever is done to history, pages stand as those of a new clone would, under their numbers and with their edits."""

from __future__ import annotations

import random
import shutil
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from chronicles.commands import rewriting
from chronicles.commands.rewriting import follow_history
from chronicles.commands.session import Session
from chronicles.documents import line as line_module
from chronicles.documents import moving
from chronicles.documents.page import load_page

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import Ran, RepoBuilder

SETTINGS = 'series = "Tale"\nwriter = "plain"\n'
SIX = range(6)


@pytest.fixture
def tale(repo: RepoBuilder, run: Callable[..., Ran]) -> RepoBuilder:
    """A history of seven commits with their pages, six of which change files that no other changes."""
    repo.commit("feat: begin", {"chronicles.toml": SETTINGS, "README.md": "# Tale\n"})
    for number in SIX:
        lines = "".join(f"def part_{number}_{n}(value):\n    return value + {n}\n\n\n" for n in range(number + 3))
        files = {f"core/part_{number}.py": lines, f"docs/part_{number}.md": f"Part {number} has its own words.\n"}
        repo.commit(f"feat(core): part {number}\n\nBecause part {number} was missing.", files)
    assert run(repo.path, "generate", "--all").code == 0
    return repo


@pytest.fixture
def check(rewritten: Any, run: Callable[..., Ran], tmp_path: Path) -> Callable[..., Ran]:
    """Generate all, hold the pages to a new clone's and verify them; a second run changes nothing."""

    def checked(repo: RepoBuilder, *options: str) -> Ran:
        done = run(repo.path, "generate", "--all", *options)
        assert done.code == 0, done.err
        folder = repo.path / "episodes"
        expected = rewritten.fresh_stories(repo, run, tmp_path / "fresh", *options)
        assert rewritten.difference(rewritten.stories(folder), expected) == ""
        before = contents(folder)
        again = run(repo.path, "generate", "--all", *options)
        assert (again.out, contents(folder)) == ("", before)
        verified = run(repo.path, "verify", "--strict")
        assert verified.code == 0, verified.out
        return done

    return checked


def contents(folder: Path) -> dict[str, tuple[bytes, int]]:
    """All files of a folder, and when each was written."""
    return {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.iterdir()}


def told(rewritten: Any, repo: RepoBuilder) -> list[int]:
    """The numbers of the steps' pages, in the order of history."""
    found = rewritten.numbers(repo.path / "episodes")
    return [found[(sha,)] for sha in rewritten.Rewriter(repo, hooked=False).line]


ALL = [1, 2, 3, 4, 5, 6, 7]
SCRIPTS: dict[str, tuple[Callable[[Any], Any], list[int], list[int], tuple[list[int], list[int]] | None]] = {
    "amend the message": (lambda do: do.amend("fix: said better"), ALL, [], None),
    "amend the content": (lambda do: do.amend(files={"core/part_5.py": "five = 5\n"}), ALL, [], None),
    "amend both": (lambda do: do.amend("fix: new", {"core/part_5.py": "x = 1\n"}), ALL, [], ([*ALL[:-1], 8], [7])),
    "reorder": (lambda do: do.reorder("HEAD~3"), [1, 2, 3, 4, 7, 6, 5], [], None),
    "squash": (lambda do: do.squash("HEAD~3"), [1, 2, 3, 4, 5], [6, 7], None),
    "squash and say otherwise": (
        lambda do: do.squash("HEAD~3", message="feat: three parts"),
        [1, 2, 3, 4, 5],
        [6, 7],
        ([1, 2, 3, 4, 8], [5, 6, 7]),
    ),
    "fixup": (lambda do: do.squash("HEAD~2", how="fixup"), [1, 2, 3, 4, 5, 6], [7], None),
    "drop": (lambda do: do.drop("HEAD~3"), [1, 2, 3, 4, 6, 7], [5], None),
    "reword": (lambda do: do.reword("HEAD~3", "feat: words"), ALL, [], None),
    "split": (lambda do: do.split("HEAD~3", ["core"]), [1, 2, 3, 4, 8, 5, 6, 7], [], ([1, 2, 3, 4, 8, 9, 6, 7], [5])),
    "cherry-pick": (lambda do: (do.reset("HEAD~2"), do.pick("HEAD@{1}")), [1, 2, 3, 4, 5, 7], [6], None),
    "revert": (lambda do: do.revert("HEAD~2"), [*ALL, 8], [], None),
    "reset": (lambda do: do.reset("HEAD~2"), [1, 2, 3, 4, 5], [6, 7], None),
    "filter messages": (lambda do: do.filter("sed 's/part/piece/'"), ALL, [], None),
    "filter a file": (
        lambda do: do.filter("git rm -q --cached --ignore-unmatch docs/part_3.md", kind="--index-filter"),
        ALL,
        [],
        None,
    ),
}
"""What is done, the numbers of the pages afterwards in the order of history, those that are retired, and both without
the pairs that git tells, where that is another thing."""


@pytest.mark.parametrize("hooked", [True, False], ids=["pairs", "no pairs"])
@pytest.mark.parametrize("name", SCRIPTS)
def test_pages_follow(tale: RepoBuilder, rewritten: Any, check: Callable[..., Ran], name: str, hooked: bool) -> None:  # noqa: FBT001 - a parameter of the test
    """Each way to rewrite history leaves the pages of a new clone, and the numbers that can be kept."""
    rewrite, kept, gone, otherwise = SCRIPTS[name]
    if otherwise and not hooked:
        kept, gone = otherwise
    rewrite(rewritten.Rewriter(tale, hooked=hooked))
    done = check(tale)
    assert (told(rewritten, tale), sorted(rewritten.retired(tale.path / "episodes"))) == (kept, gone)
    assert (f"{len(gone)} retired" in done.err) == bool(gone)
    assert "CONFLICT" not in done.err


def test_what_a_squash_went_into(tale: RepoBuilder, rewritten: Any, check: Callable[..., Ran]) -> None:
    """The pages that gave way lead to the one that kept the commit, through any number of further rewritings."""
    do = rewritten.Rewriter(tale)
    squashed = do.squash("HEAD~3")
    check(tale)
    assert rewritten.retired(tale.path / "episodes") == {6: squashed, 7: squashed}
    assert "[episode 5](episode_005.md)" in (tale.path / "episodes/episode_006.md").read_text(encoding="utf-8")
    amended = do.amend("feat: all of it")
    check(tale)
    assert rewritten.retired(tale.path / "episodes") == {6: amended, 7: amended}
    do.reset("HEAD@{1}")
    check(tale)
    assert rewritten.retired(tale.path / "episodes") == {6: squashed, 7: squashed}


def test_there_and_back(tale: RepoBuilder, rewritten: Any, check: Callable[..., Ran]) -> None:
    """Whatever was done, a reset to the reflog gives the pages back as they were but for what they remember."""
    start = tale.head
    before = rewritten.stories(tale.path / "episodes"), rewritten.numbers(tale.path / "episodes")
    for name, (rewrite, *_) in SCRIPTS.items():
        rewrite(rewritten.Rewriter(tale))
        check(tale)
        tale.git("reset", "-q", "--hard", start)
        check(tale)
        after = rewritten.stories(tale.path / "episodes"), rewritten.numbers(tale.path / "episodes")
        assert after == before, name


@pytest.mark.parametrize("options", [(), ("--group-by", "day")], ids=["commits", "days"])
@pytest.mark.parametrize("hooked", [True, False], ids=["pairs", "no pairs"])
@pytest.mark.parametrize("seed", range(3))
def test_any_history(  # noqa: PLR0917 - three are fixtures
    repo: RepoBuilder,
    rewritten: Any,
    run: Callable[..., Ran],
    check: Callable[..., Ran],
    seed: int,
    hooked: bool,  # noqa: FBT001 - a parameter of the test
    options: tuple[str, ...],
) -> None:
    """What people do to history by chance, several things between two runs, leaves the pages of a new clone."""
    chance = random.Random(seed)  # noqa: S311 -- a test that repeats itself, no secret
    repo.commit("feat: begin", {"chronicles.toml": SETTINGS})
    do = rewritten.Rewriter(repo, hooked=hooked)
    for number in SIX:
        repo.commit(f"feat: part {number}", {f"part_{number}.py": f"part = {number}\n" * (number + 1)})
        repo.clock += timedelta(hours=7)
    assert run(repo.path, "generate", "--all", *options).code == 0
    for _ in range(5):
        for _ in range(chance.randint(1, 3)):
            rewritten.chance_rewrite(chance, do)
        check(repo, *options)


def test_small_commits_of_a_day(
    repo: RepoBuilder, rewritten: Any, run: Callable[..., Ran], check: Callable[..., Ran]
) -> None:
    """Where the settings fold small commits, a rebase that gives all of them one day leaves one page of them."""
    repo.commit("feat: begin", {"chronicles.toml": f'{SETTINGS}fold = "day"\n'})
    for day in range(1, 5):
        repo.commit(f"fix: day {day}", {f"day_{day}.txt": "one\n"}, at=f"2024-02-0{day}T10:00:00Z")
    run(repo.path, "generate", "--all")
    assert sorted(rewritten.numbers(repo.path / "episodes").values()) == [1, 2, 3, 4, 5]
    rewritten.Rewriter(repo).reorder("HEAD~3")
    check(repo)
    assert rewritten.retired(repo.path / "episodes") == {
        4: repo.git("rev-parse", "HEAD~1"),
        5: repo.git("rev-parse", "HEAD~2"),
    }
    repo.git("reset", "-q", "--hard", "HEAD@{1}")
    repo.git("reset", "-q", "--hard", repo.git("reflog", "--format=%H", "--grep-reflog=commit: fix: day 4").split()[0])
    check(repo)
    assert sorted(rewritten.numbers(repo.path / "episodes").values()) == [1, 2, 3, 4, 5]


def test_a_commit_that_becomes_small(
    repo: RepoBuilder, rewritten: Any, run: Callable[..., Ran], check: Callable[..., Ran]
) -> None:
    """A commit that is amended until it is small joins the page of its day, which was not touched otherwise."""
    repo.commit("feat: begin", {"chronicles.toml": f'{SETTINGS}fold = "day"\n'})
    for number in range(2):
        repo.commit(f"fix: {number}", {f"{number}.txt": "one\n"}, at=f"2024-02-01T1{number}:00:00Z")
    repo.commit("feat: big", {f"big_{n}.py": f"big = {n}\n" * 90 for n in range(30)}, at="2024-02-01T12:00:00Z")
    run(repo.path, "generate", "--all")
    assert sorted(rewritten.numbers(repo.path / "episodes").values()) == [1, 2, 3]
    rewritten.Rewriter(repo).amend(
        files=dict.fromkeys((f"big_{n}.py" for n in range(1, 30)), None) | {"big_0.py": "1\n"}
    )
    check(repo)
    assert sorted(map(len, rewritten.numbers(repo.path / "episodes"))) == [1, 3]
    assert rewritten.retired(repo.path / "episodes") == {3: repo.head}


def test_releases(tale: RepoBuilder, rewritten: Any, check: Callable[..., Ran], run: Callable[..., Ran]) -> None:
    """A page of a release follows when the release is rewritten and its tag is moved, and stays while the tag does."""
    shutil.rmtree(tale.path / "episodes")
    tale.tag("v1", "HEAD~3")
    tale.tag("v2")
    check(tale, "--group-by", "tag")
    rewritten.Rewriter(tale).reword("HEAD~3", "feat: words")
    run(tale.path, "generate", "--all", "--group-by", "tag")
    tale.tag("v3")
    tale.git("tag", "-d", "v2")
    check(tale, "--group-by", "tag")
    assert sorted(rewritten.numbers(tale.path / "episodes").values()) == [1, 2]


def test_edits_follow(tale: RepoBuilder, rewritten: Any, check: Callable[..., Ran], run: Callable[..., Ran]) -> None:
    """What people wrote on a page goes where the page goes, signed or not."""
    page = tale.path / "episodes/episode_005.md"
    text = page.read_text(encoding="utf-8")
    heading = "### Why It Matters\n"
    assert heading in text
    page.write_text(text.replace(heading, f"{heading}\nGrace had asked for it.\n"), encoding="utf-8")
    run(tale.path, "adopt", "episodes/episode_005.md", "--name", "Grace")
    signed = "Grace had asked for it. <!-- by: Grace -->"
    do = rewritten.Rewriter(tale)
    for rewrite in (
        lambda: do.reword("HEAD~3", "feat: words"),
        lambda: do.reorder("HEAD~3"),
        lambda: do.squash("HEAD~2"),
    ):
        rewrite()
        run(tale.path, "generate", "--all")
        assert signed in page.read_text(encoding="utf-8")
        assert run(tale.path, "verify", "--strict").code == 0
    assert load_page(page.with_suffix(".json")).dossier.subject.commits == (tale.head,)
    page.write_text(page.read_text(encoding="utf-8").replace(f"\n{signed}\n", ""), encoding="utf-8")
    check(tale)


def test_a_forced_push_in_another_clone(
    tale: RepoBuilder, rewritten: Any, run: Callable[..., Ran], check: Callable[..., Ran], tmp_path: Path
) -> None:
    """A clone that fetches rewritten history, and is told no pairs, keeps the numbers that patches and people tell."""
    other = clone_of(tale, tmp_path / "other")
    shutil.copytree(tale.path / "episodes", other.path / "episodes")
    do = rewritten.Rewriter(tale)
    do.reorder("HEAD~3")
    do.drop("HEAD~2")
    do.amend(files={"core/new.py": "new = 1\n"})
    other.git("fetch", "-q", "origin", "+main:refs/remotes/origin/main")
    assert run(other.path, "generate", "--all").err == "chronicles: 0 written, 7 unchanged.\n"
    other.git("reset", "-q", "--hard", "origin/main")
    check(other)
    assert told(rewritten, other) == [1, 2, 3, 4, 7, 5]
    check(tale)
    assert told(rewritten, tale) == [1, 2, 3, 4, 7, 5]


@pytest.mark.parametrize("options", [(), ("--group-by", "day")], ids=["commits", "days"])
def test_committed_pages_in_a_new_clone(
    tale: RepoBuilder,
    rewritten: Any,
    run: Callable[..., Ran],
    check: Callable[..., Ran],
    tmp_path: Path,
    options: tuple[str, ...],
) -> None:
    """A clone that never had the old commits knows them by what the committed sidecars say of them."""
    shutil.rmtree(tale.path / "episodes")
    run(tale.path, "generate", "--all", *options)
    tale.git("add", "-A")
    tale.commit("docs: pages")
    do = rewritten.Rewriter(tale)
    do.drop("HEAD~4")
    other = clone_of(tale, tmp_path / "other")
    check(other, *options)
    if options:
        assert rewritten.numbers(other.path / "episodes") == {tuple(rewritten.Rewriter(other).line[-2::-1]): 1}
    else:
        assert told_but_last(rewritten, other) == [1, 2, 3, 4, 6, 7]
        assert rewritten.retired(other.path / "episodes") == {5: ""}


def told_but_last(rewritten: Any, repo: RepoBuilder) -> list[int]:
    """The numbers of the steps' pages but of the last, which has our own output alone."""
    found = rewritten.numbers(repo.path / "episodes")
    return [found[(sha,)] for sha in rewritten.Rewriter(repo, hooked=False).line[:-1]]


def clone_of(repo: RepoBuilder, path: Path) -> RepoBuilder:
    """A clone that shares no object with its origin."""
    repo.git("clone", "-q", f"file://{repo.path}", str(path))
    made = object.__new__(type(repo))
    made.path, made.clock = path, repo.clock
    return made


def test_a_merge_of_ours_that_is_pulled(
    tale: RepoBuilder, rewritten: Any, run: Callable[..., Ran], check: Callable[..., Ran]
) -> None:
    """Where others merged our commits and we fast-forward, the merge's page tells them, and ours give way to it."""
    ours = tale.head
    tale.branch("theirs", "HEAD~2")
    tale.commit("feat: theirs", {"theirs.py": "theirs = 1\n"})
    tale.merge("main", message="Merge pull request #1 from us/main\n\nOur parts")
    tale.switch("main")
    tale.git("merge", "-q", "--ff-only", "theirs")
    assert tale.git("rev-parse", "HEAD^2") == ours
    done = check(tale)
    assert "2 retired" in done.err
    assert rewritten.retired(tale.path / "episodes") == dict.fromkeys((6, 7), tale.head)


def test_a_page_that_was_asked_for_stays(tale: RepoBuilder, rewritten: Any, run: Callable[..., Ran]) -> None:
    """Who wants an episode of a commit inside a merge that is told has it, and it gives way to nothing."""
    tale.branch("topic")
    topic = tale.commit("feat: topic", {"topic.py": "topic = 1\n"})
    run(tale.path, "generate", "topic")
    tale.switch("main")
    assert run(tale.path, "generate", "--all").err == "chronicles: 0 written, 7 unchanged.\n"
    tale.commit("feat: main", {"main.py": "main = 1\n"})
    tale.merge("topic")
    run(tale.path, "generate", "HEAD~1")
    assert rewritten.numbers(tale.path / "episodes")[(topic,)] == 8, "nothing tells it otherwise"
    run(tale.path, "generate", "--all")
    assert rewritten.retired(tale.path / "episodes") == {8: tale.head}
    run(tale.path, "generate", topic)
    run(tale.path, "generate", "--all")
    assert rewritten.numbers(tale.path / "episodes")[(topic,)] == 11


def test_only_the_published_branch_is_followed(tale: RepoBuilder, rewritten: Any, run: Callable[..., Ran]) -> None:
    """On another branch, or on none, nothing is retired and nothing moves, whatever is missing there."""
    tale.git("switch", "-q", "-c", "topic", "HEAD~4")
    tale.git("branch", "-q", "-f", "main", "HEAD~1")
    before = contents(tale.path / "episodes")
    for place in ("topic", "--detach"):
        tale.git("switch", "-q", place)
        done = run(tale.path, "generate", "--all")
        assert (done.code, done.out) == (0, "")
    assert contents(tale.path / "episodes") == before
    tale.git("branch", "-q", "-D", "topic")
    tale.git("switch", "-q", "main")
    assert run(tale.path, "generate").err == "chronicles: 6 written, 0 unchanged, 5 retired.\n"


def test_a_run_that_writes_nothing_changes_nothing(tale: RepoBuilder, rewritten: Any, run: Callable[..., Ran]) -> None:
    """`--dry-run` and `--show-prompt` leave the folder alone, and print pages under the numbers that they will have."""
    rewritten.Rewriter(tale).amend("fix: said better")
    before = contents(tale.path / "episodes")
    shown = run(tale.path, "generate", "--dry-run")
    assert run(tale.path, "generate", "--show-prompt").code == 0
    assert contents(tale.path / "episodes") == before
    assert "episode: 7\n" in shown.out
    run(tale.path, "generate")
    assert shown.out == (tale.path / "episodes/episode_007.md").read_text(encoding="utf-8")


def test_removed_pages_stay_out(tale: RepoBuilder, rewritten: Any, run: Callable[..., Ran]) -> None:
    """What was taken out for good does not come back by a rebase."""
    run(tale.path, "remove", "episode_006")
    rewritten.Rewriter(tale, hooked=False).reword("HEAD~3", "feat: words")
    done = run(tale.path, "generate", "--all")
    assert "1 left out (removed by `chronicles remove`)" in done.err
    assert sorted(rewritten.numbers(tale.path / "episodes").values()) == [1, 2, 3, 4, 5, 7]


def test_a_removed_page_that_had_moved_stays_out(tale: RepoBuilder, rewritten: Any, run: Callable[..., Ran]) -> None:
    """A reset to what a page told before it moved and was removed brings no page."""
    before = tale.head
    rewritten.Rewriter(tale).amend("fix: said better")
    run(tale.path, "generate")
    run(tale.path, "remove", "episode_007")
    tale.git("reset", "-q", "--hard", before)
    assert "1 left out (removed by `chronicles remove`)" in run(tale.path, "generate").err


def test_a_page_that_is_told_anew_is_led_to(tale: RepoBuilder, rewritten: Any, check: Callable[..., Ran]) -> None:
    """Where the page that others went into gets another number, they lead to that one."""
    squashed = rewritten.Rewriter(tale).squash("HEAD~3")
    check(tale)
    for path in (tale.path / ".git/chronicles-hook/rewritten/1", *(tale.path / "episodes").glob("episode_005.*")):
        path.unlink()
    check(tale)
    assert rewritten.numbers(tale.path / "episodes")[(squashed,)] == 8
    assert "[episode 8](episode_008.md)" in (tale.path / "episodes/episode_006.md").read_text(encoding="utf-8")


def test_a_commit_that_asks_not_to_be_told(tale: RepoBuilder, rewritten: Any, check: Callable[..., Ran]) -> None:
    """Who amends a commit so that it is not told any more has its page retired."""
    rewritten.Rewriter(tale).amend("feat(core): part 5\n\nChronicle: skip")
    check(tale)
    assert rewritten.retired(tale.path / "episodes") == {7: tale.head}


def test_objects_that_were_cleared_away(tale: RepoBuilder, rewritten: Any, check: Callable[..., Ran]) -> None:
    """When git has cleared the old commits away, what the sidecars say is enough."""
    do = rewritten.Rewriter(tale, hooked=False)
    do.reword("HEAD~3", "feat: words")
    do.drop("HEAD~2")
    tale.git("reflog", "expire", "--expire=now", "--all")
    tale.git("gc", "-q", "--prune=now")
    check(tale)
    assert told(rewritten, tale) == [1, 2, 3, 4, 8, 7]


def test_many_pages_move_in_several_turns(
    tale: RepoBuilder, rewritten: Any, check: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many pages a turn is for, the pages are the same."""
    monkeypatch.setattr(moving, "_SLICE", 2)
    do = rewritten.Rewriter(tale, hooked=False)
    do.filter("sed 's/part/piece/'")
    do.drop("HEAD~3")
    done = check(tale)
    assert "5 followed rewritten commits, 1 retired" in done.err


@pytest.mark.parametrize("at", [1, 2, 3, 4])
def test_a_run_that_is_cut_short(
    tale: RepoBuilder,
    rewritten: Any,
    run: Callable[..., Ran],
    check: Callable[..., Ran],
    monkeypatch: pytest.MonkeyPatch,
    at: int,
) -> None:
    """A run that ends between two pages loses nothing: the next one goes on, with git's pairs or without."""
    do = rewritten.Rewriter(tale)
    do.squash("HEAD~2")
    do.reorder("HEAD~3")
    publish = moving._Turn._publish
    left = [at]

    def stop(self: Any, *arguments: Any) -> None:
        left[0] -= 1
        if not left[0]:
            raise KeyboardInterrupt
        publish(self, *arguments)

    with monkeypatch.context() as patch:
        patch.setattr(moving._Turn, "_publish", stop)
        assert run(tale.path, "generate", "--all").code == 130
    check(tale)
    assert (told(rewritten, tale), sorted(rewritten.retired(tale.path / "episodes"))) == ([1, 2, 3, 6, 5, 4], [7])


def test_a_voiced_page_keeps_its_words(
    tale: RepoBuilder, rewritten: Any, run: Callable[..., Ran], ollama: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Following asks no model: what one said stays, whoever writes now; what it would say anew a model at hand says."""
    asked = ("generate", "HEAD", "--force", "--writer", "ollama", "--model", "tiny")
    assert run(tale.path, *asked).code == 0
    path = tale.path / "episodes/episode_007.json"
    before = load_page(path)
    assert before.byline is not None
    do = rewritten.Rewriter(tale)
    do.amend("feat(core): part 5\n\nBecause part 5 was missing from all of it.")
    requests = len(ollama.requests)
    run(tale.path, "generate", "--writer", "plain")
    after = load_page(path)
    assert after.dossier.subject.commits == (tale.head,)
    assert (after.byline, after.sentences) == (before.byline, before.sentences)
    assert len(ollama.requests) == requests
    assert run(tale.path, "verify", "--strict").code == 0
    do.amend(files={"core/part_5.py": None, "core/part_4.py": None, "docs/part_5.md": "Else.\n"})
    run(tale.path, "generate", "--writer", "ollama", "--model", "tiny")
    assert len(ollama.requests) > requests
    assert load_page(path).byline is not None
    assert load_page(path).dossier.subject.commits == (tale.head,)


def test_the_worker_may_ask(tale: RepoBuilder, rewritten: Any) -> None:
    """One function follows history for whoever has a session, and says what it did."""
    before = tale.head
    after = rewritten.Rewriter(tale, hooked=False).amend("fix: new", {"core/part_5.py": "x = 1\n"})
    with Session(tale.path) as session:
        press = session.press()
        followed = follow_history(session, press, [(before, after)])
        assert [path.name for path in followed.moved] == ["episode_007.md"]
        assert [path.name for path in followed.relinked] == ["episode_006.md"]
        assert list(followed.retired) == followed.conflicts == followed.reword == []
        assert not follow_history(session, press, [(before, after)]).written
        entry = press.series.by_commit(after)
        assert entry is not None
        assert entry.number == 7


def test_nothing_new_costs_little(tale: RepoBuilder, rewritten: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing was rewritten no patch is read and no commit's fate asked for."""
    asked: list[str] = []
    for name in ("patch_ids", "fates", "identities", "fork", "stored_identities"):
        monkeypatch.setattr(line_module.PublishedLine, name, lambda *_, name=name: asked.append(name))
    with Session(tale.path) as session:
        assert not follow_history(session, session.press()).written
    assert asked == []
    with Session(tale.path) as session:
        monkeypatch.setattr(rewriting, "find_following", lambda *_: asked.append("find"))
        shutil.rmtree(tale.path / "episodes")
        follow_history(session, session.press())
    assert asked == []
