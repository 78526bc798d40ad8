"""The documents say what the code does: settings, commands, families, constants and examples."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from chronicles.claims import TEMPLATES
from chronicles.config import Settings
from chronicles.evidence import complexity
from chronicles.evidence.build import VERSIONS
from chronicles.evidence.ranges import FAMILIES as RANGE_FAMILIES
from chronicles.personas import load_cast, problems

ROOT = Path(__file__).parent.parent
DOCUMENTS = sorted((*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *ROOT.glob("*/README.md")))


def _text(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def _rows(text: str, heading: str) -> dict[str, list[str]]:
    """The rows, up to the next heading, whose first cell is code, by that cell."""
    section = text.partition(f"\n{heading}\n")[2].partition("\n#")[0]
    rows = re.findall(r"^\| `([\w.]+)` \|(.*)\|$", section, re.MULTILINE)
    return {name: [cell.strip() for cell in cells.split(" | ")] for name, cells in rows}


def test_every_setting_is_documented_with_its_default() -> None:
    """The table of settings has each setting, no other, and the defaults that hold."""
    rows = _rows(_text("docs/configuration.md"), "## Settings")
    defaults = {name: field.get_default() for name, field in Settings.model_fields.items()}
    defaults["hook"] = defaults["hook"].model_dump()
    shown = {
        name: None if cells[0] == "none" else tomllib.loads(f"x = {cells[0].strip('`')}")["x"]
        for name, cells in rows.items()
    }
    assert shown == {name: list(value) if isinstance(value, tuple) else value for name, value in defaults.items()}


@pytest.mark.parametrize("name", list(Settings.model_fields))
def test_the_example_of_a_setting_is_accepted(name: str) -> None:
    """What the table gives as an example is a value that can be set."""
    example = _rows(_text("docs/configuration.md"), "## Settings")[name][1].strip("`")
    Settings.model_validate(tomllib.loads(f"{name} = {example}"))


def test_generated_pages_are_up_to_date() -> None:
    """The reference of commands and the list of claims are what the code says today."""
    command = [sys.executable, str(ROOT / "docs" / "build_help.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_every_family_of_facts_is_documented() -> None:
    """The dossier's page has a row for each family of facts and for no other."""
    rows = _rows(_text("docs/dossier.md"), "### Facts")
    fields = {"id", "value", "unit", "figure", "text", "source", "derive"}
    assert set(rows) - fields == set(VERSIONS)
    assert set(_rows(_text("docs/dossier.md"), "### Facts of a range")) == set(RANGE_FAMILIES)


def test_constants_of_the_complexity_score_are_the_shipped_ones() -> None:
    """The formula's constants and its table of examples are those of the code."""
    text = _text("docs/complexity.md")
    constants = (complexity._FEW_FILES, complexity._SCALE, complexity._STEEPNESS)
    assert "W = {}    S = {}    K = {}".format(*constants) in text
    examples = re.findall(r"^\| ([\d,]+) files?, ([\d,]+) lines \| (\d+) \|$", text, re.MULTILINE)
    assert len(examples) >= 5
    for files, lines, score in examples:
        assert complexity.complexity_score(int(files), int(lines.replace(",", ""))) == int(score)


def test_the_example_persona_joins_the_cast(tmp_path: Path) -> None:
    """The persona of the documents loads, and each of its wordings has the slots of its claim."""
    block = re.search(r"<!-- example persona -->\s*```toml\n(.*?)```", _text("docs/personas.md"), re.DOTALL)
    assert block is not None
    (tmp_path / "grace.toml").write_text(block[1], encoding="utf-8")
    grace = next(voice for voice in load_cast(tmp_path).voices if voice.name == "Grace")
    assert set(grace.wordings) <= set(TEMPLATES)
    assert not list(problems(grace, {name: template.skeleton for name, template in TEMPLATES.items()}))


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_between_documents_lead_somewhere(path: Path) -> None:
    """Each relative link or image of a document names a file that is there."""
    text = re.sub(r"```.*?```", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    targets = [target for target in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in target]
    missing = [target for target in targets if not (path.parent / target.partition("#")[0]).exists()]
    assert not missing


def test_make_targets_that_documents_name_exist() -> None:
    """A reader who types `make` and what a document says finds that target."""
    targets = set(re.findall(r"^([a-z]+):", _text("Makefile"), re.MULTILINE))
    command = re.compile(r"(?:^|`)make ([a-z]+)(?=`|$| +#)", re.MULTILINE)
    named = {name for path in DOCUMENTS for name in command.findall(path.read_text(encoding="utf-8"))}
    assert {"story", "test"} <= named <= targets


def test_constraints_pin_what_the_project_needs() -> None:
    """Each dependency that is tested has one exact version in constraints.txt."""
    pinned = {
        re.sub(r"[-_.]+", "-", line.partition("==")[0]).lower()
        for line in _text("constraints.txt").splitlines()
        if re.fullmatch(r"[\w.-]+==[\w.]+", line)
    }
    project = tomllib.loads(_text("pyproject.toml"))["project"]
    extras = project["optional-dependencies"]
    needed = {
        re.sub(r"[-_.]+", "-", re.split(r"[<>=!~\[ ]", one, maxsplit=1)[0]).lower()
        for one in (*project["dependencies"], *extras["dev"], *extras["bench"], "torch")
    }
    assert needed <= pinned
