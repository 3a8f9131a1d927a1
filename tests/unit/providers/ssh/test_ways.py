"""How a host is connected, by what the user's SSH files say."""

from datetime import timedelta

import asyncssh
import pytest

from ecluse.model.host import Address, SshSettings
from ecluse.providers.ssh import library
from ecluse.providers.ssh.ways import CIPHERS, Ways

WEB = Address.of("deploy@web1")


@pytest.fixture
def home(tmp_path, monkeypatch):
    (tmp_path / ".ssh").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    return tmp_path / ".ssh"


def key(path):
    made = asyncssh.generate_private_key("ssh-ed25519")
    made.write_private_key(path)
    return made


def knows(path, name):
    """Write a known_hosts file; the key as people compare it."""
    host = asyncssh.generate_private_key("ssh-ed25519")
    with path.open("a") as file:
        file.write(f"{name} {host.export_public_key().decode()}")
    return f"ssh-ed25519 {host.get_fingerprint()}"


def test_without_a_configuration_the_users_own_files_count(home):
    """`ssh HOST` once, by hand, is how a host becomes known."""
    told = knows(home / "known_hosts", "web1")
    key(home / "id_ed25519")
    way = Ways(SshSettings()).to(WEB)
    assert way.known == (told,)
    assert (way.options.username, way.options.port, len(way.beside["client_keys"])) == ("deploy", 22, 1)


def test_the_users_configuration_is_read_where_the_manifest_names_none(home):
    told = knows(home / "others", "[10.0.0.9]:2222")
    key(home / "own")
    (home / "config").write_text(
        "Host web1\n    HostName 10.0.0.9\n    Port 2222\n    ProxyJump bastion\n    IdentityFile ~/.ssh/own\n"
        "    UserKnownHostsFile ~/.ssh/others\n"
    )
    way = Ways(SshSettings()).to(WEB)
    assert (way.options.host, way.options.port, way.known) == ("10.0.0.9", 2222, (told,))
    assert (way.beside["tunnel"], len(way.beside["client_keys"])) == ("bastion", 1)


def test_a_configuration_that_trusts_everybody_is_not_followed(home):
    knows(home / "known_hosts", "web1")
    (home / "config").write_text("Host *\n    UserKnownHostsFile none\n    StrictHostKeyChecking no\n")
    way = Ways(SshSettings()).to(WEB)
    assert way.known == ()
    assert isinstance(way.beside["known_hosts"], asyncssh.SSHKnownHosts)  # None would mean: any


def test_what_was_accepted_meanwhile_is_known(home):
    ways = Ways(SshSettings())
    assert ways.to(WEB).known == ()
    told = knows(home / "known_hosts", "web1")
    assert ways.to(WEB).known == (told,)


def test_the_manifests_jump_host_is_gone_through(home):
    assert Ways(SshSettings(jump="deploy@bastion")).to(WEB).beside["tunnel"] == "deploy@bastion"


def test_keys_are_read_once_and_are_each_hosts_own(home, tmp_path):
    key(home / "id_ed25519")
    ways = Ways(SshSettings(keep_alive=timedelta(seconds=1)))
    first = ways.to(WEB).beside["client_keys"]
    (home / "id_ed25519").unlink()
    second = ways.to(Address.of("web2")).beside["client_keys"]
    assert first[0].public_data == second[0].public_data
    assert first[0] is not second[0]


def test_ciphers_are_chosen_for_speed_unless_the_configuration_chooses(home):
    assert Ways(SshSettings()).to(WEB).beside["encryption_algs"] == CIPHERS
    (home / "config").write_text("Ciphers aes256-ctr\n")
    assert "encryption_algs" not in Ways(SshSettings()).to(WEB).beside


def test_a_configuration_that_goes_by_the_final_name_is_read_again(home):
    """asyncssh reads it when it knows the name, so it is handed over."""
    for config, ways in (
        (home / "mine", Ways(SshSettings(config="~/.ssh/mine"))),
        (home / "config", Ways(SshSettings())),
    ):
        config.write_text("Match final host web1\n    Port 2200\n")
        assert ways.to(WEB).beside["config"] == [config]
        config.write_text("Host web1\n    Port 2200\n")
        assert ways.to(WEB).beside["config"] is None


def test_libraries_are_found_without_a_compiler():
    assert library.find_by_name("c").startswith("libc.so")
    assert library.find_by_name("not-there-at-all") is None
