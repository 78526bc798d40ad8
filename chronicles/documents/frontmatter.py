"""Front matter: the YAML block at the head of a page.

Written by hand rather than by a YAML library, because a page must come out the same under every version of one, and
because the rule "every string is quoted" leaves a hostile title no way out: a quoted string stands on one line, with
line ends, quotes and unseen characters as escapes. A value that fits its line stays on it; a longer list or mapping
goes one item a line, so that a page's full hashes can be read and its changes diffed.

Read with libyaml where PyYAML was built with it. What a person wrote is taken as YAML takes it (`date: 2025-09-28`
becomes a date), and what cannot be read is a `PageError` with its line. Values are made by calls inside of calls, as
deep as the block nests, and libyaml's end with the process; and one line of aliases of aliases can hold more than any
memory. So nesting is counted before a value is made, and aliases, of which front matter has no need, are refused.
"""

from __future__ import annotations

import json
import math
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chronicles.documents.remedies import is_patch
from chronicles.errors import PageError
from chronicles.markdown import visible

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["render_front_matter", "split_front_matter"]

_WIDTH = 100
"""The longest value, in characters, that stays on its key's line."""

_LONGEST_KEY = 150
"""YAML reads at most 1,024 characters of a key, and each of ours may become six (`\\u0085`)."""

_PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,99}")
_YAML_WORDS = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})
"""Plain keys that YAML 1.1 reads as something other than text."""

_DEEPEST = 50
"""Collections inside of each other that front matter may have; ours has three."""

_UNPRINTABLE = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]|\\{(?=[{%#])")
_SURROGATE = re.compile("[\ud800-\udfff]")
_OPENING = re.compile(r"\ufeff?---[ \t]*\r?\n")
_CLOSING = re.compile(r"^(?:---|\.\.\.)[ \t]*(?:\r?\n|\Z)", re.MULTILINE)
_REMEDY = "Mend it by hand; `chronicles verify --fix` puts back the lines that were rendered"
_DELETE = "Mend that line, or delete the whole front matter: `chronicles patch RANGE` then writes it anew"


def render_front_matter(mapping: Mapping[str, Any]) -> str:
    """Write a mapping of JSON values as a front matter block, keys in the order given.

    Strings come back from `split_front_matter` as they were, except that a lone surrogate, which YAML cannot hold, is
    spelled out as `visible` does.

    Raises:
        TypeError: A value that JSON does not have.
        ValueError: A key too long for YAML; keys are our own names.
    """
    return "".join(["---\n", *(f"{line}\n" for line in _block(mapping, "")), "---\n"])


def split_front_matter(text: str, path: Path = Path("page")) -> tuple[dict[str, Any], str]:
    """Part a page into its front matter and its body.

    Args:
        text: The whole page; one without front matter gives an empty mapping.
        path: What an error names.

    Raises:
        PageError: The block is not closed, is not YAML, or is not a mapping with text for keys.
    """
    opening = _OPENING.match(text)
    if opening is None:
        return {}, text
    closing = _CLOSING.search(text, opening.end())
    if closing is None:
        raise PageError(path, "line 1 opens front matter that no line `---` closes", _remedy(path))
    values = _load(text[opening.end() : closing.start()], path)
    return values, text[closing.end() :]


def _remedy(path: Path) -> str:
    return _DELETE if is_patch(path) else _REMEDY


def _block(mapping: Mapping[str, Any], indent: str) -> list[str]:
    lines = []
    for key, value in mapping.items():
        name = f"{indent}{_key(key)}:"
        inline = _inline(value)
        if not value or not isinstance(value, dict | list | tuple) or len(name) + 1 + len(inline) <= _WIDTH:
            lines.append(f"{name} {inline}")
        elif isinstance(value, dict):
            lines += [name, *_block(value, indent + "  ")]
        else:
            lines += [name, *(f"{indent}  - {_inline(item)}" for item in value)]
    return lines


def _inline(value: object) -> str:
    match value:
        case None | bool() | int():
            return json.dumps(value)
        case float():
            return _float(value)
        case str():
            return _quoted(value)
        case dict():
            return "{" + ", ".join(f"{_key(key)}: {_inline(item)}" for key, item in value.items()) + "}"
        case list() | tuple():
            return "[" + ", ".join(_inline(item) for item in value) + "]"
        case _:
            raise TypeError(f"front matter holds JSON values, not {type(value).__name__}")


def _key(key: object) -> str:
    if not isinstance(key, str):
        raise TypeError(f"front matter keys are text, not {type(key).__name__}")
    if _PLAIN_KEY.fullmatch(key) and key.lower() not in _YAML_WORDS:
        return key
    if len(key) > _LONGEST_KEY:
        raise ValueError(f"a front matter key has at most {_LONGEST_KEY} characters, not {len(key)}")
    return _quoted(key)


def _quoted(text: str) -> str:
    """Quote text as JSON does, and escape besides what YAML would fold, refuse or hand to a template."""
    shown = _SURROGATE.sub(lambda match: visible(match[0]), str(text))
    return _UNPRINTABLE.sub(lambda match: f"\\u{ord(match[0]):04x}", json.dumps(shown, ensure_ascii=False))


def _float(value: float) -> str:
    if not math.isfinite(value):
        return ".nan" if math.isnan(value) else f"{'-' if value < 0 else ''}.inf"
    # YAML 1.1 takes `1e+16` for text; it wants a point.
    digits, exponent, power = repr(float(value)).partition("e")
    return f"{digits if '.' in digits else digits + '.0'}{exponent}{power}"


def _load(block: str, path: Path) -> dict[str, Any]:
    import yaml  # noqa: PLC0415 -- 30 ms that commands which read no page need not spend

    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        if problem := _refused(block, loader):
            raise PageError(path, problem, _remedy(path))
        values = yaml.load(block, Loader=loader)  # noqa: S506 -- both loaders are safe ones
    except yaml.MarkedYAMLError as error:
        # The mark counts from 0 inside the block, whose first line is the page's second.
        line = error.problem_mark.line + 2 if error.problem_mark is not None else 1
        raise PageError(path, f"line {line}: the front matter is not YAML ({error.problem})", _remedy(path)) from error
    except (yaml.YAMLError, ValueError, OverflowError, RecursionError, TypeError, AttributeError) as error:
        # Constructors raise what they please: an impossible date is a ValueError, a deep nesting a RecursionError.
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise PageError(path, f"line 2: the front matter cannot be read ({reason})", _remedy(path)) from error
    if values is None:
        return {}
    if not isinstance(values, dict) or not all(isinstance(key, str) for key in values):
        raise PageError(path, "line 2: the front matter is no mapping of names to values", _remedy(path))
    return values


def _refused(block: str, loader: type[Any]) -> str:
    """Say what of a block must not be made into values; empty for nothing.

    Raises:
        YAMLError: It is not YAML.
    """
    # Each collection opens with one of these signs, and so does an alias: nearly all front matter is known by a count.
    if sum(map(block.count, "[{-?:")) <= _DEEPEST and "*" not in block:
        return ""
    import yaml  # noqa: PLC0415 -- as above

    depth = 0
    for event in yaml.parse(block, Loader=loader):
        line = event.start_mark.line + 2 if event.start_mark else 1
        if isinstance(event, yaml.AliasEvent):
            return f"line {line}: the front matter has an alias (`*{event.anchor}`), which is not read here"
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > _DEEPEST:
            return f"line {line}: the front matter nests more than {_DEEPEST} deep"
    return ""
