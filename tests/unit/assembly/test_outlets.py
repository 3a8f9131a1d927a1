"""The key that signs: where it may come from, and who else may read it."""

import pytest

from ecluse.assembly.outlets import outlets_of
from ecluse.model.problem import ProblemError
from ecluse.providers.ed25519.keys import Ed25519Verifier
from support.signing import pair

PRIVATE, PUBLIC = pair()


@pytest.fixture
def key(tmp_path):
    path = tmp_path / "home of ada" / "release_key"
    path.parent.mkdir()
    path.write_text(PRIVATE)
    path.chmod(0o600)
    return path


def signer(root, commands, **env):
    return outlets_of(root, root / ".ecluse", env, commands).signer("KEY")


def code_of(caught):
    return caught.value.problems[0].code


@pytest.mark.parametrize("said", ["{key}", "{key}\n", "~/release_key", "home of ada/release_key"])
def test_it_is_a_file_that_is_named(tmp_path, commands, key, monkeypatch, said):
    monkeypatch.setenv("HOME", str(key.parent))
    assert signer(tmp_path, commands, KEY=said.format(key=key)).key == Ed25519Verifier(PUBLIC).key


def test_it_is_the_value_itself(tmp_path, commands):
    assert signer(tmp_path, commands, KEY=f"\n{PRIVATE}").key == Ed25519Verifier(PUBLIC).key


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o622])
def test_one_that_others_can_read_or_write_is_none(tmp_path, commands, key, mode):
    key.chmod(mode)
    with pytest.raises(ProblemError) as caught:
        signer(tmp_path, commands, KEY=str(key))
    assert code_of(caught) == "R044"
    assert caught.value.problems[0].fix.startswith(f"chmod 600 '{key}'")
    assert signer(tmp_path, commands, KEY=str(key), CI="true"), "GitLab's variables of the kind `file` are open"


@pytest.mark.parametrize("said", ["nowhere", ".", "a" * 5000, "\x00", "~nobody-of-that-name/key"])
def test_what_is_no_file_is_said_without_being_quoted(tmp_path, commands, said):
    with pytest.raises(ProblemError) as caught:
        signer(tmp_path, commands, KEY=said)
    assert code_of(caught) in {"R040", "R019"}
    assert said == "." or all(said not in line for line in caught.value.problems[0].evidence)
