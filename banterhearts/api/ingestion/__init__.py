"""Records of other tools, and of the original engine, read into run records row by row, or refused with a reason."""
