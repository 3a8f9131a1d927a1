"""The deployer is killed in the middle of the switch, and nobody comes to help."""

from __future__ import annotations

import signal

from ecluse.drill.customers import Customers
from ecluse.drill.faults import Fault
from ecluse.drill.observer import happens, send
from ecluse.drill.stage import Stage

LEASE = 5.0
TRUE_WITHIN = 5.0


def rehearse(stage: Stage) -> None:
    fault = Fault("route.after", "stop", stage.folder)
    story, shop = stage.story, stage.open(fault.variables, lease=LEASE)
    shop.sell("two")
    with Customers(shop.urls, shop.root) as customers:
        fault.arm()
        deployer = shop.begin("ship")
        stage.require(fault.comes(), f"no keeper reached {fault.point}")
        stage.require(happens(lambda: bool(shop.stopped_keeper()), 5), "no keeper stands still")
        keeper = shop.keepers()[shop.stopped_keeper()]
        deployer.kill()
        deployer.communicate()
        send(keeper, signal.SIGCONT, stage.folder)
        killed = story.note(f"the deployer is killed at {fault.point}, when new connections get the new release")
        true = happens(stage.is_status_true, TRUE_WITHIN)
        story.note(f"`ecluse status`: {stage.said()}")
        story.promise(
            f"within {TRUE_WITHIN:g} s `ecluse status` says what each host serves", kept=true,
            seen=f"{story.now - killed:.1f} s",
        )  # fmt: skip
        stage.recovers(killed, within=LEASE + 5, how="by themselves")
        stage.next_ship()
    story.lost_none(customers.count)
