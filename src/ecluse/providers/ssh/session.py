"""One SSH connection to a host: made when it is first needed, kept for the command, used for everything."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import astuple, dataclass
from typing import TypeVar

from ecluse.model.host import Address, SshSettings
from ecluse.model.problem import ProblemError
from ecluse.ports.clock import Clock
from ecluse.ports.terminal import Terminal
from ecluse.ports.tunnel import Pipe
from ecluse.providers.ssh.attached import attached
from ecluse.providers.ssh.channel import Feed, Inlet
from ecluse.providers.ssh.library import asyncssh
from ecluse.providers.ssh.problems import Offered, no_terminal, unreachable
from ecluse.providers.ssh.ways import Ways, told_key

AGAIN = 2.5
"""Seconds for another try at a host that was lost or refused: an undo must not pay the full time with each order."""
LET_GO = 1.0
T = TypeVar("T")
PIECE, LONGEST = 1 << 16, 1 << 16


@dataclass(frozen=True, slots=True)
class Ran:
    """`exit_code` is -1 when a signal ended it."""

    exit_code: int
    output: bytes
    errors: str


class Session:
    """Use from one event loop. Nothing here waits without an end."""

    def __init__(
        self, address: Address, settings: SshSettings, clock: Clock, limit: asyncio.Semaphore, ways: Ways
    ) -> None:
        """`limit` is for connections that are made at once, to all hosts; `ways` too are all hosts'."""
        self.address = address
        self._settings, self._ways = settings, ways
        self._clock = clock
        self._limit = limit
        self._connection: asyncssh.SSHClientConnection | None = None
        self._guard: asyncio.Task[None] | None = None
        self._making = asyncio.Lock()
        self._failed: ProblemError | None = None
        self._failed_at = 0.0

    async def process(self, command: str, terminal: Terminal | None = None) -> asyncssh.SSHClientProcess[bytes]:
        """A remote command with its streams, as bytes; one like `terminal` is made there for it. ProblemError H001 to
        H004, H018 where the host makes no terminal."""
        connection = await self._connected()
        like = {"term_type": terminal.kind, "term_size": astuple(terminal.size())} if terminal else {}
        try:
            async with asyncio.timeout(self._patience):
                process = await connection.create_process(command, encoding=None, **like)
        except (OSError, asyncssh.Error, TimeoutError) as error:
            if isinstance(error, asyncssh.ChannelOpenError) and error.code == asyncssh.OPEN_REQUEST_PTY_FAILED:
                raise no_terminal(self.address) from error
            raise self._lost(error, Offered()) from error
        self._failed = None
        return process

    async def run(self, command: str, given: bytes = b"", *, seconds: float) -> Ran:
        """A remote command to its end; `given` is its standard input. TimeoutError: it took longer and was left. The
        connection ended first: ProblemError H004, for nobody knows what it did."""
        async with asyncio.timeout(seconds):
            process = await self.process(command)
            try:
                output, errors = await process.communicate(given)
            finally:
                process.close()
        ended = self._ended(process)
        return Ran(ended, bytes(output or b""), bytes(errors or b"").decode(errors="replace"))

    async def stream(self, command: str, say: Callable[[str], None]) -> int:
        """A remote command to its end, each line as it comes; the exit code, -1 when a signal ended it."""
        process = await self.process(command)
        try:
            await asyncio.gather(_each_line(process.stdout, say), _each_line(process.stderr, say))
            await process.wait_closed()
        except (OSError, asyncssh.Error) as error:
            raise self._lost(error, Offered()) from error
        finally:
            process.close()
        return self._ended(process)

    def _ended(self, process: asyncssh.SSHClientProcess[bytes]) -> int:
        """The exit code, -1 when a signal ended it. A host that tells neither is lost: nobody knows what it did."""
        if process.exit_status is None and process.exit_signal is None:
            raise self._lost(ConnectionResetError("the connection ended before the command did"), Offered())
        return -1 if process.exit_status is None else process.exit_status

    async def attached(self, command: str, terminal: Terminal) -> int:
        """A remote command with the caller's streams; its exit code."""
        process = await self.process(command, terminal if terminal.is_interactive else None)
        try:
            return await attached(process, terminal)
        except (OSError, asyncssh.Error) as error:
            raise self._lost(error, Offered()) from error

    async def forwarded(self, address: str, port: int) -> Pipe | None:
        """A connection that the host makes for us; None when it may not. OSError when nobody takes it there."""
        connection = await self._connected()
        try:
            async with asyncio.timeout(self._patience):
                reader, writer = await connection.open_connection(address, port, encoding=None)
        except asyncssh.ChannelOpenError as error:
            if error.code == asyncssh.OPEN_ADMINISTRATIVELY_PROHIBITED:
                return None
            if connection.is_closed():
                raise self._lost(error, Offered()) from error
            raise ConnectionRefusedError(error.reason) from error
        except (OSError, asyncssh.Error, TimeoutError) as error:
            raise self._lost(error, Offered()) from error
        return Pipe(Inlet(reader), Feed(writer, writer.close))

    async def dialogue(self, command: str, talk: Callable[[asyncssh.SSHClientProcess[bytes]], Awaitable[T]]) -> T:
        """A remote command, for as long as `talk` takes; a connection that is lost meanwhile is H004."""
        process = await self.process(command)
        try:
            return await talk(process)
        except TimeoutError:
            raise
        except (OSError, asyncssh.Error) as error:
            raise self._lost(error, Offered()) from error
        finally:
            process.close()

    async def close(self) -> None:
        if self._connection is not None:
            connection, self._connection = self._connection, None
            connection.abort()
            with suppress(TimeoutError):
                async with asyncio.timeout(LET_GO):
                    await connection.wait_closed()
        if self._guard is not None:
            self._guard.cancel()

    async def _connected(self) -> asyncssh.SSHClientConnection:
        async with self._making:
            if self._connection is None or self._connection.is_closed():
                self._connection = await self._made()
                self._guard = asyncio.create_task(_end_with_loop(self._connection))
            return self._connection

    async def _made(self) -> asyncssh.SSHClientConnection:
        """One that failed a moment ago isn't tried again: whoever asks now gets the same answer at once."""
        if self._failed is not None and self._clock.monotonic() - self._failed_at < AGAIN:
            raise self._failed
        offered = Offered()
        try:
            async with self._limit, asyncio.timeout(self._patience):
                made = await self._connect(offered)
        except (OSError, asyncssh.Error, TimeoutError, ValueError) as error:
            hung_up = isinstance(error, asyncssh.DisconnectError | ConnectionError)
            if hung_up and offered.known and not offered.key:
                await self._identify(offered)
            raise self._lost(error, offered) from error
        self._failed = None
        return made

    async def _identify(self, offered: Offered) -> None:
        """A host that has no key of the kinds that we know it by hangs up: what it has instead is asked for."""
        with suppress(OSError, asyncssh.Error, TimeoutError):
            async with asyncio.timeout(self._settings.connect_timeout.total_seconds()):
                key = await asyncssh.get_server_host_key(self.address.name, **self._ways.named(self.address))
                offered.key = told_key(key) if key else ""

    async def _connect(self, offered: Offered) -> asyncssh.SSHClientConnection:
        way = await asyncio.to_thread(self._ways.to, self.address)
        offered.known = way.known
        factory: Callable[[], asyncssh.SSHClient] = lambda: Witness(offered)  # noqa: E731
        return await asyncssh.connect(self.address.name, options=way.options, client_factory=factory, **way.beside)

    @property
    def _patience(self) -> float:
        return AGAIN if self._failed is not None else self._settings.connect_timeout.total_seconds()

    def _lost(self, error: BaseException, offered: Offered) -> ProblemError:
        self._failed = unreachable(self.address, error, offered)
        self._failed_at = self._clock.monotonic()
        return self._failed


async def _each_line(reader: asyncssh.SSHReader[bytes], say: Callable[[str], None]) -> None:
    """A line without an end is handed on in pieces."""
    rest = b""
    while piece := await reader.read(PIECE):
        *lines, rest = (rest + piece).split(b"\n")
        for line in lines:
            say(line.decode(errors="replace"))
        if len(rest) > LONGEST:
            say(rest.decode(errors="replace"))
            rest = b""
    if rest:
        say(rest.decode(errors="replace"))


async def _end_with_loop(connection: asyncssh.SSHClientConnection) -> None:
    """Also when the event loop ends without a `close`."""
    try:
        await connection.wait_closed()
    finally:
        connection.abort()


class Witness(asyncssh.SSHClient):
    """Sees the key of a host that isn't trusted, for the Problem that tells of it."""

    def __init__(self, offered: Offered) -> None:
        self._offered = offered

    def validate_host_public_key(self, host: str, addr: str, port: int, key: asyncssh.SSHKey) -> bool:
        del host, addr, port
        self._offered.key = told_key(key)
        return False
