"""Histories that are rewritten by real git, and whether pages stand afterwards as those of a new clone would.

`Rewriter(repo)` amends, rebases, squashes, drops, splits, filters and resets as people do; a post-rewrite hook of its
own keeps the pairs that git tells. `stories(folder)` are the pages of a folder with all taken off that may differ from
those of a fresh `generate --all`: numbers, links between pages, what people wrote is not there, and retired pages.
"""

from __future__ import annotations

import json
import re
import shlex
import shutil
from contextlib import suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import random
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import Ran, RepoBuilder

Story = tuple[str, str]
"""A page and its sidecar, less what may differ."""

_PAIRS = "chronicles-hook/rewritten"
_NEXT = re.compile(r"## 🔮 Next Time on [^\n]*\n\n[^\n]*\n+")
_SHORTEST = 5
"""Steps of a history that can be rewritten by chance."""
_OURS = ("number", "links", "former")


class Rewriter:
    """A repository and the ways in which people rewrite its history.

    Args:
        repo: Whose clock gives all times, so that the same calls give the same hashes.
        hooked: Whether git's pairs are kept.
    """

    def __init__(self, repo: RepoBuilder, *, hooked: bool = True) -> None:
        self.repo = repo
        hook = repo.path / ".git/hooks/post-rewrite"
        if hooked:
            hook.parent.mkdir(exist_ok=True)
            (repo.path / ".git" / _PAIRS).mkdir(parents=True, exist_ok=True)
            hook.write_text(f'#!/bin/sh\ncat >> "$(git rev-parse --git-common-dir)/{_PAIRS}/1"\n', encoding="utf-8")
            hook.chmod(0o755)

    @property
    def line(self) -> list[str]:
        """The first-parent steps, oldest first."""
        return self.repo.git("rev-list", "--first-parent", "--reverse", "HEAD").split()

    def _git(self, *arguments: str, **env: str) -> str:
        """Run git at the next hour, by the same committer."""
        clock = self.repo.identity(None, None, ("Ada", "ada@example.org"), None)
        committer = {name: value for name, value in clock.items() if name.startswith("GIT_COMMITTER")}
        return self.repo.git(*arguments, env={**committer, "GIT_EDITOR": "true", **env})

    # -- amending ---------------------------------------------------------------------------------------------------

    def amend(self, message: str = "", files: dict[str, str | None] | None = None) -> str:
        """Amend HEAD: its message, its content or both."""
        self.repo.write(files or {})
        self._git("commit", "-q", "--amend", "--allow-empty", *(["-m", message] if message else ["--no-edit"]))
        return self.repo.head

    # -- rebasing ---------------------------------------------------------------------------------------------------

    def rebase(self, todo: Callable[[list[str]], list[str]], base: str, *, message: str = "") -> str:
        """Rebase what is after `base`, with the list that `todo` makes of the commits, each as `pick SHA`."""
        steps = self.repo.git("rev-list", "--first-parent", "--reverse", f"{base}..HEAD").split()
        plan = self.repo.path / ".git/plan"
        plan.write_text("\n".join(todo([f"pick {sha}" for sha in steps])) + "\n", encoding="utf-8")
        editor = "true"
        if message:
            words = self.repo.path / ".git/words"
            words.write_text(message + "\n", encoding="utf-8")
            editor = f"cp {shlex.quote(str(words))}"
        copy = f"cp {shlex.quote(str(plan))}"
        # Of changes that do not fit, the rewritten side wins: which of them is no matter here.
        self._git(
            "rebase", "-q", "-i", "-X", "theirs", "--empty=drop", base, GIT_SEQUENCE_EDITOR=copy, GIT_EDITOR=editor
        )
        return self.repo.head

    def reorder(self, base: str) -> str:
        """Put the commits after `base` in the opposite order."""
        return self.rebase(lambda picks: picks[::-1], base)

    def squash(self, base: str, *, how: str = "squash", message: str = "") -> str:
        """Make one commit of all after `base`."""
        return self.rebase(
            lambda picks: [picks[0], *(one.replace("pick", how) for one in picks[1:])], base, message=message
        )

    def drop(self, base: str, at: int = 0) -> str:
        """Drop a commit after `base`."""
        return self.rebase(lambda picks: [*picks[:at], "noop", *picks[at + 1 :]], base)

    def reword(self, base: str, message: str) -> str:
        """Give the commit after `base` another message."""
        return self.rebase(lambda picks: [picks[0].replace("pick", "reword"), *picks[1:]], base, message=message)

    def split(self, base: str, names: list[str]) -> str:
        """Make the commit after `base` two, of which the first has some of its files."""
        self.rebase(lambda picks: [picks[0].replace("pick", "edit"), *picks[1:]], base)
        self.repo.git("reset", "-q", "HEAD^")
        self.repo.git("add", *names)
        self.repo.commit("feat: the first half")
        self.repo.git("add", "-A", ":!episodes")
        self.repo.commit("feat: the second half")
        self._git("rebase", "--continue")
        return self.repo.head

    # -- others -----------------------------------------------------------------------------------------------------

    def pick(self, sha: str) -> str:
        """Cherry-pick a commit."""
        self._git("cherry-pick", "--allow-empty", "--keep-redundant-commits", "-X", "theirs", sha)
        return self.repo.head

    def revert(self, sha: str) -> str:
        """Revert a commit."""
        author = {"GIT_AUTHOR_NAME": "Ada", "GIT_AUTHOR_EMAIL": "ada@example.org"}
        self._git("revert", "--no-edit", sha, GIT_AUTHOR_DATE=str(self.repo.clock), **author)
        return self.repo.head

    def reset(self, revision: str) -> str:
        """Set the branch to another commit."""
        self.repo.git("reset", "-q", "--hard", revision)
        return self.repo.head

    def give_up(self) -> None:
        """End what git could not finish."""
        for operation in ("rebase", "cherry-pick", "revert"):
            with suppress(AssertionError):
                self.repo.git(operation, "--abort")
        self.reset("HEAD")

    def filter(self, command: str, *, kind: str = "--msg-filter") -> str:
        """Rewrite every commit; git runs no hook."""
        self._git("filter-branch", "-f", kind, command, "HEAD", FILTER_BRANCH_SQUELCH_WARNING="1")
        return self.repo.head


