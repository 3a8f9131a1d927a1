"""The file of known failures."""

from hypothesis import given
from hypothesis import strategies as st

from ecluse.loop.test.junit import canonical
from ecluse.loop.test.known import names, renewed, without

FILE = """\
# ours
tests/test_a.py::test_one  # ticket 7

tests.test_a.test_two
"tests.test_a.test[ # ]" # odd
"""


def test_names_are_read_without_comments():
    assert names(FILE) == {"tests.test_a.test_one", "tests.test_a.test_two", "tests.test_a.test[ # ]"}


def test_a_line_is_removed_with_its_comment_and_nothing_else():
    assert without(FILE, {"tests.test_a.test_one"}) == FILE.replace("tests/test_a.py::test_one  # ticket 7\n", "")
    assert without(FILE, {"gone"}) == FILE


def test_a_new_file_says_what_it_is_and_why_each_test_fails():
    text = renewed("", {"b": "assert 0\n", "a": ""})
    assert text.startswith("# Tests that are known to fail")
    assert text.endswith("\na\nb  # assert 0\n")


def test_what_is_said_about_one_that_still_fails_is_kept():
    text = renewed(FILE, {"tests.test_a.test_one": "other", "new": "why"})
    assert text == "# ours\ntests/test_a.py::test_one  # ticket 7\n\nnew  # why\n"


@given(st.dictionaries(st.text(min_size=1), st.text(), max_size=5))
def test_every_name_is_read_back(failures):
    failures = {canonical(name): why for name, why in failures.items() if canonical(name)}
    assert names(renewed("", failures)) == failures.keys()
