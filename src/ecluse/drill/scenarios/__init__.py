"""One file a scenario: what goes wrong, and what is promised of it."""
