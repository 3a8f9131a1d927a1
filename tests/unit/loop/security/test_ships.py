"""Which environments ask the gate."""

import pytest

from ecluse.loop.gates import gates_of, is_lenient
from ecluse.manifest.read import read

MANIFEST = """
[app]
name = "shop"
[processes.worker]
command = "work"
[steps.lint]
command = "true"
[security]
[environments.local]
[environments.named]
port = 8002
gates = ["lint"]
[environments.all]
port = 8001
"""


class Wanted:
    def __init__(self, app, name):
        self.app, self.environment = app, app.environment(name)


@pytest.mark.parametrize(
    ("name", "gates", "lenient"),
    [
        ("local", ("lint", "security"), True),
        ("named", ("lint", "security"), False),
        ("all", ("lint", "security"), False),
    ],
)
def test_the_gate_is_one_of_each_environment_and_strict_beyond_local(tmp_path, name, gates, lenient):
    (tmp_path / "ecluse.toml").write_text(MANIFEST)
    wanted = Wanted(read(tmp_path, {}), name)
    assert (gates_of(wanted), is_lenient(wanted)) == (gates, lenient)


def test_local_may_leave_it_out(tmp_path):
    (tmp_path / "ecluse.toml").write_text(
        MANIFEST.replace("[environments.local]\n", "[environments.local]\ngates = []\n")
    )
    assert gates_of(Wanted(read(tmp_path, {}), "local")) == ()
