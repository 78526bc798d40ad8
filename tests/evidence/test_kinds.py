"""What a file is for."""

from __future__ import annotations

import subprocess
import time
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chronicles.evidence.globs import Glob
from chronicles.evidence.kinds import FileKind, LinguistMarks, Marks, classify, component, language
from chronicles.evidence.quoting import unquote

if TYPE_CHECKING:
    from pathlib import Path

K = FileKind


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("src/click/core.py", K.SOURCE),
        ("history.py", K.SOURCE),
        ("install.sh", K.SOURCE),
        ("tests/test_core.py", K.TEST),
        ("pkg/core_test.go", K.TEST),
        ("web/button.spec.tsx", K.TEST),
        ("t/t0001-init.sh", K.TEST),
        ("README.md", K.DOCS),
        ("LICENSE", K.DOCS),
        ("docs/conf.py", K.DOCS),
        ("Documentation/git-add.adoc", K.DOCS),
        ("pyproject.toml", K.MANIFEST),
        ("requirements/dev.txt", K.MANIFEST),
        ("requirements-gpu.txt", K.MANIFEST),
        ("web/package.json", K.MANIFEST),
        ("poetry.lock", K.LOCK),
        ("web/package-lock.json", K.LOCK),
        ("go.sum", K.LOCK),
        (".github/workflows/ci.yml", K.CI),
        (".gitlab-ci.yml", K.CI),
        (".gitignore", K.CONFIG),
        ("Dockerfile", K.CONFIG),
        ("tox.ini", K.CONFIG),
        ("Makefile", K.CONFIG),
        ("node_modules/a/index.js", K.VENDORED),
        ("src/pip/_vendor/six.py", K.VENDORED),
        ("third_party/zlib/inflate.c", K.VENDORED),
        ("static/app.min.js", K.GENERATED),
        ("api/user_pb2.py", K.GENERATED),
        ("data/scores.csv", K.DATA),
        ("logo.png", K.ASSET),
        ("strange", K.OTHER),
    ],
)
def test_usual_names_have_usual_kinds(path: str, kind: FileKind) -> None:
    """A path is told by the names that tools and habits have made usual."""
    assert classify(path) is kind


def test_a_file_without_lines_is_an_asset() -> None:
    """What git counts as binary is an asset, whatever its name."""
    assert classify("src/core.py", binary=True) is K.ASSET


def test_the_trees_own_marks_go_first() -> None:
    """A mark overrules a usual name, in both directions."""
    marks = LinguistMarks.parse(
        {
            ".gitattributes": "schema.py linguist-generated\n",
            "vendor/.gitattributes": "** -linguist-vendored\n",
            "api/.gitattributes": "*.py linguist-documentation=true\n",
        }
    )
    assert classify("a/schema.py", marks) is K.GENERATED
    assert classify("vendor/ours/core.py", marks) is K.SOURCE
    assert classify("api/x.py", marks) is K.DOCS


def test_the_last_and_the_deepest_word_wins() -> None:
    """Later lines and deeper files overrule, and a mark can be taken back."""
    marks = LinguistMarks.parse(
        {
            "web/.gitattributes": "*.js -linguist-generated\nkept.js !linguist-generated\n",
            ".gitattributes": "*.js linguist-generated\n# *.js -linguist-generated\n*.ts linguist-generated=false\n",
        }
    )
    assert marks.of("a.js") == Marks(generated=True)
    assert marks.of("web/a.js") == Marks(generated=False)
    assert marks.of("web/kept.js") == Marks()
    assert marks.of("a.ts") == Marks(generated=False)


