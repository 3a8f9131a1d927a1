"""Who reads changes nothing, whatever the file's age and wherever it lies; who writes brings it up."""

import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ecluse.ledger.sqlite.ledger import SqliteLedger
from ecluse.model.events.deployments import DeploymentCommitted, DeploymentStarted
from ecluse.model.events.releases import ReleaseMade
from ecluse.model.events.runs import RunEnded, RunStarted, StepEnded
from ecluse.model.problem import ProblemError
from support.older_ledger import make_older, schema_of

pytestmark = pytest.mark.once  # slow, and not about Python

OLD = range(1, 6)
NOBODY = 65534
STEP = StepEnded(run="run-0", step="test", answer="passed", seconds=1.0)


class Stopped:
    def now(self):
        return datetime(2026, 1, 1, tzinfo=UTC)


def history(number):
    """A ship that went well."""
    run, release, deployment = f"run-{number}", f"r-{number}", f"d-{number}"
    return (
        RunStarted(run=run, verb="ship"),
        StepEnded(run=run, step="test", answer="passed", seconds=1.0, log="x" * 200),
        ReleaseMade(release=release, version=f"1.0.{number}", commit="c", bundle="b", config="f", notes="n" * 200),
        DeploymentStarted(
            environment="local", deployment=deployment, release=release, version="1", slot="blue", settings=""
        ),
        DeploymentCommitted(
            environment="local", deployment=deployment, release=release, version="1", slot="blue", verb="ship"
        ),
        RunEnded(run=run, outcome="shipped", seconds=2.0),
    )


def opened(path, **settings):
    return closing(SqliteLedger(path, Stopped(), "ada@lock", **settings))


def fill(path, ships):
    with opened(path) as ledger:
        ledger.append(*[event for number in range(ships) for event in history(number)])


def all_of(ledger):
    return (
        tuple(ledger.events()), ledger.newest(limit=3), ledger.state(), ledger.deployments(), ledger.runs(),
        ledger.steps(), ledger.verify(),
    )  # fmt: skip


def files(folder):
    """A mere look leaves the index of a log that SQLite makes for readers too, and takes it away again."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture
def path(tmp_path):
    folder = tmp_path / "home"
    folder.mkdir()
    return folder / "ledger.db"


@pytest.fixture
def shared():
    """A folder that other users may look into."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        home.mkdir()
        Path(folder).chmod(0o755)
        yield home


