"""Runs a plan: order, parallelism, retry, time-out, cancel. Knows no phase of the loop."""
