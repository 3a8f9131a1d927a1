"""What every command does around its work: read the manifest, build the world, run, render Problems, exit."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NoReturn

import click

from ecluse import assembly
from ecluse.cli import streams
from ecluse.cli.typed import as_typed
from ecluse.model.app import App, Environment
from ecluse.model.instance import environment_named
from ecluse.model.problem import Exit, Problem, ProblemError
from ecluse.model.values import frozen

if TYPE_CHECKING:
    from ecluse.loop.deploy.wanted import Wanted
    from ecluse.model.ids import Commit, HostName
    from ecluse.ports.hosts import Host
    from ecluse.ports.world import World

    Hosts = Callable[[Environment], Mapping[HostName, Host]]


def environment_of(app: App, name: str) -> Environment:
    """ProblemError M090 for one that isn't there."""
    found = environment_named(app, name)
    if found is None:
        names = ", ".join([*(one.name for one in app.environments), *(f"{one.name}-…" for one in app.patterns)])
        raise ProblemError(
            Problem(
                code="M090",
                what=f"there is no environment '{name}'",
                fix=f"choose one of: {names}; or declare [environments.{name}]",
            )
        )
    return found


@frozen
class Asked:
    """What was asked of an app, and how it is to be answered."""

    app: App
    as_json: bool

    def environment(self, name: str) -> Environment:
        return environment_of(self.app, name)

    def answer(self, document: dict[str, Any]) -> None:
        """The one document of `--json`."""
        if self.as_json:
            print_json(document)


@frozen
class Session(Asked):
    """One command at work."""

    world: World

    def wanted(self, name: str) -> Wanted:
        """An environment with its settings; a missing secret is a Problem."""
        from ecluse.loop.deploy.wanted import Wanted  # noqa: PLC0415

        environment = self.environment(name)
        return Wanted(app=self.app, environment=environment, settings=assembly.settings(self.world, environment))

    async def at(self, revision: str, *, dirty: bool) -> tuple[Session, Commit]:
        """The same with the manifest of the commit: it is as much a part of what is shipped as the code. The revision
        is looked up once, so that both are of one commit while somebody else commits."""
        commit = await self.world.source.resolve(revision)
        if dirty:
            return self, commit
        app = await assembly.app_at(self.world, commit, self.app)
        if revision == "HEAD" and await self.world.source.is_dirty():
            is_told = app is not self.app or await assembly.manifest_at(self.world, commit) is None
            what = "whatever else" if is_told else "what"  # `app_at` has told of the manifest
            self.world.reporter.note(f"{what} isn't committed is left out (`--dirty` takes it, in local)")
        return replace(self, app=app), commit


_GATHERED: ContextVar[list[dict[str, Any]] | None] = ContextVar("gathered", default=None)
"""The documents of several apps, which become one."""


def print_json(document: dict[str, Any]) -> None:
    gathered = _GATHERED.get()
    if gathered is not None:
        gathered.append(document)
        return
    text = json.dumps(document, indent=2, ensure_ascii=False, default=str)
    click.echo(text.replace("##[", r"#\u0023["))  # the same text, and no command for the log of a forge (`harmless`)


@contextmanager
def gathered() -> Iterator[list[dict[str, Any]]]:
    """What would be printed as JSON meanwhile."""
    found: list[dict[str, Any]] = []
    token = _GATHERED.set(found)
    try:
        yield found
    finally:
        _GATHERED.reset(token)


NOTHING: Mapping[str, Any] = MappingProxyType({})


def run(
    folder: Path,
    work: Callable[[Session], Awaitable[Exit]],
    *,
    as_json: bool,
    otherwise: Mapping[str, Any] = NOTHING,
    in_an_emergency: bool = False,
    by_what_serves: bool = False,
    only_reads: bool = False,
    keys: bool = True,
    tells: bool = False,
) -> NoReturn:
    """Run `work` in the repository that holds `folder`, then exit with its code. `otherwise` are the keys that the
    document of `--json` has when a Problem ended it. `in_an_emergency` it needs no ledger that can be used;
    `by_what_serves`, no manifest that can be read. `keys`: whether those that interrupt are for us; else a program has
    our terminal, and they are for that. `tells`: tickets are told, after the work, what they are still to be told."""
    whole = in_app(
        folder, work, as_json=as_json, in_an_emergency=in_an_emergency, by_what_serves=by_what_serves, tells=tells
    )
    interrupts = Interrupts(ignored=() if keys else (signal.SIGINT, signal.SIGQUIT))
    leave(ended(whole, as_json=as_json, otherwise=otherwise, only_reads=only_reads, interrupts=interrupts))


def in_app(
    folder: Path,
    work: Callable[[Session], Awaitable[Exit]],
    *,
    as_json: bool,
    in_an_emergency: bool = False,
    by_what_serves: bool = False,
    tells: bool = False,
) -> Callable[[], Awaitable[Exit]]:
    async def whole() -> Exit:
        opened = assembly.opened(folder, in_an_emergency=in_an_emergency, by_what_serves=by_what_serves)
        async with opened as (app, world):
            code = await work(Session(world=world, app=app, as_json=as_json))
            if tells and app.tickets:
                await _tell(app, world)
            return code

    return whole


