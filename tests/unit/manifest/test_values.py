from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecluse.manifest.amounts import duration, duration_text, size, size_text
from ecluse.manifest.argv import argv_of


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("30s", 30), ("10m", 600), ("1h30m", 5400), ("200ms", 0.2), ("1d", 86400), ("1.5s", 1.5), ("0s", 0)],
)
def test_durations_as_people_write_them(text, seconds):
    assert duration(text) == duration(seconds) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "text", ["", "s", "30", "30 s", "1h 30m", "-5s", "30S", "1w", "5s!", "\u0663s ", -1, 1e99, float("inf")]
)
def test_what_is_no_duration(text):
    with pytest.raises(ValueError):
        duration(text)


@given(st.timedeltas(min_value=timedelta(), max_value=timedelta(days=400)))
def test_a_duration_is_read_back_from_its_text(span):
    assert abs(duration(duration_text(span)) - span) <= timedelta(microseconds=1)


def test_durations_are_written_short():
    assert [duration_text(timedelta(seconds=s)) for s in (0, 30, 600, 5400, 0.2)] == [
        "0s",
        "30s",
        "10m",
        "1h30m",
        "200ms",
    ]


@pytest.mark.parametrize(
    ("text", "count"),
    [("512M", 512 * 1024**2), ("2GiB", 2 * 1024**3), ("1KB", 1024), ("1T", 1024**4), ("7", 7), (7, 7)],
)
def test_sizes_as_people_write_them(text, count):
    assert size(text) == count


@pytest.mark.parametrize("text", ["", "M", "1.5G", "-1", "512 M", "1P"])
def test_what_is_no_size(text):
    with pytest.raises(ValueError):
        size(text)


@given(st.integers(0, 2**60))
def test_a_size_is_read_back_from_its_text(count):
    assert size(size_text(count)) == count


@pytest.mark.parametrize(
    ("command", "argv"),
    [
        (["a b", "$c"], ("a b", "$c")),
        ("pytest -q 'a b'", ("pytest", "-q", "a b")),
        ("python -m app --name=x", ("python", "-m", "app", "--name=x")),
        ("a && b", ("/bin/sh", "-euc", "a && b")),
        ("serve --port $PORT", ("/bin/sh", "-euc", "serve --port $PORT")),
        ("A=1 serve", ("/bin/sh", "-euc", "A=1 serve")),
        ("ls *.py", ("/bin/sh", "-euc", "ls *.py")),
        ("a\nb", ("/bin/sh", "-euc", "a\nb")),
        ("  x  ", ("x",)),
    ],
)
def test_text_becomes_argv(command, argv):
    assert argv_of(command) == argv


@pytest.mark.parametrize("command", ["", "  ", [], [""], [" "], "a 'b", ["a\0"], "''"])
def test_what_is_no_command(command):
    with pytest.raises(ValueError):
        argv_of(command)
