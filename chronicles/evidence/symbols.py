"""Functions and classes of a file, with their cyclomatic complexity, and what a change did to them.

Two tools share the work. For Python, `ast` says what there is and where, with qualified names
(`Group.add_command`; `outer.<locals>.inner` is written `outer.inner`), and lizard counts complexity, matched to
it by the line of `def`; a definition that lizard overlooks (a body on the line of its `def`) is counted here by
the same rule.
For all other languages lizard alone does both; it knows classes only as prefixes of names (`Foo::bar`), so
`classes` is filled for Python only, and says so by `classes_known`.

Complexity is McCabe's number as lizard counts it: one, plus one for each branch, loop, handler (`finally`
included) and boolean operator. Functions within functions count apart.

Two functions are the same when the digest of their tokens is: comments, blank lines, layout and, in Python,
docstrings make no difference, so that a file that was only reformatted has no changed function. A function
holds the functions within it, so both have changed when the inner one has. Digests are made to be compared within one
run: Python's come from `ast.dump`, which another version of Python may spell otherwise.

lizard is kept from choking: files that are too big or minified are skipped with a reason, and what it raises is
caught and becomes one.
"""

from __future__ import annotations

import ast
import hashlib
import io
import re
import warnings
from contextlib import redirect_stderr
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from chronicles.evidence.kinds import FileKind, classify, language

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["FileSymbols", "Function", "Klass", "SymbolChanges", "compare_symbols", "symbols", "tool_version"]

MAX_BYTES = 400_000
_MAX_LINE = 5_000
_MAX_MEAN_LINE = 250
"""A file whose lines are longer than this on average was written by a machine."""


@dataclass(frozen=True, slots=True)
class Function:
    """One function or method."""

    name: str
    """Qualified by class and outer function, with dots."""
    start: int
    """The line of its `def`, from 1."""
    end: int
    complexity: int
    digest: str
    """Of its tokens: the same for two functions that differ only in layout and comments."""
    is_test: bool

    @property
    def lines(self) -> int:
        """How many lines it spans."""
        return self.end - self.start + 1


@dataclass(frozen=True, slots=True)
class Klass:
    """One class."""

    name: str
    """Qualified by outer classes and functions, with dots."""
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class FileSymbols:
    """What one file defines."""

    functions: tuple[Function, ...] = ()
    """In the order of the file."""
    classes: tuple[Klass, ...] = ()
    classes_known: bool = False
    """Whether classes were looked for: only Python's are."""
    skipped: str | None = None
    """Why nothing was read, where nothing was."""

    @property
    def complexity(self) -> int:
        """The sum over its functions."""
        return sum(function.complexity for function in self.functions)


@dataclass(frozen=True, slots=True)
class ChangedFunction:
    """One function before and after."""

    before: Function
    after: Function

    @property
    def complexity_delta(self) -> int:
        """By how much its complexity grew."""
        return self.after.complexity - self.before.complexity


@dataclass(frozen=True, slots=True)
class SymbolChanges:
    """What a change did to the definitions of one file."""

    added: tuple[Function, ...] = ()
    removed: tuple[Function, ...] = ()
    changed: tuple[ChangedFunction, ...] = ()
    renamed: tuple[ChangedFunction, ...] = ()
    """Functions with the same tokens under another name."""
    classes_added: tuple[Klass, ...] = ()
    classes_removed: tuple[Klass, ...] = ()
    complexity_delta: int = 0
    """The sum of complexity after, less that before."""
    skipped: str | None = None
    """Why no comparison was made, where none was."""


@cache
def tool_version() -> str:
    """Name lizard and its version, as a page's `made_by` has it."""
    import lizard  # noqa: PLC0415 - 20 ms that only a page with symbols pays

    return f"lizard {lizard.version}"


def symbols(path: str, text: str) -> FileSymbols:
    """Read what a file defines.

    Args:
        path: Its path, which tells the language.
        text: Its contents.

    Returns:
        Its functions and classes; none, with the reason, for a file that is not read.
    """
    tongue = language(path)
    if tongue is None or tongue not in _READ:
        return FileSymbols(skipped="no language that can be read")
    if len(text) > MAX_BYTES:
        return FileSymbols(skipped=f"larger than {MAX_BYTES:,} characters")
    lines = text.split("\n")
    if len(text) > _MAX_MEAN_LINE * len(lines) or max(map(len, lines)) > _MAX_LINE:
        return FileSymbols(skipped="minified")
    in_tests = classify(path) is FileKind.TEST
    if tongue == "Python":
        return _python(path, text, in_tests=in_tests)
    counted = _lizard(path, text)
    if isinstance(counted, str):
        return FileSymbols(skipped=counted)
    return FileSymbols(tuple(_plain(found, lines, in_tests=in_tests) for found in counted))


