"""Everything through which a release leaves this machine."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ecluse.model.values import frozen

if TYPE_CHECKING:  # a short command pays for the ports that it uses
    from contextlib import AbstractContextManager

    from ecluse.model.publishing import ForgePlace, ImagePlace, IndexPlace
    from ecluse.ports.artifacts import ArtifactStore
    from ecluse.ports.distributions import Packer
    from ecluse.ports.forge import Forge
    from ecluse.ports.index import PackageIndex
    from ecluse.ports.registry import Registry
    from ecluse.ports.remote import Remote
    from ecluse.ports.signing import Signer, Verifier


@frozen
class Outlets:
    """`own` is this machine's store, `shared` one that several machines have (UnreachableError: there is no way to it).

    A variable that a place names and that isn't set: ProblemError R019.
    """

    own: ArtifactStore
    shared: Callable[[str], ArtifactStore]
    remote: Callable[[str], Remote]
    packer: Callable[[], Packer]
    index: Callable[[IndexPlace], PackageIndex]
    forge: Callable[[ForgePlace, str], Forge]
    """The second argument is the address of the git remote, empty where there is none."""
    registry: Callable[[ImagePlace], Registry]
    signer: Callable[[str], Signer]
    """By the name of the variable that has the key."""
    verifier: Callable[[str], Verifier]
    """By the public key as the manifest has it."""
    alone: Callable[[], AbstractContextManager[None]]
    """While it is open nobody else releases here. ProblemError R012, exit BUSY, where somebody does."""
    reached: Callable[[str], None]
    """Called at each boundary of a release (loop/release/boundaries), for tests that kill it there."""
