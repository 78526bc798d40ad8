"""MkDocs: pages are staged before each build, so that plain `mkdocs build` and `mkdocs serve` do all there is to do.

The plugin does nothing else: what a builder needs to know stands in mkdocs.yml, and pages staged by
`chronicles site stage` make the same site without it, as they do for Zensical.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from mkdocs.config.base import Config
from mkdocs.plugins import BasePlugin, get_plugin_logger

from chronicles.commands.session import Session
from chronicles.commands.site import stage_site

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.livereload import LiveReloadServer

__all__ = ["ChroniclesPlugin"]

_log = get_plugin_logger("chronicles")


class _NoOptions(Config):  # type: ignore[no-untyped-call] # MkDocs types no hook of its classes
    """What the plugin can be told in mkdocs.yml: nothing, the settings are those of the narrator."""


class ChroniclesPlugin(BasePlugin[_NoOptions]):  # type: ignore[no-untyped-call] # as above
    """Stages the pages of the repository in which mkdocs.yml lies."""

    def on_pre_build(self, *, config: MkDocsConfig) -> None:
        """Bring the staged pages up to date."""
        staged = stage_site(Path(config.config_file_path).parent)
        for problem in staged.problems.values():
            _log.warning("%s", problem)

    def on_serve(self, server: LiveReloadServer, /, *, config: MkDocsConfig, builder: object) -> LiveReloadServer:
        """Have a new episode show up in the browser."""
        del builder
        with Session(Path(config.config_file_path).parent) as session:
            if session.folder.is_dir():
                server.watch(str(session.folder))
        return server
