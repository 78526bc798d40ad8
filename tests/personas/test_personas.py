"""The cast: every claim has words in the right voices, and a file that is no persona is refused."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from chronicles import personas
from chronicles.claims import TEMPLATES
from chronicles.dossier import Lens
from chronicles.errors import ConfigError
from chronicles.personas import Persona, load_cast, problems

if TYPE_CHECKING:
    from chronicles.claims.template import Template

SKELETONS = {template.id: template.skeleton for template in TEMPLATES.values()}

GOOD = """
name = "Ferris"
lens = "measurement"
order = 9
sentences = 1
stage_directions = ["Counts on its claws."]
[wordings]
"size.pure" = ["Only in: {added}.", "Nothing leaves, and {added} come."]
"""


def persona(**changes: object) -> Persona:
    """A persona without fault, but for what is given."""
    parts = {
        "key": "ferris", "name": "Ferris", "lens": Lens.MEASUREMENT, "sentences": 1,
        "stage_directions": ("Counts on its claws.",), "wordings": {"size.pure": ("Only in: {added}.",)},
    }  # fmt: skip
    return Persona(**{**parts, **changes})  # type: ignore[arg-type] # some are wrong on purpose


@pytest.mark.parametrize("template", TEMPLATES.values(), ids=lambda template: template.id)
def test_every_claim_has_words(template: Template) -> None:
    """The persona of a claim's lens and the narrator have at least two wordings for it."""
    cast = load_cast()
    voice = cast.of(template.lens)
    assert voice
    assert len(voice.wordings[template.id]) >= 2
    assert len(cast.narrator.wordings[template.id]) >= 2


def test_the_cast_is_that_of_the_seeds() -> None:
    """Four voices in the seeds' order, one for each lens, and a narrator without one."""
    cast = load_cast()
    assert [voice.name for voice in cast.voices] == ["Banterpacks", "ChatGPT", "Claude", "Gemini"]
    assert [voice.lens for voice in cast.voices] == [Lens.CRAFT, Lens.NOVELTY, Lens.MEASUREMENT, Lens.LINEAGE]
    assert cast.narrator.lens is None


def test_the_built_in_files_have_no_fault() -> None:
    """No wording has a digit or a wrong slot, and none is for a claim that is not of the persona's lens."""
    cast = load_cast()
    for one in (*cast.voices, cast.narrator):
        assert list(problems(one, SKELETONS)) == []
        assert one.wordings.keys() <= TEMPLATES.keys()
        for template in one.wordings:
            assert one.lens in {None, TEMPLATES[template].lens}, (one.key, template)


def test_no_two_personas_share_a_wording() -> None:
    """A sentence belongs to one voice."""
    cast = load_cast()
    seen: dict[str, str] = {}
    for one in (*cast.voices, cast.narrator):
        for wordings in one.wordings.values():
            for wording in wordings:
                assert seen.setdefault(wording, one.key) == one.key, wording


def test_a_persona_without_fault_has_no_problem() -> None:
    """The planted faults below are the only ones."""
    assert list(problems(persona(), SKELETONS)) == []


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 41}, "name"),
        ({"name": "<b>Eve</b>"}, "name"),
        ({"name": "Eve\n## Heading"}, "name"),
        ({"stage_directions": ("Counts to 10.",)}, "stage direction"),
        ({"stage_directions": ("Looks at {file}.",)}, "stage direction"),
        ({"stage_directions": (" ",)}, "stage direction"),
        ({"stage_directions": ("Waves\u202eback.",)}, "stage direction"),
        ({"wordings": {"size.pure": ("In: {added}.", "In: {added}.")}}, "twice"),
        ({"wordings": {"size.pure": ("All 12 of {added}.",)}}, "digit"),
        ({"wordings": {"size.pure": ("<i>{added}</i>",)}}, "markup"),
        ({"wordings": {"size.pure": ("[{added}](x)",)}}, "markup"),
        ({"wordings": {"size.pure": ("**{added}**",)}}, "markup"),
        ({"wordings": {"size.pure": ("{added}\x1b",)}}, "control"),
        ({"wordings": {"size.pure": ("{added}\n## More",)}}, "control"),
        ({"wordings": {"size.pure": ("{added} \u202edecafed",)}}, "control"),
        ({"wordings": {"size.pure": ("{{ added }}",)}}, "markup"),
        ({"wordings": {"size.pure": ("{Added} {added}",)}}, "markup"),
        ({"wordings": {"size.pure": ("Nothing at all.",)}}, "once"),
        ({"wordings": {"size.pure": ("{added} and {removed}.",)}}, "once"),
        ({"wordings": {"size.pure": ("{added} and {added}.",)}}, "once"),
        ({"wordings": {"size.pure": ("",)}}, ""),
        ({"sentences": 0}, "sentences"),
    ],
)
def test_each_planted_fault_is_found(changes: dict[str, object], says: str) -> None:
    """Digits, markup, control characters, wrong slots and doubled wordings are found by name."""
    found = list(problems(persona(**changes), SKELETONS))
    assert any(says in problem for problem in found), found


