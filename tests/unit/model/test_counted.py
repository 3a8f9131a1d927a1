"""Numbers in words."""

import pytest

from ecluse.model.counted import counted, sized


@pytest.mark.parametrize(
    ("number", "said"), [(0, "0 requests"), (1, "1 request"), (2, "2 requests"), (1200, "1,200 requests")]
)
def test_one_thing_is_no_several_things(number, said):
    assert counted(number, "request") == said


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (3_140_000, "3.1 MB"), (999_990, "1.0 MB"),
        (20_400_000_000, "20.4 GB"), (10**16, "10000.0 TB"),
    ],
)  # fmt: skip
def test_bytes_are_told_as_people_do(number, said):
    assert sized(number) == said
