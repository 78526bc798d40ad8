"""Which modules a file imports, and which parts of the tree thereby come to depend on which.

Python is read with `ast`, function-level imports included, relative ones resolved against the file's own place.
JavaScript and TypeScript imports of relative paths and Go's import blocks are read by their first words. An edge
is counted only where the module named is a file of the same tree: what comes from outside is a dependency and
read from the manifests. A file that cannot be parsed imports nothing known.
"""

from __future__ import annotations

import ast
import posixpath
import re
import warnings
from functools import lru_cache
from typing import TYPE_CHECKING

from chronicles.evidence.kinds import component

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet

__all__ = ["ImportEdge", "import_edges", "imported_modules", "module_name", "places_of"]

ImportEdge = tuple[str, str]
"""From one component to another."""

SOURCE_ROOTS = ("src", "lib", "python")
"""Top-level folders that hold packages without being one."""

_JS = re.compile(
    r"""(?:^|[;\n])\s*(?:import|export)\b[^'";]{0,2000}?\bfrom\s*['"]([^'"\n]+)['"]|(?:^|[;\n])\s*import\s*['"]([^'"\n]+)['"]"""
    r"""|\b(?:require|import)\(\s*['"]([^'"\n]+)['"]\s*\)"""
)
_JS_ENDINGS = (".js", ".jsx", ".mjs", ".cjs", ".ts", ".tsx", ".mts", ".cts", ".vue", ".svelte")
_GO = re.compile(r'(?m)^import\s+(?:[\w.]+\s+)?"([^"\n]+)"|^import\s*\(([^)]*)\)')


def module_name(path: str) -> str:
    """Name the Python module that a path is.

    "src/click/core.py" -> "click.core", "pkg/__init__.py" -> "pkg"
    """
    parts = path.removesuffix(".pyi").removesuffix(".py").split("/")
    if len(parts) > 1 and parts[0] in SOURCE_ROOTS:
        parts = parts[1:]
    if len(parts) > 1 and parts[-1] == "__init__":
        parts = parts[:-1]
    return ".".join(parts)


@lru_cache(maxsize=256)
def imported_modules(path: str, text: str) -> frozenset[str]:
    """List what a file imports.

    Args:
        path: Its path, which tells the language and what relative imports are relative to.
        text: Its contents.

    Returns:
        Dotted names for Python, the module and each name taken from it, since either may be a file; paths without
        their ending for JavaScript and TypeScript; import paths for Go. Empty for other languages.
    """
    if path.endswith((".py", ".pyi")):
        return frozenset(_python(path, text))
    if path.endswith(_JS_ENDINGS):
        here = posixpath.dirname(path)
        names = {name for groups in _JS.findall(text) for name in groups if name.startswith(".")}
        return frozenset(posixpath.normpath(posixpath.join(here, name)) for name in names)
    if path.endswith(".go"):
        return frozenset(_go(text))
    return frozenset()


def _python(path: str, text: str) -> Iterator[str]:
    """List the modules that a Python file imports."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # an invalid escape in their code is no news here
            tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    package = module_name(path).split(".")
    if not path.endswith(("/__init__.py", "/__init__.pyi")):
        package = package[:-1]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            if node.level > len(package):
                continue  # out of the tree
            source = ".".join([*base, *(node.module or "").split(".")]).strip(".")
            if source:
                yield source
            yield from (f"{source}.{alias.name}".strip(".") for alias in node.names if alias.name != "*")


def _go(text: str) -> Iterator[str]:
    for single, block in _GO.findall(text):
        if single:
            yield single
        yield from re.findall(r'"([^"\n]+)"', block)


def import_edges(
    files: Mapping[str, Iterable[str]], tree_paths: AbstractSet[str], *, globs: Sequence[str] = ()
) -> frozenset[ImportEdge]:
    """List which components depend on which.

    Args:
        files: What each file imports, by its path, as `imported_modules` gives it.
        tree_paths: All paths of the tree.
        globs: Configured components.

    Returns:
        From and to, for imports that lead from one component into another.
    """
    places = places_of(tree_paths)
    edges: set[ImportEdge] = set()
    for path, modules in files.items():
        source = component(path, globs)
        for module in modules:
            target = places.get(module)
            if target is None and path.endswith(".go"):
                target = _go_folder(module, places)
            if target is not None and (name := component(target, globs)) != source:
                edges.add((source, name))
    return frozenset(edges)


def places_of(tree_paths: AbstractSet[str]) -> dict[str, str]:
    """Map what an import may be called to the file it means; the smallest path wins a tie."""
    places: dict[str, str] = {}
    for path in sorted(tree_paths, reverse=True):
        if path.endswith((".py", ".pyi")):
            places[module_name(path)] = path
        elif path.endswith(_JS_ENDINGS):
            stem = path.rpartition(".")[0]
            for name in (path, stem, stem.removesuffix("/index")):
                places[name] = path
        elif path.endswith(".go"):
            places[posixpath.dirname(path)] = path
    return places


def _go_folder(module: str, places: Mapping[str, str]) -> str | None:
    """Find the folder a Go import means: its path after `host/owner/repository`."""
    return places.get(module.split("/", 3)[-1]) if module.count("/") > 2 else None
