"""Settings models of pydantic: each field without a default is a variable that must be set."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from ecluse.manifest.detect.envfiles import OWN, examples
from ecluse.manifest.detect.facts import Fact, Kind
from ecluse.manifest.detect.tree import Tree
from ecluse.manifest.envtext import assigned
from ecluse.manifest.syntax import Module, argument, assignments, literal, name_of, text_of

BASES = ("pydantic_settings.BaseSettings", "pydantic.BaseSettings", "pydantic.v1.BaseSettings")
KINDS = {
    "int": "int", "PositiveInt": "int", "NonNegativeInt": "int", "float": "float", "Decimal": "float", "bool": "bool",
    "str": "", "SecretStr": "", "AnyUrl": "url", "HttpUrl": "url", "AnyHttpUrl": "url", "PostgresDsn": "postgresql",
    "RedisDsn": "redis", "AmqpDsn": "amqp", "MongoDsn": "mongodb", "MySQLDsn": "mysql", "EmailStr": "email",
    "Path": "path", "DirectoryPath": "path", "list": "list", "List": "list", "set": "list", "tuple": "list",
    "dict": "dict", "Dict": "dict", "date": "date", "datetime": "datetime", "UUID": "uuid", "UUID4": "uuid",
}  # fmt: skip
"""Names in annotations, and what a variable's text must then be."""


def read(tree: Tree) -> Iterator[Fact]:
    known, own = examples(tree), assigned(tree.text(OWN))
    for module, model, start in models(tree):
        for variable, line, annotation in fields(model, start):
            if variable in own:
                continue
            label = known.get(variable, "") or first_choice(annotation)
            kind = kind_of(annotation)
            if label or kind is not None:
                yield Fact(kind=Kind.VARIABLE, value=variable, file=module.path, line=line, label=label)
            if kind:
                yield Fact(kind=Kind.CAST, value=variable, file=module.path, line=line, label=kind)


def variable_of(modules: Iterable[Module], field: str) -> str:
    """The variable of a settings model's field, which may have a default; empty when there is no such field."""
    for _, model, start in among(modules):
        for node in model.body:
            if isinstance(node, ast.AnnAssign) and name_of(node.target) == field:
                return alias(node.value) or f"{start}{field}".upper()
    return ""


def models(tree: Tree) -> Iterator[tuple[Module, ast.ClassDef, str]]:
    """Every settings model of the app's own code with its prefix."""
    return among(tree.modules("Settings"))


def among(modules: Iterable[Module]) -> Iterator[tuple[Module, ast.ClassDef, str]]:
    """Classes of settings with their prefixes, and those that build on one of them and so have its prefix."""
    prefixes: dict[str, str] = dict.fromkeys(BASES, "")
    for module in modules:
        for node in module.body.body:
            if not isinstance(node, ast.ClassDef):
                continue
            known = next((prefixes[base] for base in map(module.origin, node.bases) if base in prefixes), None)
            if known is not None:
                prefixes[node.name] = prefixes[f"{module.name}.{node.name}"] = start = prefix(node) or known
                yield module, node, start


def fields(model: ast.ClassDef, start: str) -> Iterator[tuple[str, int, ast.expr]]:
    """Variable, line and annotation of each field without a default."""
    for node in model.body:
        if not isinstance(node, ast.AnnAssign) or not isinstance(node.target, ast.Name) or has_default(node.value):
            continue
        if node.target.id.startswith("_") or node.target.id == "model_config" or "ClassVar" in words(node.annotation):
            continue
        yield alias(node.value) or f"{start}{node.target.id}".upper(), node.lineno, node.annotation


def prefix(model: ast.ClassDef) -> str:
    """`model_config = SettingsConfigDict(env_prefix="APP_")`, or the same in `class Config`."""
    for node in ast.walk(model):
        if isinstance(node, ast.Call) and (given := argument(node, 9, "env_prefix")) is not None:
            return text_of(given)
        if isinstance(node, ast.Dict):
            pairs = {text_of(key): value for key, value in zip(node.keys, node.values, strict=True)}
            if "env_prefix" in pairs:
                return text_of(pairs["env_prefix"])
        if isinstance(node, ast.ClassDef):
            for name, value, _ in assignments(node.body):
                if name == "env_prefix":
                    return text_of(value)
    return ""


def has_default(value: ast.expr | None) -> bool:
    if value is None:
        return False
    if isinstance(value, ast.Call) and name_of(value.func).rpartition(".")[2] == "Field":
        given = argument(value, 0, "default")
        factory = argument(value, 9, "default_factory")
        return factory is not None or not (given is None or is_ellipsis(given))
    return not is_ellipsis(value)


def is_ellipsis(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and value.value is ...


def alias(value: ast.expr | None) -> str:
    """The name that a field goes by outside, empty when it is its own."""
    if not isinstance(value, ast.Call):
        return ""
    given = (argument(value, 9, keyword) for keyword in ("validation_alias", "alias", "env"))
    return next((text_of(name) for name in given if text_of(name)), "")


def kind_of(annotation: ast.expr) -> str | None:
    """By the first name in it that is known; None for a class of the app's own: its text can't be guessed."""
    return next((KINDS[word] for word in words(annotation) if word in KINDS), None)


def first_choice(annotation: ast.expr) -> str:
    """`Literal["development", "production"]`"""
    is_literal = isinstance(annotation, ast.Subscript) and words(annotation)[:1] == ["Literal"]
    choices = literal(annotation.slice) if is_literal and isinstance(annotation, ast.Subscript) else ()
    first = choices[:1] if isinstance(choices, tuple) else (choices,)
    return "".join(map(str, first))


def words(annotation: ast.expr) -> list[str]:
    """Names in an annotation, from the outside in."""
    found = [node for node in ast.walk(annotation) if isinstance(node, ast.Name | ast.Attribute)]
    return [node.id if isinstance(node, ast.Name) else node.attr for node in found]
