"""MkDocs: pages are staged before each build, so that plain `mkdocs build` and `mkdocs serve` do all there is to do.

The plugin does nothing else than `chronicles site` does around any builder: it stages before, and publishes feeds,
dossiers and the site map after. What a builder needs to know stands in mkdocs.yml.

While MkDocs serves, the site is looked at from here and staged when something changes; MkDocs watches the staged pages
by itself and builds. It answers no request until a build that failed has been mended, and has emptied the site by then.
So each build is made into an empty folder, and where it fails the last site that was built is put back and served.
"""

from __future__ import annotations

import shutil
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from mkdocs.config.base import Config
from mkdocs.exceptions import PluginError
from mkdocs.plugins import BasePlugin, get_plugin_logger

from chronicles.commands.site import stage_site, watched
from chronicles.errors import ChroniclesError
from chronicles.site.address import Address
from chronicles.site.builders import FOLDER
from chronicles.site.publishing import publish
from chronicles.site.watching import Look, Watch

if TYPE_CHECKING:
    from collections.abc import Callable

    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.livereload import LiveReloadServer

    from chronicles.site.staging import Staged

__all__ = ["ChroniclesPlugin", "built_or_kept"]

_log = get_plugin_logger("chronicles")


class _NoOptions(Config):  # type: ignore[no-untyped-call] # MkDocs types no hook of its classes
    """What the plugin can be told in mkdocs.yml: nothing, the settings are those of the narrator."""


class ChroniclesPlugin(BasePlugin[_NoOptions]):  # type: ignore[no-untyped-call] # as above
    """Stages the pages of the repository in which mkdocs.yml lies."""

    _staged: Staged | None = None
    """What the build under way was staged from."""
    _watch: Watch | None = None
    """Looks at what the site is made of while it is served."""

    def on_startup(self, *, command: Literal["build", "gh-deploy", "serve"], dirty: bool) -> None:
        """Have one plugin for all builds of a site that is served: MkDocs keeps those that have this."""

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
        """Have what changes show up in the browser, and what fails leave the site as it was."""
        del builder
        root = Path(config.config_file_path).parent
        server.builder = partial(built_or_kept, server.builder, Path(server.root))
        self._watch = Watch(Look(watched(root)), partial(_stage_again, root))
        self._watch.__enter__()
        return server

    def on_shutdown(self) -> None:
        """End looking."""
        if self._watch is not None:
            self._watch.__exit__(None, None, None)


def _stage_again(root: Path) -> None:
    """Stage what changed, which MkDocs then sees; what is left out is named by the build."""
    try:
        stage_site(root)
    except ChroniclesError as error:
        _log.error("the site stays as it was: %s", error)


def built_or_kept(build: Callable[[], None], site: Path) -> None:
    """Build a site, or leave the one that is there and say why.

    Args:
        build: Builds into the folder.
        site: The folder.
    """
    last = site.with_name(f"{site.name}-last")
    site.rename(last)
    site.mkdir()
    try:
        build()
    except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever a builder, a theme or a plugin raises
        _log.error("the site stays as it was: %s", error)
        shutil.rmtree(site)
        last.rename(site)
    finally:
        shutil.rmtree(last, ignore_errors=True)
