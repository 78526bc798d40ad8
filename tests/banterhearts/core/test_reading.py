"""Reading a run record strictly: every fault is an error with the path and, where there is one, the line."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from banterhearts.core import files
from banterhearts.core.places import line_of, shown, walk
from banterhearts.core.reading import parse_record, read_record
from banterhearts.errors import RecordError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from banterhearts.core.record import RunRecord

    Make = Callable[..., RunRecord]


@pytest.fixture
def text(make_record: Make) -> str:
    """A record as it is stored."""
    return make_record(effective={"threads": 2, "ratio": 0.5, "name": "plain"}).to_json()


@pytest.fixture
def refused(tmp_path: Path) -> Callable[[bytes | str], RecordError]:
    """Store content and give the error that reading it raises."""

    def read(content: bytes | str) -> RecordError:
        path = tmp_path / "r1.json"
        path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass"))
        with pytest.raises(RecordError) as caught:
            read_record(path)
        assert caught.value.path == path
        assert str(caught.value).startswith(f"{path}:{caught.value.line}: ")
        return caught.value

    return read


def changed(text: str, old: str, new: str) -> tuple[str, int]:
    """The text with one part replaced, and the line that the new part ends on."""
    before, found, after = text.partition(old)
    assert found, old
    return before + new + after, (before + new).count("\n") + 1


def test_a_stored_record_is_read(make_record: Make, tmp_path: Path) -> None:
    """What the store writes is what reading gives."""
    record = make_record()
    path = tmp_path / "r1.json"
    path.write_text(record.to_json(), encoding="utf-8")
    assert read_record(path) == record


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('"run_id": "r1"', '"run_id": "r1",\n "run_id": "r2"', "`run_id` stands twice in one object"),
        ('"dirty": false', '"dirty": false, "dirty": true', "`subject.dirty` stands twice in one object"),
        ('"threads": 2', '"threads": NaN', "`treatment.effective.threads` is NaN, which is no number"),
        ('"threads": 2', '"threads": [1, {"a": -Infinity}]', "`treatment.effective.threads[1].a` is -Infinity"),
        ('"threads": 2', '"threads": 1e400', "`treatment.effective.threads` is too large for a number"),
        ('"threads": 2', '"threads": 9223372036854775808', "`treatment.effective.threads` is an integer of more"),
        ('"threads": 2', f'"threads": {"9" * 100_000}', "`treatment.effective.threads` is an integer of more than 64"),
        ('"threads": 2', f'"threads": {"[" * 5000 + "]" * 5000}', "is nested deeper than 100 levels"),
        ('"threads": 2', f'"threads": {"[" * 150 + "]" * 150}', "is nested deeper than 32 levels"),
        ('"threads": 2', f'"threads": {"[" * 300 + "]" * 300}', "recursion limit exceeded"),
        ('"threads": 2', '"threads": 3', "`treatment.effective_digest`: is not the digest of `effective`"),
        ('"name": "plain"', '"name": "\\ud800"', "is broken JSON"),
        ("[1002]", "[-1002]", "`samples[1].values[0]`: Input should be greater than or equal to 0"),
        ("[1002]", "[1.7e308]", "`samples[1].values[0]`: is more than 1e+150"),
        ('"min_effect": 0.02', '"min_effect": 1e308', "`workload.min_effect`: is more than 1"),
        ("[1002]", "[NaN]", "`samples[1].values[0]` is NaN, which is no number"),
        ("[1002]", '["1002"]', "`samples[1].values[0]`: Input should be a valid number"),
        ('"block": 1', '"block": 1, "colour": 3', "`samples[1].colour`: is no key of banterhearts.run/1"),
        ('"suite": "speed"', '"suit": "speed"', "`workload.suite`: is missing (and 1 more)"),
        ('"status": "ok"', '"status": "fine"', "`status`: Input should be 'ok', 'failed', 'invalid' or 'impossible'"),
        ('"error": null', '"error": "it failed"', "`error`: status ok with an error"),
        ('"created_at": "2025-01-31T12:00:00Z"', '"created_at": 1738324800', "`created_at`: Input should be a valid"),
        ("banterhearts.run/1", "banterhearts.run/2", "newer than banterhearts.run/1: upgrade chimera-chronicles"),
        ("banterhearts.run/1", "banterhearts.run/0", "older than banterhearts.run/1: measure again, or remove it"),
        ("banterhearts.run/1", "asv", 'is no run record: its `schema` is "asv", not \'banterhearts.run/1\''),
        ('"schema": "banterhearts.run/1"', '"schema": 1', "is no run record: its `schema` is 1"),
        ('"dirty": false', '"dirty": falsch', "is broken JSON: expecting value (column 12)"),
    ],
)  # fmt: skip
def test_a_fault_is_named_with_its_line(
    refused: Callable[..., RecordError], text: str, old: str, new: str, problem: str
) -> None:
    """What is wrong is told by its place in the record and the line that it stands on."""
    content, line = changed(text, old, new)
    error = refused(content)
    assert problem in error.problem
    wanted = {  # where the fault is told of another line than the one that was changed
        '"threads": 3': line_of(content, ("treatment", "effective_digest")),
        '"suit": "speed"': line_of(content, ("workload",)),
    }
    assert error.line == wanted.get(new, line)


@pytest.mark.parametrize(
    ("content", "line", "problem"),
    [
        (b"", 1, "is empty"),
        (b" \n\n", 1, "is empty"),
        (b"\xef\xbb\xbf{}", 1, "begins with a byte order mark"),
        ("{}".encode("utf-16"), 1, "begins with a byte order mark"),
        (b'{\n"a": "\xff"}', 2, "is not UTF-8: invalid start byte at byte 8"),
        ('{\n"a": "\ud800"}', 2, "is not UTF-8"),
        (b"[1]", 1, "it holds an array, not an object"),
        (b"\n3", 2, "it holds a number, not an object"),
        (b'"x"', 1, "it holds text, not an object"),
        (b"null", 1, "it holds null, not an object"),
        (b"{}", 1, "it has no `schema`"),
        (b'{"schema": null}', 1, "its `schema` is null"),
        (b"[" * 100_000, 1, "is nested deeper than 100 levels"),
        (b'{"a":' * 100_000, 1, "is nested deeper than 100 levels"),
        (b'{"a": 1}\n{"a": 1}', 2, "is broken JSON: extra data"),
        (b"\0", 1, "is broken JSON"),
    ],
)  # fmt: skip
def test_what_is_no_record_at_all(refused: Callable[..., RecordError], content: Any, line: int, problem: str) -> None:
    """Content that is no record of any kind is told for what it is."""
    error = refused(content)
    assert (error.line, problem in error.problem) == (line, True), error


def test_a_truncated_file_is_broken_wherever_it_ends(text: str, tmp_path: Path) -> None:
    """No beginning of a record is a record, and the line is the one it breaks off at, or that of what is open."""
    content = text.encode("utf-8")
    for end in range(1, len(content) - 2, 7):
        with pytest.raises(RecordError) as caught:
            parse_record(content[:end], tmp_path / "r1.json")
        assert caught.value.line is not None
        assert caught.value.line <= content[:end].count(b"\n") + 1


@settings(deadline=None, max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_damage_is_an_error_or_a_record(text: str, tmp_path: Path, data: st.DataObject) -> None:
    """Bytes that change by chance lead to a record or to a record error, and to nothing else."""
    content = bytearray(text.encode("utf-8"))
    damage = st.sampled_from([b"", b'"', b"{", b"]", b"NaN", b"\xff", b"1e999", b",", b"\\"])
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(content) - 1))
        content[at : at + data.draw(st.integers(0, 3))] = data.draw(damage)
    error = None
    try:
        parse_record(bytes(content), tmp_path / "r1.json")
    except RecordError as raised:
        error = raised
    assert error is None or error.line


def test_a_message_is_one_printable_line(refused: Callable[..., RecordError], text: str) -> None:
    """What a hostile file says does not reach the terminal as it is."""
    content, _ = changed(text, '"dirty": false', '"dirty": false, "a\\u001b[2J\\nb' + "x" * 5000 + '": 1')
    message = refused(content).problem
    assert message.isprintable()
    assert len(message) < 500


@pytest.mark.skipif(sys.platform == "win32", reason="makes pipes, links and sockets")
@pytest.mark.parametrize(
    ("kind", "problem"),
    [
        ("folder", "is no file but a folder"),
        ("link", "is no file but a link"),
        ("ring", "is no file but a link"),
        ("pipe", "is no file but a pipe"),
        ("socket", "is no file but a socket"),
        ("device", "is no file but a device"),
        ("missing", "cannot be read: no such file"),
        ("null", "cannot be read: embedded null"),
        ("under a file", "cannot be read: not a directory"),
    ],
)
def test_only_files_are_read(tmp_path: Path, kind: str, problem: str) -> None:
    """What lies in a file's place is named, without following it and without waiting for it."""
    path = tmp_path / "r1.json"
    if kind == "folder":
        path.mkdir()
    elif kind in {"link", "ring"}:
        path.symlink_to("/etc/passwd" if kind == "link" else path)
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "socket":
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(str(path))
    elif kind == "device":
        path = type(path)("/dev/zero")
    elif kind == "null":
        path = tmp_path / "a\0b.json"
    elif kind == "under a file":
        (tmp_path / "file").touch()
        path = tmp_path / "file" / "r1.json"
    with pytest.raises(RecordError) as caught:
        read_record(path)
    assert (caught.value.line, caught.value.problem.startswith(problem)) == (None, True), caught.value


