"""A model behind Ollama's protocol: what is asked, what is made of the answers, and every way in which none comes."""

from __future__ import annotations

import json
import re
import threading
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, Any

import pytest

from chronicles.writers.models.model import Fault, Message, ModelFault, Question
from chronicles.writers.models.ollama import Ollama
from chronicles.writers.prompts.forms import Choice, Line

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from chronicles.writers.models.model import Form, Reply

SAID = '{"sentence": "It is so."}'
LINE = Line(())
SHORT = Question((Message("system", "Be brief."), Message("user", "Say it.")), LINE, 7, 0.5, 64)
WORD = "weather "


def question(*texts: str, form: Form = LINE, max_tokens: int = 64) -> Question:
    """A question with a system message and some of the user's."""
    rest = [Message("user", text) for text in texts[1:]]
    return Question((Message("system", texts[0]), *rest), form, 7, 0.5, max_tokens)


def opened(server: Any, said: str | Callable[[Any], Any] = SAID, **settings: Any) -> Ollama:
    """A model of a server that says something."""
    server.say = (lambda _body: said) if isinstance(said, str) else said
    return Ollama.open(server.host, "tiny", **settings)


def ask(model: Ollama, asked: Question = SHORT, limit_sec: float = 5.0, **settings: Any) -> Reply:
    """One question."""
    return model.ask(asked, limit_sec=limit_sec, **settings)


def fault_of(server: Any, spoilt: dict[str, Any], limit_sec: float = 5.0) -> ModelFault:
    """How a question fails that the server spoils."""
    model = opened(server, lambda _body: {"text": SAID} | spoilt)
    with pytest.raises(ModelFault) as caught:
        ask(model, limit_sec=limit_sec)
    return caught.value


def chats(server: Any) -> list[Any]:
    """The bodies of the chats that were asked."""
    return [body for _, path, body, _ in server.requests if path == "/api/chat"]


def test_a_question_is_asked_as_the_page_says(ollama_server: Any) -> None:
    """Streamed, without thinking, of a form, seeded, kept in memory, and never cut."""
    assert ask(opened(ollama_server)).text == SAID
    assert chats(ollama_server) == [
        {
            "model": "tiny:latest",
            "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Say it."}],
            "tools": [],
            "stream": True,
            "think": False,
            "format": LINE.schema(),
            "options": {"num_ctx": 2048, "num_predict": 64, "seed": 7, "temperature": 0.5},
            "keep_alive": "10m",
            "truncate": False,
        }
    ]


def test_a_reply_has_the_servers_counters(ollama_server: Any) -> None:
    """What was read and written is counted by the server, and pieces are told as they come."""
    model, seen = opened(ollama_server), []
    reply = ask(model, on_token=seen.append)
    first = ollama_server.counters[0]
    assert (reply.read_tokens, reply.reused_tokens, reply.written_tokens) == (
        first["prompt_n"],
        0,
        first["predicted_n"],
    )
    assert seen == list(range(1, first["predicted_n"]))
    assert reply.seconds > 0
    assert ask(model).read_tokens == reply.read_tokens, "the server counts what it had read before"
    assert ollama_server.counters[1]["cache_n"] == first["prompt_n"] - 1


def test_a_model_tells_what_it_is(ollama_server: Any) -> None:
    """Name, digest and context are the server's; the context no more than the model has or is allowed."""
    model = opened(ollama_server)
    assert (model.backend, model.name, model.digest) == ("ollama", "tiny:latest", "ab" * 32)
    assert (model.context, model.options, model.parallel) == (8192, {"context": 8192}, 1)
    ollama_server.models["tiny:latest"].trained_context = 512
    assert opened(ollama_server).context == 512
    ollama_server.models["tiny:latest"].trained_context = 1 << 20
    assert opened(ollama_server, context=1 << 20).context == 32768
    model.close()


