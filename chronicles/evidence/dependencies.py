"""What a project needs, and how a change alters that.

Reads the manifests of Python, JavaScript, Go and Rust and the base images of a Dockerfile into one flat list of
requirements, and compares two of them. Values stay as the author wrote them (`>=2.0,<3`, `^1.4`, `3.12-slim`): a
range that is tidied up would be another fact. A change is one only when the written values differ, so a file that
was merely reordered has none. Lock files are not read: they say what was taken, not what is asked for.

A manifest that cannot be read gives no requirements and says so: `parse_manifest` gives None, and
`compare_manifests` tells which side was unreadable.
"""

from __future__ import annotations

import configparser
import json
import re
import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = [
    "DependencyChange",
    "ManifestChanges",
    "Requirement",
    "compare_manifests",
    "dependency_changes",
    "ecosystem_of",
    "is_major",
    "parse_manifest",
    "requirements_of",
]

RUNTIME_GROUP = "runtime"
"""The group of a least version of the language itself (`requires-python`, `engines.node`, …)."""


@dataclass(frozen=True, slots=True)
class Requirement:
    """One thing a manifest asks for."""

    name: str
    group: str
    """`main`, an extra or group by its name, `build`, `dev`, …, or `runtime` for the language itself."""
    wanted: str
    """The constraint or version as written; empty where any will do."""


@dataclass(frozen=True, slots=True)
class DependencyChange:
    """One requirement that was added, removed or altered."""

    ecosystem: str
    name: str
    group: str
    before: str | None
    """What was asked for before, as written; None where the requirement is new."""
    after: str | None
    """What is asked for now; None where the requirement went."""

    @property
    def runtime(self) -> bool:
        """Whether it is the least version of the language itself."""
        return self.group == RUNTIME_GROUP

    @property
    def major(self) -> bool | None:
        """Whether the lower bound rose to another major version; None where that cannot be told."""
        return is_major(self.before, self.after)


@dataclass(frozen=True, slots=True)
class ManifestChanges:
    """How one manifest changed."""

    changes: tuple[DependencyChange, ...]
    unreadable: tuple[str, ...] = ()
    """Which sides could not be read: `before`, `after`."""


def ecosystem_of(path: str) -> str | None:
    """Name the ecosystem whose manifest a path is; None where it is none that can be read."""
    name = path.rpartition("/")[2].lower()
    if name in {"pyproject.toml", "setup.cfg"} or _REQUIREMENTS.search(path):
        return "python"
    if _DOCKERFILE.fullmatch(name):
        return "docker"
    return {"package.json": "node", "go.mod": "go", "cargo.toml": "rust"}.get(name)


_REQUIREMENTS = re.compile(
    r"(?:^|/)(?:[\w.-]*requirements[\w.-]*|constraints[\w.-]*)\.(?:txt|in)$|(?:^|/)requirements/[\w.-]+\.(?:txt|in)$"
)
_DOCKERFILE = re.compile(r"(?:dockerfile|containerfile)(?:\.[\w.-]+)?|[\w.-]+\.dockerfile")


def requirements_of(path: str, text: str) -> tuple[Requirement, ...] | None:
    """Read a manifest.

    Args:
        path: Its path, which says what kind of manifest it is.
        text: Its contents.

    Returns:
        What it asks for, sorted; None where the path is no known manifest or the text cannot be read as one.
    """
    name = path.rpartition("/")[2].lower()
    reader = _READERS.get(name)
    if reader is None:
        reader = {"python": _read_requirements, "docker": _read_dockerfile}.get(ecosystem_of(path) or "")
    if reader is None:
        return None
    try:
        found: dict[tuple[str, str], Requirement] = {}
        for item in reader(text.removeprefix("\ufeff")):
            key = item.name, item.group
            found[key] = _either(found[key], item) if key in found else item
    except (ValueError, TypeError, AttributeError, KeyError, RecursionError, configparser.Error):
        # Some other shape than a manifest has, or not its syntax: tomllib's and json's errors are ValueErrors.
        return None
    return tuple(found[key] for key in sorted(found))


def _either(one: Requirement, other: Requirement) -> Requirement:
    """Two wishes of one name: both where each has a marker, as in a list of Poetry's; else the later."""
    if ";" not in one.wanted or ";" not in other.wanted or one.wanted == other.wanted:
        return other
    return Requirement(other.name, other.group, f"{one.wanted} || {other.wanted}")


def parse_manifest(path: str, text: str) -> dict[str, str] | None:
    """Read a manifest as names and what is wanted of each, groups laid together: `main` wins a tie.

    Args:
        path: Its path.
        text: Its contents.

    Returns:
        Constraint or version as written, by name; None where the manifest cannot be read.
    """
    found = requirements_of(path, text)
    if found is None:
        return None
    ordered = sorted(found, key=lambda item: (item.group == "main", item.group))
    return {item.name: item.wanted for item in ordered}


def dependency_changes(path: str, before: str | None, after: str | None) -> tuple[DependencyChange, ...]:
    """Compare two versions of a manifest.

    Args:
        path: Its path.
        before: Its contents before; None where it was not there.
        after: Its contents after; None where it is gone.

    Returns:
        The requirements that differ, sorted by group and name; none where one side cannot be read.
    """
    return compare_manifests(path, before, after).changes


