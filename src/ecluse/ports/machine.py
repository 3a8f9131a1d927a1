"""What this machine can do, as facts."""

from __future__ import annotations

from ecluse.model.values import frozen


@frozen
class Offer:
    """A kind of service: `folder` holds its programs, empty where there are none; `add` is the command that brings
    them; `can_fetch`: they come by themselves when they are needed."""

    kind: str
    version: str
    folder: str
    add: str
    can_fetch: bool = False


@frozen
class Machine:
    """Read once, without changing anything. None means that it could not be found out."""

    system: str
    kernel: str
    python: str
    git: str
    """Version of git, empty when there is none."""
    kernel_routing: bool
    """SO_ATTACH_REUSEPORT_CBPF is accepted."""
    ptrace_scope: int | None
    """Yama's setting (kernel.yama.ptrace_scope); None where the kernel has no Yama."""
    user: str
    root: bool
    lingers: bool | None
    """Whether systemd keeps this user's processes after logout; None where systemd doesn't run."""
    kills_user_processes: bool | None
    """logind's KillUserProcesses."""
    first_free_port: int
    """Ports below this one need a privilege (net.ipv4.ip_unprivileged_port_start)."""
    free_bytes: int
    """On the file system of the home."""
    step_layer: str
    """How descendants of steps are owned: `namespace`, …"""
    interpreters: tuple[str, ...]
    veils: bool = True
    """What steps run can be kept from what isn't theirs."""
    services: tuple[Offer, ...] = ()
