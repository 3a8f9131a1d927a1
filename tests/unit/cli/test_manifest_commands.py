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
