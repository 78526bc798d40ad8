"""Secrets go, everything else stays."""

from __future__ import annotations

import pkgutil
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chronicles.evidence import redaction
from chronicles.evidence.redaction import MARK, redact, redact_output, safe_text

# Put together from halves, so that no scanner of this repository takes them for leaks.
GITHUB = "ghp_" + "a1B2" * 9
AWS = "AKIA" + "IOSFODNN7EXAMPLE"
JWT = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9." + "eyJzdWIiOiIxMjM0NTY3ODkwIn0" + ".dozjgNryP4J3jVmNHl0w5N"
KEY_BODY = "MIIEowIBAAKCAQEAxQ" * 3
SECRETS = {
    f"token: {GITHUB}, see": ("token: [redacted], see", "GitHub Token"),
    f"{GITHUB}suffix": (MARK, "GitHub Token"),
    "github_pat_" + "11ABCDEFG0" * 4: (MARK, "GitHub Token"),
    f"id {AWS}": ("id [redacted]", "AWS Access Key"),
    "sk_live_" + "a" * 24: (MARK, "Stripe Access Key"),
    "xoxb-123456789-abcdefghij": (MARK, "Slack Token"),
    f"Sent {JWT}.": ("Sent [redacted].", "JSON Web Token"),
    "git clone https://bob:hunter2@host/x": ("git clone https://bob:[redacted]@host/x", "Basic Auth Credentials"),
    'password = "hunter2"': ('password = "[redacted]"', "Secret Keyword"),
    "'api_key': 'f00ba4'": ("'api_key': '[redacted]'", "Secret Keyword"),
    "export DB_PASSWORD=hunter2hunter2": ("export DB_PASSWORD=[redacted]", "Secret Keyword"),
    "Authorization: Bearer abcdefghij0123456789": ("Authorization: Bearer [redacted]", "Bearer Token"),
    "hf_" + "aB3" * 11: (MARK, "Hugging Face Token"),
    "glpat-" + "x1Y2z3" * 4: (MARK, "GitLab Token"),
    "M" + "a1" * 12 + "." + "b2" * 3 + "." + "c3" * 13 + "d": (MARK, "Discord Bot Token"),
    "AC" + "a1" * 16: (MARK, "Twilio API Key"),
    "0a" * 16 + "-us12": (MARK, "Mailchimp Access Key"),
    "12345678:" + "aB3_x" * 7: (MARK, "Telegram Bot Token"),
    "AccountKey=" + "aB3/" * 22: (MARK, "Azure Storage Account access key"),
    "//registry.npmjs.org/:_authToken=npm_abcdef": ("//registry.npmjs.org/:_authToken=[redacted]", "NPM tokens"),
    "sk-" + "a1B2c" * 4 + "T3BlbkFJ" + "a1B2c" * 4: (MARK, "OpenAI Token"),
    "pypi-" + "AgEIcHlwaS5vcmc" + "a1B2c" * 14: (MARK, "PyPI Token"),
    "SG." + "a1" * 11 + "." + "b2" * 21 + "c": (MARK, "SendGrid API Key"),
    "sq0csp-" + "a1" * 21 + "b": (MARK, "Square OAuth Secret"),
    "key AKC" + "p3aB7" * 4: ("key [redacted]", "Artifactory Credentials"),
    "cloudant_key: " + "0a" * 32: ("cloudant_key: [redacted]", "Cloudant Credentials"),
    "ibm_cloud_iam_token = " + "aB" * 22: ("ibm_cloud_iam_token = [redacted]", "IBM Cloud IAM Key"),
    "secret_access_key: " + "0a" * 24: ("secret_access_key: [redacted]", "IBM COS HMAC Credentials"),
    "sl_api_key = " + "0a" * 32: ("sl_api_key = [redacted]", "SoftLayer Credentials"),
}


@pytest.mark.parametrize("text", SECRETS)
def test_a_secret_goes_whole_and_its_kind_is_told(text: str) -> None:
    """What stood around a secret stays, no character of it does."""
    assert redact(text) == redaction.Redacted(SECRETS[text][0], (SECRETS[text][1],))


@pytest.mark.parametrize(
    "text",
    [
        "Reverts 8ae7d64f1b2c3d4e5f60718293a4b5c6d7e8f901.",
        "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        '"integrity": "sha512-z4PhNX7vuL3xVChQ1m2AB9Yg5AULVxXcg/SpIdNs6c5H0NE8XYXysP+DGNKHfuwvY7kxvUdBeoGlOD"',
        "fix: never log the password of a user",
        'password = "<your password>"',
        "password: '${DB_PASSWORD}'",
        "secret = '***'",
        "see https://example.org/a:b@c and mail a@b.example",
        "MIT APACHELICENSE2",
        "def get_secret(key): return vault[key]",
    ],
)
def test_what_is_no_secret_stays(text: str) -> None:
    """Hashes, checksums, placeholders, prose and code are left alone."""
    assert redact(text) == redaction.Redacted(text, ())