def test_a_folder_replaces_file_by_file(tmp_path: Path) -> None:
    """A file of the same name wins, a new one joins, the rest stay; the cast is then another version."""
    built_in = load_cast()
    (tmp_path / "ferris.toml").write_text(GOOD, encoding="utf-8")
    joined = load_cast(tmp_path)
    assert [voice.key for voice in joined.voices] == [voice.key for voice in built_in.voices] + ["ferris"]
    assert joined.version != built_in.version
    assert load_cast(tmp_path / "none").version == built_in.version
    (tmp_path / "claude.toml").write_text(GOOD.replace("order = 9", "order = 3"), encoding="utf-8")
    (tmp_path / "ferris.toml").unlink()
    replaced = load_cast(tmp_path)
    assert [voice.name for voice in replaced.voices] == ["Banterpacks", "ChatGPT", "Ferris", "Gemini"]
    assert replaced.narrator == built_in.narrator


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('name = "Ferris"', ""),
        ('name = "Ferris"', "name = 5"),
        ('name = "Ferris"', 'name = "## Ferris"'),
        ('lens = "measurement"', ""),
        ('lens = "measurement"', 'lens = "astrology"'),
        ("order = 9", 'order = "first"'),
        ("order = 9", "order = inf"),
        ("sentences = 1", "sentences = 0"),
        ("sentences = 1", "sentences = inf"),
        ("sentences = 1", 'sentences = "many"'),
        ('["Counts on its claws."]', '"Counts on its claws."'),
        ('["Counts on its claws."]', "[1, 2]"),
        ('["Counts on its claws."]', '["Counts to 10."]'),
        ("[wordings]", "[words]"),
        ('["Only in: {added}.", "Nothing leaves, and {added} come."]', '"Only in: {added}."'),
        ('["Only in: {added}.", "Nothing leaves, and {added} come."]', '["Only in: {lines}."]'),
        ('["Only in: {added}.", "Nothing leaves, and {added} come."]', "[{ a = 1 }]"),
        ('name = "F', '[[[\nname = "F'),
        ("Only in", "Only \\u202e in"),
    ],
)
def test_a_hostile_file_is_refused(tmp_path: Path, old: str, new: str) -> None:
    """What is no persona is refused with the file's path, before a page is written with it."""
    assert old in GOOD
    (tmp_path / "ferris.toml").write_text(GOOD.replace(old, new), encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_cast(tmp_path)
    assert caught.value.path == tmp_path / "ferris.toml"


@pytest.mark.parametrize("content", [b"\xff\xfe", b"x = " + b"[" * 5000, b"\x00"])
def test_a_file_that_is_no_toml_is_refused(tmp_path: Path, content: bytes) -> None:
    """Bytes of any kind give an error with a path, never a traceback."""
    (tmp_path / "x.toml").write_bytes(content)
    with pytest.raises(ConfigError):
        load_cast(tmp_path)


def test_a_folder_in_place_of_a_file_is_refused(tmp_path: Path) -> None:
    """A folder that is named as a persona cannot be read as one."""
    (tmp_path / "claude.toml").mkdir()
    with pytest.raises(ConfigError):
        load_cast(tmp_path)


def test_a_file_that_changes_is_read_again(tmp_path: Path) -> None:
    """A cast that was loaded once does not outlive its files."""
    place = tmp_path / "ferris.toml"
    place.write_text(GOOD, encoding="utf-8")
    before = load_cast(tmp_path)
    place.write_text(GOOD.replace("Ferris", "Corro"), encoding="utf-8")
    assert load_cast(tmp_path).version != before.version


def test_the_files_ship_with_the_package() -> None:
    """The built-in cast lies beside the module that loads it."""
    folder = Path(personas.__file__).parent
    assert {path.stem for path in folder.glob("*.toml")} == {"banterpacks", "chatgpt", "claude", "gemini", "narrator"}
