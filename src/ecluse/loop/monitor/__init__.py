"""Look: what serves, how it is, what happened."""
