"""The engine's one place that runs git: names to commits, what is dirty, who the repository is.

Git runs without the user's and the machine's configuration, without hooks, without variables that point it elsewhere
and without a keyboard to ask at, so that the same repository gives the same answers to everybody. What the repository
configures for itself stands: its filters decide what a checkout holds, and a benchmark measures a checkout.

The folders into which this project writes what it finds out (`reports/`, episodes, patches, the site) make no tree
dirty: a run changes them, and would otherwise spoil the next one.
"""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from banterhearts.errors import Missing, RepositoryError

__all__ = ["OUTPUTS", "Repository", "open_repository"]

OUTPUTS = ("episodes", "patches", "reports", "site")
"""Folders whose changes make no tree dirty."""
_ENVIRONMENT = {
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_GRAFT_FILE": os.devnull,
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",
}
# Ownership is checked to keep a stranger's configuration from running programs; whoever measures a repository runs it.
_SETTINGS = (
    "safe.directory=*",
    f"core.hooksPath={os.devnull}",
    "core.fsmonitor=false",
    "advice.graftFileDeprecated=false",
    "gc.auto=0",
)
_SHA1 = 40
_SHOWN = 300


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository with a work tree."""

    root: Path
    """Its work tree."""
    git_dir: Path
    """What all its work trees share."""
    name: str
    """By which it is told, and never a path of this machine: of its remote `origin`, else of its folder."""

    def run(self, *arguments: str) -> str:
        """Run git to its end and return what it printed.

        Raises:
            RepositoryError: With git's own complaint, when it ends with another status than 0.
        """
        return _run_git(self.root, arguments)

    def resolve(self, revision: str) -> str:
        """The full hash of the commit that a revision names.

        Raises:
            RepositoryError: If there is none, or git's name for it does not fit a run record.
        """
        try:
            found = self.run("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}").strip()
        except RepositoryError as error:
            raise RepositoryError(self.root, f"no commit {revision!r} in this repository{self._shallow()}") from error
        if len(found) != _SHA1:
            raise RepositoryError(self.root, "its object format is not sha1; a run record names commits by 40 digits")
        return found

    def line(self, base: str | None, tip: str) -> list[str]:
        """The first-parent commits from `tip` back to `base`, both included, newest first.

        Args:
            base: A full hash; None for the whole line.
            tip: A full hash.

        Raises:
            RepositoryError: If `base` is not on the first-parent line of `tip`.
        """
        if base is None:
            return self.run("rev-list", "--first-parent", tip).split()
        found = [*self.run("rev-list", "--first-parent", f"^{base}", tip).split(), base]
        parents = self.parents(found[-2]) if len(found) > 1 else [base]
        if (len(found) == 1 and base != tip) or parents[:1] != [base]:
            problem = f"{base[:7]} is not on the first-parent line of {tip[:7]}{self._shallow()}"
            raise RepositoryError(self.root, problem)
        return found

    def parents(self, commit: str) -> list[str]:
        """The parents of a commit, the first parent first; none for a root, and where a shallow clone ends."""
        return self.run("rev-list", "--parents", "--max-count=1", commit).split()[1:]

    def subject(self, commit: str) -> str:
        """The first line of a commit's message, printable."""
        line = self.run("show", "--no-patch", "--format=%s", "--encoding=UTF-8", commit)
        return "".join(sign if sign.isprintable() else " " for sign in line).strip()

    def is_shallow(self) -> bool:
        """Whether history ends early here."""
        return self.run("rev-parse", "--is-shallow-repository").strip() == "true"

    def changed_files(self) -> list[str]:
        """Tracked files that differ from HEAD, less those in `OUTPUTS`."""
        excluded = [f":(top,exclude,literal){name}" for name in OUTPUTS]
        options = ("--porcelain", "-z", "--untracked-files=no", "--no-renames", "--ignore-submodules=untracked")
        listed = self.run("status", *options, "--", ":(top)", *excluded)
        return [entry[3:] for entry in listed.split("\0") if entry]

    def _shallow(self) -> str:
        if self.is_shallow():
            return "; it is a shallow clone, `git fetch --unshallow` brings the rest"
        return ""


def open_repository(path: Path) -> Repository:
    """The repository around a folder.

    Raises:
        RepositoryError: If there is none, or it has no work tree.
    """
    if not path.is_dir():
        raise RepositoryError(path, "no such folder")
    try:
        listed = _run_git(path, ("rev-parse", "--path-format=absolute", "--show-toplevel", "--git-common-dir"))
    except RepositoryError as error:
        raise RepositoryError(path, "no git repository with a work tree; commits are measured in one") from error
    root, git_dir = listed.removesuffix("\n").split("\n", 1)
    return Repository(Path(root), Path(git_dir), _name(Path(root)))


def _name(root: Path) -> str:
    try:
        remote = _run_git(root, ("config", "--local", "--get", "remote.origin.url")).strip()
    except RepositoryError:
        remote = ""
    # https://user:token@host/owner/name.git, host:owner/name, /srv/git/name: only the last part is told.
    last = PurePosixPath(re.split(r"[:\\]", remote)[-1]).name if remote else ""
    name = re.sub(r"[^A-Za-z0-9._-]", "-", (last or root.name).removesuffix(".git")).strip("-.")
    return name[:100] or "repository"


def _run_git(folder: Path, arguments: tuple[str, ...]) -> str:
    if not folder.is_dir():  # or git would seem to be what is missing
        raise RepositoryError(folder, "no such folder")
    clean = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    settings = [part for setting in _SETTINGS for part in ("-c", setting)]
    command = [b"git", *(part.encode("utf-8", "surrogateescape") for part in (*settings, *arguments))]
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            env={**clean, **_ENVIRONMENT},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
    except FileNotFoundError as error:
        raise Missing("git is not installed", "install git 2.32 or newer") from error
    except (OSError, ValueError) as error:  # too many arguments; a NUL inside one
        raise RepositoryError(folder, f"cannot run git: {error}") from error
    if done.returncode:
        said = " ".join(done.stderr.decode("utf-8", "replace").split())[-_SHOWN:]
        raise RepositoryError(folder, f"git {arguments[0]} ended with status {done.returncode}: {said}")
    return done.stdout.decode("utf-8", "surrogateescape")
