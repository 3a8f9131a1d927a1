"""Which steps of a run are known to pass already, found with as little as that takes."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from ecluse.loop.test.cache.basis import KnownEnvironment, basis_of
from ecluse.loop.test.cache.entry import CacheEntry
from ecluse.loop.test.cache.kept import Kept
from ecluse.loop.test.cache.keys import Key, can_be_kept, keys_of
from ecluse.loop.test.surroundings import of_the_run
from ecluse.model.app import App, Step
from ecluse.model.ids import Commit, StepName, path_name
from ecluse.model.secret import Secret
from ecluse.model.values import frozen
from ecluse.model.verdict import Answer, Verdict
from ecluse.ports.cache import StepCache, UnreachableError
from ecluse.ports.source import Entry
from ecluse.ports.world import World

if TYPE_CHECKING:
    from ecluse.loop.test.pythons import Environments

CACHE = "cache"
EACH = timedelta(hours=1)


def needs_environment(step: Step) -> bool:
    """The locked environment of the app's. What is our own work brings its tools along."""
    return not step.builtin


@frozen
class Around:
    """What is known of the needs of steps that run without them: `given` are the keys under which outputs were made
    that come from elsewhere. Where a key isn't what it would be here, what is made of them isn't kept."""

    steps: Sequence[Step]
    given: Mapping[StepName, str]

    def agrees(self, step: Step, keys: Mapping[StepName, Key]) -> bool:
        return all(self.given[need] == keys[need].digest for need in step.needs if need in self.given)


