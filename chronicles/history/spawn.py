"""Starting git with a clean environment: the ground that everything else in this room stands on.

No variable of git's is handed on, no configuration of the user or the machine is read, replace refs and grafts do not
count, nothing is fetched, and nothing can wait for a keyboard.
"""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

from chronicles.errors import GitFailed

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from typing import IO

__all__ = ["TRUST", "run_git", "spawn_git"]

_HARMLESS = {
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",
}
_ENVIRONMENT = {
    **_HARMLESS,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_GRAFT_FILE": os.devnull,
    "GIT_FLUSH": "0",
}
_PERSONAL = frozenset({"GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM"})
"""Variables that say where somebody keeps their configuration."""
# Ownership is checked to keep a stranger's configuration from running programs; none of what is run here does.
TRUST = ("-c", "safe.directory=*", "-c", "core.fsmonitor=false", "-c", "advice.graftFileDeprecated=false")
"""Options for git on a real directory."""

_NOT_FOUND = 127


def spawn_git(
    arguments: Sequence[str],
    *,
    cwd: Path,
    env: dict[str, str] | None = None,
    stdin: int = subprocess.DEVNULL,
    stderr: int | IO[bytes] = subprocess.PIPE,
    personal: bool = False,
) -> subprocess.Popen[bytes]:
    """Start git with a clean environment.

    Args:
        arguments: What follows `git`; paths may hold surrogate escapes.
        cwd: Where it runs.
        env: Variables added to the clean environment.
        stdin: `subprocess.PIPE` to feed it; nothing by default, so that it can never wait for a keyboard.
        stderr: Where complaints go.
        personal: Read the configuration of the user and the machine, for questions about how they have set up git.

    Raises:
        GitFailed: When git cannot be started at all.
    """
    kept = _PERSONAL if personal else frozenset[str]()
    clean = {name: value for name, value in os.environ.items() if not name.startswith("GIT_") or name in kept}
    command = [b"git", *(argument.encode("utf-8", "surrogateescape") for argument in arguments)]
    try:
        return subprocess.Popen(
            command,
            cwd=cwd,
            env={**clean, **(_HARMLESS if personal else _ENVIRONMENT), **(env or {})},
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=stderr,
        )
    except (OSError, ValueError) as error:  # no git, too many arguments; a NUL inside one
        raise GitFailed(tuple(arguments), _NOT_FOUND, f"cannot start git: {error}") from error


def run_git(
    arguments: Sequence[str],
    *,
    cwd: Path,
    env: dict[str, str] | None = None,
    stdin: bytes | None = None,
    personal: bool = False,
) -> bytes:
    """Run git to its end and return its output.

    Raises:
        GitFailed: When it ends with another status than 0.
    """
    wanted = subprocess.DEVNULL if stdin is None else subprocess.PIPE
    with spawn_git(arguments, cwd=cwd, env=env, stdin=wanted, personal=personal) as process:
        output, complaints = process.communicate(stdin)
    if process.returncode:
        raise GitFailed(tuple(arguments), process.returncode, complaints.decode("utf-8", "replace"))
    return output
