"""The lists of a patch document: moves, the tree, new files, what went, and what is left to do.

Each function reads one family of facts and gives finished Markdown. What a file or a folder says of itself stands in
quotation marks, since it is its author's sentence and not ours.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chronicles import phrases
from chronicles.documents.forge import Forge
from chronicles.markdown import fence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chronicles.documents.page import Page
    from chronicles.dossier import Ledger

__all__ = ["impact", "moves", "new_files", "tasks", "tree"]

_GROUPS = ("documentation", "code", "tests", "organization")


def moves(page: Page) -> Iterator[dict[str, Any]]:
    """Each new home with its files, its reason, and a line for each pair of folders."""
    ledger = page.dossier.ledger
    for entry in ledger.numbered("moved"):
        lines = [_moved_line(ledger, line) for line in ledger.numbered(f"{entry}.line")]
        if f"{entry}.left_out" in ledger:
            lines.append({"text": f"and {ledger[f'{entry}.left_out'].text}", "files": []})
        yield {
            "heading": f"Moved to {ledger[f'{entry}.to'].text}" if f"{entry}.to" in ledger else "Renamed",
            "files": _files(ledger, f"{entry}.files"),
            "inner": f"{entry}.reach" in ledger,
            "reason": _reason(page, entry),
            "lines": lines,
        }


def _moved_line(ledger: Ledger, line: str) -> dict[str, Any]:
    files = []
    for number, one in enumerate(ledger.numbered(f"{line}.file"), 1):
        files.append(ledger[one].text + _about(ledger, f"{line}.about.{number}"))
    if f"{line}.left_out" in ledger:
        files.append(f"and {ledger[f'{line}.left_out'].text}")
    ends = f"{ledger[f'{line}.from'].text} → {ledger[f'{line}.to'].text}"
    alone = ledger.number(f"{line}.files") == 1
    return {"text": ends if alone else f"{ends} ({_files(ledger, f'{line}.files')})", "files": files}


def _reason(page: Page, entry: str) -> str:
    ledger = page.dossier.ledger
    if f"{entry}.reason" not in ledger:
        return ""
    if f"{entry}.reason_path" in ledger:
        where = Forge(page.repo_url).file(ledger[f"{entry}.reason_path"], page.dossier.subject.commits[0])
    else:
        where = Forge(page.repo_url).commit(ledger.string(f"{entry}.reason_commit"))
    return f"“{ledger[f'{entry}.reason'].text}” ({where})"


def tree(ledger: Ledger) -> str:
    """The rows of the tree as a block of code, and the folders that are gone; empty where none came or went."""
    rows = [
        (ledger.string(f"{entry}.path"), _row_note(ledger, entry))
        for entry in ledger.numbered("tree")
        if f"{entry}.path" in ledger
    ]
    if not rows:
        return ""
    drawn = [(f"{_branch(rows, at)}{_name(path)}", note) for at, (path, note) in enumerate(rows)]
    width = min(36, max(len(name) for name, _ in drawn))
    gone = [ledger[one].text for one in ledger.numbered("tree.gone")]
    if "tree.gone_left_out" in ledger:
        gone.append(ledger["tree.gone_left_out"].text)
    more = f"And {ledger['tree.left_out'].text}." if "tree.left_out" in ledger else ""
    away = f"Gone: {phrases.joined(gone)}." if gone else ""
    block = fence([f"{name:<{width}}  # {note}" for name, note in drawn], "text")
    return "\n\n".join(part for part in (block, more, away) if part)


def _row_note(ledger: Ledger, entry: str) -> str:
    about = f": {ledger.string(f'{entry}.about')}" if f"{entry}.about" in ledger else ""
    state = f"{ledger.string(f'{entry}.state')}, " if f"{entry}.state" in ledger else ""
    return f"{state}{_files(ledger, f'{entry}.files')}{about}"


def _branch(rows: list[tuple[str, str]], at: int) -> str:
    """The lines that lead to a row: nothing at the top, else a bar for each folder above that goes on."""
    path = rows[at][0]
    depth = path.count("/")
    marks = []
    for level in range(2, depth + 1):
        prefix = "/".join(path.split("/")[: level - 1]) + "/"
        below = (other for other, _ in rows[at + 1 :] if other.startswith(prefix) and other.count("/") >= level)
        own = "/".join(path.split("/")[:level]) + "/"
        more = any(not other.startswith(own) for other in below)
        if level == depth:
            marks.append("├── " if more else "└── ")
        else:
            marks.append("│   " if more else "    ")
    return "".join(marks)


def _name(path: str) -> str:
    return path.rstrip("/").rpartition("/")[2] + "/"


def new_files(ledger: Ledger) -> Iterator[dict[str, Any]]:
    """New files by group, documentation first."""
    for group in _GROUPS:
        entry = f"new.{group}"
        if f"{entry}.files" not in ledger:
            continue
        lines = [
            ledger[f"{one}.path"].text + _about(ledger, f"{one}.about") for one in ledger.numbered(f"{entry}.file")
        ]
        lines += [
            f"{ledger[f'{one}.path'].text} ({_files(ledger, f'{one}.files')})"
            for one in ledger.numbered(f"{entry}.folder")
        ]
        if f"{entry}.left_out" in ledger:
            lines.append(f"and {ledger[f'{entry}.left_out'].text}")
        yield {"title": group.capitalize(), "files": _files(ledger, f"{entry}.files"), "lines": lines}


def impact(ledger: Ledger) -> Iterator[dict[str, Any]]:
    """What went, what moved files kept, and what nothing imports any longer."""
    if "impact.gone_files" in ledger:
        parts = []
        for entry in ledger.numbered("impact.gone"):
            names = [ledger[one].text for one in ledger.numbered(f"{entry}.file")]
            if f"{entry}.left_out" in ledger:
                names.append(ledger[f"{entry}.left_out"].text)
            lines = ledger[f"{entry}.lines"].text
            parts.append(f"{ledger[f'{entry}.component'].text} ({lines}): {', '.join(names)}")
        if "impact.gone_left_out" in ledger:
            parts.append(f"and {ledger['impact.gone_left_out'].text}")
        text = f"**Removed:** {ledger['impact.gone_files'].text}, {ledger['impact.gone_lines'].text}"
        yield {"text": text, "lines": parts}
    if "impact.kept_files" in ledger:
        kept = f"{ledger['impact.kept_files'].text} kept {ledger['impact.kept_lines'].text}"
        yield {"text": f"**Preserved:** {kept}", "lines": []}
    unreferenced = [ledger[one].text for one in ledger.numbered("impact.unreferenced")]
    if unreferenced:
        if "impact.unreferenced_left_out" in ledger:
            unreferenced.append(f"and {ledger['impact.unreferenced_left_out'].text}")
        yield {"text": "**No longer imported** by any module of the tree:", "lines": unreferenced}


def tasks(page: Page) -> Iterator[str]:
    """What is left to do, each with its place."""
    ledger, forge = page.dossier.ledger, Forge(page.repo_url)
    for entry in ledger.numbered("task"):
        if f"{entry}.text" not in ledger:
            continue
        if f"{entry}.commit" in ledger:
            where = forge.commit(ledger.string(f"{entry}.commit"))
        else:
            line = int(ledger.number(f"{entry}.line"))
            where = forge.file(ledger[f"{entry}.path"], page.dossier.subject.commits[0], line)
        yield f"{ledger[f'{entry}.text'].text} ({where})"
    for kind in ("trailer", "box", "note"):
        if f"task.left_out_{kind}" in ledger:
            yield f"and {ledger[f'task.left_out_{kind}'].text}"


def _about(ledger: Ledger, fact: str) -> str:
    return f" – “{ledger[fact].text}”" if fact in ledger else ""


def _files(ledger: Ledger, fact: str) -> str:
    """A number of files in digits, as headings and lists have it."""
    return f"{ledger[fact].figure} {'file' if ledger.number(fact) == 1 else 'files'}"
