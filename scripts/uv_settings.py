"""Hand pip's settings on to uv, which doesn't read them: prints `export UV_...` lines for a shell.

Reads what pip reads, in pip's order (pip's manual, "Configuration"): global, user and site files, PIP_CONFIG_FILE,
then PIP_* variables. A UV_* variable that is already set wins. Runs before anything is installed.
"""

from __future__ import annotations

import configparser
import os
import shlex
from pathlib import Path
from typing import Iterator, Mapping

# pip's option: (uv's variable, what joins several values)
NAMES = {
    "index-url": ("UV_DEFAULT_INDEX", " "),
    "extra-index-url": ("UV_INDEX", " "),
    "find-links": ("UV_FIND_LINKS", ","),
    "no-index": ("UV_NO_INDEX", " "),
    "constraint": ("UV_CONSTRAINT", " "),
    "trusted-host": ("UV_INSECURE_HOST", " "),
    "keyring-provider": ("UV_KEYRING_PROVIDER", " "),
    "default-timeout": ("UV_HTTP_TIMEOUT", " "),
    "timeout": ("UV_HTTP_TIMEOUT", " "),
    "cert": ("SSL_CERT_FILE", " "),
    "client-cert": ("SSL_CLIENT_CERT", " "),
    "proxy": ("ALL_PROXY", " "),
}


def config_files(env: Mapping[str, str]) -> Iterator[Path]:
    """From the weakest to the strongest."""
    if env.get("PIP_CONFIG_FILE") == os.devnull:
        return
    home = Path(env.get("HOME", "/"))
    for folder in reversed(env.get("XDG_CONFIG_DIRS", "/etc/xdg").split(":")):
        yield Path(folder, "pip", "pip.conf")
    yield Path("/etc/pip.conf")
    yield home / ".pip" / "pip.conf"
    yield Path(env.get("XDG_CONFIG_HOME") or home / ".config", "pip", "pip.conf")
    if "VIRTUAL_ENV" in env:
        yield Path(env["VIRTUAL_ENV"], "pip.conf")
    if "PIP_CONFIG_FILE" in env:
        yield Path(env["PIP_CONFIG_FILE"])


def pip_options(env: Mapping[str, str]) -> dict[str, str]:
    options: dict[str, str] = {}
    for file in config_files(env):
        parser = configparser.RawConfigParser()
        parser.read(file, encoding="utf-8")
        for section in ("global", "install"):
            if parser.has_section(section):
                options.update({name.replace("_", "-"): value for name, value in parser.items(section)})
    options.update(
        {name[4:].lower().replace("_", "-"): value for name, value in env.items() if name.startswith("PIP_") and value}
    )
    return options


def uv_variables(env: Mapping[str, str]) -> dict[str, str]:
    options = pip_options(env)
    found = {}
    for option, (variable, joint) in NAMES.items():
        if options.get(option, "").split() and variable not in env:
            found[variable] = joint.join(options[option].split())
    if "UV_INDEX" in found and "UV_INDEX_STRATEGY" not in env:
        found["UV_INDEX_STRATEGY"] = "unsafe-best-match"  # pip takes the best of all indexes; uv the first that answers
    return found


if __name__ == "__main__":
    for variable, value in uv_variables(os.environ).items():
        print(f"export {variable}={shlex.quote(value)}")
