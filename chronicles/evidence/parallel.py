"""Dossiers of many subjects by several processes, handed over in order.

Each process opens the repository for itself and shares the index and the cache of analyses on disk. Subjects go out in
runs of neighbours, since a file as one commit leaves it is the file that the next one finds, and few runs are on the
way at a time, so memory does not grow with the number of subjects.
"""

from __future__ import annotations

import signal
from collections import deque
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import ExitStack
from itertools import islice
from multiprocessing import get_context
from multiprocessing.util import Finalize
from typing import TYPE_CHECKING, Any

from chronicles.evidence.build import Workshop, build_dossier
from chronicles.history.repository import Repository

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Mapping, Sequence
    from pathlib import Path

    from chronicles.dossier import Dossier, SubjectKey

__all__ = ["build_dossiers", "hasten"]

_RUN = 12
"""Subjects that go to a process together."""
_WORTH = 24
"""Subjects from which on starting processes pays: each takes half a second to be ready."""


def build_dossiers(workshop: Workshop, keys: Sequence[SubjectKey], *, jobs: int = 1) -> Generator[Dossier, None, None]:
    """Build the dossiers of subjects, in their order.

    Args:
        workshop: Whose index must hold all of the subjects' steps.
        keys: The subjects, neighbours beside each other.
        jobs: How many processes build at a time; with one, or with an index that no other can read, this one does.
    """
    hasten(workshop, keys)
    if jobs <= 1 or len(keys) < _WORTH or not workshop.index.on_disk:
        for key in keys:
            yield build_dossier(workshop, key)
        return
    rules = workshop.rules
    options = {
        "components": rules.components,
        "excluded": rules.excluded,
        "public": rules.public,
        "reports": workshop.reports,
        "checks": workshop.checks,
        "check_records": workshop.check_records,
        "caches": workshop.caches,
    }
    arguments = (workshop.repository.root, options, keys[-1])
    # Not forked: a copy of open pipes to git and of database connections would be read by two.
    with ProcessPoolExecutor(jobs, get_context("spawn"), initializer=_open, initargs=arguments) as pool:
        todo = iter(keys)
        waiting: deque[Future[list[Dossier]]] = deque()
        try:
            while True:
                while len(waiting) < 3 * jobs and (run := list(islice(todo, _RUN))):
                    waiting.append(pool.submit(_build, run))
                if not waiting:
                    return
                yield from waiting.popleft().result()
        finally:
            pool.shutdown(cancel_futures=True)


_workshop: Workshop
"""Of a process of the pool."""


def hasten(workshop: Workshop, keys: Sequence[SubjectKey]) -> None:
    """Make blame faster where so many subjects follow that it pays."""
    if len(keys) >= _WORTH and any(key.reading == "full" for key in keys):
        workshop.repository.hasten_blame(keys[-1].commits[0])


def _open(root: Path, options: Mapping[str, Any], newest: SubjectKey) -> None:
    """Make a process of the pool ready; an interrupt is for the one that started it."""
    global _workshop  # noqa: PLW0603 - the only place that a pool's process can keep anything
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    stack = ExitStack()
    repository = stack.enter_context(Repository.open(root))
    shop = Workshop(repository, **options)
    _workshop = stack.enter_context(shop)
    # A process of a pool ends without `atexit`; closing writes what the cache still holds.
    Finalize(None, stack.close, exitpriority=1)
    if newest.reading == "full":
        repository.hasten_blame(newest.commits[0])


def _build(keys: Iterable[SubjectKey]) -> list[Dossier]:
    return [build_dossier(_workshop, key) for key in keys]
