"""The title of an episode, built from the change.

A title names what happened, in at most some forty characters: the strongest claim that has a title of its own,
else what kind of work was done on what. It is never the subject line cut off, and never a judgement.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from chronicles.writers.plain import variant

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chronicles.evidence.dossier import Claim, Ledger

__all__ = ["VERSION", "make_title"]

VERSION = "1"

_LENGTH = 48

_OF_CLAIM: dict[str, Sequence[str]] = {
    "undo.exact": ("{age}, Then Undone", "Back to Before `{sha}`", "The Undoing of `{sha}`"),
    "undo.partial": ("A Return, in Part", "Half a Way Back", "Some of `{sha}` Goes"),
    "undo.fix_up": ("A Mend for `{sha}`", "`{sha}`, Amended", "{age} to a Mend"),
    "first.beginning": ("The Beginning", "The First Files", "Out of Nothing"),
    "first.milestone": ("{step}",),
    "first.folder": ("A Folder Called {folder}", "{folder} Opens", "The Opening of {folder}"),
    "first.extension": ("The First {extension}", "A First {extension} File", "{extension} Arrives"),
    "dependency.minimum": ("The Floor Rises for {name}", "{name}: From {before} to {after}", "A New Floor for {name}"),
    "dependency.added": ("{name} Joins", "Enter {name}", "A Dependency Named {name}"),
    "dependency.removed": ("{name} Leaves", "Without {name}", "Farewell to {name}"),
    "dependency.major": ("{name} Crosses a Major", "A Major Step for {name}", "{name}, Major by Major"),
    "public.removed": ("{name} Goes Private", "No More {name}", "The Callers of {name}"),
    "past.deleted": ("The End of {file}", "{age} of {file}", "{file} Bows Out"),
    "past.short_life": ("The Short Life of {file}", "{file}, Briefly", "{file} Was Here"),
    "past.woke": ("{file} Wakes", "{file} After {slept}", "{slept} of Quiet End"),
    "past.folder_woke": ("{folder} Wakes", "{folder} After {slept}", "Stirring in {folder}"),
    "past.long_silence": ("After {silence}", "{silence} of Silence", "The Silence Ends"),
    "past.silence": ("After {silence}", "A Pause of {silence}", "{silence} Later"),
    "past.streak": ("{file}, Again", "{file} Once More", "No Rest for {file}"),
    "move.folder": ("From {old} to {new}", "The Move to {new}", "{old} Moves Out"),
    "move.rename": ("{new}, Formerly {old}", "A New Name for {old}", "{old} Becomes {new}"),
    "people.returned": ("{name} Returns", "{away} Away", "The Return of {name}"),
    "code.new_class": ("Enter {klass}", "A Class Named {klass}", "{klass} Takes the Stage"),
    "code.gone": ("Farewell, {function}", "{function} Is Gone", "Without {function}"),
    "code.complexity_up": ("{function} Branches Out", "More Ways Through {function}", "{function} Thickens"),
    "code.complexity_down": ("{function} Slims Down", "Fewer Ways Through {function}", "{function}, Untangled"),
    "code.only_one": ("All About {function}", "Just {function}", "{function}, Alone"),
    "code.new_function": ("Enter {function}", "{function} Arrives", "Introducing {function}"),
    "tests.only": ("Nothing but Tests", "The Suite Alone", "A Day in the Suite"),
    "rewrite.undoes": ("`{sha}`, Reconsidered", "What `{sha}` Brought", "Second Thoughts on `{sha}`"),
    "size.record": ("The Biggest Yet", "A Record in Lines", "Larger Than All Before"),
}

_OF_TYPE: dict[str, Sequence[str]] = {
    "fix": ("Mending {thing}", "{thing}, Repaired", "A Fix in {thing}", "Trouble in {thing}", "{thing} Set Right"),
    "feat": ("{thing} Grows", "More of {thing}", "{thing} Extended", "New in {thing}", "{thing} Learns"),
    "docs": ("Words on {thing}", "{thing}, Explained", "Notes on {thing}", "{thing} in Writing", "A Page for {thing}"),
    "test": (
        "{thing} Under Test",
        "Questions for {thing}",
        "{thing} on Trial",
        "Checks on {thing}",
        "{thing}, Examined",
    ),
    "refactor": (
        "{thing}, Rearranged",
        "Rearranging {thing}",
        "{thing} in New Order",
        "Inside {thing}",
        "{thing} Recast",
    ),
    "perf": (
        "{thing} and the Clock",
        "Less Work in {thing}",
        "{thing}, Reconsidered",
        "Costs of {thing}",
        "{thing} Tuned",
    ),
    "ci": (
        "The Machinery of {thing}",
        "{thing} on the Line",
        "Gears Around {thing}",
        "Wheels of {thing}",
        "{thing} Rewired",
    ),
    "build": (
        "Building {thing}",
        "{thing}, Assembled",
        "Parts for {thing}",
        "{thing} from Parts",
        "The Making of {thing}",
    ),
    "deps": (
        "Parts for {thing}",
        "{thing} Restocked",
        "Supplies for {thing}",
        "{thing} and Its Parts",
        "Versions in {thing}",
    ),
    "style": (
        "{thing}, Groomed",
        "Manners for {thing}",
        "{thing} Straightened",
        "The Look of {thing}",
        "{thing} in Line",
    ),
    "release": (
        "Shipping {thing}",
        "{thing} Goes Out",
        "A Release Through {thing}",
        "{thing}, Numbered",
        "The Stamp on {thing}",
    ),
    "revert": (
        "{thing}, as Before",
        "Back in {thing}",
        "A Return in {thing}",
        "{thing} Restored",
        "Turning Back {thing}",
    ),
    "merge": (
        "Two Lines Meet in {thing}",
        "Joining {thing}",
        "{thing}, Joined",
        "Streams into {thing}",
        "{thing} Merges",
    ),
}
_OTHER = (
    "Work on {thing}",
    "{thing}, Revisited",
    "Changes in {thing}",
    "About {thing}",
    "{thing} Again",
    "Tending {thing}",
)

_SLOT = re.compile(r"\{([a-z_]+)\}")


def make_title(ledger: Ledger, claims: Sequence[Claim]) -> str:
    """Build the title of a subject: plain text, the same for the same dossier."""
    depth = int(ledger.number("lineage.depth"))
    titled = [claim for claim in claims if claim.id in _OF_CLAIM and claim.salience >= 0.4]  # noqa: PLR2004 - a title is news
    for claim in titled[:3]:
        forms = _OF_CLAIM[claim.id]
        start = variant(depth, f"title {claim.id}", len(forms))
        for turn in range(len(forms)):
            title = _fill(
                forms[(start + turn) % len(forms)], {slot: _short(ledger, fact) for slot, fact in claim.slots.items()}
            )
            if len(title) <= _LENGTH:
                return title
    forms = _OF_TYPE.get(ledger.string("commit.type"), _OTHER)
    form = forms[variant(depth, "title type", len(forms))]
    return _fill(form, {"thing": _thing(ledger)})[:80]


def _fill(form: str, values: dict[str, str]) -> str:
    title = _SLOT.sub(lambda slot: values[slot[1]], form).replace("`", "")
    return title[:1].upper() + title[1:]


def _short(ledger: Ledger, fact_id: str) -> str:
    """A fact as a title names it: files without folders, hashes short, spans with capitals."""
    fact = ledger[fact_id]
    value = str(fact.value)
    if fact.unit == "sha":
        return value[:7]
    if fact.unit == "path":
        return value.rstrip("/").rpartition("/")[2] + ("/" if value.endswith("/") else "")
    if fact.unit == "name":
        return value.rpartition(".")[2] if value.count(".") and not value[0].isdigit() and " " not in value else value
    if fact.unit in ("person", "text"):
        return value
    return " ".join(word[:1].upper() + word[1:] if word.isalpha() else word for word in fact.text.split())


def _thing(ledger: Ledger) -> str:
    """What the change worked on: its biggest file in words, else its component."""
    path = ledger.string("file.1.path")
    parts = [part for part in path.split("/") if part]
    if not parts:
        return "an Empty Commit"
    stem = parts[-1].lstrip(".").split(".")[0]
    if stem.lower() in ("__init__", "index", "main", "readme", "mod", "lib", "conftest") and len(parts) > 1:
        stem = parts[-2]
    words = [word for word in re.split(r"[\W_]+|(?<=[a-z])(?=[A-Z])", stem.removeprefix("test_")) if word]
    named = " ".join(word if word.isupper() else word[:1].upper() + word[1:] for word in words)
    return named[:40] or parts[-1]
