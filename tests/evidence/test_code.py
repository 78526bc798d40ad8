"""Facts read from contents: functions, public names, dependencies, imports, notes, the hunk and the epigraph."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from chronicles.dossier import Dossier, Ledger
    from tests.conftest import RepoBuilder

PLAIN = "def plain(x):\n    return x\n"
BRANCHY = "def plain(x):\n" + "".join(f"    if x == {n}:\n        return {n}\n" for n in range(5)) + "    return x\n"


def names(ledger: Ledger, prefix: str) -> list[object]:
    """The names of numbered entries."""
    return [ledger.value(f"{entry}.name") for entry in ledger.numbered(prefix)]


def test_functions_that_come_go_and_change(repo: RepoBuilder, dossier_of: Callable[..., Dossier]) -> None:
    """New, gone and changed functions are counted and named, and complexity is told before and after."""
    repo.commit("begin", {"src/a.py": PLAIN + "\n\ndef old(x):\n    return 1\n"})
    repo.commit("change", {"src/a.py": BRANCHY + "\n\ndef new(x):\n    return 2\n\n\nclass Box:\n    pass\n"})
    ledger = dossier_of(repo).ledger
    assert [ledger.value(f"symbol.{what}") for what in ("added", "removed", "changed")] == [1, 1, 1]
    assert names(ledger, "symbol.new") == ["new"]
    assert names(ledger, "symbol.gone") == ["old"]
    assert names(ledger, "symbol.changed") == ["plain"]
    assert names(ledger, "symbol.class") == ["Box"]
    assert ledger.value("symbol.changed.1.step") == 5
    assert ledger["symbol.changed.1.step"].text == "from 1 to 6 in cyclomatic complexity"
    assert ledger.value("symbol.complexity_delta") == 5
    assert ledger.value("symbol.new.1.length") == 2


def test_a_function_that_moves_is_neither_new_nor_gone(repo: RepoBuilder, dossier_of: Callable[..., Dossier]) -> None:
    """Unchanged under its name in another file, it has only moved."""
    repo.commit("begin", {"src/a.py": PLAIN + "\n\ndef stays(x):\n    return 1\n", "src/b.py": "x = 1\n"})
    repo.commit("move", {"src/a.py": "def stays(x):\n    return 1\n", "src/b.py": "x = 1\n\n\n" + PLAIN})
    ledger = dossier_of(repo).ledger
    assert [ledger.value(f"symbol.{what}") for what in ("added", "removed", "changed")] == [0, 0, 0]


def test_files_that_no_one_can_read_are_counted(
    repo: RepoBuilder, dossier_of: Callable[..., Dossier], monkeypatch: pytest.MonkeyPatch
) -> None:
    """No reader, no sense, too much of it, one file too many: each is unread; one that only moved is not."""
    body = "".join(f"# {number}\n" for number in range(9))
    repo.commit("begin", {"src/a.py": PLAIN, "src/moves.sh": body, "src/edited.sh": body, "src/big.py": "x = 1\n"})
    repo.git("mv", "src/moves.sh", "src/moved.sh")
    edits = {"src/a.py": BRANCHY, "src/edited.sh": "f() { :; }\n" + body, "src/broken.py": "def (\n"}
    repo.commit("edit", edits | {"src/big.py": "# a remark of some length, again\n" * 16_000, "src/good.py": "y = 1\n"})
    ledger = dossier_of(repo).ledger
    assert ledger.value("symbol.unread") == 3
    assert ledger.value("symbol.changed") == 1
    monkeypatch.setattr("chronicles.evidence.code._FILES", 0)
    assert dossier_of(repo).ledger.value("symbol.unread") == 6


def test_classes_of_tests_hide_none_of_the_code(repo: RepoBuilder, dossier_of: Callable[..., Dossier]) -> None:
    """Only classes of the code are listed, numbered from one, however many the tests bring."""
    tests = "".join(f"class Test{n}:\n    def test_it(self):\n        assert True\n\n\n" for n in range(6))
    repo.commit("begin", {"README.md": "x\n"})
    repo.commit("classes", {"tests/test_a.py": tests, "src/a.py": "class Box:\n    pass\n"})
    assert names(dossier_of(repo).ledger, "symbol.class") == ["Box"]


def test_tests_are_counted_apart(repo: RepoBuilder, dossier_of: Callable[..., Dossier]) -> None:
    """Tests that come, go and change are no functions of the code."""
    repo.commit("begin", {"tests/test_a.py": "def test_a():\n    assert 1\n\n\ndef test_b():\n    assert 1\n"})
    repo.commit("change", {"tests/test_a.py": "def test_a():\n    assert 2\n\n\ndef test_c():\n    assert 1\n"})
    ledger = dossier_of(repo).ledger
    assert [ledger.value(f"symbol.tests_{what}") for what in ("added", "removed", "changed")] == [1, 1, 1]
    assert ledger.value("symbol.added") == 0
    assert ledger.value("symbol.test.1.name") == "test_c"


def test_public_names_that_break(repo: RepoBuilder, dossier_of: Callable[..., Dossier]) -> None:
    """A public name that is gone and a parameter that is new and required are breaks; a private name is none."""
    repo.commit("begin", {"pkg/__init__.py": "", "pkg/a.py": "def gone(): ...\ndef call(x): ...\ndef _own(): ...\n"})
    repo.commit("change", {"pkg/a.py": "def call(x, y): ...\ndef fresh(): ...\n"})
    ledger = dossier_of(repo).ledger
    assert ledger.value("api.breaks") == 2
    kinds = {
        str(ledger.value(f"{e}.name")).rpartition(".")[2].partition("(")[0]: ledger.value(f"{e}.kind")
        for e in ledger.numbered("api")
    }
    assert kinds == {"gone": "removed", "call": "changed"}
    assert [str(name).rpartition(".")[2] for name in names(ledger, "api.added")] == ["fresh"]


def test_dependencies_from_what_to_what(repo: RepoBuilder, dossier_of: Callable[..., Dossier]) -> None:
    """Both values are read; what crosses a major version is told as such."""
    repo.commit("begin", {"requirements.txt": "click==7.1\nold==1.0\nsteady==1.0\n"})
    repo.commit("bump", {"requirements.txt": "click==8.0\nfresh==0.1\nsteady==1.1\n"})
    ledger = dossier_of(repo).ledger
    told = {
        ledger.value(f"{e}.name"): (
            ledger.value(f"{e}.change"),
            ledger.value(f"{e}.before"),
            ledger.value(f"{e}.after"),
        )
        for e in ledger.numbered("dependency")
    }
    assert {name: change for name, (change, _, _) in told.items()} == {
        "click": "major", "old": "removed", "fresh": "added", "steady": "updated",
    }  # fmt: skip
    assert [str(value).lstrip("=") for value in told["click"][1:]] == ["7.1", "8.0"]
    assert ledger.value("dependency.count") == 4


def test_a_new_import_between_components(repo: RepoBuilder, dossier_of: Callable[..., Dossier]) -> None:
    """A file that begins to import another component is told, once; an import within its own is not."""
    files = {
        "core/__init__.py": "",
        "core/a.py": "A = 1\n",
        "gui/__init__.py": "",
        "gui/w.py": "W = 1\n",
        "gui/v.py": "V = 1\n",
    }
    repo.commit("begin", files)
    repo.commit("reach", {"gui/w.py": "from core.a import A\nfrom gui.v import V\n\nW = A\n"})
    ledger = dossier_of(repo).ledger
    edges = [(ledger.value(f"{e}.from"), ledger.value(f"{e}.to")) for e in ledger.numbered("import")]
    assert len(edges) == 1
    assert edges[0][0] in {"gui", "gui/w.py", "gui/"}
    assert str(edges[0][1]).startswith("core")
    repo.commit("again", {"gui/w.py": "from core.a import A\nfrom gui.v import V\n\nW = A + 1\n"})
    assert not dossier_of(repo).ledger.numbered("import")


def test_notes_to_self_are_counted_by_line(repo: RepoBuilder, dossier_of: Callable[..., Dossier]) -> None:
    """Notes that come and go, in files written by hand only."""
    repo.commit("begin", {"a.py": "# TODO one\n# FIXME two\nx = 1\n", "poetry.lock": "a\n"})
    repo.commit("change", {"a.py": "# TODO one\n# XXX three, HACK four\nx = 1\ntodos = 2\n", "poetry.lock": "# TODO\n"})
    ledger = dossier_of(repo).ledger
    assert (ledger.value("todo.added"), ledger.value("todo.removed")) == (1, 1)


def test_the_hunk_is_shown_where_it_is_the_news(repo: RepoBuilder, dossier_of: Callable[..., Dossier]) -> None:
    """A short hunk of a small change is shown line by line with its place; in a big change it would be an anecdote."""
    repo.commit("begin", {"a.py": "a = 1\nb = 2\nc = 3\n", "docs/x.md": "x\n"})
    repo.commit("small", {"a.py": "a = 1\nb = 20\nc = 3\n", "docs/x.md": "y\n"})
    ledger = dossier_of(repo).ledger
    assert (ledger.value("hunk.path"), ledger.value("hunk.line")) == ("a.py", 2)
    assert [ledger.value(entry) for entry in ledger.numbered("hunk.lines")] == ["-b = 2", "+b = 20"]
    repo.commit("big", {"a.py": "a = 1\nb = 30\nc = 3\n", "b.py": "".join(f"v{n} = {n}\n" for n in range(90))})
    assert "hunk.path" not in dossier_of(repo).ledger


@pytest.mark.parametrize(
    "leak",
    [
        'TOKEN = "ghp_' + 'A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8"',
        "-----BEGIN RSA PRIVATE" + " KEY-----\nMIIEowIBAAKCAQEA0\nQIDAQABAoIBAQCx\n-----END RSA PRIVATE KEY-----",
        "    -----BEGIN PRIVATE" + " KEY-----\n    MIIEowIBAAKCAQEA0\n    QIDAQABAoIBAQCx2",
    ],
)
def test_a_hunk_with_a_secret_is_not_shown(repo: RepoBuilder, dossier_of: Callable[..., Dossier], leak: str) -> None:
    """A hunk is read as one text, so that keys of many lines are seen; it becomes no fact, and the secret counts."""
    repo.commit("begin", {"a.py": "a = 1\n"})
    repo.commit("leak", {"a.py": f"a = 1\n{leak}\n"})
    ledger = dossier_of(repo).ledger
    told = "".join(f"{fact.value}{fact.text}" for fact in ledger.values())
    assert not [line for line in leak.split("\n") if line in told]
    assert ledger.value("commit.redactions") == 1
    assert not [key for key in ledger if key.startswith("hunk.")]


def test_a_hunk_of_another_systems_line_ends_is_shown(repo: RepoBuilder, dossier_of: Callable[..., Dossier]) -> None:
    """A line end of two characters ends one line; a line that would become two is not shown as one."""
    repo.commit("begin", {"a.py": "a = 1\r\n"})
    repo.commit("more", {"a.py": "a = 1\r\nb = 2\r\nc = 3\r\n"})
    ledger = dossier_of(repo).ledger
    assert [ledger.value(entry) for entry in ledger.numbered("hunk.lines")] == ["+b = 2", "+c = 3"]
    repo.commit("odd", {"a.py": "a = 1\r\nb = 2\u2028d = 4\r\nc = 3\r\n"})
    assert "hunk.path" not in dossier_of(repo).ledger


@pytest.mark.parametrize(
    "content", ["def broken(:\n", "\x00\x01", "\n" * 5, "x = 1\n" * 200_001, "é\u2028 = '\ud7ff'\n"]
)
def test_no_content_stops_a_dossier(repo: RepoBuilder, dossier_of: Callable[..., Dossier], content: str) -> None:
    """Code that cannot be parsed, binaries under a code's name and huge files are counted and told without symbols."""
    repo.commit("begin", {"a.py": PLAIN})
    repo.commit("odd", {"a.py": content, "requirements.txt": content, "package.json": content[:1000]})
    assert dossier_of(repo).ledger.value("change.files") == 3


def test_a_module_that_moves_under_its_name_breaks_nobody(
    repo: RepoBuilder, dossier_of: Callable[..., Dossier]
) -> None:
    """Callers import modules, not paths; and a note to self is a comment, not a word in a string."""
    source = "def greet(name):\n    return name\n\n\ndef part(name):\n    return name + name\n"
    repo.commit("feat: begin", {"pkg/m.py": source, "pkg/__init__.py": ""})
    repo.commit("refactor: to src", {"pkg/m.py": None, "src/pkg/m.py": source, "pkg/__init__.py": None})
    assert "api.breaks" not in dossier_of(repo, "HEAD").ledger
    repo.commit("refactor: a package", {"src/pkg/m.py": None, "src/pkg/m/__init__.py": source})
    assert "api.breaks" not in dossier_of(repo, "HEAD").ledger
    repo.commit("refactor: gone", {"src/pkg/m/__init__.py": "x = 'TODO later'\n# TODO: part\n"})
    ledger = dossier_of(repo, "HEAD").ledger
    assert (ledger.value("api.breaks"), ledger.value("todo.added")) == (2, 1)
