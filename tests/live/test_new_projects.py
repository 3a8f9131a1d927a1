"""A project of each kind: created from an older template, tested, shipped, and updated to a later one."""

import json
import re
import signal
import subprocess
import sys
import time
from urllib.request import Request, urlopen

import pytest
from uv import find_uv_bin

from ecluse.model.template import Kind
from support.new_projects import Beginner
from support.ports import free_port
from support.releasing import Index

pytestmark = [pytest.mark.live, pytest.mark.network, pytest.mark.timeout(1200)]

OLDER, LATER = "1.0.0", "1.1.0"
MINE = "\nMine.\n"


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def ada(tmp_path, cache):
    return Beginner.at(tmp_path, cache)


@pytest.fixture
def created(ada):
    """A project of a kind; it is stopped at the end."""
    begun = []

    def created(kind):
        made = ada.types("new", "shop", "--kind", kind, "--template", OLDER)
        assert (made["outcome"], made["template"]) == ("created", OLDER)
        begun.append(kind)
        with_a_port_of_its_own(ada)
        return ada.folder / "shop"

    yield created
    if begun and not begun[0].is_packaged:
        ada.types("stop", project="shop")


def with_a_port_of_its_own(ada):
    """Others begin projects at the same time, and the one that was free then isn't now."""
    manifest = ada.folder / "shop" / "ecluse.toml"
    text = re.sub(r"(?m)^port = \d+$", f"port = {free_port()}", manifest.read_text())
    if text != manifest.read_text():
        manifest.write_text(text)
        ada.commits("shop", "chore: another port")


def with_advisories_of_its_own(ada):
    """The security gate asks a folder: the public source may be out of reach, and then nothing is passed."""
    known = ada.folder.parent / "advisories"
    known.mkdir(exist_ok=True)
    fixed = [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "0.1"}]}]
    affected = [{"package": {"ecosystem": "PyPI", "name": "flask"}, "ranges": fixed}]
    record = {"id": "TEST-1", "modified": "2026-01-01T00:00:00Z", "affected": affected}
    (known / "TEST-1.json").write_text(json.dumps(record))
    manifest = ada.folder / "shop" / "ecluse.toml"
    text = re.sub(r"(?m)^(\[security\].*)$", rf'\1\nsource = "folder"\nat = "{known}"', manifest.read_text())
    assert str(known) in text
    manifest.write_text(text)


def passes_its_gates(ada):
    for verb in ("check", "test"):
        steps = ada.types(verb, project="shop")["steps"]
        assert {step["verdict"] for step in steps} == {"passed"}, steps
        assert steps


@pytest.fixture
def index(tmp_path, monkeypatch):
    """Where packages go. Each of its files is of a version that was asked for: nobody else is asked."""
    server = Index(tmp_path / "index")
    monkeypatch.setenv("INDEX_USER", "ada")
    monkeypatch.setenv("INDEX_PASSWORD", "open sesame")
    yield server
    server.close()


PUBLISHED = """
[release.index]
simple = "{index}/simple/"
upload = "{index}/"
username = "INDEX_USER"
password = "INDEX_PASSWORD"
"""


def with_an_index(ada, index):
    manifest = ada.folder / "shop" / "ecluse.toml"
    told = PUBLISHED.format(index=index.url)
    manifest.write_text(manifest.read_text().replace("\n[build]\n", f"{told}\n[build]\n"))  # not where the later adds
    ada.git("shop", "init", "--quiet", "--bare", "../remote.git")
    ada.git("shop", "remote", "add", "origin", "../remote.git")
    ada.commits("shop", "feat: publish it")


def is_released(ada, index, version):
    """Who has the package installs it from there, and imports it in that version."""
    done = ada.types("release", project="shop")
    assert (done["outcome"], done["version"]) == ("released", version)
    assert {name for name in done["sent"] if version in name} <= set(index.files)
    there = ada.folder / f"installed-{version}"
    install = [find_uv_bin(), "pip", "install", "--quiet", "--no-deps", "--no-cache", "--python", sys.executable,
               "--target", there, "--default-index", f"{index.url}/simple/", f"shop=={version}"]  # fmt: skip
    subprocess.run(install, env=ada.env, check=True)
    asks = "import importlib.metadata, shop; print(shop.__file__, importlib.metadata.version('shop'))"
    told = subprocess.run([sys.executable, "-c", asks], cwd=there, capture_output=True, text=True, check=True)
    assert told.stdout.split() == [str(there / "shop" / "__init__.py"), version]


