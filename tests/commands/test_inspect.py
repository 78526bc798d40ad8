"""`dossier`, `fact`, `init`, `adopt`, `remove` and `doctor`, each through the command line."""

from __future__ import annotations

import html
import json
import shlex
import socket
import subprocess
import tomllib
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from chronicles.dossier import Dossier
from chronicles.writers.aptitude import Aptitude, Aptitudes, Score
from chronicles.writers.models import served

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import Ran, RepoBuilder

EVERY_COMMIT_HAS = {
    *("commit.sha", "commit.short_sha", "commit.subject", "commit.type", "commit.author", "commit.authored_at"),
    *("change.files", "change.insertions", "change.deletions", "change.binary_files", "change.complexity_score"),
}


def test_a_dossier_in_json(saga: RepoBuilder, run: Callable[..., Ran]) -> None:
    """`--json` is the contract: it reads back as the dossier it was, with the ids that every commit has."""
    for revision in ("HEAD", "HEAD~17", "HEAD~5..HEAD"):
        done = run(saga.path, "dossier", revision, "--json")
        value = json.loads(done.out)
        assert (done.code, done.err, value["schema"]) == (0, "", "chronicles.dossier/1")
        assert {fact["id"] for fact in value["facts"]} >= EVERY_COMMIT_HAS
        assert json.loads(json.dumps(Dossier.from_json(value).to_json())) == value
        assert run(saga.path, "dossier", revision, "--json").out == done.out


def test_a_dossier_for_people(saga: RepoBuilder, run: Callable[..., Ran]) -> None:
    """Facts stand one a line, then the claims, those that a page may tell with a mark."""
    done = run(saga.path, "dossier", "HEAD~1")
    assert done.code == 0
    facts, _, claims = done.out.partition("\n\n")
    assert any(line.split(maxsplit=1) == ["change.files", "one file"] for line in facts.splitlines())
    assert all(line[:2] in {"* ", "  "} for line in claims.splitlines())


def test_a_quick_dossier(saga: RepoBuilder, run: Callable[..., Ran]) -> None:
    """`--quick` leaves symbols and blame out, and its subject says so."""
    value = json.loads(run(saga.path, "dossier", "--quick", "--json").out)
    assert value["subject"]["reading"] == "quick"
    assert not [fact for fact in value["facts"] if fact["id"].startswith(("symbol.", "rewrite.", "api."))]


def test_a_fact_and_its_derivation(saga: RepoBuilder, run: Callable[..., Ran]) -> None:
    """A fact shows its phrase, value, family and the command that derives it, and a git command finds the value."""
    done = run(saga.path, "fact", "HEAD~1", "change.files")
    assert done.code == 0
    phrase, value, source, derive = done.out.splitlines()
    assert (phrase, value.split()) == ("one file", ["value", "1", "(file)"])
    assert source.strip().startswith("source   git, family change version ")
    command = derive.split(maxsplit=1)[1]
    shown = subprocess.run(command, shell=True, cwd=saga.path, capture_output=True, text=True, check=True).stdout  # noqa: S602 -- a person would paste it into a shell
    assert shown.split() == ["1"]


def test_every_derivation_of_git_runs(saga: RepoBuilder, run: Callable[..., Ran]) -> None:
    """What `derive` says is a command that ends well; those of analysis name `chronicles fact` with an id there is."""
    facts = json.loads(run(saga.path, "dossier", "HEAD", "--json").out)["facts"]
    ids = {fact["id"] for fact in facts}
    commands = {fact["derive"] for fact in facts}
    for command in commands:
        if command.startswith("chronicles fact"):
            assert shlex.split(command)[3] in ids
        else:
            subprocess.run(command, shell=True, cwd=saga.path, capture_output=True, check=True)  # noqa: S602 -- as above


def test_a_fact_that_is_not(saga: RepoBuilder, run: Callable[..., Ran]) -> None:
    """An unknown id is a usage error that names the nearest."""
    done = run(saga.path, "fact", "HEAD", "change.file")
    assert done.code == 2
    assert "HEAD has no fact 'change.file'; nearest: change.files" in done.err


