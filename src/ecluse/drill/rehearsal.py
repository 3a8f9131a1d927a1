"""Rehearse scenarios one by one, each in a scratch folder of its own."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Protocol

from ecluse.drill.scenarios import bad_release, full_disk, killed_deployer, killed_keeper, lost_host
from ecluse.drill.scratch import clear, scratch
from ecluse.drill.shop import ShopError
from ecluse.drill.stage import NotPossibleError, Stage
from ecluse.drill.story import Event, Rehearsed, Story

Scenario = Callable[[Stage], None]

SCENARIOS: Mapping[str, Scenario] = {
    "bad-release": bad_release.rehearse,
    "killed-deployer": killed_deployer.rehearse,
    "killed-keeper": killed_keeper.rehearse,
    "lost-host": lost_host.rehearse,
    "full-disk": full_disk.rehearse,
}


class Audience(Protocol):
    """Whoever follows a rehearsal."""

    def begins(self, scenario: str) -> None: ...

    def hears(self, event: Event) -> None: ...

    def ends(self, rehearsed: Rehearsed) -> None: ...


def rehearse(
    names: Iterable[str], hosts: int, audience: Audience, scenarios: Mapping[str, Scenario] = SCENARIOS
) -> tuple[Rehearsed, ...]:
    """Each of them in turn. Also when it is interrupted nothing is left: no folder, process or file system."""
    with scratch() as folder:
        return tuple([_one(name, scenarios[name], folder, hosts, audience) for name in names])


def _one(name: str, scenario: Scenario, folder: Path, hosts: int, audience: Audience) -> Rehearsed:
    audience.begins(name)
    here, pantry, story = folder / name, folder / "pantry", Story(tell=audience.hears)
    here.mkdir()
    stage = Stage(folder=here, hosts=hosts, story=story, pantry=pantry)
    impossible = broke = ""
    try:
        scenario(stage)
        stage.close()
        stage.fill(pantry)
    except NotPossibleError as error:
        impossible = str(error)
    except (ShopError, OSError, subprocess.SubprocessError) as error:
        broke = str(error)
        story.note(f"! {broke}")
    finally:
        clear(here)
    rehearsed = Rehearsed(
        scenario=name,
        seconds=round(story.now, 1),
        timeline=tuple(story.timeline),
        promises=tuple(story.promises),
        recovery=story.recovery,
        answered=story.answered,
        lost=story.lost,
        impossible=impossible,
        broke=broke,
    )
    audience.ends(rehearsed)
    return rehearsed


def verdict(found: tuple[Rehearsed, ...], *, named: bool) -> str:
    """`held` or `broken`. What isn't possible here doesn't hold if it was asked for by name."""
    wanted = [one.outcome for one in found if named or one.outcome != "skipped"]
    return "held" if wanted and set(wanted) == {"held"} else "broken"
