"""The target's contract: slots, releases and traffic."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from ecluse.model.holder import Holder
from ecluse.model.observed import SlotState
from ecluse.model.problem import Exit
from ecluse.model.slot import Slot, Weights
from ecluse.ports.target import Lines, SplitsTraffic, Target, Upgrades
from ecluse.testing.target_fixtures import (
    FIRST,
    LEASE,
    QUESTION,
    SECOND,
    TargetFixtures,
    Versions,
    checked,
    quiet,
    refusal,
)
from ecluse.testing.terminal import HeardTerminal


class SlotContract(TargetFixtures):
    """What runs, and who gets traffic."""

    async def test_nothing_there_is_empty_not_an_error(self, target: Target) -> None:
        seen = await target.observe()
        assert [slot.state for slot in seen.slots] == [SlotState.EMPTY, SlotState.EMPTY]
        assert (seen.serving, seen.open, seen.lease, seen.finished) == (None, None, None, ())

    async def test_staging_may_be_repeated_and_starts_nothing(
        self, target: Target, holder: Holder, running: Versions
    ) -> None:
        grant = await target.take(holder, LEASE)
        await target.stage(grant, running("1.0.0"), quiet)
        await target.stage(grant, running("1.0.0"), quiet)
        assert all(slot.state is SlotState.EMPTY for slot in (await target.observe()).slots)

    async def test_a_started_release_runs_without_traffic(
        self, target: Target, holder: Holder, running: Versions
    ) -> None:
        grant = await target.take(holder, LEASE)
        wanted = running("1.0.0")
        await self._started(target, wanted, Slot.GREEN, FIRST, grant)
        seen = await target.observe()
        green = seen.slot(Slot.GREEN)
        assert (green.release, green.version, green.weight) == (wanted.release.id, "1.0.0", 0)
        assert green.state is SlotState.RUNNING
        assert [process.state for process in green.processes] == ["running"] * len(wanted.processes)
        assert seen.serving is None

    async def test_starting_again_starts_nothing(self, target: Target, holder: Holder, running: Versions) -> None:
        grant = await target.take(holder, LEASE)
        await self._started(target, running("1.0.0"), Slot.BLUE, FIRST, grant)
        before = (await target.observe()).slot(Slot.BLUE).processes
        await target.start(grant, running("1.0.0"), Slot.BLUE)
        after = (await target.observe()).slot(Slot.BLUE).processes
        assert [process.pid for process in after] == [process.pid for process in before]

    async def test_a_port_that_can_be_had_is_no_trouble_before_and_while_it_serves(
        self, target: Target, holder: Holder, running: Versions
    ) -> None:
        wanted = running("1.0.0")
        there = wanted.environment
        await target.require_port(there.address, there.port)
        await target.require_port(there.address, there.port)
        grant = await target.take(holder, LEASE)
        await target.require_port(there.address, there.port)
        await self._deployed(target, wanted, Slot.BLUE, FIRST, grant)
        await target.require_port(there.address, there.port)

    async def test_a_taken_port_is_told_before_anything_is_started(
        self, target: Target, holder: Holder, running: Versions, taken: int
    ) -> None:
        there = running("1.0.0").environment
        assert await refusal(target.require_port(there.address, taken)) == ("K020", Exit.REFUSED)
        grant = await target.take(holder, LEASE)
        assert await refusal(target.require_port(there.address, taken)) == ("K020", Exit.REFUSED)
        moved = replace(running("1.0.0"), environment=replace(there, port=taken))
        await target.stage(grant, moved, quiet)
        assert await refusal(target.start(grant, moved, Slot.BLUE)) == ("K020", Exit.REFUSED)

    async def test_what_serves_does_not_move_to_another_port(
        self, target: Target, holder: Holder, running: Versions
    ) -> None:
        grant = await target.take(holder, LEASE)
        there = running("1.0.0").environment
        await self._deployed(target, running("1.0.0"), Slot.BLUE, FIRST, grant)
        assert await refusal(target.require_port(there.address, there.port + 1)) == ("K021", Exit.REFUSED)
        moved = replace(running("2.0.0"), environment=replace(there, port=there.port + 1))
        await target.stage(grant, moved, quiet)
        assert await refusal(target.start(grant, moved, Slot.GREEN)) == ("K021", Exit.REFUSED)

    async def test_each_slot_is_asked_in_private(self, target: Target, holder: Holder, running: Versions) -> None:
        grant = await target.take(holder, LEASE)
        await self._deployed(target, running("1.0.0"), Slot.BLUE, FIRST, grant)
        await self._started(target, running("2.0.0"), Slot.GREEN, SECOND, grant)
        for _ in range(5):
            assert b"1.0.0" in (await target.ask(Slot.BLUE, QUESTION)).body
            assert b"2.0.0" in (await target.ask(Slot.GREEN, QUESTION)).body

    async def test_an_empty_slot_does_not_answer_and_says_why(self, target: Target, holder: Holder) -> None:
        await target.take(holder, LEASE)
        answer = await target.ask(Slot.GREEN, QUESTION)
        assert answer.status == 0
        assert answer.why

    async def test_each_slot_is_judged_by_its_own_health_check(
        self, target: Target, holder: Holder, running: Versions
    ) -> None:
        grant = await target.take(holder, LEASE)
        well, ill = (checked(running(version), status) for version, status in (("1.0.0", 200), ("2.0.0", 418)))
        await self._started(target, well, Slot.BLUE, FIRST, grant)
        await target.stage(grant, ill, quiet)
        await target.start(grant, ill, Slot.GREEN)
        await self._answers(target, Slot.GREEN, ill)
        assert await target.flaw(Slot.BLUE) == ""
        assert "/" in await target.flaw(Slot.GREEN)
        await target.stop(grant, Slot.GREEN)
        assert "green" in await target.flaw(Slot.GREEN)

    async def test_a_release_without_a_health_check_has_no_flaw(
        self, target: Target, holder: Holder, running: Versions
    ) -> None:
        grant = await target.take(holder, LEASE)
        await self._started(target, running("1.0.0"), Slot.BLUE, FIRST, grant)
        assert await target.flaw(Slot.BLUE) == ""

    async def test_a_slot_with_traffic_is_not_replaced(self, target: Target, holder: Holder, running: Versions) -> None:
        grant = await target.take(holder, LEASE)
        await self._deployed(target, running("1.0.0"), Slot.BLUE, FIRST, grant)
        await target.stage(grant, running("2.0.0"), quiet)
        assert (await refusal(target.start(grant, running("2.0.0"), Slot.BLUE)))[0] == "K013"

    async def test_a_release_without_traffic_is_replaced(
        self, target: Target, holder: Holder, running: Versions
    ) -> None:
        grant = await target.take(holder, LEASE)
        await self._started(target, running("1.0.0"), Slot.BLUE, FIRST, grant)
        await target.stage(grant, running("2.0.0"), quiet)
        await target.start(grant, running("2.0.0"), Slot.BLUE)
        await self._answers(target, Slot.BLUE, running("2.0.0"))

    async def test_a_one_off_command_runs_in_the_release(
        self, target: Target, holder: Holder, running: Versions
    ) -> None:
        grant = await target.take(holder, LEASE)
        await target.stage(grant, running("1.0.0"), quiet)
        ran = await target.run(grant, running("1.0.0"), ("true",), timedelta(seconds=20))
        assert (ran.exit_code, ran.timed_out) == (0, False)

    async def test_a_person_s_command_runs_in_the_release_with_and_without_the_lease(
        self, target: Target, holder: Holder, other: Holder, running: Versions
    ) -> None:
        grant = await target.take(holder, LEASE)
        await target.stage(grant, running("1.0.0"), quiet)
        for right in (grant, None):
            assert await target.attach(right, running("1.0.0"), ("true",), HeardTerminal()) == 0
        await target.give_back(grant)
        await target.take(other, LEASE)
        superseded = target.attach(grant, running("1.0.0"), ("true",), HeardTerminal())
        assert await refusal(superseded) == ("K011", Exit.BUSY)

    async def test_a_one_off_command_that_is_given_up_ends(
        self, target: Target, holder: Holder, running: Versions
    ) -> None:
        grant = await target.take(holder, LEASE)
        await target.stage(grant, running("1.0.0"), quiet)
        await target.give_up(grant)
        long = ("/bin/sh", "-c", "sleep 60 & wait")
        under_way = asyncio.create_task(target.run(grant, running("1.0.0"), long, timedelta(seconds=60)))
        await self.pause(0.5)
        await target.give_up(grant)
        assert (await under_way).seconds < 30
        ran = await target.run(grant, running("1.0.0"), ("true",), timedelta(seconds=20))
        assert ran.exit_code == 0

    async def test_a_stopped_slot_is_empty(self, target: Target, holder: Holder, running: Versions) -> None:
        grant = await target.take(holder, LEASE)
        await self._deployed(target, running("1.0.0"), Slot.BLUE, FIRST, grant)
        await target.stop(grant, Slot.BLUE)
        await target.stop(grant, Slot.BLUE)
        await target.stop(grant, Slot.GREEN)
        seen = await target.observe()
        assert (seen.slot(Slot.BLUE).state, seen.serving) == (SlotState.EMPTY, None)

    async def test_after_shut_nothing_is_there(self, target: Target, holder: Holder, running: Versions) -> None:
        grant = await target.take(holder, LEASE)
        await self._deployed(target, running("1.0.0"), Slot.BLUE, FIRST, grant)
        await target.shut(grant)
        seen = await target.observe()
        assert [slot.state for slot in seen.slots] == [SlotState.EMPTY, SlotState.EMPTY]
        assert (seen.serving, seen.lease) == (None, None)

    async def test_after_shut_it_can_be_taken_again(self, target: Target, holder: Holder, running: Versions) -> None:
        grant = await target.take(holder, LEASE)
        await self._deployed(target, running("1.0.0"), Slot.BLUE, FIRST, grant)
        await target.shut(grant)
        again = await target.take(holder, LEASE)
        assert again.generation > grant.generation
        await self._deployed(target, running("1.0.0"), Slot.BLUE, SECOND, again)

    async def test_forgetting_keeps_what_runs(self, target: Target, holder: Holder, running: Versions) -> None:
        grant = await target.take(holder, LEASE)
        await self._deployed(target, running("1.0.0"), Slot.BLUE, FIRST, grant)
        await target.stage(grant, running("2.0.0"), quiet)
        await target.forget(grant, ())
        await self._answers(target, Slot.BLUE, running("1.0.0"))
        await self._deployed(target, running("2.0.0"), Slot.GREEN, SECOND, grant)

    async def test_logs_end_when_they_are_not_followed(self, target: Target, holder: Holder, running: Versions) -> None:
        grant = await target.take(holder, LEASE)
        await self._deployed(target, running("1.0.0"), Slot.BLUE, FIRST, grant)
        lines = [line async for line in target.logs(follow=False)]
        assert all(line.release == running("1.0.0").release.id for line in lines)

    async def test_only_lines_that_are_wanted_are_shown(
        self, target: Target, holder: Holder, running: Versions
    ) -> None:
        grant = await target.take(holder, LEASE)
        await self._deployed(target, running("1.0.0"), Slot.BLUE, FIRST, grant)
        one, other = running("1.0.0").release.id, running("2.0.0").release.id
        every = [line async for line in target.logs(follow=False)]
        for of in (Lines(releases=(one,)), Lines(slot=Slot.BLUE), Lines(ago=timedelta(hours=1))):
            assert [line async for line in target.logs(follow=False, of=of)] == every
        for of in (Lines(releases=(other,)), Lines(slot=Slot.GREEN), Lines(ago=timedelta()), Lines(process="none")):
            assert [line async for line in target.logs(follow=False, of=of)] == []

    async def test_traffic_is_split_where_the_target_can(
        self, target: Target, holder: Holder, running: Versions
    ) -> None:
        if not isinstance(target, SplitsTraffic) or not target.splits_traffic:
            pytest.skip("this target doesn't split traffic")
        grant = await target.take(holder, LEASE)
        await self._deployed(target, running("1.0.0"), Slot.BLUE, FIRST, grant)
        await self._started(target, running("2.0.0"), Slot.GREEN, SECOND, grant)
        await target.route(grant, Weights(blue=70, green=30))
        seen = await target.observe()
        assert (seen.slot(Slot.BLUE).weight, seen.slot(Slot.GREEN).weight, seen.serving) == (70, 30, Slot.BLUE)

    async def test_an_upgrade_to_the_same_version_is_nothing_to_do(self, target: Target, holder: Holder) -> None:
        if not isinstance(target, Upgrades):
            pytest.skip("this target has no host process")
        grant = await target.take(holder, LEASE)
        assert await target.upgrade(grant) == await target.upgrade(grant)
