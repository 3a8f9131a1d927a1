"""Which tickets a release and a deployment are told on."""

import asyncio
from dataclasses import replace

import pytest

from ecluse.loop.deploy.fleet import Seen
from ecluse.loop.deploy.wanted import Wanted
from ecluse.loop.release.make import make_release, plan_release
from ecluse.loop.tickets.naming import of_deployment, of_release_at
from ecluse.model.app import Environment
from ecluse.model.events.tickets import TicketsNamed
from ecluse.model.ids import EnvironmentName
from ecluse.model.observed import Observed, SlotSeen
from ecluse.model.slot import Slot
from ecluse.testing.releases import CONFIG, NOTHING
from support.tickets import APP, PRODUCTION

LOCAL = Environment(name=EnvironmentName("local"), tag=False)


class Shop:
    """Releases of a line of commits, and an environment in which one of them serves."""

    def __init__(self, laptop):
        self.world, self.source = laptop.memory.world, laptop.memory.source
        self.laptop = laptop

    def commit(self, subject):
        return self.source.commit({"app.py": subject}, subject)

    def release(self, *subjects, tag=True, app=APP):
        for subject in subjects:
            commit = self.commit(subject)

        async def made():
            planned = await plan_release(app, self.world, commit, tag=tag, dirty=False)
            return await make_release(planned, NOTHING, CONFIG, self.world)

        release, found = asyncio.run(made())
        self.world.ledger.append(*found)
        return release

    def deploy(self, release, before=None, environment=PRODUCTION, app=APP):
        slot = SlotSeen(slot=Slot.BLUE, release=before.id, version=before.version) if before else None
        look = Observed(
            at=self.world.clock.now(), url="", slots=(slot,) if slot else (), serving=Slot.BLUE if slot else None
        )
        wanted = Wanted(app=app, environment=environment)
        found = asyncio.run(of_deployment(wanted, release, Seen(hosts={"here": look}), "d-1", self.world))
        return [(one.happening, one.version, dict(one.tickets), one.serving) for one in found]

    @property
    def released(self):
        return [(one.version, list(one.tickets)) for one in self.laptop.facts(TicketsNamed)]


@pytest.fixture
def shop(laptop):
    return Shop(laptop)


def test_a_release_is_told_on_the_tickets_of_its_commits(shop):
    shop.release("feat: ABC-1", "ABC-2 and ABC-1", "nothing")
    shop.release("ABC-3")
    assert shop.released == [("0.1.0", ["ABC-1", "ABC-2"]), ("0.1.1", ["ABC-3"])]


def test_a_release_that_is_made_again_is_named_once(shop):
    release = shop.release("ABC-1")
    planned = asyncio.run(plan_release(APP, shop.world, release.commit, tag=True, dirty=False))
    assert asyncio.run(make_release(planned, NOTHING, CONFIG, shop.world))[1] == ()
    assert shop.released == [("0.1.0", ["ABC-1"])]


def test_a_release_without_a_tag_or_a_tracker_is_told_to_nobody(shop):
    shop.release("ABC-1", tag=False)
    shop.release("ABC-2", app=replace(APP, tickets=None))
    assert shop.released == []


def test_a_release_that_was_planned_elsewhere_is_named_by_its_commit(shop, other):
    shop.release("ABC-1")
    second = shop.release("ABC-2", "ABC-3")
    (found,) = asyncio.run(of_release_at(APP, second, shop.world, awaits="sha256:i"))
    assert (found.version, sorted(found.tickets), found.happening) == ("0.1.1", ["ABC-2", "ABC-3"], "release")
    assert found.awaits == "sha256:i"
    assert asyncio.run(of_release_at(APP, replace(second, tag=""), shop.world, awaits="")) == ()
    assert asyncio.run(of_release_at(APP, second, other.memory.world, awaits="")) == ()  # its repository has no commit
    ((_, _, note),) = other.memory.reporter.heard
    assert note.startswith("! tickets are not told of this release:")


def test_too_many_tickets_are_told_nothing_and_that_is_said(shop):
    shop.release("ABC-1 ABC-2 ABC-3", app=replace(APP, tickets=replace(APP.tickets, most=2)))
    assert shop.released == []
    ((_, _, note),) = shop.laptop.memory.reporter.heard
    assert "the release names 3 tickets, more than 2: none of them is told [T010]" in note


def test_the_first_deployment_is_told_on_the_tickets_of_its_release(shop):
    shop.release("ABC-1")
    second = shop.release("ABC-2")
    assert shop.deploy(second) == [("deploy", "0.1.1", {"ABC-2": second.commit[:7]}, "")]


def test_a_deployment_is_told_on_all_that_is_new_there(shop):
    first, _, third = shop.release("ABC-1"), shop.release("ABC-2"), shop.release("ABC-3 ABC-1")
    ((happening, version, tickets, _),) = shop.deploy(third, before=first)
    assert (happening, version, sorted(tickets)) == ("deploy", "0.1.2", ["ABC-1", "ABC-2", "ABC-3"])


def test_going_back_takes_back_what_is_lost(shop):
    first, _ = shop.release("ABC-1"), shop.release("ABC-2")
    third = shop.release("ABC-3")
    assert [(one[0], one[1], sorted(one[2]), one[3]) for one in shop.deploy(first, before=third)] == [
        ("rollback", "0.1.2", ["ABC-2", "ABC-3"], "0.1.0")
    ]


def test_the_same_again_is_told_to_nobody(shop):
    first = shop.release("ABC-1")
    assert shop.deploy(first, before=first) == []


def test_experiments_are_told_to_nobody(shop):
    first = shop.release("ABC-1")
    assert shop.deploy(first, environment=LOCAL) == []
    assert shop.deploy(replace(first, tag="")) == []
    assert shop.deploy(first, app=replace(APP, tickets=None)) == []


def test_what_another_machine_deployed_is_known_by_its_tag(shop, other):
    first, second = shop.release("ABC-1"), shop.release("ABC-2")
    elsewhere = Shop(other)
    elsewhere.world = replace(elsewhere.world, source=shop.source)
    assert elsewhere.deploy(second, before=first) == [("deploy", "0.1.1", {"ABC-2": second.commit[:7]}, "")]


def test_a_deployment_that_git_can_tell_nothing_of_goes_on(shop, other):
    first, second = shop.release("ABC-1"), shop.release("ABC-2")
    elsewhere = Shop(other)  # its repository has no commit
    assert elsewhere.deploy(second, before=first) == []
    ((_, _, note),) = other.memory.reporter.heard
    assert note.startswith("! tickets are not told of this deployment:")
