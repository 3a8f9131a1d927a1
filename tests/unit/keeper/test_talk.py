"""Speaking to a keeper through the standard streams of a command, as SSH runs it."""

import json
import struct
import subprocess


def talking(host, start):
    return subprocess.Popen(
        host.command("talk", str(host.home), start), env=host.env, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )


def heard(process):
    head = process.stdout.read(4)
    return json.loads(process.stdout.read(struct.unpack(">I", head)[0])) if head else None


def say(process, **order):
    payload = json.dumps({"v": 1, "id": 1, "args": {}, **order}).encode()
    process.stdin.write(struct.pack(">I", len(payload)) + payload)
    process.stdin.flush()


def test_orders_and_answers_pass_both_ways(host):
    with talking(host, "anyway") as talk:
        greeting = heard(talk)
        assert (greeting["keeper"], greeting["trouble"], greeting["home"]) == (True, "", str(host.home))
        say(talk, order="hello")
        assert heard(talk)["result"]["keeper"] == greeting["program"]
        talk.stdin.close()
        assert talk.wait(10) == 0


def test_none_is_started_that_nobody_wants(host):
    for start in ("never", "left"):
        with talking(host, start) as talk:
            assert heard(talk)["keeper"] is False
            assert talk.wait(10) == 0
    assert not host.home.exists()


def test_one_that_died_is_started_to_take_up_what_it_left(host):
    host.home.mkdir()
    (host.home / "keeper.json").write_text("{}")
    with talking(host, "left") as talk:
        assert heard(talk)["keeper"] is True
        talk.stdin.close()
    assert host.orders("hello")


def test_what_keeps_one_from_starting_is_told(host):
    host.home.parent.mkdir(parents=True, exist_ok=True)
    host.home.write_text("a file where the folder should be")
    with talking(host, "anyway") as talk:
        greeting = heard(talk)
    assert greeting["keeper"] is False
    assert greeting["trouble"]
    host.home.unlink()
