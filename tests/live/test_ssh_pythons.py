"""Hosts with Pythons of their own: one release, the wheels of each, or a Problem before anything moves."""

import json
import urllib.request
from pathlib import Path

import pytest

from support.remote import opened
from support.ssh_hosts import required

pytestmark = [pytest.mark.live, pytest.mark.network]
NAMES = ("web1", "web2", "web3")
OTHER = "web3"
APP = """\
import platform

import markupsafe
from markupsafe import _speedups


def application(environ, start_response):
    environ["wsgi.input"].read()
    body = f"{platform.python_version()} {markupsafe.__version__} {_speedups.__file__}".encode()
    start_response("200 OK", [("Content-Length", str(len(body))), ("Content-Type", "text/plain")])
    return [body]
"""
NATIVE = """\
from setuptools import Extension, setup

setup(name="native", version="1.0", ext_modules=[Extension("native", ["native.c"])])
"""


def other_python():
    found = next(iter(sorted(Path("/root/.pyenv/versions").glob("3.12.*"))), None)
    if found is None:
        pytest.skip("no Python 3.12 to give to a host")
    return found


def give(host, python):
    """It has that Python in place of Debian's. Its libpython is looked for where it was made."""
    script = (
        f"mount -t tmpfs tmpfs /opt && mkdir -p /opt/python/{python.name}\n"
        f"mount --bind {python} /opt/python/{python.name}\n"
        f"mount -t tmpfs -o mode=755 tmpfs /root && mkdir -p {python}\n"
        f"mount --bind /opt/python/{python.name} {python}\n"
        f"mount -t tmpfs -o mode=755 tmpfs /usr/local/bin\n"
        f"ln -s /opt/python/{python.name}/bin/python3.12 /usr/local/bin/python3\n"
        f"mount --bind /dev/null /usr/bin/python3.11\n"
    )
    host.run("sh", "-euc", script, user=False)


PLAIN = "markupsafe==2.1.5\n"


@pytest.fixture(scope="module")
def fleet(tmp_path_factory):
    """This machine has no 3.12: its wheels are those of an index."""
    required()
    python = other_python()
    with opened(tmp_path_factory.mktemp("fleet"), *NAMES) as made:
        give(made.host(OTHER), python)
        made.json("host", "prepare", "production")
        made.shop.env["PYENV_ROOT"] = "/nonexistent"
        yield made, (made.shop.root / "ecluse.toml").read_text()


@pytest.fixture
def remote(fleet, request):
    """With a commit of the test's own on top of whatever was before, and that deployed."""
    made, manifest = fleet
    name = request.node.name
    for file, text in (("ecluse.toml", manifest), ("requirements.txt", PLAIN), ("shop.py", f"{APP}\n# {name}\n")):
        made.shop.write(file, text)
    made.shop.commit(f"feat: {name}")
    made.ship()
    return made


def said(remote):
    answers = {}
    for name in NAMES:
        with urllib.request.urlopen(remote.url(name), timeout=5) as answer:
            answers[name] = answer.read().decode().split()
    return answers


def chosen(remote):
    lines = remote.shop.ecluse("events", "--json").stdout.splitlines()
    events = [json.loads(line) for line in lines]
    return [event["data"] for event in events if event["kind"] == "WheelhouseChosen"]


def test_each_host_runs_with_its_own_python(remote):
    shipped = remote.json("status", "production")["environments"][0]
    answers = said(remote)
    assert {name: answer[0].rpartition(".")[0] for name, answer in answers.items()} == {
        "web1": "3.11", "web2": "3.11", "web3": "3.12",
    }  # fmt: skip
    assert {answer[1] for answer in answers.values()} == {"2.1.5"}
    assert "cpython-312" in answers[OTHER][2], "with what was compiled for it"
    assert set(remote.answers().values()) == {shipped["version"]}
    two = {one["digest"]: (one["python"], tuple(one["hosts"])) for one in chosen(remote)}
    assert sorted(two.values()) == [("3.11", ("web1", "web2")), ("3.12", ("web3",))]


def test_a_second_deploy_makes_no_wheels_again_and_a_rollback_goes_to_them(remote):
    before = remote.answers()["web3"]
    remote.shop.write("shop.py", APP + "\n# two\n")
    remote.shop.commit("feat: two")
    staged = remote.ship()["timeline"][0]
    assert staged["sent"]["bytes"] < 2000
    remote.json("rollback", "production")
    assert set(remote.answers().values()) == {before}
    assert said(remote)[OTHER][0].startswith("3.12")


def test_a_dependency_that_can_not_be_built_for_a_host_is_told_before_anything_moves(remote):
    before, tags = remote.answers(), remote.shop.git("tag")
    remote.shop.write("native/setup.py", NATIVE)
    remote.shop.write("native/native.c", C)
    remote.shop.write("requirements.txt", f"{PLAIN}./native\n")
    remote.shop.commit("feat: what has to be compiled")
    shipped = remote.ship(code=1)
    (problem,) = shipped["problems"]
    assert problem["code"] == "B023"
    assert problem["what"].startswith("web3: native has no wheel for Python 3.12 on x86_64 with glibc")
    assert (remote.answers(), remote.shop.git("tag")) == (before, tags)


def test_hosts_without_a_python_for_the_app_are_named_before_anything_moves(remote):
    before, tags = remote.answers(), remote.shop.git("tag")
    manifest = (remote.shop.root / "ecluse.toml").read_text()
    remote.shop.write("ecluse.toml", manifest + '\n[build]\npython = "3.11"\n')
    remote.shop.commit("feat: 3.11 alone")
    (problem,) = remote.ship(code=1)["problems"]
    assert (problem["code"], problem["what"]) == (
        "B002", "web3: no Python there is the one that the app asks for (build.python = 3.11)",
    )  # fmt: skip
    assert "3.12" in problem["evidence"][0]
    assert (remote.answers(), remote.shop.git("tag")) == (before, tags)


C = """\
#include <Python.h>

static struct PyModuleDef native = {PyModuleDef_HEAD_INIT, "native", NULL, -1, NULL};

PyMODINIT_FUNC PyInit_native(void) { return PyModule_Create(&native); }
"""