@pytest.mark.skipif(sys.platform == "win32", reason="makes a pipe")
def test_a_pipe_that_takes_a_files_place_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between the look and the opening anything may happen to a place; the opened thing is looked at again."""
    path = tmp_path / "r1.json"
    os.mkfifo(path)
    monkeypatch.setattr(type(path), "lstat", lambda _: (tmp_path.parent / "file").stat())
    (tmp_path.parent / "file").touch()
    with pytest.raises(RecordError, match="is no file but a pipe"):
        read_record(path)


def test_a_huge_file_is_not_read(tmp_path: Path) -> None:
    """A file of more than 64 MiB is refused by its size."""
    path = tmp_path / "r1.json"
    with path.open("wb") as stream:
        stream.truncate(files.MAX_BYTES + 1)
    with pytest.raises(RecordError, match="larger than 64 MiB"):
        read_record(path)


def test_a_place_is_found_in_the_text() -> None:
    """The line is that of the value, or of the innermost value around it that is there."""
    text = '{\n "a": [\n  1,\n  {"b": {},\n   "a\\nb": "x: [\\"{,"}\n ],\n "c": 3\n}'
    lines = {(): 1, ("a",): 2, ("a", 0): 3, ("a", 1): 4, ("a", 1, "b"): 4, ("a", 1, "a\nb"): 5, ("c",): 7}
    assert {place: line_of(text, place) for place in lines} == lines
    assert line_of(text, ("a", 1, "none", 4)) == 4
    assert line_of(text, ("none",)) == 1
    assert shown(("a", 1, "a b", "c")) == "a[1]['a b'].c"
    assert [spot.place for spot in walk('[[], {"a": {}}, 2]')] == [(), (0,), (1,), (1, "a"), (2,)]


def test_reading_needs_no_numpy(make_record: Make, tmp_path: Path) -> None:
    """Whoever reads records waits for pydantic, and for no array library."""
    path = tmp_path / "r1.json"
    path.write_text(make_record().to_json(), encoding="utf-8")
    code = (
        "import sys\nfrom pathlib import Path\nfrom banterhearts.core import read_record\n"
        f"read_record(Path({str(path)!r}))\nprint({{'numpy', 'scipy', 'sqlite3', 'pydantic'}} & sys.modules.keys())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "{'pydantic'}\n"