def test_parallel_is_what_a_server_of_this_machine_shares(ollama_server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its setting counts where the environment has it, within reason."""
    for told, parallel in (("4", 4), ("0", 1), ("99", 8), ("many", 1), ("", 1)):
        monkeypatch.setenv("OLLAMA_NUM_PARALLEL", told)
        assert opened(ollama_server).parallel == parallel


def test_the_context_grows_in_steps_and_never_shrinks(ollama_server: Any) -> None:
    """Another size has the server load the model anew, so a short question after a long one keeps the long one's."""
    model = opened(ollama_server)
    for words in (10, 1000, 10, 2500):
        ask(model, question("Be brief.", WORD * words))
    assert [body["options"]["num_ctx"] for body in chats(ollama_server)] == [2048, 4096, 4096, 8192]
    assert ollama_server.loads == 3


@pytest.mark.parametrize("cuts", ["when let", "always"])
def test_a_prompt_beyond_the_context_is_too_long(ollama_server: Any, cuts: str) -> None:
    """Whether the server refuses it or cuts it in silence, and one that is far too long is not even sent."""
    ollama_server.cuts = cuts
    ollama_server.models["tiny:latest"].trained_context = 512
    model = opened(ollama_server)
    ask(model)
    with pytest.raises(ModelFault, match="does not fit into the 512 of tiny") as caught:
        ask(model, question("Be brief.", WORD * 280))
    assert caught.value.fault is Fault.TOO_LONG
    assert not caught.value.fault.passes
    asked = len(chats(ollama_server))
    assert asked == 2
    with pytest.raises(ModelFault, match="--model"):
        ask(model, question("Be brief.", WORD * 5000))
    assert len(chats(ollama_server)) == asked


@pytest.mark.parametrize(("version", "asked"), [("0.12.3", 0), ("0.12.4", 1)])
def test_a_server_that_cuts_in_silence_is_not_tempted(ollama_server: Any, version: str, asked: int) -> None:
    """Before `truncate` was known, what may be too long is not asked; since then the server decides by its count."""
    ollama_server.version = version
    ollama_server.models["tiny:latest"].trained_context = 512
    model = opened(ollama_server)
    if asked:
        assert ask(model, question("Be brief.", WORD * 180)).text == SAID
    else:
        with pytest.raises(ModelFault, match="does not fit"):
            ask(model, question("Be brief.", WORD * 180))
    assert len(chats(ollama_server)) == asked


@pytest.mark.parametrize("cuts", ["when let", "always"])
def test_a_prompt_that_was_cut_is_asked_again_with_more_room(ollama_server: Any, cuts: str) -> None:
    """A template of the server's own makes the prompt longer than we count; no cut reply is handed on."""
    ollama_server.cuts = cuts
    tiny = ollama_server.models["tiny:latest"]
    runner = type(tiny.start(tiny, ollama_server.options(tiny, {})))

    class Wordy(runner):  # type: ignore[misc, valid-type]  # the base is loaded by its path
        def render(self, messages: Any) -> Any:
            return super().render([{"role": "user", "content": "example " * 1200}, *messages])

    tiny.start = partial(Wordy, load_sec=0.0)
    model = opened(ollama_server)
    reply = ask(model, question("Be brief.", WORD * 400))
    assert [body["options"]["num_ctx"] for body in chats(ollama_server)] == [2048, 4096]
    assert reply.read_tokens > 2400


def test_old_messages_that_were_dropped_show_in_the_count(ollama_server: Any) -> None:
    """A server that leaves messages out counts far fewer tokens than it made of other prompts."""
    ollama_server.cuts = "always"
    ollama_server.models["tiny:latest"].trained_context = 2048
    model = opened(ollama_server)
    ask(model, question("Be brief.", WORD * 20, "Say it."))
    with pytest.raises(ModelFault, match="does not fit"):
        ask(model, question("Be brief.", WORD * 1100, "Say it."))
    assert ollama_server.counters[-1]["prompt_n"] < 100, "the server read next to nothing of it"


def test_a_count_is_held_against_those_of_other_prompts(ollama_server: Any) -> None:
    """A share of tokens that some vocabulary might have is too small for this one."""
    ollama_server.cuts = "always"
    ollama_server.models["tiny:latest"].trained_context = 2048
    cut = question("Be brief.", WORD * 500, WORD * 600)
    model = opened(ollama_server)
    ask(model, question("Be brief.", WORD * 300))
    with pytest.raises(ModelFault, match="does not fit"):
        ask(model, cut)


def test_a_reply_that_ran_out_of_the_context_is_none(ollama_server: Any) -> None:
    """The beginning of the prompt was lost while it was written."""
    ollama_server.models["tiny:latest"].trained_context = 2048
    model = opened(ollama_server, lambda _body: {"text": SAID, "last": {"prompt_eval_count": 2045}})
    with pytest.raises(ModelFault, match="too long"):
        ask(model)


@pytest.mark.parametrize("version", ["0.3.14", "0.30.0"])
def test_servers_that_count_only_what_they_read_are_known(ollama_server: Any, version: str) -> None:
    """Their small counts, or none, are no sign of a cut prompt."""
    ollama_server.version = version
    for last in ({"prompt_eval_count": 1}, {"prompt_eval_count": None}):
        model = opened(ollama_server, lambda _body, last=last: {"text": SAID, "last": last})
        assert ask(model, question("Be brief.", WORD * 500)).text == SAID
    assert {body["options"]["num_ctx"] for body in chats(ollama_server)} == {2048}


@pytest.mark.parametrize(
    "words",
    [
        "json: cannot unmarshal object into Go struct field ChatRequest.format of type string",
        "failed to load model vocabulary required for format",
        "Failed to parse grammar",
    ],
)
def test_a_server_that_takes_no_schema_is_asked_for_plain_json(ollama_server: Any, words: str) -> None:
    """Once and for all: the next question does not try the schema again; the key is said in words."""

    def old(body: Any) -> Any:
        return SAID if body["format"] == "json" else {"status": 400, "error": words}

    model = opened(ollama_server, old)
    assert ask(model).text == SAID
    assert ask(model).text == SAID
    assert [isinstance(body["format"], dict) for body in chats(ollama_server)] == [True, False, False]
    first, second, _ = chats(ollama_server)
    assert second["messages"][:-1] == first["messages"][:-1]
    assert second["messages"][-1]["content"].startswith(first["messages"][-1]["content"])
    assert '"sentence"' in second["messages"][-1]["content"]


def test_a_failure_that_plain_json_does_not_help_keeps_the_schema(ollama_server: Any) -> None:
    """A server that fails at both was not refusing the schema."""
    model = opened(ollama_server, lambda _body: {"status": 500, "error": "unsupported file format"})
    with pytest.raises(ModelFault, match="file format"):
        ask(model)
    ollama_server.say = lambda _body: SAID
    ask(model)
    assert isinstance(chats(ollama_server)[-1]["format"], dict)


def test_a_reply_of_another_form_is_asked_for_once_more(ollama_server: Any) -> None:
    """Then plain JSON is asked for, with the tokens of both requests told; the schema stays."""
    replies = iter(['{"answer": 5}', SAID, SAID])
    model = opened(ollama_server, lambda _body: next(replies))
    reply = ask(model)
    assert reply.text == SAID
    assert reply.read_tokens == sum(one["cache_n"] + one["prompt_n"] for one in ollama_server.counters)
    assert reply.written_tokens == sum(one["predicted_n"] for one in ollama_server.counters)
    ask(model)
    assert [isinstance(body["format"], dict) for body in chats(ollama_server)] == [True, False, True]


@pytest.mark.parametrize(
    "text", ['{"answer": 5}', '{"sentence": ', "", "   ", "<think>hm", "".join(f'{{"k{at}":' for at in range(1200))]
)
def test_a_reply_that_stays_unreadable_is_nonsense(ollama_server: Any, text: str) -> None:
    """After two requests and no more."""
    model = opened(ollama_server, text)
    with pytest.raises(ModelFault) as caught:
        ask(model, question("a", "b", max_tokens=3000))
    assert caught.value.fault is Fault.NONSENSE
    assert len(chats(ollama_server)) == 2


def test_plain_text_is_handed_on_as_it_is(ollama_server: Any) -> None:
    """A form that can read it decides; the gate judges."""
    assert ask(opened(ollama_server, "It is so.")).text == "It is so."
    assert ask(opened(ollama_server, '{"choice": "b"}'), question("a", "b", form=Choice(3))).text == '{"choice": "b"}'


@pytest.mark.parametrize("thoughts", ["<think>\nHm.\n</think>\n\n", "Hm. </think>", "<think></think>"])
def test_thoughts_are_no_part_of_a_reply(ollama_server: Any, thoughts: str) -> None:
    """Servers that know no `think` send them in front of the answer."""
    assert ask(opened(ollama_server, thoughts + SAID)).text == SAID


@pytest.mark.parametrize("letters", ["\u0085", "\u2028", "\u2029", "é 你 😀"])
@pytest.mark.parametrize("raw", [True, False])
def test_letters_that_look_like_line_ends_are_letters(ollama_server: Any, letters: str, *, raw: bool) -> None:
    """The client would break a line of the stream in two at some of them."""
    text = json.dumps({"sentence": f"It {letters} is so."}, ensure_ascii=not raw)
    line = json.dumps({"message": {"role": "assistant", "content": text}, "done": False}, ensure_ascii=not raw)
    model = opened(
        ollama_server, lambda _body: {"text": "x", "stop_after": 0, "line_after": (0, line.encode() + b"\n")}
    )
    ollama_server.say = lambda _body: text
    assert ask(model).text == text
    ollama_server.say = lambda _body: {"text": " ", "line_after": (0, line.encode() + b"\n")}
    assert ask(model).text == text


@pytest.mark.parametrize(
    ("spoilt", "fault", "words"),
    [
        ({"status": 404, "error": "model 'tiny' not found"}, Fault.MISSING, "`ollama pull tiny:latest`"),
        ({"status": 400, "error": '"tiny" does not support chat'}, Fault.MISSING, "does not support chat.*--model"),
        ({"status": 500, "error": "llama runner process has terminated"}, Fault.FAILED, "500: llama runner"),
        (
            {"status": 500, "error": "needs more system memory (5 GiB)\n\x1b[2J"},
            Fault.FAILED,
            r"memory \(5 GiB\) \[2J$",
        ),
        ({"status": 401, "error": "unauthorized"}, Fault.FAILED, "401: unauthorized"),
        ({"status": 503, "error": "server busy, please try again."}, Fault.OVERLOADED, "503: server busy"),
        ({"status": 429, "error": "too many"}, Fault.OVERLOADED, "429"),
        ({"drop_after": 1}, Fault.BROKEN_OFF, "broke off"),
        ({"drop_after": 0}, Fault.BROKEN_OFF, "broke off"),
        ({"end_after": 2}, Fault.BROKEN_OFF, "ends after 2 pieces"),
        ({"text": " ".join(map(str, range(100)))}, Fault.BROKEN_OFF, "cut at its limit of 64 tokens"),
        ({"text": "la " * 40}, Fault.BROKEN_OFF, "ends after"),
        ({"line_after": (1, b'{"error":"out of memory"}\n')}, Fault.FAILED, "out of memory"),
        ({"line_after": (1, b'{"error":{"code":1}}\n')}, Fault.NONSENSE, "none of Ollama's"),
        ({"line_after": (1, b'{"error":"5"}\n')}, Fault.NONSENSE, "none of Ollama's"),
        ({"line_after": (1, b"{not json\n")}, Fault.NONSENSE, "none of Ollama's"),
        ({"line_after": (1, b'{"message":\n')}, Fault.NONSENSE, "none of Ollama's"),
        ({"line_after": (1, b"[1]\n")}, Fault.NONSENSE, "none of Ollama's"),
        ({"line_after": (1, b"[" * 100_000 + b"\n")}, Fault.NONSENSE, "none of Ollama's"),
        ({"line_after": (1, b'{"message":"hello"}\n')}, Fault.NONSENSE, "none of Ollama's"),
        ({"line_after": (1, b"\xff\xfe\n")}, Fault.NONSENSE, "none of Ollama's"),
        (
            {"line_after": (1, b'{"message":{"role":"a","content":"' + b"a" * (9 << 20) + b'"}}\n')},
            Fault.NONSENSE,
            "8 MiB",
        ),
        (
            {"line_after": (1, b'{"message":{"role":"a","content":"' + b"a" * (1 << 20) + b'"}}\n')},
            Fault.NONSENSE,
            "more",
        ),
        ({"body": b"a" * (10 << 20)}, Fault.NONSENSE, "8 MiB"),
        ({"body": b"<html><h1>Hello</h1></html>"}, Fault.BROKEN_OFF, "ends after 0"),
        ({"body": b"<html>\n<h1>Hello</h1></html>\n"}, Fault.NONSENSE, "none of Ollama's"),
        ({"body": b'{"mess'}, Fault.BROKEN_OFF, "ends after 0"),
        ({"body": b""}, Fault.BROKEN_OFF, "ends after 0"),
        ({"restart": 0}, Fault.BROKEN_OFF, "broke off"),
        ({"restart_after": 1}, Fault.BROKEN_OFF, "broke off"),
    ],
    ids=lambda value: str(value)[:50],
)
def test_a_question_without_a_reply_says_why(
    ollama_server: Any, spoilt: dict[str, Any], fault: Fault, words: str
) -> None:
    """Each failure of a server has its name, and one line of words without a control character."""
    found = fault_of(ollama_server, spoilt)
    assert found.fault is fault, found
    assert re.search(words, found.detail), found.detail
    assert found.detail.isprintable()
    assert len(found.detail) < 400


@pytest.mark.parametrize(
    "last",
    [
        {"prompt_eval_count": None},
        {"prompt_eval_count": -1},
        {"prompt_eval_count": 10**30},
        {"prompt_eval_count": "many"},
        {"prompt_eval_count": 1.5},
        {"eval_count": None},
        {"eval_count": -3},
        {"eval_count": 500},
        {"eval_count": [1]},
        {"message": None},
        {"done": "perhaps"},
    ],
    ids=str,
)
def test_counters_that_cannot_be_are_nonsense(ollama_server: Any, last: dict[str, Any]) -> None:
    """A reply without its counters is none, since a cut prompt would not show."""
    assert fault_of(ollama_server, {"last": last}).fault is Fault.NONSENSE


@pytest.mark.parametrize(
    "spoilt", [{"hang": True}, {"drip_sec": 0.02}, {"drip_sec": 0.02, "drip_headers": True}], ids=str
)
def test_the_limit_is_one_of_the_whole_reply(ollama_server: Any, spoilt: dict[str, Any]) -> None:
    """Silence, and a byte now and then, in the body or before it, end at the limit, though each read is quick."""
    started = monotonic()
    found = fault_of(ollama_server, spoilt, limit_sec=0.5)
    assert found.fault is Fault.TIMED_OUT, found
    assert "0.5 seconds" in found.detail
    assert 0.4 < monotonic() - started < 5


def test_a_short_question_is_never_taken_for_a_cut_one(ollama_server: Any) -> None:
    """Of few tokens the template's own are most, so their share says nothing."""
    model = opened(ollama_server)
    for words in (900, 1, 5, 50, 900):
        assert ask(model, question(WORD * words, "Go.")).text == SAID


def test_no_time_left_asks_nothing(ollama_server: Any) -> None:
    """A limit that is over is a time-out at once."""
    model = opened(ollama_server)
    with pytest.raises(ModelFault, match="the time was over"):
        ask(model, limit_sec=0.0)
    assert chats(ollama_server) == []


def test_a_second_request_has_only_what_is_left_of_the_limit(ollama_server: Any) -> None:
    """Asking again for plain JSON does not begin the time anew."""
    model = opened(ollama_server, lambda body: '{"a": 1}' if isinstance(body["format"], dict) else {"hang": True})
    started = monotonic()
    with pytest.raises(ModelFault, match="the time was over"):
        ask(model, limit_sec=0.6)
    assert monotonic() - started < 5


def test_a_server_that_comes_back_is_asked_again(ollama_server: Any) -> None:
    """A model that was opened outlives a restart of its server."""
    model = opened(ollama_server)
    ask(model)
    ollama_server.restart()
    assert ask(model).text == SAID
    assert ollama_server.loads == 2


def test_a_model_is_asked_by_several_at_once(ollama_server: Any) -> None:
    """Replies do not mix."""
    model = opened(ollama_server, lambda body: json.dumps({"sentence": body["messages"][-1]["content"]}))
    replies: dict[int, str] = {}

    def one(number: int) -> None:
        replies[number] = ask(model, question("Be brief.", f"Number {number}.")).text

    threads = [threading.Thread(target=one, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert replies == {number: json.dumps({"sentence": f"Number {number}."}) for number in range(12)}


def test_interrupting_leaves_the_model_usable(ollama_server: Any) -> None:
    """Ctrl-C within a reply ends it and nothing else."""
    model = opened(ollama_server)

    def interrupt(_pieces: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ask(model, on_token=interrupt)
    assert ask(model).text == SAID


def test_a_real_model_answers_in_the_form_and_reads_a_beginning_once(
    ollama_llama: Any, ollama_module: ModuleType
) -> None:
    """llama.cpp behind the protocol: JSON of the schema, and a second question that only its own end is read of."""
    model = Ollama.open(ollama_llama.host, "smollm2:135m")
    assert model.context == 8192
    head = "You rewrite sentences. " + "The weather was fine and the river ran slowly past the old mill. " * 10
    for task in ("Rewrite: the dog sleeps.", "Rewrite: the cat runs."):
        reply = ask(model, question(head, task), limit_sec=60)
        said = json.loads(reply.text)
        assert list(said) == ["sentence"]
        assert LINE.read(reply.text) == said["sentence"].strip()
    first, second = ollama_llama.counters
    assert first["cache_n"] == 0
    assert second["prompt_n"] * 3 < first["prompt_n"]
    assert reply.read_tokens == second["prompt_n"] + second["cache_n"]
    assert ask(model, question(head, "Pick.", form=Choice(2)), limit_sec=60).text.replace(" ", "").startswith("{")
    assert ollama_llama.loads == 1
