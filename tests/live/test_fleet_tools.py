"""Ansible's playbooks and Fabric's tasks on the hosts of an environment: the real programs, over a real sshd.

They are looked for in the folder that ECLUSE_TESTS_TOOLS names, and on PATH.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from support.remote import opened
from support.ssh_hosts import PATH, USER, required

pytestmark = pytest.mark.live
WHERE = f"{os.environ.get('ECLUSE_TESTS_TOOLS', '')}:{PATH}"
PAGE = Path(__file__).parents[2] / "docs/how-to/ansible-and-fabric.md"
ON_HOSTS = """
[steps.provision]
playbook = "site.yml"
hosts = "production"
gate = false

[steps.break]
playbook = "broken.yml"
hosts = "production"
gate = false

[steps.warm]
fabric = "warm-caches"
hosts = "production"
gate = false
"""
PLAYBOOK = """\
- hosts: production_web
  gather_facts: false
  tasks:
    - name: Tell the port
      ansible.builtin.raw: "echo port {{ ecluse_port }} in {{ ecluse_environment }} > provisioned"
"""
FABFILE = """\
from fabric import task

@task
def warm_caches(connection):
    connection.run("echo $USER > warmed")
"""


def tool(name):
    if shutil.which(name, path=WHERE) is None:
        pytest.skip(f"{name} is not installed (ECLUSE_TESTS_TOOLS names its folder)")


@pytest.fixture(scope="module")
def remote(tmp_path_factory):
    required()
    with opened(tmp_path_factory.mktemp("tools"), "web1", "web2", more=ON_HOSTS) as made:
        made.shop.env["PATH"] = WHERE
        made.shop.write("site.yml", PLAYBOOK)
        made.shop.write("broken.yml", PLAYBOOK.replace("echo port", "exit 3 #"))
        made.shop.write("fabfile.py", FABFILE)
        made.shop.commit("provision")
        yield made


def there(remote, name):
    return {host: remote.host(host).run("cat", f"/home/{USER}/{name}") for host in remote.names}


def test_a_step_can_be_a_playbook(remote):
    tool("ansible-playbook")
    assert remote.json("run", "provision")["outcome"] == "passed"
    assert there(remote, "provisioned") == dict.fromkeys(("web1", "web2"), "port 8000 in production\n")


def test_a_step_can_be_a_fabric_task(remote):
    tool("fab")
    assert remote.json("run", "warm")["outcome"] == "passed"
    assert there(remote, "warmed") == dict.fromkeys(("web1", "web2"), f"{USER}\n")


def test_a_playbook_that_fails_on_a_host_fails_the_step(remote):
    tool("ansible-playbook")
    done = remote.json("run", "break", code=1)
    assert done["steps"][0]["verdict"] == "failed"


@pytest.fixture
def visible():
    """A folder that a host sees too, which has a /tmp of its own; its name is short enough for sockets in it."""
    with tempfile.TemporaryDirectory(dir="/var/tmp") as name:
        yield Path(name)


def test_ansible_takes_the_inventory_as_a_script(remote, visible):
    tool("ansible-inventory")
    script = visible / "hosts"
    script.write_text(f'#!/bin/sh\nexec {sys.executable} -m ecluse fleet inventory -C {remote.shop.root} "$@"\n')
    script.chmod(0o755)
    env = {**remote.shop.env, "HOME": str(visible)}
    words = [shutil.which("ansible-inventory", path=WHERE), "-i", str(script)]
    said = subprocess.run([*words, "--list"], capture_output=True, text=True, check=True, env=env).stdout
    assert json.loads(said)["production_web"]["hosts"] == ["web1", "web2"]
    ansible = [shutil.which("ansible", path=WHERE), "production", "-i", str(script), "-m", "raw", "-a", "id -un"]
    done = subprocess.run(ansible, capture_output=True, text=True, check=False, env=env)
    assert (done.returncode, done.stdout.count(USER)) == (0, 2), done.stdout + done.stderr
    one = remote.shop.ecluse("fleet", "inventory", "--host", "web1").stdout
    assert json.loads(one) == {"ansible_host": "web1"}


def test_the_role_of_the_documentation_makes_a_server_ready_and_then_changes_nothing(remote, visible):
    """On a host, as root; its user is there, and systemd is not."""
    tool("ansible-playbook")
    role, play = (block.split("\n", 1)[1] for block in PAGE.read_text().split("```yaml")[1:])
    (visible / "roles/ecluse_host/tasks").mkdir(parents=True)
    (visible / "roles/ecluse_host/tasks/main.yml").write_text(role.split("```")[0])
    key = "ssh-ed25519 AAAA colleague@example.org"
    told = {"ansible_connection": "local", "ecluse_user": USER, "ecluse_key": key}
    (visible / "play.yml").write_text(play.split("```")[0].replace("hosts: production", "hosts: all"))
    # Wherever this machine has it: the host's /tmp is another one (proc_pid_root(5)).
    folder = f"/proc/{os.getpid()}/root{Path(shutil.which('ansible-playbook', path=WHERE)).parent}"
    words = (
        "env",
        f"HOME={visible}",
        f"{folder}/python",
        f"{folder}/ansible-playbook",
        "-i",
        "here,",
        "-e",
        json.dumps(told),
        str(visible / "play.yml"),
    )
    first, second = (remote.host("web1").run(*words, user=False) for _ in range(2))
    assert "changed=1" in first, first
    assert "changed=0" in second, second
    assert key in remote.host("web1").run("cat", f"/home/{USER}/.ssh/authorized_keys")


def test_what_is_not_installed_is_told_before_anything_is_run(remote):
    env = {"PATH": "/usr/bin:/bin"}
    if any(shutil.which(name, path=env["PATH"]) for name in ("ansible-playbook", "fab")):
        pytest.skip("they belong to this system")
    done = remote.shop.ecluse("run", "provision", "warm", env=env)
    assert (done.returncode, "E019" in done.stderr, "ansible-core" in done.stderr) == (2, True, True), done.stderr
