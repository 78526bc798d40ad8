"""One module a command: it parses, calls the core and writes."""
