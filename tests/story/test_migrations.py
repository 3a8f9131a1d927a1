"""A shop whose data moves on with its releases, and what that means for the way back. In memory."""

from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from ecluse.loop.deploy.existing import deploy_existing
from ecluse.loop.deploy.recall import find
from ecluse.loop.deploy.wanted import Wanted
from ecluse.loop.monitor.history import document, timeline
from ecluse.loop.operate.rollback import rollback, would_go_to
from ecluse.loop.plan.preview import preview
from ecluse.loop.ship import ShipOrder, ship
from ecluse.model.app import App, Environment, Health
from ecluse.model.events.deployments import MigrationsRun
from ecluse.model.events.policies import PolicyOverridden
from ecluse.model.problem import Exit, Problem, ProblemError
from ecluse.ports.target import RanCommand
from ecluse.providers.memory.script import Behaviour
from ecluse.system.store import FolderStore
from ecluse.testing.releases import WEB
from ecluse.testing.world import MemoryWorld
from support.no_wheels import NoWheels

pytestmark = pytest.mark.looped
DJANGO = ("python", "manage.py", "migrate", "--noinput")
ALEMBIC = ("alembic", "upgrade", "head")
ADDS = "migrations.CreateModel(name='Item', fields=[])"
REMOVES = "migrations.RemoveField('item', 'price')"
WHY = "removes item.price"
LOST = Problem(code="K001", what="the keeper is gone", fix="again", exit=Exit.UNREACHABLE)


def django(number, operation):
    text = f"class Migration(migrations.Migration):\n    dependencies = []\n    operations = [{operation}]\n"
    return {f"shop/migrations/000{number}_more.py": text}


def revision(name, after, upgrade):
    text = (
        f"from alembic import op\n\nrevision = {name!r}\ndown_revision = {after!r}\n\n\ndef upgrade():\n    {upgrade}\n"
    )
    return {f"migrations/versions/{name}.py": f"{text}\n\ndef downgrade():\n    op.execute('SELECT 1')\n"}


def said(output, exit_code=0, *, timed_out=False):
    return RanCommand(exit_code=exit_code, output=output, seconds=0.1, timed_out=timed_out)


def plan(applied, pending=()):
    marks = [("X", name) for name in applied] + [(" ", name) for name in pending]
    return said("".join(f"[{mark}]  shop.000{name}_more\n" for mark, name in marks))


@dataclass
class Shop:
    """One verb a line. `answers` says what a version's question for its migrations is told."""

    memory: MemoryWorld
    migrate: tuple = DJANGO
    hosts: tuple = ()

    @property
    def wanted(self):
        health = Health(path="/", successes=1, timeout=timedelta(seconds=5))
        environment = Environment(name="production", hosts=self.hosts)
        processes = (replace(WEB, health=health),)
        app = App(name="shop", processes=processes, migrate=self.migrate, environments=(environment,))
        return Wanted(app=app, environment=environment)

    @property
    def targets(self):
        return [self.memory.on(host) for host in self.wanted.environment.host_names]

    def answers(self, version, *standing, ran=None, command="showmigrations"):
        told = {command: list(standing)}
        for target in self.targets:
            target.script(version, Behaviour(told=told, ran=ran or said("")))

    def sell(self, files, subject="feat: sell more"):
        self.memory.source.commit(files, subject)

    async def order(self, **more):
        return ShipOrder(wanted=self.wanted, commit=await self.memory.world.source.resolve("HEAD"), **more)

    async def ship(self, **more):
        return await ship(await self.order(**more), self.memory.world)

    async def preview(self):
        return await preview(await self.order(), self.memory.world)

    async def back(self, **more):
        return await rollback(self.wanted, self.memory.world, **more)

    async def deploy(self, name, **more):
        return await deploy_existing(
            self.wanted,
            lambda _, state: find(state, name, self.wanted.environment),
            self.memory.world,
            verb="deploy",
            **more,
        )

    def told(self, kind=MigrationsRun):
        return [record.event for record in self.memory.ledger.events() if isinstance(record.event, kind)]


@pytest.fixture
def shop(tmp_path):
    memory = MemoryWorld(tmp_path, toolchain=NoWheels(FolderStore(tmp_path / ".ecluse" / "store")))
    return Shop(memory)


async def with_two(shop, second=REMOVES):
    """0.1.0 made the table, 0.2.0 changed it."""
    shop.sell(django(1, ADDS))
    shop.answers("0.1.0", plan((), (1,)))
    assert (await shop.ship()).outcome == "shipped"
    shop.sell(django(2, second))
    shop.answers("0.2.0", plan((1,), (2,)))
    assert (await shop.ship()).outcome == "shipped"
    shop.memory.target.calls.clear()


async def test_what_was_applied_is_recorded_before_and_after(shop):
    await with_two(shop)
    first, second = shop.told()[:2], shop.told()[2:]
    assert [one.outcome for one in shop.told()] == ["begun", "done"] * 2
    assert [one.applied for one in first] == [("shop.0001_more",)] * 2
    assert second[1].contracts == {"shop.0002_more": WHY}
    assert second[1].heads == ("shop.0001_more", "shop.0002_more")
    assert any("can't be gone back from: removes item.price" in text for _, _, text in shop.memory.reporter.heard)


