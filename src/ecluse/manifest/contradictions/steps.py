"""Contradictions in `[steps]` and `[gates]`."""

from __future__ import annotations

from graphlib import CycleError, TopologicalSorter
from itertools import combinations
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from ecluse.manifest.contradictions.unused import unused
from ecluse.manifest.fault import Fault, KeyPath
from ecluse.manifest.matrix import PLACE, cells, label
from ecluse.manifest.resolve import hosts_of, with_remote_hosts
from ecluse.manifest.schema.step import WHAT_IS_RUN
from ecluse.model.suggestion import suggest

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from collections.abc import Set as AbstractSet

    from ecluse.manifest.schema.manifest import Manifest
    from ecluse.manifest.schema.step import StepTable

ON_HOSTS = {
    "group": "what works on hosts is run by a ship, or by its name",
    "cache": "what works on hosts is run each time",
}


def step_faults(manifest: Manifest, names: AbstractSet[str]) -> Iterator[Fault]:
    for name, step in manifest.steps.items():
        path = ("steps", name)
        yield from _what_is_run(step, path, manifest)
        yield from named_steps(step.needs, (*path, "needs"), names)
        if step.junit is None:
            yield from unused(step, path, {"known_failures": "the step leaves no `junit` report to find them in"})
        if step.gate:
            yield from unused(step, path, {"why_off": "the step is a gate"})
    yield from _others_hosts(manifest)
    yield from _cycle(manifest)
    yield from _outputs(manifest)
    yield from _lists(manifest)
    yield from _threshold(manifest)


def _what_is_run(step: StepTable, path: KeyPath, manifest: Manifest) -> Iterator[Fault]:
    given = [name for name in WHAT_IS_RUN if getattr(step, name)]
    if len(given) != 1:
        yield Fault(
            code="M066" if given else "M011",
            path=(*path, given[-1]) if given else path,
            what=f"{' and '.join(given)} stand beside each other" if given else "the step has nothing to run",
            fix=f"give one of {', '.join(WHAT_IS_RUN)}",
            at_key=bool(given),
        )
    elif given == ["command"]:
        yield from unused(step, path, {"hosts": "a command runs on this machine"})
    else:
        yield from unused(step, path, ON_HOSTS)
        if not hosts_of(step, manifest):
            remote = with_remote_hosts(manifest)
            yield Fault(
                code="M067",
                path=(*path, "hosts") if step.hosts else path,
                what=f"{step.hosts!r} has no hosts over SSH" if step.hosts else "it isn't said on whose hosts it works",
                fix=f"hosts = one of: {', '.join(remote)}" if remote else "name hosts in an environment",
            )


def _others_hosts(manifest: Manifest) -> Iterator[Fault]:
    """What works on hosts would be run by a ship to another environment, because something there asks for it."""
    on = {name: hosts_of(step, manifest) for name, step in manifest.steps.items() if not step.command}
    asked = [(("steps", name, "needs"), on.get(name, ""), step.needs) for name, step in manifest.steps.items()]
    asked += [
        (("environments", name, "gates"), name, table.gates or []) for name, table in manifest.environments.items()
    ]
    for path, here, names in asked:
        for index, name in enumerate(names):
            if on.get(name) and on[name] != here:
                yield Fault(
                    code="M069",
                    path=(*path, index),
                    what=f"{name} works on the hosts of {on[name]}, and ships to others would run it too",
                    fix=f"let {name} need what comes before it, and put what comes after it into it",
                )


def named_steps(given: Sequence[str], path: KeyPath, names: AbstractSet[str]) -> Iterator[Fault]:
    """Steps named twice, or not declared."""
    for index, name in enumerate(given):
        if name not in names:
            known = ", ".join(sorted(names)) or "none"
            near = suggest(name, names) or f"declare [steps.{name}], or remove it; declared are: {known}"
            yield Fault(code="M040", path=(*path, index), what=f"there is no step {name!r}", fix=near)
        elif name in given[:index]:
            yield Fault(code="M041", path=(*path, index), what=f"{name!r} is named twice", fix="remove one")


def _cycle(manifest: Manifest) -> Iterator[Fault]:
    try:
        TopologicalSorter({name: step.needs for name, step in manifest.steps.items()}).prepare()
    except CycleError as error:
        circle = error.args[1][::-1]
        yield Fault(
            code="M042",
            path=("steps", circle[0], "needs"),
            what=f"steps wait for each other: {' → '.join(circle)}",
            fix="remove one of these needs",
        )


def _outputs(manifest: Manifest) -> Iterator[Fault]:
    """Of two owners of one output the one that ends last would win: another one each time."""
    claims = [
        (name, index, path)
        for name, step in manifest.steps.items()
        for index, output in enumerate(step.outputs)
        for path in _written(step, output)
    ]
    for (first, _, mine), (second, index, theirs) in combinations(claims, 2):
        if first != second and _overlap(mine, theirs):
            yield Fault(
                code="M043",
                path=("steps", second, "outputs", index),
                what=f"{second} and {first} both claim the output {theirs!r}",
                fix="let each step write a path of its own",
            )


def _written(step: StepTable, output: str) -> set[str]:
    """By each cell."""
    return {output.replace(PLACE, label(cell)) for cell in cells(step.matrix)} if step.matrix else {output}


def _lists(manifest: Manifest) -> Iterator[Fault]:
    """A name of one suite would count as missing in the other."""
    owners: dict[str, str] = {}
    for name, step in manifest.steps.items():
        if step.known_failures and owners.setdefault(step.known_failures, name) != name:
            yield Fault(
                code="M050",
                path=("steps", name, "known_failures"),
                what=f"{name} and {owners[step.known_failures]} share one file of known failures",
                fix=f'give each step its own: known_failures = "known-failures-{name}.txt"',
            )


def _overlap(one: str, other: str) -> bool:
    mine, theirs = PurePosixPath(one), PurePosixPath(other)
    return mine.is_relative_to(theirs) or theirs.is_relative_to(mine)


def _threshold(manifest: Manifest) -> Iterator[Fault]:
    if manifest.gates.coverage is not None and not any(step.coverage for step in manifest.steps.values()):
        yield Fault(
            code="M044",
            path=("gates", "coverage"),
            what="no step leaves a coverage report, so the threshold can't be met",
            fix='add `coverage = "coverage.json"` to the step that runs the tests (`coverage json` writes it)',
        )
