import pytest

from ecluse.model.problem import Exit
from ecluse.providers.process.problems import TOLD, lines, problem, unreachable
from ecluse.wire import codes
from ecluse.wire.codes import OrderError


@pytest.mark.parametrize(
    ("code", "exit_code"),
    [
        (codes.HELD, Exit.BUSY),
        (codes.SUPERSEDED, Exit.BUSY),
        (codes.UNREACHABLE, Exit.UNREACHABLE),
        (codes.PORT_TAKEN, Exit.REFUSED),
        (codes.STAGING_FAILED, Exit.REFUSED),
        (codes.INTERNAL, Exit.NEEDS_PERSON),
        ("K777", Exit.NEEDS_PERSON),
    ],
)
def test_each_code_has_its_exit_code_and_a_fix(code, exit_code):
    (told,) = problem(OrderError(code, "what happened")).problems
    assert (told.code, told.what, told.exit) == (code, "what happened", exit_code)
    assert told.fix


def test_every_code_of_a_keeper_is_told():
    known = {value for name, value in vars(codes).items() if name.isupper() and isinstance(value, str)}
    assert known == set(TOLD)


def test_an_unreachable_keeper_says_why():
    (told,) = unreachable("connection refused").problems
    assert "connection refused" in told.what


def test_evidence_becomes_lines():
    evidence = {
        "holder": {"user": "anne", "pid": 7, "host": ""},
        "output": ["one", "two"],
        "listening": [{"pid": 3, "command": "nginx"}],
        "free_bytes": 0,
    }
    assert list(lines(evidence)) == [
        "holder: user anne, pid 7",
        "output: one",
        "output: two",
        "listening: 3 nginx",
        "free_bytes: 0",
    ]
