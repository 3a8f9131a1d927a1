"""From what the manifest says to the App that it declares."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ecluse.manifest.amounts import duration
from ecluse.manifest.groups import hosts
from ecluse.manifest.matrix import PLACE, PYTHON, Cell, cells, label, name_of
from ecluse.model.app import (
    App,
    Build,
    Environment,
    Evidence,
    Frontend,
    Gates,
    Health,
    Limits,
    Process,
    Step,
)
from ecluse.model.balancer import Balancer
from ecluse.model.cache import CachePolicy
from ecluse.model.ci import CiPolicy
from ecluse.model.host import HERE_PREFIX, SshSettings
from ecluse.model.ids import EnvironmentName, ProcessName, ServiceName, StepName
from ecluse.model.package import canonical
from ecluse.model.policy import Policy
from ecluse.model.publishing import ForgePlace, ImagePlace, IndexPlace, ReleasePolicy
from ecluse.model.rollout import CanaryStep, Rollout
from ecluse.model.security import OUTPUTS, SECURITY, Scanner, SecurityPolicy, Severity, Source
from ecluse.model.service import Service
from ecluse.model.tracker import Tickets

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ecluse.manifest.schema.balancer import BalancerTable
    from ecluse.manifest.schema.environment import EnvironmentTable, RolloutTable
    from ecluse.manifest.schema.key import Table
    from ecluse.manifest.schema.manifest import Manifest
    from ecluse.manifest.schema.process import ProcessTable
    from ecluse.manifest.schema.release import ReleaseTable
    from ecluse.manifest.schema.security import SecurityTable
    from ecluse.manifest.schema.service import ServiceTable
    from ecluse.manifest.schema.step import StepTable
    from ecluse.manifest.schema.tickets import TicketsTable

LOCAL = EnvironmentName("local")


def resolve(manifest: Manifest) -> App:
    """The App; the manifest has been checked, so nothing can go wrong here."""
    groups = manifest.groups
    named = {name: _names(name, table) for name, table in manifest.steps.items()}
    security = _security(manifest.security) if manifest.security else None
    if security:
        named[SECURITY] = (StepName(SECURITY),)
    declared = tuple(_environment(name, table, groups, named) for name, table in manifest.environments.items())
    environments = tuple(environment for environment in declared if not environment.instances)
    steps = tuple(
        step for name, table in manifest.steps.items() for step in _steps(_step(name, table, manifest, named), table)
    )
    return App(
        processes=tuple(_process(name, table) for name, table in manifest.processes.items()),
        steps=(*steps, *([security_step(security)] if security else ())),
        gates=Gates(**_given(manifest.gates)),
        cache=CachePolicy(**_given(manifest.cache)),
        ci=CiPolicy(**_given(manifest.ci)),
        security=security,
        build=Build(**_given(manifest.build)),
        frontend=Frontend(**_given(manifest.frontend)) if manifest.frontend else None,
        release=_release(manifest.release),
        tickets=_tickets(manifest.tickets) if manifest.tickets else None,
        services=tuple(_service(name, table) for name, table in manifest.services.items()),
        groups={name: hosts(named, groups) for name, named in groups.items()},
        environments=environments or (Environment(name=LOCAL, tag=False, stamp=True, services=True),),
        patterns=tuple(environment for environment in declared if environment.instances),
        **_given(manifest.app),
    )


def _release(table: ReleaseTable) -> ReleasePolicy:
    optional = ("store", "remote", "changelog", "sign_with")
    texts: dict[str, Any] = {name: getattr(table, name) or "" for name in optional}
    return ReleasePolicy(
        index=IndexPlace(**_said(table.index)) if table.index else None,
        forge=ForgePlace(**_said(table.forge)) if table.forge else None,
        image=ImagePlace(**_said(table.image)) if table.image else None,
        **texts,
        **_given(table, "index", "forge", "image", *optional),
    )


def _said(table: Table) -> dict[str, Any]:
    """As `_given`, where None stands for nothing."""
    return {name: value for name, value in _given(table).items() if value is not None}


def _tickets(table: TicketsTable) -> Tickets:
    return Tickets(**_given(table))


def _process(name: str, table: ProcessTable) -> Process:
    return Process(
        name=ProcessName(name),
        health=Health(**_given(table.health)) if table.health else None,
        limits=Limits(**_given(table.limits)),
        **_given(table, "health", "limits"),
    )


def _names(name: str, table: StepTable) -> tuple[StepName, ...]:
    """Of its cells, or its own."""
    return tuple(StepName(name_of(name, cell)) for cell in cells(table.matrix)) if table.matrix else (StepName(name),)


def _steps(step: Step, table: StepTable) -> Iterator[Step]:
    if table.matrix is None:
        yield step
        return
    for cell in cells(table.matrix):
        yield _cell(step, cell)


def _cell(step: Step, cell: Cell) -> Step:
    def labelled(text: str) -> str:
        return text.replace(PLACE, label(cell))

    return replace(
        step,
        name=StepName(name_of(step.name, cell)),
        of=step.name,
        cell=cell,
        python=cell.get(PYTHON, step.python),
        env={**step.env, **{name: value for name, value in cell.items() if name != PYTHON}},
        outputs=tuple(map(labelled, step.outputs)),
        evidence=replace(step.evidence, known_failures=labelled(step.evidence.known_failures)),
    )


def _all(names: Sequence[str], named: Mapping[str, Sequence[StepName]]) -> tuple[StepName, ...]:
    """Who names a step means all its cells."""
    return tuple(one for name in names for one in named[name])


def _step(name: str, table: StepTable, manifest: Manifest, named: Mapping[str, Sequence[StepName]]) -> Step:
    reaches = bool(table.playbook or table.fabric)
    step = Step(
        name=StepName(name),
        playbook=table.playbook or "",
        fabric=table.fabric or "",
        evidence=Evidence(
            junit=table.junit or "", coverage=table.coverage or "", known_failures=table.known_failures or ""
        ),
        needs=_all(table.needs, named),
        python=table.python or "",
        **_given(
            table, "junit", "coverage", "known_failures", "playbook", "fabric", "hosts", "needs", "python", "matrix"
        ),
    )
    return replace(step, group="hosts", hosts=hosts_of(table, manifest), cache=False) if reaches else step


def hosts_of(step: StepTable, manifest: Manifest) -> str:
    """The environment on whose hosts it works; empty where that can't be told."""
    remote = with_remote_hosts(manifest)
    if step.hosts is not None:
        return step.hosts if step.hosts in remote else ""
    return remote[0] if len(remote) == 1 else ""


