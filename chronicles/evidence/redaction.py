"""Secrets out of text, and text out of its costume, before anything else sees either.

Repository text is quoted on pages that anyone can read, so what looks like a secret is replaced by
`[redacted]` first. The patterns are those of detect-secrets, of which only the regular expressions are used:
its own scanner reads settings from a global, may verify a find over the network, stops at the first find of
a line, and for a GitHub token hands out the prefix instead of the token. Here each expression is run over
the line, every match counts, and the whole run of token characters goes. A few issuers that detect-secrets
does not know, blocks of key material and upper-case shell assignments have their own patterns.

The entropy detectors are left out on purpose. In a repository's history the strings of high entropy are
commit hashes, checksums, lock-file digests and fixtures: on such text they are wrong far more often than
right, and a page that blanks out a hash loses a fact. The detector of public IP addresses is left out
because an address is no secret.

Speed comes from literals: each detector names the few substrings without which it cannot match, and is not
run (nor detect-secrets imported) where none of them is there. A test runs both ways and compares.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from itertools import pairwise
from typing import TYPE_CHECKING

from chronicles.evidence.plain_text import safe_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["MARK", "Redacted", "redact", "redact_output", "safe_text"]

MARK = "[redacted]"
"""What stands where a secret stood."""

_BREAK = re.compile("([\r\u2028\u2029\udc80-\udcff])")
"""Of a program's output, what breaks a line without ending it, and bytes that are no text."""
_WINDOW = 2000
_OVERLAP = 512
"""A long line (minified code, a data URL) is read in windows, since some expressions are quadratic in length.

A token cut by a window's edge is still found whole, because a match grows over the token characters beside it.
"""


@dataclass(frozen=True, slots=True)
class Redacted:
    """Text without its secrets."""

    text: str
    found: tuple[str, ...]
    """The kind of each secret that went, in order of place."""


@dataclass(frozen=True, slots=True)
class _Span:
    """A secret's place in a text."""

    start: int
    end: int
    kind: str


@dataclass(frozen=True, slots=True)
class _Detector:
    """One detector of detect-secrets, or one of our own."""

    needs: tuple[str, ...]
    """Lower-case substrings; where none is in the lower-cased text, the detector cannot match."""
    plugin: str
    """`module.Class` inside `detect_secrets.plugins`; empty for our own."""
    group: bool = False
    """Whether the first group is the secret; else the whole match is."""
    kind: str = ""
    """The name of a find; empty: the plugin's own."""
    patterns: tuple[re.Pattern[str], ...] = ()


_KEYWORDS = (
    *("key", "pass", "pwd", "secret", "contraseña", "contrasena"),
    # Dotless i and the Kelvin sign match `i` and `k` without regard to case, and do not lower to them.
    *("\u212a", "\u017f"),
)
_ASSIGNED = ("key", "pw", "pass", "token", "\u212a", "\u017f")

_OWN: tuple[_Detector, ...] = (
    _Detector(("github_pat_",), "", kind="GitHub Token", patterns=(re.compile(r"github_pat_\w{22,}"),)),
    _Detector(("aiza",), "", kind="Google API Key", patterns=(re.compile(r"AIza[\w-]{35}"),)),
    _Detector(("hf_",), "", kind="Hugging Face Token", patterns=(re.compile(r"\bhf_[A-Za-z0-9]{30,}"),)),
    _Detector(("sk-ant-",), "", kind="Anthropic Key", patterns=(re.compile(r"sk-ant-[\w-]{24,}"),)),
    _Detector(
        ("bearer",),
        "",
        group=True,
        kind="Bearer Token",
        patterns=(re.compile(r"\bbearer\s+([A-Za-z0-9._~+/-]{20,}=*)", re.IGNORECASE),),
    ),
    _Detector(
        ("password=", "secret=", "token=", "key=", "passwd="),
        "",
        group=True,
        kind="Secret Keyword",
        # The shell's and the .env file's form, in which no quotes are needed: DB_PASSWORD=hunter2hunter2
        patterns=(re.compile(r"\b[A-Z][A-Z0-9_]*(?:PASSWORD|PASSWD|SECRET|TOKEN|KEY)=([^\s'\"$<{]\S{7,})"),),
    ),
)

