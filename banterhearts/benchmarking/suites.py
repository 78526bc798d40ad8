"""Finding a suite by its name: declared by the repository, or built in; one mechanism for both.

A suite is opened with a table of options and makes benches for a tree. The options of a declared suite are its table
`[tool.banterhearts.suites.<name>]`; those of a built-in one its table `[tool.banterhearts.<name>]`. What the command
line adds (`--option key=value`, `--blocks`) is laid over the table before the suite sees it, so that a suite has one
way in and checks its options once, with a strict pydantic model of its own.

To add a built-in suite, write a module with

    def open_suite(name: str, options: Mapping[str, Any], where: Path | None) -> Suite

which raises `SuiteError` for options it cannot use, and enter it in `BUILT_IN`. `--option` values are read as TOML
(`threads=4` is a number, `models=["a", "b"]` a list), and what is no TOML is a string. `blocks` and `min_effect` belong
into the `Workload` of each bench, `blocks` and `warmups` into `Suite.plan`.

`Suite.benches` gives one bench a case and configuration, none of them started. Benches of one case form one sitting,
in the order given: the first is the baseline, and the placebo doubles it; a case without benches is left out. Asked
twice for the same tree, it gives fresh benches, which is how the placebo comes to be. A tree is the folder that
commands run in, at the commit that its subject names; a suite that does not run the repository's own code uses the
subject and ignores the folder.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from banterhearts.errors import SuiteError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from banterhearts.benchmarking.bench import Bench
    from banterhearts.benchmarking.declarations import Declarations
    from banterhearts.core.record import RunRecord, Subject

__all__ = ["BUILT_IN", "Learner", "Plan", "Suite", "Tree", "find_suite"]


@dataclass(frozen=True, slots=True)
class BuiltIn:
    """A suite that the engine brings."""

    module: str
    """Where its `open_suite` is; imported only when the suite is asked for."""
    summary: str
    """Its line in `bench list`."""


BUILT_IN = {
    "decode": BuiltIn("banterhearts.benchmarking.decode", "A language model's load, first token, throughput, memory."),
    "ollama-sweep": BuiltIn("banterhearts.benchmarking.sweep", "A grid of an Ollama server's parameters."),
}
"""Suites that need no declaration, by name."""


@dataclass(frozen=True, slots=True)
class Tree:
    """A folder in which a commit, or what became of it, is checked out."""

    path: Path
    subject: Subject


@dataclass(frozen=True, slots=True)
class Plan:
    """How often a sitting visits its arms."""

    blocks: int
    """Each arm is visited twice a block."""
    warmups: int
    """Visits of each arm before the first block; they are kept, and compared with nothing."""


class Suite(Protocol):
    """What can be measured under one name."""

    @property
    def name(self) -> str:
        """The folder of `reports/` that its records go into."""

    @property
    def plan(self) -> Plan:
        """How often its benches are visited."""

    @property
    def cases(self) -> tuple[str, ...]:
        """What it measures, by name."""

    def benches(self, tree: Tree, cases: Sequence[str]) -> list[Bench]:
        """Benches of these cases (all of its own when none is named), not started yet.

        Raises:
            SuiteError: If there is no such case.
        """


@runtime_checkable
class Learner(Protocol):
    """A suite of which later cases hang on what earlier ones measured."""

    def learn(self, records: Sequence[RunRecord]) -> Sequence[RunRecord]:
        """Take in the records of a sitting that was finished, in the order of its benches.

        Returns:
            The same records, with what the suite has to say of them.
        """


def find_suite(name: str, declared: Declarations, options: Mapping[str, Any]) -> Suite:
    """Open a suite.

    Args:
        name: As declared, or of a built-in one.
        declared: What the repository's settings say.
        options: What the command line lays over them.

    Raises:
        SuiteError: If there is none, or it is declared wrongly.
    """
    if name in declared.suites:
        module, table = "banterhearts.benchmarking.command", declared.suites[name]
    elif name in BUILT_IN:
        module, table = BUILT_IN[name].module, declared.built_in.get(name, {})
    else:
        known = ", ".join([*sorted(declared.suites), *BUILT_IN])
        raise SuiteError(name, f"not declared; there are: {known}. Declare it in `[tool.banterhearts.suites.{name}]`")
    suite: Suite = import_module(module).open_suite(name, {**table, **options}, declared.where)
    return suite
