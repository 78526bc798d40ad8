"""Git over the objects of one repository, and over nothing else of it.

A fact must come out the same on every machine, yet git lets a user, a repository and a checkout change almost all it
prints: the diff algorithm, prefixes, external diff and textconv programs, `-diff` attributes that turn source into
binary, grafts and replace refs that rewrite ancestry. Overriding each by name is a list that ends with the next git
release. So git never sees the repository: it runs in a *shadow*, a temporary bare git directory with a configuration
of our own, no refs and no attributes, whose objects are those of the real one. Every setting in it that could change
a byte is pinned (`_CONFIG`, `DIFF_OPTIONS`), and revisions enter it only as full hashes.

Names (branches, `HEAD~2`, reflogs) live in the real directory. `outside=True` runs git there, only to turn names into
hashes; grafts and replace refs stay switched off.

Left out: which git it is. Two releases may differ in how they pair renames; `-M50%` and a fixed limit are all that
can be pinned.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
import weakref
from pathlib import Path
from typing import TYPE_CHECKING

from chronicles.errors import GitFailed
from chronicles.history.spawn import TRUST, run_git, spawn_git

if TYPE_CHECKING:
    from collections.abc import Generator
    from typing import IO

    from chronicles.history.location import Location

__all__ = ["DIFF_OPTIONS", "EMPTY_TREES", "Git"]

EMPTY_TREES = {
    "sha1": "4b825dc642cb6eb9a060e54bf8d69288fbee4904",
    "sha256": "6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321",
}
"""The tree without entries, by object format; git knows it even where it is not stored."""

DIFF_OPTIONS = (
    "-M50%",
    "-l1000",
    "--diff-algorithm=myers",
    "--indent-heuristic",
    "--no-ext-diff",
    "--no-textconv",
    "--no-color",
    "--no-abbrev",
    "--submodule=short",
    "--ignore-submodules=none",
)
"""What two trees have between them, pinned; on the command line because plumbing ignores half of the settings."""

_CONFIG = """\
[core]
\trepositoryformatversion = {version}
\tbare = true
\tabbrev = 7
\tquotePath = false
\tattributesFile = {devnull}
\tbigFileThreshold = 512m
[diff]
\talgorithm = myers
\trenames = true
\trenameLimit = 1000
[log]
\tshowRoot = true
\tshowSignature = false
\tmailmap = false
[i18n]
\tlogOutputEncoding = UTF-8
[color]
\tui = false
[gc]
\tauto = 0
"""
_SHA256 = "[extensions]\n\tobjectFormat = sha256\n"


class Git:
    """Git over the objects of one repository, through its shadow."""

    def __init__(self, location: Location) -> None:
        self.location = location
        self._shadow = _make_shadow(location.object_format)
        self._env = {"GIT_DIR": str(self._shadow), "GIT_OBJECT_DIRECTORY": str(location.objects)}
        self._remove = weakref.finalize(self, _remove_shadow, self._shadow, os.getpid())

    @property
    def empty_tree(self) -> str:
        """The id of the tree without entries."""
        return EMPTY_TREES[self.location.object_format]

    def spawn(
        self, *arguments: str, stdin: int = subprocess.DEVNULL, stderr: int | IO[bytes] = subprocess.PIPE
    ) -> subprocess.Popen[bytes]:
        """Start git in the shadow; the caller reads, waits and looks at the status."""
        return spawn_git(arguments, cwd=self._shadow, env=self._env, stdin=stdin, stderr=stderr)

    def run(self, *arguments: str, stdin: bytes | None = None, outside: bool = False) -> bytes:
        """Run git to its end and return its output.

        Args:
            arguments: What follows `git`.
            stdin: What it is fed.
            outside: Run it on the real git directory, where the refs are; for names only.

        Raises:
            GitFailed: When it ends with another status than 0.
        """
        if outside:
            real = (*TRUST, f"--git-dir={self.location.git_dir}", *arguments)
            return run_git(real, cwd=self._shadow, stdin=stdin)
        return run_git(arguments, cwd=self._shadow, env=self._env, stdin=stdin)

    def lines(self, *arguments: str) -> Generator[str, None, None]:
        """The lines of git's output as they come; git is stopped when the caller stops asking.

        Raises:
            GitFailed: When git ends by itself with another status than 0.
        """
        with tempfile.TemporaryFile() as complaints, self.spawn(*arguments, stderr=complaints) as process:
            told_all = False
            try:
                for line in process.stdout or ():
                    yield line.decode("utf-8", "surrogateescape").removesuffix("\n")
                told_all = True
            finally:
                if not told_all:
                    process.kill()
            if process.wait():
                complaints.seek(0)
                raise GitFailed(arguments, process.returncode, complaints.read().decode("utf-8", "replace"))

    def index_paths(self, tip: str) -> None:
        """Write down, in the shadow, which commit up to `tip` may touch which path, so that blame need not look.

        Git keeps this in a commit-graph with Bloom filters. It is written beside the shadow's (missing) objects, where
        git finds it as an alternate's; a commit-graph of the repository's own goes before it.
        """
        folder = self._shadow / "objects"
        self._env["GIT_ALTERNATE_OBJECT_DIRECTORIES"] = str(folder)
        options = (f"--object-dir={folder}", "--stdin-commits", "--changed-paths", "--no-progress")
        self.run("commit-graph", "write", *options, stdin=tip.encode("ascii") + b"\n")

    def close(self) -> None:
        """Remove the shadow; git cannot be run through this object afterwards."""
        self._remove()


def _make_shadow(object_format: str) -> Path:
    """A bare git directory without refs, attributes or objects of its own."""
    shadow = Path(tempfile.mkdtemp(prefix="chronicles-git-"))
    for folder in ("refs", "objects"):
        (shadow / folder).mkdir()
    (shadow / "HEAD").write_text("ref: refs/heads/none\n", encoding="ascii")
    sha256 = object_format == "sha256"
    config = _CONFIG.format(version=int(sha256), devnull=os.devnull) + (_SHA256 if sha256 else "")
    (shadow / "config").write_text(config, encoding="utf-8")
    return shadow


def _remove_shadow(shadow: Path, owner: int) -> None:
    """Remove a shadow, unless this is a forked child of the process that made it and may still need it."""
    if os.getpid() != owner:
        return
    for folder, _, files in os.walk(shadow, topdown=False):
        for name in files:
            (Path(folder) / name).unlink()
        Path(folder).rmdir()
