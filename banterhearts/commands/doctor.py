"""`banterhearts doctor`: what is installed, reachable and missing, and what this machine is for a run record.

A library is looked for among the installed distributions and not imported: torch alone takes seconds. A server is asked
for its version and nothing else. Bandwidth keeps all cores busy for a second or two, so it is measured when asked for.
"""

from __future__ import annotations

import json
import platform
import re
import shutil
import subprocess
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from banterhearts import __version__
from banterhearts.commands.table import printable
from banterhearts.errors import BanterheartsError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from banterhearts.core.nvml import Gpu

__all__ = ["command"]

_NEEDED = ("click", "numpy", "pydantic", "scipy", "httpx")
_EXTRAS = ("engine", "local", "changepoints")
_OLDEST_GIT = (2, 32)
"""`GIT_CONFIG_GLOBAL`, which keeps the user's configuration out of what is measured."""
_ANSWER_SEC = 2.0
_GIGA = 1e9


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked for."""

    name: str
    state: Literal["ok", "optional", "missing"]
    """`optional` is missing too, but only some suites need it."""
    found: str
    remedy: str = ""


@click.command("doctor")
@click.option("--measure", is_flag=True, help="Measure the bandwidth of the memory too; takes a few seconds.")
@click.option("--json", "as_json", is_flag=True, help="Report as JSON.")
@click.pass_obj
def command(obj: dict[str, Any], *, measure: bool, as_json: bool) -> None:
    """Say what is installed, reachable and missing, with the command that helps.

    The machine is told as run records tell it, with the beginning of its fingerprint: runs are compared only where
    that is the same. Exit 2 when something needed is missing.
    """
    checks = [*_tools(), *_packages(), *_model(), *_server(), *_machine(), *_repository(Path(obj["path"]))]
    if measure:
        checks += _bandwidth()
    if as_json:
        click.echo(json.dumps([asdict(check) for check in checks], indent=1))
    else:
        width = max(len(check.name) for check in checks)
        for check in checks:
            remedy = f"  -> {printable(check.remedy)}" if check.remedy else ""
            click.echo(f"{check.state:<8} {check.name:<{width}}  {printable(check.found)}{remedy}")
    if any(check.state == "missing" for check in checks):
        raise click.exceptions.Exit(2)


def _tools() -> Iterator[Check]:
    if __version__ == "unknown":
        yield Check("banterhearts", "missing", "not installed, run from its folder", "pip install -e .")
    else:
        yield Check("banterhearts", "ok", __version__)
    yield Check("python", "ok", platform.python_version())
    git = shutil.which("git")
    if git is None:
        yield Check("git", "missing", "not on PATH", "install git with your system's package manager")
        return
    said = subprocess.run([git, "version"], capture_output=True, text=True, check=False).stdout
    number = re.search(r"(\d+)\.(\d+)[\d.]*", said, re.ASCII)  # "git version 2.39.5 (Apple Git-154)"
    if number is None or (int(number[1]), int(number[2])) < _OLDEST_GIT:
        yield Check("git", "missing", number[0] if number else "says no version", "needs 2.32 or newer")
    else:
        yield Check("git", "ok", number[0])


def _packages() -> Iterator[Check]:
    for name in _NEEDED:
        found = _version(name)
        remedy = "" if found else "pip install --force-reinstall chimera-chronicles"
        yield Check(name, "ok" if found else "missing", found or "not installed", remedy)
    told = set()
    for line in _requirements():
        part = re.match(r"([\w.-]+).*;.*\bextra == ['\"](\w+)['\"]", line)  # "torch>=2.11; extra == 'engine'"
        if part and part[2] in _EXTRAS and part[1] not in told:
            told.add(part[1])  # two extras may want the same
            found = _version(part[1])
            remedy = "" if found else f"pip install 'chimera-chronicles[{part[2]}]'"
            yield Check(part[1], "ok" if found else "optional", found or "not installed", remedy)


def _requirements() -> list[str]:
    try:
        return requires("chimera-chronicles") or []
    except PackageNotFoundError:
        return []


def _model() -> Iterator[Check]:
    from banterhearts.benchmarking.decode.model import EMBEDDED, find_model  # noqa: PLC0415 - the rest runs without it

    try:
        path = find_model(EMBEDDED)
        yield Check("embedded model", "ok", f"{path.name}, {path.stat().st_size / 1e6:.0f} MB")
    except BanterheartsError as error:
        yield Check("embedded model", "optional", *_split(error))


def _server() -> Iterator[Check]:
    from banterhearts.benchmarking.bench import MeasureFailed  # noqa: PLC0415 - costs pydantic
    from banterhearts.benchmarking.ollama import OllamaClient  # noqa: PLC0415 - as above

    remedy = "start one with `ollama serve`, or set OLLAMA_HOST"
    try:
        client = OllamaClient.from_environment(limit_sec=_ANSWER_SEC)
        yield Check("ollama server", "ok", f"{client.version()} at {client.host}")
    except (BanterheartsError, MeasureFailed) as error:
        yield Check("ollama server", "optional", _split(error)[0], remedy)


def _machine() -> Iterator[Check]:
    from banterhearts.core.environment import machine, probe_environment  # noqa: PLC0415 - costs pydantic
    from banterhearts.core.nvml import open_gpu  # noqa: PLC0415 - loads ctypes
    from banterhearts.core.throttle import Throttle  # noqa: PLC0415 - as the others

    plain = probe_environment(gpu=False)
    yield Check("machine", "ok", f"{machine(plain)}; {plain.os}, fingerprint {plain.fingerprint[:12]}")
    gpu = open_gpu()
    yield _gpu(gpu)
    with Throttle(gpu) as throttle:
        known = throttle.read() is not None
    told = "heat, quotas or stolen time can be told" if known else "this machine has no counter of heat or quotas"
    yield Check("throttling", "ok" if known else "optional", told, "" if known else "measure on an idle machine")


def _gpu(gpu: Gpu | None) -> Check:
    if gpu is None:
        return Check("gpu", "optional", "none of NVIDIA's that its driver tells of", "see what `nvidia-smi` says")
    watts = "" if gpu.power_limit_watts is None else f", at most {gpu.power_limit_watts:.0f} W"
    told = f"{gpu.name}, driver {gpu.driver}, CUDA {gpu.cuda}{watts}"
    if (_version("torch") or "").endswith("+cpu"):
        return Check("gpu", "optional", f"{told}; torch is built for the CPU", "pip install torch with CUDA")
    return Check("gpu", "ok", told)


def _repository(path: Path) -> Iterator[Check]:
    from banterhearts.benchmarking.git import open_repository  # noqa: PLC0415 - the checks before run without it
    from banterhearts.commands.workplace import REPORTS, declarations_of, open_store  # noqa: PLC0415 - as above

    try:
        repository = open_repository(path)
        yield Check("repository", "ok", f"{repository.name} at {repository.root}")
        declared = declarations_of(repository)
        names = ", ".join(sorted(declared.suites)) or f"none declared in {declared.where.name}"
        yield Check("suites", "ok", names)
        with open_store(repository, REPORTS) as store:
            problems = store.problems()
            told = f"{len(store.entries())} in {REPORTS}/, of {len(store.commits())} commits"
        if problems:
            told += f"; {len(problems)} left out: {problems[0]}"
        remedy = "bring the file back with `git restore`, or remove it" if problems else ""
        yield Check("run records", "missing" if problems else "ok", told, remedy)
    except BanterheartsError as error:
        yield Check("repository", "missing", str(error), "name one with -C PATH, before the command")


def _bandwidth() -> Iterator[Check]:
    from banterhearts.core.bandwidth import measure  # noqa: PLC0415 - only when asked for

    places: tuple[tuple[Literal["cpu", "gpu"], str], ...] = (("cpu", "memory"), ("gpu", "gpu memory"))
    for place, name in places:
        try:
            found = measure(place)
        except BanterheartsError as error:
            yield Check(name, "optional", *_split(error))
            continue
        if found:
            copy, read = (found[f"{place}{kind}"] / _GIGA for kind in ("", ".read"))
            yield Check(name, "ok", f"{copy:,.1f} GB/s copied (read and written), {read:,.1f} GB/s read")


def _split(error: Exception) -> tuple[str, str]:
    """What an error of ours says is wrong, and its next step."""
    what, _, remedy = str(error).partition("; ")
    return what, remedy


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
