"""The report of `init`: what was found and where, what was tried, what is set and why, what could not be known."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from textwrap import wrap
from typing import Any

import click

from ecluse.loop.plan.init import Found
from ecluse.loop.plan.proposing.proposal import Trial
from ecluse.manifest.positions import positions

WIDEST = 100
VALUE = 44
"""Column of the reasons."""
MOST = 5
"""Known failures that are named."""
AND_NOT = "not tried: nothing was built or started (`ecluse init` without --no-try does that)"


def text(found: Found, *, width: int, tried: bool) -> Iterator[str]:
    """Lines with colours, at most `width` wide. `tried`: say what was tried, which stands above already on a terminal
    that was watched."""
    width = min(width, WIDEST)
    proposal = found.proposal
    yield headline(found)
    if tried and proposal.trials:
        yield heading("tried")
        for trial in proposal.trials:
            yield from trial_lines(trial, width)
    yield heading("set, and why")
    document = tomllib.loads(found.text)
    at_line = positions(found.text)
    for key, reason in sorted(reasons(found, document), key=lambda pair: at_line.of(tuple(pair[0].split(".")))):
        yield from setting(*named(document, key), reason, width)
        for fact in proposal.also.get(key, ()):
            yield from paragraph(f"also found: {fact.value} ({fact.place})", width, "      ", fg="yellow")
    for step, failures in proposal.known.items():
        yield ""
        told = f"known failures of {step}: another one stops a release, these don't"
        yield from paragraph(told, width, "", bold=True)
        yield from failing(failures, width)
    if proposal.unknown:
        yield heading("not known, and how to say it")
        for line in proposal.unknown:
            yield from paragraph(line, width, "  ! ", fg="yellow")


def reasons(found: Found, manifest: Any) -> Iterator[tuple[str, str]]:
    """Those of what the manifest says; what was left out again on the way has no place in it."""
    return ((key, reason) for key, reason in found.proposal.reasons.items() if stands(manifest, key))


def stands(manifest: Any, key: str) -> bool:
    """Whether a key is there, or an item of a list (`app.state.media/`)."""
    return at(manifest, key) is not None or item(manifest, key) is not None


def item(manifest: Any, key: str) -> tuple[str, str] | None:
    """The list and the item of it that a key means."""
    parts = key.split(".")
    splits = ((".".join(parts[:count]), ".".join(parts[count:])) for count in range(1, len(parts)))
    lists = ((head, rest, at(manifest, head)) for head, rest in splits)
    return next(((head, rest) for head, rest, held in lists if isinstance(held, list) and rest in held), None)


def named(manifest: Any, key: str) -> tuple[str, str]:
    """A key and its value; of a list the item that is meant."""
    return item(manifest, key) or (key, shown(manifest, key))


def headline(found: Found) -> str:
    trials = found.proposal.trials
    seconds = sum(trial.seconds for trial in trials)
    went = "it builds, starts and answers" if found.proposal.app.web else "it builds, starts and stays up"
    said = f"tried in {seconds:.0f} s: {went}" if trials else AND_NOT
    return click.style(f"\n{found.proposal.app.name}: {said}", bold=True, fg="green" if trials else "yellow")


def heading(words: str) -> str:
    return click.style(f"\n{words}", bold=True)


def trial_lines(trial: Trial, width: int) -> Iterator[str]:
    sign = click.style("✓", fg="green") if trial.ok else click.style("✗", fg="red")
    took = f"{trial.seconds:.1f} s" if trial.seconds else ""
    lines = wrap(f"{trial.what}: {trial.answer}", width - 14, break_on_hyphens=False) or [""]
    yield f"  {sign} {took:>7}  {lines[0]}"
    yield from (f"{'':13}{line}" for line in lines[1:])


def setting(key: str, value: str, reason: str, width: int) -> Iterator[str]:
    """A key with its value; the reason beside it where there is room, else below. One that only says the value once
    more is left out."""
    left = f"{key} = {value}" if value else key
    reason = "" if reason == value else reason
    if len(left) > width - 2:
        left = f"{left[: width - 3]}…"
    if len(left) < VALUE - 2 and VALUE + len(reason) <= width:
        yield f"  {left:<{VALUE - 2}}{click.style(reason, dim=True)}" if reason else f"  {left}"
        return
    yield f"  {left}"
    yield from paragraph(reason, width, "      ", dim=True)


def paragraph(words: str, width: int, indent: str, **style: Any) -> Iterator[str]:
    for line in wrap(words, width, initial_indent=indent, subsequent_indent=" " * len(indent), break_on_hyphens=False):
        yield click.style(line, **style)


def failing(failures: Mapping[str, str], width: int) -> Iterator[str]:
    for name, why in sorted(failures.items())[:MOST]:
        yield from paragraph(f"{name}: {why}" if why else name, width, "  ✗ ", fg="yellow")
    if len(failures) > MOST:
        yield f"    and {len(failures) - MOST} more"


def shown(document: Any, key: str) -> str:
    """The value as it stands in the manifest; empty for a table."""
    found = at(document, key)
    if isinstance(found, list):
        return " ".join(map(str, found))
    return "" if found is None or isinstance(found, dict) else str(found)


def at(document: Any, key: str) -> Any:
    """What stands at a key. Names may hold dots: the longest one that is there is meant."""
    if not key or not isinstance(document, dict):
        return document if not key else None
    parts = key.split(".")
    for count in range(len(parts), 0, -1):
        name = ".".join(parts[:count])
        if name in document:
            return at(document[name], ".".join(parts[count:]))
    return None


def document(found: Found, path: Path, *, wrote: bool) -> dict[str, Any]:
    """The `--json` form; its keys are stable."""
    proposal = found.proposal
    values = tomllib.loads(found.text)
    return {
        "outcome": "written" if wrote else "shown",
        "app": proposal.app.name,
        "path": str(path),
        "files": {path.name: found.text, **found.lists},
        "tried": [asdict(trial) for trial in proposal.trials],
        "set": [
            {
                "key": key,
                "value": at(values, key),
                "why": reason,
                "also": [asdict(fact) for fact in proposal.also.get(key, ())],
            }
            for key, reason in reasons(found, values)
        ],
        "found": [asdict(fact) for fact in found.facts],
        "reasons": dict(proposal.reasons),
        "others": [asdict(fact) for fact in proposal.others],
        "made_up": list(proposal.made_up),
        "known_failures": {step: dict(failures) for step, failures in proposal.known.items()},
        "unknown": list(proposal.unknown),
        "manifest": found.text,
    }
