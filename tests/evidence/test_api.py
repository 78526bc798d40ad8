"""Breaks of the public Python API."""

from __future__ import annotations

import logging
import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chronicles.evidence.api import Break, BreakKind, public_breaks, public_names

B = BreakKind


def breaks(before: str, after: str | None, path: str = "src/pkg/mod.py") -> list[tuple[str, str, str]]:
    """Compare two sources."""
    after = after if after is None else textwrap.dedent(after)
    return [
        (found.kind.value, found.name, found.detail) for found in public_breaks(path, textwrap.dedent(before), after)
    ]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("def f(): pass", "def g(): pass", ("name removed", "pkg.mod.f", "")),
        ("X = 1", "", ("name removed", "pkg.mod.X", "")),
        ("class A:\n def m(self): pass", "class A:\n pass", ("name removed", "pkg.mod.A.m", "")),
        ("def f(a, b): pass", "def f(a): pass", ("parameter removed", "pkg.mod.f", "b")),
        ("def f(a, b): pass", "def f(b, a): pass", ("parameter moved", "pkg.mod.f", "a")),
        ("def f(a): pass", "def f(a, b): pass", ("parameter required", "pkg.mod.f", "b")),
        ("def f(a=1): pass", "def f(a): pass", ("parameter required", "pkg.mod.f", "a")),
        ("def f(a): pass", "def f(*, a): pass", ("parameter kind changed", "pkg.mod.f", "a")),
        ("class A:\n def x(self): pass", "class A:\n x = 1", ("kind changed", "pkg.mod.A.x", "function to attribute")),
        ("class A(Exception): pass", "class A: pass", ("base class removed", "pkg.mod.A", "Exception")),
        (
            "def f(a): pass\nclass A:\n def __init__(self): pass",
            "def f(a): pass\nclass A:\n def __init__(self, b): pass",
            ("parameter required", "pkg.mod.A.__init__", "b"),
        ),
    ],
)
def test_what_callers_would_notice_is_a_break(before: str, after: str, expected: tuple[str, str, str]) -> None:
    """A name, parameter, kind or base that callers use and that went is told with its name."""
    assert expected in breaks(before, after)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("def f(): pass", "from ._new import f"),
        ("def f(): pass", "from ._new import *"),
        ("def f(): pass", "def __getattr__(name):\n    if name == 'f': return 1"),
        ("def _f(): pass", ""),
        ("__all__ = ['g']\ndef f(): pass\ndef g(): pass", "__all__ = ['g']\ndef g(): pass"),
        ("import os\nfrom re import compile", ""),
        ("def f(a=1): pass", "def f(a=2): pass"),
        ("def f() -> int: pass", "def f(): pass"),
        ("def f(a): pass", "def f(a, b=1, *c, **d): pass"),
        ("def f(**kw): pass", "def f(**options): pass"),
        ("def f(a, /): pass", "def f(b, /): pass"),
        ("class A(Base):\n def m(self): pass", "class A(Base): pass"),
        ("class A(Generic[T]): pass", "class A: pass"),
        ("class A:\n def __exit__(self, a, b, c): pass", "class A:\n def __exit__(self, *d): pass"),
        ("def f(a): pass", "class f:\n def __init__(self, a): pass"),
        ("T = TypeVar('T')\nlogger = logging.getLogger(__name__)", ""),
        ("class _A:\n def m(self): pass", ""),
        ("def f(): pass", "def f(: pass"),
        ("def f(: pass", "x = 1"),
        ("class A:\n def _m(self): pass", "class A: pass"),
    ],
)
def test_what_callers_would_not_notice_is_none(before: str, after: str) -> None:
    """Re-exports, private names, defaults, annotations, possible inheritance and unreadable code are no breaks."""
    assert breaks(before, after) == []


@pytest.mark.parametrize(
    "path",
    [
        "tests/a.py",
        "src/pkg/_mod.py",
        "docs/conf.py",
        "setup.py",
        "src/pkg/_in/mod.py",
        "examples/a.py",
        "a-b.py",
        "a.txt",
    ],
)
def test_private_modules_and_tests_have_no_api(path: str) -> None:
    """Where nothing is public, nothing breaks."""
    assert breaks("def f(): pass", "", path) == []
    assert public_names(path, "def f(): pass") == frozenset()


def test_a_gone_module_takes_its_names_along() -> None:
    """Each public name of the module is told once; a new file breaks nothing."""
    source = "def f(): pass\nclass A:\n def m(self): pass\ndef _g(): pass\nimport os\n"
    assert public_breaks("pkg/__init__.py", source, None) == (
        Break(B.MODULE_REMOVED, "pkg.A", ""),
        Break(B.MODULE_REMOVED, "pkg.f", ""),
    )
    assert public_breaks("pkg/mod.py", None, source) == ()


def test_public_names_are_those_that_can_be_relied_on() -> None:
    """`__all__` decides where there is one, the underscore elsewhere."""
    assert public_names("pkg/mod.py", "import os\nX = 1\ndef f(): pass\ndef _g(): pass") == {"X", "f"}
    assert public_names("pkg/mod.py", "from .a import b\n__all__ = ['b']\ndef f(): pass") == {"b"}


def test_nothing_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """The warnings of griffe about the code read do not reach the user, and its logger is left as it was."""
    logging.getLogger("griffe").disabled = False
    with caplog.at_level(logging.DEBUG):
        breaks(
            "from .x import *\nfrom a import b\n__all__ = ['b', *c]\n__all__ += d.e\ndef f(): pass\nx = '\\d'",
            "x = '\\d'",
        )
    assert caplog.records == []
    assert not logging.getLogger("griffe").disabled


piece = st.sampled_from(
    [
        "def f(a, *b, c=1): pass\n",
        "class A(f, B):\n x = 1\n",
        "from . import *\n",
        "__all__ = ['A'] + f\n",
        "f = A\n",
        "import f as A\n",
        "@A\n",
        "if f:\n",
        " ",
    ]
)


@given(st.lists(piece).map("".join) | st.text(), st.lists(piece).map("".join) | st.text())
def test_source_of_any_kind_is_compared_without_an_error(before: str, after: str) -> None:
    """No two sources raise, and a module never breaks against itself."""
    public_breaks("pkg/mod.py", before, after)
    assert public_breaks("pkg/mod.py", before, before + "\n") == ()


def test_a_base_of_another_module_is_no_crash() -> None:
    """A member that went from a class whose base is reached through an import may be inherited, so it is no break."""
    before = "import textwrap\nclass Wrapper(textwrap.TextWrapper):\n    def indent(self): ...\n"
    after = "import textwrap\nclass Wrapper(textwrap.TextWrapper):\n    pass\n"
    assert public_breaks("pkg/formatting.py", before, after) == ()
