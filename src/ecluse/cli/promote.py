"""`ecluse promote`"""

from __future__ import annotations

from ecluse.cli.going_on import going_on

command = going_on(
    "Let a release that waits for a person have all the traffic.",
    promote=True,
    epilog="Examples:  ecluse promote production",
)
