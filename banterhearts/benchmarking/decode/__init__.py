"""The `decode` suite: how fast a language model starts, reads a prompt and writes, and whether that can be so."""
