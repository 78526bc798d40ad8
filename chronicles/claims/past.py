"""How long files, folders and the whole repository had slept, and how often they wake."""

from __future__ import annotations

from math import log10
from typing import TYPE_CHECKING

from chronicles.claims.template import Template
from chronicles.evidence.dossier import Claim, Ledger, Lens

if TYPE_CHECKING:
    from collections.abc import Iterator

VERSION = "1"

WOKE = Template("past.woke", Lens.LINEAGE, "{file} had not changed for {slept}.")
STREAK = Template("past.streak", Lens.LINEAGE, "For {file} it is {streak}.")
VETERAN = Template("past.veteran", Lens.LINEAGE, "{file} is {age} old and had been through {changes} before this.")
BUSY = Template("past.busy", Lens.LINEAGE, "{changes} had changed {file} before this one.")
DELETED = Template("past.deleted", Lens.LINEAGE, "{file} goes after {age} and {changes}.")
SHORT_LIFE = Template("past.short_life", Lens.LINEAGE, "{file} lived {age}.")
FORMER_NAME = Template("past.former_name", Lens.LINEAGE, "{file} began as {first_name}, {age} ago.")
AGAIN = Template("past.again", Lens.LINEAGE, "{file} was last touched {slept} earlier, in {sha}.")
FOLDER_WOKE = Template(
    "past.folder_woke", Lens.LINEAGE, "Nothing under {folder} had changed for {slept}, over {steps}."
)
SILENCE = Template(
    "past.silence",
    Lens.LINEAGE,
    "It ends {silence} without a commit; the longest pause of the 90 days before was {longest}.",
)
LONG_SILENCE = Template("past.long_silence", Lens.LINEAGE, "It is the first commit in {silence}.")
HABIT = Template("past.habit", Lens.MEASUREMENT, "Of {window} before it, {touched} went to the same place.")

_DAY = 86400


def find(ledger: Ledger) -> Iterator[Claim]:
    """Claims of sleep, streaks, age and silence."""
    for number, entry in enumerate(ledger.numbered("past")):
        yield from _file(ledger, entry, 1 - 0.12 * number)
    slept = ledger.number("sleep.1.slept") / _DAY
    if slept >= 45 and ledger.number("sleep.1.steps") >= 10:
        yield FOLDER_WOKE.claim(
            0.3 + 0.2 * log10(slept / 10), folder="sleep.1.component", slept="sleep.1.slept", steps="sleep.1.steps"
        )
    silence, longest = ledger.number("lineage.silence"), ledger.number("lineage.longest_gap")
    if silence >= 10 * _DAY and not ledger.number("lineage.window"):
        yield LONG_SILENCE.claim(0.85, silence="lineage.silence")
    elif silence >= 7 * _DAY and silence > longest > 0:
        yield SILENCE.claim(
            0.55 + min(silence / _DAY, 90) / 300, silence="lineage.silence", longest="lineage.longest_gap"
        )
    touched, window = ledger.number("sleep.habit.touched"), ledger.number("sleep.habit.window")
    if window >= 15 and touched * 12 <= window:
        yield HABIT.claim(0.42, window="sleep.habit.window", touched="sleep.habit.touched")


def _file(ledger: Ledger, entry: str, weight: float) -> Iterator[Claim]:
    name, age, changes = f"{entry}.path", f"{entry}.age", f"{entry}.changes"
    slept = ledger.number(f"{entry}.slept") / _DAY
    times, old = ledger.number(changes), ledger.number(age) / _DAY
    if ledger.string(f"{entry}.status") == "deleted":
        if old >= 45:
            yield DELETED.claim(weight * (0.5 + min(old, 3000) / 9000), file=name, age=age, changes=changes)
        else:
            yield SHORT_LIFE.claim(weight * 0.6, file=name, age=age)
        return
    if slept >= 60:
        yield WOKE.claim(weight * (0.2 + 0.18 * log10(slept)), file=name, slept=f"{entry}.slept")
    elif slept <= 2 and times >= 3:
        yield AGAIN.claim(weight * 0.34, file=name, slept=f"{entry}.slept", sha=f"{entry}.last")
    streak = ledger.number(f"{entry}.streak")
    if streak >= 4:
        yield STREAK.claim(weight * (0.3 + min(streak, 30) / 60), file=name, streak=f"{entry}.streak")
    if streak > 2:
        return  # a file that this month's pages have told of already needs no introduction
    if old >= 3 * 365 and times >= 10:
        yield VETERAN.claim(weight * (0.33 + min(old, 6000) / 40000), file=name, age=age, changes=changes)
    elif times >= 60:
        yield BUSY.claim(weight * (0.33 + min(times, 600) / 4000), file=name, changes=changes)
    if f"{entry}.first_name" in ledger and old >= 180:
        yield FORMER_NAME.claim(weight * 0.45, file=name, first_name=f"{entry}.first_name", age=age)
