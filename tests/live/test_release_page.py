"""A release's page at a forge that takes only what its vendor describes, by the real command line."""

import json

import pytest

from support.forges import FakeForge, GitHub
from support.published import description
from support.releasing import open_releasing

pytestmark = [pytest.mark.live, pytest.mark.network]
RELEASE = """\
[release.forge]
kind = "github"
token = "INDEX_PASSWORD"
api = "{url}"
repository = "team/shop"
"""


@pytest.fixture
def forge():
    server = FakeForge(GitHub, description("github").faults)
    yield server
    server.close()
    assert server.faults == []


@pytest.fixture
def shop(tmp_path, forge):
    return open_releasing(tmp_path, RELEASE.format(url=forge.url))


def made(forge):
    return [target for method, target, _ in forge.asked if method == "POST"]


def test_it_is_made_once_with_its_files(shop, forge):
    done = shop.json("release")
    assert done["url"].endswith("/team/shop/releases/tag/v0.1.0")
    assert sorted(forge.files) == ["shop-0.1.0.cdx.json"]
    assert json.loads(forge.files["shop-0.1.0.cdx.json"])["bomFormat"] == "CycloneDX"
    assert shop.json("release")["outcome"] == "unchanged"
    assert len(made(forge)) == 2


@pytest.mark.parametrize("point", ["announce.before", "announce.after", "attach.before", "attach.after"])
def test_killed_there_it_is_ended_by_the_next(shop, forge, tmp_path, point):
    witness = tmp_path / "reached"
    killed = shop.ecluse("release", env={"ECLUSE_RELEASE_FAULT": f"{point}:{witness}"})
    assert (killed.returncode, witness.read_text()) == (-9, point)
    shop.json("release")
    assert (sorted(forge.files), len(made(forge))) == (["shop-0.1.0.cdx.json"], 2)


def test_a_token_that_may_not_is_told_and_the_rest_is_out(shop, forge):
    done = shop.ecluse("release", "--json", env={"INDEX_PASSWORD": "wrong"})
    (problem,) = json.loads(done.stdout)["problems"]
    assert (done.returncode, problem["code"]) == (1, "R025")
    assert shop.json("release")["begun"]


def test_a_token_that_is_not_there_is_said_before_anything_is_built(shop, forge):
    done = shop.ecluse("release", "--json", env={"INDEX_PASSWORD": ""})
    (problem,) = json.loads(done.stdout)["problems"]
    assert (done.returncode, problem["code"], problem["state"]) == (2, "R019", "this command changed nothing")
    assert (shop.git("tag"), made(forge)) == ("", [])
