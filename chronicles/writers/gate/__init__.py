"""The gate: whether a wording may stand for its claim, decided by a pure function of the words alone.

Nothing here asks a model, reads a repository or knows a page: `judge` is handed a wording, its claim, the persona and
the place, and answers with a `Refusal` or None. The lists under `words/` are data; the modules say how they are used.
"""

from __future__ import annotations

from chronicles.writers.gate.judge import VERSION, Place, Refusal, judge

__all__ = ["VERSION", "Place", "Refusal", "judge"]
