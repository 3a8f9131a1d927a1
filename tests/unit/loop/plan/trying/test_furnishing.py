"""A service that the bench can't have."""

import asyncio
from types import SimpleNamespace

from ecluse.loop.plan.proposing.resolve import resolve
from ecluse.loop.plan.trying.case import Case
from ecluse.loop.plan.trying.furnishing import furnished
from ecluse.manifest.detect import detect
from ecluse.manifest.detect.tree import Tree
from ecluse.model.problem import Problem, ProblemError
from ecluse.testing.clock import FakeClock
from ecluse.testing.reporter import HeardReporter

FILES = {
    "requirements.txt": "flask\ncelery\nredis\npsycopg2\n",
    "app.py": "import os\nfrom flask import Flask\nfrom celery import Celery\napp = Flask('shop')\n"
    "u = os.environ['DATABASE_URL']\nworker = Celery('shop', broker=os.environ['CELERY_BROKER_URL'])\n",
}


class Services:
    """Has PostgreSQL alone."""

    async def provide(self, services, *, left):
        assert left == 7
        if services[0].kind != "postgres":
            raise ProblemError(Problem(code="V001", what="this machine has no redis", fix="install it"))

    def variables(self, services):
        return {variable: "given" for service in services for variable in service.env}


def test_its_workers_are_off_and_the_rest_is_tried():
    facts = detect(Tree.of(FILES))
    world = SimpleNamespace(reporter=HeardReporter(), clock=FakeClock())
    case = Case(resolve(facts, name="shop"), facts, SimpleNamespace(world=world, services=Services(), left=7))
    asyncio.run(furnished(case))
    app = case.proposal.app
    assert [service.name for service in app.services] == ["db"]
    assert [(one.name, one.enabled, one.why_off) for one in app.processes] == [
        ("web", True, ""), ("worker", False, "redis can't be had here"),
    ]  # fmt: skip
    assert [(trial.what, trial.ok) for trial in case.proposal.trials] == [
        ("start postgres", True), ("start redis", False),
    ]  # fmt: skip
    assert [service.name for service in case.lacked] == ["redis"]
    assert case.env["DATABASE_URL"] == "given"
    assert "CELERY_BROKER_URL" not in case.env
    assert case.open[0].startswith("this machine has no redis, so CELERY_BROKER_URL was not given: install it")
    assert not any(key.startswith("services.redis") for key in case.proposal.reasons)
