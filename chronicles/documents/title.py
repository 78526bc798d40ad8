"""The title of an episode, built from the change.

A title names what happened, in at most some forty characters: the strongest claim that has a title of its own,
else what kind of work was done on what. It is never the subject line cut off, and never a judgement. A model may
choose among several titles that would do; it writes none.
"""

from __future__ import annotations

import re
from itertools import zip_longest
from typing import TYPE_CHECKING

from chronicles.claims.template import is_group
from chronicles.documents.patch_title import patch_titles
from chronicles.evidence.lineage import LOGS
from chronicles.writers.plain import variant

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from chronicles.dossier import Claim, Ledger

__all__ = ["VERSION", "make_title", "make_titles"]

VERSION = "1"

_LENGTH = 48
_MOST_TITLES = 6

_OF_CLAIM: dict[str, Sequence[str]] = {
    "undo.exact": ("{age}, Then Undone", "{thing}, as It Was", "The Undoing of {thing}", "{thing} Goes Back"),
    "undo.partial": ("A Return, in Part", "Partway Back in {thing}", "Some of {thing} Goes Back"),
    "undo.fix_up": ("A Mend After {age}", "{thing}, Amended", "{age} to a Mend"),
    "first.beginning": ("The Beginning", "The First Files", "Out of Nothing"),
    "first.milestone": ("{step}",),
    "first.folder": ("A Folder Called {folder}", "{folder} Opens", "The Opening of {folder}"),
    "first.extension": ("The First {extension}", "A First {extension} File", "{extension} Arrives"),
    "dependency.minimum": ("A New Floor for {name}", "{name}: From {before} to {after}", "The Floor Under {name}"),
    "dependency.added": ("{name} Joins", "Enter {name}", "A Dependency Named {name}"),
    "dependency.removed": ("{name} Leaves", "Without {name}", "Farewell to {name}"),
    "dependency.major": ("{name} Crosses a Major", "A Major Step for {name}", "A New Major for {name}"),
    "dependency.updated": ("A Move for {name}", "{name} Moves", "New Numbers for {name}", "{name}, Renumbered"),
    "public.removed": ("The Callers of {name}", "No More {name}", "Without {name}"),
    "past.deleted": ("The End of {file}", "{age} of {file}", "{file} Bows Out"),
    "past.heir": ("{file} Becomes {heir}", "{heir}, Formerly {file}", "From {file} to {heir}"),
    "past.returned": ("{file} Is Back", "The Return of {file}", "{file}, {away} Later"),
    "past.short_life": ("The Short Life of {file}", "{file}, Briefly", "{file} Was Here"),
    "past.woke": ("{file}, {slept} Later", "Back to {file}", "{file} After {slept}"),
    "past.overslept": ("Back to {file}", "{file} After {slept}", "A Pause Ends for {file}"),
    "past.folder_woke": ("Back to {folder}", "{folder} After {slept}", "Stirring in {folder}"),
    "past.long_silence": ("After {silence}", "{silence} of Silence", "The Silence Ends"),
    "past.silence": ("After {silence}", "A Pause of {silence}", "{silence} Later"),
    "past.streak": ("{file}, Again", "{file} Once More", "No Rest for {file}", "{file}, Still in Motion"),
    "move.folder": ("From {old} to {new}", "The Move to {new}", "{old} Moves Out"),
    "move.rename": ("{new}, Formerly {old}", "A New Name for {old}", "{old} Becomes {new}"),
    "people.returned": ("{name} Returns", "{away} Away", "The Return of {name}"),
    "people.nth": ("{nth} of {name}",),
    "code.new_class": ("Enter {klass}", "A Class Named {klass}", "{klass} Takes the Stage"),
    "code.gone": ("Farewell, {function}", "{function} Is Gone", "Without {function}"),
    "code.complexity_up": ("{function} Branches Out", "More Ways Through {function}", "{function} Thickens"),
    "code.complexity_down": ("{function} Slims Down", "Fewer Ways Through {function}", "{function}, Untangled"),
    "code.only_one": ("All About {function}", "Just {function}", "{function}, Alone"),
    "code.new_function": ("Enter {function}", "{function} Arrives", "Introducing {function}"),
    "rewrite.named": ("{age} After {issue}", "{issue}, Revisited", "Back to {issue}"),
    "rewrite.own_soon": (
        *("{age} Later", "{thing}, {age} Later", "Second Thoughts After {age}"),
        *("{age} to a Second Look", "Back to {thing} After {age}", "{thing} Again, {age} On"),
    ),
    "rewrite.undoes": ("{thing}, Reconsidered", "Second Thoughts on {thing}", "A Step Back in {thing}"),
    "size.record": ("The Biggest Yet", "A Record in Lines", "Larger Than All Before"),
}
"""Titles of a claim, with its slots and `{thing}`, what was worked on; a form whose slots are not there is passed."""

