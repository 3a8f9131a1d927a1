"""Processes that run on some of the hosts only."""

from dataclasses import replace

import pytest

from ecluse.loop.deploy.wanted import Wanted, running_on
from ecluse.loop.monitor.status import look
from ecluse.model.app import App, Environment, Health, Process
from ecluse.model.frozen import app_from_json, app_to_json
from ecluse.model.ids import EnvironmentName, HostName, ProcessName
from ecluse.testing.releases import NOTHING, WEB, release_of
from support.memory_chain import Chain

WORKER = Process(name=ProcessName("worker"), command=("work",))
CLOCK = Process(name=ProcessName("clock"), command=("tick",))
LIVE = Environment(
    name=EnvironmentName("live"),
    hosts=("deploy@web1", "web2", "jobs1:22"),
    roles={"web": ("deploy@web1", "web2"), "worker": ("jobs1:22",)},
)
APP = App(name="example", processes=(replace(WEB, health=Health(path="/up")), WORKER, CLOCK), environments=(LIVE,))
WANTED = Wanted(app=APP, environment=LIVE)


def names(host):
    release = release_of("1.0.0").release
    return [process.name for process in running_on(HostName(host), WANTED, release, NOTHING).processes]


def test_each_host_gets_what_is_for_it_and_what_is_for_all():
    assert names("web1") == names("web2") == ["web", "clock"]
    assert names("jobs1:22") == ["worker", "clock"]
    assert (WANTED.listens_on(HostName("web1")), WANTED.listens_on(HostName("jobs1:22"))) == (True, False)


def test_roles_are_kept_with_the_manifest():
    assert app_from_json(app_to_json(APP)).environments == APP.environments


@pytest.mark.looped
async def test_a_host_without_a_web_process_is_well_when_all_its_own_run(memory_world):
    chain = Chain(memory_world, replace(LIVE, hosts=("keeper:a", "keeper:b"), roles={"web": ("keeper:a",)}))
    assert (await chain.deploy("1.0.0")).committed
    seen = await look(APP, chain.environment, chain.world)
    assert {host.name: host.health for host in seen.hosts} == {"a": "healthy", "b": "healthy"}
    jobs = seen.hosts[1].seen
    assert jobs.slot(jobs.serving).processes == ()
