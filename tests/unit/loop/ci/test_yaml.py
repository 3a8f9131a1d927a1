"""What is written is read again as it was meant."""

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ecluse.loop.ci.yaml import Noted, to_yaml

TEXTS = st.text() | st.sampled_from(
    ["on", "No", "1", "1.0", "a: b", "a #b", "- a", "~", "null", "", " a", "a ", "a\nb\n", ".5", ".inf", ".NaN"]
)
VALUES = st.recursive(
    TEXTS | st.booleans() | st.integers(),
    lambda inner: st.lists(inner) | st.dictionaries(TEXTS, inner),
    max_leaves=12,
)


def nested_lists(value):
    if isinstance(value, dict):
        return any(map(nested_lists, value.values()))
    return isinstance(value, list) and any(isinstance(item, list) or nested_lists(item) for item in value)


@given(st.dictionaries(TEXTS, VALUES.filter(lambda value: not nested_lists(value)), min_size=1))
@pytest.mark.once
def test_any_document_is_read_as_it_was_written(document):
    assert yaml.safe_load(to_yaml(document)) == document


def test_texts_that_need_no_quotes_have_none_and_comments_stand_behind():
    written = to_yaml({"uses": Noted("actions/x@1f", "v1"), "if": 'a == "b"', "run": "a\nb\n"}, header=("made",))
    assert written == "# made\n\nuses: actions/x@1f # v1\n\nif: 'a == \"b\"'\n\nrun: |\n  a\n  b\n"
