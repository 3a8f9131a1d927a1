"""Hosts over SSH after a reboot: a release with secrets says that it wants them, and is brought them by one command."""

import os
import signal

import pytest

from support.fleet import until
from support.remote import opened
from support.ssh_hosts import required

pytestmark = [pytest.mark.live, pytest.mark.network]
NAMES = ("web1", "web2", "web3")
TOKEN = "hush-4711-hush"
APP = """\
import os

TOKEN = os.environ["TOKEN"]


def application(environ, start_response):
    body = TOKEN.encode()
    start_response("200 OK", [("Content-Length", str(len(body))), ("Content-Type", "text/plain")])
    return [body]
"""


@pytest.fixture(scope="module")
def remote(tmp_path_factory):
    required()
    with opened(tmp_path_factory.mktemp("fleet"), *NAMES) as made:
        manifest = (made.shop.root / "ecluse.toml").read_text()
        made.shop.write("ecluse.toml", manifest.replace("stamp = true", 'stamp = true\nsecrets = ["TOKEN"]'))
        made.shop.write("shop.py", APP)
        made.shop.commit("feat: want a secret")
        made.shop.env["TOKEN"] = TOKEN
        assert made.ship()["outcome"] == "shipped"
        yield made


def reboot(host):
    """All processes gone and memory empty, as after a power cut; then what cron runs at boot."""
    line = next(line for line in host.run("crontab", "-l").splitlines() if line.startswith("@reboot "))
    for pid in host.pids():
        if pid != host.sshd.pid:
            os.kill(pid, signal.SIGKILL)
    host.run("sh", "-c", f"rm -rf /dev/shm/ecluse-{host.uid}-*")
    host.run("sh", "-c", line.removeprefix("@reboot "))


def states(remote):
    found = {}
    for host in remote.status_now()["hosts"]:
        found[host["name"]] = next((slot["state"] for slot in host["slots"] if slot["weight"]), "nothing")
    return found


def test_a_host_says_that_it_wants_its_secrets_and_one_command_brings_them(remote):
    version = remote.answers()["web1"]
    reboot(remote.host("web2"))
    until(lambda: states(remote) == {"web1": "running", "web2": "wants_secrets", "web3": "running"}, 30, 0.2)
    assert remote.answers() == {"web1": version, "web2": "error: HTTP Error 503: Service Unavailable", "web3": version}
    told = remote.shop.ecluse("status", "production").stdout
    assert "the secrets of" in told
    assert "`ecluse converge production` brings them" in told
    assert TOKEN not in told
    history = len(remote.json("history", "production")["deployments"])
    done = remote.json("converge", "production")
    assert (done["revived"], done["brought"], done["outcome"]) == (["web2"], [], "converged")
    assert remote.answers() == dict.fromkeys(NAMES, version)
    assert states(remote) == dict.fromkeys(NAMES, "running")
    until(lambda: "secrets" not in remote.shop.ecluse("status", "production").stdout, 20)  # the one that was warm goes
    assert len(remote.json("history", "production")["deployments"]) == history, "no deployment"


def test_they_are_on_no_disk_of_the_host_and_the_keeper_after_the_next_knows_what_is_wanted(remote):
    host = remote.host("web3")
    found = host.run("sh", "-c", f"grep -r --files-with-matches {TOKEN} $HOME || true")
    assert not found
    assert host.run("sh", "-c", "readlink ~/.ecluse/apps/shop/environments/production/secrets").startswith("/dev/shm/")
    reboot(host)
    until(lambda: states(remote)["web3"] == "wants_secrets", 30, 0.2)
    os.kill(remote.keeper("web3"), signal.SIGKILL)
    assert states(remote)["web3"] == "wants_secrets"
    assert remote.json("converge", "production")["revived"] == ["web3"]


def test_all_of_them_at_once(remote):
    """A power cut of the whole room; the value that is brought is the one of now."""
    version = remote.answers()["web1"]
    for name in NAMES:
        reboot(remote.host(name))
    until(lambda: states(remote) == dict.fromkeys(NAMES, "wants_secrets"), 30, 0.2)
    without = {**remote.shop.env}
    del remote.shop.env["TOKEN"]
    try:
        refused = remote.shop.ecluse("converge", "production")
        assert (refused.returncode != 0, "TOKEN" in refused.stderr) == (True, True), refused.stderr
    finally:
        remote.shop.env.update(without)
    assert remote.json("converge", "production")["revived"] == list(NAMES)
    assert remote.answers() == dict.fromkeys(NAMES, version)
    assert remote.status()["health"] == "healthy"


def test_a_ship_right_after_a_reboot_brings_them_too(remote):
    reboot(remote.host("web2"))
    until(lambda: states(remote)["web2"] == "wants_secrets", 30, 0.2)
    remote.shop.write("shop.py", APP + "# more\n")
    remote.shop.commit("feat: more")
    version = remote.ship()["version"]
    assert remote.answers() == dict.fromkeys(NAMES, version)
