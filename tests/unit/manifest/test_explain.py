import json
import re
import tomllib
from pathlib import Path

import jsonschema
import pytest

from ecluse.manifest import explain
from ecluse.manifest.codes import CODES
from ecluse.manifest.fault import dotted
from ecluse.manifest.jsonschema import json_schema
from ecluse.manifest.keys import section_at, sections
from ecluse.manifest.read import read
from ecluse.manifest.reference import reference
from ecluse.manifest.schema.step import WHAT_IS_RUN
from ecluse.manifest.toml import toml
from ecluse.model.problem import Problem, ProblemError

ROOT = Path(__file__).parents[3]
REFERENCE = ROOT / "docs/reference"
SCHEMA = json_schema()
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
KEYS = [key for section in sections() for key in section.keys]


def test_a_key_is_explained_by_its_type_default_meaning_and_example():
    assert explain.as_text(explain.find("steps.*.timeout")) == (
        "steps.*.timeout\n"
        "  Time for each attempt.\n"
        '  type:     duration ("30s", "1h30m", "200ms", or seconds)\n'
        '  default:  "10m"\n'
        '  example:  timeout = "15m"'
    )


@pytest.mark.parametrize("key", KEYS, ids=lambda key: dotted(key.path))
@pytest.mark.once
def test_every_key_has_a_description_and_an_example(key):
    assert key.description.endswith(".")
    assert key.example is not None
    found = explain.find(dotted(key.path).replace("*", "mine"))
    assert found == key
    assert str(key.path[-1]) in explain.as_text(found)
    assert json.dumps(explain.as_document(found), default=str)


def example_of(key):
    """A manifest in which nothing but `key` and what it can't do without is set."""
    document: dict = {}
    for index in range(len(key.path)):
        section = section_at(key.path[:index])
        for needed in section.keys if section else ():
            if needed.is_required:
                put(document, needed.path, needed.example)
    put(document, ("app", "name"), "shop")
    if key.path[0] == "steps" and key.path[-1] not in WHAT_IS_RUN:
        put(document, ("steps", "*", "command"), "true")
    put(document, key.path, key.example)
    return document


def problems_in(root: Path) -> tuple[Problem, ...]:
    try:
        read(root, {})
    except ProblemError as error:
        return error.problems
    return ()


def put(document, path, value):
    for part in path[:-1]:
        document = document.setdefault("mine" if part == "*" else part, {})
    document[path[-1]] = value


@pytest.mark.parametrize("key", KEYS, ids=lambda key: dotted(key.path))
def test_every_example_is_of_its_type(tmp_path, key):
    """What else such a manifest lacks are contradictions, not types."""
    document = example_of(key)
    VALIDATOR.validate(document)
    (tmp_path / "ecluse.toml").write_text("".join(f"{name} = {toml(value)}\n" for name, value in document.items()))
    assert all(problem.code >= "M030" for problem in problems_in(tmp_path))


@pytest.mark.parametrize(
    ("name", "heading"),
    [("processes", "[processes.*]"), ("processes.web", "[processes.*]"), ("[app]", "[app]"), ("app", "[app]")],
)
def test_a_section_is_explained_by_its_keys(name, heading):
    text = explain.as_text(explain.find(name))
    assert text.startswith(heading)
    assert max(map(len, text.splitlines())) <= explain.WIDTH


def test_without_a_key_all_sections_are_listed():
    text = explain.as_text(explain.find(""))
    assert all(f"[{dotted(section.path)}]" in text for section in sections() if section.path)


def test_a_section_as_json_holds_its_keys():
    document = explain.as_document(explain.find("gates"))
    assert [key["key"] for key in document["keys"]] == ["gates.coverage", "gates.tests", "gates.flaky"]


@pytest.mark.parametrize(
    ("name", "fix"),
    [
        ("processes.web.helth.path", "did you mean 'processes.web.health.path'?"),
        ("gate", "did you mean 'gates'?"),
        ("zzzzzz", "`ecluse explain` lists what there is; a Problem's code is one letter and three digits, as D021"),
    ],
)
def test_an_unknown_key_gets_a_suggestion(name, fix):
    with pytest.raises(ProblemError, match="M070") as caught:
        explain.find(name)
    assert caught.value.problems[0].fix == fix


def test_the_committed_reference_is_current():
    assert (REFERENCE / "manifest.md").read_text() == reference(), (
        "run: python -m ecluse.manifest.reference > docs/reference/manifest.md"
    )


def test_the_annotated_example_is_an_app():
    app = read(REFERENCE / "ecluse.toml", {})
    assert [process.name for process in app.processes] == ["web", "worker"]
    assert [environment.name for environment in app.environments] == ["local", "production"]
    assert app.processes[1].env == {"CELERYD_CONCURRENCY": "2"}


def test_every_code_that_is_used_is_in_the_table_of_codes():
    sources = (ROOT / "src/ecluse").rglob("*.py")
    used = {code for path in sources for code in re.findall(r'"(M\d{3})"', path.read_text())}
    assert used == set(CODES)


class TestJsonSchema:
    def test_it_is_a_schema_of_its_draft(self):
        jsonschema.Draft202012Validator.check_schema(SCHEMA)
        assert SCHEMA["$schema"] == jsonschema.Draft202012Validator.META_SCHEMA["$id"]

    def test_the_annotated_example_fits(self):
        VALIDATOR.validate(tomllib.loads((REFERENCE / "ecluse.toml").read_text()))

    @pytest.mark.parametrize(
        "text",
        [
            "app.nam = 'x'",
            "gates = 3",
            "[steps.X]\ncommand = 'x'",
            "[steps.x]",
            "[steps.x]\ncommand = 'x'\ntimeout = 'soon'",
            "[environments.a]\nport = 'http'",
            "[environments.a]\nstrategy = 'bluegreen'",
            "[app.env]\nA = 1",
        ],
    )
    def test_it_refuses_what_the_reader_refuses(self, text, reading):
        text = f"app.name = 'x'\n{text}"
        with pytest.raises(jsonschema.ValidationError):
            VALIDATOR.validate(tomllib.loads(text))
        with pytest.raises(ProblemError):
            reading(text)

    def test_defaults_are_written_as_in_the_file(self):
        step = SCHEMA["$defs"]["StepTable"]["properties"]
        assert step["timeout"]["default"] == "10m"
        assert "default" not in step["inputs"]
        assert "null" not in json.dumps(SCHEMA)
