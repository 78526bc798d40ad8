"""The patch document of a repository that was cleaned up as the seeds' one was, and what it must say of it.

Twenty-nine files go to `garbage/`, twenty-seven of them from five folders and two modules from the package's top;
monitoring goes to an enterprise folder, infrastructure to `deployment/`; six files are added beside the document.
"""

from __future__ import annotations

import re
import subprocess
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import Ran, RepoBuilder

FOLDERS = {
    ("banterhearts/agents/", "garbage/agents/"): [
        *("self_learning_healer.py", "intelligent_agent.py", "openai_intelligence.py", "self_healing_pipeline.py")
    ],
    ("scripts/demo/", "garbage/demo/"): [f"demo_{number}.py" for number in range(9)],
    ("scripts/streamlit/", "garbage/streamlit/"): ["dashboard.py", "helpers.py", "launch.sh"],
    ("scripts/deployment/", "garbage/deployment/"): [f"deploy_{number}.sh" for number in range(6)],
    ("docs/", "garbage/docs/"): ["bot.md", "healing.md", "streamlit.md", "openai.md", "pipeline.md"],
    ("banterhearts/", "garbage/"): ["live_pipeline_manager.py", "simple_live_pipeline_manager.py"],
}
ENTERPRISE = {
    ("banterhearts/observability/", "banterhearts/enterprise/observability/"): ["datadog.py", "mcp_datadog.py"],
    ("banterhearts/storage/", "banterhearts/enterprise/storage/"): ["clickhouse.py", "mcp_clickhouse.py"],
    ("scripts/", "banterhearts/enterprise/scripts/"): ["push.py", "digest.py", "simple_push.py"],
}
ENTERPRISE_DOCS = {("docs/", "docs/enterprise/"): ["observability-setup.md", "digest_agent.md"]}
DEPLOYMENT = {
    ("k8s/", "deployment/kubernetes/"): ["service.yaml", "pods.yaml"],
    ("config/", "deployment/config/"): ["prod.toml", "dev.toml"],
}
ALONE = {
    "Dockerfile": "deployment/docker/Dockerfile",
    "docker-compose.yml": "deployment/docker/docker-compose.yml",
    "docker-compose.dev.yml": "deployment/docker/docker-compose.dev.yml",
    "install.sh": "deployment/scripts/install.sh",
    "install.ps1": "deployment/scripts/install.ps1",
}
ADDED = {
    "garbage/README.md": "# Garbage\n\nArchived simulation code, kept because it shows what was tried.\n",
    "banterhearts/enterprise/README.md": "# Enterprise\n\nAdapters for monitoring services.\n",
    "deployment/README.md": "# Deployment\n\nHow to bring it up.\n",
    "docs/ai_agent/PRD.md": "# Product requirements\n\nWhat the agent is to do.\n",
    "docs/ai_agent/README.md": "# The agent\n\nDocuments of the agent.\n",
    "reports/README.md": "# Reports\n\nAn index of the benchmark data.\n",
}


def run_git(folder: Path, *arguments: str) -> None:
    """Run git in a folder."""
    subprocess.run(["git", "-C", str(folder), *arguments], check=True, capture_output=True)


KEPT = {f"banterhearts/{name}/core.py": f"def {name}() -> None:\n    pass\n" for name in ("optimization", "monitoring")}


def _text(path: str) -> str:
    """Contents that no other path has."""
    return "".join(f"{path.replace('.', ' ')} line {number}\n" for number in range(30))


@pytest.fixture
def page(repo: RepoBuilder, run: Callable[..., Ran]) -> Path:
    """The document of the commit that cleans up."""
    moves = dict(ALONE)
    for (old, new), names in {**FOLDERS, **ENTERPRISE, **ENTERPRISE_DOCS, **DEPLOYMENT}.items():
        moves |= {old + name: new + name for name in names}
    repo.commit("feat: begin", {old: _text(old) for old in moves} | KEPT | {"README.md": "# Chimera\n"})
    repo.tag("v0.12")
    repo.commit(
        "refactor: put the house in order",
        dict.fromkeys(moves) | {new: _text(old) for old, new in moves.items()} | ADDED,
    )
    assert run(repo.path, "patch", "v0.12..HEAD").code == 0
    return repo.path / "patches" / "patch_1.md"


