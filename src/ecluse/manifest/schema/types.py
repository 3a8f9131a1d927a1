"""The types of values, each with what an editor is told and how it is written."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from ipaddress import AddressValueError, IPv4Address
from pathlib import PurePosixPath
from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema

from ecluse.manifest import amounts
from ecluse.manifest.argv import argv_of
from ecluse.manifest.interpolation import Filled
from ecluse.manifest.schema.shapes import UrlPrefix, Variable
from ecluse.manifest.schema.words import SETTINGS, Words, refuse

REFERENCE = {"type": "string", "pattern": r"\$\{[A-Za-z_][A-Za-z0-9_]*(:-.*)?\}"}
"""Where a number or a truth value is wanted, an editor takes a reference to a variable too."""


def _through(read: Callable[[Any], Any], kinds: tuple[type, ...], code: str, fix: str) -> BeforeValidator:
    """Read values of `kinds` by a function that raises ValueError; leave others to the type's own check."""

    def checked(value: Any) -> Any:
        if isinstance(value, bool) or not isinstance(value, kinds):
            return value
        try:
            return read(value)
        except ValueError as error:
            raise refuse(code, str(error), fix) from error

    return BeforeValidator(checked)


def _from_filled(value: Any) -> Any:
    """A variable's value is always text: where a number or a truth value is wanted it is read as TOML would."""
    if not isinstance(value, Filled):
        return value
    if value in {"true", "false"}:
        return value == "true"
    for read in (int, float):
        try:
            return read(value)
        except ValueError:
            continue
    return str(value)


def _scalar(name: str) -> WithJsonSchema:
    return WithJsonSchema({"anyOf": [{"type": name}, REFERENCE]})


Whole = Annotated[int, BeforeValidator(_from_filled), _scalar("integer"), Words("whole number")]
Percent = Annotated[float, BeforeValidator(_from_filled), _scalar("number"), Words("number")]
Truth = Annotated[bool, BeforeValidator(_from_filled), _scalar("boolean"), Words("true or false")]

Duration = Annotated[
    timedelta,
    _through(
        lambda value: amounts.duration(_from_filled(value)),
        (str, int, float),
        "M016",
        'write it like "30s", "10m", "1h30m" or "200ms", or as a number of seconds',
    ),
    Words('duration ("30s", "1h30m", "200ms", or seconds)'),
    WithJsonSchema(
        {"anyOf": [{"type": "string", "pattern": r"^(\d+(\.\d+)?(ms|s|m|h|d))+$"}, {"type": "number"}, REFERENCE]}
    ),
]

Size = Annotated[
    int,
    _through(
        lambda value: amounts.size(_from_filled(value)),
        (str, int),
        "M017",
        'write it like "512M" or "2G" (powers of 1024), or as a number of bytes',
    ),
    Words('size ("512M", "2G", or bytes)'),
    WithJsonSchema({"anyOf": [{"type": "string", "pattern": r"^\d+[KMGT]?(i?B)?$"}, {"type": "integer"}, REFERENCE]}),
]


def _command(value: Any) -> Any:
    if not isinstance(value, str) and not (isinstance(value, list) and all(isinstance(word, str) for word in value)):
        raise refuse("M010", "a command is text or a list of text", 'write ["python", "-m", "app"] or "python -m app"')
    try:
        return argv_of(value)
    except ValueError as error:
        raise refuse("M018", f"the command can't be read: {error}", "write it as a list of words") from error


Command = Annotated[
    tuple[str, ...],
    BeforeValidator(_command),
    Words("command (text or list)"),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}),
]


def _inside(value: Any) -> Any:
    """A path that can't leave the tree, whatever it is joined to."""
    if isinstance(value, str):
        path = PurePosixPath(value)
        if path.is_absolute() or ".." in path.parts or not value or "\0" in value:
            raise refuse(
                "M019",
                f"{value!r} doesn't lie inside the repository",
                "give a path relative to the repository's root, without `..`",
            )
    return value


Inside = Annotated[str, BeforeValidator(_inside), Words("path inside the repository")]
Folders = Annotated[dict[UrlPrefix, Inside], Words("table of URL prefixes and paths inside the repository")]


def _setting(value: Any) -> Any:
    if isinstance(value, bool | int | float):
        raise refuse("M010", "a setting is text", f'write it in quotes: "{str(value).lower()}"')
    if isinstance(value, str) and "\0" in value:
        raise refuse("M015", "a setting can't hold a NUL character", "remove it (environ(7))")
    return value


Setting = Annotated[str, BeforeValidator(_setting)]
Settings = Annotated[dict[Variable, Setting], Words(SETTINGS)]
Axes = Annotated[dict[Variable, list[Setting]], Words("table of lists of text")]
Cells = Annotated[list[dict[Variable, Setting]], Words("list of tables of text")]


def _moment(value: Any) -> Any:
    """TOML has times of its own; the resolver wants text."""
    if isinstance(value, datetime):
        value = value.isoformat().replace("+00:00", "Z")
    if isinstance(value, str):
        try:
            aware = datetime.fromisoformat(value).tzinfo is not None
        except ValueError:
            aware = False
        if not aware:
            raise refuse(
                "M015", f"{value!r} is no time", 'write it with its zone, like "2026-01-31T00:00:00Z" (RFC 3339)'
            )
    return value


Moment = Annotated[
    str, BeforeValidator(_moment), WithJsonSchema({"type": "string", "format": "date-time"}), Words("time")
]

ZERO = timedelta()

PROBES = frozenset({IPv4Address("127.0.0.2"), IPv4Address("127.0.0.3")})
"""Sources that ask one slot in private; nobody may listen there."""


def _address(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        address = IPv4Address(value)
    except AddressValueError as error:
        raise refuse(
            "M052", f"{value!r} is no IPv4 address", "write 127.0.0.1 for this machine only, 0.0.0.0 for everybody"
        ) from error
    if address in PROBES:
        raise refuse("M052", f"{value} is kept for asking a slot in private", "use 127.0.0.1")
    return value


Address = Annotated[
    str, BeforeValidator(_address), WithJsonSchema({"type": "string", "format": "ipv4"}), Words("IPv4 address")
]
