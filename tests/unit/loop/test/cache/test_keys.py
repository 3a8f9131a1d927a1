"""What a step's key depends on, and what it doesn't."""

from dataclasses import replace
from datetime import timedelta

import pytest

from ecluse.loop.test.cache.keys import Basis, can_be_kept, keys_of
from ecluse.model.app import Evidence, Gates, Step
from ecluse.model.service import Service
from ecluse.ports.source import Entry

STEP = Step(
    name="build", command=("make",), inputs=("src/**",), env={"LEVEL": "1"}, pass_env=("WANTED",), secrets=("TOKEN",),
    tools=("make",), outputs=("dist/",),
)  # fmt: skip


def entry(path, content, mode="file"):
    return Entry(path=path, mode=mode, object=content)


def basis(**changed):
    made = {
        "entries": (entry("src/a.py", "1"), entry("README", "2")),
        "environments": {"": "e"},
        "platform": "Linux",
        "tool": "1.0",
        "gates": Gates(),
        "passed": {"WANTED": "w", "OTHER": "o"},
        "secrets": {"TOKEN": "t", "MORE": "m"},
        "program": lambda name, path: f"content of {name} on {path}",
    }
    return Basis(**made | changed)


def digest(step=STEP, *others, **changed):
    return keys_of((step, *others), basis(**changed))[step.name].digest


@pytest.mark.parametrize(
    "changed",
    [
        {"entries": (entry("src/a.py", "9"), entry("README", "2"))},
        {"entries": (entry("src/a.py", "1", "executable"), entry("README", "2"))},
        {"entries": (entry("src/b.py", "1"), entry("README", "2"))},
        {"entries": (entry("src/a.py", "1"), entry("src/new.py", "3"), entry("README", "2"))},
        {"environments": {"": "another"}},
        {"platform": "another"},
        {"tool": "1.1"},
        {"gates": Gates(tests=False)},
        {"passed": {"WANTED": "another"}},
        {"passed": {}},
        {"secrets": {"TOKEN": "another"}},
        {"program": lambda *_: "another"},
    ],
)
def test_what_it_depends_on_changes_it(changed):
    assert digest(**changed) != digest()


@pytest.mark.parametrize(
    "changed",
    [
        {"entries": (entry("src/a.py", "1"), entry("README", "9"))},
        {"entries": (entry("README", "2"), entry("src/a.py", "1"))},
        {"passed": {"WANTED": "w", "OTHER": "another"}},
        {"secrets": {"TOKEN": "t"}},
        {"services": (Service(name="db", kind="postgres"),)},
    ],
)
def test_what_it_does_not_see_does_not(changed):
    assert digest(**changed) == digest()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "another"),
        ("command", ("make", "all")),
        ("folder", "src"),
        ("inputs", None),
        ("outputs", ()),
        ("env", {"LEVEL": "2"}),
        ("pass_env", ()),
        ("secrets", ()),
        ("tools", ()),
        ("evidence", Evidence(junit="report.xml")),
    ],
)
def test_each_part_of_a_step_counts(field, value):
    assert digest(replace(STEP, **{field: value})) != digest()


@pytest.mark.parametrize(
    ("field", "value"), [("retries", 3), ("timeout", timedelta(seconds=9)), ("gate", False), ("group", "test")]
)
def test_how_it_is_run_does_not(field, value):
    assert digest(replace(STEP, **{field: value})) == digest()


def test_services_count_where_a_step_finds_them():
    db, newer = (Service(name="db", kind="postgres", version=version) for version in ("16", "17"))
    step = replace(STEP, services=("db",))
    assert digest(step, services=(db,)) != digest(step, services=(newer,))


def test_a_service_counts_in_the_version_that_is_there():
    services = (Service(name="db", kind="postgres"),)
    step = replace(STEP, services=("db",))
    old, new = (digest(step, services=services, version=lambda _, told=told: told) for told in ("16.3", "16.4"))
    assert old != new
    assert digest(version=lambda _: "16.3") == digest(version=lambda _: "16.4")


def test_a_step_depends_on_the_steps_that_it_needs():
    test = replace(STEP, name="test", inputs=(), needs=("build",))
    before = keys_of((test, STEP), basis())
    after = keys_of((test, STEP), basis(entries=(entry("src/a.py", "9"),)))
    assert before["test"].digest != after["test"].digest


def test_no_value_of_a_variable_stands_in_it():
    parts = keys_of((STEP,), basis(passed={"WANTED": "hash of it"}))["build"].parts
    assert parts["variable WANTED"] == "hash of it"
    assert len(parts["env LEVEL"]) == 64, "a hash"


def test_a_list_that_is_not_the_commit_s_keeps_a_step_from_being_kept():
    listed = replace(STEP, evidence=Evidence(junit="r.xml", known_failures="known.txt"))
    assert not can_be_kept(listed, basis())
    assert can_be_kept(listed, basis(entries=(entry("known.txt", "1"),)))
    assert not can_be_kept(replace(STEP, cache=False), basis())
