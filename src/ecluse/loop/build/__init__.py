"""Build: the bundle of a commit."""
