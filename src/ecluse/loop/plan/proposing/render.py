"""A Proposal as the text of ecluse.toml: each line says where it comes from. Defaults are left out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from itertools import chain
from textwrap import shorten
from typing import Any

import tomlkit
from tomlkit.items import Array, Item, Table

from ecluse.loop.plan.proposing.proposal import Proposal
from ecluse.manifest.amounts import duration_text
from ecluse.manifest.argv import SHELL
from ecluse.manifest.evidence import HEADING, Note
from ecluse.model.app import Argv, Build, Environment, Frontend, Gates, Health, Interface, Process, Step
from ecluse.model.service import Service

TRIED = "Written by `ecluse init`, which tried it: the environment builds, the app starts and answers."
TRIED_ALONE = "Written by `ecluse init`, which tried it: the environment builds, and what it starts stays up."
NOT_TRIED = "Written by `ecluse init` and NOT TRIED: nothing was built or started. `ecluse init` without --no-try does."
WIDE = 60
"""Characters beyond which a list takes a line for each item."""

LISTS = ("requirements", "extras", "groups", "test_requirements", "test_extras", "test_groups", "add", "without",
         "build_constraints")  # fmt: skip


def render(proposal: Proposal) -> str:
    """The manifest's text; `manifest.read` accepts it as it is."""
    app = proposal.app
    document = tomlkit.document()
    document.add(tomlkit.comment(headline(proposal)))
    for line in proposal.unknown:
        document.add(tomlkit.comment(one_line(f"Not known: {line}")))
    writer = Writer(proposal.reasons)
    document.add("app", writer.app_table(proposal))
    add(document, "processes", {process.name: writer.process(process) for process in app.processes})
    add(document, "steps", {step.name: writer.step(step) for step in app.steps})
    add(document, "gates", writer.gates(app.gates))
    add(document, "build", writer.build(app.build))
    add(document, "frontend", writer.frontend(app.frontend))
    add(document, "services", {item.name: writer.service(item) for item in app.services})
    add(document, "environments", {item.name: writer.environment(item) for item in app.environments})
    return "".join([tomlkit.dumps(document), *noted(notes(proposal))])


def headline(proposal: Proposal) -> str:
    if not proposal.trials:
        return NOT_TRIED
    return TRIED if proposal.app.web else TRIED_ALONE


def notes(proposal: Proposal) -> Iterator[Note]:
    """What is known about a key beyond where its value comes from."""
    for trial in proposal.trials:
        if trial.about:
            took = f" ({trial.seconds:.1f} s)" if trial.seconds else ""
            yield Note(
                key=trial.about, word="tried" if trial.ok else "failed", said=f"{trial.what}: {trial.answer}{took}"
            )
    for key, facts in proposal.also.items():
        for fact in facts:
            yield Note(key=key, word="also", said=f"{shorten(fact.value, WIDE, placeholder='…')} ({fact.place})")


def noted(found: Iterable[Note]) -> Iterator[str]:
    lines = [f"#{note}\n" for note in found]
    return chain([f"\n# {HEADING}\n"] if lines else [], lines)


def add(document: tomlkit.TOMLDocument, name: str, content: Table | dict[Any, Table]) -> None:
    """A table, or a table of tables, unless it is empty."""
    if not content:
        return
    if isinstance(content, Table):
        document.add(name, content)
        return
    table = tomlkit.table(is_super_table=True)
    for key, value in content.items():
        table.add(str(key), value)
    document.add(name, table)


