"""Falsify what published pages say of performance, and count what verification catches.

    python benchmarks/tamper_performance.py REPOSITORY PAGES NUMBER SEED

REPOSITORY has run records, and PAGES pages that list some. Each edit changes one thing: a verdict, an end of an
interval, a ratio, a value, the number of blocks, the baseline or its distance, in the table, in the row at a glance, in
a voice or in the words of the chart; a point in the chart's drawing; or, by a forger who changes page, facts and
digests alike, a verdict, ratio or interval, a point of the series, or which record is the run, its baseline or placebo.
It is caught when `verify` then calls something false or edited. Afterwards a later run of a told commit is added for
each page in turn: verification must call the page stale and not false, and the mended page must be clean. All files are
put back.

The table goes to stdout, what was missed to stderr; the exit status is 1 when anything was.
"""

from __future__ import annotations

import json
import random
import re
import sys
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tamper import Edit, Remembered, Score

from banterhearts.core.reading import read_record
from chronicles.commands.session import Session
from chronicles.documents.edits import digests
from chronicles.documents.mending import mend_page
from chronicles.documents.page import load_page
from chronicles.documents.verification import Kind, verify_page

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from chronicles.documents.telling import Press

__all__ = ["KINDS", "Later", "add_later_runs", "tamper"]

_TRIES = 60
"""How often an edit is tried that applies to nothing, such as a distance on a page without one."""
_VERDICTS = ("slower", "faster", "higher", "lower", "no change seen", "undecided")
_ROW = r"^\| `[^|]*\|[^|]*\|[^|]*\|[^|]*\|[^|]*\|[^|]*\|[^|]*\|$"
"""A row of the table: seven cells."""


@dataclass(slots=True)
class Later:
    """What became of pages when a later run was added."""

    pages: int = 0
    stale: int = 0
    """Called stale and not false."""
    renewed: int = 0
    """Clean, and made of the later run, once mended."""
    wrong: list[str] = field(default_factory=list)


def tamper(repository: Path, pages: Path, number: int, seed: int) -> Score:
    """Falsify pages and verify each.

    Args:
        repository: Whose history and run records the pages tell.
        pages: Their folder; they are as they were afterwards.
        number: How many edits.
        seed: The same seed makes the same edits on the same pages.
    """
    chance = random.Random(seed)  # noqa: S311 - a benchmark that repeats itself, no secret
    score = Score()
    with _press(repository, pages) as press, Remembered():
        paths = [entry.page for entry in press.series if load_page(entry.sidecar).dossier.runs]
        for path in paths:
            score.unclean += map(str, verify_page(press, path))
        tries = _TRIES * number if paths else 0
        while sum(score.edits.values()) < number and tries:
            tries -= 1
            _edit_once(press, chance.choice(paths), chance, score)
    return score


def _edit_once(press: Press, path: Path, chance: random.Random, score: Score) -> None:
    kind = chance.choice(list(KINDS))
    files = {
        one: one.read_bytes() for one in (path, path.with_suffix(".svg"), path.with_suffix(".json")) if one.is_file()
    }
    what = KINDS[kind](path, chance)
    if not what:
        return
    try:
        found = {one.kind for one in verify_page(press, path)}
    finally:
        for one, content in files.items():
            one.write_bytes(content)
    score.edits[kind] += 1
    score.caught[kind] += bool(found & {Kind.FALSE, Kind.EDITED})
    score.false[kind] += Kind.FALSE in found
    if not found & {Kind.FALSE, Kind.EDITED}:
        score.missed.append(f"{path.name}: {kind}: {what}")


class _press:  # noqa: N801 - used as a function
    """A press over a fresh session."""

    def __init__(self, repository: Path, pages: Path) -> None:
        self._session = Session(repository, output=pages, fresh=True)

    def __enter__(self) -> Press:
        self._session.follow(self._session.repository.resolve("HEAD"))
        return self._session.press()

    def __exit__(self, *_: object) -> None:
        self._session.__exit__(None, None, None)


# -- edits of the page ----------------------------------------------------------------------------------------------


def _swap(path: Path, chance: random.Random, lines: str, token: str, others: Callable[[str], list[str]]) -> str:
    """Put another token in the place of one on a line of a kind; says what was done, or "" where there is none."""
    text = path.read_text(encoding="utf-8")
    spots = [
        Edit(line.start() + spot.start(), line.start() + spot.end(), spot[0])
        for line in re.finditer(lines, text, re.MULTILINE)
        for spot in re.finditer(token, line[0])
    ]
    if not spots:
        return ""
    spot = chance.choice(spots)
    new = chance.choice([one for one in others(spot.text) if one != spot.text])
    path.write_text(text[: spot.start] + new + text[spot.end :], encoding="utf-8")
    return f"{spot.text!r} -> {new!r}"


