"""Why a step would run again, or wouldn't: what it depends on now, beside what it depended on when it passed last."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from ecluse.loop.code.checkout import check_out
from ecluse.loop.code.workplace import workplace
from ecluse.loop.test.affected import LAST_PASS, Skips
from ecluse.loop.test.cache.entry import CacheEntry
from ecluse.loop.test.cache.kept import passes
from ecluse.loop.test.cache.keys import ENVIRONMENT, INPUTS, Key, files
from ecluse.loop.test.cache.recall import Recall
from ecluse.loop.test.pythons import environments_of
from ecluse.loop.test.select import select
from ecluse.model.app import App, Step
from ecluse.model.ids import Commit
from ecluse.model.problem import ProblemError
from ecluse.model.secret import Secret
from ecluse.model.values import frozen
from ecluse.ports.cache import StepCache
from ecluse.ports.source import Entry
from ecluse.ports.world import World

NEVER = "nothing is kept of it: it has not passed here at its first attempt, or that was long ago"
ALWAYS = "its `cache` is false: it runs each time"
NO_PYTHON = "it wants Python {}, for which there is no environment here"
UNLISTED = "its list of known failures is no file of the commit"


@frozen
class Why:
    """`kept` is what it would repeat, empty if it would run; then `changes` say why, or `reason` where there is nothing
    to compare with. `skipped` is why only a ship would run it: its `paths`."""

    step: str
    kept: str = ""
    changes: tuple[str, ...] = ()
    reason: str = ""
    since: str = ""
    """When it passed last, and at which commit."""
    skipped: str = ""


async def why(name: str, app: App, world: World, commit: Commit, secrets: Mapping[str, Secret]) -> tuple[Why, ...]:
    """Of a step, or of each of its cells. Asks, changes nothing. A name that isn't there: ProblemError E004."""
    steps = select(app.steps, (name,))
    recall = await Recall.of(app, steps, world, commit=commit, run="", secrets=secrets)
    if recall.kept is None:
        with workplace(world.home, world.ids.new("why")) as place:
            checkout = await check_out(world.source, commit, place.folder / "commit", dirty=False)
            recall.learn(await environments_of(app, recall.keyed, world, checkout))
    skips = await Skips.of(app, steps, world, commit=commit, since=LAST_PASS, apart=False)
    skipped = skips.names(recall) if skips else {}
    asked = select(app.steps, (name,), only=True)
    return tuple([replace(await _why(step, recall, world), skipped=skipped.get(step.name, "")) for step in asked])


async def _why(step: Step, recall: Recall, world: World) -> Why:
    name = step.name
    if entry := recall.hits.get(name):
        return Why(step=name, kept=f"passed at {entry.at} in {entry.seconds:g} s, at {entry.commit[:12]}")
    assert recall.kept is not None  # noqa: S101  it has learnt what there is
    if name not in recall.kept.able:
        return Why(step=name, reason=_unkept(step, recall))
    last = newest(name, recall.kept.cache)
    if last is None:
        return Why(step=name, reason=NEVER)
    before = await _files_then(step, last, world)
    now = files(recall.entries, step.inputs)
    changes = tuple(changed(last.parts, recall.kept.keys[step.name], before, now, world.toolchain.versions_in))
    return Why(step=name, changes=changes, since=f"{last.at}, at {last.commit[:12]}")


def _unkept(step: Step, recall: Recall) -> str:
    if not step.cache:
        return ALWAYS
    return UNLISTED if recall.remembered[step.python].recall() else NO_PYTHON.format(step.python)


def newest(step: str, cache: StepCache) -> CacheEntry | None:
    """Of what is kept of a step, that which passed last."""
    return next((one for one in passes(cache) if one.step == step), None)


def changed(
    before: Mapping[str, str], now: Key, files_before: Mapping[str, str] | None, files_now: Mapping[str, str],
    versions_in: Callable[[str], Mapping[str, str]],
) -> Iterator[str]:  # fmt: skip
    """Each part that differs, in words. Pure."""
    for name in dict.fromkeys((*now.parts, *before)):
        old, new = before.get(name), now.parts.get(name)
        if old == new:
            continue
        if name == INPUTS:
            yield from _inputs(files_before, files_now)
        elif name == ENVIRONMENT and (told := _versions(versions_in(old or ""), versions_in(new or ""))):
            yield from told
        else:
            yield f"{name} {_how(old, new)}"


def _inputs(before: Mapping[str, str] | None, now: Mapping[str, str]) -> Iterator[str]:
    if before is None:
        yield "inputs changed; the commit that they were compared with is no longer there, so which is not known"
        return
    for path in sorted(before.keys() | now.keys()):
        if before.get(path) != now.get(path):
            yield f"input {path} {_how(before.get(path), now.get(path))}"


def _versions(before: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """What is another in an environment. Nothing where one of both is no longer known, or the same versions were built
    anew."""
    if not before or not now:
        return []
    other = [name for name in sorted(before.keys() | now.keys()) if before.get(name) != now.get(name)]
    return [
        f"{name} {before[name]} is now {now[name]}"
        if name in before and name in now
        else f"{name} {_how(before.get(name), now.get(name))}"
        for name in other
    ]


def _how(old: str | None, new: str | None) -> str:
    if old is None:
        return "is new"
    return "is gone" if new is None else "changed"


async def _files_then(step: Step, last: CacheEntry, world: World) -> Mapping[str, str] | None:
    try:
        entries: tuple[Entry, ...] = await world.source.entries(last.commit)
    except ProblemError:  # it was rebased away and collected
        return None
    return files(entries, step.inputs)
