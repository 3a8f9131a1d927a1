"""A release that is ill from the start, and one that turns bad once it serves."""

from __future__ import annotations

from ecluse.drill.customers import Customers
from ecluse.drill.faults import NONE
from ecluse.drill.shop import ILL
from ecluse.drill.stage import Stage

ROLLED_BACK = 3
TURNS_BAD_AFTER = 3.0
"""Seconds after its start; the gate takes less than one."""
AT_MOST = 15.0
"""Seconds in which a release that turned bad has lost its traffic again."""


def rehearse(stage: Stage) -> None:
    story, shop = stage.story, stage.open(NONE, watch="20s")
    old = stage.serves
    shop.sell("ill", health=ILL)
    with Customers(shop.urls, shop.root) as customers:
        story.note("ship a release whose health check answers 500")
        refused = shop.ecluse("ship")
        story.note(f"{refused.why}")
    story.lost_none(customers.count)
    others = {release: count for release, count in customers.count.by_release.items() if release != old}
    kept = refused.exit == ROLLED_BACK and not others
    story.promise("an ill release never gets a request", kept=kept, seen=f"exit {refused.exit}; {others or 'none'}")
    _turns_bad(stage)


def _turns_bad(stage: Stage) -> None:
    story, shop = stage.story, stage.shop
    shop.sell("worse", turns_bad_after=TURNS_BAD_AFTER)
    with Customers(shop.urls, shop.root) as customers:
        story.note(f"ship a release that is healthy, and answers 500 from its second {TURNS_BAD_AFTER:g} on")
        undone = shop.ecluse("ship")
        story.note(f"{undone.why}")
    count = customers.count
    story.served(count)
    bad = [float(line.split()[0]) for line in count.lost]
    story.recovery = round(max(bad) - min(bad), 2) if bad else None
    story.promise(
        f"a release that turns bad has no traffic any more after {AT_MOST:g} s",
        kept=undone.exit == ROLLED_BACK and bool(bad) and max(bad) - min(bad) <= AT_MOST,
        seen=f"exit {undone.exit}; errors for {story.recovery if bad else 'no'} s",
    )
    strangers = [line for line in count.lost if not line.endswith(f"status 500 of {undone.document['version']}")]
    story.promise(
        "what its customers lose are its own answers, no connection",
        kept=not strangers, seen=f"{len(count.lost) - len(strangers)} of {len(count.lost)} lost are its 500s",
    )  # fmt: skip
    stage.all_serve(stage.serves)
