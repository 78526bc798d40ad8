"""What stored runs say of speed and size, and of the past of a series of runs.

Words of speed come from a verdict alone: "slower" stands in no sentence whose row is not slower. A verdict is about two
commits and not about a cause, so nothing here says why. What is undecided stands in the table; in words it is said,
with the reason, only where the runs have no other news.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chronicles.claims.template import Template
from chronicles.dossier import Claim, Ledger, Lens, Polarity

if TYPE_CHECKING:
    from collections.abc import Iterator

VERSION = "1"

SLOWER = Template(
    "performance.slower",
    Lens.MEASUREMENT,
    "{what} is slower: it stands at {ratio} its value at {sha}, {distance}, in {blocks}.",
    Polarity.BAD,
)
FASTER = Template(
    "performance.faster",
    Lens.MEASUREMENT,
    "{what} is faster: it stands at {ratio} its value at {sha}, {distance}, in {blocks}.",
    Polarity.GOOD,
)
WORSE = Template(
    "performance.worse",
    Lens.MEASUREMENT,
    "{what} is {verdict}: it stands at {ratio} its value at {sha}, {distance}, in {blocks}.",
    Polarity.BAD,
)
BETTER = Template(
    "performance.better",
    Lens.MEASUREMENT,
    "{what} is {verdict}: it stands at {ratio} its value at {sha}, {distance}, in {blocks}.",
    Polarity.GOOD,
)
STEADY = Template(
    "performance.steady",
    Lens.MEASUREMENT,
    "No change seen in {what} against {sha}, {distance}: whatever there is stays within {bound}.",
)
ALL_STEADY = Template(
    "performance.all_steady", Lens.MEASUREMENT, "No change seen in any of {compared}, against {sha}, {distance}."
)
UNDECIDED = Template(
    "performance.undecided",
    Lens.MEASUREMENT,
    "Undecided: {what} against {sha}, {distance}, in {blocks}, because {why}.",
)
MORE_BLOCKS = Template(
    "performance.more_blocks",
    Lens.MEASUREMENT,
    "Undecided: {what} against {sha}, {distance}, in {blocks}; {needed} would decide.",
)
LOSS = Template(
    "performance.loss",
    Lens.CRAFT,
    "Whoever builds on this commit inherits {after} for {what}, where {before} stood at {sha}.",
    Polarity.BAD,
)
TRADE = Template("performance.trade", Lens.CRAFT, "It goes both ways at once: {slower} and {faster}.")
UNCONFIRMED = Template(
    "performance.unconfirmed", Lens.CRAFT, "It calls itself {type}, and no change is seen in any of {compared}."
)
NO_NUMBER = Template(
    "performance.no_number", Lens.CRAFT, "{what} gave no number at this commit: the run {status}.", Polarity.BAD
)
FIRST = Template("performance.first", Lens.NOVELTY, "{what} is measured for the first time: {after}.")
ELSEWHERE = Template(
    "performance.elsewhere",
    Lens.LINEAGE,
    "{what} was measured at an earlier commit, but {elsewhere}, so {after} stands alone.",
)
GAP = Template(
    "performance.gap", Lens.LINEAGE, "The nearest run that {what} can be compared with is that of {sha}, {distance}."
)
FIRST_SLOWER = Template(
    "performance.first_slower",
    Lens.LINEAGE,
    "For {what} it is the first slower verdict after {quiet}.",
    Polarity.BAD,
)
FIRST_FASTER = Template(
    "performance.first_faster",
    Lens.LINEAGE,
    "For {what} it is the first faster verdict after {quiet}.",
    Polarity.GOOD,
)
FASTEST = Template(
    "performance.fastest",
    Lens.LINEAGE,
    "{what} is faster here than at each of {beaten} measured before.",
    Polarity.GOOD,
)
SLOWEST = Template(
    "performance.slowest",
    Lens.LINEAGE,
    "{what} is slower here than at each of {beaten} measured before.",
    Polarity.BAD,
)


_NEWS = ("slower", "faster", "higher", "lower", "equivalent", "alone", "none")
"""Counts of rows beside which an undecided one is no news."""


def find(ledger: Ledger) -> Iterator[Claim]:
    """Claims of verdicts, of their absence, and of series."""
    entries = sorted(ledger.numbered("performance"), key=lambda entry: int(entry.rpartition(".")[2]))
    claims_speed = (ledger.string("commit.type"), ledger.string("commit.type_by")) == ("perf", "stated")
    for entry in entries:
        yield from _row(ledger, entry, claims_speed=claims_speed)
        yield from _series(ledger, entry)
    yield from _whole(ledger, entries, claims_speed=claims_speed)


def _row(ledger: Ledger, entry: str, *, claims_speed: bool) -> Iterator[Claim]:
    verdict = ledger.string(f"{entry}.verdict")
    against = {"what": f"{entry}.what", "sha": f"{entry}.sha", "distance": f"{entry}.distance"}
    over = {**against, "blocks": f"{entry}.blocks"}
    if verdict in ("slower", "faster"):
        yield from _decided(ledger, entry, over)
    elif verdict == "equivalent":
        # Beside a change that is seen, what does not change is no news.
        seen = any(f"performance.{word}" in ledger for word in ("slower", "faster", "higher", "lower"))
        yield STEADY.claim(0.28 if seen else 0.5 if claims_speed else 0.32, **against, bound=f"{entry}.bound")
    elif verdict == "undecided":
        news = any(f"performance.{word}" in ledger for word in _NEWS)
        weight = 0.2 if news else 0.35 if claims_speed else 0.3
        if f"{entry}.needed" in ledger and ledger.string(f"{entry}.why") != "placebo":
            yield MORE_BLOCKS.claim(weight, **over, needed=f"{entry}.needed")
        else:
            yield UNDECIDED.claim(weight, **over, why=f"{entry}.why")
    elif verdict == "alone" and f"{entry}.elsewhere" in ledger:
        if not _is_compared(ledger, entry):
            slots = {part: f"{entry}.{part}" for part in ("what", "elsewhere", "after")}
            yield ELSEWHERE.claim(0.31, **slots)
    elif verdict == "alone":
        yield FIRST.claim(0.42, what=f"{entry}.what", after=f"{entry}.after")
    elif f"{entry}.status" in ledger:
        yield NO_NUMBER.claim(0.6, what=f"{entry}.what", status=f"{entry}.status")
    if ledger.number(f"{entry}.distance") >= 5:
        yield GAP.claim(0.3 + min(ledger.number(f"{entry}.distance"), 100) / 500, **against)


def _is_compared(ledger: Ledger, entry: str) -> bool:
    """Whether another row, of another configuration or machine, compares the same metric of the same case."""
    names = [ledger.value(f"{entry}.{part}") for part in ("case", "metric")]
    return any(
        other != entry
        and f"{other}.sha" in ledger
        and [ledger.value(f"{other}.{part}") for part in ("case", "metric")] == names
        for other in ledger.numbered("performance")
    )


def _decided(ledger: Ledger, entry: str, over: dict[str, str]) -> Iterator[Claim]:
    slower = ledger.string(f"{entry}.verdict") == "slower"
    ratio = ledger.number(f"{entry}.ratio") or 1.0
    weight = (0.7 if slower else 0.62) + min(max(ratio, 1 / ratio) - 1, 0.3) * 0.6
    slots = {**over, "ratio": f"{entry}.ratio"}
    if f"{entry}.speed" not in ledger:
        yield (WORSE if slower else BETTER).claim(weight - 0.1, **slots, verdict=f"{entry}.verdict")
        return
    yield (SLOWER if slower else FASTER).claim(weight, **slots)
    if slower:
        ends = {end: f"{entry}.{end}" for end in ("before", "after", "what", "sha")}
        yield LOSS.claim(weight - 0.08, **ends)


def _series(ledger: Ledger, entry: str) -> Iterator[Claim]:
    """What a verdict on a speed is among those of its series."""
    slower = ledger.string(f"{entry}.verdict") == "slower"
    if f"{entry}.speed" not in ledger or ledger.string(f"{entry}.verdict") not in ("slower", "faster"):
        return
    quiet, beaten = ledger.number(f"{entry}.quiet"), ledger.number(f"{entry}.beaten")
    if quiet >= 4:
        template = FIRST_SLOWER if slower else FIRST_FASTER
        yield template.claim(0.5 + min(quiet, 30) / 100, what=f"{entry}.what", quiet=f"{entry}.quiet")
    if beaten >= 4:
        template = SLOWEST if slower else FASTEST
        yield template.claim(0.55 + min(beaten, 30) / 100, what=f"{entry}.what", beaten=f"{entry}.beaten")


def _whole(ledger: Ledger, entries: list[str], *, claims_speed: bool) -> Iterator[Claim]:
    if "performance.slower" in ledger and "performance.faster" in ledger:
        yield TRADE.claim(0.66, slower="performance.slower", faster="performance.faster")
    compared = ledger.number("performance.compared")
    if compared < 2 or ledger.number("performance.equivalent") != compared:
        return
    compared_rows = [entry for entry in entries if f"{entry}.sha" in ledger]
    if len({ledger.value(f"{entry}.sha") for entry in compared_rows}) == 1:
        first = compared_rows[0]
        yield ALL_STEADY.claim(0.34, compared="performance.compared", sha=f"{first}.sha", distance=f"{first}.distance")
    if claims_speed:
        yield UNCONFIRMED.claim(0.55, type="commit.type", compared="performance.compared")
