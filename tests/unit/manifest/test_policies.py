"""`[environments.NAME.policy]`, read and refused."""

from datetime import timedelta

import pytest

from ecluse.model.frozen import app_from_json, app_to_json
from ecluse.model.policy import Policy
from ecluse.model.problem import ProblemError

HEAD = 'app.name = "shop"\n[environments.staging]\nport = 1\n[environments.p.policy]\n'


def test_every_key_reaches_the_environment(reading):
    app = reading(
        HEAD
        + """
freeze = ["fri 15:00 - mon 08:00 Europe/Paris", "2026-12-20 - 2027-01-02 Europe/Paris"]
holidays = ["2026-12-25", 2027-01-01]
timezone = "Europe/Paris"
approvals = 1
approvers = ["anne", "bob@example.org"]
approval_expires = "8h"
staging = "staging"
max_backup_age = "24h"
last_backup = "date --reference=${HOME}/dump"
availability = 99.9
"""
    )
    policy = app.environment("p").policy
    assert policy == Policy(
        freeze=("fri 15:00 - mon 08:00 Europe/Paris", "2026-12-20 - 2027-01-02 Europe/Paris"),
        holidays=("2026-12-25", "2027-01-01"),
        timezone="Europe/Paris",
        approvals=1,
        approvers=("anne", "bob@example.org"),
        approval_expires=timedelta(hours=8),
        staging="staging",
        max_backup_age=timedelta(days=1),
        last_backup=("/bin/sh", "-euc", "date --reference=${HOME}/dump"),
        availability=99.9,
    )
    assert app.environment("staging").policy == Policy()
    assert app_from_json(app_to_json(app)) == app


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('freeze = ["sat - sun UTC", "fri - mon"]', ["5:28 M053"]),
        ('freeze = ["2026-01-02 - 2026-01-01 UTC"]', ["5:11 M053"]),
        ('freeze = ["sat - sun Europe/Pari"]', ["5:11 M054"]),
        ('freeze = "sat - sun UTC"', ["5:10 M010"]),
        ("freeze = [1]", ["5:11 M010"]),
        ('holidays = ["2026-02-30"]\ntimezone = "UTC"', ["5:13 M015"]),
        ('holidays = ["2026-01-01"]', ["5:12 M055"]),
        ('timezone = "UTC"', ["5:1 M033"]),
        ('holidays = ["2026-01-01"]\ntimezone = "Mars"', ["6:12 M054"]),
        ('approvers = ["anne"]', ["5:1 M033"]),
        ("approval_expires = 1", ["5:1 M033"]),
        ('approvals = 1\napprovers = ["anne b"]', ["6:14 M015"]),
        ("approvals = -1", ["5:13 M014"]),
        ('approvals = 2\napprovers = ["anne", "Anne@here"]', ["5:13 M055"]),
        ('staging = "stage"', ["5:11 M056"]),
        ('staging = "p"', ["5:11 M055"]),
        ('max_backup_age = "1d"', ["5:18 M055"]),
        ('last_backup = "date"', ["5:1 M033"]),
        ("availability = 101", ["5:16 M014"]),
        ("unknown = 1", ["5:1 M012"]),
    ],
)
def test_what_is_wrong_has_its_place(wrong, text, expected):
    assert wrong(HEAD + text) == expected


def test_environments_that_wait_for_each_other(wrong):
    text = HEAD + 'staging = "staging"\n[environments.staging.policy]\nstaging = "p"'
    assert wrong(text) == ["5:11 M055", "7:11 M055"]


@pytest.mark.parametrize(
    ("text", "fix"),
    [
        ('freeze = ["sat - sun europe/paris"]', "did you mean 'Europe/Paris'?"),
        ('staging = "stagin"', "did you mean 'staging'?"),
    ],
)
def test_what_was_meant_is_said(reading, text, fix):
    with pytest.raises(ProblemError) as caught:
        reading(HEAD + text)
    assert [problem.fix for problem in caught.value.problems] == [fix]
