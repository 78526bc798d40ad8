"""Models behind one protocol: a question goes in, a reply or a named fault comes out, and nothing is decided here."""
