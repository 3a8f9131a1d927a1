"""Frozen values that are quickly made.

A dataclass compiles six methods when its class is made, which takes half a millisecond, and a short command imports a
hundred and fifty of which it makes a few. Here `__init__` is compiled when the first one is made, and the others are
shared: that was 40 % of the time of `ecluse status`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import Field, FrozenInstanceError, dataclass, field, fields, make_dataclass
from typing import Any, NoReturn, TypeVar, dataclass_transform

Made = TypeVar("Made")


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(field,))
def frozen(declared: type[Made]) -> type[Made]:
    """`@dataclass(frozen=True, slots=True, kw_only=True)`: `fields`, `replace`, `asdict` and pickle work as there."""
    own = vars(declared).keys()
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
    """The one that dataclasses would have compiled."""
    declared = [(one.name, object, _again(one)) for one in fields(made)]
    after = {"__post_init__": made.__post_init__} if hasattr(made, "__post_init__") else {}
    twin = make_dataclass(made.__name__, declared, namespace=after, frozen=True, eq=False, repr=False, kw_only=True)
    found = vars(twin)["__init__"]
    found.__qualname__ = f"{made.__qualname__}.__init__"
    return found


def _again(one: Field[Any]) -> Any:
    return field(default=one.default, default_factory=one.default_factory, init=one.init)


_COMPARED: dict[type[Any], tuple[str, ...]] = {}


def _key(made: Any) -> tuple[object, ...]:
    names = _COMPARED.get(type(made))
    if names is None:
        names = _COMPARED[type(made)] = tuple(one.name for one in fields(made) if one.compare)
    return tuple([getattr(made, name) for name in names])


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
    return [getattr(self, one.name) for one in fields(self)]


def _setstate(self: Any, state: list[Any]) -> None:
    for one, kept in zip(fields(self), state, strict=True):
        object.__setattr__(self, one.name, kept)


_SHARED: dict[str, Callable[..., Any]] = {
    "__eq__": _eq,
    "__hash__": _hash,
    "__repr__": _repr,
    "__setattr__": _setattr,
    "__delattr__": _delattr,
    "__getstate__": _getstate,
    "__setstate__": _setstate,
}
