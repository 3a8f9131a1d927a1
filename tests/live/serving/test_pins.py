"""The pinned servers, installed by hash as a release does it, on every Python that is found here."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest
import uv

import ecluse.serving
from ecluse.serving import servers
from support.served import Served, eventually

pytestmark = [pytest.mark.live, pytest.mark.network]

REQUIREMENTS = Path(ecluse.serving.__file__).parent / "requirements"
EACH = [(interface, server) for interface, names in servers.CHOICES.items() for server in names]


def interpreter(version: str) -> str:
    in_pyenv = sorted(Path.home().glob(f".pyenv/versions/{version}.*/bin/python{version}"))
    found = str(in_pyenv[-1]) if in_pyenv else shutil.which(f"python{version}")
    return found or pytest.skip(f"no Python {version} on this machine")


@pytest.mark.parametrize("version", ["3.9", "3.10", "3.11", "3.12", "3.13"])
@pytest.mark.parametrize(("interface", "server"), EACH, ids=["-".join(each) for each in EACH])
def test_it_serves_and_stops(tmp_path, version, interface, server):
    python = interpreter(version)
    pinned = REQUIREMENTS / servers.choose(interface, version, server).requirements
    target = ["--python", python, "--target", str(tmp_path / "site")]
    subprocess.run(
        [
            uv.find_uv_bin(),
            "pip",
            "install",
            "--quiet",
            "--require-hashes",
            "--only-binary",
            ":all:",
            *target,
            "-r",
            str(pinned),
        ],
        check=True,
        env={name: value for name, value in os.environ.items() if name != "UV_CONSTRAINT"},  # uv wants hashes there too
    )
    with Served(tmp_path, f"{interface}_app:app", interface=interface, server=server, python=python) as served:
        assert served.ask().body == b"hello", served.output
        served.page.phase = 1
        assert served.ask().headers["connection"] == "close"
        assert eventually(lambda: served.page.totals().fields["2xx"] == 2)
        served.process.send_signal(signal.SIGTERM)
        assert served.ended() == 0, served.output
