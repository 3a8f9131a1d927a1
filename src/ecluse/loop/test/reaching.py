"""Steps that work on hosts: Ansible's playbooks and Fabric's tasks, told where the hosts of an environment are.

A step sees neither the repository nor the caller's home, so what they need of both is written for them: an inventory,
an SSH configuration. Keys stay where they are.
"""

from __future__ import annotations

import json
import shlex
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ecluse.loop.operate.inventory import inventory
from ecluse.loop.test.surroundings import SYSTEM_PATH
from ecluse.model.app import App, Argv, Environment, Step
from ecluse.model.host import Address
from ecluse.model.ids import StepName
from ecluse.model.problem import Problem, ProblemError

ANSIBLE, FABRIC = "ansible-playbook", "fab"
PACKAGES = {ANSIBLE: "ansible-core", FABRIC: "fabric"}
KEYS = ("id_ed25519", "id_ecdsa", "id_rsa")
"""What ssh(1) tries where nobody names a key, and Fabric looks for in the private home of a step."""
AGENT = "SSH_AUTH_SOCK"
SCRIPT = "#!/bin/sh\ncat <<'END'\n{}\nEND\n"


@dataclass(frozen=True, slots=True)
class Outfit:
    """What a step runs, and what it finds in its environment besides."""

    argv: Argv
    env: Mapping[str, str] = field(default_factory=dict)
    path: str = ""
    """The folder of the program, looked at after those of the locked environment."""


def outfits(
    steps: Iterable[Step], app: App, *, folder: Path, environment: Path, caller: Mapping[str, str]
) -> Mapping[StepName, Outfit]:
    """Of those that work on hosts. `folder` is for the files that are made, `environment` the locked environment,
    `caller` the caller's variables. A program that isn't installed: ProblemError E019, before anything is run."""
    found = [(step, app.environment(step.hosts)) for step in steps if step.hosts]
    return {step.name: _outfit(step, there, app, folder, environment, caller) for step, there in found if there}


def _outfit(
    step: Step, there: Environment, app: App, folder: Path, environment: Path, caller: Mapping[str, str]
) -> Outfit:
    program = _program(ANSIBLE if step.playbook else FABRIC, step, environment, caller)
    own = folder / step.name
    own.mkdir(parents=True)
    agent = {AGENT: caller[AGENT]} if AGENT in caller else {}
    if step.playbook:
        options = f"-F {shlex.quote(str(_ssh_config(own, there, caller)))}" if _is_special(there) else ""
        script = own / "inventory"
        script.write_text(SCRIPT.format(json.dumps(inventory([there], app.processes, lambda _: options))))
        script.chmod(0o700)
        env = {"ANSIBLE_INVENTORY": str(script), **agent}
        return Outfit((str(program), step.playbook), env, str(program.parent))
    config = _ssh_config(own, there, caller)
    identities = [word for path in _keys(caller) for word in ("--identity", str(path))]
    hosts = ",".join(there.hosts)
    argv = (str(program), "--ssh-config", str(config), "--hosts", hosts, *identities, step.fabric)
    return Outfit(argv, agent, str(program.parent))


def _program(name: str, step: Step, environment: Path, caller: Mapping[str, str]) -> Path:
    found = shutil.which(name, path=f"{environment / 'bin'}:{caller.get('PATH', '')}:{SYSTEM_PATH}")
    if found is None:
        raise ProblemError(
            Problem(
                code="E019", what=f"the step {step.name!r} needs `{name}`, and it isn't installed here",
                fix=f"`uv tool install {PACKAGES[name]}` (or pipx), or name {PACKAGES[name]} in [build] "
                "test_requirements",
                state="no step was run",
            )
        )  # fmt: skip
    return Path(found).absolute()


def _is_special(environment: Environment) -> bool:
    """Whether ssh has to be told more than it reads by itself."""
    return bool(environment.ssh.config or environment.ssh.jump)


def _ssh_config(folder: Path, environment: Environment, caller: Mapping[str, str]) -> Path:
    """The manifest's configuration, else the user's; a host to go through comes first, because what comes first counts
    (ssh_config(5))."""
    named = Path(environment.ssh.config).expanduser() if environment.ssh.config else _home(caller) / "config"
    jump = environment.ssh.jump
    names = " ".join(Address.of(text).name for text in environment.hosts)
    first = f"Host {names}\n    ProxyJump {jump}\n\n" if jump else ""
    path = folder / "ssh_config"
    path.write_text(first + (named.read_text() if named.is_file() else ""))
    return path


def _keys(caller: Mapping[str, str]) -> list[Path]:
    return [path for name in KEYS if (path := _home(caller) / name).is_file()]


def _home(caller: Mapping[str, str]) -> Path:
    return (Path(caller["HOME"]) if caller.get("HOME") else Path("~").expanduser()) / ".ssh"
