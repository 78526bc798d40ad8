r"""Real repositories for tests, with fixed names and dates.

    def test_something(repo):
        first = repo.commit("feat: begin", {"a.py": "one\n", "logo.png": b"\x00\x01"})
        repo.branch("topic")
        repo.commit("topic work", {"b.py": "two\n"}, author=("Grace", "grace@example.org"))
        repo.switch("main")
        repo.commit("fix: a", {"a.py": None, "c.py": "three\n"}, at="2024-02-01T09:30:00+02:00")
        merge = repo.merge("topic")
        repo.tag("v1.0")
        repo.git("update-index", "--chmod=+x", "c.py")   # staged by hand ...
        repo.commit("mode only")                         # ... and committed

`repo` is one empty repository on branch `main`; `make_repo("name", bare=True, object_format="sha256")` makes more.
Commits are one hour apart unless `at` says otherwise, so the same calls give the same hashes on every machine. No test
sees the configuration of the person who runs it: an autouse fixture takes it away from every git that a test starts.

`dossier_of(repo, "HEAD")` builds the dossier of a commit or range without any cache, `open_workshop(repo)` opens what
builds it, `scaffold(repo)` makes the seeds' reference commit, and `wander(repo, seed, steps)` a history of all that
commits can do, by chance. `run(repo.path, "generate", "--all")` runs the command line as the console script does, in
this process, and `saga` is a repository of twenty commits with its pages, for a test to spoil.

Tests that name the type import it for the checker only: `from tests.conftest import RepoBuilder` under `TYPE_CHECKING`.
"""

from __future__ import annotations

import io
import os
import random
import shutil
import signal
import subprocess
import sys
from contextlib import chdir, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from chronicles.dossier import Dossier
    from chronicles.evidence.build import Workshop

__all__ = ["RepoBuilder", "dossier_of", "make_repo", "open_workshop", "repo", "run", "saga", "scaffold", "wander"]

EPOCH = datetime.fromisoformat("2024-01-01T12:00:00+00:00")
ADA = ("Ada", "ada@example.org")


