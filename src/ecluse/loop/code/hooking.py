"""Putting hooks in their place, and taking them out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ecluse.loop.code.hooks import BEFORE, NAMES, Hook, State, state_of
from ecluse.ports.hooks import HooksFolder


def states(place: HooksFolder) -> Mapping[str, State]:
    return {name: state_of(place.text(name)) for name in NAMES}


def install(place: HooksFolder, wanted: Iterable[Hook], *, dry_run: bool) -> dict[str, str]:
    """What became of each: `current` or `installed`. Somebody's own is kept aside."""
    return {hook.name: _install(place, hook, dry_run=dry_run) for hook in wanted}


def uninstall(place: HooksFolder, *, dry_run: bool) -> dict[str, str]:
    """Ours go, and what was there before comes back: `removed` or `restored`; the state of all others."""
    return {name: _uninstall(place, name, dry_run=dry_run) for name in NAMES}


def _install(place: HooksFolder, hook: Hook, *, dry_run: bool) -> str:
    there = place.text(hook.name)
    if there == hook.text:
        return "current"
    if not dry_run:
        aside = f"{hook.name}{BEFORE}" if state_of(there) is State.OTHER else ""
        place.put(hook.name, hook.text, aside=aside)
    return "installed"


def _uninstall(place: HooksFolder, name: str, *, dry_run: bool) -> str:
    found = state_of(place.text(name))
    if found is not State.OURS:
        return found.value
    before = f"{name}{BEFORE}"
    is_back = place.text(before) is not None
    if not dry_run:
        place.remove(name)
        if is_back:
            place.bring_back(before, name)
    return "restored" if is_back else "removed"
