"""A balancer that is reached over SSH."""

from __future__ import annotations

from ecluse.providers.outpost.outpost import PATIENCE, SBIN, Ran
from ecluse.providers.outpost.problems import too_slow
from ecluse.providers.ssh.session import Session
from ecluse.providers.ssh.words import script

_PYTHON = f"""\
PATH="$PATH:{SBIN}"; export PATH
exec python3 "$@"
"""


class SshOutpost:
    """Fills providers.outpost.outpost.Outpost. Its Python is the one on PATH there: it needs no keeper."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.name = str(session.address)

    async def python(self, words: tuple[str, ...], given: bytes) -> Ran:
        try:
            ran = await self._session.run(script(_PYTHON, *words), given, seconds=PATIENCE)
        except TimeoutError as error:
            raise too_slow(self.name, PATIENCE) from error
        return Ran(ran.exit_code, ran.output, ran.errors)

    async def close(self) -> None:
        await self._session.close()
