"""The shell of the hook: a block that goes into a hook script, and the `wake` script that it finds.

A commit waits until its hooks have ended and closed what they inherited. So the block starts one process in the
background, by way of another that ends at once (a `wait` further down in somebody's script must not wait for ours), and
hands it none of the commit's streams. Everything else happens there: whether a worker is at work already is looked up
without starting Python, and only if none is does one begin.

The block names no path of this machine: it looks for the git directory that it was called for, and for `wake` in there.
So a team may commit it, with their other hooks, and it does nothing in a clone whose owner has not asked for it. It
runs in any POSIX sh (dash, bash, ksh, zsh, macOS's, Git for Windows's, BusyBox's), under whatever options the script's
first line sets, and changes nothing for the lines after it but a variable or two that begin with `chronicles_`.

What git hands to post-rewrite on its standard input is read whole and handed on whole to the lines after the block, by
way of the shell's memory, so that no disk and no folder of ours is between. A last line break that it lacked is added.

Nothing is looked up on PATH in place of an interpreter that has vanished: a hook's PATH may begin with a folder of the
repository (husky puts node_modules/.bin there), and what lies in it would then run after every commit.
"""

from __future__ import annotations

import os
import shlex
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import PurePath

__all__ = ["BEGIN", "CALLS", "END", "ENDED", "HOOKS", "MADE", "STATE", "block", "call", "wake_script"]

HOOKS = ("post-commit", "post-merge", "post-rewrite")
"""The hooks that a new commit of a branch can come by."""
STATE = "chronicles-hook"
"""The folder in the shared git directory that holds all the hook knows. It is no cache, so it lies beside ours."""
BEGIN = "# >>> chronicles hook >>>"
"""How the block's first line begins; what follows says how to take the block out."""
END = "# <<< chronicles hook <<<"
MADE = " this file was made for these lines, and goes with them"
"""In the first line of a block whose file was not there before."""
ENDED = " the line above had no end, and gets none again"
"""In the first line of a block that had to end the line before it first."""
CALLS = ".before-chronicles"
"""How a hook is named that was moved aside for ours."""

_SEARCH = "PATH=${PATH-}:/usr/bin:/bin"
"""Graphical clients start git with an almost empty PATH."""
_FIND = """\
    set +Ceu
    dir=${GIT_DIR:-.git}
    [ -f "$dir" ] && read -r _ dir <"$dir"
    if [ -f "$dir/commondir" ]; then
      read -r common <"$dir/commondir"
      case $common in /* | [A-Za-z]:*) dir=$common ;; *) dir=$dir/$common ;; esac
    fi
"""
_WAKEN = f"""\
    [ -f "$dir/{STATE}/wake" ] && . "$dir/{STATE}/wake"
"""
# HUP is ignored before the fork: who owns the terminal may be gone before the child has run its first line.
_BEHIND = "(\n  trap '' HUP\n  {\n", "  } &\n) </dev/null >/dev/null 2>&1\n"
# With standard input closed, bash would have `cat` read from the pipe that it writes to, for ever.
_READ = f"""\
{{ true 3<&0; }} 2>/dev/null &&
  chronicles_pairs=$({_SEARCH}; cat 2>/dev/null) && [ "$chronicles_pairs" ] && exec <<CHRONICLES
$chronicles_pairs
CHRONICLES
"""
# A file that a worker finds is complete, since it gets its name last; `printf` is a program in some shells, and a
# program's arguments are limited. Root's umask must not keep the repository's owner from reading it.
_PAIRS = f"""\
    if [ "$chronicles_pairs" ] && [ -d "$dir/{STATE}/rewritten" ]; then
      (
        umask 022
        {_SEARCH}
        pairs=$dir/{STATE}/rewritten/$$
        while [ -e "$pairs" ]; do pairs=${{pairs}}0; done
        cat <<CHRONICLES >"$pairs.new" && mv -f "$pairs.new" "$pairs"
$chronicles_pairs
CHRONICLES
      )
    fi
"""
_ABOUT = """\
# {what} Nothing waits for it and nothing
# fails by it; it does nothing where `chronicles hook install` was not run, and `chronicles hook uninstall` takes
# these lines out again.
"""
_WHAT = {
    "post-rewrite": "Notes which commits became which, and wakes the worker whose pages follow them.",
}
_WHAT_ELSE = "Wakes the worker that writes the pages of new commits, in the background."

