"""docs/reference/manifest.md, made from the schema by `python -m ecluse.manifest.reference`."""

from __future__ import annotations

import sys

from ecluse.manifest.codes import CODES
from ecluse.manifest.explain import default_text, heading
from ecluse.manifest.fault import dotted
from ecluse.manifest.keys import Key, Section, sections
from ecluse.manifest.toml import toml

_HEAD = """\
# The manifest

<!-- Made from src/ecluse/manifest/schema by `make docs`; edit there. -->

`ecluse.toml` at the repository's root, or the same below `[tool.ecluse]` in pyproject.toml. An annotated one is in
[ecluse.toml](ecluse.toml); `ecluse explain KEY` shows one key, `ecluse schema` prints the JSON Schema for editors.

- **Names** in `[processes.NAME]`, `[steps.NAME]` and `[environments.NAME]` are yours: small letters, digits, `-`, `_`.
- **Durations** are text (`"30s"`, `"1h30m"`, `"200ms"`) or a number of seconds; **sizes** are text (`"512M"`) in
  powers of 1024 or a number of bytes.
- **Commands** given as a list are run as they are. One given as text is split into words, or run by `/bin/sh -euc` if
  it holds shell characters.
- **Variables**: `${NAME}` and `${NAME:-default}` in a value are filled in from the caller's environment; `$$` is a
  dollar sign. Commands are left alone: the shell that runs them reads the variables of the process or step.
- **Env files**: `.env`, then `.env.ENVIRONMENT`, then `env_files`; a later one wins. What comes from them is handed to
  the processes and never printed, logged or recorded.
- Anything unknown, contradictory or without effect is a Problem with its place, a fix and a code; all are shown
  at once.
"""


def reference() -> str:
    """The whole page."""
    return "\n".join([_HEAD, *(_section(section) for section in sections()), _codes()])


def _section(section: Section) -> str:
    title = heading(section).replace("*", "NAME") or "Top level"
    table = ["| key | type | default | meaning | example |", "|---|---|---|---|---|"]
    rows = [_row(key) for key in section.keys]
    return "\n".join([f"## {title}", "", section.description, "", *table, *rows, ""])


def _row(key: Key) -> str:
    default = default_text(key)
    shown = default if default in {"required", "none"} else f"`{default}`"
    cells = [f"`{dotted(key.path[-1:])}`", key.kind, shown, key.description, f"`{toml(key.example)}`"]
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _codes() -> str:
    rows = [f"| {code} | {meaning} |" for code, meaning in CODES.items()]
    return "\n".join(["## Codes", "", "| code | meaning |", "|---|---|", *rows, ""])


if __name__ == "__main__":  # pragma: no cover
    sys.stdout.write(reference())
