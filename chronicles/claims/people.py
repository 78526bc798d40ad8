"""Who comes, who comes back, and how many had a hand in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chronicles.claims.template import Template
from chronicles.dossier import Claim, Ledger, Lens, Polarity

if TYPE_CHECKING:
    from collections.abc import Iterator

VERSION = "1"

FIRST = Template("people.first", Lens.NOVELTY, "It is the first commit here by {name}.", Polarity.GOOD)
NEWCOMERS = Template("people.newcomers", Lens.NOVELTY, "It brings {newcomers}, {name} among them.", Polarity.GOOD)
RETURNED = Template("people.returned", Lens.NOVELTY, "{name} is back after {away}.", Polarity.GOOD)
NTH = Template("people.nth", Lens.NOVELTY, "It is {nth} here under the name of {name}.", Polarity.GOOD)
CROWD = Template("people.crowd", Lens.NOVELTY, "{authors} had a hand in it.")
OTHER_HAND = Template(
    "people.other_hand", Lens.LINEAGE, "The hand before this one on {file} was that of {name}, {slept} earlier."
)

_ROUND = (25, 50, 100, 200, 250, 300, 400, 500, 750)


def find(ledger: Ledger) -> Iterator[Claim]:
    """Claims of first and returning contributors and of joint work."""
    newcomers = ledger.number("people.newcomers")
    if newcomers == 1:
        yield FIRST.claim(0.6, name="people.new.1")
    elif newcomers:
        yield NEWCOMERS.claim(0.6 + min(newcomers, 10) / 50, newcomers="people.newcomers", name="people.new.1")
    if "people.returned.name" in ledger:
        yield RETURNED.claim(0.62, name="people.returned.name", away="people.returned.away")
    if ledger.number("people.count") >= 3:
        yield CROWD.claim(0.36 + min(ledger.number("people.count"), 20) / 60, authors="people.count")
    times = int(ledger.number("people.nth"))
    shared = times * 2 <= ledger.number("lineage.depth")
    if shared and (times in _ROUND or (times >= 1000 and times % 500 == 0)):
        yield NTH.claim(0.44 + min(times, 1000) / 5000, nth="people.nth", name="people.1")
    last, author = ledger.string("past.1.last_author"), ledger.string("commit.author")
    slept = ledger.number("past.1.slept")
    if (
        last
        and author
        and last != author
        and 600 <= slept <= 2 * 86400
        and "group.commits" not in ledger
        and ledger.string("past.1.status") != "deleted"
    ):
        yield OTHER_HAND.claim(0.33, file="past.1.path", name="past.1.last_author", slept="past.1.slept")
