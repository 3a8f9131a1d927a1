"""Keys that people write because another tool has them, and what says the same here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ecluse.manifest.fault import matches
from ecluse.model.suggestion import nearest

if TYPE_CHECKING:
    from ecluse.manifest.fault import KeyPath
    from ecluse.manifest.keys import Pattern

_STEP: Pattern = ("steps", "*")
_MATRIX: Pattern = ("steps", "*", "matrix")
_AXES = ("python", "env", "include", "exclude")
_PROCESS: Pattern = ("processes", "*")
_NO_GATE = (
    'write `gate = false` and `why_off = "…"`: a ship goes without it and says why, `ecluse run` still runs it; or '
    "remove the step"
)
_COMMAND = "write it as `command`"

MEANT: Mapping[Pattern, Mapping[str, str]] = {
    _STEP: {
        **dict.fromkeys(("enabled", "disabled", "skip", "optional", "allow_failure", "continue_on_error"), _NO_GATE),
        **dict.fromkeys(("run", "script", "cmd", "commands"), _COMMAND),
        **dict.fromkeys(("depends", "depends_on", "after", "requires"), "write it as `needs`"),
        **dict.fromkeys(("environment", "variables"), "write it as `env`"),
        **dict.fromkeys(("cwd", "workdir", "working_directory", "directory"), "write it as `folder`"),
        "artifacts": "write it as `outputs`",
        **dict.fromkeys(("resources", "resource_group", "mutex", "semaphore"), "write it as `locks`"),
        **dict.fromkeys(("changes", "only", "rules", "filters", "if"), "write what it is for as `paths`"),
        "strategy": "write its matrix as [steps.NAME.matrix]: python and env have the values",
    },
    _PROCESS: {
        "disabled": "write `enabled = false`",
        "port": "the port is the environment's: write it in [environments.local]; a command of your own finds one to "
        "listen on in $PORT",
        **dict.fromkeys(("run", "script", "cmd"), _COMMAND),
        **dict.fromkeys(("environment", "variables"), "write it as `env`"),
        **dict.fromkeys(("cwd", "workdir", "working_directory", "directory"), "write it as `folder`"),
        **dict.fromkeys(("replicas", "scale", "workers", "instances"), "write it as `count`"),
    },
}


def meant(path: KeyPath) -> str:
    """What to write instead; empty where it isn't known."""
    name = str(path[-1])
    if matches(path[:-1], _MATRIX) and not nearest(name, _AXES) and name.isidentifier():
        return f"write it as `env.{name}`: an axis besides `python` is a variable of the step"
    known = (words for pattern, words in MEANT.items() if matches(path[:-1], pattern))
    return next(known, {}).get(name, "")
