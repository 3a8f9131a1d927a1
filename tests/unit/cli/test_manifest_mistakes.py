"""A mistake in the manifest is told with its place, what to do, and exit code 2, before anything runs."""

import json

import pytest
from click.testing import CliRunner

from ecluse.cli.main import cli
from support import repositories

HEAD = '[app]\nname = "demo"\n[processes.worker]\ncommand = "work"\n'
TWO = HEAD + '[steps.build]\ncommand = "x"\noutputs = ["dist"]\n[steps.pack]\ncommand = "x"\n'
MISTAKES = {
    "two owners of an output": (TWO + 'outputs = ["dist"]\n', 10, "M043", "let each step write a path of its own"),
    "a circle": (TWO + 'needs = ["build"]\n[steps.build2]\ncommand = "x"\nneeds = ["build2"]\n', 13, "M042", "remove"),
    "an unknown step": (TWO + 'needs = ["bild"]\n', 10, "M040", "did you mean 'build'?"),
    "an unknown key": (TWO + 'input = ["src"]\n', 10, "M012", "did you mean 'inputs'?"),
    "a wrong type": (TWO + 'retries = "two"\n', 10, "M010", "write digits, without quotes"),
    "a file that is not there": (TWO + 'inputs = ["scr"]\n', 10, "E062", "did you mean 'src'?"),
    "a list that is not there": (TWO + 'junit = "r.xml"\nknown_failures = "k.txt"\n', 11, "E018", "git add k.txt"),
    "a playbook that is not there": (
        HEAD + '[environments.live]\nhosts = ["deploy@web1"]\n[steps.pack]\nplaybook = "sit.yml"\n',
        8, "E062", "did you mean 'site.yml'?",
    ),
    "an interpreter beside a matrix": (
        TWO + 'python = "3.12"\nmatrix.python = ["3.11", "3.12"]\n', 10, "M081", "remove `python`",
    ),
}  # fmt: skip


@pytest.mark.parametrize("mistake", MISTAKES)
@pytest.mark.once
def test_it_has_a_place_a_way_out_and_exit_code_2(tmp_path, mistake):
    text, line, code, fix = MISTAKES[mistake]
    files = {"ecluse.toml": text, "src/a": "", "site.yml": ""}
    root = repositories.repository(tmp_path / "repository", files)[1]
    done = CliRunner().invoke(cli, ["run", "pack", "-C", str(root), "--json"])
    assert done.exit_code == 2, done.output
    (problem,) = json.loads(done.stdout)["problems"]
    assert problem["code"] == code
    assert f"ecluse.toml:{line}:" in str(problem["where"]) or f'"line": {line}' in json.dumps(problem["where"])
    assert fix in problem["fix"]
    shown = CliRunner().invoke(cli, ["run", "pack", "-C", str(root)])
    assert shown.exit_code == 2
    assert f"ecluse.toml:{line}:" in shown.output
    assert "fix: " in shown.output
