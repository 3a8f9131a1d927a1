"""The BPF program, run by a small interpreter of the three kinds of instructions that it uses."""

import pytest

from ecluse.keeper import routing


def choose(program, *, source, random):
    """What the kernel would do (socket filters, Documentation/networking/filter)."""
    at, accumulator = 0, 0
    while True:
        code, yes, no, value = program[at]
        at += 1
        if code == 0x20:
            accumulator = {0xFFF0000C: source, 0xFFFFF038: random}[value]
        elif code == 0x94:
            accumulator %= value
        elif code == 0x15:
            at += yes if accumulator == value else no
        elif code == 0x35:
            at += yes if accumulator >= value else no
        else:
            return value


@pytest.mark.parametrize("blue", [0, 1, 10, 50, 99, 100])
def test_the_share_of_new_connections_is_exact(blue):
    program = routing.program(blue, ipv4=True)
    picked = [choose(program, source=0x0A000001, random=random) for random in range(1000)]
    assert picked.count(0) == blue * 10


@pytest.mark.parametrize("blue", [0, 50, 100])
@pytest.mark.parametrize("random", [0, 49, 99])
def test_a_private_question_reaches_its_slot_at_any_weight(blue, random):
    program = routing.program(blue, ipv4=True)
    assert choose(program, source=0x7F000002, random=random) == 0
    assert choose(program, source=0x7F000003, random=random) == 1


def test_no_source_address_matters_over_ipv6():
    program = routing.program(0, ipv4=False)
    assert all(instruction.value != 0xFFF0000C for instruction in program)
    assert choose(program, source=0x7F000002, random=0) == 1
