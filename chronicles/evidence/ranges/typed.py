"""What can be typed at a project's command line: its commands, their options and arguments, read from the source.

Declarations of click, typer, argparse, cleo, pytest's plugins and Django's commands are read off the syntax tree;
nothing is run. A declaration belongs to a command where its place says so: in the decorators of a command's function,
in the class of a named command, on a parser that `add_parser` gave. Elsewhere (a helper that adds options to whatever
parser it is given) it belongs to none, and a command that may get options from such a place is `open`: what it lacks
may come from there.
"""

from __future__ import annotations

import ast
import re
import warnings
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Typed", "Word", "read_typed"]

_HINT = re.compile(r"\b(?:click|typer|cloup|argparse|cleo|addoption|BaseCommand)\b|Command\)\s*:")
"""Texts without any of these declare nothing."""
_FLAG = re.compile(r"--?[A-Za-z0-9][\w.:+-]*|-[^\w\s-]")
"""What can be typed for an option: `-x`, `--long-name`; a text that stands in its place by mistake cannot."""
_SHORTCUT = re.compile(r"([A-Za-z0-9?])\1*")
"""cleo's shortcut of one letter, or that letter repeated: `v|vv|vvv`."""


@dataclass(frozen=True, slots=True)
class Word:
    """One option or argument as it is declared."""

    command: str | None
    """The command it is declared for; empty for the program itself, None where its place does not say."""
    names: tuple[str, ...]
    """How it is typed: `--all`, `-a`; for an argument its name."""
    takes_value: bool | None = None
    """Whether an option is followed by a value; None where that cannot be told."""

    @property
    def option(self) -> bool:
        """Whether it is an option, and no argument."""
        return self.names[0].startswith("-")


@dataclass(slots=True)
class Typed:
    """What one file declares."""

    commands: dict[str, bool] = field(default_factory=dict)
    """Commands by name, and whether they are open."""
    words: list[Word] = field(default_factory=list)

    def add_command(self, name: str, *, is_open: bool) -> None:
        """Add a command; one that is open anywhere is open."""
        self.commands[name] = is_open or self.commands.get(name, False)


def read_typed(path: str, text: str) -> Typed:
    """Read what a Python file declares; nothing where it cannot be parsed."""
    found = Typed()
    if not _HINT.search(text):
        return found
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return found
    imported = _imported(tree)
    if imported & {"click", "typer", "cloup", "rich_click", "asyncclick", "flask"}:
        _read_decorated(tree, found, typer="typer" in imported)
    if "cleo" in imported or re.search(r"Command\)\s*:", text):
        _read_classes(tree, found, cleo="cleo" in imported)
    if "argparse" in imported or "addoption" in text or "/management/commands/" in path:
        _read_parsers(tree, found, path)
    return found


def _imported(tree: ast.Module) -> set[str]:
    """The top-level modules that a file imports."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.partition(".")[0])
    return names


def _called(node: ast.AST) -> str:
    """The last name of what is called or named: `option` for `click.option(...)`."""
    if isinstance(node, ast.Call):
        node = node.func
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _texts(call: ast.Call) -> list[str]:
    """The strings that a call is given by position."""
    return [arg.value for arg in call.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)]


def _given(call: ast.Call, name: str) -> object:
    """The constant that a call is given by name; None where it is none, `...` where it is no constant."""
    for keyword in call.keywords:
        if keyword.arg == name:
            return keyword.value.value if isinstance(keyword.value, ast.Constant) else ...
    return None


# click and typer

_OWN_DECORATORS = frozenset(
    {
        *("command", "group", "option", "argument", "pass_context", "pass_obj", "callback", "result_callback"),
        *("version_option", "help_option", "password_option", "confirmation_option", "wraps", "cache", "deprecated"),
    }
)
"""Decorators known to add no options but those they show."""
_READY = {
    "version_option": ("--version",),
    "password_option": ("--password",),
    "confirmation_option": ("--yes",),
}


def _read_decorated(tree: ast.Module, found: Typed, *, typer: bool) -> None:
    """Read functions that click or typer makes commands of, and declarations that stand apart from one."""
    used: set[int] = set()
    for node in ast.walk(tree):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        makers = [one for one in node.decorator_list if _called(one) in ("command", "group", "callback")]
        if not makers:
            continue
        name = _command_name(makers[0], node.name)
        others = {_called(one) for one in node.decorator_list} - _OWN_DECORATORS
        if _called(makers[0]) != "callback":
            found.add_command(name, is_open=bool(others))
        calls = [one for one in node.decorator_list if isinstance(one, ast.Call)]
        used.update(id(one) for part in (*node.decorator_list, node.args) for one in ast.walk(part))
        for call in calls:
            found.words += _click_words(call, name)
        if typer:
            found.words += _typer_words(node, "" if _called(makers[0]) == "callback" else name)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and id(node) not in used and _called(node) in ("option", "argument", "Option"):
            found.words += _click_words(node, None)


def _command_name(maker: ast.AST, function: str) -> str:
    """The name of a command: stated, or made of its function's."""
    stated: object = None
    if isinstance(maker, ast.Call):
        stated = _given(maker, "name") or next(iter(_texts(maker)), None)
    return stated if isinstance(stated, str) else function.lower().replace("_", "-")


