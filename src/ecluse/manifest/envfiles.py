"""Env files that are part of the repository, and so of every release. No value is told, by its name only.

Ships look at these too, so nothing here imports a reader of repositories.
"""

from __future__ import annotations

import re
from shlex import quote

from ecluse.manifest.envtext import assigned
from ecluse.model.values import frozen

EXAMPLES = ("example", "sample", "template", "tmpl", "dist", "default", "defaults")
OTHERS = frozenset((*EXAMPLES, "dev", "development", "test", "tests", "testing", "ci", "docker"))
"""Parts of a name that say that nobody's secrets are meant to be in it."""
NOT_OURS = frozenset(("node_modules", "vendor", "tests", "test", "examples"))
SECRET = re.compile(r"SECRET|PASSWORD|PASSWD|TOKEN|API_?KEY|ACCESS_?KEY|PRIVATE_?KEY|CREDENTIALS?|(?:^|_)(?:PASS|DSN)$")
MADE_UP = re.compile(
    r"(?i)\W*|\$.*|<.*>|\d{1,5}|(?:true|false|none|null|yes|no|root|admin|user|postgres|redis|guest)"
    r"|.*(?:change.?(?:me|this|it)|example|placeholder|your|dummy|todo|secret|password|test|dev|local|insecure|fake|x{3}).*"
)
"""Values that stand for one. A variable with such a value isn't named."""
IN_ADDRESS = re.compile(r"\w+://[^/\s:@]*:([^/\s@]+)@")
TOKEN = re.compile(
    r"AKIA[0-9A-Z]{16}|gh[pousr]_\w{36,}|github_pat_\w{50,}|glpat-[\w-]{20,}|[sr]k_live_\w{16,}|xox[abprs]-[\w-]{10,}"
    r"|SG\.[\w-]{16,}\.[\w-]{16,}|AIza[\w-]{35}|-----BEGIN [A-Z ]*PRIVATE KEY-----"
)
"""What services document as the shape of their keys: nothing else looks like that."""


@frozen
class Exposed:
    """`likely` are the variables that seem to hold secrets, `sure` those whose value is a key by its shape."""

    path: str
    likely: tuple[str, ...] = ()
    sure: tuple[str, ...] = ()

    def __str__(self) -> str:
        if self.sure:
            return f"{self.path} holds keys ({', '.join(self.sure)})"
        if self.likely:
            return f"{self.path} seems to hold secrets ({', '.join(self.likely)})"
        return self.path


def is_env_file(path: str) -> bool:
    *folders, name = path.lower().split("/")
    first, *words = name.split(".")[1:] if name.startswith(".") else [""]
    return first == "env" and OTHERS.isdisjoint(words) and NOT_OURS.isdisjoint(folders)


def exposed(path: str, text: str) -> Exposed:
    values = assigned(text)
    sure = tuple(name for name, value in values.items() if TOKEN.search(value))
    likely = tuple(name for name, value in values.items() if name not in sure and seems_secret(name, value))
    return Exposed(path=path, likely=likely, sure=sure)


def seems_secret(name: str, value: str) -> bool:
    inside = IN_ADDRESS.search(value)
    return not MADE_UP.fullmatch(inside[1] if inside else value) and bool(inside or SECRET.search(name))


def remedy(paths: tuple[str, ...]) -> str:
    """What to type."""
    names = " ".join(map(quote, paths))
    ignored = " && ".join(f"echo {quote('/' + path)} >> .gitignore" for path in paths)
    forget = f"git rm --cached --ignore-unmatch {names} && {ignored}"
    return (
        f"{forget} && git add .gitignore && git commit -m 'Ignore env files'; Écluse reads them where they lie. "
        "What was a secret is in git's history: change it"
    )
