"""Running a plan: order, parallelism, failures, retries, time-outs, cancellation, events."""

import asyncio
from datetime import timedelta

import pytest

from ecluse.engine.place import leave_place
from ecluse.engine.plan import Ended, Node, Outcome, State, make_plan
from ecluse.engine.run import Began, Waits, run
from ecluse.model.events.runs import StepEnded
from ecluse.model.problem import Problem, ProblemError

NOT_FOUND = Problem(code="X001", what="it isn't there", fix="bring it")


def passing(name, *needs, **options):
    return node(name, *needs, answers=[True], **options)


def failing(name, *needs, **options):
    return node(name, *needs, answers=[False], **options)


def node(name, *needs, answers, calls=None, **options):
    left = list(answers)

    async def action(world):
        if calls is not None:
            calls.append(name)
        await asyncio.sleep(0)
        return Outcome(passed=left.pop(0) if len(left) > 1 else left[0], events=(event(name),))

    return Node(name=name, needs=needs, action=action, **options)


def slowly(gone):
    """An action that takes long; `gone` gets a word when it has been ended."""

    async def slow(_):
        try:
            await asyncio.sleep(600)
        finally:
            gone.append(True)

    return slow


def event(name):
    return StepEnded(run="r", step=name, answer="passed", seconds=0)


def states(ended):
    return {name: end.state for name, end in ended.items()}


def test_a_node_begins_when_all_that_it_needs_has_passed(world, do):
    calls = []
    plan = make_plan([passing("c", "a", "b", calls=calls), passing("a", calls=calls), passing("b", "a", calls=calls)])
    ended = do(run(plan, world, jobs=4))
    assert calls == ["a", "b", "c"]
    assert set(states(ended).values()) == {State.PASSED}


def test_an_empty_plan_is_done(world, do):
    assert do(run(make_plan([]), world, jobs=1)) == {}


@pytest.mark.parametrize("jobs", [1, 3])
def test_no_more_run_at_once_than_was_said(world, do, jobs):
    now, most = 0, 0

    async def action(_):
        nonlocal now, most
        now += 1
        most = max(most, now)
        await asyncio.sleep(0.001)
        now -= 1
        return Outcome(passed=True)

    do(run(make_plan([Node(name=str(n), action=action) for n in range(9)]), world, jobs=jobs))
    assert most == jobs


def leaving(name, told, **options):
    async def action(_):
        told.append(f"{name} begins")
        await leave_place()
        told.append(f"{name} ends")
        return Outcome(passed=True)

    return Node(name=name, action=action, **options)


def test_who_leaves_its_place_lets_the_next_begin_before_it_goes_on(world, do):
    told = []
    do(run(make_plan([leaving(name, told) for name in "abc"]), world, jobs=1))
    assert told == ["a begins", "b begins", "a ends", "c begins", "b ends", "c ends"]


@pytest.mark.parametrize("options", [{"retries": 1}, {"locks": frozenset({"db"})}])
def test_a_place_is_kept_while_attempts_are_left_and_a_lock_until_the_end(world, do, options):
    told = []
    do(run(make_plan([leaving(name, told, **options) for name in "ab"]), world, jobs=1))
    assert told == ["a begins", "a ends", "b begins", "b ends"]


def test_what_needs_it_waits_for_its_end(world, do):
    told = []
    do(run(make_plan([leaving("a", told), leaving("b", told, needs=("a",))]), world, jobs=2))
    assert told == ["a begins", "a ends", "b begins", "b ends"]


def test_nothing_has_a_place_outside_of_a_run(do):
    do(leave_place())


def test_after_a_failure_independent_nodes_go_on_and_dependants_are_not_run(world, do):
    plan = make_plan([failing("a"), passing("b", "a"), passing("c", "b"), passing("d"), passing("e", "d")])
    ended = do(run(plan, world, jobs=1))
    assert states(ended) == {
        "a": State.FAILED,
        "b": State.NOT_RUN,
        "c": State.NOT_RUN,
        "d": State.PASSED,
        "e": State.PASSED,
    }
    assert ended["c"].why == "it needs b, which did not pass"


def test_fail_fast_ends_what_runs_and_begins_nothing_more(world, do):
    gone = []
    slow = slowly(gone)

    plan = make_plan([Node(name="slow", action=slow), failing("a"), passing("b")])
    ended = do(run(plan, world, jobs=2, fail_fast=True))
    assert states(ended) == {"slow": State.NOT_RUN, "a": State.FAILED, "b": State.NOT_RUN}
    assert gone == [True]


def test_retries_are_further_attempts(world, do):
    plan = make_plan([node("flaky", answers=[False, False, True], retries=2), failing("a", retries=1)])
    ended = do(run(plan, world, jobs=1))
    assert (ended["flaky"].state, ended["flaky"].attempts) == (State.PASSED, 3)
    assert (ended["a"].state, ended["a"].attempts) == (State.FAILED, 2)


def test_the_time_out_is_for_each_attempt(world, do):
    slept = [600, 0]

    async def action(_):
        await asyncio.sleep(slept.pop(0))
        return Outcome(passed=True)

    patient = Node(name="a", action=action, retries=1, timeout=timedelta(seconds=0.02))
    ended = do(run(make_plan([patient]), world, jobs=1))
    assert (ended["a"].state, ended["a"].attempts) == (State.PASSED, 2)


