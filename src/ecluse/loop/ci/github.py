"""A workflow for GitHub Actions. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ecluse.loop.ci.jobs import CACHE, TELL, Job, Jobs, Release, Review, Ship, jobs_of
from ecluse.loop.ci.pins import pins
from ecluse.loop.ci.yaml import to_yaml
from ecluse.model.app import App
from ecluse.model.ids import path_name
from ecluse.model.publishing import git_remote
from ecluse.model.tracker import TrackerKind

FINISHED = "${{ !cancelled() }}"
"""Of a failure too, reports are wanted."""
NUMBER = "${{ github.event.number }}"
RUNS = "${{ github.workflow }}-${{ github.event.number || github.ref }}"
"""What takes the place of what. The event of a request that was merged has the ref of the branch it was merged into
(GITHUB_REF): by ref alone it would cancel that branch's own run, in the middle of a ship."""
OPEN = "github.event.action != 'closed'"
OURS = "github.event.pull_request.head.repo.full_name == github.repository"

FINDINGS = (
    '[ -f "$SARIF" ] || exit 0\n'
    'gzip --stdout "$SARIF" | base64 --wrap=0 > "$RUNNER_TEMP/sarif"\n'
    'gh api "repos/$GITHUB_REPOSITORY/code-scanning/sarifs" --silent --method POST \\\n'
    '  --raw-field commit_sha="$GITHUB_SHA" --raw-field ref="$GITHUB_REF" --field sarif=@"$RUNNER_TEMP/sarif"\n'
)
"""The forge's own call (REST API, "Upload an analysis as SARIF data"): gzip, then Base64. A step that was skipped, or
never ran, has left nothing. Whether it passed is the step's word alone: a repository without code scanning refuses the
call, and a fork's token has no right to it."""


def render(app: App, header: tuple[str, ...], folder: str = ".") -> str:
    """The text of the file. `folder` is where the app lies in its repository."""
    jobs = jobs_of(app)
    document: dict[str, Any] = {
        "name": "Écluse" if folder == "." else f"Écluse: {app.name}",
        "on": {"push": {"branches": list(app.ci.branches)}, "pull_request": _request(jobs)},
        "permissions": {"contents": "read"},
        "concurrency": {
            "group": RUNS,
            "cancel-in-progress": "${{ github.event_name == 'pull_request' }}",
        },
    }
    if folder != ".":
        document["defaults"] = {"run": {"working-directory": folder}}
    document["jobs"] = {
        **{job.name: _job(job, jobs, app, folder) for job in jobs.steps},
        **({jobs.release.name: _release(jobs.release, jobs, app)} if jobs.release else {}),
        **{ship.name: _ship(ship, jobs, app, folder) for ship in jobs.ships},
        **(_reviews(jobs.review, jobs, app, folder) if jobs.review else {}),
    }
    return to_yaml(document, header=header)


def _job(job: Job, jobs: Jobs, app: App, folder: str) -> dict[str, Any]:
    found: dict[str, Any] = {"name": job.step.name}
    if job.needs:
        found["needs"] = list(job.needs)
    if jobs.review:
        found["if"] = OPEN
    found["runs-on"] = app.ci.runner
    found["timeout-minutes"] = job.minutes
    if job.findings:
        found["permissions"] = {"contents": "read", "security-events": "write"}
    found["steps"] = [
        *_prepared(jobs, app, depth=_depth(job), python=job.step.python),
        *([_kept(job, folder)] if may_cache(app) else []),
        *_taken(job, folder),
        _run(job.step.name, job.command, job.step.secrets),
        *([_kept_of_a_failure(job, folder)] if job.step.builtin and may_cache(app) else []),
        *_left(job, folder),
    ]
    return found


def _prepared(jobs: Jobs, app: App, *, depth: int | None, python: str = "") -> Iterator[dict[str, Any]]:
    """`depth` is that of the history, 0 for all of it, None for the commit alone. `python` is a cell's own: of several
    the last one is that of the shell, with which Écluse is installed."""
    history = {} if depth is None else {"fetch-depth": depth}
    pythons = "".join(f"{one}\n" for one in (python, app.ci.python)) if python not in {"", app.ci.python} else ""
    yield {"uses": pins()["checkout"].uses(), "with": {"persist-credentials": False, **history}}
    yield {"uses": pins()["setup-python"].uses(), "with": {"python-version": pythons or app.ci.python}}
    yield {"name": "Install Écluse", "run": jobs.install}


