"""pip-audit, asking PyPI or OSV."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from pathlib import Path

from ecluse.model.package import Package
from ecluse.model.problem import ProblemError
from ecluse.model.values import frozen
from ecluse.ports.advisories import Answer
from ecluse.ports.commands import Command, CommandRunner, Finished
from ecluse.ports.toolbox import Toolbox
from ecluse.providers.advisories.report import UnreadableError, read
from ecluse.providers.uv.settings import certificates, pip_settings, said_in_uv

TOOL = "pip-audit"
PATIENCE = 20
"""Seconds for each answer."""
_ENDED = (0, 1)
"""1: something was found."""
_PASSED = (
    "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "no_proxy", "all_proxy",
    "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE",
)  # fmt: skip
_BUNDLE = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE")
KNOWN = (Package("jinja2", "2.4.1"), Package("django", "1.11"), Package("requests", "2.19.0"))
"""Vulnerable, and known to be by every public source. One that has nothing to say about such a package isn't one."""


@frozen
class PipAudit:
    """Fills ports.advisories.Advisories. `at`: the address of a service of one's own that speaks as OSV does; of the
    public ones a package is asked for, too, that is known to be vulnerable."""

    service: str
    at: str
    toolbox: Toolbox
    commands: CommandRunner
    env: Mapping[str, str]
    timeout: timedelta
    patience: int = PATIENCE

    @property
    def name(self) -> str:
        return f"{self.at or self.service} (pip-audit {self.toolbox.version(TOOL)})"

    def content(self) -> str:
        return ""

    async def ask(self, packages: Sequence[Package]) -> Mapping[Package, Answer]:
        if not packages:
            return {}
        known = None if self.at else _known(packages)
        answers: dict[Package, Answer] = {}
        try:
            for asked in _rounds((*packages, known) if known else packages):
                answers |= await self._answers(asked)
        except ProblemError as error:
            return dict.fromkeys(packages, str(error))
        if known and not answers[known]:
            why = f"the source knows no vulnerability of {known}, which has some: what it says isn't believed"
            return dict.fromkeys(packages, why)
        return {package: answers[package] for package in packages}

    async def _answers(self, asked: Sequence[Package]) -> Mapping[Package, Answer]:
        finished, printed = await self._run(asked)
        return _answers(finished, printed, asked)

    async def _run(self, asked: Sequence[Package]) -> tuple[Finished, bytes]:
        program = await self.toolbox.program(TOOL)
        with tempfile.TemporaryDirectory(prefix="ecluse-audit-") as name:
            folder = Path(name)
            listed = folder / "requirements.txt"
            listed.write_text("".join(f"{one.name}=={one.version}\n" for one in asked), encoding="utf-8")
            out = folder / "out.json"
            argv = (
                str(program), "--requirement", str(listed), "--no-deps", "--disable-pip", "--format", "json",
                "--progress-spinner", "off", "--vulnerability-service", self.service, "--timeout", str(self.patience),
                "--cache-dir", str(folder / "cache"), *(("--osv-url", self.at) if self.at else ()),
            )  # fmt: skip
            env = {"PATH": "/usr/bin:/bin", "HOME": name, "TMPDIR": name, "LANG": "C.UTF-8", **_passed(self.env)}
            finished = await self.commands.run(
                Command(argv=argv, folder=folder, env=env, timeout=self.timeout, stdout=out)
            )
            return finished, out.read_bytes() if out.exists() else b""


def _passed(env: Mapping[str, str]) -> dict[str, str]:
    """The proxy and the certificates of pip's settings too: where those are needed, nothing else gets to an index. What
    pip-audit asks with reads them by another name than pip and uv."""
    pip = pip_settings(env)
    said = {name: value for name, value in said_in_uv(pip).items() if name in _PASSED}
    bundle = {name: path for path in certificates(env, pip).values() for name in _BUNDLE}
    return {**bundle, **said, **{name: env[name] for name in _PASSED if name in env}}


def _answers(finished: Finished, printed: bytes, asked: Sequence[Package]) -> Mapping[Package, Answer]:
    if finished.timed_out:
        return dict.fromkeys(asked, "pip-audit took too long and was stopped")
    if finished.exit_code in _ENDED and printed.strip():
        try:
            return read(printed, asked)
        except UnreadableError:
            return dict.fromkeys(asked, "what pip-audit printed can't be read")
    return dict.fromkeys(asked, f"pip-audit got no answer: {_why(finished)}")


def _why(finished: Finished) -> str:
    """Of a traceback the last line, of its own words those that it marks as an error."""
    lines = [line.strip() for line in finished.output.splitlines() if line.strip()]
    told = [line.partition(":")[2].strip() for line in lines if line.startswith("ERROR:")]
    return next(iter(told), lines[-1] if lines else f"it ended with {finished.exit_code}")


def _rounds(packages: Iterable[Package]) -> list[list[Package]]:
    """One run takes no package twice, and a server may bring another version of what the app has."""
    found: list[list[Package]] = []
    for package in dict.fromkeys(packages):
        apart = (one for one in found if package.name not in {other.name for other in one})
        if (one := next(apart, None)) is None:
            found.append(one := [])
        one.append(package)
    return found


def _known(packages: Sequence[Package]) -> Package:
    names = {package.name for package in packages}
    return next((one for one in KNOWN if one.name not in names), KNOWN[0])
