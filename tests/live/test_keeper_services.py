"""A real keeper with real services."""

import json
import os
import signal
import socket
from contextlib import suppress
from pathlib import Path

import pytest

from support.keeper_host import Host, RefusedError, eventually
from support.service_programs import programs

pytestmark = [pytest.mark.live, pytest.mark.timeout(240)]

KINDS = ("postgres", "redis", "mysql", "rabbitmq")
SHOWS = """
import os, time
print(os.environ["ADDRESS"], flush=True)
time.sleep(600)
"""


@pytest.fixture
def host(tmp_path):
    made = Host(tmp_path / "home")
    yield made
    left = made.end()
    assert not left, f"left running: {left}\n{made.life()}"


def given(kind, name="db", *, asks=True):
    return {"name": name, "kind": kind, "programs": str(programs(kind)), "version": "", "asks": asks}


def seen(host, name="db"):
    return next(one for one in host.orders("observe")["services"] if one["name"] == name)


def address(host, name="db"):
    return json.loads((host.home / "services" / name / "address.json").read_text())


@pytest.mark.parametrize("kind", KINDS)
def test_a_service_answers_when_it_is_provided_and_is_gone_when_all_is_shut(host, kind):
    wanted = given(kind)
    host.up().take()
    host.orders("provide", services=[wanted])
    one = seen(host)
    assert (one["kind"], one["state"], one["restarts"]) == (kind, "running", 0)
    socket.create_connection((one["host"], one["port"]), 5).close()
    host.orders("provide", services=[wanted])
    assert seen(host)["pid"] == one["pid"]
    host.orders("shut")
    with pytest.raises(OSError, match="refused"):
        socket.create_connection((one["host"], one["port"]), 5)
    assert working_in(host.home) == []


def working_in(folder):
    """Processes whose working folder lies there, whoever started them."""
    found = []
    for path in Path("/proc").iterdir():
        try:
            if path.name.isdigit() and str((path / "cwd").readlink()).startswith(f"{folder}/services"):
                found.append(int(path.name))
        except OSError:
            continue
    return found


@pytest.mark.parametrize("kind", ["postgres", "redis"])
def test_a_killed_service_comes_back_where_it_was(host, kind):
    host.up().take()
    host.orders("provide", services=[given(kind)])
    before, where = seen(host), address(host)
    os.kill(before["pid"], signal.SIGKILL)

    def back():
        one = seen(host)
        assert one["state"] == "running"
        assert one["pid"] not in (None, before["pid"])
        assert one["restarts"] >= 1
        return one

    again = eventually(back, 30, AssertionError)
    assert again["last_exit"] == "SIGKILL"
    host.orders("provide", services=[given(kind)])
    assert {key: address(host)[key] for key in ("port", "password")} == {
        key: where[key] for key in ("port", "password")
    }


def test_a_service_goes_on_while_its_keeper_is_killed(host):
    host.up().take()
    host.orders("provide", services=[given("redis")])
    before = seen(host)
    killed = host.kill_keeper()
    host.wait_for_another_keeper(killed)
    after = seen(host)
    assert (after["pid"], after["state"], after["restarts"]) == (before["pid"], "running", 0)


def test_a_service_that_ended_without_a_keeper_is_started_by_the_next_one(host):
    host.up().take()
    host.orders("provide", services=[given("redis")])
    before = seen(host)
    holder = host.holder_pid()
    os.kill(holder, signal.SIGSTOP)
    host.kill_keeper()
    os.kill(before["pid"], signal.SIGKILL)
    os.kill(holder, signal.SIGKILL)
    host.up()
    host.reconnect()

    def back():
        one = seen(host)
        assert one["state"] == "running"
        assert one["pid"] != before["pid"]

    eventually(back, 30, AssertionError)


