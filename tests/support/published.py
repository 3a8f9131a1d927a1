"""What a vendor published about its HTTP API (OpenAPI 3.0), and whether a request is one of those it describes.

Stricter than the descriptions: what they don't name (a path, a query parameter, a field of a body) is wrong, but for
the few fields in NEWER, which the vendor's present documentation has.
"""

import json
import os
import re
from functools import cache
from pathlib import Path
from urllib.parse import parse_qsl, unquote

import jsonschema
import pytest

FOLDER = os.environ.get("ECLUSE_API_DESCRIPTIONS", "")
WHY_NOT = "ECLUSE_API_DESCRIPTIONS names no folder with the vendors' descriptions"
NEWER = {"github": {"state_reason"}, "gitlab": {"add_labels"}}
"""docs.github.com/rest/issues/issues ("Update an issue"); docs.gitlab.com/api/issues ("Edit an issue")."""
OURS = {
    "jira": r"/rest/api/3/(issue/\{issueIdOrKey\}(/(comment|transitions)(/\{id\})?)?|comment/list|project/\{[^}]*\})",
    "trello": r"/(cards/\{idCard\}(/actions(/comments)?)?|actions/\{idAction\}|boards/\{idBoard\}(/lists)?)",
    "github": r"/repos/\{owner\}/\{repo\}(/issues/(\{issue_number\}(/(comments|labels))?|comments/\{comment_id\})"
    r"|/releases(/tags/\{tag\}|/\{release_id\}/assets|/assets/\{asset_id\})?)?",
    "gitlab": r"/v3/projects/\{id\}(/issues/(\{issue_id\}|\{noteable_id\}/notes(/\{note_id\})?))?",
}
"""The paths that are looked at: a description is of megabytes, and its examples refer to the network."""


def is_there(kind):
    return (Path(FOLDER) / f"{kind}.json").is_file() if FOLDER else False


@cache
def description(kind):
    if not is_there(kind):
        pytest.skip(WHY_NOT)
    return Description(kind, json.loads((Path(FOLDER) / f"{kind}.json").read_text(encoding="utf-8")))


class Description:
    """The part of it that concerns us, without examples."""

    def __init__(self, kind, whole):
        self.kind = kind
        chosen = {path: plain(item) for path, item in whole["paths"].items() if re.fullmatch(OURS[kind], path)}
        self.components = {}
        self._bring(chosen, whole)
        self.paths = [(re.compile(re.sub(r"\\{[^}]*\\}", "([^/]+)", re.escape(path)) + "$"), path, chosen[path])
                      for path in sorted(chosen, key=lambda path: path.count("{"))]  # fmt: skip

    def faults(self, method, path, query, content_type, body):
        """What is wrong with a request; `path` is below the server's address. Nothing: it is described."""
        found = [(match, item) for form, _, item in self.paths if (match := form.match(path))]
        if not found:
            return [f"no path {path}"]
        match, item = next(((m, i) for m, i in found if method.lower() in i), (None, None))
        if item is None:
            return [f"no {method} at {path}"]
        operation = item[method.lower()]
        parameters = [self.resolved(one) for one in (*operation.get("parameters", ()), *item.get("parameters", ()))]
        inside = [one for one in parameters if one["in"] == "path"]
        names = re.findall(r"\{([^}]*)\}", next(p for form, p, i in self.paths if i is item))
        given = dict(zip(names, map(unquote, match.groups()), strict=True))
        return [
            *(f for one in inside for f in self._value(one, given.get(one["name"]))),
            *self._query([one for one in parameters if one["in"] == "query"], query),
            *self._body(operation.get("requestBody"), content_type, body),
        ]

    def resolved(self, part):
        while isinstance(part, dict) and "$ref" in part:
            _, _, group, name = part["$ref"].split("/")
            part = self.components[group][name]
        return part

    def _bring(self, part, whole):
        """What `part` refers to, and what that refers to."""
        if isinstance(part, dict):
            reference = part.get("$ref")
            if isinstance(reference, str):
                _, _, group, name = reference.split("/")
                there = self.components.setdefault(group, {})
                if name not in there:
                    there[name] = plain(whole["components"][group][name])
                    self._bring(there[name], whole)
            part = part.values()
        if not isinstance(part, str | int | float | bool | None):
            for one in part:
                self._bring(one, whole)

    def _query(self, parameters, query):
        known = {one["name"]: one for one in parameters}
        for name, value in query:
            if name not in known:
                yield f"no query parameter {name}"
            else:
                yield from self._value(known[name], value)
        given = {name for name, _ in query}
        yield from (f"query parameter {one['name']} is missing" for one in parameters
                    if one.get("required") and one["name"] not in given)  # fmt: skip

    def _value(self, parameter, text):
        schema = self.resolved(parameter["schema"])
        yield from self._wrong(parameter["name"], schema, as_typed(text, schema))

    def _body(self, described, content_type, body):
        described = self.resolved(described)
        if described is None:
            return ["no body is described"] if body else []
        if not body:
            return ["the body is missing"] if described.get("required", True) else []
        form = described["content"].get(content_type)
        if form is None and "*/*" in described["content"]:
            return []
        if form is None:
            return [f"no body of type {content_type}, but {', '.join(described['content'])}"]
        schema = self.resolved(form["schema"])
        value = read(content_type, body, schema)
        return [*self._unknown(schema, value), *self._wrong("body", schema, value)]

    def _unknown(self, schema, value):
        known = schema.get("properties")
        if known is not None and isinstance(value, dict):
            for name in value.keys() - known.keys() - NEWER.get(self.kind, set()):
                yield f"no field {name} in the body"

    def _wrong(self, name, schema, value):
        whole = {**schema, "components": self.components}
        for error in jsonschema.Draft202012Validator(whole).iter_errors(value):
            yield f"{name}{error.json_path[1:]}: {error.message}"


def plain(part):
    """Without examples, and `nullable` said as JSON Schema says it."""
    if isinstance(part, list):
        return [plain(one) for one in part]
    if not isinstance(part, dict):
        return part
    kept = {name: plain(one) for name, one in part.items() if name not in {"example", "examples", "x-github"}}
    if kept.pop("nullable", None) is True and "type" in kept:
        kept["type"] = [kept["type"], "null"]
        if "enum" in kept:
            kept["enum"] = [*kept["enum"], None]
    return kept


def as_typed(text, schema):
    """A parameter is always text: read as its type wants it."""
    kind = schema.get("type")
    if kind == "array":
        return text.split(",")
    if kind in {"integer", "number", "boolean"}:
        try:
            return json.loads(text)
        except ValueError:
            return text
    return text


def read(content_type, body, schema):
    if content_type == "application/x-www-form-urlencoded":
        known = schema.get("properties", {})
        return {name: as_typed(text, known.get(name, {})) for name, text in parse_qsl(body.decode(), True)}
    return json.loads(body)
