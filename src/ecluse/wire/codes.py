"""The codes of refused orders, and the one error that a keeper answers with."""

from typing import Any, Dict, Optional

PROTOCOL = 1
"""Version of the orders. A keeper refuses a request with another one."""

UNREACHABLE = "K001"
"""Nothing answers; made by clients, never by a keeper."""
BAD_ORDER = "K002"
"""The order isn't known here, or its arguments don't fit."""
HELD = "K010"
SUPERSEDED = "K011"
DEPLOYMENT_OPEN = "K012"
HAS_TRAFFIC = "K013"
COMMITTED = "K014"
PORT_TAKEN = "K020"
LISTENS_ELSEWHERE = "K021"
PORT_FORBIDDEN = "K022"
"""The environment serves on another address or port."""
NO_WAY = "K023"
"""What was to be reached doesn't run, or listens nowhere."""
DISK_FULL = "K030"
READ_ONLY = "K031"
STAGING_FAILED = "K040"
CANNOT_START = "K041"
SERVICE_FAILED = "K050"
"""A database, cache or broker of the app's doesn't start, or doesn't answer."""
INTERNAL = "K099"


class OrderError(Exception):
    """An order was refused or failed. `evidence` is JSON: what a person needs to see why."""

    def __init__(self, code: str, message: str, evidence: Optional[Dict[str, Any]] = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.evidence: Dict[str, Any] = evidence or {}

    def __str__(self) -> str:
        return "%s: %s" % (self.code, self.message)
