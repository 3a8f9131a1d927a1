"""A shell and commands in the release on a host: a terminal that a real sshd makes, streams of its channels."""

import re

import pytest

from support.fleet import until
from support.remote import opened
from support.ssh_hosts import USER, required
from support.typed import at_a_terminal

pytestmark = [pytest.mark.live, pytest.mark.network]
PROMPT = r"shop production \S+> "
BUSY = """python -c 'import time; print("bu" + "sy", flush=True); time.sleep(300)'"""
TOKEN = "hush-4711-hush"


@pytest.fixture(scope="module")
def remote(tmp_path_factory):
    required()
    with opened(tmp_path_factory.mktemp("fleet"), "web1", "web2", rollout='secrets = ["TOKEN"]') as made:
        made.shop.env["TOKEN"] = TOKEN
        assert made.ship()["outcome"] == "shipped"
        yield made


@pytest.fixture
def seat(remote):
    """Gives people at terminals."""

    def sit(*words):
        return at_a_terminal(remote.shop.root, remote.shop.env, "exec", "production", *words)

    return sit


def arguments(remote):
    """Of all that runs on the hosts, and of what waits there for a person."""
    found = set()
    for name in remote.names:
        for pid in remote.host(name).pids():
            try:
                with open(f"/proc/{pid}/cmdline", "rb") as file:  # noqa: PTH123
                    found.add(file.read())
            except OSError:
                continue
    return found


def test_a_shell_has_a_terminal_of_the_host(remote, seat):
    with seat() as person:
        person.sees(PROMPT)
        person.type("stty size; python -c 'import shop; print(shop.VERSION)'; echo $TOKEN.\n")
        person.sees(rf"33 91\s+\w+\s+{TOKEN}\.")
        person.sees(PROMPT)
        person.type(f"{BUSY}\n")
        person.sees("busy")
        assert not [words for words in arguments(remote) if b"4711" in words]
        person.type("\x03")
        person.sees(PROMPT)
        person.resize(120, 50)
        person.type("sleep 1; stty size; exit 7\n")
        person.sees("50 120")
        assert person.ends() == 7


def test_a_framework_s_shell_runs_on_the_host_that_is_named(remote, seat):
    with seat("--host", "web2", "--", "python", "-i", "-c", "import shop") as person:
        person.sees(">>> ")
        person.type("import subprocess; print(subprocess.getoutput('ip -o -4 address show eth0'))\n")
        person.sees(re.escape(remote.host("web2").address))
        assert remote.status()["lease"], "no deploy passes under it"
        person.type("\x04")
        assert person.ends() == 0
    done = remote.shop.ecluse("exec", "production", "--host", "web7", "--", "true")
    assert (done.returncode, "H012" in done.stderr) == (2, True), done.stderr


def test_what_is_piped_is_read_and_secrets_are_masked(remote):
    with (remote.shop.root / "script").open("w+") as script:
        script.write("import os, sys\nprint(os.environ['TOKEN'], file=sys.stderr)\nprint('a' * 300000)\nexit(5)\n")
        script.seek(0)
        done = remote.shop.ecluse("exec", "production", "--", "python", "-", stdin=script)
    assert (done.returncode, done.stdout, done.stderr) == (5, "a" * 300000 + "\n", "[secret]\n")
    ended = remote.shop.ecluse("exec", "production", "--", "sh", "-c", "kill -TERM $$")
    assert ended.returncode == 143


def test_a_deploy_passes_beside_a_shell_whose_release_stays(remote, seat):
    with seat() as person:
        before = person.sees(r"shop production (\S+)> ")[1]
        remote.shop.sell("two")
        assert remote.ship()["outcome"] == "shipped"
        remote.shop.sell("three")
        assert remote.ship()["outcome"] == "shipped"
        remote.json("fleet", "prune", "--keep", "0")
        person.type("cat $PWD/shop.py | grep ^VERSION; echo $ECLUSE_VERSION.; exit\n")
        person.sees(rf'VERSION = "one"\s+{re.escape(before)}\.')
        assert person.ends() == 0


def test_a_link_that_is_cut_gives_the_terminal_back(remote, seat):
    host = remote.host("web1")
    with seat("--host", "web1") as person:
        person.sees(PROMPT)
        person.type(f"{BUSY}\n")
        person.sees("busy")
        host.cut()
        try:
            assert person.ends() == 5
        finally:
            host.mend()
        assert "H004" in person.seen


def test_an_eviction_ends_a_command_there(remote, seat):
    with seat("--", "sh", "-c", "echo up; exec sleep 4711") as person:
        person.sees("up")
        remote.json("unlock", "production")
        assert person.ends() == 4
        assert "K011" in person.seen
    assert until(lambda: not [words for words in arguments(remote) if b"sleep\x004711" in words], 10)


def test_a_host_that_gives_no_terminal_says_so(remote, seat):
    keys = f"/home/{USER}/.ssh/authorized_keys"
    host = remote.host("web1")
    host.run("sh", "-c", f"cp {keys} {keys}.kept && sed -i 's/^/no-pty /' {keys}")
    try:
        with seat() as person:
            assert person.ends() == 1
            assert "H018" in person.seen
        assert remote.shop.ecluse("exec", "production", "--", "true").returncode == 0
    finally:
        host.run("mv", f"{keys}.kept", keys)
