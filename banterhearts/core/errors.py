"""The errors that this package raises, by the one address that those have who may import nothing else of the engine."""

from banterhearts.errors import BanterheartsError, NotComparable, RecordError

__all__ = ["BanterheartsError", "NotComparable", "RecordError"]
