"""A manifest that names several apps."""

import json

import pytest

from ecluse.manifest.find import find
from ecluse.manifest.jsonschema import json_schema
from ecluse.manifest.members import members
from ecluse.model.problem import ProblemError

TWO = """
[apps.shop]
folder = "services/shop"
[apps.admin]
folder = "admin"
"""


@pytest.fixture
def named(tmp_path):
    def named(text, file="ecluse.toml"):
        (tmp_path / file).write_text(text)
        return members(find(tmp_path))

    return named


def test_apps_are_named_with_their_folders_in_the_file_s_order(named):
    assert list(named(TWO).items()) == [("shop", "services/shop"), ("admin", "admin")]


def test_pyproject_may_name_them_too(named):
    assert named(TWO.replace("[apps", "[tool.ecluse.apps"), "pyproject.toml")["admin"] == "admin"


def test_the_manifest_of_an_app_names_none(named, plain):
    assert named(plain) == {}
    assert named(plain.replace('"shop"', '"apps"')) == {}


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        (TWO + "[app]\nname = 'x'", ["6:2 M058"]),
        ("[apps]", ["1:1 M014"]),
        ("[apps.shop]", ["1:1 M011"]),
        ("[apps.Shop]\nfolder = 'x'", ["1:7 M015"]),
        ("[apps.shop]\nfolder = '../x'", ["2:10 M019"]),
        ("[apps.shop]\nfolder = 'x'\nfoldr = 'y'", ["3:1 M012"]),
        ("apps = 1", ["1:8 M010"]),
    ],
)
def test_what_is_wrong_is_said_with_its_place(wrong, text, problems):
    assert wrong(text) == problems


def test_it_isn_t_the_manifest_of_one_app(reading):
    with pytest.raises(ProblemError) as caught:
        reading(TWO)
    (problem,) = caught.value.problems
    assert (problem.code, problem.fix) == ("M059", "name one: --app shop, or go into its folder")


def test_the_json_schema_knows_both_kinds():
    schema = json_schema()
    assert schema["anyOf"] == [{"required": ["app"]}, {"required": ["apps"]}]
    assert "MemberTable" in json.dumps(schema["properties"]["apps"])
