"""A Proposal as the text of ecluse.toml: each line says where it comes from. Defaults are left out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import tomlkit
from tomlkit.items import Array, Item, Table

from ecluse.loop.plan.proposal import Proposal
from ecluse.manifest.amounts import duration_text
from ecluse.manifest.argv import SHELL
from ecluse.model.app import Argv, Build, Environment, Gates, Health, Interface, Process, Service, Step

TRIED = "Written by `ecluse init`, which tried it: the environment builds, the app starts and answers."
NOT_TRIED = "Written by `ecluse init` and NOT TRIED: nothing was built or started. `ecluse init` without --no-try does."
WIDE = 60
"""Characters beyond which a list takes a line for each item."""


def render(proposal: Proposal) -> str:
    """The manifest's text; `manifest.read` accepts it as it is."""
    app = proposal.app
    document = tomlkit.document()
    document.add(tomlkit.comment(TRIED if proposal.trials else NOT_TRIED))
    for line in proposal.unknown:
        document.add(tomlkit.comment(f"Not known: {line}"))
    for fact in proposal.others[:4]:
        document.add(tomlkit.comment(f"Also found: {fact.value} ({fact.place})"))
    writer = Writer(proposal.reasons)
    document.add("app", writer.app_table(proposal))
    add(document, "processes", {process.name: writer.process(process) for process in app.processes})
    add(document, "steps", {step.name: writer.step(step) for step in app.steps})
    add(document, "gates", writer.gates(app.gates))
    add(document, "build", writer.build(app.build))
    add(document, "services", {item.name: writer.service(item) for item in app.services})
    add(document, "environments", {item.name: writer.environment(item) for item in app.environments})
    return tomlkit.dumps(document)


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
        if value in (None, "", (), [], {}):
            return
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
        self.put(table, f"{path}.known_failures", self.listed(f"{path}.known_failures", step.known_failures))
        if step.services is not None:
            table.add("services", list(step.services))
            if reason := self._reasons.get(f"{path}.services"):
                commented(table, "services", reason)
        if not step.gate:
            table.add("gate", False)
            if reason := self._reasons.get(f"{path}.gate"):
                commented(table, "gate", reason)
        return table

    def gates(self, gates: Gates) -> Table:
        table = tomlkit.table()
        self.put(table, "gates.coverage", gates.coverage)
        return table

    def build(self, build: Build) -> Table:
        table = tomlkit.table()
        self.put(table, "build.python", build.python)
        self.put(table, "build.project", "" if build.project == Build().project else build.project)
        for name in ("requirements", "extras", "groups", "test_requirements", "test_extras", "test_groups", "add"):
            self.put(table, f"build.{name}", self.listed(f"build.{name}", getattr(build, name)))
        if not build.install_project:
            table.add("install_project", False)
        self.put(table, "build.exclude_newer", build.exclude_newer)
        self.put(table, "build.commands", array([list(argv) for argv in build.commands]))
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
        self.put(table, f"{path}.unchecked", environment.unchecked)
        self.put(table, f"{path}.secrets", self.listed(f"{path}.secrets", environment.secrets))
        if environment.env:
            inner = tomlkit.table()
            for name, value in environment.env.items():
                self.put(inner, f"{path}.env.{name}", literal(value))
            table.add("env", inner)
        return table

    def listed(self, path: str, items: tuple[str, ...]) -> Array | None:
        """A list; one with a reason for each item stands on lines of its own."""
        reasons = [self._reasons.get(f"{path}.{item}", "") for item in items]
        if not any(reasons):
            return array(list(items))
        found = tomlkit.array()
        for item, reason in zip(items, reasons, strict=True):
            found.add_line(item, comment=reason or None)
        found.add_line(indent="")
        return found


def commented(table: Table, key: str, reason: str) -> None:
    item = table.value.item(key)
    if isinstance(item, Item):
        item.comment(reason)


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
