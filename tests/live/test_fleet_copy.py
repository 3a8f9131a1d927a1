"""One file to all hosts, over a real sshd."""

import hashlib
import os

import pytest

from support.remote import opened
from support.ssh_hosts import USER, required

pytestmark = pytest.mark.live
NAMES = ("web1", "web2", "web3")
MEBIBYTE = 1024**2


@pytest.fixture(scope="module")
def remote(tmp_path_factory):
    required()
    with opened(tmp_path_factory.mktemp("copy"), *NAMES, disk="60m", more="transfers = 1\n") as made:
        yield made


def copied(remote, *words, code=0):
    said = remote.json("fleet", "copy", *words, code=code)
    return said, [host["found"] for host in said["hosts"]], [host["sent"] for host in said["hosts"]]


def test_only_what_a_host_lacks_is_sent_and_it_is_replaced_whole(remote):
    file = remote.shop.root / "data.bin"
    file.write_bytes(os.urandom(3 * MEBIBYTE))
    size, digest = file.stat().st_size, hashlib.sha256(file.read_bytes()).hexdigest()
    said, found, sent = copied(remote, "data.bin", "app data.bin", "--mode", "640", "--dry-run")
    assert (found, sent, said["applied"]) == (["none"] * 3, [0] * 3, False)
    assert copied(remote, "data.bin", "app data.bin", "--mode", "640")[1:] == (["none"] * 3, [size] * 3)
    for name in NAMES:
        host = remote.host(name)
        assert host.run("sha256sum", f"/home/{USER}/app data.bin").split()[0] == digest
        assert host.run("stat", "-c%a", f"/home/{USER}/app data.bin") == "640\n"
    assert copied(remote, "data.bin", "app data.bin", "--mode", "640")[1:] == (["same"] * 3, [0] * 3)
    remote.host("web2").run("chmod", "600", f"/home/{USER}/app data.bin")
    remote.host("web3").run("sh", "-c", f"echo else > '/home/{USER}/app data.bin'")
    _, found, sent = copied(remote, str(file), f"/home/{USER}/app data.bin", "--mode", "640")
    assert (found, sent) == (["same", "mode", "other"], [0, 0, size])
    names = remote.host("web3").run("ls", "-A", f"/home/{USER}").split("\n")
    assert not [name for name in names if name.startswith("app data.bin.")], "something is left of the way there"


def test_a_path_that_ends_with_a_slash_is_the_folder(remote):
    (remote.shop.root / "motd").write_text("hello\n")
    for name in NAMES:
        remote.host(name).run("mkdir", "-p", f"/home/{USER}/etc")
    copied(remote, "motd", "~/etc/")
    assert remote.host("web1").run("cat", f"/home/{USER}/etc/motd") == "hello\n"


def test_a_host_that_can_not_take_it_is_named_and_keeps_what_it_had(remote):
    path = f"/home/{USER}/big.bin"
    remote.host("web1").run("sh", "-c", f"echo old > {path}")
    file = remote.shop.root / "big.bin"
    file.write_bytes(os.urandom(70 * MEBIBYTE))
    said, *_ = copied(remote, "big.bin", "big.bin", "--host", "web1", code=1)
    (lost,) = said["lost"]
    assert (lost["problem"]["code"], "No space left" in str(lost["problem"]["evidence"])) == ("H019", True)
    assert remote.host("web1").run("cat", path) == "old\n"
    assert "big.bin." not in remote.host("web1").run("ls", f"/home/{USER}")


@pytest.mark.parametrize(
    ("path", "said"), [("no/such/motd", "its folder isn't there"), (".ssh", "a folder has that name")]
)
def test_where_there_is_no_place_for_it_is_told(remote, path, said):
    (remote.shop.root / "motd").write_text("hello\n")
    document, *_ = copied(remote, "motd", path, "--host", "web2", code=1)
    assert said in document["lost"][0]["problem"]["what"]


def test_a_file_that_is_not_here_asks_no_host(remote):
    said = remote.json("fleet", "copy", "nothing", "nothing", code=2)
    assert said["problems"][0]["code"] == "H026"