_OF_FIX: Sequence[str] = (
    "{age} to a Fix",
    "{thing}, {age} Later",
    "A Fix After {age}",
    "{age} Before the Fix",
    "{thing}: A Fix After {age}",
)
"""Titles of a fix that removes lines of one commit alone, or mostly: how long they had stood."""

_OF_TYPE: dict[str, Sequence[str]] = {
    "fix": ("Mending {thing}", "{thing}, Repaired", "A Fix in {thing}", "Trouble in {thing}", "{thing} Set Right"),
    "feat": ("New in {thing}", "More of {thing}", "{thing}, Extended", "An Addition to {thing}", "{thing}, and More"),
    "docs": ("Words on {thing}", "{thing}, Explained", "Notes on {thing}", "{thing} in Writing", "A Page for {thing}"),
    "test": (
        "{thing} Under Test",
        "Questions for {thing}",
        "{thing} on Trial",
        "Checks on {thing}",
        "{thing}, Examined",
        "{thing} in the Dock",
        "Proof for {thing}",
    ),
    "refactor": (
        "{thing}, Rearranged",
        "Rearranging {thing}",
        "{thing} in New Order",
        "Inside {thing}",
        "{thing}, Recast",
    ),
    "perf": (
        "{thing} and the Clock",
        "{thing}, Reconsidered",
        "Counting Costs in {thing}",
        "{thing} Against the Clock",
    ),
    "ci": ("Rewiring {thing}", "{thing}, Rewired", "Gears of {thing}", "A Turn of {thing}", "Adjusting {thing}"),
    "build": ("Building With {thing}", "{thing}, Assembled", "Assembling {thing}", "Bolts in {thing}"),
    "style": ("{thing}, Groomed", "Manners for {thing}", "{thing} Straightened", "The Look of {thing}"),
    "release": (
        "{version}",
        "Shipping {version}",
        "{version} Goes Out",
        "The Road to {version}",
        "{version}, Numbered",
    ),
    "revert": ("{thing}, as Before", "Back in {thing}", "A Return in {thing}", "{thing}, Restored"),
}
_OTHER = (
    "Work on {thing}",
    "{thing}, Revisited",
    "Changes in {thing}",
    "Attention for {thing}",
    "{thing}, Adjusted",
    "Back in {thing}",
    "Tending {thing}",
)
_OF_SPAN = ("{commits} Around {thing}", "{thing} and More", "{thing}, Mostly", "{commits}, Mostly {thing}")
_OF_DAY = ("A Day in {thing}", "{thing} and More", "{thing}, Mostly", "{commits} Around {thing}", "A Day for {thing}")

_SLOT = re.compile(r"\{([a-z_]+)\}")


def make_title(ledger: Ledger, claims: Sequence[Claim]) -> str:
    """Build the title of a subject: plain text, the same for the same dossier."""
    return make_titles(ledger, claims)[0]


def make_titles(ledger: Ledger, claims: Sequence[Claim]) -> tuple[str, ...]:
    """Build the titles that a subject may have, all apt and no two alike, at most six.

    The first is the one that a page gets unless a model chooses another. The others come from different sources before
    one source gives a second, so that there is something to choose between.
    """
    if "range.commits" in ledger:
        return patch_titles(ledger)[:_MOST_TITLES]
    rounds = zip_longest(*(found for found in _found(ledger, claims) if found))
    titles = dict.fromkeys(title for turn in rounds for title in turn if title)
    return tuple(titles)[:_MOST_TITLES] or (_values(ledger)["thing"][:_LENGTH],)


