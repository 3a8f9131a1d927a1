"""`ecluse resume`"""

from __future__ import annotations

from ecluse.cli.going_on import going_on

command = going_on(
    "Go on with a deployment whose deployer is gone, from where it stands.",
    promote=False,
    epilog="Examples:  ecluse resume    ecluse resume production",
)
