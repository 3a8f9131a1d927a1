"""The workflows of an app with all that matters in it."""

import base64
import gzip
import os
import re
import subprocess

import pytest
import yaml

from ecluse import __version__
from ecluse.loop.ci import github, gitlab
from ecluse.loop.ci.files import Forge, header
from ecluse.loop.ci.pins import ENOUGH, pins
from ecluse.model.problem import ProblemError
from support.ci import MANIFEST, PUBLISHED, REVIEWS, TICKETS, app_of


@pytest.fixture
def app(tmp_path):
    return app_of(tmp_path, MANIFEST)


@pytest.fixture
def on_github(app):
    return yaml.safe_load(github.render(app, header(Forge.GITHUB)))


@pytest.fixture
def on_gitlab(app):
    return yaml.safe_load(gitlab.render(app, header(Forge.GITLAB)))


def runs(job):
    return [step["run"] for step in job["steps"] if "run" in step]


def test_each_step_is_a_job_that_runs_it_alone_after_what_it_needs(on_github, on_gitlab):
    assert list(on_github["jobs"])[:6] == ["lint", "build", "scan", "test", "step-2nd", "image"]
    assert on_github["jobs"]["test"]["needs"] == ["build", "lint"]
    assert "ecluse run 2nd --only --artifacts .ecluse/artifacts" in runs(on_github["jobs"]["step-2nd"])
    assert on_gitlab["test"]["needs"] == [{"job": "build", "artifacts": True}, {"job": "lint", "artifacts": False}]
    assert on_gitlab["lint"]["needs"] == []
    assert on_gitlab["step-image"]["script"] == ["ecluse run image --only --artifacts .ecluse/artifacts"]


def test_only_outputs_of_needs_are_brought(on_github):
    taken = [step["with"] for step in on_github["jobs"]["test"]["steps"] if "download-artifact" in step.get("uses", "")]
    assert taken == [{"name": "build", "path": ".ecluse/artifacts/build"}]


ON_HOSTS = """
hosts = ["deploy@web1"]

[steps.provision]
playbook = "site.yml"
secrets = ["VAULT"]

[steps.smoke]
playbook = "smoke.yml"
needs = ["provision"]
"""


def test_what_works_on_hosts_is_left_to_the_ship_to_them(tmp_path):
    jobs = yaml.safe_load(github.render(app_of(tmp_path, MANIFEST + ON_HOSTS), ()))["jobs"]
    assert not {"provision", "smoke"} & jobs.keys(), "a push changes no host"
    assert jobs["ship-production"]["needs"] == ["lint", "build", "scan", "test", "image", "ship-staging"]
    granted = {name: " ".join(map(str, jobs[f"ship-{name}"]["steps"])) for name in ("staging", "production")}
    assert {name: "secrets.VAULT" in text for name, text in granted.items()} == {"staging": False, "production": True}


def test_what_is_kept_is_found_by_commit_and_else_by_step(on_github):
    (kept,) = [step["with"] for step in on_github["jobs"]["lint"]["steps"] if "/cache@" in step.get("uses", "")]
    assert kept == {
        "path": ".ecluse/cache/steps",
        "key": "ecluse-steps-lint-${{ github.sha }}",
        "restore-keys": "ecluse-steps-lint-",
    }


def test_what_is_released_comes_from_no_cache(tmp_path):
    released = app_of(tmp_path, MANIFEST.replace('"stable"', '"release/2"'))
    assert "actions/cache" not in github.render(released, ())


def test_every_expression_has_both_braces(app):
    text = github.render(app, ())
    assert len(re.findall(r"\$\{", text)) == len(re.findall(r"\$\{\{[^{}]+\}\}", text)) > 0


def test_reports_are_uploaded_where_a_step_leaves_them(on_github, on_gitlab):
    assert on_gitlab["test"]["artifacts"]["reports"] == {"junit": ".ecluse/artifacts/test/reports/*.xml"}
    assert on_gitlab["test"]["artifacts"]["when"] == "always"
    assert "reports" not in on_gitlab["lint"]["artifacts"]
    assert on_github["jobs"]["scan"]["permissions"] == {"contents": "read", "security-events": "write"}
    assert on_github["jobs"]["scan"]["steps"][-1]["env"]["SARIF"] == ".ecluse/artifacts/scan/reports/scan.sarif"


