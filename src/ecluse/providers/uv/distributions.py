"""A project's source distribution and wheel, built by its own backend through uv."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from packaging.utils import InvalidSdistFilename, InvalidWheelFilename, parse_sdist_filename, parse_wheel_filename
from packaging.version import Version as Pep440
from uv import find_uv_bin

from ecluse.model.ids import Version
from ecluse.model.problem import Exit, Problem, ProblemError
from ecluse.ports.commands import CommandRunner, Finished
from ecluse.providers.uv.program import Uv
from ecluse.providers.uv.sdists import steady
from ecluse.providers.uv.settings import pip_settings, uv_environment, without_pip

_TOLD = (
    "SETUPTOOLS_SCM_PRETEND_VERSION",
    "PBR_VERSION",
    "POETRY_DYNAMIC_VERSIONING_BYPASS",
    "PDM_BUILD_SCM_VERSION",
    "UV_DYNAMIC_VERSIONING_BYPASS",
)
"""By these, backends that take the version from tags are told it; a commit's tree has no `.git`."""
_PROJECT = re.compile(r"(?ms)^\[project\]\s*$(?P<body>.*?)(?=^\[|\Z)")
_VERSION = re.compile(r"(?m)^(?P<key>version\s*=\s*)(?P<quote>[\"'])[^\"'\r\n]*(?P=quote)")

_ASSIGNED = re.compile(
    r"(?mi)^(?P<key>(?:__version__|VERSION)(?: ?: ?str)? *= *)(?P<quote>[\"'])[^\"'\r\n]+?(?P=quote)"
)


class UvPacker:
    """Fills ports.distributions.Packer. What runs is the project's code: it sees no secret, and writes to the tree and
    the home alone (Uv)."""

    def __init__(self, *, home: Path, env: Mapping[str, str], commands: CommandRunner) -> None:
        pip = pip_settings(env)
        self._uv = Uv(Path(find_uv_bin()), uv_environment(env, pip), commands, home, without_pip(env, pip))

    async def pack(self, tree: Path, into: Path, *, version: Version, moment: datetime) -> tuple[Path, ...]:
        _say_version(tree, version)
        fixed = {"SOURCE_DATE_EPOCH": str(int(moment.timestamp())), "PYTHONHASHSEED": "0", "TZ": "UTC"}
        told = dict.fromkeys(_TOLD, str(Pep440(version)))
        output = tree / ".dist"
        done = await self._uv.run(
            "build", "--sdist", "--wheel", ".", "-o", str(output), "--no-create-gitignore", folder=tree,
            env={**fixed, **told, "UV_CONSTRAINT": ""},
        )  # fmt: skip
        made = sorted(output.glob("*")) if done.ok else []
        if not made:
            raise ProblemError(_unbuilt(done))
        for path in made:
            _require(path.name, version)
            if path.name.endswith(".tar.gz"):
                steady(path, int(moment.timestamp()))
        return tuple(path.rename(into / path.name) for path in made)


def _say_version(tree: Path, version: Version) -> None:
    """A version that stands in `[project]`, or where hatch is told to look, is replaced: the tag decides, so that no
    commit has to repeat it."""
    path = tree / "pyproject.toml"
    if not path.is_file():
        return
    text = path.read_text(encoding="utf-8")
    found = _PROJECT.search(text)
    if found is None:
        return
    said = rf"\g<key>\g<quote>{Pep440(version)}\g<quote>"
    body = _VERSION.sub(said, found["body"], count=1)
    path.write_text(text[: found.start("body")] + body + text[found.end("body") :], encoding="utf-8")
    if source := _hatchs_source(tree, text):
        code = source.read_bytes().decode(errors="surrogateescape")
        source.write_bytes(_ASSIGNED.sub(said, code, count=1).encode(errors="surrogateescape"))


def _hatchs_source(tree: Path, text: str) -> Path | None:
    """The file from which hatch takes the version in its usual way (its manual, "Versioning"): no pattern, no tag."""
    try:
        hatch = tomllib.loads(text)["tool"]["hatch"]["version"]
        is_usual = hatch.get("source", "regex") == "regex" and "pattern" not in hatch
        path = (tree / hatch["path"]).resolve()
    except (tomllib.TOMLDecodeError, KeyError, TypeError, AttributeError):
        return None
    return path if is_usual and path.is_relative_to(tree.resolve()) and path.is_file() else None


def _parsed(name: str) -> tuple[str, Pep440]:
    if name.endswith(".whl"):
        project, version, *_ = parse_wheel_filename(name)
        return str(project), version
    project, version = parse_sdist_filename(name)
    return str(project), version


def _require(name: str, version: Version) -> None:
    try:
        found = _parsed(name)[1]
    except (InvalidSdistFilename, InvalidWheelFilename):
        found = None
    if found != Pep440(version):
        raise ProblemError(
            Problem(
                code="R031",
                what=f"{name} was built, and the release is {version}",
                state="nothing was tagged or published",
                fix=f"write {version} where the project has its version, and commit; or let it take that from "
                "[project] version in pyproject.toml, or from tags (setuptools-scm, hatch-vcs): each release tells it",
            )
        )


def _unbuilt(done: Finished) -> Problem:
    return Problem(
        code="R030",
        what="the project's distributions could not be built",
        evidence=tuple(line for line in done.output.splitlines() if line.strip())[-8:],
        state="nothing was tagged or published",
        fix="`uv build` in a clean checkout shows the same",
        exit=Exit.REFUSED,
    )
