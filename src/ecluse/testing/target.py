"""The contract of a target. Subclass it, give the fixtures that raise NotImplementedError, and pytest runs it all."""

from __future__ import annotations

from ecluse.testing.target_deployment import DeploymentContract
from ecluse.testing.target_lease import LeaseContract
from ecluse.testing.target_slots import SlotContract


class TargetContract(LeaseContract, SlotContract, DeploymentContract):
    """What the loop relies on, wherever releases run."""
