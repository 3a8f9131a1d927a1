"""Env files: what the app itself loads, and what examples, compose files and Dockerfiles suggest."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ecluse.manifest.detect import compose, dockerfile
from ecluse.manifest.detect.tree import Tree
from ecluse.manifest.envfiles import EXAMPLES
from ecluse.manifest.envtext import assigned

OWN = ".env"
"""What the app itself loads. A value that we set would win over it, and what stands in it may be a secret."""
DEVELOPMENT = ("local", "dev", "development")
DEEPEST = 2
"""Folders below the root in which one may lie."""


def examples(tree: Tree) -> dict[str, str]:
    """What is suggested for each variable: by example files, those nearest to the root first, else by a compose file,
    else by a Dockerfile, places apart."""
    return tree.once("examples", lambda: suggested(tree))


def suggested(tree: Tree) -> dict[str, str]:
    found = {name: value for name, value in dockerfile.variables(dockerfile.instructions(tree))
             if "$" not in value and not value.startswith("/")}  # fmt: skip
    found |= of_compose(tree)
    for file in reversed(files(tree)):
        found |= assigned(tree.text(file))
    return found


def files(tree: Tree) -> tuple[str, ...]:
    """Example files first, then committed ones for development; `.env` itself isn't one."""
    found = [path for pattern in ("*env*", ".*") for path in tree.named(pattern)
             if path.count("/") <= DEEPEST and is_example(path)]  # fmt: skip
    return tuple(sorted(dict.fromkeys(found), key=lambda path: (path.count("/"), is_for_development(path), path)))


def is_example(path: str) -> bool:
    *folders, name = path.lower().split("/")
    words = [word for word in re.split(r"[.\-_]", name) if word]
    if ".envs" in folders:  # as cookiecutter-django lays them out
        return bool({".local", ".dev", ".development"} & set(folders))
    return "env" in words and bool({*EXAMPLES, *DEVELOPMENT} & set(words)) and not name.endswith((".py", ".md", ".js"))


def is_for_development(path: str) -> bool:
    return not set(EXAMPLES) & set(re.split(r"[.\-_]", path.lower()))


def of_compose(tree: Tree) -> dict[str, str]:
    """What services that are built here get, but for the names of hosts that only the other services know."""
    every = compose.services(tree)
    names = {service.name for service in every}
    found: dict[str, str] = {}
    for service in reversed([service for service in every if service.context]):
        found |= {name: value for name, value in service.environment.items() if names.isdisjoint(hosts(value))}
    return found


def hosts(value: str) -> Iterator[str]:
    """Words of a value that may be a host: it is one, or stands behind `//` or `@`, or before a port."""
    yield value
    yield from re.findall(r"(?:@|//|,)([\w.-]+)(?=[:/,]|$)", value)
    yield from re.findall(r"^([\w.-]+):\d+", value)
