"""From what was found to what is proposed. Pure: what only a try can show is filled in by `attempt`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from ecluse.loop.plan.proposing.background import background, hint
from ecluse.loop.plan.proposing.django import one_settings_module
from ecluse.loop.plan.proposing.front import frontend_of
from ecluse.loop.plan.proposing.hosts import host_of, url_of
from ecluse.loop.plan.proposing.kept import import_path, state
from ecluse.loop.plan.proposing.locked import build_of
from ecluse.loop.plan.proposing.made_up import value_for
from ecluse.loop.plan.proposing.migrating import migration
from ecluse.loop.plan.proposing.projects import ROOT, project_of, seen_from
from ecluse.loop.plan.proposing.proposal import Proposal
from ecluse.loop.plan.proposing.services import addresses, has_broker, services_of
from ecluse.loop.plan.proposing.steps import coverage_wanted, steps_of
from ecluse.loop.plan.proposing.untold import apart, unknown
from ecluse.loop.plan.proposing.workers import named
from ecluse.manifest.argv import argv_of
from ecluse.manifest.detect.apps import beside
from ecluse.manifest.detect.facts import GUESS, LIKELY, Fact, Kind, every, first
from ecluse.model.app import App, Argv, Environment, Gates, Health, Interface, Listen, Process
from ecluse.model.ids import EnvironmentName, ProcessName
from ecluse.model.problem import Problem, ProblemError
from ecluse.model.service import Service

LOCAL = EnvironmentName("local")
WEB = ProcessName("web")
ENTRIES = frozenset({Kind.ASGI, Kind.WSGI, Kind.COMMAND})
ONE_VALUE = frozenset({Kind.NAME, Kind.PYTHON, Kind.COUNT, Kind.SETTINGS, Kind.RUNNER, Kind.MIGRATE})
"""Kinds of which another value contradicts the one that was chosen."""
MOST_ALSO = 6
"""Of what else was found for a key."""
LIST = re.compile(r"""'[^']*'|"(?:\\.|[^"\\])*"|\\.|((?:&&|;)\s*)""")
"""Separators of a list outside of quotes, in group 1 (dash(1), "Lists")."""
ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=")
BUILT_IN = "if for while until case wait then fi done exec export cd set unset eval trap ulimit umask source"
PROGRAM = re.compile(rf"(?!(?:{'|'.join(BUILT_IN.split())})\b)[\w./\"'$]")
"""How a command begins that is no word of the shell's own (dash(1)): `exec` can take it."""
BROKERS = frozenset({"celery", "rq", "huey", "dramatiq", "redis", "kombu", "pika", "django-rq", "arq"})
LOOKED_FOR = (
    "Django: manage.py and its settings",
    "Flask, FastAPI, Starlette, Litestar, Quart, Falcon, Bottle, Pyramid …: an app object or a factory",
    "a WSGI or ASGI callable by its arguments",
    "a server started by the code: uvicorn.run(…), web.run_app(…), application.listen(…), demo.launch(…)",
    "pages of Streamlit",
    "Procfile, Dockerfile, compose, supervisor, systemd, uWSGI: what they start",
)
NEARLY = 4
"""Things that look like entry points which are told, if nothing else was found."""
BY_HAND = (
    "write ecluse.toml by hand: [app] with a name, then [processes.web] with app = 'package.module:attribute' and "
    "interface = 'wsgi' or 'asgi', or with a command that listens on $PORT and listen = 'port'; a worker is "
    "[processes.worker] with a command alone, a package needs [app] and its [steps.NAME]; "
    "`ecluse explain processes` and `ecluse explain steps` tell more"
)

READABLE = f"make the files above Python 3, or add an interpreter that is new enough for them; or {BY_HAND}"


@dataclass(slots=True)
class Reasons:
    """Collects where each line comes from while an App is put together."""

    of: dict[str, str] = field(default_factory=dict)
    facts: dict[str, Fact] = field(default_factory=dict)
    """What was chosen for a key."""
    made_up: tuple[str, ...] = ()
    """Variables whose values nobody gave."""

    def note(self, key: str, why: Fact | str | None) -> None:
        if why:
            self.of[key] = why if isinstance(why, str) else why.place
        if isinstance(why, Fact):
            self.facts[key] = why


