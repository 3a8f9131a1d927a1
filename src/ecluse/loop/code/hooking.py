"""Putting hooks in their place, and taking them out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ecluse.loop.code.hooks import BEFORE, NAMES, Hook, State, folders_of, state_of, taken
from ecluse.model.problem import ProblemError
from ecluse.ports.hooks import HooksFolder


def states(place: HooksFolder) -> Mapping[str, State]:
    return {name: state_of(place.text(name)) for name in NAMES}


def folders(place: HooksFolder) -> tuple[str, ...]:
    """Of the apps that have hooks: each repository has one of a kind, for all of them."""
    return tuple({folder for name in NAMES for folder in folders_of(place.text(name))})


def install(place: HooksFolder, wanted: Iterable[Hook], *, dry_run: bool) -> dict[str, str]:
    """What became of each: `current` or `installed`. Somebody's own is kept aside. ProblemError C014 where one was kept
    aside before, which would be lost."""
    wanted = tuple(wanted)
    if twice := [hook.name for hook in wanted if _is_twice(place, hook.name)]:
        raise ProblemError(taken(twice))
    return {hook.name: _install(place, hook, dry_run=dry_run) for hook in wanted}


def uninstall(place: HooksFolder, *, dry_run: bool) -> dict[str, str]:
    """Ours go, and what was there before comes back: `removed` or `restored`; the state of all others."""
    return {name: _uninstall(place, name, dry_run=dry_run) for name in NAMES}


def _is_twice(place: HooksFolder, name: str) -> bool:
    return state_of(place.text(name)) is State.OTHER and place.text(f"{name}{BEFORE}") is not None


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
