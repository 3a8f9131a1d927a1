"""Web here, worker there: they move together, and each host has its own processes only."""

import json

import pytest

from support.remote import opened
from support.ssh_hosts import required

pytestmark = [pytest.mark.live, pytest.mark.network]
ROLES = 'roles = { web = ["@web"], worker = ["@jobs"] }'
WORKER = """
[groups]
web = ["web1"]
jobs = ["jobs1"]

[processes.worker]
command = ["python", "-c", "import time; print(1, flush=True); time.sleep(9999)"]
"""


@pytest.fixture(scope="module")
def remote(tmp_path_factory):
    required()
    with opened(tmp_path_factory.mktemp("fleet"), "web1", "jobs1", rollout=ROLES, more=WORKER) as made:
        yield made


def running(remote):
    """The processes of the release that serves, by host."""
    hosts = {host["name"]: host for host in remote.status()["hosts"]}
    slots = {name: next(slot for slot in host["slots"] if slot["weight"] == 100) for name, host in hosts.items()}
    return {name: [process["name"] for process in slot["processes"]] for name, slot in slots.items()}


def test_each_host_runs_what_is_for_it(remote):
    for version in ("one", "two"):
        remote.shop.sell(version)
        shipped = remote.ship()
        assert shipped["outcome"] == "shipped"
        assert running(remote) == {"web1": ["web"], "jobs1": ["worker"]}
        assert remote.answers()["web1"] == shipped["version"]
        assert remote.answers()["jobs1"].startswith("error")
    assert remote.status()["health"] == "healthy"
    assert remote.json("rollback", "production")["outcome"] == "rolled_back"
    assert running(remote) == {"web1": ["web"], "jobs1": ["worker"]}


def test_a_group_is_asked_by_its_name(remote):
    done = remote.shop.ecluse("fleet", "run", "--on", "jobs", "--json", "--", "true")
    assert [host["name"] for host in json.loads(done.stdout)["hosts"]] == ["jobs1"]
    assert [host["name"] for host in remote.json("fleet", "facts", "--on", "web")["hosts"]] == ["web1"]
    assert [host["name"] for host in remote.json("fleet", "drift", "--on", "@jobs")["hosts"]] == ["jobs1"]