def candidates(facts: tuple[Fact, ...]) -> tuple[Fact, ...]:
    """Entry points, the most likely first, each once.

    A program that serves by itself comes after every app object, which keeps more promises, unless a file that says
    what is started names it.
    """
    found = [*every(facts, Kind.ASGI), *every(facts, Kind.WSGI), *every(facts, Kind.COMMAND)]
    found.sort(key=lambda fact: (fact.kind is Kind.COMMAND and not is_named(fact), -fact.confidence))
    return tuple({fact.value: fact for fact in reversed(found)}.values())[::-1]


def is_named(fact: Fact) -> bool:
    return not fact.file.endswith((".py", ".toml", ".cfg")) and fact.confidence >= LIKELY


def resolve(facts: tuple[Fact, ...], *, name: str, entry: Fact | None = None) -> Proposal:
    """The proposal with `entry`, or the likeliest entry point, as its web process; where there is none, with the
    background processes alone.

    `name` is for a project that doesn't name itself. Raises ProblemError I001 when there is nothing to run.
    """
    found = candidates(facts)
    alone = () if found else background(facts)
    if not found and not alone:
        raise ProblemError(no_app(facts))
    chosen = entry or (*found, *alone)[0]
    reasons = Reasons()
    project = project_of(facts, chosen)
    reasons.note("build.project", project)
    everything, facts = facts, seen_from(facts, project.value if project else ROOT)
    services = services_of(facts, reasons.note)
    served = has_broker(services) or in_files(facts)
    app = App(
        name=app_name(facts, name, reasons),
        processes=(
            *(() if alone else (web(facts, chosen, reasons),)),
            *workers(alone or every(facts, Kind.WORKER), facts, reasons, served=served or bool(alone)),
        ),
        steps=steps_of(facts, reasons.note, chosen.folder),
        gates=Gates(coverage=coverage_wanted(facts)),
        build=replace(build_of(facts, reasons.note, chosen.folder), project=project.value if project else ROOT),
        frontend=frontend_of(facts, reasons.note),
        migrate=migration(facts, chosen, reasons.note),
        state=state(facts, reasons.note),
        env=import_path(facts, reasons.note),
        services=services,
        environments=(local(facts, reasons, services),),
    )
    others = tuple(fact for fact in found if fact.value != chosen.value)
    apps = beside(everything, chosen)
    return Proposal(
        app=app,
        reasons=reasons.of,
        unknown=(*unknown(facts, app), *apart(apps)),
        others=others,
        beside=apps,
        also=also(facts, reasons.facts),
        made_up=reasons.made_up,
    )


def also(facts: tuple[Fact, ...], chosen: Mapping[str, Fact]) -> Mapping[str, tuple[Fact, ...]]:
    """Of each key for which there can be one value, what else was found."""
    found = {}
    for key, fact in chosen.items():
        kinds = ENTRIES if fact.kind in ENTRIES else {fact.kind} & ONE_VALUE
        others = {
            other.value: other for kind in sorted(kinds) for other in every(facts, kind) if other.value != fact.value
        }
        if others:
            found[key] = tuple(others.values())[:MOST_ALSO]
    return found


def no_app(facts: tuple[Fact, ...]) -> Problem:
    found = [fact for fact in facts if fact.kind not in {Kind.NEARLY, Kind.UNPARSED}]
    unread = every(facts, Kind.UNPARSED)
    seen = ", ".join(f"{fact.kind} {fact.value} ({fact.place})" for fact in found[:6])
    return Problem(
        code="I001",
        what="found no web app in this repository",
        fix="; or ".join(filter(None, (hint(facts), READABLE if unread else BY_HAND))),
        evidence=(
            *(f"looked for {line}" for line in LOOKED_FOR),
            *(f"{fact.value} ({fact.place}) {fact.label}" for fact in every(facts, Kind.NEARLY)[:NEARLY]),
            f"found only {seen}" if seen else "found nothing",
            *(f"{fact.place}: no Python here can read it: {fact.value}" for fact in unread[:6]),
        ),
        state="nothing was written",
    )


def app_name(facts: tuple[Fact, ...], fallback: str, reasons: Reasons) -> str:
    fact = first(facts, Kind.NAME)
    reasons.note("app.name", fact or "the folder's name")
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", fact.value if fact else fallback)[:63].strip("-._")
    return name or "app"


