"""A release happens once: whatever interrupts it, whoever goes on with it."""

import asyncio
import threading
from dataclasses import replace

import pytest

from ecluse.loop.release.boundaries import MOVES, POINTS
from ecluse.model.events.releases import ReleaseIntended, ReleaseMade, ReleasePublished
from ecluse.model.problem import Exit, ProblemError
from support.outlets import FakePacker
from support.repositories import commit, git

pytestmark = pytest.mark.once  # slow, and not about Python

REACHED = [point for point in POINTS if not point.startswith("image.")]
FILES = ["shop-0.1.0-py2-none-any.whl", "shop-0.1.0-py3-none-any.whl", "shop-0.1.0.tar.gz"]


def remote_tags(machine):
    lines = git(machine.root, "ls-remote", "--tags", "origin").splitlines()
    return sorted(line.partition("refs/tags/")[2] for line in lines if not line.endswith("^{}"))


def code_of(caught):
    return caught.value.problems[0].code


def test_a_release_is_kept_tagged_pushed_sent_and_announced(machine, outside):
    done = machine.release()
    assert (done.intent.version, done.intent.tag, done.is_new, done.is_changed) == ("0.1.0", "v0.1.0", True, True)
    assert git(machine.root, "rev-parse", "v0.1.0^{commit}") == machine.head
    assert remote_tags(machine) == ["v0.1.0"]
    assert sorted(outside.index.taken) == FILES
    assert list(outside.forge.pages) == ["v0.1.0"]
    assert sorted(outside.forge.files_of["v0.1.0"]) == sorted([*FILES, "shop-0.1.0.cdx.json"])
    assert (machine.root / "CHANGES.md").read_text().startswith("# Changes\n\n## 0.1.0\n\n### Added\n")
    kinds = [type(event) for event in machine.told]
    assert kinds[-3:] == [ReleaseIntended, ReleaseMade, ReleasePublished]


def test_every_boundary_is_passed_in_order(machine):
    machine.release()
    first = list(dict.fromkeys(point.partition(".")[0] for point in machine.faults.seen))
    assert first == [move for move in MOVES if move != "image"]


def test_a_second_time_there_is_nothing_to_do(machine, outside):
    machine.release()
    events, uploads, calls = len(machine.told), list(outside.index.uploads), list(outside.forge.calls)
    changes = (machine.root / "CHANGES.md").read_text()
    again = machine.release()
    assert (again.is_new, again.is_changed, again.sent) == (False, False, ())
    assert (len(machine.told), outside.index.uploads, outside.forge.calls) == (events, uploads, calls)
    assert (machine.root / "CHANGES.md").read_text() == changes
    assert machine.packer.builds == 1


@pytest.mark.parametrize("point", REACHED)
def test_killed_at_any_boundary_it_goes_on_with_the_same_bytes(machine, outside, point):
    machine.killed_at(point)
    before = dict(outside.index.taken)
    done = machine.release()
    assert {name: outside.index.taken[name] for name in before} == before
    assert sorted(outside.index.taken) == FILES
    assert sorted(outside.index.uploads) == FILES
    built = {data.decode().rpartition(" ")[2] for data in outside.index.taken.values()}
    assert len(built) == 1, "files of two builds were published"
    assert (done.intent.version, remote_tags(machine)) == ("0.1.0", ["v0.1.0"])
    assert outside.forge.calls.count("announce v0.1.0") == 1
    assert (machine.root / "CHANGES.md").read_text().count("## 0.1.0") == 1
    for kind in (ReleaseIntended, ReleaseMade, ReleasePublished):
        assert [type(event) for event in machine.told].count(kind) == 1


@pytest.mark.parametrize("point", POINTS[POINTS.index("intend.after") : POINTS.index("push.before")])
def test_once_it_is_intended_nothing_is_built_again(machine, point):
    machine.killed_at(point)
    assert machine.packer.builds == 1
    machine.release()
    assert machine.packer.builds == 1


def test_the_event_that_lets_it_out_is_there_before_anything_is_seen(machine, outside):
    machine.killed_at("record.after")
    assert isinstance(machine.told[-1], ReleaseIntended)
    assert (remote_tags(machine), git(machine.root, "tag", "--list"), outside.index.uploads) == ([], "", [])


def test_an_index_that_fails_after_the_first_file_gets_the_missing_ones(machine, outside):
    outside.index.script = ["taken", "refused"]
    with pytest.raises(ProblemError) as caught:
        machine.release()
    assert code_of(caught) == "R022"
    first = dict(outside.index.taken)
    machine.release()
    assert sorted(outside.index.taken) == FILES
    assert {name: outside.index.taken[name] for name in first} == first
    assert remote_tags(machine) == ["v0.1.0"]
    assert machine.packer.builds == 1


