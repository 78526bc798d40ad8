"""The shell of the hook: a block that goes into a hook script, and the `wake` script that it finds.

A commit waits until its hooks have ended and closed what they inherited. So the block starts one process in the
background, by way of another that ends at once (a `wait` further down in somebody's script must not wait for ours), and
hands it none of the commit's streams. Everything else happens there: whether a worker is at work already is looked up
without starting Python, and only if none is does one begin.

The block names no path of this machine: it looks for the git directory that it was called for, and for `wake` in there.
So a team may commit it, with their other hooks, and it does nothing in a clone whose owner has not asked for it. It
runs in any POSIX sh (dash, bash, macOS's, Git for Windows's, BusyBox's), and starts no program until it is detached.
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["BEGIN", "END", "HOOKS", "STATE", "block", "wake_script"]

HOOKS = ("post-commit", "post-merge", "post-rewrite")
"""The hooks that a new commit of a branch can come by."""
STATE = "chronicles-hook"
"""The folder in the shared git directory that holds all the hook knows. It is no cache, so it lies beside ours."""
BEGIN = "# >>> chronicles hook >>>"
END = "# <<< chronicles hook <<<"

_FIND = """\
  dir=${GIT_DIR:-.git}
  [ -f "$dir" ] && read -r _ dir <"$dir"
  if [ -f "$dir/commondir" ]; then
    read -r common <"$dir/commondir"
    case $common in /* | [A-Za-z]:*) dir=$common ;; *) dir=$dir/$common ;; esac
  fi
"""
_BLOCK = f"""\
{BEGIN}
# Wakes the worker that writes the pages of new commits; nothing waits for it and nothing fails by it.
# `chronicles hook uninstall` takes this block out again.
( {{
  trap '' HUP
{_FIND}\
  [ -f "$dir/{STATE}/wake" ] && . "$dir/{STATE}/wake"
}} </dev/null >/dev/null 2>&1 & )
{END}
"""
_REWRITE_BLOCK = f"""\
{BEGIN}
# Notes which commits were rewritten to which, and wakes the worker whose pages follow them; nothing fails by it.
# `chronicles hook uninstall` takes this block out again.
chronicles_pairs=$(
{_FIND}\
  if [ -d "$dir/{STATE}/rewritten" ]; then
    pairs=$dir/{STATE}/rewritten/$$
    cat >>"$pairs.new" 2>/dev/null
    mv -f "$pairs.new" "$pairs" 2>/dev/null && printf %s "$pairs"
  fi
)
[ -f "$chronicles_pairs" ] && exec <"$chronicles_pairs"
( {{
  trap '' HUP
{_FIND}\
  [ -f "$dir/{STATE}/wake" ] && . "$dir/{STATE}/wake"
}} </dev/null >/dev/null 2>&1 & )
{END}
"""
_WAKE = """\
# Sourced in the background by the block in the hooks, with the git directory in $dir.
top=$PWD
cd "$dir/{state}" || exit
: >woken
if read -r pid <worker.pid && kill -0 "$pid" && [ -z "$(find worker.pid -mmin +5)" ]; then
  exit # it looks for what woke it before it ends
fi
PATH=${{PATH:+$PATH:}}{path}
export PATH
python={python}
if [ -x "$python" ]; then
  exec "$python" -m chronicles -C "$top" hook drain --background
fi
printf '%s\\n' "$python" >missing
"""


def block(hook: str) -> str:
    """The block for one of the `HOOKS`."""
    return _REWRITE_BLOCK if hook == "post-rewrite" else _BLOCK


def wake_script(python: str, path: Path) -> str:
    """The script that starts the worker.

    Args:
        python: Path of the interpreter.
        path: Folder of the git that was found at installation, for callers with an almost empty PATH.
    """
    return _WAKE.format(state=STATE, python=shlex.quote(python), path=shlex.quote(str(path)))
