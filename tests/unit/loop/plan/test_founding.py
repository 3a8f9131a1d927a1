"""A new project is there whole, or not at all."""

import asyncio

import pytest

from ecluse.loop.ci.files import Forge
from ecluse.loop.plan.founding import ASIDE, NewProject, found, put_in_place
from ecluse.model.problem import ProblemError
from ecluse.model.template import Kind

MANIFEST = '[app]\nname = "shop"\n[steps.lint]\ncommand = "true"\n'


class OneFile:
    """A template of a manifest alone. Fills ports.templates.Templates as far as a new project needs it."""

    def __init__(self, manifest=MANIFEST):
        self.manifest, self.asked = manifest, []

    async def versions(self):
        return ("1.0.0", "1.1.0")

    async def lay_out(self, answers, version, folder, say):
        self.asked.append((answers, version))
        (folder / "ecluse.toml").write_text(self.manifest)


class Ada:
    """Fills ports.founding.Founder; `fails`: while she commits."""

    def __init__(self, name="Ada", fails=None):
        self.name, self.fails = name, fails

    async def author(self, folder):
        return self.name

    async def found(self, folder, message):
        (folder / ".git").mkdir()
        if self.fails:
            raise self.fails


def new(folder, templates=None, founder=None, *, write=True, version="", kind=Kind.WORKER, **more):
    wanted = NewProject(folder=folder, kind=kind, description="", year=2026, port=8000, version=version, **more)
    return asyncio.run(found(wanted, templates or OneFile(), founder or Ada(), lambda _: None, write=write))


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def code(act, *arguments, **options):
    with pytest.raises(ProblemError) as caught:
        act(*arguments, **options)
    return caught.value.problems[0].code


def test_whose_ci_gets_a_file_is_for_the_person_to_say(tmp_path):
    assert new(tmp_path / "one", forges=(Forge.GITLAB,)).files == (".gitlab-ci.yml", "ecluse.toml")
    both = new(tmp_path / "both", forges=tuple(Forge))
    assert both.files == (".github/workflows/ecluse.yml", ".gitlab-ci.yml", "ecluse.toml")
    assert "ecluse run lint" in (tmp_path / "both" / ".gitlab-ci.yml").read_text()


def test_it_is_laid_out_with_its_workflow_and_committed(tmp_path):
    template = OneFile()
    made = new(tmp_path / "shop", template)
    assert made.files == (".github/workflows/ecluse.yml", "ecluse.toml")
    assert "ecluse run lint" in (tmp_path / "shop" / ".github" / "workflows" / "ecluse.yml").read_text()
    assert names(tmp_path) == ["shop"]
    ((answers, version),) = template.asked
    assert (answers.name, answers.package, answers.author, answers.description, version) == (
        "shop", "app", "Ada", "shop: background work", "1.1.0",
    )  # fmt: skip


def test_a_version_can_be_named(tmp_path):
    template = OneFile()
    new(tmp_path / "shop", template, version="1.0.0")
    assert template.asked[0][1] == "1.0.0"
    assert code(new, tmp_path / "other", version="9") == "N011"


def test_an_empty_folder_keeps_its_place(tmp_path):
    (tmp_path / "shop").mkdir()
    before = (tmp_path / "shop").stat().st_ino
    new(tmp_path / "shop")
    assert (tmp_path / "shop").stat().st_ino == before
    assert names(tmp_path / "shop") == [".git", ".github", "ecluse.toml"]


@pytest.mark.parametrize("there", ["file", "folder", "link"])
def test_what_is_there_stays_as_it_is(tmp_path, there):
    place = tmp_path / "shop"
    if there == "file":
        place.write_text("mine")
    elif there == "link":
        place.symlink_to("nowhere")
    else:
        place.mkdir()
        (place / ".hidden").touch()
    assert code(new, place) == "N003"
    assert names(tmp_path) == ["shop"]


def test_a_name_that_will_not_do_and_a_place_that_is_not_there_are_refused(tmp_path):
    assert code(new, tmp_path / "json", kind=Kind.LIBRARY) == "N002"
    assert code(new, tmp_path / "none" / "shop") == "N004"


def test_a_user_without_a_name_is_told_how_to_have_one(tmp_path):
    assert code(new, tmp_path / "shop", founder=Ada("")) == "N005"
    assert names(tmp_path) == []


@pytest.mark.parametrize("end", [ProblemError, KeyboardInterrupt, asyncio.CancelledError, OSError])
def test_nothing_half_made_stays(tmp_path, end):
    from ecluse.model.problem import Problem

    error = end(Problem(code="C007", what="", fix="")) if end is ProblemError else end()
    with pytest.raises(end):
        new(tmp_path / "shop", founder=Ada(fails=error))
    assert names(tmp_path) == []


def test_a_look_leaves_nothing(tmp_path):
    assert new(tmp_path / "shop", write=False).files
    assert names(tmp_path) == []


def test_what_a_killed_one_left_goes_with_the_next(tmp_path):
    dead = tmp_path / ASIDE.format(name="shop", pid=2**22 + 1)
    alive = tmp_path / ASIDE.format(name="shop", pid=1)
    for left in (dead, alive):
        left.mkdir()
    new(tmp_path / "shop")
    assert (dead.exists(), alive.exists()) == (False, True)


class Bob(Ada):
    """While he commits, somebody else fills his place."""

    def __init__(self, place):
        super().__init__()
        self.place = place

    async def found(self, folder, message):
        self.place.mkdir(exist_ok=True)
        (self.place / "theirs").touch()


@pytest.mark.parametrize("is_there", [False, True])
def test_what_came_meanwhile_is_left_alone(tmp_path, is_there):
    place = tmp_path / "shop"
    if is_there:
        place.mkdir()
    assert code(new, place, founder=Bob(place)) == "N003"
    assert (names(tmp_path), names(place)) == (["shop"], ["theirs"])


def test_a_move_that_breaks_off_is_taken_back(tmp_path):
    folder, target = tmp_path / "aside", tmp_path / "shop"
    for path in (folder / "a", folder / "b", target):
        path.mkdir(parents=True)

    class Breaks(type(target)):
        """A folder in which there is no room for `b`."""

        def __truediv__(self, name):
            return target / name if name != "b" else target / "none" / name

    with pytest.raises(OSError, match="none"):
        put_in_place(folder, Breaks(target))
    assert (names(folder), names(target)) == (["a", "b"], [])


def test_a_repository_around_it_is_named(tmp_path):
    (tmp_path / ".git").mkdir()
    assert new(tmp_path / "shop").around == tmp_path
