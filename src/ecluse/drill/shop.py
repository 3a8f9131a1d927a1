"""A small shop under version control, the hosts that it is shipped to, and the real command line at work on it."""

from __future__ import annotations

import json
import os
import random
import shutil
import socket
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ecluse.drill.observer import release_at, state_of

MANIFEST = """\
manifest = 1

[app]
name = "drill"

[processes.web]
app = "shop:application"
interface = "wsgi"
drain = "3s"
keep_alive = "1s"

[processes.web.health]
path = "/up"
successes = 3
interval = "50ms"
timeout = "8s"

[environments.local]
port = {port}
hosts = {hosts}
watch = "{watch}"
lease = "{lease}"
"""

APP = """\
import time

EDITION, TURNS_BAD_AFTER, BEGAN = {edition!r}, {turns_bad_after!r}, time.monotonic()


def application(environ, start_response):
    environ["wsgi.input"].read()
    is_bad = TURNS_BAD_AFTER is not None and time.monotonic() - BEGAN > TURNS_BAD_AFTER
    if environ["PATH_INFO"] == "/up":
        status = {health!r}
    else:
        status = "500 Internal Server Error" if is_bad else "200 OK"
    body = f"edition {{EDITION}}\\n".encode()
    start_response(status, [("Content-Length", str(len(body))), ("Content-Type", "text/plain")])
    return [body]
"""

WELL, ILL = "200 OK", "500 Internal Server Error"
FIRST_LEASE = "60s"
"""The first release takes its time: hosts are started, servers fetched."""
PATIENCE = 120.0
LETTERS = "abcdefghi"
PORTS = range(21000, 29000)
"""Below those that the kernel gives to connections that go out."""


class ShopError(Exception):
    """A command that should have done its work did not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """How a command ended, and the document that it printed."""

    exit: int
    document: Mapping[str, Any]

    @property
    def why(self) -> str:
        problems = self.document.get("problems") or [{}]
        return f"exit {self.exit}: {problems[0].get('what') or self.document.get('outcome')}"


@dataclass(kw_only=True)
class Shop:
    """`hosts` keepers on this machine, on a port each. `lease` and `watch` hold from the second edition on."""

    root: Path
    hosts: int
    lease: str = "5s"
    watch: str = "2s"
    fault: Mapping[str, str]
    """What the keepers have in their environment."""

    def __post_init__(self) -> None:
        self.port = free_ports(self.hosts)
        self._env = environment(self.root.parent / "tmp")
        self.names = [f"hosts/{letter}" for letter in LETTERS[: self.hosts]]
        self.urls = {name: f"http://127.0.0.1:{self.port + n}/" for n, name in enumerate(self.names)}

    def open(self, pantry: Path | None = None) -> str:
        """The first edition serves on every host; its version. `pantry` is the content store of an earlier shop."""
        self.root.mkdir(parents=True)
        if pantry is not None and pantry.exists():
            shutil.copytree(pantry, self.store)
        self.git("init", "--quiet", "--initial-branch=main")
        self._write("requirements.txt", "")
        self._write(".gitignore", "hosts/\n")
        self.sell("one", lease=FIRST_LEASE)
        version = self.ship()
        self._write("ecluse.toml", self._manifest(self.lease))
        return version

    def sell(self, edition: str, *, health: str = WELL, turns_bad_after: float | None = None, lease: str = "") -> None:
        """Commit another edition."""
        self._write("shop.py", APP.format(edition=edition, health=health, turns_bad_after=turns_bad_after))
        self._write("ecluse.toml", self._manifest(lease or self.lease))
        self.git("add", "--all")
        self.git("commit", "--quiet", "-m", f"feat: sell edition {edition}")

    def ship(self) -> str:
        """The version that was shipped; ShopError when it was not."""
        done = self.ecluse("ship")
        if done.exit != 0:
            raise ShopError(f"`ecluse ship`: {done.why}")
        return str(done.document["version"])

    def ecluse(self, *argv: str, timeout: float = PATIENCE) -> Done:
        return ended(self.begin(*argv), timeout)

    def begin(self, *argv: str) -> subprocess.Popen[str]:
        """In a session of its own: a Ctrl-C is for the rehearsal, which then ends it."""
        return subprocess.Popen(
            [sys.executable, "-m", "ecluse", *argv, "--json"], cwd=self.root, env={**self._env, **self.fault},
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            start_new_session=True,
        )  # fmt: skip

    def git(self, *argv: str) -> None:
        subprocess.run(["git", *argv], cwd=self.root, env=self._env, check=True, capture_output=True)

    def status(self) -> Mapping[str, Mapping[str, Any]]:
        """What `ecluse status` says of each host."""
        done = self.ecluse("status")
        environments = done.document.get("environments")
        if not environments:
            raise ShopError(f"`ecluse status`: {done.why}")
        return {str(host["name"]): host for host in environments[0]["hosts"]}

    def answering(self) -> dict[str, str]:
        """The release that a customer gets, on each host."""
        return {name: release_at(url) for name, url in self.urls.items()}

    def keepers(self) -> dict[str, int]:
        """The process of each host's keeper; 0 where it left no record."""
        return {name: self._keeper(name) for name in self.names}

    def stopped_keeper(self) -> str:
        """The host whose keeper was stopped by a fault; empty when there is none."""
        return next((name for name, pid in self.keepers().items() if pid and state_of(pid) == "T"), "")

    @property
    def store(self) -> Path:
        return self.root / ".ecluse" / "store"

    def _keeper(self, name: str) -> int:
        try:
            record = json.loads((self.root / name / "environments" / "local" / "keeper.json").read_bytes())
        except (OSError, ValueError):
            return 0
        return int(record["pid"])

    def _manifest(self, lease: str) -> str:
        hosts = json.dumps([f"keeper:{name}" for name in self.names])
        return MANIFEST.format(port=self.port, hosts=hosts, watch=self.watch, lease=lease)

    def _write(self, name: str, text: str) -> None:
        (self.root / name).write_text(text, encoding="utf-8")


def ended(process: subprocess.Popen[str], timeout: float = PATIENCE) -> Done:
    """Wait for a command; ShopError when it takes too long, or prints no document."""
    try:
        out, said = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired as error:
        process.kill()
        process.communicate()
        raise ShopError(f"`{_named(process)}` did not end within {timeout:g} s") from error
    try:
        return Done(exit=process.returncode, document=json.loads(out))
    except ValueError as error:
        last = " / ".join(said.strip().splitlines()[-3:])
        raise ShopError(f"`{_named(process)}` ended with {process.returncode}: {last or 'nothing was said'}") from error


def _named(process: subprocess.Popen[str]) -> str:
    words = process.args if isinstance(process.args, list) else []
    return " ".join(["ecluse", *(str(word) for word in words[3:])])


def environment(temporary: Path) -> dict[str, str]:
    """The caller's, without what would lead a command out of the scratch folder."""
    temporary.mkdir(exist_ok=True)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ECLUSE_", "GIT_"))}
    who = {f"GIT_{role}_{what}": "drill@localhost" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    alone = {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1"}
    return {**kept, **who, **alone, "NO_COLOR": "1", "TMPDIR": str(temporary)}


def free_ports(count: int) -> int:
    """The first of so many ports in a row on which nobody listens now."""
    while True:
        first = random.choice(PORTS)  # noqa: S311 not secret
        if all(_is_free(port) for port in range(first, first + count)):
            return first


def _is_free(port: int) -> bool:
    with socket.socket() as trial:
        try:
            trial.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