class Writer:
    """Writes tables key by key, leaving out what is default and adding the reason behind what is not."""

    def __init__(self, reasons: Mapping[str, str]) -> None:
        self._reasons = reasons

    def put(self, table: Table, path: str, value: Any) -> None:
        """One key with its comment; nothing for an empty value."""
        if value not in (None, "", (), [], {}):
            self.set(table, path, value)

    def set(self, table: Table, path: str, value: Any) -> None:
        """Like `put`; an empty value too, which says something of a variable."""
        table.add(path.rpartition(".")[2], value)
        if reason := self._reasons.get(path):
            commented(table, path.rpartition(".")[2], reason)

    def app_table(self, proposal: Proposal) -> Table:
        app, table = proposal.app, tomlkit.table()
        self.put(table, "app.name", app.name)
        self.put(table, "app.state", self.listed("app.state", app.state))
        self.put(table, "app.migrate", command(app.migrate))
        self.put(table, "app.env", settings(app.env))
        return table

    def process(self, process: Process) -> Table:
        path, table = f"processes.{process.name}", tomlkit.table()
        if process.interface is Interface.COMMAND:
            self.put(table, f"{path}.command", command(process.command))
            self.put(table, f"{path}.listen", process.listen and str(process.listen))
        else:
            self.put(table, f"{path}.app", process.app)
            self.put(table, f"{path}.interface", str(process.interface))
        self.put(table, f"{path}.count", process.count if process.count > 1 else None)
        self.put(table, f"{path}.folder", process.folder if process.folder != "." else "")
        self.put(table, f"{path}.static", settings(process.static))
        self.put(table, f"{path}.env", settings(process.env))
        if not process.enabled:
            table.add("enabled", False)
            self.put(table, f"{path}.why_off", process.why_off)
        if process.health:
            table.add("health", self.health(f"{path}.health", process.health))
        return table

    def health(self, path: str, health: Health) -> Table:
        table, default = tomlkit.table(), Health(path="/")
        self.put(table, f"{path}.path", health.path)
        self.put(table, f"{path}.host", health.host if health.host != default.host else "")
        self.put(table, f"{path}.status", list(health.status) if health.status != default.status else [])
        self.put(table, f"{path}.timeout", span(health.timeout, default.timeout))
        return table

    def step(self, step: Step) -> Table:
        path, table = f"steps.{step.name}", tomlkit.table()
        default = Step(name=step.name, command=step.command)
        self.put(table, f"{path}.command", command(step.command))
        self.put(table, f"{path}.group", step.group if step.group != default.group else "")
        self.put(table, f"{path}.folder", step.folder if step.folder != "." else "")
        self.put(table, f"{path}.env", settings(step.env))
        self.put(table, f"{path}.timeout", span(step.timeout, default.timeout))
        self.put(table, f"{path}.junit", step.evidence.junit)
        self.put(table, f"{path}.coverage", step.evidence.coverage)
        self.put(table, f"{path}.known_failures", step.evidence.known_failures)
        self.put(table, f"{path}.retries", step.retries or None)
        if step.services is not None:
            table.add("services", list(step.services))
            if reason := self._reasons.get(f"{path}.services"):
                commented(table, "services", reason)
        if not step.gate:
            table.add("gate", False)
            self.put(table, f"{path}.why_off", step.why_off)
        return table

    def gates(self, gates: Gates) -> Table:
        table = tomlkit.table()
        self.put(table, "gates.coverage", gates.coverage)
        return table

    def build(self, build: Build) -> Table:
        table = tomlkit.table()
        self.put(table, "build.python", build.python)
        self.put(table, "build.project", "" if build.project == Build().project else build.project)
        for name in LISTS:
            self.put(table, f"build.{name}", self.listed(f"build.{name}", getattr(build, name)))
        for name in ("install_project", "locked"):
            self.put(table, f"build.{name}", False if not getattr(build, name) else None)
        self.put(table, "build.exclude_newer", build.exclude_newer)
        self.put(table, "build.commands", array([command(argv) for argv in build.commands]))
        return table

    def frontend(self, frontend: Frontend | None) -> Table:
        table = tomlkit.table()
        if frontend is None:
            return table
        self.put(table, "frontend.command", command(frontend.command))
        self.put(table, "frontend.install", command(frontend.install))
        self.put(table, "frontend.folder", frontend.folder if frontend.folder != "." else "")
        self.put(table, "frontend.outputs", self.listed("frontend.outputs", frontend.outputs))
        self.put(table, "frontend.inputs", array(list(frontend.inputs or ())))
        self.put(table, "frontend.node", frontend.node)
        return table

    def service(self, service: Service) -> Table:
        path, table = f"services.{service.name}", tomlkit.table()
        self.put(table, f"{path}.kind", str(service.kind))
        self.put(table, f"{path}.version", service.version)
        inner = tomlkit.table()
        for name, template in service.env.items():
            self.put(inner, f"{path}.env.{name}", template)
        table.add("env", inner)
        return table

    def environment(self, environment: Environment) -> Table:
        path, table = f"environments.{environment.name}", tomlkit.table()
        self.put(table, f"{path}.port", environment.port)
        self.put(table, f"{path}.url", environment.url)
        self.put(table, f"{path}.unchecked", environment.unchecked)
        self.put(table, f"{path}.secrets", self.listed(f"{path}.secrets", environment.secrets))
        if environment.env:
            inner = tomlkit.table()
            for name, value in environment.env.items():
                self.set(inner, f"{path}.env.{name}", literal(value))
            table.add("env", inner)
        return table

    def listed(self, path: str, items: tuple[str, ...]) -> Array | None:
        """A list; one with a reason for each item stands on lines of its own."""
        reasons = [self._reasons.get(f"{path}.{item}", "") for item in items]
        if not any(reasons):
            return array(list(items))
        found = tomlkit.array()
        for item, reason in zip(items, reasons, strict=True):
            found.add_line(item, comment=one_line(reason) or None)
        found.add_line(indent="")
        return found


def commented(table: Table, key: str, reason: str) -> None:
    item = table.value.item(key)
    if isinstance(item, Item):
        item.comment(one_line(reason))


def one_line(text: str) -> str:
    """A comment ends with its line, and a file's name may hold anything."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


def array(items: list[Any]) -> Array | None:
    if not items:
        return None
    found = tomlkit.array()
    found.extend(items)
    return found.multiline(sum(len(str(item)) + 4 for item in items) > WIDE)


def command(argv: Argv) -> Any:
    """Text for a shell as text, words as a list."""
    if argv[: len(SHELL)] == SHELL:
        return argv[len(SHELL)]
    return array(list(argv))


def settings(env: Mapping[str, str]) -> Any:
    """An inline table, None when there is nothing in it."""
    table = tomlkit.inline_table()
    table.update({name: literal(value) for name, value in env.items()})
    return table if env else None


def literal(value: str) -> str:
    """Text that reading leaves as it is: `${` would be a reference to a variable."""
    return value.replace("$", "$$") if "${" in value or "$$" in value else value


def span(value: timedelta, default: timedelta) -> str:
    return duration_text(value) if value != default else ""