def test_it_has_the_sections_of_the_seed_in_order(page: Path) -> None:
    """The headings that the range has something for stand in the seeds' order."""
    headings = re.findall(r"^## (.+)$", page.read_text(), re.MULTILINE)
    order = [
        "Overview",
        "Highlights",
        "Breaking Changes",
        "New Structure",
        "Files Added",
        "Impact Analysis",
        "Coverage",
    ]
    assert headings == order


@pytest.mark.parametrize(
    ("home", "lines"),
    [
        ("garbage/", FOLDERS),
        ("banterhearts/enterprise/", ENTERPRISE),
        ("docs/enterprise/", ENTERPRISE_DOCS),
        ("deployment/", DEPLOYMENT),
    ],
)
def test_each_move_stands_under_its_home_with_its_count(
    page: Path, home: str, lines: dict[tuple[str, str], list[str]]
) -> None:
    """The heading counts all files that came to a home, each line those of two folders, and every file is named."""
    own = {old: new for old, new in ALONE.items() if new.startswith(home)}
    total = sum(map(len, lines.values())) + len(own)
    text = page.read_text()
    found = re.search(rf"^### Moved to `{home}` \({total} files\)$(.*?)(?=^##)", text, re.MULTILINE | re.DOTALL)
    assert found, text
    for (old, new), names in lines.items():
        assert f"- `{old}` → `{new}` ({len(names)} files)\n" in found[1]
        assert all(f"`{name}`" in found[1] for name in names)
    for old, new in own.items():
        assert f"- `{old}` → `{new}`\n" in found[1]


def test_nothing_that_moved_is_called_removed(page: Path) -> None:
    """No file is gone, and no line says that one is."""
    text = page.read_text()
    assert "Removed" not in text
    assert "no longer public" not in text


def test_the_six_added_files_are_named_with_their_own_words(page: Path) -> None:
    """All six are there, that of an output folder too, each with the first sentence it says of itself."""
    added = page.read_text().partition("## Files Added")[2].partition("\n## ")[0]
    assert re.findall(r"^- `([^`]+)`", added, re.MULTILINE) == sorted(ADDED)
    assert "- `docs/ai_agent/PRD.md` – “What the agent is to do.”" in added


def test_the_reason_is_the_readmes(page: Path) -> None:
    """Why things moved is quoted from the home's README, and not told where no README says why."""
    reasons = re.findall(r"\*\*Reason:\*\* (.*)", page.read_text())
    assert reasons == ["“Archived simulation code, kept because it shows what was tried.” (`garbage/README.md`)"]


def test_verify_derives_all_of_it(page: Path, run: Callable[..., Ran]) -> None:
    """Every line is found again in the repository."""
    done = run(page.parent.parent, "verify", "--strict")
    assert (done.code, done.out) == (0, ""), done


def test_the_ends_are_named_by_their_tags(page: Path, run: Callable[..., Ran]) -> None:
    """A tag at both ends stands in the head and in the title; a name that no tag there has is false."""
    folder = page.parent.parent
    run_git(folder, "tag", "v0.13", "HEAD")
    assert run(folder, "patch", "v0.12..HEAD").code == 0
    text = page.read_text()
    assert "**Range:** `v0.12` to `v0.13`\n" in text
    assert text.partition("# Patch 1: ")[2].startswith("v0.13: 29 Files Move to garbage/")
    assert run(folder, "verify", "--strict").code == 0
    run_git(folder, "tag", "-f", "v0.13", "HEAD~1")
    moved = run(folder, "verify")
    assert moved.code == 1
    assert "no tag of that name" in moved.out


def test_a_newer_library_stands_under_no_break(repo: RepoBuilder, run: Callable[..., Ran]) -> None:
    """Where nothing breaks no heading says so; what a version asks for has its own."""
    project = '[project]\nname = "it"\nversion = "1"\nrequires-python = ">=3.11"\ndependencies = ["click>=8.{}"]\n'
    repo.commit("feat: begin", {"pyproject.toml": project.format(0)})
    repo.tag("v1")
    repo.commit("build: ask for a newer click", {"pyproject.toml": project.format(1)})
    done = run(repo.path, "patch", "--dry-run")
    assert "## Breaking Changes" not in done.out
    assert "\n## Requirements (one change, not breaking)\n" in done.out
    assert "`>=8.0` → `>=8.1`" in done.out
