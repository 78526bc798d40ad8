"""Writers give claims wordings; what may be said was settled before.

`cast_page` decides which claims a page tells, where, and in whose voice: it looks at the claims alone, so every
writer tells the same story. A writer then offers a draft, and `settle` decides by the gate what of it stands; what it
does not offer, or may not say, the plain words say.
"""

from __future__ import annotations

from chronicles.writers.draft import Byline, Draft, Effort, Writer
from chronicles.writers.parts import Part, Sentence, cast_page
from chronicles.writers.plain import PlainWriter
from chronicles.writers.settle import Settled, settle

__all__ = ["Byline", "Draft", "Effort", "Part", "PlainWriter", "Sentence", "Settled", "Writer", "cast_page", "settle"]
