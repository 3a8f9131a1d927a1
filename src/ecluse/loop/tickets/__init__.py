"""Tickets: which ones a release has, and what they are told."""
