"""How a key is declared."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class Table(BaseModel):
    """A table of the manifest: nothing unknown, nothing converted in silence."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, hide_input_in_errors=True)


def key(description: str, *, example: object, default: Any = ..., **limits: Any) -> Any:
    """A key with all that people are told about it. Without `default` it must be given."""
    return Field(default=default, description=description, examples=[example], **limits)


def section(**options: Any) -> Any:
    """A table inside a table; its class says what it is for."""
    return Field(**options)
