"""The `command` suite: any command of any repository, timed from its start to its exit.

A visit runs the command of a case in the tree of a commit and gives `time` (ns, starting the process and, for a
string, the shell included), if asked for `cpu_time` (ns, user and system, with the children that it waited for), and
what the suite declares. A command that ends with another status than 0, or runs out of time, has failed; one that ends
well without the promised numbers is invalid. Both come with what the command said last, and without a number.

The definition of a suite is always the present one, whatever commit is measured: an old commit need not know that it
would be measured. So the digest of the workload covers everything that decides what runs (command, variables, set-up,
samples, where metrics are found), and runs of an earlier definition are never compared with runs of this one.

The environment is clean and known: paths, home, a UTF-8 locale, a dumb terminal, and the suite's own variables.
`PATH` begins with the folder of the Python that runs the engine, so that `python` is the one whose libraries are there.
"""

from __future__ import annotations

import os
import re
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from banterhearts.benchmarking.bench import Closed, MeasureFailed, MetricSpec, Opened, Visit
from banterhearts.benchmarking.clock import Clock, perf_clock
from banterhearts.benchmarking.declarations import checked
from banterhearts.benchmarking.process import STDOUT_LIMIT, Ended, run_process
from banterhearts.benchmarking.readings import excerpt, find_values, parse_json
from banterhearts.benchmarking.settings import CaseSettings, CommandSettings, MetricSettings
from banterhearts.benchmarking.suites import Plan, Tree
from banterhearts.core.record import Direction, Status, Workload, digest
from banterhearts.errors import SuiteError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from banterhearts.benchmarking.bench import Bench
    from banterhearts.core.record import Subject

__all__ = ["CommandBench", "CommandSuite", "clean_environment", "open_suite"]

