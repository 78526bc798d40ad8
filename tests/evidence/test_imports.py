"""Who imports whom."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from chronicles.evidence.imports import import_edges, imported_modules, module_name


def test_modules_are_named_from_their_path() -> None:
    """Source roots and `__init__` are no part of a module's name."""
    assert module_name("src/click/core.py") == "click.core"
    assert module_name("pkg/__init__.py") == "pkg"
    assert module_name("setup.py") == "setup"


def test_python_imports_are_resolved_against_the_file() -> None:
    """Absolute, relative and late imports are listed, the names taken included, since a name may be a module."""
    text = "import os.path as p\nfrom . import a\nfrom ..b import c\n"
    text += "def f():\n    from .d import *\nfrom .... import too_far\n"
    assert imported_modules("src/pkg/sub/mod.py", text) == {
        "os.path",
        "pkg.sub",
        "pkg.sub.a",
        "pkg.b",
        "pkg.b.c",
        "pkg.sub.d",
    }
    assert imported_modules("src/pkg/sub/__init__.py", "from . import a") == {"pkg.sub", "pkg.sub.a"}


def test_javascript_and_go_imports_are_read() -> None:
    """Relative paths are resolved; packages from outside are left to the manifests."""
    text = "import x, {\n y } from './a/b'\nexport * from '../c.js'\n"
    text += "const z = require('./d')\nimport 'react'\nimport './e'\n"
    assert imported_modules("web/src/m.ts", text) == {"web/src/a/b", "web/c.js", "web/src/d", "web/src/e"}
    go = 'package m\nimport "fmt"\nimport (\n\tx "example.org/a/b/core"\n\t_ "os"\n)\n'
    assert imported_modules("m.go", go) == {"fmt", "example.org/a/b/core", "os"}


def test_edges_lead_between_components_of_the_tree() -> None:
    """What is not in the tree, or in the same component, is no edge."""
    tree = {"core/a.py", "api/__init__.py", "api/b.py", "web/m.ts", "ui/n/index.ts", "cmd/m.go", "pkg/x.go"}
    files = {
        "api/b.py": {"core.a", "core.a.f", "os", "api"},
        "web/m.ts": {"ui/n"},
        "cmd/m.go": {"example.org/a/b/pkg", "fmt"},
    }
    assert import_edges(files, tree) == {("api", "core"), ("web", "ui"), ("cmd", "pkg")}
    assert import_edges(files, tree, globs=["*"]) == {("api", "core"), ("web", "ui"), ("cmd", "pkg")}


@given(st.sampled_from(["a.py", "b/c.ts", "d.go", "e.txt"]), st.text())
def test_any_text_is_read(path: str, text: str) -> None:
    """No content raises."""
    import_edges({path: imported_modules(path, text)}, {path})
