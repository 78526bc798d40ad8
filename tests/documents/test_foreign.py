"""A text of another hand is held to what a subject has."""

from __future__ import annotations

import time
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chronicles.documents.foreign import Known, check_mentions, find_mentions, quantities
from chronicles.documents.mentions import Kind, Mention
from chronicles.documents.nouns import Noun

SEED = Path(__file__).parents[3] / "shared" / "seeds" / "episode_2.md"
SHA = "56ef3ef" + "0" * 33
FACTS = [
    "38 files",
    "6,518 lines added",
    "1 line removed",
    "171.5 lines per file",
    "99.98% additive",
    "26 files",
    "12 files",
    "1 file",
    "10 files",
    "a complexity score of 100",
    "nine days",
]
KNOWN = Known(
    numbers=tuple(quantity for text in FACTS for quantity in quantities(text)),
    hashes=frozenset({SHA, "d7a9279" + "1" * 33, "1234567" + "2" * 33}),
    paths=frozenset(
        {
            f"banterhearts/{name}/a.py"
            for name in ("api/inference", "api/ingestion", "core", "config", "training", "tests")
        }
        | {"Dockerfile", "docker-compose.yml", "requirements-dev.txt", "install.sh", "install.bat", "setup.py"}
        | {"verify_dependencies.py", ".gitignore", "docs/guide.md"}
    ),
    names=frozenset({"FishComplete.format_completion", "chore"}),
    dates=frozenset({"2025-09-28T17:21:49-04:00"}),
    references=frozenset({"#12"}),
)


def _findings(text: str) -> list[tuple[str, str]]:
    return [(finding.kind.value, finding.text) for finding in check_mentions(find_mentions(text), KNOWN)]


def test_the_seed_dossier_is_caught_counting_6519() -> None:
    """Of the original page both wrong counts and the approximations are found, and nothing that is true."""
    if not SEED.exists():
        pytest.skip("the seed dossier is not beside this checkout")
    findings = check_mentions(find_mentions(SEED.read_text("utf-8")), KNOWN)
    assert [(one.line, one.kind.value, one.text) for one in findings] == [
        (13, "approximate", "over 6,500"),
        (30, "number", "6,519"),
        (42, "approximate", "~5,000"),
        (50, "approximate", "~1,500"),
        (114, "number", "6,519"),
    ]
    assert findings[1].nearest == "6,518 lines added"


@pytest.mark.parametrize(
    "text",
    [
        "38 files, 6,518 adds, 1 delete.",
        "38 changed files with 6518 insertions and 1 deletion",
        "a 38-file change of **6,518** lines",
        "Change Ratio: +6,518/-1 (99.98% additive)",
        "99.98 % additive, 99.98 percent",
        "- **Files Changed**: 38 (massive)\n- **Lines Added**: 6,518\n- **Complexity Score**: 100",
        "- **Lines per File**: 171.5",
        "| component | files | added |\n|---|---:|---:|\n| `core` | 26 | 6,518 |",
        "| Files Changed | 38 |\n|---|---|\n| Lines Removed | 1 |",
        "6,518\nlines were added",
        "nine days, or 9 days",
        "one file",
        "1. first\n2) second\n\n## 3. Third\n**4. Bold**",
        "Episode 2, Patch 13, Phase 1",
        "2025-09-28T17:21:49-04:00, 2025-09-28, 28 September 2025, September 28, Sep 2025, 17:21",
        "`56ef3ef` and 56ef3ef0, `1234567`, 1234567",
        "[`56ef3ef`](https://example.org/commit/56ef3ef00000?page=7)",
        "`banterhearts/core/a.py`, core/a.py, `core/`, `requirements*.txt`, `install.sh/.bat`, ./setup.py",
        "dev/staging/prod, and/or, Node.js, UTF-8, SHA-256, Gemma3, K8s, x86_64, v8.4.0",
        "`format_completion`, `FishComplete.format_completion()`, `chore`",
        "#12",
        "HEAD&#126;1 <b title=3> <!-- 77 lines --> `a`{=7}".replace("`a`{=7}", ""),
        "```\n77 lines\n```\n\n    78 lines\n",
        "<!-- 99 lines\n98 lines -->",
        "---\nepisode: 77\n---\n38 files",
        "<code>.gitignore</code>",
        "two voices spoke for three seconds of fame".replace("three seconds", "a while"),
    ],
)
def test_what_is_true_or_no_statement_is_not_reported(text: str) -> None:
    """True figures in any usual wording, and digits that count nothing, give no finding."""
    assert _findings(text) == []


