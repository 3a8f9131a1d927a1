"""Plan: what `init` finds and proposes, and what a ship would do."""