_READ = frozenset(
    {
        *("Python", "JavaScript", "TypeScript", "C", "C++", "CUDA", "Java", "Kotlin", "Go", "Rust", "C#", "Swift"),
        *("Ruby", "PHP", "Scala", "Lua", "Objective-C", "Zig", "Solidity", "GDScript", "Fortran", "Erlang", "Vue"),
    }
)
"""Languages that lizard reads, less those that it takes for C because of their ending (Shell, Perl of git's tests)."""


def _lizard(path: str, text: str) -> list[Any] | str:
    """Have lizard read a file; its functions, or why there are none."""
    import lizard  # noqa: PLC0415 - see `tool_version`

    # Its reader is chosen by the ending alone. A path of the repository is never opened: the text is given.
    name = "x" + path[path.rfind(".") :]
    try:
        with redirect_stderr(io.StringIO()):
            found = lizard.FileAnalyzer(_extensions()).analyze_source_code(name, text)
    except Exception as error:  # noqa: BLE001 - a tokenizer met with hostile text raises what it likes
        return f"lizard failed: {type(error).__name__}"
    functions: list[Any] = sorted(found.function_list, key=lambda function: (function.start_line, function.end_line))
    return functions


@cache
def _extensions() -> list[Any]:
    import lizard  # noqa: PLC0415 - see `tool_version`

    extensions: list[Any] = lizard.get_extensions([])
    return extensions


_C_COMMENTS = re.compile(r'("(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)*\')|//[^\n]*|/\*.*?\*/', re.DOTALL)
_TEST_NAME = re.compile(r"(?:.*\.)?(?:test_?\w*|Test\w*|it|should_\w+)$")


def _plain(found: Any, lines: list[str], *, in_tests: bool) -> Function:  # noqa: ANN401 - lizard has no types
    """Make a function of lizard's."""
    body = "\n".join(lines[found.start_line - 1 : found.end_line])
    bare = _C_COMMENTS.sub(lambda match: match[1] or " ", body)
    name = re.sub(r"::", ".", found.name)
    return Function(
        name=name,
        start=found.start_line,
        end=found.end_line,
        complexity=found.cyclomatic_complexity,
        digest=_digest(re.findall(r"\w+|\S", bare)),
        is_test=in_tests and bool(_TEST_NAME.match(name)),
    )


