"""A front end that must be built: a package.json with a build script whose files the commit doesn't bring.

One that lies beside the app is the app's only if the app's own code or its image names its folder; another is a site
of its own. What is committed already isn't built again, nor is a package.json that holds linters only.
"""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterator, Mapping
from typing import Any

from ecluse.manifest.detect.facts import GUESS, LIKELY, SURE, Fact, Kind
from ecluse.manifest.detect.running import apps
from ecluse.manifest.detect.tree import Tree, aside
from ecluse.manifest.detect.writes import is_placeholder
from ecluse.model.values import frozen

FILE = "package.json"
SCRIPT = "build"
CHECKS = re.compile(r"^(echo|true|exit|eslint|prettier|stylelint|tsc --noEmit|npm (run )?(lint|test))\b[^&;|]*$")
"""A script of that name which only looks."""
LOCKS = {
    "package-lock.json": ("npm", "npm ci"),
    "npm-shrinkwrap.json": ("npm", "npm ci"),
    "pnpm-lock.yaml": ("pnpm", "pnpm install --frozen-lockfile"),
    "yarn.lock": ("yarn", "yarn install --frozen-lockfile"),
    "bun.lock": ("bun", "bun install --frozen-lockfile"),
    "bun.lockb": ("bun", "bun install --frozen-lockfile"),
}
UNLOCKED = {tool: f"{tool} install" for tool in ("npm", "pnpm", "yarn", "bun")}
"""Without a lock: tomorrow's versions may be others."""
LATER_YARN = "yarn install --immutable"
TO = re.compile(
    r"(?:--(?:outfile|outdir|out-dir|out-file|output|output-path|dist-dir|dest)|\s-[od])[ =]['\"]?([\w./@-]+)"
)
IN_FILE = re.compile(
    r"(?:outDir|outdir|outfile|assetsDir)\s*:\s*(?:[\w.]+\(\s*__dirname\s*,\s*)?['\"]([\w./@-]+)['\"]"
    r"|\bpath\s*:\s*[\w.]+\(\s*__dirname\s*,\s*['\"]([\w./@-]+)['\"](?:\s*,\s*['\"]([\w./@-]+)['\"])?"
)
SETTINGS = re.compile(r"(vite|webpack|rollup|esbuild|parcel)[\w.-]*\.(js|ts|mjs|cjs|mts)$")
USUAL = {"vite": "dist", "parcel": "dist", "webpack": "dist"}
"""Where these write when nobody says."""


@frozen
class Package:
    """`folder` is where package.json lies."""

    path: str
    folder: str
    said: Mapping[str, Any]

    @property
    def script(self) -> str:
        scripts = self.said.get("scripts")
        found = scripts.get(SCRIPT) if isinstance(scripts, dict) else None
        return found if isinstance(found, str) else ""

    @property
    def needs(self) -> bool:
        return any(self.said.get(kind) for kind in ("dependencies", "devDependencies", "optionalDependencies"))


def read(tree: Tree) -> Iterator[Fact]:
    package = next((found for found in packages(tree) if builds(tree, found)), None)
    if package is None:
        return
    outputs = tuple(written(tree, package))
    lost = [path for path in outputs if not is_committed(tree, path)]
    if outputs and not lost:
        return
    tool, install = manager(tree, package)
    line = tree.line(package.path, f'"{SCRIPT}"')
    yield Fact(kind=Kind.FRONTEND, value=f"{tool} run {SCRIPT}", file=package.path, line=line, folder=package.folder,
               confidence=SURE if lost else LIKELY, label=install if package.needs else "")  # fmt: skip
    for path in lost:
        yield Fact(kind=Kind.BUILT, value=path, file=package.path, line=line, confidence=LIKELY)
    for value, file, confidence in versions(tree, package):
        yield Fact(kind=Kind.NODE, value=value, file=file, confidence=confidence)