GITHUB_SHELL = ("bash", "--noprofile", "--norc", "-eo", "pipefail", "-c")


@pytest.fixture
def findings(tmp_path):
    """What a step that leaves `output` hands to code scanning, run as GitHub does, and its calls."""

    def upload(output, left="{}"):
        text = MANIFEST.replace('"out/scan.sarif"', f"'{output}'")
        step = yaml.safe_load(github.render(app_of(tmp_path, text), ()))["jobs"]["scan"]["steps"][-1]
        path = tmp_path / step["env"]["SARIF"].replace("${{ '${{' }}", "${{")
        if left:
            path.parent.mkdir(parents=True)
            path.write_text(left)
        gh = tmp_path / "bin" / "gh"
        gh.parent.mkdir()
        gh.write_text('#!/bin/sh\necho "$@" >> calls\n')
        gh.chmod(0o755)
        env = {
            "PATH": f"{gh.parent}:{os.environ['PATH']}", "SARIF": str(path.relative_to(tmp_path)),
            "RUNNER_TEMP": str(tmp_path), "GITHUB_REPOSITORY": "ada/shop", "GITHUB_SHA": "c0ffee", "GITHUB_REF": "main",
        }  # fmt: skip
        done = subprocess.run([*GITHUB_SHELL, step["run"]], cwd=tmp_path, env=env, capture_output=True, check=False)
        assert (done.returncode, done.stderr) == (0, b"")
        return step, tmp_path

    return upload


def test_findings_are_sent_as_the_forge_wants_them(findings):
    _, folder = findings("out/scan.sarif")
    assert "repos/ada/shop/code-scanning/sarifs" in (folder / "calls").read_text()
    assert gzip.decompress(base64.b64decode((folder / "sarif").read_bytes())) == b"{}"


def test_what_left_no_findings_sends_none(findings):
    _, folder = findings("out/scan.sarif", left="")
    assert not (folder / "calls").exists(), "one that was skipped has to stay green"


def test_an_output_s_name_is_no_command_and_no_expression(findings):
    step, folder = findings('out/$(touch pwned)`touch pwned`"; touch pwned; #$${{ secrets.KEY }}.sarif')
    assert not (folder / "pwned").exists()
    assert "secrets.KEY" not in re.sub(r"\$\{\{ '\$\{\{' \}\}.*", "", step["env"]["SARIF"] + step["run"])


def test_a_forge_that_wants_no_findings_fails_no_job(on_github):
    """A private repository needs a licence for code scanning, and a fork's token may only read."""
    assert on_github["jobs"]["scan"]["steps"][-1]["continue-on-error"] is True


def test_rights_are_few_and_given_where_they_are_needed(on_github):
    assert on_github["permissions"] == {"contents": "read"}
    more = {name: job["permissions"] for name, job in on_github["jobs"].items() if "permissions" in job}
    assert set(more) == {"scan", "ship-staging", "ship-production"}
    assert more["ship-production"] == {"contents": "read", "id-token": "write"}
    assert on_github["jobs"]["build"]["steps"][-2]["env"] == {"TOKEN": "${{ secrets.TOKEN }}"}
    assert not [step for step in on_github["jobs"]["test"]["steps"] if "env" in step]


