"""The services of the engine: what others hand in, and what it answers."""