_PLUGINS: tuple[_Detector, ...] = (
    _Detector(("akc", "ap"), "artifactory.ArtifactoryDetector"),
    _Detector(("a3t", "abia", "acca", "akia", "asia", "aws"), "aws.AWSKeyDetector", group=True),
    _Detector(("accountkey=",), "azure_storage_key.AzureStorageKeyDetector"),
    _Detector(("://",), "basic_auth.BasicAuthDetector", group=True),
    _Detector(("cl",), "cloudant.CloudantDetector", group=True),
    _Detector((".",), "discord.DiscordBotTokenDetector"),
    _Detector(("ghp_", "gho_", "ghu_", "ghs_", "ghr_"), "github_token.GitHubTokenDetector"),
    _Detector(("gl", "gr1348941"), "gitlab_token.GitLabTokenDetector"),
    _Detector(_ASSIGNED, "ibm_cloud_iam.IbmCloudIamDetector", group=True),
    _Detector(_KEYWORDS, "ibm_cos_hmac.IbmCosHmacDetector", group=True),
    _Detector(("eyj",), "jwt.JwtTokenDetector"),
    _Detector(("-us",), "mailchimp.MailchimpDetector"),
    _Detector((":_authtoken=",), "npm.NpmDetector", group=True),
    _Detector(("t3blbkfj",), "openai.OpenAIDetector"),
    _Detector(("pypi-",), "pypi_token.PypiTokenDetector"),
    _Detector(("sg.",), "sendgrid.SendGridDetector"),
    _Detector(("xox", "\u017f", "hooks.slack.com"), "slack.SlackDetector"),
    _Detector((*_ASSIGNED, "softlayer"), "softlayer.SoftlayerDetector", group=True),
    _Detector(("sq0csp-",), "square_oauth.SquareOAuthDetector"),
    _Detector(("k_live_",), "stripe.StripeDetector"),
    _Detector((":",), "telegram_token.TelegramBotTokenDetector"),
    _Detector(("ac", "sk"), "twilio.TwilioKeyDetector"),
    _Detector(_KEYWORDS, "keyword.KeywordDetector"),
)

_GENERIC: tuple[_Detector, ...] = (
    _Detector(
        ("pass", "pwd", "secret", "token", "key"),
        "",
        group=True,
        kind="Secret Keyword",
        patterns=(
            # YAML's, a message's and a configuration file's form. Code says `token: str` and `secret = load()` as well,
            # so a value without quotes counts only when it has both letters and digits, as names of types rarely do.
            re.compile(
                r"(?i:pass(?:word|wd|phrase)?|pwd|secret|token|(?:api|access|private|auth)[_-]?key)\s*[=:]\s*"
                r"(?=[^\s'\"]{0,60}\d)(?=[^\s'\"]{0,60}[A-Za-z])([^\s'\"$<>{}()\[\],;]{8,})(?![(\[\w])"
            ),
            re.compile(r"(?i)<(?:password|passwd|secret|token|apikey)>([^<>\s]{4,})</"),
        ),
    ),
    _Detector(
        ("basic ",),
        "",
        group=True,
        kind="Basic Auth Credentials",
        patterns=(re.compile(r"(?i)\bauthorization['\"]?\s*[:=]\s*['\"]?basic\s+([A-Za-z0-9+/]{8,}=*)"),),
    ),
    _Detector(
        ("-u", "-p", "@"),
        "",
        group=True,
        kind="Credentials in a Command",
        patterns=(
            re.compile(r"(?:^|\s)(?:-u|--user)[ =]?\s*[\w.@-]+:([^\s'\"$<{]{6,})"),
            re.compile(r"\bmysql(?:dump|admin)?\b.{0,80}?\s-p([^\s'\"$<{]{6,})"),
            re.compile(r"(?<![\w/.])[\w.-]+:([^\s:@/'\"$<{]{6,})@[\w-]+(?:\.[\w-]+)*[:/]"),
        ),
    ),
)
"""Forms that any secret may take; asked last, so that a detector that knows the kind names it."""

LEFT_OUT = frozenset({"base", "high_entropy_strings", "ip_public", "private_key"})
"""Modules of detect-secrets that are not used: why, the module docstring says; private keys are `_BLOCKS` here."""

_SHAPE = re.compile(r"[A-Za-z0-9_\-+/]{20}|://|[\"'`]|[=:]\s*\S{6}|AK|AP|>[^<>\s]{4,}</|\s-p\S{6}|(?i:basic\s)")
"""What every line with a secret has besides its literal: a long token, a URL, or a quoted or assigned value."""

