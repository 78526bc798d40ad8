"""Settings: where they come from, which of them wins, and what is refused."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from chronicles.config import Settings, load_settings, own_table
from chronicles.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path


def load(folder: Path | None, **environment: str) -> Settings:
    """Load with a given environment and nothing of the test runner's own."""
    return load_settings(folder, name="Chimera", environment=environment)


def test_without_any_file_the_defaults_hold(tmp_path: Path) -> None:
    """A repository without settings is told under the name of its folder, into `episodes`."""
    settings = load(tmp_path)
    assert settings.series == "Chimera"
    assert settings.output == "episodes"
    assert settings.excluded == ("episodes", "patches", "reports", "site")
    assert load(None) == settings


def test_the_nearer_source_wins(tmp_path: Path) -> None:
    """The environment wins over chronicles.toml, and that one over pyproject.toml, which is then not read at all."""
    (tmp_path / "pyproject.toml").write_text('[tool.chronicles]\noutput = "a"\nfold = "day"\n', encoding="utf-8")
    assert load(tmp_path).output == "a"
    assert load(tmp_path).fold == "day"
    (tmp_path / "chronicles.toml").write_text('output = "b"\n', encoding="utf-8")
    assert load(tmp_path).output == "b"
    assert load(tmp_path).fold is None
    assert load(tmp_path, CHRONICLES_OUTPUT="c", PATH="x").output == "c"


def test_lists_in_the_environment_are_paths(tmp_path: Path) -> None:
    """`CHRONICLES_OUTPUTS` is divided as PATH is, and the output folder is always among the excluded ones."""
    settings = load(tmp_path, CHRONICLES_OUTPUTS=os.pathsep.join(("site", "public")), CHRONICLES_OUTPUT="log")
    assert settings.excluded == ("log", "public", "site")


def test_a_folder_named_for_run_records_is_no_work(tmp_path: Path) -> None:
    """The folder of run records is left out of counts where it is named, and by default as one of the outputs."""
    assert load(tmp_path, CHRONICLES_REPORTS="bench/runs").excluded == (
        *("bench/runs", "episodes", "patches", "reports", "site"),
    )
    assert load(tmp_path, CHRONICLES_OUTPUTS="site").excluded == ("episodes", "site")


def test_tables_of_other_rooms_are_left_to_them(tmp_path: Path) -> None:
    """`[tool.chronicles.site]` is no unknown setting of ours."""
    text = '[tool.chronicles]\nseries = "S"\n[tool.chronicles.site]\nquiet = true\n'
    (tmp_path / "pyproject.toml").write_text(text, encoding="utf-8")
    assert load(tmp_path).series == "S"
    assert own_table(tmp_path) == {"series": "S", "site": {"quiet": True}}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('outptu = "x"', "outptu"),
        ("output = 3", "output"),
        ('output = "/etc"', "inside the repository"),
        ('output = "../up"', "inside the repository"),
        ('output = " "', "inside the repository"),
        ('personas = "../../cast"', "inside the repository"),
        ('repo_url = "javascript:alert(1)"', "http"),
        ('repo_url = "https://example.org/a) [b](c"', "http"),
        ('fold = "week"', "fold"),
        ("fold_below = 101", "fold_below"),
        ("first_episode = -1", "first_episode"),
        (f'series = "{"x" * 61}"', "series"),
        ("output = [[", "TOML"),
        ("a = " + "[" * 5000, "TOML"),
    ],
)
def test_an_unusable_setting_is_refused_by_name(tmp_path: Path, text: str, says: str) -> None:
    """The error names the file and what is wrong in it."""
    (tmp_path / "chronicles.toml").write_text(text + "\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=says) as caught:
        load(tmp_path)
    assert caught.value.path == tmp_path / "chronicles.toml"


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    """A file that is not UTF-8 is no TOML."""
    (tmp_path / "chronicles.toml").write_bytes(b'series = "\xff\xfe"\n')
    with pytest.raises(ConfigError, match="TOML"):
        load(tmp_path)


@pytest.mark.parametrize("text", ["line 1\nline 2\n", "<<<<<<< HEAD\n", "tool = 3\n", '[tool]\nname = "x"\n'])
def test_somebody_elses_broken_pyproject_stops_nothing(tmp_path: Path, text: str) -> None:
    """A pyproject.toml that holds no settings of ours may be as broken as it likes."""
    (tmp_path / "pyproject.toml").write_text(text, encoding="utf-8")
    assert load(tmp_path) == load(None)
    assert own_table(tmp_path) is None


@pytest.mark.parametrize("text", ["[tool.chronicles\n", "[tool]\nchronicles = 5\n", '[tool.chronicles]\nnope = "1"\n'])
def test_our_own_broken_table_is_refused(tmp_path: Path, text: str) -> None:
    """A pyproject.toml that names us must be right."""
    (tmp_path / "pyproject.toml").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError):
        load(tmp_path)


