"""Repositories that do what nobody expects: each try is bounded, ends, and touches nothing outside."""

import asyncio
import os
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from ecluse.loop.plan.init import Request, initialise
from ecluse.manifest.read import read
from ecluse.model.problem import ProblemError
from support.packages import offline_toolchain, project, wheel

pytestmark = pytest.mark.once

APP = "{before}\ndef application(environ, start_response): ...\n"
SERVES = {"Procfile": "web: python server.py $PORT\n", "server.py": """
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"hello")
HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""}  # fmt: skip


def init(world, **request):
    return asyncio.run(initialise(world, Request(port=lambda: 8000, **request)))


def refused(world, **request):
    with pytest.raises(ProblemError) as error:
        init(world, **request)
    return error.value.problems[0]


def packaged(**about):
    """A project that is built and installed itself."""
    files = project("shop", **about)
    return {**files, "pyproject.toml": files["pyproject.toml"] + '[project]\nname = "shop"\nversion = "1.0"\n'}


@pytest.fixture
def outside(tmp_path):
    """A folder of somebody else's, beside the repository."""
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious" / "letter").write_text("dear")
    return tmp_path / "precious"


@pytest.fixture
def building(world, tmp_path, commands):
    """The world with the real toolchain, on packages of a folder."""
    wheel(tmp_path / "index", "till")
    secret = {"AWS_SECRET_ACCESS_KEY": "sesame"}
    return replace(world, toolchain=offline_toolchain(tmp_path / "home", tmp_path / "index", commands, **secret))


@pytest.mark.usefixtures("veils")
def test_a_build_that_deletes_what_is_not_its_own_deletes_nothing(building, repository, outside):
    code = f"import shutil; shutil.rmtree({str(outside)!r}, ignore_errors=True); raise SystemExit(1)"
    repository({**packaged(fails=code), "web.py": APP.format(before="")})
    assert refused(building).code == "B020"
    assert (outside / "letter").read_text() == "dear"


def test_a_build_sees_neither_the_user_s_secrets_nor_the_user_s_home(building, repository):
    code = "import os; raise SystemExit(f\"told {os.environ.get('AWS_SECRET_ACCESS_KEY')} {os.environ['HOME']}\")"
    repository({**packaged(fails=code), "web.py": APP.format(before="")})
    (said,) = (line for line in refused(building).evidence if "told" in line)
    assert "told None" in said
    assert str(Path.home()) not in said.replace(str(building.home), "")


def test_an_app_sees_neither_the_caller_s_variables_nor_the_caller_s_home(world, repository):
    before = "import os\nraise SystemExit(f\"told {os.environ.get('SECRET_OF_THE_CALLER')} {os.environ['HOME']}\")"
    repository({"web.py": APP.format(before=before)})
    (said,) = (line for line in refused(world).evidence if line.startswith("SystemExit"))
    assert "told None" in said
    assert not said.endswith(world.env["HOME"])
    assert any("none of your variables" in note for note in world.reporter.notes)


def test_an_import_that_hangs_is_ended(world, repository):
    repository({"web.py": APP.format(before="import time\ntime.sleep(600)")})
    problem = refused(world, budget=timedelta(seconds=3))
    assert any("it took too long" in line for line in problem.evidence)


def test_children_that_an_import_leaves_are_ended(world, repository, tmp_path):
    mark = f"600.{os.getpid()}"
    before = (
        "import os, time\nif os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0:\n"
        f"        os.execvp('sleep', ['sleep', '{mark}'])\n    os._exit(0)\ntime.sleep(1)\nimport gone"
    )
    repository({"web.py": APP.format(before=before)})
    assert any("gone" in line for line in refused(world).evidence)
    assert not [line for line in running() if mark in line]


def running():
    """The command line of every process."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            found.append(entry.read_bytes().decode(errors="replace"))
    return found


def test_an_import_that_reads_standard_input_finds_its_end(world, repository):
    repository({"web.py": APP.format(before="input('Really? ')")})
    assert any(line.startswith("EOFError") for line in refused(world).evidence)


def test_a_file_of_a_gigabyte_is_not_read(world, repository):
    root = repository(SERVES)
    with (root / "requirements.txt").open("wb") as file:
        file.truncate(1 << 30)
    assert init(world, should_try=False).text


def test_a_link_out_of_the_tree_is_not_followed(world, repository, outside):
    root = repository(SERVES)
    (root / "letters").symlink_to(outside)
    (root / ".env").symlink_to(outside / "letter")
    (root / "models.py").symlink_to("/etc/passwd")
    found = init(world)
    assert "dear" not in found.text
    assert (outside / "letter").read_text() == "dear"


def test_a_pyproject_of_ten_megabytes_is_passed_over(world, repository):
    text = "[tool.x]\n" + "".join(f'key{number} = "{"x" * 80}"\n' for number in range(110_000))
    repository({**SERVES, "pyproject.toml": text})
    assert init(world, should_try=False).text


def test_names_with_newlines_stay_names(world, repository, tmp_path):
    bad = 'x\n[processes.evil]\ncommand = "rm -rf /"\n'
    files = {f"{bad}.py": "import os\nos.environ['KEY']\nopen('a.txt', 'w')\n", "a\nb/requirements.txt": "flask\n"}
    repository({**SERVES, **files, f"{bad}/wsgi.py": APP.format(before="")})
    found = init(world)
    (tmp_path / "ecluse.toml").write_text(found.text)
    assert [process.name for process in read(tmp_path, {}).processes] == ["web"]


def test_a_repository_may_name_a_version_that_is_none(world, repository):
    repository({**SERVES, ".python-version": "3.99999999999999999999\n\0", "runtime.txt": "python-3." + "9" * 5000})
    assert init(world, should_try=False).text


@pytest.fixture
def veils(veils):
    """Skip where the system refuses to mount."""
    if os.geteuid():
        pytest.skip("only root can be shown what is read-only")
