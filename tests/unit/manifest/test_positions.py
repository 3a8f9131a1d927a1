import tomllib

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ecluse.manifest.positions import positions
from ecluse.manifest.toml import toml

TEXTS = st.text(st.characters(exclude_characters="*\x7f", exclude_categories=["Cs"]), max_size=8)
NAMES = st.one_of(st.from_regex(r"[A-Za-z0-9_-]{1,5}", fullmatch=True), TEXTS)
SCALARS = st.one_of(TEXTS, st.integers(-99, 99), st.booleans(), st.floats(-9, 9).map(lambda number: round(number, 2)))
VALUES = st.recursive(
    SCALARS, lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(NAMES, inner, max_size=3))
)
TABLES = st.dictionaries(NAMES, st.dictionaries(NAMES, VALUES, max_size=4), max_size=4)
SPACE = st.sampled_from(["", " ", "  # [not.a.table]", "\n\n# a = 1"])


def paths(value, path=()):
    yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, part in inner:
        yield from paths(part, (*path, name))


def key(name: str) -> str:
    return toml({name: 0}).removeprefix("{ ").removesuffix(" = 0 }")


@given(TABLES, SPACE)
def test_every_key_and_value_has_its_place(tables, space):
    text = "".join(
        f"[{key(table)}]{space}\n" + "".join(f"{key(name)} = {toml(value)}{space}\n" for name, value in pairs.items())
        for table, pairs in tables.items()
    )
    assert tomllib.loads(text) == tables
    found = positions(text)
    for path in list(paths(tables))[1:]:
        assert path in found.values
        if isinstance(path[-1], str):
            assert text[found.keys[path] :].startswith(key(path[-1]))
    for table, pairs in tables.items():
        for name, value in pairs.items():
            assert text[found.values[table, name] :].startswith(toml(value))


@example("a.b = 0")
@given(st.text(max_size=200))
def test_whatever_tomllib_accepts_can_be_walked(text):
    text = text.replace("\r\n", "\n")
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return
    found = positions(text)
    placed = {*found.values, *found.keys}  # a table that a dotted key makes has its key alone
    assert set(paths(document)) - {()} <= placed


DOCUMENT = '''\
a.b . "c d" = 1
'e' = [ # first
  1, "two ] # no",
  { x = 1, "y" = [2] },   # }
]
when = 1979-05-27 07:32:00Z # a time
day = 1979-05-27
multi = """
[not] a = "table" \\"""
"""
raw = \'\'\'
'' ] = \'\'\'\'
[ t . u ]
z = -1.5e3
[[list]]
n = 1
[list.inner]
m = 2
[[list]]
n = 3
[list.inner]
m = {}
'''


@pytest.mark.parametrize(
    ("path", "at_key", "place"),
    [
        (("a", "b", "c d"), True, (1, 7)),
        (("a", "b", "c d"), False, (1, 15)),
        (("a", "b"), True, (1, 3)),
        (("e", 0), False, (3, 3)),
        (("e", 1), False, (3, 6)),
        (("e", 2, "y", 0), False, (4, 19)),
        (("when",), False, (6, 8)),
        (("day",), False, (7, 7)),
        (("multi",), False, (8, 9)),
        (("t", "u"), True, (13, 7)),
        (("t", "u"), False, (13, 1)),
        (("t", "u", "z"), False, (14, 5)),
        (("list", 0, "n"), False, (16, 5)),
        (("list", 0, "inner", "m"), True, (18, 1)),
        (("list", 1), False, (19, 1)),
        (("list", 1, "inner", "m"), False, (22, 5)),
        (("list", 1, "inner", "absent"), False, (21, 1)),
        (("absent",), False, (1, 1)),
        ((), True, (1, 1)),
    ],
)
def test_places_in_a_document_of_every_kind(path, at_key, place):
    tomllib.loads(DOCUMENT)
    assert positions(DOCUMENT).of(path, at_key=at_key) == place