@dataclass(slots=True)
class Recall:
    """What is kept of `steps` at a commit. Until it is known what the environment holds (`learn`) nothing is. `fresh`:
    nothing that is there counts, and everything is kept anew."""

    app: App
    steps: Sequence[Step]
    world: World
    secrets: Mapping[str, Secret]
    entries: tuple[Entry, ...]
    remembered: Mapping[str, KnownEnvironment]
    """By the Python that steps want."""
    told: Mapping[str, str]
    """The run's own variables."""
    fresh: bool = False
    kept: Kept | None = None
    hits: dict[StepName, CacheEntry] = field(default_factory=dict)
    around: Around | None = None
    _restored: set[Path] = field(default_factory=set)

    @classmethod
    async def of(
        cls, app: App, steps: Sequence[Step], world: World, *, commit: Commit, run: str, secrets: Mapping[str, Secret],
        fresh: bool = False, around: Around | None = None,
    ) -> Recall:  # fmt: skip
        entries = await world.source.entries(commit)
        pythons = {step.python for step in (around.steps if around else steps) if needs_environment(step)}
        remembered = {python: KnownEnvironment.of(app, world, entries, python) for python in sorted(pythons)}
        found = cls(app, steps, world, secrets, entries, remembered, of_the_run(run, commit), fresh)
        found.around = around
        environments = found._recalled()
        if all(environments.values()):
            found._look_up(environments)
        return found

    def has(self, steps: Sequence[Step], but: Collection[StepName] = ()) -> bool:
        """All of them, `but` some that aren't wanted."""
        return all(step.name in self.hits or step.name in but for step in steps)

    @property
    def warning(self) -> Verdict | None:
        """What was in the way of the cache, as something that is said and stops nothing."""
        if self.kept is None or not self.kept.warnings:
            return None
        return Verdict(gate=CACHE, answer=Answer.NOT_CHECKED, evidence=self.kept.warnings, is_required=False)

    @property
    def keyed(self) -> Sequence[Step]:
        """All steps whose keys count: those that run, and what they need."""
        return self.around.steps if self.around else self.steps

    def learn(self, environments: Environments) -> None:
        """The environments of the steps are made: once more, if it wasn't known before what is in them."""
        names = {python: self.world.toolchain.content_of(path) for python, path in environments.made.items()}
        if self.kept is None or names != self._recalled():
            for python, name in names.items():
                self.remembered[python].keep(name)
            self._look_up(names)

    def _recalled(self) -> dict[str, str]:
        return {python: known.recall() for python, known in self.remembered.items()}

    def bring_papers(self, entry: CacheEntry, logs: Path) -> None:
        """Its log and reports, to where those of a run lie."""
        if self.kept:
            self.kept.bring_papers(entry, logs)

    def tidy(self) -> None:
        """Make room, if something was put: once an hour, and when so much has come that there may be too much. A disk
        that refuses stops no run."""
        if self.kept is None or not self.kept.put_bytes:
            return
        looked, now = self.world.home / "cache" / "steps-looked-through", self.world.clock.now()
        size = self.app.cache.size
        with suppress(OSError, ValueError, TypeError):
            at, room, of = looked.read_text(encoding="ascii").split()
            left = int(room) - self.kept.put_bytes
            if abs(now - datetime.fromisoformat(at)) < EACH and int(of) == size and left > 0:
                looked.write_text(f"{at} {left} {size}", encoding="ascii")
                return
        from ecluse.loop.test.cache.pruning import prune  # noqa: PLC0415  now and then

        with suppress(OSError, UnreachableError):
            room_left = prune(self.kept.cache, self.app.cache, now)
            looked.write_text(f"{now.isoformat()} {room_left} {size}", encoding="ascii")

    def restore_for(self, needs: Mapping[str, Sequence[str]], outputs: Path) -> None:
        """Bring the outputs that steps which have to run need. Those that can't be brought are hits no longer."""
        if self.kept is None:
            return
        while wanted := {name for name in self._wanted(needs) if outputs / path_name(name) not in self._restored}:
            self._restore(wanted, outputs)

    def restore_all(self, outputs: Path) -> None:
        """Bring all outputs that are known."""
        self._restore({name for name, entry in self.hits.items() if entry.outputs or entry.folders}, outputs)

    def stamp(self, name: StepName) -> str:
        """The key under which a step's outputs were made; empty if nothing says from what."""
        return self.kept.keys[name].digest if self.kept and name in self.kept.able else ""

    def _restore(self, wanted: set[StepName], outputs: Path) -> None:
        if self.kept is None:
            return
        for name in sorted(wanted):
            if not self.kept.restore(name, self.hits[name], outputs / path_name(name)):
                del self.hits[name]
        self._restored |= {outputs / path_name(name) for name in wanted}

    def _wanted(self, needs: Mapping[str, Sequence[str]]) -> set[StepName]:
        running = [step.name for step in self.steps if step.name not in self.hits]
        given = {StepName(need) for name in running for need in needs[name] if need in self.hits}
        return {name for name in given if self.hits[name].outputs or self.hits[name].folders}

    def _look_up(self, environments: Mapping[str, str]) -> None:
        basis = basis_of(self.app, self.world, self.entries, environments, self.secrets, self.told)
        keys = keys_of(self.keyed, basis)
        able = frozenset(step.name for step in self.steps if can_be_kept(step, basis) and self._agrees(step, keys))
        paths = {step.name: basis.inputs(step.paths) for step in self.keyed if step.paths is not None}
        cache, is_near = self.world.cache(self.app.cache), not self.app.cache.shared
        self.kept = Kept(cache, keys, able, paths, self._private(), is_near=is_near)
        self.hits = {} if self.fresh else self.kept.look_up(self.steps)

    def _private(self) -> dict[StepName, StepCache]:
        """Nobody else finds the result of a step that gets secrets, whose hash is keyed by this home's own: so it goes
        to nobody else."""
        if not self.app.cache.shared:
            return {}
        own = self.world.cache(replace(self.app.cache, shared=""))
        return {step.name: own for step in self.steps if step.secrets}

    def _agrees(self, step: Step, keys: Mapping[StepName, Key]) -> bool:
        return self.around is None or self.around.agrees(step, keys)
