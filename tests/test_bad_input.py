"""Every odd repository gives a right page or a clear error, through the real console script.

After a right page `verify` must find nothing, and the page must be well-formed: hostile text shows literally, there are
as many headings and columns as the layout has, and no HTML comes through.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from markdown_it import MarkdownIt

if TYPE_CHECKING:
    from collections.abc import Callable

    from markdown_it.token import Token

    from tests.conftest import RepoBuilder

SCRIPT = Path(sys.executable).with_name("chronicles")
HEADINGS = frozenset(
    {
        "Why It Matters",
        "The Roundtable: Dossier Reactions",
        "🔬 Technical Analysis",
        "Commit Metrics & Complexity Assessment",
        "Architectural Component Analysis",
        "Code Quality & Architecture Patterns",
        "Performance & Scalability Indicators",
        "The Hunk",
        "🏗️ Architecture & Strategic Impact",
        "Moves",
        "Public Names",
        "Dependencies",
        "Commits",
    }
)


def chronicles(folder: Path, *arguments: str, **limits: object) -> subprocess.CompletedProcess[str]:
    """Run the console script."""
    return subprocess.run(
        (str(SCRIPT), *arguments),
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        **limits,  # type: ignore[call-overload] # passed through
    )


def refused(done: subprocess.CompletedProcess[str], *words: str) -> None:
    """Hold a run to having ended with a clear error."""
    assert (done.returncode, done.stdout) == (2, ""), done
    assert done.stderr.startswith("chronicles: ")
    assert "Traceback" not in done.stderr
    assert "bug" not in done.stderr
    for word in words:
        assert word in done.stderr


def told(repo: RepoBuilder, *arguments: str) -> str:
    """Generate, verify, hold the newest page to being well-formed, and return it."""
    done = chronicles(repo.path, "generate", *arguments)
    assert done.returncode == 0, done.stderr
    checked = chronicles(repo.path, "verify")
    assert (checked.returncode, checked.stdout) == (0, ""), checked.stdout + checked.stderr
    page = max((repo.path / "episodes").glob("episode_*.md")).read_text(encoding="utf-8")
    well_formed(page)
    return page


OURS = ("<code>", "</code>", "<small>", "</small>")
"""HTML that pages have: code with signs that Markdown has no room for, and the line about the voices."""


def well_formed(page: str) -> list[Token]:
    """Hold a page to its layout, as a renderer sees it."""
    _, _, body = page.removeprefix("---\n").partition("\n---\n")
    tokens = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).parse(body)
    titles = [tokens[at + 1].content for at, token in enumerate(tokens) if token.type == "heading_open"]
    assert titles[0].split(" - Episode ")[1][0].isdigit()
    known = [
        title
        for title in titles[2:]
        if title in HEADINGS or title[:1] in "📅🔗📊" or "Dive" in title or "Next" in title
    ]
    assert titles[2:] == known, titles
    assert len(titles) == len(set(titles))
    columns = None
    for token in tokens:
        if token.type == "tr_open":
            cells = 0
        elif token.type in ("td_open", "th_open"):
            cells += 1
        elif token.type == "tr_close":
            columns = columns or cells
            assert cells == columns
        elif token.type == "table_close":
            columns = None
        assert token.type != "html_block" or token.content.startswith(("<pre><code", "<!-- ")), token.content
        for child in token.children or ():
            assert child.type != "html_inline" or child.content in OURS, child.content
    return tokens


def shown(page: str) -> str:
    """The text of a page as a reader sees it."""
    import html  # noqa: PLC0415 -- one function needs it

    def text(tokens: list[Token]) -> str:
        kinds = ("text", "code_inline", "fence", "code_block")
        return "".join(
            token.content if token.type in kinds else " " if "break" in token.type else text(token.children or [])
            for token in tokens
        )

    return html.unescape(text(well_formed(page)))


# -- repositories that cannot be read -----------------------------------------------------------------------------


def test_not_a_repository(tmp_path: Path) -> None:
    """A folder without repository is named, with what to do."""
    refused(chronicles(tmp_path, "generate"), "not a git repository: '.'. Run", "git init")
    refused(chronicles(tmp_path, "-C", str(tmp_path / "nowhere"), "generate"), "not a git repository")


def test_empty_repository(repo: RepoBuilder) -> None:
    """Without a commit there is nothing to tell."""
    for command in (("generate",), ("generate", "--all"), ("verify",), ("dossier",)):
        refused(chronicles(repo.path, *command), "has no commit yet", "Commit something")
    assert not (repo.path / "episodes").exists()


def test_shallow_clone(repo: RepoBuilder, tmp_path: Path) -> None:
    """A shallow clone is refused with the command that completes it, and that command helps."""
    repo.commit("one", {"a": "1\n"})
    repo.commit("two", {"a": "2\n"})
    repo.git("clone", "-q", "--depth=1", f"file://{repo.path}", str(tmp_path / "clone"))
    refused(chronicles(tmp_path / "clone", "generate"), "is a shallow clone", "`git fetch --unshallow`")
    subprocess.run(["git", "fetch", "-q", "--unshallow"], cwd=tmp_path / "clone", check=True)
    assert chronicles(tmp_path / "clone", "generate", "--all").returncode == 0


def test_partial_clone(repo: RepoBuilder, tmp_path: Path) -> None:
    """A partial clone is refused with the command that completes it."""
    repo.commit("one", {"a": "1\n"})
    repo.git("config", "uploadpack.allowFilter", "true")
    repo.git("clone", "-q", "--filter=blob:none", f"file://{repo.path}", str(tmp_path / "clone"))
    refused(chronicles(tmp_path / "clone", "generate"), "is a partial clone", "git fetch --refetch")


def test_unknown_revisions(repo: RepoBuilder) -> None:
    """What names no commit is repeated in the error, also when it looks like an option or a tree."""
    repo.commit("one", {"a": "1\n"})
    for revision in ("nowhere", "HEAD~9", "HEAD:a", "HEAD^{tree}", "0" * 40, "a..nowhere"):
        refused(chronicles(repo.path, "generate", "--", revision), "no commit is named")
    refused(chronicles(repo.path, "generate", "--", "--output=x"), "no commit is named '--output=x'")
    assert not (repo.path / "x").exists()


# -- repositories of other kinds ----------------------------------------------------------------------------------


def test_replace_refs_and_grafts(repo: RepoBuilder) -> None:
    """History is what the objects say, whatever replaces them on this machine."""
    repo.commit("one", {"a": "1\n"})
    first = repo.commit("two", {"a": "2\n", "b": "2\n"})
    other = repo.commit("three", {"a": "3\n"})
    page = told(repo, "HEAD~1")
    repo.git("replace", first, other)
    (repo.path / ".git/info").mkdir(exist_ok=True)
    (repo.path / ".git/info/grafts").write_text(f"{first}\n")
    assert told(repo, "--force", first) == page


def test_sha256_repository(make_repo: Callable[..., RepoBuilder]) -> None:
    """Hashes of 64 digits are told like any others."""
    repo = make_repo("long", object_format="sha256")
    repo.commit("feat: one", {"a.py": "a = 1\n"})
    repo.commit("fix: two", {"a.py": "a = 2\n"})
    page = told(repo, "--all")
    assert repo.head in page


def test_bare_repository(repo: RepoBuilder, tmp_path: Path) -> None:
    """A bare repository is told into a folder that was named."""
    repo.commit("one", {"a": "1\n"})
    repo.git("clone", "-q", "--bare", str(repo.path), str(tmp_path / "bare.git"))
    pages = str(tmp_path / "pages")
    assert chronicles(tmp_path / "bare.git", "generate", "--output", pages).returncode == 0
    assert chronicles(tmp_path / "bare.git", "verify", "--output", pages).returncode == 0
    assert "# Bare - Episode 1" in (tmp_path / "pages/episode_001.md").read_text()
    refused_init = chronicles(tmp_path / "bare.git", "init")
    assert refused_init.returncode == 2
    assert "a bare repository has no place for settings" in refused_init.stderr


def test_worktree_and_detached_head(repo: RepoBuilder, tmp_path: Path) -> None:
    """A linked worktree with a detached HEAD, and a folder deep inside, are told like any checkout."""
    repo.commit("one", {"deep/er/a": "1\n"})
    repo.commit("two", {"deep/er/a": "2\n"})
    repo.git("worktree", "add", "-q", "--detach", str(tmp_path / "tree"), "HEAD~1")
    done = chronicles(tmp_path / "tree/deep/er", "generate")
    assert (done.returncode, done.stdout) == (0, "../../episodes/episode_001.md\n")
    assert "# Repo - Episode 1" in (tmp_path / "tree/episodes/episode_001.md").read_text()
    assert chronicles(tmp_path / "tree", "verify").returncode == 0
    repo.git("checkout", "-q", "--detach")
    told(repo)


# -- odd commits --------------------------------------------------------------------------------------------------


def test_root_merge_octopus_and_empty_commits(repo: RepoBuilder) -> None:
    """Commits with no parent, several or no change have right pages."""
    repo.commit("root", {"a.py": "a = 1\n"})
    for name in ("left", "right", "middle"):
        repo.branch(name, "main")
        repo.commit(f"work {name}", {f"{name}.py": f"{name} = 1\n"})
    repo.switch("main")
    repo.commit("beside", {"a.py": "a = 2\n"})
    repo.merge("left")
    repo.merge("right", "middle", message="An octopus")
    repo.commit("nothing at all")
    page = told(repo, "--all")
    assert "*no file adjusted*" in page
    octopus = (repo.path / "episodes/episode_004.md").read_text()
    assert "*2 files adjusted across middle.py (1) and right.py (1)*" in octopus
    root = (repo.path / "episodes/episode_001.md").read_text()
    assert "*1 file adjusted across a.py (1)*" in root


def test_unrelated_root(repo: RepoBuilder) -> None:
    """A merge of a history of its own is told against the first parent."""
    repo.commit("root", {"a.py": "a = 1\n"})
    repo.git("checkout", "-q", "--orphan", "other")
    repo.commit("another root", {"b.py": "b = 1\n"})
    repo.switch("main")
    repo.git(
        "merge",
        "-q",
        "--allow-unrelated-histories",
        "-m",
        "both",
        "other",
        env=repo.identity(None, None, ("Ada", "a@b.c"), None),
    )
    assert "*1 file adjusted across b.py (1)*" in told(repo, "--all")


def test_twenty_thousand_files(repo: RepoBuilder) -> None:
    """A commit of 20,000 files has its page in seconds."""
    lines = ["commit refs/heads/main", "committer Ada <ada@example.org> 1704110400 +0000", "data 9", "feat: all"]
    for number in range(20_000):
        body = f"value_{number} = {number}\n"
        lines += [f"M 100644 inline dir_{number % 97}/sub_{number % 13}/file_{number}.py", f"data {len(body)}", body]
    repo.git("fast-import", "--quiet", stdin="\n".join(lines))
    started = time.perf_counter()
    page = told(repo)
    assert "- **Files Changed**: 20,000" in page
    assert time.perf_counter() - started < 40


def test_binary_symlink_submodule_and_mode(repo: RepoBuilder) -> None:
    """Changes that have no lines are counted as files, and their pages verify."""
    repo.commit("begin", {"logo.png": b"\x00\x01", "run.sh": "true\n", "target": "t\n"})
    repo.commit("binary", {"logo.png": b"\x00\x02" * 100})
    repo.commit("symlink", {"link": Path("target")})
    repo.commit("symlink elsewhere", {"link": Path("run.sh")})
    repo.git("update-index", "--chmod=+x", "run.sh")
    repo.commit("mode only")
    repo.git("update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},vendor/sub")
    repo.commit("submodule")
    repo.git("update-index", "--cacheinfo", f"160000,{'2' * 40},vendor/sub")
    repo.commit("submodule moves")
    repo.git("update-index", "--force-remove", "target")
    repo.git("update-index", "--add", "--cacheinfo", f"100644,{repo.git('hash-object', '-w', 'target')},Target")
    repo.commit("case only")
    page = told(repo, "--all")
    assert "*1 file adjusted across Target (1)*" in page
    assert "logo.png, binary" in page or "binary" in (repo.path / "episodes/episode_002.md").read_text()
    assert "1 file adjusted across run.sh (1)" in (repo.path / "episodes/episode_005.md").read_text()


NAMES = {
    "with space.py": "with space.py",
    "new\nline.py": "new\\nline.py",
    'quo"te.py': 'quo"te.py',
    "apo'strophe.py": "apo'strophe.py",
    "tab\there.py": "tab\\there.py",
    os.fsdecode(b"bytes-\xff\xfe.py"): "bytes-\\xff\\xfe.py",
    "back`tick``s.py": "back`tick``s.py",
    "pipe|d.py": "pipe|d.py",
    "<b>bold</b>.py": "<b>bold</b>.py",
    "{{ x }}.py": "{{ x }}.py",
    "{% raw %}.py": "{% raw %}.py",
    "--output=x": "--output=x",
    "-rf": "-rf",
    "# heading.md": "# heading.md",
    "\u202eyp.evil": "yp.evil",
    "\x1b[31mred.py": "red.py",
    "[link](http:evil).md": "[link](http:evil).md",
    "*star*.md": "*star*.md",
    "..\\..\\up.py": "..\\..\\up.py",
}
"""File names, and what a reader of the page sees of each."""


def test_file_names(repo: RepoBuilder) -> None:
    """A name with anything in it is counted, shown literally and verified, at the top and in folders of such names."""
    repo.commit("begin", {"a.py": "a = 1\n"})
    body = "def shown():\n    return 1\n" * 6
    for name in NAMES:
        repo.commit("feat: odd names", {name: body, f"{name} d/{name}": body, f"plain/{name}": "x = 1\n"})
        repo.commit("refactor: move it", {f"plain/{name}": None, f"moved/{name}": "x = 1\n"})
    told(repo, "--all")
    for number, name in enumerate(NAMES):
        new = (repo.path / f"episodes/episode_{2 * number + 2:03d}.md").read_text(encoding="utf-8")
        moved = (repo.path / f"episodes/episode_{2 * number + 3:03d}.md").read_text(encoding="utf-8")
        assert "- **Files Changed**: 3" in new, name
        literal = NAMES[name]
        assert literal in shown(new), name
        assert f"moved/{literal}" in shown(moved), name
        assert "\x1b" not in new + moved
        assert "\u202e" not in new + moved


MESSAGES = {
    "empty": b"",
    "only blanks": b" \n\t\n",
    "html": b"<script>alert(1)</script> <b>x</b>\n\n<img src=x onerror=alert(1)> because <i>so</i>\n",
    "markdown": b"# Not a heading\n\n## Nor this\n- [ ] box\n| a | b |\n|---|---|\n```\nfence\n",
    "pipes": b"a | b | c || d\n\nBecause a | b.\n",
    "template": b"{{ 7 * 7 }} {% include 'x' %} {# y #}\n\nBecause {{ page.title }} says so.\n",
    "front matter": b"---\ntitle: stolen\n---\n\n---\nepisode: 7\n",
    "ansi": b"\x1b[31mred\x1b[0m\x07 bell\n",
    "rtl": "fix \u202egnirts\u202c now \u2066x\u2069\n".encode(),
    "latin": "caf\xe9 au lait\n\nParce que \xe9t\xe9.\n".encode("latin-1"),
    "all bytes": bytes(range(1, 256)),
    "emoji": "🎉 feat: party \U0001f468\u200d\U0001f469\u200d\U0001f467\n".encode(),
    "one long word": b"x" * 20_000 + b"\n",
    "carriage returns": b"feat: dos\r\n\r\nBecause of lines.\r\n",
    "comment": b"<!-- by: Eve --> <!-- claim: external x -->\n\nBecause <!-- hidden -->.\n",
    "mention": b"fix: @everyone closes #1 and GH-2, see [x](javascript:alert(1))\n",
    "setext": b"Title\n=====\n\nOther\n-----\n",
}


LITERAL = {
    "html": "<script>alert(1)</script> <b>x</b>",
    "pipes": "a | b | c || d",
    "template": "{{ 7 * 7 }} {% include 'x' %} {# y #}",
    "markdown": "# Not a heading",
    "ansi": "red bell",
    "mention": "see [x](javascript:alert(1))",
    "comment": "<!-- by: Eve -->",
    "empty": "(no message)",
}


def test_messages(repo: RepoBuilder) -> None:
    """A message with anything in it is shown literally; nothing of it acts."""
    repo.commit("begin", {"a.py": "a = 1\n"})
    for number, message in enumerate(MESSAGES.values()):
        repo.commit(message, {"a.py": f"a = {number}\n" * 60, "b.py": f"b = {number}\n" * 60})
    told(repo, "--all")
    for number, kind in enumerate(MESSAGES, 2):
        page = (repo.path / f"episodes/episode_{number:03d}.md").read_text(encoding="utf-8")
        assert LITERAL.get(kind, "") in shown(page), kind
        for acting in ("{{", "{%", "{#", "<script", "\x1b", "\u202e", "\x07"):
            assert acting not in page, kind


def test_a_message_with_nul(repo: RepoBuilder) -> None:
    """Zero bytes in a raw commit object are no reason to stop."""
    repo.commit("begin", {"a.py": "a = 1\n"})
    person = "Ada <ada@example.org> 1704110400 +0000"
    head = f"tree {repo.git('rev-parse', 'HEAD^{tree}')}\nparent {repo.head}\nauthor {person}\ncommitter {person}\n\n"
    repo.raw_commit(head.encode() + "wide words\n".encode("utf-16"))
    told(repo, "--all")


def test_a_huge_message(repo: RepoBuilder) -> None:
    """Five megabytes of message make a page of the usual length, quickly."""
    repo.commit("begin", {"a.py": "a = 1\n"})
    repo.commit("feat: much\n\n" + "Because it is so, and it was so before. " * 125_000, {"a.py": "a = 2\n"})
    started = time.perf_counter()
    page = told(repo)
    assert len(page) < 10_000
    assert time.perf_counter() - started < 20


def test_declared_encoding(repo: RepoBuilder) -> None:
    """A commit object that declares its encoding is read in it."""
    tree = repo.git("write-tree")
    person = "J\xfcrgen <j@example.org> 1704110400 +0100"
    content = f"tree {tree}\nauthor {person}\ncommitter {person}\nencoding ISO-8859-1\n\nGr\xfc\xdfe\n"
    repo.raw_commit(content.encode("latin-1"))
    page = told(repo)
    assert "## Grüße" in page
    assert "Jürgen" in page


TIMES = {
    "1704110400 +1400": "2024-01-02T02:00:00+14:00",
    "1704110400 -1200": "2024-01-01T00:00:00-12:00",
    "1704110400 +0545": "2024-01-01T17:45:00+05:45",
    "-86400 +0000": "",
    "99999999999999 +0000": "",
    "0 +9999": "",
}


def test_raw_times(repo: RepoBuilder) -> None:
    """Times before the epoch, after the calendar's end and in odd zones are told as far as they can be."""
    repo.commit("begin", {"a.py": "a = 1\n"})
    for number, stamp in enumerate(TIMES):
        repo.write({"a.py": f"a = 2{number}\n"})
        person = f"Ada <ada@example.org> {stamp}"
        about = f"tree {repo.git('write-tree')}\nparent {repo.head}\nauthor {person}\ncommitter {person}"
        repo.raw_commit(f"{about}\n\nodd time\n".encode())
    told(repo, "--all")
    for number, date in enumerate(TIMES.values(), 2):
        assert f"### 📅 {date}" in (repo.path / f"episodes/episode_{number:03d}.md").read_text()
    days = chronicles(repo.path, "generate", "--all", "--group-by", "day", "--output", "days")
    assert days.returncode == 0
    assert chronicles(repo.path, "verify", "days").returncode == 0


