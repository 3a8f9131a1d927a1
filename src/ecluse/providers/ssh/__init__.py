"""Hosts that are reached over SSH: the same keeper, spoken to through one remote command."""
