"""Services of one run that don't come up."""

import asyncio
import json
from types import SimpleNamespace

import pytest

from ecluse.loop.services.scratch import PATIENCE, scratch
from ecluse.model.problem import Problem, ProblemError
from ecluse.model.service import Service, ServiceKind
from ecluse.ports.commands import Finished
from ecluse.testing.reporter import HeardReporter

CACHE = Service(name="cache", kind=ServiceKind.REDIS)
QUEUE = Service(name="queue", kind=ServiceKind.RABBITMQ)
STORE = Service(name="store", kind=ServiceKind.POSTGRES)


class Programs:
    """Nobody has RabbitMQ."""

    async def get(self, service, say, *, scratch):
        if service.kind is ServiceKind.RABBITMQ:
            await asyncio.sleep(0)  # the others begin meanwhile
            raise ProblemError(Problem(code="V001", what="this machine has no rabbitmq", fix="install it"))

    def serve(self, service, programs, folder):
        return ("serve", str(folder))

    def wait(self, folder, seconds):
        return ("await", str(folder), str(seconds))


class Runner:
    """What serves runs until it is ended; what waits finds an answer of those in `answering` at once, of those in
    `slow` never, and of others that their time is over."""

    def __init__(self, answering=(), slow=()):
        self.answering, self.slow = answering, slow
        self.started, self.running = [], set()

    async def run(self, command):
        verb, folder = command.argv[:2]
        name = folder.rpartition("/")[2]
        return await (self.serve(command, name) if verb == "serve" else self.wait(command, name, folder))

    async def serve(self, command, name):
        self.started.append(name)
        self.running.add(name)
        command.log.write_text("".join(f"line {number}\n" for number in range(20)))
        try:
            await asyncio.Event().wait()
        finally:
            self.running.remove(name)

    async def wait(self, command, name, folder):
        if name in self.slow:
            await asyncio.Event().wait()
        if name in self.answering:
            place = command.folder / name
            place.mkdir()
            (place / "address.json").write_text(json.dumps({"port": 1}))
        return Finished(exit_code=0 if name in self.answering else 1)


@pytest.fixture
def use(tmp_path):
    """Run `work` with the services of a run whose programs `runner` runs."""

    def used(runner, work):
        world = SimpleNamespace(commands=runner, services=Programs(), reporter=HeardReporter())

        async def main():
            async with scratch(world, tmp_path / "services") as services:
                return await work(services)

        return asyncio.run(main())

    return used


async def refused(services, *wanted, left=None):
    with pytest.raises(ProblemError) as error:
        await services.provide(wanted, left=left)
    return error.value.problems


def test_one_that_does_not_answer_is_ended_and_said_in_its_own_words(use):
    runner = Runner()

    async def work(services):
        (problem,) = await refused(services, CACHE)
        assert problem.what == f"the service cache (redis) did not answer within {PATIENCE:.0f} s"
        assert problem.evidence == tuple(f"line {number}" for number in range(8, 20))
        assert runner.running == set()

    use(runner, work)


def test_one_that_failed_is_not_tried_again(use):
    runner = Runner(answering=("store",))

    async def work(services):
        first = await refused(services, CACHE)
        assert await refused(services, STORE, CACHE) == first
        await services.provide([STORE])

    use(runner, work)
    assert runner.started == ["cache", "store"]


def test_one_that_cannot_be_had_leaves_no_other_half_started(use):
    runner = Runner(slow=("cache",))

    async def work(services):
        (problem,) = await refused(services, CACHE, QUEUE)
        assert problem.code == "V001"
        assert runner.running == set()
        assert runner.started in ([], ["cache"])

    use(runner, work)


def test_it_takes_no_longer_than_there_is_time(use):
    runner = Runner(slow=("cache",))

    async def work(services):
        (problem,) = await refused(services, CACHE, left=0.2)
        assert problem.code == "V004"
        assert problem.evidence[-1] == "line 19"
        assert runner.running == set()

    use(runner, work)


def test_every_problem_of_several_is_said(use):
    async def work(services):
        services.world.services.get = fails
        problems = await refused(services, CACHE, STORE)
        assert [problem.what for problem in problems] == ["no redis", "no postgres"]

    async def fails(service, _say, *, scratch):
        raise ProblemError(Problem(code="V001", what=f"no {service.kind}", fix="install it"))

    use(Runner(), work)
