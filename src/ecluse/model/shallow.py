"""A frozen value's fields by name."""

from __future__ import annotations

from dataclasses import fields
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


def shallow(value: DataclassInstance) -> dict[str, Any]:
    """As `dataclasses.asdict`, but what is in a field stays what it is, values of our own too. A run keeps thousands of
    these, and copying frozen things took most of the time of keeping them."""
    return {name: getattr(value, name) for name in _names(type(value))}


@cache
def _names(kind: type[DataclassInstance]) -> tuple[str, ...]:
    return tuple(item.name for item in fields(kind))
