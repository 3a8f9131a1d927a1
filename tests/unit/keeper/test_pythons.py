import os
import sys

from ecluse.keeper import pythons

HERE = "%d.%d" % sys.version_info[:2]


def test_the_interpreter_is_found_by_its_real_path():
    found = pythons.find(HERE)
    assert found is not None
    assert os.path.realpath(found) == found
    assert not os.path.exists(os.path.join(os.path.dirname(found), "..", "pyvenv.cfg"))


def test_an_unknown_version_is_not_found():
    assert pythons.find("3.99") is None


def test_a_shim_is_passed_over(tmp_path):
    shim = tmp_path / ("python" + HERE)
    shim.write_text("#!/bin/sh\nexit 9\n")
    shim.chmod(0o755)
    found = pythons.find(HERE, path=str(tmp_path))
    assert found is not None
    assert not found.startswith(str(tmp_path))


def test_a_program_of_that_name_that_is_another_is_passed_over(tmp_path):
    (tmp_path / "python3.99").symlink_to("/bin/true")
    assert pythons.find("3.99", path=str(tmp_path)) is None


def test_the_versions_of_the_host_are_named():
    assert all(version.startswith("3.") for version in pythons.found_versions())


def test_of_several_the_first_of_the_newest_patch_is_taken():
    assert pythons.newest([("/a", 2), ("/b", 7), ("/c", -1), ("/d", 7)]) == "/b"
    assert pythons.newest([("/c", -1)]) is None


def test_an_interpreter_is_asked_until_it_answers_and_then_until_it_is_another(tmp_path):
    python, asked = tmp_path / "python3.9", tmp_path / "asked"
    answer = f"#!/bin/sh\necho >> {asked}\ntest -e {tmp_path}/venv || exit 1\necho cpython 3 9 %d\n"
    python.write_text(answer % 7)
    python.chmod(0o755)
    assert [pythons.patch(str(python), "3.9") for _ in range(2)] == [-1, -1]
    (tmp_path / "venv").touch()
    assert [pythons.patch(str(python), "3.9") for _ in range(2)] == [7, 7]
    assert asked.read_text() == 3 * "\n"
    python.write_text(answer % 18)
    assert pythons.patch(str(python), "3.9") == 18


def test_what_is_installed_is_told_with_the_newest_of_each_minor_version():
    found = pythons.installed()
    assert pythons.find(HERE) is not None
    assert any(version.startswith(HERE + ".") for version in found)
    minors = [version.rpartition(".")[0] for version in found]
    assert len(set(minors)) == len(minors)