def test_an_answer_that_was_lost_is_no_failure(machine, outside):
    outside.index.script = ["lost", "lost", "lost"]
    assert len(machine.release().sent) == 3


@pytest.mark.parametrize("spoil", [lambda path: path.write_bytes(b"caf\xe9"), lambda path: path.mkdir()])
def test_a_file_of_changes_that_cannot_be_written_leaves_nothing_open(machine, spoil):
    spoil(machine.root / "CHANGES.md")
    assert machine.release().changelog == ""
    assert isinstance(machine.told[-1], ReleasePublished)
    assert any("CHANGES.md has not got the notes" in text for _, text in machine.world.reporter.told)


def test_an_interrupt_says_what_to_type(machine):
    """As Ctrl-C does it: the task is cancelled."""

    def cancelled():
        raise asyncio.CancelledError

    machine.faults.at, machine.faults.instead = "push.after", cancelled
    with pytest.raises(ProblemError) as caught:
        machine.release()
    (problem,) = caught.value.problems
    assert (problem.code, problem.exit, problem.fix) == ("D023", Exit.INTERRUPTED, "`ecluse release` goes on with it")
    assert machine.release().intent.version == "0.1.0"


class TestWhatIsTaken:
    def test_a_tag_of_another_commit_on_the_remote_stops_it(self, machine, another):
        other = another()
        git(other.root, "checkout", "--quiet", "-b", "side")
        commit(other.root, "feat: something else")
        git(other.root, "tag", "v0.1.0")
        git(other.root, "push", "--quiet", "origin", "v0.1.0")
        with pytest.raises(ProblemError) as caught:
            machine.release()
        assert code_of(caught) == "R010"
        assert git(machine.root, "tag", "--list") == ""

    def test_a_tag_of_another_commit_here_stops_it_before_the_version_is_claimed(self, machine):
        git(machine.root, "checkout", "--quiet", "-b", "side")
        commit(machine.root, "feat: something else")
        git(machine.root, "tag", "v0.1.0")
        git(machine.root, "checkout", "--quiet", "main")
        with pytest.raises(ProblemError) as caught:
            machine.release()
        assert code_of(caught) == "R010"
        git(machine.root, "tag", "--delete", "v0.1.0")
        assert machine.release().intent.version == "0.1.0"

    def test_other_bytes_in_the_index_stop_it_before_anything_is_tagged(self, machine, outside):
        outside.index.taken[FILES[0]] = b"somebody else's"
        with pytest.raises(ProblemError) as caught:
            machine.release()
        assert code_of(caught) == "R013"
        assert (remote_tags(machine), outside.index.uploads) == ([], [])
        assert outside.index.taken == {FILES[0]: b"somebody else's"}

    def test_other_bytes_that_come_meanwhile_are_not_sent_over(self, machine, outside):
        machine.killed_at("push.after")
        outside.index.taken[FILES[0]] = b"somebody else's"
        with pytest.raises(ProblemError) as caught:
            machine.release()
        assert code_of(caught) == "R013"
        assert outside.index.taken[FILES[0]] == b"somebody else's"

    def test_a_version_that_another_commit_began_is_not_taken(self, machine, tmp_path, another):
        (tmp_path / "store").mkdir()
        app = machine.app(store=str(tmp_path / "store"))
        machine.killed_at("claim.after", app)
        other = another()
        git(other.root, "checkout", "--quiet", "-b", "side")
        commit(other.root, "feat: something else")
        with pytest.raises(ProblemError) as caught:
            other.release(app)
        assert code_of(caught) == "R014"
        assert machine.release(app).intent.version == "0.1.0"


class TestAVersionThatWasGivenUp:
    """A remote refused its tag, say, and the commit was amended."""

    @pytest.fixture
    def app(self, machine, tmp_path):
        (tmp_path / "store").mkdir()
        return machine.app(store=str(tmp_path / "store"))

    @pytest.fixture
    def amended(self, machine, app):
        machine.killed_at("push.before", app)
        given_up = machine.head
        git(machine.root, "tag", "--delete", "v0.1.0")
        git(machine.root, "commit", "--quiet", "--amend", "--message", "feat: first, mended")
        return given_up

    def test_is_taken_when_that_is_said(self, machine, app, amended, outside):
        with pytest.raises(ProblemError) as caught:
            machine.release(app)
        assert code_of(caught) == "R014"
        assert "--take-version" in caught.value.problems[0].fix
        done = machine.release(app, takes_version=True)
        assert (done.intent.version, done.intent.commit, remote_tags(machine)) == ("0.1.0", machine.head, ["v0.1.0"])

    def test_is_gone_for_the_other_commit(self, machine, app, amended):
        machine.release(app, takes_version=True)
        with pytest.raises(ProblemError) as caught:
            machine.release(app, commit=amended)
        assert code_of(caught) == "R014"

    def test_is_not_taken_once_its_tag_is_out(self, machine, app):
        machine.killed_at("push.after", app)
        git(machine.root, "tag", "--delete", "v0.1.0")
        git(machine.root, "commit", "--quiet", "--amend", "--message", "feat: first, mended")
        with pytest.raises(ProblemError) as caught:
            machine.release(app, takes_version=True)
        assert code_of(caught) == "R010"

    def test_is_not_taken_where_no_remote_decides(self, machine, app, tmp_path):
        app = machine.app(store=app.release.store, index=None, forge=None)
        machine.killed_at("tag.before", app)
        git(machine.root, "commit", "--quiet", "--amend", "--message", "feat: first, mended")
        with pytest.raises(ProblemError) as caught:
            machine.release(app, takes_version=True)
        assert code_of(caught) == "R014"


