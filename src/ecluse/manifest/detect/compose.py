"""Compose files: every service with its place, command and variables, those of foreign images too."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath

from ecluse.manifest.detect import dockerfile
from ecluse.manifest.detect.nodes import Node
from ecluse.manifest.detect.tree import Tree
from ecluse.manifest.envtext import assigned
from ecluse.model.values import frozen

DEEPEST = 2
"""Folders below the root in which one may lie."""
NAMES = re.compile(r"(?:docker-)?compose(?:[.-](?P<kind>[\w.-]+))?\.ya?ml")
DEVELOPMENT = ("local", "dev", "development", "override")
PRODUCTION = ("prod", "production", "staging", "stage", "deploy", "ci", "test", "tests", "e2e")


@frozen
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
    folder: str = ""
    """Where it runs, empty where that is the image's to say."""
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
            command=command, line=at.line, folder=node.at("working_dir").text,
            environment=environment(tree, file, node),
        )  # fmt: skip


def words(node: Node) -> str:
    """A command in either form, as a shell takes it; what `$$` means to compose is `$`."""
    text = " ".join(dockerfile.quoted(each) for each in node.texts()) if node.is_list else node.text
    return text.replace("$$", "$")


def environment(tree: Tree, file: str, node: Node) -> dict[str, str]:
    """What it sets; what is filled in from outside isn't known."""
    return {name: value for name, value in given(tree, file, node).items() if "$" not in value}


def given(tree: Tree, file: str, node: Node) -> dict[str, str]:
    """What it sets, by list, mapping and `env_file`, as it is written; a `${NAME:-value}` is its value."""
    found: dict[str, str] = {}
    for path in (text for each in listed_files(node.at("env_file")) for text in each.texts()):
        found |= assigned(tree.text(inside(file, path)))
    table = node.at("environment")
    found |= {name: value.text for name, value in table.items().items()}
    found |= {name: value for text in table.texts() for name, equals, value in [text.partition("=")] if equals}
    return {name: settled(value) for name, value in found.items()}


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