def test_a_node_that_takes_too_long_has_failed_and_says_so(world, do):
    async def action(_):
        await asyncio.sleep(600)

    ended = do(run(make_plan([Node(name="a", action=action, timeout=timedelta(seconds=0.01))]), world, jobs=1))
    assert ended["a"].state is State.FAILED
    assert "0.01 s" in ended["a"].why


def test_a_problem_is_a_failure_that_keeps_it(world, do):
    async def action(_):
        raise ProblemError(NOT_FOUND)

    ended = do(run(make_plan([Node(name="a", action=action)]), world, jobs=1))
    assert ended["a"].state is State.FAILED
    assert ended["a"].problems == (NOT_FOUND,)


def test_a_time_out_of_the_action_itself_is_a_defect(world, do):
    async def action(_):
        raise TimeoutError

    with pytest.raises(TimeoutError):
        do(run(make_plan([Node(name="a", action=action)]), world, jobs=1))


def test_a_defect_ends_everything_and_goes_on(world, do):
    gone = []
    slow = slowly(gone)

    async def broken(_):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        do(run(make_plan([Node(name="slow", action=slow), Node(name="a", action=broken)]), world, jobs=2))
    assert gone == [True]


@pytest.mark.parametrize("at", [Began, Ended])
def test_what_a_watcher_raises_ends_everything_and_goes_on(world, do, at):
    gone = []
    slow = slowly(gone)

    def watch(event):
        if isinstance(event, at) and event.name == "b":
            raise ZeroDivisionError

    plan = make_plan([Node(name="slow", action=slow), passing("a"), passing("b", "a"), passing("c", "b")])
    with pytest.raises(ZeroDivisionError):
        do(run(plan, world, jobs=2, on_event=watch))
    assert gone == [True]


def test_the_events_of_handlers_are_appended_and_those_of_alone_in_a_transaction_of_their_own(world, do):
    plan = make_plan([passing("a"), passing("b", "a", alone=True), failing("c", "b")])
    do(run(plan, world, jobs=1))
    assert world.ledger.kept == [event("a"), event("b"), event("c")]
    assert world.ledger.alone == [(event("b"),)]


def test_a_node_that_never_ran_can_be_recorded_too(world, do):
    def record(ended):
        return (event(f"{ended.name} {ended.state}"),)

    do(run(make_plan([failing("a", record=record), passing("b", "a", record=record)]), world, jobs=1))
    assert world.ledger.kept == [event("a failed"), event("b not_run")]


def test_who_watches_hears_of_each_attempt_and_each_end(world, do):
    heard = []
    plan = make_plan([node("a", answers=[False, True], retries=1), passing("b", "a")])
    do(run(plan, world, jobs=1, on_event=heard.append))
    told = [(one.name, one.attempt if isinstance(one, Began) else str(one.state)) for one in heard]
    assert told == [("a", 1), ("a", 2), ("a", "passed"), ("b", 1), ("b", "passed")]


def test_cancelled_it_ends_what_runs_records_it_and_goes_on_being_cancelled(world, do):
    gone = []
    slow = slowly(gone)

    def record(ended):
        return (event(f"{ended.name} {ended.state} {ended.why}"),)

    plan = make_plan([Node(name="slow", action=slow, retries=5, record=record), passing("b", "slow", record=record)])

    async def cancelled():
        begun = asyncio.Event()
        task = asyncio.create_task(run(plan, world, jobs=1, on_event=lambda _: begun.set()))
        await begun.wait()
        await asyncio.sleep(0)
        task.cancel()
        await task

    with pytest.raises(asyncio.CancelledError):
        do(cancelled())
    assert gone == [True]
    assert world.ledger.kept == [
        event("slow not_run the run was stopped"),
        event("b not_run it needs slow, which did not pass"),
    ]


@pytest.mark.parametrize("options", [{"fail_fast": True}, {}])
def test_cancelled_while_it_ends_what_runs_it_waits_until_all_of_it_is_gone(world, do, options):
    """Who is to end after a failure or a defect takes its time, and the person loses patience."""
    ending, told = asyncio.Event(), []

    async def slow(_):
        try:
            await asyncio.sleep(600)
        finally:
            ending.set()
            await asyncio.sleep(0.01)
            told.append("gone")

    async def broken(_):
        raise ProblemError(NOT_FOUND) if options else ZeroDivisionError

    def record(ended):
        told.append((ended.name, ended.state))
        return ()

    plan = make_plan([Node(name="slow", action=slow, record=record), Node(name="a", action=broken)])

    async def cancelled():
        task = asyncio.create_task(run(plan, world, jobs=2, **options))
        await ending.wait()
        task.cancel()
        await task

    with pytest.raises(asyncio.CancelledError):
        do(cancelled())
    assert told == ["gone", ("slow", State.NOT_RUN)]


def test_nodes_with_one_lock_never_run_at_once_and_others_do(world, do):
    now, most, events = set(), [], []

    def locked(name, *locks):
        async def action(_):
            now.add(name)
            most.append(frozenset(now))
            for _ in range(5):
                await asyncio.sleep(0)
            now.discard(name)
            return Outcome(passed=True)

        return Node(name=name, action=action, locks=frozenset(locks))

    plan = make_plan([locked("a", "gpu"), locked("b", "gpu"), locked("c"), locked("d", "gpu", "port")])
    ended = do(run(plan, world, jobs=4, on_event=events.append))
    assert set(states(ended).values()) == {State.PASSED}
    assert all(len(at_once & {"a", "b", "d"}) <= 1 for at_once in most)
    assert frozenset({"a", "c"}) in most
    assert Waits(name="b", what="gpu, which a has") in events
