import pickle
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import FrozenInstanceError, asdict, dataclass, field, fields, is_dataclass, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecluse.model.values import frozen


@frozen
class Point:
    x: int
    y: int = 0
    labels: Mapping[str, str] = field(default_factory=dict)
    note: str = field(default="", compare=False, repr=False)

    @property
    def sum(self):
        return self.x + self.y


@frozen
class Named(Point):
    name: str

    def __post_init__(self):
        if not self.name:
            raise ValueError("it needs a name")


@frozen
class Told:
    """With methods of its own."""

    text: str

    def __repr__(self):
        return "told"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plain:
    x: int
    y: int = 0
    labels: Mapping[str, str] = field(default_factory=dict)
    note: str = field(default="", compare=False, repr=False)


VALUES = st.fixed_dictionaries(
    {"x": st.integers()},
    optional={"y": st.integers(), "labels": st.dictionaries(st.text(), st.text()), "note": st.text()},
)


@given(VALUES, VALUES)
def test_it_is_what_dataclasses_would_make(one, other):
    assert asdict(Point(**one)) == asdict(Plain(**one))
    assert repr(Point(**one)) == repr(Plain(**one)).replace("Plain", "Point")
    assert (Point(**one) == Point(**other)) is (Plain(**one) == Plain(**other))
    assert replace(Point(**one), y=5) == Point(**{**one, "y": 5})


def test_it_is_a_dataclass_before_one_was_made():
    @frozen
    class Fresh:
        x: int

    assert is_dataclass(Fresh)
    assert [one.name for one in fields(Fresh)] == ["x"]
    assert Fresh.__slots__ == ("x",)
    with pytest.raises(TypeError, match=r"Fresh.__init__\(\) missing 1 required keyword-only argument: 'x'"):
        Fresh()
    with pytest.raises(TypeError, match="takes 1 positional argument but 2 were given"):
        Fresh(1)


def test_nothing_of_it_can_be_changed():
    point = Point(x=1)
    with pytest.raises(FrozenInstanceError, match="cannot assign to field 'x'"):
        point.x = 2
    with pytest.raises(FrozenInstanceError, match="cannot delete field 'x'"):
        del point.x
    with pytest.raises(FrozenInstanceError):
        point.other = 1


def test_defaults_are_nobody_else_s():
    assert Point(x=1).labels is not Point(x=1).labels


def test_equal_values_have_one_hash_and_another_class_is_no_equal():
    first, second = Named(x=1, labels=(), name="a"), Named(x=1, labels=(), name="a", note="b")
    assert {first, second} == {first}
    assert Point(x=1, labels=()) != first
    with pytest.raises(TypeError, match="unhashable"):
        hash(Point(x=1))


def test_what_it_inherits_and_says_itself_counts():
    named = Named(x=1, y=2, name="a")
    assert (named.sum, repr(named)) == (3, "Named(x=1, y=2, labels={}, name='a')")
    with pytest.raises(ValueError, match="it needs a name"):
        Named(x=1, name="")
    assert repr(Told(text="x")) == "told"


@pytest.mark.parametrize("again", [deepcopy, lambda made: pickle.loads(pickle.dumps(made))])
def test_a_copy_is_equal_and_frozen(again):
    point = Named(x=1, labels={"a": "b"}, name="c")
    assert again(point) == point
    with pytest.raises(FrozenInstanceError):
        again(point).x = 2
