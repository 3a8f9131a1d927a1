"""Whether this system lets a program be kept from what isn't its own."""

from __future__ import annotations

import tempfile
from pathlib import Path

from ecluse.ports.commands import Command, CommandRunner


async def can_veil(commands: CommandRunner) -> bool:
    """Tried: user namespaces, AppArmor, seccomp and capabilities may each refuse it, and no file says so."""
    with tempfile.TemporaryDirectory(prefix="ecluse-") as name:
        (seen := Path(name, "seen")).touch()
        look = Command(argv=("/bin/sh", "-c", '[ ! -e "$0" ]', str(seen)), folder=Path("/"), veiled=Path(name))
        return (await commands.run(look)).ok
