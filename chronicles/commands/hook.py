"""`chronicles hook`: pages after each commit, without anybody waiting."""

from __future__ import annotations

from importlib import import_module

import click

__all__ = ["command"]

_HOMES = {"install": "hook_install", "uninstall": "hook_install", "status": "hook_status", "drain": "hook_drain"}
"""Command to the module that has it, loaded when it is called: `drain` is started after every commit."""


class _LazyGroup(click.Group):
    """A group whose commands are imported when they are used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return list(_HOMES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        del ctx
        if cmd_name not in _HOMES:
            return None
        command = getattr(import_module(f"chronicles.commands.{_HOMES[cmd_name]}"), cmd_name)
        assert isinstance(command, click.Command), cmd_name
        return command


@click.group("hook", cls=_LazyGroup)
def command() -> None:
    """Write the pages of new commits after each commit, in the background.

    Git itself is the queue: the hook only wakes a worker, which tells every untold commit of the published branch since
    the installation. A commit never waits for it and never fails by it.
    """