def test_ships_come_last_one_after_the_other_and_never_at_once(on_github, on_gitlab):
    staging, production = on_github["jobs"]["ship-staging"], on_github["jobs"]["ship-production"]
    assert staging["needs"] == ["lint", "build", "scan", "test", "image"]
    assert production["needs"] == [*staging["needs"], "ship-staging"]
    assert production["environment"] == {"name": "production", "url": "https://shop.example.com"}
    assert production["concurrency"] == {"group": "ecluse-shop-production", "cancel-in-progress": False}
    assert "refs/heads/main" in production["if"]
    assert runs(production)[-1] == "ecluse ship production --wait"
    assert on_gitlab["ship-production"]["rules"] == [{"if": '$CI_COMMIT_BRANCH == "main"', "when": "manual"}]
    assert "when" not in on_gitlab["ship-staging"]["rules"][0]
    assert on_gitlab["ship-production"]["resource_group"] == "ecluse-shop-production"
    assert set(on_gitlab["ship-production"]["id_tokens"]) == {"ECLUSE_ID_TOKEN"}


def test_the_tool_is_this_version_or_what_the_manifest_says(app, tmp_path):
    assert f"run: python -m pip install ecluse=={__version__}\n" in github.render(app, ())
    other = app_of(tmp_path, MANIFEST.replace("[ci]", '[ci]\ninstall = "pip install ./ecluse.whl"'))
    assert "run: pip install ./ecluse.whl\n" in github.render(other, ())
    assert "- pip install ./ecluse.whl\n" in gitlab.render(other, ())


def test_a_job_has_time_for_every_attempt(on_github, on_gitlab):
    assert on_github["jobs"]["test"]["timeout-minutes"] == 55
    assert on_gitlab["test"]["timeout"] == "55 minutes"


def test_the_same_manifest_gives_the_same_text(app):
    assert github.render(app, header(Forge.GITHUB)) == github.render(app, header(Forge.GITHUB))
    assert github.render(app, header(Forge.GITHUB)).startswith("# Written by `ecluse ci github`")


def test_an_app_in_a_folder_runs_there(app):
    found = yaml.safe_load(github.render(app, (), folder="apps/shop"))
    assert found["defaults"] == {"run": {"working-directory": "apps/shop"}}
    paths = [step["with"]["path"] for step in found["jobs"]["test"]["steps"] if "path" in step.get("with", {})]
    assert paths
    assert all(path.startswith("apps/shop/.ecluse/") for path in paths)


def test_every_action_is_pinned_to_a_commit_that_two_sources_name(app):
    used = re.findall(r"uses: (\S+)@(\S+) # (\S+)\n", github.render(app, ()))
    assert {commit for _, commit, _ in used} == {pin.commit for pin in pins().values()}
    assert github.render(app, ()).count("uses:") == len(used)
    for pin in pins().values():
        assert re.fullmatch(r"[0-9a-f]{40}", pin.commit)
        assert len({source.split("/")[0] for source in pin.sources}) >= ENOUGH


def test_a_request_to_merge_gets_an_environment_and_its_end_takes_that_away(tmp_path):
    app = app_of(tmp_path, REVIEWS)
    hub, lab = yaml.safe_load(github.render(app, ())), yaml.safe_load(gitlab.render(app, ()))

    on = hub.get("on") or hub[True]  # YAML 1.1 takes `on` for true
    assert "closed" in on["pull_request"]["types"]
    assert all("!= 'closed'" in hub["jobs"][name]["if"] for name in ("lint", "build", "test", "review"))
    assert hub["jobs"]["review"]["environment"]["url"] == "https://${{ github.event.number }}.review.example.com"
    made, ended = hub["jobs"]["review"]["steps"][-1], hub["jobs"]["review-end"]["steps"][-1]
    assert made["run"] == 'ecluse ship "review-$NUMBER" --wait'
    assert ended["run"] == 'ecluse stop "review-$NUMBER" --remove --wait'
    assert made["env"].keys() == {"NUMBER", "REVIEW_KEY", "TOKEN"}
    assert all("head.repo.full_name == github.repository" in hub["jobs"][job]["if"] for job in ("review", "review-end"))
    assert lab["review"]["environment"]["on_stop"] == "review-end"
    assert lab["review-end"]["environment"] == {"name": "review/$CI_MERGE_REQUEST_IID", "action": "stop"}
    assert lab["review-end"]["script"] == ['ecluse stop "review-$CI_MERGE_REQUEST_IID" --remove --wait']


