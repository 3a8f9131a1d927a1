"""Pages that are started by their framework's own program: `streamlit run app.py`."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from ecluse.manifest.detect.facts import SURE, Fact, Kind
from ecluse.manifest.detect.running import beginnings, names
from ecluse.manifest.detect.tree import Tree
from ecluse.manifest.syntax import Module
from ecluse.model.values import frozen

USUAL = ("streamlit_app", "app", "main", "Home", "home", "dashboard", "index")


@frozen
class Runner:
    """`command` has a place for the file; `health` is the page by which the framework says that it is well."""

    command: str
    health: str = ""


RUNNERS: Mapping[str, Runner] = {
    "streamlit": Runner(
        command="streamlit run {} --server.port $PORT --server.address 127.0.0.1 --server.headless true "
        "--server.fileWatcherType none --browser.gatherUsageStats false",
        health="/_stcore/health",
    ),
    "chainlit": Runner(command="chainlit run {} --host 127.0.0.1 --port $PORT --headless"),
}


def read(tree: Tree) -> Iterator[Fact]:
    modules = tuple(tree.modules(*RUNNERS))
    pages = [(module, package) for module in modules for package in RUNNERS if is_page(module, package)]
    imported = {name for module in tree.modules("import") for origin in module.origins.values()
                for name in beginnings(origin)} if pages else set()  # fmt: skip
    for module, package in pages:
        if "/pages/" not in f"/{module.path}" and imported.isdisjoint(names(module)):
            yield from of_page(tree, module, package)


def is_page(module: Module, package: str) -> bool:
    """Whether its import draws or declares something by the framework."""
    drawn = [node for node in module.walk() if isinstance(node, ast.Call)]
    return any(module.origin(call.func).partition(".")[0] == package for call in drawn)


def of_page(tree: Tree, module: Module, package: str) -> Iterator[Fact]:
    last = module.path.rpartition("/")[2].removesuffix(".py")
    usual = 0.05 - USUAL.index(last) / 200 if last in USUAL else 0.0
    paged = (
        0.04
        if any(path.startswith(f"{module.path.rpartition('/')[0]}/pages/".lstrip("/")) for path in tree.paths)
        else 0
    )
    line = next((number for number, text in enumerate(tree.text(module.path).splitlines(), 1) if package in text), 0)
    yield Fact(kind=Kind.COMMAND, value=RUNNERS[package].command.format(module.path), file=module.path, line=line,
               confidence=round(0.6 + usual + paged - 0.03 * module.path.count("/"), 3))  # fmt: skip
    if health := RUNNERS[package].health:
        yield Fact(kind=Kind.ROUTE, value=health, file=module.path, line=line, confidence=SURE)
