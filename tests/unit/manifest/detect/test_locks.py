"""Locks of other tools, old and new."""

import pytest

from ecluse.manifest.detect import detect
from ecluse.manifest.detect.facts import Kind, every
from ecluse.manifest.detect.tree import Tree

PIPENV = (
    '{"default": {\n"flask": {"version": "==3.0"},\n"x": {"path": "."}},\n"develop": {"pytest": {"version": "==8.0"}}}'
)


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("uv.lock", '[[package]]\nname = "shop"\nversion = "1"\nsource = { editable = "." }\n'),
        ("poetry.lock", '[[package]]\nname = "pytest"\nversion = "8.0"\ncategory = "dev"\n'),
        ("poetry.lock", '[[package]]\nname = "pytest"\nversion = "8.0"\ngroups = ["dev"]\n'),
        ("pdm.lock", '[[package]]\nname = "pytest"\nversion = "8.0"\ngroups = ["test"]\n'),
        ("pylock.toml", '[[packages]]\nname = "x"\n'),
    ],
)
def test_a_lock_says_what_the_app_runs_with(file, text):
    key = "packages" if file == "pylock.toml" else "package"
    more = f'\n[[{key}]]\nname = "Flask"\nversion = "3.0"\n'
    (fact,) = [fact for fact in every(detect(Tree.of({file: text + more})), Kind.LOCKED) if not fact.label]
    assert (fact.value, fact.line) == ("flask==3.0", (text + more).splitlines().index('name = "Flask"') + 1)


def test_pipenv_s_lock_is_read():
    found = every(detect(Tree.of({"Pipfile.lock": PIPENV})), Kind.LOCKED)
    assert [(fact.value, fact.label, fact.line) for fact in found] == [("flask==3.0", "", 2), ("pytest==8.0", "dev", 4)]


@pytest.mark.parametrize("text", ["{", "[]", '{"default": []}', '{"default": {"x": 1}}'])
def test_a_broken_lock_is_passed_over(text):
    facts = detect(
        Tree.of({"Pipfile.lock": text, "uv.lock": "package = 1\n", "poetry.lock": "[[package]]\nname = 1\n"})
    )
    assert not every(facts, Kind.LOCKED)
    assert not every(facts, Kind.UNREAD)
