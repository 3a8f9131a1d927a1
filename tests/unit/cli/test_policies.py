"""`--override`, and what a dry run says of policies."""

import json

import pytest
from click.testing import CliRunner

from ecluse.cli import deploy, rollback, ship, unlock

pytestmark = pytest.mark.once  # slow, and not about Python


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


@pytest.mark.parametrize("given", ["  ", "...", "--wait"])
@pytest.mark.parametrize("module", [ship, deploy, rollback])
def test_an_override_says_why(strict, module, given):
    done = run(module, strict, "production", "--override", given)
    assert (done.exit_code, "say why" in done.output) == (2, True)


def told(done):
    (problem,) = json.loads(done.stdout)["problems"]
    return done.exit_code, problem["code"], problem["fix"].partition(" ")[2].partition(" ")[2]


@pytest.mark.parametrize("module", [ship, deploy, rollback])
@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        (("--override", "production"), 'production --override "why"'),
        (("--override", "Production"), 'production --override "why"'),
        (("--override", "production", "the shop is down"), "production --override 'the shop is down'"),
        (("production", "--override", "local"), 'production --override "why"'),
    ],
)
def test_an_environment_is_no_reason(strict, module, typed, meant):
    assert told(run(module, strict, "--json", *typed)) == (2, "D054", meant)
    assert told(run(module, strict, "--json", "--dry-run", *typed)) == (2, "D054", meant)


def test_nobody_is_evicted_from_local_because_production_stood_in_the_wrong_place(strict):
    assert told(run(unlock, strict, "--json", "--why", "production")) == (2, "D054", 'production --why "why"')


def test_a_reason_that_names_an_environment_among_other_words_is_one(strict):
    given = ("production", "--dry-run", "--json", "--override", "production is down")
    assert json.loads(run(deploy, strict, *given).stdout)["policies"][0]["verdict"] == "overridden"
