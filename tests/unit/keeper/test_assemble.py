import ensurepip
import hashlib
import json
import os
import platform
import subprocess
import sys
import sysconfig
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ecluse.keeper import assemble
from ecluse.keeper.children import Children
from ecluse.keeper.store import Store
from ecluse.wire.codes import CANNOT_START, STAGING_FAILED, OrderError

HERE = "%d.%d" % sys.version_info[:2]
METADATA = "Metadata-Version: 2.1\nName: %s\nVersion: 1\n"


class Host:
    """An environment's folder with a content store, and bundles of wheels made by hand."""

    def __init__(self, folder):
        self.home = str(folder / "home")
        self.folder = folder
        self.said = []
        os.makedirs(self.home)
        self.store = Store(os.path.join(self.home, "store"))

    def blob(self, data):
        digest = "sha256:" + hashlib.sha256(data).hexdigest()
        self.store.put(digest, 0, data, last=True)
        return digest

    def file(self, path, data, mode="file"):
        return {"path": path, "mode": mode, "digest": self.blob(data)}

    def wheel(self, name, code="", built=False):
        """A wheel with a module and a command of the same name."""
        path = self.folder / ("%s-1-py3-none-any.whl" % name)
        about = "%s-1.dist-info/" % name
        with zipfile.ZipFile(path, "w") as wheel:
            wheel.writestr(name + ".py", code + "\ndef main():\n    import sys\n    print(sys.prefix)\n")
            wheel.writestr(about + "METADATA", METADATA % name)
            wheel.writestr(about + "WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
            wheel.writestr(about + "entry_points.txt", "[console_scripts]\n%s = %s:main\n" % (name, name))
            wheel.writestr(about + "RECORD", "")
        return {"name": path.name, "digest": self.blob(path.read_bytes()), "built": built}

    def pip(self):
        # Debian keeps it apart from the interpreter, and says where.
        folders = (Path(ensurepip.__file__).parent / "_bundled", sysconfig.get_config_var("WHEEL_PKG_DIR") or ".")
        (wheel,) = (wheel for folder in folders for wheel in Path(folder).glob("pip-*.whl"))
        return {"name": wheel.name, "digest": self.blob(wheel.read_bytes()), "built": False}

    def house(self, app=(), server=(), python=HERE, machine=None):
        here = machine or platform.machine()
        wheels = {"app": list(app), "server": list(server), "pip": self.pip()}
        return {"python": python, "machine": here, "libc": "glibc", "digest": "", **wheels}

    def stage(self, release, files, houses=(), children=None, **running):
        document = {"commit": "c" * 40, "dirty": False, "files": list(files), "wheelhouses": list(houses)}
        named = "sha256:" + hashlib.sha256(json.dumps(document).encode()).hexdigest()
        settings = {
            "release": {"id": release, "version": "1.0.0", "commit": "c" * 40},
            "app": "example",
            "environment": "local",
            "address": "127.0.0.1",
            "port": 8000,
            "python": HERE if houses else "",
            **running,
        }
        return assemble.stage(self.home, settings, {**document, "digest": named}, self.said.append, children)

    def release(self, name):
        return Path(self.home, "releases", name)


@pytest.fixture
def host(tmp_path):
    return Host(tmp_path)


def refusal(call, *args, **named):
    with pytest.raises(OrderError) as error:
        call(*args, **named)
    return error.value


def modules(python, *names):
    asked = "import %s; print(*(m.__file__ for m in (%s,)))" % (", ".join(names), ", ".join(names))
    return subprocess.run([python, "-c", asked], capture_output=True, text=True, check=True).stdout.split()


def test_a_release_without_python_is_a_tree(host):
    answer = host.stage("r-1", [host.file("run.sh", b"#!/bin/sh\n", "executable")])
    assert not answer["already"]
    assert (host.release("r-1") / "tree/run.sh").stat().st_mode & 0o777 == 0o555
    assert not (host.release("r-1") / "venv").exists()


def test_staging_again_is_quick_and_leaves_the_release_alone(host):
    files = [host.file("a.txt", b"a")]
    host.stage("r-1", files)
    before = (host.release("r-1") / "release.json").stat().st_ino
    assert host.stage("r-1", files)["already"]
    assert (host.release("r-1") / "release.json").stat().st_ino == before


def test_a_release_that_a_crash_cut_short_is_made_anew(host):
    files = [host.file("a.txt", b"a")]
    host.stage("r-1", files)
    (host.release("r-1") / "release.json").unlink()
    os.chmod(host.release("r-1") / "tree", 0o700)
    (host.release("r-1") / "tree/a.txt").unlink()
    assert not host.stage("r-1", files)["already"]
    assert (host.release("r-1") / "tree/a.txt").read_bytes() == b"a"


def test_the_same_name_with_another_bundle_is_made_anew(host):
    host.stage("r-1", [host.file("a.txt", b"a")])
    host.stage("r-1", [host.file("b.txt", b"b")])
    assert sorted(os.listdir(host.release("r-1") / "tree")) == ["b.txt"]


def test_what_is_not_in_the_store_is_named(host):
    digest = "sha256:" + "0" * 64
    error = refusal(host.stage, "r-1", [{"path": "a", "mode": "file", "digest": digest}])
    assert (error.code, error.evidence) == (STAGING_FAILED, {"missing": [digest]})
    assert not host.release("r-1").exists()


def test_build_commands_run_in_the_release_with_its_environment(host):
    host.stage(
        "r-1",
        [host.file("in.txt", b"in")],
        commands=[["/bin/sh", "-c", 'mkdir static; echo "$NAME $SECRET" > {tree}/static/out; cat in.txt']],
        env={"NAME": "{state}"},
        secrets={"SECRET": "hush"},
    )
    assert (host.release("r-1") / "tree/static/out").read_text() == "%s/state hush\n" % host.home
    assert "in" in host.said
    assert "hush" not in (host.release("r-1") / "release.json").read_text()


def test_a_failing_build_command_shows_its_output_and_leaves_no_release(host):
    error = refusal(host.stage, "r-1", [], commands=[["/bin/sh", "-c", "echo because; exit 3"]])
    assert error.code == STAGING_FAILED
    assert error.evidence["output"] == ["because"]
    assert not assemble.is_staged(host.home, "r-1", "")


def test_a_build_command_that_is_not_there_is_named(host):
    assert refusal(host.stage, "r-1", [], commands=[["no-such-program"]]).code == CANNOT_START


def test_a_staging_that_is_given_up_leaves_no_release(host):
    children = Children()
    children.kill()
    assert refusal(host.stage, "r-1", [], children=children, commands=[["/bin/sleep", "60"]]).code == STAGING_FAILED
    assert not (host.release("r-1") / "release.json").exists()


def test_the_same_order_twice_at_once_is_done_once(host):
    command = ["/bin/sh", "-c", "echo run >> ../../../runs; sleep 0.2"]
    with ThreadPoolExecutor(2) as pool:
        both = [pool.submit(host.stage, "r-1", [host.file("a", b"a")], commands=[command]) for _ in range(2)]
    assert sorted(one.result()["already"] for one in both) == [False, True]
    assert Path(host.home, "runs").read_text() == "run\n"


def test_the_data_is_linked_before_commands_run(host):
    host.stage(
        "r-1",
        [host.file("media/logo", b"logo")],
        state=["media/", "db.sqlite3"],
        commands=[["/bin/sh", "-c", "echo more > media/more; echo rows > db.sqlite3"]],
    )
    assert sorted(os.listdir(Path(host.home, "state/media"))) == ["logo", "more"]
    assert Path(host.home, "state/db.sqlite3").read_text() == "rows\n"
    host.stage("r-2", [], state=["media/", "db.sqlite3"])
    assert (host.release("r-2") / "tree/media/more").read_text() == "more\n"


def test_wheels_are_installed_without_a_network(host):
    house = host.house(app=[host.wheel("shared"), host.wheel("own", built=True)], server=[host.wheel("server")])
    host.stage("r-1", [host.file("app.py", b"import shared\n")], [house])
    release = host.release("r-1")
    python = str(release / "venv/bin/python")
    assert all(path.startswith(str(release)) for path in modules(python, "shared", "own"))
    assert (release / "server/site/server.py").exists()
    assert subprocess.run([python, "-c", "import server"], capture_output=True, check=False).returncode != 0
    for command in ("shared", "own"):
        printed = subprocess.run([release / "venv/bin" / command], capture_output=True, text=True, check=True).stdout
        assert printed.strip() == str(release / "venv")


def test_the_launcher_is_a_program(host):
    host.stage("r-1", [])
    launch = host.release("r-1") / "server/launch"
    asked = subprocess.run([sys.executable, launch, "--help"], capture_output=True, text=True, check=True)
    assert "--page" in asked.stdout


def test_a_second_release_shares_what_is_installed(host):
    shared = host.wheel("shared")
    host.stage("r-1", [host.file("app.py", b"x = 1\n")], [host.house(app=[shared])])
    host.stage("r-2", [host.file("app.py", b"x = 2\n")], [host.house(app=[shared])])
    library = "venv/lib/python%s/site-packages/shared.py" % HERE
    assert os.path.samefile(host.release("r-1") / library, host.release("r-2") / library)


def test_bytecode_is_made_once_for_each_source(host):
    same, first, second = (
        host.file(*pair) for pair in (("same.py", b"a=1\n"), ("app.py", b"b=1\n"), ("app.py", b"b=2\n"))
    )
    house = host.house()
    host.stage("r-1", [same, first, host.file("template.py", b"{{ not python }}\n")], [house])
    host.stage("r-2", [same, second], [house])
    cached = "tree/__pycache__/%s.cpython-" + HERE.replace(".", "") + ".pyc"
    assert os.path.samefile(host.release("r-1") / (cached % "same"), host.release("r-2") / (cached % "same"))
    assert not os.path.samefile(host.release("r-1") / (cached % "app"), host.release("r-2") / (cached % "app"))
    python = str(host.release("r-2") / "venv/bin/python")
    asked = [python, "-B", "-c", "import app; print(app.b, app.__cached__)"]
    ran = subprocess.run(asked, capture_output=True, text=True, cwd=host.release("r-2") / "tree", env={}, check=True)
    assert ran.stdout.split() == ["2", str(host.release("r-2") / (cached % "app"))]


def test_a_wheel_that_is_none_fails_with_what_pip_said(host):
    bad = {"name": "bad-1-py3-none-any.whl", "digest": host.blob(b"no zip"), "built": False}
    error = refusal(host.stage, "r-1", [], [host.house(app=[bad])])
    assert error.code == STAGING_FAILED
    assert any("bad-1-py3-none-any.whl" in line for line in error.evidence["output"])


def test_no_interpreter_is_said_with_those_that_are_there(host):
    error = refusal(host.stage, "r-1", [], [host.house(python="3.99")], python="3.99")
    assert (error.code, error.evidence["wanted"]) == (STAGING_FAILED, "3.99")


def test_no_wheelhouse_for_this_machine_is_said(host):
    error = refusal(host.stage, "r-1", [], [host.house(machine="vax")])
    assert error.code == STAGING_FAILED
    assert error.evidence["wheelhouses"] == ["Python %s, vax, glibc" % HERE]


def test_forgetting_removes_the_release_and_what_only_it_used(host):
    host.stage("r-1", [host.file("a.py", b"a = 1\n")], [host.house(app=[host.wheel("one")])])
    host.stage("r-2", [host.file("b.py", b"b = 1\n")], [host.house(app=[host.wheel("two")])])
    left = host.blob(b"of no release")
    assert assemble.forget(host.home, ["r-2"]) > 0
    assert os.listdir(Path(host.home, "releases")) == ["r-2"]
    assert host.store.missing([left]) == [left]
    assert modules(str(host.release("r-2") / "venv/bin/python"), "two")
    kinds = sorted(name.partition("-")[0] for name in os.listdir(Path(host.home, "bases")))
    assert kinds == ["bytecode", "pip", "site", "venv"]
    assert len(os.listdir(Path(host.home, "bases/bytecode-%s" % HERE))) == 1