async def test_no_way_leads_back_past_a_migration_that_took_something_away(shop):
    await with_two(shop)
    refused = await shop.back()
    problem = refused.problem
    assert (refused.outcome, problem.code, problem.exit) == ("halted", "D080", Exit.REFUSED)
    assert problem.what == "production can't go back to 0.1.0: its data has been taken past it"
    assert problem.evidence == (f"shop.0002_more (applied by 0.2.0): {WHY}",)
    assert problem.fix == (
        "go forward: mend, commit and ship; or bring the data back to where it was before 0.2.0, "
        'and then, recorded: ecluse rollback production --override "why"'
    )
    assert {"begin", "start", "route"}.isdisjoint(shop.memory.target.calls)
    assert shop.memory.ledger.state().environments["production"].serving == newest(shop)


def newest(shop):
    """The release that served before a way back was refused, or a migration failed."""
    return find(shop.memory.ledger.state(), "0.2.0", shop.wanted.environment).id


async def test_a_dry_run_of_a_rollback_says_so_too(shop):
    await with_two(shop)
    known, (verdict,) = await would_go_to(shop.wanted, shop.memory.world)
    assert (known.version, verdict.gate, verdict.answer) == ("0.1.0", "schema", "failed")


async def test_a_person_may_go_back_all_the_same_and_it_is_recorded(shop):
    await with_two(shop)
    gone = await shop.back(override="the column was not used")
    assert gone.outcome == "rolled_back"
    (event,) = shop.told(PolicyOverridden)
    assert (event.why, event.policies, event.version) == ("the column was not used", ("schema",), "0.1.0")
    entry = document(timeline(shop.memory.ledger, environment=None, before=None, limit=5))["deployments"][0]
    assert entry["override"]["policies"] == ["schema"]


async def test_one_that_was_forced_past_a_migration_is_asked_again(shop):
    await with_two(shop)
    await shop.back(override="the column was not used")
    assert (await shop.back()).outcome == "rolled_back"
    assert (await shop.back()).problem.code == "D080"


async def test_what_only_adds_stands_in_nobody_s_way(shop):
    await with_two(shop, second="migrations.AddField('item', 'note', models.TextField(null=True))")
    assert (await shop.back()).outcome == "rolled_back"


async def test_a_field_that_the_release_before_can_t_fill_closes_the_way_back(shop):
    await with_two(shop, second="migrations.AddField('item', 'note', models.TextField(default=''))")
    refused = await shop.back()
    assert refused.problem.code == "D080"
    assert "a release that doesn't know it can't insert" in refused.problem.evidence[0]


def notes(shop):
    return [text for _, _, text in shop.memory.reporter.heard if text.startswith("! ") and "isn't known" in text]


async def test_what_is_not_known_is_told_on_the_way_there_and_back(shop):
    await with_two(shop, second="migrations.AlterField('item', 'name', models.CharField(max_length=9))")
    assert notes(shop) == ["! what shop.0002_more means for the release before isn't known: alters item.name"]
    assert (await shop.back()).outcome == "rolled_back"
    assert notes(shop)[1:] == [
        "! shop.0002_more (applied by 0.2.0): alters item.name; what that means here isn't known"
    ]


async def test_a_deploy_and_a_ship_of_an_older_release_are_refused_as_well(shop):
    await with_two(shop)
    refused = await shop.deploy("0.1.0")
    assert (refused.problem.code, refused.problem.exit) == ("D050", Exit.REFUSED)
    assert refused.problem.what == "production doesn't take 0.1.0 yet: schema"
    del shop.memory.source.working["shop/migrations/0002_more.py"]
    shop.sell({}, "fix: without it")
    assert (await shop.ship()).problem.what == "production doesn't take 0.2.1 yet: schema"


async def test_a_release_that_keeps_the_migration_goes_forward(shop):
    await with_two(shop)
    shop.sell({"shop.py": "mended"}, "fix: mend")
    shop.answers("0.2.1", plan((1, 2)))
    shipped = await shop.ship()
    assert (shipped.outcome, [verdict.gate for verdict in shipped.gates]) == (
        "shipped",
        ["tests", "health", "watch"],
    )
    assert (await shop.back()).outcome == "rolled_back"


async def test_with_nothing_to_migrate_nothing_runs(shop):
    await with_two(shop)
    shop.sell({"shop.py": "mended"}, "fix: mend")
    shop.answers("0.2.1", plan((1, 2)))
    shipped = await shop.ship()
    assert next(moved.detail for moved in shipped.timeline if moved.move == "migrate") == "nothing to migrate"
    assert ("look" in shop.memory.target.calls, "run" in shop.memory.target.calls) == (True, False)
    assert len(shop.told()) == 4


