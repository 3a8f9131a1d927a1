"""What we say to type means the environment and the app that the command was about."""

import click
import pytest
from click.testing import CliRunner

from ecluse.cli import options
from ecluse.cli.render.problems import render
from ecluse.cli.session import as_document
from ecluse.model.problem import Problem


@click.command()
@options.environment
@options.folder_of_any
@click.option("--fix")
def told(environment_argument, environment_option, folder, fix):
    problem = Problem(code="X001", what="it broke", fix=fix)
    render(problem)
    click.echo(as_document(problem)["fix"])


@pytest.mark.parametrize(
    ("fix", "typed"),
    [
        ("`ecluse rollback`", "`ecluse rollback live`"),
        ("`ecluse status`, `ecluse ship --commit R`", "`ecluse status live`, `ecluse ship live --commit R`"),
        ("ecluse rollback, if it is the release", "ecluse rollback live, if it is the release"),
        ("`ecluse undo live`, `ecluse stop ENV`, ecluse logs --env live", None),
        ("ecluse events --verify; ecluse doctor", None),
    ],
)
@pytest.mark.parametrize("words", [("live",), ("--env", "live")])
def test_a_verb_without_its_environment_gets_it(fix, typed, words):
    done = CliRunner().invoke(told, [*words, "--fix", fix])
    assert (done.stdout.strip(), f"fix: {typed or fix}" in done.stderr) == (typed or fix, True)


def test_the_default_is_not_spelled_out():
    assert CliRunner().invoke(told, ["--fix", "`ecluse status`"]).stdout.strip() == "`ecluse status`"


def test_one_of_several_apps_is_named(tmp_path):
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop/ecluse.toml").write_text("")
    (tmp_path / "ecluse.toml").write_text('[apps.shop]\nfolder = "shop"\n')
    done = CliRunner().invoke(told, ["live", "--app", "shop", "-C", str(tmp_path), "--fix", "`ecluse status`"])
    assert done.stdout.strip() == "`ecluse status live --app shop`"
