"""From a page's values to what its template lays out: rows, sentences and links, all of them finished Markdown.

Nothing is decided here that a claim should decide: rows show counts, and the words of a row are few and fixed.
Every value comes out of the ledger, so `verify` finds any cell that says something else.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from chronicles import phrases
from chronicles.documents import benchmarks, speech
from chronicles.documents.forge import Forge
from chronicles.documents.speech import file_name, linked
from chronicles.documents.tracing import capital, derived, same
from chronicles.dossier import Ledger, Section
from chronicles.markdown import code, escape, fence
from chronicles.writers.parts import size_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chronicles.documents.page import Page
    from chronicles.personas import Cast
    from chronicles.writers import Sentence

__all__ = ["VERSION", "make_view"]

VERSION = "4"

_SHOWN_COMPONENTS = 3
_TABLE_COMPONENTS = 12
_CELL_MEMBERS = 5


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a two-column table."""

    label: str
    cell: str


def make_view(page: Page, cast: Cast) -> dict[str, Any]:
    """Everything that the episode template may use, by name."""
    ledger = page.dossier.ledger
    size = size_of(ledger.number("change.churn"), ledger.number("change.files"))
    forge = Forge(page.repo_url)
    said = speech.spoken(page)
    return {
        "series": escape(page.series),
        "number": page.number,
        "title": escape(page.title),
        "size": size.name,
        "is_group": page.dossier.subject.kind != "commit",
        "subject": forge.issues(ledger.get("commit.headline", ledger["commit.subject"]).text),
        "files_line": _files_line(ledger),
        "date": ledger["commit.authored_at"].figure,
        "commit": forge.commit(str(ledger["commit.sha"].value)),
        "glance": list(_glance(page, forge, small=size.name == "note")),
        "reason": forge.issues(ledger["message.reason"].text) if "message.reason" in ledger else "",
        "why": [text for sentence, text in said if sentence.section == Section.WHY],
        "roundtable": [Row(name, words) for name, words in speech.roundtable(said, cast)],
        "metrics": list(_metrics(ledger)),
        "components": list(_components(ledger)),
        "components_left_out": _left_out(ledger, "change.components", _TABLE_COMPONENTS),
        "files": list(_files(ledger)) if size.name == "dossier" else [],
        "files_left_out": _left_out(ledger, "change.files", len(ledger.numbered("file"))),
        "quality": list(_quality(ledger)),
        "symbols": list(_symbols(ledger)),
        "indicators": list(_indicators(ledger)),
        "benchmarks": list(benchmarks.table(ledger, partial(linked, page))),
        "benchmarks_left_out": benchmarks.left_out(ledger),
        "machines": list(benchmarks.machines(ledger)),
        "chart": benchmarks.chart_line(page, file_name(page.number, "svg")),
        "members": list(_members(ledger, forge)) if size.name != "note" else [],
        "members_left_out": ledger["member.left_out"].text if "member.left_out" in ledger else "",
        "architecture": [text for sentence, text in said if sentence.section == Section.ARCHITECTURE],
        "moves": list(_moves(ledger)),
        "breaks": list(_breaks(ledger)),
        "dependencies": list(_dependencies(ledger)),
        "hunk": _hunk(ledger),
        "hunk_path": ledger["hunk.path"].text if "hunk.path" in ledger else "",
        "deep_dive": [text for sentence, text in said if sentence.section == Section.DEEP_DIVE],
        "diver": _diver(said, cast),
        "next": _next(page, forge),
        "epigraph": ledger["epigraph.text"].text if "epigraph.text" in ledger else "",
        "epigraph_path": ledger["epigraph.path"].text if "epigraph.path" in ledger else "",
        "coverage": _coverage(page),
        "closing": speech.closing_line(page),
    }


def _left_out(ledger: Ledger, fact: str, shown: int) -> str:
    """How many of what a fact counts have no row; "" where all have one."""
    number = int(ledger.number(fact)) - shown
    return derived(str(number), ledger[fact].figure) if number > 0 else ""


def _diver(said: list[tuple[Sentence, str]], cast: Cast) -> str:
    """Whose deep dive it is."""
    divers = (sentence for sentence, _ in said if sentence.section == Section.DEEP_DIVE)
    return next((speech.possessive(speech.cast_name(cast, sentence)) for sentence in divers), "")


