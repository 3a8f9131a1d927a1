"""What a command does for tickets when its own work is done."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from ecluse.loop.tickets.telling import Telling, is_time, tell_due
from ecluse.model.app import App
from ecluse.model.counted import counted
from ecluse.model.problem import Problem, ProblemError
from ecluse.model.tracker import Tickets
from ecluse.ports.world import World


async def tell_patiently(app: App, tickets: Tickets, world: World, within: timedelta) -> Telling:
    """As `tell_due`, and again for as long as the tracker wants to be left alone for no longer than there is time: many
    comments at once are more than some take, and in CI there is no next command."""
    until = world.clock.now() + within
    whole = Telling()
    while True:
        part = await tell_due(app, tickets, world, until - world.clock.now())
        whole.told += part.told
        whole.failed, whole.trouble = part.failed, [*(one for one in whole.trouble if one[0]), *part.trouble]
        pause = part.failed
        if not pause or not pause.patience or world.clock.now() + timedelta(seconds=pause.patience) >= until:
            return whole
        world.reporter.note(f"{pause.why}: waiting")
        await world.clock.sleep(pause.patience)


async def tell_tickets(app: App, world: World, show: Callable[[Problem], None]) -> None:
    """Within the tracker's budget, and only if it may be asked again. Nothing that goes wrong here changes what the
    command has done: a Problem is shown once, as long as it is the same, and an interrupt leaves the rest to the next
    command."""
    if app.tickets is None:
        return
    try:
        before = world.ledger.state().outbox
        if not is_time(before, world.clock.now()):
            return
        telling = await tell_due(app, app.tickets, world, app.tickets.budget)
    except asyncio.CancelledError:
        world.reporter.note("tickets are told by the next command")
        return
    except ProblemError as error:
        world.reporter.note(f"! tickets are told by the next command: {error}")
        return
    except Exception as error:  # noqa: BLE001  an error of ours: the deploy is done, and stays so
        world.reporter.note(f"! tickets are told by the next command: {_place_of(error)}, please report it")
        return
    for problem in telling.problems:
        if problem.code != before.tracker.code:
            show(problem)
    told = list(dict.fromkeys(one.ticket for one in telling.told if one.outcome == "told"))
    if told:
        world.reporter.note(f"told {counted(len(told), 'ticket')}: {', '.join(told)}")


def _place_of(error: Exception) -> str:
    """Without its text, which may hold what the tracker was sent."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} in {Path(last.filename).name}, line {last.lineno}"