def test_init_writes_what_is_missing(repo: RepoBuilder, run: Callable[..., Ran]) -> None:
    """Settings, site configuration and folder are written once, and a second run changes nothing."""
    repo.commit("one", {"a": "1\n"})
    repo.git("remote", "add", "origin", "git@github.com:example/thing.git")
    done = run(repo.path, "init", "--series", 'The "Thing"', "--first-episode", "7")
    made = ("chronicles.toml", "mkdocs.yml", ".chronicles/pages/.gitignore", "episodes/.gitkeep")
    assert (done.code, done.out) == (0, "".join(f"wrote {one}\n" for one in made))
    assert tomllib.loads((repo.path / "chronicles.toml").read_text()) == {
        "series": 'The "Thing"',
        "repo_url": "https://github.com/example/thing",
        "first_episode": 7,
    }
    assert run(repo.path, "init").out == "".join(f"kept  {one}\n" for one in made)
    other = run(repo.path, "init", "--first-episode", "8")
    assert other.code == 2
    assert "set `first_episode = 8` there yourself" in other.err


@pytest.mark.parametrize(("ignored", "said"), [("", True), ("dist/\n/site/\n", False), ("site\r\n", False)])
def test_init_says_what_to_ignore(repo: RepoBuilder, run: Callable[..., Ran], ignored: str, *, said: bool) -> None:
    """Who has the settings of a site written is told once that the built site is not to be committed."""
    repo.commit("one", {"a": "1\n", ".gitignore": ignored})
    assert ("add `/site/` to .gitignore" in run(repo.path, "init").err) == said
    assert "/site/" not in run(repo.path, "init").err
    assert (repo.path / ".gitignore").read_bytes() == ignored.encode()


def test_init_begins_before_the_first_commit(repo: RepoBuilder, run: Callable[..., Ran]) -> None:
    """Where there is nothing to tell yet, the next step is a commit."""
    done = run(repo.path, "init")
    assert (done.code, "next, commit something; then `chronicles generate`" in done.err) == (0, True)
    repo.commit("one", {"a": "1\n"})
    assert "next, `chronicles generate`" in run(repo.path, "init").err
    assert run(repo.path, "generate").code == 0


def test_init_joins_a_pyproject(repo: RepoBuilder, run: Callable[..., Ran]) -> None:
    """Where there is a pyproject.toml the settings join it, and what stood there stays."""
    before = '[project]\nname = "x"\n# a comment\n'
    repo.commit("one", {"pyproject.toml": before})
    assert run(repo.path, "init").code == 0
    text = (repo.path / "pyproject.toml").read_text()
    assert text.startswith(before.rstrip())
    assert tomllib.loads(text)["tool"]["chronicles"] == {"series": "Repo"}
    assert not (repo.path / "chronicles.toml").exists()


@pytest.mark.parametrize("name", ["Fire \U0001f525", 'The "Thing": #1', "yes", "a\tb\x7f", "- x", "{{ x }}", "<b>&lt;"])
def test_init_writes_any_name(repo: RepoBuilder, run: Callable[..., Ran], name: str) -> None:
    """TOML and YAML read the name back as it was given, whatever signs it has; for the theme's templates it is text."""
    repo.commit("one", {"a": "1\n"})
    assert run(repo.path, "init", "--series", name).code == 0
    assert tomllib.loads((repo.path / "chronicles.toml").read_text())["series"] == name
    shown = yaml.safe_load((repo.path / "mkdocs.yml").read_text())["site_name"]
    assert html.unescape(shown) == f"The {name} Chronicles"
    assert not set(shown) & set('<>"')


def test_init_keeps_line_ends(repo: RepoBuilder, run: Callable[..., Ran]) -> None:
    """A file with CRLF stays one, to the byte."""
    before = b'[project]\r\nname = "x"\r\n'
    repo.commit("one", {"pyproject.toml": before})
    assert run(repo.path, "init").code == 0
    after = b'\r\n[tool.chronicles]\r\nseries = "Repo"\r\n'
    written = (repo.path / "pyproject.toml").read_bytes()
    assert written.startswith(before + after)
    assert written.count(b"\n") == written.count(b"\r\n")


