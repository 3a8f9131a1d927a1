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
        built = service if service.context else builder(service, services(tree))
        if built is None:
            continue
        confidence = LIKELY + 0.1 - 0.05 * rank(service.file) - 0.002 * min(number, 20)
        yield from started(tree, service, built, confidence)
        yield from health(service)


def builder(service: Service, every: tuple[Service, ...]) -> Service | None:
    """The other service of the file that builds and names its image."""
    builds = (each for each in every if each.context and each.file == service.file)
    return next((each for each in builds if service.image and each.node.at("image").text == service.image), None)


def started(tree: Tree, service: Service, built: Service, confidence: float) -> Iterator[Fact]:
    """Its command runs where the image says, which holds the folder that it is built from (docs.docker.com, "Compose
    Build Specification": context), unless that is another repository's."""
    if not service.command:
        return
    is_here = any(path.startswith(f"{built.context}/") for path in tree.paths)
    folders = (service.folder, *([built.context] if is_here else []), ".")
    where = Line(file=service.file, line=service.line, confidence=confidence, name=service.name,
                 around=tuple(filter(None, folders)), known=service.environment,
                 beside=inside(service.file, str(PurePosixPath(built.dockerfile).parent)))  # fmt: skip
    yield from commandline.process(tree, service.command, where)


def health(service: Service) -> Iterator[Fact]:
    test = service.node.at("healthcheck", "test")
    text = " ".join(test.texts())
    if (match := URL.search(text)) and any(each in text for each in ("localhost", "127.0.0.1", "0.0.0.0")):  # noqa: S104
        yield Fact(kind=Kind.ROUTE, value=match.group(1) or "/", file=service.file, line=test.line, confidence=SURE)
