"""Which of the background processes that were found are declared, and under which names. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from ecluse.manifest.detect import shell
from ecluse.manifest.detect.commandline import module_run
from ecluse.manifest.detect.facts import Fact

WEB = "web"
KNOWN = frozenset(("worker", "beat", "scheduler", "flower"))
"""What programs of queues are told to be, wherever in their line."""
VALUED = frozenset(("-A", "--app", "-a", "-b", "--broker", "-c", "--config", "-e", "--env-file", "--settings",
                    "--pythonpath", "-u", "--url", "--workdir"))  # fmt: skip
"""Options that such programs take before they are told what to do, and whose values say nothing of it."""


def named(found: tuple[Fact, ...]) -> dict[str, Fact]:
    """Each worker once, by its name: that of the surest, where several have one."""
    workers: dict[str, Fact] = {}
    for fact in told_once(found):
        if (name := name_of(fact)) != WEB:
            workers.setdefault(name, fact)
    return workers


def left_out(found: tuple[Fact, ...]) -> Iterator[str]:
    """What has the name of another process and may be more than that one in other words."""
    declared = named(found)
    for fact in told_once(found):
        if fact is not declared.get(name_of(fact)):
            yield (
                f"whether `{fact.value}` ({fact.place}) runs too: {name_of(fact)} is another process, so it was left "
                "out; if it does, give it a name of its own under [processes]"
            )


def name_of(fact: Fact) -> str:
    return re.sub(r"[^a-z0-9_-]+", "-", fact.label.lower()).strip("-") or "worker"


def told_once(found: tuple[Fact, ...]) -> Iterator[Fact]:
    """Each kind of worker as the surest file has it: the same one may stand in several, in other words."""
    told: dict[str, str] = {}
    for fact in found:
        if told.setdefault(essence(fact.value), fact.file) == fact.file:
            yield fact


def essence(command: str) -> str:
    """The program, and the first word that says what it does: `celery worker`, `manage rqworker`, `flask send`."""
    runs = [module_run(each.words) for each in shell.commands(command)]
    words = [PurePosixPath(word).name.removesuffix(".py") for word in arguments(runs[-1])] if runs else [command]
    first, *rest = words[1:] if words[0] == "python" and len(words) > 1 else words
    does = [word for word in rest if word in KNOWN] or rest
    return " ".join([first, *does[:1]])


def arguments(words: tuple[str, ...]) -> Iterator[str]:
    """The words that are no options, nor values of those that come first."""
    for before, word in zip(("", *words), words, strict=False):
        if before not in VALUED and not word.startswith("-"):
            yield word