def _click_words(call: ast.Call, command: str | None) -> Iterator[Word]:
    """Read `option("--all/--none", "-a")`, `argument("src")`, `version_option()`."""
    kind = _called(call)
    texts = _texts(call)
    flags = tuple(part.strip() for text in texts for part in re.split(r"[/;]", text) if _FLAG.fullmatch(part.strip()))
    if kind in _READY:
        yield Word(command, flags or _READY[kind])
    elif kind in ("option", "Option") and flags:
        flag = any("/" in text[1:] for text in texts) or _given(call, "is_flag") or _given(call, "count")
        known = not flag and _given(call, "flag_value") is None and _given(call, "cls") is None
        yield Word(command, flags, takes_value=False if flag is True else True if known else None)
    elif kind == "argument" and texts and command is not None:
        yield Word(command, (texts[0],))


def _typer_words(node: ast.FunctionDef | ast.AsyncFunctionDef, command: str) -> Iterator[Word]:
    """Read the parameters of a function that typer makes a command of."""
    arguments = [*node.args.posonlyargs, *node.args.args]
    missing: list[ast.expr | None] = [None] * (len(arguments) - len(node.args.defaults))
    pairs = [*zip(arguments, [*missing, *node.args.defaults], strict=True)]
    for given, default in [*pairs, *zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)]:
        annotation = given.annotation
        parts = [part for part in ast.walk(annotation) if isinstance(part, ast.Call)] if annotation else []
        calls = [call for call in (default, *parts) if isinstance(call, ast.Call)]
        declared = next((call for call in calls if _called(call) in ("Option", "Argument")), None)
        if annotation is None or "Context" in ast.dump(annotation):
            continue
        flag = "'bool'" in ast.dump(annotation)
        if (declared is None and default is None) or (declared is not None and _called(declared) == "Argument"):
            yield Word(command, (given.arg,))
            continue
        names = [part for text in (_texts(declared) if declared else []) for part in text.split("/")]
        flags = tuple(name.strip() for name in names if _FLAG.fullmatch(name.strip()))
        long = f"--{given.arg.replace('_', '-')}"
        yield Word(command, flags or ((long, f"--no-{long[2:]}") if flag else (long,)), takes_value=not flag)


# cleo, and classes that are commands


def _read_classes(tree: ast.Module, found: Typed, *, cleo: bool) -> None:
    """Read classes that are commands by their `name`, and cleo's declarations in them and elsewhere."""
    used: set[int] = set()
    for node in ast.walk(tree):
        if not isinstance(node, ast.ClassDef) or not any(_called(base).endswith("Command") for base in node.bases):
            continue
        name = _class_constant(node, "name")
        if name is None:
            continue
        calls = [one for one in ast.walk(node) if isinstance(one, ast.Call)]
        words = [word for call in calls if cleo for word in _cleo_words(call, name)]
        used.update(map(id, calls))
        own = any(isinstance(one, ast.Assign | ast.AnnAssign) and "options" in _targets(one) for one in node.body)
        spread = any(isinstance(one, ast.Starred | ast.ListComp) for one in ast.walk(node))
        found.add_command(name, is_open=not own or spread)
        found.words += words
    if cleo:
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and id(node) not in used:
                found.words += _cleo_words(node, None)


