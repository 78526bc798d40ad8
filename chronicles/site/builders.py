"""The builders: what has to be installed, and what mkdocs.yml says that concerns more than its builder.

Both builders read mkdocs.yml. MkDocs' own function reads it here too: what a setting means when it is left out, or
taken from the environment or from another file, is not said twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from chronicles.errors import ConfigError
from chronicles.site.address import Address
from chronicles.site.folder import make_folder

__all__ = ["BUILDERS", "FOLDER", "KEPT_OUT", "SETTINGS", "Plan", "load_plan", "need", "settings_text"]

BUILDERS = ("mkdocs", "zensical")
"""Programs that build the staged pages, by the name of their package and of their command."""
FOLDER = ".chronicles/pages"
"""Where pages are staged, from the top of the work tree: the `docs_dir` of mkdocs.yml."""
SETTINGS = "mkdocs.yml"
KEPT_OUT = "*\n!.gitignore\n"
"""What the folder of staged pages has as its .gitignore: in a fresh clone the folder is there, as builders want it."""
_INSTALL = "python -m pip install 'chimera-chronicles[site]'"


@dataclass(frozen=True, slots=True)
class Plan:
    """What mkdocs.yml says of the site."""

    settings: Path
    """The file."""
    built: Path
    """Where the built site goes."""
    address: Address
    plugin: bool
    """Whether MkDocs stages and publishes by itself, by the plugin `chronicles`."""


def settings_text(name: str, address: str = "") -> str:
    """The text of a mkdocs.yml that both builders read.

    Args:
        name: The site's, as a string of YAML.
        address: Where it is published, as a string of YAML; where it is not known, the line is left to be filled in.
    """
    text = (Path(__file__).parent / "static" / SETTINGS).read_text("utf-8")
    line = f"site_url: {address}" if address else "# site_url: https://NAME.github.io/PROJECT/"
    return text.replace("${site_name}", name).replace("${site_url}", line)


def need(builder: str, where: Path) -> None:
    """Say which command installs a builder that is not there.

    Raises:
        ConfigError: It is not there.
    """
    for package in (builder, "mkdocs"):
        if find_spec(package) is None:
            problem = f"{package} is not installed, which the extra `site` brings. `{_INSTALL}` installs it."
            raise ConfigError(where, problem)


def load_plan(root: Path) -> Plan:
    """Read mkdocs.yml.

    Raises:
        ConfigError: There is none, or none that can be built from the staged pages.
        OutputError: Something is in the place of the staged pages.
    """
    from mkdocs.config import load_config  # noqa: PLC0415 - comes with an extra
    from mkdocs.exceptions import ConfigurationError  # noqa: PLC0415 - as above

    path = root / SETTINGS
    if not path.is_file():
        raise ConfigError(path, "is not there. `chronicles init` writes one, and changes nothing else that exists.")
    # The folder is made first: MkDocs refuses one that is not there, and a fresh clone has none.
    folder = root / FOLDER
    make_folder(folder, folder)
    try:
        settings = load_config(str(path))
    except (ConfigurationError, SystemExit) as error:
        raise ConfigError(path, f"cannot be used: {' '.join(str(error).split())}") from error
    if Path(settings.docs_dir).resolve() != folder.resolve():
        raise ConfigError(path, f"`docs_dir` is another folder than the staged pages'; set `docs_dir: {FOLDER}`.")
    address = Address(settings.site_url or "", folders=bool(settings.use_directory_urls))
    return Plan(path, Path(settings.site_dir), address, "chronicles" in settings.plugins)