class RepoBuilder:
    """A repository on disk and the verbs that change it."""

    def __init__(self, path: Path, *, bare: bool = False, object_format: str = "sha1") -> None:
        """Initialise an empty repository at `path`, which is made if missing."""
        self.path = path
        self.clock = EPOCH
        path.mkdir(parents=True, exist_ok=True)
        flags = ["--bare"] if bare else []
        self.git("init", "-q", "-b", "main", f"--object-format={object_format}", *flags)

    def git(self, *args: str, stdin: str | bytes = b"", env: Mapping[str, str] | None = None) -> str:
        """Run git in the repository and return its output, less the last newline; fail the test when git fails."""
        return os.fsdecode(self.git_bytes(*args, stdin=stdin, env=env)).removesuffix("\n")

    def git_bytes(self, *args: str, stdin: str | bytes = b"", env: Mapping[str, str] | None = None) -> bytes:
        """As `git`, with the output as it came."""
        done = subprocess.run(
            ["git", *args],
            cwd=self.path,
            input=os.fsencode(stdin),
            env={**os.environ, **(env or {})},
            capture_output=True,
            check=False,
        )
        assert done.returncode == 0, f"git {args} ended with {done.returncode}: {os.fsdecode(done.stderr)}"
        return done.stdout

    def write(self, files: Mapping[str, str | bytes | Path | None]) -> None:
        """Write files and stage them: text or bytes are contents, a `Path` is a symlink's target, None deletes."""
        for name, content in files.items():
            target = self.path / name
            if target.is_symlink() or content is None:
                target.unlink()
            if content is None:
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            if isinstance(content, Path):
                target.symlink_to(content)
            else:
                target.write_bytes(content.encode() if isinstance(content, str) else content)
        if files:
            names = b"\0".join(os.fsencode(name) for name in files)
            self.git(
                "--literal-pathspecs", "add", "-A", "-f", "--pathspec-from-file=-", "--pathspec-file-nul", stdin=names
            )

    def commit(
        self,
        message: str | bytes,
        files: Mapping[str, str | bytes | Path | None] | None = None,
        *,
        at: str | datetime | None = None,
        committed_at: str | datetime | None = None,
        author: tuple[str, str] = ADA,
        committer: tuple[str, str] | None = None,
    ) -> str:
        """Write and stage `files`, commit all that is staged (nothing is fine too), and return the full sha.

        Args:
            message: The message, kept to the byte.
            files: As for `write`.
            at: The author's time; one hour after the last commit when not given.
            committed_at: The committer's time; `at` when not given.
            author: Name and address.
            committer: Name and address; the author when not given.
        """
        self.write(files or {})
        env = self.identity(at, committed_at, author, committer)
        flags = ("-q", "--allow-empty", "--allow-empty-message", "--cleanup=verbatim", "--no-verify")
        self.git("commit", *flags, "-F", "-", stdin=message, env=env)
        return self.head

    def merge(
        self,
        *branches: str,
        message: str | None = None,
        at: str | datetime | None = None,
        author: tuple[str, str] = ADA,
    ) -> str:
        """Merge branches, always with a merge commit (an octopus for several), and return its sha."""
        words = message if message is not None else f"Merge {', '.join(branches)}"
        self.git("merge", "-q", "--no-ff", "-m", words, *branches, env=self.identity(at, None, author, None))
        return self.head

    def identity(
        self,
        at: str | datetime | None,
        committed_at: str | datetime | None,
        author: tuple[str, str],
        committer: tuple[str, str] | None,
    ) -> dict[str, str]:
        """Who and when, as environment variables; the clock goes on by an hour when no time is given."""
        if at is None:
            self.clock += timedelta(hours=1)
            at = self.clock
        self.clock = datetime.fromisoformat(at) if isinstance(at, str) else at
        name, email = committer or author
        return {
            "GIT_AUTHOR_NAME": author[0],
            "GIT_AUTHOR_EMAIL": author[1],
            "GIT_AUTHOR_DATE": str(at),
            "GIT_COMMITTER_NAME": name,
            "GIT_COMMITTER_EMAIL": email,
            "GIT_COMMITTER_DATE": str(committed_at or at),
        }

    def raw_commit(self, content: bytes, *, branch: str = "main") -> str:
        """Store a commit object byte for byte, however odd, point `branch` at it and return its sha."""
        sha = self.git("hash-object", "-t", "commit", "-w", "--literally", "--stdin", stdin=content)
        self.git("update-ref", f"refs/heads/{branch}", sha)
        return sha

    def branch(self, name: str, start: str = "HEAD") -> None:
        """Make a branch at `start` and switch to it."""
        self.git("switch", "-q", "-C", name, start)

    def switch(self, name: str) -> None:
        """Switch to a branch that exists."""
        self.git("switch", "-q", name)

    def tag(self, name: str, revision: str = "HEAD", message: str | None = None) -> None:
        """Tag a revision; annotated when a message is given."""
        flags = ["-a", "-m", message] if message is not None else []
        self.git("tag", *flags, name, revision, env=self.identity(self.clock, None, ADA, None))

    @property
    def head(self) -> str:
        """The full sha of HEAD."""
        return self.git("rev-parse", "HEAD")


@pytest.fixture(autouse=True)
def isolated_git(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the configuration and the environment of whoever runs the tests away from git."""
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.setenv("LC_ALL", "C.UTF-8")


@pytest.fixture(scope="session", autouse=True)
def _interruptible() -> None:
    """Let what tests start be interrupted: in the background of a script SIGINT is ignored, which children inherit."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session", autouse=True)