def _targets(node: ast.Assign | ast.AnnAssign) -> set[str]:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    return {target.id for target in targets if isinstance(target, ast.Name)}


def _class_constant(node: ast.ClassDef, name: str) -> str | None:
    """The string that a class gives to a name."""
    for one in node.body:
        if isinstance(one, ast.Assign | ast.AnnAssign) and name in _targets(one):
            value = one.value
            return value.value if isinstance(value, ast.Constant) and isinstance(value.value, str) else None
    return None


def _cleo_words(call: ast.Call, command: str | None) -> Iterator[Word]:
    """Read `option("all", "a", flag=True)` and `argument("name")`."""
    kind = _called(call)
    texts = _texts(call)
    if kind not in ("option", "Option", "argument", "Argument") or not texts:
        return
    if kind in ("argument", "Argument"):
        if command is not None:
            yield Word(command, (texts[0],))
        return
    short = call.args[1] if len(call.args) > 1 else None
    long = f"--{texts[0].lstrip('-')}"
    if isinstance(call.func, ast.Attribute) or not _FLAG.fullmatch(long):
        return  # `self.option("all")` reads one
    names = [long]
    if isinstance(short, ast.Constant) and isinstance(short.value, str):
        letters = (part.strip().lstrip("-") for part in short.value.split("|"))
        names += [f"-{letter}" for letter in letters if _SHORTCUT.fullmatch(letter)]
    yield Word(command, tuple(names), takes_value={None: False, True: False, False: True}.get(_given(call, "flag")))  # type: ignore[call-overload]  # other constants give None


# argparse, pytest and Django


def _read_parsers(tree: ast.Module, found: Typed, path: str) -> None:
    """Read `add_argument` calls, each for the command of the parser that it is called on."""
    django = re.search(r"/management/commands/(\w+)\.py$", path)
    if django and not django[1].startswith("_"):
        found.add_command(django[1], is_open=False)
    owners: dict[str, str | None] = {}
    calls: list[ast.Call] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
            owner = partial(_parser_owner, node.value, owners)
            owners.update((name, owner()) for target in node.targets if (name := ast.unparse(target)))
        if isinstance(node, ast.Call):
            calls.append(node)
    for call in calls:
        kind = _called(call)
        if kind == "add_parser" and (texts := _texts(call)):
            found.add_command(texts[0], is_open=False)
        elif kind in ("add_argument", "addoption") and isinstance(call.func, ast.Attribute):
            on = ast.unparse(call.func.value)
            command = owners.get(on, django[1] if django else None)
            found.words += _parser_words(call, command)


def _parser_owner(call: ast.Call, owners: dict[str, str | None]) -> str | None:
    """The command of a parser by how it is made; None where that cannot be told."""
    kind = _called(call)
    if kind == "ArgumentParser" or kind.endswith("ArgumentParser"):
        return ""
    if kind == "add_parser":
        return next(iter(_texts(call)), None)
    if kind in ("add_argument_group", "add_mutually_exclusive_group") and isinstance(call.func, ast.Attribute):
        return owners.get(ast.unparse(call.func.value))
    return None


def _parser_words(call: ast.Call, command: str | None) -> Iterator[Word]:
    texts = _texts(call)
    flags = tuple(text for text in texts if _FLAG.fullmatch(text))
    action = _given(call, "action")
    if flags:
        flag = action in ("store_true", "store_false", "store_const", "count", "help", "version", "append_const")
        yield Word(command, flags, takes_value=None if action is ... else not flag)
    elif texts and command is not None and not texts[0].startswith("-"):
        yield Word(command, (texts[0],))
