"""What a page should be: derived from the repository as far as today's rules are those that made the page.

A page is made in layers: facts, then claims, a title and sentences, then text. Each layer is a pure function of those
below it and carries a version. `derive` walks up the layers: where the version is today's it makes the layer anew,
where it is another it keeps what the sidecar holds, since an older rule is no reason to call anything false. So a
number that git contradicts is found although the template has changed since, and a changed template alone finds
nothing but itself. Only a version that can have been is an excuse: 0 or a text of another form is none.

What a model said cannot be derived. So the sentences of its own that a page holds are settled as its draft was, by the
gate of today where that judged them, and what may not stand becomes the plain sentence.

What an older rule made is still held to what every rule obeys: a skeleton or wording types no digit of its own, and its
slots are those of its claim.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from chronicles.claims import TEMPLATES, find_claims
from chronicles.claims.template import slots_of
from chronicles.documents.bylines import hold_byline, restate
from chronicles.documents.edits import digests
from chronicles.documents.title import make_titles
from chronicles.dossier import Ledger
from chronicles.errors import ConfigError
from chronicles.writers.parts import PLAIN

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from chronicles.documents.page import Page
    from chronicles.documents.telling import Press
    from chronicles.dossier import Claim, Dossier, Fact

__all__ = ["Derived", "derive", "unlawful"]

_ALL_COUNTS = "rules"
"""What counts as a component and as our own output: under other settings every count is another."""
_UNCOUNTED = ("commit", "group", "member", "message", "performance", "check")
_INFERRED = ("commit.type", "commit.type_by", "commit.redactions")
"""Facts that no setting changes: of commits, messages, runs and checks, but for what is read off the changed paths."""
_OF_TEXT = ("template", "view", "personas")
"""What lays out the text; personas, because their names stand in it."""
_OF_WORDS = ("personas", "writer", "gate")
_OF_PAGE = ("template", "view", "title", "personas", "writer", _ALL_COUNTS)
"""What every page is made by."""
_RULE_NUMBERS = frozenset(
    number for template in TEMPLATES.values() for number in re.findall(r"\w*\d\w*", template.skeleton)
)
"""Numbers that templates type themselves, such as the days that count as recent: rules, not counts."""


@dataclass(frozen=True, slots=True)
class Derived:
    """A page as it should be, and by how much today's rules differ from those that made it."""

    page: Page
    stale: frozenset[str]
    """What has another version now."""
    newer: frozenset[str]
    """Of these, what claims a version that is still to come."""
    never: frozenset[str]
    """What claims a version that never was, which excuses nothing."""
    outdated: tuple[tuple[Fact | None, Fact | None], ...]
    """Facts that today's rules find otherwise: as stored, and as they are now."""
    forged: tuple[str, ...]
    """What of the page's byline cannot be."""
    lost: Mapping[str, str]
    """Claims whose sentence of a model may not stand, and why."""
    text: str | None
    """The page as it should read; None when only a template that is gone could say."""


def derive(press: Press, stored: Page, fresh: Dossier, unknown: frozenset[str] = frozenset()) -> Derived:
    """Derive what a stored page should be.

    Args:
        press: Whose cast, writer and templates are today's.
        stored: The page as its sidecar has it.
        fresh: The dossier of its subject, built anew.
        unknown: Families of facts that cannot be found anew; they are taken as the sidecar has them.
    """
    then = {**stored.dossier.made_by, **stored.made_by}
    now = {**fresh.made_by, **press.versions(stored.dossier, stored.byline)}
    never = frozenset(_never(stored, then, now))
    stale = _differing(then, now) - never
    ledger = _ledger(stored.dossier.ledger, fresh.ledger, stale | unknown)
    claims = _claims(stored.dossier.claims, ledger, stale)
    runs = stored.dossier.runs if "performance" in stale | unknown else fresh.runs
    checks = stored.dossier.checks if "check" in stale | unknown else fresh.checks
    dossier = replace(fresh, made_by=stored.dossier.made_by, ledger=ledger, claims=claims, runs=runs, checks=checks)
    held = hold_byline(stored)
    page = replace(stored, dossier=dossier, byline=held.byline)
    if "title" not in stale:
        titles = make_titles(ledger, claims)
        # A model may have chosen any of them; which one it chose, only the page says.
        chosen = stored.title if held.byline and stored.title in titles else titles[0]
        page = replace(page, title=stored.patch.titled(chosen) if stored.patch else chosen)
    lost: Mapping[str, str] = {}
    if not stale.intersection(_OF_WORDS):
        restated = restate(dossier, press.cast, stored.sentences, held.byline)
        page, lost = replace(page, sentences=restated.sentences), restated.lost
    outdated = tuple(_outdated(stored.dossier.ledger, fresh.ledger, stale))
    text = _text(press, page, stale)
    return Derived(page, stale, _newer(then, now) - never, never, outdated, held.problems, lost, text)


