"""A small shop under version control, and the real command line at work on it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Self

from support.ports import free_port

MANIFEST = """\
manifest = 1

[app]
name = "shop"

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
watch = "{watch}"
lease = "5s"
"""

APP = """\
import os

VERSION = "{version}"


def application(environ, start_response):
    environ["wsgi.input"].read()
    body = f"shop {version}".encode()
    start_response("200 OK", [("Content-Length", str(len(body))), ("Content-Type", "text/plain")])
    return [body]
"""


@dataclass
class Shop:
    root: Path
    port: int
    env: dict[str, str]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    def write(self, name: str, text: str) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def commit(self, message: str = "change") -> str:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "-m", message)
        return self.git("rev-parse", "HEAD").strip()

    def git(self, *argv: str) -> str:
        return subprocess.run(
            ["git", *argv], cwd=self.root, env=self.env, check=True, capture_output=True, text=True
        ).stdout

    def sell(self, version: str) -> str:
        """Commit a version of the shop that works."""
        self.write("shop.py", APP.format(version=version))
        return self.commit(f"feat: sell {version}")

    def ecluse(
        self, *argv: str, env: dict[str, str] | None = None, timeout: float = 240, stdin: IO[str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "ecluse", *argv],
            cwd=self.root, env={**self.env, **(env or {})}, capture_output=True, text=True, timeout=timeout,
            check=False, stdin=stdin,
        )  # fmt: skip

    def begin(self, *argv: str, env: dict[str, str] | None = None) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "ecluse", *argv], cwd=self.root, env={**self.env, **(env or {})},
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    def json(self, *argv: str, code: int = 0) -> Any:
        done = self.ecluse(*argv, "--json")
        assert done.returncode == code, f"exit {done.returncode}\n{done.stdout}\n{done.stderr}"
        return json.loads(done.stdout)

    def get(self, path: str = "") -> tuple[str, str]:
        """The body and the release that the answer names."""
        with urllib.request.urlopen(self.url + path, timeout=10) as answer:
            return answer.read().decode(), answer.headers.get("X-Release", "")


def open_shop(root: Path, *, watch: str = "200ms", manifest: str = MANIFEST) -> Shop:
    """A repository with the first version committed."""
    root.mkdir(parents=True, exist_ok=True)
    identity = {
        f"GIT_{who}_{what}": "shop@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")
    }
    home = root.parent / "home"
    home.mkdir(exist_ok=True)
    env = {**os.environ, **identity, "NO_COLOR": "1", "GIT_CONFIG_GLOBAL": "/dev/null"}
    env.pop("ECLUSE_HOME", None)
    shop = Shop(root, free_port(), env)
    shop.git("init", "--quiet", "--initial-branch=main")
    shop.write("ecluse.toml", manifest.format(port=shop.port, watch=watch))
    shop.write("requirements.txt", "")
    shop.sell("one")
    return shop


class Customers:
    """Clients in a process of their own that never retry; `with Customers(url) as customers: …`, then `.tally`."""

    def __init__(self, url: str, connections: int = 32, pause: float = 0.0) -> None:
        words = [url, "--connections", str(connections), "--pause", str(pause)]
        self._argv = [sys.executable, "-m", "ecluse.testing.load", *words]
        self.tally: dict[str, Any] = {}

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            self._argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert self._process.stderr is not None
        assert "ready" in self._process.stderr.readline()
        return self

    def __exit__(self, *_: object) -> None:
        out, err = self._process.communicate("", timeout=60)
        assert out, err
        self.tally = json.loads(out)

    def lost_nothing(self) -> None:
        assert self.tally["failures"] == []
        assert self.tally["answers"] > 0