_KEPT = ("HOME", "USER", "LOGNAME", "TMPDIR", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR")
_DEFAULT_PATH = "/usr/local/bin:/usr/bin:/bin"
_TIME = MetricSpec("time", "ns", Direction.LOWER)
_CPU_TIME = MetricSpec("cpu_time", "ns", Direction.LOWER)
_LAST_LINES = 5
_LINE = 300
_PLACE = re.compile(r"(?<![\w.~:/-])/(?:[^\s/:'\"]+/)+")
"""The folders of an absolute path, `/usr/lib/` of `/usr/lib/libz.so`; not of a relative one, nor of an address."""


def open_suite(name: str, options: Mapping[str, Any], where: Path | None) -> CommandSuite:
    """Open a declared suite.

    Raises:
        SuiteError: If its table is wrong, or the machine has no way to run it.
    """
    if os.name != "posix":
        raise SuiteError(
            name, "commands are measured on Linux and macOS only: elsewhere their sessions cannot be ended"
        )
    return CommandSuite(name, checked(CommandSettings, name, options, where))


def clean_environment(extra: Mapping[str, str]) -> dict[str, str]:
    """All the variables that a measured command sees, `extra` over the rest."""
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', _DEFAULT_PATH)}"
    return {**kept, "PATH": path, "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", "TERM": "dumb", "NO_COLOR": "1", **extra}


@dataclass(slots=True)
class CommandSuite:
    """A declared suite, ready to make benches."""

    name: str
    settings: CommandSettings
    clock: Clock = perf_clock
    _built: dict[Path, str | None] = field(default_factory=dict)
    """Work trees in which the set-up was run, and what went wrong there."""

    @property
    def plan(self) -> Plan:
        """As declared."""
        return Plan(self.settings.blocks, self.settings.warmups)

    @property
    def cases(self) -> tuple[str, ...]:
        """As declared, or the one there is without a declaration."""
        return tuple(self.settings.cases) or ("default",)

    def benches(self, tree: Tree, cases: Sequence[str]) -> list[Bench]:
        """A bench for each of the cases, or for all.

        Raises:
            SuiteError: If there is no such case.
        """
        for case in cases:
            if case not in self.cases:
                raise SuiteError(self.name, f"no case {case!r}; there are: {', '.join(self.cases)}")
        return [self._bench(tree, case) for case in self.cases if case in cases or not cases]

    def build(self, tree: Path) -> None:
        """Run the set-up in a tree, unless that was done already.

        Raises:
            MeasureFailed: If it fails, now or at the first time.
        """
        setup = self.settings.setup
        if setup is None:
            return
        if tree not in self._built:
            self._built[tree] = None
            env = clean_environment(self.settings.env)
            ended = run_process(_arguments(setup), folder=tree, env=env, limit_sec=self.settings.setup_limit_sec)
            self._built[tree] = _failure("the set-up", ended, self.settings.setup_limit_sec, tree)
        if problem := self._built[tree]:
            raise MeasureFailed(problem)

    def _bench(self, tree: Tree, case: str) -> CommandBench:
        settings = self.settings
        own = settings.cases.get(case, CaseSettings())
        command = own.command or settings.command
        assert command is not None, "the settings refuse a case without a command"
        env = {**settings.env, **own.env}
        metrics = {name: metric.model_dump(exclude_defaults=True) for name, metric in settings.metrics.items()}
        shown = {"command": command, "env": env}
        essence = {**shown, "setup": settings.setup, "samples": settings.samples, "metrics": metrics}
        workload = Workload(
            suite=self.name,
            case=case,
            digest=digest(essence),
            blocks=settings.blocks,
            min_effect=settings.min_effect,
        )
        return CommandBench(self, tree, workload, shown, _arguments(command), clean_environment(env))


@dataclass(frozen=True, slots=True)
class CommandBench:
    """One case in one tree."""

    suite: CommandSuite
    tree: Tree
    workload: Workload
    requested: Mapping[str, Any]
    arguments: Sequence[str]
    env: Mapping[str, str]

    @property
    def subject(self) -> Subject:
        """The commit that the tree is of."""
        return self.tree.subject

    @property
    def metrics(self) -> tuple[MetricSpec, ...]:
        """The times, and what is declared."""
        settings = self.suite.settings
        times = (_TIME, _CPU_TIME) if settings.cpu_time else (_TIME,)
        declared = settings.metrics.items()
        return (*times, *(MetricSpec(name, one.unit, Direction(one.direction)) for name, one in declared))

    def open(self) -> Opened:
        """Build the tree.

        Raises:
            MeasureFailed: If it cannot be built.
        """
        self.suite.build(self.tree.path)
        return Opened(effective=self.requested)

    def visit(self) -> Visit:
        """Run the command as often as a visit has samples.

        Raises:
            MeasureFailed: If one of them fails, or says what is no measurement.
        """
        values: dict[str, list[float]] = {metric.name: [] for metric in self.metrics}
        for _ in range(self.suite.settings.samples):
            for name, found in self._run().items():
                values[name] += found
        return Visit({name: tuple(found) for name, found in values.items()})

    def renew(self) -> None:
        """Nothing runs between visits: each is a process of its own."""

    def close(self) -> Closed:
        """Nothing runs between visits."""
        return Closed()

    def _run(self) -> dict[str, tuple[float, ...]]:
        settings, folder = self.suite.settings, self.tree.path
        files = {one.file for one in settings.metrics.values() if one.file is not None}
        for name in files:
            _age(folder / name)
        ended = run_process(
            self.arguments, folder=folder, env=self.env, limit_sec=settings.time_limit_sec, clock=self.suite.clock
        )
        if problem := _failure("the command", ended, settings.time_limit_sec, folder):
            raise MeasureFailed(problem)
        values: dict[str, tuple[float, ...]] = {"time": (ended.elapsed_ns,)}
        if settings.cpu_time:
            values["cpu_time"] = (ended.cpu_ns,)
        for name, metric in settings.metrics.items():
            values[name] = _read_metric(name, metric, ended, folder)
        return values


def _arguments(command: str | list[str]) -> list[str]:
    return ["/bin/sh", "-c", command] if isinstance(command, str) else command


def _failure(what: str, ended: Ended, limit_sec: float, tree: Path) -> str | None:
    """What went wrong, with the last that was said; None if nothing did."""
    if ended.in_time and not ended.status:
        return None
    if not ended.in_time:
        problem = f"{what} ran longer than {limit_sec:g} s and was ended, with all it started"
    elif ended.status < 0:
        problem = f"{what} was ended by signal {-ended.status}"
    else:
        problem = f"{what} ended with status {ended.status}"
    said = _last_lines(ended.stderr or ended.stdout[-_LINE * _LAST_LINES :], tree)
    return f"{problem}: {said}" if said else f"{problem} and said nothing"


def _last_lines(output: bytes, tree: Path) -> str:
    """The last that a command said: one printable line; of paths of this machine only the last part is told."""
    text = output.decode("utf-8", "replace").replace(f"{tree}/", "").replace(str(tree), ".")
    text = _PLACE.sub("…/", text.replace(f"{Path.home()}/", "~/"))
    lines = [excerpt(line, _LINE)[1:-1] for line in text.splitlines() if line.strip()]
    return " | ".join(lines[-_LAST_LINES:])


def _read_metric(name: str, metric: MetricSettings, ended: Ended, folder: Path) -> tuple[float, ...]:
    if metric.file is not None:
        text = _read_file(name, folder, metric.file)
    elif ended.stdout_bytes > STDOUT_LIMIT:
        problem = f"the command printed {ended.stdout_bytes} bytes, of which at most {STDOUT_LIMIT} are read"
        raise MeasureFailed(f"metric {name}: {problem}; let it write a JSON file", Status.INVALID)
    else:
        text = ended.stdout.decode("utf-8", "replace")
        if not text.strip():
            raise MeasureFailed(f"metric {name}: the command printed nothing", Status.INVALID)
    return find_values(name, metric, text, parse_json(name, text) if metric.pointer is not None else None)


def _age(path: Path) -> None:
    """Make a file old, so that one that the command leaves as it was is known from one that it wrote."""
    if path.is_file():
        os.utime(path, ns=(0, 0))


def _read_file(name: str, folder: Path, file: str) -> str:
    path = folder / file
    try:
        if not path.resolve().is_relative_to(folder.resolve()):
            raise MeasureFailed(f"metric {name}: {excerpt(file)} is a link out of the work tree", Status.INVALID)
        status = path.stat()
        if not path.is_file() or status.st_mtime_ns == 0 or status.st_size > STDOUT_LIMIT:
            problem = f"is no file of at most {STDOUT_LIMIT} bytes that this run wrote"
            raise MeasureFailed(f"metric {name}: {excerpt(file)} {problem}", Status.INVALID)
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "no UTF-8"
        raise MeasureFailed(f"metric {name}: {excerpt(file)} cannot be read: {reason}", Status.INVALID) from error
