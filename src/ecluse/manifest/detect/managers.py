"""Process managers: what supervisor, systemd and uWSGI are told to start, where, and with which variables."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from ecluse.manifest.detect import commandline
from ecluse.manifest.detect.commandline import Line
from ecluse.manifest.detect.facts import LIKELY, Fact, Kind
from ecluse.manifest.detect.folders import home
from ecluse.manifest.detect.ini import Entry, entries
from ecluse.manifest.detect.tree import Tree

CONFIDENCE = LIKELY + 0.02
DEEPEST = 4


@dataclass(slots=True)
class Started:
    """One thing to start, as far as it was read."""

    name: str
    commands: list[tuple[str, int]] = field(default_factory=list)
    folder: str = "."
    env: dict[str, str] = field(default_factory=dict)


def read(tree: Tree) -> Iterator[Fact]:
    yield from supervisor(tree)
    yield from systemd(tree)
    yield from uwsgi(tree)


def holding(tree: Tree, patterns: tuple[str, ...], mark: str) -> Iterator[str]:
    """Files of those names that hold a text."""
    for path in dict.fromkeys(path for pattern in patterns for path in tree.named(pattern)):
        if path.count("/") <= DEEPEST and mark in tree.text(path):
            yield path


def facts_of(tree: Tree, file: str, started: Started) -> Iterator[Fact]:
    for command, line in started.commands:
        where = Line(file=file, line=line, confidence=CONFIDENCE, around=(started.folder, "."), name=started.name,
                     known=started.env)  # fmt: skip
        yield from commandline.process(tree, command, where)


def supervisor(tree: Tree) -> Iterator[Fact]:
    for file in holding(tree, ("*.conf", "*.ini", "*.conf.*", "supervisord*"), "[program:"):
        found: dict[str, Started] = {}
        for entry in entries(tree.text(file)):
            kind, _, name = entry.section.partition(":")
            if kind in {"program", "fcgi-program"} and name:
                note_program(found.setdefault(name, Started(name)), entry)
        for started in found.values():
            yield from facts_of(tree, file, started)


def note_program(started: Started, entry: Entry) -> None:
    value = entry.value.replace("%(here)s", ".").replace("%%", "%").replace("\n", " ")
    if entry.key == "command":
        started.commands.append((value, entry.line))
    elif entry.key == "directory":
        started.folder = value
    elif entry.key == "environment":
        started.env |= dict(re.findall(r"(\w+)=[\"']?([^\"',%]+)[\"']?", value))


def systemd(tree: Tree) -> Iterator[Fact]:
    for file in holding(tree, ("*.service", "*.service.*"), "ExecStart"):
        started = Started(PurePosixPath(file).name.partition(".")[0].partition("@")[0])
        for entry in entries(tree.text(file)):
            if entry.section == "Service":
                note_unit(started, entry)
        yield from facts_of(tree, file, started)


def note_unit(started: Started, entry: Entry) -> None:
    """systemd.service(5), systemd.exec(5)"""
    if entry.key in {"ExecStart", "ExecStartPre"} and entry.value:
        started.commands.append((entry.value.lstrip("-@:+!"), entry.line))
    elif entry.key == "WorkingDirectory":
        started.folder = entry.value.lstrip("-~")
    elif entry.key == "Environment":
        pairs = (word.partition("=") for word in words(entry.value))
        started.env |= {name: value for name, equals, value in pairs if equals}


def words(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError:
        return text.split()


def uwsgi(tree: Tree) -> Iterator[Fact]:
    for file in holding(tree, ("*.ini", "uwsgi*", "*.uwsgi"), "[uwsgi]"):
        listed = [entry for entry in entries(tree.text(file)) if entry.section == "uwsgi"]
        yield from of_uwsgi(tree, file, listed)
        for entry in listed:
            if daemon := daemon_of(entry):
                name = commandline.worker_name(tuple(words(daemon)) or ("worker",))
                yield from facts_of(tree, file, Started(name, [(daemon, entry.line)], chdir(listed)))


def of_uwsgi(tree: Tree, file: str, listed: list[Entry]) -> Iterator[Fact]:
    """The app in each of the ways of naming one (uwsgi-docs.readthedocs.io, "Options")."""
    value = {entry.key: entry for entry in listed}
    attribute = held(value, "callable") or "application"
    named = next((value[key] for key in ("module", "wsgi", "wsgi-file", "file", "mount") if key in value), None)
    if named is None:
        return
    target = named.value.partition("=")[2] if named.key == "mount" else named.value
    if target.endswith(".py"):
        target = str(PurePosixPath(target).with_suffix("")).lstrip("/").replace("/", ".")
    target = target if ":" in target else f"{target}:{attribute}"
    hints = [hint for hint in (held(value, "pythonpath"), held(value, "pp"), chdir(listed), ".") if hint]
    yield Fact(kind=Kind.WSGI, value=target, file=file, line=named.line, confidence=CONFIDENCE,
               folder=home(tree, target.partition(":")[0], hints))  # fmt: skip
    for key in ("processes", "workers", "p"):
        if (number := held(value, key)).isdecimal() and int(number) > 1:
            yield Fact(kind=Kind.COUNT, value=number, file=file, line=value[key].line, confidence=CONFIDENCE)


def held(value: Mapping[str, Entry], key: str) -> str:
    return value[key].value if key in value and "%" not in value[key].value and "$" not in value[key].value else ""


def chdir(listed: list[Entry]) -> str:
    folder = next((entry.value for entry in listed if entry.key in {"chdir", "base"}), ".")
    return "." if "%" in folder or "$" in folder else folder


def daemon_of(entry: Entry) -> str:
    """The command of a process that uWSGI keeps beside itself."""
    if entry.key in {"attach-daemon", "legacy-attach-daemon"}:
        return entry.value
    if entry.key == "smart-attach-daemon":
        return entry.value.partition(" ")[2]
    if entry.key == "attach-daemon2":
        return next((part.partition("=")[2] for part in entry.value.split(",") if part.startswith("cmd=")), "")
    return ""
