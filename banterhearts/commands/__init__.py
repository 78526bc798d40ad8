"""The commands of `banterhearts`: one module each, which parses, calls the core and writes."""
