"""Drafts of many pages, several at once, handed over in the order of the pages.

Only a draft takes long, since a model is asked for it; what becomes of it is decided in order by who takes it, so the
pages are the same however many were drafted at once. Few drafts are on the way at a time: as many as the writer can
serve. With one, the page is drafted where it is asked for and no thread is started.

The threads are daemons, one a draft: a run that is interrupted hands out what stands and ends, and waits for no reply.
What such a draft has been answered so far is kept by its writer, so nothing is asked twice.
"""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future
from dataclasses import dataclass
from threading import Thread
from typing import TYPE_CHECKING

from chronicles.documents.title import make_titles
from chronicles.writers import Draft, cast_page

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator

    from chronicles.dossier import Dossier
    from chronicles.personas import Cast
    from chronicles.writers import Part, Writer

__all__ = ["Drafted", "draft_page", "draft_pages"]


@dataclass(frozen=True, slots=True)
class Drafted:
    """One page before it is settled."""

    dossier: Dossier
    parts: tuple[Part, ...]
    titles: tuple[str, ...]
    draft: Draft


def draft_page(writer: Writer, cast: Cast, dossier: Dossier) -> Drafted:
    """Have one page drafted."""
    parts = cast_page(dossier, cast)
    titles = make_titles(dossier.ledger, dossier.claims)
    return Drafted(dossier, parts, titles, writer.draft(dossier, parts, cast, titles))


def draft_pages(
    writer: Writer, cast: Cast, dossiers: Iterable[Dossier], *, jobs: int = 1
) -> Generator[Drafted, None, None]:
    """Have pages drafted, in the order of their dossiers.

    Args:
        writer: Who drafts.
        cast: Who speaks.
        dossiers: Of the pages; taken as they are needed, all by this thread.
        jobs: How many pages may be drafted at once, as far as the writer can.

    Raises:
        Exception: Whatever the dossiers raise, once all drafts before it are handed over.
    """
    width = min(jobs, writer.parallel)
    if width <= 1:
        for dossier in dossiers:
            yield draft_page(writer, cast, dossier)
        return
    waiting: deque[Future[Drafted]] = deque()
    for started in _started(writer, cast, dossiers):
        if isinstance(started, Exception):
            yield from (one.result() for one in waiting)
            raise started
        waiting.append(started)
        if len(waiting) == width:
            yield waiting.popleft().result()
    yield from (one.result() for one in waiting)


def _started(writer: Writer, cast: Cast, dossiers: Iterable[Dossier]) -> Iterator[Future[Drafted] | Exception]:
    """Drafts as they are started; at last what broke the dossiers, if anything did."""
    todo = iter(dossiers)
    while True:
        try:
            dossier = next(todo)
        except StopIteration:
            return
        except Exception as error:  # noqa: BLE001 - raised again by who takes it, after the drafts before it
            yield error
            return
        yield _start(writer, cast, dossier)


def _start(writer: Writer, cast: Cast, dossier: Dossier) -> Future[Drafted]:
    future: Future[Drafted] = Future()

    def work() -> None:
        try:
            future.set_result(draft_page(writer, cast, dossier))
        except BaseException as error:  # noqa: BLE001 - raised where the result is asked for
            future.set_exception(error)

    Thread(target=work, daemon=True).start()
    return future
