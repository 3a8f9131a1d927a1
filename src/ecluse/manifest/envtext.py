"""What the text of an env file sets."""

from __future__ import annotations

import re


def assigned(text: str) -> dict[str, str]:
    """Names in capitals with their values, comments and quotes taken off."""
    lines = re.finditer(r"(?m)^[ \t]*(?:export\s+)?([A-Z][A-Z0-9_]*)[ \t]*=[ \t]*[\"']?([^\"'#\n]*)", text)
    return {match.group(1): match.group(2).strip() for match in lines}
