"""Deploys over SSH: real sshds, hosts in namespaces of their own, an ordinary user."""

import json
import os
import signal

import pytest

from support.fleet import until
from support.remote import customers, opened
from support.shop import APP
from support.ssh_hosts import required

pytestmark = [pytest.mark.live, pytest.mark.network]
NAMES = ("web1", "web2", "web3")


@pytest.fixture(scope="module")
def remote(tmp_path_factory):
    required()
    with opened(tmp_path_factory.mktemp("fleet"), *NAMES) as made:
        assert made.ship()["outcome"] == "shipped"
        yield made


@pytest.fixture
def serving(remote):
    """The same version everywhere, nothing open."""
    versions = set(remote.answers().values())
    assert len(versions) == 1
    return versions.pop()


def test_a_second_ship_and_a_rollback_lose_nothing(remote, serving):
    remote.shop.sell("two")
    with customers(remote) as each:
        shipped = remote.ship()
        assert remote.answers() == dict.fromkeys(NAMES, shipped["version"])
        remote.json("rollback", "production")
        assert remote.answers() == dict.fromkeys(NAMES, serving)
    for tally in each.values():
        tally.lost_nothing()
        assert set(tally.tally["by_release"]) == {serving, shipped["version"]}


def test_what_a_host_has_is_not_sent_again(remote, serving):
    before = {name: stored(remote, name) for name in NAMES}
    went = {name: remote.host(name).received for name in NAMES}
    remote.shop.sell("sent once")
    staged = remote.ship()["timeline"][0]
    went = {name: remote.host(name).received - went[name] for name in NAMES}
    for name in NAMES:
        assert len(stored(remote, name) - before[name]) == 1, "the one file that changed"
    sent, of = staged["sent"]["bytes"], staged["sent"]["of"]
    assert (staged["what"], sent < 1000, of > 10_000_000) == ("stage", True, True)
    assert staged["detail"] == f"sent {sent} B of {of / 1e6:.1f} MB to 3 hosts"
    assert max(went.values()) < 300_000, "with all orders and their answers"


def stored(remote, name):
    return set(remote.host(name).run("sh", "-c", "ls ~/.ecluse/apps/shop/environments/production/store").split())


def test_a_keeper_that_is_killed_is_there_again_for_the_next_order(remote, serving):
    with customers(remote, "web2") as each:
        os.kill(remote.keeper("web2"), signal.SIGKILL)
        status = remote.status()
        remote.shop.sell("after a kill")
        version = remote.ship()["version"]
    each["web2"].lost_nothing()
    assert {host["name"]: host["version"] for host in status["hosts"]} == dict.fromkeys(NAMES, serving)
    assert remote.answers() == dict.fromkeys(NAMES, version)


def test_logs_come_from_all_hosts_and_a_command_runs_in_the_release(remote, serving):
    done = remote.shop.ecluse("exec", "--env", "production", "--", "sh", "-c", "echo $ECLUSE_VERSION on $(hostname)")
    assert done.stdout.startswith(serving), done.stderr
    remote.shop.write("shop.py", f'print("open", flush=True)\n{APP.format(version="talking")}')
    remote.shop.commit("feat: say something")
    remote.ship()
    said = remote.shop.ecluse("logs", "production", "--json", "--lines", "50")
    assert {json.loads(line)["host"] for line in said.stdout.splitlines()} == set(NAMES)


def test_no_secret_is_seen_in_arguments_or_journal(remote, serving):
    manifest = (remote.shop.root / "ecluse.toml").read_text()
    remote.shop.write("ecluse.toml", manifest.replace("stamp = true", 'stamp = true\nsecrets = ["TOKEN"]'))
    remote.shop.sell("with a secret")
    done = remote.shop.begin("ship", "production", env={"TOKEN": "hush-4711-hush"})
    words = set()
    while done.poll() is None:
        words |= {command_line(pid) for name in NAMES for pid in remote.host(name).pids()}
    said = done.communicate()
    assert done.returncode == 0, said
    assert not [line for line in words if b"4711" in line]
    for name in NAMES:
        found = remote.host(name).run(
            "sh", "-c", "grep -rl hush-4711 ~/.ecluse --include='*.json' --include='*.jsonl' || true"
        )
        assert not found
        environ = [environ_of(pid) for pid in remote.host(name).pids()]
        assert any(b"TOKEN=hush-4711-hush" in one for one in environ)
    remote.shop.write("ecluse.toml", manifest)
    remote.shop.sell("without it")
    remote.ship()


def command_line(pid):
    return contents(pid, "cmdline")


def environ_of(pid):
    return contents(pid, "environ")


def contents(pid, name):
    try:
        with open(f"/proc/{pid}/{name}", "rb") as file:  # noqa: PTH123
            return file.read()
    except OSError:
        return b""


def test_preparing_again_changes_nothing(remote):
    said = remote.json("host", "prepare", "production")
    assert [host["changes"] for host in said["hosts"]] == [[], [], []]
    assert {host["facts"]["user"] for host in said["hosts"]} == {"deploy"}


def test_an_environment_comes_back_after_a_reboot(remote, serving):
    """All processes gone, as after a power cut; then what cron runs at boot."""
    host = remote.host("web3")
    line = next(line for line in host.run("crontab", "-l").splitlines() if line.startswith("@reboot "))
    for pid in host.pids():
        if pid != host.sshd.pid:
            os.kill(pid, signal.SIGKILL)
    until(lambda: remote.answers()["web3"].startswith("error"), 10)
    host.run("sh", "-c", line.removeprefix("@reboot "))
    until(lambda: remote.answers()["web3"] == serving, 20)
    assert remote.status()["health"] == "healthy"


def test_stop_leaves_nothing_there(remote, serving):
    remote.json("stop", "production")
    for name in NAMES:
        host = remote.host(name)
        assert until(lambda host=host: [pid for pid in host.pids() if pid != host.sshd.pid] == [], 10)
    assert "serving" not in json.dumps(remote.status()["phase"])
    assert remote.ship()["outcome"] == "shipped"


def test_what_is_said_of_all_at_once(remote, serving):
    assert [host["differences"] for host in remote.json("fleet", "drift")["hosts"]] == [[], [], []]
    assert {host["user"] for host in remote.json("fleet", "facts")["hosts"]} == {"deploy"}
    remote.json("fleet", "prune", "--keep", "1")
    for name in NAMES:
        found = remote.host(name).run("sh", "-c", "ls ~/.ecluse/apps/shop/environments/production/releases | wc -l")
        assert int(found) <= 2, "the one that serves, and one that is warm"
    done = remote.shop.ecluse("fleet", "run", "--", "hostname; exit 0")
    assert (done.returncode, "3 hosts of 3 did it" in done.stdout) == (0, True), done.stdout + done.stderr