def test_init_leaves_a_broken_pyproject_alone(repo: RepoBuilder, run: Callable[..., Ran]) -> None:
    """Settings are not appended to what is no TOML; the error names the file."""
    repo.commit("one", {"pyproject.toml": "[project\n"})
    done = run(repo.path, "init")
    assert done.code == 2
    assert "pyproject.toml: no readable TOML" in done.err
    assert (repo.path / "pyproject.toml").read_text() == "[project\n"


def test_adopt_signs_each_edit(saga: RepoBuilder, run: Callable[..., Ran]) -> None:
    """Each unsigned edit is signed with git's user name unless another is given, and a second run finds none."""
    page = saga.path / "episodes/episode_005.md"
    saga.git("config", "user.name", "Grace Hopper")
    page.write_text(page.read_text() + "\nWritten at night.\n")
    line = page.read_text().count("\n")
    done = run(saga.path, "adopt", "episodes/episode_005.md")
    assert (done.code, done.out, done.err) == (0, f"episodes/episode_005.md:{line}: signed by Grace Hopper\n", "")
    assert page.read_text().endswith("\nWritten at night. <!-- by: Grace Hopper -->\n")
    again = run(saga.path, "adopt", "episodes/episode_005.md")
    assert (again.code, again.out) == (0, "")
    assert again.err == "chronicles: episodes/episode_005.md has no unsigned edit.\n"


def test_adopt_refuses_what_cannot_be_signed(saga: RepoBuilder, run: Callable[..., Ran]) -> None:
    """A line of front matter cannot be signed; the refusal says why, and the exit status is a finding's."""
    page = saga.path / "episodes/episode_005.md"
    page.write_text(page.read_text().replace("runs: []", 'runs: []\nmood: "calm"', 1))
    done = run(saga.path, "adopt", "episodes/episode_005.md", "--name", "Grace")
    assert done.code == 1
    assert "not signed: front matter holds no comments" in done.err


def test_remove_keeps_the_number(saga: RepoBuilder, run: Callable[..., Ran]) -> None:
    """A removed page is gone, its commit stays untold, its number unused, and its neighbours name each other."""
    done = run(saga.path, "remove", "episodes/episode_018.md")
    assert (done.code, done.out) == (0, "")
    assert done.err == "chronicles: removed episodes/episode_018.md; number 18 stays unused.\n"
    again = run(saga.path, "generate", "--all")
    assert (again.code, again.out) == (0, "")
    assert "1 left out (removed by `chronicles remove`)" in again.err
    saga.commit("fix: more", {"core/more.py": "MORE = 1\n"})
    assert "episodes/episode_019.md" in run(saga.path, "generate").out
    assert run(saga.path, "remove", "episodes/episode_004.md").code == 0
    found = run(saga.path, "verify")
    assert (found.code, found.out) == (0, "")


@pytest.mark.parametrize("named", ["README.md", "patch_5", "99", "episodes", "episodes/99", "episode_004.json"])
def test_remove_what_is_no_page(saga: RepoBuilder, run: Callable[..., Ran], named: str) -> None:
    """What is no page is left where it is, and the refusal says where pages are, of both kinds."""
    before = sorted(saga.path.glob("*")), sorted(saga.path.glob("episodes/*"))
    done = run(saga.path, "remove", named)
    assert done.code == 2
    assert f"{named}: is no page of this project. The pages are in episodes/ and patches/" in done.err
    assert (sorted(saga.path.glob("*")), sorted(saga.path.glob("episodes/*"))) == before


@pytest.mark.parametrize("named", ["patch_1", "patch_1.md", "episode_018", "episode_018.md"])
def test_remove_by_name_alone(saga: RepoBuilder, run: Callable[..., Ran], named: str) -> None:
    """A name without a folder is looked for with the episodes and with the patch documents."""
    folder = "patches" if named.startswith("patch") else "episodes"
    if folder == "patches":
        assert run(saga.path, "patch", "HEAD~1..HEAD").code == 0
    path = f"{folder}/{named.removesuffix('.md')}.md"
    assert (saga.path / path).exists()
    done = run(saga.path, "remove", named)
    assert (done.code, f"removed {path};" in done.err) == (0, True), done
    assert not (saga.path / path).exists()


