"""What other people's CI runs of ours: the pre-commit hooks, the GitHub Action and its script."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.conftest import Ran, RepoBuilder

ROOT = Path(__file__).parent.parent
SCRIPT = ROOT / "deployment/ci/verify.sh"


@pytest.fixture
def told(repo: RepoBuilder, run: Callable[..., Ran]) -> RepoBuilder:
    """A repository with a tag, a commit after it, and the episodes of both."""
    repo.commit("feat: begin", {"a.py": "one = 1\n"})
    repo.tag("v1")
    repo.commit("fix: mend it", {"a.py": "one = 2\n"})
    assert run(repo.path, "generate", "--all").code == 0
    return repo


def script(folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the action's script as the action does, with the `chronicles` of this environment."""
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    clean: Mapping[str, str] = {"PATH": path, "HOME": str(folder), **environment}
    return subprocess.run([SCRIPT], cwd=folder, env=clean, capture_output=True, text=True, check=False)


def test_it_verifies_and_shows_the_document(told: RepoBuilder, tmp_path: Path) -> None:
    """True pages pass, and the document of what came after the tag goes to stdout and to the summary."""
    summary = tmp_path / "summary.md"
    done = script(told.path, GITHUB_STEP_SUMMARY=str(summary))
    assert done.returncode == 0, done
    assert "# Patch 1: " in done.stdout
    assert "# Patch 1: " in summary.read_text()
    assert not (told.path / "patches").exists()


def test_a_false_page_fails_it(told: RepoBuilder) -> None:
    """The exit code is that of verify, and the document is shown all the same."""
    page = told.path / "episodes/episode_001.md"
    page.write_text(page.read_text().replace("Ada", "Eve"))
    done = script(told.path)
    assert done.returncode == 1, done
    assert "# Patch 1: " in done.stdout


def test_a_shallow_checkout_is_told_what_helps(told: RepoBuilder, tmp_path: Path) -> None:
    """Nothing is verified against half a history."""
    told.git("clone", "-q", "--depth=1", f"file://{told.path}", str(tmp_path / "shallow"))
    done = script(tmp_path / "shallow")
    assert done.returncode == 2
    assert "fetch-depth: 0" in done.stderr


@pytest.mark.parametrize(
    "hostile", ["--output=/tmp/elsewhere", "$(touch pwned)", "; touch pwned", "v1..HEAD; touch pwned"]
)
def test_a_range_is_data(told: RepoBuilder, hostile: str) -> None:
    """What somebody types for a range is neither an option nor a command."""
    before = sorted(path.name for path in told.path.iterdir())
    done = script(told.path, RANGE=hostile)
    assert "# Patch" not in done.stdout
    assert sorted(path.name for path in told.path.iterdir()) == before


def test_an_empty_range_is_no_failure(told: RepoBuilder) -> None:
    """Where there is no document to show, true pages still pass, and stderr says so."""
    told.tag("v2")
    done = script(told.path, RANGE="v2..v2")
    assert done.returncode == 0, done
    assert "no patch document" in done.stderr


def hooks() -> list[dict[str, Any]]:
    """The hooks that this repository offers."""
    return list(yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text()))


@pytest.mark.parametrize("hook", hooks(), ids=lambda hook: str(hook["id"]))
def test_each_hook_runs(told: RepoBuilder, run: Callable[..., Ran], hook: dict[str, Any]) -> None:
    """The entry of each is a command line of ours that passes on true pages, takes no file and writes none."""
    program, *arguments = shlex.split(hook["entry"])
    assert program == "chronicles"
    assert (hook["language"], hook["pass_filenames"], hook["always_run"]) == ("python", False, True)
    before = told.git("status", "--porcelain")
    done = run(told.path, *arguments)
    assert done.code == 0, done
    assert told.git("status", "--porcelain") == before


def test_the_action_passes_inputs_as_variables() -> None:
    """No input stands in the text of a shell script, where it would run."""
    action = yaml.safe_load((ROOT / "action.yml").read_text())
    steps = action["runs"]["steps"]
    scripts = [step["run"] for step in steps if "run" in step]
    assert scripts
    assert not any("${{" in text for text in scripts)
    passed = {value for step in steps for value in step.get("env", {}).values()}
    assert {f"${{{{ inputs.{name} }}}}" for name in ("strict", "patch", "range")} <= passed
    assert set(action["inputs"]) == {"strict", "patch", "range", "python-version"}