def packages(tree: Tree) -> Iterator[Package]:
    for path in tree.named(FILE):
        if aside(path) or path.count("/") > 2:  # noqa: PLR2004 (deeper ones are parts of others)
            continue
        try:
            said = json.loads(tree.text(path))
        except ValueError:
            continue
        if isinstance(said, dict):
            yield Package(path=path, folder=posixpath.dirname(path) or ".", said=said)


def builds(tree: Tree, package: Package) -> bool:
    return bool(package.script) and not CHECKS.match(package.script.strip()) and is_the_app_s(tree, package)


def is_the_app_s(tree: Tree, package: Package) -> bool:
    """Whether it lies at the root or where the app does, or is named by it."""
    if package.folder == ".":
        return True
    folders = {fact.folder for fact in apps(tree)} | {posixpath.dirname(path) for path in tree.named("manage.py")}
    return package.folder in folders or names(tree, package.folder)


def names(tree: Tree, folder: str) -> bool:
    """Whether the app's code, or an image that it is built into, names the folder."""
    last = re.escape(posixpath.basename(folder))
    in_code = re.compile(rf"['\"/]{last}(['\"/]|$)", re.MULTILINE)
    return any(in_code.search(tree.text(module.path)) for module in tree.modules(posixpath.basename(folder))) or bool(
        re.search(rf"COPY --from=\S+ \S*{last}\b", tree.text("Dockerfile"))
    )


def manager(tree: Tree, package: Package) -> tuple[str, str]:
    """The tool and what it installs by: the lock beside it or above it, else what package.json names."""
    named = str(package.said.get("packageManager", "")).partition("@")
    folder = package.folder
    while True:
        for lock, (tool, install) in LOCKS.items():
            if posixpath.normpath(posixpath.join(folder, lock)) in tree:
                is_later = tool == "yarn" and (posixpath.normpath(posixpath.join(folder, ".yarnrc.yml")) in tree
                                               or (named[0] == "yarn" and not named[2].startswith("1.")))  # fmt: skip
                return tool, LATER_YARN if is_later else install
        if folder == ".":
            tool = named[0] if named[0] in UNLOCKED else "npm"
            return tool, UNLOCKED[tool]
        folder = posixpath.dirname(folder) or "."


def written(tree: Tree, package: Package) -> Iterator[str]:
    """Where the script or its tool's settings say that the files go; paths of the repository."""
    for match in TO.finditer(f" {package.script}"):
        yield from placed(package, match.group(1))
    said = False
    for path in tree.paths:
        if posixpath.dirname(path) == package.folder.removeprefix(".") and SETTINGS.search(posixpath.basename(path)):
            for match in IN_FILE.finditer(tree.text(path)):
                said = True
                yield from placed(package, "/".join(part for part in match.groups() if part))
    for tool, folder in USUAL.items():
        if not said and re.search(rf"\b{tool}\b", package.script) and not TO.search(f" {package.script}"):
            yield from placed(package, folder)


def placed(package: Package, path: str) -> Iterator[str]:
    whole = posixpath.normpath(posixpath.join(package.folder, path))
    if whole != "." and not whole.startswith(("..", "/")):
        yield whole


def is_committed(tree: Tree, path: str) -> bool:
    return path in tree or any(name.startswith(f"{path}/") and not is_placeholder(name) for name in tree.paths)


def versions(tree: Tree, package: Package) -> Iterator[tuple[str, str, float]]:
    engines, volta = package.said.get("engines"), package.said.get("volta")
    if isinstance(engines, dict) and isinstance(engines.get("node"), str):
        yield engines["node"], package.path, SURE
    if isinstance(volta, dict) and isinstance(volta.get("node"), str):
        yield volta["node"].partition(".")[0], package.path, LIKELY
    for name in (".nvmrc", ".node-version"):
        for folder in dict.fromkeys((package.folder, ".")):
            path = posixpath.normpath(posixpath.join(folder, name))
            if text := tree.text(path).strip().removeprefix("v"):
                yield text.partition(".")[0], path, GUESS + 0.1
