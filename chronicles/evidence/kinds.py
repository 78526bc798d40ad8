"""What a file is for, read from its path and from the tree's own marks.

A change of ten thousand lines in a lock file is not a change of ten thousand lines. So each path is given one
kind, by the first rule that speaks: the linguist marks of the tree's `.gitattributes` (the repository's own
word goes first, a mark taken back included), then the names that tools and habits have made usual. Contents
are never read: a kind must be known for 20,000 files of one commit in a moment.

Left out on purpose: linguist's own heuristics over contents, and its macros (`[attr]`), which no repository
met so far uses for these marks.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from chronicles.evidence.globs import Glob
from chronicles.evidence.quoting import unquote

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

__all__ = ["FileKind", "LinguistMarks", "Marks", "classify", "component", "language"]


class FileKind(StrEnum):
    """What a file is for."""

    SOURCE = "source"
    TEST = "test"
    DOCS = "docs"
    MANIFEST = "manifest"
    """Says which packages the project needs."""
    LOCK = "lock"
    """Says which versions of them were taken."""
    CI = "ci"
    CONFIG = "config"
    GENERATED = "generated"
    VENDORED = "vendored"
    DATA = "data"
    ASSET = "asset"
    """Pictures, fonts, archives: whatever git counts no lines in."""
    OTHER = "other"

    @property
    def written_here(self) -> bool:
        """Whether people of this project write such files by hand."""
        return self not in {FileKind.GENERATED, FileKind.VENDORED, FileKind.LOCK, FileKind.DATA, FileKind.ASSET}


@dataclass(frozen=True, slots=True)
class Marks:
    """What the tree says of one path; None where it says nothing."""

    generated: bool | None = None
    vendored: bool | None = None
    documentation: bool | None = None


@dataclass(frozen=True, slots=True)
class _Rule:
    """One line of a `.gitattributes` file."""

    folder: str
    """The folder of the file, ending in a slash; empty at the top."""
    glob: Glob
    states: tuple[tuple[str, bool | None], ...]
    """Mark and state; None takes an earlier word back."""


_MARKS = ("linguist-generated", "linguist-vendored", "linguist-documentation")
_MAX_RULES = 5000


@dataclass(frozen=True, slots=True)
class LinguistMarks:
    """The linguist marks of one tree."""

    rules: tuple[_Rule, ...] = ()
    """Weakest first: by depth of folder, then by line; the last that matches wins."""
    left_out: int = 0
    """Lines beyond the bound, which were not read."""

    @classmethod
    def parse(cls, files: Mapping[str, str]) -> LinguistMarks:
        """Read the marks of a tree.

        Args:
            files: The text of each `.gitattributes` file, by its path from the top.
        """
        rules: list[_Rule] = []
        for path, text in sorted(files.items(), key=lambda item: (item[0].count("/"), item[0])):
            folder = path[: path.rfind("/") + 1]
            rules.extend(rule for line in text.split("\n") if (rule := _parse_line(folder, line)))
        return cls(tuple(rules[:_MAX_RULES]), max(0, len(rules) - _MAX_RULES))

    def of(self, path: str) -> Marks:
        """What the tree says of a path."""
        if not self.rules:
            return Marks()
        states: dict[str, bool | None] = {}
        for rule in self.rules:
            if path.startswith(rule.folder) and rule.glob.matches(path[len(rule.folder) :]):
                states.update(rule.states)
        return Marks(*(states.get(mark) for mark in _MARKS))


def _parse_line(folder: str, line: str) -> _Rule | None:
    """Read one line; None where it marks nothing of ours.

    "dist/** linguist-generated -diff" -> Glob("dist/**"), (("linguist-generated", True),)
    """
    line = line.strip(" \t\r\n")
    if not line or line.startswith("#") or "linguist-" not in line:
        return None
    if line.startswith('"'):
        end = re.match(r'"(?:[^"\\]|\\.)*"', line)
        if end is None:
            return None
        pattern, rest = unquote(end.group()), line[end.end() :]
    else:
        pattern, _, rest = line.replace("\t", " ").partition(" ")
    if pattern.startswith(("!", "[attr]")):  # git forbids the first; the second defines a macro
        return None
    states = tuple(state for word in rest.split() if (state := _parse_state(word)))
    return _Rule(folder, Glob(pattern), states) if states else None


def _parse_state(word: str) -> tuple[str, bool | None] | None:
    """Read `mark`, `-mark`, `!mark`, `mark=true` or `mark=false`."""
    name, _, value = word.lstrip("-!").partition("=")
    if name not in _MARKS:
        return None
    if word.startswith("!"):
        return name, None
    return name, not word.startswith("-") and value.lower() not in {"false", "0", "no", "off"}


_VENDORED = re.compile(
    r"(?:^|/)(?:node_modules|bower_components|vendor|third[-_]?party|_vendor|_vendored|Godeps|site-packages|Carthage|Pods)/"
)
_GENERATED = re.compile(
    r"\.min\.(?:js|css|mjs)$|\.(?:js|css|mjs)\.map$|_pb2(?:_grpc)?\.pyi?$|\.pb\.(?:go|cc|h)$|_pb\.(?:js|d\.ts)$|"
    r"(?:^|[/._])generated[._/]|\.g\.(?:dart|cs)$|\.designer\.cs$|(?:^|/)__generated__/|(?:^|/)__snapshots__/|"
    r"\.snap$|(?:^|/)(?:dist|_build)/",
    re.IGNORECASE,
)
_LOCKS = frozenset(
    [
        "package-lock.json",
        "npm-shrinkwrap.json",
        "yarn.lock",
        "pnpm-lock.yaml",
        "bun.lock",
        "bun.lockb",
        "deno.lock",
        "poetry.lock",
        "pdm.lock",
        "uv.lock",
        "pipfile.lock",
        "pixi.lock",
        "conda-lock.yml",
        "cargo.lock",
        "gemfile.lock",
        "composer.lock",
        "go.sum",
        "go.work.sum",
        "flake.lock",
        "mix.lock",
        "pubspec.lock",
        "podfile.lock",
        "packages.lock.json",
        "gradle.lockfile",
        "package.resolved",
        "pylock.toml",
    ]
)
_MANIFESTS = frozenset(
    [
        "pyproject.toml",
        "setup.py",
        "setup.cfg",
        "pipfile",
        "package.json",
        "go.mod",
        "go.work",
        "cargo.toml",
        "gemfile",
        "composer.json",
        "build.gradle",
        "build.gradle.kts",
        "pom.xml",
        "mix.exs",
        "pubspec.yaml",
        "podfile",
        "package.swift",
        "environment.yml",
        "deno.json",
        "flake.nix",
        "build.sbt",
        "project.clj",
        "constraints.txt",
    ]
)
_MANIFEST_LIKE = re.compile(
    r"(?:^|/)(?:[\w.-]*requirements[\w.-]*|constraints[\w.-]*)\.(?:txt|in)$|(?:^|/)requirements/"
)
_CI = re.compile(
    r"^(?:\.github/(?:workflows|actions)/|\.circleci/|\.buildkite/|\.gitlab/|\.travis/|\.woodpecker/|\.ci/|ci/|"
    r"\.azure-pipelines/)|(?:^|/)(?:\.gitlab-ci\.yml|\.travis\.ya?ml|\.cirrus\.ya?ml|appveyor\.ya?ml|"
    r"\.appveyor\.yml|azure-pipelines\.ya?ml|jenkinsfile|\.drone\.ya?ml|bitbucket-pipelines\.yml|\.?codecov\.ya?ml|"
    r"\.github/dependabot\.ya?ml)$",
    re.IGNORECASE,
)
_TEST = re.compile(
    r"(?:^|/)(?:tests?|__tests__|spec|t|e2e)/|(?:^|/)(?:test_[^/]*|[^/]*_test|[^/]*_spec|conftest)\."
    r"(?:py|go|rs|rb|c|cc|cpp|js|ts|exs)$|\.(?:test|spec)\.[cm]?[jt]sx?$|[a-z0-9]Tests?\.(?:java|kt|cs|swift)$"
)
_DOCS_FOLDER = re.compile(r"(?:^|/)(?:docs?|documentation|man)/", re.IGNORECASE)
_DOCS_NAME = re.compile(
    r"(?:^|/)(?:readme|changelog|changes|history|news|contributing|authors|contributors|maintainers|"
    r"code_of_conduct|security|licen[cs]e|copying|notice|install|todo|upgrading|faq|roadmap|governance|support|"
    r"citation)(?:[-._][^/]*)?$|\.(?:md|mdx|rst|adoc|asciidoc|txt|tex|pod)$",
    re.IGNORECASE,
)
_CONFIG = re.compile(
    r"(?:^|/)\.[^/]+$|\.(?:toml|ini|cfg|conf|config|properties|ya?ml|env|editorconfig|hcl|tf|tfvars|nix|plist)$|"
    r"(?:^|/)(?:dockerfile(?:\.[\w.-]+)?|[\w.-]+\.dockerfile|containerfile|docker-compose[\w.-]*|makefile|gnumakefile|"
    r"procfile|vagrantfile|justfile|cmakelists\.txt|manifest\.in|tsconfig[\w.-]*\.json|"
    r"[\w.-]*rc\.(?:js|json|cjs)|codeowners|meson\.build|build\.bazel|workspace)$|\.(?:cmake|mk)$",
    re.IGNORECASE,
)
_CONFIG_IN_CODE = frozenset({"noxfile.py", "fabfile.py", "wscript.py", ".eslintrc.js"})
_DATA = re.compile(
    r"\.(?:json|jsonl|ndjson|csv|tsv|xml|parquet|sql|db|sqlite3?|geojson|po|pot|log|out|dat|diff|patch)$",
    re.IGNORECASE,
)
_ASSET = re.compile(
    r"\.(?:png|jpe?g|gif|svg|webp|ico|bmp|pdf|ttf|otf|woff2?|eot|mp[34]|wav|ogg|webm|zip|gz|tgz|xz|bz2|whl|jar|"
    r"exe|dll|so|dylib|bin|gguf|safetensors|onnx|pt|npy|npz|ipynb)$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class _File:
    """What the rules look at."""

    path: str
    name: str
    """The last part of the path, in lower case."""
    code: bool
    """Whether its ending is that of a programming language."""
    binary: bool
    said: Marks


_RULES: tuple[tuple[FileKind, Callable[[_File], object]], ...] = (
    (FileKind.GENERATED, lambda file: file.said.generated),
    (FileKind.VENDORED, lambda file: file.said.vendored),
    (FileKind.VENDORED, lambda file: file.said.vendored is None and _VENDORED.search(file.path)),
    (FileKind.LOCK, lambda file: file.name in _LOCKS),
    (FileKind.GENERATED, lambda file: file.said.generated is None and _GENERATED.search(file.path)),
    (FileKind.DOCS, lambda file: file.said.documentation),
    (FileKind.ASSET, lambda file: file.binary or _ASSET.search(file.path)),
    (FileKind.CI, lambda file: _CI.search(file.path)),
    (FileKind.TEST, lambda file: _TEST.search(file.path)),
    (FileKind.MANIFEST, lambda file: file.name in _MANIFESTS or _MANIFEST_LIKE.search(file.path)),
    (FileKind.CONFIG, lambda file: not file.code and _CONFIG.search(file.path)),
    (FileKind.CONFIG, lambda file: file.name in _CONFIG_IN_CODE),
    (FileKind.DOCS, lambda file: file.said.documentation is None and _DOCS_FOLDER.search(file.path)),
    (FileKind.DOCS, lambda file: file.said.documentation is None and not file.code and _DOCS_NAME.search(file.path)),
    (FileKind.SOURCE, lambda file: file.code),
    (FileKind.DATA, lambda file: _DATA.search(file.path)),
)
"""Kinds in the order in which they are asked; the first that holds is it."""


def classify(path: str, marks: LinguistMarks | None = None, *, binary: bool = False) -> FileKind:
    """Say what a file is for.

    Args:
        path: Its path from the top of the tree.
        marks: The tree's linguist marks, where they are known.
        binary: Whether git counts no lines in it.
    """
    said = marks.of(path) if marks else Marks()
    name = path.rpartition("/")[2].lower()
    file = _File(path, name, language(path) is not None, binary, said)
    return next((kind for kind, holds in _RULES if holds(file)), FileKind.OTHER)


_LANGUAGES = {
    **dict.fromkeys(("py", "pyi", "pyx", "pxd"), "Python"),
    **dict.fromkeys(("js", "mjs", "cjs", "jsx"), "JavaScript"),
    **dict.fromkeys(("ts", "mts", "cts", "tsx"), "TypeScript"),
    **dict.fromkeys(("c", "h"), "C"),
    **dict.fromkeys(("cc", "cpp", "cxx", "hh", "hpp", "hxx", "inl"), "C++"),
    **dict.fromkeys(("cu", "cuh"), "CUDA"),
    **dict.fromkeys(("sh", "bash", "zsh", "fish"), "Shell"),
    **dict.fromkeys(("pl", "pm"), "Perl"),
    **dict.fromkeys(("kt", "kts"), "Kotlin"),
    **dict.fromkeys(("ex", "exs"), "Elixir"),
    **dict.fromkeys(("html", "htm"), "HTML"),
    **dict.fromkeys(("css", "scss", "sass", "less"), "CSS"),
    **dict.fromkeys(("jinja", "jinja2", "j2"), "Jinja"),
    **dict.fromkeys(("bat", "cmd"), "Batch"),
    **dict.fromkeys(("ps1", "psm1"), "PowerShell"),
    **dict.fromkeys(("f", "f90", "f95", "for"), "Fortran"),
    **dict.fromkeys(("erl", "hrl"), "Erlang"),
    **dict.fromkeys(("s", "asm"), "Assembly"),
    **dict.fromkeys(("tcl", "tk"), "Tcl"),
    **dict.fromkeys(("m", "mm"), "Objective-C"),
    "go": "Go",
    "rs": "Rust",
    "java": "Java",
    "rb": "Ruby",
    "php": "PHP",
    "cs": "C#",
    "swift": "Swift",
    "scala": "Scala",
    "lua": "Lua",
    "r": "R",
    "jl": "Julia",
    "hs": "Haskell",
    "dart": "Dart",
    "zig": "Zig",
    "vue": "Vue",
    "svelte": "Svelte",
    "sol": "Solidity",
    "clj": "Clojure",
    "ml": "OCaml",
    "awk": "Awk",
    "proto": "Protocol Buffers",
    "gd": "GDScript",
    "el": "Emacs Lisp",
    "vim": "Vim Script",
    "metal": "Metal",
}


def language(path: str) -> str | None:
    """Name the programming language of a path by its ending; None where it has none."""
    return _LANGUAGES.get(PurePosixPath(path).suffix[1:].lower())


def component(path: str, globs: Sequence[str] = ()) -> str:
    """Name the unit in which a file's changes are summed.

    Args:
        path: The file's path from the top of the tree.
        globs: Configured components; the first that covers a leading part of the path names it by that part, so
            that `packages/*` makes a component of each package.

    Returns:
        The part that a glob covers, else the top-level folder or file.
    """
    parts = path.split("/")
    for pattern in globs:
        glob = Glob(pattern.strip("/").removesuffix("/**"))
        anchored = Glob(f"/{glob.pattern}")
        for count in range(1, len(parts) + 1):
            leading = "/".join(parts[:count])
            if anchored.matches(leading):
                return leading
    return parts[0]