# -- tables ---------------------------------------------------------------------------------------------------


def _component_names(ledger: Ledger) -> list[str]:
    return [
        key.removeprefix("component.").removesuffix(".files")
        for key in ledger
        if key.startswith("component.") and key.endswith(".files")
    ]


def _files_line(ledger: Ledger) -> str:
    """The seeds' italic line: "38 files adjusted across banterhearts (26), ... and others (10)"."""
    total = int(ledger.number("change.files"))
    if not total:
        return "no file adjusted"
    names = _component_names(ledger)
    counts = [(escape(name), ledger[f"component.{name}.files"]) for name in names]
    shown = [f"{name} ({same(str(fact.value), fact.figure)})" for name, fact in counts[:_SHOWN_COMPONENTS]]
    rest = [fact for _, fact in counts[_SHOWN_COMPONENTS:]]
    others = derived(str(sum(int(ledger.number(fact.id)) for fact in rest)), *(fact.figure for fact in rest))
    where = f"{', '.join(shown)}, and others ({others})" if rest else phrases.joined(shown)
    return f"{ledger['change.files'].figure} {'file' if total == 1 else 'files'} adjusted across {where}"


def _commits(page: Page, forge: Forge) -> str:
    """The members in one cell, for a page too short for their table."""
    ledger = page.dossier.ledger
    members = [forge.commit(str(ledger[f"{entry}.sha"].value)) for entry in ledger.numbered("member")]
    rest = len(members) - _CELL_MEMBERS
    more = [derived(phrases.count(rest, "other"), ledger["group.commits"].figure)] if rest > 0 else []
    return f"{ledger['group.commits'].text}, {phrases.joined([*members[:_CELL_MEMBERS], *more])}. {_coverage(page)}"


def _glance(page: Page, forge: Forge, *, small: bool) -> Iterator[Row]:
    ledger = page.dossier.ledger
    added, removed = ledger["change.insertions"], ledger["change.deletions"]
    where = f", in {ledger['file.1.path'].text}" if ledger.number("change.files") == 1 else ""
    yield Row("Size", f"{added.figure} {_lines(added.value)} added, {removed.figure} removed{where}")
    kind = ledger.string("commit.type")
    others = f"; {ledger['group.other_types'].text}" if "group.other_types" in ledger else ""
    yield Row("Kind", f"{escape(kind)} ({ledger['commit.type_by'].text}{others})")
    yield Row("Author" if ledger.number("people.count") <= 1 else "Authors", _authors(ledger))
    if "group.commits" in ledger:
        yield Row("Commits", _commits(page, forge) if small else ledger["group.commits"].text)
    if sources := ledger.numbered("rewrite.source"):
        parts: list[str] = []
        for entry in sources[:2]:
            sha = linked(page, ledger[f"{entry}.sha"].text, f"{entry}.sha")
            what = f"{ledger[f'{entry}.subject'].text}, " if not parts else ""
            parts.append(f"{ledger[f'{entry}.lines'].text} of {sha} ({what}{ledger[f'{entry}.age'].text} old)")
        rest = int(ledger.number("rewrite.sources")) - len(parts)
        others = derived(phrases.count(rest, "other"), ledger["rewrite.sources"].figure)
        tail = f" and {others}" if rest > 0 else ""
        yield Row("Rewrites", ", ".join(parts) + tail + _unread(ledger, "rewrite.files_left_out"))
    if "symbol.tests_added" in ledger:
        words = [
            f"{_in_words(ledger, f'symbol.tests_{what}')} {what}"
            for what in ("added", "removed", "changed")
            if ledger.number(f"symbol.tests_{what}")
        ]
        if words:
            yield Row("Tests", ", ".join(words))
        elif ledger.number("kind.source.files"):
            yield Row("Tests", "none touched" if not ledger.number("kind.test.files") else "no test function touched")
    if "api.breaks" in ledger or "api.added.1.name" in ledger:
        names = [ledger[f"{entry}.name"].text for entry in ledger.numbered("api.added")]
        lost = ledger["api.breaks"].text if "api.breaks" in ledger else "none broken"
        yield Row("Public names", f"{'new: ' + phrases.joined(names[:3]) if names else 'none new'}; {lost}")
    if measured := benchmarks.glance(ledger, partial(linked, page), detailed=small):
        yield Row("Performance", measured)
    if "change.left_out" in ledger:
        yield Row("Left out", ledger["change.left_out"].text)
    if ledger.number("commit.redactions"):
        yield Row("Redacted", ledger["commit.redactions"].text)
    if page.dossier.subject.reading != "full":
        yield Row("Reading", "quick: without symbols, public names and blame")


