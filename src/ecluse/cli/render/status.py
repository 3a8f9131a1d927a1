"""What serves, as text."""

from __future__ import annotations

from datetime import datetime

import click

from ecluse.cli.render.processes import off_line
from ecluse.loop.monitor.status import EnvironmentStatus, HostStatus
from ecluse.model.counted import counted
from ecluse.model.observed import LeaseSeen, Observed, OpenDeployment, ServiceSeen, SlotSeen

NOTHING_SERVES = {
    "empty": "nothing was deployed yet; begin with: ecluse ship",
    "stopped": "stopped; nothing serves",
}
COLOURS = {"healthy": "green", "unhealthy": "red", "down": "red", "unknown": "yellow", "unchecked": "yellow"}


def text(found: tuple[EnvironmentStatus, ...], now: datetime) -> None:
    for status in found:
        click.echo(headline(status))
        if status.why:
            click.echo(f"  {status.why}")
        for host in status.hosts:
            if not status.is_single:
                click.echo(host_line(host))
            if host.seen is not None:
                observed(host.seen, now, status.name)
            if host.is_drained or (host.seen and host.seen.drained_by):
                click.secho(f"  {drained_line(host, status.name)}", fg="yellow")
        for machine, problem in status.unbalanced.items():
            click.secho(f"  ! the balancer on {machine}: {problem.what} [{problem.code}]", fg="yellow")
        for process in status.off if status.phase not in NOTHING_SERVES else ():
            click.echo(f"  {off_line(process)}")
        if status.state and status.phase not in NOTHING_SERVES:
            click.echo(f"  data that outlives releases: {', '.join(status.state)}")


def headline(status: EnvironmentStatus) -> str:
    seen = status.seen
    serving = seen.slot(seen.serving) if seen and seen.serving else None
    if serving is None and status.phase in NOTHING_SERVES:
        return f"{click.style(status.name, bold=True)}  {NOTHING_SERVES[status.phase]}"
    version = serving.version if serving else "nothing"
    health = click.style(status.health, fg=COLOURS.get(status.health))
    url = f"  {status.opened_at}" if seen and seen.serving else ""
    return f"{click.style(status.name, bold=True)}  {status.phase}  {version}  {health}{url}"


def host_line(host: HostStatus) -> str:
    url = f"  {host.seen.url}" if host.seen else f"  {host.why}"
    return f" {click.style(host.name, bold=True)}  {click.style(host.health, fg=COLOURS.get(host.health))}{url}"


def observed(seen: Observed, now: datetime, name: str) -> None:
    for slot in seen.slots:
        if slot.release is not None:
            click.echo(slot_line(slot, now))
            for process in slot.processes:
                age = duration((now - process.started_at).total_seconds()) if process.started_at else "-"
                ended = f", last: {process.last_exit}" if process.last_exit else ""
                pid = f"pid {process.pid}  " if process.pid else ""
                click.echo(
                    f"    {process.name:<12} {pid}{process.state} {age}  {counted(process.restarts, 'restart')}{ended}"
                )
    for service in seen.services:
        click.echo(f"  {service_line(service, now)}")
    if seen.open is not None:
        click.secho(f"  {open_line(seen.open, name)}", fg="yellow")
    if seen.lease is not None:
        click.secho(f"  {lease_line(seen.lease, seen.open)}", fg="yellow")
    for warning in seen.warnings:
        click.secho(f"  ! {warning}", fg="yellow")


def drained_line(host: HostStatus, name: str) -> str:
    """By a deployment that is over: whoever comes next puts it back; by a person: a person does."""
    by = host.seen.drained_by if host.seen else None
    if not by:
        return f"drained, the balancer gives it no requests: ecluse balancer undrain {host.name} {name}"
    if host.seen and host.seen.open and host.seen.open.id == by:
        return f"drained by deployment {by}, which is under way"
    return f"drained by deployment {by}, which is over: the next command puts it back into the balancer"


def service_line(service: ServiceSeen, now: datetime) -> str:
    age = f" {duration((now - service.started_at).total_seconds())}" if service.started_at and service.pid else ""
    where = f"  {service.host}:{service.port}" if service.pid else ""
    ended = f", last: {service.last_exit}" if service.last_exit else ""
    state = service.state if service.state == "running" else click.style(service.state, fg="yellow")
    named = f"{service.name:<8} {service.kind} {service.version}".rstrip()
    return f"{named}  {state}{age}{where}  {counted(service.restarts, 'restart')}{ended}"


def open_line(opened: OpenDeployment, name: str) -> str:
    if opened.held:
        return f"{opened.version} waits for a person: ecluse promote {name}, or ecluse undo {name}"
    decided = ", decided" if opened.decided else ""
    return f"open deployment of {opened.version}{decided}, last move: {opened.last_move}"


def lease_line(lease: LeaseSeen, opened: OpenDeployment | None) -> str:
    """Whose process has ended is said, and what comes of the deployment that it left."""
    holder = lease.holder
    held = f"held by {holder.user}@{holder.host} (pid {holder.pid}): {holder.command}"
    if not lease.gone:
        return held
    end = "free" if opened is None or opened.held else "finished" if opened.decided else "undone"
    return f"{held} (gone; {end} in {max(lease.left, 0):.0f} s, or now by the next command)"


def slot_line(slot: SlotSeen, now: datetime) -> str:
    failed = slot.counters.statuses.get("5xx", 0)
    warm = f", warm for {duration((slot.warm_until - now).total_seconds())}" if slot.warm_until else ""
    asked = counted(slot.counters.requests, "request")
    seen = f", {asked} ({failed} of 5xx)" if "counts" in slot.guarantees else ""
    return f"  {slot.slot:<6} {slot.weight:3} %  {slot.state}  {slot.version}{seen}{warm}"


def duration(seconds: float) -> str:
    """`45 s`, `12 min`, `3 h`, `5 d`."""
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{max(seconds, 0):.0f} s"