def _digest(tokens: list[str]) -> str:
    return hashlib.sha256("\x00".join(tokens).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _python(path: str, text: str, *, in_tests: bool) -> FileSymbols:
    """Read a Python file."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # an invalid escape in their code is no news here
            tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return FileSymbols(skipped=f"not Python that can be parsed here: {type(error).__name__}", classes_known=False)
    functions: list[Function] = []
    classes: list[Klass] = []
    found: list[_Found] = []
    for name, node in _definitions(tree):
        if isinstance(node, ast.ClassDef):
            classes.append(Klass(name, node.lineno, node.end_lineno or node.lineno))
        else:
            found.append(_Found(name, node, _python_digest(node)))
    complexities = _complexities(path, text, found)
    for name, node, digest in found:
        is_test = in_tests and node.name.startswith("test")
        end = node.end_lineno or node.lineno
        functions.append(Function(name, node.lineno, end, complexities[digest], digest, is_test))
    functions.sort(key=lambda function: (function.start, function.end))
    classes.sort(key=lambda klass: (klass.start, klass.end))
    return FileSymbols(tuple(functions), tuple(classes), classes_known=True)


class _Found(NamedTuple):
    """A function of a Python file before its complexity is known."""

    name: str
    node: ast.FunctionDef | ast.AsyncFunctionDef
    digest: str


_counted: dict[str, int] = {}
"""Complexity by digest: a function of the same tokens has the same, in whatever file and version it stands."""
_COUNTED_AT_MOST = 200_000


def _complexities(path: str, text: str, found: list[_Found]) -> dict[str, int]:
    """The complexity of each digest; lizard reads only functions that it has not read before.

    A commit changes a few functions of a file, and lizard is the slowest reader here: what is known already is
    blanked, line by line, so that the places of the rest stay as they are.
    """
    if len(_counted) > _COUNTED_AT_MOST:
        _counted.clear()
    if any(one.digest not in _counted for one in found):
        lines = text.split("\n")
        for one in found:
            if one.digest in _counted:
                first, last = one.node.lineno - 1, one.node.end_lineno or one.node.lineno
                lines[first:last] = [""] * (last - first)
        counted = _lizard(path, "\n".join(lines))
        by_line = {} if isinstance(counted, str) else {one.start_line: one.cyclomatic_complexity for one in counted}
        for one in found:
            if one.digest not in _counted:
                _counted[one.digest] = by_line.get(one.node.lineno) or _branches(one.node)
    return {one.digest: _counted[one.digest] for one in found}


_Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def _definitions(tree: ast.Module) -> Iterator[tuple[str, _Definition]]:
    """Walk all definitions, outermost first; without recursion, for hostile nesting."""
    waiting: list[tuple[str, ast.AST]] = [("", tree)]
    while waiting:
        prefix, node = waiting.pop()
        for child in ast.iter_child_nodes(node):
            if isinstance(child, _Definition):
                name = f"{prefix}{child.name}"
                yield name, child
                waiting.append((f"{name}.", child))
            elif not isinstance(child, ast.expr):
                waiting.append((prefix, child))


_BRANCHES = (ast.If, ast.IfExp, ast.For, ast.AsyncFor, ast.While, ast.ExceptHandler, ast.comprehension)


def _branches(function: ast.AST) -> int:
    """Count McCabe's number as lizard does, leaving out functions within."""
    count = 1
    waiting = list(ast.iter_child_nodes(function))
    while waiting:
        node = waiting.pop()
        if isinstance(node, _Definition):
            continue
        count += isinstance(node, _BRANCHES)
        if isinstance(node, ast.BoolOp):
            count += len(node.values) - 1
        elif isinstance(node, ast.comprehension):
            count += len(node.ifs)
        elif isinstance(node, ast.match_case):
            count += 1
        elif isinstance(node, ast.Try | ast.TryStar):
            count += bool(node.finalbody)
        waiting.extend(ast.iter_child_nodes(node))
    return count


def _python_digest(node: ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    """Digest a function's syntax: without its name and docstring, functions within included."""
    body = node.body[1:] if ast.get_docstring(node, clean=False) is not None else node.body
    parts = [ast.dump(part) for part in (node.args, *node.decorator_list, *body)]
    returns = ast.dump(node.returns) if node.returns else ""
    return _digest([type(node).__name__, *parts, returns])


def compare_symbols(before: FileSymbols | None, after: FileSymbols | None) -> SymbolChanges:
    """Say what became of the definitions of a file.

    Args:
        before: What it defined; None where there was no file.
        after: What it defines; None where there is none.

    Returns:
        The difference. A side that was skipped makes no comparison: its definitions are not known.
    """
    old, new = before or FileSymbols(), after or FileSymbols()
    if reason := old.skipped or new.skipped:
        return SymbolChanges(skipped=reason)
    old_by_name, new_by_name = _by_name(old.functions), _by_name(new.functions)
    removed = {name: function for name, function in old_by_name.items() if name not in new_by_name}
    added = {name: function for name, function in new_by_name.items() if name not in old_by_name}
    renamed = _renames(removed, added)
    moved = {id(pair.before) for pair in renamed} | {id(pair.after) for pair in renamed}
    old_classes = {klass.name: klass for klass in old.classes}
    new_classes = {klass.name: klass for klass in new.classes}
    return SymbolChanges(
        added=tuple(function for function in added.values() if id(function) not in moved),
        removed=tuple(function for function in removed.values() if id(function) not in moved),
        changed=tuple(
            ChangedFunction(function, new_by_name[name])
            for name, function in old_by_name.items()
            if name in new_by_name and new_by_name[name].digest != function.digest
        ),
        renamed=renamed,
        classes_added=tuple(klass for name, klass in new_classes.items() if name not in old_classes),
        classes_removed=tuple(klass for name, klass in old_classes.items() if name not in new_classes),
        complexity_delta=new.complexity - old.complexity,
    )


_Key = tuple[str, int]
"""A name and how many of the same name stand before it: overloads, properties with setters."""


def _by_name(functions: tuple[Function, ...]) -> dict[_Key, Function]:
    """Key functions by name; the second of a name is another function."""
    found: dict[_Key, Function] = {}
    seen: dict[str, int] = {}
    for function in functions:
        count = seen.get(function.name, 0)
        seen[function.name] = count + 1
        found[function.name, count] = function
    return found


_TRIVIAL_LINES = 3
"""Functions of so few lines are often alike by chance."""


def _renames(removed: dict[_Key, Function], added: dict[_Key, Function]) -> tuple[ChangedFunction, ...]:
    """Pair functions that went with functions that came, where the digest fits exactly one on each side."""
    went: dict[str, list[Function]] = {}
    came: dict[str, list[Function]] = {}
    for side, functions in ((went, removed), (came, added)):
        for function in functions.values():
            if function.lines >= _TRIVIAL_LINES:
                side.setdefault(function.digest, []).append(function)
    return tuple(
        ChangedFunction(old[0], came[digest][0])
        for digest, old in went.items()
        if len(old) == 1 and len(came.get(digest, ())) == 1
    )