def test_the_end_of_a_merged_request_cancels_nothing_of_the_branch(tmp_path):
    runs = yaml.safe_load(github.render(app_of(tmp_path, REVIEWS), ()))["concurrency"]
    assert "github.event.number || github.ref" in runs["group"], "a merged request has the branch's ref"
    assert "pull_request" in runs["cancel-in-progress"]


def test_a_review_is_of_a_pattern(tmp_path):
    for text in (REVIEWS.replace("instances = 20", ""), REVIEWS.replace("[environments.review]", "[environments.x]")):
        with pytest.raises(ProblemError) as error:
            app_of(tmp_path, text)
        assert "M056" in {problem.code for problem in error.value.problems}


def test_an_environment_to_ship_to_has_to_be_there(tmp_path):
    with pytest.raises(Exception, match="there is no environment 'prodution'"):
        app_of(tmp_path, MANIFEST.replace('"production"]', '"prodution"]'))


def test_a_cell_is_a_job_with_an_artifact_and_a_cache_of_its_own(on_github, on_gitlab):
    cells = ["wheels-3-11-glibc", "wheels-3-12-glibc", "wheels-3-12-musl", "wheels-3-9-glibc"]
    assert [name for name in on_github["jobs"] if name.startswith("wheels")] == cells
    job = on_github["jobs"]["wheels-3-12-musl"]
    assert job["name"] == "wheels[3.12-musl]"
    assert runs(job)[-1] == "ecluse run 'wheels[3.12-musl]' --only --artifacts .ecluse/artifacts"
    kept, left = (step["with"] for step in job["steps"] if {"key", "overwrite"} & step.get("with", {}).keys())
    assert kept["key"] == "ecluse-steps-wheels@3.12-musl-${{ github.sha }}"
    assert (left["name"], left["path"]) == ("wheels@3.12-musl", ".ecluse/artifacts/wheels@3.12-musl")
    there = on_gitlab["wheels-3-12-musl"]
    assert there["script"] == ["ecluse run 'wheels[3.12-musl]' --only --artifacts .ecluse/artifacts"]
    assert there["artifacts"]["paths"] == [".ecluse/artifacts/wheels@3.12-musl/"]


def test_who_needs_a_step_gets_what_every_cell_has_left(on_github, on_gitlab):
    index = on_github["jobs"]["index"]
    taken = [step["with"]["name"] for step in index["steps"] if "download-artifact" in step.get("uses", "")]
    assert taken == ["wheels@3.11-glibc", "wheels@3.12-glibc", "wheels@3.12-musl", "wheels@3.9-glibc"]
    assert index["needs"] == [need["job"] for need in on_gitlab["index"]["needs"]]
    assert all(need["artifacts"] for need in on_gitlab["index"]["needs"])


def test_a_cell_finds_its_python(on_github, on_gitlab):
    def pythons(name):
        (found,) = [s["with"] for s in on_github["jobs"][name]["steps"] if "setup-python" in s.get("uses", "")]
        return found["python-version"].split()

    names = ("wheels-3-11-glibc", "wheels-3-12-glibc", "wheels-3-9-glibc")
    assert [pythons(name) for name in names] == [["3.11", "3.12"], ["3.12"], ["3.9", "3.12"]]
    images = [on_gitlab[name].get("image") for name in names]
    assert images == ["python:3.11", None, None], "Écluse itself doesn't run with 3.9: the image has to have both"


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        ("python:3.12-slim-bookworm", "python:3.11-slim-bookworm"),
        ("registry.example.com/python:3.12.4", "registry.example.com/python:3.11"),
        ("registry.example.com/ours:3.12", "registry.example.com/ours:3.12"),
        ("python:latest", "python:latest"),
    ],
)
def test_only_the_official_image_is_taken_for_another_python(image, expected):
    assert gitlab.image_for(image, "3.11") == expected