@pytest.mark.parametrize("where", ["a repository", "no repository"])
def test_doctor(saga: RepoBuilder, run: Callable[..., Ran], where: str, tmp_path: object) -> None:
    """What is there has its version, what is missing the command that helps, and an extra is optional."""
    folder = saga.path if where == "a repository" else saga.path.parent
    done = run(folder, "doctor", "--json")
    checks = {check["name"]: check for check in json.loads(done.out)}
    assert checks["git"]["state"] == checks["click"]["state"] == "ok"
    assert checks["repository"]["state"] == ("ok" if where == "a repository" else "missing")
    assert done.code == (0 if where == "a repository" else 2)
    assert all(check["remedy"] for name, check in checks.items() if check["state"] == "optional")
    lines = run(folder, "doctor").out.splitlines()
    assert len(lines) == len(checks)


def test_doctor_knows_the_models(saga: RepoBuilder, run: Callable[..., Ran], ollama: Any) -> None:
    """A server is told with its version and models, the one by default and those found fit; else what helps."""
    checks = {check["name"]: check for check in json.loads(run(saga.path, "doctor", "--json").out)}
    assert checks["ollama server"]["found"] == f"{ollama.version} at {ollama.host}"
    assert checks["ollama models"]["found"] == "tiny:latest; tiny:latest is the one by default"
    assert checks["models found fit"]["state"] == "optional"
    assert "chronicles personas check --writer" in checks["models found fit"]["remedy"]
    ollama.models.clear()
    checks = {check["name"]: check for check in json.loads(run(saga.path, "doctor", "--json").out)}
    assert "`ollama pull" in checks["ollama models"]["remedy"]
    assert not [path for _, path, *_ in ollama.requests if path in {"/api/chat", "/api/generate", "/api/pull"}]


def test_doctor_knows_older_measures(saga: RepoBuilder, run: Callable[..., Ran], ollama: Any, tmp_path: Path) -> None:
    """A model that was fit by older rules is to be measured again, which is not the same as none."""
    score = Score(24, 24, 24, 24)
    old = Aptitude("tiny:latest", "ab" * 32, "0", "0", score, score, 1, 1, 1, 1.0)
    Aptitudes(tmp_path / "state/models.json").remember(old)
    checks = {check["name"]: check for check in json.loads(run(saga.path, "doctor", "--json").out)}
    assert checks["models found fit"]["found"] == "measured by older rules: tiny:latest"
    again = "`chronicles personas check --writer ollama --model tiny:latest` measures again"
    assert checks["models found fit"]["remedy"] == again
    assert ollama.requests


def test_doctor_without_a_server(saga: RepoBuilder, run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch) -> None:
    """No server is no fault, and the remedy says how to start one or where to name it."""
    monkeypatch.setenv("OLLAMA_HOST", "127.0.0.1:9")
    done = run(saga.path, "doctor", "--json")
    checks = {check["name"]: check for check in json.loads(done.out)}
    assert done.code == 0
    assert checks["ollama server"]["state"] == "optional"
    assert "`ollama serve`" in checks["ollama server"]["remedy"]


def test_doctor_knows_a_server_that_hangs(
    saga: RepoBuilder, run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that takes the connection and says nothing is told from one that is not there."""
    monkeypatch.setattr(served, "_READ_SEC", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"127.0.0.1:{silent.getsockname()[1]}"
        monkeypatch.setenv("OLLAMA_HOST", address)
        done = run(saga.path, "doctor", "--json")
    checks = {check["name"]: check for check in json.loads(done.out)}
    assert done.code == 0
    assert checks["ollama server"]["found"] == f"http://{address} takes the connection and does not answer"
    assert checks["ollama server"]["remedy"].startswith("restart it")