def web(facts: tuple[Fact, ...], entry: Fact, reasons: Reasons) -> Process:
    health = health_of(facts, reasons)
    if entry.kind is Kind.COMMAND:
        reasons.note("processes.web.command", f"{entry.place}; {entry.label}" if entry.label else entry)
        return Process(name=WEB, command=shell(entry.value), listen=Listen.PORT, folder=entry.folder, health=health)
    reasons.note("processes.web.app", entry)
    interface = Interface.ASGI if entry.kind is Kind.ASGI else Interface.WSGI
    count = count_of(facts, reasons)
    return Process(
        name=WEB, app=entry.value, interface=interface, count=count, folder=entry.folder, health=health,
        static=served(facts, reasons),
    )  # fmt: skip


def served(facts: tuple[Fact, ...], reasons: Reasons) -> Mapping[str, str]:
    """The files that the original server sent itself, by what says so for sure first."""
    found: dict[str, Fact] = {}
    for fact in every(facts, Kind.STATIC):
        found.setdefault(fact.value, fact)
    reasons.note("processes.web.static", ", ".join(dict.fromkeys(fact.place for fact in found.values())))
    return {prefix: fact.label for prefix, fact in found.items()}


def count_of(facts: tuple[Fact, ...], reasons: Reasons) -> int:
    """As many as the repository's own command line starts; one where it doesn't say."""
    fact = first(facts, Kind.COUNT)
    reasons.note("processes.web.count", fact)
    return int(fact.value) if fact else 1


def shell(command: str) -> Argv:
    """A command with `$PORT` in it replaces its shell, so that signals reach it: the last one of a list."""
    if command.startswith("exec ") or "$" not in command:
        return argv_of(command)
    before, last = split_list(command)
    with_variables = "env " if ASSIGNMENT.match(last) else ""
    return argv_of(f"{before}exec {with_variables}{last}" if PROGRAM.match(last) else command)


def split_list(command: str) -> tuple[str, str]:
    """What runs before the last command of a list (`a && b; c`) with its separator, and that command."""
    ends = [match.end() for match in LIST.finditer(command) if match.group(1)]
    at = ends[-1] if ends and command[ends[-1] :].strip() else 0
    return command[:at], command[at:]


def health_of(facts: tuple[Fact, ...], reasons: Reasons) -> Health:
    route = next((fact for fact in every(facts, Kind.ROUTE) if fact.confidence > GUESS + 0.1), None)
    reasons.note("processes.web.health.path", route or "not tried")
    return Health(path=route.value if route else "/", host=host_of(facts, reasons.note))


def in_files(facts: tuple[Fact, ...]) -> bool:
    """Whether the workers' queue is one that needs nobody."""
    return bool(every(facts, Kind.QUEUE))


def workers(found: tuple[Fact, ...], facts: tuple[Fact, ...], reasons: Reasons, *, served: bool) -> Iterator[Process]:
    """Background processes. One whose broker may be missing is declared, off, and said; `served`: it is a service,
    none is needed, or there is nothing else to run."""
    broker = next((fact for fact in every(facts, Kind.DEPENDENCY) if fact.value in BROKERS), None)
    for name, fact in named(found).items():
        sure = served or (fact.file == "Procfile" and broker is None)
        reasons.note(f"processes.{name}.command", fact)
        yield Process(
            name=ProcessName(name),
            command=argv_of(fact.value),
            folder=fact.folder,
            enabled=sure,
            why_off="" if sure else "whether its broker is there was not tried",
        )


def local(facts: tuple[Fact, ...], reasons: Reasons, services: tuple[Service, ...]) -> Environment:
    env = settings(facts, reasons, addresses(services))
    return Environment(name=LOCAL, url=url_of(facts, reasons.note), env=env, tag=False, stamp=True, services=True)


def settings(facts: tuple[Fact, ...], reasons: Reasons, held: Mapping[str, str]) -> Mapping[str, str]:
    """Values for the variables that are read while the code is imported; not for those that services give."""
    found = one_settings_module(facts, reasons.note)
    for fact in every(facts, Kind.VARIABLE):
        if fact.confidence >= LIKELY and fact.value not in found and fact.value not in held:
            found[fact.value] = fact.label or value_for(fact.value, facts)
            read = f"read at {fact.place}"
            reasons.note(f"environments.local.env.{fact.value}", read if fact.label else f"made up; {read}")
            reasons.made_up += () if fact.label else (fact.value,)
    return found
