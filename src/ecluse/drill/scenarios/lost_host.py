"""A host stops answering in the middle of the switch, and returns. Its keeper is stopped; what it serves, serves on."""

from __future__ import annotations

import signal

from ecluse.drill.customers import Customers
from ecluse.drill.faults import Fault
from ecluse.drill.observer import happens, release_at, send
from ecluse.drill.shop import Shop, ended
from ecluse.drill.stage import Stage

LEASE = 8.0
UNREACHABLE = 5
BACK_WITHIN, TOLD_WITHIN = 15.0, 30.0


def rehearse(stage: Stage) -> None:
    fault = Fault("route.after", "stop", stage.folder)
    story, shop = stage.story, stage.open(fault.variables, lease=LEASE)
    shop.sell("two")
    with Customers(shop.urls, shop.root) as customers:
        fault.arm()
        deployer = shop.begin("ship")
        stage.require(fault.comes(), f"no keeper reached {fault.point}")
        stage.require(happens(lambda: bool(shop.stopped_keeper()), 5), "no keeper stands still")
        host = shop.stopped_keeper()
        keeper = shop.keepers()[host]
        lost = story.note(f"{host} stops answering at {fault.point}, when new connections get the new release")
        others = [name for name in shop.names if name != host]
        back_at_once = happens(lambda: _all_serve(shop, others, stage.serves), TOLD_WITHIN)
        if others:
            others_back = story.note(f"the other hosts serve {stage.serves}" if back_at_once else "they don't go back")
            story.promise(
                f"the other hosts are back within {BACK_WITHIN:g} s",
                kept=back_at_once and others_back - lost <= BACK_WITHIN, seen=f"{others_back - lost:.1f} s",
            )  # fmt: skip
        done = ended(deployer, TOLD_WITHIN * 2)
        told = story.note(f"ship: {done.why}") - lost
        story.promise(
            f"the deployer gives up within {TOLD_WITHIN:g} s and doesn't call it a success",
            kept=done.exit == UNREACHABLE and told <= TOLD_WITHIN, seen=f"exit {done.exit} after {told:.1f} s",
        )  # fmt: skip
        named = shop.status()[host]
        story.note(f"`ecluse status`: {stage.said()}")
        story.promise(
            "`ecluse status` names the host that is lost", kept=named["health"] == "unknown",
            seen=f"{host} is {named['health']}",
        )  # fmt: skip
        served = shop.answering()
        missed = shop.ecluse("ship")
        story.note(f"another ship: {missed.why}")
        story.promise(
            "while it is away a ship changes nothing", kept=missed.exit == UNREACHABLE and shop.answering() == served,
            seen=missed.why,
        )  # fmt: skip
        send(keeper, signal.SIGCONT, stage.folder)
        back = story.note(f"{host} is back")
        stage.recovers(back, within=LEASE + 5, how="without a command")
        stage.next_ship()
    story.lost_none(customers.count)


def _all_serve(shop: Shop, names: list[str], release: str) -> bool:
    return all(release_at(shop.urls[name]) == release for name in names)