async def test_of_several_hosts_the_first_migrates_for_all(shop):
    shop.hosts = tuple(f"keeper:{name}" for name in "abcde")
    shop.sell(django(1, ADDS))
    shop.answers("0.1.0", plan((), (1,)))
    assert (await shop.ship()).outcome == "shipped"
    assert [target.calls.count("run") for target in shop.targets] == [1, 0, 0, 0, 0]
    assert [target.calls.count("look") for target in shop.targets] == [1, 0, 0, 0, 0]
    assert all(target.calls.index("start") > 0 for target in shop.targets)


async def test_a_migration_that_fails_half_way_counts_for_what_it_did(shop):
    await with_two(shop)
    shop.sell({**django(3, REMOVES.replace("price", "name")), **django(4, REMOVES.replace("price", "rank"))})
    looked = (plan((1, 2), (3, 4)), plan((1, 2, 3), (4,)))
    shop.answers("0.3.0", *looked, ran=said("no such column", 1))
    failed = await shop.ship()
    assert (failed.problem.code, failed.exit) == ("D020", Exit.ROLLED_BACK)
    assert (shop.told()[-1].outcome, shop.told()[-1].applied) == ("failed", ("shop.0003_more",))
    assert shop.memory.ledger.state().environments["production"].serving == newest(shop)


async def test_a_migration_out_of_time_says_so(shop):
    shop.sell(django(1, ADDS))
    shop.answers("0.1.0", plan((), (1,)), ran=said("…", None, timed_out=True))
    problem = (await shop.ship()).problem
    assert problem.what == "the migration `python manage.py migrate --noinput` did not end within 0:10:00"
    assert "start" not in shop.memory.target.calls


async def test_a_migration_that_nobody_saw_the_end_of_may_be_applied(shop):
    shop.sell(django(1, ADDS))
    shop.answers("0.1.0", plan((), (1,)))
    await shop.ship()
    shop.sell({"shop.py": "two"})
    shop.answers("0.2.0", plan((1,)))
    await shop.ship()
    shop.sell(django(2, REMOVES))
    shop.answers("0.3.0", plan((1,), (2,)))
    shop.memory.target.fail("run", LOST)
    with pytest.raises(ProblemError):
        await shop.ship()
    problem = (await shop.back()).problem
    assert problem.evidence == (f"shop.0002_more (0.3.0 died while it ran: it may be applied): {WHY}",)


async def test_a_tool_that_can_t_be_asked_is_run_and_what_it_brought_is_read_from_the_commit(shop):
    shop.sell(django(1, ADDS))
    await shop.ship()
    shop.sell(django(2, REMOVES))
    await shop.ship()
    assert [one.applied for one in shop.told() if one.outcome == "done"] == [("shop.0001_more",), ("shop.0002_more",)]
    assert (await shop.back()).problem.code == "D080"


async def test_what_was_applied_before_the_ledger_knew_is_imported(shop):
    shop.sell({**django(1, ADDS), **django(2, REMOVES)})
    shop.answers("0.1.0", plan((1, 2)))
    await shop.ship()
    (event,) = shop.told()
    assert (event.found, event.applied) == (("shop.0001_more", "shop.0002_more"), ())
    assert event.contracts == {"shop.0002_more": WHY}


async def test_any_other_command_runs_and_forbids_nothing(shop):
    shop.migrate = ("./migrate.sh",)
    shop.sell({"up/1.sql": "DROP TABLE item"})
    await shop.ship()
    shop.sell({"up/2.sql": "DROP TABLE thing"})
    await shop.ship()
    assert [(one.tool, one.outcome, one.applied) for one in shop.told()] == [("", "done", ())] * 2
    assert (await shop.back()).outcome == "rolled_back"


async def test_alembic_is_not_run_on_a_schema_that_is_ahead_of_the_release(shop):
    shop.migrate = ALEMBIC
    shop.sell(revision("aaaa", None, "op.create_table('item')"))
    shop.answers("0.1.0", said(""), command="current")
    await shop.ship()
    shop.sell(revision("bbbb", "aaaa", "op.create_table('note')"))
    shop.answers("0.2.0", said("aaaa\n"), command="current")
    await shop.ship()
    shop.answers("0.1.0", said("FAILED: Can't locate revision identified by 'bbbb'", 255), command="current")
    shop.memory.target.calls.clear()
    deployed = await shop.deploy("0.1.0")
    assert (deployed.outcome, "run" in shop.memory.target.calls) == ("deployed", False)
    assert deployed.gates[0].evidence == ("1 migration since 0.1.0 is not known to take anything away",)


async def test_a_dry_run_shows_what_would_run_and_from_what_there_is_no_way_back(shop):
    shop.sell(django(1, ADDS))
    shop.answers("0.1.0", plan((), (1,)))
    await shop.ship()
    shop.sell({**django(2, REMOVES), **django(3, ADDS)})
    shown = (await shop.preview()).migrations
    assert [(one.name, one.contract) for one in shown] == [("shop.0002_more", WHY), ("shop.0003_more", "")]
    shop.migrate = ("./migrate.sh",)
    (command,) = (await shop.preview()).migrations
    assert (command.name, command.unclear) == ("./migrate.sh", "what this command does to the data isn't known")