def isolated_models() -> Iterator[None]:
    """Keep settings, servers and the memory of models of whoever runs the tests away from them."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("CHRONICLES_")]:
            patch.delenv(name)
        patch.setenv("CHRONICLES_STATE", os.devnull)  # no folder, so nothing is remembered in it
        yield


@pytest.fixture
def make_repo(tmp_path: Path, isolated_git: None) -> Callable[..., RepoBuilder]:
    """Make repositories under the test's own folder: `make_repo("name", bare=True, object_format="sha256")`."""

    def make(name: str = "repo", *, bare: bool = False, object_format: str = "sha1") -> RepoBuilder:
        return RepoBuilder(tmp_path / name, bare=bare, object_format=object_format)

    return make


@pytest.fixture(scope="session")
def new_repo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], RepoBuilder]]:
    """Make repositories that a whole session shares: `new_repo("name")`; what is autouse comes too late."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
        patch.setenv("GIT_CONFIG_NOSYSTEM", "1")
        yield lambda name: RepoBuilder(tmp_path_factory.mktemp(name) / name)


@pytest.fixture
def repo(make_repo: Callable[..., RepoBuilder]) -> RepoBuilder:
    """One empty repository on branch `main`."""
    return make_repo()


OUTPUTS = ("episodes", "patches", "reports", "site")


@pytest.fixture
def open_workshop() -> Iterator[Callable[..., Workshop]]:
    """Open workshops that close with the test: `open_workshop(repo, fresh=False, components=("packages/*",))`."""
    from contextlib import ExitStack  # noqa: PLC0415 -- tests of the command line measure what is imported

    from chronicles.evidence.build import Workshop  # noqa: PLC0415 -- as above
    from chronicles.history.repository import Repository  # noqa: PLC0415 -- as above

    with ExitStack() as stack:

        def opened(
            repo: RepoBuilder,
            *,
            fresh: bool = True,
            components: tuple[str, ...] = (),
            excluded: tuple[str, ...] = OUTPUTS,
            public: tuple[str, ...] = ("include/**",),
        ) -> Workshop:
            repository = stack.enter_context(Repository.open(repo.path))
            reports = repo.path / "reports"
            rules = {"components": components, "excluded": excluded, "public": public}
            shop = Workshop(repository, **rules, reports=reports, fresh=fresh)
            return stack.enter_context(shop)

        yield opened


@pytest.fixture
def dossier_of(open_workshop: Callable[..., Workshop]) -> Callable[..., Dossier]:
    """Build dossiers: `dossier_of(repo, "HEAD~1")`, or of a group as `dossier_of(repo, "v1..HEAD", kind="group")`."""
    from chronicles.dossier import SubjectKey  # noqa: PLC0415 -- as above
    from chronicles.evidence.build import build_dossier  # noqa: PLC0415 -- as above

    def build(
        repo: RepoBuilder,
        revision: str = "HEAD",
        *,
        kind: str = "range",
        reading: str = "full",
        shop: Workshop | None = None,
        **settings: Any,
    ) -> Dossier:
        shop = shop or open_workshop(repo, **settings)
        base, _, last = revision.rpartition("..")
        tip = repo.git("rev-parse", f"{last}^{{commit}}")
        depth = shop.index.follow(tip)
        if not base:
            return build_dossier(shop, SubjectKey("commit", (tip,), shop.parent(depth), reading))
        steps = repo.git("rev-list", "--first-parent", revision, "--").split()
        return build_dossier(shop, SubjectKey(kind, tuple(steps), repo.git("rev-parse", base), reading))

    return build


@pytest.fixture
def scaffold() -> Callable[..., str]:
    """Make the seeds' reference commit after one earlier commit: 38 files, 6,518 lines added, 1 removed."""

    def make(repo: RepoBuilder, *, dummy: bool = False, ending: str = ".py", weight: int = 6518 // 38) -> str:
        places = ["agents", "api", "core", "gui", "overlay"]
        names = [f"banterhearts/{places[n % 5]}/{_word(n)}{ending}" for n in range(26)]
        names += [".gitignore", "Dockerfile", "README.md", "pyproject.toml", "requirements.txt", "Makefile", "LICENSE"]
        names += ["CHANGELOG.md", "docker-compose.yml", "setup.py", "pytest.ini", "CONTRIBUTING.md"]
        repo.commit("first light", {"README.md": "nothing here yet\n"}, at="2025-09-01T09:00:00-04:00")
        sizes = [weight] * 37 + [6518 - 37 * weight]
        files = {
            name: "".join(f"line {n}\n" for n in range(1, size + 1)) if dummy else _source(name, size)
            for name, size in zip(names, sizes, strict=True)
        }
        return repo.commit("The scaffolding", files, at="2025-09-02T14:30:00-04:00")

    return make


def _word(number: int) -> str:
    """A module name without digits."""
    return "".join(("ba", "ri", "to")[number // 3**place % 3] for place in range(4))


def _source(name: str, size: int) -> str:
    """So many lines of something that could stand in a file of this name."""
    stem = Path(name).stem.replace("-", "_").strip(".") or "rules"
    if not name.endswith(".py"):
        return "".join(f"# {stem} {n}\n" for n in range(size))
    lines = [f'"""The {stem} module keeps one promise and no secrets."""', ""]
    while len(lines) < size:
        number = len(lines)
        lines += [
            f"def {stem}_{number}(value):",
            f"    if value > {number}:",
            "        return value",
            "    return None",
        ]
    return "\n".join(lines[:size]) + "\n"


ODD_NAMES = (
    "app.py", "src/core/engine.py", "src/core/api.py", "src/gui.js", "tests/test_engine.py", "docs/guide.md",
    "README.md", "with space.txt", "tab\there.txt", "new\nline.py", 'quo"te.md', "--output=x", "-rf", ":(top)magic",
    "[a]*.py", "HEAD", "ünï/cödé.py", os.fsdecode(b"bytes/\xff\xfe.py"), "data.bin", "poetry.lock", ".hidden",
    "episodes/episode_001.md", "réports/x", "packages/one/a.py", "packages/two/b.py", "a/b/c/d/e.go", "Case.txt",
    "case.TXT", "{{ x }}.html", "<b>.md",
)  # fmt: skip
"""Paths that have broken tools before."""


@pytest.fixture
def wander() -> Callable[..., list[str]]:
    """Make a history by chance: births, edits, deaths, renames, binaries, modes, links, merges, side branches."""

    def make(repo: RepoBuilder, seed: int, steps: int) -> list[str]:
        chance = random.Random(seed)  # noqa: S311 -- a test that repeats itself, no secret
        made = []
        for number in range(steps):
            if chance.random() < 0.2 and number:
                repo.branch(f"side-{seed}-{number}")
                _stumble(
                    repo, chance, f"side work {number}", author=chance.choice((ADA, ("Grace", "grace@example.org")))
                )
                repo.switch("main")
                if chance.random() < 0.5:
                    repo.merge(f"side-{seed}-{number}", message=f"Merge side {number}")
                    made.append(repo.head)
                    continue
            hours = chance.choice((1, 1, 5, 30, 24 * 45, 24 * 400))
            at = repo.clock + timedelta(hours=hours)
            made.append(_stumble(repo, chance, f"step {number} (#{chance.randrange(4)})", at=at))
        return made

    return make


def _stumble(repo: RepoBuilder, chance: random.Random, message: str, **kwargs: Any) -> str:
    """One commit of a few changes by chance, perhaps none."""
    there = repo.git_bytes("ls-files", "-z").decode("utf-8", "surrogateescape").split("\0")[:-1]
    for _ in range(chance.choice((0, 1, 1, 2, 4))):
        name = chance.choice(ODD_NAMES)
        verb = chance.choice(("write", "write", "edit", "delete", "rename", "binary", "mode", "link"))
        plain = [one for one in there if not (repo.path / one).is_symlink() and (repo.path / one).is_file()]
        old = chance.choice(plain) if plain else None
        if verb in {"edit", "delete", "rename", "mode"} and old is None:
            continue
        if verb in {"write", "binary", "link", "rename"} and not _free(repo, name):
            continue
        if verb == "write":
            repo.write({name: _text(chance, chance.randrange(1, 30))})
        elif verb == "binary":
            repo.write({name: chance.randbytes(40) + b"\0"})
        elif verb == "link":
            repo.write({name: Path("target")})
        elif old is not None and verb == "edit":
            lines = (repo.path / old).read_bytes().splitlines(keepends=True)
            cut = chance.randrange(len(lines) + 1)
            repo.write({old: b"".join(lines[:cut]) + _text(chance, 3).encode() + b"".join(lines[cut + 2 :])})
        elif old is not None and verb == "mode":
            (repo.path / old).chmod(chance.choice((0o644, 0o755)))
            repo.write({old: (repo.path / old).read_bytes()})
        elif old is not None:
            content = (repo.path / old).read_bytes()
            repo.write({old: None} if verb == "delete" else {old: None, name: content + b"one more\n"})
        there = repo.git_bytes("ls-files", "-z").decode("utf-8", "surrogateescape").split("\0")[:-1]
    return repo.commit(message, **kwargs)


def _free(repo: RepoBuilder, name: str) -> bool:
    """Whether a path can be made: neither there nor under a file, and no folder."""
    path = repo.path / name
    parents = [parent for parent in path.parents if parent.is_relative_to(repo.path)]
    return not path.exists() and not path.is_symlink() and all(p.is_dir() for p in parents if p.exists())


def _text(chance: random.Random, lines: int) -> str:
    """Lines by chance, few of them alike."""
    return "".join(f"value_{chance.randrange(10**6)} = {chance.randrange(99)}\n" for _ in range(lines))


@dataclass(frozen=True, slots=True)
class Ran:
    """How a run of the command line ended."""

    code: int
    out: str
    err: str


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Ran]:
    """Run the command line as the console script does: `run(folder, "generate", "--all")`."""
    return lambda folder, *arguments: _run(folder, arguments)


def _run(folder: Path, arguments: tuple[str, ...]) -> Ran:
    from chronicles.cli import main  # noqa: PLC0415 -- tests of the command line measure what is imported

    out, err = io.StringIO(), io.StringIO()
    before, sys.argv = sys.argv, ["chronicles", *map(str, arguments)]
    try:
        with chdir(folder), redirect_stdout(out), redirect_stderr(err):
            main()
    except SystemExit as ended:
        return Ran(int(ended.code or 0), out.getvalue(), err.getvalue())
    finally:
        sys.argv = before
    raise AssertionError("the command line ends with a status")


@pytest.fixture(scope="session")
def saga_made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that `saga` copies."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
        patch.setenv("GIT_CONFIG_NOSYSTEM", "1")
        repo = RepoBuilder(tmp_path_factory.mktemp("saga") / "repo")
        _write_saga(repo)
        assert _run(repo.path, ("generate", "--all")).code == 0
    return repo.path


@pytest.fixture
def saga(saga_made: Path, tmp_path: Path) -> RepoBuilder:
    """A repository of twenty commits with a page for each, all of it the test's own."""
    shutil.copytree(saga_made, tmp_path / "saga", symlinks=True)
    repo = object.__new__(RepoBuilder)
    repo.path, repo.clock = tmp_path / "saga", EPOCH + timedelta(days=900)
    return repo


def _write_saga(repo: RepoBuilder) -> None:
    grace = ("Grace", "grace@example.org")
    settings = '[project]\nname = "saga"\nversion = "1.0"\ndependencies = ["click>=8.1"]\n'
    settings += '\n[tool.chronicles]\nseries = "Saga"\nrepo_url = "https://github.com/example/saga"\n'
    repo.commit("feat: begin", {"README.md": "# Saga\n\nA tool that tells stories to machines at night.\n"})
    repo.commit("build: packaging", {"pyproject.toml": settings})
    core = "".join(f"def step_{n}(value):\n    return value + {n}\n\n\n" for n in range(12))
    repo.commit("feat(core): steps (#3)", {"core/steps.py": core, "core/__init__.py": ""})
    checks = "".join(f"def test_step_{n}():\n    assert {n} == {n}\n\n\n" for n in range(6))
    repo.commit("test: hold the steps", {"tests/test_steps.py": checks}, author=grace)
    repo.commit("docs: how to tell a story", {"docs/guide.md": "".join(f"Line {n} of advice.\n" for n in range(30))})
    branching = "def choose(a, b):\n    if a:\n        return b\n    for c in b:\n        if c:\n            return c\n"
    repo.commit("feat(core): choose", {"core/choose.py": branching}, at="2024-03-05T08:00:00+02:00")
    undone = repo.commit("fix: choose the last", {"core/choose.py": branching.replace("return c", "pass")})
    repo.git("revert", "--no-edit", undone, env=repo.identity(None, None, grace, None))
    longer = settings.replace("click>=8.1", "click>=8.2")
    repo.commit("build: raise click\n\nBecause 8.1 forgets its colours.", {"pyproject.toml": longer})
    repo.commit("perf: fewer steps", {"core/steps.py": core[: len(core) // 2]}, author=grace)
    moved = {"docs/guide.md": None, "manual/guide.md": "".join(f"Line {n} of advice.\n" for n in range(30))}
    repo.commit("refactor: docs move", moved, at="2024-06-01T23:30:00-05:00")
    repo.branch("topic")
    repo.commit("topic work", {"core/topic.py": "TOPIC = 1\n" * 40}, author=grace)
    repo.commit(
        "more of it", {"core/topic.py": "TOPIC = 2\n" * 30, "tests/test_topic.py": "def test_it():\n    pass\n"}
    )
    repo.switch("main")
    repo.merge("topic", message="Merge pull request #12 from grace/topic\n\nTopics for stories")
    repo.commit("chore: picture", {"logo.png": bytes(range(256))})
    repo.commit("typo", {"README.md": "# Saga\n\nA tool that tells stories to machines by night.\n"})
    repo.commit("feat!: another begin\n\nBREAKING CHANGE: steps are gone", {"core/steps.py": None, "core/go.py": core})
    repo.commit("empty on purpose")
    repo.commit("fix(core): go on", {"core/go.py": core.replace("value + 7", "value * 7")}, at="2026-01-05T10:00:00Z")
    repo.tag("v1.0")
    repo.commit("style: blank lines", {"core/go.py": core.replace("value + 7", "value * 7").replace("\n\n\n", "\n\n")})


@pytest.fixture(scope="session")
def invented() -> Any:
    """Run records without a run: `invented.store(repo.path / "reports", invented.sitting("s", {sha: 1.0}))`."""
    from importlib.util import module_from_spec, spec_from_file_location  # noqa: PLC0415 -- few tests have runs

    spec = spec_from_file_location("invented_runs", Path(__file__).parents[1] / "benchmarks/invented_runs.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    sys.modules["invented_runs"] = module  # its dataclasses look it up
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def measured_made(tmp_path_factory: pytest.TempPathFactory, invented: Any) -> Path:
    """The folder that `measured` copies."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
        patch.setenv("GIT_CONFIG_NOSYSTEM", "1")
        repo = RepoBuilder(tmp_path_factory.mktemp("measured") / "repo")
        code = "".join(f"def step_{number}(value):\n    return value + {number}\n\n\n" for number in range(12))
        shas = [repo.commit(f"feat: step {number}", {f"core/step_{number}.py": code}) for number in range(5)]
        factors = dict(zip(shas[::-1], (1.06, 1.06, 1.0, 1.0, 1.0), strict=True))
        invented.store(repo.path / "reports", invented.sitting("first", factors))
        assert _run(repo.path, ("generate", "--all")).code == 0
    return repo.path


@pytest.fixture
def measured(measured_made: Path, tmp_path: Path) -> RepoBuilder:
    """Five commits of one sitting, the fourth 6 % slower than the third, with their pages; the test's own."""
    shutil.copytree(measured_made, tmp_path / "measured/repo", symlinks=True)
    repo = object.__new__(RepoBuilder)
    repo.path, repo.clock = tmp_path / "measured/repo", EPOCH + timedelta(days=900)
    return repo
