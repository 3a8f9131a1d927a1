"""What a key or a section of the manifest means, from the schema."""

from __future__ import annotations

from textwrap import fill
from typing import TYPE_CHECKING, Any

from ecluse.manifest.fault import dotted, matches
from ecluse.manifest.keys import Key, Section, sections
from ecluse.manifest.schema.words import SETTINGS
from ecluse.manifest.toml import toml
from ecluse.model.problem import Problem, ProblemError
from ecluse.model.suggestion import suggest

if TYPE_CHECKING:
    from ecluse.manifest.keys import Pattern


WIDTH = 100


def find(name: str) -> Key | Section:
    """The key or section called `name`: `processes.web.health.path`, `steps.*.timeout`, `[app]`.

    Nothing of that name: ProblemError M070 with the nearest.
    """
    path = tuple(name.strip("[] ").split(".")) if name.strip("[] ") else ()
    for section in sections():
        if matches(path, section.path) or (section.path[-1:] == ("*",) and path == section.path[:-1]):
            return section
        found = next((key for key in section.keys if _is_named(key, path)), None)
        if found:
            return found
    raise ProblemError(_unknown(name, path))


def names() -> list[str]:
    """Of all sections and keys, as `find` takes them."""
    return [dotted(path) for one in sections() for path in (one.path, *(key.path for key in one.keys)) if path]


def _is_named(key: Key, path: tuple[str, ...]) -> bool:
    """By its own name; a setting (`environments.local.env.DEBUG`) or an item (`app.state.db.sqlite3`) by that of its
    table or list."""
    holds = key.kind == SETTINGS or key.kind.startswith("list")
    return (
        matches(path, key.path)
        or _without_names(key.path) == path
        or (holds and len(path) > len(key.path) and matches(path[: len(key.path)], key.path))
    )


def _without_names(pattern: Pattern) -> tuple[str, ...]:
    """`environments.env_files` is clear enough."""
    return tuple(part for part in pattern if part != "*")


def _unknown(name: str, path: tuple[str, ...]) -> Problem:
    patterns = [pattern for section in sections() for pattern in (section.path, *(key.path for key in section.keys))]
    named = [dotted(_as_in(path, pattern)) for pattern in patterns if pattern]
    near = suggest(name, named)
    return Problem(
        code="M070",
        what=f"the manifest has no key {name!r}",
        fix=near or "`ecluse explain` lists what there is; a Problem's code is one letter and three digits, as D021",
    )


def _as_in(path: tuple[str, ...], pattern: Pattern) -> tuple[str, ...]:
    """`pattern` with the names that the user chose."""
    return tuple(path[index] if part == "*" and index < len(path) else part for index, part in enumerate(pattern))


def as_text(found: Key | Section) -> str:
    return _section_text(found) if isinstance(found, Section) else _key_text(found)


def default_text(key: Key) -> str:
    """The default as it would be written; `required` or `none` when there is none."""
    if key.is_required:
        return "required"
    return "none" if key.default is None else toml(key.default)


def _key_text(key: Key) -> str:
    return "\n".join(
        [
            dotted(key.path),
            _wrapped(key.description, "  "),
            f"  type:     {key.kind}",
            f"  default:  {default_text(key)}",
            f"  example:  {key.path[-1]} = {toml(key.example)}",
        ]
    )


def _section_text(section: Section) -> str:
    width = max(len(key.path[-1]) for key in section.keys)
    lines = [_wrapped(key.description, f"  {key.path[-1]:<{width}}  ") for key in section.keys]
    inner = [below for below in sections() if len(below.path) > len(section.path) and _holds(section, below)]
    tables = [_wrapped(below.description, f"  {heading(below)}  ", indent=6) for below in inner]
    title = [heading(section)] if section.path else []
    return "\n".join([*title, _wrapped(section.description, "  "), "", *lines, *tables])


def _wrapped(text: str, label: str, indent: int | None = None) -> str:
    hang = " " * (len(label) if indent is None else indent)
    return fill(text, WIDTH, initial_indent=label, subsequent_indent=hang)


def _holds(section: Section, below: Section) -> bool:
    return below.path[: len(section.path)] == section.path


def heading(section: Section) -> str:
    return f"[{dotted(section.path)}]" if section.path else ""


def as_document(found: Key | Section) -> dict[str, Any]:
    """The same as JSON."""
    if isinstance(found, Section):
        return {
            "section": dotted(found.path),
            "description": found.description,
            "keys": [as_document(key) for key in found.keys],
        }
    return {
        "key": dotted(found.path),
        "type": found.kind,
        "default": default_text(found),
        "required": found.is_required,
        "description": found.description,
        "example": found.example,
    }
