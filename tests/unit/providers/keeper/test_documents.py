from datetime import UTC, datetime, timedelta

from ecluse.model.app import Interface, Limits, Listen, Process
from ecluse.model.holder import Holder
from ecluse.model.ids import ProcessName
from ecluse.model.observed import SlotState
from ecluse.model.slot import Slot
from ecluse.providers.keeper import documents
from ecluse.testing.releases import release_of

WEB = Process(
    name=ProcessName("web"),
    app="shop:app",
    interface=Interface.WSGI,
    threads=4,
    drain=timedelta(seconds=12),
    limits=Limits(memory=1 << 30),
)
WORKER = Process(name=ProcessName("worker"), command=("celery", "worker"), stop_signal="INT", env={"A": "b"})
OWN = Process(name=ProcessName("web"), command=("serve",), listen=Listen.PORT, enabled=False)


def test_a_release_becomes_a_document():
    wanted = release_of("1.0.0", WEB)
    document = documents.running(wanted, "3.12")
    assert document["release"] == {"id": wanted.release.id, "version": "1.0.0", "commit": wanted.release.commit}
    assert (document["environment"], document["port"], document["python"]) == ("local", 8000, "3.12")


def test_processes_keep_what_they_need():
    web, worker, own = documents.running(release_of("1.0.0", WEB, WORKER, OWN), "")["processes"]
    assert (web["web"], web["interface"], web["server"], web["threads"]) == (True, "wsgi", "auto", 4)
    assert (web["drain"], web["keep_alive"], web["limits"]) == (12.0, 5.0, {"memory": 1 << 30, "open_files": None})
    assert (worker["web"], worker["command"], worker["stop_signal"]) == (False, ["celery", "worker"], "INT")
    assert (own["web"], own["listen"], own["enabled"]) == (True, "port", False)


HOLDER = {"id": "h", "host": "here", "pid": 7, "user": "anne", "command": "ship", "start_time": 5, "boot": "b"}
SEEN = {
    "at": 1000.5,
    "url": "http://127.0.0.1:8000",
    "slots": [
        {
            "slot": "blue",
            "state": "lame",
            "release": "r-1",
            "version": "1.0.0",
            "weight": 0,
            "processes": [
                {
                    "name": "web",
                    "pid": None,
                    "state": "waiting",
                    "restarts": 2,
                    "started_at": 900,
                    "last_exit": "SIGKILL",
                    "log_tail": ["boom"],
                }
            ],
            "counters": {
                "requests": 3,
                "statuses": {"2xx": 3},
                "buckets": [1, 2],
                "connections": 1,
                "closed_at_end": 0,
            },
            "guarantees": ["lame-duck"],
            "warm_until": 1100,
        },
        {
            "slot": "green",
            "state": "empty",
            "release": None,
            "version": None,
            "weight": 100,
            "processes": [],
            "counters": {"requests": 0, "statuses": {}, "buckets": [], "connections": 0, "closed_at_end": 0},
            "guarantees": [],
            "warm_until": None,
        },
    ],
    "serving": "green",
    "generation": 4,
    "lease": {"holder": HOLDER, "generation": 4, "age": 1.0, "left": 29.0},
    "open": {
        "id": "d-2",
        "release": "r-2",
        "version": "2.0.0",
        "slot": "green",
        "previous": None,
        "generation": 4,
        "last_move": "start",
        "done": True,
        "made": ["begin"],
        "decided": None,
        "held": None,
    },
    "finished": [{"id": "d-1", "release": "r-1", "outcome": "committed", "why": "", "at": 990}],
    "routing": "kernel",
    "keeper_pid": 99,
    "keeper_version": "abc",
    "warnings": ["careful"],
}


def test_an_observation_is_read_whole():
    seen = documents.observed(SEEN)
    blue = seen.slot(Slot.BLUE)
    assert seen.at == datetime(1970, 1, 1, 0, 16, 40, 500000, tzinfo=UTC)
    assert (blue.state, blue.processes[0].last_exit, blue.processes[0].log_tail) == (
        SlotState.LAME,
        "SIGKILL",
        ("boom",),
    )
    assert (blue.counters.buckets, blue.guarantees) == ((1, 2), ("lame-duck",))
    assert blue.warm_until == datetime(1970, 1, 1, 0, 18, 20, tzinfo=UTC)
    assert (seen.serving, seen.generation, seen.warnings) == (Slot.GREEN, 4, ("careful",))
    assert seen.lease is not None
    assert seen.lease.holder == Holder(id="h", host="here", pid=7, user="anne", command="ship")
    assert seen.open is not None
    assert (seen.open.previous, seen.open.last_move) == (None, "start")
    assert seen.finished[0].outcome == "committed"


def test_nothing_under_way_is_none():
    seen = documents.observed({**SEEN, "lease": None, "open": None, "serving": None, "finished": []})
    assert (seen.lease, seen.open, seen.serving, seen.finished) == (None, None, None, ())


def test_an_answer_has_its_bytes():
    answer = {"status": 200, "headers": {"a": "b"}, "body": "AP8=", "seconds": 0.1, "why": ""}
    assert documents.answered(answer).body == b"\x00\xff"


def test_a_log_line_has_its_time():
    item = {"at": "2030-01-01T00:00:00+00:00", "slot": "blue", "release": "r-1", "process": "web", "pid": 3,
            "stream": "stdout", "text": "hello"}  # fmt: skip
    assert documents.log_line(item).at == datetime(2030, 1, 1, tzinfo=UTC)
