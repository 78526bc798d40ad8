"""The public Python API of two trees: what importers lose, told once and by the name that they know."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

INIT = {"pkg/__init__.py": ""}


def source(text: str) -> str:
    """A module's text without the indentation of the test around it."""
    return textwrap.dedent(text)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("def f(): ...\ndef g(): ...", "def g(): ...", "removed pkg.m.f"),
        ("X = 1\nY = 2", "Y = 2", "removed pkg.m.X"),
        ("class A:\n    def m(self): ...\n    n = 1", "class A:\n    n = 1", "removed pkg.m.A.m"),
        ("class A:\n    def __len__(self): ...\n    n = 1", "class A:\n    n = 1", "removed pkg.m.A.__len__"),
        ("def f(a, b): ...", "def f(a): ...", "changed pkg.m.f (no longer takes b)"),
        ("def f(a): ...", "def f(a, b): ...", "changed pkg.m.f (now requires b)"),
        ("def f(a=1): ...", "def f(a): ...", "changed pkg.m.f (now requires a)"),
        ("def f(a): ...", "def f(*, a): ...", "changed pkg.m.f (takes a by name only)"),
        ("def f(a, b): ...", "def f(b, a): ...", "changed pkg.m.f (takes a and b at another position)"),
        ("def f(a): ...", "def f(b): ...", "changed pkg.m.f (calls its parameter a now b)"),
        ("def f(a, b, c): ...", "def f(a, c): ...", "changed pkg.m.f (no longer takes b)"),
        ("def f(*args): ...", "def f(*, a): ...", "changed pkg.m.f (no longer takes args; now requires a)"),
        ("def f(**more): ...", "def f(a, /): ...", "changed pkg.m.f (no longer takes more; now requires a)"),
        ("def f(a, **more): ...", "def f(a): ...", "changed pkg.m.f (no longer takes more)"),
        ("def f(): ...", "async def f(): ...", "changed pkg.m.f (has to be awaited now)"),
        (
            "class A:\n    @classmethod\n    def m(cls): ...",
            "class A:\n    def m(self): ...",
            "only be called on an inst",
        ),
        ("class A: ...", "def A(): ...", "changed pkg.m.A (was a class, is a function now)"),
        ("class TimeoutError(Exception): ...", "", "removed pkg.m.TimeoutError"),
        ("open = 1\nX = 2", "X = 2", "removed pkg.m.open"),
        ("if X:\n    Y = 2", "", "removed pkg.m.Y"),
        ("def f(): ...", "f = 3", "changed pkg.m.f (was a function, is a value now)"),
        ("class A(ValueError): ...", "class A(Exception): ...", "changed pkg.m.A (is no longer a ValueError)"),
        (
            "class A:\n    def __init__(self, a): ...",
            "class A:\n    def __init__(self): ...",
            "pkg.m.A (no longer takes a)",
        ),
        (
            "from dataclasses import dataclass\n@dataclass\nclass A:\n    a: int\n    b: int = 1",
            "from dataclasses import dataclass\n@dataclass\nclass A:\n    a: int\n    b: int",
            "changed pkg.m.A (now requires b)",
        ),
        (
            "from dataclasses import dataclass\n@dataclass\nclass A:\n    a: int",
            "from dataclasses import dataclass\n@dataclass(kw_only=True)\nclass A:\n    a: int",
            "changed pkg.m.A (takes a by name only)",
        ),
        (
            "class CacheException(Exception):\n    '''It.'''",
            "class CacheError(Exception):\n    '''It.'''",
            "renamed pkg.m.CacheException CacheException -> CacheError",
        ),
    ],
)
def test_what_importers_lose_is_told(
    breaks_of: Callable[..., list[str]], before: str, after: str, expected: str
) -> None:
    """A name, member, parameter or base that went is one break, in the words of its kind."""
    found = breaks_of(INIT | {"pkg/m.py": before + "\n"}, INIT | {"pkg/m.py": after + "\n"})
    assert len(found) == 1, found
    assert expected in found[0]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("def f(): ...", "from ._new import f"),
        ("def f(): ...", "from somewhere_else import *"),
        ("def f(): ...", "_old = {'f': 1}\ndef __getattr__(name): return _old[name]"),
        ("def f(): ...", "import functools\nf = functools.partial(print)"),
        ("def _f(): ...", ""),
        ("__all__ = ['g']\ndef f(): ...\ndef g(): ...", "__all__ = ['g']\ndef g(): ..."),
        ("import os\nX: int", "X: int"),
        ("from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    T = int", ""),
        ("def f(a=1): ...", "def f(a=2, b=3): ..."),
        ("def f(__a): ...\ndef g(a, /): ...", "def f(__b): ...\ndef g(b, /): ..."),
        ("def f(a): ...", "def f(*args, **more): ..."),
        ("class A:\n    def m(*args, **more): ...", "class A:\n    def m(__self, __do, *args, **more): ..."),
        ("def f(*args, **more): ...", "def f(a, b=1): ..."),
        ("def f(a, **more): ...", "def f(a, b): ..."),
        ("def f(a, **more): ...", "def f(a, *, b): ..."),
        ("class A:\n    def __unicode__(self): ...", "class A: ..."),
        ("try:\n    FileNotFoundError\nexcept NameError:\n    FileNotFoundError = OSError", ""),
        ("import sys\nif sys.version_info[0] > 2:\n    unicode = str", ""),
        ("class A:\n    def m(self): ...", "class _B:\n    def m(self): ...\nclass A(_B): ..."),
        ("class A:\n    def __eq__(self, other): ...", "class A: ..."),
        ("class A(Exception): ...", "class A(ValueError): ..."),
        ("import typing\nclass A(typing.List): ...", "class A(list): ..."),
        ("import enum\nclass A(str, enum.Enum):\n    a = 'a'", "import enum\nclass A(enum.StrEnum):\n    a = 'a'"),
        ("import click\n@click.command()\ndef f(a): ...", "import click\n@click.command()\ndef f(): ..."),
        ("from typing import TypeVar\nT = TypeVar('T')", ""),
        ("f = 1", "f = ("),
    ],
)
def test_what_importers_keep_is_not_told(breaks_of: Callable[..., list[str]], before: str, after: str) -> None:
    """What is still importable and callable as it was, and what was nobody's to import, is no break."""
    assert breaks_of(INIT | {"pkg/m.py": before + "\n"}, INIT | {"pkg/m.py": after + "\n"}) == []


