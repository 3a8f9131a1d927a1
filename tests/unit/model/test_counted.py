"""Numbers in words."""

import pytest

from ecluse.model.counted import counted


@pytest.mark.parametrize(
    ("number", "said"), [(0, "0 requests"), (1, "1 request"), (2, "2 requests"), (1200, "1,200 requests")]
)
def test_one_thing_is_no_several_things(number, said):
    assert counted(number, "request") == said