class TestTwoAtOnce:
    def test_on_one_machine_the_second_is_refused(self, machine):
        with machine.world.outlets.alone(), pytest.raises(ProblemError) as caught:
            machine.release()
        assert code_of(caught) == "R012"
        assert machine.told == []

    def test_on_two_machines_both_end_with_the_same_bytes(self, machine, another, outside, tmp_path):
        (tmp_path / "store").mkdir()
        app = machine.app(store=str(tmp_path / "store"))
        other, ended = another(packer=FakePacker(builds=10)), []

        def run(one):
            ended.append(asyncio.run(_publish(one, app)))

        threads = [threading.Thread(target=run, args=(one,)) for one in (machine, other)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(ended) == 2
        assert ended[0].intent == ended[1].intent
        assert len({data.decode().rpartition(" ")[2] for data in outside.index.taken.values()}) == 1
        assert remote_tags(machine) == ["v0.1.0"]

    def test_whose_tag_the_remote_does_not_take_has_made_no_release(self, machine, another):
        """Else it would deploy its own under the version of the other one."""
        other = another()
        git(other.root, "checkout", "--quiet", "-b", "side")
        commit(other.root, "feat: something else")
        other.killed_at("push.before")
        machine.release()
        with pytest.raises(ProblemError) as caught:
            other.release()
        assert code_of(caught) == "R034"
        assert not other.world.ledger.state().releases

    def test_what_was_built_in_vain_is_not_sent(self, machine, another, outside, tmp_path):
        """It lies in the folder of the release, under the names of what counts."""
        (tmp_path / "store").mkdir()
        app, other = machine.app(store=str(tmp_path / "store")), another(packer=FakePacker(builds=10))
        other.faults.at, other.faults.instead = "intend.before", lambda: machine.killed_at("push.after", app)
        assert other.release(app).intent.commit == machine.head
        assert {data.decode().rpartition(" ")[2] for data in outside.index.taken.values()} == {"1"}


async def _publish(one, app):
    from ecluse.loop.release.publish import publish

    return await publish(app, one.head, one.world)


class TestAnotherMachine:
    @pytest.fixture
    def app(self, machine, tmp_path):
        (tmp_path / "store").mkdir()
        return machine.app(store=str(tmp_path / "store"))

    @pytest.mark.parametrize("point", ["intend.after", "tag.after", "push.after", "upload.after", "announce.after"])
    def test_goes_on_with_the_bytes_of_the_store(self, machine, another, outside, app, point):
        machine.killed_at(point, app)
        other = another()
        done = other.release(app)
        assert (done.is_new, other.packer.builds, machine.packer.builds) == (False, 0, 1)
        assert sorted(outside.index.taken) == FILES
        assert remote_tags(machine) == ["v0.1.0"]
        assert [type(event) for event in other.told][:1] == [ReleaseIntended]

    def test_may_have_made_the_tag_that_counts(self, machine, another, outside, app):
        """Two tags of one commit differ in time and author."""
        machine.killed_at("tag.after", app)
        git(machine.root, "tag", "--force", "--annotate", "--message=ours", "v0.1.0", "v0.1.0^{commit}")
        another().release(app)
        done = machine.release(app)
        assert (done.intent.version, remote_tags(machine)) == ("0.1.0", ["v0.1.0"])
        assert isinstance(machine.told[-1], ReleasePublished)

    def test_a_tag_of_that_name_here_for_another_commit_is_said(self, machine, another, app):
        machine.killed_at("push.after", app)
        other = another("--no-tags")
        git(other.root, "checkout", "--quiet", "-b", "side")
        commit(other.root, "feat: something else")
        git(other.root, "tag", "v0.1.0")
        git(other.root, "checkout", "--quiet", "main")
        with pytest.raises(ProblemError) as caught:
            other.release(app)
        assert code_of(caught) == "R003"

    def test_has_all_of_the_bundle_then(self, machine, another, app):
        machine.killed_at("push.after", app)
        other = another()
        done = other.release(app)
        assert other.world.store.has(done.intent.bundle)

    def test_without_a_shared_store_never_sends_other_bytes(self, machine, another, outside):
        machine.killed_at("upload.after")
        other = another(packer=FakePacker(builds=10))
        with pytest.raises(ProblemError) as caught:
            other.release()
        assert code_of(caught) == "R013"
        assert machine.release().intent.version == "0.1.0"
        assert len({data.decode().rpartition(" ")[2] for data in outside.index.taken.values()}) == 1

    def test_a_store_that_is_away_stops_it(self, machine, app, tmp_path):
        (tmp_path / "store").rmdir()
        with pytest.raises(ProblemError) as caught:
            machine.release(app)
        assert code_of(caught) == "R018"


def test_what_only_the_ledger_knows_is_gone_on_with(machine, outside):
    machine.killed_at("tag.after")
    for document in (machine.home / "releases" / "documents").rglob("*"):
        if document.is_file():
            document.unlink()
    done = machine.release()
    assert (done.is_new, machine.packer.builds) == (False, 1)
    assert sorted(outside.index.taken) == FILES


class TestWhatWasLeft:
    """By who has committed since, the notes in CHANGELOG.md for one."""

    @pytest.fixture
    def left(self, machine, on_top):
        machine.killed_at("upload.after")
        first = machine.head
        on_top("docs: changes")
        return first

    def said(self, machine):
        return [text for _, text in machine.world.reporter.told if "isn't all out" in text]

    def test_is_said(self, machine, left):
        machine.preview()
        assert self.said(machine) == [f"! v0.1.0 was begun here and isn't all out: ecluse release --commit {left[:12]}"]
        assert machine.release().intent.version == "0.1.1"
        assert len(self.said(machine)) == 2

    def test_is_not_said_when_it_is_done(self, machine, left):
        machine.release(commit=left)
        machine.preview()
        assert self.said(machine) == []

    def test_is_none_whose_tag_is_another_s(self, machine, left):
        git(machine.root, "tag", "--delete", "v0.1.0")
        machine.preview()
        assert self.said(machine) == []


def test_a_ledger_that_is_lost_changes_nothing(machine, outside):
    machine.killed_at("upload.after")
    machine.forget_ledger()
    done = machine.release()
    assert (done.is_new, sorted(outside.index.taken)) == (False, FILES)


def test_bytes_that_are_lost_are_not_built_again(machine, outside):
    machine.killed_at("upload.after")
    for file in (machine.home / "releases" / "files").rglob("*"):
        if file.is_file():
            file.unlink()
    with pytest.raises(ProblemError) as caught:
        machine.release()
    assert code_of(caught) == "R015"
    assert machine.packer.builds == 1


def test_a_ci_that_keeps_the_bytes_nowhere_publishes_nothing(machine):
    machine.world = replace(machine.world, env={**machine.world.env, "CI": "true"})
    with pytest.raises(ProblemError) as caught:
        machine.release()
    assert code_of(caught) == "R033"
    assert machine.packer.builds == 0


def test_a_remote_that_is_not_there_is_said_before_anything_is_built(machine):
    git(machine.root, "remote", "remove", "origin")
    with pytest.raises(ProblemError) as caught:
        machine.release()
    assert code_of(caught) == "R017"


class TestTheSameVersionEverywhere:
    @pytest.fixture
    def next_one(self, machine, on_top):
        machine.release()
        git(machine.root, "checkout", "--quiet", "--", ".")
        return on_top("feat: a window")

    @pytest.mark.parametrize("clone", [(), ("--depth=1",), ("--depth=1", "--no-tags"), ("--no-tags",)])
    def test_whatever_the_clone_lacks(self, another, next_one, clone):
        other = another(*clone)
        before = git(other.root, "for-each-ref")
        planned, begun = other.preview()
        assert (planned.version, planned.previous, begun) == ("0.2.0", "0.1.0", None)
        assert git(other.root, "for-each-ref") == before
        assert other.told == []

    def test_on_a_branch_and_on_none(self, another, next_one):
        other = another()
        git(other.root, "checkout", "--quiet", "-b", "side")
        assert other.preview()[0].version == "0.2.0"
        git(other.root, "checkout", "--quiet", "--detach")
        assert other.preview()[0].version == "0.2.0"

    def test_a_shallow_clone_can_release_too(self, another, next_one, outside):
        other = another("--depth=1", "--no-tags")
        assert other.release().intent.version == "0.2.0"
        assert remote_tags(other) == ["v0.1.0", "v0.2.0"]

    def test_a_preview_of_what_was_begun_says_so(self, machine):
        machine.killed_at("push.after")
        planned, begun = machine.preview()
        assert (planned.version, begun.version) == ("0.1.0", "0.1.0")
