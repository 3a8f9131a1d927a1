"""What the parts of the target's contract share: the fixtures that a target gives, and ways to say a deployment."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from ecluse.model.app import Health
from ecluse.model.holder import Holder
from ecluse.model.ids import DeploymentId
from ecluse.model.observed import Observed
from ecluse.model.problem import Exit, ProblemError
from ecluse.model.slot import Slot, Weights
from ecluse.ports.target import Grant, Question, Running, Target

LEASE = timedelta(seconds=30)
SHORT = timedelta(seconds=1)
QUESTION = Question(path="/", host="localhost")
FIRST, SECOND = DeploymentId("d-1"), DeploymentId("d-2")
ROUNDS = 200
"""Looks, a tenth of a second apart, in which something must have happened."""

Versions = Callable[[str], Running]
Later = Callable[[float], Awaitable[None]]


async def refusal(call: Awaitable[object]) -> tuple[str, Exit]:
    """The code and exit code with which a call was refused."""
    with pytest.raises(ProblemError) as error:
        await call
    return error.value.problems[0].code, error.value.exit


def quiet(_: str) -> None: ...


def checked(running: Running, status: int) -> Running:
    """Well when `/` answers with `status`, which is 200 always."""
    web, *rest = running.processes
    return replace(running, processes=(replace(web, health=Health(path="/", status=(status,))), *rest))


@pytest.mark.looped
class TargetFixtures:
    """Give the fixtures that raise NotImplementedError."""

    @pytest.fixture
    def target(self) -> Target:
        raise NotImplementedError("give a fresh target on which nothing was ever started; clean it up afterwards")

    @pytest.fixture
    def running(self) -> Versions:
        raise NotImplementedError("give what makes a release of a version that answers / with 200 and its version")

    @pytest.fixture
    def later(self) -> Later:
        raise NotImplementedError("give what lets so many seconds of the target's time pass")

    @pytest.fixture
    def holder(self) -> Holder:
        raise NotImplementedError("give a holder whose process lives")

    @pytest.fixture
    def gone(self) -> Holder:
        raise NotImplementedError("give a holder whose process has provably ended")

    @pytest.fixture
    def taken(self) -> int:
        raise NotImplementedError("give a port of the target's on which a stranger listens")

    @pytest.fixture
    def other(self, holder: Holder) -> Holder:
        return replace(holder, id="h-other", user="somebody-else")

    async def _started(self, target: Target, running: Running, slot: Slot, id_: DeploymentId, grant: Grant) -> None:
        await target.stage(grant, running, quiet)
        await target.begin(grant, id_, running, slot)
        await target.start(grant, running, slot)
        await self._answers(target, slot, running)

    async def _answers(self, target: Target, slot: Slot, running: Running) -> None:
        for _ in range(ROUNDS):
            answer = await target.ask(slot, QUESTION)
            if answer.status == 200:
                assert running.release.version.encode() in answer.body
                return
            await self.pause(0.1)
        raise AssertionError(f"{slot} never answered: {answer}")

    async def _deployed(
        self, target: Target, running: Running, slot: Slot, id_: DeploymentId, grant: Grant, warm: float = 600
    ) -> None:
        await self._started(target, running, slot, id_, grant)
        await target.route(grant, Weights.all_to(slot))
        await target.commit(grant, id_, timedelta(seconds=warm))

    async def _until(self, target: Target, happened: Callable[[Observed], bool]) -> Observed:
        for _ in range(ROUNDS):
            seen = await target.observe()
            if happened(seen):
                return seen
            await self.pause(0.1)
        raise AssertionError(f"it never happened: {seen}")

    pause: Later

    @pytest.fixture(autouse=True)
    def _pausing(self, later: Later) -> None:
        self.pause = later
