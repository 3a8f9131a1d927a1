import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecluse.wire.record import BrokenRecordError, seal, unseal

CONTENT = {"open": {"id": "d-1"}, "finished": [1, None, "é"]}


def test_a_record_comes_back():
    assert unseal(seal(CONTENT)) == CONTENT


@given(st.integers(min_value=0, max_value=len(seal(CONTENT)) - 1))
def test_a_cut_record_shows(length):
    with pytest.raises(BrokenRecordError):
        unseal(seal(CONTENT)[:length])


@given(st.integers(min_value=0, max_value=len(seal(CONTENT)) - 1), st.integers(min_value=1, max_value=255))
def test_a_changed_byte_shows(index, change):
    data = bytearray(seal(CONTENT))
    data[index] ^= change
    with pytest.raises(BrokenRecordError):
        unseal(bytes(data))


def test_garbage_is_no_record():
    for garbage in (b"", b"\0" * 400, b"{}", b"\n\n", seal(CONTENT) + b"more"):
        with pytest.raises(BrokenRecordError):
            unseal(garbage)


def test_a_sealed_list_is_no_record():
    with pytest.raises(BrokenRecordError):
        unseal(seal([1]))
