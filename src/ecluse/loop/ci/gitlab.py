"""A pipeline for GitLab CI. Pure."""

from __future__ import annotations

import re
from typing import Any

from ecluse.loop.ci.jobs import CACHE, TELL, Job, Release, Review, Ship, jobs_of
from ecluse.loop.ci.yaml import to_yaml
from ecluse.model.app import App

TESTS, RELEASES, SHIPS = "test", "release", "deploy"
RESERVED = frozenset(
    {"after_script", "before_script", "cache", "default", "image", "include", "pages", "services", "spec", "stages"}
    | {"types", "variables", "workflow", "true", "false", "nil"}
)
"""What can't be a job's name in GitLab CI (Job keywords, "Unavailable names for jobs")."""
OFFICIAL = re.compile(r"(?P<name>(?:[^:@]+/)?python):3\.\d+(?:\.\d+)?(?P<rest>(?:-[a-z0-9.-]+)?)")
OLDEST = (3, 11)
"""Python that Écluse runs with."""
MOST_CACHES = 4
"""Of one job (CI/CD YAML reference, `cache`)."""
NUMBER = "$CI_MERGE_REQUEST_IID"
REQUEST = '$CI_PIPELINE_SOURCE == "merge_request_event"'


def render(app: App, header: tuple[str, ...]) -> str:
    """The text of `.gitlab-ci.yml`."""
    jobs = jobs_of(app, RESERVED)
    document: dict[str, Any] = {
        "workflow": {
            "rules": [
                {"if": REQUEST},
                *({"if": _on(branch)} for branch in app.ci.branches),
            ]
        },
        "stages": [
            TESTS,
            *([RELEASES] if jobs.release else []),
            *([SHIPS] if jobs.ships or jobs.review else []),
        ],
        "default": {"image": app.ci.image, "interruptible": True, "before_script": [jobs.install]},
        **{job.name: _job(job, app) for job in jobs.steps},
        **({jobs.release.name: _release(jobs.release, app)} if jobs.release else {}),
        **{ship.name: _ship(ship, app) for ship in jobs.ships},
        **(_reviews(jobs.review, app) if jobs.review else {}),
    }
    return to_yaml(document, header=header)


def image_for(image: str, python: str) -> str:
    """The official image of a cell's own Python, in place of that of another one: an image has one. Écluse itself runs
    there too, so an older one than it needs has to be in the image that `[ci]` names."""
    found = OFFICIAL.fullmatch(image)
    if found is None or not python or tuple(map(int, python.split("."))) < OLDEST:
        return image
    return f"{found['name']}:{python}{found['rest']}"


def _on(branch: str) -> str:
    return f'$CI_COMMIT_BRANCH == "{branch}"'


def _job(job: Job, app: App) -> dict[str, Any]:
    artifacts: dict[str, Any] = {"when": "always", "expire_in": "1 week", "paths": [f"{job.folder}/"]}
    if job.step.evidence.junit:
        artifacts["reports"] = {"junit": f"{job.folder}/reports/*.xml"}
    takes = set(job.takes)
    image = image_for(app.ci.image, job.step.python)
    return {
        "stage": TESTS,
        **({"image": image} if image != app.ci.image else {}),
        "needs": [
            {"job": name, "artifacts": need in takes} for name, need in zip(job.needs, job.step.needs, strict=True)
        ],
        "timeout": f"{job.minutes} minutes",
        **({"variables": {"GIT_DEPTH": "0"}} if job.step.builtin or job.step.paths is not None else {}),
        "cache": {
            "key": f"ecluse-steps-{job.artifact}",
            "paths": [f"{CACHE}/"],
            # A first look through a long history takes minutes; what it saw is kept if it then fails, too.
            **({"when": "always"} if job.step.builtin else {}),
        },
        "script": [job.command],
        "artifacts": artifacts,
    }


def _release(release: Release, app: App) -> dict[str, Any]:
    """Its identity is for the index (Trusted Publishing) and for signatures: each is for one audience."""
    return {
        "stage": RELEASES,
        "needs": [{"job": name, "artifacts": False} for name in release.needs],
        "rules": [{"if": _on(app.ci.branches[0])}],
        "interruptible": False,
        "resource_group": f"ecluse-{app.name}-release",
        "id_tokens": {"PYPI_ID_TOKEN": {"aud": "pypi"}, "SIGSTORE_ID_TOKEN": {"aud": "sigstore"}},
        "variables": {"GIT_DEPTH": "0"},
        "script": [release.command],
        **_told(release.tickets),
    }


def _ship(ship: Ship, app: App) -> dict[str, Any]:
    """One that wants approvals waits for a person here too. Keys of a cloud aren't stored: the job's own identity
    (`id_tokens`) is changed for them."""
    rule: dict[str, Any] = {"if": _on(app.ci.branches[0])}
    if ship.environment.policy.approvals:
        rule["when"] = "manual"
    return {
        "stage": SHIPS,
        "needs": [{"job": name, "artifacts": False} for name in ship.needs],
        "rules": [rule],
        "interruptible": False,
        "resource_group": f"ecluse-{app.name}-{ship.environment.name}",
        "environment": {"name": str(ship.environment.name), **({"url": ship.url} if ship.url else {})},
        "id_tokens": {"ECLUSE_ID_TOKEN": {"aud": "ecluse"}},
        "variables": {"GIT_DEPTH": "0"},
        "cache": [
            {"key": f"ecluse-steps-{job.artifact}", "paths": [f"{CACHE}/"], "policy": "pull"}
            for job in ship.gates
            if job.step.cache
        ][:MOST_CACHES],
        "script": [ship.command],
        **_told(ship.tickets),
    }


def _told(token: str) -> dict[str, Any]:
    return {"after_script": [TELL]} if token else {}


def _reviews(review: Review, app: App) -> dict[str, Any]:
    """Requests of forks run in the fork, which has none of our variables. Ended by a person, with its branch, or after
    a week."""
    url = review.url(NUMBER)
    ship = _ship(review.ship, app)
    place = {"name": f"{review.pattern.name}/{NUMBER}", "on_stop": "review-end", "auto_stop_in": "1 week"}
    shared = {"stage": SHIPS, "interruptible": False, "resource_group": f"ecluse-{app.name}-{review.name(NUMBER)}"}
    return {
        "review": {
            **ship,
            **shared,
            "rules": [{"if": REQUEST}],
            "environment": {**place, **({"url": url} if url else {})},
            "script": [review.command(NUMBER)],
        },
        "review-end": {
            **shared,
            "needs": [],
            "rules": [{"if": REQUEST, "when": "manual", "allow_failure": True}],
            "environment": {"name": place["name"], "action": "stop"},
            "id_tokens": ship["id_tokens"],
            "script": [review.stop(NUMBER)],
        },
    }
