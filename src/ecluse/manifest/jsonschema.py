"""The manifest's JSON Schema (draft 2020-12), for editors."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from ecluse.manifest.amounts import duration_text
from ecluse.manifest.schema.apps import Index
from ecluse.manifest.schema.manifest import Manifest

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def json_schema() -> dict[str, Any]:
    """The schema of `ecluse.toml`. What TOML can't say (null) isn't in it."""
    app, index = (_as_toml(table.model_json_schema(schema_generator=_AsWritten)) for table in (Manifest, Index))
    either = {"anyOf": [{"required": app.pop("required")}, {"required": index["required"]}]}
    both = {part: {**index.get(part, {}), **app.get(part, {})} for part in ("$defs", "properties")}
    return {"$schema": DIALECT, **app, **both, **either, "title": "ecluse.toml"}


class _AsWritten(GenerateJsonSchema):
    def encode_default(self, dft: Any) -> Any:
        return duration_text(dft) if isinstance(dft, timedelta) else super().encode_default(dft)

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002
        """Titles made from names say nothing."""
        return False


def _as_toml(node: Any) -> Any:
    """TOML has no null, and names that the user chooses have a shape."""
    if isinstance(node, list):
        return [_as_toml(part) for part in node]
    if not isinstance(node, dict):
        return node
    choices = [choice for choice in node.get("anyOf", ()) if choice != {"type": "null"}]
    plain = {name: _as_toml(part) for name, part in node.items() if name != "anyOf"}
    if plain.get("default", ...) is None:
        del plain["default"]
    if "patternProperties" in plain:
        plain["additionalProperties"] = False
    if len(choices) == 1:
        return {**_as_toml(choices[0]), **plain}
    return {**plain, "anyOf": _as_toml(choices)} if choices else plain