# What git tells its hooks about the commit at hand is wrong for whatever runs later.
_OF_THE_COMMIT = (
    "GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE GIT_PREFIX GIT_COMMON_DIR GIT_OBJECT_DIRECTORY"
    " GIT_ALTERNATE_OBJECT_DIRECTORIES GIT_QUARANTINE_PATH GIT_NAMESPACE GIT_CONFIG GIT_CONFIG_PARAMETERS"
    " GIT_CONFIG_COUNT GIT_GRAFT_FILE GIT_REPLACE_REF_BASE GIT_NO_REPLACE_OBJECTS GIT_SHALLOW_FILE"
    " GIT_IMPLICIT_WORK_TREE GIT_INTERNAL_SUPER_PREFIX GIT_REFLOG_ACTION GIT_EDITOR GIT_SEQUENCE_EDITOR"
    " GIT_AUTHOR_NAME GIT_AUTHOR_EMAIL GIT_AUTHOR_DATE GIT_COMMITTER_NAME GIT_COMMITTER_EMAIL GIT_COMMITTER_DATE"
)
# `woken` is touched before `worker.pid` is looked at, and the worker looks at them the other way round, so no wake-up
# falls between. A process id alone may be another's by now: a worker touches its file every minute. A file from the
# future (the clock was set back) proves nothing. When in doubt Python starts, and finds the real lock.
# It starts a second later: at once it would take the processor from the very commit that it is to keep out of the way
# of, 10 to 20 ms of it where no other processor is free. Of all that are woken in that second (a rebase commits many
# times) one starts it: who makes `starting`, which no shell does twice. Left behind by one that was killed, it counts
# for a minute.
_WAKE = """\
# Sourced in the background by the block in the hooks, with the shared git directory in $dir.
trap '' HUP # zsh has forgotten that it was ignored
top=$PWD
cd "$dir/{state}" || exit
command : >woken
PATH=${{PATH:+$PATH:}}{path}:/usr/bin:/bin
export PATH
chronicles_at_work() {{
  read -r pid <worker.pid && kill -0 "$pid" && [ "$(find worker.pid -mmin -5 ! -newer woken)" ]
}}
chronicles_at_work && exit
(set -C; : >starting) || [ ! "$(find starting -mmin -1)" ] || exit
sleep 1
rm -f starting
command : >woken
chronicles_at_work && exit
unset {variables}
python={python}
package={package}
for needed in "$python" "$package"; do
  if [ ! -e "$needed" ]; then
    printf '%s\\n' "$needed" >missing
    exit
  fi
done
[ -e missing ] && rm -f missing
exec "$python" -E -P -X utf8 -m chronicles -C "$top" hook drain --background 2>complaints
"""


def block(hook: str, *, note: str = "", call: str = "") -> str:
    """The block for one of the `HOOKS`.

    Args:
        hook: Its name.
        note: `MADE` or `ENDED`, when there is something to remember for taking the block out.
        call: The last line: how the hook is called that this one stands in for.
    """
    rewrites = hook == "post-rewrite"
    about = _ABOUT.format(what=_WHAT.get(hook, _WHAT_ELSE))
    before, pairs = (_READ, _PAIRS) if rewrites else ("", "")
    body = before + pairs.join((_BEHIND[0] + _FIND, _WAKEN + _BEHIND[1]))
    return f"{BEGIN}{note}\n{about}{body}{call}{END}\n"


def call(hook: str, *, by_sh: bool = False) -> str:
    """The line that hands over to the hook that was moved aside.

    Args:
        hook: Its name.
        by_sh: It has always been read by sh, whatever its first line and its mode say, as husky's are.
    """
    return f'exec {"sh -e " if by_sh else ""}"${{0%/*}}/{hook}{CALLS}" "$@"\n'


def wake_script(python: PurePath, package: PurePath, git: PurePath) -> bytes:
    """The script that starts the worker.

    Args:
        python: The interpreter.
        package: A file of ours that it imports; an environment that was rebuilt may have the one without the other.
        git: The git that was found at installation, whose folder may not be on the PATH of a commit.
    """
    text = _WAKE.format(
        state=STATE,
        path=_word(git.parent),
        python=_word(python),
        package=_word(package),
        variables=_OF_THE_COMMIT,
    )
    return os.fsencode(text)


def _word(path: PurePath) -> str:
    """A path as one word of sh; that of Git for Windows has `/c` for drive C, since a colon is PATH's own."""
    text = path.as_posix()
    if path.drive.endswith(":"):
        text = f"/{path.drive[0].lower()}{text[len(path.drive) :]}"
    return shlex.quote(text)
