"""How many files go at once."""

import pytest

from ecluse.providers.git.parcels import LARGE, MANY, parcels


def loads(*sizes):
    return [len(parcel) for parcel in parcels({str(number): size for number, size in enumerate(sizes)})]


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        ((), []),
        ((1, 2, 3), [3]),
        ((LARGE, 1), [1, 1]),
        ((1, LARGE, 1), [1, 1, 1]),
        ((LARGE * 9, LARGE // 2, LARGE // 2, 1), [1, 2, 1]),
        ((0,) * (MANY + 1), [MANY, 1]),
    ],
)
def test_none_is_too_large_or_empty(sizes, expected):
    assert loads(*sizes) == expected


def test_all_go_once_in_their_order():
    sizes = {str(number): LARGE // 3 for number in range(10)}
    assert [digest for parcel in parcels(sizes) for digest in parcel] == list(sizes)
