"""Let a model lie in every way there is about every claim, and count why its lies are refused.

    python benchmarks/lies.py [ROUNDS [SEED [REPOSITORY COMMITS]]]

A round tells one lie of each way about each claim, of which any known wording may be what is spoilt; what does not
apply to a wording is not told. The replies go through the reader of forms and through `settle`, each on a page of its
own. With a repository, `chronicles generate` then writes pages of its last commits twice: with no model, and with an
Ollama server of our own that lies to every question. The pages must say the same, and `verify` must find nothing.

The tables go to stdout, what stood to stderr, and the exit status is 1 when anything stood.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections import Counter, defaultdict
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

from chronicles.personas import load_cast

ROOT = Path(__file__).parents[1]
_SHOWN = 500
"""Of what stood."""
_ABOUT_THE_WRITER = re.compile(
    r"^(?:writer|voiced):.*\n(?:  .*\n)*|^<small>\*The voices are fictional\..*\n", re.MULTILINE
)


def load(path: Path) -> Any:  # noqa: ANN401 - a module made at run time
    """A module or package of the tests, imported from its file."""
    is_package = path.stem == "__init__"
    name = path.parent.name if is_package else path.stem
    if name not in sys.modules:
        folders = [str(path.parent)] if is_package else None
        spec = spec_from_file_location(name, path, submodule_search_locations=folders)
        assert spec is not None
        assert spec.loader is not None
        module = sys.modules[name] = module_from_spec(spec)
        spec.loader.exec_module(module)
    return sys.modules[name]


def load_lies() -> Any:  # noqa: ANN401 - as above
    """The package of ways."""
    return load(ROOT / "tests/writers/lies/__init__.py")


def tell(rounds: int, seed: int) -> tuple[dict[str, Counter[str]], list[str]]:
    """Tell lies of every way about every claim: what became of them by way, and what stood."""
    lies = load_lies()
    chance = Random(seed)  # noqa: S311 - a benchmark that repeats itself, no secret
    found: dict[str, Counter[str]] = defaultdict(Counter)
    stood = []
    for trial in lies.trials(load_cast()):
        for way in lies.WAYS.values():
            for _ in range(rounds):
                told = trial.told(chance)
                reply = lies.reply(way, told, chance)
                if reply is None:
                    continue
                outcome = trial.outcome(told, reply)
                found[way.name][outcome] += 1
                if outcome == lies.STANDS:
                    stood.append(f"{way.name}\t{trial.claim.id}\t{told.wording}\t{reply}")
    return dict(found), stood


def print_ways(found: dict[str, Counter[str]], seconds: float) -> None:
    """Print a row for each way, and the sums by reason."""
    print("| way | replies | refused as |")
    print("|---|---|---|")
    for way, outcomes in sorted(found.items()):
        reasons = ", ".join(f"{reason} {number:,}" for reason, number in outcomes.most_common())
        print(f"| {way.replace('_', ' ')} | {sum(outcomes.values()):,} | {reasons} |")
    total = sum(found.values(), Counter())
    print("\n| reason | replies |")
    print("|---|---|")
    for reason, number in total.most_common():
        print(f"| {reason} | {number:,} |")
    print(f"\n{total.total():,} replies in {len(found)} ways, {total['stands']} stand; {seconds:.0f} s")


def serve(repository: Path, commits: int, seed: int) -> list[str]:
    """Write the last pages of a repository with a liar and without: what the two runs say differently."""
    lies, server = load_lies(), load(ROOT / "tests/ollama_server/__init__.py")
    liar = lies.Liar(lies.WAYS, load_cast(), seed)
    tiny = server.ModelFile("liar:latest", lambda *found: server.FakeRunner(*found, load_sec=0.0))
    with TemporaryDirectory() as folder, server.OllamaServer(tiny) as served:
        served.say = liar.answer
        clone = Path(folder) / "clone"
        subprocess.run(["git", "clone", "-q", "--shared", repository, clone], check=True)
        environment = os.environ | {"OLLAMA_HOST": served.host, "CHRONICLES_STATE": str(Path(folder) / "state")}
        pages, reports = [], []
        for name, *writer in (("plain", "--writer", "plain"), ("liar", "--writer", "ollama", "--model", "liar")):
            output = clone / name
            asked = ["generate", f"HEAD~{commits}..HEAD", *writer, "--output", output, "--json"]
            reports.append(json.loads(_chronicles(clone, environment, *asked).stdout))
            verified = _chronicles(clone, environment, "verify", output)
            found = {path.name: _bare(path) for path in sorted(output.glob("*.md"))}
            pages.append(found)
            print(f"\n{name}: {len(found)} pages, `verify` ends with {verified.returncode}")
        told = reports[1]
    print(f"{liar.told.total():,} replies in {len(liar.told)} ways to {told['effort']['requests']:,} questions;")
    print(f"sentences: {told['voiced']}; refused: {told['refused']}")
    same = "the pages say the same" if pages[0] == pages[1] else "THE PAGES DIFFER"
    print(f"but for what they say of their writer, {same}")
    return [name for name, text in pages[0].items() if pages[1].get(name) != text]


def _chronicles(folder: Path, environment: dict[str, str], *words: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "chronicles", *map(str, words)]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def _bare(page: Path) -> str:
    return _ABOUT_THE_WRITER.sub("", page.read_text(encoding="utf-8"))


def main() -> int:
    """Tell the lies and print the tables."""
    rounds, seed = (int(word) for word in [*sys.argv[1:3], "1", "1"][:2])
    began = time.perf_counter()
    found, stood = tell(rounds, seed)
    print_ways(found, time.perf_counter() - began)
    for line in stood[:_SHOWN]:
        print(line, file=sys.stderr)
    if len(sys.argv) > 4:
        stood += serve(Path(sys.argv[3]).resolve(), int(sys.argv[4]), seed)
    return bool(stood)


if __name__ == "__main__":
    sys.exit(main())
