"""A row becomes a run record: its id, its commit, its machine, its samples, and what must be said of it.

**Identity.** The run's id is the digest of what the file holds of the row and of what it says of all rows (its date,
its machine), not of the file: a file that has grown, as asv's do, gives its old rows the ids that they had. Options
are no part of it, so that one measurement cannot be told twice as of two commits.

**The machine** is the file's own. Where it names neither processor nor GPU the record is comparable with no other,
since two unknown machines are not one; `--machine` gives it a name under which runs are of one machine.

**Time** is the file's; else the one that was stated; else that of the file's last change, and the record says which.
"""

from __future__ import annotations

import json
import re
import shlex
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from banterhearts import __version__
from banterhearts.api.ingestion.fields import excerpt
from banterhearts.api.ingestion.limits import roofline
from banterhearts.api.ingestion.refusal import Reason, Refused
from banterhearts.benchmarking.bench import MetricSpec
from banterhearts.benchmarking.summary import summarise
from banterhearts.core.environment import make_environment
from banterhearts.core.record import (
    Environment,
    Provenance,
    RunRecord,
    Sample,
    Status,
    Subject,
    Treatment,
    Workload,
    digest,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from banterhearts.api.ingestion.row import Row, Stated
    from banterhearts.api.ingestion.source import Source

__all__ = ["fault", "record_of", "run_id_of"]

_CASE = 200
_NO_NAME = re.compile(r"[^ -\[\]-_a-{}~]")
"""What a case may not hold: control and non-ASCII characters, the backslash, the backtick and the bar."""
_DIGITS = 40


def run_id_of(content: object) -> str:
    """The id of a row, from what its file holds of it."""
    text = json.dumps(content, sort_keys=True, default=str)
    return f"import-{digest(text)[:_DIGITS]}"


def record_of(row: Row, run_id: str, source: Source, stated: Stated, *, suite: str, repo: str | None) -> RunRecord:
    """The record of a row.

    Args:
        row: As its format read it.
        run_id: Of `run_id_of`.
        source: Its file.
        stated: What the file does not say.
        suite: Where it goes.
        repo: The name of the repository that has the commit; None where none is known.

    Raises:
        Refused: If the memory of the machine cannot have done it, the file names another commit than `stated`, or a
            value is none that a record can hold.
    """
    if row.commit and stated.commit and row.commit != stated.commit:
        raise Refused(Reason.OTHER_COMMIT, f"the file says {row.commit}, and --commit {stated.commit}")
    try:
        environment = _environment(row, run_id, stated)
        created_at, doubts = _created_at(row, source, stated)
        case, renamed = _case(row)
        samples, specs = _samples(row)
        told = None if row.passes is None else roofline(row.passes, stated, environment.gpu)
        left_out = (f"left out: {one.what} ({one.reason}): {one.why}" for one in row.left_out)
        return RunRecord(
            run_id=run_id,
            created_at=created_at,
            status=Status.OK,
            subject=Subject(
                repo=repo or _by_name(row.repo) or "unknown",
                commit_sha=row.commit or stated.commit,
                dirty=bool(row.is_dirty),
                engine_version=__version__,
            ),
            model=row.model,
            workload=Workload(suite=suite, case=case, digest=digest([suite, dict(row.essence)]), **row.workload),
            treatment=Treatment(
                requested=dict(row.requested),
                effective=dict(row.effective),
                effective_digest=digest(dict(row.effective)),
            ),
            environment=environment,
            attestation=row.attestation,
            samples=samples,
            metrics=summarise(samples, specs),
            roofline=told,
            provenance=Provenance(
                command=_command(source, stated),
                files={source.name: source.sha256},
                notes=(*row.notes, *doubts, *renamed, *_of_the_commit(row, stated), *left_out),
            ),
        )
    except (ValidationError, ValueError, TypeError, OverflowError) as error:
        raise Refused(Reason.MALFORMED, f"a record cannot hold it: {fault(error)}") from error


def _environment(row: Row, run_id: str, stated: Stated) -> Environment:
    fields: dict[str, Any] = {name: value for name, value in row.machine.items() if value is not None}
    parts = [row.runtime] if row.runtime else []
    if stated.machine:
        parts.append(f"machine {stated.machine}, as stated")
    elif not {"cpu", "gpu"} & fields.keys():
        parts.append(f"an unknown machine, of {run_id}")
    return make_environment({**fields, "runtime": "; ".join(parts) or None})


def _created_at(row: Row, source: Source, stated: Stated) -> tuple[datetime, tuple[str, ...]]:
    if row.created_at is not None:
        return row.created_at, ()
    if stated.at is not None:
        return stated.at, ("the file has no time; this one was stated",)
    return source.modified, ("the file has no time; this is that of its last change",)


def _case(row: Row) -> tuple[str, tuple[str, ...]]:
    """The row's name as a case, and a note where it is not the same."""
    name = _NO_NAME.sub("_", " ".join(row.case.split())) or "unnamed"
    if name == row.case and len(name) <= _CASE:
        return name, ()
    mark = digest(row.case)[:8]
    return f"{name[: _CASE - len(mark) - 2]} #{mark}", (f"the case is called {excerpt(row.case)} in the file",)


def _samples(row: Row) -> tuple[tuple[Sample, ...], tuple[MetricSpec, ...]]:
    """One block: the values of one run of a tool are no independent witnesses."""
    samples = tuple(
        Sample(
            metric=reading.metric,
            unit=reading.unit,
            values=tuple(map(float, reading.values)),
            block=0,
            order=0,
            phase=reading.phase,
        )
        for reading in row.readings
    )
    return samples, tuple(MetricSpec(one.metric, one.unit, one.direction) for one in row.readings)


def _of_the_commit(row: Row, stated: Stated) -> tuple[str, ...]:
    if row.commit or not stated.commit:
        return ()
    return ("the commit is stated, and that nothing differed from it; the file says neither",)


def _by_name(repo: str | None) -> str | None:
    return None if repo is None else excerpt(re.split(r"[/\\]", repo.rstrip("/\\"))[-1]) or None


def _command(source: Source, stated: Stated) -> str:
    """The command that imports the row so, without paths of the machine."""
    options: Mapping[str, object] = {
        "--commit": stated.commit,
        "--suite": stated.suite,
        "--at": stated.at.isoformat() if stated.at else None,
        "--machine": stated.machine,
        "--model": stated.model,
        "--bandwidth": f"{stated.bandwidth:g}" if stated.bandwidth else None,
        "--weight-bytes": stated.weight_bytes,
    }
    words = [word for name, value in options.items() if value is not None for word in (name, str(value))]
    return shlex.join(["banterhearts", "import", *words, source.name])


def fault(error: Exception) -> str:
    """The first fault that pydantic found, by its place; else the error's own words."""
    if isinstance(error, ValidationError):
        found = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, found["loc"]))
        return excerpt(f"{place}: {found['msg']}" if place else found["msg"])
    return excerpt(error)
