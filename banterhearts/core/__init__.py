"""The part of the engine that others may import: run records, where they lie, and what may be said of two of them.

It needs no torch. Its names are loaded when they are used, since a record costs pydantic and a ratio costs scipy, and
most runs of the narrator meet neither.
"""
