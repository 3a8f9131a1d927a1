"""Interpreters, locks, environments and wheelhouses, made with uv."""
