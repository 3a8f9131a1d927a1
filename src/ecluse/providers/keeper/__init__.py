"""Targets that have a keeper, wherever it is: what is ordered, and how it answers. How it is reached is for others."""