def test_what_a_package_offers_of_private_modules_is_its_own(breaks_of: Callable[..., list[str]]) -> None:
    """A class of `_core.py` that `__init__.py` imports is told by the package's name, and what it inherits too."""
    init = "from ._core import Client, get\nfrom ._more import *\n"
    before = {
        "src/pkg/__init__.py": init,
        "src/pkg/_core.py": "from ._base import Base\nclass Client(Base):\n    x = 1\ndef get(url, app): ...\n",
        "src/pkg/_base.py": "class Base:\n    def close(self): ...\n",
        "src/pkg/_more.py": "__all__ = ['more']\ndef more(): ...\ndef less(): ...\n",
    }
    after = before | {
        "src/pkg/_core.py": "from ._base import Base\nclass Client(Base):\n    x = 1\ndef get(url): ...\n",
        "src/pkg/_base.py": "class Base: ...\n",
        "src/pkg/_more.py": "__all__ = []\n",
    }
    assert breaks_of(before, after) == [
        "removed pkg.Client.close",
        "removed pkg.more",
        "changed pkg.get (no longer takes app)",
    ]


def test_a_module_beside_a_private_one_offers_what_it_lists_of_it(breaks_of: Callable[..., list[str]]) -> None:
    """`api.py`, itself unchanged, lists a class that the private module it imports from does not have any more."""
    before = INIT | {
        "pkg/api.py": "from ._far import *\nfrom ._impl import get\n__all__ = ['get', 'far']\n",
        "pkg/_impl.py": "def get(url, app): ...\n",
        "pkg/_far.py": "from ._further import far\n__all__ = ['far']\n",
        "pkg/_further.py": "def far(one): ...\n",
    }
    after = before | {"pkg/_impl.py": "def get(url): ...\n", "pkg/_further.py": "def far(): ...\n"}
    assert breaks_of(before, after) == [
        "changed pkg.api.get (no longer takes app)",
        "changed pkg.api.far (no longer takes one)",
    ]


def test_a_name_is_told_once_by_its_shortest_path(breaks_of: Callable[..., list[str]]) -> None:
    """What the package offers comes first and is not told again of the module that defines it."""
    before = {
        "pkg/__init__.py": "from .core import A as A\n",
        "pkg/core.py": "class A:\n    def m(self): ...\ndef helper(): ...\n",
    }
    after = {"pkg/__init__.py": "", "pkg/core.py": "X = 1\n"}
    assert breaks_of(before, after) == ["removed pkg.A", "removed pkg.core.helper"]