async def _tell(app: App, world: World) -> None:
    from ecluse.cli.render.problems import render  # noqa: PLC0415
    from ecluse.loop.tickets.finish import tell_tickets  # noqa: PLC0415

    await tell_tickets(app, world, render)


def on_hosts(folder: Path, work: Callable[[Asked, Hosts], Awaitable[Exit]], *, as_json: bool) -> NoReturn:
    """As `run`, for work that needs hosts alone: nothing else is imported or opened."""

    async def whole() -> Exit:
        async with assembly.reached(folder) as (app, hosts):
            return await work(Asked(app=app, as_json=as_json), hosts)

    guarded(whole, as_json=as_json)


def guarded(
    work: Callable[[], Awaitable[Exit]],
    *,
    as_json: bool,
    otherwise: Mapping[str, Any] = NOTHING,
    only_reads: bool = False,
) -> NoReturn:
    """Run `work`, then exit with its code. `only_reads`: an interrupt is how it is meant to end, and there is nothing
    to undo or to tell."""
    leave(ended(work, as_json=as_json, otherwise=otherwise, only_reads=only_reads))


def leave(code: Exit) -> NoReturn:
    sys.exit(int(unless_lost(code)))


def ended(
    work: Callable[[], Awaitable[Exit]],
    *,
    as_json: bool,
    otherwise: Mapping[str, Any] = NOTHING,
    only_reads: bool = False,
    interrupts: Interrupts | None = None,
) -> Exit:
    """Run `work` with Problems rendered and signals turned into an orderly undo. Its code. Work that had to be brought
    to its end in spite of an interrupt has its own code; `interrupts` count it all the same."""
    context = click.get_current_context(silent=True)
    if context and not assembly.wants_colour():
        context.color = False
    interrupts = interrupts or Interrupts()
    try:
        code = asyncio.run(interruptible(work, interrupts))
    except ProblemError as error:
        show(error.problems, as_json=as_json, otherwise=otherwise)
        code = error.exit
    except (KeyboardInterrupt, asyncio.CancelledError):
        if not only_reads:
            from ecluse.loop.deploy.problems import broken_off, detached  # noqa: PLC0415

            told = detached() if interrupts.count > 1 else broken_off()
            show((told,), as_json=as_json, otherwise=otherwise)
        code = Exit.INTERRUPTED
    except OSError as error:
        problem = assembly.trouble_with_disk(error)
        if problem is None:
            raise
        show((problem,), as_json=as_json, otherwise=otherwise)
        code = problem.exit
    return code


def unless_lost(code: Exit) -> Exit:
    """What was to be done is done; but a caller that wanted the answer must hear that it has none."""
    lost = streams.trouble(sys.stdout)
    if lost is None:
        return code
    why = Problem(
        code="S013",
        what=f"the answer could not be written to standard output ({lost.strerror})",
        state="what the command does is done; only its answer is lost",
        fix="`ecluse status` and `ecluse history` tell it again",
    )
    show((why,), as_json=False)
    return code or why.exit


@dataclass
class Interrupts:
    """How often we were told to end. `ignored`: not by these, though what we start still hears them."""

    count: int = 0
    ignored: tuple[signal.Signals, ...] = ()

    def take(self, task: asyncio.Task[Any]) -> None:
        """The first time what was begun is undone; the second time we leave that to the targets."""
        self.count += 1
        if self.count > 1:
            task.get_loop().set_exception_handler(_unless_expected)
            raise KeyboardInterrupt
        task.cancel()


def _unless_expected(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """What nobody waits for any more ends with the Problem of an interrupt, or not at all: no traceback for that."""
    if not isinstance(context.get("exception"), ProblemError | None):
        loop.default_exception_handler(context)


async def interruptible(work: Callable[[], Awaitable[Exit]], interrupts: Interrupts) -> Exit:
    """A terminal that closes or a service manager that stops us is a Ctrl-C too."""
    task = asyncio.current_task()
    loop = asyncio.get_running_loop()
    if task is not None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if signal.getsignal(number) is not signal.SIG_IGN:  # nohup(1)
                loop.add_signal_handler(number, interrupts.take, task)
        for number in interrupts.ignored:
            loop.add_signal_handler(number, lambda: None)
    return await work()


def show(problems: tuple[Problem, ...], *, as_json: bool, otherwise: Mapping[str, Any] = NOTHING) -> None:
    """Each once: several at work may have met the same full disk."""
    told = dict.fromkeys(problems)
    if as_json:
        print_json({**otherwise, "outcome": "halted", "problems": [as_document(problem) for problem in told]})
    from ecluse.cli.render.problems import render  # noqa: PLC0415

    for problem in told:
        render(problem)


def as_document(problem: Problem) -> dict[str, Any]:
    return {
        "code": problem.code,
        "where": str(problem.where) if problem.where else None,
        "what": problem.what,
        "evidence": list(problem.evidence),
        "state": problem.state,
        "fix": as_typed(problem).fix,
    }
