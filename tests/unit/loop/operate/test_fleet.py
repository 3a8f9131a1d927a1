"""Differences from what should run, and old releases, on five hosts in memory."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from ecluse.loop.operate.drift import drift
from ecluse.loop.operate.fleet_copy import fleet_copy
from ecluse.loop.operate.fleet_run import fleet_run
from ecluse.loop.operate.prune import prune
from ecluse.model.problem import Exit, Problem, ProblemError
from ecluse.ports.hosts import Placed, Ran, Sent
from support.memory_chain import EVERYTHING, GONE, NAMES, Chain, lose

pytestmark = pytest.mark.looped


@pytest.fixture
def chain(memory_world):
    """The second release serves on all hosts."""
    made = Chain(memory_world)
    assert asyncio.run(made.deploy("1.0.0")).committed
    assert asyncio.run(made.deploy("2.0.0")).committed
    return made


async def test_hosts_that_run_what_they_should_differ_in_nothing(chain):
    found = await drift(chain.wanted, chain.world)
    assert (found.should, found.exit) == ("2.0.0", Exit.DONE)
    assert found.differences == dict.fromkeys(NAMES, ())


async def test_what_a_host_runs_instead_is_told(chain):
    lose(chain.hosts["d"], "decide", "commit", "abort", "forget")
    await chain.deploy("3.0.0")
    chain.memory.clock.advance(60)
    found = await drift(chain.wanted, chain.world)
    assert (found.differences["d"], found.exit) == (("serves 2.0.0 instead of 3.0.0",), Exit.REFUSED)
    assert found.differences["a"] == ()


async def test_a_host_that_can_not_be_asked_is_named(chain):
    lose(chain.hosts["b"], *EVERYTHING)
    found = await drift(chain.wanted, chain.world)
    assert (dict(found.lost), found.exit) == ({"b": GONE}, Exit.UNREACHABLE)


async def test_old_releases_go_on_all_hosts(chain):
    found = await prune(chain.wanted, chain.world, 1)
    assert (len(found.kept), found.done, found.exit) == (1, NAMES, Exit.DONE)
    lose(chain.hosts["c"], "forget")
    found = await prune(chain.wanted, chain.world)
    assert (len(found.kept), dict(found.lost), found.exit) == (2, {"c": GONE}, Exit.UNREACHABLE)


class Host:
    def __init__(self, answer):
        self.answer = answer

    async def run(self, argv, within, say):
        say(" ".join(argv))
        return Ran(exit_code=self.answered(), seconds=0.1)

    async def place(self, file, within, *, apply):
        return Placed(found=self.answered(), sent=file.size if apply else 0, seconds=0.1)

    def answered(self):
        if isinstance(self.answer, Problem):
            raise ProblemError(self.answer)
        return self.answer


async def ran(answers):
    said = []
    found = await fleet_run(made(answers), ("id",), within=None, say=lambda host, text: said.append((host, text)))
    return found, said


def made(answers):
    return {name: Host(answer) for name, answer in answers.items()}


async def test_who_failed_and_who_could_not_be_asked_are_kept_apart():
    found, said = await ran({"a": 0, "b": 3, "c": GONE})
    assert (list(found.ran), list(found.failed), list(found.lost)) == (["a", "b"], ["b"], ["c"])
    assert found.exit is Exit.UNREACHABLE
    assert said == [("a", "id"), ("b", "id"), ("c", "id")]


async def test_where_a_file_was_put_and_where_it_could_not_be_are_kept_apart():
    file = Sent(path="motd", source=Path("motd"), size=5, sha256="5a", blake2b="b2", mode=0o644)
    found = await fleet_copy(made({"a": "same", "b": "other", "c": GONE}), file, within=timedelta(1))
    assert (found.changed, list(found.lost), found.exit) == (("b",), ["c"], Exit.UNREACHABLE)
    refused = Problem(code="H019", what="no", fix="", exit=Exit.REFUSED)
    found = await fleet_copy(made({"a": "same", "b": refused}), file, within=timedelta(1))
    assert found.exit is Exit.REFUSED
