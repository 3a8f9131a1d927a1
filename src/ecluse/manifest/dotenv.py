"""`.env`, `.env.NAME` and the env files of an environment, read as python-dotenv reads them; never logged."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from dotenv.parser import parse_stream
from dotenv.variables import parse_variables

from ecluse.model.problem import Place, Problem, ProblemError
from ecluse.model.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from ecluse.model.app import Environment


class Settings(NamedTuple):
    """`env` may be seen. `secrets` holds the declared ones and everything that comes from an env file."""

    env: dict[str, str]
    secrets: dict[str, Secret]


def settings(root: Path, environment: Environment, caller: Mapping[str, str], also: Iterable[str] = ()) -> Settings:
    """What `environment` declares, under what its env files say; a file that comes later wins.

    The value of a declared secret (of the environment, or one of `also`, the secrets of steps) comes from the
    caller's environment, else from a file. `env` doesn't hold what [app] and processes declare. Raises ProblemError
    with every missing file, unreadable line and missing secret.
    """
    problems: list[Problem] = []
    values: dict[str, str] = {}
    for path, must_exist in _files(root, environment):
        _read(path, root, values, caller, problems, must_exist=must_exist)
    wanted = dict.fromkeys([*environment.secrets, *also])
    values |= {name: caller[name] for name in wanted if caller.get(name)}
    problems += [_missing(name, environment) for name in wanted if not values.get(name)]
    if problems:
        raise ProblemError(*problems)
    env = {name: value for name, value in environment.env.items() if name not in values}
    return Settings(env, {name: Secret(value) for name, value in values.items()})


def _files(root: Path, environment: Environment) -> Iterator[tuple[Path, bool]]:
    yield root / ".env", False
    if environment.pattern:
        yield root / f".env.{environment.pattern}", False
    yield root / f".env.{environment.name}", False
    for name in environment.env_files:
        yield root / name, True


def _read(
    path: Path,
    root: Path,
    values: dict[str, str],
    caller: Mapping[str, str],
    problems: list[Problem],
    *,
    must_exist: bool,
) -> None:
    """Add the values of one file. References in them see the caller's environment, then what was read before."""
    name = path.relative_to(root).as_posix()
    if not path.is_file():
        problems += [_no_file(name)] if must_exist else []
        return
    try:
        with path.open(encoding="utf-8-sig") as stream:
            bindings = list(parse_stream(stream))
    except (OSError, UnicodeDecodeError) as error:
        problems.append(_unreadable(name, error))
        return
    for binding in bindings:
        if binding.error or "\0" in binding.original.string:
            problems.append(_bad_line(name, binding.original.line, binding.original.string))
        elif binding.key and binding.value is not None:
            seen = {**values, **caller}
            values[binding.key] = "".join(atom.resolve(seen) for atom in parse_variables(binding.value))


def _no_file(name: str) -> Problem:
    return Problem(
        code="M060",
        what=f"the env file {name} is not there",
        fix="write it, or take it out of `env_files`",
        where=Place(file=name),
    )


def _unreadable(name: str, error: OSError | UnicodeDecodeError) -> Problem:
    why = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
    return Problem(
        code="M061",
        what=f"the env file can't be read: {why}",
        fix="save it as UTF-8 text that you may read",
        where=Place(file=name),
    )


def _bad_line(name: str, line: int, original: str) -> Problem:
    """The line itself may hold a secret, so it isn't shown."""
    leading = len(original) - len(original.lstrip("\n"))
    return Problem(
        code="M062",
        what="this line is neither NAME=value nor a comment",
        fix='write NAME=value, or NAME="value" with what is special inside the quotes',
        where=Place(file=name, line=line + leading),
    )


def _missing(name: str, environment: Environment) -> Problem:
    return Problem(
        code="M063",
        what=f"the secret {name} has no value for {environment.name}",
        fix=f"put {name}=… into .env.{environment.name} and keep that file out of git, or set it where you call ecluse",
    )
