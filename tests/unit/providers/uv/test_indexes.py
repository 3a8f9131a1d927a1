"""Packages that come from an index of their own."""

import tomllib

import pytest

from ecluse.model.app import Build
from ecluse.model.problem import ProblemError
from ecluse.providers.uv import indexes
from ecluse.providers.uv.indexes import Indexed
from ecluse.providers.uv.sources import question

OURS = "https://index.example/simple"
SOURCE = f'[[tool.poetry.source]]\nname = "Ours"\nurl = "{OURS}"\npriority = "explicit"\n'
POETRY = '[tool.poetry.dependencies]\ntill = { version = "^1", source = "ours" }\nshop = "*"\n'
PIPFILE = f"""
[[source]]
name = "mirror"
url = "https://mirror.example/simple"
[[source]]
name = "ours"
url = "{OURS}"
[packages]
shop = {{ version = "*", index = "mirror" }}
Till = {{ version = "*", index = "ours" }}
"""


def asked(files, **build):
    return question(files.get, Build(**build), "3.11.7", tests=False)


@pytest.mark.parametrize(
    ("files", "build"),
    [
        ({"pyproject.toml": POETRY + SOURCE}, {}),
        ({"pyproject.toml": '[project]\nname = "a"\ndependencies = ["till>=1", "shop"]\n' + POETRY + SOURCE}, {}),
        ({"Pipfile": PIPFILE}, {}),
        ({"Pipfile": PIPFILE, "Pipfile.lock": '{"default": {"till": {"version": "==1.0"}}}'}, {}),
        ({"pyproject.toml": POETRY + SOURCE, "poetry.lock": 'package = [{ name = "till", version = "1.0" }]'}, {}),
    ],
)
def test_a_package_with_an_index_of_its_own_is_asked_for_there(files, build):
    found = asked(files, **build)
    assert found.indexed == Indexed({"till": OURS})
    own, _ = found.indexed.split(found.lines)
    assert [indexes.name_of(line) for line in own] == ["till"]


def test_uv_s_table_counts_for_lines_that_uv_doesn_t_read_from_it():
    text = f'[tool.uv.sources]\ntill = {{ index = "ours" }}\n[[tool.uv.index]]\nname = "ours"\nurl = "{OURS}"\n'
    assert indexes.of_uv(tomllib.loads(text)) == Indexed({"till": OURS})


def test_pdm_s_patterns_name_the_packages_of_a_source():
    source = {"name": "ours", "url": OURS, "include_packages": ["till*"]}
    document = {"tool": {"pdm": {"source": [{"name": "any", "url": "https://x.example"}, source]}}}
    assert indexes.of_pdm(document, ["till", "till-more", "shop"]) == Indexed({"till": OURS, "till-more": OURS})


def test_what_a_lock_has_from_an_index_and_leads_to_is_pinned_there_too():
    legacy = f'[package.source]\ntype = "legacy"\nurl = "{OURS}"\nreference = "ours"\n'
    lock = (
        '[[package]]\nname = "shop"\nversion = "1.0"\n[package.dependencies]\ntill = ">=1"\n'
        f'[[package]]\nname = "till"\nversion = "1.0"\n{legacy}[[package]]\nname = "other"\nversion = "1.0"\n{legacy}'
    )
    found = asked({"pyproject.toml": '[tool.poetry.dependencies]\nshop = "*"\n', "poetry.lock": lock})
    assert found.lines == ("shop", "till==1.0")
    assert found.indexed.split(found.lines)[0] == ("till==1.0",)


@pytest.mark.parametrize("name", ["pypi", "PyPI"])
def test_the_usual_index_is_that_of_the_settings(name):
    assert indexes.of_poetry(tomllib.loads(POETRY.replace('"ours"', f'"{name}"'))) == indexes.NONE


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"pyproject.toml": POETRY}, "which no [[tool.poetry.source]] declares"),
        ({"Pipfile": PIPFILE.replace('name = "ours"', 'name = "theirs"')}, "which no [[source]] declares"),
        (
            {"pyproject.toml": POETRY.replace("shop = ", 'TILL = { source = "b" }\nshop = ') + SOURCE},
            "several indexes: ours, b",
        ),
    ],
)
def test_an_index_that_isn_t_known_is_refused(files, said):
    with pytest.raises(ProblemError) as caught:
        asked(files)
    (problem,) = caught.value.problems
    assert (problem.code, said in problem.what) == ("B016", True)


def test_what_uv_is_told_pins_each_to_its_index():
    indexed = Indexed({"till": "https://${NAME}:$WORD@index.example/simple", "bag": "https://b.example"})
    text = indexed.with_variables({"NAME": "ann", "WORD": "x"}).project(['till>=1 ; extra == "a"', "Bag"])
    document = tomllib.loads(text)
    assert document["project"]["dependencies"] == ['till>=1 ; extra == "a"', "Bag"]
    (one, other) = document["tool"]["uv"]["index"]
    assert (one["url"], one["explicit"]) == ("https://ann:x@index.example/simple", True)
    assert document["tool"]["uv"]["sources"] == {"till": {"index": one["name"]}, "bag": {"index": other["name"]}}
