"""Hosts as Ansible asks for them."""

from dataclasses import replace

from ecluse.loop.operate.inventory import inventory, of_host
from ecluse.model.app import Environment, Process
from ecluse.model.host import SshSettings
from ecluse.model.ids import EnvironmentName, ProcessName

WEB, WORKER = (Process(name=ProcessName(name), command=("run",)) for name in ("web", "worker"))
LIVE = Environment(
    name=EnvironmentName("live-eu"), hosts=("deploy@web1", "web2:2222", "admin@[::1]:22"), port=80,
    roles={"worker": ("web2:2222",)},
)  # fmt: skip
HERE = Environment(name=EnvironmentName("local"))


def test_each_environment_is_a_group_and_each_of_its_processes_too():
    found = inventory([HERE, LIVE], [WEB, WORKER], lambda one: "")
    assert found["all"] == {"children": ["live_eu"]}
    assert found["live_eu"]["hosts"] == found["live_eu_web"]["hosts"] == ["web1", "web2:2222", "[::1]:22"]
    assert found["live_eu_worker"]["hosts"] == ["web2:2222"]
    assert found["live_eu"]["vars"] == {"ecluse_environment": "live-eu", "ecluse_port": 80}


def test_a_host_has_what_the_manifest_says_and_ssh_says_the_rest():
    found = inventory([LIVE], [], lambda one: "-F /etc/mine")
    assert of_host("web1", found) == {"ansible_host": "web1", "ansible_user": "deploy"}
    assert of_host("web2:2222", found) == {"ansible_host": "web2", "ansible_port": 2222}
    assert of_host("[::1]:22", found) == {"ansible_host": "::1", "ansible_user": "admin", "ansible_port": 22}
    assert of_host("web9", found) == {}
    assert found["live_eu"]["vars"]["ansible_ssh_common_args"] == "-F /etc/mine"


def test_two_environments_may_share_a_host():
    other = replace(LIVE, name=EnvironmentName("canary"), hosts=("deploy@web1",), roles={}, ssh=SshSettings())
    found = inventory([LIVE, other], [WEB], lambda one: "")
    assert (found["canary"]["hosts"], found["all"]["children"]) == (["web1"], ["live_eu", "canary"])
