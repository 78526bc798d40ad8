"""`python -m chronicles`: for where the script is not on PATH, and for the hook, which must cost next to nothing."""

import sys

from chronicles.hook.probe import is_taken


def start() -> None:
    """Run the command line, unless the hook asks for a worker and one is at work."""
    if sys.argv[-3:] == ["hook", "drain", "--background"] and is_taken("."):
        return
    from chronicles.cli import main  # noqa: PLC0415 - a worker that is not needed does without

    main()


if __name__ == "__main__":  # a process of a pool reads this module again
    start()
