"""Serve the embedded model by hand, as the package says."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path[:1] = [str(Path(__file__).parents[1])]  # this folder gives its place to the one that has the package

from ollama_server import OllamaServer, embedded  # noqa: E402 - only now it is found

OllamaServer(embedded(), port=int(sys.argv[1]) if sys.argv[1:] else 11434).serve_forever()
