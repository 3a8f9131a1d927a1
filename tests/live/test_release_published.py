"""Releases to a real index on the loopback: what fails on the way is gone on with, and happens once."""

import hashlib
import json
import subprocess
import tarfile

import pytest

from ecluse.model.publishing import IndexPlace
from ecluse.providers.index.index import UvIndex
from ecluse.testing.publishing import PackageIndexContract
from support.releasing import TO_INDEX, Index, Relay, open_releasing, tags_on_remote

pytestmark = [pytest.mark.live, pytest.mark.network]
FILES = [
    "shop-0.1.0-py3-none-any.whl",
    "shop-0.1.0.tar.gz",
    "shop_client-0.1.0-py3-none-any.whl",
    "shop_client-0.1.0.tar.gz",
]


@pytest.fixture
def index(tmp_path):
    server = Index(tmp_path / "index")
    yield server
    server.close()


@pytest.fixture
def relay(index):
    between = Relay(index.port)
    yield between
    between.close()


@pytest.fixture
def shop(tmp_path, index, relay):
    """Its uploads go through the relay."""
    return open_releasing(tmp_path, "[release]\n" + TO_INDEX.format(index=index.url, upload=relay.url))


def digests(index):
    return {name: hashlib.sha256((index.folder / name).read_bytes()).hexdigest() for name in index.files}


def code_of(done):
    return json.loads(done.stdout)["problems"][0]["code"]


@pytest.mark.parametrize("act", ["500", "cut"])
def test_an_index_that_fails_after_the_first_file_gets_the_missing_ones_with_the_same_bytes(shop, index, relay, act):
    relay.script = ["pass", act]
    failed = shop.ecluse("release", "--json")
    assert (failed.returncode, code_of(failed)) == (5, "R022")
    first = digests(index)
    assert len(first) == 1
    done = shop.json("release")
    assert (done["outcome"], done["version"], done["begun"], len(done["sent"])) == ("released", "0.1.0", True, 3)
    assert index.files == FILES
    assert first.items() <= digests(index).items()
    assert {name: f"sha256:{digest}" for name, digest in digests(index).items()}.items() <= done["files"].items()
    assert tags_on_remote(shop) == ["v0.1.0"]
    assert sorted(name for act, name in relay.posts if act == "pass") == FILES
    again = shop.json("release")
    assert (again["outcome"], again["sent"], again["version"]) == ("unchanged", [], "0.1.0")
    assert len(relay.posts) == 5


def test_an_answer_that_is_lost_is_looked_up(shop, index, relay):
    relay.script = ["pass", "lost"]
    done = shop.json("release")
    assert (index.files, len(done["sent"])) == (FILES, 4)


def test_the_password_is_nowhere(shop, index, relay, tmp_path):
    relay.script = ["500"]
    done = shop.ecluse("release", "--json")
    assert "open sesame" not in done.stdout + done.stderr
    kept = [path for path in (shop.root / ".ecluse").rglob("*") if path.is_file()]
    assert [path for path in kept if b"open sesame" in path.read_bytes()] == []


def test_other_bytes_of_that_name_are_never_overwritten(shop, index):
    (index.folder / FILES[0]).write_bytes(b"somebody else's")
    done = shop.ecluse("release", "--json")
    assert (done.returncode, code_of(done)) == (6, "R013")
    assert (index.folder / FILES[0]).read_bytes() == b"somebody else's"
    assert tags_on_remote(shop) == []


def test_the_same_commit_builds_the_same_bytes_elsewhere(shop, index, tmp_path):
    """By another home, another folder, at another time."""
    shop.json("release")
    before = digests(index)
    for path in index.folder.iterdir():
        path.unlink()
    shop.env["ECLUSE_HOME"] = str(tmp_path / "another-home")
    done = shop.json("release")
    assert (digests(index), done["begun"]) == (before, False)


def test_the_version_of_the_tag_is_in_what_is_built(shop, index):
    shop.json("release")
    with tarfile.open(index.folder / "shop-0.1.0.tar.gz") as archive:
        told = archive.extractfile("shop-0.1.0/pyproject.toml").read().decode()
    assert 'version = "0.1.0"' in told
    assert 'version = "0"' in (shop.root / "pyproject.toml").read_text()


def test_two_at_once_release_once(shop, index):
    first, second = shop.begin("release", "--json"), shop.begin("release", "--json")
    ended = [(one.communicate(timeout=120)[0], one.returncode) for one in (first, second)]
    codes = sorted(code for _, code in ended)
    assert codes in ([0, 0], [0, 4]), ended
    assert index.files == FILES
    assert tags_on_remote(shop) == ["v0.1.0"]


@pytest.mark.parametrize("kind", ["folder", "remote"])
def test_another_machine_goes_on_by_the_store(tmp_path, index, relay, kind):
    (tmp_path / "store").mkdir()
    store = f"{tmp_path}/store" if kind == "folder" else "git:origin"
    shop = open_releasing(
        tmp_path, f'[release]\nstore = "{store}"\n' + TO_INDEX.format(index=index.url, upload=relay.url)
    )
    relay.script = ["pass", "cut"]
    assert shop.ecluse("release").returncode == 5
    first = digests(index)
    elsewhere = tmp_path / "elsewhere"
    subprocess.run(["git", "clone", "--quiet", "--depth=1", f"file://{tmp_path}/remote.git", elsewhere], check=True)
    shop.root = elsewhere
    done = shop.json("release", code=0)
    assert (done["begun"], len(done["sent"])) == (True, 3)
    assert first.items() <= digests(index).items()
    assert tags_on_remote(shop) == ["v0.1.0"]


class TestUvIndex(PackageIndexContract):
    @pytest.fixture(params=[(), ("--hash-algo", "no")], ids=["digests", "none"])
    def server(self, request, tmp_path):
        """One says the digest of each file, the other none: then the file itself is asked for."""
        made = Index(tmp_path / "index", *request.param)
        yield made
        made.close()

    @pytest.fixture
    def index(self, server, commands, tmp_path):
        from pathlib import Path

        from uv import find_uv_bin

        place = IndexPlace(simple=f"{server.url}/simple/", upload=server.url, username="U", password="P")
        env = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}
        secrets = {"U": "ada", "P": "open sesame"}
        return UvIndex(place, uv=Path(find_uv_bin()), env=env, secrets=secrets, commands=commands)

    @pytest.fixture
    def distribution(self, tmp_path):
        from support.packages import sdist

        return sdist(tmp_path / "dist", "shop", "1.0")

    @pytest.fixture
    def commands(self):
        from ecluse.system.commands import SupervisedRunner

        runner = SupervisedRunner()
        yield runner
        runner.close()
