"""What each scanner looks at, of the files of a commit. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import PurePosixPath
from types import MappingProxyType

from ecluse.model.security import Scanner, SecurityPolicy

Text = Callable[[str], str | None]
"""What a file says; None for what is no text."""
_KUBERNETES = re.compile(r"^apiVersion\s*:.*$(?s:.*)^kind\s*:|^kind\s*:.*$(?s:.*)^apiVersion\s*:", re.MULTILINE)
_INTERPRETER = re.compile(r"#!.*\bpython")
_TEMPLATE = re.compile(r"\{\{")
_FOLDERS = r"(?:.*/)?"
_NAMES: Mapping[Scanner, re.Pattern[str]] = MappingProxyType(
    {
        Scanner.CODE: re.compile(rf".*\.pyw?|{_FOLDERS}[^/.]+", re.DOTALL),
        Scanner.SECRETS: re.compile(r".*", re.DOTALL),
        Scanner.DOCKERFILE: re.compile(
            rf"{_FOLDERS}(?:(?:Docker|Container)file(?:[-_][\w-]+|\.(?!dockerignore$)[\w.-]+)?|[\w.-]+\.(?:[Dd]ockerfile|[Cc]ontainerfile))"
        ),
        Scanner.WORKFLOWS: re.compile(rf"{_FOLDERS}(?:\.github/(?:workflows/[^/]+|dependabot)\.ya?ml|action\.ya?ml)"),
        Scanner.TERRAFORM: re.compile(r".*\.tf(?:\.json)?", re.DOTALL),
        Scanner.KUBERNETES: re.compile(r".*\.ya?ml", re.DOTALL),
    }
)
UNCOVERED: Mapping[str, str] = MappingProxyType(
    {
        "package-lock.json": "npm packages",
        "yarn.lock": "npm packages",
        "pnpm-lock.yaml": "npm packages",
        "go.sum": "Go modules",
        "Cargo.lock": "Rust crates",
        "Gemfile.lock": "Ruby gems",
        "composer.lock": "PHP packages",
        "pom.xml": "Java packages",
    }
)
"""What has vulnerabilities of its own that nothing here looks for."""


def looked_at(scanner: Scanner, files: Iterable[str], text: Text, policy: SecurityPolicy) -> tuple[str, ...]:
    """The files that are for it. Of dependencies and licences, which are no files, `*` where they are asked for."""
    if scanner is Scanner.DEPENDENCIES:
        return ("*",)
    if scanner is Scanner.LICENCES:
        return ("*",) if policy.allow or policy.deny else ()
    return tuple(path for path in files if _is_for(scanner, path, text))


def uncovered(files: Iterable[str]) -> tuple[str, ...]:
    """What is there and has no scanner, in words: said, since silence would read as a pass."""
    found = ((path, UNCOVERED.get(PurePosixPath(path).name)) for path in files)
    return tuple(f"not looked at: {what} ({path})" for path, what in found if what)


def is_template(text: str) -> bool:
    """A chart's: no document before it is rendered."""
    return bool(_TEMPLATE.search(text))


def _is_for(scanner: Scanner, path: str, text: Text) -> bool:
    names = _NAMES.get(scanner)
    if names is None or not names.fullmatch(path):
        return False
    if scanner is Scanner.KUBERNETES:
        return bool(_KUBERNETES.search(text(path) or ""))
    return scanner is not Scanner.CODE or _is_python(path, text)


def _is_python(path: str, text: Text) -> bool:
    """By its name, or by the interpreter that its first line asks for."""
    return path.endswith((".py", ".pyw")) or bool(_INTERPRETER.match(text(path) or ""))
