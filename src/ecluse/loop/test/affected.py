"""Which steps a change is none of: nothing has changed of what their `paths` name. Deciding is pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ecluse.loop.code.globs import chosen
from ecluse.loop.test.cache.kept import passes
from ecluse.loop.test.cache.keys import INPUTS, Key, files
from ecluse.loop.test.missing import WILD
from ecluse.model.app import App, Step
from ecluse.model.ids import Commit, StepName
from ecluse.model.problem import ProblemError
from ecluse.model.values import frozen
from ecluse.ports.cache import UnreachableError
from ecluse.ports.source import Entry
from ecluse.ports.world import World

if TYPE_CHECKING:
    from ecluse.loop.test.cache.entry import CacheEntry
    from ecluse.loop.test.cache.kept import Kept
    from ecluse.loop.test.cache.recall import Recall

LAST_PASS = ""
"""Compare each step with the commit at which it passed last."""
ALWAYS = (
    "ecluse.toml", "pyproject.toml", "uv.lock", "poetry.lock", "pdm.lock", "Pipfile", "Pipfile.lock", "setup.py",
    "setup.cfg", "*requirements*.txt", "requirements/*.txt", ".python-version",
)  # fmt: skip
"""What says how steps are run and with which packages: a change of it is for every step."""


@frozen
class Base:
    """What a commit is compared with, and how that was called."""

    commit: Commit
    named: str
    changed: tuple[str, ...]
    """Paths that differ."""


@dataclass(slots=True)
class Skips:
    """Decides for one run. `since` is what was typed, `apart` whether outputs go to steps that run elsewhere."""

    app: App
    steps: Sequence[Step]
    world: World
    commit: Commit
    apart: bool
    base: Base | None = None
    trusts_passes: bool = True
    _entries: dict[str, tuple[Entry, ...] | None] = field(default_factory=dict)
    _passes: list[CacheEntry] | None = None
    _told: set[StepName] = field(default_factory=set)

    @classmethod
    async def of(
        cls, app: App, steps: Sequence[Step], world: World, *, commit: Commit, since: str, apart: bool
    ) -> Skips | None:
        """None where no step has `paths`. A `since` that names no commit: ProblemError with a C code."""
        if all(step.paths is None for step in steps):
            return None
        found = cls(app, steps, world, commit, apart, trusts_passes=since == LAST_PASS)
        if since:
            found.base = await found._base(await world.source.resolve(since), since)
        elif into := await merged_into(world, commit):
            found.base = await found._base(into, "what it is merged into")
        return found

    def names(self, recall: Recall | None) -> dict[StepName, str]:
        """The steps to skip, and why. What is known to pass already isn't among them: that says more."""
        hits: Collection[StepName] = recall.hits if recall else ()
        reasons = {step.name: why for step in self._looked_at if (why := self._unchanged(step, recall))}
        idle = unaffected(self._looked_at, reasons)
        left = without_wanted(self._looked_at, {name for name in idle if name not in hits}, hits)
        return {step.name: reasons[step.name] for step in self.steps if step.name in left}

    @property
    def _looked_at(self) -> Sequence[Step]:
        return self.app.steps if self.apart else self.steps

    def _unchanged(self, step: Step, recall: Recall | None) -> str:
        """Why nothing has changed that the step is for; empty if something has, or if that can't be told."""
        if step.paths is None or self._names_nothing(step, recall):
            return ""
        globs = ", ".join(step.paths)
        given = givers(step, self.app.steps)
        if self.base and not any(touched(one, self.base.changed, self.app) for one in (step, *given)):
            return f"nothing in {globs} has changed since {self.base.named} ({self.base.commit[:12]})"
        if self.trusts_passes and recall and recall.kept and (last := self._passed(step, recall.kept, given)):
            return f"nothing in {globs} has changed since it passed at {last.at}, at {last.commit[:12]}"
        return ""

    def _names_nothing(self, step: Step, recall: Recall | None) -> bool:
        """Whether the step's `paths` are mistyped, as far as that can be told: what never is never changes."""
        entries = recall.entries if recall else self._entries.get(self.commit)
        if entries is None:  # then there is nothing to compare with either
            return False
        lacking = absent(step.paths or (), [entry.path for entry in entries])
        if lacking and step in self.steps and step.name not in self._told:
            self._told.add(step.name)
            self.world.reporter.note(f"{step.name} isn't skipped: of its `paths`, {', '.join(lacking)} names no file")
        return bool(lacking)

    def _passed(self, step: Step, kept: Kept, given: Iterable[Step]) -> CacheEntry | None:
        """When it passed last with the same content of its `paths`, run as it would be now."""
        if self._passes is None:
            try:
                self._passes = passes(kept.cache)
            except UnreachableError:
                self._passes = []
        now, content = kept.keys.get(step.name), kept.paths.get(step.name)
        if now is None or not content:
            return None
        alike = (one for one in self._passes if one.step == step.name and one.paths == content)
        names = [one.name for one in given]
        return next((one for one in alike if same_but_for_inputs(one.parts, now, names)), None)

    async def _base(self, commit: Commit, named: str) -> Base:
        before, now = await self._files(commit), await self._files(self.commit)
        paths = differing(before or (), now or ())
        return Base(commit=commit, named=named, changed=(*paths, *await self._around(commit)))

    async def _around(self, commit: Commit) -> tuple[str, ...]:
        """Of an app in a folder, what a whole repository says of its packages, as if it lay in the folder."""
        whole, folder = await self.world.source.around()
        if folder == ".":
            return ()
        names = [name for name in ALWAYS if "*" not in name]
        return tuple([one for one in names if await whole.read(commit, one) != await whole.read(self.commit, one)])

    async def _files(self, commit: Commit) -> tuple[Entry, ...] | None:
        """None for a commit that is there no longer."""
        if commit not in self._entries:
            try:
                self._entries[commit] = await self.world.source.entries(commit)
            except ProblemError:
                self._entries[commit] = None
        return self._entries[commit]


