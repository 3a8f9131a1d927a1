"""The target's contract: a deployment is committed or undone."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from ecluse.model.holder import Holder
from ecluse.model.ids import DeploymentId
from ecluse.model.observed import Observed, SlotState
from ecluse.model.slot import Slot, Weights
from ecluse.ports.target import Grant, RemembersDrains, Running, Target
from ecluse.testing.target_fixtures import (
    FIRST,
    LEASE,
    SECOND,
    SHORT,
    Later,
    TargetFixtures,
    Versions,
    checked,
    quiet,
    refusal,
)


class DeploymentContract(TargetFixtures):
    """The moves of a deployment."""

    async def test_an_open_deployment_is_seen(self, target: Target, holder: Holder, running: Versions) -> None:
        grant = await target.take(holder, LEASE)
        wanted = running("1.0.0")
        await target.stage(grant, wanted, quiet)
        await target.begin(grant, FIRST, wanted, Slot.BLUE, "rollback")
        await target.begin(grant, FIRST, wanted, Slot.BLUE, "rollback")
        opened = (await target.observe()).open
        assert opened is not None
        assert (opened.id, opened.release, opened.version) == (FIRST, wanted.release.id, "1.0.0")
        assert (opened.verb, opened.made) == ("rollback", ("begin",))
        assert (opened.slot, opened.previous, opened.generation) == (Slot.BLUE, None, grant.generation)

    async def test_what_was_finished_is_seen_by_its_name(
        self, target: Target, holder: Holder, running: Versions
    ) -> None:
        grant = await target.take(holder, LEASE)
        wanted = running("1.0.0")
        await target.stage(grant, wanted, quiet)
        await target.begin(grant, FIRST, wanted, Slot.BLUE)
        await target.run(grant, wanted, ("true",), timedelta(seconds=20))
        await target.start(grant, wanted, Slot.BLUE)
        await target.route(grant, Weights.all_to(Slot.BLUE))
        await target.route(grant, Weights.all_to(Slot.BLUE))
        opened = (await target.observe()).open
        assert opened is not None
        assert opened.made == ("begin", "run", "start", "route")

    async def test_a_look_is_no_move_of_the_open_deployment(
        self, target: Target, holder: Holder, running: Versions
    ) -> None:
        grant = await target.take(holder, LEASE)
        wanted = running("1.0.0")
        await target.stage(grant, wanted, quiet)
        await target.begin(grant, FIRST, wanted, Slot.BLUE)
        looked = await target.run(grant, wanted, ("true",), timedelta(seconds=20), looks=True)
        opened = (await target.observe()).open
        assert opened is not None
        assert (looked.exit_code, opened.last_move) == (0, "begin")

    async def test_a_migration_that_is_under_way_is_not_run_beside(
        self, target: Target, holder: Holder, running: Versions
    ) -> None:
        grant = await target.take(holder, LEASE)
        wanted = running("1.0.0")
        await target.stage(grant, wanted, quiet)
        await target.begin(grant, FIRST, wanted, Slot.BLUE)
        migrate = ("/bin/sh", "-c", "echo $$; sleep 1")
        orders = [target.run(grant, wanted, migrate, timedelta(seconds=20)) for _ in range(2)]
        first, second = await asyncio.gather(*orders)
        assert (first.exit_code, first.output) == (0, second.output)

    async def test_a_second_deployment_is_refused_while_one_is_open(
        self, target: Target, holder: Holder, running: Versions
    ) -> None:
        grant = await target.take(holder, LEASE)
        await target.begin(grant, FIRST, running("1.0.0"), Slot.BLUE)
        assert (await refusal(target.begin(grant, SECOND, running("1.0.0"), Slot.BLUE)))[0] == "K012"

    async def test_a_committed_deployment_serves_and_is_finished(
        self, target: Target, holder: Holder, running: Versions
    ) -> None:
        grant = await target.take(holder, LEASE)
        await self._deployed(target, running("1.0.0"), Slot.BLUE, FIRST, grant)
        await target.commit(grant, FIRST, timedelta(0))
        seen = await target.observe()
        assert (seen.serving, seen.slot(Slot.BLUE).weight, seen.open) == (Slot.BLUE, 100, None)
        assert [(ended.id, ended.outcome) for ended in seen.finished] == [(FIRST, "committed")]
        assert seen.url.startswith("http")

    async def test_the_old_release_is_kept_warm(self, target: Target, holder: Holder, running: Versions) -> None:
        grant = await target.take(holder, LEASE)
        await self._deployed(target, running("1.0.0"), Slot.BLUE, FIRST, grant)
        await self._deployed(target, running("2.0.0"), Slot.GREEN, SECOND, grant)
        seen = await target.observe()
        assert (seen.serving, seen.slot(Slot.BLUE).state) == (Slot.GREEN, SlotState.LAME)
        assert seen.slot(Slot.BLUE).warm_until is not None

    async def test_a_warm_release_takes_traffic_again(self, target: Target, holder: Holder, running: Versions) -> None:
        grant = await target.take(holder, LEASE)
        await self._deployed(target, running("1.0.0"), Slot.BLUE, FIRST, grant)
        await self._deployed(target, running("2.0.0"), Slot.GREEN, SECOND, grant)
        third = DeploymentId("d-3")
        await target.begin(grant, third, running("1.0.0"), Slot.BLUE)
        await target.start(grant, running("1.0.0"), Slot.BLUE)
        await target.route(grant, Weights.all_to(Slot.BLUE))
        await target.commit(grant, third, timedelta(minutes=10))
        seen = await target.observe()
        assert (seen.serving, seen.slot(Slot.BLUE).state) == (Slot.BLUE, SlotState.RUNNING)
        assert seen.slot(Slot.GREEN).state is SlotState.LAME

    async def test_an_old_release_that_is_not_kept_warm_is_stopped(
        self, target: Target, holder: Holder, running: Versions
    ) -> None:
        grant = await target.take(holder, LEASE)
        await self._deployed(target, running("1.0.0"), Slot.BLUE, FIRST, grant)
        await self._deployed(target, running("2.0.0"), Slot.GREEN, SECOND, grant, warm=0)
        seen = await self._until(target, lambda seen: seen.slot(Slot.BLUE).state is SlotState.EMPTY)
        assert seen.serving is Slot.GREEN

    async def test_an_abort_stops_the_new_release(self, target: Target, holder: Holder, running: Versions) -> None:
        grant = await target.take(holder, LEASE)
        await self._started(target, running("1.0.0"), Slot.BLUE, FIRST, grant)
        await target.abort(grant, FIRST, "it was unhealthy")
        await target.abort(grant, FIRST, "it was unhealthy")
        seen = await target.observe()
        assert (seen.open, seen.slot(Slot.BLUE).state) == (None, SlotState.EMPTY)
        assert [(ended.outcome, ended.why) for ended in seen.finished] == [("reverted", "it was unhealthy")]

    async def test_an_abort_gives_the_traffic_back(self, target: Target, holder: Holder, running: Versions) -> None:
        grant = await target.take(holder, LEASE)
        await self._deployed(target, running("1.0.0"), Slot.BLUE, FIRST, grant)
        await self._started(target, running("2.0.0"), Slot.GREEN, SECOND, grant)
        await target.route(grant, Weights.all_to(Slot.GREEN))
        assert await target.abort(grant, SECOND, "errors under traffic") == ""
        seen = await target.observe()
        assert (seen.serving, seen.slot(Slot.BLUE).state) == (Slot.BLUE, SlotState.RUNNING)
        assert seen.slot(Slot.GREEN).state is SlotState.EMPTY

    async def test_what_is_committed_is_not_undone(self, target: Target, holder: Holder, running: Versions) -> None:
        grant = await target.take(holder, LEASE)
        await self._deployed(target, running("1.0.0"), Slot.BLUE, FIRST, grant)
        assert (await refusal(target.abort(grant, FIRST, "too late")))[0] == "K014"
        assert (await target.observe()).serving is Slot.BLUE

    async def test_a_decision_is_carried_out_without_its_deployer(
        self, target: Target, holder: Holder, running: Versions, later: Later
    ) -> None:
        grant = await target.take(holder, LEASE)
        await self._deployed(target, running("1.0.0"), Slot.BLUE, FIRST, grant)
        await self._shifted(target, running("2.0.0"), holder)
        grant = await target.take(holder, SHORT)
        await target.decide(grant, SECOND, 1, timedelta(minutes=10))
        await target.decide(grant, SECOND, 1, timedelta(minutes=10))
        opened = (await target.observe()).open
        assert opened is not None
        assert opened.decided
        await later(SHORT.total_seconds())
        seen = await self._until(target, lambda seen: seen.open is None)
        assert (seen.serving, seen.finished[-1].outcome) == (Slot.GREEN, "committed")
        assert seen.slot(Slot.BLUE).warm_until is not None

    async def test_one_of_several_hosts_waits_for_whoever_counts_the_decisions(
        self, target: Target, holder: Holder, running: Versions, later: Later
    ) -> None:
        grant = await target.take(holder, LEASE)
        await self._deployed(target, running("1.0.0"), Slot.BLUE, FIRST, grant)
        await self._shifted(target, running("2.0.0"), holder)
        grant = await target.take(holder, SHORT)
        await target.decide(grant, SECOND, 3, timedelta(minutes=10))
        await later(2 * SHORT.total_seconds())
        seen = await target.observe()
        assert seen.open is not None
        assert seen.serving is Slot.GREEN
        grant = await target.take(holder, LEASE)
        await target.abort(grant, SECOND, "most had not decided")
        assert (await target.observe()).serving is Slot.BLUE

    async def test_one_that_waits_for_a_person_outlives_its_deployer(
        self, target: Target, holder: Holder, running: Versions, later: Later
    ) -> None:
        grant = await target.take(holder, LEASE)
        await self._deployed(target, running("1.0.0"), Slot.BLUE, FIRST, grant)
        await self._shifted(target, running("2.0.0"), holder, Weights(blue=90, green=10))
        grant = await target.take(holder, SHORT)
        await target.hold(grant, SECOND, 4 * SHORT, ("shift",))
        await later(2 * SHORT.total_seconds())
        seen = await target.observe()
        assert seen.open is not None
        assert seen.open.held is not None
        assert (seen.open.held.left, seen.slot(Slot.GREEN).weight) == (("shift",), 10)
        await later(4 * SHORT.total_seconds())
        seen = await self._until(target, lambda seen: seen.open is None)
        assert (seen.serving, seen.slot(Slot.GREEN).state) == (Slot.BLUE, SlotState.EMPTY)

    async def test_a_release_that_made_way_is_started_again_by_the_undo(
        self, target: Target, holder: Holder, running: Versions
    ) -> None:
        grant = await target.take(holder, LEASE)
        await self._deployed(target, running("1.0.0"), Slot.BLUE, FIRST, grant)
        await target.stage(grant, running("2.0.0"), quiet)
        await target.begin(grant, SECOND, running("2.0.0"), Slot.GREEN)
        await target.halt(grant, Slot.BLUE)
        assert (await target.observe()).slot(Slot.BLUE).state is SlotState.HALTED
        await target.start(grant, running("2.0.0"), Slot.GREEN)
        await self._answers(target, Slot.GREEN, running("2.0.0"))
        await target.route(grant, Weights.all_to(Slot.GREEN))
        await target.abort(grant, SECOND, "it was ill")
        await self._answers(target, Slot.BLUE, running("1.0.0"))
        seen = await target.observe()
        assert (seen.serving, seen.slot(Slot.GREEN).state) == (Slot.BLUE, SlotState.EMPTY)

    async def test_what_is_kept_is_closed_with_the_reason(
        self, target: Target, holder: Holder, running: Versions
    ) -> None:
        grant = await target.take(holder, LEASE)
        await self._deployed(target, running("1.0.0"), Slot.BLUE, FIRST, grant)
        await self._shifted(target, running("2.0.0"), holder)
        grant = await target.take(holder, LEASE)
        kept = await target.abort(grant, SECOND, "it was ill", keep=True)
        seen = await target.observe()
        assert (seen.serving, seen.open, seen.finished[-1].outcome) == (Slot.GREEN, None, "committed")
        assert "it was ill" in kept
        assert seen.finished[-1].why == kept
        assert await target.abort(grant, SECOND, "again") == kept

    async def test_what_is_kept_gets_all_traffic(self, target: Target, holder: Holder, running: Versions) -> None:
        grant = await target.take(holder, LEASE)
        await self._deployed(target, running("1.0.0"), Slot.BLUE, FIRST, grant)
        await self._shifted(target, running("2.0.0"), holder, Weights(blue=90, green=10))
        grant = await target.take(holder, LEASE)
        assert await target.abort(grant, SECOND, "it was ill", keep=True)
        seen = await target.observe()
        assert (seen.slot(Slot.BLUE).weight, seen.slot(Slot.GREEN).weight) == (0, 100)

    async def _shifted(self, target: Target, running: Running, holder: Holder, weights: Weights | None = None) -> None:
        """The second deployment, as far as the traffic."""
        grant = await target.take(holder, LEASE)
        await self._started(target, running, Slot.GREEN, SECOND, grant)
        await target.route(grant, weights or Weights.all_to(Slot.GREEN))

    async def test_a_deployment_whose_deployer_vanished_is_undone(
        self, target: Target, holder: Holder, running: Versions, later: Later
    ) -> None:
        grant = await target.take(holder, LEASE)
        await self._deployed(target, running("1.0.0"), Slot.BLUE, FIRST, grant)
        await target.stage(grant, running("2.0.0"), quiet)
        await target.give_back(grant)
        grant = await target.take(holder, SHORT)
        await target.begin(grant, SECOND, running("2.0.0"), Slot.GREEN)
        await target.start(grant, running("2.0.0"), Slot.GREEN)
        await target.route(grant, Weights.all_to(Slot.GREEN))
        await later(SHORT.total_seconds())
        seen = await self._until(target, lambda seen: seen.open is None)
        assert seen.serving is Slot.BLUE
        assert (seen.finished[-1].id, seen.finished[-1].outcome) == (SECOND, "reverted")

    async def test_traffic_does_not_go_back_by_itself_to_a_release_that_is_ill(
        self, target: Target, holder: Holder, running: Versions, later: Later
    ) -> None:
        before, after = checked(running("1.0.0"), 418), checked(running("2.0.0"), 200)
        seen = await self._left(target, before, after, holder, later)
        assert (seen.serving, seen.slot(Slot.GREEN).weight, seen.finished[-1].outcome) == (Slot.GREEN, 100, "committed")
        assert "blue" in seen.finished[-1].why
        assert seen.slot(Slot.GREEN).state is SlotState.RUNNING

    async def test_what_is_ill_too_does_not_keep_the_traffic_by_itself(
        self, target: Target, holder: Holder, running: Versions, later: Later
    ) -> None:
        before, after = checked(running("1.0.0"), 418), checked(running("2.0.0"), 418)
        seen = await self._left(target, before, after, holder, later)
        assert (seen.serving, seen.finished[-1].outcome) == (Slot.BLUE, "reverted")

    async def test_a_release_that_is_ill_and_never_lost_its_traffic_keeps_it(
        self, target: Target, holder: Holder, running: Versions, later: Later
    ) -> None:
        before, after = checked(running("1.0.0"), 418), checked(running("2.0.0"), 200)
        seen = await self._left(target, before, after, holder, later, Weights.all_to(Slot.BLUE))
        assert (seen.serving, seen.finished[-1].outcome) == (Slot.BLUE, "reverted")

    async def _left(
        self,
        target: Target,
        before: Running,
        after: Running,
        holder: Holder,
        later: Later,
        weights: Weights | None = None,
    ) -> Observed:
        """The second deployment, when its deployer has vanished under way."""
        grant = await target.take(holder, LEASE)
        await self._deployed(target, before, Slot.BLUE, FIRST, grant)
        await self._shifted(target, after, holder, weights)
        await target.take(holder, SHORT)
        await later(SHORT.total_seconds())
        return await self._until(target, lambda seen: seen.open is None)

    async def test_who_drained_it_is_remembered_beyond_its_deployment(
        self, target: Target, holder: Holder, running: Versions
    ) -> None:
        if not isinstance(target, RemembersDrains):
            pytest.skip("no balancer stands in front of it")
        grant = await target.take(holder, LEASE)
        await self._started(target, running("1.0.0"), Slot.BLUE, FIRST, grant)
        for _ in range(2):
            await self._drained(target, grant, FIRST)
        await target.abort(grant, FIRST, "why not")
        assert (await target.observe()).drained_by == FIRST
        for _ in range(2):
            await self._drained(target, grant, None)

    async def _drained(self, target: Target, grant: Grant, by: DeploymentId | None) -> None:
        assert isinstance(target, RemembersDrains)
        await target.remember_drained(grant, by)
        assert (await target.observe()).drained_by == by
