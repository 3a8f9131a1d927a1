"""A shop on several hosts (keepers on this machine), and an observer who asks nobody of ours what is true."""

from __future__ import annotations

import os
import signal
import time
import urllib.request
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from support.ports import free_port
from support.shop import MANIFEST, Customers, Shop, open_shop

HOSTS = """hosts = [{names}]
{rollout}
"""
MIGRATION = 'migrate = "true"\n'


@dataclass
class Chain:
    """A shop and its hosts. `fault` is what every keeper that is started from now on is told."""

    shop: Shop
    names: tuple[str, ...]
    environment = ()
    """The words that name it on a command line."""
    settles = 5.0
    """Seconds in which `status` agrees with what is seen, on a machine with other work."""

    def shown(self, name: str) -> str:
        """What commands call a host."""
        return f"hosts/{name}"

    @property
    def ports(self) -> dict[str, int]:
        return {name: self.shop.port + at for at, name in enumerate(self.names)}

    def home(self, host: str) -> Path:
        return self.shop.root / "hosts" / host / "environments" / "local"

    def answers(self) -> dict[str, str]:
        """Which version answers on each host's public port; the error where none does."""
        return {host: _asked(port) for host, port in self.ports.items()}

    def keeper(self, host: str) -> int:
        import json

        return int(json.loads((self.home(host) / "keeper.json").read_text())["pid"])

    def processes(self, host: str) -> dict[int, str]:
        """Every living process of a host's environment: `keeper`, `holder`, or `app`."""
        return {pid: kind for pid in _pids() if (kind := kind_of(pid, self.home(host)))}

    def kill_keepers(self) -> None:
        """All keepers and holders at once, so that the next command starts others with its own environment."""
        kill_at_once(
            [pid for host in self.names for pid, kind in self.processes(host).items() if kind in {"keeper", "holder"}]
        )

    def restart_keepers(self, fault: str) -> None:
        """All of them are told of the fault from now on."""
        self.kill_keepers()
        self.shop.ecluse("status", env={"ECLUSE_FAULT": fault})

    def frozen(self) -> str | None:
        """The host whose keeper stands still."""
        return next((host for host in self.names if state_of(self.keeper(host)) == "T"), None)

    def status(self) -> dict:
        done = self.shop.ecluse("status", "--json")
        import json

        return json.loads(done.stdout)["environments"][0]

    def end(self) -> None:
        for host in self.names:
            for pid, kind in self.processes(host).items():
                if kind == "keeper":
                    os.kill(pid, signal.SIGCONT)
        self.shop.ecluse("stop")
        for host in self.names:
            for pid in self.processes(host):
                os.kill(pid, signal.SIGKILL)


def open_chain(
    root: Path, names: tuple[str, ...], *, lease: str = "2s", watch: str = "200ms", rollout: str = ""
) -> Chain:
    hosts = HOSTS.format(names=", ".join(f'"keeper:hosts/{name}"' for name in names), rollout=rollout)
    manifest = MANIFEST.replace('lease = "5s"', f'lease = "{lease}"') + hosts.replace("{", "{{").replace("}", "}}")
    shop = open_shop(root, watch=watch, manifest=manifest)
    shop.port = _free_range(len(names))
    text = (shop.root / "ecluse.toml").read_text()
    port = next(line for line in text.splitlines() if line.startswith("port = "))
    shop.write("ecluse.toml", text.replace(port, f"port = {shop.port}"))
    shop.commit("chore: more hosts")
    return Chain(shop, names)


@contextmanager
def customers(chain: Chain, connections: int = 4, pause: float = 0.02):
    """Strict clients on every host, not so many requests that they alone keep the machine busy."""
    with ExitStack() as stack:
        each = {
            host: stack.enter_context(Customers(f"http://127.0.0.1:{port}/", connections, pause))
            for host, port in chain.ports.items()
        }
        yield each


def until(what, seconds: float, every: float = 0.03):
    deadline = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < deadline, "it did not come to pass in time"
        time.sleep(every)
    return found


def is_zombie(pid: int) -> bool:
    return state_of(pid) in {"Z", "X", ""}


def kill_at_once(pids: list[int]) -> None:
    """None of them sees another one die."""
    for number in (signal.SIGSTOP, signal.SIGKILL):
        for pid in pids:
            os.kill(pid, number)
    until(lambda: all(is_zombie(pid) for pid in pids), 10)


def _free_range(count: int) -> int:
    import socket

    for _ in range(50):
        first = free_port()
        with ExitStack() as stack:
            try:
                for port in range(first, first + count):
                    trial = stack.enter_context(socket.socket())
                    trial.bind(("127.0.0.1", port))
            except OSError:
                continue
            return first
    raise AssertionError("no free ports in a row")


def _asked(port: int) -> str:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5) as answer:
            return str(answer.headers.get("X-Release", ""))
    except OSError as error:
        return f"error: {error}"


def _pids() -> list[int]:
    return [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()]


def state_of(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return ""


def kind_of(pid: int, home: Path) -> str:
    """`keeper`, `holder` or `app` of the environment in `home`, or nothing of it."""
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        environ = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:
        return ""
    if is_zombie(pid):
        return ""
    if str(home).encode() in words:
        return "holder" if b"holder" in words else "keeper" if b"run" in words else ""
    return "app" if f"ECLUSE_STATE={home}/state".encode() in environ else ""
