"""What is installed where, and what is wrong with it: for `status`, the doctor, and whoever has just installed.

Only files are looked at, and each is read as it is now: a hook manager that was run since, a setting that points
elsewhere, an interpreter that has vanished show up here and nowhere else, since a hook that does not run says nothing.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from chronicles.history.worktrees import hooks_folders
from chronicles.hook import blocks
from chronicles.hook.managers import (
    author,
    executable,
    is_husky,
    lefthook_calls,
    lefthook_commands,
    manages,
    read,
)
from chronicles.hook.script import CALLS, HOOKS, STATE, call

if TYPE_CHECKING:
    from chronicles.history.location import Location
    from chronicles.history.worktrees import HooksFolder

__all__ = ["Inspection", "inspect"]

_AGAIN = "run `chronicles hook install` again"
_MOST_BYTES = 2000
"""Of what a failed start has said; what went wrong stands in its last line."""


@dataclass(slots=True)
class Inspection:
    """The hook as it is installed."""

    installed: bool
    """Whether this repository asks for it; a block without that does nothing."""
    folders: tuple[HooksFolder, ...]
    """Where git looks for hooks, of every checkout."""
    hooks: dict[str, list[Path]] = field(default_factory=lambda: {hook: [] for hook in HOOKS})
    """The files by which each hook reaches the block."""
    managers: list[str] = field(default_factory=list)
    """The hook managers that were recognised."""
    problems: list[str] = field(default_factory=list)
    """What keeps the hook from working, or some of it, each with what to do."""
    notes: list[str] = field(default_factory=list)
    """What will keep it from working one day, each with what to do then."""


def inspect(location: Location) -> Inspection:
    """Look at the hooks of a repository.

    Raises:
        GitFailed: If git cannot be asked.
    """
    state = location.common_dir / STATE
    found = Inspection((state / "wake").is_file(), tuple(hooks_folders(location)))
    for folder in found.folders:
        _look(folder, found)
    found.managers = list(dict.fromkeys(found.managers))
    if not found.installed:
        found.problems, found.notes = [], []
        return found
    found.problems += _state_problems(state)
    found.problems = list(dict.fromkeys(found.problems))
    return found


def _look(folder: HooksFolder, found: Inspection) -> None:
    """Look at the hooks of one checkout."""
    if folder.path.exists() and not folder.path.is_dir():
        scope = folder.scope or "local"
        remedy = f"`git config --{scope} --unset core.hooksPath`, then {_AGAIN}"
        found.problems.append(f"git runs no hooks in {folder.top}: {folder.path} is no folder; {remedy}")
        return
    if is_husky(folder):
        _look_at_husky(folder, found)
        return
    for hook in HOOKS:
        _look_at_hook(folder, hook, found)


def _look_at_husky(folder: HooksFolder, found: Inspection) -> None:
    found.managers.append("husky")
    if not folder.path.exists():
        found.problems.append(f"husky has not been run in {folder.top}, so git runs no hooks there; run `npm install`")
    for hook in HOOKS:
        path = folder.path.parent / hook
        content = read(path)
        if blocks.has_block(content):
            found.hooks[hook].append(path)
            _look_at_version(path, hook, content, found, by_sh=True)
        else:
            found.problems.append(f"{path} does not have the block; {_AGAIN}")


def _look_at_hook(folder: HooksFolder, hook: str, found: Inspection) -> None:
    path = folder.path / hook
    content, manager = read(path), author(read(path))
    if manages(folder, hook):
        _look_at_lefthook(folder, hook, content, found)
        return
    found.managers += [manager] if manager else []
    legacy = path.with_name(f"{hook}.legacy")
    reached = [one for one in (path, legacy) if blocks.has_block(read(one)) and executable(one)]
    if manager != "pre-commit":
        reached = [one for one in reached if one == path]
    found.hooks[hook] += reached
    for one in reached:
        _look_at_version(one, hook, read(one), found)
    if not reached:
        found.problems.append(_why_not(folder, hook, content))
    elif manager == "pre-commit" and legacy not in reached:
        found.problems.append(f"pre-commit will write {path} anew without the block; {_AGAIN}")
    elif manager == "pre-commit" and hook == "post-rewrite" and path not in reached:
        found.problems.append(f"pre-commit hands no rewritten commits on to {legacy}; {_AGAIN}")
    elif manager == "husky 4":
        found.notes.append(f"husky 4 writes {path} anew at each `npm install`; then {_AGAIN}, or move on to husky 9")


def _look_at_lefthook(folder: HooksFolder, hook: str, content: bytes, found: Inspection) -> None:
    found.managers.append("lefthook")
    path, calls = folder.path / hook, lefthook_calls(folder, hook)
    if author(content) != "lefthook":
        found.problems.append(f"lefthook's configuration names {hook}, and {path} is not its; run `lefthook install`")
    if calls:
        found.hooks[hook].append(calls)
        commands = lefthook_commands(folder)
        if hook in commands and commands[hook].encode() not in read(calls):
            found.problems.append(f"the command in {calls} is not as this version writes it; {_AGAIN}")
    elif blocks.has_block(content):
        found.hooks[hook].append(path)
        found.notes.append(
            f"lefthook writes {path} anew when its configuration changes; then {_AGAIN}, "
            "or put the command that it shows into your lefthook-local configuration, where it lasts"
        )
    else:
        found.problems.append(f"{path} is lefthook's, and it does not call this hook; {_AGAIN}")


def _look_at_version(path: Path, hook: str, content: bytes, found: Inspection, *, by_sh: bool = False) -> None:
    aside = path.with_name(f"{hook}{CALLS}")
    line = call(hook, by_sh=by_sh) if aside.is_file() and (by_sh or executable(aside)) else ""
    if not blocks.is_current(content, hook, call=line):
        found.problems.append(f"the block in {path} is not as this version writes it; {_AGAIN}")


def _why_not(folder: HooksFolder, hook: str, content: bytes) -> str:
    path = folder.path / hook
    if blocks.has_block(content):
        return f"{path} may not be executed, so git passes over it; `chmod +x` it"
    moved = [one for one in (f"{hook}.legacy", f"{hook}.old") if blocks.has_block(read(folder.path / one))]
    by = f": what has it is now {moved[0]}, which nothing calls" if moved else ""
    return f"{path} does not have the block{by}; {_AGAIN}"


def _state_problems(state: Path) -> list[str]:
    """What the hook's own folder tells."""
    problems = []
    missing = _text(state / "missing")
    if missing and not Path(missing).exists():
        problems.append(f"the worker cannot start: {_shown(missing)} is gone; {_AGAIN}, from where it is now")
    complaint = _text(state / "complaints")
    if complaint and _newer(state / "complaints", state / "worker.json"):
        problems.append(f"the worker could not start: {_shown(complaint.splitlines()[-1])}; mend that, then {_AGAIN}")
    if not os.access(state, os.W_OK | os.X_OK):
        problems.append(f"you may not write to {state}, so no worker of yours can work; {_remedy(state)}")
    return problems


def _remedy(state: Path) -> str:
    owner = state.stat().st_uid
    if sys.platform != "win32" and owner != os.getuid():
        return f"`sudo chown -R $(id -u) '{state}'`, or work here as user {owner}, whose it is"
    return f"`chmod -R u+rwX '{state}'`"


def _text(path: Path) -> str:
    """What a file of the state folder says; nothing where there is none."""
    try:
        return os.fsdecode(path.read_bytes()[-_MOST_BYTES:]).strip()
    except OSError:
        return ""


def _shown(text: str) -> str:
    return "".join(one if one.isprintable() else repr(one)[1:-1] for one in text)


def _newer(path: Path, other: Path) -> bool:
    """Whether a file was written after another one, or there is no other."""
    try:
        return path.stat().st_mtime_ns > other.stat().st_mtime_ns
    except OSError:
        return True
