"""Texts of one shape each: names, entry points, versions."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema

from ecluse.manifest.schema.words import Words, refuse


def _shaped(pattern: str, what: str, fix: str) -> tuple[BeforeValidator, WithJsonSchema, Words]:
    """Text of one shape, for us and for editors."""
    shape = re.compile(pattern, re.ASCII)

    def checked(value: Any) -> Any:
        if isinstance(value, str) and not shape.fullmatch(value):
            raise refuse("M015", f"{value!r} is no {what}", fix)
        return value

    return BeforeValidator(checked), WithJsonSchema({"type": "string", "pattern": f"^(?:{pattern})$"}), Words(what)


Name = Annotated[
    str,
    *_shaped(
        r"[a-z0-9][a-z0-9_-]{0,62}",
        "name",
        "use small letters, digits, `-` and `_`, at most 63, a letter or digit first",
    ),
]
TaskName = Annotated[
    str,
    *_shaped(
        r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}",
        "name of a task",
        "use letters, digits, `.`, `-` and `_`, a letter or digit first; `fab --list` shows the tasks",
    ),
]
Variable = Annotated[
    str,
    *_shaped(
        r"[A-Za-z_][A-Za-z0-9_]*", "name of an environment variable", "use letters, digits and `_`, no digit first"
    ),
]
Program = Annotated[
    str, *_shaped(r"[A-Za-z0-9_][A-Za-z0-9._+-]*", "name of a program", "write it as it is typed, without a folder")
]
AppName = Annotated[
    str,
    *_shaped(
        r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?",
        "name of an app",
        "use letters, digits, `-`, `_` and `.`, at most 63, a letter or digit first and last",
    ),
]
Entry = Annotated[
    str,
    *_shaped(
        r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*:[A-Za-z_]\w*(?:\([^\r\n]*\))?(?:\.[A-Za-z_]\w*(?:\([^\r\n]*\))?)*",
        "entry point",
        "write package.module:attribute, with () behind what is called: create_app(), make('eur'), Site().app()",
    ),
]
Person = Annotated[
    str,
    *_shaped(
        r"[^\s@]+(?:@[^\s@]+)?", "name of a person", 'write "bob@example.org", or what stands before the @: "bob"'
    ),
]
UrlPath = Annotated[str, *_shaped(r"/[^\s#]*", "path to ask", 'write it like "/health": a slash first, no spaces')]
UrlPrefix = Annotated[
    str,
    *_shaped(
        r"/(?:[^\s#?%/=]+/)*[^\s#?%/=]*",
        "URL prefix",
        'write it like "/static/": slashes at both ends, no spaces, nothing encoded; "/robots.txt" is one file',
    ),
]
Url = Annotated[
    str,
    *_shaped(
        r"https?://(?:(?:[A-Za-z0-9._-]|\{instance\})+|\[[0-9A-Fa-f:.]+\])(?::(?:\{port\}|[0-9]{1,5}))?(?:/[^\s#?]*)?",
        "URL to open",
        'write it like "https://shop.example.com" or "http://localhost:{port}"',
    ),
]
Host = Annotated[
    str, *_shaped(r"[A-Za-z0-9._:\[\]-]+", "host name", 'write it like "example.com" or "example.com:8000"')
]
Package = Annotated[
    str,
    *_shaped(
        r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?",
        "name of a package, extra or group",
        "use letters, digits, `-`, `_` and `.`, a letter or digit first and last",
    ),
]
Requirement = Annotated[
    str, *_shaped(r"[^-\s\0][^\r\n\0]*", "requirement", 'write it like "psycopg[binary]>=3", without options')
]
TagPrefix = Annotated[
    str,
    *_shaped(
        r"(?:[A-Za-z0-9_]+(?:[./-][A-Za-z0-9_]+)*[./-]?)?",
        "prefix of a tag",
        'write it like "v", "release-" or "shop/v" (git-check-ref-format(1))',
    ),
]
Branch = Annotated[
    str,
    *_shaped(
        r"[A-Za-z0-9_](?:[A-Za-z0-9_-]|[./](?=[A-Za-z0-9_-]))*",
        "name of a branch",
        'write it like "main" or "release/2": letters, digits, `-`, `_`, `.` and `/`',
    ),
]
PythonVersion = Annotated[str, *_shaped(r"3\.\d+", "version of Python", 'write it like "3.12"')]
ServiceVersion = Annotated[
    str, *_shaped(r"\d+(?:\.\d+)*", "version of a service", 'write how it begins, like "16" or "7.2"')
]
ReleaseVersion = Annotated[
    str,
    *_shaped(
        r"(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)",
        "version of a release",
        'write three numbers, like "0.1.0" (semver.org)',
    ),
]
Signal = Annotated[
    str,
    *_shaped("TERM|INT|QUIT|HUP|USR1|USR2|WINCH", "signal to stop by", "use TERM, INT, QUIT, HUP, USR1, USR2 or WINCH"),
]
Batch = Annotated[
    str,
    *_shaped(r"[1-9]\d{0,3}|(?:[1-9]\d?|100)%", "batch", 'write a number of hosts, "2", or a share of them, "25%"'),
]
_FOLDER = r"keeper:(?:\./)?[A-Za-z0-9_-][A-Za-z0-9._-]*(?:/[A-Za-z0-9_-][A-Za-z0-9._-]*)*"
_USER = r"[A-Za-z_][A-Za-z0-9._-]*\$?"
_HOST = r"(?:[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])"
SshHost = Annotated[
    str,
    *_shaped(
        rf"{_FOLDER}|(?:{_USER}@)?{_HOST}(?::[1-9]\d{{0,4}})?",
        "host",
        'write it like "deploy@web1" or "deploy@10.0.0.5:2222"; or "keeper:hosts/a", a folder below the repository',
    ),
]
HostOrGroup = Annotated[
    str,
    *_shaped(
        rf"@[a-z0-9][a-z0-9_-]{{0,62}}|{_FOLDER}|(?:{_USER}@)?{_HOST}(?::[1-9]\d{{0,4}})?",
        "host or group",
        'write it like "deploy@web1", "deploy@10.0.0.5:2222" or "@web"; or "keeper:hosts/a", a folder below the '
        "repository",
    ),
]
JumpHost = Annotated[
    str,
    *_shaped(rf"(?:{_USER}@)?{_HOST}(?::[1-9]\d{{0,4}})?", "host", 'write it like "deploy@bastion" or "bastion:2222"'),
]
CanaryStep = Annotated[
    str,
    *_shaped(
        r"[1-9]\d?% for (?:(?:\d+(?:\.\d+)?(?:ms|s|m|h|d))+|[1-9]\d{0,8} requests)",
        "step of a canary",
        'write it like "5% for 10m" or "25% for 1000 requests", from 1 to 99 percent',
    ),
]
MachineHost = Annotated[
    str,
    *_shaped(rf"(?:{_USER}@)?{_HOST}(?::[1-9]\d{{0,4}})?", "host", 'write it like "deploy@lb1" or "10.0.0.9:2222"'),
]
Reachable = Annotated[
    str, *_shaped(rf"{_HOST}(?::[1-9]\d{{0,4}})?", "address", 'write it like "10.0.0.5" or "10.0.0.5:8000"')
]
Listening = Annotated[
    str,
    *_shaped(rf"(?:\*|{_HOST}):[1-9]\d{{0,4}}", "address to listen on", 'write it with its port, like "0.0.0.0:80"'),
]
ControlSocket = Annotated[
    str,
    *_shaped(
        rf"/[^\s\0,]+|{_HOST}:[1-9]\d{{0,4}}",
        "socket",
        'write the path of a Unix socket, "/run/haproxy/admin.sock", or an address with its port, "127.0.0.1:9999"',
    ),
]
ProxyName = Annotated[
    str,
    *_shaped(r"[A-Za-z0-9_.-]+", "name of a backend", "use letters, digits, `-`, `_` and `.`"),
]
SystemPath = Annotated[
    str, *_shaped(r"/[^\s\0;{}\"'#]+", "path of a file", 'write it from the root on: "/etc/nginx/ecluse/shop.servers"')
]
PublicKey = Annotated[
    str,
    *_shaped(
        r"ssh-ed25519 [A-Za-z0-9+/]{68}(?: [^\r\n\0]*)?",
        "Ed25519 public key",
        "write the line of the .pub file that `ssh-keygen -t ed25519` made",
    ),
]
ServiceUrl = Annotated[
    str,
    *_shaped(
        r"https?://(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?(?:/[^\s#?@]*)?",
        "URL of a service",
        'write it like "https://packages.example.com/simple/"; what must stay secret goes into a variable',
    ),
]
RemoteName = Annotated[
    str, *_shaped(r"[A-Za-z0-9_][A-Za-z0-9._-]*", "name of a git remote", "`git remote` lists those that there are")
]
ForgeRepository = Annotated[
    str, *_shaped(r"[\w.-]+(?:/[\w.-]+)+", "repository of a forge", 'write it like "team/shop"')
]
JiraProject = Annotated[
    str,
    *_shaped(r"[A-Z][A-Z0-9_]{1,30}", "key of a Jira project", 'write what stands before the number: "SHOP"'),
]
TrackerProject = Annotated[
    str,
    *_shaped(
        r"[A-Z][A-Z0-9_]{1,30}|[A-Za-z0-9_.-]+(?:/[A-Za-z0-9_.-]+)+",
        "project",
        'write "SHOP", the key of a Jira project, or "owner/name", a repository of a forge',
    ),
]
TrelloBoard = Annotated[
    str,
    *_shaped(
        r"[A-Za-z0-9]{8}|[0-9a-f]{24}",
        "board",
        'write the part of its address behind /b/: "nC8QJJoZ"',
    ),
]
LinkTemplate = Annotated[
    str,
    *_shaped(
        r"https?://[^\s{}]*(?:\{(?:version|tag|commit)\}[^\s{}]*)*",
        "address to link to",
        'write it like "https://example.com/releases/{version}"; {version}, {tag} and {commit} are known',
    ),
]


def _compiled(value: Any) -> Any:
    if isinstance(value, str):
        try:
            re.compile(value)
        except re.error as error:
            raise refuse(
                "M015", f"{value!r} is no regular expression: {error}", "mend it (docs.python.org, re)"
            ) from error
    return value


KeyPattern = Annotated[str, BeforeValidator(_compiled), Words("regular expression")]
