import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime

import pytest

from ecluse.ledger.sqlite import migrations
from ecluse.ledger.sqlite.ledger import PAGE, SqliteLedger
from ecluse.model.events.runs import RunStarted, StepEnded
from ecluse.model.problem import Exit, ProblemError

STEP = StepEnded(environment="local", run="run-1", step="lint", answer="passed", seconds=0.1)


class Stopped:
    """A clock that stands still."""

    def now(self):
        return datetime(2026, 1, 1, tzinfo=UTC)

    def monotonic(self):
        return 0.0

    async def sleep(self, seconds):
        raise NotImplementedError


@pytest.fixture
def path(tmp_path):
    return tmp_path / "ledger.db"


@pytest.fixture
def opened(path):
    ledgers = []

    def opened(**settings):
        ledgers.append(SqliteLedger(path, Stopped(), "ada@lock", **settings))
        return ledgers[-1]

    yield opened
    for ledger in ledgers:
        ledger.close()


def tamper(path, *statements):
    """What somebody with the file in hand could do, past our triggers."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("DROP TRIGGER IF EXISTS events_are_not_edited")
        connection.execute("DROP TRIGGER IF EXISTS events_are_not_deleted")
        for statement in statements:
            connection.execute(statement)


def refused(call):
    with pytest.raises(ProblemError) as caught:
        call()
    return caught.value.problems[0]


def test_nothing_is_made_before_first_use(opened, path):
    opened()
    assert not path.exists()


def test_events_outlive_the_process_that_wrote_them(opened):
    opened().append(STEP)
    assert [record.event for record in opened().events()] == [STEP]


def test_a_commit_waits_for_the_disk(opened):
    ledger = opened()
    ledger.append(STEP)
    (row,) = ledger._connection._to_write().execute("PRAGMA synchronous").fetchall()
    assert row[0] == 2
    (row,) = ledger._connection._to_write().execute("PRAGMA journal_mode").fetchall()
    assert row[0] == "wal"


def test_many_pages_read_as_one(opened):
    ledger = opened()
    ledger.append(*[STEP] * (PAGE + 3))
    assert [record.number for record in ledger.events()] == list(range(1, PAGE + 4))
    assert [record.number for record in ledger.events(after=2, limit=PAGE)][-1] == PAGE + 2
    assert ledger.verify().ok


@pytest.mark.parametrize(
    ("statement", "broken_at"),
    [
        ("UPDATE events SET canonical = replace(canonical, 'passed', 'failed') WHERE number = 2", 2),
        ("UPDATE events SET environment = 'production' WHERE number = 2", 2),
        ("UPDATE events SET previous = 'x' WHERE number = 2", 2),
        ("UPDATE events SET hash = 'x' WHERE number = 2", 2),
        ("DELETE FROM events WHERE number = 1", 1),
        ("DELETE FROM events WHERE number = 2", 2),
        ("DELETE FROM events WHERE number = 3", 3),
        ("UPDATE head SET number = 2", 3),
    ],
)
def test_tampering_is_found_and_the_first_broken_event_named(opened, path, statement, broken_at):
    opened().append(STEP, STEP, STEP)
    tamper(path, statement)
    verification = opened().verify()
    assert (verification.ok, verification.broken_at) == (False, broken_at)


@pytest.mark.parametrize("statement", ["UPDATE events SET environment = 'x'", "DELETE FROM events"])
def test_the_file_itself_refuses_edits(opened, path, statement):
    opened().append(STEP)
    with closing(sqlite3.connect(path)) as connection, pytest.raises(sqlite3.IntegrityError):
        connection.execute(statement)


def test_an_event_that_is_no_event_is_a_problem(opened, path):
    opened().append(STEP)
    tamper(path, "UPDATE events SET canonical = 'nonsense'")
    assert refused(lambda: list(opened().events())).code == "L006"


def test_what_an_append_raises_leaves_nothing_behind(opened):
    ledger = opened()
    with pytest.raises(TypeError):
        ledger.append(STEP, RunStarted(run=object(), verb="ship"))
    assert ledger.verify().events == 0


def test_a_file_of_garbage_is_a_problem_and_stays_as_it_is(opened, path):
    path.write_bytes(b"not a database at all" * 100)
    problem = refused(opened().state)
    assert (problem.code, path.read_bytes()[:3]) == ("L001", b"not")
    assert "mv " in problem.fix


def test_another_program_s_database_is_left_alone(opened, path):
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE theirs (x)")
    before = path.read_bytes()
    assert refused(lambda: opened().append(STEP)).code == "L001"
    assert path.read_bytes() == before


def test_a_newer_format_is_left_alone(opened, path):
    opened().append(STEP)
    tamper(path, "PRAGMA user_version = 99")
    problem = refused(lambda: opened().append(STEP))
    assert problem.code == "L002"
    assert "99" in problem.what


def test_a_writer_that_stays_is_a_problem(opened, path):
    opened().append(STEP)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        problem = refused(lambda: opened(busy_seconds=0.01).append(STEP))
    assert (problem.code, problem.exit) == ("L003", Exit.BUSY)


def test_readers_don_t_wait_for_a_writer(opened, path):
    opened().append(STEP)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert opened(busy_seconds=0.01).state().events == 1


def test_a_folder_that_can_t_be_made_is_a_problem(tmp_path):
    (tmp_path / "file").touch()
    ledger = SqliteLedger(tmp_path / "file" / "ledger.db", Stopped(), "ada@lock")
    assert refused(ledger.state).code == "L004"


def test_a_deferred_event_gets_to_the_disk_on_its_own(opened):
    ledger = opened()
    ledger.defer(STEP)
    timer = ledger._timer
    assert timer is not None
    timer.join()
    assert opened().verify().events == 1


def test_deferring_nothing_starts_no_timer(opened):
    ledger = opened()
    ledger.defer()
    assert ledger._timer is None


def test_deferred_events_share_a_transaction(opened):
    ledger = opened()
    ledger.defer(STEP)
    ledger.defer(STEP)
    first, second = ledger.events()
    assert first.at == second.at


def test_a_deferred_event_that_can_t_be_written_is_told_to_the_next_caller(opened, path):
    opened().append(STEP)
    ledger = opened(busy_seconds=0.01)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        ledger.defer(STEP)
        ledger._timer.join()
        assert refused(ledger.state).code == "L003"
    assert ledger.verify().events == 2


WRITER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from ecluse.ledger.sqlite.ledger import SqliteLedger
from ecluse.model.events.environments import EnvironmentStopped

class Clock:
    def now(self):
        return datetime(2026, 1, 1, tzinfo=UTC)

ledger = SqliteLedger(Path(sys.argv[1]), Clock(), "ada@lock")
for _ in range(25):
    ledger.append(EnvironmentStopped(environment="local"))
ledger.close()
"""


