"""Putting the hook's block where git's hooks lie, and taking it out again without a trace.

A script of sh gets the block. What is no such script, or a link, is moved aside, and one of ours takes its place and
hands over to it; one that git ignores, since it may not be executed, is moved aside and stays silent. What was done is
read off the files themselves when it is undone. Remembered are only the places, since a setting may have changed
meanwhile, and the folders that were made.

Either all of an installation happens or none: whatever a step changes it hands to an `ExitStack` that can change it
back. Hooks that serve other repositories too are left alone unless that is asked for: the block does nothing in
repositories without our state, but that is their owners' to judge.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from chronicles.errors import ConfigError, OutputError
from chronicles.hook import blocks, changes
from chronicles.hook.managers import executable, is_husky, lefthook_commands, lefthook_file, lefthook_own, read, spots
from chronicles.hook.script import CALLS, HOOKS, call

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from contextlib import ExitStack

    from chronicles.history.worktrees import HooksFolder
    from chronicles.hook.managers import Spot

__all__ = ["Places", "check", "install", "left_aside", "places", "uninstall"]

_SCHEMA = "chronicles.hook/1"
_NAME = "hooks.json"
_ENDINGS = ("", ".legacy", ".old")
"""What the managers append to the name of a hook that they move aside."""
_MOST_PLACES = 1000


@dataclass(slots=True)
class Places:
    """Where the block was put."""

    files: list[Path] = field(default_factory=list)
    """Scripts and configurations."""
    folders: list[Path] = field(default_factory=list)
    """Folders that were made for them, the outer ones first."""


def places(state: Path) -> Places:
    """What is remembered of earlier installations; nothing where that is lost."""
    try:
        value = json.loads((state / _NAME).read_bytes())
        if value["schema"] == _SCHEMA:
            lists = [[str(one) for one in value[name]][:_MOST_PLACES] for name in ("files", "folders")]
            return Places(*([Path(one) for one in each if "\0" not in one] for each in lists))
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        pass
    return Places()


def check(folders: Sequence[HooksFolder], *, shared: bool) -> None:
    """Refuse what an installation could not do, or should not without being asked.

    Raises:
        ConfigError: If there is a folder that holds no hooks, or whose hooks serve others too.
    """
    for folder in folders:
        setting = f"core.hooksPath ({folder.scope})" if folder.scope else "this link"
        if folder.path.exists() and not folder.path.is_dir():
            remedy = f"`git config --{folder.scope} --unset core.hooksPath`" if folder.scope else "remove it"
            raise ConfigError(folder.path, f"is no folder, so git runs no hooks here. To have some, {remedy}")
        if folder.scope and folder.path == folder.top:
            remedy = f"`git config --{folder.scope} --unset core.hooksPath` gives this repository its usual folder back"
            raise ConfigError(folder.path, f"{setting} is empty, so git runs no hooks here; {remedy}")
        if folder.shared and not shared:
            raise ConfigError(
                folder.path,
                f"{setting} says that hooks are there, for other repositories too. "
                "`chronicles hook install --shared` puts the block there all the same: it does nothing in "
                "repositories without the hook; or `git config core.hooksPath .git/hooks` gives this one its own",
            )


def install(folders: Sequence[HooksFolder], state: Path, undo: ExitStack) -> list[Path]:
    """Put the block into every hook of these folders.

    Args:
        folders: Where git looks for hooks.
        state: The hook's own folder.
        undo: What takes every change back.

    Returns:
        The files that changed.

    Raises:
        OutputError: If a place cannot be written to.
        ConfigError: If something stands in the way.
    """
    known = places(state)
    changed: list[Path] = []
    for folder in folders:
        own = lefthook_own(folder)
        commands = lefthook_commands(folder)
        if own and commands and read(own) != lefthook_file(list(commands.values())):
            changes.write(own, lefthook_file(list(commands.values())), undo)
            changed.append(own)
        for spot in spots(folder):
            known.folders += changes.make(spot.path.parent, undo)
            if _put(spot, undo):
                changed.append(spot.path)
            known.files.append(spot.path)
        known.files += [own] if own and commands else []
    lists = {"files": known.files, "folders": known.folders}
    value = {name: list(dict.fromkeys(map(str, paths))) for name, paths in lists.items()}
    changes.write(state / _NAME, json.dumps({"schema": _SCHEMA, **value}, indent=1) + "\n", undo)
    return changed


def uninstall(folders: Sequence[HooksFolder], state: Path, *, shared: bool, undo: ExitStack) -> list[Path]:
    """Take the block out of every hook that may have it.

    Args:
        folders: Where git looks for hooks.
        state: The hook's own folder.
        shared: Whether hooks that serve other repositories too are freed of it.
        undo: What takes every change back.

    Returns:
        The files that changed.

    Raises:
        OutputError: If a place cannot be written to.
    """
    known = places(state)
    homes = [state.parent.resolve(), *(folder.top.resolve() for folder in folders)]
    theirs = {folder.path.resolve() for folder in folders if folder.shared}
    changed = []
    for path in dict.fromkeys([*known.files, *_candidates(folders, state.parent)]):
        parent = path.parent.resolve()
        ours = parent not in theirs and any(parent.is_relative_to(home) for home in homes)
        if (ours or shared) and _take(path, undo):
            changed.append(path)
    for folder in reversed(known.folders):
        changes.clear(folder, undo)
    return changed


def left_aside(files: Sequence[Path]) -> list[Path]:
    """Hooks that were moved aside for these and are so still."""
    asides = dict.fromkeys(path.with_name(f"{_hook(path)}{CALLS}") for path in files)
    return [path for path in asides if path.is_symlink() or path.exists()]


def _hook(path: Path) -> str:
    """The hook that a script is, or was before a manager moved it aside."""
    return path.name.removesuffix(".legacy").removesuffix(".old")


def _candidates(hooks: Sequence[HooksFolder], common_dir: Path) -> Iterator[Path]:
    """Every file that may have a block, also where a manager has moved it to."""
    for folder in (*(one.path for one in hooks), common_dir / "hooks"):
        for hook in HOOKS:
            yield from (folder / f"{hook}{ending}" for ending in _ENDINGS)
    for one in hooks:
        if is_husky(one):
            yield from (one.path.parent / hook for hook in HOOKS)
        if own := lefthook_own(one):
            yield own


def _put(spot: Spot, undo: ExitStack) -> bool:
    """Put the block into one script; whether that changed anything."""
    path, aside = spot.path, spot.path.with_name(f"{spot.hook}{CALLS}")
    if path.is_dir():
        raise ConfigError(path, "a folder has the name of a hook. Move it away, then run this again")
    if path.is_symlink() or (path.exists() and not _takes_block(spot)):
        if aside.is_symlink() or aside.exists():
            raise ConfigError(aside, f"is in the way of moving {path.name} aside. Move it away, then run this again")
        changes.move(path, aside, undo)
    runs = aside.is_file() and (spot.by_sh or executable(aside))
    line = call(spot.hook, by_sh=spot.by_sh) if runs else ""
    if not path.exists():
        after = blocks.made(spot.hook, line)
    elif (after := blocks.put(read(path), spot.hook, call=line)) == read(path):
        return False
    changes.write(path, after, undo, executable=blocks.is_made(after))
    return True


def _take(path: Path, undo: ExitStack) -> bool:
    """Take the block out of one file; whether it had one."""
    before = read(path)
    if path.is_symlink() or not blocks.has_block(before):
        return False
    after = blocks.take(before)
    if after is not None:
        changes.write(path, after, undo)
        return True
    changes.remove(path, undo)
    aside = path.with_name(f"{_hook(path)}{CALLS}")
    if aside.is_symlink() or aside.exists():
        changes.move(aside, path, undo)
    return True


def _takes_block(spot: Spot) -> bool:
    """Whether a script may get the block: it has it, or git has a shell run it."""
    try:
        content = spot.path.read_bytes()
    except OSError as error:
        raise OutputError(spot.path, f"it cannot be read ({(error.strerror or '').lower()})") from error
    return blocks.has_block(content) or spot.by_sh or (blocks.is_shell(content) and executable(spot.path))