def _digit(chance: random.Random) -> Callable[[str], list[str]]:
    """Other texts of a number: one of its digits another."""

    def others(number: str) -> list[str]:
        place = chance.choice([at for at, sign in enumerate(number) if sign.isdigit()])
        return [number[:place] + sign + number[place + 1 :] for sign in "0123456789" if sign != number[place]]

    return others


def _words(token: str) -> str:
    return rf"\b(?:{token})\b"


def _on(lines: str, token: str, others: Callable[[random.Random], Callable[[str], list[str]]]) -> Any:  # noqa: ANN401 - a kind of edit
    return lambda path, chance: _swap(path, chance, lines, token, others(chance))


def _verdicts(_: random.Random) -> Callable[[str], list[str]]:
    return lambda said: [one if said[0].islower() else one.capitalize() for one in _VERDICTS]


def _distances(_: random.Random) -> Callable[[str], list[str]]:
    return lambda _said: ["its parent", "two commits earlier", "40 commits earlier"]


def _drawing(path: Path, chance: random.Random) -> str:
    chart = path.with_suffix(".svg")
    place = r'(?<=cy=")[\d.]+|(?<=V)[\d.]+|(?<=: )[\d.]+(?= ms| s| MiB)'
    return _swap(chart, chance, r"^.*$", place, _digit(chance)) if chart.is_file() else ""


# -- forgeries of page and sidecar ----------------------------------------------------------------------------------


def _forged(path: Path, how: Callable[[dict[str, Any]], str]) -> str:
    sidecar = path.with_suffix(".json")
    value = json.loads(sidecar.read_bytes())
    what = how(value)
    value["rendered"] = " ".join(digests(path.read_text(encoding="utf-8")))
    sidecar.write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")
    return what


def _forge_fact(part: str) -> Callable[[Path, random.Random], str]:
    """Change a fact of a row, and the page with it where it shows the same text."""

    def edit(path: Path, chance: random.Random) -> str:
        def how(value: dict[str, Any]) -> str:
            facts = [one for one in value["dossier"]["facts"] if re.fullmatch(rf"performance\.\d+\.{part}", one["id"])]
            if not facts:
                return ""
            fact = chance.choice(facts)
            old = fact["figure"]
            if part == "verdict":
                new = chance.choice([one for one in _VERDICTS if one != old])
                fact.update(value={"no change seen": "equivalent"}.get(new, new), figure=new, text=new)
            else:
                new = chance.choice(_digit(chance)(old))
                fact.update(figure=new, text=fact["text"].replace(old, new))
                if isinstance(fact["value"], float):
                    fact["value"] *= 1.01
            path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
            return f"{fact['id']}: {old!r} -> {new!r}"

        return _forged(path, how)

    return edit


def _forge_point(path: Path, chance: random.Random) -> str:
    def how(value: dict[str, Any]) -> str:
        points = [point for run in value["runs"] for point in run["series"]]
        if not points:
            return ""
        point, part = chance.choice(points), chance.choice(["value", "low", "high"])
        point[part] = (point[part] or 1.0) * 1.02
        return f"{part} of {point['run']['id']}"

    return _forged(path, how)


def _forge_run(path: Path, chance: random.Random) -> str:
    """Another record of the list in the place of a run, baseline or placebo."""

    def how(value: dict[str, Any]) -> str:
        run, role = chance.choice(value["runs"]), chance.choice(["run", "baseline", "placebo"])
        names = [point["run"] for one in value["runs"] for point in one["series"] if point["run"] != run[role]]
        if not names:
            return ""
        run[role] = chance.choice(names)
        return f"{role} becomes {run[role]['id']}"

    return _forged(path, how)


_GLANCE, _VOICE, _CHART = r"^\| Performance \|.*$", r"^\*\*\w+:\*\*.*$", r"^!\[.*$"
_RATIO, _NUMBER = r"\b\d+\.\d{3}(?= \()", r"\b[\d,]+(?:\.\d+)?(?= (?:ns|µs|ms|s|B|KiB|MiB|\w+/s)\b)"

