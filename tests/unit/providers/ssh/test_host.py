import pytest

from ecluse.providers.ssh.host import prepared

FACTS = {
    "user": "deploy", "root": False, "python": "3.11.2", "pythons": ["3.11"], "system": "Linux", "kernel": "6.1",
    "machine": "x86_64", "libc": "glibc 2.36", "routing": True, "free_bytes": 1, "memory_bytes": 2, "processors": 2,
    "open_files": 4096, "first_free_port": 1024, "systemd": False, "lingers": None, "crontab": False,
    "environments": ["/home/deploy/x"], "program": "abc", "protocol": 1,
}  # fmt: skip


@pytest.mark.parametrize(
    ("clock", "skew"), [(100.0, 0.0), (101.5, 0.0), (102.0, 0.0), (99.0, -1.0), (3702.0, 3600.0), (-3500.0, -3600.0)]
)
def test_a_clock_between_question_and_answer_is_right(clock, skew):
    said = {"changes": ["a"], "notes": [], "facts": {**FACTS, "clock": clock}}
    found = prepared(said, 100.0, 102.0)
    assert (found.changes, found.facts.skew, found.facts.environments) == (("a",), skew, ("/home/deploy/x",))
