"""Which benchmark suite may run before pages are written: the one that the person who installed the hook has seen.

A suite is a command of the repository, and a pull brings other people's changes to it. The hook runs in the
background, so nobody would look before it runs. Installation therefore notes a digest of the suite's declaration, all
of it: commands, set-up, variables, cases. Another declaration is another suite, which does not run until somebody has
looked at it and installed the hook once more.

What the command calls is not in the digest. A suite that says `make bench` runs what the Makefile of the measured
commit says, as `make bench` after a pull would.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from chronicles.errors import ConfigError
from chronicles.files import write_atomic

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["allow_suite", "refusal"]

_FILE = "suite.json"
_SCHEMA = "chronicles.suite/1"


def allow_suite(state: Path, folder: Path, suite: str) -> str:
    """Note that a suite may run as it is declared now; to be called when a person installs the hook.

    Args:
        state: The hook's folder.
        folder: The work tree whose settings name the suite.
        suite: Its name, as the settings of the hook have it; "" for none, which takes an earlier permission back.

    Returns:
        What to tell the person, as a sentence without its full stop; empty without a suite.

    Raises:
        ConfigError: If its declaration cannot be read.
        OutputError: If the permission cannot be noted.
    """
    if not suite:
        (state / _FILE).unlink(missing_ok=True)
        return ""
    where, table = _declared(folder, suite)
    value = {"schema": _SCHEMA, "suite": suite, "digest": _digest(suite, table)}
    write_atomic(state / _FILE, json.dumps(value, indent=1) + "\n")
    commands = _commands(table)
    told = f": {'; '.join(commands)}" if commands else ""
    return f"suite {suite} of {where.name} may run before pages are written, as it is declared now{told}"


def refusal(state: Path, folder: Path, suite: str) -> str:
    """Why a suite may not run, as a sentence without its full stop; empty where it may."""
    install = "look at it and run `chronicles hook install` again"
    noted: dict[str, Any] = {}
    with suppress(OSError, ValueError, RecursionError):
        value = json.loads((state / _FILE).read_bytes())
        if isinstance(value, dict) and value.get("schema") == _SCHEMA:
            noted = value
    if noted.get("suite") != suite:
        return f"suite {suite} was not there when the hook was installed: {install}"
    try:
        _, table = _declared(folder, suite)
    except ConfigError as error:
        return f"suite {suite} cannot be looked at: {error}".removesuffix(".")
    if noted.get("digest") != _digest(suite, table):
        return f"suite {suite} has changed: {install}"
    return ""


def _declared(folder: Path, suite: str) -> tuple[Path, dict[str, Any]]:
    """The file that declares suites here, and one's table as the engine would find it; empty where there is none.

    Raises:
        ConfigError: If the file cannot be read.
    """
    own, project = folder / "banterhearts.toml", folder / "pyproject.toml"
    where = own if own.is_file() else project
    try:
        table: Any = tomllib.loads(where.read_text("utf-8")) if where.is_file() else {}
    except OSError as error:
        raise ConfigError(where, f"cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise ConfigError(where, f"no readable TOML: {error}") from error
    for key in () if where == own else ("tool", "banterhearts"):
        table = _below(table, key)
    # The engine's built-in suites have their options in a table of their own name.
    return where, _below(_below(table, "suites"), suite) or _below(table, suite)


def _below(table: object, key: str) -> dict[str, Any]:
    found = table.get(key) if isinstance(table, dict) else None
    return found if isinstance(found, dict) else {}


def _digest(suite: str, table: dict[str, Any]) -> str:
    # TOML has dates, which are only ever compared here.
    text = json.dumps([suite, table], sort_keys=True, ensure_ascii=True, default=str)
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def _commands(table: dict[str, Any]) -> list[str]:
    """The command lines of a suite, for a person to read: on one line each, and cut."""
    cases = table.get("cases")
    tables = [table, *(one for one in (cases.values() if isinstance(cases, dict) else ()) if isinstance(one, dict))]
    found = [one.get(key) for one in tables for key in ("setup", "command")]
    words = [" ".join(map(str, one)) if isinstance(one, list) else str(one) for one in found if one]
    return [repr(one[:200])[1:-1] for one in dict.fromkeys(words)]
