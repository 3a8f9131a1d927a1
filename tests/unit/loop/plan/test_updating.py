"""When a later template is merged, and what is told of it."""

import asyncio

import pytest

from ecluse.loop.ci.files import Forge, header, text_of
from ecluse.loop.plan.updating import update
from ecluse.manifest.read import read
from ecluse.model.problem import ProblemError
from ecluse.model.template import Changed, How
from ecluse.testing.source import MemorySource

OLD = '[app]\nname = "shop"\n[steps.lint]\ncommand = "true"\n'
NEW = OLD + '[steps.types]\ncommand = "true"\n'


class Later:
    """Fills ports.templates.Templates; what it merges is a manifest with one more step."""

    def __init__(self, project, before="1.0.0", how=How.CHANGED):
        self.project, self.before, self.how, self.merged = project, before, how, []

    async def versions(self):
        return ("1.0.0", "1.1.0", "1.2.0")

    async def notes(self, after, until):
        return (f"better than {after}", f"as good as {until}")

    def version_of(self, project):
        return self.before

    async def merge(self, project, source, head, version, *, write, say):
        self.merged.append((version, write))
        if write:
            (project / "ecluse.toml").write_text(NEW if self.how is How.CHANGED else f"<<<<<<< mine\n{NEW}")
        return (Changed(path="ecluse.toml", how=self.how),)


class Tree(MemorySource):
    """Ours is the whole repository."""

    dirty = False

    async def around(self):
        return self, "."

    async def is_dirty(self):
        return self.dirty

    async def resolve(self, revision):
        return "c" * 40


@pytest.fixture
def project(tmp_path):
    (tmp_path / "ecluse.toml").write_text(OLD)
    workflow = tmp_path / ".github" / "workflows" / "ecluse.yml"
    workflow.parent.mkdir(parents=True)
    workflow.write_text(text_of(Forge.GITHUB, read(tmp_path / "ecluse.toml", {}), "."))
    return tmp_path


def updated(project, template, version="", *, write=True, source=None):
    return asyncio.run(update(project, version, template, source or Tree(), lambda _: None, write=write))


def code(*arguments, **options):
    with pytest.raises(ProblemError) as caught:
        updated(*arguments, **options)
    return caught.value.problems[0].code


def test_the_newest_is_merged_and_what_it_brought_is_told(project):
    template = Later(project)
    done = updated(project, template)
    assert (done.before, done.after, template.merged) == ("1.0.0", "1.2.0", [("1.2.0", True)])
    assert done.notes == ("better than 1.0.0", "as good as 1.2.0")


def test_the_workflow_is_that_of_the_manifest_as_it_is_now(project):
    done = updated(project, Later(project))
    workflow = project / ".github" / "workflows" / "ecluse.yml"
    assert [one.path for one in done.changes] == ["ecluse.toml", ".github/workflows/ecluse.yml"]
    assert "ecluse run types" in workflow.read_text()


def test_a_workflow_of_somebody_else_is_left_alone(project):
    workflow = project / ".github" / "workflows" / "ecluse.yml"
    workflow.write_text("mine")
    updated(project, Later(project))
    assert workflow.read_text() == "mine"
    assert header(Forge.GITHUB)


def test_a_manifest_with_a_conflict_in_it_makes_no_workflow(project):
    done = updated(project, Later(project, how=How.CONFLICT))
    assert done.conflicts == ("ecluse.toml",)
    assert len(done.changes) == 1


def test_a_look_writes_nothing(project):
    template = Later(project)
    assert updated(project, template, write=False).changes
    assert template.merged == [("1.2.0", False)]
    assert (project / "ecluse.toml").read_text() == OLD


def test_what_has_that_version_already_is_left_alone_however_it_lies(project):
    template, source = Later(project, before="1.1.0"), Tree()
    source.dirty = True
    assert updated(project, template, "1.1.0", source=source).changes == ()
    assert template.merged == []


def test_there_is_no_way_back(project):
    assert code(project, Later(project, before="1.2.0"), "1.1.0") == "N013"


@pytest.mark.parametrize(("before", "version"), [("1.0.0", "7"), ("7", "")])
def test_a_version_that_is_not_here_is_told(project, before, version):
    assert code(project, Later(project, before=before), version) == "N011"


def test_a_tree_that_is_not_clean_is_left_alone(project):
    source = Tree()
    source.dirty = True
    assert code(project, Later(project), source=source) == "N012"
