"""pip-audit as a small program that knows what it is told."""

import asyncio
import json
from datetime import timedelta
from pathlib import Path

import pytest

from ecluse.model.package import Package
from ecluse.ports.commands import Finished
from ecluse.providers.advisories.program import KNOWN, PipAudit

SHOP = Package("shop", "1.0")


class Box:
    def version(self, tool):
        return "2"

    async def program(self, tool, name="", say=None):
        return Path("/pip-audit")


class Auditor:
    """Fills ports.commands.CommandRunner: takes each package once, as the real one, and knows what some have."""

    def __init__(self, *vulnerable):
        self.vulnerable, self.runs = vulnerable, 0

    async def run(self, command):
        self.runs += 1
        asked = listed(command)
        if len({name for name, _ in asked}) < len(asked):
            return Finished(exit_code=1, output="ERROR:pip_audit._cli:package has duplicate requirements")
        told = [{"name": name, "version": version, "vulns": self._vulns(name, version)} for name, version in asked]
        command.stdout.write_text(json.dumps({"dependencies": told}))
        return Finished(exit_code=0)

    def _vulns(self, name, version):
        return [{"id": "PYSEC-1", "fix_versions": []}] if Package(name, version) in self.vulnerable else []


def listed(command):
    text = Path(command.argv[command.argv.index("--requirement") + 1]).read_text()
    return [line.split("==") for line in text.splitlines()]


def ask(auditor, *packages, at=""):
    source = PipAudit(service="pypi", at=at, toolbox=Box(), commands=auditor, env={}, timeout=timedelta(minutes=1))
    return asyncio.run(source.ask(packages))


def test_a_public_source_that_knows_nothing_of_what_everybody_knows_is_not_believed():
    assert ask(Auditor(*KNOWN), SHOP) == {SHOP: ()}
    (answer,) = ask(Auditor(), SHOP).values()
    assert "isn't believed" in answer
    assert ask(Auditor(), SHOP, at="https://osv.example.org") == {SHOP: ()}, "one's own may know of few"


@pytest.mark.parametrize("count", range(1, len(KNOWN) + 1))
def test_an_app_that_has_the_packages_it_is_tried_with_gets_answers(count):
    own = [Package(one.name, "99.0") for one in KNOWN[:count]]
    auditor = Auditor(*KNOWN)
    assert ask(auditor, SHOP, *own) == dict.fromkeys([SHOP, *own], ())
    assert auditor.runs == (2 if count == len(KNOWN) else 1)
    silent = ask(Auditor(), SHOP, *own)
    assert all("isn't believed" in answer for answer in silent.values())


def test_a_server_may_bring_another_version_of_what_the_app_has():
    old, new = Package("click", "8.1.0"), Package("click", "8.3.0")
    auditor = Auditor(old, *KNOWN)
    answers = ask(auditor, SHOP, old, new)
    assert (len(answers[old]), answers[new], answers[SHOP], auditor.runs) == (1, (), (), 2)


def test_an_app_with_the_very_version_is_told():
    assert ask(Auditor(*KNOWN), *KNOWN)[KNOWN[0]] != ()


class Heard(Auditor):
    async def run(self, command):
        self.env = command.env
        return await super().run(command)


def test_the_certificates_and_proxy_of_pip_are_its_own_too(tmp_path):
    (tmp_path / "pip.conf").write_text("[global]\ncert = /etc/house.pem\nproxy = http://proxy:3128\n")
    auditor, env = Heard(), {"PIP_CONFIG_FILE": str(tmp_path / "pip.conf"), "HTTP_PROXY": "http://mine:1"}
    source = PipAudit(service="pypi", at="", toolbox=Box(), commands=auditor, env=env, timeout=timedelta(minutes=1))
    asyncio.run(source.ask([SHOP]))
    assert auditor.env["SSL_CERT_FILE"] == auditor.env["REQUESTS_CA_BUNDLE"] == "/etc/house.pem"
    assert (auditor.env["HTTPS_PROXY"], auditor.env["HTTP_PROXY"]) == ("http://proxy:3128", "http://mine:1")
    assert "PIP_CONFIG_FILE" not in auditor.env
