"""What compose files start of this repository, and how they see that it is well."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath

from ecluse.manifest.detect import commandline
from ecluse.manifest.detect.commandline import Line
from ecluse.manifest.detect.compose import Service, inside, rank, services
from ecluse.manifest.detect.container import URL
from ecluse.manifest.detect.facts import LIKELY, SURE, Fact, Kind
from ecluse.manifest.detect.tree import Tree


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
                 around=(service.folder, *mounted, "."), known=service.environment,
                 beside=inside(service.file, str(PurePosixPath(service.dockerfile).parent)))  # fmt: skip
    yield from commandline.process(tree, service.command, where)


def health(service: Service) -> Iterator[Fact]:
    test = service.node.at("healthcheck", "test")
    text = " ".join(test.texts())
    if (match := URL.search(text)) and any(each in text for each in ("localhost", "127.0.0.1", "0.0.0.0")):  # noqa: S104
        yield Fact(kind=Kind.ROUTE, value=match.group(1) or "/", file=service.file, line=test.line, confidence=SURE)
