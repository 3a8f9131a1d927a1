"""What `doctor` looks at."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from ecluse.assembly.apps import declared_secrets, read_app
from ecluse.assembly.home import RUNNING
from ecluse.assembly.places import close, targets_of
from ecluse.assembly.tools import toolchain_of
from ecluse.model.app import App, Environment
from ecluse.model.problem import Problem, ProblemError
from ecluse.model.values import frozen
from ecluse.system.clock import SystemClock
from ecluse.system.environment import find_home, read_environment
from ecluse.whereabouts import find_root, holds_nothing

if TYPE_CHECKING:
    from ecluse.loop.deploy.fleet import Seen
    from ecluse.model.ids import EnvironmentName
    from ecluse.ports.machine import Machine


@frozen
class Examined:
    """The facts about this machine, the app when there is one to read, what its environments say of themselves,
    which can't have their port, and the declared secrets that are too short to be masked."""

    machine: Machine
    app: App | None
    seen: Mapping[EnvironmentName, Seen | Problem]
    ports: Mapping[EnvironmentName, Problem]
    unmasked: tuple[str, ...]


async def examined(folder: Path) -> Examined:
    from ecluse.loop.code.veiling import can_veil  # noqa: PLC0415
    from ecluse.model.redaction import unmaskable  # noqa: PLC0415
    from ecluse.providers.machine.services import MachineServices  # noqa: PLC0415
    from ecluse.system.commands import SupervisedRunner  # noqa: PLC0415
    from ecluse.system.machine import read_machine  # noqa: PLC0415
    from ecluse.system.store import FolderStore  # noqa: PLC0415

    env = read_environment()
    root = find_root(folder)
    home = find_home(root, env)
    is_new = not home.exists()
    try:
        app = read_app(root, home, env)
    except ProblemError:
        app = None
    commands = SupervisedRunner(notes=home / RUNNING)
    try:
        toolchain = toolchain_of(home, env, commands, FolderStore(home / "store"))
        found = [interpreter.version for interpreter in toolchain.interpreters()]
        asked = [(one.name, *await _asked(app, one, root, home, env)) for one in app.environments] if app else []
        services = MachineServices(
            home=home, programs=home / "keepers", env=env, toolchain=toolchain, commands=commands
        )
        veils = await can_veil(commands)
        return Examined(
            machine=read_machine(
                home, step_layer=commands.layer, veils=veils, interpreters=found, services=services.offers()
            ),
            app=app,
            seen={name: seen for name, seen, _ in asked},
            ports={name: trouble for name, _, trouble in asked if trouble},
            unmasked=unmaskable(declared_secrets(app, root, env)) if app else (),
        )
    finally:
        commands.close()
        if is_new and holds_nothing(home):
            shutil.rmtree(home, ignore_errors=True)


async def _asked(
    app: App, environment: Environment, root: Path, home: Path, env: Mapping[str, str]
) -> tuple[Seen | Problem, Problem | None]:
    from ecluse.loop.deploy.fleet import Fleet  # noqa: PLC0415
    from ecluse.loop.deploy.listening import port_trouble  # noqa: PLC0415
    from ecluse.loop.deploy.wanted import Wanted  # noqa: PLC0415
    from ecluse.system.store import FolderStore  # noqa: PLC0415

    targets = targets_of(app.name, environment, root, home, FolderStore(home / "store"), SystemClock(), env)
    fleet = Fleet(targets)
    try:
        return await fleet.observe(), await port_trouble(Wanted(app=app, environment=environment), fleet)
    except ProblemError as error:
        return error.problems[0], None
    finally:
        await close(targets.values())
