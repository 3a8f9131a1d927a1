"""What is shipped of a commit that was released is what was released."""

import asyncio

from ecluse.loop.release.adopted import released_bundle


def ask(machine, app):
    return asyncio.run(released_bundle(app, machine.head, machine.world))


def test_it_is_the_bundle_of_the_intent(machine):
    app = machine.app()
    assert ask(machine, app) is None
    machine.killed_at("intend.after")
    bundle = ask(machine, app)
    assert (bundle.commit, bundle.digest) == (machine.head, machine.release().intent.bundle)


def test_a_store_that_is_away_is_said_and_no_reason_not_to_ship(machine, tmp_path):
    machine.release()
    assert ask(machine, machine.app(store=str(tmp_path / "away"))) is None
    assert any("the store of releases can't be used" in text for _, text in machine.world.reporter.told)


def test_another_machine_gets_it_from_the_store(machine, another, tmp_path):
    (tmp_path / "store").mkdir()
    app = machine.app(store=str(tmp_path / "store"))
    released = machine.release(app).intent
    other = another()
    assert ask(other, app).digest == released.bundle
    assert other.world.store.has(released.config)
