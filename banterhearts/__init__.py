"""The optimization engine: it measures language models and proves what made them faster.

Its seam to `chronicles` is files: run records in `reports/`, read through `banterhearts.core`, which needs
no torch.
"""

__version__: str
"""That of the distribution, or "unknown" where it is run from its folder and nowhere installed. It is read when asked
for: finding it costs 30 ms, which few runs need."""


def __getattr__(name: str) -> str:
    if name != "__version__":
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    from importlib.metadata import PackageNotFoundError, version  # noqa: PLC0415 - as above

    try:
        return version("chimera-chronicles")
    except PackageNotFoundError:
        return "unknown"
