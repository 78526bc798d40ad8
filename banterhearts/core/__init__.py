"""The part of the engine that others may import: run records and their statistics, without torch.

It is empty until the engine can measure: a record schema that nothing has written yet would be a promise.
"""

__all__: list[str] = []
