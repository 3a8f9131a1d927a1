"""The whole manifest, and `[app]`."""

from __future__ import annotations

from ecluse.manifest.schema.build import BuildTable
from ecluse.manifest.schema.ci import CiTable
from ecluse.manifest.schema.environment import EnvironmentTable
from ecluse.manifest.schema.frontend import FrontendTable
from ecluse.manifest.schema.key import Table, key, section
from ecluse.manifest.schema.process import ProcessTable
from ecluse.manifest.schema.release import ReleaseTable
from ecluse.manifest.schema.security import SecurityTable
from ecluse.manifest.schema.service import ServiceTable
from ecluse.manifest.schema.shapes import AppName, HostOrGroup, Name
from ecluse.manifest.schema.step import CacheTable, GatesTable, StepTable
from ecluse.manifest.schema.tickets import TicketsTable
from ecluse.manifest.schema.types import ZERO, Command, Duration, Inside, Settings
from ecluse.model import app as model

FORMAT = 1
"""The version of the manifest's format that is read here."""

_DEFAULT = model.App(name="app", processes=())


class AppTable(Table):
    """The app itself."""

    name: AppName = key("The app's name, for people and logs.", example="shop")
    state: list[Inside] = key(
        "Paths that are the app's data and outlive every release; a folder ends in a slash.",
        example=["db.sqlite3", "media/"],
        default_factory=list,
    )
    migrate: Command = key(
        "Run once for each deploy, in the new release, before it starts.",
        example=["python", "manage.py", "migrate", "--noinput"],
        default=_DEFAULT.migrate,
    )
    migrate_timeout: Duration = key("Time for `migrate`.", example="30m", default=_DEFAULT.migrate_timeout, gt=ZERO)
    env: Settings = key("Settings of every process in every environment.", example={"TZ": "UTC"}, default_factory=dict)


class Manifest(Table):
    """ecluse.toml, or [tool.ecluse] in pyproject.toml."""

    manifest: int = key("Version of the manifest's format.", example=FORMAT, default=FORMAT)
    groups: dict[Name, list[HostOrGroup]] = key(
        "Hosts that are named together: `@NAME` stands for them in `hosts`, `roles` and other groups; "
        "`fleet run --on` takes the name.",
        example={"web": ["deploy@web1", "deploy@web2"], "jobs": ["deploy@jobs1"]},
        default_factory=dict,
    )
    app: AppTable = section()
    processes: dict[Name, ProcessTable] = section(default_factory=dict)
    steps: dict[Name, StepTable] = section(default_factory=dict)
    gates: GatesTable = section(default_factory=GatesTable)
    cache: CacheTable = section(default_factory=CacheTable)
    security: SecurityTable | None = section(default=None)
    ci: CiTable = section(default_factory=CiTable)
    build: BuildTable = section(default_factory=BuildTable)
    frontend: FrontendTable | None = section(default=None)
    release: ReleaseTable = section(default_factory=ReleaseTable)
    tickets: TicketsTable | None = section(default=None)
    services: dict[Name, ServiceTable] = section(default_factory=dict)
    environments: dict[Name, EnvironmentTable] = section(default_factory=dict)
