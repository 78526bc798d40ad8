"""Who is asked for by options and settings, and the account of what came of it."""

from __future__ import annotations

from collections import Counter

import click
import pytest

from chronicles.commands.voicing import Account, Wish, wish
from chronicles.config import Settings
from chronicles.documents.told import Told
from chronicles.writers import Effort


@pytest.mark.parametrize(
    ("settings", "writer", "model", "wanted"),
    [
        ({}, None, None, Wish("auto", "")),
        ({"writer": "ollama", "model": "qwen3:4b"}, None, None, Wish("ollama", "qwen3:4b")),
        ({"writer": "ollama", "model": "qwen3:4b"}, None, " gemma3 ", Wish("ollama", "gemma3")),
        ({"writer": "ollama", "model": "qwen3:4b"}, "llamacpp", None, Wish("llamacpp", "")),
        ({"model": "a/b.GGUF"}, "ollama", None, Wish("ollama", "")),
        ({"model": "a/b.GGUF"}, "llamacpp", None, Wish("llamacpp", "a/b.GGUF")),
        ({"model": "a/b.GGUF"}, "llamacpp", "", Wish("llamacpp", "")),
        ({"model": "qwen3:4b"}, "plain", None, Wish("plain", "qwen3:4b")),
        ({"model": "qwen3:4b"}, "auto", None, Wish("auto", "qwen3:4b")),
        ({}, None, "qwen3:4b", Wish("ollama", "qwen3:4b")),
        ({}, "auto", "a/b.GGUF", Wish("llamacpp", "a/b.GGUF")),
        ({"model": "qwen3:4b"}, "auto", "", Wish("auto", "")),
    ],
)
def test_options_win_over_settings(
    settings: dict[str, str], writer: str | None, model: str | None, wanted: Wish
) -> None:
    """A model of the settings is left out for a writer that could not have it."""
    assert wish(Settings.model_validate(settings), writer, model) == wanted


def test_plain_words_have_no_model() -> None:
    """A model named beside the plain writer would be ignored, so it is refused, wherever the writer comes from."""
    for settings, writer in (({}, "plain"), ({"writer": "plain"}, None)):
        with pytest.raises(click.UsageError, match="the plain writer has no model"):
            wish(Settings.model_validate(settings), writer, "tiny")


def test_what_is_asked_for_by_name() -> None:
    """`auto` is nobody's name, but a model file with it is one."""
    assert [Wish(*one).named for one in (("auto", ""), ("auto", "qwen3"), ("auto", "A.gguf"), ("ollama", ""))] == [
        *(False, False, True, True),
    ]


def test_the_account_of_a_run() -> None:
    """Sentences, the reasons that refused most, questions and tokens a second, each counted as it is said."""
    account = Account("ollama")
    for _ in range(2):
        account.listen(Effort(1, 0, 600, 400, 30, 3.0))
    account.listen(Effort(kept=1))
    reasons = {"slots": 4, "digit": 3, "word": 2, "name": 1, "loop": 1, "leak": 1, "voice": 1}
    told = Told(by_model=1, plain=2, refused=Counter(reasons), degraded={3: "gone", 5: "gone"})
    sentences, cost, degraded = account.lines(told)
    assert sentences == (
        "1 sentence by the model, 2 plain; 13 wordings refused"
        " (4 slots, 3 digit, 2 word, 1 name, 1 loop, 1 leak, 1 for other reasons)."
    )
    assert cost == (
        "2 questions asked, 1 answered by earlier runs;"
        " 1,200 tokens read and 800 reused, 60 written in 6.0 s, 10.0 a second."
    )
    assert degraded == "2 pages are degraded (gone). `chronicles generate --revoice COMMIT...` asks again."
    (named,) = Account("ollama", ("--writer", "ollama", "--model", "my model")).lines(Told(degraded={3: "gone"}))
    assert named.endswith("`chronicles generate --revoice --writer ollama --model 'my model' COMMIT...` asks again.")
    report = account.to_json(told)
    assert report["refused"] == reasons
    assert report["degraded"] == [{"episode": 3, "why": "gone"}, {"episode": 5, "why": "gone"}]
    assert report["effort"]["written_tokens"] == 60


def test_a_run_in_plain_words_has_no_account() -> None:
    """Who asked no model hears nothing of models."""
    assert list(Account("plain").lines(Told(plain=9))) == []
