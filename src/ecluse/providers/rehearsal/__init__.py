"""The transport of a dry run: what would be sent is written down, nothing is."""