def test_a_step_with_paths_can_see_what_it_is_merged_into(on_github, on_gitlab):
    def depth(name):
        return on_github["jobs"][name]["steps"][0]["with"].get("fetch-depth")

    assert [depth(name) for name in ("lint", "wheels-3-12-musl", "ship-staging")] == [None, 2, 0]
    assert on_gitlab["wheels-3-12-musl"]["variables"] == {"GIT_DEPTH": "0"}
    assert "variables" not in on_gitlab["lint"]
    assert not [job for job in on_github["jobs"].values() if "paths" in str(job.get("if", ""))]


def test_a_cell_gives_way_to_a_step_of_its_job_s_name(tmp_path):
    named = MANIFEST.replace("[steps.image]", "[steps.wheels-3-12-musl]")
    jobs = yaml.safe_load(github.render(app_of(tmp_path, named), ()))["jobs"]
    assert jobs["wheels-3-12-musl"]["name"] == "wheels-3-12-musl"
    assert jobs["wheels-3-12-musl-2"]["name"] == "wheels[3.12-musl]"


def test_a_release_comes_after_the_gates_and_before_the_ships(tmp_path):
    app = app_of(tmp_path, MANIFEST.replace("[ci]\n", "[ci]\nrelease = true\n") + PUBLISHED)
    on_github = yaml.safe_load(github.render(app, header(Forge.GITHUB)))["jobs"]
    job = on_github["release"]
    assert job["permissions"] == {"contents": "write", "id-token": "write"}
    assert job["needs"] == ["lint", "build", "scan", "test", "image"]
    assert on_github["ship-staging"]["needs"][-1] == "release"
    run = job["steps"][-1]
    assert (run["run"], sorted(run["env"])) == ("ecluse release", ["GITHUB_TOKEN", "RELEASE_KEY"])
    assert "pip install 'ecluse[sign,store]==" in runs(job)[0]
    on_gitlab = yaml.safe_load(gitlab.render(app, header(Forge.GITLAB)))
    assert on_gitlab["stages"] == ["test", "release", "deploy"]
    assert on_gitlab["release"]["script"] == ["ecluse release"]
    assert on_gitlab["release"]["id_tokens"]["PYPI_ID_TOKEN"] == {"aud": "pypi"}


def test_what_releases_and_ships_may_tell_tickets_and_is_not_failed_by_them(tmp_path):
    text = MANIFEST.replace("[ci]\n", "[ci]\nrelease = true\n") + TICKETS
    jobs = yaml.safe_load(github.render(app_of(tmp_path, text), ()))["jobs"]
    for name in ("release", "ship-staging", "ship-production"):
        *_, work, told = jobs[name]["steps"]
        assert work["env"]["TICKETS_TOKEN"] == "${{ secrets.TICKETS_TOKEN }}"
        assert told == {
            "name": "tickets", "env": {"TICKETS_TOKEN": "${{ secrets.TICKETS_TOKEN }}"},
            "run": "ecluse tickets sync", "continue-on-error": True,
        }  # fmt: skip
        assert "issues" not in jobs[name]["permissions"]
    assert "TICKETS_TOKEN" not in str(jobs["test"])
    on_gitlab = yaml.safe_load(gitlab.render(app_of(tmp_path, text), ()))
    told = {name for name, job in on_gitlab.items() if isinstance(job, dict) and "after_script" in job}
    assert told == {"release", "ship-staging", "ship-production"}
    assert on_gitlab["release"]["after_script"] == ["ecluse tickets sync"]


def test_a_job_s_own_token_may_write_issues_where_it_tells_them(tmp_path):
    text = MANIFEST.replace("[ci]\n", "[ci]\nrelease = true\n") + TICKETS + 'token = "GITHUB_TOKEN"\n'
    jobs = yaml.safe_load(github.render(app_of(tmp_path, text), ()))["jobs"]
    wanted = {"issues": "write", "pull-requests": "write"}
    allowed = {name for name, job in jobs.items() if wanted.items() <= job.get("permissions", {}).items()}
    assert allowed == {"release", "ship-staging", "ship-production"}