@pytest.mark.parametrize("sign", ["", "+", "-"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_a_private_key_goes_with_all_its_lines(sign: str, newline: str) -> None:
    """A key block goes from its first dash to its last, in a diff as well."""
    lines = ["-----BEGIN RSA PRIVATE KEY-----", KEY_BODY, KEY_BODY, "-----END RSA PRIVATE KEY-----"]
    text = "before\n" + newline.join(sign + line for line in lines) + "\nafter"
    found = redact(text)
    assert KEY_BODY[:20] not in found.text
    assert found.text.startswith("before\n")
    assert found.text.endswith("\nafter")
    assert found.found == ("Private Key",)


def test_a_key_cut_off_before_its_end_goes_too() -> None:
    """A block without its last line goes as far as it looks like one."""
    text = f"-----BEGIN OPENSSH PRIVATE KEY-----\n{KEY_BODY}\n{KEY_BODY}\n\nWhat follows is prose."
    assert redact(text).text == "[redacted]\n\nWhat follows is prose."


def test_the_middle_of_a_replaced_key_goes() -> None:
    """Lines of key material go without first and last line, lists of hex digests stay."""
    body = "\n".join("+" + ("Ab3dEf9h" * 8) for _ in range(4))
    assert redact(body).found == ("Encoded Block",)
    digests = "\n".join("0123456789abcdef" * 4 for _ in range(4))
    assert redact(digests).found == ()


def test_a_secret_on_a_minified_line_is_found() -> None:
    """A line longer than a window is read to its end, and a token on a window's edge goes whole."""
    for before in (10, 1480, 1980, 1995, 5000):
        text = "x " * (before // 2) + GITHUB + " y" * 2000
        found = redact(text)
        assert found.found == ("GitHub Token",), before
        assert "a1B2" not in found.text


words = st.sampled_from(
    [*SECRETS, "key", "token", "aws", "pass", "cl", "=", ":", '"', "'", " ", "\n", "a" * 44, "0" * 64, "."]
)


@settings(max_examples=150, deadline=None)
@given(st.lists(words | st.text(max_size=6), max_size=12))
def test_the_quick_way_finds_what_the_full_way_finds(parts: list[str]) -> None:
    """Looking for literals first never changes the outcome."""
    text = "".join(parts)
    assert redact(text) == redaction._redact_ungated(text)


@settings(max_examples=100, deadline=None)
@given(st.text())
def test_redaction_settles(text: str) -> None:
    """Any text can be redacted, and redacted text has nothing left to redact."""
    once = redact(text)
    assert redact(once.text).text == once.text


def test_every_detector_of_the_library_is_used_or_left_out_knowingly() -> None:
    """A detector that a new version brings is noticed."""
    import detect_secrets.plugins  # noqa: PLC0415 - heavy, and needed here only

    used = {detector.plugin.split(".")[0] for detector in redaction._PLUGINS}
    there = {module.name for module in pkgutil.iter_modules(detect_secrets.plugins.__path__)}
    assert used | redaction.LEFT_OUT == there


def test_text_without_a_literal_does_not_import_the_library() -> None:
    """The library is paid for by those who need it."""
    code = (
        "import sys; from chronicles.evidence.redaction import redact; "
        "redact('a word or two'); print('detect_secrets' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


@pytest.mark.parametrize("sign", [b"\r", b"\xff", b"\xe2\x80\xa8", b"\x1b[31m", b"\0", b"\r\xfe\r"])
def test_a_secret_that_output_breaks_goes_whole(sign: bytes) -> None:
    """Wherever a program printed what nobody reads, or what begins a line anew."""
    secret = GITHUB.encode()
    for place in range(1, len(secret)):
        assert redact_output(b"key " + secret[:place] + sign + secret[place:] + b" end\n") == f"key {MARK} end\n"
    middle = sign.join(secret[place : place + 3] for place in range(0, len(secret), 3))
    assert redact_output(b"50%\r\n" + middle + b"\r\n\r 99%\xfc") == f"50%\n{MARK}\n\n 99%\\xfc"


def test_forms_without_quotes() -> None:
    """What a message, a YAML file, a command line or a header gives away is taken out; types and calls are not."""
    for line in (
        "x password=hunter2hunter2",
        "db_password: s3cr3tpassw0rd",
        "api_key = a1b2c3d4e5f6",
        "<password>hunter2</password>",
        "curl -u bob:hunter2hunter2 https://example.org",
        "mysql -phunter2hunter2 db",
        "Authorization: Basic Ym9iOmh1bnRlcjI=",
        "FROM bob:hunter2pw@registry.example.org/x:1",
    ):
        assert redact(line).found, line
    for line in (
        "token: SecretStr",
        "secret = load_secret()",
        "password: str | None",
        "key: value",
        "pass: 12",
        "a@b:c",
    ):
        assert not redact(line).found, line


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]8;;http://x\x07link\x1b]8;;\x07", "link"),
        ("a\u202eb\u2066c\u200bd\ufeffe", "abcde"),
        ("line\r\nline\rline\u2028line", "line\nline\nline\nline"),
        ("tab\tand \x00nul\x07", "tab\tand nul"),
        ("half \ud83d pair", "half \ufffd pair"),
        ("Zoë, 日本語, العربية", "Zoë, 日本語, العربية"),
    ],
)
def test_text_is_what_is_read(text: str, plain: str) -> None:
    """Escapes, controls and direction marks go, letters of all scripts stay."""
    assert safe_text(text) == plain


@given(st.text(alphabet=st.characters() | st.sampled_from("\x1b[]m\x9b\u202e\ud800\r\n")))
def test_safe_text_can_be_shown_anywhere(text: str) -> None:
    """The outcome has no control but tab and newline, can be encoded, and stays the same when made safe again."""
    safe = safe_text(text)
    assert not {char for char in safe if ord(char) < 32 or 0x7F <= ord(char) < 0xA0} - {"\t", "\n"}
    assert safe.encode().decode() == safe
    assert safe_text(safe) == safe


@pytest.mark.parametrize(("sign", "shown"), [("AKIA", "[redacted]"), (">", ">" * 400_000)])
def test_a_line_without_end_is_read(sign: str, shown: str) -> None:
    """However long a line of one sign or token is, it is read in one pass; a pass a sign would take hours."""
    assert redact((sign * 400_000)[:400_000]).text == shown
