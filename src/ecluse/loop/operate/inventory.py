"""The hosts of environments, as Ansible asks for them.

The form is that of an inventory script: what it prints for `--list`, with `_meta`, so that no `--host` follows
(Ansible's developer guide, "Developing dynamic inventory"). Pure.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ecluse.model.app import Environment, Process
from ecluse.model.host import Address, host_name
from ecluse.model.ids import HostName

SshOptions = Callable[[Environment], str]


def inventory(
    environments: Iterable[Environment], processes: Iterable[Process], ssh_options: SshOptions
) -> dict[str, Any]:
    """A group for each environment whose hosts are reached over SSH, and one for each of its processes.
    `ssh_options` says what ssh is told beyond its own configuration."""
    remote, of = [one for one in environments if one.is_remote], tuple(processes)
    found: dict[str, Any] = {"_meta": {"hostvars": {}}, "all": {"children": [group(one.name) for one in remote]}}
    for environment in remote:
        given = ssh_options(environment)
        found[group(environment.name)] = {
            "hosts": list(environment.host_names),
            "vars": {
                "ecluse_environment": environment.name,
                "ecluse_port": environment.port,
                **({"ansible_ssh_common_args": given} if given else {}),
            },
        }
        for process in of:
            on = [host for host in environment.host_names if environment.runs(process, host)]
            found[group(f"{environment.name}_{process.name}")] = {"hosts": on}
        for text in environment.hosts:
            found["_meta"]["hostvars"][host_name(text)] = variables(text)
    return found


def variables(text: str) -> Mapping[str, Any]:
    """Of one host, as the manifest names it. What it leaves out is for the SSH configuration to say."""
    address = Address.of(text)
    return {
        "ansible_host": address.name,
        **({"ansible_user": address.user} if address.user else {}),
        **({"ansible_port": address.port} if address.port else {}),
    }


def of_host(name: str, everything: Mapping[str, Any]) -> dict[str, Any]:
    """What a script prints for `--host`: nothing for one that isn't there."""
    found: dict[str, Any] = everything["_meta"]["hostvars"].get(HostName(name), {})
    return found


def group(name: str) -> str:
    """Ansible takes what Python takes as a name."""
    return re.sub(r"\W", "_", name)
