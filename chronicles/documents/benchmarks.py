"""The measured part of a page as Markdown: its row at a glance, its table, its machines and the line of its chart.

Each cell shows facts of performance and nothing else. A page without runs has none of this, nor a row that says so.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from chronicles import phrases
from chronicles.documents.chart import charted
from chronicles.documents.tracing import bare, derived, same
from chronicles.markdown import escape

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from chronicles.documents.page import Page
    from chronicles.dossier import Ledger, ToldRun

    Linked = Callable[[str, str], str]
    """From the phrase of a commit and its fact to the phrase with a link, where the commit has an episode."""

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
_NAMED = 2
"""Decided rows that the row at a glance names."""


def glance(ledger: Ledger, linked: Linked, *, detailed: bool) -> str:
    """The row at a glance: what is decided by name, the rest counted; "" for a subject without runs.

    Args:
        ledger: The facts.
        linked: As for `table`.
        detailed: Whether the page has no table to look the rest up in.
    """
    entries = ledger.numbered("performance")
    if len(entries) == 1:
        (entry,) = entries
        return f"{ledger[f'{entry}.what'].text}: {_verdict(ledger, entry)}{_by(ledger, entry, linked, detailed)}"
    named = [entry for entry in entries if ledger.string(f"{entry}.verdict") in _DECIDED][:_NAMED]
    rest = Counter({name: int(ledger.number(f"performance.{name}")) for name, _ in _COUNTS})
    rest.subtract(bare(ledger[f"{entry}.verdict"].text) for entry in named)
    parts = [
        f"{ledger[f'{entry}.what'].text} {ledger[f'{entry}.verdict'].text}{_by(ledger, entry, linked, detailed)}"
        for entry in named
    ]
    others = (f"{_others(ledger, name, rest[name])} {label}" for name, label in _COUNTS if rest[name])
    return ", ".join([*parts, *others])


def _others(ledger: Ledger, name: str, number: int) -> str:
    """How many rows have a verdict and are not named."""
    fact = ledger[f"performance.{name}"]
    shown = phrases.words(number)
    return same(shown, fact.figure) if number == fact.value else derived(shown, fact.figure)


def _by(ledger: Ledger, entry: str, linked: Linked, detailed: bool) -> str:  # noqa: FBT001 - handed on
    """By how much, of a row that is decided; with the interval where no table has it, and a baseline far away."""
    decided = ledger.string(f"{entry}.verdict") in _DECIDED
    ratio = [ledger[f"{entry}.ratio"].text] if decided else []
    if decided and detailed:
        ratio += [ledger[f"{entry}.interval"].figure, f"in {ledger[f'{entry}.blocks'].text}"]
    said = f" ({', '.join(ratio)})" if ratio else ""
    far = f"{entry}.sha" in ledger and (detailed or ledger.number(f"{entry}.distance") > 1)
    return f"{said}, since {_against(ledger, entry, linked)}" if far else said


def table(ledger: Ledger, linked: Linked) -> Iterator[list[str]]:
    """The rows: what was measured, against which commit, before, after, ratio with interval, blocks, verdict.

    Args:
        ledger: The facts.
        linked: Makes links to the episodes of baselines.
    """
    for entry in ledger.numbered("performance"):
        yield [
            _measure(ledger, entry),
            _against(ledger, entry, linked),
            *(ledger[name].figure if (name := f"{entry}.{end}") in ledger else "" for end in ("before", "after")),
            _ratio(ledger, entry),
            _blocks(ledger, entry),
            _verdict(ledger, entry),
        ]


def left_out(ledger: Ledger) -> str:
    """How many measures have no row, and that there may be more runs than are told."""
    parts = [f"And {ledger[name].text} more."] if (name := "performance.left_out") in ledger else []
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
    entry = _entry_of(ledger, run)
    decided = ledger.string(f"{entry}.verdict") in _DECIDED
    parts = [
        *([ledger[f"{entry}.verdict"].text] if entry else []),
        *([f"{ledger[f'{entry}.ratio'].text} the baseline"] if decided else []),
        phrases.measure(run.series[-1].value, run.unit),
        f"the last of {phrases.count(len(run.series), 'run')}",
    ]
    return f"{run.suite}/{run.case}, {run.metric}: {', '.join(parts)}"


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


def _against(ledger: Ledger, entry: str, linked: Linked) -> str:
    name = f"{entry}.sha"
    if name not in ledger:
        return ""
    return f"{linked(ledger[name].text, name)}, {ledger[f'{entry}.distance'].text}"


def _ratio(ledger: Ledger, entry: str) -> str:
    if f"{entry}.ratio" not in ledger:
        return ""
    ratio = ledger[f"{entry}.ratio"].figure
    return f"{ratio} ({ledger[name].figure})" if (name := f"{entry}.interval") in ledger else ratio


def _blocks(ledger: Ledger, entry: str) -> str:
    blocks = ledger.value(f"{entry}.blocks")
    return same(str(blocks), ledger[f"{entry}.blocks"].figure) if blocks else ""


def _verdict(ledger: Ledger, entry: str) -> str:
    text = ledger[f"{entry}.verdict"].text
    match ledger.string(f"{entry}.verdict"):
        case "equivalent":
            return f"{text} (within {ledger[f'{entry}.bound'].text})"
        case "undecided":
            needed = f"; {ledger[name].text} would decide" if (name := f"{entry}.needed") in ledger else ""
            return f"{text}: {ledger[f'{entry}.why'].text}{needed}"
        case "alone" if f"{entry}.elsewhere" in ledger:
            return f"{text} (at an earlier commit measured {ledger[f'{entry}.elsewhere'].text})"
        case "failed" | "invalid" | "impossible":
            return f"{text}: {ledger[f'{entry}.error'].text}"
    return text
