"""Command lines are taken apart as a shell would, without running one."""

import pytest

from ecluse.manifest.detect.shell import commands


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("gunicorn a:b", [("gunicorn", "a:b")]),
        ("wait && exec gunicorn 'a:b()' &", [("wait",), ("gunicorn", "a:b()")]),
        ("sh -c 'a; b'", [("a",), ("b",)]),
        ("tini -- env X=1 uv run --with x python m.py", [("python", "m.py")]),
        ("gosu app ./wait-for-it.sh db:5432 -- gunicorn a:b", [("gunicorn", "a:b")]),
        ("newrelic-admin run-program gunicorn a:b", [("gunicorn", "a:b")]),
        ("M=a:b; gunicorn $M -b :${PORT:-80} ${X:-y}", [("gunicorn", "a:b", "-b", ":$PORT", "y")]),
        ('export M=${M:-"a:b"}\n# x\ngunicorn "$M"', [("gunicorn", "a:b")]),
        ("gunicorn \\\n  a:b", [("gunicorn", "a:b")]),
        ("echo 'open", [("echo", "'open")]),
    ],
)
def test_a_line_is_its_commands(text, words):
    assert [command.words for command in commands(text)] == words


def test_folders_and_variables_are_kept():
    (first, second) = commands("cd back && A=1 x; cd ../front; y", {"B": "2"})
    assert (first.folder, first.env) == ("back", {"A": "1", "B": "2"})
    assert (second.folder, second.env) == ("back/../front", {"B": "2"})
