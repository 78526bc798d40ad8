"""The optimization engine: it measures language models and proves what made them faster.

Its seam to `chronicles` is files: run records in `reports/`, read through `banterhearts.core`, which needs
no torch.
"""
