"""Écluse takes an application from a commit to a healthy production, and keeps it there."""

__version__ = "0.1.0"
