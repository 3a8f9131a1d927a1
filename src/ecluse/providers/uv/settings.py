"""pip's settings of index and network, said in uv's words: uv doesn't read pip's configuration. Pure but for reading.

Precedence is pip's own (pip's manual, "Configuration"): the environment over the file of PIP_CONFIG_FILE over the
user's over the machine's. What uv was told itself (UV_*) wins over all of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

_READ = (
    "index-url",
    "extra-index-url",
    "find-links",
    "no-index",
    "trusted-host",
    "cert",
    "proxy",
    "timeout",
    "constraint",
)

_MACHINE = Path("/etc/pip.conf")

_LISTS = {"extra-index-url": "UV_INDEX", "constraint": "UV_CONSTRAINT", "trusted-host": "UV_INSECURE_HOST"}

_LEFT_OUT = (
    "VIRTUAL_ENV",
    "CONDA_PREFIX",
    "PYTHONPATH",
    "PYTHONHOME",
    "PYTHONSTARTUP",
    "UV_PYTHON",
    "UV_PROJECT",
    "UV_PROJECT_ENVIRONMENT",
    "UV_WORKING_DIR",
    "PIP_REQUIRE_VIRTUALENV",
)


def pip_settings(env: Mapping[str, str], machine: Path = _MACHINE) -> dict[str, str]:
    """What pip would use, by the names of its options; lists are separated by spaces."""
    found: dict[str, str] = {}
    for path in _files(env, machine):
        found.update(_of_file(path))
    for name in _READ:
        value = env.get("PIP_" + name.upper().replace("-", "_"))
        if value is not None:
            found[name] = " ".join(value.split())
    return {name: value for name, value in found.items() if value}


def uv_environment(env: Mapping[str, str], pip: Mapping[str, str]) -> dict[str, str]:
    """The whole environment of a uv process."""
    return {**said_in_uv(pip), **without_pip(env, pip)}


def without_pip(env: Mapping[str, str], pip: Mapping[str, str]) -> dict[str, str]:
    """The same for reading a uv.lock: it names its own indexes, and counts as stale when asked with others."""
    said = {name: value for name, value in env.items() if name not in _LEFT_OUT}
    return {**said, **certificates(env, pip), **_ALWAYS}


_ALWAYS = {"UV_PYTHON_DOWNLOADS": "never", "UV_NO_PROGRESS": "1", "NO_COLOR": "1", "PYTHONDONTWRITEBYTECODE": "1"}


def said_in_uv(pip: Mapping[str, str]) -> dict[str, str]:
    said = {variable: pip[name] for name, variable in _LISTS.items() if name in pip}
    if "index-url" in pip:
        said["UV_DEFAULT_INDEX"] = pip["index-url"]
    if "find-links" in pip:
        said["UV_FIND_LINKS"] = ",".join(pip["find-links"].split())
    if "extra-index-url" in pip:
        said["UV_INDEX_STRATEGY"] = "unsafe-best-match"  # pip takes the best version of all indexes
    if "timeout" in pip:
        said["UV_HTTP_TIMEOUT"] = pip["timeout"]
    if pip.get("no-index", "").lower() in {"1", "true", "yes", "on"}:
        said["UV_NO_INDEX"] = "1"
    if "proxy" in pip:
        said.update(ALL_PROXY=pip["proxy"], HTTPS_PROXY=pip["proxy"], HTTP_PROXY=pip["proxy"])
    return said


_SYSTEM_BUNDLES = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
)
"""Where Debian and Alpine, Fedora, SUSE keep whom the machine believes, a house's own authority included."""
_CHOSEN = ("SSL_CERT_DIR", "UV_SYSTEM_CERTS", "UV_NATIVE_TLS")
"""Who set one of these has chosen otherwise."""


def certificates(
    env: Mapping[str, str], pip: Mapping[str, str], bundles: Iterable[str] = _SYSTEM_BUNDLES
) -> dict[str, str]:
    """The bundle of whom to believe, as pip has it, for others that ask the same servers: where nothing is said, the
    machine's (pip's manual, "HTTPS Certificates"). uv and httpx would believe a list of their own, without the
    authority of a house whose proxy opens TLS."""
    bundle = env.get("SSL_CERT_FILE") or pip.get("cert") or env.get("REQUESTS_CA_BUNDLE")
    if not bundle and not any(env.get(name) for name in _CHOSEN):
        bundle = next((path for path in bundles if Path(path).is_file()), None)
    return {"SSL_CERT_FILE": bundle} if bundle else {}


def _files(env: Mapping[str, str], machine: Path) -> tuple[Path, ...]:
    """Weakest first."""
    if env.get("PIP_CONFIG_FILE") == "/dev/null":
        return ()
    home = env.get("HOME", "/nonexistent")
    shared = reversed(env.get("XDG_CONFIG_DIRS", "/etc/xdg").split(":"))
    folders = [f"{home}/.pip", f"{env.get('XDG_CONFIG_HOME') or home + '/.config'}/pip"]
    own = [Path(folder, "pip.conf") for folder in folders]
    named = [Path(env["PIP_CONFIG_FILE"])] if env.get("PIP_CONFIG_FILE") else []
    return (*(Path(folder, "pip", "pip.conf") for folder in shared), machine, *own, *named)


def _of_file(path: Path) -> dict[str, str]:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, ValueError):
        return {}
    import configparser  # noqa: PLC0415  few have such a file

    parser = configparser.RawConfigParser(strict=False)
    try:
        parser.read_string(text)
    except configparser.Error:
        return {}
    sections = [section for section in ("global", "install") if parser.has_section(section)]
    options = {name: value for section in sections for name, value in parser.items(section)}
    return {name: " ".join(options[name].split()) for name in _READ if name in options}
