"""Sources of vulnerabilities: pip-audit, an index of one's own, a folder."""
