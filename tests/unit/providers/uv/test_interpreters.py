"""Interpreters in folders of the test; what they say of themselves comes from the test too."""

import json

import pytest

from ecluse.providers.uv.interpreters import candidates, find


@pytest.fixture
def home(tmp_path):
    return tmp_path / "home"


@pytest.fixture
def said():
    """What each interpreter answers, by path; the others of this machine don't run."""
    return {}


@pytest.fixture
def asked():
    return []


@pytest.fixture
def found(home, said, asked, tmp_path):
    def ask(path, _script):
        asked.append(str(path))
        return said.get(str(path), "")

    return lambda **env: find({"HOME": str(home), **env}, tmp_path / "memory.json", ask)


def python(path, content=b"\x7fELF"):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def answer(version, *, name="CPython", free_threaded=False, wide=True):
    return json.dumps([name, version, "x86_64", "glibc", free_threaded, wide])


@pytest.mark.parametrize(
    "place",
    [
        ".pyenv/versions/3.12.1/bin",
        ".asdf/installs/python/3.12.1/bin",
        ".local/share/mise/installs/python/3.12.1/bin",
        ".local/share/uv/python/cpython-3.12.1/bin",
        "miniconda3/envs/web/bin",
        "miniforge3/bin",
    ],
)
def test_version_managers_folders_are_searched(home, said, found, place):
    path = python(home / place / "python3.12")
    said[str(path)] = answer("3.12.1")
    assert [one.path for one in found()] == [str(path)]


def test_a_version_manager_that_lives_elsewhere_is_followed(said, found, tmp_path):
    path = python(tmp_path / "elsewhere" / "versions" / "3.12.1" / "bin" / "python3.12")
    said[str(path)] = answer("3.12.1")
    assert [one.version for one in found(PYENV_ROOT=str(tmp_path / "elsewhere"))] == ["3.12.1"]


def test_the_newest_comes_first(home, said, found):
    for version in ("3.9.18", "3.12.1", "3.12.11"):
        said[str(python(home / ".pyenv/versions" / version / "bin/python3"))] = answer(version)
    assert [one.version for one in found()] == ["3.12.11", "3.12.1", "3.9.18"]
    assert found()[0].interpreter.minor == "3.12"


def test_links_to_one_binary_are_one_interpreter(home, said, found):
    path = python(home / ".pyenv/versions/3.12.1/bin/python3.12")
    path.with_name("python3").symlink_to(path)
    said[str(path)] = answer("3.12.1")
    assert len(found()) == 1


def test_a_shim_is_never_started(home, found, asked, tmp_path):
    shim = python(tmp_path / "shims" / "python3", b"#!/bin/sh\nexit 127\n")
    found(PATH=str(shim.parent))
    assert str(shim) not in asked


def test_a_virtual_environment_is_not_a_place_for_interpreters(home, tmp_path):
    path = python(tmp_path / "venv" / "bin" / "python3")
    (tmp_path / "venv" / "pyvenv.cfg").touch()
    assert path not in candidates({"HOME": str(home), "PATH": str(path.parent)})


def test_broken_links_and_folders_are_passed_over(home, said, found):
    folder = home / ".pyenv/versions/3.12.1/bin"
    path = python(folder / "python3.12")
    (folder / "python3").symlink_to(folder / "gone")
    (folder / "python3.11").mkdir()
    said[str(path)] = answer("3.12.1")
    assert [one.path for one in found()] == [str(path)]


@pytest.mark.parametrize(
    "odd",
    [
        answer("3.10.14", name="PyPy"),
        answer("3.13.1", free_threaded=True),
        answer("3.12.1", wide=False),
        answer("3.14.0rc1"),
        "",
        "no JSON",
    ],
)
def test_others_than_released_cpythons_are_left_out(home, said, found, odd):
    said[str(python(home / ".pyenv/versions/x/bin/python3"))] = odd
    assert found() == ()


def test_each_is_asked_once_until_it_changes(home, said, found, asked):
    path = python(home / ".pyenv/versions/3.12.1/bin/python3.12")
    said[str(path)] = answer("3.12.1")
    found()
    found()
    assert asked.count(str(path)) == 1
    path.unlink()
    python(path, b"\x7fELF and more").touch()
    said[str(path)] = answer("3.12.2")
    assert [one.version for one in found()] == ["3.12.2"]


def test_one_that_is_gone_is_forgotten(home, said, found):
    path = python(home / ".pyenv/versions/3.12.1/bin/python3.12")
    said[str(path)] = answer("3.12.1")
    assert len(found()) == 1
    path.unlink()
    assert found() == ()


def test_a_folder_that_can_not_be_read_is_passed_over(tmp_path):
    """An inherited PYENV_ROOT may name another user's folder. Root may read all, so a name that no system takes."""
    assert candidates({"HOME": str(tmp_path), "PATH": "", "PYENV_ROOT": "/" + "x" * 5000})
