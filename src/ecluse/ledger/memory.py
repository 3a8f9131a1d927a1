"""A ledger in memory: for tests and dry runs, held to the same contract as the one on disk."""

from __future__ import annotations

from collections.abc import Iterator

from ecluse.ledger import chain
from ecluse.model.events.event import Event
from ecluse.model.history import DeploymentKnown, State, apply, fold
from ecluse.model.runs import RunKnown, StepKnown, fold_runs
from ecluse.ports.clock import Clock
from ecluse.ports.ledger import Record, Verification


class MemoryLedger:
    def __init__(self, clock: Clock, actor: str) -> None:
        self._clock = clock
        self._actor = actor
        self._links: list[chain.Link] = []

    def append(self, *events: Event) -> tuple[Record, ...]:
        at = self._clock.now()
        for event in events:
            previous = self._links[-1].hash if self._links else chain.GENESIS
            number = len(self._links) + 1
            self._links.append(chain.forge(previous, number=number, at=at, actor=self._actor, event=event))
        return self._records()[-len(events) :] if events else ()

    def defer(self, *events: Event) -> None:
        self.append(*events)

    def events(self, *, after: int = 0, environment: str | None = None, limit: int | None = None) -> Iterator[Record]:
        yield from self._records(environment, after=after)[:limit]

    def newest(
        self, *, before: int | None = None, environment: str | None = None, limit: int = 20
    ) -> tuple[Record, ...]:
        older = (record for record in self._records(environment) if before is None or record.number < before)
        return tuple(older)[::-1][:limit]

    def state(self) -> State:
        return fold(self._records())

    def deployments(
        self, *, before: int | None = None, environment: str | None = None, limit: int = 20
    ) -> tuple[DeploymentKnown, ...]:
        known: dict[tuple[str, str], DeploymentKnown] = {}
        state = State()
        for record in self._records(environment):
            state = apply(state, record)
            for place in state.environments.values():
                known |= {(place.name, deployment.id): deployment for deployment in place.deployments}
        older = [one for one in known.values() if before is None or one.number < before]
        return tuple(sorted(older, key=lambda one: one.number, reverse=True)[:limit])

    def runs(
        self, *, before: int | None = None, environment: str | None = None, limit: int = 20
    ) -> tuple[RunKnown, ...]:
        known = fold_runs(self._records()).runs.values()
        wanted = [one for one in known if environment in {None, one.environment}]
        older = [one for one in wanted if before is None or one.number < before]
        return tuple(sorted(older, key=lambda one: one.number, reverse=True)[:limit])

    def steps(self) -> tuple[StepKnown, ...]:
        return tuple(sorted(fold_runs(self._records()).steps.values(), key=lambda one: one.name))

    def verify(self) -> Verification:
        head = self._links[-1].hash if self._links else chain.GENESIS
        return chain.follow(self._links, events=len(self._links), head=head)

    def rebuild(self) -> int:
        return len(self._links)

    def close(self) -> None:
        """Nothing is held."""

    def _records(self, environment: str | None = None, *, after: int = 0) -> tuple[Record, ...]:
        return tuple(chain.read(link) for link in self._links[after:] if environment in {None, link.environment})
