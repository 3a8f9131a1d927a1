"""Requests judged by what a vendor published of its API (OpenAPI 3.0): path, method, parameters and body.

The descriptions lie in the folder that ECLUSE_API_DESCRIPTIONS names.
"""

import json
import os
import re
from functools import cache
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

WHOLE = "urn:description"


@cache
def described(vendor):
    folder = os.environ.get("ECLUSE_API_DESCRIPTIONS")
    if not folder:
        pytest.skip("ECLUSE_API_DESCRIPTIONS names no folder with published descriptions of APIs")
    return Description(json.loads((Path(folder) / f"{vendor}.json").read_text(encoding="utf-8")))


class Description:
    def __init__(self, document):
        self._document = document
        resource = Resource.from_contents(_later(document), default_specification=DRAFT202012)
        self._registry = Registry().with_resource(WHOLE, resource)

    def faults(self, method, target, body=None):
        """What is wrong with a request, in words; none for a right one. `body` is a document, or bytes."""
        parts = urlsplit(target)
        found = [(template, item) for template, item in self._document["paths"].items()
                 if re.fullmatch(_pattern(template), parts.path) and method.lower() in item]  # fmt: skip
        if not found:
            return [f"there is no {method} {parts.path}"]
        template, item = min(found, key=lambda one: one[0].count("{"))
        operation = item[method.lower()]
        given = parse_qs(parts.query, keep_blank_values=True)
        wanted = [self._whole(one) for one in (*item.get("parameters", ()), *operation.get("parameters", ()))]
        known = {one["name"] for one in wanted if one["in"] == "query"}
        missing = {one["name"] for one in wanted if one["in"] == "query" and one.get("required")} - set(given)
        faults = [f"{template}: no parameter {name}" for name in sorted(set(given) - known)]
        faults += [f"{template}: {name} is missing" for name in sorted(missing)]
        return faults + self._faults_of_body(operation, body)

    def _faults_of_body(self, operation, body):
        kinds = operation.get("requestBody", {}).get("content", {})
        if not isinstance(body, dict):
            return []
        if "application/json" not in kinds:
            return ["a document was not asked for"]
        schema = _later(kinds["application/json"]["schema"])
        unknown = set(body) - set(schema.get("properties", body))
        errors = Draft202012Validator(_absolute(schema), registry=self._registry).iter_errors(body)
        return [f"no property {name}" for name in sorted(unknown)] + [error.message for error in errors]

    def _whole(self, parameter):
        place = parameter.get("$ref")
        if place is None:
            return parameter
        found = self._document
        for part in place.removeprefix("#/").split("/"):
            found = found[part]
        return found


def _pattern(template):
    return re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(template))


def _later(schema):
    """OpenAPI 3.0 says `nullable` where JSON Schema has a type more."""
    if isinstance(schema, list):
        return [_later(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    made = {name: _later(one) for name, one in schema.items() if name not in {"example", "examples", "nullable"}}
    if schema.get("nullable") is True and isinstance(made.get("type"), str):
        made["type"] = [made["type"], "null"]
    return made


def _absolute(schema):
    """References count from the description, wherever the schema is taken out of it."""
    if isinstance(schema, list):
        return [_absolute(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        name: f"{WHOLE}{one}" if name == "$ref" and str(one).startswith("#") else _absolute(one)
        for name, one in schema.items()
    }
