"""The schema as a list of keys, for explanations, references and suggestions."""

from __future__ import annotations

from enum import EnumType
from inspect import cleandoc
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union, get_args, get_origin

from pydantic_core import PydanticUndefined

from ecluse.manifest.fault import KeyPath, matches
from ecluse.manifest.schema.apps import MemberTable
from ecluse.manifest.schema.key import Table
from ecluse.manifest.schema.manifest import Manifest
from ecluse.manifest.schema.words import Words
from ecluse.model.values import frozen

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pydantic.fields import FieldInfo

Pattern = tuple[str, ...]
"""Keys from the top, `*` for a name that the user chooses."""


@frozen
class Key:
    """One key as people are told about it."""

    path: Pattern
    kind: str
    description: str
    example: Any
    default: Any
    """PydanticUndefined when the key must be given, None when it is simply absent."""

    @property
    def is_required(self) -> bool:
        return self.default is PydanticUndefined


@frozen
class Section:
    """A table of the manifest, such as `[processes.*]`."""

    path: Pattern
    table: type[Table]

    @property
    def description(self) -> str:
        return cleandoc(self.table.__doc__ or "")

    @property
    def keys(self) -> tuple[Key, ...]:
        """Its own keys, tables not among them."""
        return tuple(
            _key((*self.path, name), info) for name, info in self.table.model_fields.items() if not nested(info)[0]
        )


def sections() -> Iterator[Section]:
    """Every table, outer ones first."""
    yield from _below(Section(path=(), table=Manifest))
    yield Section(path=("apps", "*"), table=MemberTable)


def _below(section: Section) -> Iterator[Section]:
    yield section
    for name, info in section.table.model_fields.items():
        inner, named = nested(info)
        if inner:
            yield from _below(Section(path=(*section.path, name, *(["*"] if named else [])), table=inner))


def section_at(path: KeyPath) -> Section | None:
    """The section that the table at `path` belongs to."""
    return next((section for section in sections() if matches(path, section.path)), None)


def _key(path: Pattern, info: FieldInfo) -> Key:
    return Key(
        path=path,
        kind=_kind(info.annotation, info.metadata),
        description=info.description or "",
        example=(info.examples or [None])[0],
        default=info.get_default(call_default_factory=True),
    )


def _kind(annotation: Any, metadata: Sequence[Any] = ()) -> str:
    """A type in words."""
    told = next((part.text for part in metadata if isinstance(part, Words)), None)
    if told:
        return told
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _kind(inner[0], inner[1:])
    if origin in (Union, UnionType):
        return _kind(_alternatives(annotation)[0])
    if origin in (list, dict):
        each = _kind(inner[-1])
        return f"list: {each}" if origin is list else f"table by {_kind(inner[0])}, each a {each}"
    if origin is Literal or isinstance(annotation, EnumType):
        return " or ".join(str(choice) for choice in inner or annotation)
    return _NATIVE[annotation]


_NATIVE = {str: "text", int: "whole number"}


def nested(info: FieldInfo) -> tuple[type[Table] | None, bool]:
    """The table behind a key, and whether it is one for each name that the user chooses."""
    for annotation in _alternatives(info.annotation):
        if isinstance(annotation, type) and issubclass(annotation, Table):
            return annotation, False
        if get_origin(annotation) is dict:
            inner = get_args(annotation)[1]
            if isinstance(inner, type) and issubclass(inner, Table):
                return inner, True
    return None, False


def _alternatives(annotation: Any) -> tuple[Any, ...]:
    if get_origin(annotation) in (Union, UnionType):
        return tuple(part for part in get_args(annotation) if part is not NoneType)
    return (annotation,)
