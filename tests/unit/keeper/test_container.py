"""What a container of a service is started with; the live tests start one."""

from ecluse.keeper.services.container import client, script
from ecluse.keeper.services.kinds import KINDS

ADDRESS = {"host": "127.0.0.1", "port": 4711, "user": "app", "password": "pa'ss", "name": "app", "asks": True}
GIVEN = {"docker": "/usr/bin/docker", "image": "redis:7"}


def test_nobody_who_looks_at_the_processes_sees_the_password():
    assert not any("pa'ss" in word or "4711" in word for word in client(GIVEN))


def test_it_runs_what_a_machine_would_run_with_its_data_in_the_container():
    for kind in ("redis", "postgres"):
        text = script(KINDS[kind], {**ADDRESS, "scratch": True})
        assert "4711" in text
        assert "/scratch/data" in text
        assert "/proc/self/fd" not in text


def test_no_image_is_fetched_and_none_is_left():
    words = client(GIVEN)
    assert words[words.index("--pull") + 1] == "never"
    assert {"--rm", "--interactive"} < set(words)
    assert words[words.index("redis:7") + 1 :] == ["-c", 'eval "$ECLUSE_SCRIPT"']