PATTERNS = [
    *(
        "*.js",
        "/a.js",
        "vendor/*",
        "vendor/**",
        "**/gen/*.py",
        "a/**/b.py",
        "docs/",
        "[a-c]*.py",
        "[!a].py",
        "\\*.py",
        "x?.c",
    ),
    *(
        "*a*a*b",
        "[[:digit:]]*",
        "**",
        "a/**",
        "**/b.py",
        "sub/*.py",
        "[a-",
        "a\\",
        "*",
        "lib/**/x/*.h",
        "b.py",
        "*/b.py",
    ),
]
PATHS = [
    *(
        "a.js",
        "d/a.js",
        "vendor/x.c",
        "vendor/y/x.c",
        "q/gen/a.py",
        "gen/a.py",
        "a/b.py",
        "a/c/b.py",
        "a/c/d/b.py",
        "docs/a.md",
    ),
    *(
        "c1.py",
        "a.py",
        "b.py",
        "*.py",
        "xy.c",
        "aab",
        "1.txt",
        "sub/b.py",
        "sub/c/b.py",
        "lib/x/a.h",
        "lib/u/v/x/a.h",
        "[a-",
    ),
]


def test_patterns_mean_what_git_means(tmp_path: Path) -> None:
    """Each pattern covers exactly the paths for which git itself reads the mark."""
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    for pattern in PATTERNS:
        (tmp_path / ".gitattributes").write_text(f"{pattern} linguist-generated\n")
        done = subprocess.run(
            ["git", "-C", str(tmp_path), "check-attr", "-z", "--stdin", "linguist-generated"],
            input="\0".join(PATHS).encode() + b"\0",
            capture_output=True,
            check=True,
        )
        fields = done.stdout.decode().split("\0")
        expected = [path for path, state in zip(fields[0::3], fields[2::3], strict=False) if state == "set"]
        marks = LinguistMarks.parse({".gitattributes": f"{pattern} linguist-generated\n"})
        assert [path for path in PATHS if marks.of(path).generated] == expected, pattern


def test_a_pattern_made_to_hurt_does_not() -> None:
    """Stars upon stars are matched in bounded time."""
    start = time.perf_counter()
    assert not Glob("*a" * 60 + "*b").matches("a" * 2000)
    assert not Glob("**/a/" * 40 + "b").matches("a/" * 200 + "c")
    assert time.perf_counter() - start < 2


@given(st.text(), st.text())
def test_any_pattern_can_be_held_against_any_path(pattern: str, path: str) -> None:
    """Attributes of any content are read without an error."""
    Glob(pattern).matches(path)
    LinguistMarks.parse({".gitattributes": f"{pattern} linguist-vendored"}).of(path)
    classify(path)
    unquote(pattern)
    unquote(f'"{pattern}"')


@given(st.from_regex(r"[a-z./]{1,20}", fullmatch=True))
def test_a_pattern_without_signs_matches_itself(path: str) -> None:
    """A whole path, anchored, covers that path."""
    if path.strip("/") == path and "//" not in path:
        assert Glob(f"/{path}").matches(path)


def test_components_are_top_level_or_as_configured() -> None:
    """A component is the first part of the path, unless a configured glob covers a longer one."""
    assert component("src/a/b.py") == "src"
    assert component("README.md") == "README.md"
    assert component("packages/core/x/y.py", ["packages/*"]) == "packages/core"
    assert component("packages/core/x.py", ["docs", "packages/*/**"]) == "packages/core"
    assert component("other/x.py", ["packages/*"]) == "other"


def test_languages_are_known_by_their_ending() -> None:
    """The ending tells the language, in any case of letters."""
    assert language("a/b.PY") == "Python"
    assert language("a/b.tsx") == "TypeScript"
    assert language("a/py") is None


@pytest.mark.parametrize(
    ("quoted", "name"),
    [
        ('"a\\tb"', "a\tb"),
        ('"\\303\\274.txt"', "ü.txt"),
        ('"\\377"', "\udcff"),
        ('"q\\"\\\\"', 'q"\\'),
        ("plain", "plain"),
    ],
)
def test_quoted_names_are_read_as_meant(quoted: str, name: str) -> None:
    """C's escapes become the bytes they stand for."""
    assert unquote(quoted) == name
