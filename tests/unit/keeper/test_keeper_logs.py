"""What processes write, asked from a real keeper."""

from support.keeper_host import Orders, eventually

TALKS = """
import sys, time
print("hello", flush=True)
sys.stderr.buffer.write(b"caf\\xe9 \\xff\\n")
sys.stderr.flush()
for number in range(20000):
    print("line", number, "x" * 50)
sys.stdout.flush()
sys.stdout.write("unfinished")
sys.stdout.flush()
time.sleep(600)
"""

TICKS = """
import time
for number in range(1000):
    print("tick", number, flush=True)
    time.sleep(0.02)
"""


def items(orders, **args):
    orders.send("logs", **{"follow": False, "process": None, "lines": 100, **args})
    found = []
    while "item" in (answer := orders.receive()):
        found.append(answer["item"])
    return found


def test_lines_are_kept_with_where_they_come_from(host):
    host.up().take()
    host.orders("start", running=host.running("1", web=TALKS), slot="blue")

    def all_there():
        found = items(host.orders, lines=30000)
        assert len(found) == 20002
        return found

    found = eventually(all_there, 20, AssertionError)
    assert [item["text"] for item in found if item["stream"] == "stderr"] == ["caf\ufffd \ufffd"]
    out = [item for item in found if item["stream"] == "stdout"]
    assert [item["text"][:10] for item in (out[0], out[1], out[-1])] == ["hello", "line 0 xxx", "line 19999"]
    assert {(item["slot"], item["release"], item["process"]) for item in found} == {("blue", "r-1", "web")}
    assert {item["pid"] for item in found} == {host.slot("blue")["processes"][0]["pid"]}
    raw = host.home / "logs" / "raw" / "blue.web.out"
    assert raw.stat().st_blocks * 512 < raw.stat().st_size / 4
    host.orders("stop", slot="blue")
    assert items(host.orders, lines=1)[0]["text"] == "unfinished"


FLOODS = TICKS.replace("time.sleep(0.02)", "pass") + "\ntime.sleep(600)\n"


def test_lines_of_one_release_are_found_behind_those_of_another(host):
    host.up().take()
    host.orders("start", running=host.running("1"), slot="blue")
    eventually(lambda: items(host.orders, releases=["r-1"])[0], 10, IndexError)
    host.orders("start", running=host.running("2", web=FLOODS), slot="green")

    def flooded():
        assert len(items(host.orders, slot="green", lines=2000)) == 1000

    eventually(flooded, 10, AssertionError)
    assert {item["release"] for item in items(host.orders)} == {"r-2"}
    assert [item["text"] for item in items(host.orders, releases=["r-1", ""], lines=5)] == ["started 1"]
    assert [item["text"] for item in items(host.orders, releases=["r-2"], lines=2)] == ["tick 998", "tick 999"]
    assert items(host.orders, slot="blue", ago=0) == []
    assert len(items(host.orders, ago=60, lines=2000)) == 1001


def test_a_follower_of_one_release_gets_nothing_of_another_and_nothing_twice(host):
    host.up().take()
    host.orders("start", running=host.running("1", web=TICKS), slot="blue")
    host.orders("start", running=host.running("2", web=TICKS), slot="green")
    follower = Orders(str(host.home))
    follower.send("logs", follow=True, releases=["r-2"], lines=5)
    found = [follower.receive()["item"] for _ in range(40)]
    follower.close()
    numbers = [int(item["text"].split()[1]) for item in found]
    assert numbers == list(range(numbers[0], numbers[0] + 40))
    assert {item["release"] for item in found} == {"r-2"}


def test_followers_get_what_comes_once_and_in_order(host):
    host.up().take()
    host.orders("start", running=host.running("1", web=TICKS), slot="blue")
    follower = Orders(str(host.home))
    follower.send("logs", follow=True, process="web", lines=5)
    numbers = [int(follower.receive()["item"]["text"].split()[1]) for _ in range(40)]
    follower.close()
    assert numbers == list(range(numbers[0], numbers[0] + 40))
    assert host.orders("observe")["serving"] is None


def test_no_line_is_lost_or_doubled_by_a_killed_keeper(host):
    host.up().take()
    host.orders("start", running=host.running("1", web=TICKS), slot="blue")

    def started():
        assert host.slot("blue")["processes"][0]["log_tail"]

    eventually(started, 10, AssertionError)
    killed = host.kill_keeper()

    def another():
        assert host.identity()["pid"] != killed
        host.reconnect()

    eventually(another, 10, AssertionError)

    def enough():
        found = items(host.orders, lines=1000)
        assert len(found) > 60
        return found

    numbers = [int(item["text"].split()[1]) for item in eventually(enough, 10, AssertionError)]
    assert numbers == list(range(len(numbers)))
