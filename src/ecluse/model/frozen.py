"""The checked manifest as plain JSON values and back, exactly: it is cached, and kept beside each release."""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import timedelta
from enum import Enum
from functools import cache
from typing import Any, Union, get_args, get_origin, get_type_hints

from ecluse.model.app import App


def app_to_json(app: App, *, brief: bool = False) -> dict[str, Any]:
    """Durations become seconds, tuples lists. Every field is there, defaults too, because another version may read it
    and have others; `brief`: but for those, for whoever knows that it is this one."""
    plain = _to_plain(app, brief=brief)
    assert isinstance(plain, dict)  # noqa: S101  a dataclass always becomes a dict
    return plain


def app_from_json(data: Mapping[str, Any]) -> App:
    """The App that `app_to_json` wrote. Keys that this version doesn't know are dropped."""
    app = _reader(App)(data)
    assert isinstance(app, App)  # noqa: S101
    return app


def _to_plain(value: Any, *, brief: bool) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        told = {item.name: getattr(value, item.name) for item in fields(value)}
        left = {item.name for item in fields(value) if told[item.name] == _default(item)} if brief else set()
        return {name: _to_plain(item, brief=brief) for name, item in told.items() if name not in left}
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return {str(key): _to_plain(item, brief=brief) for key, item in value.items()}
    if isinstance(value, tuple):
        return [_to_plain(item, brief=brief) for item in value]
    return value


def _default(item: Field[Any]) -> Any:
    return item.default if item.default_factory is MISSING else item.default_factory()


@cache
def _reader(kind: Any) -> Callable[[Any], Any]:
    """What makes a value of `kind` of its plain form. Types are looked into once, not once for each value."""
    kind = getattr(kind, "__supertype__", kind)  # a NewType is its base
    origin = get_origin(kind)
    if origin in {Union, types.UnionType}:
        inner = _reader(next(option for option in get_args(kind) if option is not type(None)))
        return _as_it_is if inner is _as_it_is else lambda value: None if value is None else inner(value)
    if origin is tuple:
        inner = _reader(get_args(kind)[0])
        return tuple if inner is _as_it_is else lambda value: tuple(map(inner, value))
    if origin is not None:  # a mapping from text
        of = get_args(kind)[1]
        each = _reader(of)
        return dict if of is str else lambda value: {key: each(item) for key, item in value.items()}
    if is_dataclass(kind) and isinstance(kind, type):
        return _reader_of(kind)
    if kind is timedelta:
        return lambda value: timedelta(seconds=value)
    return kind if isinstance(kind, type) and issubclass(kind, Enum) else _as_it_is


def _as_it_is(value: Any) -> Any:
    return value


def _reader_of(kind: type) -> Callable[[Any], Any]:
    """Most fields are as they are in JSON, and a manifest may have a thousand steps: those aren't called for."""
    readers = {name: _reader(hint) for name, hint in get_type_hints(kind).items()}
    made = {name: read for name, read in readers.items() if read is not _as_it_is}

    def read(value: Mapping[str, Any]) -> Any:
        known = {name: item for name, item in value.items() if name in readers}
        for name, convert in made.items():
            if name in known:
                known[name] = convert(known[name])
        return kind(**known)

    return read
