import pytest

from ecluse.manifest.fault import matches
from ecluse.manifest.interpolation import COMMANDS, Interpolation
from ecluse.manifest.keys import sections

ENV = {"A": "1", "EMPTY": "", "PORT": "8080", "DOLLAR": "${A}$$", "YES": "true", "HALF": "0.5", "TIME": "1m"}


def fill(value: str):
    walk = Interpolation(ENV)
    return walk.fill(value, ("x",)), [fault.code for fault in walk.faults]


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("plain", "plain"),
        ("${A}", "1"),
        ("x${A}y${A}", "x1y1"),
        ("${NONE:-d}", "d"),
        ("${NONE:-}", ""),
        ("${A:-d}", "1"),
        ("${EMPTY}", ""),
        ("${EMPTY:-d}", "d"),
        ("$$", "$"),
        ("$${A}", "${A}"),
        ("$$$$", "$$"),
        ("$A $", "$A $"),
        ("${DOLLAR}", "${A}$$"),
        ("${NONE:-http://x:1/}", "http://x:1/"),
    ],
)
def test_references_are_filled_in(text, filled):
    assert fill(text) == (filled, [])


def test_every_missing_variable_of_a_value_is_named_at_once():
    walk = Interpolation(ENV)
    walk.fill("${NONE}-${A}-${OTHER}-${NONE}", ("x",))
    assert [fault.what for fault in walk.faults] == ["the environment variable NONE is not set (nor OTHER)"]


@pytest.mark.parametrize(
    ("text", "codes"),
    [("${NONE}", ["M020"]), ("${", ["M021"]), ("${1A}", ["M021"]), ("${A-b} ${NONE}", ["M021", "M020"])],
)
def test_what_cannot_be_filled_in_is_a_fault(text, codes):
    assert fill(text) == (text, codes)


def test_a_missing_variable_is_not_the_callers_value():
    walk = Interpolation({})
    walk.fill({"a": ["${B:-x}", "${C}"]})
    assert walk.used == {"B", "C"}
    assert [fault.path for fault in walk.faults] == [("a", 1)]


def test_commands_are_left_to_their_shell(reading):
    app = reading(
        """
app.name = "${A}"
app.migrate = "m ${A} $$"
[steps.x]
command = ["echo", "${A}"]
env = { A = "${A}", command = "${A}" }
[processes.p]
command = "p ${A}"
[build]
commands = ["c ${A}", ["${A}"]]
""",
        ENV,
    )
    assert app.name == "1"
    assert app.migrate[2] == "m ${A} $$"
    assert app.steps[0].command == ("echo", "${A}")
    assert app.steps[0].env == {"A": "1", "command": "1"}
    assert app.processes[0].command[2] == "p ${A}"
    assert app.build.commands == (("/bin/sh", "-euc", "c ${A}"), ("${A}",))


def test_every_command_of_the_schema_is_left_alone():
    commands = {key.path for section in sections() for key in section.keys if "command (" in key.kind}
    assert commands == set(COMMANDS)
    assert all(any(matches(path, pattern) for pattern in COMMANDS) for path in commands)


def test_a_reference_may_stand_where_a_number_or_a_truth_value_is_wanted(reading):
    app = reading(
        """
app.name = "x"
[steps.x]
command = "x"
coverage = "c.json"
retries = "${A}"
gate = "${YES}"
timeout = "${TIME}"
[gates]
coverage = "${HALF}"
[processes.p]
command = "p"
limits.memory = "${PORT}M"
drain = "${A}"
[environments.local]
port = "${PORT}"
""",
        ENV,
    )
    assert app.environments[0].port == 8080
    assert (app.steps[0].retries, app.steps[0].gate, app.steps[0].timeout.seconds) == (1, True, 60)
    assert app.gates.coverage == 0.5
    assert app.processes[0].limits.memory == 8080 * 1024**2
    assert app.processes[0].drain.seconds == 1


def test_a_variable_that_is_no_number_is_a_wrong_type(wrong):
    assert wrong('app.name = "x"\n[environments.local]\nport = "${PORT}"', {"PORT": "http"}) == ["3:8 M010"]
