"""All benchmarks, as `make bench` runs them.

    python benchmarks/run.py [REPOSITORY [DEEP_REPOSITORY]]

REPOSITORY is one of some thousand commits (the figures in docs/performance.md are of python-poetry/poetry), DEEP one of
some ten thousand (git/git); without them this project's own history has to do, which shows that everything runs
and little else.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent


def main() -> None:
    """Run one benchmark after another, so that none disturbs another."""
    given = [Path(argument).resolve() for argument in sys.argv[1:3]] or [HERE.parent]
    shallow, deep = given[0], given[-1]
    try:
        import pydriller  # noqa: F401, PLC0415 - asked for by name, present or not

        peer = ["--pydriller"]
    except ImportError:
        peer = []
    bench("Mining", "mining.py", *peer, str(shallow))
    if deep != shallow:
        bench("Mining a long history", "mining.py", "--rounds", "1", str(deep))
    bench("Waiting", "speed.py", str(shallow), str(deep))
    bench("The hook", "hook.py", "--rounds", "15", "--cases", "idle,busy", str(shallow))
    bench("Patch documents", "patch.py", str(deep))
    with tempfile.TemporaryDirectory() as folder:
        pages = Path(folder) / shallow.name
        chosen = "HEAD~200..HEAD" if deep != shallow else "HEAD"
        chronicles = [sys.executable, "-m", "chronicles", "-C", str(shallow)]
        # What is told for the count is told in a clone, so that no cache is left in the repository given.
        clone = Path(folder) / "clone.git"
        subprocess.run(["git", "clone", "--quiet", "--shared", "--bare", str(shallow), str(clone)], check=True)
        chronicles[-1] = str(clone)
        subprocess.run([*chronicles, "generate", chosen, "--output", str(pages)], check=True, capture_output=True)
        bench("Prose", "prose.py", str(pages))
        bench("Tampering", "tamper.py", str(clone), str(pages), "600", "1")
    bench("The gate", "gate.py")
    bench("The engine's own error rates", "calibration.py")
    bench("What the engine adds to a sample", "overhead.py", str(HERE.parent / "reports"))
    bench("Ten thousand run records", "records.py")


def bench(title: str, script: str, *arguments: str) -> None:
    """Run one script under a heading."""
    print(f"\n## {title}\n", flush=True)
    subprocess.run([sys.executable, str(HERE / script), *arguments], check=True)


if __name__ == "__main__":
    main()