def with_remote_hosts(manifest: Manifest) -> tuple[str, ...]:
    """The names of environments."""
    named = {name: hosts(table.hosts, manifest.groups) for name, table in manifest.environments.items()}
    return tuple(name for name, of in named.items() if any(not host.startswith(HERE_PREFIX) for host in of))


def _security(table: SecurityTable) -> SecurityPolicy:
    return SecurityPolicy(
        scanners=None if table.scanners is None else tuple(map(Scanner, table.scanners)),
        source=Source(table.source),
        fail_at={Scanner(name): Severity(value) for name, value in _given(table.fail_at).items()},
        allow=tuple(table.licences.allow),
        deny=tuple(table.licences.deny),
        licences={canonical(name): value for name, value in table.licences.packages.items()},
        **_given(table, "scanners", "source", "fail_at", "licences"),
    )


def security_step(policy: SecurityPolicy) -> Step:
    """What the gate is among the steps. Of the commit it sees all."""
    return Step(name=SECURITY, group="security", builtin=True, timeout=policy.timeout * 2, outputs=OUTPUTS, cache=True)


def _service(name: str, table: ServiceTable) -> Service:
    return Service(name=ServiceName(name), version=table.version or "", **_given(table, "version"))


def _environment(
    name: str, table: EnvironmentTable, groups: Mapping[str, Sequence[str]], named: Mapping[str, Sequence[StepName]]
) -> Environment:
    is_local = name == LOCAL
    return Environment(
        name=EnvironmentName(name),
        tag=not (is_local or table.instances) if table.tag is None else table.tag,
        stamp=is_local if table.stamp is None else table.stamp,
        services=is_local if table.services is None else table.services,
        rollout=_rollout(table.rollout),
        policy=Policy(**_given(table.policy)),
        url=table.url or "",
        ssh=SshSettings(**{**_given(table.ssh, "jump"), "jump": table.ssh.jump or ""}),
        balancer=_balancer(table.balancer) if table.balancer else None,
        hosts=hosts(table.hosts, groups),
        roles={process: hosts(on, groups) for process, on in table.roles.items()},
        gates=None if table.gates is None else _all(table.gates, named),
        **_given(
            table, "tag", "stamp", "services", "rollout", "policy", "url", "ssh", "balancer", "hosts", "roles", "gates"
        ),
    )


def _balancer(table: BalancerTable) -> Balancer:
    return Balancer(**{**_given(table), "backend": table.backend or "", "file": table.file or ""})


def _rollout(table: RolloutTable) -> Rollout:
    return replace(Rollout(**_given(table, "canary")), canary=tuple(_canary_step(text) for text in table.canary))


def _canary_step(text: str) -> CanaryStep:
    """`5% for 10m`, `25% for 1000 requests`."""
    weight, _, until = text.partition("% for ")
    count, _, unit = until.partition(" ")
    if unit:
        return CanaryStep(weight=int(weight), requests=int(count))
    return CanaryStep(weight=int(weight), lasts=duration(until))


def _given(table: Table, *but: str) -> dict[str, Any]:
    """What stands in the file; the model has the defaults. TOML has no null, so None can't be given."""
    return {name: _frozen(getattr(table, name)) for name in table.model_fields_set if name not in but}


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