def _found(ledger: Ledger, claims: Sequence[Claim]) -> Iterator[list[str]]:
    """The titles of each source, the aptest source first: claims of note, a fix by its age, the type of the change."""
    depth = int(ledger.number("lineage.depth"))
    values = _values(ledger)
    titled = [claim for claim in claims if claim.id in _OF_CLAIM and claim.salience >= _NEWS and _is_apt(ledger, claim)]
    for claim in titled[:3]:
        slots = {slot: _short(ledger, fact) for slot, fact in claim.slots.items()}
        kept = {slot for slot, fact in claim.slots.items() if ledger[fact].unit in ("path", "name")}
        yield _fitting(_OF_CLAIM[claim.id], depth, f"title {claim.id}", values | slots, kept)
    kind = _kind(ledger)
    if kind == "fix" and "age" in values:
        yield _fitting(_OF_FIX, depth, "title fix", values)
    if is_group(ledger):
        # The headline of a group is ours: a span of days has a "to" in it.
        forms: Sequence[str] = _OF_SPAN if " to " in ledger.string("commit.subject") else _OF_DAY
    else:
        forms = _OF_TYPE.get(kind, _OTHER)
    yield _fitting(forms, depth, "title type", values) or _fitting(_OTHER, depth, "title type", values)


def _kind(ledger: Ledger) -> str:
    """The type of a change; where its message states none, what its files are."""
    stated = ledger.string("commit.type")
    files = ledger.number("change.files")
    for kind in ("docs", "test", "ci"):
        if stated not in _OF_TYPE and files and ledger.number(f"kind.{kind}.files") == files:
            return kind
    return stated


_NEWS = 0.36
"""Salience from which a claim may name the page."""
_FEW, _MOST = 3, 50
"""So few files, or so many percent of the lines in one, that one file's past may name the page."""


def _values(ledger: Ledger) -> dict[str, str]:
    """What any title may speak of: the thing worked on, a release's number, the age of what a fix removes."""
    values = {"thing": _thing(ledger)}
    version = _VERSION.search(ledger.string("commit.subject"))
    if version:
        values["version"] = version[0]
    if is_group(ledger):
        values["commits"] = _short(ledger, "group.commits")
    lines = ledger.number("rewrite.lines")
    whole = lines > 0 and lines == ledger.number("change.deletions")
    if whole and ledger.number("rewrite.source.1.share") >= 75 and ledger.number("rewrite.source.1.age") >= 3600:  # noqa: PLR2004 - most of it; an hour
        values["age"] = _short(ledger, "rewrite.source.1.age")
    return values


def _is_apt(ledger: Ledger, claim: Claim) -> bool:
    """Whether a claim may stand for the whole: a file's past only if the file is the biggest part of the change."""
    file = claim.slots.get("file", "")
    if claim.id == "first.folder":
        inside = ledger.number(f"component.{ledger.string(claim.slots['folder']).rstrip('/')}.files")
        return 2 * inside > ledger.number("change.files") or ledger.number("change.files") <= _FEW
    if claim.id == "public.removed" and ledger.number("change.renamed_files"):
        return False  # what moved is not gone
    deleted = ledger.string(f"{file.rpartition('.')[0]}.status") == "deleted"
    if claim.family in ("past", "first") and file and not deleted:
        entry = _main_entry(ledger)
        few = ledger.number("change.files") <= _FEW or ledger.number(f"{entry}.share") >= _MOST
        return (few and ledger.string(file) == ledger.string(f"{entry}.path")) or claim.id == "past.returned"
    if claim.id == "code.only_one" and ledger.number("kind.source.files") * 2 <= ledger.number("change.files"):
        return False  # it is all about documents, and one function went along
    if claim.id in ("dependency.updated", "dependency.major") and ledger.number("dependency.count") > 1:
        return False
    return not is_group(ledger) or claim.family not in ("code", "dependency")


def _fitting(
    forms: Sequence[str], depth: int, key: str, values: dict[str, str], kept: Collection[str] = ("thing",)
) -> list[str]:
    """The forms that have all their slots and fit, filled, from the one whose turn it is."""
    start = variant(depth, key, len(forms))
    turned = [*forms[start:], *forms[:start]]
    titles = (_fill(form, values, kept) for form in turned if all(slot in values for slot in _SLOT.findall(form)))
    return [title for title in titles if len(title) <= _LENGTH]


