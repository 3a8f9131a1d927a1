"""Which legs are left."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from ecluse.loop.deploy.plan import all_legs, batch_size, is_warm, legs_left, plan_rollout
from ecluse.model.app import Environment
from ecluse.model.deployment import Leg, Move, Place
from ecluse.model.ids import EnvironmentName, HostName, ReleaseId
from ecluse.model.observed import Observed, ProcessSeen, SlotSeen, SlotState
from ecluse.model.rollout import CanaryStep, Promotion, Rollout, Strategy
from ecluse.model.slot import Slot

OLD, NEW = ReleaseId("r-old"), ReleaseId("r-new")
UP = (ProcessSeen(name="web", pid=1, state="running"),)
HOST = HostName("a")
LIVE = Environment(name=EnvironmentName("live"), watch=timedelta(seconds=4))
BLUE = SlotSeen(slot=Slot.BLUE, state=SlotState.LAME, release=OLD, processes=UP)
GREEN = SlotSeen(slot=Slot.GREEN, state=SlotState.RUNNING, release=NEW, weight=100, processes=UP)


def seen(*slots, serving=None):
    return Observed(at=datetime(2026, 1, 1, tzinfo=UTC), url="http://127.0.0.1:8000", slots=slots, serving=serving)


def planned(look, wanted=NEW, environment=LIVE, *, migrates=False, back=False):
    return plan_rollout({HOST: look}, wanted, environment, migrates=migrates, back=back)


def moves(legs):
    return [leg.move.value for leg in legs]


def on(*hosts):
    """Hosts on which blue serves."""
    return tuple(Place(host=HostName(host), slot=Slot.GREEN, previous=Slot.BLUE) for host in hosts)


def test_an_empty_target_gets_every_leg_in_blue():
    plan = planned(seen(), migrates=True)
    assert plan.places == (Place(host=HOST, slot=Slot.BLUE, previous=None),)
    assert moves(plan.legs) == ["stage", "begin", "migrate", "start", "gate", "shift", "watch", "decide", "commit"]


def test_a_release_without_migration_and_watch_has_no_such_leg():
    assert moves(planned(seen(), environment=replace(LIVE, watch=timedelta())).legs) == (
        ["stage", "begin", "start", "gate", "shift", "decide", "commit"]
    )


def test_the_new_release_goes_to_the_slot_that_does_not_serve():
    look = seen(replace(BLUE, state=SlotState.RUNNING, weight=100), serving=Slot.BLUE)
    assert planned(look).places == (Place(host=HOST, slot=Slot.GREEN, previous=Slot.BLUE),)


def test_going_back_to_a_warm_release_only_shifts():
    plan = planned(seen(BLUE, GREEN, serving=Slot.GREEN), OLD, migrates=True, back=True)
    assert plan.places[0].slot is Slot.BLUE
    assert moves(plan.legs) == ["begin", "gate", "shift", "decide", "commit"]


def test_what_a_warm_release_had_been_through_is_known_and_a_fresh_one_has_nothing_behind_it():
    once = replace(BLUE, processes=(ProcessSeen(name="web", pid=7, state="running", restarts=1),))
    looks = seen(once, GREEN, serving=Slot.GREEN)
    assert planned(looks, OLD, back=True).places[0].restarts == {"web": 1}
    assert planned(looks, OLD).places[0].restarts == {}


def test_where_one_host_lost_the_warm_release_all_start_it_anew():
    looks = {HOST: seen(BLUE, GREEN, serving=Slot.GREEN), HostName("b"): seen(GREEN, serving=Slot.GREEN)}
    assert "start" in moves(plan_rollout(looks, OLD, LIVE, migrates=False, back=True).legs)


def test_a_deploy_never_takes_a_warm_release_for_a_fresh_one():
    assert "start" in moves(planned(seen(BLUE, GREEN, serving=Slot.GREEN), OLD).legs)


def test_going_back_to_a_release_that_lost_a_process_starts_it_anew():
    dead = replace(BLUE, processes=(ProcessSeen(name="web", pid=None, state="waiting"),))
    assert "start" in moves(planned(seen(dead, GREEN, serving=Slot.GREEN), OLD, back=True).legs)


def test_a_canary_grows_and_each_share_is_watched():
    canary_steps = (CanaryStep(weight=5, lasts=timedelta(minutes=1)), CanaryStep(weight=50, requests=1000))
    canary = replace(LIVE, strategy=Strategy.CANARY, rollout=Rollout(canary=canary_steps))
    legs = all_legs(canary, on("a"), migrates=False, back=False)
    assert [(leg.weight, leg.lasts.total_seconds(), leg.requests) for leg in legs[4:10]] == [
        (5, 0, 0), (100, 60, 0), (50, 0, 0), (100, 0, 1000), (100, 0, 0), (100, 4, 0),
    ]  # fmt: skip


def test_a_first_release_has_nothing_to_be_a_canary_beside():
    canary = replace(LIVE, strategy=Strategy.CANARY)
    first = (Place(host=HOST, slot=Slot.BLUE, previous=None),)
    assert moves(all_legs(canary, first, migrates=False, back=False)).count("shift") == 1


def test_a_rolling_deploy_goes_batch_by_batch_and_watches_all_so_far():
    rolling = replace(LIVE, strategy=Strategy.ROLLING, rollout=Rollout(batch="2", wait=timedelta(seconds=1)))
    legs = all_legs(rolling, on("a", "b", "c"), migrates=True, back=False)
    assert [(leg.move.value, "".join(leg.hosts)) for leg in legs] == [
        ("stage", ""), ("begin", ""), ("migrate", ""),
        ("start", "ab"), ("gate", "ab"), ("shift", "ab"), ("watch", "ab"),
        ("start", "c"), ("gate", "c"), ("shift", "c"), ("watch", "abc"),
        ("decide", ""), ("commit", ""),
    ]  # fmt: skip
    assert [leg.lasts.total_seconds() for leg in legs if leg.move is Move.WATCH] == [1, 4]


@pytest.mark.parametrize(
    ("batch", "hosts", "size"), [("1", 5, 1), ("7", 5, 7), ("25%", 8, 2), ("25%", 3, 1), ("100%", 3, 3)]
)
def test_a_batch_is_a_number_or_a_share(batch, hosts, size):
    assert batch_size(batch, hosts) == size


def test_recreate_stops_the_old_release_before_anything_of_the_new_one_runs():
    legs = all_legs(replace(LIVE, strategy=Strategy.RECREATE), on("a"), migrates=True, back=False)
    assert moves(legs)[:5] == ["stage", "begin", "halt", "migrate", "start"]


@pytest.mark.parametrize(
    ("strategy", "after"), [(Strategy.CANARY, "watch hold shift"), (Strategy.BLUE_GREEN, "watch hold decide")]
)
def test_a_person_promotes_before_everything_moves(strategy, after):
    manual = replace(LIVE, strategy=strategy, rollout=Rollout(promote=Promotion.MANUAL))
    assert after in " ".join(moves(all_legs(manual, on("a"), migrates=False, back=False)))
    assert "hold" not in moves(all_legs(manual, on("a"), migrates=False, back=True))


def test_what_must_not_be_done_twice_is_not():
    legs = all_legs(LIVE, on("a"), migrates=True, back=False)
    made = {HostName("a"): {Move.BEGIN, Move.MIGRATE, Move.START}}
    assert moves(legs_left(legs, made)) == ["stage", "gate", "shift", "watch", "decide", "commit"]
    assert Leg(move=Move.MIGRATE) in legs_left(legs, {HostName("a"): {Move.BEGIN}})


def test_what_one_host_has_made_is_left_to_the_others():
    """A migration is the exception: it runs on one of them for all."""
    a, b = on("a", "b")
    legs = all_legs(LIVE, (a, b), migrates=True, back=False)
    left = legs_left(legs, {a.host: {Move.BEGIN, Move.MIGRATE, Move.START}, b.host: {Move.BEGIN}})
    assert moves(left) == ["stage", "start", "gate", "shift", "watch", "decide", "commit"]
    assert Leg(move=Move.START, hosts=(b.host,)) in left
    joins = legs_left(legs, {a.host: {Move.BEGIN}, b.host: set()})
    assert [leg.hosts for leg in joins if leg.move in {Move.BEGIN, Move.START}] == [(b.host,), ()]


def test_nothing_is_left_to_a_host_that_is_no_more():
    rolling = replace(LIVE, strategy=Strategy.ROLLING)
    a, b = on("a", "b")
    left = legs_left(all_legs(rolling, (a, b), migrates=False, back=False), {b.host: set()})
    assert {leg.hosts for leg in left} == {(), (b.host,)}
    assert moves(left).count("start") == 1


def test_a_batch_that_is_made_is_not_started_again():
    rolling = replace(LIVE, strategy=Strategy.ROLLING)
    a, b = on("a", "b")
    left = legs_left(all_legs(rolling, (a, b), migrates=False, back=False), {a.host: {Move.START}, b.host: set()})
    assert [leg.hosts for leg in left if leg.move is Move.START] == [(b.host,)]
    assert [leg.hosts for leg in left if leg.move is Move.SHIFT] == [(a.host,), (b.host,)]


@pytest.mark.parametrize("state", [SlotState.EMPTY, SlotState.STARTING, SlotState.STOPPING, SlotState.FAILED])
def test_only_a_slot_that_is_up_is_warm(state):
    assert not is_warm(SlotSeen(slot=Slot.BLUE, state=state, processes=UP))


@pytest.mark.parametrize("state", ["ending", "waiting", "exited"])
def test_a_slot_with_a_process_that_can_not_be_counted_on_is_not_warm(state):
    """One that ends is not started again by traffic that returns."""
    processes = (*UP, ProcessSeen(name="worker", pid=None, state=state))
    assert not is_warm(SlotSeen(slot=Slot.BLUE, state=SlotState.LAME, processes=processes))
