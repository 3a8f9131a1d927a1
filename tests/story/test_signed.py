"""An environment that takes only what is signed, on the memory world."""

import json
from dataclasses import replace

import pytest

from ecluse.loop.deploy.existing import deploy_existing
from ecluse.loop.deploy.recall import find
from ecluse.loop.deploy.wanted import Wanted
from ecluse.loop.operate.rollback import rollback
from ecluse.loop.release.names import attestation_name
from ecluse.loop.ship import ShipOrder, ship
from ecluse.model.app import App, Environment, Health
from ecluse.model.problem import Exit, ProblemError
from ecluse.model.publishing import ReleasePolicy
from ecluse.providers.ed25519.keys import Ed25519Signer, Ed25519Verifier
from ecluse.system.store import FolderStore
from ecluse.testing.outlets import memory_outlets
from ecluse.testing.releases import WEB
from ecluse.testing.world import MemoryWorld
from support.no_wheels import NoWheels
from support.signing import pair

pytestmark = pytest.mark.looped

PRIVATE, PUBLIC = pair()
OTHER_PRIVATE, OTHER_PUBLIC = pair()


class Shop:
    def __init__(self, folder, *, signed_by=(PUBLIC,), sign_with="KEY"):
        self.key = PRIVATE
        outlets = replace(
            memory_outlets(folder / ".ecluse"), signer=lambda _: Ed25519Signer(self.key), verifier=Ed25519Verifier
        )
        store = FolderStore(folder / ".ecluse" / "store")
        self.memory = MemoryWorld(folder, toolchain=NoWheels(store), outlets=outlets)
        self.app = App(
            name="shop",
            processes=(replace(WEB, health=Health(path="/")),),
            release=ReleasePolicy(sign_with=sign_with),
            environments=(Environment(name="production", signed_by=signed_by), Environment(name="staging")),
        )
        self.sell("one")

    def sell(self, what):
        self.memory.source.commit({"shop.py": what}, f"feat: {what}")

    def wanted(self, name="production"):
        return Wanted(app=self.app, environment=self.app.environment(name))

    async def ship(self, name="production"):
        commit = await self.memory.source.resolve("HEAD")
        return await ship(ShipOrder(wanted=self.wanted(name), commit=commit), self.memory.world)

    async def deploy(self):
        wanted = self.wanted()
        return await deploy_existing(
            wanted, lambda _, state: find(state, "", wanted.environment), self.memory.world, verb="deploy"
        )


@pytest.fixture
def shop(tmp_path):
    return Shop(tmp_path)


def path_of(shop, release):
    return (
        shop.memory.folder
        / ".ecluse"
        / "releases"
        / "documents"
        / attestation_name(release)[:2]
        / (attestation_name(release)[2:])
    )


async def test_a_ship_signs_what_it_tags_and_may_go(shop):
    shipped = await shop.ship()
    assert shipped.outcome == "shipped"
    assert json.loads(path_of(shop, shipped.release).read_bytes())["payloadType"] == "application/vnd.in-toto+json"


async def test_without_its_key_nothing_is_tagged(shop):
    shop.key = "none"
    with pytest.raises(ValueError):
        await shop.ship()
    head = await shop.memory.source.resolve("HEAD")
    assert await shop.memory.source.tags(head, "v") == ()


async def test_what_nobody_signed_does_not_come_in(tmp_path):
    shop = Shop(tmp_path, sign_with="")
    with pytest.raises(ProblemError) as caught:
        await shop.ship()
    (problem,) = caught.value.problems
    assert (problem.code, problem.exit, problem.evidence) == ("R042", Exit.REFUSED, ("there is no attestation of it",))


async def test_what_another_key_signed_does_not_come_in(shop):
    shop.key = OTHER_PRIVATE
    with pytest.raises(ProblemError, match="R042"):
        await shop.ship()


async def test_what_was_changed_on_its_way_is_not_deployed(shop):
    shipped = await shop.ship("staging")
    path = path_of(shop, shipped.release)
    envelope = json.loads(path.read_bytes())
    envelope["payload"] = envelope["payload"][:-8] + ("A" * 4) + envelope["payload"][-4:]
    path.chmod(0o644)
    path.write_text(json.dumps(envelope))
    with pytest.raises(ProblemError, match="R042"):
        await shop.deploy()


async def test_who_is_trusted_is_asked_as_it_is_now(shop):
    await shop.ship("staging")
    shop.app = replace(shop.app, environments=(Environment(name="production", signed_by=(OTHER_PUBLIC,)),))
    with pytest.raises(ProblemError, match="R042"):
        await shop.deploy()


async def test_a_way_back_is_not_asked(shop):
    await shop.ship()
    shop.sell("two")
    await shop.ship()
    for document in (shop.memory.folder / ".ecluse" / "releases").rglob("*"):
        if document.is_file():
            document.unlink()
    assert (await rollback(shop.wanted(), shop.memory.world)).exit is Exit.DONE