def test_an_address_loses_its_last_slash(tmp_path: Path) -> None:
    """Links are made by putting a path behind it."""
    assert load(tmp_path, CHRONICLES_REPO_URL="https://example.org/a/b/").repo_url == "https://example.org/a/b"


def test_a_misspelt_variable_is_refused(tmp_path: Path) -> None:
    """A variable of ours that is no setting does not go unnoticed; the nearest is named."""
    with pytest.raises(ConfigError, match=r"CHRONICLES_FOLDD.*did you mean CHRONICLES_FOLD\?"):
        load(tmp_path, CHRONICLES_FOLDD="day")


def test_folders_have_one_spelling(tmp_path: Path) -> None:
    """`./reports` and `reports/` are the folder that they name, and no folder lies outside."""
    text = 'output = "./log/"\noutputs = ["./reports", "site//x/"]\n'
    (tmp_path / "chronicles.toml").write_text(text, encoding="utf-8")
    assert load(tmp_path).excluded == ("log", "reports", "site/x")
    for outside in ("/etc", "a/../../b"):
        with pytest.raises(ConfigError, match="inside the repository"):
            load(tmp_path, CHRONICLES_OUTPUTS=outside)


def test_an_output_folder_that_leads_out_is_refused(tmp_path: Path) -> None:
    """A link under the name of the output folder leads no page out of the repository."""
    (tmp_path / "in").mkdir()
    (tmp_path / "out").mkdir()
    (tmp_path / "in/episodes").symlink_to(tmp_path / "out")
    with pytest.raises(ConfigError, match="link out of the repository"):
        load(tmp_path / "in")


def test_tables_are_left_alone_in_either_file(tmp_path: Path) -> None:
    """A table of another room stops neither file."""
    (tmp_path / "chronicles.toml").write_text('series = "S"\n[site]\nquiet = true\n', encoding="utf-8")
    assert load(tmp_path).series == "S"


