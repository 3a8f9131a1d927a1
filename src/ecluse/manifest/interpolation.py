"""`${NAME}` and `${NAME:-default}` in values, from the caller's environment; `$$` is a dollar sign.

Commands are left as they are: their variables are those of the process or step that runs, and a value put into a
command would be seen by everybody who can list processes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ecluse.manifest.fault import Fault, KeyPath, matches

if TYPE_CHECKING:
    from collections.abc import Mapping

COMMANDS = (
    ("app", "migrate"),
    ("processes", "*", "command"),
    ("steps", "*", "command"),
    ("build", "commands"),
    ("ci", "install"),
    ("frontend", "command"),
    ("frontend", "install"),
    ("environments", "*", "policy", "last_backup"),
    ("environments", "*", "balancer", "reload"),
)
"""Keys whose values, and what lies below, are commands."""

_DOLLAR = re.compile(r"\$(?:(?P<escaped>\$)|\{(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?::-(?P<default>[^}]*))?\}|(?P<bad>\{))")


class Filled(str):
    """Text that came, at least in part, from a variable: it may stand where a number is wanted."""

    __slots__ = ()


@dataclass(slots=True)
class Interpolation:
    """One walk through a document. `used` are the variables that the result depends on, there or not."""

    env: Mapping[str, str]
    used: set[str] = field(default_factory=set)
    faults: list[Fault] = field(default_factory=list)

    def fill(self, value: Any, path: KeyPath = ()) -> Any:
        """`value` with its references filled in; what is wrong is added to `faults` and stays as it was."""
        if any(matches(path, pattern) for pattern in COMMANDS):
            return value
        if isinstance(value, str):
            return self._text(value, path)
        if isinstance(value, dict):
            return {name: self.fill(part, (*path, name)) for name, part in value.items()}
        if isinstance(value, list):
            return [self.fill(part, (*path, index)) for index, part in enumerate(value)]
        return value

    def _text(self, text: str, path: KeyPath) -> str:
        missing: dict[str, None] = {}
        filled = _DOLLAR.sub(lambda match: self._reference(match, path, missing), text)
        if missing:
            self.faults.append(_missing(path, tuple(missing)))
        return Filled(filled) if "${" in text else filled

    def _reference(self, match: re.Match[str], path: KeyPath, missing: dict[str, None]) -> str:
        if match["escaped"]:
            return "$"
        if match["bad"]:
            self.faults.append(_malformed(path))
            return match[0]
        name: str = match["name"]
        self.used.add(name)
        value = self.env.get(name)
        if value or (value is not None and match["default"] is None):
            return value
        if match["default"] is None:
            missing[name] = None
            return match[0]
        return match["default"]


def _malformed(path: KeyPath) -> Fault:
    return Fault(
        code="M021",
        path=path,
        what="a reference to a variable is not complete",
        fix="write ${NAME} or ${NAME:-default}; $${ stands for the two characters themselves",
    )


def _missing(path: KeyPath, names: tuple[str, ...]) -> Fault:
    """Of one value only the first Problem is shown, so it names them all."""
    name, more = names[0], f" (nor {', '.join(names[1:])})" if names[1:] else ""
    return Fault(
        code="M020",
        path=path,
        what=f"the environment variable {name} is not set{more}",
        fix=f"set it, or give a default: ${{{name}:-…}}; $${{{name}}} stands for the text itself",
    )