def test_processes_that_begin_and_write_at_once_make_one_chain(opened, path):
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, str(path)]) for _ in range(4)]
    assert [writer.wait(timeout=60) for writer in writers] == [0] * 4
    verification = opened().verify()
    assert (verification.ok, verification.events) == (True, 100)


BEGINNER = """
import sys
from pathlib import Path
from ecluse.ledger.sqlite.connection import Connection

for line in sys.stdin:
    connection = Connection(Path(line.strip()))
    connection.rows("read_head")
    with connection.writing():
        pass
    connection.close()
    print("begun", flush=True)
"""


def test_processes_may_begin_a_ledger_at_the_same_moment(tmp_path):
    command = [sys.executable, "-c", BEGINNER]
    beginners = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1) for _ in range(4)
    ]
    said = []
    for number in range(50):
        for beginner in beginners:
            beginner.stdin.write(f"{tmp_path / str(number)}.db\n")
        said += [beginner.stdout.readline() for beginner in beginners]
    for beginner in beginners:
        beginner.communicate(timeout=60)
    assert said == ["begun\n"] * 200


def test_migrations_are_numbered_without_a_gap():
    assert [number for number, _ in migrations.steps()] == list(range(1, len(migrations.steps()) + 1))


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM events WHERE number = 2",
        "UPDATE events SET hash = 'x' WHERE number = 2",
        "UPDATE head SET hash = 'x'",
        "UPDATE head SET number = 1",
        "UPDATE head SET number = 3",
    ],
)
def test_who_appends_to_a_damaged_end_is_told_of_the_damage(opened, path, statement):
    """And not that the file can't be written."""
    opened().append(STEP, STEP)
    tamper(path, statement)
    problem = refused(lambda: opened().append(STEP))
    assert (problem.code, "--verify" in problem.fix) == ("L008", True)


def test_an_event_that_doesn_t_follow_the_one_before_it_is_refused(opened, path):
    """Whatever a defect of ours would write: a chain with two ends can't be put right."""
    opened().append(STEP, STEP)
    fork = """INSERT INTO events SELECT number + 1, environment, canonical, previous, hash || 'x' FROM events
              WHERE number = 2"""
    with closing(sqlite3.connect(path)) as connection, pytest.raises(sqlite3.IntegrityError, match="follows the one"):
        connection.execute(fork)
