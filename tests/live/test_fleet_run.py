"""A command on a hundred hosts: loopback addresses of one sshd; some refuse, some accept and say nothing."""

import getpass
import json
import shutil
import socket
import time
import tomllib
from contextlib import ExitStack
from pathlib import Path

import pytest

from support.loopback import find_sshd, free_port, listening, make_keys
from support.shop import MANIFEST, open_shop

pytestmark = [pytest.mark.live, pytest.mark.network]
GOOD, HANGING, REFUSING = 93, 2, 5
MANY = """
[environments.production]
hosts = [{names}]

[environments.production.ssh]
config = "{config}"
connect_timeout = "15s"
at_once = 25
"""


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    if find_sshd() is None:
        pytest.skip("no sshd on this machine")
    folder = tmp_path_factory.mktemp("many")
    addresses = [f"127.0.7.{number}" for number in range(1, GOOD + HANGING + REFUSING + 1)]
    good, hanging = addresses[:GOOD], addresses[GOOD : GOOD + HANGING]
    port = free_port(addresses)
    config = make_keys(folder, addresses, port, user=getpass.getuser())
    Path("/run/sshd").mkdir(exist_ok=True)
    names = ", ".join(f'"{address}:{port}"' for address in addresses)
    many = MANY.format(names=names, config=config)
    with ExitStack() as stack:
        for address in hanging:
            stack.enter_context(socket.create_server((address, port)))
        stack.enter_context(listening(folder, good, port))
        yield open_shop(folder / "shop", manifest=MANIFEST + many.replace("{", "{{").replace("}", "}}"))


def test_those_that_can_not_be_asked_are_named_within_one_time_out(shop):
    began = time.monotonic()
    said = told(shop, 5, "--within", "1m", "--", "echo", "a b")
    took = time.monotonic() - began
    assert took < 60
    assert len(said["hosts"]) == GOOD
    assert {host["exit_code"] for host in said["hosts"]} == {0}
    assert {host["output"].count("a b") for host in said["hosts"]} == {1}  # a login shell may say something, too
    assert len(said["lost"]) == HANGING + REFUSING
    assert {one["problem"]["code"] for one in said["lost"]} == {"H004"}
    assert [one["name"].split(":")[0] for one in said["lost"]] == [f"127.0.7.{number}" for number in range(94, 101)]


def test_a_command_that_fails_or_takes_too_long_is_told_by_host(shop):
    some = [
        word for number in (1, 2) for word in ("--host", next(name for name in hosts(shop) if f".7.{number}:" in name))
    ]
    said = told(shop, 1, *some, "--", "echo no; exit 3")
    assert [(host["exit_code"], host["output"][0]) for host in said["hosts"]] == [(3, "no")] * 2
    said = told(shop, 5, *some, "--within", "1s", "--", "sleep", "20")
    assert [one["problem"]["code"] for one in said["lost"]] == ["H013", "H013"]
    done = shop.ecluse("fleet", "run", "--host", "web9", "--", "true")
    assert (done.returncode, "H012" in done.stderr) == (2, True)


def test_a_host_is_gone_through_and_known_hosts_are_the_users_own(shop, tmp_path):
    """The jump host too is found with the configuration that the manifest names; without one, with the user's."""
    good, other, dead = (next(name for name in hosts(shop) if f".7.{number}:" in name) for number in (1, 2, 100))
    config = next((shop.root.parent).glob("ssh_config"))
    home = tmp_path / "home"
    (home / ".ssh").mkdir(parents=True)
    shutil.copy(config.with_name("known"), home / ".ssh" / "known_hosts")
    own = "\n".join(line for line in config.read_text().splitlines() if "KnownHosts" not in line)
    (home / ".ssh" / "config").write_text(own)
    for named, jump, code in ((str(config), good, 0), (str(config), dead, 5), ("", good, 0), ("", dead, 5)):
        said = f'config = "{named}"' if named else ""
        manifest = f'[environments.far]\nhosts = ["{other}"]\n[environments.far.ssh]\njump = "{jump}"\n{said}\n'
        far = open_shop(tmp_path / f"{bool(named)}{code}", manifest=MANIFEST + manifest)
        done = far.ecluse("fleet", "run", "--", "echo", "there", env={"HOME": str(home)})
        assert (done.returncode, "there" in done.stdout) == (code, code == 0), done.stdout + done.stderr


def told(shop, code, *words):
    done = shop.ecluse("fleet", "run", "--json", *words)
    assert done.returncode == code, done.stdout + done.stderr
    return json.loads(done.stdout)


def hosts(shop):
    return tomllib.loads((shop.root / "ecluse.toml").read_text())["environments"]["production"]["hosts"]
