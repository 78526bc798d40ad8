"""`chronicles doctor`: what is installed, reachable and missing."""

from __future__ import annotations

import json
import platform
import shutil
import subprocess
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from chronicles import __version__
from chronicles.errors import ChroniclesError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["command"]

_BASE = ("click", "pydantic", "GitPython", "Jinja2", "griffe", "lizard", "detect-secrets", "numpy", "scipy")
_OLDEST_GIT = (2, 32)
"""`--diff-merges=first-parent` needs 2.31, `GIT_CONFIG_GLOBAL` 2.32."""
_EXTRAS = {"site": "mkdocs", "local": "xllamacpp", "engine": "torch", "changepoints": "ruptures", "warehouse": "chdb"}


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked for."""

    name: str
    state: str
    """`ok`, `optional` (missing, and only some commands need it) or `missing`."""
    found: str
    remedy: str = ""


@click.command("doctor")
@click.option("--json", "as_json", is_flag=True, help="Report as JSON.")
@click.pass_obj
def command(obj: dict[str, Any], as_json: bool) -> None:  # noqa: FBT001 - click passes it by name
    """Say what is installed and what is missing, with the command that helps.

    Exit 2 when something needed is missing.
    """
    checks = [*_tools(), *_packages(), *_repository(Path(obj["path"]))]
    if as_json:
        click.echo(json.dumps([asdict(check) for check in checks], indent=1))
    else:
        width = max(len(check.name) for check in checks)
        for check in checks:
            click.echo(
                f"{check.state:<8} {check.name:<{width}}  {check.found}"
                + (f"  -> {check.remedy}" if check.remedy else "")
            )
    if any(check.state == "missing" for check in checks):
        raise click.exceptions.Exit(2)


def _tools() -> Iterator[Check]:
    yield Check("chronicles", "ok", __version__)
    yield Check("python", "ok", platform.python_version())
    git = shutil.which("git")
    if git is None:
        yield Check("git", "missing", "not on PATH", "install git with your system's package manager")
        return
    said = subprocess.run([git, "version"], capture_output=True, text=True, check=False).stdout.split()
    number = said[2] if len(said) > 2 else "0"  # noqa: PLR2004 - "git version 2.39.5"
    parts = tuple(int(part) for part in number.split(".")[:2] if part.isdigit())
    if parts < _OLDEST_GIT:
        yield Check("git", "missing", number, "needs 2.32 or newer")
    else:
        yield Check("git", "ok", number)


def _packages() -> Iterator[Check]:
    for name in _BASE:
        try:
            yield Check(name, "ok", version(name))
        except PackageNotFoundError:
            yield Check(name, "missing", "not installed", "pip install --force-reinstall chimera-chronicles")
    for extra, module in _EXTRAS.items():
        there = find_spec(module) is not None
        remedy = "" if there else f"pip install 'chimera-chronicles[{extra}]'"
        yield Check(f"extra {extra}", "ok" if there else "optional", module if there else f"no {module}", remedy)


def _repository(path: Path) -> Iterator[Check]:
    from chronicles.commands.session import Session  # noqa: PLC0415 - the checks before must run without it

    try:
        with Session(path) as session:
            head = session.repository.resolve("HEAD")
            yield Check("repository", "ok", f"{session.repository.root} at {head[:7]}")
            yield Check(
                "settings", "ok", f"The {session.settings.series} Chronicles, pages in {session.settings.output}/"
            )
            series = session.press().series
            state = "ok" if not series.problems else "missing"
            yield Check("series", state, f"{len(series)} pages", "; ".join(map(str, series.problems[:3])))
    except ChroniclesError as error:
        yield Check("repository", "missing", str(error))
