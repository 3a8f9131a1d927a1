"""Code: a clean checkout of one commit."""