@pytest.fixture
def small_disk(tmp_path):
    """Of 8 MiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(folder)], check=False, capture_output=True
    )
    if mounted.returncode:
        pytest.skip("a file system can't be mounted here")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill_disk(folder, *, leave=0):
    with suppress(OSError), (folder / "filling").open("wb", buffering=0) as filling:
        while True:
            filling.write(bytes(4096))
    os.truncate(folder / "filling", (folder / "filling").stat().st_size - leave)


@pytest.mark.parametrize("schema", OLD)
def test_an_older_file_is_read_whole_and_left_as_it_is(path, schema):
    fill(path, 3)
    with opened(path) as ledger:
        known = all_of(ledger)
    make_older(path, schema)
    before = files(path.parent)
    with opened(path) as ledger:
        assert all_of(ledger) == known
    assert files(path.parent) == before


@pytest.mark.parametrize("schema", OLD)
def test_who_writes_to_an_older_file_brings_it_up(path, schema):
    fill(path, 3)
    make_older(path, schema)
    with opened(path) as ledger:
        before = ledger.state()
        ledger.append(*history(4))
        assert ledger.state().releases.keys() == {*before.releases, "r-4"}
        known = all_of(ledger)
        assert known[-1].ok
        ledger.rebuild()
        assert all_of(ledger) == known
    assert schema_of(path) == 6


def test_to_look_makes_nothing(tmp_path):
    with opened(tmp_path / "none" / "ledger.db") as ledger:
        assert (ledger.state().events, tuple(ledger.events()), ledger.verify().ok) == (0, (), True)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("schema", [0, 3, 5])
def test_who_looked_before_another_wrote_sees_it(path, schema):
    if schema:
        fill(path, 1)
        make_older(path, schema)
    with opened(path) as reader, opened(path) as writer:
        before = reader.state()
        writer.append(*history(9))
        assert reader.state().events == before.events + 6
        assert "r-9" in reader.state().releases


@pytest.mark.parametrize("schema", [3, 5, 6])
def test_on_a_full_disk_it_is_read(small_disk, schema):
    path = small_disk / "ledger.db"
    fill(path, 200)
    with opened(path) as ledger:
        known = all_of(ledger)
    make_older(path, schema)
    fill_disk(small_disk)
    with opened(path) as ledger:
        assert all_of(ledger) == known
        with pytest.raises(ProblemError) as caught:
            ledger.append(*history(999))
        assert caught.value.problems[0].code == "L005"
        assert all_of(ledger) == known


def test_bringing_it_up_takes_no_room_for_the_events_again(small_disk):
    path = small_disk / "ledger.db"
    fill(path, 1)
    with opened(path) as ledger:
        ledger.append(*[STEP] * 3000)
    make_older(path, 5)
    assert path.stat().st_size > 2**20
    fill_disk(small_disk, leave=200 * 1024)
    with opened(path) as ledger:
        ledger.append(STEP)
        assert (ledger.verify().ok, schema_of(path)) == (True, 6)


@pytest.mark.parametrize("schema", [3, 5, 6])
def test_on_a_read_only_disk_it_is_read(small_disk, schema):
    path = small_disk / "ledger.db"
    fill(path, 3)
    make_older(path, schema)
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    with opened(path) as ledger:
        assert ledger.state().events == 18
        assert len(tuple(ledger.events())) == 18
        with pytest.raises(ProblemError) as caught:
            ledger.append(*history(4))
        assert caught.value.problems[0].code == "L004"
        assert ledger.state().events == 18


KILLED = """
import os, signal, sys
from pathlib import Path
from ecluse.ledger.sqlite.ledger import SqliteLedger
from ecluse.model.events.environments import EnvironmentStopped
from ecluse.system.clock import SystemClock

SqliteLedger(Path(sys.argv[1]), SystemClock(), "ada@lock").append(EnvironmentStopped(environment="local"))
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize("disk", ["full", "read-only"])
def test_what_a_killed_writer_left_is_read_there_too(small_disk, disk):
    path = small_disk / "ledger.db"
    fill(path, 1)
    subprocess.run([sys.executable, "-c", KILLED, str(path)], check=False)
    assert path.with_name("ledger.db-wal").stat().st_size
    if disk == "full":
        fill_disk(small_disk)
    else:
        subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    with opened(path) as ledger:
        assert (ledger.state().events, ledger.verify().ok) == (7, True)


@pytest.fixture
def somebody_else():
    """Whoever owns the files, it isn't this process."""
    if os.geteuid() == 0:
        os.seteuid(NOBODY)
        yield
        os.seteuid(0)
    else:
        yield


@pytest.mark.parametrize("schema", [3, 5, 6])
@pytest.mark.parametrize("is_open", [False, True], ids=["closed", "open"])
def test_somebody_else_s_file_is_read_while_its_owner_writes(shared, request, schema, is_open):
    path = shared / "ledger.db"
    fill(path, 3)
    make_older(path, schema)
    with opened(path) as owner:
        if is_open:
            owner.append(*history(3))
        events = 24 if is_open else 18
        for file in path.parent.iterdir():
            file.chmod(0o444)
        path.parent.chmod(0o555)
        request.getfixturevalue("somebody_else")
        with opened(path) as ledger:
            assert (ledger.state().events, ledger.verify().ok) == (events, True)
            with pytest.raises(ProblemError) as caught:
                ledger.append(*history(4))
            assert caught.value.problems[0].code == "L004"


