"""What can no longer be typed: commands, options and arguments that two trees declare."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from chronicles.evidence.ranges.typed import read_typed

if TYPE_CHECKING:
    from collections.abc import Callable

CLICK = "import click\n\n\n"
CLEO = "from cleo.helpers import option, argument\n\n\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            (
                f"{CLICK}@click.command('run')\n@click.option('--all/--none', '-a', 'every')\n"
                "@click.argument('src')\ndef f(): ..."
            ),
            {"run": {"--all --none -a": False, "src": None}},
        ),
        (f"{CLICK}@cli.command()\n@click.option('--n')\ndef do_it(): ...", {"do-it": {"--n": True}}),
        (f"{CLICK}@click.group()\n@click.version_option()\ndef cli(): ...", {"cli": {"--version": None}}),
        (
            (
                "import typer\napp = typer.Typer()\n@app.command()\n"
                "def go(src, where: str, loud: bool = False, n: int = typer.Option(1, '--count', '-c')): ..."
            ),
            {"go": {"where": None, "--loud --no-loud": False, "--count -c": True}},
        ),
        (
            (
                "import argparse\np = argparse.ArgumentParser()\nsub = p.add_subparsers()\n"
                "run = sub.add_parser('run')\nrun.add_argument('--dry', '-n', action='store_true')\n"
                "run.add_argument('file')\np.add_argument('--log')\n"
            ),
            {"run": {"--dry -n": False, "file": None}, "": {"--log": True}},
        ),
        (
            (
                f"{CLEO}class A(Command):\n    name = 'env use'\n    arguments = [argument('python')]\n"
                "    options = [option('all', 'a', 'All.'), option('to', None, '', flag=False)]\n"
            ),
            {"env use": {"python": None, "--all -a": False, "--to": True}},
        ),
        (
            (
                f"{CLEO}class A(Command):\n    name = 'b'\n    options = [option('clean', 'Clean it.', flag=True),\n"
                "        option('all of it', 'a'), option('loud', 'v|vv|vvv')]\n"
            ),
            {"b": {"--clean": False, "--loud -v -vv -vvv": False}},
        ),
        (
            f"{CLICK}@click.command('run')\n@click.option('--all', '- no', '-?')\ndef f(): ...",
            {"run": {"--all -?": True}},
        ),
        (
            "import argparse\np = argparse.ArgumentParser()\np.add_argument('--a b')\np.add_argument('--c', '-d e')\n",
            {"": {"--c": True}},
        ),
        (
            "def pytest_addoption(parser):\n    parser.addoption('--slow', action='store_true')\n",
            {None: {"--slow": False}},
        ),
        ("options.add_argument('--headless')\n", {}),
        ("import click\ndef f(: pass", {}),
    ],
)
def test_declarations_are_read_off_the_syntax(text: str, expected: dict[str | None, dict[str, bool | None]]) -> None:
    """Each library's way of declaring gives the command, the ways to type a word, and whether a value follows."""
    found: dict[str | None, dict[str, bool | None]] = {}
    for word in read_typed("pkg/cli.py", text).words:
        found.setdefault(word.command, {})[" ".join(word.names)] = word.takes_value
    assert found == expected


def test_a_module_of_djangos_is_the_command() -> None:
    """A file below `management/commands` is a command by its name."""
    text = "class Command(BaseCommand):\n    def add_arguments(self, parser):\n        parser.add_argument('--fast')\n"
    found = read_typed("app/management/commands/load.py", text)
    assert list(found.commands) == ["load"]
    assert [(word.command, word.names) for word in found.words] == [("load", ("--fast",))]


def test_a_help_text_in_the_place_of_a_shortcut_is_no_option(breaks_of: Callable[..., list[str]]) -> None:
    """An option that was declared so is the same option when its help text is put right."""
    text = f"{CLEO}class A(Command):\n    name = 'build'\n    options = [option('clean', HELP, flag=True)]\n"
    before, after = (text.replace("HELP", words) for words in ("'Clean it.'", "None, 'Clean it.'"))
    assert breaks_of({"pkg/_a.py": before}, {"pkg/_a.py": after}) == []


def command(name: str, *decorators: str) -> str:
    """A click command with more decorators."""
    lines = "".join(f"@{decorator}\n" for decorator in decorators)
    return f"@cli.command('{name}')\n{lines}def {name}(): ...\n\n\n"


def test_what_went_is_told_of_its_command(breaks_of: Callable[..., list[str]]) -> None:
    """A command that went is one break, whatever it had; an option or argument that went is one of its command."""
    one, two = "click.option('--one', '-o')", "click.option('--two')"
    before = {"cli.py": CLICK + command("run", one, two, "click.argument('a')") + command("stop", two)}
    after = {"cli.py": CLICK + command("run", "click.option('--one', is_flag=True)")}
    found = [line for line in breaks_of(before, after) if not line.startswith("removed")]
    assert found == [
        "command removed stop",
        "option removed -o in run",
        "option removed --two in run",
        "option changed --one / -o in run (no longer takes a value)",
        "argument removed a in run",
    ]