async def merged_into(world: World, commit: Commit) -> Commit | None:
    """In a CI that looks at a request to merge, what it would be merged into: said by GitLab; the first parent of the
    commit that GitHub makes for it. None elsewhere, and where that commit isn't there: then more is run."""
    env = world.env
    if said := env.get("CI_MERGE_REQUEST_DIFF_BASE_SHA"):
        return await _known(world, said)
    if env.get("GITHUB_ACTIONS") == "true" and env.get("GITHUB_EVENT_NAME") == "pull_request":
        is_merge = await _known(world, f"{commit}^2") is not None
        return await _known(world, f"{commit}^1") if is_merge else None
    return None


async def _known(world: World, revision: str) -> Commit | None:
    try:
        return await world.source.resolve(revision)
    except ProblemError:
        return None


def absent(globs: Sequence[str], there: Collection[str]) -> tuple[str, ...]:
    """Of what a step is for, the plain paths that aren't there; all of it where nothing is. A glob may match none."""
    if not chosen(there, globs):
        return tuple(globs)
    return tuple(one for one in globs if not WILD & set(one) and not chosen(there, (one,)))


def differing(before: Iterable[Entry], now: Iterable[Entry]) -> tuple[str, ...]:
    """Paths that were added, removed or changed."""
    old, new = files(before, None), files(now, None)
    return tuple(path for path in sorted(old.keys() | new.keys()) if old.get(path) != new.get(path))


def givers(step: Step, steps: Sequence[Step]) -> tuple[Step, ...]:
    """What has no `paths` and gives the step outputs, or gives them to one that does: they are part of what it sees."""
    known = {one.name: one for one in steps}
    found: dict[StepName, Step] = {}
    waiting = list(step.needs)
    while waiting:
        need = known.get(waiting.pop())
        if need and need.paths is None and need.outputs and need.name not in found:
            found[need.name] = need
            waiting += need.needs
    return tuple(found.values())


def touched(step: Step, changed: Iterable[str], app: App) -> bool:
    """Whether one of the paths is of what the step is for (what it sees, if it doesn't say), or of what decides how it
    is run."""
    project = "" if app.build.project == "." else f"{app.build.project}/"
    build = app.build
    always = (
        *ALWAYS, *(f"{project}{name}" for name in ALWAYS), *(f"{project}{name}" for name in build.requirements),
        *(f"{project}{name}" for name in build.test_requirements), *filter(None, [step.evidence.known_failures]),
    )  # fmt: skip
    own = step.inputs if step.paths is None else step.paths
    return bool(chosen(changed, None if own is None else (*own, *always)))


def same_but_for_inputs(before: Mapping[str, str], now: Key, given: Iterable[str] = ()) -> bool:
    """Whether it is run as it was then: its command, settings, packages, and what it is `given` by other steps. Files,
    and needs that only come before it, are looked at apart."""
    taken = {f"step {name}" for name in given}
    return _beside_inputs(before, taken) == _beside_inputs(now.parts, taken)


def _beside_inputs(parts: Mapping[str, str], taken: Collection[str]) -> dict[str, str]:
    return {
        name: value
        for name, value in parts.items()
        if name in taken or (name != INPUTS and not name.startswith("step "))
    }


def unaffected(steps: Sequence[Step], unchanged: Collection[StepName]) -> set[StepName]:
    """Of the steps in which nothing has changed, those that need none in which something has. A step without `paths`
    runs each time, so that it does says nothing: what it gives was looked at (`givers`)."""
    selective = {step.name for step in steps if step.paths is not None}
    idle = set(unchanged)
    while gone := {
        step.name
        for step in steps
        if step.name in idle and any(need in selective and need not in idle for need in step.needs)
    }:
        idle -= gone
    return idle


def without_wanted(
    steps: Sequence[Step], idle: Collection[StepName], hits: Collection[StepName]
) -> set[StepName]:  # fmt: skip
    """Without those whose outputs a step needs that runs."""
    left = set(idle)

    def is_wanted(name: StepName) -> bool:
        return any(name in one.needs and one.name not in left and one.name not in hits for one in steps)

    while wanted := {step.name for step in steps if step.name in left and step.outputs and is_wanted(step.name)}:
        left -= wanted
    return left