def test_a_log_that_can_t_be_read_with_its_file_is_not_passed_over(shared, request):
    """What a writer that was killed left is part of the ledger."""
    path = shared / "ledger.db"
    with opened(path) as ledger:
        ledger.append(*history(1))
        left = files(shared)
    for name in ("ledger.db", "ledger.db-wal"):
        (shared / name).write_bytes(left[name])
    assert left["ledger.db-wal"]
    path.parent.chmod(0o555)
    request.getfixturevalue("somebody_else")
    with opened(path) as ledger, pytest.raises(ProblemError) as caught:
        ledger.state()
    assert caught.value.problems[0].code == "L004"


WRITER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from pathlib import Path
from ecluse.ledger.sqlite.ledger import SqliteLedger
from ecluse.model.events.environments import EnvironmentStopped

class Clock:
    def now(self):
        return datetime(2026, 1, 1, tzinfo=UTC)

ledger = SqliteLedger(Path(sys.argv[1]), Clock(), "ada@lock")
ledger.append(EnvironmentStopped(environment="local"))
ledger.close()
"""


@pytest.mark.parametrize("does", [SqliteLedger.state, lambda ledger: ledger.append(STEP)], ids=["read", "write"])
def test_a_log_of_another_file_doesn_t_get_into_this_one(path, tmp_path, does):
    """As it is left where a copy from a backup was put in the place of a ledger whose last writer was killed."""
    fill(path, 3)
    before = path.read_bytes()
    other = tmp_path / "other.db"
    with closing(sqlite3.connect(other)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE theirs (x)")
        path.with_name("ledger.db-wal").write_bytes(other.with_name("other.db-wal").read_bytes())
    with opened(path) as ledger, pytest.raises(ProblemError) as caught:
        does(ledger)
    assert (caught.value.problems[0].code, path.read_bytes()) == ("L001", before)


def test_who_looked_while_another_had_written_may_write_too(path):
    with opened(path) as other, opened(path) as ledger:
        other.append(*history(1))
        ledger.state()
        ledger.append(*history(2))
        other.append(*history(3))
        assert (ledger.state().events, ledger.verify().ok) == (18, True)


def begin_writer(path):
    return subprocess.Popen([sys.executable, "-c", WRITER, str(path)])


def test_several_bring_it_up_at_once(path):
    fill(path, 200)
    make_older(path, 1)
    writers = [begin_writer(path) for _ in range(4)]
    while any(writer.poll() is None for writer in writers):
        with opened(path) as reader:
            assert len(reader.runs(limit=999)) == 200
    assert [writer.wait() for writer in writers] == [0] * 4
    with opened(path) as ledger:
        assert (ledger.verify().ok, ledger.state().events) == (True, 1204)


@pytest.mark.parametrize("moment", range(4))
def test_one_that_is_killed_while_it_brings_it_up_changed_nothing(path, moment):
    """Neither are projections left empty for the next one."""
    fill(path, 400)
    make_older(path, 1)
    writer = begin_writer(path)
    log = path.with_name("ledger.db-wal")
    while writer.poll() is None and not log.exists():
        time.sleep(0.001)
    time.sleep(0.05 * moment)
    writer.send_signal(signal.SIGKILL)
    writer.wait()
    with opened(path) as ledger:
        assert len(ledger.runs(limit=9999)) == 400
        ledger.append(*history(400))
        assert len(ledger.runs(limit=9999)) == 401
        assert ledger.verify().ok


def test_a_newer_one_that_came_meanwhile_is_not_written_to(path):
    fill(path, 1)
    with opened(path) as ledger:
        ledger.append(*history(1))
        with closing(sqlite3.connect(path)) as newer:
            newer.execute("PRAGMA user_version = 7")
        with pytest.raises(ProblemError) as caught:
            ledger.append(*history(2))
        assert caught.value.problems[0].code == "L002"
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM events").fetchone()[0] == 12
