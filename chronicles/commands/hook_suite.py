"""The benchmark suite that the hook's settings name, measured before the worker writes pages.

Only new commits are measured, with the commit before the first of them, and only if whoever installed the hook has
allowed the suite as it is declared now. Pages wait for it, up to a limit, and are written whatever comes of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chronicles.checks.suite import run_suite
from chronicles.evidence.redaction import redact_output
from chronicles.hook.suite import refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from chronicles.config import Settings
    from chronicles.dossier import SubjectKey

__all__ = ["measure"]

_LIMIT_SEC = 1800.0
"""How long pages wait for a suite."""


def measure(
    state: Path, folder: Path, settings: Settings, keys: Sequence[SubjectKey], *, stopped: Callable[[], bool]
) -> str:
    """Measure the commits of some subjects.

    Args:
        state: The hook's folder.
        folder: The checkout that has the published branch.
        settings: Its settings.
        keys: What has no page yet, oldest first.
        stopped: Whether nobody waits for it any more.

    Returns:
        Why nothing was measured, as a sentence without its full stop; empty where there is nothing to say.
    """
    suite = settings.hook.suite
    if not suite or not keys:
        return ""
    if refused := refusal(state, folder, suite):
        return refused
    newest, before = keys[-1].commits[0], keys[0].base or keys[0].commits[-1]
    revisions = newest if before == newest else f"{before}..{newest}"
    failed = run_suite(
        folder,
        suite,
        revisions,
        records=settings.reports,
        limit_sec=_LIMIT_SEC,
        clean=redact_output,
        stopped=stopped,
    )
    return f"suite {suite} did not measure: {failed}" if failed else ""
