import json

import jsonschema
import pytest
from click.testing import CliRunner, Result

from ecluse.cli import explain, schema


def explained(*arguments: str) -> Result:
    return CliRunner().invoke(explain.command, arguments)


def test_explain_prints_what_a_key_means():
    result = explained("steps.test.retries")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.startswith("steps.*.retries\n  Further attempts")


def test_explain_without_a_key_lists_the_sections():
    assert "[environments.*]" in explained().stdout


def test_explain_prints_one_json_document():
    document = json.loads(explained("processes.web.health.path", "--json").stdout)
    assert (document["key"], document["required"]) == ("processes.*.health.path", True)


@pytest.mark.parametrize("name", ["app.migrate_timeout", "processes.*", "environments.local.port"])
def test_explain_prints_any_default_as_json(name):
    assert json.loads(explained(name, "--json").stdout)


def test_explain_of_an_unknown_key_suggests_one_and_exits_with_a_usage_error():
    result = explained("steps.test.retry")
    assert result.exit_code == 2
    assert "did you mean 'steps.test.retries'?" in result.output


def test_schema_prints_a_json_schema():
    result = CliRunner().invoke(schema.command, [])
    assert result.exit_code == 0
    jsonschema.Draft202012Validator.check_schema(json.loads(result.stdout))


HERE = '[app]\nname = "shop" # pyproject.toml:2\n\n#: app.name also stall (setup.cfg:2)\n'


def test_explain_says_why_it_is_so_here(tmp_path):
    (tmp_path / "ecluse.toml").write_text(HERE)
    said = explained("app.name", "-C", str(tmp_path)).stdout
    assert said.endswith(
        'ecluse.toml here:\n     2  name = "shop"   ← pyproject.toml:2\n        also   stall (setup.cfg:2)\n'
    )
    assert "type:" in said
    every = explained("--why", "-C", str(tmp_path)).stdout
    assert every == said.partition("\n\n")[2].join(["\n", ""])
    document = json.loads(explained("app.name", "--json", "-C", str(tmp_path)).stdout)
    assert document["evidence"]["file"] == "ecluse.toml"
    assert document["evidence"]["lines"] == [{"number": 2, "text": 'name = "shop"', "said": "pyproject.toml:2"}]
    assert document["evidence"]["notes"][0]["said"] == "stall (setup.cfg:2)"


@pytest.mark.parametrize("text", [None, "this is no TOML ="])
def test_what_a_key_means_needs_no_manifest(tmp_path, text):
    if text:
        (tmp_path / "ecluse.toml").write_text(text)
    assert explained("app.name", "-C", str(tmp_path)).exit_code == 0


@pytest.mark.parametrize("name", ["app.state.db.sqlite3", "environments.local.env.DEBUG", "build.add.a.b"])
def test_what_the_report_of_init_names_can_be_explained(name, tmp_path):
    assert explained(name, "-C", str(tmp_path)).exit_code == 0


@pytest.mark.parametrize("typed", ["D021", "d021", "[D021]"])
def test_explain_says_what_a_code_means_why_and_what_to_do(typed):
    result = explained(typed)
    assert (result.exit_code, result.stderr) == (0, "")
    said = " ".join(result.stdout.split())
    assert said.startswith("D021 Deploying release ‹version› did not pass `‹gate›`")
    assert "mend, commit, and ship again exit: 3 (rolled back; the old release serves)" in said
    assert "why: The new release ran beside the old one" in said


def test_explain_of_a_code_is_one_json_document():
    document = json.loads(explained("E013", "--json").stdout)
    assert (document["code"], document["family"]) == ("E013", "Steps and gates")
    assert document["problems"][0]["what"] == "no test was executed, which is not a pass"
    assert "success in many runners" in document["why"]


def test_a_code_that_there_isn_t_is_a_problem_that_names_those_of_its_family():
    result = explained("V009")
    assert result.exit_code == 2
    assert "no Problem of this version has the code 'V009'" in result.output
    assert "V001, V002, V003" in result.output


@pytest.mark.parametrize(("begun", "found"), [("D02", "D021"), ("processes.*.health.", "processes.*.health.path")])
def test_codes_and_keys_are_completed(begun, found):
    offered = explain.complete(None, None, begun)
    assert found in offered
    assert all(one.startswith(begun) for one in offered)
