"""`ecluse schema`"""

from __future__ import annotations

import json

import click

from ecluse.manifest.jsonschema import json_schema


@click.command(epilog="Example:  ecluse schema > ecluse.schema.json")
@click.option("--json", "as_json", is_flag=True, help="Accepted like everywhere; the schema is JSON anyway.")
def command(as_json: bool) -> None:  # noqa: ARG001
    """Print the manifest's JSON Schema (draft 2020-12), for editors that check ecluse.toml while you type."""
    click.echo(json.dumps(json_schema(), indent=2, ensure_ascii=False))
