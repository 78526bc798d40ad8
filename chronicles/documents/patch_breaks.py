"""The part of a patch document that says what broke: a heading for each group of readers, a line for each cause.

What breaks in the same way in the same module stands on one line: `Removed from`, its names after it. Values are facts,
the few words around them are fixed by the kind of the break.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

from chronicles.documents.forge import Forge
from chronicles.evidence.ranges.broken import Part

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chronicles.documents.page import Page
    from chronicles.dossier import Ledger

__all__ = ["breaks", "is_breaking"]

_LINES = {
    "removed": "Removed from {module}: {names}",
    "removed with its module": "Removed with {module}: {names}",
    "no longer defined": "No longer defined in {module}, though a base from outside may have it: {names}",
    "import path changed": "Import path changed, {before} → {after}: {names}",
    "module moved": "Modules moved, {before} → {after}: {names}",
    "renamed": "Renamed in {module}: {ends}",
    "changed": "Changed in {module}: {names} ({detail})",
    "file removed": "File removed: {names}",
    "file renamed": "File renamed: {ends}",
    "command removed": "Command removed: {names}",
    "option removed": "Option removed from {module}: {names}",
    "option changed": "Option of {module} changed: {names} ({detail})",
    "argument removed": "Argument removed from {module}: {names}",
    "command no longer installed": "Command no longer installed: {names}",
    "entry point removed": "Entry point removed from {module}: {names}",
    "export removed": "Export removed: {names}",
    "setting removed": "Setting removed: {names}",
    "extra removed": "Extra removed{project}: {names}",
    "now required": "Now required{project}: {wishes}",
    "no longer required": "No longer required{project}: {wishes}",
    "optional now": "Optional now{project}: {wishes}",
}
"""By the kind of break; a requirement's is its own words."""


def breaks(page: Page) -> Iterator[dict[str, Any]]:
    """Each group of readers, with the count of its breaks, and its lines; those that stop nobody also as `others`."""
    ledger = page.dossier.ledger
    counts = {ledger.string(f"{entry}.name"): _counted(ledger, entry) for entry in ledger.numbered("broken.part")}
    for part, entries in groupby(ledger.numbered("broken"), key=lambda entry: ledger.string(f"{entry}.part")):
        breaking: list[str] = []
        others: list[str] = []
        marked = False
        for (*_, stops), group in groupby(entries, key=lambda entry: _line_of(ledger, entry)):
            own = list(group)
            (breaking if stops else others).extend(_lines(page, own))
            marked = marked or ledger.string(f"{own[0]}.kind") == "marked"
        title = part[:1].upper() + part[1:]
        title = f"{title} ({counts[part]})" if part in counts else title
        yield {"title": title, "lines": [*breaking, *others], "breaking": breaking, "others": others, "marked": marked}


def _counted(ledger: Ledger, part: str) -> str:
    """How many breaks a part has, and how many changes that are none; of marked commits that they are in no sum."""
    texts = [ledger[f"{part}.{what}"].text for what in ("count", "changes") if f"{part}.{what}" in ledger]
    counted = [entry for entry in ledger.numbered("broken.part") if f"{entry}.count" in ledger]
    if ledger.string(f"{part}.name") == Part.MARKED and counted != [part]:
        texts.append("counted apart")
    if f"{part}.count" not in ledger:
        texts.append("not breaking" if ledger.number(f"{part}.changes") == 1 else "none breaking")
    return ", ".join(texts)


def is_breaking(ledger: Ledger) -> bool:
    """Whether anything breaks, so that what follows is not just what a newer version asks for."""
    return "broken.count" in ledger or any(
        ledger.string(f"{entry}.kind") == "marked" for entry in ledger.numbered("broken")
    )


def _line_of(ledger: Ledger, entry: str) -> tuple[object, ...]:
    """What entries of one line have in common."""
    kind = ledger.string(f"{entry}.kind")
    stops = f"{entry}.breaking" not in ledger
    if kind == "marked":
        return entry, stops
    values = ["kind", "module"] if "{wishes}" in _LINES.get(kind, "") else ["kind", "module", "detail"]
    values += ["before", "after"] if kind in ("import path changed", "module moved") else []
    return *(ledger.value(f"{entry}.{value}") for value in values), stops


def _lines(page: Page, entries: list[str]) -> Iterator[str]:
    ledger, first = page.dossier.ledger, entries[0]
    kind = ledger.string(f"{first}.kind")
    if kind == "marked":
        commit = Forge(page.repo_url).commit(ledger.string(f"{first}.commit"))
        said = f": “{ledger[f'{first}.detail'].text}”" if f"{first}.detail" in ledger else ""
        yield f"{ledger[f'{first}.name'].text} ({commit}){said}"
    elif kind not in _LINES:
        for entry in entries:
            yield _need(ledger, entry)
            if f"{entry}.more" in ledger:
                yield f"and {ledger[f'{entry}.more'].text}"
    else:
        yield _joined(ledger, kind, entries)


def _joined(ledger: Ledger, kind: str, entries: list[str]) -> str:
    """One line for several breaks."""
    first = entries[0]
    given = {
        value: ledger[f"{first}.{value}"].text
        for value in ("module", "before", "after", "detail")
        if f"{first}.{value}" in ledger
    }
    if "module" not in given:
        given["module"] = ledger[f"{first}.path"].text if f"{first}.path" in ledger else "the project"
    names = [ledger[f"{entry}.name"].figure for entry in entries]
    more = [f"and {ledger[f'{entry}.more'].text}" for entry in entries if f"{entry}.more" in ledger]
    given["names"] = ", ".join((*names, *more))
    text = _LINES[kind]
    if "{ends}" in text:
        pairs = [f"{ledger[f'{entry}.before'].text} → {ledger[f'{entry}.after'].text}" for entry in entries]
        given["ends"] = ", ".join((*pairs, *more))
    given["project"] = _project(ledger, first)
    if "{wishes}" in text:
        wishes = [f"{ledger[f'{entry}.name'].text}{_wish(ledger, entry)}" for entry in entries]
        given["wishes"] = ", ".join((*wishes, *more))
    if kind == "module moved" and names == [given["before"]]:
        return f"Module moved: {given['before']} → {given['after']}"
    return text.format(**given)


def _wish(ledger: Ledger, entry: str) -> str:
    """The version that is asked for and where, in parentheses; nothing where any would do anywhere."""
    version = f"{entry}.before" if f"{entry}.before" in ledger else f"{entry}.after"
    words = [ledger[part].text for part in (version, f"{entry}.detail") if part in ledger]
    return f" ({' '.join(words)})" if words else ""


def _project(ledger: Ledger, entry: str) -> str:
    """The folder of a project that is not at the top."""
    return f" in {ledger[f'{entry}.module'].text}" if f"{entry}.module" in ledger else ""


def _need(ledger: Ledger, entry: str) -> str:
    """A requirement with both values."""
    ends = f"{ledger[f'{entry}.before'].text} → {ledger[f'{entry}.after'].text}"
    where = f" {ledger[f'{entry}.detail'].text}" if f"{entry}.detail" in ledger else ""
    what = f"{ledger[f'{entry}.name'].text}{where}{_project(ledger, entry)}"
    return f"{what}: {ends} ({ledger[f'{entry}.kind'].text})"
