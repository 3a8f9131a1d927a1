"""A Docker daemon of the tests' own, and images out of what is installed on this machine."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

CLIENT = "/usr/bin/docker"


@dataclass
class Docker:
    socket: Path

    @property
    def environment(self) -> dict[str, str]:
        return {"DOCKER_HOST": f"unix://{self.socket}", "HOME": str(self.socket.parent)}

    def __call__(self, *words: str, given: bytes = b"") -> str:
        argv = [CLIENT, "--host", f"unix://{self.socket}", *words]
        return subprocess.run(argv, input=given, capture_output=True, check=True).stdout.decode().strip()

    def containers(self) -> list[str]:
        return self("ps", "--all", "--quiet").split()

    def has_image(self, name: str, folder: Path, *paths: Path) -> None:
        """Those programs and folders, the programs' libraries, a shell, and the account that every image has."""
        root = folder / "root"
        for path in (Path("/bin/sh"), Path("/bin/cat"), Path("/bin/mkdir"), *paths):
            take(path, root)
        (root / "etc").mkdir(exist_ok=True)
        (root / "etc" / "passwd").write_text("root:x:0:0::/:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n")
        packed = subprocess.run(["tar", "-C", root, "-c", "."], capture_output=True, check=True).stdout
        search = ":".join(dict.fromkeys(["/bin", *(str(path.parent) for path in paths)]))
        self("import", "--change", f"ENV PATH={search}", "-", name, given=packed)
        shutil.rmtree(root)


def take(path: Path, root: Path) -> None:
    """A file or a folder and, of a program, the libraries that ldd(1) names, each at its own place."""
    target = root / path.relative_to("/")
    if target.exists():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    if path.is_dir():
        shutil.copytree(path, target)
        return
    shutil.copy2(path, target)
    listed = subprocess.run(["ldd", path], capture_output=True, text=True, check=False).stdout
    for library in re.findall(r"(/\S+) \(0x", listed):
        take(Path(library), root)


@contextmanager
def daemon(folder: Path) -> Iterator[Docker]:
    if os.geteuid() != 0 or not shutil.which("dockerd") or not Path(CLIENT).exists():
        pytest.skip("a Docker daemon of one's own needs root and Debian's docker.io")
    docker = Docker(folder / "docker.sock")
    argv = ["dockerd", "--host", f"unix://{docker.socket}", "--storage-driver", "vfs"]
    argv += ["--data-root", str(folder / "data"), "--exec-root", str(folder / "exec"), "--pidfile", str(folder / "pid")]
    # Nothing of the machine's network is touched: no bridge, no rules.
    argv += ["--bridge", "none", "--iptables=false", "--ip6tables=false"]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(argv, stdout=log, stderr=log)
    try:
        await_answer(docker, process, folder / "log")
        yield docker
    finally:
        process.terminate()
        process.wait(30)
        left = [line.split()[1] for line in Path("/proc/mounts").read_text().splitlines() if f" {folder}/" in line]
        for place in reversed(left):
            subprocess.run(["umount", place], check=True)


def await_answer(docker: Docker, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 30
    while process.poll() is None and time.monotonic() < deadline:
        try:
            docker("version")
        except subprocess.CalledProcessError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError(log.read_text()[-3000:])
