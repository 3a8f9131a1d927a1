"""One requirement file in another (pip's manual, "Requirements File Format")."""

from __future__ import annotations

import re

_INCLUDING = re.compile(
    r"""\s*(?:-(?P<short>[rc])[\s=]*|--(?P<long>requirement|constraint)[\s=]+)["']?(?P<path>[^\s"'#]+)"""
)


def included(line: str, *, constraints: bool) -> str:
    """The file that a line includes, counted from its own; empty where it includes none. `constraints` are included by
    `-c`: they bind what is asked for, and ask for nothing."""
    found = _INCLUDING.match(line)
    if not found or (not constraints and (found["short"] or found["long"]).startswith("c")):
        return ""
    return found["path"]
