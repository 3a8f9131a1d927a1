"""What the benches share: an example app served by Écluse, shipped anew with another version each time."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import tomlkit

ROOT = Path(__file__).resolve().parent.parent
ECLUSE = str(Path(sys.executable).with_name("ecluse"))
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # what is installed has its bytecode compiled: so must this
IDENTITY = {f"GIT_{who}_{what}": "bench@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}


@dataclass
class Served:
    """A repository whose app is served by Écluse."""

    folder: Path
    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    def run(self, *argv: str) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [ECLUSE, *argv],
            cwd=self.folder,
            env={**os.environ, **IDENTITY},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise SystemExit(f"ecluse {' '.join(argv)}: exit {done.returncode}\n{done.stdout}{done.stderr}")
        return done

    def json(self, *argv: str) -> dict[str, object]:
        return json.loads(self.run(*argv, "--json").stdout)

    def pids(self) -> list[int]:
        """The processes of the release that serves; their workers are below them."""
        (environment,) = self.json("status")["environments"]
        slot = next(slot for slot in environment["slots"] if slot["weight"])
        return [process["pid"] for process in slot["processes"]]

    def git(self, *argv: str) -> None:
        subprocess.run(["git", *argv], cwd=self.folder, env={**os.environ, **IDENTITY}, check=True, capture_output=True)

    def commit(self, text: str) -> None:
        """Another version: one file changes."""
        (self.folder / "CHANGES.txt").write_text(text)
        self.git("add", "--all")
        self.git("commit", "--quiet", "-m", text)

    def set(self, old: str, new: str) -> None:
        manifest = self.folder / "ecluse.toml"
        manifest.write_text(manifest.read_text().replace(old, new))


def free_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])


@contextmanager
def served(example: str, *, watch: str = "0s", count: int = 1, python: str = "") -> Iterator[Served]:
    """`init` and `ship` on a copy of an example, on `python` (X.Y) if given; stopped and removed afterwards."""
    with tempfile.TemporaryDirectory(prefix="ecluse-bench-") as scratch:
        shop = Served(Path(scratch) / example, free_port())
        shutil.copytree(ROOT / "examples" / example, shop.folder)
        shop.git("init", "--quiet")
        shop.commit("first")
        shop.run("init", "--yes", "--no-try")
        manifest = tomlkit.parse((shop.folder / "ecluse.toml").read_text())
        manifest.pop("steps", None)  # what the app's own tests take is not ours
        manifest["environments"]["local"].update({"port": shop.port, "watch": watch})
        manifest["processes"]["web"]["count"] = count
        manifest["processes"]["web"].setdefault("health", {"path": "/health", "interval": "50ms"})
        if python:
            manifest["build"]["python"] = python
        (shop.folder / "ecluse.toml").write_text(tomlkit.dumps(manifest))
        shop.commit("adopt")
        shop.json("ship")
        try:
            yield shop
        finally:
            shop.run("stop")


@contextmanager
def directly(shop: Served, workers: int) -> Iterator[tuple[int, int]]:
    """The same release, server and settings, on a socket of its own, without keeper or page. Its pid and port."""
    by_hand = ByHand(shop, workers)
    with by_hand.started() as process:
        yield process.pid, by_hand.port


class ByHand:
    """The release that was shipped last, as a person would serve it."""

    def __init__(self, shop: Served, workers: int) -> None:
        releases = (shop.folder / ".ecluse/environments/local/releases").glob("r-*/")
        self._release = max(releases, key=lambda path: path.stat().st_mtime)
        self.port = free_port()
        script = (
            "import sys, granian\nfrom granian.constants import Interfaces\n"
            f"granian.Granian('app:app', address='127.0.0.1', port={self.port}, interface=Interfaces.WSGI,"
            f" workers={workers}, blocking_threads=8, log_enabled=False).serve()\n"
        )
        site = f"{self._release}/server/site"
        begin = f"import sys; sys.path.append({site!r})\nsys.argv=['d']\n"
        self._argv = [f"{self._release}/venv/bin/python", "-c", begin + script]
        # The same variables too: granian copies them into the environ of each request.
        told = Path(f"/proc/{shop.pids()[0]}/environ").read_text().split("\0")
        self._env = {**dict(one.split("=", 1) for one in told if "=" in one), "PYTHONPATH": site}

    def started(self) -> contextlib.AbstractContextManager[subprocess.Popen[bytes]]:
        return program(self._argv, self.port, cwd=self._release / "tree", env=self._env)


@contextmanager
def program(argv: list[str], port: int, **options: object) -> Iterator[subprocess.Popen[bytes]]:
    """A server of somebody else, up while the block runs.

    In a session of its own, as a service manager starts it and as the keeper starts ours: with autogroups (sched(7))
    the kernel shares the processors among sessions, and a server in the session of the load gets more of them.
    """
    process = subprocess.Popen(
        argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True, **options
    )
    try:
        until_it_answers(port)
        yield process
    finally:
        process.terminate()
        process.wait(20)


def until_it_answers(port: int) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=1).read()
        except OSError:
            time.sleep(0.01)
        else:
            return
    raise SystemExit(f"nothing answers on port {port}")


def table(title: str, head: tuple[str, ...], rows: list[tuple[object, ...]]) -> None:
    texts = [[str(cell) for cell in row] for row in (head, *rows)]
    widths = [max(len(row[column]) for row in texts) for column in range(len(head))]
    print(f"\n{title}")
    for row in texts:
        print("  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