def is_shipped(ada):
    done = ada.types("ship", project="shop")
    assert done["outcome"] == "shipped", done
    return done["url"]


def goes_out(ada, kind, index, version):
    """As such a project does: an app is shipped, a package is released. The address that is served, if one is."""
    if not kind.is_packaged:
        return is_shipped(ada)
    assert ada.types("build", project="shop")["outcome"] in {"built", "unchanged"}
    is_released(ada, index, version)
    return ""


def asked(url, text=""):
    """What is listed, or what was left."""
    body = json.dumps({"text": text}).encode() if text else None
    with urlopen(
        Request(f"{url}/notes", data=body, headers={"Content-Type": "application/json"}), timeout=10
    ) as answer:
        return json.load(answer)


def does_its_work(project, kind, url):
    if kind is Kind.WORKER:
        inbox = next((project / ".ecluse" / "environments").rglob("state/spool/inbox"))
        (inbox / "job").write_text('{"text": "to be"}')
        until, done = time.monotonic() + 60, inbox.parent / "done" / "job"
        while not done.exists():
            assert time.monotonic() < until, "the job was never done"
            time.sleep(0.1)
    elif url:
        left = asked(url, "hello")
        assert left in asked(url)["notes"]


@pytest.mark.parametrize("kind", list(Kind))
def test_each_kind_is_created_tested_shipped_and_updated(kind, created, ada, request):
    project = created(kind)
    index = request.getfixturevalue("index") if kind.is_packaged else None
    if index:
        with_an_index(ada, index)
    passes_its_gates(ada)
    url = goes_out(ada, kind, index, "0.1.0")
    does_its_work(project, kind, url)
    readme = project / "README.md"
    readme.write_text(readme.read_text() + MINE)
    ada.commits("shop", "docs: mine")

    done = ada.types("update", "--to", LATER, project="shop")

    assert (done["outcome"], done["from"], done["to"]) == ("updated", OLDER, LATER)
    assert readme.read_text().endswith(MINE)
    assert "branch = true" in (project / "pyproject.toml").read_text()
    with_advisories_of_its_own(ada)
    ada.commits("shop", "fix: update the template")
    passes_its_gates(ada)
    assert goes_out(ada, kind, index, "0.1.1") == url


@pytest.mark.parametrize("kind", [Kind.LIBRARY, Kind.CLI])
def test_the_longest_name_with_all_that_it_may_have_passes_its_own_lint(kind, ada):
    name = "inventory.forecasting-service_v2"
    assert len(name) == 32
    ada.types("new", name, "--kind", kind)
    assert {step["verdict"] for step in ada.types("check", project=name)["steps"]} == {"passed"}


def test_a_conflict_is_left_to_a_person_and_can_be_taken_back(created, ada):
    project = created(Kind.CLI)
    settings = project / "pyproject.toml"
    mine = settings.read_text().replace("[tool.coverage.run]\n", "[tool.coverage.run]\nbranch = false\n")
    settings.write_text(mine)
    ada.commits("shop", "test: lines alone")

    done = ada.types("update", "--to", LATER, project="shop", code=6)

    assert [one["path"] for one in done["changes"] if one["how"] == "conflict"] == ["pyproject.toml"]
    assert "<<<<<<< before updating" in settings.read_text()
    refused = subprocess.run(
        ["git", "commit", "--message=no"], cwd=project, env=ada.env, capture_output=True, text=True, check=False
    )
    assert "unmerged" in refused.stderr
    ada.git("shop", "reset", "--quiet", "--hard", "HEAD")
    assert settings.read_text() == mine


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_nothing_half_made_stays_of_what_was_interrupted(ada, number):
    begun = interrupted(ada, number)
    assert begun.returncode == 130
    assert list(ada.folder.iterdir()) == []


def test_what_a_kill_left_goes_with_the_next(ada):
    interrupted(ada, signal.SIGKILL)
    assert next(ada.folder.iterdir()).name.startswith(".shop.new-")
    ada.types("new", "shop", "--kind", "library")
    assert [path.name for path in ada.folder.iterdir()] == ["shop"]


def interrupted(ada, number):
    """In the middle: its folder is there, and it isn't in its place."""
    begun = subprocess.Popen(
        [sys.executable, "-m", "ecluse", "new", "shop", "--kind", "library"],
        cwd=ada.folder, env=ada.env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    until = time.monotonic() + 120
    while not any(ada.folder.iterdir()):
        assert time.monotonic() < until
        time.sleep(0.01)
    begun.send_signal(number)
    begun.wait()
    return begun