def stories(folder: Path) -> dict[tuple[str, ...], Story]:
    """The pages of a folder that are not retired, by their commits."""
    found: dict[tuple[str, ...], Story] = {}
    for path in sorted(folder.glob("episode_*.json")):
        value = json.loads(path.read_bytes())
        if "retired" in value["episode"]:
            continue
        commits = tuple(value["dossier"]["subject"]["commits"])
        assert commits not in found, f"{path.name} tells what another page tells"
        found[commits] = _page(path.with_suffix(".md").read_text(encoding="utf-8")), _sidecar(value)
    return found


def numbers(folder: Path) -> dict[tuple[str, ...], int]:
    """The numbers of the pages that are not retired, by their commits."""
    values = [json.loads(path.read_bytes()) for path in sorted(folder.glob("episode_*.json"))]
    told = [value for value in values if "retired" not in value["episode"]]
    return {tuple(value["dossier"]["subject"]["commits"]): value["episode"]["number"] for value in told}


def retired(folder: Path) -> dict[int, str]:
    """The numbers of retired pages, and what their commits went into."""
    values = [json.loads(path.read_bytes()) for path in sorted(folder.glob("episode_*.json"))]
    return {
        one["episode"]["number"]: one["episode"]["retired"]["into"] for one in values if "retired" in one["episode"]
    }


