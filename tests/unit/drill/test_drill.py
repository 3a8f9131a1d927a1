"""The parts of a drill, without any keeper."""

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from ecluse.drill.customers import Customers
from ecluse.drill.faults import Fault
from ecluse.drill.observer import end_all, happens, is_alive, processes_of, release_at, send
from ecluse.drill.rehearsal import rehearse, verdict
from ecluse.drill.scratch import scratch
from ecluse.drill.shop import environment, free_ports
from ecluse.drill.stage import NotPossibleError
from ecluse.drill.story import Promise, Rehearsed, Story
from ecluse.keeper import vault
from ecluse.keeper.places import Home

pytestmark = pytest.mark.once  # slow, and not about Python

KEPT, BROKEN = (Promise(what="p", kept=kept, seen="") for kept in (True, False))


class Nobody:
    def begins(self, _): ...

    def hears(self, _): ...

    def ends(self, _): ...


@pytest.fixture
def temporary(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


@pytest.fixture
def sleeper(tmp_path):
    process = subprocess.Popen(["sleep", "60"], cwd=tmp_path)
    yield process
    process.kill()
    process.wait()


@pytest.mark.parametrize(
    ("rehearsed", "outcome"),
    [
        (Rehearsed(scenario="s", promises=(KEPT, KEPT)), "held"),
        (Rehearsed(scenario="s", promises=(KEPT, BROKEN)), "broken"),
        (Rehearsed(scenario="s", promises=(KEPT,), broke="it never came"), "broken"),
        (Rehearsed(scenario="s"), "broken"),
        (Rehearsed(scenario="s", impossible="no root"), "skipped"),
    ],
)
def test_a_scenario_holds_when_every_promise_was_kept_and_there_was_one(rehearsed, outcome):
    assert rehearsed.outcome == outcome


def test_what_is_skipped_does_not_pass_when_it_was_asked_for():
    held, skipped = Rehearsed(scenario="a", promises=(KEPT,)), Rehearsed(scenario="b", impossible="no root")
    assert verdict((held, skipped), named=False) == "held"
    assert verdict((held, skipped), named=True) == "broken"
    assert verdict((skipped,), named=False) == "broken"


def test_a_scenario_that_breaks_off_is_told_and_cleared_away(temporary):
    left = []

    def breaks(stage):
        left.append(subprocess.Popen(["sleep", "60"], cwd=stage.folder))
        (stage.folder / "read-only").mkdir(mode=0o500)
        stage.require(happened=False, otherwise="no keeper came")

    (rehearsed,) = rehearse(["one"], 1, Nobody(), {"one": breaks})
    assert (rehearsed.outcome, rehearsed.broke) == ("broken", "no keeper came")
    assert left[0].wait(10) == -signal.SIGKILL
    assert list(temporary.iterdir()) == []


def test_what_is_not_possible_is_skipped(temporary):
    def needs(_):
        raise NotPossibleError("it takes root")

    (rehearsed,) = rehearse(["one"], 1, Nobody(), {"one": needs})
    assert (rehearsed.outcome, rehearsed.impossible) == ("skipped", "it takes root")


def test_the_scratch_of_a_rehearsal_that_goes_on_is_left_alone(temporary):
    with scratch() as first, scratch() as second:
        assert first.exists()
        assert first != second
    assert list(temporary.iterdir()) == []


def test_signals_are_as_before_afterwards(temporary):
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    with pytest.raises(KeyboardInterrupt), scratch():
        os.kill(os.getpid(), signal.SIGTERM)
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before
    assert list(temporary.iterdir()) == []


def test_a_process_is_known_by_where_it_is_and_what_it_was_told(tmp_path, sleeper):
    told = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)", str(tmp_path / "a")])
    stranger = subprocess.Popen(["sleep", "60"], cwd="/")
    try:
        assert happens(lambda: set(processes_of(tmp_path)) == {sleeper.pid, told.pid}, 5)
        send(stranger.pid, signal.SIGKILL, tmp_path)
        end_all(tmp_path)
        assert processes_of(tmp_path) == []
        assert is_alive(stranger.pid)
    finally:
        for process in (told, stranger):
            process.kill()
            process.wait()


