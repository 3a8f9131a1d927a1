"""One entry point on the bench: built, imported, prepared, served and asked; what it needs is learned on the way."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from pathlib import Path

from ecluse.loop.plan.answering import Answer, best, paths_to_ask, told, unwell
from ecluse.loop.plan.bench import Bench
from ecluse.loop.plan.learn import Failure, learn
from ecluse.loop.plan.migrating import chosen, migrates
from ecluse.loop.plan.proposal import Proposal, Trial
from ecluse.loop.plan.resolve import LOCAL, unknown
from ecluse.loop.plan.written import Seen, look, state_of
from ecluse.manifest.detect.facts import GUESS, Fact, Kind, values
from ecluse.model.app import Build, Interface, Process
from ecluse.model.problem import Problem, ProblemError

ROUNDS = 12
"""Lessons that one entry point may cost."""
IMPORT = 60.0
START = 30.0
COMMAND = 180.0
"""Seconds for an import, until a server answers, for a migration and the like."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """How one entry point fared. `evidence` is the last words of what failed; empty when the app answers."""

    proposal: Proposal
    environment: Path | None = None
    evidence: tuple[str, ...] = ()
    answers: tuple[Answer, ...] = ()

    @property
    def ok(self) -> bool:
        return not self.evidence


class Entry:
    """One entry point on the bench. The proposal grows with what is learned."""

    def __init__(self, proposal: Proposal, facts: tuple[Fact, ...], bench: Bench) -> None:
        self.proposal = proposal
        self.facts = facts
        self.bench = bench
        self.environment = Path()
        self.made_of: Build | None = None
        self.routes: tuple[str, ...] = ()
        self.before: Seen = {}
        self.answers: tuple[Answer, ...] = ()
        self.open: tuple[str, ...] = ()
        """What can't be known, beyond what the facts alone leave open."""

    async def run(self) -> Tried:
        evidence = await self.imported() or await self.prepared() or await self.served()
        left_open = (*unknown(self.facts, self.proposal.app), *self.open)
        proposal = replace(self.proposal, unknown=left_open)
        return Tried(proposal=proposal, environment=self.environment, evidence=evidence, answers=self.answers)

    @property
    def web(self) -> Process:
        return next(process for process in self.proposal.app.processes if process.is_web)

    @property
    def env(self) -> dict[str, str]:
        local = self.proposal.app.environment(LOCAL)
        return {**self.proposal.app.env, **(local.env if local else {}), **self.web.env}

    async def imported(self) -> tuple[str, ...]:
        """Import the entry point, learning what it needs. Empty when that went well, else what it said."""
        for _ in range(ROUNDS):
            await self.built()
            if self.web.interface is Interface.COMMAND:
                return ()
            failure = await self.probed()
            if failure is None:
                return ()
            lesson = learn(failure, self.proposal, self.facts)
            if lesson is None or self.bench.left <= 0:
                return failure.lines or (str(failure),)
            self.say("learn", ok=True, answer=", ".join([lesson.add, *lesson.env]).strip(", "))
            self.proposal = lesson.applied(self.proposal)
        return (f"{self.web.app} still lacks something after {ROUNDS} tries",)

    async def built(self) -> None:
        """The environment with what tests need; without, when that can't be had."""
        build = self.proposal.app.build
        if build == self.made_of:
            return
        began = self.began("build the environment")
        try:
            self.environment = await self.bench.environment(build, tests=True)
        except ProblemError as error:
            self.say("build the environment", ok=False, answer=error.problems[0].what, began=began)
            if not (build.test_requirements or build.test_extras or build.test_groups):
                raise
            self.without_steps(error.problems[0])
            await self.built()
            return
        self.made_of = build
        self.say("build the environment", ok=True, answer=python_of(self.environment), began=began)

    def without_steps(self, why: Problem) -> None:
        app = self.proposal.app
        build = replace(app.build, test_requirements=(), test_extras=(), test_groups=())
        self.open += (f"what the steps need can't be installed ({why.what}): add [steps.*] and what they need",)
        self.proposal = replace(self.proposal, app=replace(app, build=build, steps=()))

    async def probed(self) -> Failure | None:
        """Import the entry point in its environment; None when it is there."""
        await self.bench.renew()
        what = f"import {self.web.app}"
        began = self.began(what)
        asked = {"entry": self.web.app, "folder": str(self.bench.tree / self.web.folder)}
        answer, finished = await self.bench.question(
            "probe.py", asked, environment=self.environment, env=self.env, seconds=IMPORT
        )
        if answer is None:
            said = "it took too long" if finished.timed_out else "it ended the interpreter"
            failure = Failure(kind="Stopped", message=said, lines=tuple(finished.output.splitlines()[-12:]) or (said,))
        elif answer["ok"]:
            self.routes = tuple(answer["routes"])
            self.believe(Interface(answer["interface"]))
            self.say(what, ok=True, answer=f"{self.web.interface}, {len(self.routes)} plain routes", began=began)
            return None
        else:
            failure = Failure.of(answer["error"])
        self.say(what, ok=False, answer=str(failure), began=began)
        return failure

    def believe(self, interface: Interface) -> None:
        """What the object itself says it is goes before what its name suggested."""
        self.change(replace(self.web, interface=interface))

    def change(self, web: Process) -> None:
        app = self.proposal.app
        processes = tuple(web if process.is_web else process for process in app.processes)
        self.proposal = replace(self.proposal, app=replace(app, processes=processes))

    async def prepared(self) -> tuple[str, ...]:
        """Run what a release needs before it starts. A preparation that fails is left out, and said."""
        await self.bench.renew()
        app = self.proposal.app
        for folder in {str(Path(path).parent) for path in app.state}:
            await asyncio.to_thread((self.bench.tree / folder).mkdir, parents=True, exist_ok=True)
        kept = [argv for argv in app.build.commands if not await self.command(argv)]
        self.proposal = replace(self.proposal, app=replace(app, build=replace(app.build, commands=tuple(kept))))
        self.before = await asyncio.to_thread(look, self.bench.tree)
        return await self.migrated()

    async def migrated(self) -> tuple[str, ...]:
        """Run the migration. A release line that fails and may be anything is left out, and said."""
        app, line = self.proposal.app, chosen(self.facts)
        failed = await self.command(app.migrate) if app.migrate else ()
        if not failed or line is None or migrates(line):
            return failed
        reasons = {key: why for key, why in self.proposal.reasons.items() if key != "app.migrate"}
        self.proposal = replace(self.proposal, app=replace(app, migrate=()), reasons=reasons)
        self.open += (f"`{line.value}` ({line.place}) failed when tried and is left out: see to app.migrate",)
        return ()

    async def command(self, argv: tuple[str, ...]) -> tuple[str, ...]:
        """What a failing command said; empty when it went well."""
        what = " ".join(argv)
        began = self.began(what)
        try:
            finished = await self.bench.run(argv, environment=self.environment, env=self.env, seconds=COMMAND)
        except ProblemError as error:  # a program that isn't there
            self.say(what, ok=False, answer=error.problems[0].what, began=began)
            return (error.problems[0].what,)
        lines = tuple(finished.output.splitlines()[-12:])
        said = "took too long" if finished.timed_out else f"exit {finished.exit_code}"
        self.say(what, ok=finished.ok, answer="done" if finished.ok else said, began=began)
        return () if finished.ok else (*lines, said)

    async def served(self) -> tuple[str, ...]:
        """Start it, ask it, end it; then what it answered and what it wrote are known."""
        what = f"serve {self.web.app or self.web.command[-1]}"
        began = self.began(what)
        host = self.web.health.host if self.web.health else "localhost"
        asked = {
            "argv": await self.server(),
            "folder": str(self.bench.tree / self.web.folder),
            "paths": list(paths_to_ask(self.facts, self.routes)),
            "host": host,
            "seconds": START,
            "port": self.web.interface is Interface.COMMAND,
        }
        answer, _ = await self.bench.question(
            "trial.py", asked, environment=self.environment, env=self.env, seconds=COMMAND
        )
        self.answers = tuple(Answer.of(said) for said in answer["asked"]) if answer else ()
        chosen = best(self.answers, told(self.facts))
        self.open += unwell(self.answers, {*self.routes, *values(self.facts, Kind.ROUTE)})
        if chosen is None or self.web.health is None:
            lines = tuple(answer["output"]) if answer else ()
            said = ", ".join(f"{one.path} {one.status}" for one in self.answers[:6]) or "it never answered"
            self.say(what, ok=False, answer=said, began=began)
            return (*lines, said)
        self.say(what, ok=True, answer=f"GET {chosen.path} answered {chosen.status}", began=began)
        self.settle(chosen, await asyncio.to_thread(look, self.bench.tree))
        return ()

    async def server(self) -> list[str]:
        """The words that start the app as a release would."""
        web = self.web
        if web.interface is Interface.COMMAND:
            return list(web.command)
        site = await self.bench.server_packages(self.proposal.app, self.environment)
        tools = self.bench.tools
        return [
            str(self.environment / "bin" / "python"), str(tools / "launch"), "--app", web.app,
            "--interface", str(web.interface), "--fd", "3", "--page", str(tools / "page"), "--site", str(site),
        ]  # fmt: skip

    def settle(self, chosen: Answer, after: Seen) -> None:
        """Put what was seen into the proposal."""
        web, reasons = self.web, dict(self.proposal.reasons)
        assert web.health is not None  # noqa: S101 (every web process of a proposal has one)
        status = (chosen.status,)
        reasons["processes.web.health.path"] = f"answered {chosen.status} in {chosen.seconds:.2f} s"
        self.change(replace(web, health=replace(web.health, path=chosen.path, status=status)))
        state = {path for path in self.proposal.app.state if self.is_sure(path)}
        for path in state_of(self.before, after):
            if not any(path.startswith(known) for known in state if known.endswith("/")):
                state.add(path)
                reasons.setdefault(f"app.state.{path}", "written while it was tried")
        app = replace(self.proposal.app, state=tuple(sorted(state)))
        self.proposal = replace(self.proposal, app=app, reasons=reasons)

    def is_sure(self, path: str) -> bool:
        """A guessed database file that nothing wrote is forgotten."""
        return any(fact.value == path and fact.confidence > GUESS for fact in self.facts if fact.kind is Kind.STATE)

    def began(self, what: str) -> float:
        self.bench.world.reporter.began(what)
        return self.bench.world.clock.monotonic()

    def say(self, what: str, *, ok: bool, answer: str, began: float | None = None) -> None:
        """Tell the person, and keep it for the report."""
        clock = self.bench.world.clock
        seconds = 0.0 if began is None else round(clock.monotonic() - began, 3)
        self.bench.world.reporter.ended(what, ok=ok, detail=answer)
        trial = Trial(what=what, ok=ok, answer=answer, seconds=seconds)
        self.proposal = replace(self.proposal, trials=(*self.proposal.trials, trial))


def python_of(environment: Path) -> str:
    found = next((environment / "lib").glob("python3.*"), None)
    return found.name.replace("python", "Python ") if found else "ready"
