"""Where the lists of known failures lie: read beside the manifest that names them, renewed in the working tree."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from ecluse.loop.code.checkout import Checkout
from ecluse.loop.test.known import names, without
from ecluse.loop.test.missing import place_of
from ecluse.manifest.find import Found, find_any
from ecluse.model.app import Step
from ecluse.model.ids import StepName
from ecluse.model.problem import Problem, ProblemError
from ecluse.model.values import frozen
from ecluse.model.verdict import Verdict
from ecluse.ports.world import World


@frozen
class Renewed:
    """A list that is to be written again, and the tests that it loses."""

    path: Path
    text: str
    cured: tuple[str, ...]


async def known_failures(steps: Iterable[Step], checkout: Checkout, world: World) -> Mapping[StepName, frozenset[str]]:
    """Of each step that names a file, the tests in it. A file that isn't there: ProblemError E018.

    The file is the commit's, as the manifest is; that of a commit without a manifest is the working tree's, as its
    manifest is.
    """
    listing = [step for step in steps if step.evidence.known_failures]
    if not listing:
        return {}
    root = checkout.folder if await asyncio.to_thread(find_any, checkout.folder) else world.root
    found = {step.name: await asyncio.to_thread(read, root, step.evidence.known_failures) for step in listing}
    missing = [step for step in listing if found[step.name] is None]
    if missing:
        found_at = await asyncio.to_thread(find_any, root)
        raise ProblemError(*(lacks(step, checkout, found_at) for step in missing))
    return {name: names(text or "") for name, text in found.items()}


def read(root: Path, name: str) -> str | None:
    """None when there is no such file in the tree."""
    path = root / name
    if not path.is_file() or not path.resolve().is_relative_to(root.resolve()):
        return None
    return path.read_text(encoding="utf-8", errors="replace")


def lacks(step: Step, checkout: Checkout, manifest: Found | None) -> Problem:
    name = step.evidence.known_failures
    place = "the working tree" if checkout.dirty else checkout.commit[:12]
    return Problem(
        code="E018",
        what=f"{place} has no {name}, which lists the known failures of the step {step.name!r}",
        where=place_of(manifest, ("steps", step.of or step.name, "known_failures")),
        fix=f"git add {name} and commit it; or remove known_failures from [steps.{step.of or step.name}]",
        state="nothing was run",
    )


def renewals(steps: Sequence[Step], verdicts: Iterable[Verdict], root: Path) -> tuple[Renewed, ...]:
    """The lists of the working tree without the tests that pass now; only those that lose one. Cells of a matrix may
    share a list: a name goes when the test passes in all of them."""
    told = {verdict.gate: verdict for verdict in verdicts}
    found = []
    for name in dict.fromkeys(step.evidence.known_failures for step in steps if step.evidence.known_failures):
        of_it = [told.get(step.name) for step in steps if step.evidence.known_failures == name]
        cured = cured_everywhere(of_it)
        text = read(root, name) if cured else None
        if text is not None:
            found.append(Renewed(path=root / name, text=without(text, cured), cured=cured))
    return tuple(found)


def cured_everywhere(verdicts: Iterable[Verdict | None]) -> tuple[str, ...]:
    """None where one of them says nothing."""
    told = [set(verdict.cured) if verdict else set() for verdict in verdicts]
    return tuple(sorted(set.intersection(*told))) if told else ()
