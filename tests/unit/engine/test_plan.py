"""Plans: what is checked, and what may begin."""

import pytest

from ecluse.engine.plan import Node, blocked, lost, make_plan, ready
from ecluse.model.problem import ProblemError


async def nothing(world):
    raise AssertionError("a plan runs nothing")


def node(name, *needs):
    return Node(name=name, needs=needs, action=nothing)


def names(nodes):
    return [node.name for node in nodes]


def codes(*nodes):
    with pytest.raises(ProblemError) as caught:
        make_plan(nodes)
    return [problem.code for problem in caught.value.problems]


def test_the_order_given_is_kept_where_it_can_be():
    plan = make_plan([node("c", "a"), node("a"), node("b"), node("d", "c")])
    assert names(plan.nodes) == ["a", "b", "c", "d"]


def test_all_wrong_needs_and_names_are_told_at_once():
    assert codes(node("a", "x"), node("a"), node("b", "y")) == ["E001", "E002", "E002"]


def test_a_circle_is_told_with_its_way():
    with pytest.raises(ProblemError, match="b → c → b"):
        make_plan([node("a", "b"), node("b", "c"), node("c", "b")])
    assert codes(node("a", "a")) == ["E003"]


def test_ready_are_those_that_have_all_they_need():
    nodes = [node("a"), node("b", "a"), node("c", "a", "b"), node("d")]
    assert names(ready(nodes, set(), 9)) == ["a", "d"]
    assert names(ready(nodes[1:], {"a"}, 9)) == ["b", "d"]


def test_no_more_are_ready_than_there_is_room():
    assert names(ready([node("a"), node("b")], set(), 1)) == ["a"]
    assert ready([node("a")], set(), 0) == ()


def test_a_failure_loses_all_behind_it_and_nothing_else():
    waiting = [node("b", "a"), node("c", "b"), node("d"), node("e", "d")]
    assert lost(waiting, "a") == {"b": "a", "c": "b"}


def test_nodes_that_share_a_lock_are_ready_one_after_the_other():
    first, second, third = (
        Node(name=name, action=nothing, locks=frozenset(locks)) for name, locks in (("a", "x"), ("b", "xy"), ("c", "z"))
    )
    assert names(ready([first, second, third], (), 3)) == ["a", "c"]
    assert names(ready([first, second], (), 3, {"y"})) == ["a"]
    assert names(ready([second], (), 3, {"x"})) == []


def test_who_waits_for_a_lock_is_told_who_has_it():
    waiting = [
        Node(name="b", action=nothing, locks=frozenset({"x", "y"})),
        Node(name="c", action=nothing, needs=("b",), locks=frozenset({"x"})),
        Node(name="d", action=nothing),
    ]
    assert blocked(waiting, (), {"x": "a"}) == {"b": "x, which a has"}
