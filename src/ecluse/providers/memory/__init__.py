"""The world in memory: what tests and dry runs act on."""