_BLOCKS: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "Private Key",
        re.compile(
            # With its end line, else as far as the lines look like key material; the sign is a diff's.
            r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----"
            r"(?:(?:(?!-----BEGIN ).){0,20000}?-----END [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----"
            r"|(?:\s*(?:\\[rn])?[A-Za-z0-9+/=\-]{16,})*)",
            re.DOTALL,
        ),
    ),
    (
        "Private Key",
        re.compile(r"PuTTY-User-Key-File-\d:(?:(?!PuTTY-User).){0,20000}?(?:Private-MAC: ?\w+|\Z)", re.DOTALL),
    ),
    # The middle of a replaced key, of which a diff shows neither first nor last line.
    ("Encoded Block", re.compile(r"(?m)(?:^[ \t+-]?[A-Za-z0-9+/]{60,80}={0,2}\r?$\n?){3,}")),
)
_BLOCK_NEEDS = re.compile(r"PRIVATE KEY|PuTTY-User-Key-File-|[A-Za-z0-9+/]{60}")
_PLACEHOLDER = re.compile(
    r"[\W_]*|[x*.•]+|<.*>|\[redacted]|\$[\w{(].*|\{.*|%[({sdr].*|.*\{\{.*|"
    r"(?:your|my|some|the|a|an|no|dummy|fake|example|test)?[-_ ]*"
    r"(?:password|passwd|secret|token|api[-_ ]?key|key|none|null|true|false|str|string|bool|int)s?[-_ ]*(?:here)?",
    re.IGNORECASE,
)
"""Values that stand for a secret and are none: `***`, `<token>`, `${TOKEN}`, `{{ token }}`, `your-password-here`."""


def redact(text: str) -> Redacted:
    """Replace what looks like a secret.

    Args:
        text: Any text: a message, a hunk, a file.

    Returns:
        The text with `[redacted]` in the place of each secret, and what kinds they were.
    """
    return _without(text, _spans(text))


def redact_output(output: bytes) -> str:
    r"""What a program printed as text to read, without secrets.

    A carriage return begins another line here, and a byte that is no UTF-8 is shown as `\xNN`. A program may print
    either in the middle of a secret, so secrets are looked for with these and without.
    """
    text = output.decode("utf-8", "surrogateescape").replace("\r\n", "\n")
    text = "".join(part if _BREAK.match(part) else safe_text(part) for part in _BREAK.split(text))
    whole = [place for place, sign in enumerate(text) if not _BREAK.match(sign)]
    joined = "".join(text[place] for place in whole)
    apart = _BREAK.sub(lambda sign: "\ufffd" if sign[0] > "\ud800" else "\n", text)
    spans = [_Span(whole[one.start], whole[one.end - 1] + 1, one.kind) for one in _spans(joined)]
    shown = _without(text, [*_spans(apart), *spans]).text
    return _BREAK.sub(lambda sign: f"\\x{ord(sign[0]) - 0xDC00:02x}" if sign[0] > "\ud800" else "\n", shown)


def _spans(text: str) -> list[_Span]:
    spans = list(_block_spans(text))
    lowered = text.lower()
    if _SHAPE.search(text) and any(need in lowered for need in _ALL_NEEDS):
        spans.extend(_line_spans(text, gated=True))
    return spans


def _redact_ungated(text: str) -> Redacted:
    """Do as `redact` does, with every detector run over every line: the reference that tests compare with."""
    return _without(text, [*_block_spans(text), *_line_spans(text, gated=False)])


_ALL_NEEDS = tuple(sorted({need for detector in (*_OWN, *_PLUGINS, *_GENERIC) for need in detector.needs}, key=len))


def _without(text: str, spans: list[_Span]) -> Redacted:
    """Cut the spans out of the text; those that touch become one, named after the first."""
    if not spans:
        return Redacted(text, ())
    merged: list[_Span] = []
    for span in sorted(spans, key=lambda span: (span.start, -span.end)):  # of equals the first asked names it
        if merged and span.start < merged[-1].end:
            last = merged[-1]
            merged[-1] = _Span(last.start, max(last.end, span.end), last.kind)
        else:
            merged.append(span)
    edges = [_Span(0, 0, ""), *merged, _Span(len(text), len(text), "")]
    kept = [text[before.end : after.start] for before, after in pairwise(edges)]
    return Redacted(MARK.join(kept), tuple(span.kind for span in merged))


