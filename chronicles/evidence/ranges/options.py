"""Settings of a project that a range took away.

A setting is a key of a dictionary of defaults: one that a module or a class binds to a public name which speaks of
defaults and of configuration (`default_config`, `DEFAULT_SETTINGS`), or to one of either in a module that is named so
(`DEFAULTS` in `config.py`). Keys of nested dictionaries are dotted. Only dictionaries that are in both trees under the
same name are compared: where one went, its settings may live elsewhere in another form.
"""

from __future__ import annotations

import ast
import re
import warnings
from typing import TYPE_CHECKING

from chronicles.evidence.ranges.broken import Broken, Part
from chronicles.evidence.ranges.modules import is_shipped

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chronicles.evidence.ranges.span import Span

__all__ = ["find_setting_breaks"]

_BOTH = re.compile(r"(?i)(?=.*defaults?)(?=.*(?:config|settings|preferences))")
_EITHER = re.compile(r"(?i)(?:.*_)?(?:defaults?|config|settings|default_options)(?:_.*)?")
_MODULE = re.compile(r"(?:^|/)(?:\w*(?:config|configuration|settings|defaults|conf))(?:/__init__)?\.py$")
_HINT = re.compile(r"(?im)^\s*\w*(?:default|config|settings)\w*\s*(?::[^=\n]+)?=\s*\{")


def find_setting_breaks(span: Span) -> Iterator[Broken]:
    """Tell the keys of dictionaries of defaults that those dictionaries no longer have."""
    before: dict[str, dict[str, str]] = {}
    after: dict[str, set[str]] = {}
    for change in span.changes.files:
        old = change.old_path or change.path
        if old.endswith(".py") and old in span.before and is_shipped(old):
            for name, keys in _defaults(old, span.text(span.before[old].object_id) or ""):
                before.setdefault(name, {}).update(dict.fromkeys(keys, old))
        if change.path.endswith(".py") and change.path in span.after:
            for name, keys in _defaults(change.path, span.text(span.after[change.path].object_id) or ""):
                after.setdefault(name, set()).update(keys)
    for name, keyed in sorted(before.items()):
        for key, path in sorted(keyed.items()):
            if name in after and not any(one == key or one.startswith(f"{key}.") for one in after[name]):
                yield Broken(Part.SETTINGS, "setting removed", key, path=path)


def _defaults(path: str, text: str) -> Iterator[tuple[str, list[str]]]:
    """The dictionaries of defaults of a module: their names, and their dotted keys."""
    if not _HINT.search(text):
        return
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    bodies = [tree.body, *(node.body for node in tree.body if isinstance(node, ast.ClassDef))]
    for node in (node for body in bodies for node in body):
        if not isinstance(node, ast.Assign | ast.AnnAssign) or not isinstance(node.value, ast.Dict):
            continue
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        for name in (target.id for target in targets if isinstance(target, ast.Name)):
            wanted = _BOTH.match(name) or (_EITHER.fullmatch(name) and _MODULE.search(path))
            if wanted and not name.startswith("_"):
                yield name, list(_keys(node.value))


def _keys(table: ast.Dict) -> Iterator[str]:
    """The keys of a dictionary that have a value of their own, dotted."""
    for key, value in zip(table.keys, table.values, strict=True):
        if isinstance(key, ast.Constant) and isinstance(key.value, str):
            inner = list(_keys(value)) if isinstance(value, ast.Dict) else []
            yield from (f"{key.value}.{one}" for one in inner)
            if not inner:
                yield key.value
