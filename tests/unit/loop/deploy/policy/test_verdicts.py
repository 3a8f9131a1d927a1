"""Each policy by itself: facts in, a Verdict out."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from ecluse.loop.deploy.fleet import Seen
from ecluse.loop.deploy.policy.approvals import approvals
from ecluse.loop.deploy.policy.backup import backup
from ecluse.loop.deploy.policy.budget import budget, error_budget
from ecluse.loop.deploy.policy.freeze import freeze
from ecluse.loop.deploy.policy.staging import staging
from ecluse.model.history import ApprovalKnown, DeploymentKnown, EnvironmentKnown, ReleaseKnown
from ecluse.model.host import HERE
from ecluse.model.observed import Counters, Observed, SlotSeen
from ecluse.model.policy import Policy
from ecluse.model.slot import Slot
from ecluse.model.verdict import Answer
from ecluse.ports.commands import Finished
from ecluse.testing.releases import release_of

SATURDAY = datetime(2026, 11, 28, 12, tzinfo=UTC)
WEDNESDAY = datetime(2026, 12, 2, 12, tzinfo=UTC)
RELEASE = release_of("1.4.0").release
HOUR = timedelta(hours=1)


def on_host(seen):
    return Seen(hosts={HERE: seen})


class TestFreeze:
    WEEKEND = Policy(freeze=("fri 15:00 - mon 08:00 Europe/Paris",))

    def test_outside_of_every_window_it_passes(self):
        said = freeze(self.WEEKEND, WEDNESDAY)
        assert (said.gate, said.answer) == ("policy.freeze", Answer.PASSED)
        assert said.evidence == ("Wed 2026-12-02 13:00 Europe/Paris lies in none of 1 windows",)

    def test_inside_it_says_which_window_and_until_when(self):
        said = freeze(self.WEEKEND, SATURDAY)
        assert said.answer is Answer.FAILED
        begin, end = "Fri 2026-11-27 15:00 Europe/Paris", "Mon 2026-11-30 08:00 Europe/Paris"
        assert said.evidence == (f"`fri 15:00 - mon 08:00 Europe/Paris` holds from {begin} to {end}",)
        assert said.fix == "wait until Mon 2026-11-30 08:00 Europe/Paris"

    def test_a_holiday_behind_the_weekend_counts_for_the_wait(self):
        policy = replace(self.WEEKEND, holidays=("2026-11-30",), timezone="Europe/Paris")
        assert freeze(policy, SATURDAY).fix == "wait until Tue 2026-12-01 00:00 Europe/Paris"

    def test_a_holiday_alone(self):
        policy = Policy(holidays=("2026-12-02",), timezone="America/New_York")
        assert freeze(policy, WEDNESDAY).answer is Answer.FAILED
        assert freeze(policy, datetime(2026, 12, 2, 4, 59, tzinfo=UTC)).answer is Answer.PASSED

    def test_windows_that_leave_no_time(self):
        assert "no time within a year" in freeze(Policy(freeze=("mon - thu UTC", "thu - mon UTC")), SATURDAY).fix

    def test_a_zone_that_went_away_is_no_pass(self):
        assert freeze(Policy(freeze=("sat - sun Mars/Base",)), WEDNESDAY).answer is Answer.NOT_CHECKED


class TestApprovals:
    TWO = Policy(approvals=2)

    def asked(self, policy, *given, deploys="zoe@ci"):
        known = [ApprovalKnown(release=release, by=by, at=WEDNESDAY - age) for by, age, release in given]
        return approvals(policy, known, release=RELEASE, deploys=deploys, environment="production", now=WEDNESDAY)

    def by(self, name, *, age=HOUR, release=RELEASE.id):
        return name, age, release

    def test_enough_people(self):
        said = self.asked(self.TWO, self.by("anne@here"), self.by("bob@there"))
        assert (said.answer, said.evidence) == (Answer.PASSED, ("2 of 2 approvals of 1.4.0: anne@here, bob@there",))

    def test_nobody_yet(self):
        said = self.asked(Policy(approvals=1, approvers=("anne", "zoe", "bob@example.org")))
        assert said.answer is Answer.FAILED
        assert said.evidence == ("0 of 1 approvals of 1.4.0", "who may approve: anne, bob@example.org")
        assert said.fix == "let somebody else type: ecluse approve 1.4.0 --env production"

    def test_one_person_on_two_machines_is_one(self):
        assert self.asked(self.TWO, self.by("anne@here"), self.by("Anne@there")).answer is Answer.FAILED

    @pytest.mark.parametrize("deploys", ["anne@here", "anne@elsewhere", "ANNE"])
    def test_the_one_who_deploys_does_not_count(self, deploys):
        said = self.asked(Policy(approvals=1), self.by("anne@here"), deploys=deploys)
        assert said.answer is Answer.FAILED
        assert f"anne@here: the approval of the one who deploys ({deploys}) doesn't count" in said.evidence

    def test_it_expires(self):
        policy = Policy(approvals=1, approval_expires=2 * HOUR)
        assert self.asked(policy, self.by("anne@here", age=2 * HOUR)).answer is Answer.FAILED
        assert self.asked(policy, self.by("anne@here", age=2 * HOUR - timedelta(seconds=1))).answer is Answer.PASSED

    def test_another_release_is_another_question(self):
        assert self.asked(Policy(approvals=1), self.by("anne@here", release="r-other")).answer is Answer.FAILED

    @pytest.mark.parametrize(
        ("by", "counts"),
        [
            ("anne@anywhere", True), ("bob@example.org", True), ("Bob@Example.org", True), ("bob@elsewhere.org", False),
            ("eve@here", False),
        ],
    )  # fmt: skip
    def test_only_approvers_count(self, by, counts):
        said = self.asked(Policy(approvals=1, approvers=("anne", "bob@example.org")), self.by(by))
        assert (said.answer is Answer.PASSED) is counts


def deployed(version, *, release="r-1", outcome="committed", verb="ship", why=""):
    return DeploymentKnown(
        id=version, environment="staging", release=release, version=version, verb=verb, slot="blue", number=1,
        started_at=WEDNESDAY, ended_at=WEDNESDAY, outcome=outcome, why=why, actor="anne@here",
    )  # fmt: skip


class TestStaging:
    @staticmethod
    def asked(*newest_first):
        bundles = {"r-1": RELEASE.bundle, "r-0": "sha256:other", "r-2": "sha256:newer"}
        known = {
            name: ReleaseKnown(id=name, version="", commit="", bundle=bundle, config="", notes="", tag="", at=WEDNESDAY)
            for name, bundle in bundles.items()
        }
        return staging(EnvironmentKnown(name="staging", deployments=newest_first), known, RELEASE)

    def test_it_was_committed_there(self):
        said = self.asked(deployed("1.4.0"))
        assert (said.answer, said.evidence) == (
            Answer.PASSED,
            ("1.4.0 in staging at 2026-12-02T12:00+00:00: committed",),
        )

    def test_it_never_was_there(self):
        said = self.asked(deployed("1.3.0", release="r-0"))
        assert (said.answer, said.fix) == (Answer.FAILED, "ecluse deploy staging --release 1.4.0")

    @pytest.mark.parametrize("outcome", ["open", "reverted"])
    def test_it_did_not_pass(self, outcome):
        said = self.asked(deployed("1.4.0", outcome=outcome, why="unhealthy"), deployed("1.4.0"))
        assert said.answer is Answer.FAILED
        assert said.evidence == (f"1.4.0 in staging at 2026-12-02T12:00+00:00: {outcome}, unhealthy",)

    def test_it_was_taken_back(self):
        said = self.asked(deployed("1.3.0", release="r-0", verb="rollback"), deployed("1.4.0"))
        assert said.answer is Answer.FAILED
        assert "taken back by anne@here, who rolled back to 1.3.0" in said.evidence[0]

    def test_a_newer_one_there_takes_nothing_back(self):
        newer = deployed("1.5.0", release="r-2")
        assert self.asked(newer, deployed("1.4.0")).answer is Answer.PASSED
        assert self.asked(deployed("1.4.0", verb="rollback"), newer, deployed("1.4.0")).answer is Answer.PASSED
        undone = deployed("1.3.0", release="r-0", verb="rollback", outcome="reverted")
        assert self.asked(undone, deployed("1.4.0")).answer is Answer.PASSED


class TestBackup:
    POLICY = Policy(max_backup_age=24 * HOUR, last_backup=("last",))

    def asked(self, output, **how):
        return backup(self.POLICY, Finished(**{"exit_code": 0, "output": output} | how), WEDNESDAY)

    @pytest.mark.parametrize(
        ("at", "answer"),
        [
            ("2026-12-02T11:00:00Z", Answer.PASSED),
            ("checking\n2026-12-01T13:00:00.123456789+01:00\n", Answer.PASSED),
            ("2026-12-01T11:59:59Z", Answer.FAILED),
            ("2026-12-02T12:04:00Z", Answer.PASSED),
            ("2026-12-03T00:00:00Z", Answer.NOT_CHECKED),
            ("2026-12-02T11:00:00", Answer.NOT_CHECKED),
            ("yesterday", Answer.NOT_CHECKED),
            ("", Answer.NOT_CHECKED),
        ],
    )
    def test_its_age_decides(self, at, answer):
        assert self.asked(at).answer is answer

    def test_the_evidence_is_the_age(self):
        said = self.asked("2026-12-01T11:00:00+00:00")
        assert said.evidence == (
            "the last backup is of 2026-12-01T11:00:00+00:00, 1 day, 1:00:00 old; 1 day, 0:00:00 are allowed",
        )

    @pytest.mark.parametrize("how", [{"exit_code": 1}, {"exit_code": None, "timed_out": True}])
    def test_a_command_that_fails_is_no_evidence(self, how):
        said = self.asked("2026-12-02T11:00:00Z", **how)
        assert said.answer is Answer.NOT_CHECKED
        assert said.stops


class TestErrorBudget:
    POLICY = Policy(availability=99.9)

    def asked(self, requests, failed, guarantees=("counts",)):
        counters = Counters(requests=requests, statuses={"5xx": failed})
        slot = SlotSeen(slot=Slot.BLUE, release="r-1", version="1.3.0", counters=counters, guarantees=guarantees)
        return error_budget(self.POLICY, on_host(Observed(at=WEDNESDAY, url="", slots=(slot,), serving=Slot.BLUE)))

    @pytest.mark.parametrize(
        ("requests", "failed", "answer"),
        [
            (0, 0, Answer.PASSED), (10, 1, Answer.PASSED), (10, 2, Answer.FAILED),
            (10_000, 10, Answer.PASSED), (10_000, 11, Answer.FAILED),
        ],
    )  # fmt: skip
    def test_the_share_of_failures_decides(self, requests, failed, answer):
        said = self.asked(requests, failed)
        assert said.answer is answer
        assert said.evidence[0].startswith(f"{failed} of {requests} requests failed since 1.3.0 started")

    def test_nothing_serves(self):
        seen = Observed(at=WEDNESDAY, url="", slots=(), serving=None)
        assert error_budget(self.POLICY, on_host(seen)).answer is Answer.PASSED

    def test_who_does_not_count_is_not_judged(self):
        assert self.asked(0, 0, guarantees=()).answer is Answer.NOT_CHECKED

    def test_the_budget(self):
        assert [budget(99.9, count) for count in (0, 999, 1999, 5000)] == [1, 1, 1, 5]
        assert budget(100, 10**6) == 1
