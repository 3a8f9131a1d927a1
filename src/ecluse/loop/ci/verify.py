"""Asking the forge whether the pins are what it calls by their versions now."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from ecluse.loop.ci.pins import Pin, pins
from ecluse.model.verdict import Answer, Verdict
from ecluse.ports.commands import Command, Finished
from ecluse.ports.world import World

FORGE = "https://github.com"
PASSED = ("PATH", "HOME", "HTTPS_PROXY", "https_proxy", "SSL_CERT_FILE", "GIT_SSL_CAINFO")
PATIENCE = timedelta(seconds=30)


async def verify_pins(world: World, forge: str = FORGE) -> tuple[Verdict, ...]:
    """One for each action. A forge that doesn't answer has checked nothing."""
    return tuple([verdict_of(pin, await _asked(pin, world, forge)) for pin in pins().values()])


async def _asked(pin: Pin, world: World, forge: str) -> Finished:
    tag = f"refs/tags/{pin.version}"
    argv = ("git", "-c", "credential.helper=", "ls-remote", f"{forge}/{pin.name}", tag, f"{tag}^{{}}")
    env = {name: world.env[name] for name in PASSED if name in world.env} | {"GIT_TERMINAL_PROMPT": "0"}
    return await world.commands.run(Command(argv=argv, folder=world.home, env=env, timeout=PATIENCE))


def verdict_of(pin: Pin, said: Finished) -> Verdict:
    """Pure. Of an annotated tag the line with `^{}` is the commit (git-ls-remote(1)); it comes last."""
    gate = f"{pin.name} {pin.version}"
    found = list(commits(said.output.splitlines()))
    if not said.ok or not found:
        return Verdict(gate=gate, answer=Answer.NOT_CHECKED, evidence=tuple(said.output.splitlines()[-1:]))
    if found[-1] == pin.commit:
        return Verdict(gate=gate, answer=Answer.PASSED, evidence=(pin.commit,))
    return Verdict(gate=gate, answer=Answer.FAILED, evidence=(f"it is {found[-1]} there, and {pin.commit} here",))


def commits(lines: Iterable[str]) -> Iterable[str]:
    return (line.split("\t")[0] for line in lines if "\trefs/tags/" in line)
