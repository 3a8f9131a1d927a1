"""Release: a version, its notes and its tag."""
