"""What a step that works on hosts is told."""

import json
import subprocess

import pytest

from ecluse.loop.test.reaching import outfits
from ecluse.model.app import App, Environment, Process, Step
from ecluse.model.host import SshSettings
from ecluse.model.ids import EnvironmentName, ProcessName, StepName
from ecluse.model.problem import ProblemError

WEB = Process(name=ProcessName("web"), command=("run",))


@pytest.fixture
def machine(tmp_path):
    """A caller with a home, and a folder of programs on PATH."""
    for folder in ("home/.ssh", "programs", "environment/bin"):
        (tmp_path / folder).mkdir(parents=True)
    for name in ("ansible-playbook", "fab"):
        (tmp_path / "programs" / name).write_text("#!/bin/sh\n")
        (tmp_path / "programs" / name).chmod(0o755)
    (tmp_path / "home/.ssh/config").write_text("Host web1\n    User deploy\n")
    (tmp_path / "home/.ssh/id_ed25519").write_text("key")
    return tmp_path


def outfit(machine, step, *, path="programs", **ssh):
    hosts = ("web1", "deploy@web2:2222")
    live = Environment(name=EnvironmentName("live"), hosts=hosts, ssh=SshSettings(**ssh))
    caller = {"HOME": str(machine / "home"), "PATH": str(machine / path), "SSH_AUTH_SOCK": "/run/agent", "SECRET": "1"}
    app = App(name="shop", processes=(WEB,), environments=(live,))
    found = outfits([step], app, folder=machine / "made", environment=machine / "environment", caller=caller)
    return found.get(step.name)


PLAY = Step(name=StepName("provision"), playbook="site.yml", hosts="live", group="hosts")
TASK = Step(name=StepName("warm"), fabric="warm-caches", hosts="live", group="hosts")


def test_a_playbook_gets_an_inventory_that_can_be_run(machine):
    found = outfit(machine, PLAY)
    assert found.argv == (str(machine / "programs/ansible-playbook"), "site.yml")
    assert found.path == str(machine / "programs")
    said = subprocess.run([found.env["ANSIBLE_INVENTORY"], "--list"], capture_output=True, text=True, check=True).stdout
    assert json.loads(said)["live_web"]["hosts"] == ["web1", "web2:2222"]
    assert "ansible_ssh_common_args" not in said
    assert found.env["SSH_AUTH_SOCK"] == "/run/agent"
    assert "SECRET" not in found.env


def test_a_configuration_of_the_manifests_and_a_host_to_go_through_are_handed_over(machine):
    """A copy: the repository, where it may lie, is not seen by a step."""
    own = machine / "own"
    own.write_text("Host web1\n    Port 2200\n")
    found = outfit(machine, PLAY, config=str(own), jump="deploy@bastion")
    said = subprocess.run([found.env["ANSIBLE_INVENTORY"]], capture_output=True, text=True, check=True).stdout
    args = json.loads(said)["live"]["vars"]["ansible_ssh_common_args"]
    assert args == f"-F {machine}/made/provision/ssh_config"
    written = (machine / "made/provision/ssh_config").read_text()
    assert written == "Host web1 web2\n    ProxyJump deploy@bastion\n\nHost web1\n    Port 2200\n"


def test_a_task_gets_a_connection_to_each_host(machine):
    found = outfit(machine, TASK)
    config = f"{machine}/made/warm/ssh_config"
    assert found.argv == (
        str(machine / "programs/fab"), "--ssh-config", config, "--hosts", "web1,deploy@web2:2222",
        "--identity", f"{machine}/home/.ssh/id_ed25519", "warm-caches",
    )  # fmt: skip
    assert (machine / "made/warm/ssh_config").read_text() == "Host web1\n    User deploy\n"


def test_a_program_of_the_locked_environment_comes_first(machine):
    own = machine / "environment/bin/fab"
    own.write_text("#!/bin/sh\n")
    own.chmod(0o755)
    assert outfit(machine, TASK).argv[0] == str(own)


@pytest.mark.parametrize(("step", "package"), [(PLAY, "ansible-core"), (TASK, "fabric")])
def test_a_program_that_is_not_installed_is_a_problem_with_a_way_out(machine, step, package, monkeypatch):
    monkeypatch.setattr("ecluse.loop.test.reaching.SYSTEM_PATH", "")
    with pytest.raises(ProblemError) as error:
        outfit(machine, step, path="nothing")
    (problem,) = error.value.problems
    assert (problem.code, package in problem.fix) == ("E019", True)


def test_a_command_needs_nothing_of_it(machine):
    assert outfit(machine, Step(name=StepName("lint"), command=("true",))) is None
