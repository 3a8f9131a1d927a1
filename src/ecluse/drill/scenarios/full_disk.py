"""The disk that holds everything fills up to the last byte."""

from __future__ import annotations

from ecluse.drill.customers import Customers
from ecluse.drill.faults import NONE
from ecluse.drill.scratch import fill, small_disk
from ecluse.drill.stage import NotPossibleError, Stage

SIZE = "240m"
WEIGHT = 4 * 1024 * 1024
"""Bytes that the new release needs: more than ledger and host keep for emergencies, which may do for a small one."""


def rehearse(stage: Stage) -> None:
    disk = stage.folder / "disk"
    if why := small_disk(disk, SIZE):
        raise NotPossibleError(f"a small file system can't be mounted ({why}); it takes root")
    story, shop = stage.story, stage.open(NONE, hosts=1, folder=disk)
    first = stage.serves
    shop.sell("two")
    second = shop.ship()
    (shop.root / "catalogue.txt").write_text("." * WEIGHT)
    shop.sell("three")
    with Customers(shop.urls, shop.root) as customers:
        filling = fill(disk)
        full = story.note(f"not a byte is left of {SIZE}")
        story.promise("`ecluse status` still tells the truth", kept=stage.is_status_true(), seen=stage.said())
        _a_ship_changes_nothing(stage)
        back = shop.ecluse("rollback")
        story.note(f"rollback: {back.why}")
        now = set(shop.answering().values())
        story.promise("one can still go back", kept=back.exit == 0 and now == {first}, seen=f"{back.why}; serves {now}")
        story.recovered(full)
        filling.unlink()
        story.note("there is room again")
        stage.next_ship(beside={first, second})
    story.lost_none(customers.count)


def _a_ship_changes_nothing(stage: Stage) -> None:
    """A new release can't be made without room; what serves must not notice."""
    served = stage.shop.answering()
    refused = stage.shop.ecluse("ship")
    stage.story.note(f"ship: {refused.why}")
    stage.story.promise(
        "a ship on a full disk fails and changes nothing",
        kept=refused.exit != 0 and stage.shop.answering() == served,
        seen=f"{refused.why}; serves {set(served.values())}",
    )  # fmt: skip
