"""`banterhearts import`: other tools' results become run records, or are refused row by row.

stdout has the refusals as they are met, then the table of files and that of reasons; with `--json` one document with
every row. Rows are told while files are read, so that a file of a million rows needs no more memory than one.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from banterhearts.commands.table import echo_table, printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from banterhearts.api.ingestion.importing import Importer, Outcome
    from banterhearts.api.ingestion.row import Stated
    from banterhearts.benchmarking.git import Repository
    from banterhearts.core.store import RecordStore

__all__ = ["command"]

_LONGEST_NAME = 200
_SUITE = re.compile(r"[a-z0-9][a-z0-9_.-]{0,63}")


@dataclass(slots=True)
class _Totals:
    """What became of the rows of a file, or of all."""

    format: str = ""
    error: str | None = None
    imported: int = 0
    already: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    """By reason."""
    left_out: Counter[str] = field(default_factory=Counter)
    """Values of imported rows, by reason."""

    @property
    def rows(self) -> int:
        """All of them."""
        return self.imported + self.already + self.refused.total()

    def add(self, other: _Totals) -> None:
        """Take in those of another file."""
        self.imported += other.imported
        self.already += other.already
        self.refused += other.refused
        self.left_out += other.left_out

    def as_json(self) -> dict[str, Any]:
        """The counts."""
        return {
            "rows": self.rows,
            "imported": self.imported,
            "already": self.already,
            "refused": dict(sorted(self.refused.items())),
            "left_out": dict(sorted(self.left_out.items())),
        }


def _formats(_: click.Context, __: click.Parameter, value: str) -> str | None:
    from banterhearts.api.ingestion.formats import FORMATS  # noqa: PLC0415 - help does without

    if value != "auto" and value not in FORMATS:
        raise click.BadParameter(f"{value!r} is none of auto, {', '.join(FORMATS)}")
    return None if value == "auto" else value


def _moment(_: click.Context, __: click.Parameter, value: str | None) -> datetime | None:
    if value is None:
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise click.BadParameter(f"{value!r} is no time with an offset, such as 2025-01-31T12:00:00Z")
    return moment


@click.command("import")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE...")
@click.option(
    "--format",
    "format_name",
    default="auto",
    show_default=True,
    callback=_formats,
    metavar="NAME",
    help="Of all FILEs.",
)
@click.option("--commit", metavar="REV", help="Of rows whose file names none.")
@click.option("--at", callback=_moment, metavar="TIME", help="When rows without a time were measured (RFC 3339).")
@click.option("--machine", metavar="NAME", help="Runs under one name count as runs of one machine.")
@click.option("--model", metavar="TAG", help="Of a sweep whose file names none, as Ollama calls it.")
@click.option(
    "--bandwidth", type=click.FloatRange(min=0, min_open=True), metavar="N", help="Of the memory, in bytes/s."
)
@click.option("--weight-bytes", type=click.IntRange(min=1), metavar="N", help="Read in each pass of a model.")
@click.option("--suite", metavar="NAME", help="Folder of the records, instead of the format's name.")
@click.option("--output", default="reports", show_default=True, metavar="FOLDER", help="Where records go.")
@click.option("--dry-run", is_flag=True, help="Say what would be imported, and write nothing.")
@click.option("--strict", is_flag=True, help="Exit 1 if any row was refused.")
@click.option("--json", "as_json", is_flag=True, help="Print every row as JSON.")
@click.pass_context
def command(ctx: click.Context, /, files: tuple[Path, ...], **options: Any) -> None:  # noqa: ANN401 - options are of many types
    """Turn other tools' results into run records, and refuse what cannot be true.

    Reads pytest-benchmark, asv, llama-bench, hyperfine and Google Benchmark, and the original engine's files; a row is
    imported or refused with its reason. Importing again writes nothing new. Exit 2: a FILE could not be read.
    """
    with _importer(ctx, options) as importer:
        is_dry = options["dry_run"]
        show = _Json(is_dry=is_dry) if options["as_json"] else _Text(importer.store.folder, is_dry=is_dry)
        totals = [_import_file(importer, path, options["format_name"], show) for path in files]
        show.end(files, totals)
    if any(one.error for one in totals):
        ctx.exit(2)
    ctx.exit(int(options["strict"] and any(one.refused for one in totals)))


@contextmanager
def _importer(ctx: click.Context, options: dict[str, Any]) -> Iterator[Importer]:
    """What imports, with what was stated.

    Raises:
        RepositoryError: If `--commit` names no commit.
        click.BadParameter: If a name is none.
    """
    from banterhearts.api.ingestion.importing import Importer  # noqa: PLC0415 - help does without
    from banterhearts.benchmarking.git import open_repository  # noqa: PLC0415 - as above
    from banterhearts.errors import Missing, RepositoryError  # noqa: PLC0415 - as above

    place, repository = Path(ctx.obj["path"]), None
    try:
        repository = open_repository(place)
    except (RepositoryError, Missing):
        if options["commit"] and not _is_sha(options["commit"]):
            raise  # results are imported without a repository, but a name means nothing without one
    stated = _stated(options, repository)
    with _store(place, repository, options["output"]) as store:
        yield Importer(store, stated, repository, lambda text: click.echo(text, err=True), options["dry_run"])


def _stated(options: dict[str, Any], repository: Repository | None) -> Stated:
    from banterhearts.api.ingestion.row import Stated  # noqa: PLC0415 - as above

    for name in ("machine", "model"):
        value = options[name]
        if value is not None and (not value.isprintable() or not value.strip() or len(value) > _LONGEST_NAME):
            raise click.BadParameter(f"{value!r} is no name of one printable line", param_hint=f"--{name}")
    bandwidth = options["bandwidth"]
    if bandwidth is not None and not math.isfinite(bandwidth):
        raise click.BadParameter(f"{bandwidth} is no number of bytes a second", param_hint="--bandwidth")
    suite = options["suite"]
    if suite is not None and not _SUITE.fullmatch(suite):
        problem = (
            f"{suite!r} names no folder: small letters, digits, `_`, `.` and `-`, beginning with a letter or digit"
        )
        raise click.BadParameter(problem, param_hint="--suite")
    commit = options["commit"]
    if commit is not None and not _is_sha(commit):
        assert repository is not None, "checked where it is opened"
        commit = repository.resolve(commit)
    return Stated(
        commit=commit and commit.lower(),
        at=options["at"],
        suite=suite,
        machine=options["machine"],
        model=options["model"],
        bandwidth=bandwidth,
        weight_bytes=options["weight_bytes"],
    )


def _is_sha(text: str) -> bool:
    return re.fullmatch(r"[0-9a-fA-F]{40}", text) is not None


@contextmanager
def _store(place: Path, repository: Repository | None, output: str) -> Iterator[RecordStore]:
    from banterhearts.commands.workplace import open_store  # noqa: PLC0415 - help does without
    from banterhearts.core.store import RecordStore  # noqa: PLC0415 - as above

    if repository is not None:
        with open_store(repository, output) as store:
            yield store
    else:
        with RecordStore(place / output) as store:
            yield store


def _import_file(importer: Importer, path: Path, format_name: str | None, show: _Text | _Json) -> _Totals:
    """Import a file as far as it can be read; why it cannot be read on goes to stderr."""
    from banterhearts.errors import RecordError  # noqa: PLC0415 - as above

    totals = _Totals()
    try:
        intake = importer.open(path, format_name)
        totals.format = intake.format.name
        for outcome in intake.outcomes():
            _count(totals, outcome)
            show.row(path, outcome)
    except RecordError as error:
        totals.error = str(error)
        click.echo(printable(f"banterhearts: {error}"), err=True)
    return totals


def _count(totals: _Totals, outcome: Outcome) -> None:
    from banterhearts.api.ingestion.refusal import Refusal  # noqa: PLC0415 - as above

    if isinstance(outcome, Refusal):
        totals.refused[outcome.reason] += 1
        return
    totals.imported += outcome.is_new
    totals.already += not outcome.is_new
    totals.left_out.update(one.reason for one in outcome.left_out)


class _Text:
    """For a person: what was refused, and the sums."""

    def __init__(self, folder: Path, *, is_dry: bool) -> None:
        self.folder = folder
        self.is_dry = is_dry

    def row(self, path: Path, outcome: Outcome) -> None:
        """Tell what became of a row."""
        from banterhearts.api.ingestion.refusal import Refusal  # noqa: PLC0415 - as above

        if isinstance(outcome, Refusal):
            click.echo(printable(f"{_shown(path)}{outcome.where}: {outcome.reason}: {outcome.why}"))

    def end(self, files: Sequence[Path], totals: Sequence[_Totals]) -> None:
        """Tell the sums."""
        every = _sum(totals)
        if every.refused:
            click.echo()
        rows = [
            _cells(_shown(path), one.format or "cannot be read", one) for path, one in zip(files, totals, strict=True)
        ]
        rows += [_cells("all", "", every)] if len(files) > 1 else []
        echo_table(("file", "format", "rows", "imported", "already", "refused"), rows)
        for title, counted in (("reason", every.refused), ("left out of imported rows", every.left_out)):
            if counted:
                click.echo()
                echo_table((title, "values" if counted is every.left_out else "rows"), _ranked(counted))
        said = "dry run: nothing was written" if self.is_dry else f"{every.imported} records written to {self.folder}"
        click.echo(said, err=True)


class _Json:
    """For a program: one document, a row a line."""

    def __init__(self, *, is_dry: bool) -> None:
        self.is_dry = is_dry
        self.lead = '{"rows": ['

    def row(self, path: Path, outcome: Outcome) -> None:
        """Tell what became of a row."""
        from banterhearts.api.ingestion.refusal import Refusal  # noqa: PLC0415 - as above

        told: dict[str, Any] = {"file": _shown(path), "where": outcome.where}
        if isinstance(outcome, Refusal):
            told |= {"outcome": "refused", "reason": outcome.reason, "why": outcome.why}
        else:
            told |= {"outcome": "imported" if outcome.is_new else "already", "run_id": outcome.run_id}
            told |= {"path": str(outcome.path)}
            told |= {"left_out": [{"what": one.what, "reason": one.reason, "why": one.why} for one in outcome.left_out]}
        click.echo(f"{self.lead}\n{json.dumps(told)}", nl=False)
        self.lead = ","

    def end(self, files: Sequence[Path], totals: Sequence[_Totals]) -> None:
        """Tell the sums."""
        told = [
            {"file": _shown(path), "format": one.format or None, "error": one.error, **one.as_json()}
            for path, one in zip(files, totals, strict=True)
        ]
        rest = {"files": told, "totals": _sum(totals).as_json(), "dry_run": self.is_dry}
        head = "" if self.lead == "," else self.lead
        click.echo(f"{head}\n], {json.dumps(rest, indent=1)[1:]}")


def _sum(totals: Sequence[_Totals]) -> _Totals:
    every = _Totals()
    for one in totals:
        every.add(one)
    return every


def _cells(name: str, format_name: str, totals: _Totals) -> tuple[str, ...]:
    numbers = (totals.rows, totals.imported, totals.already, totals.refused.total())
    return (name, format_name, *map(str, numbers))


def _ranked(counted: Counter[str]) -> list[tuple[str, str]]:
    """The most frequent first, by name where they are as frequent."""
    return [(name, str(number)) for name, number in sorted(counted.items(), key=lambda one: (-one[1], one[0]))]


def _shown(path: Path) -> str:
    return click.format_filename(path)
