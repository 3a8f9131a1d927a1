"""Ansible, pyinfra and Fabric, from the lock of `make tools`, told to do the same as `ecluse fleet` does.

Each as its own documentation has it for many hosts: as many at once as there are hosts, the same keys and host keys.
"""

from __future__ import annotations

import compileall
import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bench_hosts import Fleet

ROOT = Path(__file__).resolve().parent.parent
BIN = ROOT / ".tools" / "bin"
PACKAGES = ("ansible-core", "pyinfra", "fabric")
ANSIBLE = {
    # Fewer round trips, and no fact that nobody asks for: as good as it gets.
    "ANSIBLE_PIPELINING": "1",
    "ANSIBLE_GATHERING": "explicit",
    "ANSIBLE_PYTHON_INTERPRETER": "/usr/bin/python3",
    "ANSIBLE_DEPRECATION_WARNINGS": "0",
}
FABRIC = """\
import sys
from fabric import Connection, ThreadingGroup
from fabric.config import Config

config = Config(overrides={{"load_ssh_configs": False, "run": {{"hide": True}}}})
group = ThreadingGroup.from_connections(
    Connection(address, user=user, port={port}, config=config, connect_kwargs={{"key_filename": {key!r}}})
    for address, user in {hosts!r}
)
if sys.argv[1] == "run":
    group.run(sys.argv[2])
else:
    group.put(sys.argv[2], sys.argv[3])
"""
PYINFRA = """\
hosts = [
    (name, {{"ssh_hostname": address, "ssh_user": user, "ssh_port": {port}, "ssh_key": {key!r},
             "ssh_known_hosts_file": {known!r}}})
    for name, address, user in {hosts!r}
]
"""
INVENTORY = """\
[all:vars]
ansible_port={port}
ansible_ssh_private_key_file={key}
ansible_ssh_common_args=-o UserKnownHostsFile={known} -o IdentitiesOnly=yes

[all]
"""
COPY = """\
from pyinfra import host
from pyinfra.operations import files

files.put(name="copy", src={source!r}, dest={path!r})
"""
TASKS = """\
from io import StringIO
from pyinfra.operations import files

files.put(name="a file", src=StringIO({content!r}), dest="tasks/app.conf", mode="640")
files.directory(name="a folder", path="tasks", mode="750")
files.put(name="a service", src=StringIO({unit!r}), dest=".config/systemd/user/app.service", mode="644")
"""
"""What `ecluse host prepare` looks after: a file with its content and mode, folders, what starts the service."""
UNIT = """\
[Unit]
Description=An app

[Service]
ExecStart=/usr/bin/sleep infinity

[Install]
WantedBy=default.target
"""


def installed() -> None:
    """With bytecode, for theirs counts too."""
    subprocess.run([str(ROOT / "scripts" / "tools")], check=True)
    compileall.compile_dir(str(ROOT / ".tools" / "lib"), quiet=2)


def versions() -> str:
    asked = f"from importlib.metadata import version; print(*(n + ' ' + version(n) for n in {PACKAGES!r}), sep=', ')"
    return subprocess.run([str(BIN / "python"), "-c", asked], check=True, capture_output=True, text=True).stdout.strip()


def environment(folder: Path) -> dict[str, str]:
    """For all tools, ours too: a home of the bench's, no terminal, no colours."""
    home = folder / "controller"
    home.mkdir(exist_ok=True)
    path = f"{BIN}:{os.environ.get('PATH', '')}"
    return {**os.environ, **ANSIBLE, "HOME": str(home), "PATH": path, "NO_COLOR": "1"}


class Peers:
    """The command lines, for one fleet. A path is relative to the user's home there."""

    def __init__(self, fleet: Fleet, folder: Path) -> None:
        self._fleet, self._folder = fleet, folder
        folder.mkdir(exist_ok=True)
        told = {"port": fleet.port, "key": str(fleet.key), "known": str(fleet.known)}
        addresses = [(host.address, host.user) for host in fleet.hosts]
        named = [(host.name, host.address, host.user) for host in fleet.hosts]
        (folder / "hosts.py").write_text(PYINFRA.format(**told, hosts=named))
        (folder / "fabric_group.py").write_text(FABRIC.format(**told, hosts=addresses))
        lines = (f"{host.name} ansible_host={host.address} ansible_user={host.user}\n" for host in fleet.hosts)
        (folder / "hosts.ini").write_text(INVENTORY.format(**told) + "".join(lines))

    def run(self, command: str) -> dict[str, list[str]]:
        """`raw` of Ansible's: without Python on the host, its cheapest."""
        return {
            "Ansible": [*self._ansible("ansible", "all"), "-m", "raw", "-a", command],
            "pyinfra": [str(BIN / "pyinfra"), "-y", str(self._folder / "hosts.py"), "exec", "--", command],
            "Fabric": [str(BIN / "python"), str(self._folder / "fabric_group.py"), "run", command],
        }

    def copy(self, source: Path, path: str) -> dict[str, list[str]]:
        deploy = self._folder / "copy_deploy.py"
        deploy.write_text(COPY.format(source=str(source), path=path))
        return {
            "Ansible": [*self._ansible("ansible", "all"), "-m", "copy", "-a", f"src={source} dest={path}"],
            "pyinfra": [str(BIN / "pyinfra"), "-y", str(self._folder / "hosts.py"), str(deploy)],
            "Fabric": [str(BIN / "python"), str(self._folder / "fabric_group.py"), "put", str(source), path],
        }

    def tasks(self) -> dict[str, list[str]]:
        deploy = self._folder / "tasks_deploy.py"
        deploy.write_text(TASKS.format(content="setting = 1\n" * 100, unit=UNIT))
        return {"pyinfra": [str(BIN / "pyinfra"), "-y", str(self._folder / "hosts.py"), str(deploy)]}

    def _ansible(self, program: str, *words: str) -> list[str]:
        forks = str(len(self._fleet.hosts))
        return [str(BIN / program), *words, "-i", str(self._folder / "hosts.ini"), "--forks", forks]
