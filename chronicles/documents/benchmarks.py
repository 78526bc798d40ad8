"""The measured part of a page as Markdown: its row at a glance, its table, its machines and the line of its chart.

Each cell shows facts of performance and nothing else. A page without runs has none of this, nor a row that says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chronicles import phrases
from chronicles.documents.chart import charted
from chronicles.markdown import escape

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from chronicles.documents.page import Page
    from chronicles.dossier import Ledger, ToldRun

__all__ = ["chart_line", "glance", "left_out", "machines", "table"]

_COUNTS = (
    ("slower", "slower"),
    ("faster", "faster"),
    ("higher", "higher"),
    ("lower", "lower"),
    ("equivalent", "with no change seen"),
    ("undecided", "undecided"),
    ("alone", "without a baseline"),
    ("none", "without a number"),
)
"""Counts of rows by what is said of them, with how the row at a glance says it."""
_DECIDED = ("slower", "faster")


def glance(ledger: Ledger) -> str:
    """The row at a glance: what is decided by name, the rest counted; "" for a subject without runs."""
    entries = ledger.numbered("performance")
    if len(entries) == 1:
        (entry,) = entries
        return f"{ledger[f'{entry}.what'].text}: {_verdict(ledger, entry)}{_by(ledger, entry)}"
    decided = [entry for entry in entries if ledger.string(f"{entry}.verdict") in _DECIDED][:2]
    named = [
        f"{ledger[f'{entry}.what'].text} {ledger[f'{entry}.verdict'].text}{_by(ledger, entry)}" for entry in decided
    ]
    rest = {name: int(ledger.number(f"performance.{name}")) for name, _ in _COUNTS}
    for entry in decided:
        rest[ledger[f"{entry}.verdict"].text] -= 1
    counted = [f"{phrases.words(rest[name])} {label}" for name, label in _COUNTS if rest[name]]
    return ", ".join([*named, *counted])


def _by(ledger: Ledger, entry: str) -> str:
    return f" ({ledger[f'{entry}.ratio'].text})" if ledger.string(f"{entry}.verdict") in _DECIDED else ""


def table(ledger: Ledger, linked: Callable[[str, str], str], *, most: int | None = None) -> Iterator[list[str]]:
    """The rows: what was measured, against which commit, before, after, ratio with interval, blocks, verdict.

    Args:
        ledger: The facts.
        linked: From the phrase of a commit and its fact to the phrase with a link, where the commit has an episode.
        most: So many rows at most.
    """
    for entry in ledger.numbered("performance")[:most]:
        yield [
            _measure(ledger, entry),
            _against(ledger, entry, linked),
            *(ledger[name].figure if (name := f"{entry}.{end}") in ledger else "" for end in ("before", "after")),
            _ratio(ledger, entry),
            str(ledger.value(f"{entry}.blocks") or ""),
            _verdict(ledger, entry),
        ]


def left_out(ledger: Ledger, *, most: int | None = None) -> str:
    """How many measures have no row, and that there may be more runs than are told."""
    shown = len(ledger.numbered("performance"))
    left = int(ledger.number("performance.left_out")) + (max(0, shown - most) if most else 0)
    parts = [f"And {phrases.count(left, 'measure')} more."] if left else []
    if "performance.most" in ledger:
        parts.append(f"No more than {ledger['performance.most'].text} are told.")
    return " ".join(parts)


def machines(ledger: Ledger) -> Iterator[str]:
    """The machines that the rows were measured on."""
    found = ledger.numbered("performance.machine")
    for number, entry in enumerate(found, 1):
        yield f"Machine{f' {number}' if len(found) > 1 else ''}: {ledger[entry].text}"


def chart_line(page: Page, name: str) -> str:
    """The image of the chart, its findings in words for who cannot see it; "" for a page without one."""
    runs = charted(page.dossier.runs)
    told = "; ".join(_alternative(page.dossier.ledger, run) for run in runs)
    return f"![{escape(told).replace(']', chr(92) + ']')}]({name})" if runs else ""


def _alternative(ledger: Ledger, run: ToldRun) -> str:
    last = run.series[-1]
    value = phrases.measure(last.value, run.unit)
    entry = _entry_of(ledger, run)
    verdict = f"{ledger[f'{entry}.verdict'].text}, " if entry else ""
    ratio = f"{ledger[f'{entry}.ratio'].text} the value at the baseline, " if f"{entry}.ratio" in ledger else ""
    runs = phrases.count(len(run.series), "run")
    return f"{run.suite}/{run.case}, {run.metric}: {verdict}{ratio}{value} at the end of a series of {runs}"


def _entry_of(ledger: Ledger, run: ToldRun) -> str:
    """The row of a charted metric."""
    for entry in ledger.numbered("performance"):
        if (ledger.value(f"{entry}.run"), ledger.value(f"{entry}.metric")) == (run.run.id, run.metric):
            return entry
    return ""


def _measure(ledger: Ledger, entry: str) -> str:
    names = [ledger[name].figure for part in ("case", "metric") if (name := f"{entry}.{part}") in ledger]
    machine = f" ({ledger[name].text})" if (name := f"{entry}.machine") in ledger else ""
    at = f" at {ledger[name].text}" if (name := f"{entry}.at") in ledger else ""
    return " ".join(names) + at + machine


def _against(ledger: Ledger, entry: str, linked: Callable[[str, str], str]) -> str:
    name = f"{entry}.sha"
    if name not in ledger:
        return ""
    return f"{linked(ledger[name].text, name)}, {ledger[f'{entry}.distance'].text}"


def _ratio(ledger: Ledger, entry: str) -> str:
    if f"{entry}.ratio" not in ledger:
        return ""
    ratio = ledger[f"{entry}.ratio"].figure
    return f"{ratio} ({ledger[name].figure})" if (name := f"{entry}.interval") in ledger else ratio


def _verdict(ledger: Ledger, entry: str) -> str:
    text = ledger[f"{entry}.verdict"].text
    match ledger.string(f"{entry}.verdict"):
        case "equivalent":
            return f"{text} (within {ledger[f'{entry}.bound'].text})"
        case "undecided":
            needed = f"; {ledger[name].text} would decide" if (name := f"{entry}.needed") in ledger else ""
            return f"{text}: {ledger[f'{entry}.why'].text}{needed}"
        case "alone" if f"{entry}.elsewhere" in ledger:
            return f"{text} (measured before {ledger[f'{entry}.elsewhere'].text})"
        case "failed" | "invalid" | "impossible":
            return f"{text}: {ledger[f'{entry}.error'].text}"
    return text