@pytest.mark.parametrize(
    "after",
    [
        {"a.py": CLICK, "b.py": CLICK + command("run", "click.option('--one')")},
        {"a.py": f"{CLICK}one = click.option('--one')\n" + command("run", "one")},
        {
            "a.py": f"{CLICK}from b import shared\n" + command("run", "shared"),
            "b.py": f"{CLICK}x = click.option('--one')",
        },
        {"a.py": CLICK + command("run", "click.option('--one', '-o')").replace("def run", "def other")},
        {"a.py": "from argparse import ArgumentParser\nsub.add_parser('run').add_argument('--one')\n"},
    ],
)
def test_what_is_declared_elsewhere_has_not_gone(breaks_of: Callable[..., list[str]], after: dict[str, str]) -> None:
    """In another file, by another name, through a helper, with another library: it can be typed as before."""
    before = {"a.py": CLICK + command("run", "click.option('--one')")}
    assert [line for line in breaks_of(before, after) if "option" in line or "command" in line] == []


def test_commands_that_are_parts_of_others_now_have_not_gone(breaks_of: Callable[..., list[str]]) -> None:
    """`clear` of a group `cache` may be declared as `cache clear`."""
    text = "class A(Command):\n    name = '{}'\n"
    before = {"pkg/_a.py": text.format("clear"), "pkg/_b.py": text.format("cache"), "pkg/_c.py": text.format("gone")}
    found = breaks_of(before, {"pkg/_a.py": text.format("cache clear")})
    assert found == ["command removed gone"]


def test_an_option_of_no_command_has_gone_only_when_nothing_declares_it(breaks_of: Callable[..., list[str]]) -> None:
    """What a helper added may be one command's own now; what nothing adds any more is told."""
    before = {"pkg/_a.py": f"{CLICK}one = click.option('--one')\ntwo = click.option('--two')\n"}
    after = {"pkg/_a.py": CLICK + command("run", "click.option('--one')")}
    assert breaks_of(before, after) == ["option removed --two"]


def test_a_helper_that_tests_use_declares_nothing(breaks_of: Callable[..., list[str]]) -> None:
    """Commands of tests and examples are nobody's to type."""
    before = {f"{folder}/cli.py": CLICK + command("run", "click.option('--one')") for folder in ("tests", "examples")}
    assert breaks_of(before | {"README": ""}, {"README": ""}) == []


PARSER = (
    "import argparse\nparser = argparse.ArgumentParser()\nparser.add_argument('--yes')\nparser.add_argument('--file')\n"
)


@pytest.mark.parametrize("path", ["get-tool.py", "install.py", "scripts/run.py", "pkg-1/get-tool.py"])
def test_a_script_that_went_takes_no_options_with_it(breaks_of: Callable[..., list[str]], path: str) -> None:
    """A file that was run by its path and is gone is not told option by option; one that lost an option is."""
    others = {"README": "", "pkg/__init__.py": "", "pkg/_b.py": PARSER.replace("file", "else")}
    one = PARSER.replace("parser =", "_parser =").replace("parser.add", "_parser.add")
    assert breaks_of({path: one} | others, others) == []
    left = one.replace("_parser.add_argument('--file')\n", "")
    assert breaks_of({path: one} | others, {path: left} | others) == ["option removed --file"]
    assert breaks_of({path: one} | others, {f"bin/{path}": one, "pkg/_b.py": PARSER}) == ["option removed --else"]


def test_a_module_that_went_takes_its_options_with_it(breaks_of: Callable[..., list[str]]) -> None:
    """What is inside a package, or is a package now, has users that do not know its path."""
    others = {"pkg/__init__.py": "", "pkg/_b.py": PARSER.replace("file", "else")}
    assert breaks_of({"pkg/_a.py": PARSER} | others, others) == ["option removed --file"]
    one = PARSER.replace("parser =", "_parser =").replace("parser.add", "_parser.add")
    now = {"tool/__init__.py": "", "tool/_cli.py": "import argparse\nargparse.ArgumentParser().add_argument('--yes')\n"}
    assert breaks_of({"tool.py": one}, now) == ["option removed --file"]


def test_a_script_that_went_is_told_once_where_it_was_installed_or_public(breaks_of: Callable[..., list[str]]) -> None:
    """By the command that it was installed as, and as a file where the settings say that others use it."""
    before = {"get-tool.py": PARSER, "setup.py": "setup(scripts=['get-tool.py', 'bin/b'])\n", "README": ""}
    after = {"setup.py": "setup(scripts=['bin/b'])\n", "README": ""}
    assert breaks_of(before, after) == ["command no longer installed get-tool.py"]
    cfg = {"setup.cfg": "[options]\nscripts =\n    get-tool.py\n    bin/b\n", "get-tool.py": PARSER}
    assert breaks_of(cfg, {"setup.cfg": "[options]\n"}) == [
        "command no longer installed b",
        "command no longer installed get-tool.py",
    ]
    public = {"get-tool.py": PARSER, "a.py": "", "README": ""}
    assert breaks_of(public, {"README": ""}, public=("*.py",)) == ["file removed get-tool.py"]