def fresh_stories(
    repo: RepoBuilder, run: Callable[..., Ran], place: Path, *options: str
) -> dict[tuple[str, ...], Story]:
    """The pages that a clean clone of a repository would have."""
    shutil.rmtree(place, ignore_errors=True)
    repo.git("clone", "-q", str(repo.path), str(place / "clone"))
    done = run(place / "clone", "generate", "--all", "--output", str(place / "pages"), *options)
    assert done.code == 0, done.err
    return stories(place / "pages")


def difference(one: dict[tuple[str, ...], Story], other: dict[tuple[str, ...], Story]) -> str:
    """Where two folders of stories differ first; empty where they do not."""
    for commits in {**one, **other}:
        name = " ".join(sha[:7] for sha in commits)
        if commits not in one or commits not in other:
            return f"{name} is told by {'one' if commits in one else 'the other'} alone"
        for mine, theirs in zip(one[commits], other[commits], strict=True):
            lines = zip(mine.split("\n"), theirs.split("\n"), strict=False)
            if mine != theirs:
                return f"{name}: {next((pair for pair in lines if pair[0] != pair[1]), 'one is longer')}"
    return ""


def chance_rewrite(chance: random.Random, rewriter: Rewriter) -> str:
    """Do something to a history by chance; what it was."""
    line = rewriter.line
    while len(line) < _SHORTEST:
        rewriter.repo.commit(f"feat: more {len(line)}", {f"more{len(line)}.py": f"more = {chance.random()}\n"})
        line = rewriter.line
    back = chance.randint(2, min(5, len(line) - 2))
    base = line[-1 - back]
    number = chance.randrange(10**6)
    path = chance.choice(["a.py", "b.py", "c/d.py"])
    content = "".join(f"value_{chance.randrange(10**6)} = {n}\n" for n in range(chance.randint(1, 12)))
    deeds: dict[str, Callable[[], Any]] = {
        "commit": lambda: rewriter.repo.commit(f"feat: thing {number}", {path: content}),
        "amend message": lambda: rewriter.amend(f"fix: other words {number}"),
        "amend content": lambda: rewriter.amend(files={path: content}),
        "amend both": lambda: rewriter.amend(f"fix: all new {number}", {path: content}),
        "reorder": lambda: rewriter.reorder(base),
        "squash": lambda: rewriter.squash(base),
        "fixup": lambda: rewriter.squash(base, how="fixup"),
        "drop": lambda: rewriter.drop(base, chance.randrange(back)),
        "reword": lambda: rewriter.reword(base, f"docs: said again {number}"),
        "pick": lambda: rewriter.pick(line[-back]),
        "revert": lambda: rewriter.revert(line[-1]),
        "reset": lambda: rewriter.reset(base),
        "back": lambda: rewriter.reset(f"HEAD@{{{chance.randint(1, 4)}}}"),
        "filter": lambda: rewriter.filter(f"sed 's/$/ {number}/;1!s/ {number}$//'"),
    }
    name = chance.choice(sorted(deeds))
    try:
        deeds[name]()
    except AssertionError:
        # The changes do not fit, or nothing is left of them; people try, too.
        rewriter.give_up()
    return name


def _page(text: str) -> str:
    bare = re.sub(r"\n{3,}", "\n\n", _NEXT.sub("\n\n", f"{text}\n")).strip()
    bare = re.sub(r"^episode: \d+$", "episode: N", bare, flags=re.MULTILINE)
    bare = re.sub(r"^(# .* - Episode |### 📊 Episode )\d+", r"\1N", bare, flags=re.MULTILINE)
    return re.sub(r"\]\(episode_\d+\.(md|svg)\)", r"](episode.\1)", bare)


def _sidecar(value: dict[str, Any]) -> str:
    about = {key: one for key, one in value["episode"].items() if key not in _OURS}
    kept = {key: one for key, one in value.items() if key not in ("episode", "rendered", "deleted")}
    return json.dumps({**kept, "episode": about}, ensure_ascii=False, indent=1)