def test_the_same_second(repo: RepoBuilder) -> None:
    """Commits of one second keep the order of history, alone and as a day."""
    moment = datetime(2024, 1, 1, 12, tzinfo=timezone(timedelta(hours=2)))
    for number in range(4):
        repo.commit(f"feat: step {number}", {f"{number}.py": f"n = {number}\n"}, at=moment)
    told(repo, "--all")
    titles = [
        (repo.path / f"episodes/episode_{n:03d}.md").read_text().split("## ")[1].split("\n")[0] for n in (1, 2, 3, 4)
    ]
    assert titles == [f"feat: step {number}" for number in range(4)]


# -- places that cannot be written --------------------------------------------------------------------------------


def test_output_that_is_no_folder(repo: RepoBuilder) -> None:
    """A file where the folder should be is named in the error and left alone."""
    repo.commit("one", {"a": "1\n"})
    (repo.path / "episodes").write_text("mine\n")
    refused(chronicles(repo.path, "generate"), "episodes", "Nothing was half written")
    assert (repo.path / "episodes").read_text() == "mine\n"


def test_read_only_output(repo: RepoBuilder) -> None:
    """A folder that takes no files is named; no page and no temporary file is left."""
    repo.commit("one", {"a": "1\n"})
    folder = repo.path / "episodes"
    folder.mkdir(mode=0o555)
    if os.access(folder, os.W_OK):
        folder.rmdir()
        Path("/proc/self/fdinfo").exists() or pytest.skip("nothing here is read-only for root")
        refused(chronicles(repo.path, "generate", "--output", "/proc/self/fdinfo"), "cannot write")
        return
    refused(chronicles(repo.path, "generate"), "cannot write", "permission denied")
    assert not list(folder.iterdir())


def test_full_disk(repo: RepoBuilder) -> None:
    """When the disk is full nothing is half written, and a later run writes the page."""
    repo.commit("one", {"a.py": "a = 1\n" * 100})

    def small() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (3000, 3000))

    chronicles(repo.path, "dossier")
    done = chronicles(repo.path, "generate", preexec_fn=small)
    refused(done, "cannot write", "Nothing was half written")
    assert not list((repo.path / "episodes").iterdir())
    told(repo)


def test_a_page_that_cannot_be_read(repo: RepoBuilder) -> None:
    """A folder in a page's place is a finding for `verify` and an error for `generate`, and stays."""
    repo.commit("one", {"a": "1\n"})
    (repo.path / "episodes/episode_001.md").mkdir(parents=True)
    assert chronicles(repo.path, "generate").returncode in {0, 2}
    done = chronicles(repo.path, "verify")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