def _block_spans(text: str) -> Iterator[_Span]:
    """Find secrets that go over several lines."""
    if not _BLOCK_NEEDS.search(text):
        return
    for kind, pattern in _BLOCKS:
        for match in pattern.finditer(text):
            block = match.group()
            # A list of hex digests is no key material: that has letters of both cases.
            if kind != "Encoded Block" or (re.search("[g-z]", block) and re.search("[A-Z]", block)):
                yield _Span(match.start(), match.start() + len(block.rstrip("\r\n")), kind)


def _line_spans(text: str, *, gated: bool) -> Iterator[_Span]:
    """Find secrets that stand within one line."""
    offset = 0
    for line in text.split("\n"):
        lowered = line.lower()
        if not gated or _SHAPE.search(line):
            for detector in (*_OWN, *_PLUGINS, *_GENERIC):
                if not gated or any(need in lowered for need in detector.needs):
                    for span in _matches(detector, line):
                        yield _Span(offset + span.start, offset + span.end, span.kind)
        offset += len(line) + 1


def _matches(detector: _Detector, line: str) -> Iterator[_Span]:
    """Run one detector over one line, window by window."""
    loaded = _load(detector.plugin) if detector.plugin else _Loaded(detector.kind, _whole(detector.patterns), None)
    gone = (0, 0)
    for base in range(0, max(1, len(line) - _OVERLAP), _WINDOW - _OVERLAP):
        window = line[base : base + _WINDOW]
        for pattern, group in loaded.patterns:
            for match in pattern.finditer(window):
                wanted = group or (1 if detector.group and pattern.groups and match.group(1) else 0)
                # A token of many matches is grown once, and not once a match.
                if gone[0] <= base + match.start(wanted) and base + match.end(wanted) <= gone[1]:
                    continue
                span = _grown(line, base + match.start(wanted), base + match.end(wanted), whole=wanted == 0)
                value = line[span[0] : span[1]]
                if value and not _PLACEHOLDER.fullmatch(value) and (not loaded.valid or loaded.valid(match.group())):
                    gone = span
                    yield _Span(*span, loaded.kind)


_TOKEN = re.compile(r"[\w+/=.\-]*")
_EDGE = " \t\"'`=:,;()[]{}<>"


def _grown(line: str, start: int, end: int, *, whole: bool) -> tuple[int, int]:
    """Let a whole match shed the delimiters an expression takes along, and grow over the rest of its token."""
    if not whole:
        return start, end
    while start < end and line[start] in _EDGE:
        start += 1
    while end > start and line[end - 1] in _EDGE:
        end -= 1
    rest = _TOKEN.match(line, end)
    grown = rest.end() if rest else end
    while grown > end and line[grown - 1] == ".":  # the full stop of a sentence
        grown -= 1
    return start, grown


@dataclass(frozen=True, slots=True)
class _Loaded:
    """A detector's expressions, read from detect-secrets."""

    kind: str
    patterns: tuple[tuple[re.Pattern[str], int], ...]
    """Each with the number of the group that is the secret; 0: as the detector says."""
    valid: Callable[[str], bool] | None
    """A further test of a match."""


def _whole(patterns: tuple[re.Pattern[str], ...]) -> tuple[tuple[re.Pattern[str], int], ...]:
    return tuple((pattern, 0) for pattern in patterns)


@cache
def _load(plugin: str) -> _Loaded:
    """Import one detector; late, since its base imports `requests`."""
    module_name, class_name = plugin.split(".")
    module = import_module(f"detect_secrets.plugins.{module_name}")
    detector = getattr(module, class_name)
    kind: str = detector.secret_type
    if module_name == "keyword":
        return _Loaded(kind, tuple(module.QUOTES_REQUIRED_DENYLIST_REGEX_TO_GROUP.items()), None)
    valid: Callable[[str], bool] | None = None
    if module_name == "jwt":
        valid = detector.is_formally_valid
    elif module_name == "artifactory":
        valid = _has_digit_and_lower
    return _Loaded(kind, _whole(tuple(detector.denylist)), valid)


def _has_digit_and_lower(value: str) -> bool:
    """Tell an Artifactory key from a word in capitals such as `APACHELICENSE`."""
    return any(c.isdigit() for c in value) and any(c.islower() for c in value)
