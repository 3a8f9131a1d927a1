import subprocess
import sys
import threading

from ecluse.serving.lanes import Lanes
from ecluse.wire import page


def claimed(seen):
    return [index for index in range(page.LANES) if seen.lane(index)[0]]


def elsewhere(path, work):
    """Do `work` with a lane in a process of its own."""
    subprocess.run(
        [sys.executable, "-c", f"from ecluse.serving.lanes import Lanes; lane = Lanes({path!r}).mine(); {work}"],
        check=True,
    )


def test_a_request_has_a_class_and_a_bucket(path, seen):
    lane = Lanes(path).mine()
    lane.count("4", 0.003)
    totals = seen.totals()
    assert totals.fields == {**dict.fromkeys(page.FIELDS[1:], 0), "requests": 1, "4xx": 1}
    assert totals.buckets[page.BOUNDS.index(0.005)] == 1


def test_a_request_that_nobody_answered_has_no_status_class(path, seen):
    lane = Lanes(path).mine()
    lane.count("", 100)
    fields = seen.totals().fields
    assert (fields["requests"], fields["unanswered"]) == (1, 1)
    assert (fields["requests"], sum(fields[name] for name in ("1xx", "2xx", "3xx", "4xx", "5xx"))) == (1, 0)
    assert seen.totals().buckets[-1] == 1


def test_each_status_has_its_class(path, seen):
    lane = Lanes(path).mine()
    for first in (1, 2, 3, 4, 5):
        lane.count(first, 0)
        lane.count(str(first), 0)
    fields = seen.totals().fields
    assert [fields[name] for name in ("1xx", "2xx", "3xx", "4xx", "5xx")] == [2] * 5


def test_threads_that_run_at_once_never_share_a_lane(path, seen):
    lanes, together = Lanes(path), threading.Barrier(8)

    def serve():
        together.wait()
        for _ in range(500):
            lanes.mine().count("2", 0)
        together.wait()

    threads = [threading.Thread(target=serve) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(claimed(seen)) == 8
    assert seen.totals().fields["2xx"] == 4000


def test_a_thread_that_ended_leaves_its_lane_to_the_next(path, seen):
    lanes = Lanes(path)
    for _ in range(page.LANES * 2):
        thread = threading.Thread(target=lambda: lanes.mine().count("2", 0))
        thread.start()
        thread.join()
    assert len(claimed(seen)) == 1
    assert seen.totals().fields["2xx"] == page.LANES * 2


def test_two_processes_never_share_a_lane(path, seen):
    lane = Lanes(path).mine()
    elsewhere(path, "lane.count('2', 0)")
    lane.count("2", 0)
    assert claimed(seen) == [0, 1]
    assert seen.totals().fields["2xx"] == 2


def test_a_lane_outlives_its_process_but_not_what_was_open(path, seen):
    elsewhere(path, "lane.count('2', 0); lane.websockets(1); __import__('os')._exit(0)")
    assert seen.totals().fields["websockets"] == 1
    Lanes(path).mine()
    assert claimed(seen) == [0]
    assert (seen.totals().fields["2xx"], seen.totals().fields["websockets"]) == (1, 0)


def test_more_threads_than_lanes_are_served_uncounted_and_said(path, seen, capsys):
    others = [Lanes(path) for _ in range(page.LANES)]
    held = [lanes.mine() for lanes in others]
    late = Lanes(path).mine()
    late.count("2", 0)
    assert len(held) == len(claimed(seen))
    assert seen.totals().fields["requests"] == 0
    assert "all 64 lanes are taken" in capsys.readouterr().err


def test_the_phase_is_read_anew_each_time(path, seen):
    lanes = Lanes(path)
    phases = []
    for phase in (page.SERVING, page.LAME, page.SERVING):
        seen.phase = phase
        phases.append(lanes.lame())
    assert phases == [False, True, False]
