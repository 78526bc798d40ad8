"""Histories with all that a range has to net out: reverts, copies, squashes, merges of several lines, tags aside."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random

    from tests.conftest import RepoBuilder

GRACE = ("Grace", "grace@example.org")
LINES = [f"line {number}\n" for number in range(60)]


def text(**changed: str) -> str:
    """Sixty lines, some of them others: `text(l4="new")`."""
    lines = list(LINES)
    for name, line in changed.items():
        lines[int(name[1:])] = f"{line}\n"
    return "".join(lines)


def revert(repo: RepoBuilder, *what: str) -> str:
    """Revert as people do, with git's own words."""
    repo.git("revert", "--no-edit", *what, env=repo.identity(None, None, GRACE, None))
    return repo.head


def pick(repo: RepoBuilder, what: str) -> str:
    """Cherry-pick as people do."""
    repo.git("cherry-pick", what, env=repo.identity(None, None, GRACE, None))
    return repo.head


def roam(repo: RepoBuilder, chance: random.Random, steps: int) -> None:
    """Go on with a history by chance: reverts, cherry-picks, squashes, merges of several lines, tags aside."""
    for number in range(steps):
        made = repo.git("rev-list", "--no-merges", "--all", "--").split()
        verb = chance.choice(("write", "write", "revert", "unmerge", "pick", "squash", "merge", "void", "tag", "break"))
        name = f"roam-{number}"
        if verb in {"write", "break"}:
            mark = "!" if verb == "break" else ""
            repo.commit(f"{chance.choice(('feat', 'fix', 'chore'))}{mark}: {number}", _write(chance))
        elif verb in {"revert", "pick"}:
            _try(
                repo,
                verb if verb == "revert" else "cherry-pick",
                chance.choice(made),
                *(["--no-edit"] * (verb == "revert")),
            )
        elif verb == "unmerge":
            merges = repo.git("rev-list", "--merges", "HEAD", "--").split()
            if merges:
                _try(repo, "revert", "--no-edit", "-m", "1", chance.choice(merges))
        else:
            repo.branch(name, chance.choice(repo.git("rev-list", "HEAD", "--").split()[:6]))
            for _ in range(chance.randrange(1, 4)):
                repo.commit(f"side {chance.randrange(9)}", _write(chance))
            if chance.random() < 0.4:
                _try(repo, "cherry-pick", chance.choice(made))
            if verb == "tag":
                repo.tag(f"aside-{number}")
            repo.switch("main")
            if verb == "squash" and _try(repo, "merge", "--squash", name):
                repo.commit(f"feat: squash of {name}")
            if verb != "tag":
                strategy = ["-s", "ours"] if verb == "void" else chance.choice(([], ["-X", "ours"], ["-X", "theirs"]))
                _try(repo, "merge", "--no-ff", "-m", f"Merge {name}", *strategy, name)


def _write(chance: random.Random) -> dict[str, str]:
    return {f"{chance.choice('abcd')}.txt": text(**{f"l{chance.randrange(60)}": chance.choice("xyz")})}


def _try(repo: RepoBuilder, *command: str) -> bool:
    """Have git try something, and take it back where it cannot be done."""
    try:
        repo.git(*command, env=repo.identity(None, None, GRACE, None))
    except AssertionError:
        repo.git("reset", "-q", "--hard")
        repo.git("clean", "-q", "-fd")
        for state in ("REVERT_HEAD", "CHERRY_PICK_HEAD", "MERGE_HEAD", "SQUASH_MSG"):
            (repo.path / ".git" / state).unlink(missing_ok=True)
        return False
    return True
