"""Measuring: suites make benches, a sitting visits them block by block, and what it saw becomes run records."""
