"""How long files, folders and the whole repository had slept, and how often they wake."""

from __future__ import annotations

from math import log10
from typing import TYPE_CHECKING

from chronicles.claims.template import Template, is_group
from chronicles.dossier import Claim, Ledger, Lens

if TYPE_CHECKING:
    from collections.abc import Iterator

VERSION = "1"

RETURNED = Template("past.returned", Lens.LINEAGE, "{file} is back: {sha} had removed it {away} earlier.")
OVERSLEPT = Template(
    "past.overslept",
    Lens.LINEAGE,
    "{file} had changed every {interval} on average, and then not for {slept}.",
)
HOT = Template("past.hot", Lens.LINEAGE, "Of all that came before, {one_in} changed {file}.")
RARE = Template("past.rare", Lens.LINEAGE, "In all of {age}, {changes} had changed {file}.")
HEIR = Template("past.heir", Lens.LINEAGE, "{file} goes after {age}, and {heir} takes its name under another ending.")
STRANGERS = Template(
    "past.strangers", Lens.LINEAGE, "{one} and {other} had never changed in one commit, in {ones} and {others}."
)
COMPANIONS = Template(
    "past.companions", Lens.LINEAGE, "Of {ones} that had changed {one}, {together} changed {other} as well."
)
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
    yield from _pair(ledger)
    if "past.back.path" in ledger:
        yield RETURNED.claim(0.66, file="past.back.path", sha="past.back.gone", away="past.back.away")
    slept = ledger.number("sleep.1.slept") / _DAY
    if slept >= 90 and ledger.number("sleep.1.steps") >= 20:
        yield FOLDER_WOKE.claim(
            0.2 + 0.2 * log10(slept / 10), folder="sleep.1.component", slept="sleep.1.slept", steps="sleep.1.steps"
        )
    silence, longest = ledger.number("lineage.silence"), ledger.number("lineage.longest_gap")
    if silence >= 10 * _DAY and not ledger.number("lineage.window") and not is_group(ledger):
        yield LONG_SILENCE.claim(0.85, silence="lineage.silence")
    elif silence >= 7 * _DAY and silence - _DAY >= longest > 0:
        yield SILENCE.claim(
            0.5 + min(silence / _DAY, 90) / 300, silence="lineage.silence", longest="lineage.longest_gap"
        )
    touched, window = ledger.number("sleep.habit.touched"), ledger.number("sleep.habit.window")
    if window >= 15 and 1 <= touched <= window / 12:
        yield HABIT.claim(0.42, window="sleep.habit.window", touched="sleep.habit.touched")


def _pair(ledger: Ledger) -> Iterator[Claim]:
    """Two files that never had changed together, or nearly always did: what a reader of one diff cannot see."""
    if "past.pair.one" not in ledger:
        return
    slots = {name: f"past.pair.{name}" for name in ("one", "other", "ones")}
    ones, others, together = (ledger.number(f"past.pair.{name}") for name in ("ones", "others", "together"))
    if not together and ones >= 12:
        yield STRANGERS.claim(0.4 + min(ones, 200) / 1000, **slots, others="past.pair.others")
    # Of two files that change all the time, most changes of the rarer one would meet the other by chance.
    elif together >= 0.75 * ones and others * 4 <= ledger.number("lineage.depth"):
        yield COMPANIONS.claim(0.4 + min(ones, 100) / 1000, **slots, together="past.pair.together")


def _file(ledger: Ledger, entry: str, weight: float) -> Iterator[Claim]:
    """What one file's past makes news, held against the age of the repository and the file's own rhythm."""
    name, age, changes = f"{entry}.path", f"{entry}.age", f"{entry}.changes"
    times, old = ledger.number(changes), ledger.number(age) / _DAY
    if ledger.string(f"{entry}.status") == "deleted":
        if f"{entry}.heir" in ledger:
            yield HEIR.claim(weight * 0.5, file=name, age=age, heir=f"{entry}.heir")
        elif old >= 45:
            yield DELETED.claim(weight * (0.5 + min(old, 3000) / 9000), file=name, age=age, changes=changes)
        else:
            yield SHORT_LIFE.claim(weight * 0.6, file=name, age=age)
        return
    yield from _sleep(ledger, entry, weight)
    streak = ledger.number(f"{entry}.streak")
    if streak >= 5 and not is_group(ledger):
        yield STREAK.claim(weight * (0.22 + min(streak, 30) / 60), file=name, streak=f"{entry}.streak")
    if streak > 2:
        return  # a file that this month's pages have told of already needs no introduction
    whole = ledger.number("lineage.age") / _DAY
    one_in = ledger.number(f"{entry}.one_in")
    if 0 < one_in <= 15 and times >= 30:
        yield HOT.claim(weight * (0.33 + 0.5 / one_in), file=name, one_in=f"{entry}.one_in")
    elif old >= max(2 * 365, 0.3 * whole) and times <= 5:
        yield RARE.claim(weight * (0.36 + min(old, 6000) / 60000), file=name, age=age, changes=changes)
    elif old >= max(3 * 365, 0.98 * whole) and times >= 100:
        yield VETERAN.claim(weight * 0.31, file=name, age=age, changes=changes)
    elif times >= 60 and old < 3 * 365:
        yield BUSY.claim(weight * (0.33 + min(times, 600) / 4000), file=name, changes=changes)
    if f"{entry}.first_name" in ledger and old >= 180 and _renamed(ledger.string(f"{entry}.first_name"), ledger, name):
        yield FORMER_NAME.claim(weight * 0.42, file=name, first_name=f"{entry}.first_name", age=age)


def _sleep(ledger: Ledger, entry: str, weight: float) -> Iterator[Claim]:
    """A sleep is news where it is long for the repository, or long for a file that used to change often."""
    name, slept = f"{entry}.path", ledger.number(f"{entry}.slept")
    share = slept / max(ledger.number("lineage.age"), 1)
    interval = ledger.number(f"{entry}.interval")
    if slept >= 180 * _DAY and share >= 0.15:
        yield WOKE.claim(weight * (0.32 + 0.6 * share), file=name, slept=f"{entry}.slept")
    elif slept >= 60 * _DAY and interval >= _DAY and slept >= 4 * interval and ledger.number(f"{entry}.changes") >= 8:
        yield OVERSLEPT.claim(
            weight * (0.32 + 0.14 * log10(slept / interval)),
            file=name,
            interval=f"{entry}.interval",
            slept=f"{entry}.slept",
        )
    elif 600 <= slept <= 2 * _DAY and interval >= 10 * slept:
        yield AGAIN.claim(weight * 0.31, file=name, slept=f"{entry}.slept", sha=f"{entry}.last")


def _renamed(first: str, ledger: Ledger, name: str) -> bool:
    """Whether a file got another name, and not just another folder or ending: `builtin-mv.c` is `builtin/mv.c`."""
    before, now = (path.rpartition("/")[2].partition(".")[0] for path in (first, ledger.string(name)))
    return not before.endswith(now) and not now.endswith(before)