def compare_manifests(path: str, before: str | None, after: str | None) -> ManifestChanges:
    """Compare two versions of a manifest, and say which of them could not be read."""
    sides: dict[str, dict[tuple[str, str], str]] = {}
    unreadable: list[str] = []
    for side, text in (("before", before), ("after", after)):
        found = () if text is None else requirements_of(path, text)
        if found is None:
            unreadable.append(side)
        sides[side] = {(item.group, item.name): item.wanted for item in found or ()}
    if unreadable:
        return ManifestChanges((), tuple(unreadable))
    old, new = sides["before"], sides["after"]
    ecosystem = ecosystem_of(path) or ""
    changes = (
        DependencyChange(ecosystem, name, group, old.get((group, name)), new.get((group, name)))
        for group, name in sorted(old.keys() | new.keys())
        if old.get((group, name)) != new.get((group, name))
    )
    return ManifestChanges(tuple(changes))


def is_major(before: str | None, after: str | None) -> bool | None:
    """Tell whether a lower bound rose to another major version; one that falls lets in more, and asks nothing.

    Args:
        before: A constraint or version as written.
        after: Another.

    Returns:
        True or False where both have a lower bound; None where one has not.
    """
    old, new = (_lower_bound(side) for side in (before, after))
    return None if old is None or new is None else new > old


_BOUND = re.compile(r"(?P<sign>>=|===?|~=|\^|~|=|>|v)?\s*v?(?P<epoch>\d+!)?(?P<major>\d{1,9})(?:[.\s,;|+-]|$)")


def _lower_bound(wanted: str | None) -> int | None:
    """Read the major version of a constraint's lower bound.

    ">=2.1,<3" -> 2, "^1.4" -> 1, "3.12-slim" -> 3, "<4" -> None, "*" -> None
    """
    for part in re.split(r",|\s(?=[<>=!^~])", wanted or ""):
        if match := _BOUND.match(part.strip()):
            return int(match["major"])
    return None


_NAME = re.compile(
    r"\s*(?P<name>[A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?)\s*(?:\[(?P<extras>[^]\n]{0,200})])?\s*(?P<rest>.*)", re.DOTALL
)


def _pep508(line: str, group: str) -> Requirement | None:
    """Read `name[extra] >=1,<2; marker`; parentheses go, a marker stays since it changes what is asked for."""
    match = _NAME.fullmatch(line)
    if match is None:
        return None
    rest = match["rest"].strip()
    constraint, _, marker = rest.partition(";") if not rest.startswith("@") else (rest, "", "")
    constraint = re.sub(r"\s+", " ", constraint.strip().strip("()").strip())
    if constraint and constraint[0] not in "<>=!~@":
        return None
    name = re.sub(r"[-_.]+", "-", match["name"]).lower()
    wanted = f"{constraint}; {' '.join(marker.split())}" if marker.strip() else constraint
    return Requirement(name, group, wanted)


def _pep508_all(lines: object, group: str) -> Iterator[Requirement]:
    """Read a list of requirements; items that are none (a group's `include-group`) are passed over."""
    if not isinstance(lines, list):
        raise TypeError(group)
    for line in lines:
        if isinstance(line, str) and (found := _pep508(line, group)):
            yield found


def _read_pyproject(text: str) -> Iterator[Requirement]:
    document = tomllib.loads(text)
    project = document.get("project", {})
    if "requires-python" in project:
        yield Requirement("python", RUNTIME_GROUP, str(project["requires-python"]))
    yield from _pep508_all(project.get("dependencies", []), "main")
    for groups in (project.get("optional-dependencies", {}), document.get("dependency-groups", {})):
        for group, lines in groups.items():
            yield from _pep508_all(lines, group)
    yield from _pep508_all(document.get("build-system", {}).get("requires", []), "build")
    yield from _read_poetry(document.get("tool", {}).get("poetry", {}))


def _read_poetry(poetry: dict[str, object]) -> Iterator[Requirement]:
    """Read Poetry's own tables."""
    tables = [("main", poetry.get("dependencies", {})), ("dev", poetry.get("dev-dependencies", {}))]
    groups = poetry.get("group", {})
    tables += [(name, group.get("dependencies", {})) for name, group in groups.items()]  # type: ignore[attr-defined]  # another shape is caught by the caller
    for group, table in tables:
        for name, wanted in table.items():  # type: ignore[attr-defined]  # as above
            if name.lower() == "python":
                yield Requirement("python", RUNTIME_GROUP, _table_value(wanted))
            else:
                yield Requirement(re.sub(r"[-_.]+", "-", name).lower(), group, _table_value(wanted))