def test_checks_are_named_commands(tmp_path: Path) -> None:
    """A check is a command, or a table that gives it another time limit; they keep the order of the file."""
    text = '[checks]\ntests = "make test"\nall = {command = "echo \'a b\' | wc -w; echo $(id)", timeout_sec = 5}\n'
    (tmp_path / "chronicles.toml").write_text(text, encoding="utf-8")
    checks = load(tmp_path).checks
    assert [(name, one.command, one.timeout_sec) for name, one in checks.items()] == [
        ("tests", "make test", 600.0),
        ("all", "echo 'a b' | wc -w; echo $(id)", 5.0),
    ]
    (tmp_path / "chronicles.toml").unlink()
    (tmp_path / "pyproject.toml").write_text('[tool.chronicles.checks]\nlint = "ruff check"\n', encoding="utf-8")
    assert list(load(tmp_path).checks) == ["lint"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('checks = "make test"', "setting `checks`: Input should be a valid dictionary"),
        ('[checks]\n"a/b" = "true"', "letters, digits"),
        ('[checks]\n"../up" = "true"', "letters, digits"),
        ('[checks]\n"a\\nb" = "true"', "letters, digits"),
        ('[checks]\n"" = "true"', "letters, digits"),
        (f'[checks]\n{"x" * 41} = "true"', "letters, digits"),
        ('[checks]\nTests = "true"\ntests = "true"', "case alone"),
        ('[checks]\ntests = ""', "checks.tests.command"),
        ('[checks]\ntests = "  "', "one line"),
        ('[checks]\ntests = "a\\nb"', "one line"),
        ('[checks]\ntests = "a\\u001b[2Jb"', "one line"),
        ("[checks]\ntests = 3", "checks.tests"),
        ("[checks.tests]\ntimeout_sec = 3", "checks.tests.command"),
        ('[checks.tests]\ncommand = "true"\ntimeout_sec = 0', "checks.tests.timeout_sec"),
        ('[checks.tests]\ncommand = "true"\ntimeout_sec = true', "checks.tests.timeout_sec"),
        ('[checks.tests]\ncommand = "true"\ntimeout_sec = nan', "checks.tests.timeout_sec"),
        ('[checks.tests]\ncommand = "true"\nshell = "bash"', "checks.tests.shell"),
        ("[checks]\n" + "".join(f'c{number} = "true"\n' for number in range(31)), "at most 30"),
    ],
)
def test_an_unusable_check_is_refused_by_name(tmp_path: Path, text: str, says: str) -> None:
    """What is no name, no command line or no time limit stops the run, and the error says which it is."""
    (tmp_path / "chronicles.toml").write_text(text + "\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=says):
        load(tmp_path)


def test_the_hook_has_a_table(tmp_path: Path) -> None:
    """What the hook does stands in either file; a branch may be written in full."""
    (tmp_path / "chronicles.toml").write_text('[hook]\nbranch = "refs/heads/dev"\npages = "commit"\n', encoding="utf-8")
    hook = load(tmp_path).hook
    assert (hook.branch, hook.pages, hook.suite) == ("dev", "commit", "")
    (tmp_path / "chronicles.toml").unlink()
    (tmp_path / "pyproject.toml").write_text('[tool.chronicles.hook]\nsuite = "start"\n', encoding="utf-8")
    assert load(tmp_path).hook.model_dump() == {"branch": "", "pages": "leave", "suite": "start"}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("hook = 3", "setting `hook`"),
        ("[hook]\nquiet = true", "hook.quiet"),
        ('[hook]\npages = "push"', "hook.pages"),
        ("[hook]\npages = true", "hook.pages"),
        ('[hook]\nbranch = "--all"', "the name of a branch"),
        ('[hook]\nbranch = "a..b"', "the name of a branch"),
        ('[hook]\nbranch = "a b"', "the name of a branch"),
        ('[hook]\nbranch = "refs/heads/-x"', "the name of a branch"),
        ('[hook]\nbranch = "a.lock"', "the name of a branch"),
        ('[hook]\nsuite = "../x"', "hook.suite"),
        ('[hook]\nsuite = "--json"', "hook.suite"),
        ('[hook]\nsuite = "a\\n"', "hook.suite"),
    ],
)
def test_an_unusable_setting_of_the_hook_is_refused_by_name(tmp_path: Path, text: str, says: str) -> None:
    """A misspelt mode must not leave pages uncommitted for months, and no name may be read as an option."""
    (tmp_path / "chronicles.toml").write_text(text + "\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=says):
        load(tmp_path)


def test_the_environment_makes_nothing_run(tmp_path: Path) -> None:
    """No variable names a check, and none is proposed for a misspelt one."""
    with pytest.raises(ConfigError, match="repository's file alone"):
        load(tmp_path, CHRONICLES_CHECKS="true")
    with pytest.raises(ConfigError, match="repository's file alone"):
        load(tmp_path, CHRONICLES_HOOK="commit")
    with pytest.raises(ConfigError, match=r"no such setting$"):
        load(tmp_path, CHRONICLES_CHECKSS="true")


def test_who_words_the_claims(tmp_path: Path) -> None:
    """A repository may name a writer, a server's model and a page's time; the environment wins."""
    (tmp_path / "chronicles.toml").write_text(
        'writer = "ollama"\nmodel = "qwen3:4b"\ndeadline_sec = 5\n', encoding="utf-8"
    )
    settings = load(tmp_path, CHRONICLES_WRITER="llamacpp", CHRONICLES_DEADLINE_SEC="90")
    assert (settings.writer, settings.model, settings.deadline_sec) == ("llamacpp", "qwen3:4b", 90.0)


@pytest.mark.parametrize(
    ("key", "value"),
    [("writer", "gpt"), ("deadline_sec", "0"), ("deadline_sec", "inf"), ("deadline_sec", "nan"), ("model", "a\x1b[2J")],
)
def test_a_writer_that_cannot_be(tmp_path: Path, key: str, value: str) -> None:
    """What is no writer, no time or no name is refused under the variable's name."""
    with pytest.raises(ConfigError, match=f"CHRONICLES_{key.upper()}"):
        load(tmp_path, **{f"CHRONICLES_{key.upper()}": value})


@pytest.mark.parametrize("model", ["evil.gguf", " models/Evil.GGUF "])
def test_no_repository_names_a_model_file(tmp_path: Path, model: str) -> None:
    """A clone cannot have llama.cpp read a file of its own; who runs the command can."""
    (tmp_path / "chronicles.toml").write_text(f'model = "{model}"\n', encoding="utf-8")
    with pytest.raises(ConfigError, match="no repository may name"):
        load(tmp_path)
    assert load(None, CHRONICLES_MODEL=model).model == model.strip()


def test_where_models_are_remembered_is_no_setting(tmp_path: Path) -> None:
    """`CHRONICLES_STATE` belongs to a user; a repository's settings leave it alone."""
    assert load(tmp_path, CHRONICLES_STATE="/somewhere") == load(tmp_path)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[packages]\ncore = 3", "packages.core"),
        ("[packages.core]\ntags = 'v*'", "packages.core.paths"),
        ("[packages.core]\npaths = []", "packages.core.paths"),
        ("[packages.core]\npaths = ['../up']", "inside the repository"),
        ("[packages.core]\npaths = ['a']\ntag = 'v*'", "packages.core.tag"),
    ],
)
def test_a_package_without_usable_paths_is_refused(tmp_path: Path, text: str, problem: str) -> None:
    """A package names folders inside the repository and nothing unknown."""
    (tmp_path / "chronicles.toml").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=problem):
        load(tmp_path)
