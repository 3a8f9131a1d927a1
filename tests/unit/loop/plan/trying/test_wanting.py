"""What programs say that they were not given."""

import pytest

from ecluse.loop.plan.trying.wanting import given, last_line, unset
from ecluse.manifest.detect.facts import Fact, Kind

SAMPLE = Fact(kind=Kind.SAMPLE, value="etc/shop-dev.cfg", file="etc/shop-dev.cfg")
ARGPARSE = "usage: shop [-h] --root ROOT database\nshop: error: the following arguments are required: "


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (ARGPARSE + "database", "data/app.db"),
        (ARGPARSE + "-r/--root, database", "--root data data/app.db"),
        (ARGPARSE + "-c/--config", "--config etc/shop-dev.cfg"),
        ("Usage: shop [OPTIONS] DIRECTORY\n\nError: Missing argument 'DIRECTORY'.", "data"),
        ("Error: Missing option '--db' / '-d'.", "--db data/app.db"),
        ("╭─ Error ──────╮\n│ Missing argument 'FOLDER_DIR'. │\n╰──────╯", "data"),
        (
            "usage: dav [-h] [-p PORT] [-r ROOT_PATH] [-c CONFIG_FILE |\n --no-config]\ndav: error: Nothing to share.",
            "-r data",
        ),
        ("Error: missing required path to database file.", "data/app.db"),
    ],
)
def test_a_place_for_data_and_a_sample_are_given(said, words):
    assert given(said.splitlines(), (SAMPLE,)).words == words


def test_data_is_state_where_the_program_runs():
    assert given((ARGPARSE + "database").splitlines(), (), "backend").state == "backend/data/"
    assert given((ARGPARSE + "-c/--config").splitlines(), (SAMPLE,), "etc").words == "--config shop-dev.cfg"
    assert given((ARGPARSE + "-c/--config").splitlines(), (SAMPLE,)).state == ""


def test_where_the_commit_has_files_is_no_place_for_data():
    said = (ARGPARSE + "database").splitlines()
    assert given(said, (), files=["data/cities.csv"]).words == "var/app.db"
    assert given(said, (), "backend", ["data/cities.csv"]).state == "backend/data/"
    assert given(said, (), files=["data/a", "var/b", "app-data/c"]) is None


@pytest.mark.parametrize(
    "said",
    [
        ARGPARSE + "database, token",
        ARGPARSE + "-c/--config",
        "usage: shop [--root ROOT] [--dir DIR]\nshop: error: Nothing.",
        "Error: Missing argument 'NAME'.",
        "shop is closed",
        "",
    ],
)
def test_what_nobody_can_know_is_not_given(said):
    assert given(said.splitlines(), ()) is None


@pytest.mark.parametrize("said", ["/bin/sh: 1: INI: parameter not set", "bash: line 3: INI: unbound variable"])
def test_a_variable_that_a_shell_misses_is_known(said):
    assert unset(("starting", said)) == ("INI",)


def test_the_last_thing_said_is_the_one_with_words():
    assert last_line(("Error: no luck", "╰──────╯", "")) == "Error: no luck"
