"""The `decode` suite: how fast a language model starts, reads a prompt and writes, and whether that can be so.

`suite` makes benches of its `options`; `benches` make visits of requests, by the formulas of `metrics`, and `roofline`
holds them against the `machine`. What runs a model stands behind the seam in `backend`: `llamacpp_backend` and
`torch_backend` in a `worker`, `ollama_backend` on a server. `model` knows files, `prompt` words.
"""

from banterhearts.benchmarking.decode.suite import open_suite

__all__ = ["open_suite"]
