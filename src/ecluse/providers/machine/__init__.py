"""This machine itself: what is installed on it."""