KINDS: dict[str, Callable[[Path, random.Random], str]] = {
    "verdict in the table": _on(_ROW, _words("|".join(_VERDICTS)), _verdicts),
    "verdict at a glance": _on(_GLANCE, _words("slower|faster|higher|lower|no change seen|undecided"), _verdicts),
    "verdict in a voice": _on(_VOICE, r"\b(?i:slower|faster|higher|lower|no change seen|undecided)\b", _verdicts),
    "verdict in the chart's words": _on(_CHART, _words("|".join(_VERDICTS)), _verdicts),
    "ratio in the table": _on(_ROW, _RATIO, _digit),
    "interval in the table": _on(_ROW, r"(?<=\()\d+\.\d+(?= to )|(?<= to )\d+\.\d+(?=\))", _digit),
    "ratio elsewhere": _on(rf"{_GLANCE}|{_VOICE}|{_CHART}", r"\b\d+\.?\d*(?= times)", _digit),
    "value": _on(rf"{_ROW}|{_VOICE}|{_CHART}", _NUMBER, _digit),
    "blocks": _on(_ROW, r"(?<=\) \| )\d+(?= \|)", _digit),
    "bound": _on(_ROW, r"(?<=within )[\d.]+(?=%)", _digit),
    "distance": _on(_ROW, r"its parent|\w+ commits earlier", _distances),
    "run in the front matter": _on(r"^  - \{run: .*$", r"(?<=digest: \")[0-9a-f]{64}", _digit),
    "drawing": _drawing,
    "forged verdict": _forge_fact("verdict"),
    "forged ratio": _forge_fact("ratio"),
    "forged interval": _forge_fact("interval"),
    "forged point": _forge_point,
    "forged list": _forge_run,
}
"""Kinds of edits: each changes files of a page and says what it did, or "" where there is nothing to change."""


# -- later runs -----------------------------------------------------------------------------------------------------


def add_later_runs(repository: Path, pages: Path, *, most: int = 10) -> Later:
    """For each page that lists runs, add a later run of its commit, verify, mend and verify again.

    Args:
        repository: As for `tamper`.
        pages: As for `tamper`.
        most: At most so many pages.
    """
    later = Later()
    with _press(repository, pages) as press:
        paths = [entry.page for entry in press.series if load_page(entry.sidecar).dossier.runs]
    for path in paths[:most]:
        with _a_later_run(repository, path) as run_id:
            later.pages += 1
            _try_page(repository, pages, path, run_id, later)
    return later


def _try_page(repository: Path, pages: Path, path: Path, run_id: str, later: Later) -> None:
    with _press(repository, pages) as press:
        found = verify_page(press, path)
        kinds = {one.kind for one in found}
        later.stale += kinds == {Kind.STALE}
        if kinds != {Kind.STALE}:
            later.wrong += [str(one) for one in found] or [f"{path}: not stale"]
        mend_page(press, path, found)
        found = verify_page(press, path)
        listed = run_id in path.with_suffix(".json").read_text(encoding="utf-8")
        later.renewed += not found and listed
        later.wrong += map(str, found)


def _a_later_run(repository: Path, path: Path) -> AbstractContextManager[str]:
    from contextlib import contextmanager  # noqa: PLC0415 - one function needs it

    @contextmanager
    def added() -> Iterator[str]:
        files = {one: one.read_bytes() for one in path.parent.glob(f"{path.stem}.*")}
        with Session(repository) as session:
            folder = session.root / session.settings.reports
        name = load_page(path.with_suffix(".json")).dossier.runs[0].run.id
        old = next(folder.glob(f"*/{name}.json"))
        record = read_record(old)
        new = old.with_name(f"later.{name}"[:100] + ".json")
        later = record.model_copy(
            update={"run_id": new.name.removesuffix(".json"), "created_at": record.created_at + timedelta(days=1)}
        )
        new.write_text(later.to_json(), encoding="utf-8")
        try:
            yield later.run_id
        finally:
            new.unlink()
            for one in set(path.parent.glob(f"{path.stem}.*")) - files.keys():
                one.unlink()
            for one, content in files.items():
                one.write_bytes(content)

    return added()


def main(arguments: list[str]) -> int:
    """Print both tables."""
    repository, pages, number, seed = arguments
    score = tamper(Path(repository), Path(pages), int(number), int(seed))
    print(f"{'edit':<30} {'edits':>6} {'caught':>7} {'as false':>9}")
    for kind in KINDS:
        print(f"{kind:<30} {score.edits[kind]:>6} {score.caught[kind]:>7} {score.false[kind]:>9}")
    total = sum(score.edits.values())
    print(f"{'all':<30} {total:>6} {sum(score.caught.values()):>7} {sum(score.false.values()):>9}")
    later = add_later_runs(Path(repository), Path(pages))
    print(f"a later run added: {later.pages} pages, {later.stale} stale and not false, {later.renewed} renewed")
    wrong = [*score.missed, *score.unclean, *later.wrong]
    for line in wrong:
        print(line, file=sys.stderr)
    return 1 if wrong or not total else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
