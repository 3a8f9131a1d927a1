"""A release on its way to production, which asks for this and that. In memory: two targets, one ledger, no clock."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest

from ecluse.loop.deploy.existing import deploy_existing, would_deploy
from ecluse.loop.deploy.policy.approve import approve, environment_to_approve_for
from ecluse.loop.deploy.recall import find
from ecluse.loop.deploy.wanted import Settings, Wanted
from ecluse.loop.monitor.history import document, timeline
from ecluse.loop.operate.rollback import rollback
from ecluse.loop.plan.preview import preview
from ecluse.loop.ship import ShipOrder, ship
from ecluse.model.app import App, Build, Environment, Health, Step
from ecluse.model.events.deployments import DeploymentCommitted, DeploymentStarted
from ecluse.model.events.event import Event
from ecluse.model.events.policies import PolicyAnswered, PolicyOverridden, ReleaseApproved
from ecluse.model.events.releases import BundleBuilt, ReleaseMade
from ecluse.model.events.runs import RunEnded, RunStarted, StepEnded
from ecluse.model.host import HERE
from ecluse.model.observed import Counters
from ecluse.model.policy import Policy
from ecluse.model.problem import Exit, Problem, ProblemError
from ecluse.model.secret import Secret
from ecluse.ports.commands import Finished
from ecluse.providers.memory.target import MemoryTarget
from ecluse.system.store import FolderStore
from ecluse.testing.clock import FakeClock
from ecluse.testing.releases import WEB
from ecluse.testing.world import MemoryWorld
from support.no_wheels import NoWheels

pytestmark = pytest.mark.looped
WEDNESDAY, FRIDAY = datetime(2026, 12, 2, 12, tzinfo=UTC), datetime(2026, 12, 4, 16, tzinfo=UTC)
WEEKEND = Policy(freeze=("fri 15:00 - mon 08:00 Europe/Paris",))
APPROVED = Policy(approvals=1, approvers=("anne", "bob"))
STAGED = Policy(staging="staging")


@dataclass
class Shop:
    """The memory world with a target for each environment, and one verb a line."""

    memory: MemoryWorld
    policy: Policy
    actor: str = "anne@here"
    targets: dict = field(default_factory=dict)
    steps: tuple = ()

    @property
    def world(self):
        return replace(self.memory.world, actor=self.actor, targets=lambda _, place: {HERE: self.target(place.name)})

    def target(self, name):
        return self.targets.setdefault(name, MemoryTarget(self.memory.clock))

    @property
    def app(self):
        health = Health(path="/", successes=1, timeout=timedelta(seconds=5))
        places = (
            Environment(name="local", port=2, tag=False),
            Environment(name="staging", port=1, gates=()),
            Environment(name="production", policy=self.policy),
        )
        processes = (replace(WEB, health=health),)
        return App(name="shop", processes=processes, environments=places, steps=self.steps)

    def wanted(self, name):
        secrets = {"RESTIC_PASSWORD": Secret("hunter2 or so")}
        return Wanted(app=self.app, environment=self.app.environment(name), settings=Settings(secrets=secrets))

    def by(self, actor):
        return replace(self, actor=actor)

    def sell(self, what):
        self.memory.source.commit({"shop.py": what}, f"feat: {what}")

    async def order(self, name="production", **more):
        return ShipOrder(wanted=self.wanted(name), commit=await self.world.source.resolve("HEAD"), **more)

    async def ship(self, name="production", **more):
        return await ship(await self.order(name, **more), self.world)

    async def deploy(self, name="production", release="", **more):
        wanted = self.wanted(name)
        return await deploy_existing(
            wanted, lambda _, state: find(state, release, wanted.environment), self.world, verb="deploy", **more
        )

    def approve(self):
        return approve(self.app.environment("production"), "", self.world)

    def told(self, kind):
        return [record.event for record in self.memory.ledger.events() if isinstance(record.event, kind)]


@pytest.fixture
def shop(tmp_path):
    def made(policy, *, at=WEDNESDAY):
        memory = MemoryWorld(
            tmp_path, clock=FakeClock(at), toolchain=NoWheels(FolderStore(tmp_path / ".ecluse" / "store"))
        )
        memory.source.commit({"shop.py": "one"}, "feat: one")
        return Shop(memory, policy)

    return made


def answers(shipped):
    return {verdict.gate: verdict.answer.value for verdict in shipped.gates if verdict.gate.startswith("policy")}


async def test_without_policies_nothing_is_asked(shop):
    open_house = shop(Policy(), at=FRIDAY)
    assert (await open_house.ship()).outcome == "shipped"
    assert open_house.told(PolicyAnswered) == []


async def test_a_freeze_stops_before_anything_is_built(shop):
    frozen = shop(WEEKEND, at=FRIDAY)
    shipped = await frozen.ship()
    assert (shipped.outcome, shipped.exit, answers(shipped)) == ("halted", Exit.REFUSED, {"policy.freeze": "failed"})
    assert shipped.problem.code == "D050"
    assert shipped.problem.what == "production takes no release now: policy.freeze"
    assert shipped.problem.state == "nothing was built, released or deployed; what served before serves"
    assert shipped.problem.fix == (
        "wait until Mon 2026-12-07 08:00 Europe/Paris; then: ecluse ship production; "
        'or, at once, past all policies, and recorded: ecluse ship production --override "why"'
    )
    assert frozen.told(BundleBuilt) == frozen.told(DeploymentStarted) == []
    assert [event.answer for event in frozen.told(PolicyAnswered)] == ["failed"]
    assert frozen.told(RunEnded)[0].why == shipped.problem.what


async def test_a_deploy_whose_gates_cannot_be_asked_is_a_run_that_ended(shop):
    memory = shop(Policy())
    memory.steps = (Step(name="lint", command=("true",), inputs=("gone.txt",)),)
    await memory.ship("staging")
    with pytest.raises(ProblemError, match=r"gone\.txt"):
        await memory.deploy()
    run = memory.told(RunStarted)[-1]
    assert run.verb == "deploy"
    assert [end.outcome for end in memory.told(RunEnded) if end.run == run.run] == ["halted"]


async def test_after_the_weekend_it_ships(shop):
    frozen = shop(WEEKEND, at=FRIDAY)
    await frozen.ship()
    frozen.memory.clock.advance(3 * 86400)
    shipped = await frozen.ship()
    assert (shipped.outcome, answers(shipped)) == ("shipped", {"policy.freeze": "passed"})


async def test_a_freeze_that_begins_while_it_is_built_stops_it_too(shop):
    late = shop(WEEKEND, at=FRIDAY - timedelta(hours=2, minutes=1))
    choose = late.memory.toolchain.choose

    async def slowly(*what):
        late.memory.clock.advance(3600)
        return await choose(*what)

    late.memory.toolchain.choose = slowly
    shipped = await late.ship()
    assert (shipped.outcome, answers(shipped)) == ("halted", {"policy.freeze": "failed"})
    assert shipped.version
    assert late.target("production").calls.count("start") == 0


async def test_a_rollback_is_asked_nothing(shop):
    busy = shop(WEEKEND)
    await busy.ship()
    busy.sell("two")
    await busy.ship()
    busy.memory.clock.advance(2 * 86400 + 4 * 3600)
    back = await rollback(busy.wanted("production"), busy.world)
    assert (back.outcome, answers(back)) == ("rolled_back", {})


async def test_an_override_is_recorded_with_its_reason_and_shown(shop):
    frozen = shop(WEEKEND, at=FRIDAY)
    shipped = await frozen.ship(override="the shop is down")
    assert (shipped.outcome, answers(shipped)) == ("shipped", {"policy.freeze": "overridden"})
    (event,) = frozen.told(PolicyOverridden)
    assert (event.by, event.why, event.policies) == ("anne@here", "the shop is down", ("policy.freeze",))
    (entry,) = document(timeline(frozen.memory.ledger, environment=None, before=None, limit=5))["deployments"]
    assert entry["override"] == {"by": "anne@here", "why": "the shop is down", "policies": ["policy.freeze"]}
    frozen.sell("two")
    frozen.memory.clock.advance(3 * 86400)
    await frozen.ship(override="just in case")
    assert len(frozen.told(PolicyOverridden)) == 1


async def test_a_release_waits_for_somebody_else(shop):
    asked = shop(APPROVED)
    shipped = await asked.ship()
    assert (shipped.outcome, shipped.exit, shipped.version) == ("halted", Exit.REFUSED, "0.1.0")
    assert answers(shipped) == {"policy.approvals": "failed"}
    problem = shipped.problem
    assert problem.what == "production doesn't take 0.1.0 yet: policy.approvals"
    assert problem.state == "release 0.1.0, tagged v0.1.0, is made and waits; nothing moved, what served before serves"
    assert "ecluse approve 0.1.0 --env production; then: ecluse deploy production --release 0.1.0" in problem.fix
    assert "stage" not in asked.target("production").calls

    asked.approve()
    assert (await asked.deploy()).outcome == "halted"
    approved = asked.by("bob@there").approve()
    assert (approved.people, approved.needed) == (("bob@there", "anne@here"), 1)
    assert answers(await asked.deploy()) == {"policy.approvals": "passed"}
    assert asked.told(DeploymentCommitted)[0].version == "0.1.0"


async def test_an_approval_is_for_one_release_and_one_time(shop):
    asked = shop(APPROVED)
    await asked.ship()
    asked.by("bob@there").approve()
    asked.by("bob@elsewhere").approve()
    asked.memory.clock.advance(86400)
    assert (await asked.deploy()).outcome == "halted"
    asked.by("bob@there").approve()
    assert (await asked.ship()).outcome == "shipped"
    asked.sell("two")
    assert (await asked.ship()).outcome == "halted"


async def test_who_may_not_approve_is_told(shop):
    asked = shop(APPROVED)
    await asked.ship()
    with pytest.raises(ProblemError) as refused:
        asked.by("eve@there").approve()
    assert (refused.value.problems[0].code, refused.value.exit) == ("D051", Exit.REFUSED)
    with pytest.raises(ProblemError) as refused:
        shop(Policy()).approve()
    assert refused.value.problems[0].code == "D052"
    assert asked.told(ReleaseApproved) == []


async def test_the_environment_that_asks_is_found(shop):
    assert environment_to_approve_for(shop(APPROVED).app, None) == "production"
    assert environment_to_approve_for(shop(APPROVED).app, "staging") == "staging"
    with pytest.raises(ProblemError) as refused:
        environment_to_approve_for(shop(Policy()).app, None)
    assert refused.value.problems[0].code == "D053"


async def test_staging_comes_first(shop):
    strict = shop(STAGED)
    shipped = await strict.ship()
    assert answers(shipped) == {"policy.staging": "failed"}
    assert "ecluse deploy staging --release 0.1.0" in shipped.problem.fix
    assert (await strict.deploy("staging")).outcome == "deployed"
    assert answers(await strict.deploy()) == {"policy.staging": "passed"}
    strict.sell("two")
    assert (await strict.ship("staging")).outcome == "shipped"
    await rollback(strict.wanted("staging"), strict.world)
    taken_back = await strict.ship()
    assert "taken back by" in taken_back.problem.evidence[0]


async def test_all_refusals_are_told_at_once(shop):
    strict = shop(replace(APPROVED, freeze=WEEKEND.freeze, staging="staging"))
    await strict.ship()
    strict.memory.clock.advance(2 * 86400 + 4 * 3600)
    problem = (await strict.deploy()).problem
    assert problem.what.endswith("policy.freeze, policy.approvals, policy.staging")
    for part in ("wait until Mon", "ecluse approve 0.1.0", "ecluse deploy staging", "--override"):
        assert part in problem.fix
    over = await strict.deploy(override="worth it")
    assert (over.outcome, set(answers(over).values())) == ("deployed", {"overridden"})


async def test_the_last_backup_is_asked_of_a_command_with_the_secrets(shop):
    saved = shop(Policy(max_backup_age=timedelta(hours=24), last_backup=("last-backup",)))
    saved.memory.commands.script("last-backup", answer=Finished(exit_code=0, output="2026-12-02T03:00:00Z\n"))
    assert answers(await saved.ship()) == {"policy.backup": "passed"}
    (command, *_) = saved.memory.commands.ran
    assert command.env["RESTIC_PASSWORD"] == "hunter2 or so"
    assert command.secrets == ("hunter2 or so",)
    saved.sell("two")
    saved.memory.clock.advance(86400)
    assert answers(await saved.ship()) == {"policy.backup": "failed"}


async def test_no_evidence_of_a_backup_is_no_pass(shop):
    def cannot(_):
        raise ProblemError(Problem(code="S001", what="there is no program last-backup", fix="install it"))

    saved = shop(Policy(max_backup_age=timedelta(hours=24), last_backup=("last-backup",)))
    saved.memory.commands.script("last-backup", answer=cannot)
    shipped = await saved.ship()
    assert (shipped.outcome, answers(shipped)) == ("halted", {"policy.backup": "not_checked"})
    assert shipped.problem.evidence == ("policy.backup: there is no program last-backup",)


async def test_users_who_suffer_come_first(shop):
    ill = shop(Policy(availability=99.9))
    assert (await ill.ship()).outcome == "shipped"
    target = ill.target("production")
    observe = target.observe

    async def counted():
        seen = await observe()
        counters = Counters(requests=1000, statuses={"5xx": 40})
        slots = tuple(replace(slot, guarantees=("counts",), counters=counters) for slot in seen.slots)
        return replace(seen, slots=slots)

    target.observe = counted
    ill.sell("two")
    shipped = await ill.ship()
    assert answers(shipped) == {"policy.error_budget": "failed"}
    assert "40 of 1000 requests failed since 0.1.0 started; 1 may" in shipped.problem.evidence[0]
    assert "rollback" in shipped.problem.fix


async def test_a_dry_run_says_what_the_policies_say(shop):
    strict = shop(replace(APPROVED, freeze=WEEKEND.freeze), at=FRIDAY)
    plan = await preview(await strict.order(), strict.world)
    assert {one.gate: one.answer for one in plan.policies} == {
        "policy.freeze": "failed",
        "policy.approvals": "not_checked",
    }
    assert strict.told(Event) == []
    strict.memory.clock.advance(3 * 86400)
    await strict.ship()
    plan = await preview(await strict.order(), strict.world)
    assert {one.gate: one.answer for one in plan.policies} == {"policy.freeze": "passed", "policy.approvals": "failed"}
    known, said = await would_deploy(strict.wanted("production"), "", strict.world, override="because")
    assert (known.version, [one.answer for one in said]) == ("0.1.0", ["passed", "overridden"])


async def test_what_isn_t_committed_stays_on_the_developer_s_machine(shop):
    strict = shop(Policy())
    strict.memory.source.working["shop.py"] = b"not committed"
    await strict.ship("local", dirty=True)
    (release,) = strict.memory.ledger.state().releases.values()
    for name in (release.id, release.version):
        with pytest.raises(ProblemError, match="can't go to 'production'"):
            await strict.deploy(release=name)
        with pytest.raises(ProblemError, match="can't go to 'production'"):
            await would_deploy(strict.wanted("production"), name, strict.world, override="")
    assert "stage" not in strict.target("production").calls
    assert (await strict.deploy("local")).outcome == "deployed"


async def test_without_a_name_it_is_the_newest_release_with_a_tag(shop):
    strict = shop(APPROVED)
    await strict.ship("local")
    with pytest.raises(ProblemError, match="no release has a tag yet"):
        strict.by("bob").approve()
    await strict.ship("staging")
    strict.sell("two")
    await strict.ship("local")
    assert strict.by("bob").approve().release.version == "0.1.0"
    assert (await strict.deploy()).version == "0.1.0"
    assert "dev" in find(strict.memory.ledger.state(), "", strict.wanted("local").environment).version


KEY = "sk_live_" + "4" * 24


@pytest.mark.parametrize(
    ("line", "outcome", "code"), [(f"STRIPE={KEY}", "halted", "B063"), ("GREETING=hello-all-9", "shipped", "")]
)
async def test_an_env_file_of_the_commit_is_told_and_stops_if_it_surely_holds_keys(shop, line, outcome, code):
    exposed = shop(Policy())
    exposed.memory.source.commit({".env": f"{line}\n"}, "feat: settings")
    shipped = await exposed.ship()
    assert (shipped.outcome, shipped.problem.code if shipped.problem else "") == (outcome, code)
    (verdict,) = [verdict for verdict in shipped.gates if verdict.gate == "env_files"]
    assert "it is committed, and goes into the release" in verdict.evidence[0]
    assert verdict.fix.startswith("git rm --cached --ignore-unmatch .env && echo /.env >> .gitignore")
    assert line.partition("=")[2] not in f"{shipped} {list(exposed.memory.ledger.events())}"
    assert exposed.told(StepEnded)[-1].step == "env_files"


async def test_an_env_file_with_keys_stops_no_ship_to_this_machine_but_the_deploy_from_there(shop):
    exposed = shop(Policy())
    exposed.memory.source.commit({".env": f"STRIPE={KEY}\n"}, "feat: settings")
    assert (await exposed.ship("local")).outcome == "shipped"
    version = exposed.told(ReleaseMade)[-1].version
    halted = await exposed.deploy(release=version)
    assert (halted.outcome, halted.problem.code, halted.exit) == ("halted", "B063", Exit.REFUSED)
    assert exposed.told(DeploymentStarted)[-1].environment == "local"


async def test_an_env_file_that_the_build_leaves_out_goes_nowhere(shop):
    careful = shop(Policy())
    careful.memory.source.commit({".env": f"STRIPE={KEY}\n"}, "feat: settings")
    order = await careful.order()
    wanted = replace(order.wanted, app=replace(careful.app, build=Build(exclude=(".env",))))
    shipped = await ship(replace(order, wanted=wanted), careful.world)
    assert (shipped.outcome, [verdict for verdict in shipped.gates if verdict.gate == "env_files"]) == ("shipped", [])
