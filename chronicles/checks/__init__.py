"""Checks: the commands that show whether a project is sound, run at the end of a range and recorded.

`record` says what a check is and what a run leaves, `runner` runs those that have no record, and `guard` is the process
that sees to it that nothing of theirs stays behind.
"""

from chronicles.checks.record import Check, CheckRecord, Stored, record_of, records, told
from chronicles.checks.runner import run_checks

__all__ = ["Check", "CheckRecord", "Stored", "record_of", "records", "run_checks", "told"]
