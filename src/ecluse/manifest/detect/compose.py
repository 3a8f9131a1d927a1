"""A compose file: what it starts of this repository, with which variables, and how it sees that it is well.

Services of foreign images are for whoever declares services: `services` gives them all, with their places.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from ecluse.manifest.detect import commandline, dockerfile, variables
from ecluse.manifest.detect.commandline import Line
from ecluse.manifest.detect.container import URL
from ecluse.manifest.detect.facts import LIKELY, SURE, Fact, Kind
from ecluse.manifest.detect.nodes import Node
from ecluse.manifest.detect.tree import Tree

DEEPEST = 2
"""Folders below the root in which one may lie."""
NAMES = re.compile(r"(?:docker-)?compose(?:[.-](?P<kind>[\w.-]+))?\.ya?ml")
DEVELOPMENT = ("local", "dev", "development", "override")
PRODUCTION = ("prod", "production", "staging", "stage", "deploy", "ci", "test", "tests", "e2e")


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One entry of `services`. `image` is empty where it is built; `context` is the folder that it is built from."""

    name: str
    file: str
    node: Node
    image: str = ""
    context: str = ""
    dockerfile: str = ""
    command: str = ""
    line: int = 0
    folder: str = "."
    environment: Mapping[str, str]


def files(tree: Tree) -> tuple[str, ...]:
    """Compose files, the plain one and those for development first; those of folders below `.` behind them."""
    found = [path for pattern in ("*.yml", "*.yaml") for path in tree.named(pattern)
             if (NAMES.fullmatch(path.rpartition("/")[2]) or path.rpartition("/")[2] in {"local.yml", "dev.yml"})
             and path.count("/") <= DEEPEST]  # fmt: skip
    return tuple(sorted(found, key=lambda path: (path.count("/"), rank(path), path)))


def rank(path: str) -> int:
    words = set(re.split(r"[.-]", path.rpartition("/")[2]))
    return 0 if words & set(DEVELOPMENT) else 2 if words & set(PRODUCTION) else 1


def services(tree: Tree) -> tuple[Service, ...]:
    """Every service of every compose file, as the files are ordered."""
    return tree.once("compose", lambda: tuple(each for file in files(tree) for each in of_file(tree, file)))


def of_file(tree: Tree, file: str) -> Iterator[Service]:
    document = tree.yaml(file)
    listed = document.at("services").items() or {name: node for name, node in document.items().items()
                                                 if node.at("image") or node.at("build")}  # fmt: skip
    for name, node in listed.items():
        build = node.at("build")
        context = build.text or build.at("context").text or ("." if build else "")
        command = " ".join(filter(None, (words(node.at("entrypoint")), words(node.at("command")))))
        at = node.at("command") or node.at("entrypoint") or node
        yield Service(
            name=name, file=file, node=node, image="" if build else node.at("image").text,
            context=inside(file, context) if context else "", dockerfile=build.at("dockerfile").text,
            command=command, line=at.line, folder=node.at("working_dir").text or ".",
            environment=environment(tree, file, node),
        )  # fmt: skip


def words(node: Node) -> str:
    """A command in either form, as a shell takes it; what `$$` means to compose is `$`."""
    text = " ".join(dockerfile.quoted(each) for each in node.texts()) if node.is_list else node.text
    return text.replace("$$", "$")


def environment(tree: Tree, file: str, node: Node) -> dict[str, str]:
    """What it sets, by list, mapping and `env_file`; a `${NAME:-value}` is its value, without one it isn't known."""
    found: dict[str, str] = {}
    for path in (text for each in listed_files(node.at("env_file")) for text in each.texts()):
        found |= variables.assigned(tree.text(inside(file, path)))
    table = node.at("environment")
    found |= {name: value.text for name, value in table.items().items()}
    found |= {name: value for text in table.texts() for name, equals, value in [text.partition("=")] if equals}
    return {
        name: value for name, value in ((name, settled(value)) for name, value in found.items()) if "$" not in value
    }


def listed_files(node: Node) -> list[Node]:
    return [each.at("path") or each for each in node.members()] if node.is_list else [node]


def settled(value: str) -> str:
    return re.sub(r"\$\{\w+:?-([^{}]*)\}", r"\1", value)


def inside(file: str, path: str) -> str:
    """A path of a compose file as the repository calls it."""
    parts: list[str] = []
    for part in (PurePosixPath(file).parent / path).parts:
        if part == "..":
            parts = parts[:-1]
        elif part != ".":
            parts.append(part)
    return "/".join(parts) or "."


def read(tree: Tree) -> Iterator[Fact]:
    for number, service in enumerate(services(tree)):
        if not service.context and not is_of_same_image(service, services(tree)):
            continue
        confidence = LIKELY + 0.1 - 0.05 * rank(service.file) - 0.002 * min(number, 20)
        yield from started(tree, service, confidence)
        yield from health(service)


def is_of_same_image(service: Service, every: tuple[Service, ...]) -> bool:
    """An image that another service of the file builds and names."""
    built = {each.node.at("image").text for each in every if each.context and each.file == service.file}
    return bool(service.image) and service.image in built


def started(tree: Tree, service: Service, confidence: float) -> Iterator[Fact]:
    if not service.command:
        return
    mounted = [service.context] if service.context not in {"", "."} else []
    where = Line(file=service.file, line=service.line, confidence=confidence, name=service.name,
                 around=(service.folder, *mounted, "."), known=service.environment)  # fmt: skip
    yield from commandline.process(tree, service.command, where)


def health(service: Service) -> Iterator[Fact]:
    test = service.node.at("healthcheck", "test")
    text = " ".join(test.texts())
    if (match := URL.search(text)) and any(each in text for each in ("localhost", "127.0.0.1", "0.0.0.0")):  # noqa: S104
        yield Fact(kind=Kind.ROUTE, value=match.group(1) or "/", file=service.file, line=test.line, confidence=SURE)
