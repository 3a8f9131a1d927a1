"""A host's keeper is killed in the middle of the switch."""

from __future__ import annotations

from ecluse.drill.customers import Customers
from ecluse.drill.faults import Fault
from ecluse.drill.observer import happens, is_alive
from ecluse.drill.shop import ended
from ecluse.drill.stage import Stage

BACK_WITHIN = 5.0


def rehearse(stage: Stage) -> None:
    fault = Fault("route.after", "kill", stage.folder)
    story, shop = stage.story, stage.open(fault.variables)
    shop.sell("two")
    before = shop.keepers()
    with Customers(shop.urls, shop.root) as customers:
        fault.arm()
        deployer = shop.begin("ship")
        stage.require(fault.comes(), f"no keeper reached {fault.point}")
        killed = story.note(f"a keeper is killed at {fault.point}")
        another = happens(lambda: _is_replaced(before, shop.keepers()), BACK_WITHIN)
        story.recovered(killed)
        story.promise("another keeper takes over", kept=another, seen=f"after {story.recovery} s")
        done = ended(deployer)
        story.note(f"ship: {done.why}")
        story.promise("the deployment goes on", kept=done.exit == 0, seen=done.why)
        stage.all_serve(str(done.document.get("version")))
    story.lost_none(customers.count)


def _is_replaced(before: dict[str, int], now: dict[str, int]) -> bool:
    changed = [pid for host, pid in now.items() if pid != before[host]]
    return bool(changed) and all(is_alive(pid) for pid in now.values())
