"""The tables of suites: what is refused, and that the message says where."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from banterhearts.benchmarking.declarations import checked, load_declarations, parse_option
from banterhearts.benchmarking.settings import CommandSettings, MetricSettings
from banterhearts.benchmarking.suites import BUILT_IN, find_suite
from banterhearts.errors import SuiteError

ROOT = Path(__file__).parents[3]
METRIC = {"unit": "{row}/s", "direction": "higher", "pattern": "rows: ([0-9.]+)"}


def settings(**table: Any) -> CommandSettings:
    """A suite of this table."""
    return checked(CommandSettings, "speed", {"command": "true", **table}, None)


def declare(folder: Path, text: str, name: str = "banterhearts.toml") -> Path:
    """Write settings and return their folder."""
    (folder / name).write_text(text, encoding="utf-8")
    return folder


def test_a_command_is_all_it_takes() -> None:
    """Everything else has a default, and the smallest effect is two per cent."""
    suite = settings()
    assert (suite.blocks, suite.warmups, suite.samples, suite.min_effect) == (10, 1, 1, 0.02)


def test_a_command_may_be_a_list() -> None:
    """A list is a program and its arguments, without a shell."""
    assert settings(command=["echo", "a b"]).command == ["echo", "a b"]


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ({"blokcs": 3}, "`blokcs`: .*there are: command, cases"),
        ({"command": 3}, "`command`: is a string for the shell, or a list"),
        ({"command": ""}, "`command`: holds ''"),
        ({"command": []}, "`command`: is a string for the shell, or a list"),
        ({"command": ["a", 3]}, "`command`: holds 3"),
        ({"command": "a\0b"}, "`command`: holds 'a"),
        ({"cases": {"one": {"command": [""]}}}, "`cases.one.command`: holds ''"),
        ({"command": None}, "`command` is missing"),
        ({"command": None, "cases": {"one": {"command": "true"}, "two": {}}}, "missing for case 'two'"),
        ({"cases": {"back`tick": {}}}, "cases.back`tick"),
        ({"cases": {"one": {"comand": "x"}}}, "`cases.one.comand`: no such key"),
        ({"blocks": 0}, "`blocks`"),
        ({"blocks": "10"}, "`blocks`"),
        ({"blocks": True}, "`blocks`"),
        ({"warmups": -1}, "`warmups`"),
        ({"samples": 0}, "`samples`"),
        ({"time_limit_sec": 0}, "`time_limit_sec`"),
        ({"time_limit_sec": float("nan")}, "`time_limit_sec`"),
        ({"min_effect": 0}, "`min_effect`"),
        ({"min_effect": float("inf")}, "`min_effect`"),
        ({"env": {"A=B": "c"}}, "`env"),
        ({"env": {"A": 1}}, "`env.A`"),
        ({"metrics": {"time": METRIC}}, "`metrics.time` is measured"),
        ({"metrics": {"rows": {**METRIC, "unit": "ms"}}}, 'rows.unit`.*say unit = "ns"'),
        ({"metrics": {"rows": {**METRIC, "unit": "MiB"}}}, 'rows.unit`.*say unit = "By"'),
        ({"metrics": {"rows": {**METRIC, "unit": "rows per s"}}}, "`metrics.rows.unit`"),
        ({"metrics": {"rows": {**METRIC, "direction": "up"}}}, "`metrics.rows.direction`"),
        ({"metrics": {"rows": {**METRIC, "unit": "ns"}}}, "`metrics.rows.direction`: of a time less"),
        ({"metrics": {"rows": {**METRIC, "pattern": "rows"}}}, "has 0 groups"),
        ({"metrics": {"rows": {**METRIC, "pattern": "(a)(b)"}}}, "has 2 groups"),
        ({"metrics": {"rows": {**METRIC, "pattern": "("}}}, "no regular expression"),
        ({"metrics": {"rows": {**METRIC, "pointer": "/a"}}}, "and not both"),
        ({"metrics": {"rows": {"unit": "1", "direction": "lower"}}}, "needs a `pattern` or a `pointer`"),
        ({"metrics": {"rows": {"unit": "1", "direction": "lower", "pointer": "a"}}}, "no JSON pointer"),
        ({"metrics": {"rows": {"unit": "1", "direction": "lower", "pointer": "/a~2"}}}, "no JSON pointer"),
        ({"metrics": {"rows": {**METRIC, "file": "a.json"}}}, "goes with a `pointer`"),
        ({"metrics": {"rows": {"unit": "1", "direction": "lower", "pointer": "", "file": "../a"}}}, "inside the work"),
        ({"metrics": {"rows": {**METRIC, "scale": 0}}}, "`metrics.rows.scale`"),
    ],
)
def test_a_wrong_key_is_named(table: dict[str, Any], told: str) -> None:
    """What is unknown, of another type or without sense is refused by its key."""
    with pytest.raises(SuiteError, match=told) as caught:
        settings(**table)
    assert str(caught.value).startswith("suite 'speed'")


def test_a_rate_may_be_one_of_which_less_is_better() -> None:
    """Errors a second are a rate, and nobody wants more of them."""
    metric = {**METRIC, "unit": "{error}/s", "direction": "lower"}
    assert settings(metrics={"errors": metric}).metrics["errors"].direction == "lower"


def test_the_message_names_the_file(tmp_path: Path) -> None:
    """Who declared a suite wrongly is told where."""
    declared = load_declarations(declare(tmp_path, '[suites.speed]\ncommand = "true"\nblocks = "ten"\n'), ())
    with pytest.raises(SuiteError, match=r"banterhearts\.toml: `blocks`"):
        find_suite("speed", declared, {})


def test_pyproject_holds_suites_under_its_tool_table(tmp_path: Path) -> None:
    """`[tool.banterhearts.suites.<name>]`, beside the tables of built-in suites and of other tools."""
    text = (
        '[tool.other]\na = 1\n[tool.banterhearts.suites.speed]\ncommand = "true"\n[tool.banterhearts.decode]\nx = 1\n'
    )
    declared = load_declarations(declare(tmp_path, text, "pyproject.toml"), ("decode",))
    assert declared.suites == {"speed": {"command": "true"}}
    assert declared.built_in == {"decode": {"x": 1}}


def test_a_file_of_its_own_wins(tmp_path: Path) -> None:
    """`banterhearts.toml` is read instead of pyproject.toml."""
    declare(tmp_path, '[tool.banterhearts.suites.old]\ncommand = "true"\n', "pyproject.toml")
    declare(tmp_path, '[suites.new]\ncommand = "true"\n')
    assert list(load_declarations(tmp_path, ()).suites) == ["new"]


def test_without_settings_there_are_no_suites(tmp_path: Path) -> None:
    """A repository that has never heard of us has a pyproject.toml of its own, or none."""
    assert load_declarations(tmp_path, ()).suites == {}
    assert load_declarations(declare(tmp_path, "[project]\nname='x'\n", "pyproject.toml"), ()).suites == {}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[suite.speed]\ncommand = 'true'\n", "no such key.*suites, decode"),
        ("suites = 3\n", "is no table"),
        ("[suites]\nspeed = 'true'\n", "is no table"),
        ("[suites.'Speed Of']\ncommand = 'true'\n", "folder of reports"),
        ("[suites.'../out']\ncommand = 'true'\n", "folder of reports"),
        ("[suites.decode]\ncommand = 'true'\n", "is built in"),
        ("decode = 1\n", "is no table"),
        ("[suites.speed\n", "no readable TOML"),
        ("[suites.speed]\ncommand = 'a'\ncommand = 'b'\n", "no readable TOML"),
    ],
)
def test_a_wrong_file_is_refused(tmp_path: Path, text: str, told: str) -> None:
    """Keys, names and syntax are held to, with the file in the message."""
    with pytest.raises(SuiteError, match=told) as caught:
        load_declarations(declare(tmp_path, text), ("decode",))
    assert "banterhearts.toml" in str(caught.value)


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    """Bytes that are no UTF-8 are a message, no traceback."""
    (tmp_path / "banterhearts.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(SuiteError, match="no readable TOML"):
        load_declarations(tmp_path, ())


def test_an_undeclared_suite_lists_those_that_are(tmp_path: Path) -> None:
    """A misspelt name is answered with the names there are, the built-in ones too."""
    declared = load_declarations(
        declare(tmp_path, "[suites.speed]\ncommand='true'\n[suites.size]\ncommand='true'\n"), ()
    )
    with pytest.raises(SuiteError, match=f"there are: size, speed, {', '.join(BUILT_IN)}"):
        find_suite("sped", declared, {})


def test_the_command_line_goes_over_the_table(tmp_path: Path) -> None:
    """An option replaces what is declared, and is checked like it."""
    declared = load_declarations(declare(tmp_path, "[suites.speed]\ncommand='true'\nblocks=3\n"), ())
    assert find_suite("speed", declared, {}).plan.blocks == 3
    assert find_suite("speed", declared, dict([parse_option("blocks=7")])).plan.blocks == 7
    with pytest.raises(SuiteError, match="`blocks`"):
        find_suite("speed", declared, dict([parse_option("blocks=many")]))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("n=4", 4),
        ("n=0.5", 0.5),
        ("n=true", True),
        ("n=[1, 2]", [1, 2]),
        ("n=a b", "a b"),
        ("n=", ""),
        ("n=a=b", "a=b"),
    ],
)
def test_an_option_is_toml_or_a_string(text: str, value: object) -> None:
    """Numbers, truths and lists come as such, everything else as it was written."""
    assert parse_option(text) == ("n", value)


def test_an_option_without_a_value_is_refused() -> None:
    """There is nothing to guess."""
    with pytest.raises(SuiteError, match="key=value"):
        parse_option("blocks")


def test_more_than_one_line_of_toml_is_no_option() -> None:
    """A value cannot smuggle in a second key."""
    assert parse_option("a=1\nb = 2") == ("a", "1\nb = 2")


def test_the_example_of_the_documents_can_be_used(tmp_path: Path) -> None:
    """What docs/benchmarking.md shows is a declaration, case by case."""
    text = (ROOT / "docs" / "benchmarking.md").read_text(encoding="utf-8")
    found = re.search(r"<!-- example suites -->\n```toml\n(.*?)```", text, re.DOTALL)
    assert found
    declared = load_declarations(declare(tmp_path, found[1], "pyproject.toml"), tuple(BUILT_IN))
    assert {name: find_suite(name, declared, {}).cases for name in declared.suites} == {
        "start": ("default",),
        "build": ("cold", "warm"),
    }


def test_the_documents_name_every_key() -> None:
    """The tables of docs/benchmarking.md have all keys of a suite and of a metric, with their defaults."""
    text = (ROOT / "docs" / "benchmarking.md").read_text(encoding="utf-8")
    suite, metric = (
        re.findall(r"^\| `(\w+)` \|(.*?)\|", part, re.MULTILINE) for part in text.split("| key of a ")[1:3]
    )
    assert {name for name, _ in suite} == set(CommandSettings.model_fields)
    assert {name for name, _ in metric} == set(MetricSettings.model_fields)
    for name, told in suite:
        if told.strip() not in {"", "none", "one, called `default`"}:
            assert CommandSettings.model_fields[name].default == tomllib.loads(f"value = {told}")["value"], name
