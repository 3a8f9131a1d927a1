"""What an answer of the gate depends on beside the commit's files: for its key."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC

from ecluse.loop.security.tools import SECRETS_RULES, TOOLS
from ecluse.model.security import Scanner, SecurityPolicy
from ecluse.ports.world import World


def parts(policy: SecurityPolicy, commit: str, world: World) -> Mapping[str, str]:
    """What is known of packages, and what is accepted, changes by the day: nothing older than today counts."""
    scanners = policy.scanners or tuple(Scanner)
    tools = sorted({TOOLS[scanner] for scanner in scanners if scanner in TOOLS})
    told = json.dumps(asdict(policy), sort_keys=True, default=str)
    found = {f"tool {tool}": world.toolbox.digest(tool) for tool in tools}
    found |= {"[security]": hashlib.sha256(told.encode()).hexdigest(), "rules of secrets": SECRETS_RULES}
    found["day"] = world.clock.now().astimezone(UTC).date().isoformat()
    if Scanner.DEPENDENCIES in scanners:
        found["vulnerabilities"] = world.advisories(policy).content()
    if policy.history and Scanner.SECRETS in scanners:
        found["history"] = commit
    return found