def _unread(ledger: Ledger, *facts: str) -> str:
    """What a row does not tell of: files that were not read."""
    there = [ledger[fact] for fact in facts if ledger.number(fact)]
    number = int(sum(ledger.number(fact.id) for fact in there))
    if not number:
        return ""
    figures = [fact.figure for fact in there]
    shown = phrases.figure(number)
    shown = same(shown, figures[0]) if len(figures) == 1 else derived(shown, *figures)
    return f" ({shown} {'file' if number == 1 else 'files'} not read)"


def _in_words(ledger: Ledger, fact: str) -> str:
    """A count as running text has it."""
    return same(phrases.words(int(ledger.number(fact))), ledger[fact].figure)


def _lines(value: object) -> str:
    return "line" if value == 1 else "lines"


def _authors(ledger: Ledger) -> str:
    count = int(ledger.number("people.count"))
    new = [ledger[entry].text for entry in ledger.numbered("people.new")]
    if count <= 1:
        author = ledger["people.1"].text
        merged = f"; merged by {ledger['commit.author'].text}" if "commit.merge" in ledger else ""
        return f"{author}, first commit here{merged}" if new else f"{author}{merged}"
    fresh = f"; new here: {phrases.joined(new)}" if new else ""
    return f"{same(phrases.count(count, 'author'), ledger['people.count'].figure)}{fresh}"


def _metrics(ledger: Ledger) -> Iterator[Row]:
    yield Row("Files Changed", ledger["change.files"].figure)
    yield Row("Lines Added", ledger["change.insertions"].figure)
    yield Row("Lines Removed", ledger["change.deletions"].figure)
    yield Row("Commit Type", escape(ledger.string("commit.type")))
    yield Row("Complexity Score", ledger["change.complexity_score"].figure)
    if ledger.number("change.binary_files"):
        yield Row("Binary Files", ledger["change.binary_files"].figure)


def _components(ledger: Ledger) -> Iterator[list[str]]:
    names = _component_names(ledger)
    if len(names) < 2:  # noqa: PLR2004 - the metrics say it already
        return
    for name in names[:_TABLE_COMPONENTS]:
        facts = (ledger[f"component.{name}.{what}"].figure for what in ("files", "insertions", "deletions"))
        yield [code(name), *facts]


def _files(ledger: Ledger) -> Iterator[list[str]]:
    for entry in ledger.numbered("file"):
        path = ledger[f"{entry}.path"].text
        if f"{entry}.old_path" in ledger:
            path = f"{ledger[f'{entry}.old_path'].text} → {path}"
        facts = (ledger[f"{entry}.{what}"].figure for what in ("insertions", "deletions"))
        yield [path, ledger.string(f"{entry}.status"), *facts]


def _quality(ledger: Ledger) -> Iterator[list[str]]:
    kinds = [key.split(".")[1] for key in ledger if key.startswith("kind.") and key.endswith(".files")]
    for kind in sorted(kinds, key=lambda kind: (-ledger.number(f"kind.{kind}.files"), kind)):
        yield [kind, *(ledger[f"kind.{kind}.{what}"].figure for what in ("files", "insertions", "deletions"))]


def _symbols(ledger: Ledger) -> Iterator[Row]:
    if "symbol.added" not in ledger:
        return
    counts = [what for what in ("added", "changed", "removed") if ledger.number(f"symbol.{what}")]
    shown = ", ".join(f"{ledger[f'symbol.{what}'].figure} {what}" for what in counts)
    if not shown:
        return
    yield Row("Functions", shown + _unread(ledger, "symbol.files_left_out", "symbol.unread"))
    for what, label in (("new", "New"), ("changed", "Changed"), ("gone", "Removed")):
        entries = ledger.numbered(f"symbol.{what}")
        if entries:
            names = [ledger[f"{entry}.name"].text + _grown(ledger, entry) for entry in entries[:5]]
            yield Row(label, ", ".join(names) + (", …" if len(entries) > 5 else ""))  # noqa: PLR2004 - as shown
    if ledger.number("symbol.complexity_delta"):
        yield Row("Cyclomatic Complexity", ledger["symbol.complexity_delta"].figure)


