"""One entry point while it is tried: what is proposed for it, which grows with what is learned."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from ecluse.loop.plan.proposing.proposal import Proposal, Trial
from ecluse.loop.plan.proposing.resolve import LOCAL
from ecluse.loop.plan.proposing.written import Seen
from ecluse.loop.plan.trying.answering import Answer
from ecluse.loop.plan.trying.bench import Bench
from ecluse.loop.plan.trying.borrowed import Database
from ecluse.manifest.argv import SHELL
from ecluse.manifest.detect.facts import Fact
from ecluse.model.app import Argv, Build, Process
from ecluse.model.problem import ProblemError
from ecluse.model.service import Service

COMMAND = 180.0
"""Seconds for a migration and the like."""


def shown(argv: Argv) -> str:
    """A command as a person wrote it."""
    return argv[len(SHELL)] if argv[: len(SHELL)] == SHELL else " ".join(argv)


class Case:
    """Filled step by step; what a step finds, the next one uses."""

    def __init__(self, proposal: Proposal, facts: tuple[Fact, ...], bench: Bench) -> None:
        self.proposal = proposal
        self.facts = facts
        self.bench = bench
        self.environment = Path()
        self.made_of: Build | None = None
        self.is_cured = False
        """Whether the environment is one that a cure asks for."""
        self.routes: tuple[str, ...] = ()
        self.databases: tuple[Database, ...] | None = None
        """Those that the framework names; None where it names none."""
        self.lacked: tuple[Service, ...] = ()
        """Services that can't be had here."""
        self.before: Seen = {}
        self.answers: tuple[Answer, ...] = ()
        self.last_words: tuple[str, ...] = ()
        """Of a program that ended by itself, before it served, and not by an exception."""
        self.open: tuple[str, ...] = ()
        """What can't be known, beyond what the facts alone leave open."""

    @property
    def web(self) -> Process:
        return next(process for process in self.proposal.app.processes if process.is_web)

    @property
    def env(self) -> dict[str, str]:
        return self.env_of(self.proposal.app.web or self.proposal.app.processes[0])

    def env_of(self, process: Process) -> dict[str, str]:
        local = self.proposal.app.environment(LOCAL)
        services = self.bench.services.variables(self.proposal.app.services)
        return {**self.proposal.app.env, **(local.env if local else {}), **process.env, **services}

    def change(self, web: Process) -> None:
        self.exchange(self.web, web)

    def exchange(self, old: Process, new: Process) -> None:
        app = self.proposal.app
        processes = tuple(new if process == old else process for process in app.processes)
        self.proposal = replace(self.proposal, app=replace(app, processes=processes))

    async def command(self, argv: tuple[str, ...], *, about: str = "") -> tuple[str, ...]:
        """What a failing command said; empty when it went well."""
        what = shown(argv)
        began = self.began(what)
        try:
            finished = await self.bench.run(argv, environment=self.environment, env=self.env, seconds=COMMAND)
        except ProblemError as error:  # a program that isn't there
            self.say(what, ok=False, answer=error.problems[0].what, began=began, about=about)
            return (error.problems[0].what,)
        lines = tuple(finished.output.splitlines()[-12:])
        said = "took too long" if finished.timed_out else f"exit {finished.exit_code}"
        self.say(what, ok=finished.ok, answer="done" if finished.ok else said, began=began, about=about)
        return () if finished.ok else (*lines, said)

    def began(self, what: str) -> float:
        self.bench.world.reporter.began(what)
        return self.bench.world.clock.monotonic()

    def say(self, what: str, *, ok: bool, answer: str, began: float | None = None, about: str = "") -> None:
        """Tell the person, and keep it for the report, as evidence for the key or table that it is `about`."""
        clock = self.bench.world.clock
        seconds = 0.0 if began is None else round(clock.monotonic() - began, 3)
        self.bench.world.reporter.ended(what, ok=ok, detail=answer)
        trial = Trial(what=what, ok=ok, answer=answer, seconds=seconds, about=about)
        self.proposal = replace(self.proposal, trials=(*self.proposal.trials, trial))