def test_nobody_answers_on_a_free_port():
    assert release_at(f"http://127.0.0.1:{free_ports(2)}/") == ""


def test_a_fault_needs_a_boundary_that_exists_and_sleeps_until_it_is_armed(tmp_path):
    with pytest.raises(ValueError, match="tuple"):
        Fault("route.during", "kill", tmp_path)
    fault = Fault("route.after", "kill", tmp_path)
    assert fault.variables == {"ECLUSE_FAULT": f"route.after:kill:{tmp_path}/reached"}
    assert fault.comes(0), "it looks as if it had happened, so that no keeper does it"
    fault.arm()
    assert not fault.comes(0)


def test_commands_are_led_nowhere_else_by_the_callers_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("ECLUSE_HOME", "/home/of/production")
    monkeypatch.setenv("GIT_DIR", "/home/of/a/repository")
    found = environment(tmp_path / "tmp")
    assert not {"ECLUSE_HOME", "GIT_DIR"} & set(found)
    assert found["TMPDIR"] == str(tmp_path / "tmp")


SERVER = """
import http.server, sys
class Answer(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(int(sys.argv[1]))
        self.send_header("X-Release", "r1")
        self.send_header("Content-Length", "0")
        self.end_headers()
    do_POST = do_GET
    def log_message(self, *words): pass
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer)
print(server.server_port, flush=True)
server.serve_forever()
"""


@pytest.mark.parametrize(("status", "lost"), [(200, False), (500, True)])
def test_customers_count_by_release_and_name_the_release_that_failed_them(tmp_path, status, lost):
    server = subprocess.Popen([sys.executable, "-c", SERVER, str(status)], stdout=subprocess.PIPE, text=True)
    try:
        url = f"http://127.0.0.1:{server.stdout.readline().strip()}/"
        with Customers({"a": url, "b": url}, tmp_path) as customers:
            assert happens(lambda: False, 0.5) is False
    finally:
        server.kill()
        server.communicate()
    count = customers.count
    assert set(count.seen) == {"r1"}
    if lost:
        assert (count.answered, count.lost[0].endswith("status 500 of r1")) == (0, True)
    else:
        assert 0 < count.answered == count.by_release["r1"] < 8 / 0.01
    assert processes_of(tmp_path) == []


def test_a_story_without_an_answer_has_not_kept_the_promise_to_lose_none(tmp_path):
    story = Story(tell=lambda _: None)
    with Customers({"a": f"http://127.0.0.1:{free_ports(1)}/"}, tmp_path) as customers:
        pass
    story.lost_none(customers.count)
    assert not story.promises[0].kept


def test_the_secrets_that_a_keeper_kept_in_memory_go_with_the_scratch(temporary, tmp_path_factory):
    memory = tmp_path_factory.mktemp("memory")
    with scratch() as folder:
        kept = secrets_of(folder / "a", memory / memory_of(folder / "a"))
        strange = secrets_of(folder / "b", memory / memory_of(folder / "somewhere-else"))
    assert list(temporary.iterdir()) == []
    assert not kept.exists()
    assert (strange / "secrets").exists()


def test_those_of_a_drill_that_was_killed_go_with_the_next_one(temporary, tmp_path_factory):
    left = temporary / "ecluse-drill-left"
    left.mkdir()
    (left / "lock").touch()
    kept = secrets_of(left / "a", tmp_path_factory.mktemp("memory") / memory_of(left / "a"))
    with scratch():
        assert not kept.exists()


def memory_of(environment):
    """The name that a keeper's vault gives."""
    return Path(vault._folder(Home(str(environment)), (str(environment.parent),))).name


def secrets_of(environment, memory):
    """As a keeper leaves them that is killed."""
    for folder in (environment, memory):
        folder.mkdir()
    (memory / "secrets").write_text("{}")
    (environment / "secrets").symlink_to(memory / "secrets")
    return memory
