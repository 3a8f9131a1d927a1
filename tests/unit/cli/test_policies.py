"""`--override`, and what a dry run says of policies."""

import json

import pytest
from click.testing import CliRunner

from ecluse.cli import deploy, rollback, ship


def run(module, strict, *arguments):
    return CliRunner().invoke(module.command, ["-C", str(strict), *arguments])


def test_a_dry_run_shows_each_policy_with_what_could_be_done(strict):
    lines = [line.strip() for line in run(deploy, strict, "production", "--dry-run").stdout.splitlines()]
    assert lines[1].startswith(
        "policy.freeze: failed  `2020-01-01 - 2099-12-31 UTC` holds from Wed 2020-01-01 00:00 UTC"
    )
    assert lines[3].startswith("policy.approvals: failed  0 of 1 approvals of 1.4.0; who may approve: anne")
    assert lines[4] == "let somebody else type: ecluse approve 1.4.0 --env production"
    over = json.loads(run(deploy, strict, "production", "--dry-run", "--json", "--override", "now").stdout)
    assert [(one["name"], one["verdict"]) for one in over["policies"]] == [
        ("policy.freeze", "overridden"),
        ("policy.approvals", "overridden"),
    ]


def test_what_asks_about_the_release_waits_until_it_is_built(strict):
    planned = json.loads(run(ship, strict, "production", "--dry-run", "--json").stdout)
    assert [(one["name"], one["verdict"]) for one in planned["policies"]] == [
        ("policy.freeze", "failed"),
        ("policy.approvals", "not_checked"),
    ]


@pytest.mark.parametrize("module", [ship, deploy, rollback])
def test_an_override_says_why(strict, module):
    done = run(module, strict, "production", "--override", "  ")
    assert (done.exit_code, "say why" in done.output) == (2, True)