def test_a_process_is_told_the_address_and_nobody_else_knows_the_password(host):
    host.up().take()
    host.orders("provide", services=[given("redis")])
    running = host.running("1", web=SHOWS)
    running["services"] = [{"name": "db", "env": {"ADDRESS": "redis://:{password}@{host}:{port}/0"}}]
    running["env"] = {"ADDRESS": "somewhere else"}
    host.orders("begin", deployment="d-1", running=running, slot="blue")
    host.orders("start", running=running, slot="blue")
    where = address(host)
    expected = f"redis://:{where['password']}@127.0.0.1:{where['port']}/0"

    def printed():
        assert [process["log_tail"] for process in host.slot("blue")["processes"]] == [[expected]]

    eventually(printed, 10, AssertionError)
    ran = host.orders("run", running=running, argv=["/bin/sh", "-c", "echo $ADDRESS"], seconds=10)
    assert ran["output"] == f"redis://:[secret]@127.0.0.1:{where['port']}/0\n"
    words = Path(f"/proc/{seen(host)['pid']}/cmdline").read_bytes()
    assert where["password"].encode() not in words
    assert where["password"] not in (host.home / "journal.json").read_text()
    assert where["password"] not in (host.home / "services.json").read_text()
    host.orders("abort", deployment="d-1", why="the test is over")


def test_a_reset_begins_anew(host):
    host.up().take()
    host.orders("provide", services=[given("redis")])
    where = address(host)
    assert told(host, "SET a kept", "GET a") == ["+OK", "$4", "kept"]
    assert host.orders("withdraw", names=["db"]) == {"stopped": ["db"]}
    host.orders("provide", services=[given("redis")])
    assert told(host, "GET a") == ["$4", "kept"]
    host.orders("reset", names=["db"])
    assert seen(host)["state"] == "running"
    assert told(host, "GET a") == ["$-1"]
    assert {key: address(host)[key] for key in ("port", "password")} == {
        key: where[key] for key in ("port", "password")
    }


def told(host, *commands):
    """What Redis answers, line by line."""
    where = address(host)
    with socket.create_connection((where["host"], where["port"]), 5) as connection:
        words = (f"AUTH {where['password']}", *commands, "QUIT")
        connection.sendall("".join(f"{word}\r\n" for word in words).encode())
        answer = b""
        while piece := connection.recv(1024):
            answer += piece
    return answer.decode().split("\r\n")[1:-2]


def test_a_broker_asks_for_the_password_as_soon_as_it_is_handed_over(host):
    host.up().take()
    for asks in (False, True, False):
        host.orders("provide", services=[given("rabbitmq", asks=asks)])
        where = address(host)
        assert lets_in(where, where["user"]) is not asks
        assert lets_in(where, where["password"]) is asks


START_OK, TUNE = b"\0\x0a\0\x0b", b"\0\x0a\0\x1e"
"""Methods of AMQP 0-9-1's class connection."""


def lets_in(where, password):
    """Whether RabbitMQ goes on after it was told that password."""
    said = f"\0{where['user']}\0{password}".encode()
    payload = START_OK + bytes(4) + b"\x05PLAIN" + len(said).to_bytes(4, "big") + said + b"\x05en_US"
    with socket.create_connection((where["host"], where["port"]), 20) as connection:
        connection.sendall(b"AMQP\0\0\x09\x01")
        frame(connection)
        connection.sendall(b"\x01\0\0" + len(payload).to_bytes(4, "big") + payload + b"\xce")
        return frame(connection)[:4] == TUNE


def frame(connection):
    """The payload of the next frame; empty when there is none any more."""
    with connection.makefile("rb") as file, suppress(ConnectionResetError):
        head = file.read(7)
        return file.read(int.from_bytes(head[3:], "big") + 1) if head else b""
    return b""


def test_a_service_that_cant_start_says_why(host):
    programs("postgres")
    host.up().take()
    data = host.home / "services" / "db" / "postgres"
    data.mkdir(parents=True)
    (data / "PG_VERSION").write_text("9.6\n")
    (data / "postgresql.conf").touch()
    data.chmod(0o700)
    with pytest.raises(RefusedError) as refused:
        host.orders("provide", services=[given("postgres")])
    assert refused.value.code == "K050"
    assert "9.6" in refused.value.evidence["log"]


def test_a_database_belongs_to_an_ordinary_account(host):
    if os.geteuid() != 0:
        pytest.skip("only root has to become somebody else")
    host.up().take()
    host.orders("provide", services=[given("postgres")])
    data = host.home / "services" / "db" / "postgres"
    owner = data.stat().st_uid
    assert owner != 0
    assert Path(f"/proc/{seen(host)['pid']}").stat().st_uid == owner
    assert {path.lstat().st_uid for path in data.rglob("*")} == {owner}
    assert (host.home / "services" / "db").stat().st_uid == 0
