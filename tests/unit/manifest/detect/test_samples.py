"""Configuration files from which people are to start."""

import pytest

from ecluse.manifest.detect import samples
from ecluse.manifest.detect.facts import Kind
from ecluse.manifest.detect.tree import Tree

READS = "import os\nconf = load(os.environ.get('SHOP_SETTINGS'))\n"


def found(*paths, code=READS):
    facts = list(samples.read(Tree.of({"shop.py": code, **dict.fromkeys(paths, "")})))
    return (
        [fact.value for fact in facts if fact.kind is Kind.SAMPLE],
        {fact.value: fact.label for fact in facts if fact.kind is Kind.CONFIGURED},
    )


def test_one_for_development_goes_before_a_sample():
    listed, named = found("etc/shop.sample.cfg", "etc/shop-dev.cfg", "config.yml.example")
    assert listed == ["etc/shop-dev.cfg", "etc/shop.sample.cfg", "config.yml.example"]
    assert named == {"SHOP_SETTINGS": "etc/shop-dev.cfg"}


@pytest.mark.parametrize(
    "path",
    [
        "docker-compose.dev.yml",
        "package.json",
        "tests/sample.cfg",
        "setup.cfg",
        "shop_dev.py",
        ".dev.toml",
        "example.md",
    ],
)
def test_what_configures_something_else_is_none(path):
    assert found(path) == ([], {})


def test_a_variable_with_a_default_needs_none():
    assert found("dev.ini", code="import os\nos.environ.get('SHOP_SETTINGS', 'dev.ini')\n")[1] == {}
    assert found("dev.ini", code="import os\nos.environ['DJANGO_SETTINGS_MODULE']\n")[1] == {}


def test_flask_s_own_way_to_name_one():
    code = "app.config.from_envvar('SHOP_CONFIG')\n"
    assert found("config.example.py", code=code)[1] == {"SHOP_CONFIG": "config.example.py"}