def _depth(job: Job) -> int | None:
    """What a request to merge is merged into is the parent of the commit that is checked out: `paths` are compared
    with it."""
    if job.step.builtin:
        return 0
    return None if job.step.paths is None else 2


def may_cache(app: App) -> bool:
    """What is released is made anew: who gets something into a cache could get it out in a release (zizmor,
    `cache-poisoning`)."""
    return not any("release" in branch for branch in app.ci.branches)


def _kept(job: Job, folder: str) -> dict[str, Any]:
    return {
        "name": "Results of this step that are kept",
        "uses": pins()["cache"].uses(),
        "with": {
            "path": within(folder, CACHE),
            "key": cache_key(job),
            "restore-keys": f"ecluse-steps-{job.artifact}-",
        },
    }


def _kept_of_a_failure(job: Job, folder: str) -> dict[str, Any]:
    """The action keeps nothing of a job that failed, and a first look through a long history takes minutes. Under a key
    of its own: one can't be written twice, and the next run takes the newest that begins so."""
    return {
        "name": "What was looked at before it failed",
        "if": "failure()",
        "uses": pins()["cache"].uses("/save"),
        "with": {
            "path": within(folder, CACHE),
            "key": f"ecluse-steps-{job.artifact}-failed-${{{{ github.run_id }}}}-${{{{ github.run_attempt }}}}",
        },
    }


def _taken(job: Job, folder: str) -> Iterator[dict[str, Any]]:
    parent = job.folder.rpartition("/")[0]
    for need in map(path_name, job.takes):
        yield {
            "name": f"What {need} has left",
            "uses": pins()["download-artifact"].uses(),
            "with": {"name": need, "path": within(folder, f"{parent}/{need}")},
        }


def _left(job: Job, folder: str) -> Iterator[dict[str, Any]]:
    yield {
        "name": "Outputs, reports and logs",
        "if": FINISHED,
        "uses": pins()["upload-artifact"].uses(),
        "with": {
            "name": job.artifact,
            "path": within(folder, job.folder),
            "include-hidden-files": True,
            "if-no-files-found": "ignore",
            "overwrite": True,
        },
    }
    for findings in job.findings:
        yield {
            "name": "Findings, for code scanning",
            "if": FINISHED,
            "continue-on-error": True,
            "env": {"GH_TOKEN": "${{ github.token }}", "SARIF": literal(findings)},
            "run": FINDINGS,
        }


def literal(text: str) -> str:
    """The text itself, where it would be read as an expression."""
    return text.replace("${{", "${{ '${{' }}")


def _run(name: str, command: str, secrets: tuple[str, ...]) -> dict[str, Any]:
    found: dict[str, Any] = {"name": name}
    if secrets:
        found["env"] = {secret: f"${{{{ secrets.{secret} }}}}" for secret in secrets}
    found["run"] = command
    return found


def _ship(ship: Ship, jobs: Jobs, app: App, folder: str) -> dict[str, Any]:
    """Who may let it go is a protection rule of the forge's environment. A cloud's keys aren't stored: the job's own
    identity (`id-token`) is changed for them."""
    place = {"name": str(ship.environment.name), **({"url": ship.url} if ship.url else {})}
    return {
        "name": ship.name,
        "needs": list(ship.needs),
        "if": f"github.event_name == 'push' && github.ref == 'refs/heads/{app.ci.branches[0]}'",
        "runs-on": app.ci.runner,
        "environment": place,
        "concurrency": {"group": f"ecluse-{app.name}-{ship.environment.name}", "cancel-in-progress": False},
        "permissions": {"contents": "read", "id-token": "write", **_may_tell(ship.tickets, app)},
        "steps": [
            *_prepared(jobs, app, depth=0),
            *(_restored(job, folder) for job in ship.gates if job.step.cache and may_cache(app)),
            _run(ship.name, ship.command, _secrets(ship, app)),
            *_told(ship.tickets),
        ],
    }