@pytest.mark.parametrize(
    ("text", "kind", "token"),
    [
        ("38 lines", "number", "38"),
        ("38 Python files", "number", "38"),
        ("38 new files", "number", "38"),
        ("6,518 lines removed", "number", "6,518"),
        ("6,518 files", "number", "6,518"),
        ("-6,518 lines", "number", "-6,518"),
        ("171.5 files per line", "number", "171.5"),
        ("171.5 lines", "number", "171.5"),
        ("99.98% faster", "number", "99.98"),
        ("-99.98%", "number", "-99.98"),
        ("9 files", "number", "9"),
        ("nine files", "number", "nine"),
        ("three days", "number", "three"),
        ("1.6× the size", "number", "1.6"),
        ("14GB", "number", "14GB"),
        ("3.2.1 lines", "number", "3.2.1"),
        ("+6,519/-1", "number", "+6,519"),
        ("+6,518/-2", "number", "-2"),
        ("`39`", "number", "39"),
        ("| files |\n|---|\n| 6,518 |", "number", "6,518"),
        ("**Files Changed**: 6,518", "number", "6,518"),
        ("~38 files", "approximate", "~38"),
        ("about 38 files", "approximate", "about 38"),
        ("more than **38** files", "approximate", "more than 38"),
        ("38+ files", "approximate", "38+"),
        ("38 files or so".replace(" files", ""), "approximate", "38"),
        ("6k lines", "approximate", "6k"),
        ("`56ef3ee`", "hash", "56ef3ee"),
        ("56ef3ee in prose", "hash", "56ef3ee"),
        ("`56ef3ef..56ef3ee`", "hash", "56ef3ee"),
        ("[x](https://e.org/commit/abcdef1)", "hash", "abcdef1"),
        ("`7654321`", "hash", "7654321"),
        ("```\nabc1234 fix\n```", "hash", "abc1234"),
        ("`banterhearts/core/b.py`", "path", "banterhearts/core/b.py"),
        ("docs/enterprise", "path", "docs/enterprise"),
        ("see guides.md", "path", "guides.md"),
        ("\\_\\_init\\_\\_.py", "path", "__init__.py"),
        ("`*.rs`", "path", "*.rs"),
        ("`format_completions`", "name", "format_completions"),
        ("<code>a&#124;b</code>", "name", "a|b"),
        ("2025-09-29", "date", "2025-09-29"),
        ("29 September 2025", "date", "29 September 2025"),
        ("April 2022", "date", "April 2022"),
        ("18:21", "date", "18:21"),
        ("#13", "reference", "#13"),
    ],
)
def test_what_the_subject_does_not_have_is_reported(text: str, kind: str, token: str) -> None:
    """One wrong token gives one finding, which names it."""
    assert _findings(text) == [(kind, token)]


def test_a_finding_tells_where_and_what_is_nearest() -> None:
    """Line and column lead to the token; the nearest thing there is helps to mend it."""
    text = (
        "# T\n\n`x` 38 files, `56ef3ee` **6,519** lines in `banterhearts/cores/a.py` by `format_completions`, 38 lines"
    )
    found = check_mentions(find_mentions(text), KNOWN)
    lines = text.split("\n")
    assert [one.text for one in found] == [
        "x",
        "56ef3ee",
        "6,519",
        "banterhearts/cores/a.py",
        "format_completions",
        "38",
    ]
    for one in found:
        assert lines[one.line - 1][one.column - 1 :].lstrip("`").startswith(one.text)
    assert [one.nearest for one in found[1:]] == [
        "56ef3ef",
        "6,518 lines added",
        next(path for path in sorted(KNOWN.paths) if path.endswith("a.py") and path == found[3].nearest),
        "format_completion",
        "38 files",
    ]


