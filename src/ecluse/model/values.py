"""Frozen values that are quickly made.

A dataclass compiles six methods when its class is made, which takes half a millisecond, and a short command imports a
hundred and fifty of which it makes a few. Here `__init__` is compiled when the first one is made, and the others are
shared: that was 40 % of the time of `ecluse status`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import MISSING, FrozenInstanceError, dataclass, field, fields
from functools import cache
from typing import Any, NoReturn, TypeVar, dataclass_transform

Made = TypeVar("Made")

_ABSENT = object()
"""Nobody gave that field."""


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(field,))
def frozen(declared: type[Made]) -> type[Made]:
    """`@dataclass(frozen=True, slots=True, kw_only=True)`: `fields`, `replace`, `asdict` and pickle work as there."""
    own = vars(declared).keys()
    declared.__doc__ = declared.__doc__ or declared.__name__  # else `dataclass` works out the signature, to say it
    made = dataclass(init=False, repr=False, eq=False, slots=True, kw_only=True)(declared)
    methods: dict[str, Callable[..., Any]] = {"__init__": _compiling(made), **_SHARED}
    for name, method in methods.items():
        if name not in own:
            setattr(made, name, method)
    return made


def _compiling(made: type[Any]) -> Callable[..., None]:
    def __init__(self: object, **given: object) -> None:  # noqa: N807
        made.__init__ = _init_of(made)
        made.__init__(self, **given)

    return __init__


def _init_of(made: type[Any]) -> Any:
    """As that of a dataclass whose fields are keywords, all of which are taken. It sets past `__setattr__`, which
    refuses."""
    known: dict[str, Any] = {"_ABSENT": _ABSENT}
    parameters, lines = [], []
    for one in fields(made):
        name, value = one.name, one.name
        known[f"_set_{name}"] = getattr(made, name).__set__
        if one.default_factory is not MISSING:
            known[f"_make_{name}"] = one.default_factory
            parameters.append(f"{name}=_ABSENT")
            value = f"_make_{name}() if {name} is _ABSENT else {name}"
        elif one.default is not MISSING:
            known[f"_default_{name}"] = one.default
            parameters.append(f"{name}=_default_{name}")
        else:
            parameters.append(name)
        lines.append(f"_set_{name}(self, {value})")
    if hasattr(made, "__post_init__"):
        lines.append("self.__post_init__()")
    keywords = f", *, {', '.join(parameters)}" if parameters else ""
    exec(f"def __init__(self{keywords}):\n " + "\n ".join(lines or ["pass"]), known)  # noqa: S102
    known["__init__"].__qualname__ = f"{made.__qualname__}.__init__"
    return known["__init__"]


def shallow(value: Any) -> dict[str, Any]:
    """As `dataclasses.asdict`, but what is in a field stays what it is, values of our own too. A run keeps thousands of
    these, and copying frozen things took most of the time of keeping them."""
    return {name: getattr(value, name) for name in _names(value.__class__)}


@cache
def _names(kind: type[Any]) -> tuple[str, ...]:
    return tuple(one.name for one in fields(kind))


@cache
def _compared(kind: type[Any]) -> tuple[str, ...]:
    return tuple(one.name for one in fields(kind) if one.compare)


def _key(made: Any) -> tuple[object, ...]:
    return tuple([getattr(made, name) for name in _compared(made.__class__)])


def _eq(self: object, other: object) -> bool:
    if self is other:
        return True
    return _key(self) == _key(other) if other.__class__ is self.__class__ else NotImplemented


def _hash(self: object) -> int:
    return hash(_key(self))


def _repr(self: Any) -> str:
    shown = ", ".join(f"{one.name}={getattr(self, one.name)!r}" for one in fields(self) if one.repr)
    return f"{type(self).__qualname__}({shown})"


def _setattr(_: object, name: str, __: object) -> NoReturn:
    raise FrozenInstanceError(f"cannot assign to field {name!r}")


def _delattr(_: object, name: str) -> NoReturn:
    raise FrozenInstanceError(f"cannot delete field {name!r}")


def _getstate(self: Any) -> list[Any]:
    return [getattr(self, name) for name in _names(self.__class__)]


def _setstate(self: Any, state: list[Any]) -> None:
    for name, kept in zip(_names(self.__class__), state, strict=True):
        object.__setattr__(self, name, kept)


_SHARED: dict[str, Callable[..., Any]] = {
    "__eq__": _eq,
    "__hash__": _hash,
    "__repr__": _repr,
    "__setattr__": _setattr,
    "__delattr__": _delattr,
    "__getstate__": _getstate,
    "__setstate__": _setstate,
}
