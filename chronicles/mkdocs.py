"""MkDocs: pages are staged before each build, so that plain `mkdocs build` and `mkdocs serve` do all there is to do.

The plugin does nothing else than `chronicles site` does around any builder: it stages before, and publishes feeds,
dossiers and the site map after. What a builder needs to know stands in mkdocs.yml.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from mkdocs.config.base import Config
from mkdocs.exceptions import PluginError
from mkdocs.plugins import BasePlugin, get_plugin_logger

from chronicles.commands.site import stage_site, watched
from chronicles.errors import ChroniclesError
from chronicles.site.address import Address
from chronicles.site.builders import FOLDER
from chronicles.site.publishing import publish

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.livereload import LiveReloadServer

    from chronicles.site.staging import Staged

__all__ = ["ChroniclesPlugin"]

_log = get_plugin_logger("chronicles")


class _NoOptions(Config):  # type: ignore[no-untyped-call] # MkDocs types no hook of its classes
    """What the plugin can be told in mkdocs.yml: nothing, the settings are those of the narrator."""


class ChroniclesPlugin(BasePlugin[_NoOptions]):  # type: ignore[no-untyped-call] # as above
    """Stages the pages of the repository in which mkdocs.yml lies."""

    _staged: Staged | None = None
    """What the build under way was staged from."""

    def on_config(self, config: MkDocsConfig) -> MkDocsConfig:
        """Refuse a folder of pages that is not ours."""
        wanted = Path(config.config_file_path).parent / FOLDER
        if Path(config.docs_dir).resolve() != wanted.resolve():
            raise PluginError(f"chronicles: `docs_dir` is not the folder of staged pages; set `docs_dir: {FOLDER}`.")
        return config

    def on_pre_build(self, *, config: MkDocsConfig) -> None:
        """Bring the staged pages up to date."""
        try:
            self._staged = stage_site(Path(config.config_file_path).parent)
        except ChroniclesError as error:
            raise PluginError(f"chronicles: {error}") from error
        for problem in self._staged.problems.values():
            _log.warning("%s", problem)

    def on_post_build(self, *, config: MkDocsConfig) -> None:
        """Put what no builder reads beside the built pages."""
        assert self._staged is not None, config
        address = Address(config.site_url or "", folders=bool(config.use_directory_urls))
        try:
            publish(Path(config.site_dir), self._staged.stock, self._staged.pages, address)
        except ChroniclesError as error:
            raise PluginError(f"chronicles: {error}") from error

    def on_serve(self, server: LiveReloadServer, /, *, config: MkDocsConfig, builder: object) -> LiveReloadServer:
        """Have a new episode show up in the browser."""
        del builder
        for folder in watched(Path(config.config_file_path).parent):
            server.watch(str(folder))
        return server
