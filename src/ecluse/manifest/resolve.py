"""From what the manifest says to the App that it declares."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ecluse.manifest.amounts import duration
from ecluse.manifest.groups import hosts
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
    ReleasePolicy,
    Step,
)
from ecluse.model.balancer import Balancer
from ecluse.model.cache import CachePolicy
from ecluse.model.ci import CiPolicy
from ecluse.model.host import HERE_PREFIX, SshSettings
from ecluse.model.ids import EnvironmentName, ProcessName, ServiceName, StepName
from ecluse.model.package import canonical
from ecluse.model.policy import Policy
from ecluse.model.rollout import CanaryStep, Rollout
from ecluse.model.security import OUTPUTS, SECURITY, Scanner, SecurityPolicy, Severity, Source
from ecluse.model.service import Service

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ecluse.manifest.schema.balancer import BalancerTable
    from ecluse.manifest.schema.environment import EnvironmentTable, RolloutTable
    from ecluse.manifest.schema.key import Table
    from ecluse.manifest.schema.manifest import Manifest
    from ecluse.manifest.schema.process import ProcessTable
    from ecluse.manifest.schema.security import SecurityTable
    from ecluse.manifest.schema.service import ServiceTable
    from ecluse.manifest.schema.step import StepTable

LOCAL = EnvironmentName("local")


def resolve(manifest: Manifest) -> App:
    """The App; the manifest has been checked, so nothing can go wrong here."""
    groups = manifest.groups
    steps = tuple(_step(name, table, manifest) for name, table in manifest.steps.items())
    security = _security(manifest.security) if manifest.security else None
    declared = tuple(_environment(name, table, groups) for name, table in manifest.environments.items())
    environments = tuple(environment for environment in declared if not environment.instances)
    return App(
        processes=tuple(_process(name, table) for name, table in manifest.processes.items()),
        steps=(*steps, *([security_step(security)] if security else ())),
        gates=Gates(**_given(manifest.gates)),
        cache=CachePolicy(**_given(manifest.cache)),
        ci=CiPolicy(**_given(manifest.ci)),
        security=security,
        build=Build(**_given(manifest.build)),
        frontend=Frontend(**_given(manifest.frontend)) if manifest.frontend else None,
        release=ReleasePolicy(**_given(manifest.release)),
        services=tuple(_service(name, table) for name, table in manifest.services.items()),
        groups={name: hosts(named, groups) for name, named in groups.items()},
        environments=environments or (Environment(name=LOCAL, tag=False, stamp=True, services=True),),
        patterns=tuple(environment for environment in declared if environment.instances),
        **_given(manifest.app),
    )


def _process(name: str, table: ProcessTable) -> Process:
    return Process(
        name=ProcessName(name),
        health=Health(**_given(table.health)) if table.health else None,
        limits=Limits(**_given(table.limits)),
        **_given(table, "health", "limits"),
    )


def _step(name: str, table: StepTable, manifest: Manifest) -> Step:
    reaches = bool(table.playbook or table.fabric)
    step = Step(
        name=StepName(name),
        playbook=table.playbook or "",
        fabric=table.fabric or "",
        evidence=Evidence(
            junit=table.junit or "", coverage=table.coverage or "", known_failures=table.known_failures or ""
        ),
        **_given(table, "junit", "coverage", "known_failures", "playbook", "fabric", "hosts"),
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


def _environment(name: str, table: EnvironmentTable, groups: Mapping[str, Sequence[str]]) -> Environment:
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
        roles={process: hosts(named, groups) for process, named in table.roles.items()},
        **_given(table, "tag", "stamp", "services", "rollout", "policy", "url", "ssh", "balancer", "hosts", "roles"),
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
