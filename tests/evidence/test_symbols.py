"""Functions and classes, and what became of them."""

from __future__ import annotations

import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chronicles.evidence import symbols as module
from chronicles.evidence.symbols import FileSymbols, Function, compare_symbols, symbols, tool_version

SOURCE = textwrap.dedent('''
    """A module."""

    class Table:
        """A table."""

        @property
        def size(self):
            """Its size."""
            return len(self.rows) if self.rows else 0

        async def load(self, path):
            def open_it():
                return open(path)
            for row in open_it():
                if row and row[0]:
                    self.rows.append(row)

        class Row:
            def one(self): return 1 if self else 2

    if True:
        def late():
            pass
''')


def named(found: FileSymbols) -> dict[str, Function]:
    """Key functions by name."""
    return {function.name: function for function in found.functions}


def test_python_definitions_have_qualified_names_and_complexity() -> None:
    """Methods, properties, coroutines, inner and conditional definitions are found with their lines."""
    found = symbols("src/a.py", SOURCE)
    assert [(f.name, f.start, f.end, f.complexity) for f in found.functions] == [
        ("Table.size", 8, 10, 2),
        ("Table.load", 12, 17, 4),
        ("Table.load.open_it", 13, 14, 1),
        ("Table.Row.one", 20, 20, 2),
        ("late", 23, 24, 1),
    ]
    assert [(k.name, k.start, k.end) for k in found.classes] == [("Table", 4, 20), ("Table.Row", 19, 20)]
    assert found.classes_known
    assert found.complexity == 10


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("a.js", "function f(a) { if (a && b) { return 1 } }\n", [("f", 3)]),
        ("a.go", "package a\nfunc F(a int) int {\n  for i := 0; i < a; i++ {}\n  return a\n}\n", [("F", 2)]),
        ("a.c", "int f(int a) { return a ? 1 : 2; }\n", [("f", 2)]),
        ("a.rs", "fn f(a: i32) -> i32 { if a > 0 { 1 } else { 2 } }\n", [("f", 2)]),
    ],
)
def test_other_languages_are_read_by_lizard(path: str, text: str, expected: list[tuple[str, int]]) -> None:
    """Functions and complexity come from lizard, and classes are said not to be known."""
    found = symbols(path, text)
    assert [(f.name, f.complexity) for f in found.functions] == expected
    assert not found.classes_known


def test_our_own_count_agrees_with_lizards() -> None:
    """Where lizard overlooks a definition, the count that stands in for it follows the same rule."""
    import ast  # noqa: PLC0415 - used here only

    body = "    try:\n        x = [y for y in z if y and w]\n    except E:\n        pass\n"
    body += "    finally:\n        pass\n    assert x\n"
    body += "    match x:\n        case 1:\n            pass\n    while a or b: x = 1 if a else 2\n"
    text = f"def f():\n{body}"
    counted = module._lizard("a.py", text)
    assert not isinstance(counted, str)
    assert counted[0].cyclomatic_complexity == module._branches(ast.parse(text).body[0])


def test_layout_comments_and_docstrings_change_no_function() -> None:
    """A reformatted file has no changed function; a changed condition is one."""
    loose = 'def f(a):\n    """Say."""\n    # why\n    return g(a,\n             1)\n'
    tight = "def f(a):\n\n    return g(a, 1)\n"
    other = "def f(a):\n    return g(a, 2)\n"
    assert compare_symbols(symbols("a.py", loose), symbols("a.py", tight)).changed == ()
    (pair,) = compare_symbols(symbols("a.py", tight), symbols("a.py", other)).changed
    assert (pair.before.name, pair.complexity_delta) == ("f", 0)
    c = "int f(int a) {\n  /* why */ return a; // so\n}\n"
    assert compare_symbols(symbols("a.c", c), symbols("a.c", "int f(int a) { return a; }\n")).changed == ()


def test_what_came_went_and_changed_is_told() -> None:
    """Functions and classes are compared by name, and complexity is summed."""
    before = "class A:\n    def m(self): return 1\ndef gone(): pass\ndef kept(a): return a\n"
    after = "class B:\n    def m(self): return 1\ndef kept(a):\n    if a: return a\ndef new():\n    if x: pass\n"
    found = compare_symbols(symbols("a.py", before), symbols("a.py", after))
    assert [f.name for f in found.added] == ["B.m", "new"]
    assert [f.name for f in found.removed] == ["A.m", "gone"]
    assert [pair.after.name for pair in found.changed] == ["kept"]
    assert [k.name for k in found.classes_added + found.classes_removed] == ["B", "A"]
    assert found.complexity_delta == 5 - 3


def test_a_renamed_function_neither_came_nor_went() -> None:
    """The same tokens under another name are one function, unless several are alike."""
    body = "(a):\n    b = a + 1\n    return b * 2\n"
    found = compare_symbols(symbols("a.py", f"def old{body}"), symbols("a.py", f"def new{body}"))
    assert [(pair.before.name, pair.after.name) for pair in found.renamed] == [("old", "new")]
    assert found.added == found.removed == ()
    twice = compare_symbols(symbols("a.py", f"def old{body}"), symbols("a.py", f"def new{body}\ndef more{body}"))
    assert twice.renamed == ()


def test_overloads_are_told_apart() -> None:
    """The second function of a name is another function."""
    before = "class A:\n    @property\n    def x(self): return 1\n    @x.setter\n    def x(self, v): pass\n"
    found = compare_symbols(symbols("a.py", before), symbols("a.py", before.replace("pass", "self.v = v")))
    assert len(found.changed) == 1
    assert found.added == ()


@pytest.mark.parametrize(
    ("path", "text", "reason"),
    [
        ("a.py", "x = 1\n" * 100_000, "larger than 400,000 characters"),
        ("a.js", "function f(){return 1};" * 400, "minified"),
        ("a.py", "def (", "not Python that can be parsed here: SyntaxError"),
        ("a.md", "text", "no language that can be read"),
    ],
)
def test_what_is_not_read_says_why(path: str, text: str, reason: str) -> None:
    """A skipped file has a reason, and makes no comparison."""
    found = symbols(path, text)
    assert found == FileSymbols(skipped=reason)
    assert compare_symbols(found, symbols("a.py", "def f(): pass")).skipped == reason


def test_tests_are_told_from_functions() -> None:
    """A test function is one by its name and its file."""
    text = "def test_it(): pass\ndef helper(): pass\n"
    assert [f.is_test for f in symbols("tests/test_a.py", text).functions] == [True, False]
    assert [f.is_test for f in symbols("src/a.py", text).functions] == [False, False]


def test_a_new_file_adds_all_and_a_gone_one_removes_all() -> None:
    """No file on one side means nothing defined there."""
    found = symbols("a.py", "def f(): pass\n")
    assert compare_symbols(None, found).added == found.functions
    assert compare_symbols(found, None).removed == found.functions


@given(
    st.sampled_from(["a.py", "a.js", "a.c", "a.go", "a.rb", "a.tsx"]),
    st.text(max_size=200) | st.text("(){}[]\"'/*#\n \\:;if=>", max_size=200),
)
def test_text_of_any_kind_is_read_or_skipped(path: str, text: str) -> None:
    """No content raises."""
    found = symbols(path, text)
    assert found.skipped is None or not found.functions


def test_the_tool_is_named_with_its_version() -> None:
    """A page can say what counted."""
    assert tool_version().startswith("lizard 1.")