def _table_value(wanted: object) -> str:
    """Write the value of a TOML or JSON table on one line.

    "^1.2" -> "^1.2", {"version": "1", "features": ["x"]} -> "1", {"git": "u", "rev": "r"} -> "git u r"
    """
    if isinstance(wanted, str):
        return wanted
    if isinstance(wanted, list):
        return " || ".join(_table_value(item) for item in wanted)
    if not isinstance(wanted, dict):
        raise TypeError(type(wanted).__name__)
    if "version" in wanted:
        return str(wanted["version"])
    keys = ("git", "url", "path", "workspace", "branch", "tag", "rev")
    return " ".join(
        f"{key} {wanted[key]}" if key not in {"branch", "tag", "rev"} else str(wanted[key])
        for key in keys
        if key in wanted
    )


def _read_requirements(text: str) -> Iterator[Requirement]:
    """Read pip's format; options and included files are passed over, hashes go."""
    for line in re.sub(r"\\\r?\n", " ", text).splitlines():
        bare = re.sub(r"(?:^|\s)#.*", "", line).strip()
        if not bare or bare.startswith("-") or "://" in bare.partition("@")[0]:
            continue
        if found := _pep508(re.sub(r"\s--\w.*", "", bare), "main"):
            yield found


def _read_setup_cfg(text: str) -> Iterator[Requirement]:
    parser = configparser.RawConfigParser(strict=False)
    parser.read_string(text)
    if python := parser.get("options", "python_requires", fallback=""):
        yield Requirement("python", RUNTIME_GROUP, python)
    yield from _pep508_all(parser.get("options", "install_requires", fallback="").splitlines(), "main")
    if parser.has_section("options.extras_require"):
        for group, lines in parser.items("options.extras_require"):
            yield from _pep508_all(lines.splitlines(), group)


_NODE_GROUPS = {
    "dependencies": "main",
    "devDependencies": "dev",
    "peerDependencies": "peer",
    "optionalDependencies": "optional",
}


def _read_package_json(text: str) -> Iterator[Requirement]:
    document = json.loads(text)
    for key, group in _NODE_GROUPS.items():
        for name, wanted in document.get(key, {}).items():
            yield Requirement(name, group, _table_value(wanted))
    for name, wanted in document.get("engines", {}).items():
        yield Requirement(name, RUNTIME_GROUP, _table_value(wanted))


_GO_REQUIRE = re.compile(
    r"(?:require\s+)?(?P<name>[\w.~-]+\.[\w.~/-]+)\s+(?P<version>v[\w.+-]+)\s*(?P<indirect>// indirect)?.*"
)


def _read_go_mod(text: str) -> Iterator[Requirement]:
    block = ""
    module = False
    for raw in text.splitlines():
        line = raw.strip()
        module = module or line.startswith("module")
        if opened := re.fullmatch(r"(\w+)\s*\(", line):
            block = opened[1]
        elif line == ")":
            block = ""
        elif match := re.fullmatch(r"(go|toolchain)\s+(\S+)", line):
            yield Requirement(match[1], RUNTIME_GROUP, match[2])
        elif (block == "require" or line.startswith("require")) and (match := _GO_REQUIRE.fullmatch(line)):
            yield Requirement(match["name"], "indirect" if match["indirect"] else "main", match["version"])
    if not module and text.strip():
        raise ValueError(text[:40])


def _read_cargo(text: str) -> Iterator[Requirement]:
    document = tomllib.loads(text)
    if rust := document.get("package", {}).get("rust-version"):
        yield Requirement("rust", RUNTIME_GROUP, _table_value(rust))
    places = [document, document.get("workspace", {}), *document.get("target", {}).values()]
    for place in places:
        for key, group in (("dependencies", "main"), ("dev-dependencies", "dev"), ("build-dependencies", "build")):
            for name, wanted in place.get(key, {}).items():
                yield Requirement(name, group, _table_value(wanted))


_FROM = re.compile(r"(?i)FROM\s+(?:--\S+\s+)*(?P<image>\S+)(?:\s+AS\s+(?P<stage>\S+))?\s*")


def _read_dockerfile(text: str) -> Iterator[Requirement]:
    """Read base images, each with its stage for a group; a stage built on another asks for nothing new."""
    stages: set[str] = set()
    count = 0
    for line in re.sub(r"\\\r?\n", " ", text).splitlines():
        match = _FROM.fullmatch(line.strip())
        if match is None:
            continue
        stage = (match["stage"] or f"stage {count}").lower()
        count += 1
        image, wanted = _split_image(match["image"])
        if image.lower() not in stages and image != "scratch":
            yield Requirement(image, stage, wanted)
        stages.add(stage)
    if not count and re.search(r"\S", text) and not re.search(r"(?mi)^\s*(?:#|ARG|RUN|COPY)", text):
        raise ValueError(text[:40])


def _split_image(image: str) -> tuple[str, str]:
    """Part `registry:5000/name:tag@sha256:…` into name and what is wanted of it."""
    name, at, digest = image.partition("@")
    head, colon, tag = name.rpartition(":")
    if not colon or "/" in tag:
        head, tag = name, ""
    return head, f"{tag}{at}{digest}"


_READERS: dict[str, Callable[[str], Iterator[Requirement]]] = {
    "pyproject.toml": _read_pyproject,
    "setup.cfg": _read_setup_cfg,
    "package.json": _read_package_json,
    "go.mod": _read_go_mod,
    "cargo.toml": _read_cargo,
}
