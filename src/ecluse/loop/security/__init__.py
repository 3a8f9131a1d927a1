"""The security gate: scanners, their findings, a baseline, and one report."""