def test_a_review_tells_no_tickets(tmp_path):
    jobs = yaml.safe_load(github.render(app_of(tmp_path, REVIEWS + TICKETS), ()))["jobs"]
    assert "TICKETS" not in str(jobs["review"]) + str(jobs["review-end"])


@pytest.mark.parametrize(
    ("released", "in_release", "in_ship"),
    [
        (True, ["AWS_ACCESS_KEY_ID", "GITHUB_TOKEN", "RELEASE_KEY"], {"AWS_ACCESS_KEY_ID"}),
        (False, [], {"AWS_ACCESS_KEY_ID", "RELEASE_KEY"}),
    ],
)
def test_jobs_that_release_or_ship_reach_the_store(tmp_path, released, in_release, in_ship):
    """Without it a ship would build again what was released."""
    said = MANIFEST.replace("[ci]\n", f"[ci]\nrelease = {str(released).lower()}\n")
    stored = PUBLISHED.replace("[release]\n", '[release]\nsecrets = ["AWS_ACCESS_KEY_ID"]\n')
    jobs = yaml.safe_load(github.render(app_of(tmp_path, said + stored), header(Forge.GITHUB)))["jobs"]
    assert sorted(jobs["release"]["steps"][-1]["env"] if released else []) == in_release
    wanted = set(jobs["ship-staging"]["steps"][-1].get("env", {}))
    assert wanted & {"AWS_ACCESS_KEY_ID", "RELEASE_KEY"} == in_ship
    assert not any(name in str(jobs["lint"]) for name in ("AWS_ACCESS_KEY_ID", "RELEASE_KEY"))


def test_a_store_in_the_remote_is_read_with_the_job_s_own_token(tmp_path):
    """No job gets more rights for it: what a release writes it may write already."""
    stored = re.sub(r'store = "[^"]*"', 'store = "git:origin"', PUBLISHED)
    assert stored != PUBLISHED
    said = MANIFEST.replace("[ci]\n", "[ci]\nrelease = true\n") + stored
    jobs = yaml.safe_load(github.render(app_of(tmp_path, said), header(Forge.GITHUB)))["jobs"]
    for ship in ("ship-staging", "ship-production"):
        assert jobs[ship]["steps"][-1]["env"]["GITHUB_TOKEN"] == "${{ secrets.GITHUB_TOKEN }}"
        assert jobs[ship]["permissions"]["contents"] == "read"
    assert "GITHUB_TOKEN" not in str(jobs["lint"])
    assert "store" not in runs(jobs["release"])[0], "it takes no library"


def test_a_step_of_that_name_has_another_job(tmp_path):
    text = MANIFEST.replace("[steps.lint]", "[steps.release]").replace('"lint"', '"release"')
    jobs = yaml.safe_load(github.render(app_of(tmp_path, text.replace("[ci]\n", "[ci]\nrelease = true\n")), ()))["jobs"]
    assert list(jobs)[:1] == ["step-release"]
    assert runs(jobs["release"])[-1] == "ecluse release"


WITH_A_KEY = REVIEWS.replace("[ci]", '[ci]\nssh_key = "DEPLOY_KEY"')


def test_who_ships_to_hosts_has_a_key_and_nobody_else(tmp_path):
    app = app_of(
        tmp_path, WITH_A_KEY.replace("[environments.production]", '[environments.production]\nhosts = ["deploy@web1"]')
    )
    jobs = yaml.safe_load(github.render(app, ()))["jobs"]
    held = {name for name, job in jobs.items() if "secrets.DEPLOY_KEY" in str(job["steps"])}
    assert held == {"ship-production", "review", "review-end"}
    assert "permissions" in jobs["ship-production"]
    lab = yaml.safe_load(gitlab.render(app, ()))
    with_agent = {name for name, job in lab.items() if "ssh-agent" in str(job)}
    assert with_agent == held


def test_a_key_that_no_job_needs_is_a_mistake(tmp_path):
    with pytest.raises(ProblemError, match="M033"):
        app_of(tmp_path, MANIFEST.replace("[ci]", '[ci]\nssh_key = "DEPLOY_KEY"'))
