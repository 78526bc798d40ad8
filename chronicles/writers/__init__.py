"""Writers give claims wordings; what may be said was settled before.

`cast_page` decides which claims a page tells, where, and in whose voice: it looks at the claims alone, so every
writer tells the same story. A writer then words those parts. `plain` needs no model and is the yardstick for all
others: same dossier, same words, for ever.
"""

from __future__ import annotations

from chronicles.writers.parts import Part, Sentence, Writer, cast_page
from chronicles.writers.plain import PlainWriter

__all__ = ["Part", "PlainWriter", "Sentence", "Writer", "cast_page"]