def unlawful(page: Page) -> Iterator[tuple[str, str]]:
    """What no rule of any version makes: the thing that says it, and why it cannot be."""
    claims = {claim.id: claim for claim in page.dossier.claims}
    for claim in claims.values():
        if sorted(slots_of(claim.skeleton)) != sorted(claim.slots) or not _plain(claim.skeleton):
            yield claim.skeleton, f"no skeleton of a claim `{claim.id}`"
    writers = (PLAIN, page.byline.writer if page.byline else PLAIN)
    for sentence in page.sentences:
        if sentence.writer not in writers:
            yield sentence.wording, f"no byline names its writer {sentence.writer[:40]!r}"
        claim_slots = sorted(claims[sentence.claim].slots) if sentence.claim in claims else []
        if sentence.claim and sentence.claim not in claims:
            yield sentence.wording, f"the ledger does not entitle to the claim `{sentence.claim}`"
        elif sorted(slots_of(sentence.wording)) != claim_slots or not _plain(sentence.wording):
            yield sentence.wording, f"no wording of the claim `{sentence.claim or 'stage direction'}`"


def _differing(old: Mapping[str, str], new: Mapping[str, str]) -> frozenset[str]:
    return frozenset(key for key in old.keys() | new.keys() if old.get(key) != new.get(key))


def _never(stored: Page, then: Mapping[str, str], now: Mapping[str, str]) -> Iterator[str]:
    """What names no version that any rule had: 0, none although the page has something of it, or another kind of text.

    An older version excuses what differs, so it has to be one; else any text in its place would.
    """
    told = {fact.family for fact in stored.dossier.ledger.values()} | set(_OF_PAGE)
    told |= {f"claims.{claim.family}" for claim in stored.dossier.claims}
    told |= {"chart"} if stored.chart else set()
    told |= {"gate"} if stored.byline else set()
    for key in sorted(told | then.keys()):
        said = then.get(key)
        # What no model worded no gate has judged.
        if said is None or (key == "gate" and not stored.byline) or _form(said) != _form(now.get(key, "1")):
            yield key


def _form(version: str) -> str:
    """What versions of one thing have in common, whatever their numbers from 1 on are."""
    if re.fullmatch(r"[0-9a-f]{12,}", version):
        return "digest"
    if version.startswith("["):
        return "rules" if _is_rules(version) else version
    rule, plus, tool = version.partition("+")
    return re.sub(r"(?<![\w.])[1-9]\d*(?![\w.])", "#", rule) + plus + re.sub(r"\d+(?:\.\w+)*", "#", tool)


def _is_rules(text: str) -> bool:
    try:
        components, excluded = json.loads(text)
    except (ValueError, TypeError, RecursionError):
        return False
    return all(isinstance(part, list) and all(isinstance(one, str) for one in part) for part in (components, excluded))


def _newer(then: Mapping[str, str], now: Mapping[str, str]) -> frozenset[str]:
    """What was made by a rule with a higher number than today's; digests and tools have no order."""
    found = set()
    for key in then.keys() & now.keys():
        versions = [re.match(r"(?:[a-z]+ )?0*(\d+)(?=\+|$)", value) for value in (then[key], now[key])]
        # By their digits: a number of thousands of them is none to Python.
        old, new = ((len(one[1]), one[1]) if one else (0, "") for one in versions)
        if versions[1] and old > new:
            found.add(key)
    return frozenset(found)


def _is_stale(fact_id: str, stale: frozenset[str]) -> bool:
    family = fact_id.partition(".")[0]
    return family in stale or (_ALL_COUNTS in stale and (family not in _UNCOUNTED or fact_id in _INFERRED))


def _ledger(stored: Ledger, fresh: Ledger, stale: frozenset[str]) -> Ledger:
    """Today's facts, and those of an older rule as the sidecar has them."""
    if not stale:
        return fresh
    kept = [fact for fact in fresh.values() if not _is_stale(fact.id, stale)]
    return Ledger([*kept, *(fact for fact in stored.values() if _is_stale(fact.id, stale))])


def _outdated(stored: Ledger, fresh: Ledger, stale: frozenset[str]) -> Iterator[tuple[Fact | None, Fact | None]]:
    for fact_id in dict.fromkeys((*stored, *fresh)) if stale else ():
        pair = stored.get(fact_id), fresh.get(fact_id)
        if pair[0] != pair[1] and _is_stale(fact_id, stale):
            yield pair


def _claims(stored: tuple[Claim, ...], ledger: Ledger, stale: frozenset[str]) -> tuple[Claim, ...]:
    """Today's claims on a ledger, and those of an older rule as far as the ledger still has their facts."""
    found = [claim for claim in find_claims(ledger) if f"claims.{claim.family}" not in stale]
    found += [
        claim
        for claim in stored
        if f"claims.{claim.family}" in stale and all(fact in ledger for fact in claim.slots.values())
    ]
    return tuple(sorted(found, key=lambda claim: (-claim.salience, claim.id)))


def _text(press: Press, page: Page, stale: frozenset[str]) -> str | None:
    """Render a page; by a template that has changed since only where that makes no difference to it."""
    try:
        text = press.render(page)
    except (KeyError, ConfigError):
        # The view of today asks for facts that an older rule did not find.
        if not stale:
            raise
        return None
    return text if not stale.intersection(_OF_TEXT) or tuple(digests(text)) == page.rendered else None


def _plain(wording: str) -> bool:
    bare = re.sub(r"\{[a-z_]+\}", "", wording)
    return not re.search(r"[<>\[\]|\x00-\x1f]", bare) and _RULE_NUMBERS.issuperset(re.findall(r"\w*\d\w*", bare))
