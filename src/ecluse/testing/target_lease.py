"""The target's contract: who may change it."""

from __future__ import annotations

import pytest

from ecluse.model.holder import Holder
from ecluse.model.problem import Exit, ProblemError
from ecluse.model.slot import Slot, Weights
from ecluse.ports.target import Target
from ecluse.testing.target_fixtures import (
    FIRST,
    LEASE,
    SHORT,
    Later,
    TargetFixtures,
    Versions,
    quiet,
    refusal,
)


class LeaseContract(TargetFixtures):
    """One holder at a time, and an end to it."""

    async def test_each_take_has_a_greater_generation(self, target: Target, holder: Holder) -> None:
        first = await target.take(holder, LEASE)
        await target.give_back(first)
        second = await target.take(holder, LEASE)
        assert second.generation > first.generation

    async def test_a_held_lease_is_refused_and_names_its_holder(
        self, target: Target, holder: Holder, other: Holder
    ) -> None:
        await target.take(holder, LEASE)
        with pytest.raises(ProblemError) as error:
            await target.take(other, LEASE)
        assert (error.value.problems[0].code, error.value.exit) == ("K010", Exit.BUSY)
        assert holder.user in str(error.value)

    async def test_the_lease_is_seen(self, target: Target, holder: Holder) -> None:
        grant = await target.take(holder, LEASE)
        seen = (await target.observe()).lease
        assert seen is not None
        assert (seen.holder, seen.generation) == (holder, grant.generation)
        assert 0 < seen.left <= LEASE.total_seconds()

    async def test_whether_its_holder_is_gone_is_seen(self, target: Target, holder: Holder, gone: Holder) -> None:
        grant = await target.take(holder, LEASE)
        seen = (await target.observe()).lease
        assert seen is not None
        assert not seen.gone
        await target.give_back(grant)
        await target.take(gone, LEASE)
        seen = (await target.observe()).lease
        assert seen is not None
        assert (seen.holder, seen.gone) == (gone, True)

    async def test_a_lease_given_back_is_free(self, target: Target, holder: Holder, other: Holder) -> None:
        grant = await target.take(holder, LEASE)
        await target.give_back(grant)
        await target.give_back(grant)
        assert (await target.observe()).lease is None
        assert (await target.take(other, LEASE)).generation > grant.generation

    async def test_who_took_it_twice_gives_it_back_with_either_grant(
        self, target: Target, holder: Holder, other: Holder
    ) -> None:
        first = await target.take(holder, LEASE)
        await target.take(holder, LEASE)
        await target.give_back(first)
        assert (await target.observe()).lease is None
        await target.take(other, LEASE)
        await target.give_back(first)
        assert (await target.observe()).lease is not None

    async def test_an_expired_lease_is_taken_over(
        self, target: Target, holder: Holder, other: Holder, later: Later
    ) -> None:
        await target.take(holder, SHORT)
        await later(SHORT.total_seconds() + 0.1)
        await target.take(other, LEASE)

    async def test_renewing_keeps_the_lease(self, target: Target, holder: Holder, other: Holder, later: Later) -> None:
        grant = await target.take(holder, SHORT)
        await later(SHORT.total_seconds() / 2)
        await target.renew(grant)
        await later(SHORT.total_seconds() * 0.6)
        assert await refusal(target.take(other, LEASE)) == ("K010", Exit.BUSY)

    async def test_a_holder_that_is_gone_is_taken_over(self, target: Target, gone: Holder, other: Holder) -> None:
        await target.take(gone, LEASE)
        await target.take(other, LEASE)

    async def test_a_greater_generation_may_be_asked_for(self, target: Target, holder: Holder) -> None:
        assert (await target.take(holder, LEASE, 41)).generation == 41
        assert (await target.take(holder, LEASE, 7)).generation == 42

    async def test_a_holder_can_be_evicted(self, target: Target, holder: Holder, other: Holder) -> None:
        old = await target.take(holder, LEASE)
        evicted = await target.evict("somebody")
        assert evicted is not None
        assert evicted.holder == holder
        assert await refusal(target.renew(old)) == ("K011", Exit.BUSY)
        assert await refusal(target.stop(old, Slot.BLUE)) == ("K011", Exit.BUSY)
        assert (await target.take(other, LEASE)).generation > old.generation

    async def test_where_nobody_holds_it_nobody_is_evicted(self, target: Target) -> None:
        assert await target.evict("somebody") is None

    async def test_who_waits_first_comes_first(
        self, target: Target, holder: Holder, other: Holder, gone: Holder
    ) -> None:
        grant = await target.take(gone, LEASE)
        first = await target.wait(holder, 0)
        second = await target.wait(other, 0)
        assert (first.before, second.before) == (0, 1)
        assert await target.wait(other, second.ticket) == second
        await target.give_back(grant)
        assert (await refusal(target.take(other, LEASE)))[0] == "K010"
        await target.give_back(await target.take(holder, LEASE))
        await target.take(other, LEASE)

    async def test_whoever_holds_it_takes_it_again_though_others_wait(
        self, target: Target, holder: Holder, other: Holder
    ) -> None:
        first = await target.take(holder, LEASE)
        await target.wait(other, 0)
        again = await target.take(holder, LEASE, first.generation + 5)
        assert again.generation == first.generation + 5
        await target.give_back(again)
        assert (await refusal(target.take(holder, LEASE)))[0] == "K010"
        await target.give_back(await target.take(other, LEASE))

    async def test_an_older_generation_is_refused(self, target: Target, holder: Holder, running: Versions) -> None:
        old = await target.take(holder, SHORT)
        new = await target.take(holder, LEASE)
        wanted = running("1.0.0")
        for call in (
            target.renew(old),
            target.stage(old, wanted, quiet),
            target.begin(old, FIRST, wanted, Slot.BLUE),
            target.start(old, wanted, Slot.BLUE),
            target.route(old, Weights.all_to(Slot.BLUE)),
            target.stop(old, Slot.BLUE),
            target.shut(old),
        ):
            assert await refusal(call) == ("K011", Exit.BUSY)
        await target.renew(new)

    async def test_an_expired_grant_is_refused(self, target: Target, holder: Holder, later: Later) -> None:
        grant = await target.take(holder, SHORT)
        await later(SHORT.total_seconds() + 0.1)
        assert await refusal(target.stop(grant, Slot.BLUE)) == ("K011", Exit.BUSY)
