"""Scanners that are programs which look at files of a tree and print what they found."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from fnmatch import fnmatch
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING

from ecluse.loop.security.ground import Ground
from ecluse.loop.security.looking import is_template
from ecluse.loop.security.readers import bandit, checkov, hadolint, zizmor
from ecluse.loop.security.readers.reading import Printed, Told
from ecluse.loop.security.tools import TOOLS
from ecluse.model.finding import Scan, Unchecked, numbered
from ecluse.model.security import Scanner
from ecluse.model.values import frozen

if TYPE_CHECKING:
    import yaml

MOST_PATHS = 2000
"""Given to one run of a program: a command line isn't endless (execve(2), E2BIG)."""
BANDITS = "pyproject.toml"
TEMPLATE = "it is a template: what it makes isn't known before it is rendered"


@frozen
class Program:
    """`arguments` stand before the paths. `is_whole`: what it says of one file depends on others, so all are given at
    once."""

    arguments: Callable[[Ground], tuple[str, ...]]
    read: Callable[[Printed], Told]
    is_whole: bool = False
    each: tuple[str, ...] = ()
    """What stands before each path."""


def _bandit(ground: Ground) -> tuple[str, ...]:
    """The project's own settings count: they are of the commit, as its `# nosec` comments are. By itself bandit would
    leave out what has `.git` in its path, `.github` too."""
    own = ("--configfile", BANDITS) if "[tool.bandit" in (ground.text(BANDITS) or "") else ()
    return "--format", "json", "--quiet", "--exclude", "", *own


def _checkov(framework: str, ground: Ground) -> tuple[str, ...]:  # noqa: ARG001
    return "--framework", framework, "--output", "json", "--compact", "--skip-download"


PROGRAMS: Mapping[Scanner, Program] = MappingProxyType(
    {
        Scanner.CODE: Program(arguments=_bandit, read=bandit.read),
        Scanner.DOCKERFILE: Program(
            arguments=lambda _: ("--format", "json", "--no-color"), read=hadolint.read
        ),
        Scanner.WORKFLOWS: Program(
            arguments=lambda _: (
                "--offline", "--no-progress", "--no-exit-codes", "--strict-collection", "--format", "json-v1"
            ),
            read=zizmor.read,
        ),
        Scanner.TERRAFORM: Program(
            arguments=partial(_checkov, "terraform"), each=("--file",), is_whole=True,
            read=lambda printed: checkov.read(printed, Scanner.TERRAFORM),
        ),
        Scanner.KUBERNETES: Program(
            arguments=partial(_checkov, "kubernetes"), each=("--file",), is_whole=True,
            read=lambda printed: checkov.read(printed, Scanner.KUBERNETES),
        ),
    }
)  # fmt: skip


async def scan(scanner: Scanner, paths: tuple[str, ...], ground: Ground) -> Scan:
    """Run it on `paths`. UnreadableError, ProblemError: it could not look at any of them."""
    program = PROGRAMS[scanner]
    excepted = _excepted(ground) if scanner is Scanner.CODE else ()
    asked = tuple(path for path in paths if not _is_left_out(path, excepted))
    usable, unchecked = _sorted_out(scanner, asked, ground)
    step = len(usable) if program.is_whole else MOST_PATHS
    told = [await _run(scanner, usable[at : at + step], ground) for at in range(0, len(usable), step or 1)]
    return Scan(
        scanner=scanner,
        findings=numbered(finding for one in told for finding in one.findings),
        unchecked=(*unchecked, *(missed for one in told for missed in one.unchecked)),
        looked=len(usable),
        tool=ground.tool(TOOLS[scanner]),
        notes=(f"{left:,} left out by `exclude_dirs` of [tool.bandit]",) if (left := len(paths) - len(asked)) else (),
    )


def _excepted(ground: Ground) -> tuple[str, ...]:
    """What the project's settings tell bandit to leave out: it does so without a word, and we say it. Settings that
    can't be read are bandit's to complain of."""
    try:
        named = tomllib.loads(ground.text(BANDITS) or "")["tool"]["bandit"]["exclude_dirs"]
    except (tomllib.TOMLDecodeError, KeyError, TypeError):
        return ()
    return tuple(named) if isinstance(named, list) and all(isinstance(one, str) for one in named) else ()


def _is_left_out(path: str, excepted: tuple[str, ...]) -> bool:
    """As bandit decides it (`core.manager._is_file_included`)."""
    return any(fnmatch(f"./{path}", one) or one in f"./{path}" for one in excepted)


async def _run(scanner: Scanner, paths: tuple[str, ...], ground: Ground) -> Told:
    program = PROGRAMS[scanner]
    named = tuple(word for path in paths for word in (*program.each, f"./{path}"))
    return program.read(await ground.printed(TOOLS[scanner], *program.arguments(ground), *named, paths=paths))


def _sorted_out(
    scanner: Scanner, paths: tuple[str, ...], ground: Ground
) -> tuple[tuple[str, ...], tuple[Unchecked, ...]]:
    """What checkov passes over without a word: templates, and YAML that can't be parsed."""
    if scanner is not Scanner.KUBERNETES:
        return paths, ()
    faults = {path: fault for path in paths if (fault := _fault(ground.text(path) or ""))}
    missed = tuple(Unchecked(scanner=scanner, place=path, why=why) for path, why in faults.items())
    return tuple(path for path in paths if path not in faults), missed


def _fault(text: str) -> str:
    import yaml  # noqa: PLC0415  only who has such files pays for it

    try:
        documents = [(node, text[node.start_mark.index : node.end_mark.index])
                     for node in yaml.compose_all(text, Loader=yaml.SafeLoader) if node]  # fmt: skip
    except yaml.YAMLError as error:
        return TEMPLATE if is_template(text) else f"it can't be parsed: {' '.join(str(error).split())}"
    return TEMPLATE if any(is_template(part) and not _holds_data(node) for node, part in documents) else ""


def _holds_data(node: yaml.Node) -> bool:
    """Braces are for somebody else there: a dashboard in a ConfigMap, an alert in a resource of one's own, about which
    checkov has no question anyway."""
    import yaml  # noqa: PLC0415  as above

    pairs = node.value if isinstance(node, yaml.MappingNode) else ()
    plain = yaml.ScalarNode
    told = {key.value: value.value for key, value in pairs if isinstance(key, plain) and isinstance(value, plain)}
    group = told.get("apiVersion", "").rpartition("/")[0]
    return told.get("kind") in {"ConfigMap", "Secret"} or ("." in group and not group.endswith(".k8s.io"))