def test_a_fact_that_is_itself_approximate_may_be_told_so() -> None:
    """Where the ledger says "about", so may the text."""
    known = Known(numbers=quantities("about 38 files"))
    assert check_mentions(find_mentions("over 38 files"), known) == []
    assert len(check_mentions(find_mentions("over 38 lines"), known)) == 1


def test_a_bare_figure_gets_its_noun_from_its_label() -> None:
    """Facts whose phrase is no more than a figure are labelled by their teller."""
    (quantity,) = quantities("1,038", "files changed")
    assert (quantity.value, quantity.noun) == (Decimal(1038), Noun("file"))


def test_words_of_speed_are_read_in_prose() -> None:
    """Each form is one mention with its verdict; code, comments and addresses hold none."""
    text = "Faster, sped up, speed-ups, `faster` slowed down; a _regression_, [a](http://slower.io) <!-- slower -->"
    found = [(one.text, one.noun.unit) for one in find_mentions(text) if one.kind is Kind.SPEED]
    assert found == [
        *(("Faster", "faster"), ("sped up", "faster"), ("speed-ups", "faster")),
        *(("slowed down", "slower"), ("regression", "slower")),
    ]


def test_a_mention_carries_its_noun() -> None:
    """The token reader can be used alone."""
    assert find_mentions("some 6,518 new lines") == [
        Mention(Kind.APPROXIMATE, "some 6,518", 1, 6, Noun("line", frozenset({"added"})), Decimal(6518))
    ]


@given(text=st.one_of(st.text(), st.text(alphabet="019,.-+~%#`*/\\|<>!&;:[]() \nafinlesx_", max_size=80)))
def test_no_text_breaks_the_reader(text: str) -> None:
    """Whatever the text, mentions point into it and checking them ends."""
    mentions = find_mentions(text)
    lines = text.split("\n")
    for mention in mentions:
        assert 1 <= mention.line <= len(lines)
        assert 1 <= mention.column <= len(lines[mention.line - 1])
    check_mentions(mentions, KNOWN)


REPEATED = [
    "`",
    "``` ` ",
    "a",
    "1",
    "1,",
    "a.",
    "a/",
    "-",
    "<!--",
    "<code>",
    "](",
    "f0",
    "* ",
    "~",
    "1+",
    "1 ",
    "_a",
    "=1/",
]
REPEATED += [
    "\\",
    "<a ",
    "|",
    "&",
    "over ",
    "38 files ",
    "https://",
    "a-",
    "2025-01-01 ",
    "#1",
    "`a",
    ".a",
    "\n`",
    "\n<!--",
]
REPEATED += ["\n    x\n", "\n```\n", "\n| a |\n|---|"]


def test_a_wide_table_is_read_in_linear_time() -> None:
    """Looking up the column of each number does not read the row again."""

    def seconds(columns: int) -> float:
        start = time.process_time()
        assert len(find_mentions(f"|{' files |' * columns}\n|{'---|' * columns}\n|{' 38 |' * columns}")) == columns
        return time.process_time() - start

    assert min(seconds(8_000), seconds(8_000)) < 30 * max(min(seconds(1_000), seconds(1_000)), 0.002)


@pytest.mark.parametrize("unit", REPEATED)
def test_reading_is_linear(unit: str) -> None:
    """Eight times the text takes about eight times as long, whatever it repeats."""

    def seconds(text: str) -> float:
        start = time.process_time()
        find_mentions(text)
        return time.process_time() - start

    small, large = unit * (8_000 // len(unit)), unit * (64_000 // len(unit))
    assert min(seconds(large), seconds(large)) < 30 * max(min(seconds(small), seconds(small)), 0.002)
