"""Making a host ready, in a home of the test's own; the crontab is a script's."""

import json
import os
import subprocess
import sys

import pytest

from ecluse.keeper.unixsocket import bind
from ecluse.wire.archive import zipapp
from support.keeper_host import Host

PACKAGES = ["ecluse.keeper", "ecluse.keeper.services", "ecluse.serving", "ecluse.wire"]
CRONTAB = '#!/bin/sh\ncase $1 in -l) cat "$HOME/cron" 2>/dev/null ;; -) cat >"$HOME/cron" ;; esac\n'


class Place:
    def __init__(self, home):
        self.home, self.root = home, home / ".ecluse"
        self.packed = home / "packed.pyz"
        self.packed.write_bytes(zipapp("ecluse.keeper", PACKAGES))
        (home / "bin").mkdir()
        (home / "bin" / "crontab").write_text(CRONTAB)
        (home / "bin" / "crontab").chmod(0o755)

    def run(self, *words, program=None):
        env = {"HOME": str(self.home), "PATH": f"{self.home}/bin:/usr/bin:/bin"}
        python = os.environ.get("KEEPER_PYTHON", sys.executable)
        return subprocess.run(
            [python, "-I", str(program or self.packed), *words], env=env, capture_output=True, text=True, check=False
        )

    def prepare(self, *words):
        done = self.run("prepare", "~/.ecluse", *words)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)


@pytest.fixture
def place(tmp_path):
    return Place(tmp_path)


def test_what_would_be_changed_is_told_and_nothing_is(place):
    before = sorted(place.home.iterdir())
    said = place.prepare()
    assert len(said["changes"]) == 4
    assert sorted(place.home.iterdir()) == before
    assert said["facts"]["environments"] == []


def test_it_is_made_once(place):
    assert place.prepare("--apply")["changes"] == place.prepare("--apply")["changes"] + place.prepare()["changes"] + [
        f"put the keeper's program into {place.root}/keepers/keeper-{place.prepare()['facts']['program']}.pyz",
        f"let {place.root}/keeper.pyz be that program",
        f"let {place.root}/python be {os.path.realpath(os.environ.get('KEEPER_PYTHON', sys.executable))}",
        "add a line to this user's crontab, which starts the keepers at boot",
    ]
    said = subprocess.run(
        [str(place.root / "python"), "-I", str(place.root / "keeper.pyz"), "version"], capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    assert said.stdout.strip() == place.prepare()["facts"]["program"]


def test_other_lines_of_the_crontab_stay_and_an_older_one_of_ours_goes(place):
    (place.home / "cron").write_text("5 4 * * * own\n@reboot old # ecluse: starts the keepers\n")
    place.prepare("--apply")
    own, ours = (place.home / "cron").read_text().splitlines()
    assert own == "5 4 * * * own"
    assert ours.startswith(f"@reboot {place.root}/python -I {place.root}/keeper.pyz boot {place.root} ")


def test_a_python_that_can_not_be_run_any_more_is_replaced(place, tmp_path):
    place.root.mkdir()
    (tmp_path / "gone").touch()
    (place.root / "python").symlink_to(tmp_path / "gone")
    assert [change for change in place.prepare()["changes"] if "python be" in change]


def test_a_python_that_is_there_stays(place):
    place.root.mkdir()
    (place.root / "python").symlink_to("/usr/bin/env")
    assert not [change for change in place.prepare()["changes"] if "python be" in change]


def test_at_boot_each_environment_that_had_a_keeper_gets_one(place):
    place.prepare("--apply")
    host = Host(place.root / "apps" / "shop" / "environments" / "live")
    host.home.mkdir(parents=True)
    (host.home / "keeper.json").write_text("{}")
    assert place.run("boot", "~/.ecluse", program=place.root / "keeper.pyz").returncode == 0
    try:
        assert host.orders("hello")["keeper"] == place.prepare()["facts"]["program"]
    finally:
        assert host.end() == []


def test_sockets_have_long_names(tmp_path):
    deep = tmp_path.joinpath(*["a" * 50] * 4)
    deep.mkdir(parents=True)
    bind(str(deep / "keeper.sock")).close()