def _grown(ledger: Ledger, entry: str) -> str:
    return f" ({ledger[f'{entry}.step'].figure})" if ledger.number(f"{entry}.step") else ""


def _indicators(ledger: Ledger) -> Iterator[Row]:
    if ledger.value("change.lines_per_file") is not None:
        yield Row("Lines per File", ledger["change.lines_per_file"].figure)
    if ledger.value("change.additive_percent") is not None:
        added, removed = ledger["change.insertions"].figure, ledger["change.deletions"].figure
        yield Row("Change Ratio", f"+{added}/-{removed} ({ledger['change.additive_percent'].text})")
    if "change.generated_files" in ledger:
        yield Row(
            "Written by Tools", f"{ledger['change.generated_files'].text}, {ledger['change.generated_lines'].text}"
        )


def _members(ledger: Ledger, forge: Forge) -> Iterator[list[str]]:
    for entry in ledger.numbered("member"):
        sha = str(ledger[f"{entry}.sha"].value)
        subject = forge.issues(ledger[f"{entry}.subject"].text)
        yield [forge.commit(sha), subject, ledger[f"{entry}.author"].text]


def _moves(ledger: Ledger) -> Iterator[str]:
    for entry in ledger.numbered("move"):
        number = int(ledger.number(f"{entry}.files"))
        files = f"{same(str(number), ledger[f'{entry}.files'].figure)} {'file' if number == 1 else 'files'}"
        yield f"{ledger[f'{entry}.from'].text} → {ledger[f'{entry}.to'].text} ({files})"
    if "move.left_out" in ledger:
        yield ledger["move.left_out"].text


def _breaks(ledger: Ledger) -> Iterator[str]:
    for entry in ledger.numbered("api"):
        yield f"{ledger[f'{entry}.name'].text}: {ledger[f'{entry}.detail'].text}"


def _dependencies(ledger: Ledger) -> Iterator[str]:
    for entry in ledger.numbered("dependency"):
        ends = [ledger[f"{entry}.{end}"].text if f"{entry}.{end}" in ledger else "none" for end in ("before", "after")]
        yield f"{ledger[f'{entry}.name'].text} ({escape(ledger.string(f'{entry}.ecosystem'))}): {ends[0]} → {ends[1]}"


def _hunk(ledger: Ledger) -> str:
    lines = [str(ledger[entry].value) for entry in ledger.numbered("hunk.lines")]
    return fence(lines, "diff") if lines else ""


def _next(page: Page, forge: Forge) -> str:
    if page.links.next is None:
        return ""
    label = escape(page.links.next_title)
    return f"[{label}]({file_name(page.links.next)}) ({forge.commit(page.links.next_sha)})"


def _coverage(page: Page) -> str:
    """The sum of a group's commits; a single commit needs none."""
    coverage = page.dossier.coverage
    if page.dossier.subject.kind == "commit" and not coverage.grouped:
        return ""
    ledger = page.dossier.ledger
    told, grouped = _covered(ledger, "told", coverage.told), _covered(ledger, "grouped", coverage.grouped)
    excluded = {rule: _covered(ledger, f"excluded.{rule}", number) for rule, number in coverage.excluded.items()}
    parts = [f"{told} told", f"{grouped} grouped under merges"]
    parts += [f"{number} excluded by {rule}" for rule, number in excluded.items()]
    total = coverage.told + coverage.grouped + sum(coverage.excluded.values())
    count = derived(phrases.count(total, "commit"), told, grouped, *excluded.values())
    return f"{capital(count)}: {phrases.joined(parts)}."


def _covered(ledger: Ledger, name: str, number: int) -> str:
    """A count of the coverage, marked where the page is traced."""
    fact = ledger.get(f"coverage.{name}")
    return fact.figure if fact else phrases.figure(number)
