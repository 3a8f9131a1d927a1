"""One folder a tool, files named after ports."""
