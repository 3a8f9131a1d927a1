"""The security gate as a job: whole history, its findings for code scanning."""

import yaml

from ecluse.loop.ci import github, gitlab
from support.ci import MANIFEST, app_of


def test_github_s_job_has_the_history_and_hands_over_its_findings(tmp_path):
    app = app_of(tmp_path, MANIFEST + "\n[security]\n")
    job = yaml.safe_load(github.render(app, ()))["jobs"]["security"]
    assert job["permissions"] == {"contents": "read", "security-events": "write"}
    assert job["steps"][0]["with"] == {"persist-credentials": False, "fetch-depth": 0}
    assert any("ecluse run security --only" in step.get("run", "") for step in job["steps"])
    assert job["steps"][-1]["env"]["SARIF"] == ".ecluse/artifacts/security/reports/security.sarif"


def test_gitlab_s_job_has_the_history(tmp_path):
    app = app_of(tmp_path, MANIFEST + "\n[security]\n")
    document = yaml.safe_load(gitlab.render(app, ()))
    assert document["security"]["variables"] == {"GIT_DEPTH": "0"}
    assert "variables" not in document["lint"]


def test_a_ship_beyond_local_waits_for_it_whatever_its_gates_are(tmp_path):
    text = MANIFEST.replace("[environments.staging]\n", '[environments.staging]\ngates = ["lint"]\n') + "\n[security]\n"
    jobs = yaml.safe_load(github.render(app_of(tmp_path, text), ()))["jobs"]
    assert jobs["ship-staging"]["needs"] == ["lint", "security"]


def test_what_was_looked_at_is_kept_of_a_job_that_failed_too(tmp_path):
    app = app_of(tmp_path, MANIFEST + "\n[security]\n")
    jobs = yaml.safe_load(github.render(app, ()))["jobs"]
    (saved,) = [step for step in jobs["security"]["steps"] if "/save@" in step.get("uses", "")]
    (found,) = [step for step in jobs["security"]["steps"] if "/cache@" in step.get("uses", "")]
    assert saved["if"] == "failure()"
    assert saved["with"]["path"] == found["with"]["path"]
    assert saved["with"]["key"].startswith(found["with"]["restore-keys"])
    assert not any("/save@" in step.get("uses", "") for step in jobs["lint"]["steps"])
    on_gitlab = yaml.safe_load(gitlab.render(app, ()))
    assert (on_gitlab["security"]["cache"]["when"], "when" in on_gitlab["lint"]["cache"]) == ("always", False)
