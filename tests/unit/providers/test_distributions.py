"""Distributions of a project, by its own backend."""

import asyncio
import io
import tarfile
from datetime import UTC, datetime

import pytest

from ecluse.model.problem import ProblemError
from ecluse.providers.uv.distributions import UvPacker, _say_version
from ecluse.providers.uv.sdists import steady
from support.releasing import project

MOMENT = datetime(2024, 5, 1, tzinfo=UTC)


@pytest.fixture
def pack(tmp_path, commands):
    def packed(files, version="1.2.0", into="out"):
        tree = tmp_path / f"tree-{into}"
        for path, text in files.items():
            (tree / path).parent.mkdir(parents=True, exist_ok=True)
            (tree / path).write_text(text)
        (tmp_path / into).mkdir()
        import os

        packer = UvPacker(
            home=tmp_path / "home", env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)}, commands=commands
        )
        (tmp_path / "home").mkdir(exist_ok=True)
        return asyncio.run(packer.pack(tree, tmp_path / into, version=version, moment=MOMENT))

    return packed


def test_they_have_the_release_s_version_and_are_the_same_each_time(pack):
    one, other = pack(project("shop")), pack(project("shop"), into="again")
    assert [path.name for path in one] == ["shop-1.2.0-py3-none-any.whl", "shop-1.2.0.tar.gz"]
    assert [path.read_bytes() for path in one] == [path.read_bytes() for path in other]


def test_another_version_than_the_release_s_is_refused(pack):
    files = project("shop")
    files["byhand.py"] = files["byhand.py"].replace('project["version"]', '"0.0.1"')
    with pytest.raises(ProblemError) as caught:
        pack(files)
    assert caught.value.problems[0].code == "R031"


def test_a_build_that_fails_is_told_with_its_last_words(pack):
    files = project("shop")
    files["byhand.py"] += "\nraise RuntimeError('no flour')\n"
    with pytest.raises(ProblemError) as caught:
        pack(files)
    assert caught.value.problems[0].code == "R030"
    assert any("no flour" in line for line in caught.value.problems[0].evidence)


def test_a_source_distribution_has_no_time_and_no_user_of_its_own(tmp_path):
    made = []
    for number, (mtime, user) in enumerate([(1_000_000_000, "ada"), (2_000_000_000.5, "bob")]):
        path = tmp_path / f"{number}.tar.gz"
        with tarfile.open(path, "w:gz", format=tarfile.PAX_FORMAT) as archive:
            for name in ("shop-1/b", "shop-1/" + "a" * 200)[:: -1 if number else 1]:
                member = tarfile.TarInfo(name)
                member.size, member.mtime, member.uname, member.uid = 4, mtime, user, number
                archive.addfile(member, io.BytesIO(b"same"))
            link = tarfile.TarInfo("shop-1/link")
            link.type, link.linkname, link.mtime = tarfile.SYMTYPE, "b", mtime
            archive.addfile(link)
        steady(path, 1_700_000_000)
        made.append(path.read_bytes())
    assert made[0] == made[1]
    with tarfile.open(tmp_path / "0.tar.gz") as archive:
        assert archive.getnames() == ["shop-1/" + "a" * 200, "shop-1/b", "shop-1/link"]
        assert archive.extractfile("shop-1/b").read() == b"same"
        assert archive.getmember("shop-1/link").linkname == "b"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('[project]\nname = "a"\nversion = "0"\n', '[project]\nname = "a"\nversion = "1.2.0"\n'),
        ("[project]\nversion='0'\n[tool.x]\nversion = '0'\n", "[project]\nversion='1.2.0'\n[tool.x]\nversion = '0'\n"),
        ('[project]\ndynamic = ["version"]\n', '[project]\ndynamic = ["version"]\n'),
        ('[tool.x]\nversion = "0"\n', '[tool.x]\nversion = "0"\n'),
    ],
)
def test_only_the_project_s_own_version_is_replaced(tmp_path, before, after):
    path = tmp_path / "pyproject.toml"
    path.write_text(before)
    _say_version(tmp_path, "1.2.0")
    assert path.read_text() == after


HATCH = '[project]\ndynamic = ["version"]\n[tool.hatch.version]\n'


@pytest.mark.parametrize(
    ("project", "before", "after"),
    [
        (f'{HATCH}path = "shop.py"', '"""é"""\n__version__ = "0.1.0"\n', '"""é"""\n__version__ = "1.2.0"\n'),
        (f'{HATCH}path = "shop.py"', "VERSION: str = 'v1' # x\n", "VERSION: str = '1.2.0' # x\n"),
        (f'{HATCH}path = "shop.py"\npattern = "(?P<version>.*)"', '__version__ = "0"', '__version__ = "0"'),
        (f'{HATCH}source = "vcs"\npath = "shop.py"', '__version__ = "0"', '__version__ = "0"'),
        (f'{HATCH}path = "../tree/../outside.py"', '__version__ = "0"', '__version__ = "0"'),
        ('[project]\nversion = "1"', '__version__ = "0"', '__version__ = "0"'),
    ],
)
def test_where_hatch_is_told_to_look_it_is_replaced_too(tmp_path, project, before, after):
    tree = tmp_path / "tree"
    tree.mkdir()
    (tree / "pyproject.toml").write_text(project)
    sources = (tree / "shop.py", tmp_path / "outside.py")
    for source in sources:
        source.write_text(before, encoding="utf-8")
    _say_version(tree, "1.2.0")
    assert [source.read_text(encoding="utf-8") for source in sources] == [after, before]
