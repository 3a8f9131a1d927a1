"""By which names the app lets itself be asked. Pure."""

from __future__ import annotations

from ecluse.loop.plan.proposing.locked import Note
from ecluse.manifest.detect.django import ANY
from ecluse.manifest.detect.facts import Fact, Kind, every, first, values

LOCAL_NAMES = ("localhost", "127.0.0.1")
"""What a person's browser may send, the one that is sent first."""
BY_NAME = "http://localhost:{port}"


def host_of(facts: tuple[Fact, ...], note: Note) -> str:
    """`localhost`, unless the app says that it accepts other names only."""
    hosts = values(facts, Kind.HOST)
    known = next((name for name in LOCAL_NAMES if name in hosts), "" if hosts else LOCAL_NAMES[0])
    if known != LOCAL_NAMES[0]:
        note("processes.web.health.host", first(facts, Kind.HOST))
    return known or hosts[0]


def url_of(facts: tuple[Fact, ...], note: Note) -> str:
    """By its name, where the code says that it admits that and not the address."""
    admitted = [fact for fact in every(facts, Kind.HOST) if fact.value in LOCAL_NAMES or fact.label == ANY]
    if [(fact.value, fact.label) for fact in admitted] != [(LOCAL_NAMES[0], "")]:
        return ""
    note("environments.local.url", f"{admitted[0].place} admits localhost, not 127.0.0.1")
    return BY_NAME
