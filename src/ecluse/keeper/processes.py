"""Starting processes, knowing them again, and ending them with all their descendants."""

import contextlib
import fcntl
import os
import resource
import signal
import time
from typing import Dict, Iterable, List, Mapping, NamedTuple, NoReturn, Optional, Sequence, Set, Tuple

from ecluse.wire import codes

SOCKET_FROM = 3
"""The first inherited descriptor (sd_listen_fds(3))."""
LAST = 2.0
"""Seconds that the kernel may take to end what was killed."""


class Stat(NamedTuple):
    """What /proc says of a process (proc_pid_stat(5)). `start_time` is in clock ticks since boot."""

    pid: int
    state: str
    parent: int
    session: int
    start_time: int


class Limits(NamedTuple):
    memory: Optional[int] = None
    open_files: Optional[int] = None


class Order(NamedTuple):
    """Everything about a process to start. `sockets` become descriptors 3, 4, …"""

    words: Sequence[str]
    environment: Mapping[str, str]
    folder: str
    output: str
    errors: str
    sockets: Tuple[int, ...] = ()
    limits: Limits = Limits()


def stat(pid: int) -> Optional[Stat]:
    try:
        with open("/proc/%d/stat" % pid, encoding="utf-8", errors="replace") as file:
            text = file.read()
    except OSError:
        return None
    words = text[text.rindex(")") + 2 :].split()
    return Stat(pid, words[0], int(words[1]), int(words[3]), int(words[19]))


def is_alive(pid: int, start_time: int) -> bool:
    """Whether it is still that process: numbers are used again, start times with them are not."""
    seen = stat(pid)
    return seen is not None and seen.start_time == start_time and seen.state not in "ZX"


def boot_id() -> str:
    with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
        return file.read().strip()


def boottime() -> float:
    """Runs on while the machine sleeps; nobody sets it (CLOCK_BOOTTIME)."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def environment_of(pid: int) -> Dict[str, str]:
    """What a process was told when it was started (proc_pid_environ(5)); nothing when it is gone or not ours."""
    try:
        with open("/proc/%d/environ" % pid, "rb") as file:
            told = os.fsdecode(file.read()).split("\0")
    except OSError:
        return {}
    return {name: value for name, equals, value in (one.partition("=") for one in told) if equals}


def every() -> List[Stat]:
    found = (stat(int(name)) for name in os.listdir("/proc") if name.isdigit())
    return [seen for seen in found if seen is not None]


def family(root: int, seen: Optional[Sequence[Stat]] = None) -> Set[int]:
    """`root`'s session and all its descendants, those included that left the session."""
    all_of_them = every() if seen is None else seen
    members = {process.pid for process in all_of_them if root in (process.pid, process.session)}
    grown = True
    while grown:
        more = {process.pid for process in all_of_them if process.parent in members} - members
        grown = bool(more)
        members |= more
    return {process.pid for process in all_of_them if process.pid in members and process.state not in "ZX"}


def named(pids: Iterable[int]) -> Set[Tuple[int, int]]:
    """The same processes with their start times, to know them again later."""
    found = (stat(pid) for pid in pids)
    return {(seen.pid, seen.start_time) for seen in found if seen is not None}


def send(pid: int, start_time: int, number: int) -> None:
    """A signal for exactly that process; nothing when it is gone."""
    if is_alive(pid, start_time):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


def end_family(root: int, known: Iterable[Tuple[int, int]] = ()) -> int:
    """SIGKILL for the whole family, until none is left that was seen. How many there were.

    They are gone when it returns, and so are their sockets, unless the kernel takes longer than `LAST` to end one.
    `known` are members (pid, start time) seen earlier: one that left the session can't be found any more once its
    parents are gone. Parents go before their children: a shell must not run its next command because one was killed.
    """
    ended: Set[int] = set()
    killed: Set[Tuple[int, int]] = set()
    earlier = {pid for pid, start_time in known if is_alive(pid, start_time)}
    while True:
        members = (family(root) | earlier) - ended
        if not members:
            _until_gone(killed)
            return len(ended)
        killed |= named(members)
        for pid in sorted(members, key=lambda pid: (pid != root, pid)):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        ended |= members


def _until_gone(members: Iterable[Tuple[int, int]]) -> None:
    """A signal has arrived when kill(2) returns; the process ends, and closes what it had open, some time later."""
    deadline = time.monotonic() + LAST
    while any(is_alive(*member) for member in members) and time.monotonic() < deadline:
        time.sleep(0.001)


def start(order: Order) -> int:
    """The pid of a new session's leader that runs `order`. OrderError K041 when it can't."""
    reads, writes = os.pipe()
    streams = _streams(order)
    environment = dict(order.environment)
    pid = os.fork()
    if pid == 0:
        _become(order, environment, streams, writes)
    os.close(writes)
    for descriptor in streams:
        os.close(descriptor)
    with os.fdopen(reads, "rb") as pipe:
        failure = pipe.read().decode("utf-8", "replace")
    if failure:
        os.waitpid(pid, 0)
        raise codes.OrderError(codes.CANNOT_START, "can't start %s: %s" % (order.words[0], failure))
    return pid


def _streams(order: Order) -> Tuple[int, int, int]:
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
    try:
        return (
            os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC),
            os.open(order.output, flags, 0o600),
            os.open(order.errors, flags, 0o600),
        )
    except OSError as error:
        raise codes.OrderError(codes.CANNOT_START, "can't open %s: %s" % (error.filename, error.strerror)) from error


def _become(order: Order, environment: Dict[str, str], streams: Tuple[int, int, int], failed: int) -> NoReturn:
    """The child, between fork and exec: nothing here may need a lock that another thread held."""
    try:
        os.setsid()
        for number in (signal.SIGPIPE, signal.SIGXFSZ, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, ())
        failed = _place((*streams, *order.sockets), failed)
        _limit(order.limits)
        os.chdir(order.folder)
        if order.sockets:
            environment["LISTEN_FDS"] = "1"
            environment["LISTEN_PID"] = str(os.getpid())
        os.execvpe(order.words[0], list(order.words), environment)  # noqa: S606
    except BaseException as error:  # noqa: BLE001 the child must not return into its parent's code
        with contextlib.suppress(OSError):
            os.write(failed, _reason(error).encode())
    os._exit(127)


def _reason(error: BaseException) -> str:
    return str(error.strerror) if isinstance(error, OSError) and error.strerror else str(error) or repr(error)


def _place(wanted: Tuple[int, ...], failed: int) -> int:
    """Bring the descriptors to 0, 1, 2, … by way of high numbers, where they can't overwrite each other."""
    high = [fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, 64) for descriptor in (*wanted, failed)]
    for number, descriptor in enumerate(high[:-1]):
        os.dup2(descriptor, number, inheritable=True)
    return high[-1]


def _limit(limits: Limits) -> None:
    for which, value in ((resource.RLIMIT_AS, limits.memory), (resource.RLIMIT_NOFILE, limits.open_files)):
        if value:
            resource.setrlimit(which, (value, value))
