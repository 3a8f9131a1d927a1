"""Web here, worker there: they move together, and each host has its own processes only."""

import json
import re

import pytest

from support.remote import opened
from support.shop import APP
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
        made.shop.sell("none")
        made.ship()
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


def test_a_dry_run_names_the_orders_of_each_host_and_sends_none(remote):
    before, served = kept(remote), remote.answers()["web1"]
    remote.shop.sell("three")
    planned = remote.json("ship", "production", "--dry-run")["orders"]
    orders = {host: {one["order"]: one["detail"] for one in sent} for host, sent in planned.items()}
    assert {host: sent["start"].split(" in ")[0] for host, sent in orders.items()} == {"web1": "web", "jobs1": "worker"}
    assert "known when it is built" in orders["web1"]["stage"]
    assert (kept(remote), remote.answers()["web1"]) == (before, served)
    remote.ship()
    back = remote.json("rollback", "production", "--dry-run")["orders"]
    assert [one["order"] for one in back["web1"]][:2] == ["take", "stage"]
    assert "0 files lacking" in next(one["detail"] for one in back["web1"] if one["order"] == "stage")
    ends = remote.json("stop", "production", "--dry-run")["orders"]
    assert [one["order"] for one in ends["jobs1"]] == ["take", "shut", "give_back"]


def test_what_a_host_lacks_is_told_before_a_deploy(remote):
    remote.shop.write("shop.py", APP.format(version="four") + f"# {'x' * 5000}\n")
    remote.shop.commit("feat: sell four")
    made = remote.json("release")["version"]
    planned = remote.json("deploy", "production", "--release", made, "--dry-run")["orders"]
    stage = next(one["detail"] for one in planned["web1"] if one["order"] == "stage")
    count, size = re.search(r"(\d+) files? lacking, (\d+) bytes", stage).groups()
    assert (int(count), 5000 < int(size) < 7000) == (1, True)


def test_nobody_is_connected_to_for_a_dry_run_of_a_command(remote):
    remote.host("jobs1").cut()
    try:
        planned = remote.shop.ecluse("fleet", "run", "--on", "jobs", "--dry-run", "--json", "--", "df", "-h")
    finally:
        remote.host("jobs1").mend()
    assert json.loads(planned.stdout)["hosts"] == [{"name": "jobs1", "command": "df -h"}]
    assert [host["changes"] for host in remote.json("host", "prepare", "production", "--dry-run")["hosts"]] == [[], []]


def kept(remote):
    """All files of Écluse on the hosts, but for what goes on there."""
    words = "cd ~/.ecluse && find . -path '*/logs' -prune -o -type f -print | sort"
    return {name: remote.host(name).run("sh", "-c", words) for name in remote.names}


def test_a_group_is_asked_by_its_name(remote):
    done = remote.shop.ecluse("fleet", "run", "--on", "jobs", "--json", "--", "true")
    assert [host["name"] for host in json.loads(done.stdout)["hosts"]] == ["jobs1"]
    assert [host["name"] for host in remote.json("fleet", "facts", "--on", "web")["hosts"]] == ["web1"]
    assert [host["name"] for host in remote.json("fleet", "drift", "--on", "@jobs")["hosts"]] == ["jobs1"]