def _secrets(ship: Ship, app: App) -> tuple[str, ...]:
    """A store in the repository's own remote is read with the job's own token."""
    is_there = ship.environment.tag and git_remote(app.release.store)
    return tuple(sorted({*ship.secrets, "GITHUB_TOKEN"})) if is_there else ship.secrets


def _told(token: str) -> Iterator[dict[str, Any]]:
    if token:
        yield {**_run("tickets", TELL, (token,)), "continue-on-error": True}


def _may_tell(token: str, app: App) -> dict[str, str]:
    """The job's own token may write to issues, and to requests to merge, which are named as they are, where it is what
    tells them."""
    is_own = token == "GITHUB_TOKEN" and app.tickets and app.tickets.tracker is TrackerKind.GITHUB  # noqa: S105  a name
    return {"issues": "write", "pull-requests": "write"} if is_own else {}


def _request(jobs: Jobs) -> dict[str, Any]:
    """One that is closed has an environment to take away."""
    return {"types": ["opened", "synchronize", "reopened", "closed"]} if jobs.review else {}


def _reviews(review: Review, jobs: Jobs, app: App, folder: str) -> dict[str, Any]:
    """For requests of the repository itself: those of others get no secrets, and shall not run on our hosts."""
    url = review.url(NUMBER)
    place = {"name": review.name(NUMBER), **({"url": url} if url else {})}
    alone = {"group": f"ecluse-{app.name}-{review.name(NUMBER)}", "cancel-in-progress": False}
    number = {"NUMBER": NUMBER}
    made = _run(review.ship.name, review.command("$NUMBER"), review.ship.secrets)
    made["env"] = {**made.get("env", {}), **number}
    return {
        "review": {
            "needs": list(review.ship.needs),
            "if": f"github.event_name == 'pull_request' && {OPEN} && {OURS}",
            "runs-on": app.ci.runner,
            "environment": place,
            "concurrency": alone,
            "permissions": {"contents": "read", "id-token": "write"},
            "steps": [
                *_prepared(jobs, app, depth=0),
                *(_restored(job, folder) for job in review.ship.gates if job.step.cache and may_cache(app)),
                made,
            ],
        },
        "review-end": {
            "if": f"github.event_name == 'pull_request' && github.event.action == 'closed' && {OURS}",
            "runs-on": app.ci.runner,
            "environment": {"name": review.name(NUMBER)},
            "concurrency": alone,
            "permissions": {"contents": "read", "id-token": "write"},
            "steps": [
                *_prepared(jobs, app, depth=None),
                {**_run("review-end", review.stop("$NUMBER"), review.ship.secrets), "env": made["env"]},
            ],
        },
    }


def _release(release: Release, jobs: Jobs, app: App) -> dict[str, Any]:
    """It may write the tag and the release's page, and has an identity of its own for the index and for signatures. The
    token is in the environment of that one step, not in git's settings."""
    run = _run(release.name, release.command, release.secrets)
    run["env"] = {"GITHUB_TOKEN": "${{ secrets.GITHUB_TOKEN }}", **run.get("env", {})}
    return {
        "name": release.name,
        "needs": list(release.needs),
        "if": f"github.event_name == 'push' && github.ref == 'refs/heads/{app.ci.branches[0]}'",
        "runs-on": app.ci.runner,
        "concurrency": {"group": f"ecluse-{app.name}-release", "cancel-in-progress": False},
        "permissions": {"contents": "write", "id-token": "write", **_may_tell(release.tickets, app)},
        "steps": [*_prepared(jobs, app, depth=0), run, *_told(release.tickets)],
    }


def _restored(job: Job, folder: str) -> dict[str, Any]:
    """So that the gates are asked without being run again."""
    return {
        "name": f"What {job.step.name} has shown",
        "uses": pins()["cache"].uses("/restore"),
        "with": {"path": within(folder, CACHE), "key": cache_key(job)},
    }


def cache_key(job: Job) -> str:
    return f"ecluse-steps-{job.artifact}-" + "${{ github.sha }}"


def within(folder: str, path: str) -> str:
    return path if folder == "." else f"{folder}/{path}"