def _fill(form: str, values: dict[str, str], kept: Collection[str]) -> str:
    """The names of files and functions keep their letters, also at the head: `pyproject.toml, Again`."""
    title = _SLOT.sub(lambda slot: values[slot[1]], form).replace("`", "")
    head = _SLOT.match(form)
    named = head is not None and head[1] in kept and not values[head[1]].startswith("the ")
    return title if named else title[:1].upper() + title[1:]


def _short(ledger: Ledger, fact_id: str) -> str:
    """A fact as a title names it: files without folders, hashes short, spans with capitals."""
    fact = ledger[fact_id]
    value = str(fact.value)
    if fact.unit == "sha":
        return value[:7]
    if fact.unit == "path":
        parts = value.rstrip("/").split("/")
        if parts[-1] in _NAMELESS:
            parts = ["/".join(parts[-2:])]
        return parts[-1] + ("/" if value.endswith("/") else "")
    if fact.unit == "name":
        return _last_name(value)
    if fact.unit in ("person", "text"):
        return value
    return " ".join(word[:1].upper() + word[1:] if word.isalpha() else word for word in fact.text.split())


def _last_name(name: str) -> str:
    """`Option.process_value` is `process_value`; a `__init__` is its class; a version stays whole."""
    if not re.fullmatch(r"[^\W\d][\w.]*", name):
        return name
    parts = [part for part in name.split(".") if part]
    special = len(parts) > 1 and parts[-1].startswith("__")
    return parts[-2] if special else parts[-1]


_NAMELESS = ("__init__.py", "__main__.py", "index.md", "index.rst", "README.md", "README.rst", "conftest.py")
"""Files that are called after their folder."""
_VERSION = re.compile(r"(?<![\w.])v?\d+\.\d+(?:\.\w+)*(?:-?(?:a|b|rc|alpha|beta|dev)\.?\d*)?(?![\w.]*\w)")
_LITERAL = ("manifest", "lock", "config")


def _main_entry(ledger: Ledger) -> str:
    """The file that stands for a change: the biggest of the source, else the biggest that is no log; empty for none."""
    entries = ledger.numbered("file")
    told = [entry for entry in entries if not LOGS.search(ledger.string(f"{entry}.path"))]
    source = [entry for entry in told if ledger.string(f"{entry}.kind") == "source"]
    return next(iter(source or told or entries), "")


def _thing(ledger: Ledger) -> str:
    """What the change worked on, in words."""
    entry = _main_entry(ledger)
    if not entry:
        return "an Empty Commit"
    path = ledger.string(f"{entry}.path")
    parts = [part for part in path.split("/") if part]
    if ledger.string(f"{entry}.kind") in _LITERAL and len(parts[-1]) <= _LITERAL_LENGTH:
        return parts[-1]
    if LOGS.search(path):
        return "the Changelog" if re.match("(?i)change|history", parts[-1]) else "the Release Notes"
    stem = parts[-1].lstrip("._").split(".")[0]
    if stem.lower().strip("_") in _UNNAMED and len(parts) > 1:
        stem = parts[-2]
    words = [word for word in re.split(r"[\W_]+|(?<=[a-z])(?=[A-Z])", re.sub(r"^(?:test_|t\d{4}-)", "", stem)) if word]
    named = " ".join(_word(word) for word in words)
    if named and path.startswith(".github/workflows/"):
        return f"the {named} Workflow"
    return named[:40] or parts[-1]


def _word(word: str) -> str:
    return word.upper() if word.lower() in _INITIALS else word[:1].upper() + word[1:]


_INITIALS = frozenset(
    (
        *("api", "ast", "ci", "cli", "cpu", "css", "dns", "gpu", "gui", "html", "http", "https", "io", "ip", "json"),
        *("os", "sql", "ssh", "ssl", "tls", "ui", "url", "vcs"),
    )
)
_UNNAMED = ("init", "index", "main", "readme", "mod", "lib", "conftest")
_LITERAL_LENGTH = 24
