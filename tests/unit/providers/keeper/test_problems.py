import pytest

from ecluse.model.problem import Exit
from ecluse.providers.keeper.problems import TOLD, lines, problem, unreachable
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


def test_of_a_holder_only_what_a_person_needs_is_told():
    holder = {
        "id": "h-1m8c", "host": "vm", "pid": 7, "user": "anne", "command": "ecluse ship", "start_time": 12,
        "boot": "b71", "namespace": "pid:[4026531836]",
    }  # fmt: skip
    held = OrderError(codes.HELD, "held", {"holder": holder, "generation": 3, "age": 11.7, "left": 18.2})
    assert problem(held).problems[0].evidence == (
        "holder: user anne, host vm, pid 7, command ecluse ship",
        "since: 12 s ago",
    )
    waits = OrderError(codes.HELD, "waits", {"holder": holder})
    assert problem(waits).problems[0].evidence == ("holder: user anne, host vm, pid 7, command ecluse ship",)
    assert problem(OrderError(codes.SUPERSEDED, "over", {"generation": 3, "holder": None})).problems[0].evidence == ()
