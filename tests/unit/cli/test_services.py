"""`ecluse services` as far as nothing has to run."""

import json

import pytest
from click.testing import CliRunner

from ecluse.cli.services import command

MANIFEST = """
app.name = "shop"
[processes.web]
command = "serve"
listen = "port"
[processes.web.health]
path = "/"
[services.db]
kind = "postgres"
env = { DATABASE_URL = "postgresql://{user}:{password}@{host}:{port}/{name}" }
[environments.local]
[environments.production]
port = 9000
"""


@pytest.fixture
def services(tmp_path):
    (tmp_path / "ecluse.toml").write_text(MANIFEST)

    def services(*words, given=""):
        return CliRunner().invoke(command, [*words, "-C", str(tmp_path)], input=given)

    return services


def test_what_is_declared_is_listed_before_it_ever_ran(services):
    done = services("--json")
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert found["environment"] == "local"
    (one,) = found["services"]
    assert (one["name"], one["kind"], one["pid"], one["port"]) == ("db", "postgres", None, 0)
    assert one["state"] in {"not started", "missing"}
    assert "{password}" in one["variables"]["DATABASE_URL"]


def test_another_environment_has_none(services):
    done = services("list", "--env", "production")
    assert "declares no services for production" in done.stderr


def test_a_name_that_is_not_declared_is_refused(services):
    done = services("start", "cache")
    assert done.exit_code == 2
    assert "V005" in done.stderr
    assert "choose one of: db" in done.stderr


def test_data_is_not_removed_unasked(services, tmp_path):
    done = services("reset", given="n\n")
    assert done.exit_code != 0
    assert "Remove all data of db?" in done.stderr
    assert not (tmp_path / ".ecluse" / "environments").exists()


@pytest.mark.parametrize("verb", ["list", "start", "shell"])
def test_a_name_that_is_nearly_one_is_told_which(services, verb):
    done = services(verb, "dbs")
    assert (done.exit_code, "V005" in done.stderr) == (2, True)
    assert "did you mean 'db'? choose one of: db" in done.stderr


def test_a_client_takes_no_words_that_would_be_dropped(services):
    done = services("shell", "db", "select 1")
    assert (done.exit_code, "V006" in done.stderr) == (2, True)
    assert "'select 1'" in done.stderr
    assert "ecluse services shell db" in done.stderr