def test_a_name_that_left_one_of_its_paths_is_told_with_the_other(breaks_of: Callable[..., list[str]]) -> None:
    """A class that its module no longer has, and the package still offers, changed its import path."""
    before = {"pkg/__init__.py": "from .old import A\n", "pkg/old.py": "class A:\n    x = 1\nY = 2\n"}
    after = {
        "pkg/__init__.py": "from .new import A\n",
        "pkg/old.py": "Y = 2\n",
        "pkg/new.py": "class A:\n    x = 1\n",
    }
    assert breaks_of(before, after) == ["import path changed pkg.old.A pkg.old -> pkg"]


def test_a_module_that_moved_is_one_line(breaks_of: Callable[..., list[str]]) -> None:
    """All of a module's names that lie elsewhere are its move; one that stayed behind nowhere is removed."""
    body = "def one(a): ...\n\n\nclass Two:\n    def three(self): ...\n"
    before = INIT | {"pkg/a.py": body, "pkg/b.py": body.replace("one", "four").replace("Two", "Five") + "Z = 1\n"}
    after = INIT | {"pkg/sub/__init__.py": "", "pkg/sub/a.py": body, "pkg/sub/b.py": before["pkg/b.py"][:-6]}
    assert breaks_of(before, after) == [
        "module moved pkg.a pkg -> pkg.sub",
        "import path changed pkg.b.Five pkg.b -> pkg.sub.b",
        "import path changed pkg.b.four pkg.b -> pkg.sub.b",
        "removed with its module pkg.b.Z",
    ]


def test_a_move_that_could_be_to_two_places_is_a_removal(breaks_of: Callable[..., list[str]]) -> None:
    """Of two candidates neither is told."""
    before = INIT | {"pkg/m.py": "def f(a): ...\nX = 1\n"}
    after = INIT | {"pkg/m.py": "X = 1\n", "pkg/n.py": "def f(a): ...\n", "pkg/o.py": "def f(a): ...\n"}
    assert breaks_of(before, after) == ["removed pkg.m.f"]


def test_a_package_that_went_is_one_group(breaks_of: Callable[..., list[str]]) -> None:
    """Modules that went with their package are listed under it."""
    before = INIT | {"pkg/x/__init__.py": "", "pkg/x/a.py": "def f(): ...\n", "pkg/x/b.py": "def g(): ...\n"}
    assert breaks_of(before, INIT) == [
        "removed with its module pkg.x.a.f",
        "removed with its module pkg.x.b.g",
    ]


def test_a_member_of_a_class_with_a_base_from_outside_is_told_with_the_doubt(
    breaks_of: Callable[..., list[str]],
) -> None:
    """It may be had from the base still; one that asks the base for the same, or looks like a hook, is not told."""
    head = "import framework\n\n\n"
    one = "class One(framework.Base):\n    def own(self): ...\n    def hook(self): ...\n"
    one += "    def up(self):\n        super().up()\n"
    two = "class Two(framework.Base):\n    def hook(self): ...\n"
    before = INIT | {"pkg/m.py": f"{head}{one}\n\n{two}"}
    after = INIT | {"pkg/m.py": f"{head}class One(framework.Base): ...\n\n\n{two}"}
    assert breaks_of(before, after) == ["no longer defined pkg.m.One.own"]


def test_tests_examples_and_what_came_inside_the_range_break_nothing(breaks_of: Callable[..., list[str]]) -> None:
    """Only modules that users get count, and only names of the tree before."""
    gone = {f"{folder}/m.py": "def f(): ...\n" for folder in ("tests", "docs", "examples", "scripts", "pkg/_private")}
    assert breaks_of(INIT | gone, INIT | {"pkg/new.py": "def g(): ...\n"}) == []


def test_two_hundred_names_are_counted_and_forty_of_them_named(breaks_of: Callable[..., list[str]]) -> None:
    """Beyond forty of one line the rest is a number, and the count has them all."""
    body = "".join(f"def name_{number:03}(): ...\n" for number in range(200))
    found = breaks_of(INIT | {"pkg/m.py": body + "X = 1\n"}, INIT | {"pkg/m.py": "X = 1\n"})
    assert len(found) == 40
    assert found[-1] == "removed pkg.m.name_039"
