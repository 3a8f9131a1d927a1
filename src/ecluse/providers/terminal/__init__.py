"""The terminal, or whatever standard error is."""
