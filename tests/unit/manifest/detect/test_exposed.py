"""Env files that git doesn't ignore: found by their name, told without a value."""

import pytest

from ecluse.manifest import envfiles
from ecluse.manifest.detect import exposed
from ecluse.manifest.detect.tree import Tree

KEY = "sk_live_" + "4" * 24


@pytest.mark.parametrize("path", [".env", ".env.production", ".env.local", "backend/.env", ".ENV.prod"])
def test_an_env_file_is_known_by_its_name(path):
    assert envfiles.is_env_file(path)


@pytest.mark.parametrize(
    "path",
    [".env.example", ".env.production.sample", ".env.test", ".env.development", ".envrc", "env.py", "tests/.env",
     "node_modules/x/.env", ".environment", "docker/.env.template", ".github/.env.ci"],
)  # fmt: skip
def test_what_is_there_to_be_read_by_others_is_none(path):
    assert not envfiles.is_env_file(path)


@pytest.mark.parametrize(
    ("line", "likely"),
    [
        ("SECRET_KEY=k3jh5g7s9dfkjh3", ("SECRET_KEY",)),
        ("export DB_PASSWORD='hunter22'", ("DB_PASSWORD",)),
        ("DATABASE_URL=postgres://shop:9sdf8h@db.example.org/shop", ("DATABASE_URL",)),
        ("DATABASE_URL=postgres://shop:password@localhost/shop", ()),
        ("DATABASE_URL=sqlite:///db.sqlite3", ()),
        ("SECRET_KEY=changethis", ()),
        ("SECRET_KEY=django-insecure-abc", ()),
        ("SECRET_KEY=${SECRET}", ()),
        ("API_KEY=", ()),
        ("PASSWORD_MIN_LENGTH=12", ()),
        ("DEBUG=1", ()),
    ],
)
def test_what_seems_to_be_a_secret_is_named(line, likely):
    assert envfiles.exposed(".env", line).likely == likely


def test_a_key_is_known_by_its_shape_whatever_its_name():
    found = envfiles.exposed(".env", f"STRIPE={KEY}\nSECRET_KEY=k3jh5g7s9dfkjh3\n")
    assert (found.sure, found.likely) == (("STRIPE",), ("SECRET_KEY",))


@pytest.mark.parametrize("text", [f"STRIPE={KEY}", "SECRET_KEY=k3jh5g7s9dfkjh3", "NAME=plain-value-9"])
def test_no_value_is_ever_told(text):
    (fact,) = exposed.read(Tree.of({".env": text, ".env.example": text}))
    assert fact.value.startswith(".env")
    assert text.partition("=")[2] not in fact.value


def test_what_to_type_can_be_typed():
    told = envfiles.remedy((".env", "my app/.env"))
    assert told.startswith("git rm --cached --ignore-unmatch .env 'my app/.env' && echo /.env >> .gitignore")
