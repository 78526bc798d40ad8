"""The cast: every claim has words in the right voices, and a file that is no persona is refused."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from chronicles import personas
from chronicles.claims import TEMPLATES
from chronicles.dossier import Lens
from chronicles.errors import ConfigError
from chronicles.personas import Persona, load_cast, problems
from chronicles.personas.form import PersonaForm

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
        ({"name": "_Eve_"}, "name"),
        ({"wordings": {"size.pure": ("All \u00bd of {added}.",)}}, "digit"),
        ({"wordings": {"size.pure": ("{added}\u2028More.",)}}, "U+2028"),
        ({"wordings": {"size.pure": ("In\u200d: {added}.",)}}, "U+200D"),
        ({"wordings": {"size.pure": ("In: {added}. ",)}}, "space"),
        ({"wordings": {"size.pure": ("# In: {added}.",)}}, "markup"),
        ({"wordings": {"size.pure": ("&lt;{added}",)}}, "markup"),
        ({"wordings": {"size.pure": ("~~{added}~~",)}}, "markup"),
        ({"wordings": {"size.pure": ("https://example.org {added}",)}}, "address"),
        ({"wordings": {"size.pure": ("See WWW.example.org: {added}",)}}, "address"),
        ({"wordings": {"size.pure": ("eve@example.org {added}",)}}, "address"),
        ({"wordings": {"size.pure": ("- {added}",)}}, "list"),
        ({"wordings": {"size.pure": ("!!! note {added}",)}}, "block"),
        ({"wordings": {"size.pure": (":{added}",)}}, "block"),
        ({"voice": "Speak like a pirate {added}."}, "voice 'Speak like a pirate {added}.' has a slot"),
        ({"voice": "Say 3 words."}, "digit"),
        ({"voice": "Speak.\x1b[2J"}, "control"),
        ({"voice": "<|im_start|>system"}, "markup"),
        ({"use": ("one", "2nd")}, "word to use '2nd' has a digit"),
        ({"use": (" ",)}, "word to use ' ' is empty"),
        ({"avoid": ("`rm`",)}, "word to avoid '`rm`' has markup"),
        ({"use": ("Look",), "avoid": ("look",)}, "a word to use and a word to avoid"),
        ({"examples": ("Take {added} lines.",)}, "example 'Take {added} lines.' has a slot, {added}"),
        ({"examples": ("Take 12 pears.",)}, "digit"),
        ({"examples": ("Pears\u202e.",)}, "control"),
        ({"examples": ("Plain.",), "wordings": {"x.y": ("Plain.",)}}, "is a wording too"),
        (
            {
                "names": (
                    "Ada",
                    "R2",
                )
            },
            "proper name 'R2'",
        ),
        ({"names": ("A_b",)}, "proper name"),
        ({"names": ("x" * 41,)}, "proper name"),
    ],
)
def test_each_planted_fault_is_found(changes: dict[str, object], says: str) -> None:
    """Digits, markup, control characters, wrong slots and doubled wordings are found by name."""
    found = list(problems(persona(**changes), SKELETONS))
    assert any(says in problem for problem in found), found


@pytest.mark.parametrize(
    "changes",
    [
        {"stage_directions": ("Waves \U0001f469\u200d\U0001f680 at the diff.",)},
        {
            "wordings": {
                "size.pure": ("\U0001f680 {added}, no less!", "{added} \u2014 voil\u00e0.", "\u00ab{added}\u00bb.")
            }
        },
        {"wordings": {"size.pure": ("{added}",)}},
        {"wordings": {"later.claim": ("A claim of another version, {slot}.",)}},
        {"name": "Ana-Mar\u00eda O'Neil Jr."},
        {"name": "HAL 9000"},
        {"use": ("look",), "avoid": ("lookout",), "names": ("Ada", "L'Hay")},
        {"examples": ('Pears, said she; "pears!"',)},
    ],
)
def test_what_people_write_is_no_problem(changes: dict[str, object]) -> None:
    """Emoji, accents, quotation marks, bare slots and claims of another version are let be."""
    assert list(problems(persona(**changes), SKELETONS)) == []


def test_an_error_repeats_no_more_than_a_line() -> None:
    """A sentence that is wrong is shown in part, with what cannot be seen spelt out."""
    (found,) = problems(persona(voice="\u202e" + "x" * 500), SKELETONS)
    assert len(found) < 220
    assert found.isprintable()


def test_the_built_in_cast_can_be_voiced() -> None:
    """Each has a voice for a model in few sentences, and examples that no claim and no other persona has."""
    cast = load_cast()
    examples: list[str] = []
    for one in (*cast.voices, cast.narrator):
        assert 100 <= len(one.voice) <= 600
        assert 2 <= one.voice.count(".") <= 3
        assert 3 <= len(one.examples) <= 5
        assert one.use
        assert one.avoid
        examples += one.examples
    assert len(set(examples)) == len(examples)


def test_nobody_built_in_says_what_they_avoid() -> None:
    """Neither wordings, stage directions nor examples have a word that the same file forbids."""
    cast = load_cast()
    for one in (*cast.voices, cast.narrator):
        said = " ".join((*sum(one.wordings.values(), ()), *one.stage_directions, *one.examples)).casefold()
        found = [word for word in one.avoid if re.search(rf"\b{re.escape(word.casefold())}\b", said)]
        assert not found, one.key


def test_an_example_shares_no_run_of_words_with_a_wording() -> None:
    """Four words in a row of an example stand in no wording, so that a leak is a leak and no chance."""

    def runs(sentence: str) -> set[tuple[str, ...]]:
        words = re.findall(r"[a-z']+", sentence.casefold())
        return {tuple(words[at : at + 4]) for at in range(len(words) - 3)}

    cast = load_cast()
    everyone = (*cast.voices, cast.narrator)
    said = {
        run for one in everyone for wordings in one.wordings.values() for wording in wordings for run in runs(wording)
    }
    for one in everyone:
        for example in one.examples:
            assert not runs(example) & said, example


def test_what_a_file_says_of_its_voice(tmp_path: Path) -> None:
    """All that a model is told comes out of the file; a voice of several lines is one line."""
    text = GOOD.replace(
        "[wordings]",
        'voice = """\nSpeak slowly,\r\n\tlike a crab.\n"""\nexamples = ["The tide is out."]\nnames = ["Ada"]\n'
        '[vocabulary]\nuse = ["sand"]\navoid = ["sea"]\n[wordings]',
    )
    (tmp_path / "ferris.toml").write_text(text, encoding="utf-8")
    ferris = next(voice for voice in load_cast(tmp_path).voices if voice.key == "ferris")
    assert (ferris.voice, ferris.examples, ferris.names) == (
        "Speak slowly, like a crab.", ("The tide is out.",), ("Ada",)
    )  # fmt: skip
    assert (ferris.use, ferris.avoid) == (("sand",), ("sea",))
    assert re.fullmatch(r"[0-9a-f]{12}", ferris.digest)


def test_a_file_may_begin_with_a_mark(tmp_path: Path) -> None:
    """Editors that put a byte order mark before UTF-8 write personas too."""
    (tmp_path / "ferris.toml").write_bytes(b"\xef\xbb\xbf" + GOOD.encode())
    assert load_cast(tmp_path).of(Lens.MEASUREMENT)


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


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("[wordings]", "[words]", "`words` is no key of a persona; there are name, lens,"),
        (
            "[wordings]",
            "[vocabulary]\nhate = []\n[wordings]",
            "`vocabulary.hate` is no key of a persona; there are use,",
        ),
        ("[wordings]", '"\\u001b[2J" = 1\n[wordings]', r"`\x1b[2J` is no key"),
        ("[wordings]", "voice = 7\n[wordings]", "`voice`: "),
        ("[wordings]", f'voice = "{"x" * 601}"\n[wordings]', "`voice`: String should have at most 600 characters"),
        ("[wordings]", f"examples = {['x'] * 9}\n[wordings]", "`examples`: "),
        ("[wordings]", f'examples = ["{"x" * 401}"]\n[wordings]', "`examples.1`: "),
        ("[wordings]", f"names = {['x'] * 41}\n[wordings]", "`names`: "),
        ("[wordings]", f'[vocabulary]\nuse = ["ok", "{"x" * 41}"]\n[wordings]', "`vocabulary.use.2`: "),
        ("[wordings]", f"[vocabulary]\navoid = {['x'] * 41}\n[wordings]", "`vocabulary.avoid`: "),
        ("[wordings]", f"[wordings]\nx = {['x'] * 51}", "`wordings.x`: "),
        ("[wordings]", "[wordings]\n" + "\n".join(f"x{n} = []" for n in range(501)), "`wordings`: "),
        ('name = "Ferris"', 'surname = "Ferris"', "`name`: Field required (and 1 more)"),
        ('lens = "measurement"', "", "no `lens`; every voice has one: `craft`, `measurement`"),
        ("order = 9", f"order = {'.'.join('a' * 400_000)}", "a key of ten parts or more"),
        ("order = 9", f"{'.'.join('a' * 400_000)} = 9", "a key of ten parts or more"),
        ("order = 9", f"order = 9 # {'x' * 1_000_000}", "larger than a megabyte"),
        ("[wordings]", 'stage_directions = ["Waves."]\n[wordings]', "Cannot overwrite a value"),
        ("Only in: ", "All 7: ", "has a digit (7) outside a slot; numbers come from slots alone"),
        ('Only in: {added}.", "N', '# {added}.", "~N', "has markup or an address (#) outside a slot"),
        ('Only in: {added}.", "N', '# {added}.", "~N', "(and 1 more)"),
    ],
)
def test_an_error_says_where_and_what_to_do(tmp_path: Path, old: str, new: str, says: str) -> None:
    """The key or sentence is named in one printable line, however much of it there is."""
    assert old in GOOD
    (tmp_path / "ferris.toml").write_text(GOOD.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_cast(tmp_path)
    assert caught.value.path == tmp_path / "ferris.toml"
    assert says in caught.value.problem
    assert caught.value.problem.isprintable()
    assert len(caught.value.problem) < 400


def test_a_narrator_with_a_lens_is_refused(tmp_path: Path) -> None:
    """They word claims of every lens."""
    (tmp_path / "narrator.toml").write_text(GOOD, encoding="utf-8")
    with pytest.raises(ConfigError, match="take out the key `lens`"):
        load_cast(tmp_path)


@pytest.mark.parametrize(
    ("stem", "name", "other"),
    [
        ("ferris", "Claude", "claude.toml of the built-in cast"),
        ("ferris", "CLAUDE", "claude.toml of the built-in cast"),
        ("ferris", "\uff23laude", "claude.toml of the built-in cast"),
        ("ferris", "Narrator", "narrator.toml of the built-in cast"),
        ("ferris", "Corro", "corro.toml"),
        ("Claude", "Claude", "claude.toml of the built-in cast"),
    ],
)
def test_two_of_one_name_are_refused(tmp_path: Path, stem: str, name: str, other: str) -> None:
    """A page tells them apart by name alone, so letters' case makes no two; the error names both files."""
    (tmp_path / "corro.toml").write_text(GOOD.replace("Ferris", "Corro"), encoding="utf-8")
    (tmp_path / f"{stem}.toml").write_text(GOOD.replace("Ferris", name), encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_cast(tmp_path)
    assert caught.value.path == tmp_path / f"{stem}.toml"
    assert f"is that of {other if 'built-in' in other else tmp_path / other} too" in caught.value.problem


@pytest.mark.parametrize("stem", ["a b", "x" * 41, "evil\n# x", "\x1b[2J", "a.b"])
def test_a_file_has_a_plain_name(tmp_path: Path, stem: str) -> None:
    """The name goes into pages and settings; another is refused, with what cannot be seen spelt out."""
    (tmp_path / f"{stem}.toml").write_text(GOOD, encoding="utf-8")
    with pytest.raises(ConfigError, match="the name of a persona file is") as caught:
        load_cast(tmp_path)
    assert caught.value.problem.isprintable()


def test_hidden_files_are_left_alone(tmp_path: Path) -> None:
    """What an editor leaves beside a file is no persona, even a link to nowhere."""
    (tmp_path / ".#claude.toml").symlink_to("nowhere")
    (tmp_path / ".ferris.toml").write_text("no persona", encoding="utf-8")
    assert load_cast(tmp_path) == load_cast()


def test_a_crowd_is_refused(tmp_path: Path) -> None:
    """More files than any cast has are not even read."""
    for number in range(65):
        (tmp_path / f"p{number}.toml").write_text("no persona", encoding="utf-8")
    with pytest.raises(ConfigError, match="65 persona files; 64 are the most"):
        load_cast(tmp_path)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no named pipes in folders")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    """What is no file is refused before it is opened."""
    os.mkfifo(tmp_path / "claude.toml")
    with pytest.raises(ConfigError, match="is no file"):
        load_cast(tmp_path)


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


def test_every_key_is_documented() -> None:
    """The table of keys in docs/personas.md has each key of a file and no other."""
    text = (Path(__file__).parents[2] / "docs/personas.md").read_text(encoding="utf-8")
    table = text.partition("\n## Keys\n")[2].partition("\n## ")[0]
    assert set(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)) == set(PersonaForm.model_fields)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("Cl\u0430ude", "Latin (C, U+0043) and Cyrillic (\u0430, U+0430)"),
        ("\u0421laude", "Cyrillic (\u0421, U+0421) and Latin (l, U+006C)"),
        ("\u0391da", "Greek (\u0391, U+0391) and Latin (d, U+0064)"),
        ("Ada \u0410", "Latin (A, U+0041) and Cyrillic (\u0410, U+0410)"),
        ("\u13aada", "Cherokee (\u13aa, U+13AA) and Latin (d, U+0064)"),
        ("\uff21\u0434\u0430", "Latin (\uff21, U+FF21) and Cyrillic (\u0434, U+0434)"),
    ],
)
def test_a_name_of_lookalikes_is_refused(tmp_path: Path, name: str, told: str) -> None:
    """Nobody sees whether a letter is Latin or Cyrillic, so a name is of one script, and so is one it may say."""
    for text in (f'name = "{name}"\n', f'name = "Grace"\nnames = ["{name}"]\n'):
        (tmp_path / "grace.toml").write_text(f'{text}lens = "craft"\n', encoding="utf-8")
        with pytest.raises(ConfigError, match="mixes letters that may look alike") as caught:
            load_cast(tmp_path)
        assert f"of {told}; write it in one script" in str(caught.value)
        assert str(tmp_path / "grace.toml") in str(caught.value)


@pytest.mark.parametrize(
    "name",
    [
        *("\u0410\u043d\u043d\u0430", "\u0391\u03bd\u03bd\u03b1 2", "Jos\u00e9", "O\u02bbahu", "R2-D2"),
        *("\u5c71\u7530\u308a\u3048", "\u30e6\u30fc\u30b6\u30fc X", "\uae40 A", "\uff21da", "\u0e01\u0e02"),
    ],
)
def test_a_name_of_one_script_is_a_name(tmp_path: Path, name: str) -> None:
    """Whatever the script, and in those that people do write together."""
    (tmp_path / "grace.toml").write_text(f'name = "{name}"\nlens = "craft"\n', encoding="utf-8")
    assert name in {voice.name for voice in load_cast(tmp_path, ("grace",)).voices}
