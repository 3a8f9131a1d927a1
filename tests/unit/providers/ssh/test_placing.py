"""The script that puts a file in its place, run by this machine's own shell."""

import os
import shutil
import stat
import subprocess

import pytest

from ecluse.providers.ssh.words import DAMAGED, IS_FOLDER, NO_FOLDER, NO_SUM, place
from ecluse.system.sending import to_send


@pytest.fixture
def sent(tmp_path):
    source = tmp_path / "source"
    source.write_bytes(os.urandom(1000))

    def sent(path, given=None, *, mode=0o644, apply=True, path_of_tools=os.environ["PATH"]):
        words = place(to_send(source, path, mode), "new" if apply else "")
        given = source.read_bytes() if given is None else given
        there = tmp_path / "there"
        there.mkdir(exist_ok=True)
        return subprocess.run(
            ["/bin/sh", "-c", words],
            input=given,
            cwd=there,
            env={"PATH": path_of_tools},
            capture_output=True,
            check=False,
        )

    return sent


@pytest.mark.parametrize("mode", [0o644, 0o600, 0o400, 0o444, 0o755, 0o700, 0o4755])
def test_it_gets_its_content_and_mode_whatever_that_is(sent, tmp_path, mode):
    file = tmp_path / "there" / "file"
    for found in ("none", "same"):
        done = sent("file", mode=mode)
        assert (done.returncode, done.stdout.decode()) == (0, f"ecluse: {found}\n"), done.stderr
        assert file.read_bytes() == (tmp_path / "source").read_bytes()
        assert stat.S_IMODE(file.stat().st_mode) == mode
    assert [path.name for path in file.parent.iterdir()] == ["file"]


@pytest.mark.parametrize("path", ["-n", "a b", "it's", "$HOME", "sub/x"])
def test_any_name_is_a_name(sent, tmp_path, path):
    (tmp_path / "there/sub").mkdir(parents=True)
    assert sent(path).returncode == 0
    assert (tmp_path / "there" / path).is_file()


def test_without_leave_nothing_changes(sent, tmp_path):
    assert sent("file", b"", apply=False).stdout == b"ecluse: none\n"
    assert list((tmp_path / "there").iterdir()) == []
    (tmp_path / "there/file").write_text("mine")
    assert sent("file", b"", apply=False).stdout == b"ecluse: other\n"
    assert (tmp_path / "there/file").read_text() == "mine"


@pytest.mark.parametrize("given", [b"", b"half of it"])
def test_what_was_cut_off_on_the_way_replaces_nothing(sent, tmp_path, given):
    (tmp_path / "there").mkdir()
    (tmp_path / "there/file").write_text("mine")
    assert sent("file", given).returncode == DAMAGED
    assert (tmp_path / "there/file").read_text() == "mine"
    assert [path.name for path in (tmp_path / "there").iterdir()] == ["file"]


def test_where_it_can_not_go_has_a_code(sent, tmp_path):
    assert sent("no/file").returncode == NO_FOLDER
    (tmp_path / "there/folder").mkdir()
    assert sent("folder").returncode == IS_FOLDER
    (tmp_path / "few").mkdir()
    assert sent("file", path_of_tools=str(tmp_path / "few")).returncode == NO_SUM


def test_sha256_does_where_there_is_no_b2sum(sent, tmp_path):
    (tmp_path / "few").mkdir()
    for name in ("sha256sum", "cat", "chmod", "mv", "rm", "stat"):
        (tmp_path / "few" / name).symlink_to(shutil.which(name))
    assert sent("file", path_of_tools=str(tmp_path / "few")).returncode == 0
    assert sent("file", path_of_tools=str(tmp_path / "few")).stdout == b"ecluse: same\n"
